//! Linear light read between pixels, at four places at once: as sharp as the lens is, or along a movement.

use wide::f32x4;

use super::develop::{Development, Negative};
use crate::mesh::lanes::split4;
use crate::mesh::vec3::split;

/// Samples along the movement.
const TAPS: usize = 9;

/// How light moves over a tile and around it while the shutter is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sweep {
    /// The longest way, pixels.
    pub(super) way: [f32; 2],
    /// Its length.
    pub(super) length: f32,
    /// All ways in the tile are about as long.
    pub(super) alike: bool,
}

impl Sweep {
    /// Samples along the way: reading between pixels bridges what lies between two of them.
    fn taps(&self) -> usize {
        ((self.length * 0.6) as usize + 2).min(TAPS)
    }
}

/// Four places in a picture, pixels.
#[derive(Clone, Copy)]
pub(super) struct Four {
    pub(super) x: f32x4,
    pub(super) y: f32x4,
}

impl Four {
    /// As far from these places.
    fn moved(self, dx: f32, dy: f32) -> Four {
        Four { x: self.x + f32x4::splat(dx), y: self.y + f32x4::splat(dy) }
    }
}

/// Reads a negative.
pub(super) struct Gather<'a> {
    from: &'a Negative<'a>,
    width: usize,
    height: usize,
    /// The furthest places that still have a neighbour to the right and below.
    last: [f32x4; 2],
    /// A perfect lens: pixels come from pixels.
    straight: bool,
}

