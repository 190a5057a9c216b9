//! Angles and lengths of one hand in one frame.
//!
//! 15 flexion angles (three a finger, thumb first, base to tip), 4 spread angles between neighbouring fingers, 20 bone lengths.

use super::geometry::{P3, angle_between, distance, flexion, sub};
use crate::hands::JOINTS;

/// Names of the fingers, thumb first.
pub(crate) const FINGERS: [&str; 5] = ["thumb", "index", "middle", "ring", "little"];
/// What the three joints of a finger are called, base to tip.
pub(crate) const FINGER_JOINTS: [&str; 3] = ["mcp", "pip", "dip"];
/// The thumb's: it has one joint less and starts at the wrist.
pub(crate) const THUMB_JOINTS: [&str; 3] = ["cmc", "mcp", "ip"];
/// Gaps between fingers.
pub(crate) const SPREADS: [&str; 4] = ["thumb_index", "index_middle", "middle_ring", "ring_little"];

const WRIST: usize = 0;
/// Base of the middle finger; with the wrist it spans the hand's size.
pub(crate) const MIDDLE_BASE: usize = 9;

/// The five joints from the wrist to the tip of a finger.
fn chain(finger: usize) -> [usize; 5] {
    std::array::from_fn(|i| if i == 0 { WRIST } else { 4 * finger + i })
}

/// Wrist to middle knuckle.
pub(crate) fn size(joints: &[P3; JOINTS]) -> f64 {
    distance(joints[WRIST], joints[MIDDLE_BASE])
}

/// 15 flexion angles, radians: 0 stretched.
pub(crate) fn flexions(joints: &[P3; JOINTS]) -> [f64; 15] {
    std::array::from_fn(|i| {
        let c = chain(i / 3);
        let k = i % 3;
        flexion(joints[c[k]], joints[c[k + 1]], joints[c[k + 2]])
    })
}

/// 4 angles between the first finger bones of neighbouring fingers (of the thumb its middle bone), radians.
pub(crate) fn spreads(joints: &[P3; JOINTS]) -> [f64; 4] {
    let direction = |finger: usize| {
        let c = chain(finger);
        let from = if finger == 0 { 2 } else { 1 };
        sub(joints[c[from + 1]], joints[c[from]])
    };
    std::array::from_fn(|i| angle_between(direction(i), direction(i + 1)))
}

/// 20 bones, those of a finger in a row from the wrist to the tip, in the unit of the joints.
pub(crate) fn bones(joints: &[P3; JOINTS]) -> [f64; 20] {
    std::array::from_fn(|i| {
        let c = chain(i / 4);
        distance(joints[c[i % 4]], joints[c[i % 4 + 1]])
    })
}

/// Names of the 15 flexions without the side, e.g. `index.mcp.flexion_rad`.
pub(crate) fn flexion_names() -> Vec<String> {
    (0..15)
        .map(|i| {
            let joint = if i < 3 { THUMB_JOINTS[i] } else { FINGER_JOINTS[i % 3] };
            format!("{}.{joint}.flexion_rad", FINGERS[i / 3])
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A flat open hand, metres: wrist at the origin, fingers along -y.
    pub(crate) fn open_hand() -> [P3; JOINTS] {
        std::array::from_fn(|i| {
            if i == 0 {
                return [0.0; 3];
            }
            let (finger, k) = ((i - 1) / 4, ((i - 1) % 4) as f64);
            let x = 0.02 * (finger as f64 - 2.0);
            if finger == 0 { [-0.03 - 0.02 * k, -0.03 - 0.02 * k, 0.0] } else { [x, -0.09 - 0.03 * k, 0.0] }
        })
    }

    #[test]
    fn straight_fingers_are_zero_and_a_right_angle_is_half_pi() {
        let mut hand = open_hand();
        assert!(flexions(&hand)[7].abs() < 1e-12, "middle pip");
        // The index tip bends down into the picture.
        hand[8] = [hand[7][0], hand[7][1], 0.03];
        assert!((flexions(&hand)[5] - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
        assert!(spreads(&hand)[1].abs() < 1e-12 && (spreads(&hand)[0] - std::f64::consts::FRAC_PI_4).abs() < 1e-12);
        assert!((bones(&hand)[11] - 0.03).abs() < 1e-12 && (size(&hand) - 0.09).abs() < 1e-12);
        assert_eq!(flexion_names()[5], "index.dip.flexion_rad");
    }

    proptest! {
        #[test]
        fn a_rigid_motion_with_scale_leaves_angles_and_relative_lengths(noise in proptest::collection::vec(-0.01..0.01f64, 63),
                turn in proptest::array::uniform3(-3.0..3.0f64), shift in proptest::array::uniform3(-2.0..2.0f64), scale in 0.1..10.0f64) {
            let base = open_hand();
            let hand: [P3; JOINTS] = std::array::from_fn(|i| std::array::from_fn(|k| base[i][k] + noise[3 * i + k]));
            let rotation = nalgebra::Rotation3::from_euler_angles(turn[0], turn[1], turn[2]);
            let moved = hand.map(|p| {
                let q = rotation * nalgebra::Vector3::from(p) * scale;
                [q.x + shift[0], q.y + shift[1], q.z + shift[2]]
            });
            for (a, b) in flexions(&hand).iter().chain(&spreads(&hand)).zip(flexions(&moved).iter().chain(&spreads(&moved))) {
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
            for (a, b) in bones(&hand).iter().zip(bones(&moved)) {
                prop_assert!((a / size(&hand) - b / size(&moved)).abs() < 1e-5);
            }
        }
    }
}
