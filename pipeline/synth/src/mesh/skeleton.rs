//! Bones that carry skin: fore-arm, hand, fifteen of the fingers, and a half-turned helper at each bending joint.
//!
//! A helper bone turns half as far as its joint. Skin next to the joint hangs on it, which keeps a bent finger round where
//! plain blending of two bones would flatten it.

use super::anatomy::{HandField, RestHand};
use super::polygonise::Field;
use super::vec3::{Affine, V3, smoothstep, v3};

/// Number of bones with helpers.
pub const BONES: usize = 33;
/// The fore-arm.
pub const FOREARM: usize = 0;
/// The helper at the wrist.
pub const WRIST_HELPER: usize = 1;
/// The hand from the wrist to the finger bases.
pub const HAND: usize = 2;

/// Bone of a finger (0 thumb .. 4 little), joint `0..3` from its base.
pub const fn finger_bone(finger: usize, joint: usize) -> usize {
    4 + 6 * finger + 2 * joint
}

/// The helper at the base of that bone.
pub const fn finger_helper(finger: usize, joint: usize) -> usize {
    3 + 6 * finger + 2 * joint
}

/// Up to four bones with weights that add up to one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Influence {
    bones: [u8; 4],
    weights: [f32; 4],
}

impl Influence {
    /// The strongest four of these weights, normalised.
    pub fn strongest(weights: &[f32; BONES]) -> Influence {
        let mut order: Vec<usize> = (0..BONES).collect();
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
        let sum: f32 = order.iter().take(4).map(|&b| weights[b]).sum();
        let mut out = Influence::default();
        for (slot, &bone) in order.iter().take(4).enumerate() {
            out.bones[slot] = bone as u8;
            out.weights[slot] = weights[bone] / sum.max(1e-9);
        }
        out
    }

    /// All of it on one bone.
    pub fn single(bone: usize) -> Influence {
        Influence { bones: [bone as u8; 4], weights: [1.0, 0.0, 0.0, 0.0] }
    }

    /// The bone with the largest weight.
    #[inline]
    pub fn main(&self) -> usize {
        self.bones[0] as usize
    }

    /// Bones and weights, without the zero ones.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.bones.iter().zip(self.weights).filter(|(_, w)| *w > 0.0).map(|(&b, w)| (b as usize, w))
    }
}

/// Shares of (bone before, helper, bone after) at the signed distance `s` past a joint whose bend spreads over `reach`.
pub(super) fn across(s: f32, reach: f32) -> [f32; 3] {
    let t = (s / reach).clamp(-1.0, 1.0);
    if t < 0.0 {
        let k = smoothstep(-1.0, 0.0, t);
        [1.0 - k, k, 0.0]
    } else {
        let k = smoothstep(0.0, 1.0, t);
        [0.0, 1.0 - k, k]
    }
}

/// The bones that carry a point of the rest hand's surroundings.
pub fn influences(p: V3, field: &HandField, hand: &RestHand) -> Influence {
    let mut weights = [0.0; BONES];
    let [arm, helper, rest] = across(p.y + 0.004, 0.030);
    weights[FOREARM] = arm;
    weights[WRIST_HELPER] = helper;
    // How much the point belongs to each finger: the nearer finger wins, softly where two meet in a web.
    let distances: [f32; 5] = std::array::from_fn(|f| field.finger_distance(f, p).max(-0.004));
    let nearest = distances.iter().copied().fold(f32::INFINITY, f32::min);
    let mut share: [f32; 5] = std::array::from_fn(|f| libm::expf(-(distances[f] - nearest) / if f == 0 { 0.004 } else { 0.0018 }));
    let sum: f32 = share.iter().sum();
    share.iter_mut().for_each(|s| *s /= sum);
    for (f, finger) in hand.fingers.iter().enumerate() {
        let y = finger.local(p).y;
        let reach = if f == 0 { [0.024, 0.011, 0.010] } else { [0.013, 0.0095, 0.0080] };
        let mut left = rest * share[f];
        // From the tip down: what a joint leaves to the bone before it is shared out at the joint before.
        for joint in (0..3).rev() {
            let [before, bend, after] = across(y - finger.station(joint), reach[joint] * finger.radius / 0.0094);
            weights[finger_bone(f, joint)] += left * after;
            weights[finger_helper(f, joint)] += left * bend;
            left *= before;
        }
        weights[HAND] += left;
    }
    // Distant points (clothes) follow the hand or arm only.
    if field.distance(p) > 0.03 {
        weights = [0.0; BONES];
        weights[FOREARM] = arm;
        weights[WRIST_HELPER] = helper;
        weights[HAND] = rest;
    }
    Influence::strongest(&weights)
}

/// Posed bones of one hand: rigid frames with y along the bone and z out of the back of the hand, in the target space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BonePoses {
    /// Fore-arm at the wrist, y from the elbow towards the wrist.
    pub forearm: Affine,
    /// Hand at the wrist.
    pub hand: Affine,
    /// Base, middle and end bone of thumb, index, middle, ring and little finger, each at its joint.
    pub fingers: [[Affine; 3]; 5],
    /// Lengths of those bones, metres.
    pub lengths: [[f32; 3]; 5],
    /// Breadth and thickness of the fingers relative to the rest hand.
    pub finger_breadth: f32,
    /// Breadth of the palm relative to the rest hand.
    pub palm_breadth: f32,
    /// Thickness of the palm relative to the rest hand.
    pub thickness: f32,
    /// Breadth and thickness of the arm relative to the rest arm.
    pub arm_breadth: f32,
    /// Length of the fore-arm relative to the rest arm.
    pub forearm_length: f32,
}

