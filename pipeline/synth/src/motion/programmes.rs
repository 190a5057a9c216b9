//! One motion programme a verb, for any object it goes with.
//!
//! Every programme begins with objects on the table or one of them in a hand, ends likewise, and returns the stretch of time that
//! its label covers. Where a condition is missing in the middle of a clip (an object to hold, an open lid), the wearer sees to it
//! first, outside the label; at the beginning of a clip it is so already.

use ego_core::hands::Side;

use super::grasp::{Grasp, Style};
use super::path::{Anchor, Frame};
use super::stage::{Manner, Phase, Stage, slot};
use crate::cast::{Action, noun, objects, verb};
use crate::hand::{HandAngles, Posture};
use crate::shape::PartRole;
use crate::space::{Pose, Turn, Vec3, deg, origin, pose, turn, turn_from_yz, turn_x, turn_y, turn_z, vec3};

/// Who does what to which object.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// The hand that does the main part.
    pub main: Side,
    /// Number of the object on the stage.
    pub object: usize,
    /// Number of the cup on the stage, when there is one.
    pub cup: Option<usize>,
}

/// The stretch of time that a label covers, seconds.
pub type Span = (f64, f64);

/// Number of the first part with this role, when the object has one.
fn part_of(stage: &Stage, object: usize, roles: &[PartRole]) -> Option<usize> {
    stage.things.get(object)?.model.parts.iter().position(|p| roles.contains(&p.role))
}

fn lid_of(stage: &Stage, object: usize) -> Option<usize> {
    part_of(stage, object, &[PartRole::Lid, PartRole::Cover])
}

fn class_of(stage: &Stage, object: usize) -> u32 {
    stage.things.get(object).map_or(0, |t| t.model.class)
}

fn half_height(stage: &Stage, object: usize) -> f64 {
    stage.things.get(object).map_or(0.05, |t| t.model.half_m[2])
}

/// The other hand, when it takes part.
fn helper(stage: &Stage, main: Side) -> Option<Side> {
    let other = main.mirrored();
    stage.hand(other).map(|_| other)
}

/// Which hand holds the object's body at the end of the plan.
fn holder(stage: &Stage, object: usize) -> Option<Side> {
    [Side::Left, Side::Right].into_iter().find(|s| stage.hand(*s).and_then(|p| p.hold).is_some_and(|h| (h.0, h.1) == (object, 0)))
}

/// A grasp around the body at a height that leaves room for what follows.
fn body_grasp(stage: &mut Stage, side: Side, object: usize, low: bool) -> Option<Grasp> {
    let half = half_height(stage, object);
    let class = class_of(stage, object);
    let width = stage.hand(side).map_or(0.04, |p| 0.24 * p.anatomy.length_m);
    let (floor, ceiling) = (width - half, half - width * 0.7);
    let share = if low { stage.rng.range(0.0, 0.35) } else { stage.rng.range(0.25, 0.75) };
    let mut height_m = if ceiling > floor { floor + (ceiling - floor) * share } else { (floor + ceiling) / 2.0 };
    let free_index = class == noun::SPRAY && !low;
    if free_index {
        // The index finger, one finger above the middle one, comes to the trigger.
        height_m = half - 0.026 - 0.030 - 0.11 * stage.hand(side).map_or(0.18, |p| p.anatomy.length_m);
    }
    let cartons = [noun::ESPRESSO, noun::COCOA, noun::CAPPUCCINO].contains(&class);
    if cartons && half < 0.065 && !low && stage.rng.chance(0.3) {
        let style = Style::Top { clearance_m: objects::ITEM_SHOWS_M + 0.008 };
        if let Some(g) = stage.grasp(side, object, 0, style, false) {
            return Some(g);
        }
    }
    // A book is held with the fingers up behind it, so that it can be tilted back to read.
    let raise = if class == noun::BOOK { stage.rng.range(deg(18.0), deg(42.0)) } else { deg(-3.0) };
    for shift in [0.0, 0.012, -0.012, 0.024] {
        if let Some(g) = stage.grasp(side, object, 0, Style::Side { height_m: height_m + shift, free_index, raise }, false) {
            return Some(g);
        }
    }
    None
}

