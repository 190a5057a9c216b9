//! One ONNX network: opened, checked against its manifest, run with tensors that are allocated once.

use std::path::Path;

use ort::ep;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor, TensorElementType, ValueType};
use sha2::{Digest, Sha256};

use crate::error::{ModelError, Result};
use crate::manifest::{Fill, Manifest};
use crate::paths::Located;
use crate::runtime::{self, Device};

/// Why `device=gpu` ends on the CPU with most libraries.
const NO_CUDA: &str =
    "this ONNX Runtime was built without CUDA; set ORT_DYLIB_PATH to the libonnxruntime.so of the Python package onnxruntime-gpu";

/// How a network is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Where.
    pub device: Device,
    /// Threads inside one run; one is the safe default beside other work (see the README of `models`).
    pub threads: usize,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions { device: Device::Auto, threads: 1 }
    }
}

/// An input beside the picture.
struct ExtraInput {
    tensor: Tensor<i64>,
    /// Told width and height of each picture.
    picture_size: bool,
}

/// Numbers and shape of an output of the last run.
#[derive(Default)]
struct Answer {
    values: Vec<f32>,
    shape: Vec<i64>,
}

/// An opened network with a picture input, perhaps further inputs of whole numbers, and outputs that are read as 32-bit floats
/// whatever numbers they hold.
pub struct Network {
    name: String,
    session: Session,
    provider: String,
    fallback: Option<String>,
    input: Tensor<f32>,
    extras: Vec<ExtraInput>,
    outputs: Vec<Answer>,
    output_names: Vec<String>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("name", &self.name).field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Network {
    /// Opens a network and checks the file's hash, tensor names, types and shapes against its manifest.
    ///
    /// # Errors
    /// When ONNX Runtime is missing, the file is not what the manifest says, or the device cannot be used.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<Network> {
        let manifest = &located.manifest;
        let read_bytes;
        let bytes = match located.compiled_in {
            // Its hash is that of the built-in manifest: a test of `own`.
            Some(bytes) => bytes,
            None => {
                read_bytes = read(&located.file)?;
                check_hash(manifest, &located.file, &read_bytes)?;
                &read_bytes
            }
        };
        let (session, provider, fallback) = build(&located.file, bytes, options)?;
        check_inputs(manifest, &session)?;
        let output_names = check_outputs(manifest, &session)?;
        let failed = |reason: ort::Error| ModelError::Run { model: manifest.name.clone(), reason: reason.to_string() };
        let input = Tensor::<f32>::new(session.allocator(), manifest.input.shape().to_vec()).map_err(failed)?;
        let extras = extras(manifest, &session)?;
        let outputs = output_names.iter().map(|_| Answer::default()).collect();
        let mut network = Network { name: manifest.name.clone(), session, provider, fallback, input, extras, outputs, output_names };
        network.set_picture_size(manifest.input.size[0] as u32, manifest.input.size[1] as u32);
        network.input_mut().fill(0.0);
        network.run()?;
        Ok(network)
    }

    /// Model name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The execution provider in use, e.g. `cpu`.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Why `device=auto` ended on the CPU although this ONNX Runtime has a GPU provider; `None` when nothing was given up.
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// The input tensor, to be filled before [`Network::run`].
    pub fn input_mut(&mut self) -> &mut [f32] {
        self.input.extract_tensor_mut().1
    }

    /// Tells the size of the next picture, pixels, to the inputs that want to know it.
    pub fn set_picture_size(&mut self, width: u32, height: u32) {
        for extra in self.extras.iter_mut().filter(|extra| extra.picture_size) {
            for (slot, value) in extra.tensor.extract_tensor_mut().1.iter_mut().zip([width, height]) {
                *slot = i64::from(value);
            }
        }
    }

    /// Runs the network on the input tensor.
    ///
    /// # Errors
    /// With ONNX Runtime's words.
    pub fn run(&mut self) -> Result<()> {
        let name = &self.name;
        let failed = |reason: ort::Error| ModelError::Run { model: name.clone(), reason: reason.to_string() };
        let results = if self.extras.is_empty() {
            self.session.run(ort::inputs![&self.input]).map_err(failed)?
        } else {
            let inputs: Vec<SessionInputValue<'_>> =
                std::iter::once((&self.input).into()).chain(self.extras.iter().map(|extra| (&extra.tensor).into())).collect();
            self.session.run(inputs.as_slice()).map_err(failed)?
        };
        for (tensor, into) in self.output_names.iter().zip(&mut self.outputs) {
            let value = results
                .get(tensor)
                .ok_or_else(|| ModelError::Run { model: name.clone(), reason: format!("output {tensor} did not come") })?;
            into.take(value).map_err(failed)?;
        }
        Ok(())
    }

