//! Family `mediapipe-palm`: anchors, decoding and suppression of the palm detector, and the hand region that a palm implies.
//!
//! Constants are those of the graph `hand_landmark_tracking_cpu` of the Python package mediapipe 0.10.21 (Apache-2.0).

use ego_core::image::{ImageView, MaskView};
use ego_core::region::{Box2, Region, wrap_angle};

use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// Strides of the four SSD layers; two anchors a cell and layer.
const STRIDES: [usize; 4] = [8, 16, 16, 16];
/// Values an anchor: x, y, w, h and seven key points.
const VALUES: usize = 4 + 2 * KEYPOINTS;
const KEYPOINTS: usize = 7;
/// Raw scores are clipped to this before the sigmoid.
const SCORE_CLIP: f32 = 100.0;
/// Key points that give the direction of the hand: wrist and base of the middle finger.
const WRIST: usize = 0;
const MIDDLE_BASE: usize = 2;
/// The hand's region against the palm's box: larger, and moved towards the fingers by half the box.
const REGION_SCALE: f64 = 2.6;
const REGION_SHIFT_Y: f64 = -0.5;

/// A palm, in the coordinates it was asked in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palm {
    /// Confidence, 0..1.
    pub score: f32,
    /// Box around the palm.
    pub bounds: Box2,
    /// Seven key points, wrist first.
    pub keypoints: [[f64; 2]; KEYPOINTS],
}

impl Palm {
    /// The rotated square around the whole hand, for a palm in pixels.
    pub fn hand_region(&self) -> Region {
        let (a, b) = (self.keypoints[WRIST], self.keypoints[MIDDLE_BASE]);
        let angle = upright_angle(a, b);
        grown_region(self.bounds.centre(), self.bounds.width(), self.bounds.height(), angle, REGION_SCALE, REGION_SHIFT_Y)
    }
}

/// The rotation after which the direction from `a` to `b` points up.
pub(super) fn upright_angle(a: [f64; 2], b: [f64; 2]) -> f64 {
    wrap_angle(std::f64::consts::FRAC_PI_2 - f64::atan2(-(b[1] - a[1]), b[0] - a[0]))
}

/// A box in the turned frame becomes a square of its longer side times `scale`, moved by `shift_y` heights along its own axis.
pub(super) fn grown_region(centre: [f64; 2], width: f64, height: f64, angle: f64, scale: f64, shift_y: f64) -> Region {
    let (s, c) = angle.sin_cos();
    Region { cx: centre[0] - height * shift_y * s, cy: centre[1] + height * shift_y * c, side: width.max(height) * scale, angle }
}

/// Centres of the anchors, 0..1, in the order of the network's output.
pub fn anchors(input_size: usize) -> Vec<[f32; 2]> {
    let mut centres = Vec::new();
    let mut layer = 0;
    while layer < STRIDES.len() {
        let same = STRIDES[layer..].iter().take_while(|s| **s == STRIDES[layer]).count();
        let cells = input_size.div_ceil(STRIDES[layer]);
        for y in 0..cells {
            for x in 0..cells {
                let centre = [(x as f32 + 0.5) / cells as f32, (y as f32 + 0.5) / cells as f32];
                centres.extend(std::iter::repeat_n(centre, 2 * same));
            }
        }
        layer += same;
    }
    centres
}

/// Palms above `min_score` from the raw output, 0..1 of the network's square input, in order of anchor.
fn decode(boxes: &[f32], scores: &[f32], anchors: &[[f32; 2]], scale: f32, min_score: f32, into: &mut Vec<Palm>) {
    into.clear();
    for ((raw, values), anchor) in scores.iter().zip(boxes.chunks_exact(VALUES)).zip(anchors) {
        let score = 1.0 / (1.0 + (-raw.clamp(-SCORE_CLIP, SCORE_CLIP)).exp());
        if score.is_nan() || score < min_score {
            continue;
        }
        let v = |i: usize| f64::from(values[i] / scale);
        let (ax, ay) = (f64::from(anchor[0]), f64::from(anchor[1]));
        let (cx, cy, w, h) = (v(0) + ax, v(1) + ay, v(2), v(3));
        if w < 0.0 || h < 0.0 {
            continue;
        }
        into.push(Palm {
            score,
            bounds: Box2 { x0: cx - w / 2.0, y0: cy - h / 2.0, x1: cx + w / 2.0, y1: cy + h / 2.0 },
            keypoints: std::array::from_fn(|k| [v(4 + 2 * k) + ax, v(5 + 2 * k) + ay]),
        });
    }
}

/// Weighted non-maximum suppression: the best palm and all that it overlaps are averaged by score; it keeps the best score.
pub fn weighted_nms(mut palms: Vec<Palm>, max_iou: f64) -> Vec<Palm> {
    palms.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = Vec::new();
    while let Some(best) = palms.first().copied() {
        let (group, rest): (Vec<Palm>, Vec<Palm>) = palms.iter().partition(|p| p.bounds.iou(&best.bounds) > max_iou);
        if group.is_empty() {
            // An empty box overlaps nothing, not even itself.
            kept.push(best);
            palms.remove(0);
            continue;
        }
        kept.push(average(&group, best.score));
        palms = rest;
    }
    kept
}