impl BonePoses {
    /// The map of each bone from rest space (mirrored for a left hand) to the target space.
    pub fn maps(&self, hand: &RestHand, mirror: bool) -> [Affine; BONES] {
        let flip = |a: &Affine| if mirror { mirrored(a) } else { *a };
        let mut maps = [Affine::IDENTITY; BONES];
        let thick = self.finger_breadth;
        let arm = self.arm_breadth;
        let rest_arm = Affine::IDENTITY;
        let put = |pose: &Affine, rest: &Affine, stretch: V3| pose.stretched(stretch).after(&rest.rigid_inverse());
        // The palm is as long as its posed finger bases say.
        let palm_rest: f32 = (1..5).map(|f| hand.fingers[f].joint(0).norm()).sum();
        let palm_posed: f32 = (1..5).map(|f| (self.fingers[f][0].origin - self.hand.origin).norm()).sum();
        let palm = palm_posed / palm_rest;
        let palm_stretch = v3(self.palm_breadth, palm, self.thickness);
        let arm_stretch = v3(arm, self.forearm_length, arm);
        maps[FOREARM] = put(&self.forearm, &rest_arm, arm_stretch);
        maps[HAND] = put(&self.hand, &rest_arm, palm_stretch);
        maps[WRIST_HELPER] = put(&self.forearm.halfway(&self.hand, self.hand.origin), &rest_arm, (palm_stretch + arm_stretch) * 0.5);
        for f in 0..5 {
            let rest = &hand.fingers[f];
            for joint in 0..3 {
                let pose = &self.fingers[f][joint];
                let at_rest = flip(&Affine { origin: rest.joint(joint), ..rest.frame });
                let stretch = v3(thick, self.lengths[f][joint] / rest.bones[joint], thick);
                maps[finger_bone(f, joint)] = put(pose, &at_rest, stretch);
                // The parent's turn relative to rest, seen from this joint.
                let parent = if joint == 0 {
                    Affine { origin: pose.origin, ..self.hand.after(&at_rest) }
                } else {
                    Affine { origin: pose.origin, ..self.fingers[f][joint - 1] }
                };
                let half = parent.halfway(pose, pose.origin);
                let along = if joint == 0 {
                    0.5 * (palm + stretch.y)
                } else {
                    0.5 * (stretch.y + self.lengths[f][joint - 1] / rest.bones[joint - 1])
                };
                maps[finger_helper(f, joint)] = put(&half, &at_rest, v3(thick, along, thick));
            }
        }
        maps
    }

    /// The rest pose itself, at the origin.
    pub fn rest(hand: &RestHand, mirror: bool) -> BonePoses {
        let flip = |a: Affine| if mirror { mirrored(&a) } else { a };
        BonePoses {
            forearm: Affine::IDENTITY,
            hand: Affine::IDENTITY,
            fingers: std::array::from_fn(|f| {
                let r = &hand.fingers[f];
                std::array::from_fn(|j| flip(Affine { origin: r.joint(j), ..r.frame }))
            }),
            lengths: std::array::from_fn(|f| hand.fingers[f].bones),
            finger_breadth: 1.0,
            palm_breadth: 1.0,
            thickness: 1.0,
            arm_breadth: 1.0,
            forearm_length: 1.0,
        }
    }
}

/// The same pose in a world reflected at x = 0: still a rotation, y and z reflected, x made to fit.
pub fn mirrored(a: &Affine) -> Affine {
    let m = |v: V3| v3(-v.x, v.y, v.z);
    let (y, z) = (m(a.columns[1]), m(a.columns[2]));
    Affine { columns: [y.cross(z), y, z], origin: m(a.origin) }
}

#[cfg(test)]
mod tests {
    use super::super::anatomy::rest_hand;
    use super::super::hand::hand_meshes;
    use super::*;

    #[test]
    fn the_rest_pose_leaves_every_point_where_it_is() {
        let hand = rest_hand();
        for mirror in [false, true] {
            let maps = BonePoses::rest(&hand, mirror).maps(&hand, mirror);
            let mesh = &hand_meshes().coarse;
            let side = if mirror { -1.0 } else { 1.0 };
            mesh.pose(&maps, mirror, |i, p, _| {
                let want = mesh.points[i];
                assert!((p - v3(want.x * side, want.y, want.z)).norm() < 1e-5, "{want:?} went to {p:?}");
            });
        }
    }

    #[test]
    fn a_bent_finger_keeps_its_girth_at_the_joint() {
        let hand = rest_hand();
        let mut poses = BonePoses::rest(&hand, false);
        let joint = hand.fingers[2].joint(1);
        let (s, c) = (80f32.to_radians().sin(), 80f32.to_radians().cos());
        let frame = hand.fingers[2].frame;
        let turn = |v: V3| {
            frame.columns[1] * (v.dot(frame.columns[1]) * c - v.dot(frame.columns[2]) * -s)
                + frame.columns[2] * (v.dot(frame.columns[2]) * c - v.dot(frame.columns[1]) * s)
                + frame.columns[0] * v.dot(frame.columns[0])
        };
        for j in 1..3 {
            let a = &mut poses.fingers[2][j];
            *a = Affine { columns: a.columns.map(turn), origin: joint + turn(a.origin - joint) };
        }
        let maps = poses.maps(&hand, false);
        let mesh = &hand_meshes().fine;
        let mut nearest_back = 0.0f32;
        mesh.pose(&maps, false, |i, p, n| {
            let at_joint = (hand.fingers[2].local(mesh.points[i]).y - hand.fingers[2].station(1)).abs() < 0.004;
            if at_joint && n.dot(frame.columns[2]) > 0.6 {
                nearest_back = nearest_back.max((p - joint).norm());
            }
        });
        assert!(nearest_back > 0.0075, "the back of the bent joint is only {nearest_back} m from its centre");
    }
}
