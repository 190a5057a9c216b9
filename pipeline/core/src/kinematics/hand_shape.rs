//! The shape of one hand in one picture: layout `hand-shape`, for static gestures.
//!
//! 15 flexion and 4 spread angles and the 55 distances between wrist, thumb, knuckles and tips, all in the picture, so that key points
//! without depth will do. Place, size, rotation and mirroring drop out. Distances tell a finger that points at the camera from a bent one
//! where angles do not, but only together with views from many sides (`ego_models::teach::model_hand`): from recorded hands alone they
//! learn the camera's places. All 210 distances are no better (docs/results.md).

use super::geometry::{P3, distance};
use super::hand_motion::{SPREADS, flexion_names, flexions, spreads};
use crate::hands::JOINTS;

const KNUCKLES: [usize; 4] = [5, 9, 13, 17];

/// The longest line from the wrist to a knuckle, in the unit of the joints: it shrinks least when the hand is seen from its edge.
pub(super) fn palm_size(joints: &[[f64; 2]; JOINTS]) -> f64 {
    let wrist = joints[0];
    KNUCKLES.iter().map(|k| (joints[*k][0] - wrist[0]).hypot(joints[*k][1] - wrist[1])).fold(0.0, f64::max)
}

/// Joints whose distances are features, with their names: wrist, the thumb's middle and tip, and knuckle and tip of each finger.
const ENDS: [(usize, &str); 11] = [
    (0, "wrist"),
    (2, "thumb_mcp"),
    (4, "thumb_tip"),
    (5, "index_mcp"),
    (8, "index_tip"),
    (9, "middle_mcp"),
    (12, "middle_tip"),
    (13, "ring_mcp"),
    (16, "ring_tip"),
    (17, "little_mcp"),
    (20, "little_tip"),
];

/// The pairs of [`ENDS`].
fn pairs<T>(each: impl Fn((usize, &'static str), (usize, &'static str)) -> T) -> Vec<T> {
    let mut all = Vec::with_capacity(ENDS.len() * (ENDS.len() - 1) / 2);
    for (i, a) in ENDS.iter().enumerate() {
        all.extend(ENDS.iter().skip(i + 1).map(|b| each(*a, *b)));
    }
    all
}

/// Names of [`features`]; `rel` is the unit of a distance, the root of the mean square of all.
pub fn names() -> Vec<String> {
    let mut names = flexion_names();
    names.extend(SPREADS.map(|s| format!("{s}.spread_rad")));
    names.extend(pairs(|(_, a), (_, b)| format!("{a}.{b}.distance_rel")));
    names
}

/// Features of a hand whose axes have one unit; `None` for a hand without size.
pub fn features(joints: &[[f64; 2]; JOINTS]) -> Option<Vec<f32>> {
    let size = palm_size(joints);
    if !(size.is_finite() && size > 0.0) {
        return None;
    }
    let flat: [P3; JOINTS] = joints.map(|[x, y]| [x, y, 0.0]);
    let distances = pairs(|(a, _), (b, _)| distance(flat[a], flat[b]));
    let unit = (distances.iter().map(|d| d * d).sum::<f64>() / distances.len() as f64).sqrt();
    let values = flexions(&flat).into_iter().chain(spreads(&flat)).chain(distances.iter().map(|d| d / unit));
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
