//! Algorithm 2 of HAPTICS: features of a body over a window of frames.
//!
//! Layout [`features`], 13 joints and `f` frames, in five named blocks, 66 f - 28 numbers:
//!
//! | block | numbers | f = 3 | unit |
//! |---|---|---|---|
//! | positions of the joints relative to the neck of their frame, oldest frame first | 26 f | 78 | body heights |
//! | velocity of the neck | 2 (f - 1) | 4 | body heights a second |
//! | velocities of the joints relative to the neck | 26 (f - 1) | 52 | body heights a second |
//! | flexion of elbows and knees | 4 f | 12 | radians, 0 = stretched |
//! | lengths of upper arms, forearms, thighs and shins | 8 f | 24 | body heights |
//!
//! The body height is the mean over the window of the distance from the neck to the middle of the hips.
//!
//! The paper prints the width (170) but neither angles nor lengths; four hinges and eight limbs are the reading that gives it. Its
//! mean over all coordinates mixes x and y, and would let a walking body leak into the joints' velocities, so joints are measured
//! from the neck. Layout [`features_5x314`] is that of an open project with the same structure (github.com/felixchenfy/
//! Realtime-Action-Recognition), whose neck velocity is repeated ten times to weigh more.

use super::cleaning::{HIPS, JOINTS, NECK};
use super::geometry::{P3, distance, flexion};
use crate::bodies::BODY13_NAMES;

/// Elbows and knees: name and the chain whose middle joint bends.
const HINGES: [(&str, [usize; 3]); 4] =
    [("right_elbow", [1, 2, 3]), ("left_elbow", [4, 5, 6]), ("right_knee", [7, 8, 9]), ("left_knee", [10, 11, 12])];
/// Limb segments: name and ends.
const LIMBS: [(&str, [usize; 2]); 8] = [
    ("right_upper_arm", [1, 2]),
    ("right_forearm", [2, 3]),
    ("left_upper_arm", [4, 5]),
    ("left_forearm", [5, 6]),
    ("right_thigh", [7, 8]),
    ("right_shin", [8, 9]),
    ("left_thigh", [10, 11]),
    ("left_shin", [11, 12]),
];
/// How often the open project repeats the velocity of the neck.
const REPEATS: usize = 10;
/// Its frames are a tenth of a second apart, and its velocities are differences between frames.
const TENTH_S: f64 = 0.1;

/// 13 joints of one frame, both axes in one unit.
pub type Joints = [[f64; 2]; JOINTS];

/// Number of features for a window of `frames`.
pub fn width(frames: usize) -> usize {
    let steps = frames.saturating_sub(1);
    26 * frames + 28 * steps + 12 * frames
}

/// Mean body height of the window, in the unit of the joints.
fn height(window: &[Joints]) -> f64 {
    let of = |joints: &Joints| {
        let [right, left] = HIPS.map(|h| joints[h]);
        distance(flat(joints[NECK]), [(right[0] + left[0]) / 2.0, (right[1] + left[1]) / 2.0, 0.0])
    };
    window.iter().map(of).sum::<f64>() / window.len().max(1) as f64
}

fn flat([x, y]: [f64; 2]) -> P3 {
    [x, y, 0.0]
}

/// Joints relative to the neck of their own frame, in body heights.
fn centred(window: &[Joints], height: f64) -> Vec<Joints> {
    window.iter().map(|joints| joints.map(|[x, y]| [(x - joints[NECK][0]) / height, (y - joints[NECK][1]) / height])).collect()
}

/// Differences between successive frames, divided by `unit_s / step_s`: per `unit_s` seconds.
fn steps<'a>(rows: &'a [Joints], per: f64) -> impl Iterator<Item = f64> + 'a {
    rows.windows(2).flat_map(move |pair| (0..2 * JOINTS).map(move |i| (pair[1][i / 2][i % 2] - pair[0][i / 2][i % 2]) * per))
}

fn neck_steps(window: &[Joints], per: f64) -> impl Iterator<Item = f64> + '_ {
    window.windows(2).flat_map(move |pair| (0..2).map(move |k| (pair[1][NECK][k] - pair[0][NECK][k]) * per))
}

