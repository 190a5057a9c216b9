//! What a manifest says about an action model, held against itself.

use ego_core::action::Head;
use ego_core::action::evidence::Scores;
use ego_core::action::vector::{VECTOR, VectorLayout, row_len};

use super::about::About;
use crate::error::{ModelError, Result};
use crate::manifest::{Manifest, Task, WindowSpec};

/// Which rows a model reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// Family `sharp-transformer`: frame vectors.
    Vectors {
        /// What the three numbers of a joint are.
        layout: VectorLayout,
        /// Names of the objects, the first is number 1.
        objects: Vec<String>,
    },
    /// Family `stream-transformer`: rows with every object.
    Frames {
        /// What the three numbers of a joint are.
        layout: VectorLayout,
        /// Names of the objects, the first is number 1.
        objects: Vec<String>,
    },
    /// Family `kinematic-window`: features of one subject.
    Features {
        /// Layout of the features.
        layout: String,
        /// Values of one frame.
        count: usize,
        /// What takes the place of values that are not known; empty = the network takes NaN for them.
        fill: Vec<f32>,
    },
}

/// Everything about an action model but its network.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSpec {
    /// Name of the model.
    pub model: String,
    /// Which kind of classifier.
    pub head: Head,
    /// Names of its classes.
    pub labels: Vec<String>,
    /// The class that means that nothing happens.
    pub nothing: Option<u32>,
    /// Which frames make one input.
    pub window: WindowSpec,
    /// What each of them consists of.
    pub rows: Rows,
    /// What the output holds.
    pub scores: Scores,
    /// Name of the output tensor.
    pub output: String,
    /// Uncertainty from which on the answer is unknown; `None` = the manifest names none.
    pub unknown: Option<f32>,
    /// Probability at which a label begins; `None` = the manifest names none.
    pub enter: Option<f32>,
    /// Which labels may be said, where objects are looked for; `None` = all (the manifest has no threshold `seen`).
    pub about: Option<About>,
}

impl Rows {
    /// Names of the objects in the order of their numbers; `None` where rows hold no objects.
    pub fn objects(&self) -> Option<&[String]> {
        match self {
            Rows::Vectors { objects, .. } | Rows::Frames { objects, .. } => Some(objects),
            Rows::Features { .. } => None,
        }
    }
}

impl ActionSpec {
    /// Reads the keys that action models have.
    ///
    /// # Errors
    /// Names the key that is missing or contradicts another one, with what was expected and found.
    pub fn of(manifest: &Manifest) -> Result<ActionSpec> {
        let wrong = |field: &str, expected: &str, found: String| ModelError::Contradiction {
            model: manifest.name.clone(),
            field: field.into(),
            expected: expected.into(),
            found,
        };
        if manifest.task != Task::Action {
            return Err(wrong("task", "action", manifest.task.name().into()));
        }
        let head = manifest.head.as_deref().unwrap_or(Head::Slow.name());
        if Head::from_name(head).name() != head {
            return Err(wrong("head", "slow, fast or gesture", head.into()));
        }
        let scores = manifest.scores.as_deref().unwrap_or(Scores::Logits.name());
        let scores = Scores::from_name(scores).ok_or_else(|| wrong("scores", "logits, probabilities or evidence", scores.into()))?;
        let window = manifest.window.ok_or_else(|| wrong("window", "a table with frames and seconds", "none".into()))?;
        if window.frames == 0 || !(0.0..=600.0).contains(&window.seconds) || !(0.0..=600.0).contains(&window.delay) {
            let found = format!("{} frames over {} s, delay {} s", window.frames, window.seconds, window.delay);
            return Err(wrong("window", "at least one frame and times of 0 to 600 seconds", found));
        }
        let nothing = match &manifest.nothing {
            Some(name) => {
                let at = manifest.labels.iter().position(|l| l == name);
                Some(at.ok_or_else(|| wrong("nothing", "one of the labels", name.clone()))? as u32)
            }
            None => None,
        };
        let [(output, shape)] = manifest.output.iter().map(|(name, o)| (name, &o.shape)).collect::<Vec<_>>()[..] else {
            return Err(wrong("output", "one tensor", manifest.output.len().to_string()));
        };
        let classes = manifest.labels.len() as i64;
        if shape != &[1, classes] && shape != &[-1, classes] {
            return Err(wrong("labels", &format!("as many as the output {output} has classes, {shape:?}"), classes.to_string()));
        }
        let rows = rows(manifest, window, &wrong)?;
        let [unknown, enter] = ["unknown", "enter"].map(|name| manifest.threshold(name).map(|t| t as f32));
        let about = match (manifest.threshold("seen"), nothing, &rows) {
            (None, ..) => None,
            (Some(seen_s), Some(nothing), Rows::Frames { objects, .. }) if (0.0..=window.seconds).contains(&seen_s) => {
                Some(About::new(&manifest.labels, objects, nothing, seen_s, window))
            }
            (Some(seen_s), ..) => {
                let expected = "seconds within the window, of a model of the family stream-transformer with a label for nothing";
                return Err(wrong("thresholds.seen", expected, seen_s.to_string()));
            }
        };
        let model = manifest.name.clone();
        let head = Head::from_name(head);
        Ok(ActionSpec {
            model,
            head,
            labels: manifest.labels.clone(),
            nothing,
            window,
            rows,
            scores,
            output: output.clone(),
            unknown,
            enter,
            about,
        })
    }
}

