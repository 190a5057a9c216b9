//! Which layout a detector has, from its manifest and from the shapes of its outputs.

use super::decode::{self, Candidate, STRIDES};
use crate::error::{ModelError, Result};
use crate::manifest::{Fill, Manifest, Task};
use crate::network::Network;

/// Families of detectors, as manifests name them.
pub const FAMILIES: [&str; 7] = ["yolov7", "yolov8", "yolo26", "yolox", "dfine", "rf-detr", "detr"];

/// What the coordinates of boxes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Pixels of the network's input.
    Tensor,
    /// Pixels of the picture.
    Picture,
}

/// A layout, with the numbers of its outputs for [`Network::output`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Family {
    YoloV7 {
        output: usize,
        labels: usize,
    },
    /// Output, columns and rows of each level.
    YoloV7Heads {
        heads: [(usize, [usize; 2]); 3],
        labels: usize,
    },
    EndToEnd {
        output: usize,
    },
    Counted {
        count: usize,
        boxes: usize,
        scores: usize,
        classes: usize,
    },
    YoloV8 {
        output: usize,
        count: usize,
        labels: usize,
    },
    Yolo26 {
        output: usize,
    },
    YoloX {
        output: usize,
        size: [usize; 2],
        labels: usize,
    },
    Dfine {
        classes: usize,
        boxes: usize,
        scores: usize,
        space: Space,
    },
    Detr {
        logits: usize,
        boxes: usize,
        columns: usize,
        labels: usize,
        size: [usize; 2],
    },
}

/// Says which shape a tensor should have.
struct Checker<'a> {
    manifest: &'a Manifest,
    network: &'a Network,
    labels: usize,
}

impl Checker<'_> {
    fn wrong(&self, tensor: &str, expected: &str, found: String) -> ModelError {
        ModelError::Contradiction {
            model: self.manifest.name.clone(),
            field: format!("shape of output {tensor} (family {}, {} labels)", self.manifest.family, self.labels),
            expected: expected.to_owned(),
            found,
        }
    }

    fn shape(&self, output: usize) -> &[i64] {
        self.network.output_shape(output)
    }

    /// The output, if its shape is `want` (-1 stands for any size).
    fn named(&self, tensor: &str, want: &[i64]) -> Result<usize> {
        let output = self.network.output_index(tensor)?;
        let found = self.shape(output);
        if found.len() == want.len() && found.iter().zip(want).all(|(f, w)| *w < 0 || f == w) {
            return Ok(output);
        }
        Err(self.wrong(tensor, &format!("{want:?}"), format!("{found:?}")))
    }

    /// The only output, if its shape is `want`.
    fn only(&self, want: &[i64]) -> Result<usize> {
        let mut names = self.manifest.output.keys();
        match (names.next(), names.next()) {
            (Some(name), None) => self.named(name, want),
            _ => {
                let names: Vec<&str> = self.manifest.output.keys().map(String::as_str).collect();
                Err(self.wrong("", &format!("one tensor {want:?}"), format!("{} tensors: {}", names.len(), names.join(", "))))
            }
        }
    }

    fn cells(&self) -> i64 {
        let [w, h] = self.manifest.input.size;
        STRIDES.iter().map(|s| ((w / s) * (h / s)) as i64).sum()
    }

    /// One of the four forms of YOLOv7.
    fn yolov7(&self) -> Result<Family> {
        let columns = 5 + self.labels as i64;
        let names: Vec<&str> = self.manifest.output.keys().map(String::as_str).collect();
        if names.contains(&"num_dets") {
            return Ok(Family::Counted {
                count: self.named("num_dets", &[1, 1])?,
                boxes: self.named("det_boxes", &[1, -1, 4])?,
                scores: self.named("det_scores", &[1, -1])?,
                classes: self.named("det_classes", &[1, -1])?,
            });
        }
        let expected = format!(
            "one tensor [1, {}, {columns}] or [N, 7], or three [1, 3, rows, columns, {columns}], or num_dets, det_boxes, det_scores and det_classes",
            3 * self.cells()
        );
        let wrong = || {
            let found: Vec<String> = names.iter().enumerate().map(|(i, name)| format!("{name} {:?}", self.shape(i))).collect();
            self.wrong("", &expected, found.join(", "))
        };
        match names.len() {
            1 => match *self.shape(0) {
                [_, 7] => Ok(Family::EndToEnd { output: 0 }),
                [1, count, c] if c == columns && count == 3 * self.cells() => Ok(Family::YoloV7 { output: 0, labels: self.labels }),
                _ => Err(wrong()),
            },
            3 => {
                let mut heads = [(0, [0; 2]); 3];
                let [w, h] = self.manifest.input.size;
                for (stride, slot) in STRIDES.into_iter().zip(&mut heads) {
                    let want = [1, 3, (h / stride) as i64, (w / stride) as i64, columns];
                    let output = (0..3).find(|output| *self.shape(*output) == want).ok_or_else(wrong)?;
                    *slot = (output, [w / stride, h / stride]);
                }
                Ok(Family::YoloV7Heads { heads, labels: self.labels })
            }
            _ => Err(wrong()),
        }
    }
}

