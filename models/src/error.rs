//! What can go wrong with a model, in words that name the thing and the remedy.

use std::path::PathBuf;

/// What a caller should do about a [`ModelError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A file, library or device is not there: install or import it (exit status 3).
    Missing,
    /// The settings, the manifest and the file contradict each other (exit status 2).
    Mismatch,
    /// Something failed while working: disk, network, one frame (exit status 1).
    Runtime,
}

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried: `read`, `write` ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// ONNX Runtime's shared library is missing or too old.
    #[error(
        "ONNX Runtime cannot be loaded ({reason}); run `./x setup`, or set ORT_DYLIB_PATH to a libonnxruntime.so of version 1.20 or newer"
    )]
    Library {
        /// Which paths were tried and what they said.
        reason: String,
    },
    /// No model of this name and no such file.
    #[error("there is no model {name:?}: {hint}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// The known names, or the nearest one.
        hint: String,
    },
    /// The manifest is known but its ONNX file is not on this machine.
    #[error("the file of model {name:?} is not at {path}; {remedy}")]
    NotImported {
        /// Model name.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
        /// The command that brings it.
        remedy: String,
    },
    /// A manifest is not readable.
    #[error("manifest {path}: {reason}")]
    Manifest {
        /// Manifest file or built-in name.
        path: PathBuf,
        /// Line and reason.
        reason: String,
    },
    /// The manifest and the ONNX file (or what this program can use) contradict each other.
    #[error(
        "model {model:?}: {field} should be {expected}, found {found}; correct its manifest, or take another model (`ego models list`)"
    )]
    Contradiction {
        /// Model name.
        model: String,
        /// Manifest field or tensor.
        field: String,
        /// What the manifest or the family asks for.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The file is not the one that the manifest describes.
    #[error("{path} has SHA-256 {found}, its manifest says {expected}; import or pull the model again, or give a manifest of its own")]
    Hash {
        /// The model file.
        path: PathBuf,
        /// From the manifest.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// ONNX Runtime does not take the file.
    #[error("{path} is not a model that ONNX Runtime can load: {reason}")]
    Load {
        /// The model file.
        path: PathBuf,
        /// ONNX Runtime's words.
        reason: String,
    },
    /// A device was asked for that this machine or this ONNX Runtime does not have.
    #[error("device {device:?} cannot be used: {reason}; use device=auto to fall back to the CPU")]
    Device {
        /// What was asked for.
        device: String,
        /// Why not.
        reason: String,
    },
    /// Running the network failed.
    #[error("model {model:?} failed while running: {reason}")]
    Run {
        /// Model name.
        model: String,
        /// ONNX Runtime's words.
        reason: String,
    },
    /// A frame that cannot be used.
    #[error("this frame cannot be analysed: {0}")]
    Frame(String),
    /// A setting with a value that makes no sense.
    #[error("{setting}: {reason}")]
    Setting {
        /// Name of the property or key.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file that is not the package it should be.
    #[error("{path} is not usable: {why}")]
    Package {
        /// The package file.
        path: PathBuf,
        /// What is wrong and the remedy.
        why: String,
    },
    /// A model with something that the importer does not know.
    #[error("model {model:?} cannot be converted: {what}")]
    Unsupported {
        /// Model name.
        model: String,
        /// The operator, type or shape.
        what: String,
    },
    /// A download that did not end well.
    #[error("cannot download {url}: {reason}")]
    Download {
        /// The address.
        url: String,
        /// What happened and the remedy.
        reason: String,
    },
}

impl ModelError {
    /// What a caller should do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ModelError::Library { .. } | ModelError::UnknownModel { .. } | ModelError::NotImported { .. } | ModelError::Device { .. } => {
                ErrorKind::Missing
            }
            ModelError::Manifest { .. }
            | ModelError::Contradiction { .. }
            | ModelError::Hash { .. }
            | ModelError::Load { .. }
            | ModelError::Setting { .. }
            | ModelError::Package { .. }
            | ModelError::Unsupported { .. } => ErrorKind::Mismatch,
            ModelError::Io { .. } | ModelError::Run { .. } | ModelError::Frame(_) | ModelError::Download { .. } => ErrorKind::Runtime,
        }
    }
}

/// Short form used inside the crate.
pub type Result<T, E = ModelError> = std::result::Result<T, E>;
