//! The wearer's head: where the camera is and where it looks.

use super::tracks::Wobble;
use crate::rng::Rng;
use crate::space::{Pose, Vec3, deg, minimum_jerk, pose, turn, turn_from_axes, unit, vec3};

/// A gaze shift with the head takes about this long, seconds.
const SHIFT_S: f64 = 0.55;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Glance {
    t0: f64,
    from: Vec3,
    to: Vec3,
}

/// The path of the head camera.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTrack {
    eyes_m: Vec3,
    /// What the head points at when the eyes look nowhere in particular.
    centre_m: Vec3,
    /// Share of a gaze shift that the head makes (the eyes do the rest).
    follows: f64,
    glances: Vec<Glance>,
    sway: Wobble,
    shake: Wobble,
    roll: f64,
}

impl HeadTrack {
    /// A head at `eyes_m` that follows these looks (from when, at what); `restless` scales its own motion: 0 is fixed.
    pub fn new(eyes_m: Vec3, mut looks: Vec<(f64, Vec3)>, restless: f64, rng: &mut Rng) -> HeadTrack {
        looks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let centre_m = vec3(rng.range(-0.05, 0.05), rng.range(0.27, 0.34), rng.range(0.03, 0.10));
        let mut head = HeadTrack {
            eyes_m,
            centre_m,
            follows: rng.range(0.35, 0.65),
            glances: Vec::with_capacity(looks.len()),
            sway: Wobble::draw(0.22, 0.007 * restless, 1.7, 0.0009 * restless, rng),
            shake: Wobble::draw(0.30, deg(1.3) * restless, 2.1, deg(0.16) * restless, rng),
            roll: deg(2.0) * rng.normal().clamp(-2.0, 2.0),
        };
        for (t0, to) in looks {
            let from = head.target(t0);
            // A look before the clip has been taken already.
            let t0 = if t0 <= 0.0 { -SHIFT_S } else { t0 };
            head.glances.push(Glance { t0, from, to });
        }
        head
    }

    fn target(&self, t: f64) -> Vec3 {
        let next = self.glances.partition_point(|g| g.t0 <= t);
        match next.checked_sub(1).and_then(|i| self.glances.get(i)) {
            Some(g) => g.from + (g.to - g.from) * minimum_jerk((t - g.t0) / SHIFT_S),
            None => self.centre_m,
        }
    }

    /// `world_from_camera` at `t`: x right, y down, z ahead.
    pub fn at(&self, t: f64) -> Pose {
        let target = self.centre_m + (self.target(t) - self.centre_m) * self.follows;
        let eyes = self.eyes_m + self.sway.at(t);
        let ahead = unit(target - eyes);
        let right = unit(ahead.cross(&Vec3::z()));
        let down = ahead.cross(&right);
        let look = turn_from_axes(right, down, ahead);
        let shake = self.shake.at(t) + vec3(0.0, 0.0, self.roll);
        let size = libm::sqrt(shake.dot(&shake));
        pose(eyes, if size > 1e-12 { look * turn(shake, size) } else { look })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::origin;

    #[test]
    fn the_workspace_lies_ahead_and_the_picture_is_upright() {
        let mut r = Rng::new(2);
        let head = HeadTrack::new(vec3(0.0, 0.0, 0.45), vec![(0.0, vec3(0.1, 0.3, 0.1)), (1.0, vec3(-0.2, 0.3, 0.0))], 1.0, &mut r);
        for k in 0..100 {
            let at = head.at(0.03 * f64::from(k));
            let p = at.inverse_transform_point(&nalgebra::Point3::new(0.0, 0.3, 0.05));
            assert!(p.z > 0.3 && p.x.abs() < 0.15 && p.y.abs() < 0.15, "{p}");
            assert!((at.rotation * Vec3::y()).z < -0.4, "down in the picture is down in the room");
            let step = (origin(&at) - origin(&head.at(0.03 * f64::from(k) + 0.03))).norm();
            assert!(step < 0.004, "{step}");
        }
    }
}
