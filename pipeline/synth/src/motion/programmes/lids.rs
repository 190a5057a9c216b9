//! Programmes of lids, caps and covers: open and close.

use ego_core::hands::Side;

use super::{Cast, Span, class_of, ensure_held, helper, holder, lid_of, part_grasp, put_down, stands, steady, table_spot};
use crate::cast::{noun, verb};
use crate::hand::{HandAngles, Posture};
use crate::motion::grasp::Grasp;
use crate::motion::path::{Anchor, Frame};
use crate::motion::stage::{Manner, Phase, Stage};
use crate::space::{Pose, Turn, Vec3, deg, origin, pose, turn_from_yz, turn_x, turn_z, vec3};

/// The pose of an opened lid: beside the object for loose ones, turned up for hinged ones.
fn opened_lid(stage: &mut Stage, side: Side, object: usize, part: usize) -> (Frame, Pose) {
    let class = class_of(stage, object);
    let Some(model) = stage.things.get(object).map(|t| std::sync::Arc::clone(&t.model)) else { return (Frame::World, Pose::identity()) };
    let closed = model.closed[part];
    match class {
        noun::LOTION => (Frame::Part(object, 0), pose(origin(&closed), turn_x(-stage.rng.range(deg(95.0), deg(120.0))))),
        noun::BOOK => (Frame::Part(object, 0), pose(origin(&closed), turn_z(-stage.rng.range(deg(120.0), deg(160.0))))),
        _ => {
            let half = model.parts.get(part).and_then(|p| p.pieces.first()).map_or(0.01, |p| p.solid.half_extents_m()[2]);
            (Frame::World, table_spot(stage, side, half))
        }
    }
}

/// Makes the lid open (or shut) before the clip begins.
pub(super) fn preset_lid(stage: &mut Stage, c: Cast, open: bool) {
    if let Some(part) = lid_of(stage, c.object)
        && open
    {
        let (frame, at) = opened_lid(stage, c.main.mirrored(), c.object, part);
        stage.preset(c.object, part, frame, at);
        if let Some(t) = stage.things.get_mut(c.object) {
            t.open = true;
        }
    }
}

/// Decides who opens and who steadies; both hands end their approach at about the same time.
pub(super) fn two_hands(stage: &mut Stage, c: Cast, part: usize, chance: f64) -> Option<(Side, Grasp, f64)> {
    let begin = stage.t;
    let held_by = holder(stage, c.object);
    let opener = match held_by {
        Some(side) => match helper(stage, side) {
            Some(other) => other,
            None => {
                put_down(stage);
                side
            }
        },
        None => c.main,
    };
    stage.look(begin, origin(&stage.part_pose(c.object, part)));
    let g = part_grasp(stage, opener, c.object, part)?;
    let mut ready = stage.t;
    if holder(stage, c.object).is_none()
        && let Some(other) = helper(stage, opener)
        && stage.rng.chance(chance)
    {
        let start = stage.t;
        ready = steady(stage, other, start, c.object).unwrap_or(start);
    }
    let lag = stage.rng.range(0.0, 0.3);
    let start = stage.t + lag;
    let t = stage.take(opener, start, c.object, part, g);
    Some((opener, g, t.max(ready)))
}

/// Turns a cap by hand, turn by turn; returns when the last turn is done.
fn twist(stage: &mut Stage, side: Side, c: Cast, part: usize, mut t: f64, per_turn: f64, turns: usize) -> f64 {
    for n in 0..turns {
        let d = stage.pace(0.42);
        stage.shift(
            c.object,
            part,
            (t, t + d),
            Frame::Part(c.object, 0),
            stage_lid_pose(stage, c.object, part),
            Manner { spin: per_turn, ..Manner::default() },
        );
        t += d;
        if n + 1 < turns {
            // The cap is round: the same grasp, turned back, holds it as well.
            let Some((_, _, g)) = stage.hand(side).and_then(|p| p.hold) else { continue };
            let back = pose(Vec3::zeros(), turn_z(-per_turn));
            let again = Grasp { part_from_hand: back * g.part_from_hand, away: back.rotation * g.away, ..g };
            let r = stage.pace(0.3);
            stage.pose_fingers(side, t, t + 0.4 * r, g.angles.towards(&g.preshape, 0.5));
            stage.pose_fingers(side, t + 0.6 * r, t + r, g.angles);
            let to = Anchor { frame: Frame::Part(c.object, part), pose: again.part_from_hand };
            stage.go(side, t, t + r, to, Vec3::zeros(), Vec3::zeros());
            t = stage.hold_again(side, t + r, c.object, part, again);
        }
    }
    t
}