/// A grasp of the lid, cap or item.
fn part_grasp(stage: &mut Stage, side: Side, object: usize, part: usize) -> Option<Grasp> {
    let model = std::sync::Arc::clone(&stage.things.get(object)?.model);
    let solid = model.parts.get(part)?.pieces.first()?;
    let [hx, _, hz] = solid.solid.half_extents_m();
    let centre_z = solid.part_from_solid.translation.vector.z;
    let wide = hx > 0.024 && model.parts.get(part)?.role == PartRole::Lid;
    // Crisps are taken out of the open tube: the tube is no obstacle.
    let obstacle = !(model.class == noun::CHIPS && model.parts.get(part)?.role == PartRole::Item);
    let styles = if wide {
        [Style::Top { clearance_m: 0.032 }, Style::Top { clearance_m: 0.022 }]
    } else {
        let height_m = centre_z + (hz - 0.008).max(0.0);
        [Style::Pinch { height_m }, Style::Pinch { height_m: height_m + 0.004 }]
    };
    styles.into_iter().find_map(|style| stage.grasp(side, object, part, style, obstacle))
}

/// Where an object is held before the wearer, standing upright.
fn hold_pose(stage: &mut Stage, side: Side, object: usize) -> Pose {
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let scale = stage.person.scale;
    let half = half_height(stage, object);
    let rng = &mut stage.rng;
    let at = vec3(sign * rng.range(0.01, 0.10), rng.range(0.25, 0.33) * scale, (half + rng.range(0.05, 0.13)).min(0.24) * scale.max(0.85));
    let turned =
        turn_z(rng.range(deg(-14.0), deg(14.0))) * turn_x(rng.range(deg(-12.0), deg(8.0))) * turn_y(rng.range(deg(-8.0), deg(8.0)));
    pose(at, turned)
}

/// A free place on the table for a small thing, on this side.
fn table_spot(stage: &mut Stage, side: Side, height_m: f64) -> Pose {
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let scale = stage.person.scale;
    let rng = &mut stage.rng;
    pose(vec3(sign * rng.range(0.17, 0.25) * scale, rng.range(0.24, 0.32) * scale, height_m), turn_z(rng.range(-0.5, 0.5)))
}

/// Brings the object into the hand unless it is there; `at_start` makes it so before the clip begins.
fn ensure_held(stage: &mut Stage, c: Cast, at_start: bool) -> bool {
    if holder(stage, c.object).is_some() {
        return true;
    }
    let Some(g) = body_grasp(stage, c.main, c.object, false) else { return false };
    let to = hold_pose(stage, c.main, c.object);
    if at_start {
        stage.preset(c.object, 0, Frame::World, to);
        stage.held_from_start(c.main, c.object, 0, g);
        stage.look(0.0, origin(&to));
    } else {
        let start = stage.t;
        let t = stage.take(c.main, start, c.object, 0, g);
        let d = stage.pace(0.7);
        stage.shift(c.object, 0, (t, t + d), Frame::World, to, Manner::CARRY);
        stage.t = t + d;
    }
    true
}

/// Puts whatever the hands hold back on the table.
pub fn empty_hands(stage: &mut Stage) {
    for side in [Side::Left, Side::Right] {
        let Some((object, part, _)) = stage.hand(side).and_then(|p| p.hold) else { continue };
        let start = stage.t;
        if part == 0 {
            let spot = stage.things.get(object).map_or_else(Pose::identity, |t| t.spot);
            let d = stage.pace(0.8);
            stage.shift(object, 0, (start, start + d), Frame::World, spot, Manner::SET_DOWN);
            stage.t = stage.let_go(side, start + d, None);
        } else {
            stow(stage, side, object, part);
        }
    }
}

