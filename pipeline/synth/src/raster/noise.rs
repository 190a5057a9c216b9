//! Smooth value noise in space, from a table that is the same everywhere.

use wide::{f32x4, i32x4};

use crate::mesh::lanes::{V3x4, split4};
use crate::mesh::vec3::{V3, split, v3};

const SIDE: usize = 32;

/// A periodic lattice of random numbers (period 32 in each direction).
pub(crate) struct Noise {
    /// For each cell its eight corners: four at its low x, four at its high x, each in the order of y, then z.
    cells: Vec<[f32x4; 2]>,
}

/// The weight of a corner at this share of the way through a cell: smooth at both ends.
#[inline]
fn smooth(t: f32x4) -> f32x4 {
    t * t * (f32x4::splat(3.0) - t - t)
}

/// Number of the cell with these corners.
#[inline]
fn cell_at(x: i32, y: i32, z: i32) -> usize {
    const M: i32 = SIDE as i32 - 1;
    (((z & M) as usize * SIDE) + (y & M) as usize) * SIDE + (x & M) as usize
}

impl Noise {
    /// The one lattice that all pictures use; materials differ by where they read it.
    pub(crate) fn new() -> Noise {
        let mut r = crate::rng::Rng::new(0x006e_6f69_7365);
        let lattice: Vec<f32> = (0..SIDE * SIDE * SIDE).map(|_| r.unit() as f32).collect();
        let cells = (0..lattice.len() as i32).map(|i| {
            let (x, y, z) = (i % 32, i / 32 % 32, i / 1024);
            let side = |x: i32| f32x4::new([(y, z), (y + 1, z), (y, z + 1), (y + 1, z + 1)].map(|(y, z)| lattice[cell_at(x, y, z)]));
            [side(x), side(x + 1)]
        });
        Noise { cells: cells.collect() }
    }

    /// The corners of all cells, x fastest.
    #[cfg(feature = "gpu")]
    pub(crate) fn cells(&self) -> &[[f32x4; 2]] {
        &self.cells
    }

    /// The corners of a cell at this share of the way along x.
    #[inline]
    fn across(&self, cell: usize, u: f32) -> f32x4 {
        let [low, high] = self.cells[cell % (SIDE * SIDE * SIDE)];
        low + (high - low) * f32x4::splat(u)
    }

    /// Smooth noise, 0..1, with features of size 1.
    #[inline]
    pub(super) fn at(&self, p: V3) -> f32 {
        let ((x, fx), (y, fy), (z, fz)) = (split(p.x), split(p.y), split(p.z));
        let [u, v, w, _] = smooth(f32x4::new([fx, fy, fz, 0.0])).to_array();
        let [a, b, c, d] = self.across(cell_at(x, y, z), u).to_array();
        let (near, far) = (a + (b - a) * v, c + (d - c) * v);
        near + (far - near) * w
    }

    /// [`Noise::at`] at four places.
    #[inline]
    pub(super) fn at4(&self, p: V3x4) -> f32x4 {
        let ((x, fx), (y, fy), (z, fz)) = (split4(p.x), split4(p.y), split4(p.z));
        let (u, v, w) = (smooth(fx).to_array(), smooth(fy), smooth(fz));
        let inside = i32x4::splat(SIDE as i32 - 1);
        const BITS: i32 = SIDE.ilog2() as i32;
        let cells = (((z & inside) << (2 * BITS)) | ((y & inside) << BITS) | (x & inside)).to_array();
        let corners = |k: usize| self.across(cells[k] as usize, u[k]);
        let [a, b, c, d] = f32x4::transpose([corners(0), corners(1), corners(2), corners(3)]);
        let (near, far) = (a + (b - a) * v, c + (d - c) * v);
        near + (far - near) * w
    }

    /// Two octaves, 0..1, at four places.
    #[inline]
    pub(super) fn two4(&self, p: V3x4) -> f32x4 {
        self.at4(p) * 0.62 + self.at4(p * 2.9 + V3x4::splat(v3(7.3, 1.9, 4.1))) * 0.38
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
            let four = n.at4(V3x4::of([p, p + v3(0.001, 0.001, 0.001), p, p])).to_array();
            assert!((four[0] - a).abs() < 1e-6 && (four[1] - b).abs() < 1e-6 && four[2] == four[3]);
            (low, high) = (low.min(a), high.max(a));
        }
        assert!(low < 0.2 && high > 0.8);
    }
}
