//! All paths of one clip, and where everything is at an instant.

use super::path::{Anchor, FingerKey, Frame, PartLeg, TimedWrist, WristLeg, bell, current, fingers_at, share};
use crate::hand::HandAngles;
use crate::rng::Rng;
use crate::shape::MAX_PARTS;
use crate::space::{Pose, Vec3, minimum_jerk, origin, pose, slerp, turn, vec3};

/// Deepest chain of frames: hand on a lid on a body in the room.
const DEPTH: usize = 4;

/// A small random motion made of sines: tremor, sway.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wobble {
    /// For each axis and each of two sines: amplitude, radians a second, phase.
    waves: [[(f64, f64, f64); 2]; 3],
}

impl Wobble {
    /// Random phases around these frequencies (hertz); amplitudes in metres (or radians) of each sine.
    pub fn draw(slow_hz: f64, slow: f64, fast_hz: f64, fast: f64, rng: &mut Rng) -> Wobble {
        let tau = 2.0 * std::f64::consts::PI;
        let mut wave = |hz: f64, size: f64| (size * rng.range(0.5, 1.2), tau * hz * rng.range(0.8, 1.25), rng.range(0.0, tau));
        Wobble { waves: std::array::from_fn(|_| [wave(slow_hz, slow), wave(fast_hz, fast)]) }
    }

    /// Its value at `t`.
    pub fn at(&self, t: f64) -> Vec3 {
        let axis = |w: &[(f64, f64, f64); 2]| w.iter().map(|(a, f, p)| a * libm::sin(f * t + p)).sum();
        vec3(axis(&self.waves[0]), axis(&self.waves[1]), axis(&self.waves[2]))
    }
}

/// The path of one hand.
#[derive(Clone, Debug, PartialEq)]
pub struct HandTrack {
    /// Where the wrist is; ordered in time, never empty.
    pub wrist: Vec<TimedWrist>,
    /// Postures of the fingers; ordered in time, never empty.
    pub fingers: Vec<FingerKey>,
    /// Sway and tremor.
    pub wobble: Wobble,
    /// When it moves a part without a grasp (flips a cap, presses it down, turns a cover): from, to, object number.
    pub handles: Vec<(f64, f64, usize)>,
}

/// The paths of one object's parts; each ordered in time, never empty for a part that exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectTrack {
    /// One path a part.
    pub parts: [Vec<PartLeg>; MAX_PARTS],
}

/// All paths of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    /// Hands in the order of the moment.
    pub hands: Vec<HandTrack>,
    /// Objects in the order of the moment.
    pub objects: Vec<ObjectTrack>,
    /// Tremor of what is carried; one for the clip.
    pub carry: Option<Wobble>,
}

/// What a hand holds at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holding {
    /// Object number.
    pub object: usize,
    /// Part number.
    pub part: usize,
    /// Which tips touch, thumb first.
    pub contact: [bool; 5],
}

impl Tracks {
    /// World pose of a part at `t`; identity for a part without a path.
    pub fn part(&self, object: usize, part: usize, t: f64) -> Pose {
        self.part_in(object, part, t, DEPTH)
    }

    fn part_in(&self, object: usize, part: usize, t: f64, depth: usize) -> Pose {
        let Some(legs) = self.objects.get(object).and_then(|o| o.parts.get(part)) else { return Pose::identity() };
        let Some(leg) = current(legs, |l| l.t0, t).and_then(|i| legs.get(i).map(|l| (i, l))) else { return Pose::identity() };
        let (i, leg) = leg;
        let mut at = leg.at(t);
        if leg.carried
            && let Some(wobble) = &self.carry
        {
            let weight = if t <= leg.t1 {
                bell(share(leg.t0, leg.t1, t))
            } else {
                legs.get(i + 1).map_or_else(|| minimum_jerk((t - leg.t1) / 0.8), |next| rest_weight(leg.t1, next.t0, t))
            };
            if weight > 0.0 {
                at.translation.vector += wobble.at(t) * weight;
            }
        }
        self.frame(leg.frame, t, depth) * at
    }

    fn frame(&self, frame: Frame, t: f64, depth: usize) -> Pose {
        match frame {
            Frame::World => Pose::identity(),
            Frame::Part(..) if depth == 0 => Pose::identity(),
            Frame::Part(object, part) => self.part_in(object, part, t, depth - 1),
        }
    }

    /// World pose of an anchor at `t`.
    pub fn anchor(&self, anchor: &Anchor, t: f64) -> Pose {
        match anchor.frame {
            Frame::World => anchor.pose,
            frame => self.frame(frame, t, DEPTH) * anchor.pose,
        }
    }

