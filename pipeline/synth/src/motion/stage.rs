//! The stage: grows the paths of a clip step by step while a programme plays.
//!
//! A programme moves one cursor forward and asks hands to reach, carry, let go; the stage keeps the paths in order and knows where
//! everything is at the end of what has been planned.

use std::sync::Arc;

use ego_core::hands::Side;

use super::grasp::{self, Grasp, Setting, Style};
use super::path::{Anchor, FingerKey, Frame, PartLeg, TimedWrist, WristLeg};
pub use super::player::{Phase, Player, Thing};
use super::tracks::{ObjectTrack, Tracks, Wobble};
use crate::cast::Action;
use crate::clip::Label;
use crate::hand::HandAngles;
use crate::people::Person;
use crate::rng::Rng;
use crate::shape::ObjectModel;
use crate::space::{Pose, Vec3, deg, origin, pose, turn_z, vec3};

/// The stage of one clip.
pub struct Stage {
    /// Randomness of this clip's motion.
    pub rng: Rng,
    /// Multiplies every speed: 1 is a brisk everyday pace.
    pub speed: f64,
    /// Chance of a pause before a contact.
    pub hesitation: f64,
    /// End of the plan, seconds.
    pub t: f64,
    /// The wearer.
    pub person: Person,
    /// Left and right hand; `None` for a hand that is not there.
    pub players: [Option<Player>; 2],
    /// Objects.
    pub things: Vec<Thing>,
    /// Where the wearer looks: from when, and at what.
    pub gaze: Vec<(f64, Vec3)>,
    /// Phases: from when.
    pub phases: Vec<(f64, Phase)>,
    /// What has been done, in order of time.
    pub labels: Vec<Label>,
    paths: Vec<ObjectTrack>,
    carry: Wobble,
}

/// Index of a side in tables of two; an unknown side counts as right.
pub fn slot(side: Side) -> usize {
    usize::from(side != Side::Left)
}

impl Stage {
    /// An empty stage for a person; `present` says which of the left and right hand takes part.
    pub fn new(person: Person, present: [bool; 2], mut rng: Rng) -> Stage {
        let carry = Wobble::draw(0.5, 0.0016, 9.0, 0.00018, &mut rng);
        let mut stage = Stage {
            rng,
            speed: 1.0,
            hesitation: 0.15,
            t: 0.0,
            person,
            players: [None, None],
            things: Vec::new(),
            gaze: Vec::new(),
            phases: vec![(0.0, Phase::Idle)],
            labels: Vec::new(),
            paths: Vec::new(),
            carry,
        };
        for side in [Side::Left, Side::Right] {
            if present[slot(side)] {
                stage.players[slot(side)] = Some(Player::rest(side, &stage.person, &mut stage.rng));
            }
        }
        stage
    }

    /// Puts an object on the table; returns its number.
    pub fn put(&mut self, model: ObjectModel, x_m: f64, y_m: f64, heading: f64) -> usize {
        let spot = pose(vec3(x_m, y_m, model.half_m[2]), turn_z(heading));
        let number = self.things.len();
        let mut track = ObjectTrack::default();
        for (k, _) in model.parts.iter().enumerate() {
            let leg =
                if k == 0 { PartLeg::still(0.0, Frame::World, spot) } else { PartLeg::still(0.0, Frame::Part(number, 0), model.closed[k]) };
            track.parts[k].push(leg);
        }
        self.paths.push(track);
        self.things.push(Thing { model: Arc::new(model), spot, open: false, emptied: false });
        number
    }

    /// Puts a part somewhere before the clip begins.
    pub fn preset(&mut self, object: usize, part: usize, frame: Frame, at: Pose) {
        if let Some(path) = self.paths.get_mut(object).and_then(|o| o.parts.get_mut(part)) {
            *path = vec![PartLeg::still(0.0, frame, at)];
        }
    }

    /// The hand of a side, when it is there.
    pub fn hand(&self, side: Side) -> Option<&Player> {
        self.players[slot(side)].as_ref()
    }

