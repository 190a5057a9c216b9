//! Linear light to an 8-bit picture: movement while the shutter is open, lens, sensor and tone curve.

use wide::f32x4;

use super::gather::{Four, Gather, Sweep};
use super::sensor::Sensor;
use crate::mesh::lanes::split4;
use crate::mesh::vec3::V3;

/// How one frame is developed; all plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Development {
    /// Gain of linear light.
    pub gain: V3,
    /// Share of the movement since the last frame that the shutter sees, 0..1.
    pub shutter: f32,
    /// Frames that pass from the first to the last row.
    pub rolling: f32,
    /// Deviation of noise in the shadows, linear light.
    pub read_noise: f32,
    /// Darkening of the corners, 0..1.
    pub vignette: f32,
    /// Radius of blur, pixels.
    pub blur_px: f32,
    /// Changes the noise from frame to frame.
    pub seed: u64,
}

/// Side of the squares that share a direction of movement, pixels.
pub(crate) const TILE: usize = 8;
/// How a square of pixels moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drift {
    /// The longest way since the last frame, pixels.
    longest: [f32; 2],
    /// The shortest way's length squared.
    shortest: f32,
}

fn squared([x, y]: [f32; 2]) -> f32 {
    x * x + y * y
}

impl Drift {
    /// Looks through the movement of a row of squares, `width` pixels wide: every second pixel of every second row.
    pub(crate) fn measure(flow: &[[f32; 2]], width: usize, out: &mut [Drift]) {
        for (x, drift) in out.iter_mut().enumerate().take(width.div_ceil(TILE)) {
            let (mut longest, mut most, mut least) = ([0.0; 2], 0.0, f32::INFINITY);
            for row in flow.chunks_exact(width).step_by(2) {
                for v in row[TILE * x..(TILE * (x + 1)).min(width)].iter().step_by(2) {
                    let length = squared(*v);
                    least = if length < least { length } else { least };
                    if length > most {
                        (longest, most) = (*v, length);
                    }
                }
            }
            *drift = Drift { longest, shortest: least };
        }
    }
}

/// Bits of the coefficients and of the intrinsics of a lens.
pub(crate) type LensKey = ([u64; 2], [u64; 4]);

/// Tables and buffers of development, made once for a picture size.
pub struct Darkroom {
    width: usize,
    height: usize,
    sensor: Sensor,
    tiles: Vec<Sweep>,
    tiles_across: usize,
    /// Column and row that each output pixel comes from when the lens distorts.
    map: [Vec<f32>; 2],
    map_key: Option<LensKey>,
    wider: f64,
}

/// What is developed.
pub struct Negative<'a> {
    /// Linear colour of all pixels, and their depth, metres.
    pub light: &'a [f32x4],
    /// Movement of all pixels since the last frame, pixels; empty when nothing moves.
    pub flow: &'a [[f32; 2]],
    /// Labels of all pixels.
    pub label: &'a [u8],
}

/// A band of the finished picture.
pub struct Print<'a> {
    /// Packed RGB.
    pub rgb: &'a mut [u8],
    /// Depth as the lens shows it, metres.
    pub depth_m: &'a mut [f32],
    /// Labels as the lens shows them.
    pub label: &'a mut [u8],
    /// First row.
    pub first: usize,
}

impl Darkroom {
    /// Tables for a picture of this size.
    pub fn new(width: usize, height: usize) -> Darkroom {
        let tiles_across = width.div_ceil(TILE);
        Darkroom {
            width,
            height,
            sensor: Sensor::default(),
            tiles: vec![Sweep::default(); tiles_across * height.div_ceil(TILE)],
            tiles_across,
            map: [Vec::new(), Vec::new()],
            map_key: None,
            wider: 1.0,
        }
    }

    /// State of the generator of noise before the first pixel of a row.
    #[cfg(feature = "gpu")]
    pub(crate) fn noise_of_row(seed: u64, y: usize) -> u64 {
        Sensor::noise_of_row(seed, y)
    }

    /// For each column, what the generator's state before the row is multiplied with, and what is then added.
    #[cfg(feature = "gpu")]
    pub(crate) fn noise_steps() -> impl Iterator<Item = (u64, u64)> {
        Sensor::noise_steps()
    }

    /// Noise of three channels with a code of the tone curve, side by side: both tables are as long.
    #[cfg(feature = "gpu")]
    pub(crate) fn tables(&self) -> impl Iterator<Item = [f32; 4]> {
        self.sensor.tables()
    }