    /// World pose of a wrist at `t`, and what the hand holds.
    pub fn wrist(&self, hand: usize, t: f64) -> (Pose, Option<Holding>) {
        let Some(track) = self.hands.get(hand) else { return (Pose::identity(), None) };
        let Some(i) = current(&track.wrist, |l| l.t0, t) else { return (Pose::identity(), None) };
        let timed = &track.wrist[i];
        match &timed.leg {
            WristLeg::Held { object, part, part_from_hand, contact } => {
                let holding = Holding { object: *object, part: *part, contact: *contact };
                (self.part(*object, *part, t) * part_from_hand, Some(holding))
            }
            WristLeg::Free { from, to, depart, arrive } => {
                let b = self.anchor(to, t);
                let weight;
                let mut at = if t >= timed.t1 {
                    weight =
                        track.wrist.get(i + 1).map_or_else(|| minimum_jerk((t - timed.t1) / 0.8), |next| rest_weight(timed.t1, next.t0, t));
                    b
                } else {
                    let u = share(timed.t0, timed.t1, t);
                    weight = bell(u);
                    let a = self.anchor(from, t);
                    let s = minimum_jerk(u);
                    let (pa, pb) = (origin(&a), origin(&b));
                    let r = 1.0 - s;
                    let p = pa * (r * r * r) + (pa + depart) * (3.0 * r * r * s) + (pb + arrive) * (3.0 * r * s * s) + pb * (s * s * s);
                    // The hand has turned before it arrives.
                    pose(p, slerp(a.rotation, b.rotation, minimum_jerk(u * 1.12)))
                };
                if weight > 0.0 {
                    // A hand that lies on the table is steadied by it.
                    let free = (0.1 + at.translation.vector.z.abs() / 0.14).min(1.0);
                    let w = track.wobble.at(t) * (weight * free);
                    at.translation.vector += w;
                    // The wrist sways about 4 degrees for a centimetre.
                    at.rotation *= turn(vec3(w.y + 1e-9, w.z, w.x), 7.0 * libm::sqrt(w.dot(&w)));
                }
                (at, None)
            }
        }
    }

    /// The object that a hand moves at `t` without a grasp.
    pub fn handled(&self, hand: usize, t: f64) -> Option<usize> {
        let handles = &self.hands.get(hand)?.handles;
        handles.iter().find(|(from, to, _)| (*from..=*to).contains(&t)).map(|h| h.2)
    }

    /// Finger angles of a hand at `t`.
    pub fn fingers(&self, hand: usize, t: f64) -> HandAngles {
        self.hands.get(hand).map_or(HandAngles([[0.0; 4]; 5]), |h| fingers_at(&h.fingers, t))
    }
}

/// Weight of sway while a thing stands between two movements: none at either end.
fn rest_weight(t0: f64, t1: f64, t: f64) -> f64 {
    let ramp = (0.5 * (t1 - t0)).min(0.6);
    if ramp <= 1e-6 { 0.0 } else { minimum_jerk((t - t0).min(t1 - t) / ramp) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Turn;

    #[test]
    fn a_hand_on_a_lid_on_a_moving_body_moves_with_it() {
        let at = |x: f64| pose(vec3(x, 0.0, 0.0), Turn::identity());
        let mut r = Rng::new(1);
        let mut tracks = Tracks::default();
        let body = PartLeg { t0: 0.0, t1: 1.0, frame: Frame::World, from: at(0.0), to: at(1.0), lift_m: 0.0, spin: 0.0, carried: false };
        let lid = PartLeg::still(0.0, Frame::Part(0, 0), at(0.1));
        tracks.objects.push(ObjectTrack { parts: [vec![body], vec![lid], vec![]] });
        let leg = WristLeg::Held { object: 0, part: 1, part_from_hand: at(0.01), contact: [true; 5] };
        let wobble = Wobble::draw(0.5, 0.001, 9.0, 0.0003, &mut r);
        tracks.hands.push(HandTrack { wrist: vec![TimedWrist { t0: 0.0, t1: 0.0, leg }], fingers: vec![], wobble, handles: vec![] });
        for t in [0.0, 0.3, 0.9, 2.0] {
            let (wrist, holding) = tracks.wrist(0, t);
            assert!((origin(&wrist).x - origin(&tracks.part(0, 0, t)).x - 0.11).abs() < 1e-12);
            assert_eq!(holding.map(|h| (h.object, h.part)), Some((0, 1)));
        }
    }
}
