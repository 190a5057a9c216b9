//! Features of the wearer's two hands over a window: layout `hands`.
//!
//! For each hand, left first: the newest pose relative to the wrist, the motion of the wrist and of the joints relative to it,
//! finger angles at every step, bone lengths. Then how the hands lie and move relative to each other, and which hand holds an
//! object. Lengths are divided by the hand's size (wrist to middle knuckle, mean over the window); camera-space metres are used when
//! they are there, else the picture with z not known. A hand that is not in view is NaN throughout.
//!
//! Names without `@` belong to the newest frame: `right.index.flexion_rad` (whole finger), `right.index.pip.flexion_rad`,
//! `right.wrist.speed_h_per_s`, `right.wrist.speed_m_per_s`, `right.pinch_h`, `right.size_m`, `hands.distance_h`.

use super::body::ago;
use super::geometry::{P3, distance, norm, sub};
use super::hand_motion::{FINGERS, SPREADS, bones, flexion_names, flexions, size, spreads};
use crate::hands::{JOINT_NAMES, JOINTS};

const WRIST: usize = 0;
const THUMB_TIP: usize = 4;
const INDEX_TIP: usize = 8;

/// One hand over the window, `frames` poses oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct HandWindow {
    /// Joints of each frame: metres in camera space, or picture widths with z = 0.
    pub poses: Vec<[P3; JOINTS]>,
    /// Whether the joints are metres.
    pub metric: bool,
    /// Whether it holds an object; `None` when nobody looked for objects.
    pub holds: Option<bool>,
}

impl HandWindow {
    fn size(&self) -> f64 {
        self.poses.iter().map(size).sum::<f64>() / self.poses.len().max(1) as f64
    }

    fn wrist(&self, frame: usize) -> Option<P3> {
        self.poses.get(frame).map(|p| p[WRIST])
    }
}

const AXES: [&str; 3] = ["x", "y", "z"];
/// Values of one hand that are there once: size, speeds, pinch, object in hand, five whole-finger flexions.
const SINGLES: usize = 5 + FINGERS.len();

fn hand_width(frames: usize) -> usize {
    let steps = frames.saturating_sub(1);
    SINGLES + 60 + 63 * steps + 19 * frames + 20
}

/// Number of features for a window of `frames`.
pub fn width(frames: usize) -> usize {
    2 * hand_width(frames) + 1 + 3 * frames + 3 * frames.saturating_sub(1)
}

/// Names of [`features`].
pub fn names(frames: usize) -> Vec<String> {
    let mut names = Vec::with_capacity(width(frames));
    for side in ["left", "right"] {
        let mut add = |name: String| names.push(format!("{side}.{name}"));
        ["size_m", "wrist.speed_h_per_s", "wrist.speed_m_per_s", "pinch_h", "holds"].iter().for_each(|n| add((*n).to_owned()));
        FINGERS.iter().for_each(|f| add(format!("{f}.flexion_rad")));
        JOINT_NAMES.iter().skip(1).for_each(|j| AXES.iter().for_each(|a| add(format!("{j}.{a}_h"))));
        for back in (0..frames.saturating_sub(1)).rev() {
            AXES.iter().for_each(|a| add(format!("wrist.v{a}_h_per_s{}", ago(back))));
            JOINT_NAMES.iter().skip(1).for_each(|j| AXES.iter().for_each(|a| add(format!("{j}.v{a}_h_per_s{}", ago(back)))));
        }
        for back in (0..frames).rev() {
            flexion_names().iter().for_each(|n| add(format!("{n}{}", ago(back))));
            SPREADS.iter().for_each(|s| add(format!("{s}.spread_rad{}", ago(back))));
        }
        FINGERS.iter().for_each(|f| (1..=4).for_each(|bone| add(format!("{f}.bone{bone}_h"))));
    }
    names.push("hands.distance_h".to_owned());
    (0..frames).rev().for_each(|back| AXES.iter().for_each(|a| names.push(format!("hands.right_from_left.{a}_h{}", ago(back)))));
    for back in (0..frames.saturating_sub(1)).rev() {
        AXES.iter().for_each(|a| names.push(format!("hands.right_from_left.v{a}_h_per_s{}", ago(back))));
    }
    names
}

