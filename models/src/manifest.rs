//! Model manifests: one TOML file says how an ONNX file is to be fed and read.
//!
//! Preprocessing lives here and never in an element. The manifest is checked against the ONNX file before the first run
//! ([`crate::network::Network::open`]); a contradiction is an error that names the field, the expected and the found value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{ModelError, Result};
use crate::unknown::unknown;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, row, column, channel.
    Nhwc,
    /// Batch, channel, row, column.
    #[default]
    Nchw,
}

/// Order of the colours in the input tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first.
    Bgr,
}

/// How a picture becomes the input size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Squeezed to the input size, aspect ratio not kept.
    #[default]
    Stretch,
    /// Aspect ratio kept, centred, the rest filled as `border` says.
    Letterbox,
    /// Aspect ratio kept, in the upper left corner, the rest filled as `border` says.
    #[serde(rename = "letterbox-corner")]
    LetterboxCorner,
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
    /// The grey 114 of the YOLO family, around letterboxes; black elsewhere.
    Grey,
}

/// An input beside the picture: whole numbers (int64).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Its shape; empty for a single number.
    pub shape: Vec<i64>,
    /// What it is filled with.
    pub fill: Fill,
}

/// What an [`Extra`] input is filled with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Fill {
    /// These numbers, always.
    Numbers(Vec<i64>),
    /// Something about the picture.
    Picture(FillPicture),
}

/// What about the picture an [`Extra`] input is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum FillPicture {
    /// Its width and height, pixels, in this order.
    #[serde(rename = "picture-size")]
    Size,
}

/// How the input tensor is made: of a picture, value = (colour in 0..255 - mean) / std; or of rows of numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Tensor names, the picture first.
    pub names: Vec<String>,
    /// Shape of an input that is no picture; nothing below is given then.
    pub shape: Option<Vec<i64>>,
    /// What the other inputs are filled with, by name.
    #[serde(default)]
    pub extra: BTreeMap<String, Extra>,
    /// Order of the axes.
    #[serde(default)]
    pub layout: Layout,
    /// Width and height, pixels.
    #[serde(default = "one_by_one")]
    pub size: [usize; 2],
    /// Order of the colours.
    #[serde(default)]
    pub channels: Channels,
    /// How the picture gets that size.
    #[serde(default)]
    pub resize: Resize,
    /// What lies outside the picture.
    #[serde(default)]
    pub border: Border,
    /// Subtracted from each colour, 0..255.
    #[serde(default)]
    pub mean: [f32; 3],
    /// Then divided by.
    #[serde(default = "ones")]
    pub std: [f32; 3],
}

/// Keys that say how a picture is fed: all of them where the input is a picture, none where it is not.
const PICTURE_KEYS: [&str; 6] = ["layout", "size", "channels", "resize", "mean", "std"];

