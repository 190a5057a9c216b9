//! One frame as the 135 numbers that SHARP's action transformer reads.
//!
//! | numbers | what | unit |
//! |---|---|---|
//! | 0..63 | left hand, 21 joints of three numbers, wrist first | see [`VectorLayout`] |
//! | 63..126 | right hand, the same | |
//! | 126..134 | corners of the object's box: top left, top right, bottom left, bottom right; x and y of each | x / width, y / height |
//! | 134 | the object's number, 1..=8; 0 = nothing found | |
//!
//! A hand that is absent and a box that was not found are zeros; a joint whose place is not known is zero as well.
//! Order, units and corners: Mucha, Wray, Kampel, "SHARP", ICPR 2024, and its published loader. Unlike the loader, whose label stays
//! the true one when the detector finds nothing, the label is 0 then.

use std::ops::Range;

use crate::hands::{Hand, JOINTS, Side};
use crate::objects::{Detection, InHand};

/// Numbers of a frame.
pub const VECTOR: usize = 135;
/// Where the left hand lies.
pub const LEFT: Range<usize> = 0..63;
/// Where the right hand lies.
pub const RIGHT: Range<usize> = 63..126;
/// Where the corners of the object's box lie.
pub const BOX: Range<usize> = 126..134;
/// Where the object's number lies.
pub const LABEL: usize = 134;

/// The presence below which a hand counts as absent.
pub const PRESENT: f32 = 0.5;

/// What the three numbers of a joint are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VectorLayout {
    /// x / width, y / height, and z in metres: what the published code feeds.
    #[default]
    ImageAndDepth,
    /// x, y, z in camera space, metres: what the paper's text says.
    CameraSpace,
}

impl VectorLayout {
    /// The word used in manifests: `2.5d` or `xyz`.
    pub fn name(self) -> &'static str {
        match self {
            VectorLayout::ImageAndDepth => "2.5d",
            VectorLayout::CameraSpace => "xyz",
        }
    }

    /// The layout with this name.
    pub fn from_name(name: &str) -> Option<VectorLayout> {
        [VectorLayout::ImageAndDepth, VectorLayout::CameraSpace].into_iter().find(|layout| layout.name() == name)
    }
}

/// The object of a frame vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObjectCue {
    /// Number that the action model knows it by, 1..=8.
    pub code: u32,
    /// Left, top, right, bottom, divided by the picture's width and height.
    pub box_norm: [f32; 4],
}

/// The wearer's left and right hand: of each side the one that is most surely there.
pub fn wearer_hands<'a>(hands: impl IntoIterator<Item = &'a Hand>) -> [Option<&'a Hand>; 2] {
    let mut found: [Option<&Hand>; 2] = [None; 2];
    for hand in hands {
        let slot = match hand.side {
            Side::Left => 0,
            Side::Right => 1,
            Side::Unknown => continue,
        };
        if hand.presence >= PRESENT && found[slot].is_none_or(|other| hand.presence > other.presence) {
            found[slot] = Some(hand);
        }
    }
    found
}

/// Boxes by the action model's object numbers, and which object a frame is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenObjects {
    /// Box of object number i + 1: left, top, right, bottom, divided by width and height.
    pub boxes: Vec<Option<[f32; 4]>>,
    /// Number of the object that the frame is about; 0 = none is seen.
    pub chosen: u32,
}