    /// An output of the last run, by its position among the manifest's outputs in order of name.
    pub fn output(&self, index: usize) -> &[f32] {
        self.outputs.get(index).map_or(&[], |answer| &answer.values)
    }

    /// The shape of [`Network::output`]; after opening, that of the answer to an empty picture.
    pub fn output_shape(&self, index: usize) -> &[i64] {
        self.outputs.get(index).map_or(&[], |answer| &answer.shape)
    }

    /// The position of an output for [`Network::output`].
    ///
    /// # Errors
    /// When the manifest does not name it.
    pub fn output_index(&self, tensor: &str) -> Result<usize> {
        self.output_names.iter().position(|n| n == tensor).ok_or_else(|| ModelError::Contradiction {
            model: self.name.clone(),
            field: "output".into(),
            expected: format!("a tensor {tensor}"),
            found: self.output_names.join(", "),
        })
    }
}

impl Answer {
    /// Copies an output, whatever numbers it holds. The memory is kept from run to run.
    fn take(&mut self, value: &DynValue) -> ort::Result<()> {
        self.values.clear();
        self.shape.clear();
        let kind = match value.dtype() {
            ValueType::Tensor { ty, .. } => *ty,
            _ => TensorElementType::Float32,
        };
        let shape = match kind {
            TensorElementType::Int64 => {
                let (shape, data) = value.try_extract_tensor::<i64>()?;
                self.values.extend(data.iter().map(|v| *v as f32));
                shape
            }
            TensorElementType::Int32 => {
                let (shape, data) = value.try_extract_tensor::<i32>()?;
                self.values.extend(data.iter().map(|v| *v as f32));
                shape
            }
            TensorElementType::Bool => {
                let (shape, data) = value.try_extract_tensor::<bool>()?;
                self.values.extend(data.iter().map(|v| f32::from(u8::from(*v))));
                shape
            }
            _ => {
                let (shape, data) = value.try_extract_tensor::<f32>()?;
                self.values.extend_from_slice(data);
                shape
            }
        };
        self.shape.extend_from_slice(shape);
        Ok(())
    }
}

