//! ONNX Runtime, loaded once per process from a library file that is on this machine.
//!
//! Nothing is downloaded here. The library is looked for at `ORT_DYLIB_PATH`, then in egostream's own data folder
//! (`./x setup` puts it there), then where the system's loader looks. A missing or too old library is a [`ModelError::Library`],
//! never a panic or a hang (with load-dynamic, `ort` does both when it is left to itself).

use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::JoinHandle;

use ort::environment::Environment;

use crate::error::{ModelError, Result};
use crate::paths;

/// Oldest ONNX Runtime that this program can use, as a minor version: 1.20.
pub const MIN_MINOR_VERSION: u32 = ort::MINOR_VERSION;

/// ONNX Runtime allows one environment a process, so there is one here; it holds the loaded library and no settings.
static ENVIRONMENT: Mutex<Option<(Environment, PathBuf)>> = Mutex::new(None);

/// The library file that was loaded; `None` before the first network was opened.
pub fn library() -> Option<PathBuf> {
    ENVIRONMENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref().map(|(_, path)| path.clone())
}

/// A library that is being loaded. Dropping it waits for the end of that: a program that ends in the middle of it crashes.
#[derive(Debug)]
pub struct Loading(Option<JoinHandle<()>>);

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // What went wrong is told by the first network.
            let _ = thread.join();
        }
    }
}

/// Loads the library in a thread of its own, so that it is there when the first network is opened. A library that is missing or too old
/// is reported by that network. Keep what is returned until the program ends.
#[must_use]
pub fn load_ahead() -> Loading {
    // Without a thread the first network loads it.
    Loading(std::thread::Builder::new().name("ego-load-runtime".into()).spawn(|| drop(environment())).ok())
}

/// The process-wide environment, loading the library on the first call.
///
/// # Errors
/// [`ModelError::Library`] names every path that was tried. A later call tries again.
pub(crate) fn environment() -> Result<Environment> {
    let mut slot = ENVIRONMENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((environment, _)) = slot.as_ref() {
        return Ok(environment.clone());
    }
    let mut tried = Vec::new();
    for path in candidates() {
        match ort::init_from(&path) {
            Ok(builder) => {
                let environment = builder
                    .with_name("egostream")
                    .with_telemetry(false)
                    .build()
                    .map_err(|e| ModelError::Library { reason: format!("{}: {e}", path.display()) })?;
                *slot = Some((environment.clone(), path));
                return Ok(environment);
            }
            Err(e) => tried.push(e.to_string()),
        }
    }
    Err(ModelError::Library { reason: tried.join("; ") })
}

/// Paths to try, best first. An explicit `ORT_DYLIB_PATH` is the only one: who names a library wants that one.
fn candidates() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()) {
        return vec![path.into()];
    }
    let mut own: Vec<PathBuf> = std::fs::read_dir(paths::data_dir().join("lib"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libonnxruntime.so")))
        .collect();
    own.sort();
    own.reverse();
    own.push("libonnxruntime.so".into());
    own.push("libonnxruntime.so.1".into());
    own
}

/// Where a network runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The best that this ONNX Runtime was built for; when that does not work, the CPU, loudly.
    #[default]
    Auto,
    /// A graphics card; where there is no usable one, for whatever reason, the CPU, loudly.
    Gpu,
    /// The CPU.
    Cpu,
    /// An ONNX Runtime execution provider by name: `cuda`, `tensorrt` ...
    Provider(String),
}

impl std::str::FromStr for Device {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Device> {
        match name {
            "" | "auto" => Ok(Device::Auto),
            "gpu" => Ok(Device::Gpu),
            "cpu" => Ok(Device::Cpu),
            "cuda" | "tensorrt" | "openvino" => Ok(Device::Provider(name.to_owned())),
            _ => Err(ModelError::Setting {
                setting: "device",
                reason: format!("{name:?} is not a device; use auto, gpu, cpu, cuda, tensorrt or openvino"),
            }),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Device::Auto => "auto",
            Device::Gpu => "gpu",
            Device::Cpu => "cpu",
            Device::Provider(name) => name,
        })
    }
}
