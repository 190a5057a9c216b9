//! Forward kinematics: wrist pose and joint angles to bone frames and the 21 joints.

use std::sync::LazyLock;

use ego_core::hands::JOINTS;

use super::anatomy::Anatomy;
use super::angles::{DigitAngles, HandAngles};
use crate::space::{Pose, Turn, Vec3, deg, origin, place, pose, turn_from_axes, turn_x, turn_y, turn_z, unit, vec3};

/// Rigid pieces of a hand: the palm, then three bones of each digit, thumb first.
pub const HAND_BONES: usize = 16;

/// A rigid piece of the hand, `world_from_bone`: the origin is the joint nearer to the body, +y runs along the bone to the next
/// joint, +z to the back of the hand (to the nail), x completes a right-handed frame. A left hand is the mirror image in x of a
/// right hand: its thumb lies at +x, that of a right hand at -x.
pub type BoneFrame = Pose;

/// Thumb bones turn with palmar abduction so that the pad comes to face the fingers: radians of pronation a radian.
const PRONATION: f64 = 1.0;

/// A hand at one instant, in the space of the wrist pose it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct HandPose {
    /// Frames of the palm (0) and of bone `1 + 3 * digit + bone`.
    pub bones: [BoneFrame; HAND_BONES],
    /// Joints in the order of `ego_core::hands`, metres.
    pub joints_m: [Vec3; JOINTS],
}

/// One digit in the hand frame: three bone frames and the tip.
#[derive(Clone, Copy, Debug)]
pub struct DigitPose {
    /// `hand_from_bone` of the three bones, base to tip.
    pub bones: [Pose; 3],
    /// The tip's joint.
    pub tip_m: Vec3,
}

/// How the thumb's metacarpal lies when all its angles are 0, in the hand frame of this side.
fn thumb_base(sign: f64) -> Turn {
    static RIGHT: LazyLock<Turn> = LazyLock::new(right_thumb_base);
    mirrored(*RIGHT, sign)
}

fn right_thumb_base() -> Turn {
    let along = unit(vec3(-0.60, 0.78, -0.18));
    let back = unit(vec3(-0.80, -0.45, 0.45));
    let x = unit(along.cross(&back));
    let z = x.cross(&along);
    turn_from_axes(x, along, z)
}

/// The mirror image in x of a rotation: axis (x, y, z) becomes (x, -y, -z).
fn mirrored(t: Turn, sign: f64) -> Turn {
    let q = t.into_inner();
    Turn::new_unchecked(nalgebra::Quaternion::new(q.w, q.i, sign * q.j, sign * q.k))
}

/// Where a digit's bones are, in the hand frame (y from wrist to middle finger, z out of the back of the hand).
pub fn digit_pose(anatomy: &Anatomy, digit: usize, angles: &DigitAngles) -> DigitPose {
    let sign = anatomy.sign();
    let [side, base, middle, last] = *angles;
    let root = if digit == 0 { thumb_base(sign) * turn_z(sign * side) * turn_y(-sign * PRONATION * side) } else { turn_z(sign * side) };
    // All three joints bend about one axis: add the angles instead of chaining rotations.
    let turns = [root * turn_x(-base), root * turn_x(-(base + middle)), root * turn_x(-(base + middle + last))];
    let mut at = anatomy.bases_m[digit];
    let mut bones = [Pose::identity(); 3];
    for ((bone, turned), length) in bones.iter_mut().zip(turns).zip(anatomy.segments_m[digit]) {
        *bone = pose(at, turned);
        at += turned * vec3(0.0, length, 0.0);
    }
    DigitPose { bones, tip_m: at }
}

impl HandPose {
    /// A hand with its wrist at `space_from_wrist`, y from wrist to middle finger base, z out of the back of the hand.
    pub fn new(anatomy: &Anatomy, space_from_wrist: &Pose, angles: &HandAngles) -> HandPose {
        let mut hand = HandPose { bones: [*space_from_wrist; HAND_BONES], joints_m: [origin(space_from_wrist); JOINTS] };
        for digit in 0..5 {
            let d = digit_pose(anatomy, digit, &angles.0[digit]);
            for (k, bone) in d.bones.iter().enumerate() {
                hand.bones[1 + 3 * digit + k] = space_from_wrist * bone;
                hand.joints_m[1 + 4 * digit + k] = origin(&hand.bones[1 + 3 * digit + k]);
            }
            hand.joints_m[4 + 4 * digit] = place(space_from_wrist, d.tip_m);
        }
        hand
    }
}

/// Where the elbow is and how the forearm lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forearm {
    /// Elbow in world space, metres.
    pub elbow_m: Vec3,
    /// `world_from_forearm`: origin at the elbow, y to the wrist, z to the back of the hand as far as the forearm turns with it.
    pub frame: Pose,
}

/// Largest bend of the wrist in any direction, radians (flexion 75 degrees: AAOS 1965).
pub const WRIST_LIMIT: f64 = deg(72.0);