/// The lid's pose in the body's frame at the end of the plan.
fn stage_lid_pose(stage: &Stage, object: usize, part: usize) -> Pose {
    stage.part_pose(object, 0).inverse() * stage.part_pose(object, part)
}

pub(super) fn open(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = lid_of(stage, c.object)?;
    if stage.things.get(c.object)?.open {
        let span = close(stage, c, false)?;
        stage.did(verb::CLOSE, c.object, span);
    }
    let class = class_of(stage, c.object);
    if first && stage.rng.chance(0.35) && class != noun::CHIPS && helper(stage, c.main).is_some() {
        ensure_held(stage, Cast { main: c.main.mirrored(), ..c }, true);
    }
    if class == noun::BOOK {
        ensure_held(stage, c, first);
        let begin = stage.t;
        return turn_cover(stage, c, begin, true);
    }
    let begin = stage.t;
    let (opener, _, t) = two_hands(stage, c, part, 0.75)?;
    stage.phase(t, Phase::Manipulate);
    let (frame, to) = opened_lid(stage, opener, c.object, part);
    let end = if class == noun::LOTION {
        flip(stage, opener, c, part, t, to, vec3(0.0, 0.030, 0.045))
    } else {
        let mut t = t;
        if class == noun::MILK {
            let turns = 2 + stage.rng.below(2);
            let per_turn = stage.rng.range(deg(48.0), deg(75.0));
            t = twist(stage, opener, c, part, t, per_turn, turns);
        }
        let now = stage.part_pose(c.object, part);
        let tilt = if class == noun::CHIPS { turn_x(stage.rng.range(deg(8.0), deg(20.0))) } else { Turn::identity() };
        let up = pose(origin(&now) + vec3(0.0, -0.005, stage.rng.range(0.03, 0.055)), tilt * now.rotation);
        let (d1, d2) = (stage.pace(0.35), stage.pace(0.7));
        stage.shift(c.object, part, (t, t + d1), Frame::World, up, Manner::CARRY);
        let down = pose(origin(&to), flat_like(&up, &to));
        stage.shift(c.object, part, (t + d1, t + d1 + d2), frame, down, Manner { lift_m: 0.02, ..Manner::SET_DOWN });
        stage.look(t + d1, origin(&to));
        t + d1 + d2
    };
    let home = stage.let_go(opener, end, None);
    let mut done = home;
    // What was steadied on the table is let go; what was held stays in the hand.
    let steadier = opener.mirrored();
    if stands(stage, c.object) && holder(stage, c.object) == Some(steadier) {
        let after = stage.pace(0.1);
        done = done.max(stage.let_go(steadier, end + after, None));
    }
    if let Some(thing) = stage.things.get_mut(c.object) {
        thing.open = true;
    }
    stage.t = done;
    Some((begin, end + 0.5 * (home - end)))
}

/// Rotation of a lid laid flat that keeps the heading it was carried with.
fn flat_like(carried: &Pose, spot: &Pose) -> Turn {
    let ahead = carried.rotation * Vec3::y();
    let flat = vec3(ahead.x, ahead.y, 0.0);
    if flat.dot(&flat) < 1e-3 { spot.rotation } else { turn_from_yz(flat, Vec3::z()) }
}

/// A hinged cap goes to `to` while the hand, without turning, follows it along `push` (world metres).
fn flip(stage: &mut Stage, side: Side, c: Cast, part: usize, t: f64, to: Pose, push: Vec3) -> f64 {
    let d = stage.pace(0.45);
    let wrist = stage.wrist_pose(side);
    let aside = pose(origin(&wrist) + push, wrist.rotation * turn_x(deg(12.0)));
    stage.handle(side, c.object, (t, t + d));
    stage.go(side, t, t + d, Anchor::world(aside), push * 0.4 + vec3(0.0, 0.0, 0.01), push * -0.2);
    stage.shift(c.object, part, (t, t + d), Frame::Part(c.object, 0), to, Manner { settles: true, ..Manner::default() });
    t + d
}

