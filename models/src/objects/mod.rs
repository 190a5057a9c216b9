//! Objects in one picture: a detector of any family in, boxes with class and score out.
//!
//! | family | outputs | suppression of doubles |
//! |---|---|---|
//! | `yolov7` | [1, N, 5 + C] centre, size, object, classes; or three heads [1, 3, rows, columns, 5 + C] before decoding | here |
//! | `yolov7` end to end | [N, 7] picture, corners, class, score; or `num_dets`, `det_boxes`, `det_scores`, `det_classes` | in the model |
//! | `yolov8` | [1, 4 + C, N] centre, size, classes | here |
//! | `yolo26` | [1, N, 6] corners, score, class | in the model |
//! | `yolox` | [1, N, 5 + C] before decoding | here |
//! | `dfine` (also DEIM, RT-DETR) | `labels`, `boxes` corners, `scores` | not needed |
//! | `rf-detr` | `dets` centre and size 0..1, `labels` logits | not needed |
//! | `detr` | `pred_boxes` centre and size 0..1, `logits`; one more column than labels = "nothing" (softmax), else sigmoid | not needed |
//!
//! C is the number of labels. The shapes are checked when the model is opened. Coordinates are pixels of the network's input unless
//! the table says 0..1; `dfine` gives pixels of the picture when an input is filled with `picture-size`.
//!
//! Thresholds of a manifest: `score` (default 0.25) and `nms_iou` (default 0.45).

mod decode;
mod family;
mod labels;

pub use decode::{Candidate, suppress};
pub use family::FAMILIES;
pub use labels::{LABEL_SETS, read_labels};

use std::sync::Arc;

use ego_core::image::{ImageView, MaskView};
use ego_core::objects::{Detection, InHand};

use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;
use family::{Family, Space};

const DEFAULT_SCORE: f64 = 0.25;
/// Share of the lowest score of an object that continues one that is followed (ByteTrack has 0.1 of 0.6).
const DEFAULT_FOLLOW: f32 = 0.3;
const DEFAULT_NMS_IOU: f64 = 0.45;
/// Boxes that are looked at, best first.
const MOST: usize = 300;

/// A detector with its sampler.
#[derive(Debug)]
pub struct ObjectDetector {
    network: Network,
    sampler: Sampler,
    family: Family,
    labels: Arc<[String]>,
    min_score: f32,
    follow_score: f32,
    report_from: f32,
    max_iou: f32,
    found: Vec<Candidate>,
}

impl ObjectDetector {
    /// Opens the detector. `labels` take the place of the manifest's; `min_score` that of its threshold.
    ///
    /// # Errors
    /// As [`Network::open`]; when the manifest is for another task or family, or the outputs do not have the family's shape for this
    /// number of labels.
    pub fn open(
        located: &Located,
        labels: Option<Vec<String>>,
        min_score: Option<f32>,
        options: &SessionOptions,
    ) -> Result<ObjectDetector> {
        let manifest = &located.manifest;
        Family::expected(manifest)?;
        let labels = match labels {
            Some(labels) => labels,
            None => manifest.all_labels()?,
        };
        let network = Network::open(located, options)?;
        let family = Family::of(manifest, &network, labels.len())?;
        let min_score = min_score.unwrap_or(manifest.threshold("score").unwrap_or(DEFAULT_SCORE) as f32);
        let follow_score = manifest.threshold("follow").map_or(DEFAULT_FOLLOW * min_score, |score| score as f32);
        Ok(ObjectDetector {
            sampler: Sampler::new(&manifest.input),
            family,
            labels: labels.into(),
            min_score,
            follow_score: follow_score.min(min_score),
            report_from: min_score,
            max_iou: manifest.threshold("nms_iou").unwrap_or(DEFAULT_NMS_IOU) as f32,
            found: Vec::new(),
            network,
        })
    }

    /// Lowest score that counts as an object, 0..1: what was asked for, else the manifest's `score`.
    pub fn min_score(&self) -> f32 {
        self.min_score
    }

    /// Lowest score of a box that may continue an object that is followed, 0..1: the manifest's `follow`, else a share of
    /// [`ObjectDetector::min_score`].
    pub fn follow_score(&self) -> f32 {
        self.follow_score
    }

    /// Reports boxes from this score on.
    pub fn report_from(&mut self, score: f32) {
        self.report_from = score;
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Names of the classes.
    pub fn labels(&self) -> &Arc<[String]> {
        &self.labels
    }

    /// Writes the objects of a picture into `into`, best first, boxes cut at the borders of the picture; without tracks.
    ///
    /// What the mask does not want is black for the network.
    ///
    /// # Errors
    /// When the picture's planes are too small, or the network fails.
    pub fn detect(&mut self, view: &ImageView<'_>, mask: Option<&MaskView<'_>>, into: &mut Vec<Detection>) -> Result<()> {
        let view = view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        let placement = self.sampler.whole(&view, mask, self.network.input_mut());
        self.network.set_picture_size(view.width, view.height);
        self.network.run()?;
        self.found.clear();
        self.family.decode(&self.network, self.report_from, &mut self.found);
        self.found.retain(|c| c.score.is_finite() && c.corners.iter().all(|v| v.is_finite()));
        self.found.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.found.truncate(MOST);
        if self.family.has_doubles() {
            suppress(&mut self.found, self.max_iou);
        }
        let size = [f64::from(view.width), f64::from(view.height)];
        let to_norm = |p: [f32; 2]| -> [f32; 2] {
            let p = p.map(f64::from);
            let [x, y] = match self.family.space() {
                Space::Tensor => placement.to_picture(p),
                Space::Picture => p,
            };
            [(x / size[0]).clamp(0.0, 1.0) as f32, (y / size[1]).clamp(0.0, 1.0) as f32]
        };
        into.clear();
        into.extend(self.found.iter().filter_map(|candidate| {
            let [left, top, right, bottom] = candidate.corners;
            let ([x0, y0], [x1, y1]) = (to_norm([left, top]), to_norm([right, bottom]));
            let whole = Detection {
                class: candidate.class,
                score: candidate.score,
                track: None,
                box_norm: [x0, y0, x1, y1],
                depth_m: None,
                in_hand: InHand::None,
            };
            (x1 > x0 && y1 > y0).then_some(whole)
        }));
        Ok(())
    }
}