/// Carries a small part out of the picture, to the lap, and comes back without it.
fn stow(stage: &mut Stage, side: Side, object: usize, part: usize) {
    let Some((away, g)) = stage.hand(side).and_then(|p| p.hold.map(|h| (p.away, h.2))) else { return };
    let start = stage.t;
    let d = stage.pace(0.9);
    let to = away * g.part_from_hand.inverse();
    stage.shift(object, part, (start, start + d), Frame::World, to, Manner { settles: true, ..Manner::CARRY });
    let t = stage.let_go(side, start + d, Some(away * pose(vec3(0.0, -0.05, 0.0), Turn::identity())));
    stage.t = stage.let_go(side, t, None);
}

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
fn preset_lid(stage: &mut Stage, c: Cast, open: bool) {
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

/// The second hand steadies the object where it stands; returns whether it does.
fn steady(stage: &mut Stage, side: Side, start: f64, object: usize) -> Option<f64> {
    let g = body_grasp(stage, side, object, true)?;
    let delay = stage.pace(0.12);
    Some(stage.take(side, start + delay, object, 0, g))
}

/// Plays one action; `first` when nothing has happened in the clip before.
pub fn play(stage: &mut Stage, action: Action, c: Cast, first: bool) -> Option<Span> {
    // Hands that are busy with something else put it down first.
    let in_the_way = |hold: (usize, usize, Grasp)| hold.0 != c.object || (hold.1 != 0 && action.verb != verb::PUT_IN);
    if stage.players.iter().flatten().filter_map(|p| p.hold).any(in_the_way) {
        empty_hands(stage);
    }
    match action.verb {
        verb::GRAB => grab(stage, c),
        verb::PLACE => ensure_held(stage, c, first).then(|| place_down(stage, c)),
        verb::OPEN => open(stage, c, first),
        verb::CLOSE => close(stage, c, first),
        verb::POUR => pour(stage, c, first),
        verb::TAKE_OUT => take_out(stage, c, first),
        verb::PUT_IN => put_in(stage, c, first),
        verb::APPLY => apply(stage, c),
        verb::READ => read(stage, c, first),
        verb::SPRAY => spray(stage, c, first),
        verb::SQUEEZE => squeeze(stage, c, first),
        _ => None,
    }
}

fn grab(stage: &mut Stage, c: Cast) -> Option<Span> {
    if holder(stage, c.object).is_some() {
        empty_hands(stage);
    }
    let begin = stage.t;
    stage.look(begin, origin(&stage.part_pose(c.object, 0)));
    let g = body_grasp(stage, c.main, c.object, false)?;
    let t = stage.take(c.main, begin, c.object, 0, g);
    let to = hold_pose(stage, c.main, c.object);
    let pause = stage.pace(0.12);
    let d = stage.pace(0.75);
    stage.phase(t + pause, Phase::Manipulate);
    let lift_m = stage.rng.range(0.0, 0.05);
    stage.shift(c.object, 0, (t + pause, t + pause + d), Frame::World, to, Manner { lift_m, ..Manner::CARRY });
    stage.look(t + pause, origin(&to));
    stage.t = t + pause + d;
    Some((begin, stage.t))
}

fn place_down(stage: &mut Stage, c: Cast) -> Span {
    let begin = stage.t;
    let Some(side) = holder(stage, c.object) else { return (begin, begin) };
    let spot = stage.things.get(c.object).map_or_else(Pose::identity, |t| t.spot);
    let moved = pose(origin(&spot) + vec3(stage.rng.range(-0.03, 0.03), stage.rng.range(-0.03, 0.03), 0.0), spot.rotation);
    stage.phase(begin, Phase::Manipulate);
    stage.look(begin, origin(&moved));
    let d = stage.pace(0.85);
    let lift_m = stage.rng.range(0.01, 0.06);
    stage.shift(c.object, 0, (begin, begin + d), Frame::World, moved, Manner { lift_m, ..Manner::SET_DOWN });
    if let Some(t) = stage.things.get_mut(c.object) {
        t.spot = moved;
    }
    let pause = stage.pace(0.1);
    let home = stage.let_go(side, begin + d + pause, None);
    stage.t = home;
    (begin, begin + d + pause + 0.6 * (home - begin - d - pause))
}

/// Decides who opens and who steadies; both hands end their approach at about the same time.
fn two_hands(stage: &mut Stage, c: Cast, part: usize, chance: f64) -> Option<(Side, Grasp, f64)> {
    let begin = stage.t;
    let held_by = holder(stage, c.object);
    let opener = match held_by {
        Some(side) => match helper(stage, side) {
            Some(other) => other,
            None => {
                empty_hands(stage);
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

fn open(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = lid_of(stage, c.object)?;
    if stage.things.get(c.object)?.open {
        close(stage, c, false)?;
    }
    let class = class_of(stage, c.object);
    if first && stage.rng.chance(0.35) && class != noun::CHIPS && helper(stage, c.main).is_some() {
        ensure_held(stage, Cast { main: c.main.mirrored(), ..c }, true);
    }
    let begin = stage.t;
    if class == noun::BOOK {
        ensure_held(stage, c, first);
        return turn_cover(stage, c, begin, true);
    }
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
        let up = pose(origin(&now) + vec3(0.0, -0.005, stage.rng.range(0.05, 0.08)), tilt * now.rotation);
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

/// Whether the object stands on the table at the end of the plan.
fn stands(stage: &Stage, object: usize) -> bool {
    let at = stage.part_pose(object, 0);
    (origin(&at).z - half_height(stage, object)).abs() < 0.004
}

/// A hinged cap goes to `to` while the hand, without turning, follows it along `push` (world metres).
fn flip(stage: &mut Stage, side: Side, c: Cast, part: usize, t: f64, to: Pose, push: Vec3) -> f64 {
    let d = stage.pace(0.45);
    let wrist = stage.wrist_pose(side);
    let aside = pose(origin(&wrist) + push, wrist.rotation * turn_x(deg(12.0)));
    stage.go(side, t, t + d, Anchor::world(aside), push * 0.4 + vec3(0.0, 0.0, 0.01), push * -0.2);
    stage.shift(c.object, part, (t, t + d), Frame::Part(c.object, 0), to, Manner { settles: true, ..Manner::default() });
    t + d
}

fn close(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = lid_of(stage, c.object)?;
    if first {
        preset_lid(stage, c, true);
    } else if !stage.things.get(c.object)?.open {
        open(stage, c, false)?;
    }
    let class = class_of(stage, c.object);
    if first && stage.rng.chance(0.3) && class != noun::CHIPS && helper(stage, c.main).is_some() {
        ensure_held(stage, Cast { main: c.main.mirrored(), ..c }, true);
    }
    let begin = stage.t;
    if class == noun::BOOK {
        ensure_held(stage, c, first);
        return turn_cover(stage, c, begin, false);
    }
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
    } else {
        let side = holder(stage, c.object).and_then(|s| helper(stage, s)).unwrap_or(c.main);
        if holder(stage, c.object) == Some(side) {
            empty_hands(stage);
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
fn turn_cover(stage: &mut Stage, c: Cast, begin: f64, opening: bool) -> Option<Span> {
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

fn pour(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    if first {
        preset_lid(stage, c, true);
    }
    if !stage.things.get(c.object)?.open && lid_of(stage, c.object).is_some() && !first {
        open(stage, c, false)?;
    }
    let from_start = first && stage.rng.chance(0.6);
    ensure_held(stage, c, from_start);
    let side = holder(stage, c.object)?;
    let begin = stage.t;
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let (mouth, cup_half) = match c.cup {
        Some(cup) => (origin(&stage.part_pose(cup, 0)), half_height(stage, cup)),
        None => (vec3(-0.1 * sign, 0.3, 0.05), 0.05),
    };
    let half = half_height(stage, c.object);
    let spout = mouth + vec3(sign * 0.012, 0.0, cup_half + stage.rng.range(0.035, 0.07));
    let lean = turn_x(stage.rng.range(deg(-12.0), deg(12.0)));
    let ready = turn_y(-sign * stage.rng.range(deg(10.0), deg(25.0)));
    let full = turn_y(-sign * stage.rng.range(deg(82.0), deg(115.0)));
    let tipped = |turned: Turn| pose(spout - turned * vec3(0.0, 0.0, half), turned);
    let d1 = stage.pace(0.9);
    stage.phase(begin, Phase::Approach);
    stage.look(begin, spout);
    let mut cup_holder = None;
    if let (Some(cup), Some(other)) = (c.cup, helper(stage, side))
        && stage.is_free(other)
        && stage.rng.chance(0.5)
        && let Some(g) = body_grasp(stage, other, cup, true)
    {
        stage.take(other, begin, cup, 0, g);
        cup_holder = Some(other);
    }
    stage.shift(c.object, 0, (begin, begin + d1), Frame::World, tipped(lean * ready), Manner { lift_m: 0.03, ..Manner::CARRY });
    let mut t = begin + d1;
    stage.phase(t, Phase::Manipulate);
    let gulps = 1 + stage.rng.below(2);
    for n in 0..gulps {
        let (d2, stay, d3) = (stage.pace(0.7), stage.pace(0.9), stage.pace(0.5));
        stage.shift(c.object, 0, (t, t + d2), Frame::World, tipped(lean * full), Manner::CARRY);
        t += d2 + stay;
        if n + 1 < gulps {
            let half_way = turn_y(-sign * deg(50.0));
            stage.shift(c.object, 0, (t, t + d3), Frame::World, tipped(lean * half_way), Manner::CARRY);
            t += d3;
        }
    }
    let (d4, d5) = (stage.pace(0.5), stage.pace(0.6));
    stage.shift(c.object, 0, (t, t + d4), Frame::World, tipped(lean * ready), Manner::CARRY);
    let to = hold_pose(stage, side, c.object);
    stage.shift(c.object, 0, (t + d4, t + d4 + d5), Frame::World, to, Manner::CARRY);
    stage.look(t + d4, origin(&to));
    let mut done = t + d4 + d5;
    if let Some(other) = cup_holder {
        done = done.max(stage.let_go(other, t + 0.3 * d4, None));
    }
    stage.t = done;
    Some((begin, t + d4))
}

fn item_of(stage: &Stage, object: usize) -> Option<usize> {
    part_of(stage, object, &[PartRole::Item])
}

fn take_out(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = item_of(stage, c.object)?;
    if class_of(stage, c.object) == noun::CHIPS {
        if first {
            preset_lid(stage, c, true);
        } else if !stage.things.get(c.object)?.open {
            open(stage, c, false)?;
        }
    }
    if stage.things.get(c.object)?.emptied {
        put_in(stage, c, false)?;
    }
    if holder(stage, c.object) == Some(c.main) {
        empty_hands(stage);
    }
    let begin = stage.t;
    let (taker, _, t) = two_hands(stage, c, part, 0.5)?;
    stage.phase(t, Phase::Manipulate);
    let now = stage.part_pose(c.object, part);
    let up = pose(origin(&now) + vec3(0.0, 0.0, stage.rng.range(0.09, 0.12)), now.rotation);
    let sign = if taker == Side::Left { -1.0 } else { 1.0 };
    let shown = vec3(sign * stage.rng.range(0.03, 0.12), 0.28 * stage.person.scale, stage.rng.range(0.12, 0.18));
    let turned = turn_x(stage.rng.range(deg(-25.0), deg(25.0))) * turn_z(stage.rng.range(deg(-25.0), deg(25.0)));
    let (d1, d2) = (stage.pace(0.5), stage.pace(0.55));
    stage.shift(c.object, part, (t, t + d1), Frame::World, up, Manner::CARRY);
    stage.shift(c.object, part, (t + d1, t + d1 + d2), Frame::World, pose(shown, turned * up.rotation), Manner::CARRY);
    stage.look(t + d1, shown);
    let mut end = t + d1 + d2;
    let steadier = taker.mirrored();
    if stands(stage, c.object) && holder(stage, c.object) == Some(steadier) {
        end = end.max(stage.let_go(steadier, t + d1, None));
    }
    if let Some(thing) = stage.things.get_mut(c.object) {
        thing.emptied = true;
    }
    stage.t = end;
    Some((begin, t + d1 + d2))
}

fn put_in(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = item_of(stage, c.object)?;
    let home = stage.things.get(c.object)?.model.closed[part];
    if class_of(stage, c.object) == noun::CHIPS && first {
        preset_lid(stage, c, true);
    }
    let held_by =
        [Side::Left, Side::Right].into_iter().find(|s| stage.hand(*s).and_then(|p| p.hold).is_some_and(|h| (h.0, h.1) == (c.object, part)));
    let side = held_by.unwrap_or(c.main);
    if held_by.is_none() {
        if first {
            let g = part_grasp(stage, side, c.object, part)?;
            let sign = if side == Side::Left { -1.0 } else { 1.0 };
            let at = vec3(sign * stage.rng.range(0.06, 0.15), 0.26 * stage.person.scale, stage.rng.range(0.10, 0.18));
            let turned = turn_z(stage.rng.range(deg(-20.0), deg(20.0))) * turn_x(stage.rng.range(deg(-20.0), deg(20.0)));
            stage.preset(c.object, part, Frame::World, pose(at, turned));
            stage.held_from_start(side, c.object, part, g);
        } else {
            take_out(stage, c, false)?;
        }
    }
    let begin = stage.t;
    let body = stage.part_pose(c.object, 0);
    stage.look(begin, origin(&body));
    stage.phase(begin, Phase::Approach);
    if stands(stage, c.object)
        && let Some(other) = helper(stage, side)
        && stage.is_free(other)
        && stage.rng.chance(0.5)
    {
        steady(stage, other, begin, c.object);
    }
    let seat = body * home;
    let over = pose(origin(&seat) + vec3(0.0, 0.0, stage.rng.range(0.08, 0.11)), seat.rotation);
    let (d1, pause, d2) = (stage.pace(0.85), stage.pace(0.1), stage.pace(0.5));
    stage.shift(c.object, part, (begin, begin + d1), Frame::World, over, Manner { lift_m: 0.03, ..Manner::CARRY });
    let t = begin + d1 + pause;
    stage.phase(t, Phase::Manipulate);
    stage.shift(c.object, part, (t, t + d2), Frame::Part(c.object, 0), home, Manner { settles: true, ..Manner::default() });
    let end = t + d2;
    let back = stage.let_go(side, end, None);
    let mut done = back;
    if stands(stage, c.object) && holder(stage, c.object) == Some(side.mirrored()) {
        done = done.max(stage.let_go(side.mirrored(), end + 0.1, None));
    }
    if let Some(thing) = stage.things.get_mut(c.object) {
        thing.emptied = false;
    }
    stage.t = done;
    Some((begin, end + 0.4 * (back - end)))
}

/// Rubs the hands: one palm goes to and fro over the back (or the palm) of the other.
fn apply(stage: &mut Stage, c: Cast) -> Option<Span> {
    empty_hands(stage);
    let begin = stage.t;
    let main = c.main;
    let anatomy = stage.hand(main)?.anatomy;
    let sign = anatomy.sign();
    let scale = stage.person.scale;
    let thing_x = origin(&stage.part_pose(c.object, 0)).x;
    let rng = &mut stage.rng;
    // Not where the bottle stands.
    let aside = if thing_x > 0.0 { -1.0 } else { 1.0 };
    let centre = vec3(aside * rng.range(0.0, 0.08), rng.range(0.20, 0.26) * scale, rng.range(0.13, 0.20) * scale);
    let palms = rng.chance(0.4);
    let swing = rng.range(0.025, 0.05);
    let strokes = 4 + rng.below(5);
    let flat = HandAngles::posture(Posture::Flat).towards(&HandAngles::posture(Posture::Cup), rng.range(0.1, 0.6));
    stage.phase(begin, Phase::Approach);
    stage.look(begin, centre);
    // The lower hand lies across, its back (or palm) up.
    let up = if palms { -1.0 } else { 1.0 };
    let under = turn_from_yz(vec3(sign * 0.75, 0.65, 0.0), vec3(-sign * 0.15, -0.25, up));
    let middle = vec3(0.0, 0.42 * anatomy.length_m, 0.0);
    let mut ready = begin;
    if let Some(other) = helper(stage, main) {
        let at = pose(centre - under * middle, under);
        let d = stage.travel(other, origin(&at));
        stage.pose_fingers(other, begin, begin + d, flat);
        stage.go(other, begin, begin + d, Anchor::world(at), vec3(0.0, 0.0, 0.05), vec3(sign * -0.05, -0.05, 0.0));
        ready = begin + d;
    }
    let over = turn_from_yz(vec3(-sign * 0.75, 0.65, -0.05), vec3(sign * 0.15, -0.15, 1.0));
    let height = 2.0 * anatomy.palm_half_m + 0.004;
    let along = under * vec3(0.0, 1.0, 0.0);
    let across = turn(Vec3::z(), deg(90.0)) * along;
    let spot = |share: f64, side_share: f64| {
        let p = centre + along * (swing * share) + across * (0.5 * swing * side_share) + vec3(0.0, 0.0, height);
        pose(p - over * middle, over * turn_z(0.12 * share))
    };
    let start = spot(-1.0, 0.0);
    let d = stage.travel(main, origin(&start));
    let mut t = ready.max(begin + d);
    stage.pose_fingers(main, t - d, t, flat);
    stage.go(main, t - d, t, Anchor::world(start), vec3(0.0, 0.0, 0.06), vec3(sign * 0.04, -0.03, 0.06));
    stage.phase(t, Phase::Manipulate);
    for n in 0..strokes {
        let s = if n % 2 == 0 { 1.0 } else { -1.0 };
        let d = stage.pace(0.33);
        let round = across * (s * 0.5 * swing);
        let (wander, reach) = (stage.rng.range(-0.4, 0.4), stage.rng.range(0.7, 1.0));
        stage.go(main, t, t + d, Anchor::world(spot(s * reach, wander)), round, round);
        t += d;
    }
    let mut done = stage.let_go(main, t, None);
    if let Some(other) = helper(stage, main) {
        done = done.max(stage.let_go(other, t + 0.12, None));
    }
    stage.t = done;
    Some((begin, t + 0.2))
}

fn read(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let from_start = first && stage.rng.chance(0.4);
    ensure_held(stage, c, from_start);
    let side = holder(stage, c.object)?;
    let begin = stage.t;
    let scale = stage.person.scale;
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let eyes = stage.person.eyes_m;
    let rng = &mut stage.rng;
    let at = vec3(sign * rng.range(-0.01, 0.05), rng.range(0.27, 0.33) * scale, (eyes.z - rng.range(0.20, 0.27)).max(0.13));
    // The front, at -y, turns towards the eyes.
    let towards = eyes - at;
    let pitch = libm::atan2(towards.z, -towards.y);
    let lean = rng.range(0.45, 0.8);
    let facing = turn_z(sign * rng.range(deg(-10.0), deg(12.0))) * turn_x(-pitch * lean);
    let d = stage.pace(0.9);
    stage.phase(begin, Phase::Approach);
    stage.look(begin, at);
    stage.shift(c.object, 0, (begin, begin + d), Frame::World, pose(at, facing), Manner { lift_m: 0.02, ..Manner::CARRY });
    stage.t = begin + d;
    stage.phase(stage.t, Phase::Manipulate);
    if class_of(stage, c.object) == noun::BOOK {
        if !stage.things.get(c.object)?.open {
            turn_cover(stage, c, begin, true)?;
        }
        let pause = stage.pace(0.8);
        stage.wait(pause);
    }
    let glances = 2 + stage.rng.below(2);
    for _ in 0..glances {
        let (d, stay) = (stage.pace(0.55), stage.pace(0.45));
        let rng = &mut stage.rng;
        let side_turn = if rng.chance(0.6) { deg(32.0) } else { deg(10.0) };
        let turned = facing * turn_z(rng.range(-side_turn, side_turn)) * turn_x(rng.range(deg(-8.0), deg(8.0)));
        let moved = at + vec3(rng.range(-0.015, 0.015), rng.range(-0.02, 0.015), rng.range(-0.015, 0.02));
        let t = stage.t;
        stage.shift(c.object, 0, (t, t + d), Frame::World, pose(moved, turned), Manner::CARRY);
        stage.t = t + d + stay;
    }
    Some((begin, stage.t))
}

fn spray(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let from_start = first && stage.rng.chance(0.5);
    ensure_held(stage, c, from_start);
    let side = holder(stage, c.object)?;
    let begin = stage.t;
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let rng = &mut stage.rng;
    let at = vec3(sign * rng.range(0.03, 0.11), rng.range(0.27, 0.32) * stage.person.scale, rng.range(0.15, 0.20));
    let aim = turn_z(sign * rng.range(deg(5.0), deg(30.0))) * turn_x(rng.range(deg(-28.0), deg(5.0)));
    let presses = 2 + rng.below(3);
    stage.phase(begin, Phase::Approach);
    stage.look(begin, at + aim * vec3(0.0, 0.2, -0.05));
    let d = stage.pace(0.7);
    stage.shift(c.object, 0, (begin, begin + d), Frame::World, pose(at, aim), Manner { lift_m: 0.02, ..Manner::CARRY });
    let mut t = begin + d;
    stage.phase(t, Phase::Manipulate);
    let trigger = part_of(stage, c.object, &[PartRole::Trigger]);
    for n in 0..presses {
        let (d1, d2, rest) = (stage.pace(0.16), stage.pace(0.2), stage.pace(0.15));
        press(stage, side, c, trigger, t, d1, d2, 1);
        if n + 1 < presses {
            let swing = aim * turn_z(stage.rng.range(deg(-8.0), deg(8.0)));
            stage.shift(c.object, 0, (t + d1 + d2, t + d1 + d2 + rest), Frame::World, pose(at, swing), Manner::CARRY);
        }
        t += d1 + d2 + rest;
    }
    let (to, d) = (hold_pose(stage, side, c.object), stage.pace(0.6));
    stage.shift(c.object, 0, (t, t + d), Frame::World, to, Manner::CARRY);
    stage.t = t + d;
    Some((begin, t))
}

/// Bends fingers a little and back: the index on a trigger, or (`digits` = 4) all of them on a bottle.
fn press(stage: &mut Stage, side: Side, c: Cast, trigger: Option<usize>, t: f64, d1: f64, d2: f64, digits: usize) {
    let Some((_, _, g)) = stage.hand(side).and_then(|p| p.hold) else { return };
    let mut pressed = g.angles;
    if digits == 1 && !g.contact[1] {
        pressed.0[1][1] += deg(6.0);
        pressed.0[1][2] += deg(12.0);
    } else {
        // Flesh and bottle give way by a millimetre or two.
        for digit in pressed.0.iter_mut().skip(1) {
            digit[2] += deg(1.4);
        }
    }
    stage.pose_fingers(side, t, t + d1, pressed.clamped());
    stage.pose_fingers(side, t + d1, t + d1 + d2, g.angles);
    if let Some(part) = trigger {
        let Some(hung) = stage.things.get(c.object).map(|o| o.model.closed[part]) else { return };
        let pulled = pose(origin(&hung) + vec3(0.0, -0.007, 0.0), turn_x(deg(10.0)));
        stage.shift(c.object, part, (t, t + d1), Frame::Part(c.object, 0), pulled, Manner::default());
        stage.shift(c.object, part, (t + d1, t + d1 + d2), Frame::Part(c.object, 0), hung, Manner { settles: true, ..Manner::default() });
    }
}

fn squeeze(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    if first {
        preset_lid(stage, c, true);
    } else if class_of(stage, c.object) == noun::LOTION && !stage.things.get(c.object)?.open {
        open(stage, c, false)?;
    }
    let from_start = first && stage.rng.chance(0.6);
    ensure_held(stage, c, from_start);
    let side = holder(stage, c.object)?;
    let begin = stage.t;
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let half = half_height(stage, c.object);
    let scale = stage.person.scale;
    let palm_at = vec3(-sign * stage.rng.range(0.02, 0.07), stage.rng.range(0.27, 0.31) * scale, stage.rng.range(0.06, 0.10));
    stage.phase(begin, Phase::Approach);
    stage.look(begin, palm_at);
    let mut ready = begin;
    if let Some(other) = helper(stage, side)
        && stage.is_free(other)
    {
        // The other hand waits below, palm up and hollow.
        let anatomy = stage.hand(other)?.anatomy;
        let turned = turn_from_yz(vec3(sign * 0.55, 0.83, 0.05), vec3(-sign * 0.1, -0.1, -1.0));
        let at = pose(palm_at - turned * vec3(0.0, 0.45 * anatomy.length_m, 0.0), turned);
        let d = stage.travel(other, origin(&at));
        stage.pose_fingers(other, begin, begin + d, HandAngles::posture(Posture::Cup));
        stage.go(other, begin, begin + d, Anchor::world(at), vec3(0.0, 0.0, 0.05), vec3(-sign * 0.05, -0.05, 0.02));
        ready = begin + d;
    }
    let tipped = turn_x(stage.rng.range(deg(-15.0), deg(15.0))) * turn_y(-sign * stage.rng.range(deg(110.0), deg(140.0)));
    let mouth = palm_at + vec3(0.0, 0.0, stage.rng.range(0.05, 0.08));
    let over = pose(mouth - tipped * vec3(0.0, 0.0, half), tipped);
    let d = stage.pace(1.0);
    stage.shift(c.object, 0, (begin, begin + d), Frame::World, over, Manner { lift_m: 0.03, ..Manner::CARRY });
    let mut t = ready.max(begin + d);
    stage.phase(t, Phase::Manipulate);
    for _ in 0..1 + stage.rng.below(3) {
        let (d1, d2, rest) = (stage.pace(0.35), stage.pace(0.3), stage.pace(0.2));
        press(stage, side, c, None, t, d1, d2, 4);
        t += d1 + d2 + rest;
    }
    let (to, d) = (hold_pose(stage, side, c.object), stage.pace(0.8));
    stage.shift(c.object, 0, (t, t + d), Frame::World, to, Manner::CARRY);
    let mut done = t + d;
    let other = side.mirrored();
    if stage.players[slot(other)].is_some() && stage.is_free(other) {
        done = done.max(stage.let_go(other, t + 0.2, None));
    }
    stage.t = done;
    Some((begin, t + 0.3 * d))
}
