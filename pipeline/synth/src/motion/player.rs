//! Hands and objects as the stage keeps them.

use std::sync::Arc;

use ego_core::hands::Side;

use super::grasp::Grasp;
use super::path::{Anchor, FingerKey, TimedWrist, WristLeg};
use super::stage::slot;
use super::tracks::{HandTrack, Wobble};
use crate::hand::forward::HandPose;
use crate::hand::{Anatomy, HandAngles, Posture};
use crate::people::Person;
use crate::rng::Rng;
use crate::shape::ObjectModel;
use crate::space::{Pose, Turn, Vec3, deg, pose, turn_from_yz, turn_z, vec3};

/// What a stretch of time is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing happens.
    Idle,
    /// A hand goes to something.
    Approach,
    /// A hand closes around something.
    Contact,
    /// Something is done with it.
    Manipulate,
    /// A hand lets go and withdraws.
    Release,
}

impl Phase {
    /// The word used in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Approach => "approach",
            Phase::Contact => "contact",
            Phase::Manipulate => "manipulate",
            Phase::Release => "release",
        }
    }
}

/// A hand on the stage.
#[derive(Clone, Debug)]
pub struct Player {
    /// Left or right.
    pub side: Side,
    /// Its bones.
    pub anatomy: Anatomy,
    /// Where the planned path ends.
    pub at: Anchor,
    /// When the planned path ends, seconds.
    pub busy_until: f64,
    /// What it holds at the end of the plan: object, part, grasp.
    pub hold: Option<(usize, usize, Grasp)>,
    /// Where it rests: on the table or out of the picture.
    pub home: Pose,
    /// Where it is when it is out of the picture.
    pub away: Pose,
    /// Fingers at the end of the plan.
    pub fingers: HandAngles,
    /// Posture at rest.
    pub relaxed: HandAngles,
    pub(super) track: HandTrack,
}

/// An object on the stage.
#[derive(Clone, Debug)]
pub struct Thing {
    /// Its shape.
    pub model: Arc<ObjectModel>,
    /// Its place on the table.
    pub spot: Pose,
    /// Lid off or up.
    pub open: bool,
    /// Item taken out.
    pub emptied: bool,
}

impl Player {
    /// A hand at rest, on the table or in the lap.
    pub(super) fn rest(side: Side, person: &Person, rng: &mut Rng) -> Player {
        let anatomy = person.hands[slot(side)];
        let sign = anatomy.sign();
        let scale = person.scale;
        let base = HandAngles::posture(if rng.chance(0.7) { Posture::Relaxed } else { Posture::Cup });
        let relaxed = base.towards(&HandAngles::posture(Posture::Flat), rng.range(0.0, 0.5)).clamped();
        let inward = turn_z(sign * rng.range(deg(5.0), deg(40.0)));
        // A resting hand leans on its little finger side or lies flat.
        let lean = vec3(sign * rng.range(0.0, 0.7), 0.0, 1.0);
        let turned = turn_from_yz(inward * vec3(0.0, 1.0, -0.05), lean);
        let ground = lowest(&anatomy, turned, &relaxed);
        let home = pose(vec3(sign * rng.range(0.13, 0.23) * scale, rng.range(0.12, 0.20) * scale, 0.003 - ground), turned);
        let away = pose(vec3(sign * rng.range(0.13, 0.22), rng.range(-0.15, -0.09), -0.14), turned);
        let wobble = Wobble::draw(0.35, 0.0022, 9.0, 0.0002, rng);
        let rests = if rng.chance(0.62) { home } else { away };
        let start = TimedWrist { t0: 0.0, t1: 0.0, leg: still(Anchor::world(rests)) };
        Player {
            side,
            anatomy,
            at: Anchor::world(rests),
            busy_until: 0.0,
            hold: None,
            home: rests,
            away,
            fingers: relaxed,
            relaxed,
            track: HandTrack { wrist: vec![start], fingers: vec![FingerKey { t: 0.0, angles: relaxed }], wobble, handles: Vec::new() },
        }
    }
}

/// A wrist leg that stays at an anchor.
pub fn still(at: Anchor) -> WristLeg {
    WristLeg::Free { from: at, to: at, depart: Vec3::zeros(), arrive: Vec3::zeros() }
}

/// Height of the lowest flesh of a hand above its wrist.
pub fn lowest(anatomy: &Anatomy, turned: Turn, angles: &HandAngles) -> f64 {
    let hand = HandPose::new(anatomy, &pose(Vec3::zeros(), turned), angles);
    let mut low = -anatomy.palm_half_m;
    for digit in 0..5 {
        for k in 0..4 {
            low = low.min(hand.joints_m[1 + 4 * digit + k].z - anatomy.radii_m[digit][k]);
        }
    }
    low
}
