//! Programmes of what is inside: pour, take out, put in.

use ego_core::hands::Side;

use super::lids::{open_first, preset_lid, two_hands};
use super::{
    Cast, Span, body_grasp, class_of, empty_hands, ensure_held, half_height, helper, hold_pose, holder, lid_of, part_grasp, part_of,
    stands, steady,
};
use crate::cast::{noun, verb};
use crate::motion::path::Frame;
use crate::motion::stage::{Manner, Phase, Stage};
use crate::shape::PartRole;
use crate::space::{Turn, deg, origin, pose, turn_x, turn_y, turn_z, vec3};

pub(super) fn pour(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    if first {
        preset_lid(stage, c, true);
    }
    if !stage.things.get(c.object)?.open && lid_of(stage, c.object).is_some() && !first {
        open_first(stage, c)?;
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

/// Which hand holds the item at the end of the plan.
fn item_holder(stage: &Stage, object: usize, part: usize) -> Option<Side> {
    [Side::Left, Side::Right].into_iter().find(|s| stage.hand(*s).and_then(|p| p.hold).is_some_and(|h| (h.0, h.1) == (object, part)))
}

/// The next sachet lies where the one was that has gone to the lap, out of the picture.
fn refill(stage: &mut Stage, object: usize, part: usize) -> Option<()> {
    let home = stage.things.get(object)?.model.closed[part];
    let now = stage.t;
    stage.shift(object, part, (now, now), Frame::Part(object, 0), home, Manner { settles: true, ..Manner::default() });
    stage.things.get_mut(object)?.emptied = false;
    Some(())
}

pub(super) fn take_out(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = item_of(stage, c.object)?;
    if class_of(stage, c.object) == noun::CHIPS {
        if first {
            preset_lid(stage, c, true);
        } else if !stage.things.get(c.object)?.open {
            open_first(stage, c)?;
        }
    }
    if stage.things.get(c.object)?.emptied {
        if item_holder(stage, c.object, part).is_some() {
            let span = put_in(stage, c, false)?;
            stage.did(verb::PUT_IN, c.object, span);
        } else {
            refill(stage, c.object, part)?;
        }
    }
    if holder(stage, c.object) == Some(c.main) {
        empty_hands(stage);
    }
    let begin = stage.t;
    let (taker, _, t) = two_hands(stage, c, part, 0.5)?;
    stage.phase(t, Phase::Manipulate);
    let now = stage.part_pose(c.object, part);
    // Out of a tall tube it is pulled less far: it would come too near to the eyes.
    let room = (stage.person.eyes_m.z - 0.27 - origin(&now).z).clamp(0.045, 0.12);
    let up = pose(origin(&now) + vec3(0.0, 0.0, room * stage.rng.range(0.8, 1.0)), now.rotation);
    let sign = if taker == Side::Left { -1.0 } else { 1.0 };
    let shown = vec3(sign * stage.rng.range(0.03, 0.12), 0.29 * stage.person.scale, stage.rng.range(0.08, 0.14));
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

pub(super) fn put_in(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    let part = item_of(stage, c.object)?;
    let home = stage.things.get(c.object)?.model.closed[part];
    if class_of(stage, c.object) == noun::CHIPS && first {
        preset_lid(stage, c, true);
    }
    let held_by = item_holder(stage, c.object, part);
    let side = held_by.unwrap_or(c.main);
    if held_by.is_none() {
        if first {
            let g = part_grasp(stage, side, c.object, part)?;
            let sign = if side == Side::Left { -1.0 } else { 1.0 };
            let at = vec3(sign * stage.rng.range(0.06, 0.15), 0.27 * stage.person.scale, stage.rng.range(0.07, 0.14));
            let turned = turn_z(stage.rng.range(deg(-20.0), deg(20.0))) * turn_x(stage.rng.range(deg(-20.0), deg(20.0)));
            stage.preset(c.object, part, Frame::World, pose(at, turned));
            stage.held_from_start(side, c.object, part, g);
        } else {
            let span = take_out(stage, c, false)?;
            stage.did(verb::TAKE_OUT, c.object, span);
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
