//! Paths of parts, wrists and fingers over time, evaluated at any instant.

use crate::hand::HandAngles;
use crate::space::{Pose, Vec3, minimum_jerk, mix, origin, pose, slerp, turn_z};

/// What a pose is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The room.
    World,
    /// A part of an object: object number, part number.
    Part(usize, usize),
}

/// A pose in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// What it is measured from.
    pub frame: Frame,
    /// `frame_from_thing`.
    pub pose: Pose,
}

impl Anchor {
    /// A pose in the room.
    pub fn world(pose: Pose) -> Anchor {
        Anchor { frame: Frame::World, pose }
    }
}

/// One stretch of a part's path, minimum-jerk from one pose to the next in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartLeg {
    /// Begins, seconds.
    pub t0: f64,
    /// Ends, seconds.
    pub t1: f64,
    /// What `from` and `to` are measured from.
    pub frame: Frame,
    /// Pose at `t0`.
    pub from: Pose,
    /// Pose at `t1`.
    pub to: Pose,
    /// Extra height half-way, along the frame's z, metres.
    pub lift_m: f64,
    /// Turn around its own z during the leg, radians; replaces the way from one rotation to the other.
    pub spin: f64,
    /// Whether a hand carries it through the air: then it shares the hand's tremor.
    pub carried: bool,
}

impl PartLeg {
    /// Stays in a frame from now on.
    pub fn still(t0: f64, frame: Frame, at: Pose) -> PartLeg {
        PartLeg { t0, t1: t0, frame, from: at, to: at, lift_m: 0.0, spin: 0.0, carried: false }
    }

    /// Pose in `self.frame` at `t`.
    pub fn at(&self, t: f64) -> Pose {
        if t >= self.t1 {
            return self.to;
        }
        let u = share(self.t0, self.t1, t);
        let s = minimum_jerk(u);
        let (a, b) = (origin(&self.from), origin(&self.to));
        let mut p = a + (b - a) * s;
        p.z += self.lift_m * bell(u);
        let turned =
            if self.spin == 0.0 { slerp(self.from.rotation, self.to.rotation, s) } else { self.from.rotation * turn_z(self.spin * s) };
        pose(p, turned)
    }
}

/// One stretch of a wrist's path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WristLeg {
    /// Moves with a part.
    Held {
        /// Object number.
        object: usize,
        /// Part number.
        part: usize,
        /// The wrist in the part's frame.
        part_from_hand: Pose,
        /// Which tips touch.
        contact: [bool; 5],
    },
    /// Moves through the air on a cubic curve, minimum-jerk in time.
    Free {
        /// Where it begins.
        from: Anchor,
        /// Where it ends.
        to: Anchor,
        /// First control point, from the beginning, world metres.
        depart: Vec3,
        /// Second control point, from the end, world metres.
        arrive: Vec3,
    },
}

/// A wrist leg with its time; it lasts until the next one begins, standing still after `t1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedWrist {
    /// Begins, seconds.
    pub t0: f64,
    /// The movement ends, seconds.
    pub t1: f64,
    /// What happens.
    pub leg: WristLeg,
}

/// A posture of the fingers at a time; minimum-jerk in between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FingerKey {
    /// When, seconds.
    pub t: f64,
    /// The angles then.
    pub angles: HandAngles,
}

/// Where `t` lies between two times, 0..1.
pub fn share(t0: f64, t1: f64, t: f64) -> f64 {
    if t1 - t0 > 1e-9 { ((t - t0) / (t1 - t0)).clamp(0.0, 1.0) } else { 1.0 }
}

/// 0 at both ends with zero slope and curvature, 1 in the middle.
pub fn bell(u: f64) -> f64 {
    let v = 4.0 * u * (1.0 - u);
    v * v * v
}

/// Fingers at `t`: digits do not close in step, the little finger side leads a little.
pub fn fingers_at(keys: &[FingerKey], t: f64) -> HandAngles {
    let next = keys.partition_point(|k| k.t <= t);
    let Some(last) = next.checked_sub(1).and_then(|i| keys.get(i)) else {
        return keys.first().map_or(HandAngles([[0.0; 4]; 5]), |k| k.angles);
    };
    let Some(to) = keys.get(next) else { return last.angles };
    if last.angles == to.angles {
        return last.angles;
    }
    let u = share(last.t, to.t, t);
    HandAngles(std::array::from_fn(|d| {
        // Later digits of the row start earlier; all arrive together.
        let early = 0.06 * d as f64;
        let s = minimum_jerk(u * (1.0 + early) - early * u * u);
        std::array::from_fn(|a| mix(last.angles.0[d][a], to.angles.0[d][a], s))
    }))
}

/// The item of a time-ordered list that is in force at `t`; the first one before it begins.
pub fn current<T>(list: &[T], begins: impl Fn(&T) -> f64, t: f64) -> Option<usize> {
    if list.is_empty() {
        return None;
    }
    Some(list.partition_point(|item| begins(item) <= t).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hand::Posture;
    use crate::space::{Turn, vec3};

    #[test]
    fn a_leg_goes_from_here_to_there_over_the_lift() {
        let at = |x, z| pose(vec3(x, 0.0, z), Turn::identity());
        let leg =
            PartLeg { t0: 1.0, t1: 3.0, frame: Frame::World, from: at(0.0, 0.0), to: at(1.0, 0.0), lift_m: 0.1, spin: 0.0, carried: true };
        assert_eq!((leg.at(0.0), leg.at(3.5)), (at(0.0, 0.0), at(1.0, 0.0)));
        assert!((origin(&leg.at(2.0)) - vec3(0.5, 0.0, 0.1)).norm() < 1e-12);
    }

    #[test]
    fn fingers_stand_on_their_keys() {
        let (a, b) = (HandAngles::posture(Posture::Flat), HandAngles::posture(Posture::Fist));
        let keys = [FingerKey { t: 1.0, angles: a }, FingerKey { t: 2.0, angles: b }];
        assert_eq!((fingers_at(&keys, 0.0), fingers_at(&keys, 1.0), fingers_at(&keys, 2.0), fingers_at(&keys, 9.0)), (a, a, b, b));
        let middle = fingers_at(&keys, 1.5);
        assert!(middle.0[4][1] > middle.0[1][1] * 0.9 && middle.excess() < 0.02);
    }
}
