//! Family `ego-crop-hands`: the joints of one hand in an upright window, by heat maps.
//!
//! The network sees right hands only: windows of left ones are mirrored. It gives heat maps [1, 21, cells, cells] and depth maps of
//! the same shape (distance behind the wrist along the window's ray, units of [`Z_UNIT_PX`] window pixels), and four scores before
//! the logistic function: a hand is there, ln(window pixels that 10 cm at the wrist cover / [`SIZE_PX`]), it is a right hand, the
//! window sits well on it. Trained and described in `models/training/hands`.

use ego_core::hands::JOINTS;
use ego_core::image::ImageView;
use ego_core::region::{Box2, Region};

use super::landmarks::Landmarks;
use super::window::WindowSampler;
use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;

/// Window pixels to one cell of the maps.
const STRIDE: f64 = 4.0;
/// One unit of the depth maps, window pixels.
const Z_UNIT_PX: f64 = 32.0;
/// The apparent size that the network gives as zero.
const SIZE_PX: f64 = 25.0;
/// Cells on each side of a peak that its position is averaged over.
const REACH: usize = 2;
/// Share of the window's side that the box around the joints takes when the window sits well.
const WELL_PLACED: f64 = 0.58;
/// Mean height of the heat maps from which on a hand is not doubted.
const FULL_HEIGHT: f64 = 0.6;
/// Width and height that the finder of this family shrinks a picture to, and the larger side of the smallest hand that counts there.
/// It has learnt hands of 8 pixels and more and finds few under 16: a track that has shrunk so far sits on a cap or a knob.
const FINDER_PX: [f64; 2] = [256.0, 160.0];
const SMALLEST_HAND_PX: f64 = 10.0;
/// Smallest window, picture pixels.
const SMALLEST_PX: f64 = 24.0;

/// What the network says about one window, looked at as one side.
#[derive(Clone, Debug, PartialEq)]
pub struct CropSeen {
    /// Looked at as a left hand.
    pub as_left: bool,
    /// Joints in pixels of the picture; z in the same unit, distance behind the wrist.
    pub image: [[f64; 3]; JOINTS],
    /// Heights of the heat maps' peaks.
    pub peaks: [f32; JOINTS],
    /// Probability that a hand of either side is there.
    pub there: f32,
    /// Probability that it is a hand of the side it was looked at as.
    pub own_side: f32,
    /// How well the window sits on the hand, 0..1.
    pub placed: f32,
    /// Picture pixels that 10 cm at the wrist cover.
    pub size_px: f64,
}

impl CropSeen {
    /// That there is a hand of this side: presence x side x height of the heat maps, 0..1.
    pub fn confidence(&self) -> f32 {
        let height = self.peaks.iter().map(|p| f64::from(*p)).sum::<f64>() / JOINTS as f64 / FULL_HEIGHT;
        self.there * self.own_side * height.clamp(0.0, 1.0) as f32
    }

    /// The same as every landmark network tells it; metres by the apparent size.
    pub fn landmarks(&self) -> Landmarks {
        let metres = 0.1 / self.size_px.max(1e-6);
        let mean: [f64; 3] = std::array::from_fn(|k| self.image.iter().map(|p| p[k]).sum::<f64>() / JOINTS as f64);
        let right = if self.as_left { 1.0 - self.own_side } else { self.own_side };
        Landmarks {
            presence: self.confidence(),
            left_if_mirrored: right,
            image: self.image,
            world: self.image.map(|p| std::array::from_fn(|k| (p[k] - mean[k]) * metres)),
        }
    }

    /// Where to look next.
    pub fn next_region(&self) -> Region {
        let bounds = Box2::around(self.image.iter().map(|p| [p[0], p[1]])).unwrap_or_default();
        let [cx, cy] = bounds.centre();
        window(cx, cy, bounds.width().max(bounds.height()))
    }
}