/// Features of both hands over `frames` poses `step_s` seconds apart; a hand without a whole window is `None`.
pub fn features(hands: [Option<&HandWindow>; 2], frames: usize, step_s: f64) -> Vec<f32> {
    let mut values: Vec<f64> = Vec::with_capacity(width(frames));
    for hand in hands {
        match hand {
            Some(hand) => one_hand(hand, step_s, &mut values),
            None => values.extend(std::iter::repeat_n(f64::NAN, hand_width(frames))),
        }
    }
    match hands {
        // One of them in the picture and the other in metres have no common space.
        [Some(left), Some(right)] if left.metric == right.metric => relative(left, right, step_s, &mut values),
        _ => values.extend(std::iter::repeat_n(f64::NAN, width(frames) - 2 * hand_width(frames))),
    }
    values.into_iter().map(|v| v as f32).collect()
}

fn one_hand(hand: &HandWindow, step_s: f64, values: &mut Vec<f64>) {
    let h = hand.size();
    let z = |k: usize, v: f64| if k == 2 && !hand.metric { f64::NAN } else { v };
    let metres = |v: f64| if hand.metric { v } else { f64::NAN };
    let Some(newest) = hand.poses.last() else { return };
    let speed = match hand.poses.as_slice() {
        [.., before, now] => distance(now[WRIST], before[WRIST]) / step_s,
        _ => f64::NAN,
    };
    let bent = flexions(newest);
    values.extend([metres(h), speed / h, metres(speed), distance(newest[THUMB_TIP], newest[INDEX_TIP]) / h]);
    values.push(hand.holds.map_or(f64::NAN, |holds| f64::from(u8::from(holds))));
    values.extend(bent.chunks(3).map(|finger| finger.iter().sum::<f64>()));
    let centred = |pose: &[P3; JOINTS]| pose.map(|p| sub(p, pose[WRIST]).map(|v| v / h));
    let place = centred(newest);
    values.extend((1..JOINTS).flat_map(|j| (0..3).map(move |k| z(k, place[j][k]))));
    for pair in hand.poses.windows(2) {
        let (before, now) = (centred(&pair[0]), centred(&pair[1]));
        values.extend((0..3).map(|k| z(k, (pair[1][WRIST][k] - pair[0][WRIST][k]) / (h * step_s))));
        values.extend((1..JOINTS).flat_map(|j| (0..3).map(move |k| z(k, (now[j][k] - before[j][k]) / step_s))));
    }
    for pose in &hand.poses {
        values.extend(flexions(pose));
        values.extend(spreads(pose));
    }
    let count = hand.poses.len() as f64;
    let lengths = hand.poses.iter().map(bones).fold([0.0; 20], |sum, b| std::array::from_fn(|i| sum[i] + b[i] / (count * h)));
    values.extend(lengths);
}

/// The right wrist seen from the left one, in mean hand sizes.
fn relative(left: &HandWindow, right: &HandWindow, step_s: f64, values: &mut Vec<f64>) {
    let h = (left.size() + right.size()) / 2.0;
    let metric = left.metric;
    let z = |k: usize, v: f64| if k == 2 && !metric { f64::NAN } else { v };
    let frames = left.poses.len().min(right.poses.len());
    let offsets: Vec<P3> = (0..frames).filter_map(|i| Some(sub(right.wrist(i)?, left.wrist(i)?).map(|v| v / h))).collect();
    values.push(offsets.last().map_or(f64::NAN, |o| norm(*o)));
    values.extend(offsets.iter().flat_map(|o| (0..3).map(move |k| z(k, o[k]))));
    values.extend(offsets.windows(2).flat_map(|pair| (0..3).map(move |k| z(k, (pair[1][k] - pair[0][k]) / step_s))));
}

