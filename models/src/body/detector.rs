//! Family `mediapipe-pose-detection`: where people are, by their hips and a circle around the whole person.

use ego_core::image::ImageView;
use ego_core::region::{Box2, Region};

use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// Strides of the five SSD layers; two anchors a cell and layer.
const STRIDES: [usize; 5] = [8, 16, 32, 32, 32];
const KEYPOINTS: usize = 4;
/// Values an anchor: x, y, w, h and four key points.
const VALUES: usize = 4 + 2 * KEYPOINTS;
/// Raw scores are clipped to this before the sigmoid.
const SCORE_CLIP: f32 = 100.0;

/// A person, in the coordinates that were asked in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Person {
    /// Confidence, 0..1.
    pub score: f32,
    /// Box around the face.
    pub bounds: Box2,
    /// Middle of the hips, a point on the circle around the whole person, middle of the shoulders, a point on the circle around the
    /// upper body.
    pub keypoints: [[f64; 2]; KEYPOINTS],
}

impl Person {
    /// The square around the whole person, for a person in pixels.
    pub fn region(&self) -> Region {
        super::person_region(self.keypoints[0], self.keypoints[1])
    }
}

/// Centres of the anchors, 0..1, in the order of the network's output.
fn anchors(size: usize) -> Vec<[f32; 2]> {
    let mut centres = Vec::new();
    let mut layer = 0;
    while let Some(stride) = STRIDES.get(layer) {
        let same = STRIDES.iter().skip(layer).take_while(|s| *s == stride).count();
        let cells = size.div_ceil(*stride);
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

/// People above `min_score` from the raw output, 0..1 of the network's square input.
fn decode(boxes: &[f32], scores: &[f32], anchors: &[[f32; 2]], scale: f32, min_score: f32) -> Vec<Person> {
    let mut found = Vec::new();
    for ((raw, values), [ax, ay]) in scores.iter().zip(boxes.chunks_exact(VALUES)).zip(anchors) {
        let score = 1.0 / (1.0 + (-raw.clamp(-SCORE_CLIP, SCORE_CLIP)).exp());
        if score.is_nan() || score < min_score {
            continue;
        }
        let point = |i: usize| [f64::from(values[i] / scale + ax), f64::from(values[i + 1] / scale + ay)];
        let (centre, half) = (point(0), [f64::from(values[2] / scale) / 2.0, f64::from(values[3] / scale) / 2.0]);
        if half[0] < 0.0 || half[1] < 0.0 {
            continue;
        }
        let bounds = Box2 { x0: centre[0] - half[0], y0: centre[1] - half[1], x1: centre[0] + half[0], y1: centre[1] + half[1] };
        found.push(Person { score, bounds, keypoints: std::array::from_fn(|k| point(4 + 2 * k)) });
    }
    found
}

/// Weighted non-maximum suppression: the best and all that it overlaps are averaged by score; the best score stays.
fn weighted_nms(mut people: Vec<Person>, max_iou: f64) -> Vec<Person> {
    people.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = Vec::new();
    while let Some(best) = people.first().copied() {
        // An empty box overlaps nothing, not even itself.
        let (mut group, rest): (Vec<Person>, Vec<Person>) = people.iter().partition(|p| p.bounds.iou(&best.bounds) > max_iou);
        people = rest;
        if group.is_empty() {
            group.push(best);
            people.retain(|p| *p != best);
        }
        let total: f64 = group.iter().map(|p| f64::from(p.score)).sum();
        let mean = |value: &dyn Fn(&Person) -> f64| group.iter().map(|p| f64::from(p.score) * value(p)).sum::<f64>() / total;
        let b = |f: fn(&Box2) -> f64| mean(&|p| f(&p.bounds));
        kept.push(Person {
            score: best.score,
            bounds: Box2 { x0: b(|b| b.x0), y0: b(|b| b.y0), x1: b(|b| b.x1), y1: b(|b| b.y1) },
            keypoints: std::array::from_fn(|k| std::array::from_fn(|axis| mean(&|p| p.keypoints[k][axis]))),
        });
    }
    kept
}

/// The detector: network, sampler and anchors.
#[derive(Debug)]
pub struct PersonDetector {
    network: Network,
    sampler: Sampler,
    anchors: Vec<[f32; 2]>,
    scale: f32,
    max_iou: f64,
    outputs: [usize; 2],
}

impl PersonDetector {
    /// Opens the detector.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family or number of anchors is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<PersonDetector> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "mediapipe-pose-detection")?;
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
        let scale = manifest.input.size[0] as f32;
        let max_iou = manifest.threshold("nms_iou").unwrap_or(0.3);
        Ok(PersonDetector { network, sampler: Sampler::new(&manifest.input), anchors, scale, max_iou, outputs })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// People in an upright square window of the picture, in pixels of the picture, best first.
    ///
    /// # Errors
    /// When the network fails.
    pub fn detect(&mut self, view: &ImageView<'_>, window: &Region, min_score: f32) -> Result<Vec<Person>> {
        self.sampler.square(view, window, self.network.input_mut());
        self.network.run()?;
        let [boxes, scores] = self.outputs.map(|o| self.network.output(o));
        let mut people = weighted_nms(decode(boxes, scores, &self.anchors, self.scale, min_score), self.max_iou);
        for person in &mut people {
            let [x0, y0] = window.to_picture([person.bounds.x0, person.bounds.y0]);
            let [x1, y1] = window.to_picture([person.bounds.x1, person.bounds.y1]);
            person.bounds = Box2 { x0, y0, x1, y1 };
            person.keypoints = person.keypoints.map(|k| window.to_picture(k));
        }
        Ok(people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_2254_anchors_in_merged_layers() {
        let a = anchors(224);
        assert_eq!(a.len(), 28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6);
        assert_eq!((a[0], a[28 * 28 * 2]), ([0.5 / 28.0; 2], [0.5 / 14.0; 2]));
        assert_eq!((a[28 * 28 * 2 + 14 * 14 * 2 + 5], a[2253]), ([0.5 / 7.0; 2], [6.5 / 7.0; 2]));
    }

    #[test]
    fn a_raw_output_is_decoded_around_its_anchor_and_averaged_by_score() {
        let mut boxes = vec![0.0; 3 * VALUES];
        for (i, dx) in [(0, 0.0), (1, 22.4)] {
            boxes[i * VALUES..][..8].copy_from_slice(&[dx, 0.0, 112.0, 112.0, dx, 0.0, dx, -56.0]);
        }
        let found = decode(&boxes, &[2.0, 2.0, -3.0], &[[0.5, 0.5]; 3], 224.0, 0.5);
        assert_eq!(found.len(), 2);
        let kept = weighted_nms(found, 0.3);
        assert_eq!(kept.len(), 1);
        assert!((kept[0].keypoints[0][0] - 0.55).abs() < 1e-6 && (kept[0].keypoints[1][1] - 0.25).abs() < 1e-6, "{kept:?}");
        let point = Person { score: 0.9, bounds: Box2::default(), keypoints: [[0.0; 2]; 4] };
        assert_eq!(weighted_nms(vec![point, Person { score: 0.8, ..point }], 0.3).len(), 2, "empty boxes end as well");
    }
}
