//! The shadow that the strongest lamp throws: a map of what it sees, read with soft edges.

use wide::f32x4;

use super::geometry::Geometry;
use super::visibility::Band;
use crate::mesh::lanes::{V3x4, split4};
use crate::mesh::vec3::{V3, split};

/// Half the side of the square that the map covers, metres.
const HALF_M: f32 = 0.55;

/// A map of nearness to a lamp, in camera space.
#[derive(Clone, Debug)]
pub struct ShadowMap {
    view: ShadowView,
    near: Vec<f32>,
    id: Vec<u32>,
    /// For each block of samples the nearest of all that a place in it looks at.
    nearest: Vec<f32>,
}

/// Side of a block of samples.
const BLOCK: usize = 8;

impl ShadowMap {
    /// A map of `side` x `side` samples.
    pub fn new(side: usize) -> ShadowMap {
        let blocks = side.div_ceil(BLOCK);
        ShadowMap {
            view: ShadowView::new(side, V3::ZERO, V3::ZERO),
            near: vec![0.0; side * side],
            id: vec![0; side * side],
            nearest: vec![0.0; blocks * blocks],
        }
    }

    /// Turns the map towards a lamp, around a centre of interest.
    pub fn aim(&mut self, towards: V3, centre: V3) {
        self.view = ShadowView::new(self.view.side, towards, centre);
    }

    /// The buffer in bands of rows, one for each thread.
    pub fn bands(&mut self, count: usize) -> (ShadowView, Vec<Band<'_>>) {
        let rows = self.view.side.div_ceil(count.max(1));
        let bands = self
            .near
            .chunks_mut(rows * self.view.side)
            .zip(self.id.chunks_mut(rows * self.view.side))
            .enumerate()
            .map(|(k, (near, id))| Band { near, id, width: self.view.side, first: k * rows })
            .collect();
        (self.view, bands)
    }

    /// Sums up blocks of what was drawn into the bands: most places are lit, and one look tells.
    pub fn survey(&mut self) {
        if !self.is_fine() {
            return;
        }
        let side = self.view.side;
        let blocks = side.div_ceil(BLOCK);
        self.nearest.fill(0.0);
        let mut line = vec![0.0f32; blocks];
        for (y, row) in self.near.chunks_exact(side).enumerate() {
            for (k, most) in line.iter_mut().enumerate() {
                // A window reaches one sample further to the left and two to the right.
                let span = &row[(BLOCK * k).saturating_sub(1)..(BLOCK * (k + 1) + 2).min(side)];
                *most = span.iter().fold(0.0, |a, b| if *b > a { *b } else { a });
            }
            for block in y.saturating_sub(2) / BLOCK..=((y + 1) / BLOCK).min(blocks - 1) {
                let nearest = &mut self.nearest[block * blocks..][..blocks];
                nearest.iter_mut().zip(&line).for_each(|(a, b)| *a = a.max(*b));
            }
        }
    }

    /// Whether its samples are about as small as the picture's pixels, so that a window of them softens edges.
    #[inline]
    pub fn is_fine(&self) -> bool {
        self.view.side >= 400
    }

    /// The sample `(x, y)`, those to its right, below, and to the right below.
    #[inline]
    fn two_by_two(&self, x: i32, y: i32) -> Option<[f32; 4]> {
        let start = y as usize * self.view.side + x as usize;
        let [a, b] = *self.near.get(start..)?.first_chunk::<2>()?;
        let [c, d] = *self.near.get(start + self.view.side..)?.first_chunk::<2>()?;
        Some([a, b, c, d])
    }

    /// [`ShadowMap::light_at`] at four places of a map that is not fine.
    #[inline]
    pub fn coarse_light_at(&self, p: V3x4, normal: V3x4) -> f32x4 {
        let number = f32x4::splat;
        let slope = f32x4::ONE - normal.dot_one(self.view.towards).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
        let q = p + normal * (slope * 0.0030 + number(0.0012)) - V3x4::splat(self.view.centre);
        let k = self.view.side as f32 / (2.0 * HALF_M);
        let across = |axis: V3| (q.dot_one(axis) + number(HALF_M)) * k;
        let (x, y, mine) = (across(self.view.across[0]), across(self.view.across[1]), q.dot_one(self.view.towards) + number(4.0022));
        let (low, high) = (x.fast_min(y), x.fast_max(y));
        let inside = low.simd_gt(number(2.0)) & number(self.view.side as f32 - 3.0).simd_gt(high);
        if !inside.any() {
            return f32x4::ONE;
        }
        let ((ix, u), (iy, v)) = (split4(x - number(0.5)), split4(y - number(0.5)));
        let (inside_at, ix, iy) = (inside.to_bitmask(), ix.to_array(), iy.to_array());
        // Outside of the map nothing is near.
        let near = |k: usize| {
            let found = if inside_at >> k & 1 == 1 { self.two_by_two(ix[k], iy[k]) } else { None };
            f32x4::new(found.unwrap_or([f32::NEG_INFINITY; 4]))
        };
        let [a, b, c, d] = f32x4::transpose([near(0), near(1), near(2), near(3)]);
        let lit = |near: f32x4, share: f32x4| near.simd_le(mine) & share;
        let left = f32x4::ONE - u;
        (f32x4::ONE - v) * (lit(a, left) + lit(b, u)) + v * (lit(c, left) + lit(d, u))
    }

