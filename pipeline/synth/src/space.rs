//! Rotations, rigid poses and smooth time courses whose bits are the same on every machine.
//!
//! Products and sums of `f64` and `sqrt` are exact by IEEE 754; every other elementary function comes from `libm`. Do not use
//! the trigonometric constructors of `nalgebra` for poses: they call the platform's own mathematics.
//!
//! World space: metres, right-handed, x to the wearer's right, y ahead, z up; the table top is z = 0, the wearer's head above
//! the origin. Camera space as in `ego_core`: x right, y down, z ahead.

use nalgebra::{Isometry3, Matrix3, Quaternion, Translation3, UnitQuaternion, Vector3};

/// A point or direction, metres.
pub type Vec3 = Vector3<f64>;
/// A rigid pose: `a_from_b` takes points of frame b into frame a.
pub type Pose = Isometry3<f64>;
/// A rotation.
pub type Turn = UnitQuaternion<f64>;

/// A vector from its parts.
pub fn vec3(x: f64, y: f64, z: f64) -> Vec3 {
    Vec3::new(x, y, z)
}

/// The rotation by `angle` (radians, right-handed) around `axis` (any length but zero).
pub fn turn(axis: Vec3, angle: f64) -> Turn {
    let unit = unit(axis);
    let (s, c) = libm::sincos(angle / 2.0);
    Turn::new_unchecked(Quaternion::new(c, unit.x * s, unit.y * s, unit.z * s))
}

/// Rotation around the x axis, radians.
pub fn turn_x(angle: f64) -> Turn {
    let (s, c) = libm::sincos(angle / 2.0);
    Turn::new_unchecked(Quaternion::new(c, s, 0.0, 0.0))
}

/// Rotation around the y axis, radians.
pub fn turn_y(angle: f64) -> Turn {
    let (s, c) = libm::sincos(angle / 2.0);
    Turn::new_unchecked(Quaternion::new(c, 0.0, s, 0.0))
}

/// Rotation around the z axis, radians.
pub fn turn_z(angle: f64) -> Turn {
    let (s, c) = libm::sincos(angle / 2.0);
    Turn::new_unchecked(Quaternion::new(c, 0.0, 0.0, s))
}

/// The vector with length 1; x for a vector without direction.
pub fn unit(v: Vec3) -> Vec3 {
    let n = libm::sqrt(v.dot(&v));
    if n > 1e-12 { v / n } else { Vec3::x() }
}

/// The rotation whose y axis points along `y` and whose z axis lies as near to `z` as it can.
pub fn turn_from_yz(y: Vec3, z: Vec3) -> Turn {
    let y = unit(y);
    let side = y.cross(&z);
    // Parallel directions leave the roll free.
    let x = if side.dot(&side) > 1e-12 { unit(side) } else { unit(y.cross(&vec3(y.y, y.z, y.x + 0.5))) };
    turn_from_axes(x, y, x.cross(&y))
}

/// The rotation whose columns are these three orthonormal axes (Shepperd 1978).
pub fn turn_from_axes(x: Vec3, y: Vec3, z: Vec3) -> Turn {
    let m = Matrix3::from_columns(&[x, y, z]);
    let trace = m[(0, 0)] + m[(1, 1)] + m[(2, 2)];
    let q = if trace > 0.0 {
        let s = libm::sqrt(trace + 1.0) * 2.0;
        Quaternion::new(s / 4.0, (m[(2, 1)] - m[(1, 2)]) / s, (m[(0, 2)] - m[(2, 0)]) / s, (m[(1, 0)] - m[(0, 1)]) / s)
    } else if m[(0, 0)] > m[(1, 1)] && m[(0, 0)] > m[(2, 2)] {
        let s = libm::sqrt(1.0 + m[(0, 0)] - m[(1, 1)] - m[(2, 2)]) * 2.0;
        Quaternion::new((m[(2, 1)] - m[(1, 2)]) / s, s / 4.0, (m[(0, 1)] + m[(1, 0)]) / s, (m[(0, 2)] + m[(2, 0)]) / s)
    } else if m[(1, 1)] > m[(2, 2)] {
        let s = libm::sqrt(1.0 + m[(1, 1)] - m[(0, 0)] - m[(2, 2)]) * 2.0;
        Quaternion::new((m[(0, 2)] - m[(2, 0)]) / s, (m[(0, 1)] + m[(1, 0)]) / s, s / 4.0, (m[(1, 2)] + m[(2, 1)]) / s)
    } else {
        let s = libm::sqrt(1.0 + m[(2, 2)] - m[(0, 0)] - m[(1, 1)]) * 2.0;
        Quaternion::new((m[(1, 0)] - m[(0, 1)]) / s, (m[(0, 2)] + m[(2, 0)]) / s, (m[(1, 2)] + m[(2, 1)]) / s, s / 4.0)
    };
    renormalised(q)
}