fn one_by_one() -> [usize; 2] {
    [1; 2]
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

impl Input {
    /// Shape of the first tensor: of a picture with a batch of one, else as given.
    pub fn shape(&self) -> Vec<i64> {
        if let Some(shape) = &self.shape {
            return shape.clone();
        }
        let [w, h] = self.size.map(|v| v as i64);
        match self.layout {
            Layout::Nhwc => vec![1, h, w, 3],
            Layout::Nchw => vec![1, 3, h, w],
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

/// Which rows an action model reads.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSpec {
    /// Rows of one window.
    pub frames: usize,
    /// Time over which they are spread, seconds; 0 = one row after the other as frames come.
    #[serde(default)]
    pub seconds: f64,
    /// How far before the window's end the moment lies that the answer is about, seconds.
    #[serde(default)]
    pub delay: f64,
}

/// Which features a model reads.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesSpec {
    /// Layout of the features, as the element that makes them names it.
    pub layout: String,
    /// Values of one frame.
    pub count: usize,
    /// What takes the place of values that are not known, one for each; empty = the network takes NaN for them.
    #[serde(default)]
    pub fill: Vec<f32>,
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

/// Where the hash of a file comes from that the manifest knows none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// From the first `ego models pull`.
    FirstPull,
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
    /// The file inside the ZIP file at `url`, by its name without folders.
    pub archive: Option<String>,
    /// Takes the place of `sha256` where its maker has published none.
    pub pin: Option<Pin>,
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
    /// Actions: the class that means that nothing happens.
    pub nothing: Option<String>,
    /// Actions: object names by number, the first is 1.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Actions: what the numbers of a joint are, `2.5d` or `xyz`.
    pub layout: Option<String>,
    /// Actions: which kind of classifier, `slow`, `fast` or `gesture`.
    pub head: Option<String>,
    /// Actions: what the output holds, `logits`, `probabilities` or `evidence`.
    pub scores: Option<String>,
    /// Actions: which frames make one input.
    pub window: Option<WindowSpec>,
    /// Actions from features: which ones.
    pub features: Option<FeaturesSpec>,
    /// Instead of `labels`: a label set that comes with the program, e.g. `coco-80`, or a file with one name a line.
    pub label_set: Option<String>,
    /// Decision thresholds by name.
    #[serde(default)]
    pub thresholds: BTreeMap<String, f64>,
    /// Training data, measured accuracy with its command, known failures.
    #[serde(default)]
    pub card: toml::Table,
}

/// The manifests that come with the program.
const BUILT_IN: &[(&str, &str)] = &[
    ("ego-hand-finder", include_str!("../zoo/ego-hand-finder.toml")),
    ("ego-hands", include_str!("../zoo/ego-hands.toml")),
    ("mediapipe-hands", include_str!("../zoo/mediapipe-hands.toml")),
    ("mediapipe-hands-lite", include_str!("../zoo/mediapipe-hands-lite.toml")),
    ("palm-detection-full", include_str!("../zoo/palm-detection-full.toml")),
    ("palm-detection-lite", include_str!("../zoo/palm-detection-lite.toml")),
    ("mediapipe-pose-detection", include_str!("../zoo/mediapipe-pose-detection.toml")),
    ("mediapipe-pose-landmark", include_str!("../zoo/mediapipe-pose-landmark.toml")),
    ("ego-action", include_str!("../zoo/ego-action.toml")),
    ("ego-action-stream", include_str!("../zoo/ego-action-stream.toml")),
    ("ego-depth", include_str!("../zoo/ego-depth.toml")),
    ("ego-objects", include_str!("../zoo/ego-objects.toml")),
    ("depth-anything-v2-small", include_str!("../zoo/depth-anything-v2-small.toml")),
    ("dfine-nano", include_str!("../zoo/dfine-nano.toml")),
    ("rtmpose-hand", include_str!("../zoo/rtmpose-hand.toml")),
    ("yolox-nano", include_str!("../zoo/yolox-nano.toml")),
    ("yolox-tiny", include_str!("../zoo/yolox-tiny.toml")),
    ("ego-gestures-static", include_str!("../zoo/ego-gestures-static.toml")),
    ("ego-gestures-moving", include_str!("../zoo/ego-gestures-moving.toml")),
];

/// Names of the manifests that come with the program.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

/// A manifest that comes with the program.
///
/// # Errors
/// When there is none of this name; the error lists those that there are, or says how this one gets here.
pub fn built_in(name: &str) -> Result<Manifest> {
    let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
        return Err(unknown(name));
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
        check_input_keys(text, manifest.input.shape.is_some()).map_err(wrong)?;
        if manifest.input.std.iter().any(|s| *s == 0.0 || !s.is_finite()) {
            return Err(wrong("input.std has a zero, which would divide by zero".into()));
        }
        if manifest.input.size.contains(&0) {
            return Err(wrong("input.size has a zero".into()));
        }
        if manifest.input.shape.as_ref().is_some_and(|shape| shape.iter().any(|v| *v < 1)) {
            return Err(wrong("input.shape has a number below 1: give the size of one run".into()));
        }
        if manifest.input.names.is_empty() {
            return Err(wrong("input.names is empty: name the picture tensor".into()));
        }
        for name in manifest.input.names.iter().skip(1) {
            let Some(extra) = manifest.input.extra.get(name) else {
                return Err(wrong(format!("input.extra.{name} is missing: say the shape and fill of every input beside the picture")));
            };
            let count = extra.shape.iter().product::<i64>();
            let given = match &extra.fill {
                Fill::Numbers(numbers) => numbers.len() as i64,
                Fill::Picture(FillPicture::Size) => 2,
            };
            if count != given || extra.shape.iter().any(|v| *v < 1) {
                return Err(wrong(format!("input.extra.{name} has shape {:?}, which does not hold {given} numbers", extra.shape)));
            }
        }
        Ok(manifest)
    }

    /// The class names, from `labels` or `label_set`.
    ///
    /// # Errors
    /// When the label set cannot be read, or there are no labels at all.
    pub fn all_labels(&self) -> Result<Vec<String>> {
        match &self.label_set {
            Some(set) => crate::objects::read_labels(set),
            None if self.labels.is_empty() => Err(ModelError::Contradiction {
                model: self.name.clone(),
                field: "labels".into(),
                expected: "the names of the classes, or label_set".into(),
                found: "none".into(),
            }),
            None => Ok(self.labels.clone()),
        }
    }

    /// A threshold by name.
    pub fn threshold(&self, name: &str) -> Option<f64> {
        self.thresholds.get(name).copied()
    }
}

/// Whether the input says everything about a picture, or nothing.
fn check_input_keys(text: &str, is_rows: bool) -> Result<(), String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let has = |key: &&&str| table.get("input").and_then(|input| input.get(**key)).is_some();
    match (is_rows, PICTURE_KEYS.iter().find(has), PICTURE_KEYS.iter().find(|key| !has(key))) {
        (true, Some(key), _) => Err(format!("input.{key} is about pictures, but input.shape says that the input is none: keep one")),
        (false, _, Some(key)) => Err(format!("input.{key} is missing")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_a_picture_or_rows() {
        let text = include_str!("../zoo/palm-detection-full.toml");
        let parse = |text: &str| Manifest::parse(text, Path::new("x.toml"));
        let missing = text.lines().filter(|l| !l.starts_with("mean =")).collect::<Vec<_>>().join("\n");
        assert!(parse(&missing).expect_err("no mean").to_string().contains("input.mean is missing"));
        let both = text.replace("[input]", "[input]\nshape = [1, 20, 135]");
        assert!(parse(&both).expect_err("both").to_string().contains("keep one"));
        let rows: Vec<&str> =
            both.lines().filter(|l| !PICTURE_KEYS.iter().chain(&["border"]).any(|k| l.split(" =").next() == Some(k))).collect();
        assert_eq!(parse(&rows.join("\n")).expect("rows").input.shape(), [1, 20, 135]);
    }

    #[test]
    fn every_built_in_manifest_is_sound() {
        for name in built_in_names() {
            let m = built_in(name).expect(name);
            assert_eq!(m.name, name);
            let hashed = m.sha256.as_ref().is_some_and(|h| h.len() == 64) && m.bytes.is_some_and(|b| b > 1000);
            assert!(hashed || m.url.is_some() && m.pin == Some(Pin::FirstPull), "{name} needs hash and size, or a pin");
            assert!(m.origin.command.is_some(), "{name} needs the command that brings it");
            assert!(!m.licence.is_empty() && m.task != Task::Objects || m.all_labels().is_ok(), "{name} needs labels");
            if let Some(detector) = &m.detector {
                assert_eq!(built_in(detector).expect("detector is built in").task, m.task);
            }
        }
    }

    #[test]
    fn every_preset_of_a_public_model_says_where_from_under_which_licence_and_how_it_is_checked() {
        let all = BUILT_IN.iter().map(|(name, _)| built_in(name).expect(name));
        let public: Vec<Manifest> = all.filter(|manifest| manifest.url.is_some()).collect();
        let names: Vec<&str> = public.iter().map(|manifest| manifest.name.as_str()).collect();
        for wanted in ["depth-anything-v2-small", "dfine-nano", "rtmpose-hand", "yolox-nano", "yolox-tiny"] {
            assert!(names.contains(&wanted), "{wanted} is not among {names:?}");
        }
        for manifest in &public {
            let name = &manifest.name;
            let url = manifest.url.as_deref().unwrap_or_default();
            assert!(url.starts_with("https://") && (url.ends_with(".onnx") || manifest.archive.is_some()), "{name}: {url}");
            assert_eq!(manifest.licence, "Apache-2.0", "{name}");
            assert_eq!(manifest.origin.command.as_deref(), Some(&*format!("ego models pull {name}")));
            let known = manifest.sha256.as_ref().is_some_and(|hash| hash.len() == 64) && manifest.bytes.is_some();
            assert!(known != (manifest.pin == Some(Pin::FirstPull)), "{name}: either hash and size, or pinned by the first download");
            for key in ["made_by", "trained_on", "known_failures"] {
                assert!(manifest.card.get(key).is_some_and(toml::Value::is_str), "{name}: card.{key}");
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