/// The features of a window of cleaned frames `step_s` seconds apart, oldest first.
pub fn features(window: &[Joints], step_s: f64) -> Vec<f32> {
    let height = height(window);
    let positions = centred(window, height);
    let mut values = Vec::with_capacity(width(window.len()));
    values.extend(positions.iter().flatten().flatten().copied());
    values.extend(neck_steps(window, 1.0 / (height * step_s)));
    values.extend(steps(&positions, 1.0 / step_s));
    for joints in window {
        values.extend(HINGES.iter().map(|(_, [a, b, c])| flexion(flat(joints[*a]), flat(joints[*b]), flat(joints[*c]))));
    }
    for joints in window {
        values.extend(LIMBS.iter().map(|(_, [a, b])| distance(flat(joints[*a]), flat(joints[*b])) / height));
    }
    values.into_iter().map(|v| v as f32).collect()
}

/// The open project's numbers, 314 for 5 frames: positions, joint velocities, neck velocity ten times each; velocities in body
/// heights per tenth of a second.
pub fn features_5x314(window: &[Joints], step_s: f64) -> Vec<f32> {
    let height = height(window);
    let positions = centred(window, height);
    let per = TENTH_S / step_s;
    let positions_and_steps = positions.iter().flatten().flatten().copied().chain(steps(&positions, per));
    let neck = neck_steps(window, per / height).flat_map(|v| std::iter::repeat_n(v, REPEATS));
    positions_and_steps.chain(neck).map(|v| v as f32).collect()
}

/// The suffix of a value that belongs `back` steps before the newest frame.
pub(super) fn ago(back: usize) -> String {
    if back == 0 { String::new() } else { format!("@{back}") }
}

fn position_names(frames: usize) -> Vec<String> {
    let of = |back| BODY13_NAMES.iter().flat_map(move |j| ["x", "y"].map(|axis| format!("{j}.{axis}_h{}", ago(back))));
    (0..frames).rev().flat_map(of).collect()
}

fn step_names(frames: usize, unit: &str) -> Vec<String> {
    let of = |back| BODY13_NAMES.iter().flat_map(move |j| ["x", "y"].map(|axis| format!("{j}.v{axis}_{unit}{}", ago(back))));
    (0..frames.saturating_sub(1)).rev().flat_map(of).collect()
}

fn neck_names(frames: usize, unit: &str) -> Vec<String> {
    (0..frames.saturating_sub(1)).rev().flat_map(|back| ["x", "y"].map(|axis| format!("body.v{axis}_{unit}{}", ago(back)))).collect()
}

/// Names of [`features`].
pub fn names(frames: usize) -> Vec<String> {
    let mut names = position_names(frames);
    names.extend(neck_names(frames, "h_per_s"));
    names.extend(step_names(frames, "h_per_s"));
    names.extend((0..frames).rev().flat_map(|back| HINGES.iter().map(move |(hinge, _)| format!("{hinge}.flexion_rad{}", ago(back)))));
    names.extend((0..frames).rev().flat_map(|back| LIMBS.iter().map(move |(limb, _)| format!("{limb}.length_h{}", ago(back)))));
    names
}

