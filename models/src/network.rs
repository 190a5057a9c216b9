//! One ONNX network: opened, checked against its manifest, run with tensors that are allocated once.

use std::path::Path;

use ort::ep;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{Tensor, TensorElementType, ValueType};
use sha2::{Digest, Sha256};

use crate::error::{ModelError, Result};
use crate::manifest::Manifest;
use crate::paths::Located;
use crate::runtime::{self, Device};

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

/// An opened network with one picture input and float outputs.
pub struct Network {
    name: String,
    session: Session,
    provider: String,
    fallback: Option<String>,
    input: Tensor<f32>,
    outputs: Vec<Vec<f32>>,
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
        let bytes = read(&located.file)?;
        check_hash(manifest, &located.file, &bytes)?;
        let (session, provider, fallback) = build(&located.file, &bytes, options)?;
        check_inputs(manifest, &session)?;
        let output_names = check_outputs(manifest, &session)?;
        let failed = |reason: ort::Error| ModelError::Run { model: manifest.name.clone(), reason: reason.to_string() };
        let input = Tensor::<f32>::new(session.allocator(), manifest.input.shape().to_vec()).map_err(failed)?;
        let outputs = output_names.iter().map(|_| Vec::new()).collect();
        let mut network = Network { name: manifest.name.clone(), session, provider, fallback, input, outputs, output_names };
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

    /// Runs the network on the input tensor.
    ///
    /// # Errors
    /// With ONNX Runtime's words.
    pub fn run(&mut self) -> Result<()> {
        let name = &self.name;
        let failed = |reason: ort::Error| ModelError::Run { model: name.clone(), reason: reason.to_string() };
        let results = self.session.run(ort::inputs![&self.input]).map_err(failed)?;
        for (tensor, into) in self.output_names.iter().zip(&mut self.outputs) {
            let value = results
                .get(tensor)
                .ok_or_else(|| ModelError::Run { model: name.clone(), reason: format!("output {tensor} did not come") })?;
            let (_, data) = value.try_extract_tensor::<f32>().map_err(failed)?;
            into.clear();
            into.extend_from_slice(data);
        }
        Ok(())
    }

    /// An output of the last run, by its position among the manifest's outputs in order of name.
    pub fn output(&self, index: usize) -> &[f32] {
        self.outputs.get(index).map_or(&[], Vec::as_slice)
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
        Device::Auto => {
            if !library_has_cuda() {
                return Ok((cpu()?, "cpu".into(), None));
            }
            match on("cuda") {
                Ok(session) => Ok((session, "cuda".into(), None)),
                Err(e) => Ok((cpu()?, "cpu".into(), Some(e.to_string()))),
            }
        }
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

fn check_tensor(manifest: &Manifest, field: &str, name: &str, kind: &ValueType, shape: &[i64]) -> Result<()> {
    match kind {
        ValueType::Tensor { ty: TensorElementType::Float32, shape: found, .. } if agree(found, shape) => Ok(()),
        ValueType::Tensor { ty: TensorElementType::Float32, shape: found, .. } => {
            Err(contradiction(manifest, format!("shape of {field} {name}"), format!("{shape:?}"), format!("{:?}", &found[..])))
        }
        other => Err(contradiction(manifest, format!("type of {field} {name}"), "float32 tensor".into(), format!("{other}"))),
    }
}

fn check_inputs(manifest: &Manifest, session: &Session) -> Result<()> {
    let found: Vec<&str> = session.inputs().iter().map(|o| o.name()).collect();
    if found != manifest.input.names.iter().map(String::as_str).collect::<Vec<_>>() {
        return Err(contradiction(manifest, "input.names".into(), manifest.input.names.join(", "), found.join(", ")));
    }
    match session.inputs() {
        [picture] => check_tensor(manifest, "input", picture.name(), picture.dtype(), &manifest.input.shape()),
        more => Err(contradiction(manifest, "number of inputs".into(), "1".into(), more.len().to_string())),
    }
}

fn check_outputs(manifest: &Manifest, session: &Session) -> Result<Vec<String>> {
    for (name, output) in &manifest.output {
        let Some(found) = session.outputs().iter().find(|o| o.name() == name) else {
            let names: Vec<&str> = session.outputs().iter().map(|o| o.name()).collect();
            return Err(contradiction(manifest, "output".into(), name.clone(), names.join(", ")));
        };
        check_tensor(manifest, "output", name, found.dtype(), &output.shape)?;
    }
    Ok(manifest.output.keys().cloned().collect())
}