    /// Whether a side's hand takes part and holds nothing.
    pub fn is_free(&self, side: Side) -> bool {
        self.hand(side).is_some_and(|p| p.hold.is_none())
    }

    /// World pose of a part at the end of the plan.
    pub fn part_pose(&self, object: usize, part: usize) -> Pose {
        let path = self.paths.get(object).and_then(|o| o.parts.get(part)).and_then(|legs| legs.last());
        path.map_or_else(Pose::identity, |leg| self.frame_pose(leg.frame) * leg.to)
    }

    fn frame_pose(&self, frame: Frame) -> Pose {
        match frame {
            Frame::World => Pose::identity(),
            Frame::Part(object, part) => self.part_pose(object, part),
        }
    }

    /// World pose of a wrist at the end of the plan.
    pub fn wrist_pose(&self, side: Side) -> Pose {
        self.hand(side).map_or_else(Pose::identity, |p| self.frame_pose(p.at.frame) * p.at.pose)
    }

    /// A duration at this clip's pace, seconds for an everyday pace, with its own chance variation.
    pub fn pace(&mut self, seconds: f64) -> f64 {
        let jitter = libm::exp(0.14 * self.rng.normal().clamp(-2.0, 2.0));
        (seconds * jitter / self.speed).max(0.08)
    }

    /// Notes a phase that begins at `t`.
    pub fn phase(&mut self, t: f64, phase: Phase) {
        self.phases.push((t, phase));
    }

    /// Notes what was done to an object beside what the script asks for; what has no name is left out.
    pub fn did(&mut self, verb: u32, object: usize, (start_s, end_s): (f64, f64)) {
        let action = Action { verb, noun: self.things.get(object).map_or(0, |t| t.model.class) };
        if action.playable() {
            self.labels.push(Label { start_s, end_s, action, asked: false });
        }
    }

    /// The wearer looks at a point from about `t` on.
    pub fn look(&mut self, t: f64, at: Vec3) {
        self.gaze.push((t, at));
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: f64) {
        self.t += seconds;
    }

    /// Finds a grasp of a part where it is at the end of the plan. The other hand's part is in the way.
    pub fn grasp(&mut self, side: Side, object: usize, part: usize, style: Style, obstacle: bool) -> Option<Grasp> {
        let anatomy = self.hand(side)?.anatomy;
        let at = self.part_pose(object, part);
        let body = self.part_pose(object, 0);
        let model = Arc::clone(&self.things.get(object)?.model);
        let target = model.parts.get(part)?;
        let half_m = if part == 0 { model.half_m } else { target.pieces.first()?.solid.half_extents_m() };
        let ahead = at.rotation * Vec3::y();
        let heading = libm::atan2(-ahead.x, ahead.y);
        // A pinch from above may come from anywhere ahead; a box wants its sides.
        let heading = if heading.abs() > deg(60.0) { 0.0 } else { heading };
        let body_part = model.parts.first()?;
        let others = if part > 0 && obstacle { vec![(body_part, body)] } else { Vec::new() };
        let setting = Setting { target: (target, at), half_m, others, heading };
        let mut rng = self.rng.split("grasp");
        let _ = self.rng.next_u64();
        grasp::find(&anatomy, style, &setting, &mut rng)
    }

    fn key(&mut self, side: Side, t: f64, angles: HandAngles) {
        if let Some(p) = self.players[slot(side)].as_mut() {
            let last = p.track.fingers.last().map_or(0.0, |k| k.t);
            p.track.fingers.push(FingerKey { t: t.max(last), angles });
            p.fingers = angles;
        }
    }

    /// Moves the fingers to a posture between two times.
    pub fn pose_fingers(&mut self, side: Side, t0: f64, t1: f64, angles: HandAngles) {
        if let Some(p) = self.hand(side) {
            let now = p.fingers;
            self.key(side, t0, now);
            self.key(side, t1, angles);
        }
    }