/// A unit quaternion from one that is nearly so; the identity for zero.
fn renormalised(q: Quaternion<f64>) -> Turn {
    let n = libm::sqrt(q.w * q.w + q.i * q.i + q.j * q.j + q.k * q.k);
    if n > 1e-12 { Turn::new_unchecked(q / n) } else { Turn::identity() }
}

/// The rotation a share `s` (0..1) of the way from `a` to `b`, the short way, at constant speed.
pub fn slerp(a: Turn, b: Turn, s: f64) -> Turn {
    let mut dot = a.coords.dot(&b.coords);
    let mut end = b.into_inner();
    if dot < 0.0 {
        end = -end;
        dot = -dot;
    }
    let (wa, wb) = if dot > 0.9995 {
        (1.0 - s, s)
    } else {
        let angle = libm::acos(dot.min(1.0));
        let whole = libm::sin(angle);
        (libm::sin((1.0 - s) * angle) / whole, libm::sin(s * angle) / whole)
    };
    renormalised(a.into_inner() * wa + end * wb)
}

/// A pose from where its origin is and how it is turned.
pub fn pose(at: Vec3, turned: Turn) -> Pose {
    Pose::from_parts(Translation3::from(at), turned)
}

/// Where the origin of a pose is.
pub fn origin(p: &Pose) -> Vec3 {
    p.translation.vector
}

/// A point given in the inner frame, seen from the outer one.
pub fn place(p: &Pose, point: Vec3) -> Vec3 {
    p.rotation * point + p.translation.vector
}

/// Share of the way after share `t` of the time on a minimum-jerk path (Flash and Hogan 1985); clamps `t` to 0..1.
pub fn minimum_jerk(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * t * (10.0 + t * (6.0 * t - 15.0))
}

/// `a` at 0, `b` at 1.
pub fn mix(a: f64, b: f64, s: f64) -> f64 {
    a + (b - a) * s
}

/// Degrees to radians.
pub const fn deg(d: f64) -> f64 {
    d * (std::f64::consts::PI / 180.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn quarter_turns_take_axes_to_axes() {
        for (t, from, to) in [
            (turn_x(deg(90.0)), Vec3::y(), Vec3::z()),
            (turn_y(deg(90.0)), Vec3::z(), Vec3::x()),
            (turn_z(deg(90.0)), Vec3::x(), Vec3::y()),
            (turn(Vec3::x() * 3.0, deg(90.0)), Vec3::y(), Vec3::z()),
        ] {
            assert!((t * from - to).norm() < 1e-12);
        }
    }

    #[test]
    fn axes_come_back_from_the_rotation_made_of_them() {
        let mut r = Rng::new(3);
        for _ in 0..1000 {
            let t = turn(vec3(r.normal(), r.normal(), r.normal()), r.range(-7.0, 7.0));
            let again = turn_from_axes(t * Vec3::x(), t * Vec3::y(), t * Vec3::z());
            assert!(t.angle_to(&again) < 1e-7);
            let yz = turn_from_yz(t * Vec3::y(), t * Vec3::z());
            assert!(t.angle_to(&yz) < 1e-7);
        }
    }

    #[test]
    fn slerp_moves_at_constant_speed_and_ends_where_it_should() {
        let mut r = Rng::new(4);
        for _ in 0..300 {
            let a = turn(vec3(r.normal(), r.normal(), r.normal()), r.range(-3.0, 3.0));
            let b = turn(vec3(r.normal(), r.normal(), r.normal()), r.range(-3.0, 3.0));
            let whole = a.angle_to(&b);
            assert!(slerp(a, b, 1.0).angle_to(&b) < 1e-6);
            assert!((slerp(a, b, 0.3).angle_to(&a) - 0.3 * whole).abs() < 1e-3 * whole + 1e-6);
        }
    }

    #[test]
    fn minimum_jerk_starts_and_ends_at_rest() {
        let h = 1e-5;
        assert!(minimum_jerk(h) < 1e-12 && 1.0 - minimum_jerk(1.0 - h) < 1e-12 && (minimum_jerk(0.5) - 0.5).abs() < 1e-12);
        assert!((minimum_jerk(-1.0), minimum_jerk(2.0)) == (0.0, 1.0));
    }
}
