//! The sensor: linear light to 8-bit codes, with gain, dark corners, noise and the tone curve.

use wide::f32x4;

use super::develop::Development;
use crate::rng::Rng;

/// Codes of the tone curve.
const CURVE: usize = 4096;
/// Values of noise.
const GRAIN: usize = 1 << 12;
/// Light that the tone curve ends at.
const BRIGHTEST: f32 = 1.6;

/// The generator of noise along a row: a multiplier and an increment for 64 bits (Knuth, MMIX).
const NOISE: (u64, u64) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407);

/// Tables of the sensor.
pub(super) struct Sensor {
    curve: Box<[u8; CURVE]>,
    /// Noise of three channels, deviation 1.
    grain: Box<[f32x4; GRAIN]>,
}

impl Default for Sensor {
    fn default() -> Sensor {
        // sRGB's curve with a soft shoulder: light above 0.8 is compressed as cameras do.
        let curve = Box::new(std::array::from_fn(|i| {
            let x = i as f32 / (CURVE - 1) as f32 * BRIGHTEST;
            let x = if x > 0.7 { 0.7 + 0.3 * (1.0 - libm::expf(-(x - 0.7) / 0.3)) } else { x };
            let y = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * libm::powf(x, 1.0 / 2.4) - 0.055 };
            (255.0 * y.clamp(0.0, 1.0) + 0.5) as u8
        }));
        let mut rng = Rng::new(0x0067_7261_696e);
        let grain = Box::new(std::array::from_fn(|_| f32x4::new([rng.normal() as f32, rng.normal() as f32, rng.normal() as f32, 0.0])));
        Sensor { curve, grain }
    }
}

impl Sensor {
    /// State of the generator of noise before the first pixel of a row.
    pub(super) fn noise_of_row(seed: u64, y: usize) -> u64 {
        Rng::new(seed ^ (y as u64).wrapping_mul(0x9e37_79b9)).next_u64()
    }

    /// For each column, what the generator's state before the row is multiplied with, and what is then added.
    #[cfg(feature = "gpu")]
    pub(super) fn noise_steps() -> impl Iterator<Item = (u64, u64)> {
        std::iter::successors(Some(NOISE), |(f, t)| Some((f.wrapping_mul(NOISE.0), t.wrapping_mul(NOISE.0).wrapping_add(NOISE.1))))
    }

    /// Noise of three channels with a code of the tone curve, side by side: both tables are as long.
    #[cfg(feature = "gpu")]
    pub(super) fn tables(&self) -> impl Iterator<Item = [f32; 4]> {
        self.grain.iter().zip(self.curve.iter()).map(|(grain, code)| {
            let [r, g, b, _] = grain.to_array();
            [r, g, b, f32::from(*code)]
        })
    }

    /// Light of row `y` of a picture of `size` to packed RGB; `line` has at least as many pixels, in fours.
    pub(super) fn expose(&self, d: &Development, size: [usize; 2], y: usize, line: &[[f32x4; 4]], rgb: &mut [u8]) {
        let number = f32x4::splat;
        let [w, h] = size;
        let half_diagonal = number(d.vignette / ((w * w + h * h) as f32 * 0.25));
        let mut state = Sensor::noise_of_row(d.seed, y);
        let cy = y as f32 - 0.5 * h as f32;
        let cy2 = number(cy * cy);
        for (group, (out, lights)) in rgb.chunks_mut(12).zip(line).enumerate() {
            let [mut r, mut g, mut b, _] = f32x4::transpose(*lights);
            let cx = f32x4::new([0.0, 1.0, 2.0, 3.0]) + number((4 * group) as f32 - 0.5 * w as f32);
            let open = f32x4::ONE - (cx * cx + cy2) * half_diagonal;
            (r, g, b) = (r * d.gain.x * open, g * d.gain.y * open, b * d.gain.z * open);
            if d.read_noise > 0.0 {
                // Shot noise grows with the root of the light.
                let sigma = ((r * 2.0 + g * 5.0 + b * 2.0).fast_max(f32x4::ZERO).sqrt() + number(0.35)) * d.read_noise;
                let mut grain = || {
                    state = state.wrapping_mul(NOISE.0).wrapping_add(NOISE.1);
                    self.grain[(state >> 33) as usize % GRAIN]
                };
                let [nr, ng, nb, _] = f32x4::transpose([grain(), grain(), grain(), grain()]);
                (r, g, b) = (r + nr * sigma, g + ng * sigma, b + nb * sigma);
            }
            let code = |light: f32x4| {
                let at = light.fast_max(f32x4::ZERO).fast_min(number(BRIGHTEST)) * ((CURVE - 1) as f32 / BRIGHTEST) + number(0.5);
                at.fast_trunc_int().to_array().map(|i| self.curve[i as usize % CURVE])
            };
            let ([r0, r1, r2, r3], [g0, g1, g2, g3], [b0, b1, b2, b3]) = (code(r), code(g), code(b));
            let codes = [r0, g0, b0, r1, g1, b1, r2, g2, b2, r3, g3, b3];
            match out.first_chunk_mut::<12>() {
                Some(all) => *all = codes,
                None => out.iter_mut().zip(codes).for_each(|(out, code)| *out = code),
            }
        }
    }
}
