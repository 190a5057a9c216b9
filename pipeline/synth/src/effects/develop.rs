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
const TILE: usize = 8;
/// Samples along the movement.
const TAPS: usize = 9;
const CURVE: usize = 4096;
const GRAIN: usize = 1 << 12;

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
    /// The nearest pixel to each of those.
    nearest: Vec<u32>,
    map_key: Option<([u64; 2], [u64; 4])>,
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
            nearest: Vec::new(),
            map_key: None,
            wider: 1.0,
        }
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
        self.nearest.clear();
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
            for x in 0..self.width {
                let dx = x as f32 + 0.5 - cx;
                let (i, t) = split((dx * ux * dx * ux + dy * uy * dy * uy) * to_table);
                let i = (i.max(0) as usize).min(STEPS - 1);
                let m = stretch[i] + (stretch[i + 1] - stretch[i]) * t;
                self.map.push([dx * m + cx - 0.5, dy * m + cy - 0.5]);
            }
        }
        self.nearest = self.map.iter().map(|p| self.index(*p) as u32).collect();
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
            match map {
                None => {
                    depth_m.copy_from_slice(&from.depth_m[y * w..(y + 1) * w]);
                    label.copy_from_slice(&from.label[y * w..(y + 1) * w]);
                }
                Some(_) => {
                    for ((depth, label), nearest) in depth_m.iter_mut().zip(label).zip(&self.nearest[y * w..(y + 1) * w]) {
                        (*depth, *label) = (from.depth_m[*nearest as usize], from.label[*nearest as usize]);
                    }
                }
            }
            let tiles = &self.tiles[(y / TILE) * self.tiles_across..][..self.tiles_across];
            for (tile, (sweep, lights)) in tiles.iter().zip(line.chunks_mut(TILE)).enumerate() {
                for (x, light) in (tile * TILE..).zip(lights) {
                    let p = map.map_or([x as f32, y as f32], |m| m[x]);
                    if !moves {
                        *light = self.sharp(d, from, p);
                        continue;
                    }
                    let nearest = self.nearest.get(y * w + x).map_or(y * w + x, |n| *n as usize);
                    let own = from.flow[nearest];
                    // A later row sees things where they will be: look back along the movement.
                    let p = [p[0] - own[0] * late, p[1] - own[1] * late];
                    *light = if sweep.length < 0.6 { self.sharp(d, from, p) } else { self.moving(d, from, p, sweep) };
                }
            }
            self.expose(d, y, &line, rgb);
        }
    }

    /// Light of a row to 8-bit codes: gain, dark corners, noise, tone curve.
    fn expose(&self, d: &Development, y: usize, line: &[f32x4], rgb: &mut [u8]) {
        let (w, h) = (self.width, self.height);
        let half_diagonal = d.vignette / ((w * w + h * h) as f32 * 0.25);
        let mut grain = Rng::new(d.seed ^ (y as u64).wrapping_mul(0x9e37_79b9)).next_u64();
        let cy = y as f32 - 0.5 * h as f32;
        let gain = f32x4::new([d.gain.x, d.gain.y, d.gain.z, 0.0]);
        for (x, (out, light)) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(line).enumerate() {
            let cx = x as f32 - 0.5 * w as f32;
            let mut light = *light * gain * f32x4::splat(1.0 - (cx * cx + cy * cy) * half_diagonal);
            if d.read_noise > 0.0 {
                grain = grain.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
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

    /// The weighted sum of colours between pixels at the first `count` of four places.
    #[inline(always)]
    fn gather(&self, colour: &[V3], x: f32x4, y: f32x4, weights: f32x4, count: usize) -> f32x4 {
        let inside = |v: f32x4, size: usize| v.fast_max(f32x4::ZERO).fast_min(f32x4::splat((size as f32 - 1.001).max(0.0)));
        let ((x, u), (y, v)) = (split4(inside(x, self.width)), split4(inside(y, self.height)));
        let (above, below) = (weights * (f32x4::ONE - v), weights * v);
        let shares = [above * (f32x4::ONE - u), above * u, below * (f32x4::ONE - u), below * u].map(f32x4::to_array);
        let lanes = |c: V3| f32x4::new(c.lanes());
        let mut sum = f32x4::ZERO;
        for k in 0..count.min(4) {
            let at = y[k] as usize * self.width + x[k] as usize;
            let pair = |at: usize| colour.get(at..).and_then(|c| c.first_chunk::<2>());
            let share = |s: usize| f32x4::splat(shares[s][k]);
            if let (Some([a, b]), Some([c, e])) = (pair(at), pair(at + self.width)) {
                sum += lanes(*a) * share(0) + lanes(*b) * share(1) + lanes(*c) * share(2) + lanes(*e) * share(3);
            } else {
                // The last column of the last row, or a picture of one row.
                sum += lanes(colour.get(at).copied().unwrap_or(V3::ZERO)) * (share(0) + share(1) + share(2) + share(3));
            }
        }
        sum
    }

    /// What stands still, as sharp as the lens is.
    #[inline]
    fn sharp(&self, d: &Development, from: &Negative<'_>, p: [f32; 2]) -> f32x4 {
        let (x, y) = (f32x4::splat(p[0]), f32x4::splat(p[1]));
        if d.blur_px < 0.25 {
            return if self.map.is_empty() {
                f32x4::new(from.colour[self.index(p)].lanes())
            } else {
                self.gather(from.colour, x, y, f32x4::ONE, 1)
            };
        }
        // Places on a circle: the mean of a small disk, nearly. Reading between pixels blurs as well, so that two do for a small one.
        let b = f32x4::splat(0.8 * d.blur_px);
        if d.blur_px < 0.7 {
            let (dx, dy) = (f32x4::new([1.0, -1.0, 0.0, 0.0]), f32x4::new([0.6, -0.6, 0.0, 0.0]));
            return self.gather(from.colour, x + b * dx, y + b * dy, f32x4::splat(0.5), 2);
        }
        let (dx, dy) = (f32x4::new([1.0, -0.59, -0.41, 0.0]), f32x4::new([0.1, 0.81, -0.91, 0.0]));
        self.gather(from.colour, x + b * dx, y + b * dy, f32x4::splat(1.0 / 3.0), 3)
    }

    /// Light gathered along the movement while the shutter is open.
    ///
    /// The largest movement nearby gives the direction (after McGuire et al., "A Reconstruction Filter for Plausible Motion Blur",
    /// 2012); each place along it counts where it sweeps over this pixel, or where this pixel's own movement uncovers it.
    fn moving(&self, d: &Development, from: &Negative<'_>, p: [f32; 2], sweep: &Sweep) -> f32x4 {
        let Sweep { way, length, alike } = *sweep;
        let taps = (length as usize + 2).min(TAPS);
        let share = 1.0 / taps as f32;
        let half = 0.5 * (taps - 1) as f32;
        let nearest = self.index(p);
        let own = from.flow[nearest];
        let reach = 0.5 * (own[0] * own[0] + own[1] * own[1]).sqrt() * d.shutter + 0.5;
        let z = from.depth_m[nearest];
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
            sum += self.gather(from.colour, x, y, f32x4::new(weights), count);
        }
        if still > 0.0 {
            sum += self.sharp(d, from, p) * f32x4::splat(still);
        }
        sum * f32x4::splat(share)
    }
}