/// Opens what is shut before something else is done with it.
pub(super) fn open_first(stage: &mut Stage, c: Cast) -> Option<()> {
    let span = open(stage, c, false)?;
    stage.did(verb::OPEN, c.object, span);
    Some(())
}

pub(super) fn close(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = lid_of(stage, c.object)?;
    if first {
        preset_lid(stage, c, true);
    } else if !stage.things.get(c.object)?.open {
        open_first(stage, c)?;
    }
    let class = class_of(stage, c.object);
    if first && stage.rng.chance(0.3) && class != noun::CHIPS && helper(stage, c.main).is_some() {
        ensure_held(stage, Cast { main: c.main.mirrored(), ..c }, true);
    }
    if class == noun::BOOK {
        ensure_held(stage, c, first);
        let begin = stage.t;
        return turn_cover(stage, c, begin, false);
    }
    let begin = stage.t;
    let closed = stage.things.get(c.object)?.model.closed[part];
    let (closer, end);
    if class == noun::LOTION {
        // The cap stands up: the hand comes from behind and presses it down.
        closer = holder(stage, c.object).and_then(|s| helper(stage, s)).unwrap_or(c.main);
        if holder(stage, c.object).is_none()
            && let Some(other) = helper(stage, closer)
            && stage.rng.chance(0.7)
        {
            steady(stage, other, begin, c.object);
        }
        stage.look(begin, origin(&stage.part_pose(c.object, part)));
        let over = stage.part_pose(c.object, 0) * pose(origin(&closed), Turn::identity());
        let anatomy = stage.hand(closer)?.anatomy;
        let turned = turn_from_yz(vec3(0.0, 1.0, -0.35), vec3(0.0, 0.3, 1.0));
        let mut press = HandAngles::posture(Posture::Point);
        press.0[1] = [0.0, deg(18.0), deg(20.0), deg(10.0)];
        let tip = crate::hand::forward::digit_pose(&anatomy, 1, &press.0[1]).tip_m;
        let on_cap = origin(&over) + vec3(0.0, -0.012, 0.024 + anatomy.pad_m(1));
        let down = pose(on_cap - turned * tip, turned);
        let above = pose(origin(&down) + vec3(0.0, 0.02, 0.055), turned);
        let reach = stage.travel(closer, origin(&above));
        stage.phase(begin, Phase::Approach);
        stage.pose_fingers(closer, begin, begin + reach, press);
        stage.go(closer, begin, begin + reach, Anchor::world(above), vec3(0.0, 0.0, 0.05), vec3(0.0, -0.03, 0.04));
        let d = stage.pace(0.35);
        let t = begin + reach;
        stage.phase(t, Phase::Manipulate);
        stage.go(closer, t, t + d, Anchor::world(down), Vec3::zeros(), vec3(0.0, 0.005, 0.02));
        stage.shift(c.object, part, (t, t + d), Frame::Part(c.object, 0), closed, Manner { settles: true, ..Manner::default() });
        end = t + d + stage.pace(0.15);
        stage.handle(closer, c.object, (t, end));
    } else {
        let side = holder(stage, c.object).and_then(|s| helper(stage, s)).unwrap_or(c.main);
        if holder(stage, c.object) == Some(side) {
            put_down(stage);
        }
        closer = side;
        stage.look(begin, origin(&stage.part_pose(c.object, part)));
        let g = part_grasp(stage, closer, c.object, part)?;
        let start = stage.t;
        let t = stage.take(closer, start, c.object, part, g);
        stage.phase(t, Phase::Manipulate);
        if holder(stage, c.object).is_none()
            && let Some(other) = helper(stage, closer)
            && stage.rng.chance(0.75)
        {
            steady(stage, other, t - 0.3, c.object);
        }
        let body = stage.part_pose(c.object, 0);
        let seat = body * closed;
        let lid = stage.part_pose(c.object, part);
        let upright = pose(origin(&seat), body.rotation * relative_heading(&body, &lid));
        let over = pose(origin(&seat) + body.rotation * vec3(0.0, 0.0, 0.05), upright.rotation);
        let (d1, d2) = (stage.pace(0.75), stage.pace(0.4));
        stage.shift(c.object, part, (t, t + d1), Frame::World, over, Manner { lift_m: 0.04, ..Manner::CARRY });
        stage.look(t + d1 * 0.5, origin(&over));
        let inner = body.inverse() * upright;
        stage.shift(c.object, part, (t + d1, t + d1 + d2), Frame::Part(c.object, 0), inner, Manner { settles: true, ..Manner::default() });
        let mut t = t + d1 + d2;
        if class == noun::MILK {
            let turns = 1 + stage.rng.below(2);
            let per_turn = -stage.rng.range(deg(48.0), deg(75.0));
            t = twist(stage, closer, c, part, t, per_turn, turns);
        }
        end = t + stage.pace(0.1);
    }
    let home = stage.let_go(closer, end, None);
    let mut done = home;
    let steadier = closer.mirrored();
    if stands(stage, c.object) && holder(stage, c.object) == Some(steadier) {
        let after = stage.pace(0.1);
        done = done.max(stage.let_go(steadier, end + after, None));
    }
    if let Some(thing) = stage.things.get_mut(c.object) {
        thing.open = false;
    }
    stage.t = done;
    Some((begin, end + 0.5 * (home - end)))
}