/// Names of [`features_5x314`].
pub fn names_5x314(frames: usize) -> Vec<String> {
    let mut names = position_names(frames);
    names.extend(step_names(frames, "h_per_100ms"));
    for name in neck_names(frames, "h_per_100ms") {
        names.extend((1..=REPEATS).map(|copy| format!("{name}#{copy}")));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joints() -> impl Strategy<Value = Joints> {
        // Around a standing person, so that the body has a height.
        proptest::array::uniform13(proptest::array::uniform2(-0.15..0.15f64)).prop_map(|noise| {
            std::array::from_fn(|i| {
                let base = [[0.0, 0.0], [-0.2, 0.1], [-0.3, 0.5], [-0.3, 0.9], [0.2, 0.1], [0.3, 0.5], [0.3, 0.9]];
                let legs = [[-0.2, 1.0], [-0.2, 1.7], [-0.2, 2.4], [0.2, 1.0], [0.2, 1.7], [0.2, 2.4]];
                let p = if i < 7 { base[i] } else { legs[i - 7] };
                [p[0] + noise[i][0], p[1] + noise[i][1]]
            })
        })
    }

    fn moved(window: &[Joints], f: impl Fn([f64; 2]) -> [f64; 2]) -> Vec<Joints> {
        window.iter().map(|j| j.map(&f)).collect()
    }

    fn value(window: &[Joints], step_s: f64, name: &str) -> f32 {
        let index = names(window.len()).iter().position(|n| n == name).unwrap_or_else(|| panic!("no {name}"));
        features(window, step_s)[index]
    }

    #[test]
    fn the_papers_width_and_the_open_projects() {
        assert_eq!((width(3), names(3).len()), (170, 170));
        assert_eq!(names_5x314(5).len(), 314);
        let window = [[[0.0, 0.0]; JOINTS].map(|_| [0.1, 0.2]); 5];
        let mut window = window;
        window.iter_mut().for_each(|j| j[7] = [0.1, 0.9]);
        assert_eq!(features(&window[..3], 0.1).len(), 170);
        assert_eq!(features_5x314(&window, 0.1).len(), 314);
        let mut unique = names(3);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 170);
    }

    #[test]
    fn a_camera_that_moves_three_pixels_a_frame_past_a_body_of_ten() {
        // papers: constant pose, translation (3, 0) a frame, H = 10: body velocity (0.3, 0) a frame, joint velocities 0. One frame a second.
        let mut body: Joints = std::array::from_fn(|i| [i as f64, 2.0 * i as f64]);
        body[7] = [-1.0, 10.0];
        body[10] = [1.0, 10.0];
        let window: Vec<Joints> = (0..3).map(|t| body.map(|[x, y]| [x + 3.0 * f64::from(t), y])).collect();
        let values = features(&window, 1.0);
        for (name, value) in names(3).iter().zip(&values) {
            let want = match name {
                n if n.starts_with("body.vx") => 0.3,
                n if n.contains(".v") => 0.0,
                _ => continue,
            };
            assert!((value - want).abs() < 1e-6, "{name} {value}");
        }
        assert!((value(&window, 0.1, "body.vx_h_per_s") - 3.0).abs() < 1e-5, "per second, not per frame");
    }

    #[test]
    fn a_right_angle_and_a_stretched_arm() {
        let mut body: Joints = [[0.0, 0.0]; JOINTS];
        body[7] = [0.0, 2.0];
        body[10] = [0.0, 2.0];
        (body[1], body[2], body[3]) = ([1.0, 0.0], [1.0, 1.0], [2.0, 1.0]);
        (body[4], body[5], body[6]) = ([-1.0, 0.0], [-1.0, 1.0], [-1.0, 3.0]);
        let window = [body; 3];
        assert!((value(&window, 0.1, "right_elbow.flexion_rad") - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        assert!(value(&window, 0.1, "left_elbow.flexion_rad@2").abs() < 1e-6);
        assert!((value(&window, 0.1, "left_forearm.length_h@1") - 1.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn place_and_size_do_not_matter(window in proptest::collection::vec(joints(), 3), dx in -9.0..9.0f64, dy in -9.0..9.0f64, s in 0.05..20.0f64) {
            let want = features(&window, 0.1);
            for (a, b) in want.iter().zip(features(&moved(&window, |[x, y]| [s * x + dx, s * y + dy]), 0.1)) {
                prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
            }
            let five = [window[0], window[1], window[2], window[0], window[1]];
            let want = features_5x314(&five, 0.1);
            let scaled = moved(&five, |[x, y]| [s * x + dx, s * y + dy]);
            for (a, b) in want.iter().zip(features_5x314(&scaled, 0.1)) {
                prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
            }
        }

        #[test]
        fn angles_and_lengths_survive_a_rotation(window in proptest::collection::vec(joints(), 3), turn in -7.0..7.0f64) {
            let (sin, cos) = turn.sin_cos();
            let turned = moved(&window, |[x, y]| [cos * x - sin * y, sin * x + cos * y]);
            let (a, b) = (features(&window, 0.1), features(&turned, 0.1));
            for ((name, a), b) in names(3).iter().zip(a).zip(b).filter(|((n, _), _)| n.contains("flexion") || n.contains("length")) {
                prop_assert!((a - b).abs() < 1e-5, "{name} {a} {b}");
            }
        }
    }
}
