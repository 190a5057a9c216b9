//! Linear light to an 8-bit picture: movement while the shutter is open, lens, sensor and tone curve.

use wide::f32x4;

use crate::mesh::lanes::split4;
use crate::mesh::vec3::{V3, split};
use crate::rng::Rng;

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
/// Samples along the movement.
const TAPS: usize = 9;
const CURVE: usize = 4096;
const GRAIN: usize = 1 << 12;

/// The generator of noise along a row: a multiplier and an increment for 64 bits (Knuth, MMIX).
const NOISE: (u64, u64) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407);

/// How light moves over a tile and around it while the shutter is open.
#[derive(Clone, Copy, Debug, Default)]
struct Sweep {
    /// The longest way, pixels.
    way: [f32; 2],
    /// Its length.
    length: f32,
    /// All ways in the tile are about as long.
    alike: bool,
}

/// Bits of the coefficients and of the intrinsics of a lens.
pub(crate) type LensKey = ([u64; 2], [u64; 4]);

/// Tables and buffers of development, made once for a picture size.
pub struct Darkroom {
    width: usize,
    height: usize,
    curve: Vec<u8>,
    /// Noise of three channels, deviation 1.
    grain: Vec<f32x4>,
    tiles: Vec<Sweep>,
    tiles_across: usize,
    /// Source pixel of each output pixel when the lens distorts.
    map: Vec<[f32; 2]>,
    map_key: Option<LensKey>,
    wider: f64,
}

