//! Import of models from other people's packages.
//!
//! The Python package `mediapipe` carries its TFLite models inside the wheel, under the Apache licence 2.0. [`mediapipe`] reads
//! six of them out of that file and writes ONNX. No Python and no TensorFlow is needed; the conversion is exact (constants are
//! widened and unfolded, nothing is quantised) and its bytes are always the same, so the manifests pin them.

mod convert;
pub mod fetch;
mod flatbuffer;
pub(crate) mod onnx;
mod operators;
mod sparse;
mod tflite;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{ModelError, Result};
use crate::network::sha256_hex;

/// The package version whose models are known.
pub const MEDIAPIPE_VERSION: &str = "0.10.21";
/// No model of the package is larger, bytes; keeps a damaged archive from filling the memory.
const MAX_MODEL_BYTES: u64 = 64 << 20;

/// A model that [`mediapipe`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedModel {
    /// Name of the file without its ending.
    pub name: String,
    /// The ONNX file.
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
}

/// A model inside the wheel.
struct Source {
    /// Folder below `mediapipe/modules/`.
    folder: &'static str,
    name: &'static str,
    /// SHA-256 of the TFLite file in version 0.10.21.
    sha256: &'static str,
    /// Outputs that nothing here reads.
    drop: &'static [&'static str],
}

const SOURCES: [Source; 6] = [
    Source {
        folder: "palm_detection",
        name: "palm_detection_full",
        sha256: "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        drop: &[],
    },
    Source {
        folder: "palm_detection",
        name: "palm_detection_lite",
        sha256: "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
        drop: &[],
    },
    Source {
        folder: "hand_landmark",
        name: "hand_landmark_full",
        sha256: "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        drop: &[],
    },
    Source {
        folder: "hand_landmark",
        name: "hand_landmark_lite",
        sha256: "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
        drop: &[],
    },
    Source {
        folder: "pose_detection",
        name: "pose_detection",
        sha256: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        drop: &[],
    },
    Source {
        folder: "pose_landmark",
        name: "pose_landmark_full",
        sha256: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        // The segmentation mask takes 40 % of the time.
        drop: &["Identity_2"],
    },
];

/// Converts the hand and body models inside a `mediapipe` 0.10.21 wheel to ONNX files in the folder `out`.
///
/// Everything is converted before anything is written, and each file appears whole or not at all.
///
/// # Errors
/// When `wheel` is not that package, or a file cannot be read or written.
pub fn mediapipe(wheel: &Path, out: &Path) -> Result<Vec<ImportedModel>> {
    let mut archive = open_wheel(wheel)?;
    let mut converted = Vec::new();
    for source in &SOURCES {
        let tflite = read_model(wheel, &mut archive, source)?;
        let origin = format!("mediapipe {MEDIAPIPE_VERSION} {}.tflite, Apache-2.0", source.name);
        converted.push((source.name, convert::convert(source.name, &tflite, source.drop, &origin)?));
    }
    let write = |path: &Path, source| ModelError::Io { action: "write", path: path.to_path_buf(), source };
    std::fs::create_dir_all(out).map_err(|e| write(out, e))?;
    let mut written = Vec::new();
    for (name, bytes) in converted {
        let path = out.join(format!("{name}.onnx"));
        write_whole(&path, &bytes).map_err(|e| write(&path, e))?;
        written.push(ImportedModel { name: name.to_owned(), sha256: sha256_hex(&bytes), bytes: bytes.len() as u64, path });
    }
    Ok(written)
}

/// Converts the bytes of one TFLite file to those of an ONNX file; `model` names it in errors.
///
/// Takes float networks of the operators that the models of the package use. Inputs and outputs keep their names, shapes and
/// order of axes; outputs named in `drop` are left out.
///
/// # Errors
/// When the file is damaged, or has an operator, type or shape that is not known; the error names it.
pub fn tflite_to_onnx(model: &str, tflite: &[u8], drop: &[&str]) -> Result<Vec<u8>> {
    convert::convert(model, tflite, drop, &format!("{model}.tflite"))
}

fn not_the_wheel(wheel: &Path, why: &str) -> ModelError {
    let why = format!("{why}; give the wheel of mediapipe {MEDIAPIPE_VERSION}, or no file to let pip fetch it");
    ModelError::Package { path: wheel.to_path_buf(), why }
}

fn open_wheel(wheel: &Path) -> Result<zip::ZipArchive<File>> {
    let file = File::open(wheel).map_err(|source| ModelError::Io { action: "read", path: wheel.to_path_buf(), source })?;
    zip::ZipArchive::new(file).map_err(|e| not_the_wheel(wheel, &format!("it is not a wheel ({e})")))
}

/// The bytes of a model, which are those of version 0.10.21.
fn read_model(wheel: &Path, archive: &mut zip::ZipArchive<File>, source: &Source) -> Result<Vec<u8>> {
    let entry = format!("mediapipe/modules/{}/{}.tflite", source.folder, source.name);
    let mut bytes = Vec::new();
    let file = archive.by_name(&entry).map_err(|e| not_the_wheel(wheel, &format!("{entry} cannot be read from it ({e})")))?;
    file.take(MAX_MODEL_BYTES).read_to_end(&mut bytes).map_err(|e| not_the_wheel(wheel, &format!("{entry} is damaged in it ({e})")))?;
    let found = sha256_hex(&bytes);
    if found != source.sha256 {
        let why = format!("its {}.tflite is another one (SHA-256 {found}, expected {})", source.name, source.sha256);
        return Err(not_the_wheel(wheel, &why));
    }
    Ok(bytes)
}

/// Writes a file that appears under its name only when it is complete.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension(format!("onnx.part-{}", std::process::id()));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&part, path)).inspect_err(|_| {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&part);
    })
}