impl SeenObjects {
    /// Takes the best-scored box of each object. A frame is about the object in a hand, else the one whose box centre is nearest to the
    /// mean joint of a hand, in picture widths; `aspect` is width / height.
    ///
    /// `code` gives the action model's number of a detector's class, 1..=`count`, and `None` for what it does not know.
    pub fn new(
        detections: &[Detection],
        hands: [Option<&Hand>; 2],
        aspect: f32,
        count: usize,
        code: impl Fn(u32) -> Option<u32>,
    ) -> SeenObjects {
        let mut best: Vec<Option<&Detection>> = vec![None; count];
        for d in detections.iter().filter(|d| d.box_norm.iter().all(|v| v.is_finite())) {
            let slot = code(d.class).and_then(|code| best.get_mut((code as usize).checked_sub(1)?));
            if let Some(slot) = slot
                && slot.is_none_or(|other| d.score > other.score)
            {
                *slot = Some(d);
            }
        }
        let means: Vec<[f32; 2]> = hands.into_iter().flatten().map(|hand| mean_joint(hand, aspect)).collect();
        // Farther than anything in the picture without a hand, nearer than anything in one.
        let cost = |d: &Detection| {
            let [x0, y0, x1, y1] = d.box_norm;
            let (x, y) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0 / aspect);
            let away = means.iter().map(|[u, v]| (x - u).hypot(y - v)).fold(9.0, f32::min);
            if d.in_hand == InHand::None { away } else { away - 10.0 }
        };
        let seen = (1_u32..).zip(&best).filter_map(|(code, d)| d.map(|d| (cost(d), code)));
        let chosen = seen.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, code)| code);
        SeenObjects { boxes: best.into_iter().map(|d| d.map(|d| d.box_norm)).collect(), chosen }
    }
}

/// Mean of the joints that are known, in picture widths; the middle of the picture when none is.
fn mean_joint(hand: &Hand, aspect: f32) -> [f32; 2] {
    let known = hand.image_norm.iter().filter(|p| p.iter().all(|v| v.is_finite()));
    let (n, [x, y]) = known.fold((0.0_f32, [0.0_f32; 2]), |(n, s), p| (n + 1.0, [s[0] + p[0], s[1] + p[1]]));
    if n > 0.0 { [x / n, y / n / aspect] } else { [0.5, 0.5 / aspect] }
}

/// Numbers of a row that knows every object: both hands, the chosen object's number, and a box for each of `objects`.
pub fn row_len(objects: usize) -> usize {
    RIGHT.end + 1 + 4 * objects
}

/// A frame as a row of a window: as [`frame_vector`], but with the boxes of all objects, because which one the window is about is only
/// known at its end.
pub fn frame_row(hands: [Option<&Hand>; 2], objects: &SeenObjects, layout: VectorLayout) -> Vec<f32> {
    let mut row = frame_vector(hands, None, layout)[..RIGHT.end].to_vec();
    row.push(objects.chosen as f32);
    row.extend(objects.boxes.iter().flat_map(|b| b.unwrap_or_default()));
    row
}

/// In how many of these rows of [`frame_row`] each object has a box.
pub fn rows_with_box(rows: &[f32], objects: usize) -> Vec<usize> {
    let mut counts = vec![0; objects];
    for row in rows.chunks_exact(row_len(objects)) {
        let boxes = row[RIGHT.end + 1..].chunks_exact(4);
        for (count, _) in counts.iter_mut().zip(boxes).filter(|(_, b)| b.iter().any(|v| *v != 0.0)) {
            *count += 1;
        }
    }
    counts
}

/// Thumb, index and middle finger: their tips' middle is where a hand grasps.
const GRASP: [usize; 3] = [4, 8, 12];
/// How far from a box a grasp counts e^-1 of what it counts in it, in widths and heights of the picture.
const NEAR: f32 = 0.06;
/// What a grasp counts in a box: less than the object that a frame is about.
const GRASPED: f32 = 0.9;