/// The inputs beside the picture, filled with what never changes.
fn extras(manifest: &Manifest, session: &Session) -> Result<Vec<ExtraInput>> {
    let failed = |reason: ort::Error| ModelError::Run { model: manifest.name.clone(), reason: reason.to_string() };
    let named = manifest.input.names.iter().skip(1).filter_map(|name| manifest.input.extra.get(name));
    named
        .map(|extra| {
            let mut tensor = Tensor::<i64>::new(session.allocator(), extra.shape.clone()).map_err(failed)?;
            if let Fill::Numbers(numbers) = &extra.fill {
                for (slot, value) in tensor.extract_tensor_mut().1.iter_mut().zip(numbers) {
                    *slot = *value;
                }
            }
            Ok(ExtraInput { tensor, picture_size: matches!(extra.fill, Fill::Picture(_)) })
        })
        .collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| ModelError::Io { action: "read", path: path.to_path_buf(), source })
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn check_hash(manifest: &Manifest, path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(expected) = &manifest.sha256 else { return Ok(()) };
    let found = sha256_hex(bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(ModelError::Hash { path: path.to_path_buf(), expected: expected.clone(), found })
}

fn build(path: &Path, bytes: &[u8], options: &SessionOptions) -> Result<(Session, String, Option<String>)> {
    let environment = runtime::environment()?;
    let load = |e: &dyn std::fmt::Display| ModelError::Load { path: path.to_path_buf(), reason: e.to_string() };
    let builder = || -> Result<SessionBuilder> {
        // Spinning threads are the fastest on an idle machine and the slowest by far beside any other work; results must not
        // depend on the number of cores. Level "all" is what keeps convolutions in the blocked layout.
        let wrong = |e: ort::Error<SessionBuilder>| load(&e);
        Session::builder(&environment)
            .map_err(|e| load(&e))?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(wrong)?
            .with_intra_threads(options.threads.max(1))
            .map_err(wrong)?
            .with_inter_threads(1)
            .map_err(wrong)?
            .with_parallel_execution(false)
            .map_err(wrong)?
            .with_config_entry("session.intra_op.allow_spinning", "0")
            .map_err(wrong)?
            .with_config_entry("session.inter_op.allow_spinning", "0")
            .map_err(wrong)
    };
    let cpu = || builder()?.commit_from_memory(bytes).map_err(|e| load(&e));
    let on = |provider: &str| -> Result<Session> {
        let refused = |e: &dyn std::fmt::Display| ModelError::Device { device: provider.to_owned(), reason: e.to_string() };
        let dispatch = match provider {
            "tensorrt" => ep::TensorRT::default().build(),
            "openvino" => ep::OpenVINO::default().build(),
            _ => ep::CUDA::default().build(),
        };
        builder()?
            .with_execution_providers([dispatch.error_on_failure()])
            .map_err(|e| refused(&e))?
            .commit_from_memory(bytes)
            .map_err(|e| refused(&e))
    };
    match &options.device {
        Device::Cpu => Ok((cpu()?, "cpu".into(), None)),
        Device::Provider(name) => Ok((on(name)?, name.clone(), None)),
        Device::Auto if !library_has_cuda() => Ok((cpu()?, "cpu".into(), None)),
        Device::Gpu if !library_has_cuda() => Ok((cpu()?, "cpu".into(), Some(NO_CUDA.into()))),
        Device::Auto | Device::Gpu => match on("cuda") {
            Ok(session) => Ok((session, "cuda".into(), None)),
            // Its remedy, to fall back, is what happens here.
            Err(ModelError::Device { reason, .. }) => Ok((cpu()?, "cpu".into(), Some(format!("CUDA cannot be used: {}", reason.trim())))),
            Err(e) => Ok((cpu()?, "cpu".into(), Some(e.to_string()))),
        },
    }
}

/// Whether this ONNX Runtime was built with CUDA; asking costs nothing, trying would print errors on every CPU-only machine.
fn library_has_cuda() -> bool {
    use ort::ep::ExecutionProvider;
    ep::CUDA::is_available().unwrap_or(false)
}

fn contradiction(manifest: &Manifest, field: String, expected: String, found: String) -> ModelError {
    ModelError::Contradiction { model: manifest.name.clone(), field, expected, found }
}

/// Whether a shape of the file, in which -1 is a free size, agrees with the manifest's.
fn agree(file: &[i64], manifest: &[i64]) -> bool {
    file.len() == manifest.len() && file.iter().zip(manifest).all(|(f, m)| *f < 0 || *m < 0 || f == m)
}

fn check_tensor(manifest: &Manifest, field: &str, name: &str, kind: &ValueType, want: (&[TensorElementType], &[i64])) -> Result<()> {
    let (types, shape) = want;
    match kind {
        ValueType::Tensor { ty, shape: found, .. } if types.contains(ty) && agree(found, shape) => Ok(()),
        ValueType::Tensor { ty, shape: found, .. } if types.contains(ty) => {
            Err(contradiction(manifest, format!("shape of {field} {name}"), format!("{shape:?}"), format!("{:?}", &found[..])))
        }
        other => {
            let types: Vec<String> = types.iter().map(|ty| ty.to_string()).collect();
            Err(contradiction(
                manifest,
                format!("type of {field} {name}"),
                format!("a tensor of {}", types.join(" or ")),
                format!("{other}"),
            ))
        }
    }
}

/// What outputs may hold.
const OUTPUTS: [TensorElementType; 4] =
    [TensorElementType::Float32, TensorElementType::Int64, TensorElementType::Int32, TensorElementType::Bool];

fn check_inputs(manifest: &Manifest, session: &Session) -> Result<()> {
    let found: Vec<&str> = session.inputs().iter().map(|o| o.name()).collect();
    if found != manifest.input.names.iter().map(String::as_str).collect::<Vec<_>>() {
        return Err(contradiction(manifest, "input.names".into(), manifest.input.names.join(", "), found.join(", ")));
    }
    let Some((picture, others)) = session.inputs().split_first() else {
        return Err(contradiction(manifest, "number of inputs".into(), "at least 1".into(), "0".into()));
    };
    check_tensor(manifest, "input", picture.name(), picture.dtype(), (&[TensorElementType::Float32], &manifest.input.shape()))?;
    for other in others {
        let shape = manifest.input.extra.get(other.name()).map_or(&[][..], |extra| &extra.shape);
        check_tensor(manifest, "input", other.name(), other.dtype(), (&[TensorElementType::Int64], shape))?;
    }
    Ok(())
}

fn check_outputs(manifest: &Manifest, session: &Session) -> Result<Vec<String>> {
    for (name, output) in &manifest.output {
        let Some(found) = session.outputs().iter().find(|o| o.name() == name) else {
            let names: Vec<&str> = session.outputs().iter().map(|o| o.name()).collect();
            return Err(contradiction(manifest, "output".into(), name.clone(), names.join(", ")));
        };
        check_tensor(manifest, "output", name, found.dtype(), (&OUTPUTS, &output.shape))?;
    }
    Ok(manifest.output.keys().cloned().collect())
}