fn average(group: &[Palm], score: f32) -> Palm {
    let total: f64 = group.iter().map(|p| f64::from(p.score)).sum();
    let mean = |value: &dyn Fn(&Palm) -> f64| group.iter().map(|p| f64::from(p.score) * value(p)).sum::<f64>() / total;
    Palm {
        score,
        bounds: Box2 { x0: mean(&|p| p.bounds.x0), y0: mean(&|p| p.bounds.y0), x1: mean(&|p| p.bounds.x1), y1: mean(&|p| p.bounds.y1) },
        keypoints: std::array::from_fn(|k| [mean(&|p| p.keypoints[k][0]), mean(&|p| p.keypoints[k][1])]),
    }
}

/// The palm detector: network, sampler and anchors.
#[derive(Debug)]
pub struct PalmDetector {
    network: Network,
    sampler: Sampler,
    anchors: Vec<[f32; 2]>,
    scale: f32,
    max_iou: f64,
    outputs: [usize; 2],
    found: Vec<Palm>,
}

impl PalmDetector {
    /// Opens the detector.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family or number of anchors is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<PalmDetector> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "mediapipe-palm")?;
        let network = Network::open(located, options)?;
        let outputs = [network.output_index("Identity")?, network.output_index("Identity_1")?];
        let anchors = anchors(manifest.input.size[0]);
        let count = network.output(outputs[1]).len();
        if count != anchors.len() {
            return Err(ModelError::Contradiction {
                model: manifest.name.clone(),
                field: "number of anchors".into(),
                expected: format!("{} for an input of {}", anchors.len(), manifest.input.size[0]),
                found: count.to_string(),
            });
        }
        Ok(PalmDetector {
            network,
            sampler: Sampler::new(&manifest.input),
            anchors,
            scale: manifest.input.size[0] as f32,
            max_iou: manifest.threshold("nms_iou").unwrap_or(0.3),
            outputs,
            found: Vec::new(),
        })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Palms in an upright square window of the picture, in pixels of the picture, best first.
    ///
    /// # Errors
    /// When the network fails.
    pub fn detect(&mut self, view: &ImageView<'_>, window: &Region, min_score: f32) -> Result<Vec<Palm>> {
        self.detect_within(view, window, None, min_score)
    }

    /// [`PalmDetector::detect`] with everything black that the mask does not want.
    ///
    /// # Errors
    /// When the network fails.
    pub fn detect_within(
        &mut self,
        view: &ImageView<'_>,
        window: &Region,
        mask: Option<&MaskView<'_>>,
        min_score: f32,
    ) -> Result<Vec<Palm>> {
        self.sampler.square_within(view, window, mask, self.network.input_mut());
        self.network.run()?;
        let [boxes, scores] = self.outputs.map(|o| self.network.output(o));
        decode(boxes, scores, &self.anchors, self.scale, min_score, &mut self.found);
        let mut palms = weighted_nms(std::mem::take(&mut self.found), self.max_iou);
        for palm in &mut palms {
            let [x0, y0] = window.to_picture([palm.bounds.x0, palm.bounds.y0]);
            let [x1, y1] = window.to_picture([palm.bounds.x1, palm.bounds.y1]);
            palm.bounds = Box2 { x0, y0, x1, y1 };
            palm.keypoints = palm.keypoints.map(|k| window.to_picture(k));
        }
        Ok(palms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_2016_anchors_in_merged_layers() {
        let a = anchors(192);
        assert_eq!(a.len(), 24 * 24 * 2 + 12 * 12 * 6);
        assert_eq!(a[0], [0.5 / 24.0; 2]);
        assert_eq!(a[1], a[0]);
        assert_eq!(a[24 * 24 * 2], [0.5 / 12.0; 2]);
        assert_eq!(a[24 * 24 * 2 + 5], [0.5 / 12.0; 2]);
        assert_eq!(a[2015], [11.5 / 12.0; 2]);
    }

    fn palm(score: f32, x: f64, side: f64) -> Palm {
        Palm { score, bounds: Box2 { x0: x, y0: 0.0, x1: x + side, y1: side }, keypoints: [[x, 0.0]; KEYPOINTS] }
    }

    #[test]
    fn overlapping_palms_are_averaged_by_score_and_others_stay() {
        let kept = weighted_nms(vec![palm(0.6, 0.1, 1.0), palm(0.9, 0.0, 1.0), palm(0.7, 5.0, 1.0)], 0.3);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].score, 0.9);
        assert!((kept[0].bounds.x0 - 0.06 / 1.5).abs() < 1e-6 && (kept[0].keypoints[3][0] - 0.06 / 1.5).abs() < 1e-6, "{:?}", kept[0]);
        assert_eq!(kept[1].bounds.x0, 5.0);
        assert_eq!(weighted_nms(vec![palm(0.9, 0.0, 0.0), palm(0.8, 0.0, 0.0)], 0.3).len(), 2, "empty boxes end as well");
    }

    #[test]
    fn a_hand_pointing_right_is_turned_by_a_quarter_and_its_region_moves_to_the_fingers() {
        let mut p = palm(0.9, 0.0, 10.0);
        p.keypoints[WRIST] = [0.0, 5.0];
        p.keypoints[MIDDLE_BASE] = [10.0, 5.0];
        let r = p.hand_region();
        assert!((r.angle - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
        assert!((r.side - 26.0).abs() < 1e-12 && (r.cx - 10.0).abs() < 1e-12 && (r.cy - 5.0).abs() < 1e-12, "{r:?}");
    }
}