/// The frame vectors of a window of [`frame_row`]s. A window is about one object: every row counts 1 for the one that it is about, and for
/// each that it sees 0.9 e^-(d / 0.06)^2, where d is the distance from its box to the nearer of the two grasps (only where the layout knows
/// the picture); the lowest number among equals. Its box stands in every row that sees it, zeros and label 0 in the others.
pub fn window_vectors(rows: &[f32], objects: usize, layout: VectorLayout) -> Vec<f32> {
    let rows = rows.chunks_exact(row_len(objects));
    let mut shares = vec![0.0_f32; objects + 1];
    for row in rows.clone() {
        if let Some(share) = row.get(RIGHT.end).and_then(|about| shares.get_mut(*about as usize)) {
            *share += 1.0;
        }
        if layout == VectorLayout::ImageAndDepth {
            let grasps = [LEFT, RIGHT].map(|hand| row.get(hand).and_then(grasp));
            let boxes = row.get(RIGHT.end + 1..).unwrap_or_default().chunks_exact(4);
            for (share, rect) in shares.iter_mut().skip(1).zip(boxes).filter(|(_, rect)| rect[2] > rect[0]) {
                let nearest = grasps.iter().flatten().map(|[u, v]| {
                    let outside = |at: f32, low: f32, high: f32| (low - at).max(at - high).max(0.0);
                    outside(*u, rect[0], rect[2]).hypot(outside(*v, rect[1], rect[3]))
                });
                *share += nearest.map(|d| GRASPED * (-(d / NEAR).powi(2)).exp()).fold(0.0, f32::max);
            }
        }
    }
    let most = shares.iter().skip(1).copied().fold(0.0, f32::max);
    let code = (1..=objects).find(|code| most > 0.0 && shares[*code] == most);
    let mut vectors = Vec::with_capacity(rows.len() * VECTOR);
    for row in rows {
        vectors.extend_from_slice(&row[..RIGHT.end]);
        let rect = code.and_then(|code| row.get(RIGHT.end + 4 * code - 3..RIGHT.end + 4 * code + 1));
        match (code, rect) {
            (Some(code), Some(&[x0, y0, x1, y1])) if x1 > x0 => vectors.extend([x0, y0, x1, y0, x0, y1, x1, y1, code as f32]),
            _ => vectors.extend([0.0; VECTOR - 126]),
        }
    }
    vectors
}

/// Where a hand of a row in the picture grasps; `None` for one that is absent.
fn grasp(hand: &[f32]) -> Option<[f32; 2]> {
    let mean = |axis: usize| GRASP.iter().map(|joint| hand.get(3 * joint + axis).copied().unwrap_or(0.0)).sum::<f32>() / GRASP.len() as f32;
    hand.iter().any(|v| *v != 0.0).then(|| [mean(0), mean(1)])
}

/// The 135 numbers of a frame.
pub fn frame_vector(hands: [Option<&Hand>; 2], object: Option<ObjectCue>, layout: VectorLayout) -> [f32; VECTOR] {
    let mut vector = [0.0; VECTOR];
    for (hand, place) in hands.into_iter().zip([LEFT, RIGHT]) {
        if let Some(hand) = hand {
            write_hand(hand, layout, &mut vector[place]);
        }
    }
    if let Some(ObjectCue { code, box_norm: [x0, y0, x1, y1] }) = object {
        vector[BOX].copy_from_slice(&[x0, y0, x1, y0, x0, y1, x1, y1]);
        vector[LABEL] = code as f32;
    }
    vector
}

fn write_hand(hand: &Hand, layout: VectorLayout, into: &mut [f32]) {
    for joint in 0..JOINTS {
        let camera_m = hand.camera_m.map(|m| m[joint]);
        let numbers = match layout {
            VectorLayout::ImageAndDepth => {
                let [u, v] = hand.image_norm[joint];
                [u, v, camera_m.map_or(0.0, |m| m[2])]
            }
            VectorLayout::CameraSpace => camera_m.unwrap_or([0.0; 3]),
        };
        if numbers.iter().all(|v| v.is_finite()) {
            into[3 * joint..3 * joint + 3].copy_from_slice(&numbers);
        }
    }
}