/// Whether joints are too near to each other to be a hand of a picture of this width and height.
pub(super) fn is_small(image: &[[f64; 3]; JOINTS], [width, height]: [f64; 2]) -> bool {
    let bounds = Box2::around(image.iter().map(|p| [p[0], p[1]])).unwrap_or_default();
    let shrunk = (width / FINDER_PX[0]).max(height / FINDER_PX[1]);
    bounds.width().max(bounds.height()) < SMALLEST_HAND_PX * shrunk
}

/// The window that sits well on a box of this middle and larger side.
pub(super) fn window(cx: f64, cy: f64, box_side: f64) -> Region {
    Region { cx, cy, side: (box_side / WELL_PLACED).max(SMALLEST_PX), angle: 0.0 }
}

/// The network with its sampler.
#[derive(Debug)]
pub struct CropNetwork {
    network: Network,
    sampler: WindowSampler,
    size: f64,
    cells: usize,
    outputs: [usize; 3],
}

impl CropNetwork {
    /// Opens the network.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family or the size of the maps is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<CropNetwork> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "ego-crop-hands")?;
        let network = Network::open(located, options)?;
        let outputs = [network.output_index("heat")?, network.output_index("depth")?, network.output_index("scores")?];
        let size = manifest.input.size[0];
        let cells = size / STRIDE as usize;
        let want = [JOINTS * cells * cells, JOINTS * cells * cells, 4];
        for ((index, want), name) in outputs.iter().zip(want).zip(["heat", "depth", "scores"]) {
            let found = network.output(*index).len();
            if found != want {
                return Err(ModelError::Contradiction {
                    model: manifest.name.clone(),
                    field: name.into(),
                    expected: format!("{want} numbers"),
                    found: found.to_string(),
                });
            }
        }
        Ok(CropNetwork { network, sampler: WindowSampler::new(&manifest.input), size: size as f64, cells, outputs })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Looks at the upright window of a region (its rotation is not used) as at a left or a right hand.
    ///
    /// # Errors
    /// When the network fails.
    pub fn look(&mut self, view: &ImageView<'_>, region: &Region, as_left: bool) -> Result<CropSeen> {
        self.fill(view, region, as_left);
        self.run(region, as_left)
    }

    /// Samples the window of a region into the input.
    pub(super) fn fill(&mut self, view: &ImageView<'_>, region: &Region, as_left: bool) {
        let scale = region.side / self.size;
        self.sampler.fill(view, None, [region.cx, region.cy], scale, as_left, self.network.input_mut());
    }

    /// Runs the network on the window that was sampled last.
    pub(super) fn run(&mut self, region: &Region, as_left: bool) -> Result<CropSeen> {
        let scale = region.side / self.size;
        self.network.run()?;
        let [heat, depth, scores] = self.outputs.map(|o| self.network.output(o));
        let score = |k: usize| scores.get(k).copied().unwrap_or(f32::NEG_INFINITY);
        let logistic = |v: f32| 1.0 / (1.0 + (-v).exp());
        let mut seen = CropSeen {
            as_left,
            image: [[0.0; 3]; JOINTS],
            peaks: [0.0; JOINTS],
            there: logistic(score(0)),
            own_side: logistic(score(2)),
            placed: logistic(score(3)),
            size_px: SIZE_PX * f64::from(score(1).clamp(-5.0, 5.0)).exp() * scale,
        };
        let half = (self.size - 1.0) / 2.0;
        let plane = self.cells * self.cells;
        let maps = heat.chunks_exact(plane).zip(depth.chunks_exact(plane));
        for ((joint, peak), (heat, depth)) in seen.image.iter_mut().zip(&mut seen.peaks).zip(maps) {
            let (cell, z, height) = peak_of(heat, depth, self.cells);
            let [mut u, v] = cell.map(|c| (c + 0.5) * STRIDE - 0.5 - half);
            if as_left {
                u = -u;
            }
            *joint = [u * scale + region.cx, v * scale + region.cy, z * Z_UNIT_PX * scale];
            *peak = height;
        }
        Ok(seen)
    }
}