impl<'a> Gather<'a> {
    pub(super) fn new(from: &'a Negative<'a>, [width, height]: [usize; 2], straight: bool) -> Gather<'a> {
        let last = [width, height].map(|size| f32x4::splat((size as f32 - 1.001).max(0.0)));
        Gather { from, width, height, last, straight }
    }

    #[inline]
    fn index(&self, p: [f32; 2]) -> usize {
        let x = split(p[0].clamp(0.0, self.width as f32 - 1.0) + 0.5).0 as usize;
        let y = split(p[1].clamp(0.0, self.height as f32 - 1.0) + 0.5).0 as usize;
        y.min(self.height - 1) * self.width + x.min(self.width - 1)
    }

    /// Where the four pixels around each of four places begin, and the shares that these have in it.
    #[inline(always)]
    fn around(&self, p: Four, weights: f32x4) -> ([usize; 4], [[f32; 4]; 4]) {
        let inside = |v: f32x4, last: f32x4| v.fast_max(f32x4::ZERO).fast_min(last);
        let ((x, u), (y, v)) = (split4(inside(p.x, self.last[0])), split4(inside(p.y, self.last[1])));
        let (above, below) = (weights * (f32x4::ONE - v), weights * v);
        let (above_right, below_right) = (above * u, below * u);
        let (x, y) = (x.to_array(), y.to_array());
        let at = |k: usize| y[k] as usize * self.width + x[k] as usize;
        let shares = [above - above_right, above_right, below - below_right, below_right].map(f32x4::to_array);
        ([at(0), at(1), at(2), at(3)], shares)
    }

    /// The light at four places, each times its weight.
    #[inline(always)]
    fn between(&self, p: Four, weights: f32x4) -> [f32x4; 4] {
        let (at, shares) = self.around(p, weights);
        [self.mix(at[0], &shares, 0), self.mix(at[1], &shares, 1), self.mix(at[2], &shares, 2), self.mix(at[3], &shares, 3)]
    }

    /// The mix of the pixel number `at`, those to its right, below, and to the right below, by the `k`th of each share.
    #[inline(always)]
    fn mix(&self, at: usize, shares: &[[f32; 4]; 4], k: usize) -> f32x4 {
        let [s, t, q, r] = [shares[0][k], shares[1][k], shares[2][k], shares[3][k]];
        let light = self.from.light;
        let pair = |at: usize| light.get(at..).and_then(|c| c.first_chunk::<2>());
        if let (Some([a, b]), Some([c, e])) = (pair(at), pair(at + self.width)) {
            (*a * s + *b * t) + (*c * q + *e * r)
        } else {
            // The last column of the last row, or a picture of one row.
            light.get(at).copied().unwrap_or(f32x4::ZERO) * (s + t + q + r)
        }
    }

    /// What stands still at four places, as sharp as the lens is.
    #[inline]
    pub(super) fn sharp(&self, d: &Development, p: Four) -> [f32x4; 4] {
        // Places on a circle: the mean of a small disk, nearly. Reading between pixels blurs as well, so that two do for a small one.
        const ROUND: [[f32; 2]; 3] = [[1.0, 0.1], [-0.59, 0.81], [-0.41, -0.91]];
        const TWO: [[f32; 2]; 2] = [[1.0, 0.6], [-1.0, -0.6]];
        let taps: &[[f32; 2]] = match d.blur_px {
            b if b < 0.25 => &[[0.0, 0.0]],
            b if b < 0.7 => &TWO,
            _ => &ROUND,
        };
        if d.blur_px < 0.25 && self.straight {
            let (x, y) = (p.x.to_array(), p.y.to_array());
            return [0, 1, 2, 3].map(|k| self.from.light[self.index([x[k], y[k]])]);
        }
        let radius = 0.8 * d.blur_px;
        let weights = f32x4::splat(1.0 / taps.len() as f32);
        let mut sums = [f32x4::ZERO; 4];
        for [dx, dy] in taps {
            add(&mut sums, self.between(p.moved(radius * dx, radius * dy), weights));
        }
        sums
    }

    /// Light gathered along the movement while the shutter is open.
    #[inline]
    pub(super) fn swept(&self, d: &Development, p: Four, sweep: &Sweep) -> [f32x4; 4] {
        if sweep.alike {
            return self.swept_alike(p, sweep);
        }
        let (x, y) = (p.x.to_array(), p.y.to_array());
        let light = |k: usize| self.swept_past(d, [x[k], y[k]], sweep);
        [light(0), light(1), light(2), light(3)]
    }

    /// [`Gather::swept`] where everything nearby moves alike.
    #[inline]
    fn swept_alike(&self, p: Four, sweep: &Sweep) -> [f32x4; 4] {
        let taps = sweep.taps();
        let share = 1.0 / taps as f32;
        let half = 0.5 * (taps - 1) as f32;
        let [dx, dy] = sweep.way.map(|v| v * share);
        let mut sums = [f32x4::ZERO; 4];
        for tap in 0..taps {
            let step = tap as f32 - half;
            add(&mut sums, self.between(p.moved(step * dx, step * dy), f32x4::ONE));
        }
        sums.map(|sum| sum * f32x4::splat(share))
    }

    /// [`Gather::swept`] at one place where things pass one another.
    ///
    /// The largest movement nearby gives the direction (after McGuire et al., "A Reconstruction Filter for Plausible Motion Blur",
    /// 2012); each place along it counts where it sweeps over this pixel, or where this pixel's own movement uncovers it.
    fn swept_past(&self, d: &Development, p: [f32; 2], sweep: &Sweep) -> f32x4 {
        let from = self.from;
        let taps = sweep.taps();
        let share = 1.0 / taps as f32;
        let half = 0.5 * (taps - 1) as f32;
        let way_of = |i: usize| {
            let [x, y] = from.flow[i];
            (x * x + y * y).sqrt() * d.shutter
        };
        let depth = |i: usize| from.light[i].to_array()[3];
        let nearest = self.index(p);
        let (reach, z) = (0.5 * way_of(nearest) + 0.5, depth(nearest));
        let at = Four { x: f32x4::splat(p[0]), y: f32x4::splat(p[1]) };
        let mut sum = f32x4::ZERO;
        let mut still = 0.0;
        for first in (0..taps).step_by(4) {
            let count = (taps - first).min(4);
            let step = f32x4::new([0.0, 1.0, 2.0, 3.0]) + f32x4::splat(first as f32 - half);
            let q = Four { x: at.x + step * (sweep.way[0] * share), y: at.y + step * (sweep.way[1] * share) };
            let mut weights = [1.0; 4];
            let (distance, x, y) = ((step.abs() * (share * sweep.length)).to_array(), q.x.to_array(), q.y.to_array());
            for k in (0..count).filter(|k| distance[*k] > reach) {
                let j = self.index([x[k], y[k]]);
                if !(depth(j) < z * 0.98 && 0.5 * way_of(j) + 0.5 >= distance[k]) {
                    weights[k] = 0.0;
                    still += 1.0;
                }
            }
            let (at, shares) = self.around(q, f32x4::new(weights));
            for (k, at) in at.into_iter().enumerate().take(count) {
                sum += self.mix(at, &shares, k);
            }
        }
        if still > 0.0 {
            sum += self.sharp(d, at)[0] * f32x4::splat(still);
        }
        sum * f32x4::splat(share)
    }
}

#[inline(always)]
fn add(sums: &mut [f32x4; 4], lights: [f32x4; 4]) {
    sums.iter_mut().zip(lights).for_each(|(sum, light)| *sum += light);
}