    fn leg(&mut self, side: Side, t0: f64, t1: f64, leg: WristLeg) {
        if let Some(p) = self.players[slot(side)].as_mut() {
            // A hand cannot begin before it has finished.
            let t0 = t0.max(p.busy_until);
            p.busy_until = t1.max(t0);
            p.track.wrist.push(TimedWrist { t0, t1: p.busy_until, leg });
        }
    }

    /// A hand goes to an anchor, through control points `depart` from its beginning and `arrive` from its end.
    pub fn go(&mut self, side: Side, t0: f64, t1: f64, to: Anchor, depart: Vec3, arrive: Vec3) {
        let Some(p) = self.hand(side) else { return };
        let from = p.at;
        // The way between lap and table leads around the table's edge.
        let below = |at: &Anchor| at.frame == Frame::World && at.pose.translation.vector.z < -0.05;
        let around = vec3(0.0, -0.03, 0.26);
        let (depart, arrive) = (if below(&from) { around } else { depart }, if below(&to) { around } else { arrive });
        self.leg(side, t0, t1, WristLeg::Free { from, to, depart, arrive });
        if let Some(p) = self.players[slot(side)].as_mut() {
            p.at = to;
            p.hold = None;
        }
    }

    /// How long a hand takes for this way, seconds: longer ways are faster (Fitts 1954), at the clip's pace.
    pub fn travel(&mut self, side: Side, to: Vec3) -> f64 {
        let way = (to - origin(&self.wrist_pose(side))).norm();
        self.pace(0.38 + 0.95 * way)
    }

    /// A hand goes to a part and closes around it; returns when it holds.
    pub fn take(&mut self, side: Side, t0: f64, object: usize, part: usize, g: Grasp) -> f64 {
        if self.hand(side).is_none() {
            return t0;
        }
        let to = Anchor { frame: Frame::Part(object, part), pose: g.part_from_hand };
        let part_pose = self.part_pose(object, part);
        let away = part_pose.rotation * g.away;
        let goal = origin(&(part_pose * g.part_from_hand));
        let mut t0 = t0;
        self.phase(t0, Phase::Approach);
        if self.rng.chance(self.hesitation) {
            // Stops short, thinks, goes on.
            let hover = pose(goal + away * self.rng.range(0.07, 0.13) + vec3(0.0, -0.02, 0.02), (part_pose * g.part_from_hand).rotation);
            let t1 = t0 + self.travel(side, origin(&hover));
            self.pose_fingers(side, t0, t1, g.preshape);
            self.go(side, t0, t1, Anchor::world(hover), vec3(0.0, 0.0, 0.03), away * 0.03);
            t0 = t1 + self.pace(0.45);
        }
        let reach = self.travel(side, goal);
        let close = self.pace(0.22);
        let t1 = t0 + reach + close;
        let now = self.hand(side).map_or(g.angles, |p| p.fingers);
        self.key(side, t0, now);
        self.key(side, t0 + 0.75 * reach, g.preshape);
        self.key(side, t1, g.angles);
        let depart = vec3(0.0, 0.0, self.rng.range(0.02, 0.06));
        let far = self.rng.range(0.06, 0.10);
        self.go(side, t0, t1, to, depart, away * far);
        self.phase(t0 + reach, Phase::Contact);
        self.hold_again(side, t1, object, part, g)
    }

    /// A hand that has come to a part takes hold of it; returns `t`.
    pub fn hold_again(&mut self, side: Side, t: f64, object: usize, part: usize, g: Grasp) -> f64 {
        self.leg(side, t, t, WristLeg::Held { object, part, part_from_hand: g.part_from_hand, contact: g.contact });
        if let Some(p) = self.players[slot(side)].as_mut() {
            p.at = Anchor { frame: Frame::Part(object, part), pose: g.part_from_hand };
            p.hold = Some((object, part, g));
        }
        t
    }

