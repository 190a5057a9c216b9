//! Four numbers or vectors side by side: what shading does to four places of a surface at once.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use wide::{f32x4, i32x4};

use super::vec3::V3;

/// Four vectors, coordinate by coordinate.
#[derive(Clone, Copy, Debug)]
pub struct V3x4 {
    /// First coordinates, or red.
    pub x: f32x4,
    /// Second coordinates, or green.
    pub y: f32x4,
    /// Third coordinates, or blue.
    pub z: f32x4,
}

impl V3x4 {
    /// Zero four times.
    pub const ZERO: V3x4 = V3x4 { x: f32x4::ZERO, y: f32x4::ZERO, z: f32x4::ZERO };

    /// One vector four times.
    #[inline]
    pub fn splat(v: V3) -> V3x4 {
        V3x4 { x: f32x4::splat(v.x), y: f32x4::splat(v.y), z: f32x4::splat(v.z) }
    }

    /// Four vectors.
    #[inline]
    pub fn of(rows: [V3; 4]) -> V3x4 {
        let [a, b, c, d] = rows;
        let lanes = |v: V3| f32x4::new(v.lanes());
        let [x, y, z, _] = f32x4::transpose([lanes(a), lanes(b), lanes(c), lanes(d)]);
        V3x4 { x, y, z }
    }

    /// The four vectors one by one.
    #[inline]
    pub fn rows(self) -> [V3; 4] {
        let [a, b, c, d] = f32x4::transpose([self.x, self.y, self.z, f32x4::ZERO]);
        let row = |r: f32x4| V3::from_lanes(r.to_array());
        [row(a), row(b), row(c), row(d)]
    }

    /// Scalar products.
    #[inline]
    pub fn dot(self, o: V3x4) -> f32x4 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    /// Scalar products with one vector.
    #[inline]
    pub fn dot_one(self, o: V3) -> f32x4 {
        self.x * f32x4::splat(o.x) + self.y * f32x4::splat(o.y) + self.z * f32x4::splat(o.z)
    }

    /// Products coordinate by coordinate.
    #[inline]
    #[must_use]
    pub fn times(self, o: V3x4) -> V3x4 {
        V3x4 { x: self.x * o.x, y: self.y * o.y, z: self.z * o.z }
    }

    /// Products with one vector, coordinate by coordinate.
    #[inline]
    #[must_use]
    pub fn times_one(self, o: V3) -> V3x4 {
        V3x4 { x: self.x * f32x4::splat(o.x), y: self.y * f32x4::splat(o.y), z: self.z * f32x4::splat(o.z) }
    }

    /// `self` at 0, `o` at 1.
    #[inline]
    #[must_use]
    pub fn lerp(self, o: V3x4, t: f32x4) -> V3x4 {
        self + (o - self) * t
    }

    /// `self` at 0, one colour at 1.
    #[inline]
    #[must_use]
    pub fn lerp_one(self, o: V3, t: f32x4) -> V3x4 {
        self.lerp(V3x4::splat(o), t)
    }

    /// Same directions, length one.
    #[inline]
    #[must_use]
    pub fn unit(self) -> V3x4 {
        self * (f32x4::ONE / (self.dot(self) + f32x4::splat(1e-20)).sqrt())
    }

    /// Negative coordinates become zero.
    #[inline]
    #[must_use]
    pub fn positive(self) -> V3x4 {
        V3x4 { x: self.x.fast_max(f32x4::ZERO), y: self.y.fast_max(f32x4::ZERO), z: self.z.fast_max(f32x4::ZERO) }
    }
}

impl Add for V3x4 {
    type Output = V3x4;
    #[inline]
    fn add(self, o: V3x4) -> V3x4 {
        V3x4 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}

impl AddAssign for V3x4 {
    #[inline]
    fn add_assign(&mut self, o: V3x4) {
        *self = *self + o;
    }
}

impl Sub for V3x4 {
    type Output = V3x4;
    #[inline]
    fn sub(self, o: V3x4) -> V3x4 {
        V3x4 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
    }
}

impl Mul<f32x4> for V3x4 {
    type Output = V3x4;
    #[inline]
    fn mul(self, k: f32x4) -> V3x4 {
        V3x4 { x: self.x * k, y: self.y * k, z: self.z * k }
    }
}

impl Mul<f32> for V3x4 {
    type Output = V3x4;
    #[inline]
    fn mul(self, k: f32) -> V3x4 {
        self * f32x4::splat(k)
    }
}

impl Neg for V3x4 {
    type Output = V3x4;
    #[inline]
    fn neg(self) -> V3x4 {
        V3x4::ZERO - self
    }
}

/// [`smoothstep`](super::vec3::smoothstep) of four numbers.
#[inline]
pub fn smoothstep4(a: f32, b: f32, x: f32x4) -> f32x4 {
    let t = ((x - f32x4::splat(a)) * f32x4::splat(1.0 / (b - a))).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
    t * t * (f32x4::splat(3.0) - t - t)
}

/// [`split`](super::vec3::split) of four numbers.
#[inline]
pub fn split4(x: f32x4) -> (i32x4, f32x4) {
    let whole = (x - f32x4::splat(0.5)).fast_round_int();
    (whole, x - whole.round_float())
}

#[cfg(test)]
mod tests {
    use super::super::vec3::{smoothstep, split, v3};
    use super::*;

    #[test]
    fn four_at_once_are_four_one_by_one() {
        let mut r = crate::rng::Rng::new(8);
        for _ in 0..500 {
            let v: [V3; 4] = std::array::from_fn(|_| v3(r.range(-3.0, 3.0) as f32, r.range(-3.0, 3.0) as f32, r.range(-3.0, 3.0) as f32));
            let o = v3(0.3, -0.2, 1.5);
            let four = V3x4::of(v);
            assert_eq!(four.rows(), v);
            let (dots, units) = (four.dot_one(o).to_array(), four.unit().rows());
            let xs = f32x4::new(v.map(|v| v.x));
            let (steps, (whole, rest)) = (smoothstep4(1.0, -0.5, xs).to_array(), split4(xs));
            for k in 0..4 {
                assert!((dots[k] - v[k].dot(o)).abs() < 1e-5 && (units[k] - v[k].unit()).norm() < 1e-5);
                assert!((steps[k] - smoothstep(1.0, -0.5, v[k].x)).abs() < 1e-5);
                assert_eq!((whole.to_array()[k], rest.to_array()[k]), split(v[k].x));
            }
        }
    }
}