fn rows(manifest: &Manifest, window: WindowSpec, wrong: &dyn Fn(&str, &str, String) -> ModelError) -> Result<Rows> {
    let frames = window.frames as i64;
    let shape = manifest.input.shape();
    match manifest.family.as_str() {
        family @ ("sharp-transformer" | "stream-transformer") => {
            let layout = manifest.layout.as_deref().unwrap_or(VectorLayout::default().name());
            let layout = VectorLayout::from_name(layout).ok_or_else(|| wrong("layout", "2.5d or xyz", layout.into()))?;
            let whole = family == "sharp-transformer";
            let expected = [1, frames, if whole { VECTOR } else { row_len(manifest.objects.len()) } as i64];
            if shape != expected {
                return Err(wrong("input.shape", &format!("{expected:?} for a window of {frames} frames"), format!("{shape:?}")));
            }
            if window.seconds <= 0.0 {
                return Err(wrong("window.seconds", "more than 0", window.seconds.to_string()));
            }
            let objects = manifest.objects.clone();
            Ok(if whole { Rows::Vectors { layout, objects } } else { Rows::Frames { layout, objects } })
        }
        "kinematic-window" => {
            let features = manifest.features.as_ref().ok_or_else(|| wrong("features", "a table with layout and count", "none".into()))?;
            let numbers = frames * features.count as i64;
            if shape != [1, numbers] {
                let expected = format!("[1, {numbers}]: {frames} frames of {} features", features.count);
                return Err(wrong("input.shape", &expected, format!("{shape:?}")));
            }
            if !features.fill.is_empty() && features.fill.len() != features.count {
                return Err(wrong("features.fill", &format!("{} values or none", features.count), features.fill.len().to_string()));
            }
            Ok(Rows::Features { layout: features.layout.clone(), count: features.count, fill: features.fill.clone() })
        }
        other => Err(wrong("family", "sharp-transformer, stream-transformer or kinematic-window", other.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const SLOW: &str = r#"
name = "tiny-action"
version = "1"
task = "action"
family = "sharp-transformer"
file = "tiny-action.onnx"
licence = "MIT"
layout = "2.5d"
labels = ["nothing", "pour milk", "open milk"]
nothing = "nothing"
objects = ["book", "milk"]
window = { frames = 20, seconds = 2.0 }
[input]
names = ["frames"]
shape = [1, 20, 135]
[output.logits]
shape = [1, 3]
meaning = "logits"
[thresholds]
unknown = 0.6
"#;

    const FAST: &str = r#"
name = "tiny-fast"
version = "1"
task = "action"
family = "kinematic-window"
head = "fast"
scores = "probabilities"
file = "tiny-fast.onnx"
licence = "MIT"
labels = ["rest", "wave"]
window = { frames = 2 }
features = { layout = "hands", count = 3, fill = [0, 0, 1] }
[input]
names = ["x"]
shape = [1, 6]
[output.p]
shape = [-1, 2]
meaning = "probabilities"
"#;

    fn spec(text: &str) -> Result<ActionSpec> {
        ActionSpec::of(&Manifest::parse(text, Path::new("x.toml")).expect("a manifest"))
    }

    #[test]
    fn sound_manifests_are_read() {
        let slow = spec(SLOW).expect("slow");
        assert_eq!((slow.head, slow.nothing, slow.unknown), (Head::Slow, Some(0), Some(0.6)));
        assert_eq!(slow.rows, Rows::Vectors { layout: VectorLayout::ImageAndDepth, objects: vec!["book".into(), "milk".into()] });
        // Two hands of 63 numbers, the chosen object's number, a box for each object.
        let text = SLOW.replace("sharp-", "stream-");
        let stream = spec(&text).expect("135 = 127 + 4 x 2");
        assert_eq!(stream.rows, Rows::Frames { layout: VectorLayout::ImageAndDepth, objects: vec!["book".into(), "milk".into()] });
        assert_eq!(stream.rows.objects(), slow.rows.objects());
        let error = spec(&text.replace("\"milk\"]", "\"milk\", \"chips\"]")).expect_err("a box more").to_string();
        assert!(error.contains("input.shape should be [1, 20, 139]"), "{error}");
        assert_eq!(stream.about, None);
        assert!(spec(&text.replace("unknown = 0.6", "seen = 0.5")).expect("with a rule").about.is_some());
        let fast = spec(FAST).expect("fast");
        assert_eq!((fast.head, fast.scores, fast.nothing), (Head::Fast, Scores::Probabilities, None));
        assert_eq!(fast.rows, Rows::Features { layout: "hands".into(), count: 3, fill: vec![0.0, 0.0, 1.0] });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, from, to, words) in [
            (SLOW, "\"action\"", "\"hands\"", "task should be action, found hands"),
            (SLOW, "sharp-transformer", "sharp", "family should be sharp-transformer, stream-transformer or kinematic-window, found sharp"),
            (SLOW, "2.5d", "2d", "layout should be 2.5d or xyz, found 2d"),
            (SLOW, "nothing = \"nothing\"", "nothing = \"idle\"", "nothing should be one of the labels, found idle"),
            (SLOW, "shape = [1, 3]", "shape = [1, 36]", "labels should be as many as the output logits has classes, [1, 36], found 3"),
            (SLOW, "[1, 20, 135]", "[1, 16, 135]", "input.shape should be [1, 20, 135]"),
            (SLOW, "seconds = 2.0", "seconds = 0.0", "window.seconds should be more than 0"),
            (SLOW, "frames = 20,", "frames = 0,", "at least one frame"),
            (SLOW, "layout =", "head = \"quick\"\nlayout =", "head should be slow, fast or gesture, found quick"),
            (
                SLOW,
                "unknown = 0.6",
                "seen = 0.5",
                "thresholds.seen should be seconds within the window, of a model of the family stream-tr",
            ),
            (FAST, "\"probabilities\"\nfile", "\"odds\"\nfile", "scores should be"),
            (FAST, "[1, 6]", "[1, 7]", "input.shape should be [1, 6]: 2 frames of 3 features, found [1, 7]"),
            (FAST, "fill = [0, 0, 1]", "fill = [0]", "features.fill should be 3 values or none, found 1"),
            (FAST, "features = ", "#", "features should be a table"),
            (FAST, "window = { frames = 2 }", "", "window should be a table"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let error = spec(&changed).expect_err(from).to_string();
            assert!(error.contains(words), "{error}\n{words}");
        }
    }
}