    /// Share of the lamp's light that reaches a camera-space point whose normal is `normal`.
    #[inline]
    pub fn light_at(&self, p: V3, normal: V3) -> f32 {
        // Leave the surface a little, the more the flatter the light falls.
        let slope = 1.0 - normal.dot(self.view.towards).clamp(0.0, 1.0);
        let [x, y, mine] = self.view.place(p + normal * (0.0012 + 0.0030 * slope));
        let limit = self.view.side as f32 - 3.0;
        if !(x > 2.0 && y > 2.0 && x < limit && y < limit) {
            return 1.0;
        }
        let mine = mine + 0.0022;
        if !self.is_fine() {
            // Few and large samples: two by two are soft enough.
            let ((ix, u), (iy, v)) = (split(x - 0.5), split(y - 0.5));
            let Some([a, b, c, d]) = self.two_by_two(ix, iy) else { return 1.0 };
            let lit = |near: f32, share: f32| if near <= mine { share } else { 0.0 };
            return (1.0 - v) * (lit(a, 1.0 - u) + lit(b, u)) + v * (lit(c, 1.0 - u) + lit(d, u));
        }
        // A 3 x 3 window, weighted so that its edge moves smoothly; where its corners agree, so does the rest.
        let ((ix, u), (iy, v)) = (split(x - 0.5), split(y - 0.5));
        let (ix, iy) = (ix as usize, iy as usize);
        let block = self.nearest.get(iy / BLOCK * self.view.side.div_ceil(BLOCK) + ix / BLOCK);
        if block.is_some_and(|nearest| *nearest <= mine) {
            return 1.0;
        }
        let corner = |i: usize, j: usize| self.near.get((iy + j - 1) * self.view.side + ix + i - 1).is_some_and(|near| *near <= mine);
        let first = corner(0, 0);
        if first == corner(3, 0) && first == corner(0, 3) && first == corner(3, 3) && first == corner(1, 1) {
            return f32::from(first);
        }
        let weights = [1.0 - u, 1.0, 1.0, u];
        let mut sum = 0.0;
        for (j, weight) in [1.0 - v, 1.0, 1.0, v].into_iter().enumerate() {
            let start = (iy + j - 1) * self.view.side + ix - 1;
            let Some(row) = self.near.get(start..).and_then(|r| r.first_chunk::<4>()) else { continue };
            let mut line = 0.0;
            for k in 0..4 {
                line += if row[k] <= mine { weights[k] } else { 0.0 };
            }
            sum += line * weight;
        }
        sum * (1.0 / 9.0)
    }
}

/// How the map lies; enough to draw into its bands.
#[derive(Clone, Copy, Debug)]
pub struct ShadowView {
    side: usize,
    /// Towards the lamp, and two axes across, unit length, camera space.
    pub(crate) towards: V3,
    pub(crate) across: [V3; 2],
    pub(crate) centre: V3,
}

impl ShadowView {
    /// A map of `side` x `side` samples, turned towards a lamp, around a centre of interest.
    pub(crate) fn new(side: usize, towards: V3, centre: V3) -> ShadowView {
        let towards = towards.unit();
        let u = towards.perpendicular();
        ShadowView { side, towards, across: [u, towards.cross(u)], centre }
    }

    #[inline]
    fn place(&self, p: V3) -> [f32; 3] {
        let q = p - self.centre;
        let k = self.side as f32 / (2.0 * HALF_M);
        [(q.dot(self.across[0]) + HALF_M) * k, (q.dot(self.across[1]) + HALF_M) * k, 4.0 + q.dot(self.towards)]
    }

    /// Draws everything that throws a shadow into one band.
    pub fn draw(&self, geometry: &Geometry, band: &mut Band<'_>) {
        band.near.fill(0.0);
        let side = self.side as f32;
        for t in &geometry.casters {
            let corners = t.map(|i| self.place(geometry.vertices[i as usize].at));
            let [a, b, c] = corners;
            let outside = |k: usize| (a[k] < 0.0 && b[k] < 0.0 && c[k] < 0.0) || (a[k] > side && b[k] > side && c[k] > side);
            if outside(0) || outside(1) || a[2].min(b[2]).min(c[2]) < 0.1 {
                continue;
            }
            band.triangle(0, corners);
        }
    }
}
