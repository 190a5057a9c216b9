//! The plot of a clip: what stands on the table, and the steps of the script one after the other.

use ego_core::hands::Side;

use super::path::Anchor;
use super::programmes::{self, Cast};
use super::stage::{Phase, Stage};
use crate::cast::{noun, objects, verb};
use crate::clip::Label;
use crate::hand::{HandAngles, Posture};
use crate::rng::Rng;
use crate::script::{Script, Step};
use crate::space::{pose, turn_x, vec3};

/// What stands on the table.
pub(crate) struct Props {
    /// Class and number on the stage of each classed object.
    things: Vec<(u32, usize)>,
    /// Number of the cup.
    cup: Option<usize>,
}

/// Puts the objects of the script, a cup when one is poured into, and a few others on the table.
pub(crate) fn set_table(stage: &mut Stage, script: &Script, main: Side, rng: &mut Rng) -> Props {
    let scale = stage.person.scale;
    let hand = stage.person.hands[0].length_m;
    let sign = if main == Side::Left { -1.0 } else { 1.0 };
    let mut things: Vec<(u32, usize)> = Vec::new();
    let pours = script.steps.iter().any(|s| matches!(s, Step::Play(a) if a.verb == verb::POUR));
    for step in &script.steps {
        let Step::Play(action) = step else { continue };
        if things.iter().any(|(class, _)| *class == action.noun) {
            continue;
        }
        let n = things.len();
        // On the side of the acting hand first, then beside it.
        let lane = if n.is_multiple_of(2) { n as f64 / 2.0 } else { -((n + 1) as f64) / 2.0 };
        let x = sign * (0.055 + 0.15 * lane + rng.range(-0.035, 0.035)) * scale;
        let y = (rng.range(0.29, 0.37) + 0.03 * (n / 3) as f64) * scale;
        let heading = rng.range(-0.25, 0.25);
        things.push((action.noun, stage.put(objects::draw(action.noun, hand, rng), x, y, heading)));
    }
    let cup = pours.then(|| {
        let x = -sign * rng.range(0.07, 0.12) * scale;
        let y = rng.range(0.31, 0.37) * scale;
        stage.put(objects::draw(0, hand, rng), x, y, 0.0)
    });
    // Others stand behind, where no programme puts anything.
    for n in 0..rng.below(4) {
        let class = 1 + rng.below(8) as u32;
        if things.iter().any(|(c, _)| *c == class) || (class == noun::BOOK && rng.chance(0.5)) {
            continue;
        }
        let x = (-0.24 + 0.22 * n as f64 + rng.range(-0.03, 0.03)) * scale.max(0.9);
        let number = stage.put(objects::draw(class, hand.max(0.16), rng), x, rng.range(0.50, 0.60), rng.range(-0.6, 0.6));
        things.push((class, number));
    }
    Props { things, cup }
}

/// Plays all steps; returns the labels.
pub(crate) fn perform(stage: &mut Stage, script: &Script, main: Side, props: &Props) -> Vec<Label> {
    let lead = stage.rng.range(0.15, 0.8);
    stage.wait(lead);
    let mut first = true;
    for step in &script.steps {
        match step {
            Step::Play(action) => {
                let Some((_, object)) = props.things.iter().find(|(class, _)| *class == action.noun) else { continue };
                let cast = Cast { main, object: *object, cup: props.cup };
                if let Some((start_s, end_s)) = programmes::play(stage, *action, cast, first) {
                    stage.labels.push(Label { start_s, end_s, action: *action, asked: true });
                }
                let pause = stage.rng.range(0.1, 0.7);
                let now = stage.t;
                stage.phase(now, Phase::Idle);
                stage.wait(pause);
            }
            Step::Idle(seconds) => idle(stage, seconds.unwrap_or(2.0)),
            Step::Leave(side) => leave(stage, *side),
        }
        first = false;
    }
    let tail = stage.rng.range(0.15, 0.6);
    stage.wait(tail);
    std::mem::take(&mut stage.labels)
}

/// Hands at rest, which never are quite at rest.
fn idle(stage: &mut Stage, seconds: f64) {
    let begin = stage.t;
    stage.phase(begin, Phase::Idle);
    let around = vec3(stage.rng.range(-0.2, 0.2), 0.35, 0.0);
    stage.look(begin, around);
    for side in [Side::Left, Side::Right] {
        let mut t = begin + stage.rng.range(0.2, 1.5);
        while t + 1.0 < begin + seconds {
            let Some(p) = stage.hand(side) else { break };
            if p.hold.is_some() {
                break;
            }
            let (home, relaxed) = (p.home, p.relaxed);
            let rng = &mut stage.rng;
            let up = rng.range(0.01, 0.05);
            let to = pose(
                home.translation.vector + vec3(rng.range(-0.03, 0.03), rng.range(-0.03, 0.03), up),
                home.rotation * turn_x(rng.range(0.0, 0.15)),
            );
            let bend = rng.range(0.0, 0.5);
            let posture = [Posture::Flat, Posture::Cup, Posture::Fist][rng.below(3)];
            let fingers = relaxed.towards(&HandAngles::posture(posture), bend * up / 0.05).clamped();
            let d = stage.pace(0.6);
            stage.pose_fingers(side, t, t + d, fingers);
            stage.go(side, t, t + d, Anchor::world(to), vec3(0.0, 0.0, 0.02), vec3(0.0, 0.0, 0.02));
            let rest = t + d + stage.rng.range(0.2, 1.0);
            let back = stage.pace(0.6);
            stage.pose_fingers(side, rest, rest + back, relaxed);
            stage.go(side, rest, rest + back, Anchor::world(home), vec3(0.0, 0.0, 0.02), vec3(0.0, 0.0, 0.02));
            t = rest + back + stage.rng.range(0.3, 2.0);
        }
    }
    let busy = [Side::Left, Side::Right].iter().filter_map(|s| stage.hand(*s)).map(|p| p.busy_until).fold(0.0, f64::max);
    stage.t = (begin + seconds).max(busy);
}

/// A hand goes out of the picture and comes back.
fn leave(stage: &mut Stage, side: Option<Side>) {
    programmes::empty_hands(stage);
    let drawn = if stage.rng.chance(0.5) { Side::Left } else { Side::Right };
    let side = side.unwrap_or(drawn);
    let side = if stage.hand(side).is_some() { side } else { side.mirrored() };
    let Some(p) = stage.hand(side) else { return };
    let (away, turned) = (p.away, p.home.rotation);
    let begin = stage.t;
    stage.phase(begin, Phase::Idle);
    // First in view, then away, then back.
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let scale = stage.person.scale;
    let shown = pose(vec3(sign * 0.12 * scale, 0.26 * scale, 0.09), turned);
    let t1 = stage.let_go(side, begin, Some(shown)) + stage.rng.range(0.2, 0.6);
    let t2 = stage.let_go(side, t1, Some(away)) + stage.rng.range(0.8, 1.8);
    let t3 = stage.let_go(side, t2, Some(shown)) + stage.rng.range(0.3, 0.6);
    stage.t = stage.let_go(side, t3, None);
}
