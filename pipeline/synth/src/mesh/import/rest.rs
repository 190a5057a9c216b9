//! From a file's pose and size to the rest hand of this crate, so that everything made for that (poses, skin, rings, sleeves)
//! fits the imported mesh as well.
//!
//! Each bone goes where the rest hand has it, with half-turned helpers at the joints as in posing; what the palm's single map
//! leaves of each finger base is spread smoothly around that base.

use super::Trouble;
use super::rigged::{ARM, PALM, PARTS, Rigged, part};
use crate::mesh::anatomy::{RestHand, rest_hand};
use crate::mesh::skeleton::{BONES, FOREARM, HAND, WRIST_HELPER, finger_bone, finger_helper};
use crate::mesh::vec3::{Affine, V3, v3};

/// Distance from the joint of a tip to the skin beyond it in the rest hand, metres.
const TIP_SKIN: f32 = 0.0062;
/// Wrist to elbow of the rest arm, metres.
const REST_FOREARM: f32 = 0.262;
/// How far a finger base pulls the palm around it, metres.
const BASE_REACH: f32 = 0.020;

/// Weights of the bones with helpers: what two neighbours share belongs to the helper between them.
pub(super) fn with_helpers(parts: &[f32; PARTS]) -> [f32; BONES] {
    let mut left = *parts;
    let mut out = [0.0; BONES];
    let mut share = |before: usize, after: usize, helper: usize| {
        let both = left[before].min(left[after]);
        left[before] -= both;
        left[after] -= both;
        out[helper] += 2.0 * both;
    };
    for f in 0..5 {
        for joint in (0..3).rev() {
            share(if joint == 0 { PALM } else { part(f, joint - 1) }, part(f, joint), finger_helper(f, joint));
        }
    }
    share(ARM, PALM, WRIST_HELPER);
    (out[FOREARM], out[HAND]) = (left[ARM], left[PALM]);
    for f in 0..5 {
        for joint in 0..3 {
            out[finger_bone(f, joint)] = left[part(f, joint)];
        }
    }
    out
}

/// A rigid frame with the stretch that its part needs.
struct Step {
    from: Affine,
    to: Affine,
    stretch: V3,
}

impl Step {
    fn map(&self) -> Affine {
        self.to.stretched(self.stretch).after(&self.from.rigid_inverse())
    }

    /// The map half-way to `next`, at the joint where `next` begins.
    fn halfway(&self, next: &Step) -> Affine {
        Step {
            from: self.from.halfway(&next.from, next.from.origin),
            to: self.to.halfway(&next.to, next.to.origin),
            stretch: (self.stretch + next.stretch) * 0.5,
        }
        .map()
    }
}

/// Moves a right hand's points into rest space. True when the mesh has a fore-arm of its own.
pub(super) fn to_rest(hand: &mut Rigged) -> Result<bool, Trouble> {
    let rest = rest_hand();
    let scale = (1..5).map(|f| rest.fingers[f].joint(0).norm() / (hand.joints[f][0] - hand.wrist).norm()).sum::<f32>() * 0.25;
    if !scale.is_finite() || scale <= 0.0 {
        return Err(Trouble::new("its finger bases lie on its wrist", "export it in its rest pose"));
    }
    tips_to_skin(hand, scale);
    for joints in &hand.joints {
        let bones: [V3; 3] = std::array::from_fn(|b| (joints[b + 1] - joints[b]) * scale);
        let folded = bones.windows(2).any(|pair| pair[0].unit().dot(pair[1].unit()) < -0.7);
        if folded || bones.iter().any(|b| !(0.004..0.15).contains(&b.norm())) {
            return Err(Trouble::new(
                "the joints of a finger do not follow each other",
                "check which bones have the names of finger bones",
            ));
        }
    }
    let back = -hand.palm_of_right();
    let palm = Step {
        from: Affine::looking(hand.wrist, hand.joints[2][0] - hand.wrist, back),
        to: Affine::IDENTITY,
        stretch: v3(across(hand, &rest), scale, scale),
    };
    let mut maps = [Affine::IDENTITY; BONES];
    maps[HAND] = palm.map();
    for f in 0..5 {
        let up = if f == 0 { thumb_back(hand, back) } else { back };
        let steps = finger_steps(hand, &rest, f, up, scale);
        for joint in 0..3 {
            maps[finger_bone(f, joint)] = steps[joint].map();
            maps[finger_helper(f, joint)] = if joint == 0 { palm.halfway(&steps[0]) } else { steps[joint - 1].halfway(&steps[joint]) };
        }
    }
    let arm = fore_arm(hand, &palm, back);
    let own = arm.is_some();
    let arm = arm.unwrap_or(Step { ..palm });
    maps[FOREARM] = arm.map();
    maps[WRIST_HELPER] = Step { from: arm.from, to: arm.to, stretch: (arm.stretch + scale_of(hand, &rest, scale)) * 0.5 }.map();
    let left_over: [(V3, V3); 5] = std::array::from_fn(|f| {
        let target = rest.fingers[f].joint(0);
        (target, target - maps[HAND].point(hand.joints[f][0]))
    });
    for (p, weights) in hand.points.iter_mut().zip(&hand.weights) {
        let source = *p;
        let mut at = V3::ZERO;
        for (map, weight) in maps.iter().zip(with_helpers(weights)).filter(|(_, w)| *w > 0.0) {
            at += map.point(source) * weight;
        }
        *p = at + pull(&left_over, at) * weights[PALM];
    }
    Ok(own)
}

fn scale_of(hand: &Rigged, rest: &RestHand, scale: f32) -> V3 {
    v3(across(hand, rest), scale, scale)
}

