//! Family `effhandegonet3d`: both hands of a whole picture in one pass (Mucha et al., "SHARP", ICPR 2024).
//!
//! The picture is squeezed to the input size (512 x 512 in the paper), black beyond the range mask. Outputs: `heatmaps`
//! [1, 42, rows, columns] (0..1, left hand first), `left` and `right` [1, 2] (logits: absent, present), `z` [1, 42] (millimetres along
//! the camera's axis). A joint lies at the mean column and row of its heat map, divided by the map's size; camera space is
//! z K^-1 (u, v, 1) with the camera that took the picture (the public code has H2O's built in).

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::one_euro::{OneEuro, OneEuroFilter};

use super::camera::Camera;
use super::model::{HandInput, HandModel};
use super::tracker::HandTrackerConfig;
use crate::error::{ModelError, Result};
use crate::manifest::Manifest;
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// Smoothing in the picture: cutoffs in Hz, speed in hand sizes a second.
const SMOOTHING: OneEuro = OneEuro { min_cutoff_hz: 1.5, beta: 4.0, derivative_cutoff_hz: 1.0 };
/// A hand is about so long, metres: the unit of speed in camera space.
const HAND_M: f64 = 0.18;
/// Assumed time between frames that carry no time stamp.
const FRAME_S: f64 = 1.0 / 30.0;
const OUTPUTS: [&str; 4] = ["heatmaps", "left", "right", "z"];

/// One of the two hands over time.
#[derive(Debug)]
struct Track {
    id: u32,
    image: OneEuroFilter<{ 2 * JOINTS }>,
    space: OneEuroFilter<{ 3 * JOINTS }>,
}

/// The network with what it remembers.
#[derive(Debug)]
pub(super) struct EffHandEgoNet {
    network: Network,
    sampler: Sampler,
    outputs: [usize; 4],
    /// Columns and rows of a heat map.
    map: [usize; 2],
    camera: Camera,
    min_presence: f32,
    mirrored: bool,
    smoothing: bool,
    tracks: [Option<Track>; 2],
    ids: u32,
    last_pts_ns: Option<u64>,
}

impl EffHandEgoNet {
    /// Opens the network.
    ///
    /// # Errors
    /// As [`Network::open`]; when the outputs do not have the family's shapes.
    pub(super) fn open(located: &Located, config: &HandTrackerConfig) -> Result<EffHandEgoNet> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "effhandegonet3d")?;
        let camera = Camera::open(&config.intrinsics)?;
        let options = SessionOptions { device: config.device.clone(), threads: config.threads };
        let network = Network::open(located, &options)?;
        let (outputs, map) = shapes(manifest, &network)?;
        Ok(EffHandEgoNet {
            network,
            sampler: Sampler::new(&manifest.input),
            outputs,
            map,
            camera,
            min_presence: config.min_presence,
            mirrored: config.mirrored,
            smoothing: config.smoothing,
            tracks: [None, None],
            ids: 0,
            last_pts_ns: None,
        })
    }

    /// The hand on one side (0 left, 1 right) of the last run.
    fn hand(&mut self, which: usize, camera: &Intrinsics, dt_s: f64) -> Option<Hand> {
        let presence = present(self.network.output(self.outputs[1 + which]));
        if presence.is_nan() || presence <= self.min_presence {
            self.tracks[which] = None;
            return None;
        }
        let [columns, rows] = self.map;
        let maps = self.network.output(self.outputs[0]).chunks_exact(columns * rows).skip(which * JOINTS).take(JOINTS);
        let mut image_norm = [[0.0; 2]; JOINTS];
        let mut joint_score = [0.0; JOINTS];
        for ((joint, score), map) in image_norm.iter_mut().zip(&mut joint_score).zip(maps) {
            (*joint, *score) = soft_arg_max(map, columns)?;
        }
        let z = self.network.output(self.outputs[3]);
        let mut camera_m = [[0.0; 3]; JOINTS];
        for ((point, [u, v]), z_mm) in camera_m.iter_mut().zip(image_norm).zip(z.iter().skip(which * JOINTS)) {
            let z = f64::from(*z_mm) / 1000.0;
            let px = [f64::from(u) * f64::from(camera.width), f64::from(v) * f64::from(camera.height)];
            *point = [z * (px[0] - camera.cx) / camera.fx, z * (px[1] - camera.cy) / camera.fy, z].map(|v| v as f32);
        }
        let track = match &mut self.tracks[which] {
            Some(track) => track,
            slot => {
                self.ids = self.ids.wrapping_add(1).max(1);
                slot.insert(Track { id: self.ids, image: OneEuroFilter::new(SMOOTHING), space: OneEuroFilter::new(SMOOTHING) })
            }
        };
        if self.smoothing {
            let flat: [f64; 2 * JOINTS] = std::array::from_fn(|i| f64::from(image_norm[i / 2][i % 2]));
            let size = flat.chunks_exact(2).fold([1.0f64, 0.0f64], |[lo, hi], p| [lo.min(p[0]), hi.max(p[0])]);
            let smooth = track.image.filter(flat, dt_s, (size[1] - size[0]).max(0.02));
            image_norm = std::array::from_fn(|i| [smooth[2 * i] as f32, smooth[2 * i + 1] as f32]);
            let flat: [f64; 3 * JOINTS] = std::array::from_fn(|i| f64::from(camera_m[i / 3][i % 3]));
            let smooth = track.space.filter(flat, dt_s, HAND_M);
            camera_m = std::array::from_fn(|i| std::array::from_fn(|k| smooth[3 * i + k] as f32));
        }
        let good = camera_m.iter().all(|p| p.iter().all(|v| v.is_finite()) && p[2] > 0.0);
        let side = if which == 0 { Side::Left } else { Side::Right };
        Some(Hand {
            side: if self.mirrored { side.mirrored() } else { side },
            // The network knows a hand only as a left or a right one.
            score: presence,
            presence,
            track: track.id,
            image_norm,
            camera_m: good.then_some(camera_m),
            joint_score,
        })
    }
}

