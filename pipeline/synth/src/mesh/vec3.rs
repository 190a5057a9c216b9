//! Vectors, rotations and affine maps in single precision: what pictures need. Truth uses double precision elsewhere.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// Three numbers: a point in metres, a direction, or a linear colour.
///
/// Four lanes, the last one unused, so that sums and products are one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(16))]
pub struct V3 {
    /// First coordinate, or red.
    pub x: f32,
    /// Second coordinate, or green.
    pub y: f32,
    /// Third coordinate, or blue.
    pub z: f32,
    rest: f32,
}

/// A [`V3`] of its coordinates.
#[inline(always)]
pub const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z, rest: 0.0 }
}

impl V3 {
    /// The origin, or black.
    pub const ZERO: V3 = v3(0.0, 0.0, 0.0);
    /// One in all coordinates, or white.
    pub const ONE: V3 = v3(1.0, 1.0, 1.0);

    /// The coordinates, and a fourth number that means nothing.
    #[inline(always)]
    pub fn lanes(self) -> [f32; 4] {
        [self.x, self.y, self.z, self.rest]
    }

    /// A vector of the first three of four numbers; the fourth means nothing.
    #[inline(always)]
    pub fn from_lanes([x, y, z, rest]: [f32; 4]) -> V3 {
        V3 { x, y, z, rest }
    }

    /// Scalar product.
    #[inline]
    pub fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    /// Vector product.
    #[inline]
    #[must_use]
    pub fn cross(self, o: V3) -> V3 {
        v3(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }

    /// Euclidean length.
    #[inline]
    pub fn norm(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// Same direction, length one; a zero vector stays (nearly) zero.
    #[inline]
    #[must_use]
    pub fn unit(self) -> V3 {
        self * (1.0 / (self.dot(self) + 1e-20).sqrt())
    }

    /// Product coordinate by coordinate.
    #[inline]
    #[must_use]
    pub fn times(self, o: V3) -> V3 {
        V3 { x: self.x * o.x, y: self.y * o.y, z: self.z * o.z, rest: self.rest * o.rest }
    }

    /// `self` at 0, `o` at 1.
    #[inline]
    #[must_use]
    pub fn lerp(self, o: V3, t: f32) -> V3 {
        self + (o - self) * t
    }

    /// Absolute values.
    #[inline]
    #[must_use]
    pub fn abs(self) -> V3 {
        v3(self.x.abs(), self.y.abs(), self.z.abs())
    }

    /// Smaller of each coordinate.
    #[inline]
    #[must_use]
    pub fn min(self, o: V3) -> V3 {
        v3(self.x.min(o.x), self.y.min(o.y), self.z.min(o.z))
    }

    /// Larger of each coordinate.
    #[inline]
    #[must_use]
    pub fn max(self, o: V3) -> V3 {
        v3(self.x.max(o.x), self.y.max(o.y), self.z.max(o.z))
    }

    /// Any unit vector at right angles to this one.
    #[must_use]
    pub fn perpendicular(self) -> V3 {
        let a = self.abs();
        let other = if a.x <= a.y && a.x <= a.z {
            v3(1.0, 0.0, 0.0)
        } else if a.y <= a.z {
            v3(0.0, 1.0, 0.0)
        } else {
            v3(0.0, 0.0, 1.0)
        };
        self.cross(other).unit()
    }
}

impl From<[f64; 3]> for V3 {
    fn from(a: [f64; 3]) -> V3 {
        v3(a[0] as f32, a[1] as f32, a[2] as f32)
    }
}

impl From<V3> for [f32; 3] {
    fn from(a: V3) -> [f32; 3] {
        [a.x, a.y, a.z]
    }
}

impl Add for V3 {
    type Output = V3;
    #[inline]
    fn add(self, o: V3) -> V3 {
        V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z, rest: self.rest + o.rest }
    }
}

impl AddAssign for V3 {
    #[inline]
    fn add_assign(&mut self, o: V3) {
        *self = *self + o;
    }
}

impl Sub for V3 {
    type Output = V3;
    #[inline]
    fn sub(self, o: V3) -> V3 {
        V3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z, rest: self.rest - o.rest }
    }
}

impl Mul<f32> for V3 {
    type Output = V3;
    #[inline]
    fn mul(self, k: f32) -> V3 {
        V3 { x: self.x * k, y: self.y * k, z: self.z * k, rest: self.rest * k }
    }
}

impl Neg for V3 {
    type Output = V3;
    #[inline]
    fn neg(self) -> V3 {
        v3(-self.x, -self.y, -self.z)
    }
}

