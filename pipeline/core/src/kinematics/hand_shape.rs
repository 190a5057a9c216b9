//! The shape of one hand in one picture: layout `hand-shape`, for static gestures.
//!
//! 15 flexion and 4 spread angles, all in the picture, so that key points without depth will do. Place, size, rotation and mirroring
//! drop out. Distances between wrist, knuckles and tips were tried beside them and made unseen blocks of the labelled recordings worse
//! (0.962 against 0.967 with the same classifier).

use super::geometry::P3;
use super::hand_motion::{SPREADS, flexion_names, flexions, spreads};
use crate::hands::JOINTS;

const KNUCKLES: [usize; 4] = [5, 9, 13, 17];

/// The longest line from the wrist to a knuckle, in the unit of the joints: it shrinks least when the hand is seen from its edge.
pub(super) fn palm_size(joints: &[[f64; 2]; JOINTS]) -> f64 {
    let wrist = joints[0];
    KNUCKLES.iter().map(|k| (joints[*k][0] - wrist[0]).hypot(joints[*k][1] - wrist[1])).fold(0.0, f64::max)
}

/// Names of [`features`].
pub fn names() -> Vec<String> {
    let mut names = flexion_names();
    names.extend(SPREADS.map(|s| format!("{s}.spread_rad")));
    names
}

/// Features of a hand whose axes have one unit; `None` for a hand without size.
pub fn features(joints: &[[f64; 2]; JOINTS]) -> Option<Vec<f32>> {
    let size = palm_size(joints);
    if !(size.is_finite() && size > 0.0) {
        return None;
    }
    let flat: [P3; JOINTS] = joints.map(|[x, y]| [x, y, 0.0]);
    let values = flexions(&flat).into_iter().chain(spreads(&flat));
    Some(values.map(|v| v as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::super::hand_motion::tests::open_hand;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_values_go_together_and_a_point_is_no_hand() {
        let hand = open_hand().map(|[x, y, _]| [x, y]);
        assert_eq!(features(&hand).unwrap().len(), names().len());
        assert_eq!(features(&[[0.3, 0.4]; JOINTS]), None);
    }

    proptest! {
        #[test]
        fn place_size_rotation_and_mirroring_drop_out(dx in -1.0..1.0f64, dy in -1.0..1.0f64, scale in 0.1..9.0f64, turn in -4.0..4.0f64, mirror: bool) {
            let hand = open_hand().map(|[x, y, _]| [x, y]);
            let (s, c) = turn.sin_cos();
            let moved = hand.map(|[x, y]| {
                let x = if mirror { -x } else { x };
                [scale * (c * x - s * y) + dx, scale * (s * x + c * y) + dy]
            });
            for (a, b) in features(&hand).unwrap().iter().zip(features(&moved).unwrap()) {
                prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
            }
        }
    }
}