#[cfg(test)]
mod tests {
    use super::super::hand_motion::tests::open_hand;
    use super::*;
    use proptest::prelude::*;

    fn window(speed: P3) -> HandWindow {
        let pose = |t: f64| open_hand().map(|p| std::array::from_fn(|k| p[k] + speed[k] * t + [0.0, 0.0, 0.4][k]));
        HandWindow { poses: (0..3).map(|i| pose(0.1 * f64::from(i))).collect(), metric: true, holds: Some(true) }
    }

    fn value(values: &[f32], name: &str) -> f32 {
        values[names(3).iter().position(|n| n == name).unwrap_or_else(|| panic!("no {name}"))]
    }

    #[test]
    fn names_and_values_go_together() {
        let hand = window([0.0; 3]);
        for frames in [1, 3, 6] {
            assert_eq!(names(frames).len(), width(frames));
            assert_eq!(features([None, None], frames, 0.1).len(), width(frames));
        }
        assert_eq!(features([Some(&hand), Some(&hand)], 3, 0.1).len(), width(3));
        let mut unique = names(3);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), width(3));
    }

    #[test]
    fn a_hand_of_nine_centimetres_that_moves_at_forty_five_a_second() {
        let (still, moving) = (window([0.0; 3]), window([0.27, 0.0, 0.36]));
        let values = features([Some(&still), Some(&moving)], 3, 0.1);
        for (name, want) in [
            ("right.size_m", 0.09),
            ("right.wrist.speed_m_per_s", 0.45),
            ("right.wrist.speed_h_per_s", 5.0),
            ("right.wrist.vx_h_per_s", 3.0),
            ("right.wrist.vz_h_per_s@1", 4.0),
            ("right.index_tip.vx_h_per_s", 0.0),
            ("left.wrist.speed_m_per_s", 0.0),
            ("right.middle.flexion_rad", 0.0),
            ("right.holds", 1.0),
            ("hands.distance_h", 1.0),
            ("hands.right_from_left.vx_h_per_s", 3.0),
        ] {
            assert!((value(&values, name) - want).abs() < 1e-5, "{name} {}", value(&values, name));
        }
    }

    #[test]
    fn what_is_not_known_is_nan() {
        let mut flat = window([0.0; 3]);
        flat.metric = false;
        flat.holds = None;
        let values = features([None, Some(&flat)], 3, 0.1);
        for name in ["left.size_m", "left.index.flexion_rad", "right.size_m", "right.index_tip.z_h", "right.holds", "hands.distance_h"] {
            assert!(value(&values, name).is_nan(), "{name}");
        }
        assert!(value(&values, "right.index_tip.x_h").is_finite() && value(&values, "right.wrist.speed_h_per_s").is_finite());
    }

    proptest! {
        #[test]
        fn place_and_size_do_not_matter(shift in proptest::array::uniform3(-1.0..1.0f64), scale in 0.2..5.0f64) {
            let (a, b) = (window([0.1, 0.2, 0.0]), window([0.0, -0.3, 0.1]));
            let moved = |w: &HandWindow| HandWindow {
                poses: w.poses.iter().map(|pose| pose.map(|p| std::array::from_fn(|k| p[k] * scale + shift[k]))).collect(),
                ..w.clone()
            };
            let want = features([Some(&a), Some(&b)], 3, 0.1);
            let got = features([Some(&moved(&a)), Some(&moved(&b))], 3, 0.1);
            // Metres are metres; everything else is measured in hands.
            for ((name, a), b) in names(3).iter().zip(want).zip(got).filter(|((n, _), _)| !n.ends_with("size_m") && !n.ends_with("m_per_s")) {
                prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{name} {a} {b}");
            }
        }
    }
}
