//! Somebody across the table, beyond reach: hands that rest, gesture and take no part.

use super::path::{Anchor, FingerKey, TimedWrist, WristLeg};
use super::player::{lowest, still};
use super::tracks::{HandTrack, Wobble};
use crate::hand::{Anatomy, HandAngles, Posture};
use crate::people::{HandSize, Person};
use crate::rng::Rng;
use crate::space::{Pose, Vec3, deg, place, pose, turn_from_yz, turn_z, vec3};

/// Someone else at the table: hands, their paths and shoulders in world space.
pub struct Bystander {
    /// Left and right hand.
    pub hands: [Anatomy; 2],
    /// Their paths.
    pub tracks: [HandTrack; 2],
    /// Left and right shoulder, world.
    pub shoulders_m: [Vec3; 2],
}

/// Distance from the wearer to the bystander's body, metres.
const ACROSS_M: (f64, f64) = (1.35, 1.6);

impl Bystander {
    /// Someone who sits there for so many seconds.
    pub fn draw(seconds: f64, rng: &mut Rng) -> Bystander {
        let person = Person::draw(HandSize::Any, rng);
        let seat = pose(vec3(rng.range(-0.35, 0.35), rng.range(ACROSS_M.0, ACROSS_M.1), 0.0), turn_z(deg(180.0) + rng.range(-0.2, 0.2)));
        let tracks = [0, 1].map(|k| path(&person.hands[k], &seat, seconds, rng));
        Bystander { hands: person.hands, tracks, shoulders_m: person.shoulders_m.map(|s| place(&seat, s)) }
    }
}

fn path(anatomy: &Anatomy, seat: &Pose, seconds: f64, rng: &mut Rng) -> HandTrack {
    let sign = anatomy.sign();
    let postures = [Posture::Relaxed, Posture::Flat, Posture::Cup, Posture::Fist, Posture::Point];
    let spot = |rng: &mut Rng| {
        let angles =
            HandAngles::posture(postures[rng.below(postures.len())]).towards(&HandAngles::posture(Posture::Relaxed), rng.range(0.0, 0.8));
        let turned =
            turn_from_yz(vec3(-sign * rng.range(0.1, 0.7), 1.0, rng.range(-0.1, 0.3)), vec3(sign * rng.range(-0.3, 0.9), 0.0, 1.0));
        let height = if rng.chance(0.6) { 0.001 } else { rng.range(0.03, 0.2) };
        let at = vec3(sign * rng.range(0.06, 0.25), rng.range(0.18, 0.36), height - lowest(anatomy, turned, &angles));
        (seat * pose(at, turned), angles.clamped())
    };
    let (mut at, angles) = spot(rng);
    let mut wrist = vec![TimedWrist { t0: 0.0, t1: 0.0, leg: still(Anchor::world(at)) }];
    let mut fingers = vec![FingerKey { t: 0.0, angles }];
    let mut t = rng.range(0.2, 3.0);
    while t < seconds {
        let (to, angles) = spot(rng);
        let end = t + rng.range(0.5, 1.2);
        let up = vec3(0.0, 0.0, 0.06);
        let leg = WristLeg::Free { from: Anchor::world(at), to: Anchor::world(to), depart: up, arrive: up };
        wrist.push(TimedWrist { t0: t, t1: end, leg });
        let before = fingers.last().map_or(angles, |k| k.angles);
        fingers.push(FingerKey { t, angles: before });
        fingers.push(FingerKey { t: end, angles });
        at = to;
        t = end + rng.range(0.3, 4.0);
    }
    HandTrack { wrist, fingers, wobble: Wobble::draw(0.35, 0.002, 9.0, 0.0002, rng), handles: Vec::new() }
}