/// An affine map `p -> columns * p + origin`; with orthonormal columns the pose of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Images of the three axes.
    pub columns: [V3; 3],
    /// Image of the origin, metres.
    pub origin: V3,
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Affine = Affine { columns: [v3(1.0, 0.0, 0.0), v3(0.0, 1.0, 0.0), v3(0.0, 0.0, 1.0)], origin: V3::ZERO };

    /// The map of a direction.
    #[inline]
    pub fn direction(&self, d: V3) -> V3 {
        self.columns[0] * d.x + self.columns[1] * d.y + self.columns[2] * d.z
    }

    /// The map of a point.
    #[inline]
    pub fn point(&self, p: V3) -> V3 {
        self.direction(p) + self.origin
    }

    /// `self` after `first`.
    #[must_use]
    pub fn after(&self, first: &Affine) -> Affine {
        Affine { columns: first.columns.map(|c| self.direction(c)), origin: self.point(first.origin) }
    }

    /// The inverse of a rigid pose (orthonormal columns).
    #[must_use]
    pub fn rigid_inverse(&self) -> Affine {
        let [a, b, c] = self.columns;
        let t = Affine { columns: [v3(a.x, b.x, c.x), v3(a.y, b.y, c.y), v3(a.z, b.z, c.z)], origin: V3::ZERO };
        Affine { origin: -t.direction(self.origin), ..t }
    }

    /// The same pose with its axes stretched.
    #[must_use]
    pub fn stretched(&self, k: V3) -> Affine {
        let [a, b, c] = self.columns;
        Affine { columns: [a * k.x, b * k.y, c * k.z], origin: self.origin }
    }

    /// Rotation half-way between two rigid poses, at `origin`.
    #[must_use]
    pub fn halfway(&self, other: &Affine, origin: V3) -> Affine {
        // The sum of two frames, made orthonormal again, is the frame half-way for any angle below a half turn.
        let [a, b, _] = [0, 1, 2].map(|i| self.columns[i] + other.columns[i]);
        let sum_z = self.columns[2] + other.columns[2];
        let x = a.unit();
        let y = b.unit();
        let z = sum_z.unit();
        // Two rounds of averaging with the cross products spread the error over all axes alike.
        let (mut x, mut y, mut z) = ((x + y.cross(z)).unit(), (y + z.cross(x)).unit(), (z + x.cross(y)).unit());
        for _ in 0..2 {
            (x, y, z) = ((x + y.cross(z)).unit(), (y + z.cross(x)).unit(), (z + x.cross(y)).unit());
        }
        let y = (y - x * x.dot(y)).unit();
        Affine { columns: [x, y, x.cross(y)], origin }
    }

    /// The pose at `origin` whose second axis points along `along` and whose third axis is as near to `up` as it can be.
    pub fn looking(origin: V3, along: V3, up: V3) -> Affine {
        let y = along.unit();
        let flat = up - y * y.dot(up);
        let z = if flat.norm() > 1e-6 { flat.unit() } else { y.perpendicular() };
        Affine { columns: [y.cross(z), y, z], origin }
    }
}

/// 0 below `a`, 1 above `b`, smooth between.
#[inline]
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Whole part and rest of a number of magnitude below four million; the library's `floor` is a call on plain x86-64.
#[inline]
pub fn split(x: f32) -> (i32, f32) {
    // Adding 1.5 * 2^23 leaves the number, rounded to a whole one, in the low bits.
    const SHIFT: f32 = 12_582_912.0;
    let shifted = (x - 0.5) + SHIFT;
    let whole = shifted - SHIFT;
    ((shifted.to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32), x - whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting_agrees_with_floor() {
        let mut r = crate::rng::Rng::new(5);
        for _ in 0..10_000 {
            let x = r.range(-50_000.0, 50_000.0) as f32;
            let (whole, rest) = split(x);
            assert!((whole as f32 + rest - x).abs() < 1e-2 && (0.0..=1.0).contains(&rest), "{x}: {whole} and {rest}");
        }
    }

    #[test]
    fn a_pose_and_its_inverse_cancel_and_half_of_a_turn_is_half() {
        let pose = Affine::looking(v3(1.0, 2.0, 3.0), v3(0.3, -0.4, 0.5), v3(0.0, 1.0, 0.2));
        let back = pose.rigid_inverse().after(&pose);
        assert!((back.point(v3(0.2, 0.7, -0.4)) - v3(0.2, 0.7, -0.4)).norm() < 1e-5);
        let (s, c) = (90f32.to_radians().sin(), 90f32.to_radians().cos());
        let turned = Affine { columns: [v3(1.0, 0.0, 0.0), v3(0.0, c, s), v3(0.0, -s, c)], origin: V3::ZERO };
        let half = Affine::IDENTITY.halfway(&turned, V3::ZERO);
        let k = std::f32::consts::FRAC_1_SQRT_2;
        assert!((half.columns[1] - v3(0.0, k, k)).norm() < 1e-4, "{half:?}");
    }
}