/// Stretch of the palm's breadth.
fn across(hand: &Rigged, rest: &RestHand) -> f32 {
    (rest.fingers[4].joint(0) - rest.fingers[1].joint(0)).norm() / (hand.joints[4][0] - hand.joints[1][0]).norm().max(1e-9)
}

/// What the finger bases near this place of the palm still have to move.
fn pull(left_over: &[(V3, V3); 5], p: V3) -> V3 {
    let (mut sum, mut total) = (V3::ZERO, 0.05);
    for (base, rest) in left_over {
        let d = (p - *base).norm() / BASE_REACH;
        let w = libm::expf(-0.5 * d * d);
        sum += *rest * w;
        total += w;
    }
    sum * (1.0 / total)
}

/// Puts each finger's last joint as far below the skin as the rest hand has it.
fn tips_to_skin(hand: &mut Rigged, scale: f32) {
    for f in 0..5 {
        let [_, _, last, tip] = hand.joints[f];
        let along = (tip - last).unit();
        let reach = hand
            .points
            .iter()
            .zip(&hand.weights)
            .filter(|(_, w)| w[part(f, 2)] > 0.6)
            .map(|(p, _)| (*p - last).dot(along))
            .fold(0.0, f32::max);
        if reach * scale > 0.012 {
            hand.joints[f][3] = last + along * (reach - TIP_SKIN / scale);
        }
    }
}

fn finger_steps(hand: &Rigged, rest: &RestHand, f: usize, up: V3, scale: f32) -> [Step; 3] {
    let target = &rest.fingers[f];
    let joints = &hand.joints[f];
    // As thick as this finger of the rest hand, as far as that leaves it its own character.
    let flesh = |mean: Option<f32>| mean.map_or(1.0, |m| (0.95 * target.radius / (m * scale)).clamp(0.88, 1.14));
    let thick = scale * flesh(girth(hand, f));
    std::array::from_fn(|j| {
        let along = joints[j + 1] - joints[j];
        Step {
            from: Affine::looking(joints[j], along, up),
            to: Affine { origin: target.joint(j), ..target.frame },
            stretch: v3(thick, target.bones[j] / along.norm().max(1e-9), thick),
        }
    })
}

/// Mean distance of the skin from the axis of a finger's middle bone, in the file's unit.
fn girth(hand: &Rigged, f: usize) -> Option<f32> {
    let [_, a, b, _] = hand.joints[f];
    let (length, along) = ((b - a).norm(), (b - a).unit());
    let (mut sum, mut count) = (0.0, 0);
    for (p, w) in hand.points.iter().zip(&hand.weights) {
        let t = (*p - a).dot(along) / length;
        if w[part(f, 1)] > 0.5 && (0.15..0.85).contains(&t) {
            sum += (*p - a - along * (t * length)).norm();
            count += 1;
        }
    }
    (count >= 4).then(|| sum / count as f32)
}

/// Out of the thumb's nail: across the flat of its end bone, on the side away from the palm.
fn thumb_back(hand: &Rigged, back: V3) -> V3 {
    let [_, middle, last, tip] = hand.joints[0];
    let along = (tip - last).unit();
    // The thumb bends towards the base of the little finger and into the palm.
    let guess = back * 0.8 - (hand.joints[4][0] - middle).unit() * 0.6;
    let guess = (guess - along * guess.dot(along)).unit();
    let side = along.cross(guess);
    let flat = |p: V3| ((p - last).dot(side), (p - last).dot(guess));
    let end: Vec<(f32, f32)> = hand.points.iter().zip(&hand.weights).filter(|(_, w)| w[part(0, 2)] > 0.6).map(|(p, _)| flat(*p)).collect();
    let n = end.len().max(1) as f32;
    let mean = end.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
    let (mut xx, mut xz, mut zz) = (0.0, 0.0, 0.0);
    for (x, z) in end.iter().map(|p| (p.0 - mean.0, p.1 - mean.1)) {
        xx += x * x / n;
        xz += x * z / n;
        zz += z * z / n;
    }
    // The broad direction, as an angle from `side`; meaningless when the end is round.
    let spread = ((xx - zz) * (xx - zz) + 4.0 * xz * xz).sqrt();
    let turn = 0.5 * libm::atan2f(2.0 * xz, xx - zz);
    if end.len() < 8 || spread < 0.12 * (xx + zz) || turn.abs() > 0.8 {
        return guess;
    }
    let (s, c) = libm::sincosf(turn);
    guess * c - side * s
}

/// How the fore-arm goes to rest; `None` when the mesh does not reach towards the elbow.
fn fore_arm(hand: &Rigged, palm: &Step, back: V3) -> Option<Step> {
    let elbow = hand.elbow?;
    let along = hand.wrist - elbow;
    let length = along.norm();
    let from = Affine::looking(hand.wrist, along, back);
    let inverse = from.rigid_inverse();
    let local: Vec<V3> = hand.points.iter().zip(&hand.weights).filter(|(_, w)| w[ARM] > 0.5).map(|(p, _)| inverse.point(*p)).collect();
    let reach = local.iter().fold(0.0f32, |r, p| r.max(-p.y));
    if reach < 0.7 * length {
        return None;
    }
    let y = REST_FOREARM / length;
    // As thick as the arm that sleeves and watches are made for, on the mean of its middle part.
    let middle = local.iter().filter(|p| (0.15..0.8).contains(&(-p.y / length)));
    let (mut have, mut want) = (V3::ZERO, V3::ZERO);
    for p in middle {
        let (w, h) = super::forearm::section(-p.y * y);
        have += p.abs();
        want += v3(w, 0.0, h) * std::f32::consts::FRAC_2_PI;
    }
    if have.x <= 0.0 || have.z <= 0.0 {
        return None;
    }
    Some(Step { from, to: palm.to, stretch: v3(want.x / have.x, y, want.z / have.z) })
}