/// Whether a vector shows at least one hand.
pub fn has_hand(vector: &[f32; VECTOR]) -> bool {
    vector[LEFT.start..RIGHT.end].iter().any(|v| *v != 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joint j at u = (100 + j) / 1280, v = (200 + j) / 720, z = 0.4 + j / 100 m.
    fn hand(side: Side, presence: f32) -> Hand {
        Hand {
            side,
            score: 1.0,
            presence,
            track: 1,
            image_norm: std::array::from_fn(|j| [(100 + j) as f32 / 1280.0, (200 + j) as f32 / 720.0]),
            camera_m: Some(std::array::from_fn(|j| [0.01, 0.02, 0.4 + j as f32 / 100.0])),
            joint_score: [1.0; JOINTS],
        }
    }

    fn detection(class: u32, score: f32, box_norm: [f32; 4], in_hand: InHand) -> Detection {
        Detection { class, score, track: None, box_norm, depth_m: None, in_hand }
    }

    #[test]
    fn slices_lie_where_the_paper_has_them() {
        assert_eq!((LEFT, RIGHT, BOX, LABEL, VECTOR), (0..63, 63..126, 126..134, 134, 135));
        let right = hand(Side::Right, 1.0);
        let object = ObjectCue { code: 5, box_norm: [0.1, 0.2, 0.3, 0.4] };
        let v = frame_vector([None, Some(&right)], Some(object), VectorLayout::ImageAndDepth);
        assert!(v[LEFT].iter().all(|x| *x == 0.0), "an absent hand is zeros");
        // Wrist, then joint 20: u, v, z.
        assert_eq!(&v[63..66], &[100.0 / 1280.0, 200.0 / 720.0, 0.4]);
        assert_eq!(&v[123..126], &[120.0 / 1280.0, 220.0 / 720.0, 0.6]);
        // Top left, top right, bottom left, bottom right.
        assert_eq!(&v[BOX], &[0.1, 0.2, 0.3, 0.2, 0.1, 0.4, 0.3, 0.4]);
        assert_eq!(v[LABEL], 5.0);
        let v = frame_vector([Some(&right), None], None, VectorLayout::CameraSpace);
        assert_eq!(&v[60..63], &[0.01, 0.02, 0.6]);
        assert!(v[63..].iter().all(|x| *x == 0.0), "nothing found: box and label are zeros");
    }

    #[test]
    fn what_is_not_known_is_zero_and_never_not_a_number() {
        let mut left = hand(Side::Left, 1.0);
        left.image_norm[3] = [f32::NAN, 0.5];
        let v = frame_vector([Some(&left), None], None, VectorLayout::ImageAndDepth);
        assert_eq!(&v[9..12], &[0.0; 3]);
        left.camera_m = None;
        let v = frame_vector([Some(&left), None], None, VectorLayout::ImageAndDepth);
        assert_eq!(&v[0..3], &[100.0 / 1280.0, 200.0 / 720.0, 0.0]);
        assert!(!has_hand(&frame_vector([Some(&left), None], None, VectorLayout::CameraSpace)), "no depth, no place in space");
        assert!(has_hand(&v) && !has_hand(&[0.0; VECTOR]));
    }

    #[test]
    fn the_surest_hand_of_a_side_counts_and_bystanders_do_not() {
        let hands = [hand(Side::Left, 0.6), hand(Side::Left, 0.9), hand(Side::Right, 0.4), hand(Side::Unknown, 1.0)];
        let [left, right] = wearer_hands(&hands);
        assert_eq!(left.map(|h| h.presence), Some(0.9));
        assert!(right.is_none(), "below {PRESENT} a hand is absent");
    }

    #[test]
    fn the_object_in_hand_comes_first_then_the_nearest() {
        // The mean joint is at (110 / 1280, 210 / 720).
        let left = hand(Side::Left, 1.0);
        let near = [0.05, 0.2, 0.15, 0.4];
        let far = [0.8, 0.8, 0.9, 0.9];
        let see = |list: &[Detection]| SeenObjects::new(list, [Some(&left), None], 16.0 / 9.0, 8, |class| (class < 8).then_some(class + 1));
        let pick = |list: &[Detection]| see(list).chosen;
        assert_eq!(pick(&[detection(0, 0.9, near, InHand::None), detection(1, 0.4, far, InHand::Right)]), 2);
        assert_eq!(pick(&[detection(0, 0.5, near, InHand::None), detection(1, 0.95, far, InHand::None)]), 1, "the score says nothing");
        assert_eq!(pick(&[detection(8, 0.9, near, InHand::Left)]), 0, "a class that the action model does not know");
        assert_eq!(pick(&[detection(0, 0.9, [f32::NAN; 4], InHand::Left)]), 0);
        assert_eq!(pick(&[]), 0);
        let twice = see(&[detection(3, 0.4, near, InHand::None), detection(3, 0.6, far, InHand::None)]);
        assert_eq!((twice.boxes[3], twice.boxes.iter().flatten().count()), (Some(far), 1), "of one class the best-scored box");
        // 0.3 of the height is 0.169 of the width: nearer than 0.2 of the width.
        let (above, beside) = ([0.08, 0.58, 0.09, 0.60], [0.28, 0.28, 0.29, 0.30]);
        assert_eq!(pick(&[detection(5, 0.9, beside, InHand::None), detection(6, 0.9, above, InHand::None)]), 7);
    }

    #[test]
    fn a_window_is_about_the_object_that_is_chosen_most_often() {
        let left = hand(Side::Left, 1.0);
        let seen = |code: u32, boxes: [Option<[f32; 4]>; 3]| SeenObjects { boxes: boxes.to_vec(), chosen: code };
        let [a, b] = [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]];
        let rows: Vec<f32> =
            [seen(2, [None, Some(a), None]), seen(3, [None, Some(a), Some(b)]), seen(2, [None, None, Some(b)]), seen(0, [None; 3])]
                .iter()
                .flat_map(|objects| frame_row([Some(&left), None], objects, VectorLayout::ImageAndDepth))
                .collect();
        assert_eq!(rows.len(), 4 * row_len(3));
        let [vectors, by_frames] = [VectorLayout::ImageAndDepth, VectorLayout::CameraSpace].map(|layout| window_vectors(&rows, 3, layout));
        let one = frame_vector([Some(&left), None], Some(ObjectCue { code: 2, box_norm: a }), VectorLayout::ImageAndDepth);
        let none = frame_vector([Some(&left), None], None, VectorLayout::ImageAndDepth);
        assert_eq!(vectors, [one, one, none, none].concat());
        assert_eq!(by_frames, vectors, "where the layout does not know the picture");
        let empty = frame_row([Some(&left), None], &SeenObjects::default(), VectorLayout::ImageAndDepth);
        assert_eq!(window_vectors(&empty, 0, VectorLayout::ImageAndDepth), none, "a model without objects");
    }

    #[test]
    fn the_object_at_the_fingertips_counts_in_a_window() {
        // The grasp is at (108 / 1280, 208 / 720) = (0.084, 0.289).
        let left = hand(Side::Left, 1.0);
        let [at_grasp, near, far] = [[0.0, 0.2, 0.1, 0.4], [0.15, 0.2, 0.3, 0.4], [0.6, 0.2, 0.7, 0.4]];
        let code = |chosen: u32, boxes: [[f32; 4]; 3]| {
            let seen = SeenObjects { boxes: boxes.map(Some).to_vec(), chosen };
            let row = frame_row([Some(&left), None], &seen, VectorLayout::ImageAndDepth);
            [VectorLayout::ImageAndDepth, VectorLayout::CameraSpace].map(|layout| window_vectors(&row, 3, layout)[LABEL])
        };
        assert_eq!(code(3, [far, at_grasp, far]), [3.0, 3.0], "of a single frame the one that it is about");
        assert_eq!(code(0, [far, near, at_grasp]), [3.0, 0.0], "without it the one at the fingertips, where they are known");
        let rows = |chosen: &[u32], boxes: [[f32; 4]; 3]| {
            let seen = |chosen| SeenObjects { boxes: boxes.map(Some).to_vec(), chosen };
            let row = |chosen: &u32| frame_row([Some(&left), None], &seen(*chosen), VectorLayout::ImageAndDepth);
            window_vectors(&chosen.iter().flat_map(row).collect::<Vec<_>>(), 3, VectorLayout::ImageAndDepth)[LABEL]
        };
        // Two rows against one, but in all three the other one is at the fingertips: 2 against 1 + 2.7.
        assert_eq!(rows(&[1, 1, 2], [far, at_grasp, far]), 2.0);
        // 0.9 e^-(0.0656 / 0.06)^2 = 0.27 a row: 1 + 3 x 0.27 against 2.
        assert_eq!(rows(&[1, 1, 2], [far, near, far]), 1.0);
        assert_eq!(rows(&[1, 1, 2, 2], [far, near, far]), 2.0);
    }

    #[test]
    fn names_of_layouts_come_back() {
        for layout in [VectorLayout::ImageAndDepth, VectorLayout::CameraSpace] {
            assert_eq!(VectorLayout::from_name(layout.name()), Some(layout));
        }
        assert_eq!(VectorLayout::from_name("2d"), None);
    }
}