    /// What tells one lens from another.
    #[cfg(feature = "gpu")]
    pub(crate) fn lens_key(&self) -> Option<LensKey> {
        self.map_key
    }

    /// Column and row that each pixel of the picture comes from; empty with a perfect lens.
    #[cfg(feature = "gpu")]
    pub(crate) fn lens_map(&self) -> impl ExactSizeIterator<Item = [f32; 2]> {
        self.map[0].iter().zip(&self.map[1]).map(|(x, y)| [*x, *y])
    }

    /// Prepares the lens: where each pixel of the picture comes from. `None` is a perfect lens.
    ///
    /// Returns the enlargement of the field of view with which the ideal picture must be drawn, so that all that the lens shows is
    /// on it: its focal lengths are to be divided by that.
    pub fn set_lens(&mut self, lens: Option<(super::distortion::Distortion, ego_core::camera::Intrinsics)>) -> f64 {
        let key = lens.map(|(d, k)| (d.k.map(f64::to_bits), [k.fx, k.fy, k.cx, k.cy].map(f64::to_bits)));
        if key == self.map_key {
            return self.wider;
        }
        self.map_key = key;
        self.map.iter_mut().for_each(Vec::clear);
        self.wider = 1.0;
        let Some((d, k)) = lens else { return 1.0 };
        let (w, h) = (self.width as f64, self.height as f64);
        for i in 0..=32 {
            let t = f64::from(i) / 32.0;
            for edge in [[t * w, 0.0], [t * w, h], [0.0, t * h], [w, t * h]] {
                let p = d.ideal_px(&k, edge);
                // How far outside, as a share of the way from the principal point to the edge.
                for (v, c, size) in [(p[0], k.cx, w), (p[1], k.cy, h)] {
                    let room = if v > c { size - c } else { c };
                    if room > 1.0 {
                        self.wider = self.wider.max((v - c).abs() / room);
                    }
                }
            }
        }
        self.wider = self.wider.min(1.6);
        // The way from distorted to ideal is a stretch that depends on the distance from the axis alone: tabulate it.
        const STEPS: usize = 2048;
        let corner = [[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]].map(|p| ((p[0] - k.cx) / k.fx).powi(2) + ((p[1] - k.cy) / k.fy).powi(2));
        let largest = corner.into_iter().fold(1e-6, f64::max);
        let stretch: Vec<f32> = (0..=STEPS)
            .map(|i| {
                let r = (largest * i as f64 / STEPS as f64).sqrt().max(1e-6);
                let p = d.ideal_px(&k, [k.cx + r * k.fx, k.cy]);
                ((p[0] - k.cx) / (r * k.fx * self.wider)) as f32
            })
            .collect();
        let (cx, cy) = (k.cx as f32, k.cy as f32);
        let (ux, uy) = ((1.0 / k.fx) as f32, (1.0 / k.fy) as f32);
        let to_table = (STEPS as f64 / largest) as f32;
        self.map.iter_mut().for_each(|m| m.reserve(self.width * self.height));
        for y in 0..self.height {
            let dy = y as f32 + 0.5 - cy;
            for x in (0..self.width).step_by(4) {
                let dx = f32x4::new([0.5, 1.5, 2.5, 3.5]) + f32x4::splat(x as f32 - cx);
                let (across, down) = (dx * ux, dy * uy);
                let (i, t) = split4((across * across + f32x4::splat(down * down)) * to_table);
                let i = i.to_array().map(|i| (i.max(0) as usize).min(STEPS - 1));
                let (low, high) = (f32x4::new(i.map(|i| stretch[i])), f32x4::new(i.map(|i| stretch[i + 1])));
                let m = low + (high - low) * t;
                let [across, down] = [dx * m + f32x4::splat(cx), m * dy + f32x4::splat(cy)].map(|v| (v - f32x4::splat(0.5)).to_array());
                let count = (self.width - x).min(4);
                self.map[0].extend_from_slice(&across[..count]);
                self.map[1].extend_from_slice(&down[..count]);
            }
        }
        self.wider
    }