impl Family {
    /// Refuses a manifest of another task or family.
    pub(super) fn expected(manifest: &Manifest) -> Result<()> {
        let wrong = |field: &str, expected: String, found: &str| {
            Err(ModelError::Contradiction { model: manifest.name.clone(), field: field.into(), expected, found: found.into() })
        };
        if manifest.task != Task::Objects {
            return wrong("task", Task::Objects.name().into(), manifest.task.name());
        }
        if !FAMILIES.contains(&manifest.family.as_str()) {
            return wrong("family", format!("one of {}", FAMILIES.join(", ")), &manifest.family);
        }
        Ok(())
    }

    /// The layout of an opened network.
    pub(super) fn of(manifest: &Manifest, network: &Network, labels: usize) -> Result<Family> {
        let check = Checker { manifest, network, labels };
        let classes = labels as i64;
        match manifest.family.as_str() {
            "yolov7" => check.yolov7(),
            "yolov8" => {
                let output = check.only(&[1, 4 + classes, check.cells()])?;
                Ok(Family::YoloV8 { output, count: check.cells() as usize, labels })
            }
            "yolo26" => Ok(Family::Yolo26 { output: check.only(&[1, -1, 6])? }),
            "yolox" => Ok(Family::YoloX { output: check.only(&[1, check.cells(), 5 + classes])?, size: manifest.input.size, labels }),
            "dfine" => {
                let told = manifest.input.extra.values().any(|extra| matches!(extra.fill, Fill::Picture(_)));
                Ok(Family::Dfine {
                    classes: check.named("labels", &[1, -1])?,
                    boxes: check.named("boxes", &[1, -1, 4])?,
                    scores: check.named("scores", &[1, -1])?,
                    space: if told { Space::Picture } else { Space::Tensor },
                })
            }
            family => {
                let (logits, boxes) = if family == "rf-detr" { ("labels", "dets") } else { ("logits", "pred_boxes") };
                let index = network.output_index(logits)?;
                let columns = check.shape(index).last().copied().unwrap_or(0);
                let columns = if columns == classes + 1 { columns } else { classes };
                Ok(Family::Detr {
                    logits: check.named(logits, &[1, -1, columns])?,
                    boxes: check.named(boxes, &[1, -1, 4])?,
                    columns: columns as usize,
                    labels,
                    size: manifest.input.size,
                })
            }
        }
    }

    /// What the coordinates of its boxes count.
    pub(super) fn space(&self) -> Space {
        match self {
            Family::Dfine { space, .. } => *space,
            _ => Space::Tensor,
        }
    }

    /// Whether the model leaves it to us to find several boxes of one object.
    pub(super) fn has_doubles(&self) -> bool {
        matches!(self, Family::YoloV7 { .. } | Family::YoloV7Heads { .. } | Family::YoloV8 { .. } | Family::YoloX { .. })
    }

    /// The boxes of the last run.
    pub(super) fn decode(&self, network: &Network, min_score: f32, into: &mut Vec<Candidate>) {
        let out = |output: usize| network.output(output);
        match self {
            Family::YoloV7 { output, labels } => decode::yolov7(out(*output), *labels, min_score, into),
            Family::YoloV7Heads { heads, labels } => {
                for (level, (output, size)) in heads.iter().enumerate() {
                    decode::yolov7_head(out(*output), *size, level, *labels, min_score, into);
                }
            }
            Family::EndToEnd { output } => decode::end_to_end(out(*output), min_score, into),
            Family::Counted { count, boxes, scores, classes } => {
                let count = out(*count).first().copied().unwrap_or(0.0);
                decode::counted(count, out(*boxes), out(*scores), out(*classes), min_score, into);
            }
            Family::YoloV8 { output, count, labels } => decode::yolov8(out(*output), *count, *labels, min_score, into),
            Family::Yolo26 { output } => decode::yolo26(out(*output), min_score, into),
            Family::YoloX { output, size, labels } => decode::yolox(out(*output), *size, *labels, min_score, into),
            Family::Dfine { classes, boxes, scores, .. } => decode::dfine(out(*classes), out(*boxes), out(*scores), min_score, into),
            Family::Detr { logits, boxes, columns, labels, size } => {
                decode::detr(out(*logits), out(*boxes), *columns, *labels, *size, min_score, into);
            }
        }
    }
}
