//! Programmes of the hands themselves: apply, spray, squeeze.

use ego_core::hands::Side;

use super::lids::{open_first, preset_lid};
use super::{Cast, Span, class_of, empty_hands, ensure_held, half_height, helper, hold_pose, holder, part_of};
use crate::cast::noun;
use crate::hand::{HandAngles, Posture};
use crate::motion::path::{Anchor, Frame};
use crate::motion::stage::{Manner, Phase, Stage, slot};
use crate::shape::PartRole;
use crate::space::{Vec3, deg, origin, pose, turn, turn_from_yz, turn_x, turn_y, turn_z, vec3};

/// Rubs the hands: one palm goes to and fro over the back (or the palm) of the other.
pub(super) fn apply(stage: &mut Stage, c: Cast) -> Option<Span> {
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

pub(super) fn spray(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
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
        press(stage, side, c, trigger, [t, d1, d2]);
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

/// Bends fingers a little and back, at `t` for `d1` and then `d2` seconds: the index on a trigger, or all of them on a bottle.
fn press(stage: &mut Stage, side: Side, c: Cast, trigger: Option<usize>, [t, d1, d2]: [f64; 3]) {
    let Some((_, _, g)) = stage.hand(side).and_then(|p| p.hold) else { return };
    let mut pressed = g.angles;
    if trigger.is_some() && !g.contact[1] {
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

pub(super) fn squeeze(stage: &mut Stage, c: Cast, first: bool) -> Option<Span> {
    if first {
        preset_lid(stage, c, true);
    } else if class_of(stage, c.object) == noun::LOTION && !stage.things.get(c.object)?.open {
        open_first(stage, c)?;
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
        press(stage, side, c, None, [t, d1, d2]);
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