    /// A hand that has held a part since before the clip began.
    pub fn held_from_start(&mut self, side: Side, object: usize, part: usize, g: Grasp) {
        if let Some(p) = self.players[slot(side)].as_mut() {
            let leg = WristLeg::Held { object, part, part_from_hand: g.part_from_hand, contact: g.contact };
            p.track.wrist = vec![TimedWrist { t0: 0.0, t1: 0.0, leg }];
            p.track.fingers = vec![FingerKey { t: 0.0, angles: g.angles }];
            p.fingers = g.angles;
            p.at = Anchor { frame: Frame::Part(object, part), pose: g.part_from_hand };
            p.hold = Some((object, part, g));
        }
    }

    /// Opens the hand and withdraws it to `to` (its home when `None`); returns when it is there.
    pub fn let_go(&mut self, side: Side, t0: f64, to: Option<Pose>) -> f64 {
        let Some(p) = self.hand(side) else { return t0 };
        let (home, relaxed) = (to.unwrap_or(p.home), p.relaxed);
        let t1 = t0 + self.travel(side, origin(&home)) + 0.1;
        let Some((object, part, g)) = self.hand(side).and_then(|p| p.hold) else {
            let depart = vec3(0.0, 0.0, 0.04);
            self.pose_fingers(side, t0, t1, relaxed);
            self.go(side, t0, t1, Anchor::world(home), depart, vec3(0.0, 0.0, 0.05));
            return t1;
        };
        self.phase(t0, Phase::Release);
        let away = self.part_pose(object, part).rotation * g.away;
        self.key(side, t0, g.angles);
        self.key(side, t0 + 0.3 * (t1 - t0), g.preshape);
        self.key(side, t1, relaxed);
        self.go(side, t0, t1, Anchor::world(home), away * 0.11, vec3(0.0, 0.0, 0.06));
        t1
    }

    /// Moves a part between two times in a frame; whatever holds it follows.
    pub fn shift(&mut self, object: usize, part: usize, times: (f64, f64), frame: Frame, to: Pose, how: Manner) {
        let from = self.frame_pose(frame).inverse() * self.part_pose(object, part);
        let to = if how.spin == 0.0 { to } else { pose(origin(&to), from.rotation * turn_z(how.spin)) };
        if let Some(path) = self.paths.get_mut(object).and_then(|o| o.parts.get_mut(part)) {
            let t0 = path.last().map_or(times.0, |l| l.t1.max(times.0));
            let t1 = times.1.max(t0);
            path.push(PartLeg { t0, t1, frame, from, to, lift_m: how.lift_m, spin: how.spin, carried: how.carried });
            if how.settles {
                path.push(PartLeg::still(t1, frame, to));
            }
        }
    }

    /// A hand moves a part of an object between two times without a grasp: the object counts as in that hand.
    pub fn handle(&mut self, side: Side, object: usize, times: (f64, f64)) {
        if let Some(p) = self.players[slot(side)].as_mut() {
            p.track.handles.push((times.0, times.1, object));
        }
    }

    /// The finished paths.
    pub fn into_tracks(self) -> Played {
        let hands = self.players.into_iter().flatten().map(|p| p.track).collect();
        Played {
            tracks: Tracks { hands, objects: self.paths, carry: Some(self.carry) },
            looks: self.gaze,
            phases: self.phases,
            things: self.things,
        }
    }
}

/// What has been planned on a stage.
pub struct Played {
    /// All paths.
    pub tracks: Tracks,
    /// Where the wearer looks: from when, and at what.
    pub looks: Vec<(f64, Vec3)>,
    /// Phases: from when.
    pub phases: Vec<(f64, Phase)>,
    /// Objects in the order of the tracks.
    pub things: Vec<Thing>,
}

/// How a part is moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Extra height half-way, metres.
    pub lift_m: f64,
    /// Turn around its own axis, radians.
    pub spin: f64,
    /// Through the air, with the hand's tremor.
    pub carried: bool,
    /// Stands still afterwards: on the table, in its container.
    pub settles: bool,
}

impl Manner {
    /// Through the air, ending in the air.
    pub const CARRY: Manner = Manner { lift_m: 0.0, spin: 0.0, carried: true, settles: false };
    /// Through the air, ending at rest.
    pub const SET_DOWN: Manner = Manner { lift_m: 0.05, spin: 0.0, carried: true, settles: true };
}
