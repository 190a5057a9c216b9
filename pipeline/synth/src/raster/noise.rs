//! Smooth value noise in space, from a table that is the same everywhere.

use crate::mesh::vec3::{V3, split, v3};

const SIDE: usize = 32;

/// A periodic lattice of random numbers (period 32 in each direction).
pub(super) struct Noise {
    lattice: Vec<f32>,
}

impl Noise {
    /// The one lattice that all pictures use; materials differ by where they read it.
    pub(super) fn new() -> Noise {
        let mut r = crate::rng::Rng::new(0x006e_6f69_7365);
        Noise { lattice: (0..SIDE * SIDE * SIDE).map(|_| r.unit() as f32).collect() }
    }

    /// Smooth noise, 0..1, with features of size 1.
    #[inline]
    pub(super) fn at(&self, p: V3) -> f32 {
        let ((x0, fx), (y0, fy), (z0, fz)) = (split(p.x), split(p.y), split(p.z));
        let s = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v, w) = (s(fx), s(fy), s(fz));
        const M: i32 = SIDE as i32 - 1;
        let x = [(x0 & M) as usize, (x0.wrapping_add(1) & M) as usize];
        let row = |y: i32, z: i32| ((z & M) as usize * SIDE + (y & M) as usize) * SIDE;
        let line = |r: usize| {
            let l = &self.lattice;
            let (a, b) = (l[(r + x[0]) & (SIDE * SIDE * SIDE - 1)], l[(r + x[1]) & (SIDE * SIDE * SIDE - 1)]);
            a + (b - a) * u
        };
        let (a, b) = (line(row(y0, z0)), line(row(y0.wrapping_add(1), z0)));
        let (c, d) = (line(row(y0, z0.wrapping_add(1))), line(row(y0.wrapping_add(1), z0.wrapping_add(1))));
        let (near, far) = (a + (b - a) * v, c + (d - c) * v);
        near + (far - near) * w
    }

    /// Two octaves, 0..1.
    #[inline]
    pub(super) fn two(&self, p: V3) -> f32 {
        0.62 * self.at(p) + 0.38 * self.at(p * 2.9 + v3(7.3, 1.9, 4.1))
    }
}

impl Default for Noise {
    fn default() -> Noise {
        Noise::new()
    }
}

/// A random number 0..1 for a cell of a grid.
#[inline]
pub(super) fn cell(x: i32, y: i32, z: i32) -> f32 {
    let mut n = (x as u32)
        .wrapping_mul(374_761_393)
        .wrapping_add((y as u32).wrapping_mul(668_265_263))
        .wrapping_add((z as u32).wrapping_mul(2_147_483_647));
    n = (n ^ (n >> 13)).wrapping_mul(1_274_126_177);
    n ^= n >> 16;
    (n & 0xffff) as f32 * (1.0 / 65535.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_and_fills_its_range() {
        let n = Noise::new();
        let (mut low, mut high) = (1.0f32, 0.0f32);
        for i in 0..4000 {
            let p = v3(i as f32 * 0.37 - 600.0, i as f32 * 0.11, i as f32 * -0.23);
            let (a, b) = (n.at(p), n.at(p + v3(0.001, 0.001, 0.001)));
            assert!((a - b).abs() < 0.02);
            (low, high) = (low.min(a), high.max(a));
        }
        assert!(low < 0.2 && high > 0.8);
    }
}