impl HandModel for EffHandEgoNet {
    fn provider(&self) -> &str {
        self.network.provider()
    }

    fn fallback(&self) -> Option<&str> {
        self.network.fallback()
    }

    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands> {
        let view = input.view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        let camera = self.camera.of_size(view.width, view.height)?;
        let dt_s = match (input.pts_ns, self.last_pts_ns) {
            (Some(now), Some(then)) => (now as f64 - then as f64) * 1e-9,
            _ => FRAME_S,
        };
        self.last_pts_ns = input.pts_ns;
        self.sampler.whole(&view, input.mask.as_ref(), self.network.input_mut());
        self.network.run()?;
        let hands = [0, 1].into_iter().filter_map(|which| self.hand(which, &camera, dt_s)).collect();
        Ok(Hands { hands, depth_source: DepthSource::Estimated })
    }

    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        self.camera.current()
    }

    fn set_smoothing(&mut self, smoothing: bool) {
        self.smoothing = smoothing;
    }

    fn reset(&mut self) {
        self.tracks = [None, None];
        self.last_pts_ns = None;
    }
}

/// Probability of the second of two logits.
fn present(logits: &[f32]) -> f32 {
    match logits {
        [absent, present] => 1.0 / (1.0 + (absent - present).exp()),
        _ => f32::NAN,
    }
}

/// Mean column and row of a heat map, divided by its size, and its largest value; `None` for a map without weight.
fn soft_arg_max(map: &[f32], columns: usize) -> Option<([f32; 2], f32)> {
    let (mut sum, mut x, mut y, mut peak) = (0.0f64, 0.0f64, 0.0f64, 0.0f32);
    for (row, values) in map.chunks_exact(columns).enumerate() {
        let mut row_sum = 0.0f64;
        for (column, value) in values.iter().enumerate() {
            row_sum += f64::from(*value);
            x += f64::from(*value) * column as f64;
            peak = peak.max(*value);
        }
        sum += row_sum;
        y += row_sum * row as f64;
    }
    let rows = map.len() / columns;
    let joint = [(x / sum / columns as f64) as f32, (y / sum / rows as f64) as f32];
    joint.iter().all(|v| v.is_finite()).then_some((joint, peak.min(1.0)))
}

/// Numbers of the outputs, and columns and rows of a heat map.
fn shapes(manifest: &Manifest, network: &Network) -> Result<([usize; 4], [usize; 2])> {
    let mut outputs = [0; 4];
    for (slot, name) in outputs.iter_mut().zip(OUTPUTS) {
        *slot = network.output_index(name)?;
    }
    let joints = 2 * JOINTS as i64;
    let want: [(&str, &[i64]); 4] =
        [("[1, 42, rows, columns]", &[1, joints, -1, -1]), ("[1, 2]", &[1, 2]), ("[1, 2]", &[1, 2]), ("[1, 42]", &[1, joints])];
    for ((output, name), (text, shape)) in outputs.iter().zip(OUTPUTS).zip(want) {
        let found = network.output_shape(*output);
        if found.len() != shape.len() || found.iter().zip(shape).any(|(f, w)| *w >= 0 && f != w) {
            return Err(ModelError::Contradiction {
                model: manifest.name.clone(),
                field: format!("shape of output {name} (family effhandegonet3d)"),
                expected: text.to_owned(),
                found: format!("{found:?}"),
            });
        }
    }
    match *network.output_shape(outputs[0]) {
        [_, _, rows, columns] => Ok((outputs, [columns as usize, rows as usize])),
        _ => Err(ModelError::Run { model: manifest.name.clone(), reason: "heat maps without rows and columns came".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_peak_is_where_it_is() {
        // papers-a.md 1.7: a peak at (64, 32) of a 128 x 128 map is (0.5, 0.25).
        let mut map = vec![0.0; 128 * 128];
        map[32 * 128 + 64] = 0.9;
        assert_eq!(soft_arg_max(&map, 128), Some(([0.5, 0.25], 0.9)));
        assert_eq!(soft_arg_max(&[0.0; 16], 4), None);
        assert_eq!(soft_arg_max(&[f32::NAN; 16], 4), None);
    }

    #[test]
    fn the_principal_point_lies_straight_ahead() {
        // papers-a.md 1.7: K of H2O's camera, (u, v) = (cx, cy), z = 500 mm is (0, 0, 500).
        let k = Intrinsics { fx: 636.659, fy: 636.252, cx: 635.284, cy: 366.874, width: 1280, height: 720 };
        let r = k.ray([635.284, 366.874]);
        assert_eq!(r.map(|v| v / r[2] * 500.0), [0.0, 0.0, 500.0]);
    }
}
