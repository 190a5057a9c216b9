use super::super::colour::ColourModel;
use super::super::compose::{PlaneMut, Target};
use super::super::text::Glyph;
use super::*;
use proptest::prelude::*;

const W: u32 = 320;
const H: u32 = 720;

/// Fingers up, spread out, in the middle of the picture.
fn open_hand(side: Side) -> Hand {
    let mut image_norm = [[0.5, 0.7]; JOINTS];
    for (i, point) in image_norm.iter_mut().enumerate().skip(1) {
        let (finger, along) = ((i - 1) / 4, (i - 1) % 4);
        *point = [0.2 + 0.15 * finger as f32, 0.55 - 0.08 * along as f32];
    }
    Hand { side, score: 0.9, presence: 1.0, track: 7, image_norm, camera_m: None, joint_score: [1.0; JOINTS] }
}

fn hands(hand: Hand) -> Hands {
    Hands { hands: vec![hand], depth_source: DepthSource::Estimated }
}

/// The picture on black, as rows of RGB.
fn drawn(hands: &Hands, style: &HandStyle) -> Vec<Vec<Rgb>> {
    let mut canvas = Canvas::new(W, H, ColourModel::RGB);
    draw_skeletons(&mut canvas, hands, style);
    let stride = 3 * W as usize;
    let mut data = vec![0; stride * H as usize];
    let plane = PlaneMut { data: &mut data, stride };
    canvas.compose(&mut Target::Packed { plane, bytes: 3, rgb: [0, 1, 2], alpha: None });
    data.chunks(stride).map(|row| row.chunks(3).map(|p| Rgb(p[0], p[1], p[2])).collect()).collect()
}

fn at(picture: &[Vec<Rgb>], [x, y]: [f32; 2]) -> Rgb {
    picture[y.round() as usize][x.round() as usize]
}

#[test]
fn sides_have_their_colours_and_shapes() {
    for (side, colour) in [(Side::Left, LEFT), (Side::Right, RIGHT), (Side::Unknown, UNKNOWN)] {
        let hand = open_hand(side);
        let points = hand.image_px(W, H);
        let picture = drawn(&hands(hand), &HandStyle::default());
        for point in points {
            assert_eq!(at(&picture, point), colour, "{side:?}: joint at {point:?}");
        }
        // The middle of a finger bone; a corner of the joint that only a square fills; the tip that only a diamond reaches.
        let [tip, before] = [points[8], points[7]];
        assert_eq!(at(&picture, [tip[0], (tip[1] + before[1]) / 2.0]), colour, "{side:?}: bone");
        let corner = at(&picture, [tip[0] + 3.0, tip[1] - 3.0]);
        assert_eq!(corner.0.max(corner.2) > 120, side == Side::Right, "{side:?}: corner is {corner:?}");
        let reach = at(&picture, [tip[0] + 5.0, tip[1]]);
        assert_eq!(reach.0 > 60, side == Side::Unknown, "{side:?}: reach is {reach:?}");
    }
}

#[test]
fn palm_bones_are_neutral_and_fingers_have_their_colours_and_dots() {
    let hand = open_hand(Side::Left);
    let points = hand.image_px(W, H);
    let middle = |a: usize, b: usize| [0, 1].map(|c| (points[a][c] + points[b][c]) / 2.0);
    let style = HandStyle { colours: HandColours::Finger, ..HandStyle::default() };
    let picture = drawn(&hands(hand.clone()), &style);
    for (finger, tip) in TIPS.into_iter().enumerate() {
        assert_eq!(at(&picture, middle(tip, tip - 1)), FINGERS[finger], "finger {finger}");
        // Dots above the tip: count the bright runs along the row through them.
        let y = (points[tip][1] - (2.2 * JOINT_RADIUS_PX + OUTLINE_PX)).round() as usize;
        let x = points[tip][0] as usize;
        let bright: Vec<bool> = picture[y][x - 14..x + 15].iter().map(|p| *p == FINGERS[finger]).collect();
        let dots = bright.windows(2).filter(|w| !w[0] && w[1]).count();
        assert_eq!(dots, finger + 1, "finger {finger}");
    }
    assert_eq!(at(&picture, points[WRIST]), LEFT);
    let along_palm = at(&picture, middle(5, 9));
    assert!(along_palm.0 == along_palm.1 && along_palm.1 == along_palm.2 && along_palm.0 > 150, "{along_palm:?}");

    let style = HandStyle { colours: HandColours::MediaPipe, ..style };
    let picture = drawn(&hands(hand), &style);
    assert_eq!(at(&picture, points[17]), MEDIAPIPE_PALM_JOINT);
    assert_eq!(at(&picture, points[18]), MEDIAPIPE_FINGERS[4]);
    assert_eq!(at(&picture, middle(5, 9)), MEDIAPIPE_PALM_BONE);
}