    /// Finds the largest movement around each tile while the shutter is open (a share of the movement since the last frame);
    /// `drifts` are of all tiles, none where nothing moves.
    pub fn survey(&mut self, drifts: &[Drift], shutter: f32) {
        if drifts.is_empty() {
            self.tiles.fill(Sweep::default());
            return;
        }
        let down = self.height.div_ceil(TILE);
        for ty in 0..down {
            for tx in 0..self.tiles_across {
                let mut best = [0.0; 2];
                for y in ty.saturating_sub(1)..(ty + 2).min(down) {
                    for x in tx.saturating_sub(1)..(tx + 2).min(self.tiles_across) {
                        let v = drifts[y * self.tiles_across + x].longest;
                        if squared(v) > squared(best) {
                            best = v;
                        }
                    }
                }
                let i = ty * self.tiles_across + tx;
                let length = squared(best).sqrt() * shutter;
                self.tiles[i] = Sweep { way: best.map(|v| v * shutter), length, alike: drifts[i].shortest.sqrt() * shutter > length - 0.9 };
            }
        }
    }

    /// Develops one band of rows.
    pub fn print(&self, d: &Development, from: &Negative<'_>, out: &mut Print<'_>) {
        let size = [self.width, self.height];
        let [w, h] = size;
        let moves = !from.flow.is_empty() && (d.shutter > 0.0 || d.rolling != 0.0);
        let gather = Gather::new(from, size, self.map[0].is_empty());
        let rows = out.rgb.chunks_exact_mut(3 * w).zip(out.depth_m.chunks_exact_mut(w)).zip(out.label.chunks_exact_mut(w));
        let mut line = vec![[f32x4::ZERO; 4]; w.div_ceil(4)];
        for (row, ((rgb, depth_m), label)) in rows.enumerate() {
            let y = out.first + row;
            let late = f32x4::splat(d.rolling * ((y as f32 + 0.5) / h as f32 - 0.5));
            let tiles = &self.tiles[(y / TILE) * self.tiles_across..][..self.tiles_across];
            let groups = depth_m.chunks_mut(4).zip(label.chunks_mut(4)).zip(&mut line);
            for (group, ((depth_m, label), lights)) in groups.enumerate() {
                let x = 4 * group;
                let (mut places, nearest) = self.places(x, y);
                for (k, i) in nearest.into_iter().enumerate().take(depth_m.len()) {
                    (depth_m[k], label[k]) = (from.light[i].to_array()[3], from.label[i]);
                }
                if !moves {
                    *lights = gather.sharp(d, places);
                    continue;
                }
                // A later row sees things where they will be: look back along the movement.
                let [a, b, c, e] = nearest.map(|i| from.flow[i]);
                places.x -= f32x4::new([a[0], b[0], c[0], e[0]]) * late;
                places.y -= f32x4::new([a[1], b[1], c[1], e[1]]) * late;
                let sweep = &tiles[x / TILE];
                *lights = if sweep.length >= 0.6 { gather.swept(d, places, sweep) } else { gather.sharp(d, places) };
            }
            self.sensor.expose(d, size, y, &line, rgb);
        }
    }

    /// Where four pixels from `(x, y)` on come from, and the nearest pixel to each; beyond the row's end the last one is repeated.
    #[inline(always)]
    fn places(&self, x: usize, y: usize) -> (Four, [usize; 4]) {
        let last = self.width - 1;
        let column = |k: usize| (x + k).min(last);
        let start = y * self.width;
        let [across, down] = &self.map;
        if across.is_empty() {
            let of = |k: usize| column(k) as f32;
            let places = Four { x: f32x4::new([of(0), of(1), of(2), of(3)]), y: f32x4::splat(y as f32) };
            return (places, [start + column(0), start + column(1), start + column(2), start + column(3)]);
        }
        let four = |map: &[f32]| {
            let own = map.get(start + x..).and_then(|m| m.first_chunk::<4>()).filter(|_| x + 3 <= last);
            f32x4::new(own.copied().unwrap_or_else(|| [0, 1, 2, 3].map(|k| map[start + column(k)])))
        };
        let places = Four { x: four(across), y: four(down) };
        let inside = |v: f32x4, size: usize| v.fast_max(f32x4::ZERO).fast_min(f32x4::splat(size as f32 - 1.0)).fast_round_int().to_array();
        let (nx, ny) = (inside(places.x, self.width), inside(places.y, self.height));
        let nearest = |k: usize| ny[k] as usize * self.width + nx[k] as usize;
        (places, [nearest(0), nearest(1), nearest(2), nearest(3)])
    }
}
