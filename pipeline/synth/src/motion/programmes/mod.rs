//! One motion programme a verb, for any object it goes with.
//!
//! Every programme begins with objects on the table or one of them in a hand, ends likewise, and returns the stretch of time that
//! its label covers. Where a condition is missing in the middle of a clip (an object to hold, an open lid), the wearer sees to it
//! first, which has a label of its own: it is an action like any other. At the beginning of a clip it is so already.

mod carry;
mod contents;
mod lids;
mod press;

use ego_core::hands::Side;

use crate::cast::{Action, noun, objects, verb};
use crate::motion::grasp::{Grasp, Style};
use crate::motion::path::Frame;
use crate::motion::stage::{Manner, Stage};
use crate::shape::PartRole;
use crate::space::{Pose, Turn, deg, origin, pose, turn_x, turn_y, turn_z, vec3};
use carry::{grab, place_down, read};
use contents::{pour, put_in, take_out};
use lids::{close, open};
use press::{apply, spray, squeeze};

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
    let eyes = stage.person.eyes_m.z;
    let rng = &mut stage.rng;
    // Not so high that it fills the picture.
    let at = vec3(
        sign * rng.range(0.01, 0.10),
        rng.range(0.25, 0.33) * scale,
        (half + rng.range(0.04, 0.12)).min(eyes - 0.17 - 0.7 * half).max(half + 0.02),
    );
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
        stage.did(verb::GRAB, c.object, (start, stage.t));
    }
    true
}

/// Puts whatever the hands hold back on the table, as an action of its own.
pub fn empty_hands(stage: &mut Stage) {
    for (object, span) in put_down(stage) {
        stage.did(verb::PLACE, object, span);
    }
}

/// Puts whatever the hands hold back on the table; returns the objects that they held above it, and when.
fn put_down(stage: &mut Stage) -> Vec<(usize, Span)> {
    let mut placed = Vec::new();
    for side in [Side::Left, Side::Right] {
        let Some((object, part, _)) = stage.hand(side).and_then(|p| p.hold) else { continue };
        let start = stage.t;
        if part == 0 {
            let spot = stage.things.get(object).map_or_else(Pose::identity, |t| t.spot);
            let d = stage.pace(0.8);
            let was_up = !stands(stage, object);
            stage.shift(object, 0, (start, start + d), Frame::World, spot, Manner::SET_DOWN);
            stage.t = stage.let_go(side, start + d, None);
            if was_up {
                placed.push((object, (start, let_go_of(start + d, stage.t))));
            }
        } else {
            stow(stage, side, object, part);
        }
    }
    placed
}

/// When an object counts as put down by a hand that opens at `opens` and is home at `home`.
fn let_go_of(opens: f64, home: f64) -> f64 {
    opens + 0.6 * (home - opens)
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

/// Whether the object stands on the table at the end of the plan.
fn stands(stage: &Stage, object: usize) -> bool {
    let at = stage.part_pose(object, 0);
    (origin(&at).z - half_height(stage, object)).abs() < 0.004
}