/// What is developed.
pub struct Negative<'a> {
    /// Linear colour of all pixels.
    pub colour: &'a [V3],
    /// Movement of all pixels since the last frame, pixels; empty when nothing moves.
    pub flow: &'a [[f32; 2]],
    /// Depth of all pixels, metres.
    pub depth_m: &'a [f32],
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
        // sRGB's curve with a soft shoulder: light above 0.8 is compressed as cameras do.
        let curve = (0..CURVE)
            .map(|i| {
                let x = i as f32 / (CURVE - 1) as f32 * 1.6;
                let x = if x > 0.7 { 0.7 + 0.3 * (1.0 - libm::expf(-(x - 0.7) / 0.3)) } else { x };
                let y = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * libm::powf(x, 1.0 / 2.4) - 0.055 };
                (255.0 * y.clamp(0.0, 1.0) + 0.5) as u8
            })
            .collect();
        let mut rng = Rng::new(0x0067_7261_696e);
        let grain = (0..GRAIN).map(|_| f32x4::new([rng.normal() as f32, rng.normal() as f32, rng.normal() as f32, 0.0])).collect();
        let tiles_across = width.div_ceil(TILE);
        Darkroom {
            width,
            height,
            curve,
            grain,
            tiles: vec![Sweep::default(); tiles_across * height.div_ceil(TILE)],
            tiles_across,
            map: Vec::new(),
            map_key: None,
            wider: 1.0,
        }
    }

    /// State of the generator of noise before the first pixel of a row.
    pub(crate) fn noise_of_row(seed: u64, y: usize) -> u64 {
        Rng::new(seed ^ (y as u64).wrapping_mul(0x9e37_79b9)).next_u64()
    }

    /// For each column, what the generator's state before the row is multiplied with, and what is then added.
    #[cfg(feature = "gpu")]
    pub(crate) fn noise_steps() -> impl Iterator<Item = (u64, u64)> {
        std::iter::successors(Some(NOISE), |(f, t)| Some((f.wrapping_mul(NOISE.0), t.wrapping_mul(NOISE.0).wrapping_add(NOISE.1))))
    }

    /// Noise of three channels with a code of the tone curve, side by side: both tables are as long.
    #[cfg(feature = "gpu")]
    pub(crate) fn tables(&self) -> impl Iterator<Item = [f32; 4]> {
        self.grain.iter().zip(&self.curve).map(|(grain, code)| {
            let [r, g, b, _] = grain.to_array();
            [r, g, b, f32::from(*code)]
        })
    }

    /// What tells one lens from another.
    #[cfg(feature = "gpu")]
    pub(crate) fn lens_key(&self) -> Option<LensKey> {
        self.map_key
    }

    /// Where each pixel of the picture comes from; empty with a perfect lens.
    #[cfg(feature = "gpu")]
    pub(crate) fn lens_map(&self) -> &[[f32; 2]] {
        &self.map
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
        self.map.clear();
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
        self.map.reserve(self.width * self.height);
        for y in 0..self.height {
            let dy = y as f32 + 0.5 - cy;
            for x in (0..self.width).step_by(4) {
                let dx = f32x4::new([0.5, 1.5, 2.5, 3.5]) + f32x4::splat(x as f32 - cx);
                let (across, down) = (dx * ux, dy * uy);
                let (i, t) = split4((across * across + f32x4::splat(down * down)) * to_table);
                let (i, t, dx) = (i.to_array(), t.to_array(), dx.to_array());
                for k in 0..(self.width - x).min(4) {
                    let i = (i[k].max(0) as usize).min(STEPS - 1);
                    let m = stretch[i] + (stretch[i + 1] - stretch[i]) * t[k];
                    self.map.push([dx[k] * m + cx - 0.5, dy * m + cy - 0.5]);
                }
            }
        }
        self.wider
    }

    /// Finds the largest movement around each tile while the shutter is open (a share of the movement since the last frame).
    pub fn survey(&mut self, flow: &[[f32; 2]], shutter: f32) {
        if flow.is_empty() {
            self.tiles.fill(Sweep::default());
            return;
        }
        let size = |v: [f32; 2]| v[0] * v[0] + v[1] * v[1];
        let down = self.height.div_ceil(TILE);
        // The longest way and the shortest length (squared) of each tile.
        let mut raw = vec![([0.0f32; 2], f32::INFINITY); self.tiles.len()];
        for (y, row) in flow.chunks_exact(self.width).enumerate().step_by(2) {
            let tiles = &mut raw[(y / TILE) * self.tiles_across..][..self.tiles_across];
            for (t, ways) in tiles.iter_mut().zip(row.chunks(TILE)) {
                for v in ways.iter().step_by(2) {
                    let length = size(*v);
                    t.1 = t.1.min(length);
                    if length > size(t.0) {
                        t.0 = *v;
                    }
                }
            }
        }
        for ty in 0..down {
            for tx in 0..self.tiles_across {
                let mut best = [0.0; 2];
                for y in ty.saturating_sub(1)..(ty + 2).min(down) {
                    for x in tx.saturating_sub(1)..(tx + 2).min(self.tiles_across) {
                        let v = raw[y * self.tiles_across + x].0;
                        if size(v) > size(best) {
                            best = v;
                        }
                    }
                }
                let i = ty * self.tiles_across + tx;
                let length = size(best).sqrt() * shutter;
                self.tiles[i] = Sweep { way: best.map(|v| v * shutter), length, alike: raw[i].1.sqrt() * shutter > length - 0.9 };
            }
        }
    }

    /// Develops one band of rows.
    pub fn print(&self, d: &Development, from: &Negative<'_>, out: &mut Print<'_>) {
        let (w, h) = (self.width, self.height);
        let moves = !from.flow.is_empty() && (d.shutter > 0.0 || d.rolling != 0.0);
        let rows = out.rgb.chunks_exact_mut(3 * w).zip(out.depth_m.chunks_exact_mut(w)).zip(out.label.chunks_exact_mut(w));
        let mut line = vec![f32x4::ZERO; w];
        for (row, ((rgb, depth_m), label)) in rows.enumerate() {
            let y = out.first + row;
            let late = d.rolling * ((y as f32 + 0.5) / h as f32 - 0.5);
            let map = self.map.get(y * w..(y + 1) * w);
            let tiles = &self.tiles[(y / TILE) * self.tiles_across..][..self.tiles_across];
            for (group, lights) in line.chunks_mut(4).enumerate() {
                let x = 4 * group;
                let (mut places, nearest) = self.places(map, x, y);
                for k in 0..lights.len() {
                    (depth_m[x + k], label[x + k]) = (from.depth_m[nearest[k]], from.label[nearest[k]]);
                    if moves {
                        let own = from.flow[nearest[k]];
                        // A later row sees things where they will be: look back along the movement.
                        places[k] = [places[k][0] - own[0] * late, places[k][1] - own[1] * late];
                    }
                }
                let sweep = &tiles[x / TILE];
                if moves && sweep.length >= 0.6 {
                    for (light, p) in lights.iter_mut().zip(places) {
                        *light = self.moving(d, from, p, sweep);
                    }
                } else {
                    self.sharp(d, from, places, lights);
                }
            }
            self.expose(d, y, &line, rgb);
        }
    }

    /// Where four pixels from `(x, y)` on come from, and the nearest pixel to each; beyond the row's end the last one is repeated.
    #[inline(always)]
    fn places(&self, map: Option<&[[f32; 2]]>, x: usize, y: usize) -> ([[f32; 2]; 4], [usize; 4]) {
        let last = self.width - 1;
        let column = |k: usize| (x + k).min(last);
        let Some(map) = map else {
            let place = |k: usize| [column(k) as f32, y as f32];
            let nearest = |k: usize| y * self.width + column(k);
            return ([place(0), place(1), place(2), place(3)], [nearest(0), nearest(1), nearest(2), nearest(3)]);
        };
        let [a, b, c, e] = match map.get(x..).and_then(|m| m.first_chunk::<4>()) {
            Some(four) => *four,
            None => [map[column(0)], map[column(1)], map[column(2)], map[column(3)]],
        };
        let inside = |v: [f32; 4], size: usize| {
            f32x4::new(v).fast_max(f32x4::ZERO).fast_min(f32x4::splat(size as f32 - 1.0)).fast_round_int().to_array()
        };
        let (nx, ny) = (inside([a[0], b[0], c[0], e[0]], self.width), inside([a[1], b[1], c[1], e[1]], self.height));
        let nearest = |k: usize| ny[k] as usize * self.width + nx[k] as usize;
        ([a, b, c, e], [nearest(0), nearest(1), nearest(2), nearest(3)])
    }

    /// Light of a row to 8-bit codes: gain, dark corners, noise, tone curve.
    fn expose(&self, d: &Development, y: usize, line: &[f32x4], rgb: &mut [u8]) {
        let (w, h) = (self.width, self.height);
        let half_diagonal = d.vignette / ((w * w + h * h) as f32 * 0.25);
        let mut grain = Darkroom::noise_of_row(d.seed, y);
        let cy = y as f32 - 0.5 * h as f32;
        let gain = f32x4::new([d.gain.x, d.gain.y, d.gain.z, 0.0]);
        for (x, (out, light)) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(line).enumerate() {
            let cx = x as f32 - 0.5 * w as f32;
            let mut light = *light * gain * f32x4::splat(1.0 - (cx * cx + cy * cy) * half_diagonal);
            if d.read_noise > 0.0 {
                grain = grain.wrapping_mul(NOISE.0).wrapping_add(NOISE.1);
                // Shot noise grows with the root of the light.
                let [r, g, b, _] = light.to_array();
                let sigma = d.read_noise * (0.35 + (2.0 * r + 5.0 * g + 2.0 * b).max(0.0).sqrt());
                light += self.grain[(grain >> 33) as usize % GRAIN] * f32x4::splat(sigma);
            }
            let at = light.fast_max(f32x4::ZERO).fast_min(f32x4::splat(1.6)) * f32x4::splat((CURVE - 1) as f32 / 1.6) + f32x4::splat(0.5);
            let [r, g, b, _] = at.fast_trunc_int().to_array();
            *out = [r, g, b].map(|i| self.curve[i as usize % CURVE]);
        }
    }

    #[inline]
    fn index(&self, p: [f32; 2]) -> usize {
        let x = split(p[0].clamp(0.0, self.width as f32 - 1.0) + 0.5).0 as usize;
        let y = split(p[1].clamp(0.0, self.height as f32 - 1.0) + 0.5).0 as usize;
        y.min(self.height - 1) * self.width + x.min(self.width - 1)
    }

    /// Colours between pixels at four places: where each place's four pixels begin, and their shares.
    #[inline(always)]
    fn between(&self, x: f32x4, y: f32x4, weights: f32x4) -> ([usize; 4], [f32x4; 4]) {
        let inside = |v: f32x4, size: usize| v.fast_max(f32x4::ZERO).fast_min(f32x4::splat((size as f32 - 1.001).max(0.0)));
        let ((x, u), (y, v)) = (split4(inside(x, self.width)), split4(inside(y, self.height)));
        let (above, below) = (weights * (f32x4::ONE - v), weights * v);
        let (above_right, below_right) = (above * u, below * u);
        let (x, y) = (x.to_array(), y.to_array());
        let at = |k: usize| y[k] as usize * self.width + x[k] as usize;
        ([at(0), at(1), at(2), at(3)], f32x4::transpose([above - above_right, above_right, below - below_right, below_right]))
    }

    /// The mix of the pixel number `at`, those to its right, below, and to the right below.
    #[inline(always)]
    fn mix(&self, colour: &[V3], at: usize, shares: f32x4) -> f32x4 {
        let lanes = |c: V3| f32x4::new(c.lanes());
        let pair = |at: usize| colour.get(at..).and_then(|c| c.first_chunk::<2>());
        let [s, t, q, r] = shares.to_array();
        if let (Some([a, b]), Some([c, e])) = (pair(at), pair(at + self.width)) {
            (lanes(*a) * s + lanes(*b) * t) + (lanes(*c) * q + lanes(*e) * r)
        } else {
            // The last column of the last row, or a picture of one row.
            lanes(colour.get(at).copied().unwrap_or(V3::ZERO)) * (s + t + q + r)
        }
    }

    /// What stands still at up to four places, as sharp as the lens is.
    #[inline]
    fn sharp(&self, d: &Development, from: &Negative<'_>, places: [[f32; 2]; 4], lights: &mut [f32x4]) {
        // Places on a circle: the mean of a small disk, nearly. Reading between pixels blurs as well, so that two do for a small one.
        const ROUND: [[f32; 2]; 3] = [[1.0, 0.1], [-0.59, 0.81], [-0.41, -0.91]];
        const TWO: [[f32; 2]; 2] = [[1.0, 0.6], [-1.0, -0.6]];
        let taps: &[[f32; 2]] = match d.blur_px {
            b if b < 0.25 => &[[0.0, 0.0]],
            b if b < 0.7 => &TWO,
            _ => &ROUND,
        };
        if d.blur_px < 0.25 && self.map.is_empty() {
            for (light, p) in lights.iter_mut().zip(places) {
                *light = f32x4::new(from.colour[self.index(p)].lanes());
            }
            return;
        }
        let [a, b, c, e] = places;
        let (x, y) = (f32x4::new([a[0], b[0], c[0], e[0]]), f32x4::new([a[1], b[1], c[1], e[1]]));
        let radius = 0.8 * d.blur_px;
        let weights = f32x4::splat(1.0 / taps.len() as f32);
        let mut sums = [f32x4::ZERO; 4];
        for [dx, dy] in taps {
            let (at, shares) = self.between(x + f32x4::splat(radius * dx), y + f32x4::splat(radius * dy), weights);
            for k in 0..4 {
                sums[k] += self.mix(from.colour, at[k], shares[k]);
            }
        }
        lights.copy_from_slice(&sums[..lights.len()]);
    }

    /// Light gathered along the movement while the shutter is open.
    ///
    /// The largest movement nearby gives the direction (after McGuire et al., "A Reconstruction Filter for Plausible Motion Blur",
    /// 2012); each place along it counts where it sweeps over this pixel, or where this pixel's own movement uncovers it.
    fn moving(&self, d: &Development, from: &Negative<'_>, p: [f32; 2], sweep: &Sweep) -> f32x4 {
        let Sweep { way, length, alike } = *sweep;
        // Reading between pixels bridges what lies between two taps.
        let taps = ((length * 0.6) as usize + 2).min(TAPS);
        let share = 1.0 / taps as f32;
        let half = 0.5 * (taps - 1) as f32;
        let (reach, z) = if alike {
            (0.0, 0.0)
        } else {
            let nearest = self.index(p);
            let own = from.flow[nearest];
            (0.5 * (own[0] * own[0] + own[1] * own[1]).sqrt() * d.shutter + 0.5, from.depth_m[nearest])
        };
        let mut sum = f32x4::ZERO;
        let mut still = 0.0;
        for first in (0..taps).step_by(4) {
            let count = (taps - first).min(4);
            let step = f32x4::new([0.0, 1.0, 2.0, 3.0]) + f32x4::splat(first as f32 - half);
            let (x, y) = (f32x4::splat(p[0]) + step * (way[0] * share), f32x4::splat(p[1]) + step * (way[1] * share));
            let mut weights = [1.0; 4];
            if !alike {
                let (distance, x, y) = ((step.abs() * (share * length)).to_array(), x.to_array(), y.to_array());
                for k in (0..count).filter(|k| distance[*k] > reach) {
                    let j = self.index([x[k], y[k]]);
                    let theirs = from.flow[j];
                    let their_length = (theirs[0] * theirs[0] + theirs[1] * theirs[1]).sqrt() * d.shutter;
                    if !(from.depth_m[j] < z * 0.98 && 0.5 * their_length + 0.5 >= distance[k]) {
                        weights[k] = 0.0;
                        still += 1.0;
                    }
                }
            }
            let (at, shares) = self.between(x, y, f32x4::new(weights));
            for k in 0..count {
                sum += self.mix(from.colour, at[k], shares[k]);
            }
        }
        if still > 0.0 {
            let mut own = [f32x4::ZERO];
            self.sharp(d, from, [p; 4], &mut own);
            sum += own[0] * f32x4::splat(still);
        }
        sum * f32x4::splat(share)
    }
}