/// Column and row of a map's peak, averaged over the cells around it by their height; depth averaged alike; height of the peak.
fn peak_of(heat: &[f32], depth: &[f32], cells: usize) -> ([f64; 2], f64, f32) {
    let first = |best: (usize, f32), (i, v): (usize, &f32)| if *v > best.1 { (i, *v) } else { best };
    let (peak, height) = heat.iter().enumerate().fold((0, f32::NEG_INFINITY), first);
    let (px, py) = (peak % cells, peak / cells);
    let (mut total, mut x, mut y, mut z) = (0.0, 0.0, 0.0, 0.0);
    for row in py.saturating_sub(REACH)..(py + REACH + 1).min(cells) {
        for column in px.saturating_sub(REACH)..(px + REACH + 1).min(cells) {
            let i = row * cells + column;
            let weight = heat.get(i).map_or(0.0, |v| f64::from(v.max(0.0))) + 1e-9;
            total += weight;
            x += weight * column as f64;
            y += weight * row as f64;
            z += weight * depth.get(i).map_or(0.0, |v| f64::from(*v));
        }
    }
    ([x / total, y / total], z / total, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_has_a_least_size_in_the_picture_whatever_its_shape() {
        // Twenty-one joints along a line of so many pixels.
        let line = |side: f64| std::array::from_fn(|k| [100.0 + side * k as f64 / (JOINTS - 1) as f64, 50.0, 0.0]);
        assert!(is_small(&line(24.0), [640.0, 360.0]) && !is_small(&line(26.0), [640.0, 360.0]));
        assert!(is_small(&line(39.0), [360.0, 640.0]) && !is_small(&line(41.0), [360.0, 640.0]));
    }

    #[test]
    fn a_peak_between_cells_is_read_between_them() {
        let cells = 8;
        let (cx, cy) = (3.3, 5.6);
        let heat: Vec<f32> = (0..64)
            .map(|i| {
                let (x, y) = (f64::from(i % 8) - cx, f64::from(i / 8) - cy);
                (-(x * x + y * y) / 2.0).exp() as f32
            })
            .collect();
        // Depth rises along x: it is read where the joint is.
        let depth: Vec<f32> = (0..64).map(|i| 0.1 * (i % 8) as f32).collect();
        let ([x, y], z, height) = peak_of(&heat, &depth, cells);
        assert!((x - cx).abs() < 0.1 && (y - cy).abs() < 0.2, "{x} {y}");
        assert!((z - 0.1 * x).abs() < 1e-6 && height > 0.8);
        // A map without any peak gives a place inside it.
        let ([x, y], _, _) = peak_of(&[-1.0; 64], &depth, cells);
        assert!((0.0..8.0).contains(&x) && (0.0..8.0).contains(&y));
    }

    fn seen(as_left: bool) -> CropSeen {
        let image = std::array::from_fn(|i| [100.0 + 4.0 * i as f64, 50.0 - 2.0 * i as f64, i as f64]);
        CropSeen { as_left, image, peaks: [0.3; JOINTS], there: 0.9, own_side: 0.8, placed: 0.5, size_px: 200.0 }
    }

    #[test]
    fn confidence_is_a_product_and_metres_follow_the_apparent_size() {
        assert!((seen(true).confidence() - 0.9 * 0.8 * 0.5).abs() < 1e-6);
        let l = seen(false).landmarks();
        assert!((l.left_if_mirrored - 0.8).abs() < 1e-6 && (seen(true).landmarks().left_if_mirrored - 0.2).abs() < 1e-6);
        let span = (l.world[20][0] - l.world[0][0]).abs();
        assert!((span - 80.0 * 0.1 / 200.0).abs() < 1e-12, "80 px at 200 px to 10 cm are 4 cm, not {span}");
    }

    #[test]
    fn the_next_window_sits_on_the_joints() {
        let r = seen(false).next_region();
        assert_eq!((r.cx, r.cy, r.angle), (140.0, 30.0, 0.0));
        assert!((r.side * WELL_PLACED - 80.0).abs() < 1e-9);
    }
}
