//! Programmes that move a whole object: grab, place, read.

use ego_core::hands::Side;

use super::lids::turn_cover;
use super::{Cast, Span, body_grasp, class_of, empty_hands, ensure_held, hold_pose, holder, let_go_of};
use crate::cast::noun;
use crate::motion::path::Frame;
use crate::motion::stage::{Manner, Phase, Stage};
use crate::space::{Pose, deg, origin, pose, turn_x, turn_z, vec3};

pub(super) fn grab(stage: &mut Stage, c: Cast) -> Option<Span> {
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

pub(super) fn place_down(stage: &mut Stage, c: Cast) -> Span {
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
    (begin, let_go_of(begin + d + pause, home))
}

pub(super) fn read(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
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