#[test]
fn uncertain_joints_fade_and_vanish() {
    // 0.35 + 0.65 (c - t) / (1 - t), of sky blue on black.
    assert!(joint_opacity(0.29, 0.3).is_none() && joint_opacity(f32::NAN, 0.3).is_none());
    for (confidence, threshold, want) in [(0.3, 0.3, 0.35), (0.65, 0.3, 0.675), (1.0, 0.3, 1.0), (9.0, 0.0, 1.0), (1.0, 1.0, 1.0)] {
        let got = joint_opacity(confidence, threshold).expect("above the threshold");
        assert!((got - want).abs() < 1e-5, "{confidence} {threshold}: {got}");
    }
    let mut hand = open_hand(Side::Left);
    (hand.joint_score[8], hand.joint_score[12]) = (0.65, 0.1);
    let points = hand.image_px(W, H);
    let picture = drawn(&hands(hand), &HandStyle::default());
    let faded = at(&picture, points[8]);
    assert!((f32::from(faded.2) - 0.675 * f32::from(LEFT.2)).abs() < 1.5, "{faded:?}");
    assert_eq!(at(&picture, points[12]), Rgb(0, 0, 0));
    assert_eq!(at(&picture, [points[12][0], points[12][1] + 20.0]), Rgb(0, 0, 0), "the bone to a hidden joint");
}

#[test]
fn strokes_scale_with_the_picture_and_never_vanish() {
    let at = |height, scale| Sizes::new(height, scale, 1000.0);
    assert!((at(720.0, 1.0).bone - 2.0).abs() < 1e-6 && (at(720.0, 1.0).joint_radius - 4.0).abs() < 1e-6);
    assert!((at(1080.0, 1.0).bone - 3.0).abs() < 1e-6 && (at(720.0, 2.0).joint_radius - 8.0).abs() < 1e-6);
    assert!(at(10.0, 0.1).bone >= 1.0 && at(10.0, 0.1).outline >= 0.5);
    assert!(Sizes::new(720.0, 1.0, 50.0).joint_radius < 2.5, "a small hand must not drown in its joints");
}

#[test]
fn labels_say_what_was_asked_for_and_is_known() {
    let mut hand = open_hand(Side::Right);
    let say = |hand: &Hand, source, depth, track_ids| {
        let mut text = String::new();
        write_label(&mut text, hand, source, HandLabels { depth, track_ids });
        text
    };
    assert_eq!(say(&hand, DepthSource::None, true, true), "R #7");
    hand.camera_m = Some([[0.0, 0.3, 0.4]; JOINTS]);
    assert_eq!(say(&hand, DepthSource::Measured, true, false), "R 0.50 m");
    assert_eq!(say(&hand, DepthSource::Estimated, true, true), "R #7 ~0.50 m");
    assert_eq!(say(&hand, DepthSource::Estimated, false, false), "R");
    hand.camera_m = Some([[f32::NAN; 3]; JOINTS]);
    assert_eq!(say(&Hand { side: Side::Unknown, ..hand }, DepthSource::Measured, true, false), "?");
}

#[test]
fn a_label_lies_beyond_the_wrist_inside_the_picture() {
    let place = |hand: &Hand| {
        let skeleton = Skeleton::new(hand, &HandStyle::default(), W, H);
        let rect = skeleton.label_place([40.0, 20.0], W as f32, H as f32)?;
        Some(Placer::default().place(rect, W as f32, H as f32))
    };
    let mut hand = open_hand(Side::Left);
    let wrist = hand.image_px(W, H)[WRIST];
    let rect = place(&hand).expect("a hand in the picture");
    assert!(rect.y > wrist[1] && rect.y < wrist[1] + 20.0 && rect.x < wrist[0] && rect.x + rect.width > wrist[0], "{rect:?}");
    // The wrist below the picture: the label stays at the border. The whole hand outside: no label.
    hand.image_norm[WRIST][1] = 1.2;
    assert_eq!(place(&hand).expect("fingers in the picture").y, H as f32 - 20.5);
    hand.image_norm.iter_mut().for_each(|p| p[1] += 2.0);
    assert_eq!(place(&hand), None);
}

proptest! {
    #[test]
    fn no_hand_is_too_wild(
        w in 1u32..64, h in 1u32..64,
        wild in prop::collection::vec(prop_oneof![3 => -1.0..2.0f32, 1 => any::<f32>()], 3 * JOINTS),
        scale in any::<f32>(), threshold in any::<f32>(), side in 0u32..3, colours in 0usize..3,
    ) {
        let mut hand = open_hand(Side::from_code(side));
        for ((point, score), wild) in hand.image_norm.iter_mut().zip(&mut hand.joint_score).zip(wild.chunks(3)) {
            (*point, *score) = ([wild[0], wild[1]], wild[2]);
        }
        hand.camera_m = Some([[wild[0]; 3]; JOINTS]);
        let hands = hands(hand);
        let colours = [HandColours::Side, HandColours::Finger, HandColours::MediaPipe][colours];
        let style = HandStyle { colours, line_scale: scale, threshold };
        let mut canvas = Canvas::new(w, h, ColourModel::BT601);
        draw_skeletons(&mut canvas, &hands, &style);
        let mut glyphs = Glyphs::new(8.0, 2.0);
        glyphs.insert('?', Glyph { advance_px: 5.0, left_px: 0, top_px: -8, width: 4 }, &[200; 32]);
        let labels = HandLabels { depth: true, track_ids: true };
        draw_labels(&mut canvas, &hands, &style, labels, &glyphs, &mut Placer::default(), &mut String::new());
    }
}
