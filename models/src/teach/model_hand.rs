//! Views of a model hand: 21 joints of a hand with given fingers stretched, seen from anywhere by a camera.
//!
//! A table of recorded hands shows each pose from few sides. Views of a model hand beside them teach the others. Proportions are those of
//! an adult's hand, ranges of the joints those that can be reached, both with spread; nothing is fitted to any recording.

use nalgebra::{Rotation3, Unit, UnitQuaternion, Vector3};

use super::random::Random;

/// Joints of a hand, in the order of `ego_core::hands`.
const JOINTS: usize = 21;
/// Knuckles of index, middle, ring and little finger in palm lengths: across, along, and out of the palm's plane. The wrist is the origin.
const KNUCKLES: [[f64; 3]; 4] = [[0.28, 0.95, 0.0], [0.05, 1.0, 0.04], [-0.17, 0.93, 0.02], [-0.36, 0.82, -0.03]];
/// Bones of these fingers in palm lengths, base to tip.
const BONES: [[f64; 3]; 4] = [[0.45, 0.27, 0.22], [0.5, 0.32, 0.23], [0.46, 0.3, 0.23], [0.35, 0.21, 0.2]];
/// The thumb's first joint, and its bones.
const THUMB: [f64; 3] = [0.25, 0.22, -0.05];
const THUMB_BONES: [f64; 3] = [0.38, 0.32, 0.27];
/// Flexion of a finger's joints in degrees, base to tip: stretched and bent.
const STRETCHED: [[f64; 2]; 3] = [[-15.0, 40.0], [-5.0, 35.0], [-5.0, 25.0]];
const BENT: [[f64; 2]; 3] = [[45.0, 100.0], [65.0, 115.0], [15.0, 75.0]];
/// Distance of the camera in palm lengths.
const CAMERA: [f64; 2] = [3.0, 10.0];

/// How a finger is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finger {
    /// Along the palm.
    Stretched,
    /// Into the palm.
    Bent,
    /// One or the other.
    Either,
}

/// Thumb to little finger.
pub type Fingers = [Finger; 5];

fn between(random: &mut Random, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * random.unit()
}

fn angle(random: &mut Random, degrees: [f64; 2]) -> f64 {
    between(random, degrees).to_radians()
}

/// A number of the standard normal distribution (Box and Muller 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

fn stretched(finger: Finger, random: &mut Random) -> bool {
    match finger {
        Finger::Stretched => true,
        Finger::Bent => false,
        Finger::Either => random.unit() < 0.5,
    }
}

/// A hand with these fingers as a camera sees it, in palm lengths, in a picture with axes of one unit.
pub fn view(fingers: Fingers, random: &mut Random) -> [[f64; 2]; JOINTS] {
    let held = fingers.map(|f| stretched(f, random));
    let open = held.iter().all(|s| *s);
    let size = 1.0 + 0.08 * normal(random);
    let mut joints = [Vector3::zeros(); JOINTS];
    for f in 0..4 {
        let straight = held[f + 1];
        let mut at = Vector3::from(KNUCKLES[f]).map(|v| v * (1.0 + 0.06 * normal(random)));
        let spread = (1.5 - f as f64) * if open { angle(random, [-4.0, 14.0]) } else { angle(random, [-3.0, 3.0]) };
        let length = size * (1.0 + 0.08 * normal(random));
        let mut bend = 0.0;
        joints[5 + 4 * f] = at;
        for k in 0..3 {
            bend += angle(random, if straight { STRETCHED[k] } else { BENT[k] });
            let along = Vector3::new(bend.cos() * spread.sin(), bend.cos() * spread.cos(), -bend.sin());
            at += along * (BONES[f][k] * length * (1.0 + 0.05 * normal(random)));
            joints[6 + 4 * f + k] = at;
        }
    }
    let out = angle(random, if held[0] { [25.0, 70.0] } else { [0.0, 40.0] });
    // A thumb that is not stretched lies beside the palm or in it.
    let across = f64::from(u8::from(!held[0] && random.unit() < 0.7)) * angle(random, [20.0, 75.0]);
    let into = across + angle(random, if held[0] { [0.0, 25.0] } else { [0.0, 15.0] });
    let bend = angle(random, if held[0] { [0.0, 25.0] } else { [0.0, 60.0] });
    let first = Vector3::new(out.sin() * into.cos(), out.cos() * into.cos(), -into.sin());
    let axis = Unit::new_normalize(Vector3::new(0.2, 0.3, 1.0).map(|v| v + 0.3 * normal(random)));
    joints[1] = Vector3::from(THUMB).map(|v| v * (1.0 + 0.1 * normal(random)));
    for (k, share) in [0.0, 0.7, 1.5].into_iter().enumerate() {
        joints[2 + k] = joints[1 + k] + Rotation3::from_axis_angle(&axis, share * bend) * first * THUMB_BONES[k];
    }
    // From any side: a normal quaternion is a rotation without a preferred direction.
    let turn = UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(normal(random), normal(random), normal(random), normal(random)));
    let middle = joints.iter().sum::<Vector3<f64>>() / JOINTS as f64;
    let distance = between(random, CAMERA);
    joints.map(|joint| {
        let seen = turn * (joint - middle);
        [0, 1].map(|k| distance * seen[k] / (distance + seen[2]))
    })
}