/// The forearm that a wrist pose and a shoulder ask for: the elbow keeps its distance to the wrist, hangs low, and never bends the
/// wrist beyond [`WRIST_LIMIT`] (the upper arm, out of sight, gives way).
pub fn forearm(anatomy: &Anatomy, world_from_wrist: &Pose, shoulder_m: Vec3) -> Forearm {
    let wrist = origin(world_from_wrist);
    let along = world_from_wrist.rotation * Vec3::y();
    let upper = 1.12 * anatomy.forearm_m;
    let to_shoulder = shoulder_m - wrist;
    let distance = libm::sqrt(to_shoulder.dot(&to_shoulder)).max(1e-6);
    let axis = to_shoulder / distance;
    // Circle of possible elbows: where the spheres around wrist and shoulder meet.
    let f = anatomy.forearm_m;
    let foot = ((distance * distance + f * f - upper * upper) / (2.0 * distance)).clamp(-0.98 * f, 0.98 * f);
    let radius = libm::sqrt((f * f - foot * foot).max(0.0));
    let sign = anatomy.sign();
    // Elbows hang down and a little outwards, and follow the hand so that the wrist stays straight.
    let wanted = vec3(0.4 * sign, -0.1, -1.3) - along * 0.7;
    let across = wanted - axis * wanted.dot(&axis);
    let elbow = wrist + axis * foot + unit(across) * radius;
    let mut direction = unit(wrist - elbow);
    let cos = direction.dot(&along).clamp(-1.0, 1.0);
    let bend = libm::acos(cos);
    if bend > WRIST_LIMIT {
        let hinge = direction.cross(&along);
        let hinge = if hinge.dot(&hinge) > 1e-12 { hinge } else { world_from_wrist.rotation * Vec3::x() };
        direction = crate::space::turn(hinge, bend - WRIST_LIMIT) * direction;
    }
    let elbow_m = wrist - direction * f;
    let back = world_from_wrist.rotation * Vec3::z();
    Forearm { elbow_m, frame: pose(elbow_m, crate::space::turn_from_yz(direction, back)) }
}

#[cfg(test)]
mod tests {
    use ego_core::hands::{BONES, Side};

    use super::*;
    use crate::hand::angles::{Posture, limits};
    use crate::rng::Rng;
    use crate::space::turn;

    fn random_angles(r: &mut Rng) -> HandAngles {
        HandAngles(std::array::from_fn(|d| {
            std::array::from_fn(|a| {
                let (low, high) = limits(d, a);
                r.range(low, high)
            })
        }))
        .clamped()
    }

    #[test]
    fn bones_keep_their_length_in_every_posture() {
        let mut r = Rng::new(5);
        for side in [Side::Left, Side::Right] {
            let a = Anatomy::draw(side, r.range(0.13, 0.2), &mut r);
            let rest = HandPose::new(&a, &Pose::identity(), &HandAngles::posture(Posture::Flat));
            for _ in 0..500 {
                let wrist =
                    pose(vec3(r.normal(), r.normal(), r.normal()), turn(vec3(r.normal(), r.normal(), r.normal()), r.range(0.0, 6.0)));
                let h = HandPose::new(&a, &wrist, &random_angles(&mut r));
                for (i, j, _) in BONES {
                    let (now, then) = ((h.joints_m[i] - h.joints_m[j]).norm(), (rest.joints_m[i] - rest.joints_m[j]).norm());
                    assert!((now - then).abs() < 1e-9, "bone {i}-{j}: {now} and {then}");
                }
            }
        }
    }

    #[test]
    fn a_left_hand_is_the_mirror_image_of_a_right_one() {
        let mut r = Rng::new(6);
        let right = Anatomy::draw(Side::Right, 0.18, &mut r);
        for _ in 0..100 {
            let angles = random_angles(&mut r);
            let (a, b) = (HandPose::new(&right, &Pose::identity(), &angles), HandPose::new(&right.mirrored(), &Pose::identity(), &angles));
            for (p, q) in a.joints_m.iter().zip(&b.joints_m) {
                assert!((p - vec3(-q.x, q.y, q.z)).norm() < 1e-12);
            }
        }
    }

    #[test]
    fn flexion_bends_towards_the_palm_and_the_thumb_can_meet_the_index() {
        let a = Anatomy::mean(Side::Right, 0.18);
        let flat = HandPose::new(&a, &Pose::identity(), &HandAngles::posture(Posture::Flat));
        let fist = HandPose::new(&a, &Pose::identity(), &HandAngles::posture(Posture::Fist));
        for tip in [8, 12, 16, 20] {
            assert!(flat.joints_m[tip].y > 0.13 && fist.joints_m[tip].z < -0.02 && fist.joints_m[tip].y < 0.09, "tip {tip}");
        }
        let pinch = HandPose::new(&a, &Pose::identity(), &HandAngles::posture(Posture::Pinch));
        let gap = (pinch.joints_m[4] - pinch.joints_m[8]).norm();
        assert!(gap < 0.035, "a pinch leaves {gap} m between thumb and index");
    }

    #[test]
    fn the_elbow_keeps_its_distance_and_the_wrist_its_limit() {
        let mut r = Rng::new(8);
        let a = Anatomy::mean(Side::Left, 0.17);
        for _ in 0..2000 {
            let wrist = pose(
                vec3(r.range(-0.4, 0.4), r.range(0.1, 0.6), r.range(0.0, 0.4)),
                turn(vec3(r.normal(), r.normal(), r.normal()), r.range(0.0, 6.0)),
            );
            let arm = forearm(&a, &wrist, vec3(-0.18, -0.05, 0.2));
            assert!(((arm.elbow_m - origin(&wrist)).norm() - a.forearm_m).abs() < 1e-9);
            let bend = (arm.frame.rotation * Vec3::y()).angle(&(wrist.rotation * Vec3::y()));
            assert!(bend < WRIST_LIMIT + 1e-6, "{bend}");
        }
    }
}
