//! Model manifests: one TOML file says how an ONNX file is to be fed and read.
//!
//! Preprocessing lives here and never in an element. The manifest is checked against the ONNX file before the first run
//! ([`crate::network::Network::open`]); a contradiction is an error that names the field, the expected and the found value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{ModelError, Result};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Pseudo-depth or metric depth from a picture.
    Depth,
    /// Hands: detector or landmarks.
    Hands,
    /// Body pose.
    Body,
    /// Objects with boxes.
    Objects,
    /// Actions from a window of frames.
    Action,
    /// Numbers computed from poses.
    Features,
}

impl Task {
    /// The word used in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Task::Depth => "depth",
            Task::Hands => "hands",
            Task::Body => "body",
            Task::Objects => "objects",
            Task::Action => "action",
            Task::Features => "features",
        }
    }
}

/// Order of the input tensor's axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, row, column, channel.
    Nhwc,
    /// Batch, channel, row, column.
    Nchw,
}

/// Order of the colours in the input tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// How a picture becomes the input size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Squeezed to the input size, aspect ratio not kept.
    Stretch,
    /// Aspect ratio kept, centred, the rest filled with black.
    Letterbox,
    /// A region chosen by an earlier stage.
    Crop,
}

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Border {
    /// Black.
    #[default]
    Zero,
    /// The nearest pixel of the picture.
    Replicate,
}

/// How the input tensor is made: value = (colour in 0..255 - mean) / std.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Tensor names, the picture first.
    pub names: Vec<String>,
    /// Order of the axes.
    pub layout: Layout,
    /// Width and height, pixels.
    pub size: [usize; 2],
    /// Order of the colours.
    pub channels: Channels,
    /// How the picture gets that size.
    pub resize: Resize,
    /// What lies outside the picture.
    #[serde(default)]
    pub border: Border,
    /// Subtracted from each colour, 0..255.
    pub mean: [f32; 3],
    /// Then divided by.
    pub std: [f32; 3],
}

impl Input {
    /// Shape of the picture tensor with a batch of one.
    pub fn shape(&self) -> [i64; 4] {
        let [w, h] = self.size.map(|v| v as i64);
        match self.layout {
            Layout::Nhwc => [1, h, w, 3],
            Layout::Nchw => [1, 3, h, w],
        }
    }
}

/// One output tensor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its shape; -1 stands for any size.
    pub shape: Vec<i64>,
    /// What the numbers are, with units.
    pub meaning: String,
}

/// Where a model comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The people, package or recipe.
    pub source: String,
    /// The command that brings or makes the file.
    pub command: Option<String>,
}

/// Everything that is known about a model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Unique short name.
    pub name: String,
    /// Version of the model, in its maker's words.
    pub version: String,
    /// What it is for.
    pub task: Task,
    /// How its tensors are read.
    pub family: String,
    /// Name of the ONNX file.
    pub file: PathBuf,
    /// SHA-256 of the file, lower-case hexadecimal; absent for a model of the user's own.
    pub sha256: Option<String>,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// SPDX name of the licence.
    pub licence: String,
    /// Where `ego models pull` gets it.
    pub url: Option<String>,
    /// The model that finds the regions this one looks at.
    pub detector: Option<String>,
    /// Where it comes from.
    #[serde(default)]
    pub origin: Origin,
    /// How to feed it.
    pub input: Input,
    /// How to read it.
    pub output: BTreeMap<String, Output>,
    /// Class names by index.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Decision thresholds by name.
    #[serde(default)]
    pub thresholds: BTreeMap<String, f64>,
    /// Training data, measured accuracy with its command, known failures.
    #[serde(default)]
    pub card: toml::Table,
}

/// The manifests that come with the program.
const BUILT_IN: &[(&str, &str)] = &[
    ("mediapipe-hands", include_str!("../zoo/mediapipe-hands.toml")),
    ("mediapipe-hands-lite", include_str!("../zoo/mediapipe-hands-lite.toml")),
    ("palm-detection-full", include_str!("../zoo/palm-detection-full.toml")),
    ("palm-detection-lite", include_str!("../zoo/palm-detection-lite.toml")),
    ("mediapipe-pose-detection", include_str!("../zoo/mediapipe-pose-detection.toml")),
    ("mediapipe-pose-landmark", include_str!("../zoo/mediapipe-pose-landmark.toml")),
];

/// Names of the manifests that come with the program.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

/// A manifest that comes with the program.
///
/// # Errors
/// When there is none of this name; the error lists those that there are.
pub fn built_in(name: &str) -> Result<Manifest> {
    let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
        let hint = format!("known names are {}; a path to a manifest (.toml) is taken as well", built_in_names().join(", "));
        return Err(ModelError::UnknownModel { name: name.to_owned(), hint });
    };
    Manifest::parse(text, Path::new(name))
}

impl Manifest {
    /// Reads a manifest file.
    ///
    /// # Errors
    /// When the file cannot be read, or a key is unknown, missing or of the wrong type.
    pub fn read(path: &Path) -> Result<Manifest> {
        let text = std::fs::read_to_string(path).map_err(|source| ModelError::Io { action: "read", path: path.to_path_buf(), source })?;
        Manifest::parse(&text, path)
    }

    /// Reads a manifest from text; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Manifest> {
        let wrong = |reason: String| ModelError::Manifest { path: path.to_path_buf(), reason };
        let manifest: Manifest = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if manifest.input.std.iter().any(|s| *s == 0.0 || !s.is_finite()) {
            return Err(wrong("input.std has a zero, which would divide by zero".into()));
        }
        if manifest.input.size.contains(&0) {
            return Err(wrong("input.size has a zero".into()));
        }
        if manifest.input.names.is_empty() {
            return Err(wrong("input.names is empty: name the picture tensor".into()));
        }
        Ok(manifest)
    }

    /// A threshold by name.
    pub fn threshold(&self, name: &str) -> Option<f64> {
        self.thresholds.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_manifest_is_sound() {
        for name in built_in_names() {
            let m = built_in(name).expect(name);
            assert_eq!(m.name, name);
            assert!(m.sha256.as_ref().is_some_and(|h| h.len() == 64), "{name} needs a hash");
            assert!(m.bytes.is_some_and(|b| b > 1000), "{name} needs a size");
            assert!(m.origin.command.is_some(), "{name} needs the command that brings it");
            if let Some(detector) = &m.detector {
                assert_eq!(built_in(detector).expect("detector is built in").task, m.task);
            }
        }
    }

    #[test]
    fn an_unknown_key_and_an_unknown_name_are_named() {
        let text = include_str!("../zoo/palm-detection-full.toml").replacen("licence", "license", 1);
        let e = Manifest::parse(&text, Path::new("x.toml")).expect_err("unknown key").to_string();
        assert!(e.contains("x.toml") && e.contains("license"), "{e}");
        let e = built_in("mediapipe-hand").expect_err("unknown name").to_string();
        assert!(e.contains("mediapipe-hands"), "{e}");
    }
}