/// The joints seen from a little aside, as if the hand were flat, with joints that are not found exactly: shortened in one direction down
/// to 0.3, and moved by up to 5 % of the hand's extent.
pub fn aside(joints: &[[f64; 2]; JOINTS], random: &mut Random) -> [[f64; 2]; JOINTS] {
    let (sin, cos) = (std::f64::consts::PI * random.unit()).sin_cos();
    let lost = 1.0 - between(random, [0.3, 1.0]);
    let seen = joints.map(|[x, y]| {
        let along = lost * (x * cos + y * sin);
        [x - along * cos, y - along * sin]
    });
    let mean = [0, 1].map(|k| seen.iter().map(|p| p[k]).sum::<f64>() / JOINTS as f64);
    let square = seen.iter().map(|p| (p[0] - mean[0]).powi(2) + (p[1] - mean[1]).powi(2)).sum::<f64>() / JOINTS as f64;
    let noise = 0.05 * random.unit() * square.sqrt();
    seen.map(|p| p.map(|v| v + noise * normal(random)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTER: Fingers = [Finger::Bent, Finger::Stretched, Finger::Bent, Finger::Bent, Finger::Bent];

    fn length(p: &[[f64; 2]; JOINTS], a: usize, b: usize) -> f64 {
        (p[a][0] - p[b][0]).hypot(p[a][1] - p[b][1])
    }

    #[test]
    fn the_stretched_finger_reaches_further_than_the_bent_ones() {
        let mut random = Random::new(4);
        let mut reach = [0.0; 4];
        for _ in 0..500 {
            let hand = view(POINTER, &mut random);
            assert!(hand.iter().flatten().all(|v| v.is_finite() && v.abs() < 5.0));
            (0..4).for_each(|f| reach[f] += length(&hand, 0, 8 + 4 * f) / 500.0);
        }
        // By the lengths of the bones: 1.9 palm lengths against 0.9, both about a quarter shorter in the picture.
        assert!(reach[0] > 1.25 && reach[1..].iter().all(|r| *r < 0.95), "{reach:?}");
    }

    #[test]
    fn a_view_from_aside_is_never_longer_and_the_same_seed_gives_the_same() {
        let hand = view([Finger::Stretched; 5], &mut Random::new(1));
        assert_eq!(aside(&hand, &mut Random::new(2)), aside(&hand, &mut Random::new(2)));
        let mut shortest = 1.0f64;
        for seed in 0..200 {
            let share = length(&aside(&hand, &mut Random::new(seed)), 0, 12) / length(&hand, 0, 12);
            assert!(share < 1.2, "{share}");
            shortest = shortest.min(share);
        }
        assert!(shortest < 0.5, "{shortest}");
    }
}