/// Heading of a lid relative to a body, about the body's axis.
fn relative_heading(body: &Pose, lid: &Pose) -> Turn {
    let ahead = body.rotation.inverse() * (lid.rotation * Vec3::y());
    turn_z(libm::atan2(-ahead.x, ahead.y))
}

/// Opens or shuts a book that is held by one hand.
pub(super) fn turn_cover(stage: &mut Stage, c: Cast, begin: f64, opening: bool) -> Option<Span> {
    let part = lid_of(stage, c.object)?;
    let side = holder(stage, c.object)?;
    let closed = stage.things.get(c.object)?.model.closed[part];
    let (frame, opened) = opened_lid(stage, side, c.object, part);
    let to = if opening { opened } else { closed };
    let start = stage.t;
    let mut end = start;
    stage.look(start, origin(&stage.part_pose(c.object, 0)));
    let fingers = HandAngles::posture(Posture::Flat).towards(&HandAngles::posture(Posture::Relaxed), 0.4);
    if let Some(other) = helper(stage, side) {
        let anatomy = stage.hand(other)?.anatomy;
        let sign = anatomy.sign();
        // Tips go along with the free edge of the cover.
        let edge = |stage: &Stage, lid: Pose| {
            let width = stage.things.get(c.object).map_or(0.1, |t| 2.0 * t.model.half_m[0]);
            let p = crate::space::place(&(stage.part_pose(c.object, 0) * lid), vec3(0.92 * width, -0.012, 0.0));
            let turned = turn_from_yz(vec3(-sign * 0.35, 0.85, 0.25), vec3(sign * 0.8, -0.2, 0.5));
            let tip = crate::hand::forward::digit_pose(&anatomy, 1, &fingers.0[1]).tip_m;
            pose(p - turned * tip, turned)
        };
        let from = edge(stage, if opening { closed } else { opened });
        let goal = edge(stage, to);
        let reach = stage.travel(other, origin(&from));
        stage.phase(start, Phase::Approach);
        stage.pose_fingers(other, start, start + reach, fingers);
        stage.go(other, start, start + reach, Anchor::world(from), vec3(0.0, 0.0, 0.03), vec3(0.0, -0.05, 0.0));
        let d = stage.pace(0.6);
        stage.phase(start + reach, Phase::Manipulate);
        stage.go(other, start + reach, start + reach + d, Anchor::world(goal), vec3(0.0, -0.07, 0.01), vec3(0.0, -0.07, 0.01));
        stage.shift(c.object, part, (start + reach, start + reach + d), frame, to, Manner { settles: true, ..Manner::default() });
        end = start + reach + d;
        stage.handle(other, c.object, (start + reach, end));
        stage.t = stage.let_go(other, end, None);
    } else {
        let d = stage.pace(0.7);
        stage.shift(c.object, part, (start, start + d), frame, to, Manner { settles: true, ..Manner::default() });
        end += d;
        stage.t = end;
    }
    if let Some(thing) = stage.things.get_mut(c.object) {
        thing.open = opening;
    }
    Some((begin, end))
}
