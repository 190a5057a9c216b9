//! How dark hollows are: what stands around a place takes light from it.

use wide::f32x4;

use super::window::{REACH, Window};

/// Further away hollows are too small to be seen, metres.
const FAR_M: f32 = 1.2;
/// How far around a place one looks, metres.
const RADIUS_M: f32 = 0.016;

#[inline]
fn number(x: f32) -> f32x4 {
    f32x4::splat(x)
}

/// Four places around a middle, and those opposite of them.
#[inline(always)]
fn pairs([full, part, slant]: [i32; 3], near: impl Fn(i32, i32) -> f32) -> (f32x4, f32x4) {
    let around = |k: i32| {
        let (f, p, s) = (k * full, k * part, k * slant);
        f32x4::new([near(f, p), near(-p, f), near(s, s), near(-s, s)])
    };
    (around(1), around(-1))
}

impl Window {
    /// 1 in the open, less in hollows: inverse depth is linear on planes, so that pairs of opposite samples that are nearer on
    /// average than their middle mean a hollow. `focal` is in samples.
    #[inline]
    pub(super) fn crevice(&self, px: f32, py: f32, z: f32, focal: f32) -> f32 {
        let r = RADIUS_M * focal / z;
        if r < 1.5 || z > FAR_M {
            return 1.0;
        }
        let r = r.min(REACH as f32);
        let w = 1.0 / z;
        let (x, y) = (px as i32, py as i32);
        // A different radius at each of four neighbours keeps edges from being copied as lines.
        let r = r * [0.55, 1.0, 0.8, 0.35][((x >> 2) & 1 | (y >> 1) & 2) as usize];
        let radius_m = r / (focal * w);
        let (full, part, slant) = (r as i32, (0.25 * r) as i32, (0.42 * r) as i32);
        let (ahead, behind) = if self.has_around(x, y, full) {
            pairs([full, part, slant], |dx, dy| self.near_inside(x + dx, y + dy))
        } else {
            pairs([full, part, slant], |dx, dy| self.near_at(x + dx, y + dy))
        };
        // Metres nearer than the middle; what is much nearer floats in front and shades nothing.
        let (a, b) = ((ahead - number(w)) * (z * z), (behind - number(w)) * (z * z));
        let near = (f32x4::ONE - a.fast_max(b) * (1.0 / 0.030)).fast_max(f32x4::ZERO);
        let least = number(-0.02);
        let hollow = (a.fast_max(least) + b.fast_max(least)) * f32x4::new([1.0, 1.0, 2.0, 2.0]) * (0.5 / radius_m);
        let lost = ((hollow - number(0.06)).fast_max(f32x4::ZERO).fast_min(number(0.9)) * near).reduce_add();
        1.0 - 0.8 * (lost * 0.25).min(0.9)
    }
}
