//! Truth, depth maps and masks come back from a buffer and its copies; readers of hands can read true hands.
#![allow(clippy::expect_used)]

use ego_core::camera::Intrinsics;
use ego_core::hands::{Hand, JOINTS, Side};
use ego_core::objects::InHand;
use ego_meta::{
    BOX_POINTS, ClipPosition, DepthMeta, DepthScale, HandRow, JointSeen, MaskMeta, MetaError, NAMES, Row, Stamp, TrueAction, TrueHand,
    TrueHandRow, TrueObject, TrueObjectRow, TruthMeta, attach_depth, attach_mask, attach_truth, depth, init, masks, truth,
};
use gst::glib;
use gst::meta::CustomMeta;

fn start() {
    gst::init().expect("GStreamer");
    init();
}

fn stamp() -> Stamp {
    Stamp { source: "camera".into(), frame: 7, pts: Some(40_000_000), ref_width: 640, ref_height: 360, ..Stamp::default() }
}

fn sample_truth() -> TruthMeta {
    let hand = |side, bystander, holds, seen: JointSeen| TrueHand {
        hand: Hand {
            side,
            score: 1.0,
            presence: 1.0,
            track: 2,
            image_norm: std::array::from_fn(|i| [i as f32 / 21.0, 0.25]),
            camera_m: Some(std::array::from_fn(|i| [0.01 * i as f32, 0.02, 0.4])),
            joint_score: [seen.score(); JOINTS],
        },
        bystander,
        holds,
        seen: [seen; JOINTS],
    };
    let object = |class, name: &str, in_hand, rect_norm| TrueObject {
        class,
        name: name.into(),
        in_hand,
        rect_norm,
        box_norm: std::array::from_fn(|i| [0.5, i as f32 * 0.01]),
        box_camera_m: std::array::from_fn(|i| [0.1, 0.2, 0.3 + i as f32]),
        camera_from_object: [[1.0, 0.0, 0.0, 0.1], [0.0, 1.0, 0.0, 0.2], [0.0, 0.0, 1.0, 0.3]],
    };
    TruthMeta {
        stamp: stamp(),
        hands: vec![
            hand(Side::Left, false, Some(1), JointSeen::Visible),
            hand(Side::Right, false, None, JointSeen::Occluded),
            hand(Side::Left, true, None, JointSeen::Outside),
        ],
        objects: vec![
            object(1, "book", InHand::None, None),
            object(5, "milk", InHand::Left, Some([0.1, 0.2, 0.3, 0.4])),
            object(8, "cappuccino", InHand::Both, Some([0.0, 0.0, 1.0, 1.0])),
        ],
        action: TrueAction {
            label: "pour milk".into(),
            id: 23,
            verb: "pour".into(),
            noun: "milk".into(),
            phase: "manipulate".into(),
            in_hand: InHand::Left,
        },
        intrinsics: Intrinsics { fx: 400.0, fy: 401.0, cx: 320.0, cy: 180.0, width: 640, height: 360 },
        world_from_camera: std::array::from_fn(|r| std::array::from_fn(|c| (4 * r + c) as f64)),
        clip: ClipPosition { number: 3, seed: u64::MAX - 1, time_s: 1.25 },
    }
}

#[test]
fn truth_comes_back_from_a_buffer_and_from_its_copy() {
    start();
    let meta = sample_truth();
    let mut buffer = gst::Buffer::new();
    assert_eq!(truth(&buffer), Ok(None));
    attach_truth(buffer.get_mut().expect("ours"), &meta).expect("attaches");
    assert_eq!(truth(&buffer), Ok(Some(meta.clone())));
    assert_eq!(truth(&buffer.copy()), Ok(Some(meta)));
}

#[test]
fn what_a_perfect_tracker_and_detector_would_find() {
    let meta = sample_truth();
    let sides: Vec<Side> = meta.wearer_hands().map(|hand| hand.side).collect();
    assert_eq!(sides, [Side::Left, Side::Right], "somebody else's hand is no wearer's");
    let seen: Vec<_> = meta.detections().map(|d| (d.class, d.box_norm, d.in_hand)).collect();
    assert_eq!(seen, [(4, [0.1, 0.2, 0.3, 0.4], InHand::Left), (7, [0.0, 0.0, 1.0, 1.0], InHand::Both)], "the book is outside");
}

#[test]
fn true_hands_begin_with_the_row_of_hands_and_sizes_are_as_documented() {
    assert_eq!(TrueHandRow::LAYOUT, HandRow::LAYOUT);
    assert_eq!((size_of::<TrueHandRow>(), size_of::<TrueObjectRow>()), (552, 492));
    assert_eq!(std::mem::offset_of!(TrueHandRow, hand), 0);
    assert_eq!(std::mem::offset_of!(TrueHandRow, owner), 520);
    assert_eq!(std::mem::offset_of!(TrueHandRow, seen), 528);
    assert_eq!(std::mem::offset_of!(TrueObjectRow, xy), 24);
    assert_eq!(std::mem::offset_of!(TrueObjectRow, xyz), 24 + 8 * BOX_POINTS);
    assert_eq!(std::mem::offset_of!(TrueObjectRow, pose), 444);
    assert!(["EgoTruthMeta", "EgoDepthMeta", "EgoMaskMeta"].iter().all(|name| NAMES.contains(name)));
}

#[test]
fn a_damaged_truth_is_an_error_that_names_what_is_wrong() {
    start();
    let damage = |what: &dyn Fn(&mut gst::StructureRef)| {
        let mut buffer = gst::Buffer::new();
        attach_truth(buffer.get_mut().expect("ours"), &sample_truth()).expect("attaches");
        what(CustomMeta::from_mut_buffer(buffer.get_mut().expect("ours"), "EgoTruthMeta").expect("there").mut_structure());
        truth(&buffer).expect_err("damaged")
    };
    assert!(matches!(damage(&|s| s.set("object-count", 99u32)), MetaError::Table { count: 99, needed: 492, .. }));
    assert!(matches!(damage(&|s| s.set("object-layout", "objbox21-v9")), MetaError::UnknownLayout { known: "objbox21-v1", .. }));
    assert!(matches!(damage(&|s| s.set("stride", 520u32)), MetaError::Table { needed: 552, .. }));
    assert!(damage(&|s| s.set("camera-pose", glib::Bytes::from_static(&[0; 8]))).to_string().contains("`camera-pose`"));
    assert!(damage(&|s| s.remove_field("intrinsics-source")).to_string().contains("`intrinsics-source`"));
}

#[test]
fn maps_come_back_with_their_pixels() {
    start();
    let map = |format: &str, bytes: Vec<u8>| {
        let caps = gst::Caps::builder("video/x-raw").field("format", format).field("width", 2i32).field("height", 1i32).build();
        gst::Sample::builder().buffer(&gst::Buffer::from_slice(bytes)).caps(&caps).build()
    };
    let mut buffer = gst::Buffer::new();
    let target = buffer.get_mut().expect("ours");
    attach_depth(
        target,
        &DepthMeta { stamp: stamp(), map: map("GRAY16_LE", vec![0x10, 0x27, 0, 0]), unit: 0.001, scale: DepthScale::Metric },
    )
    .expect("attaches");
    for (kind, bytes) in [("arms", vec![255, 0, 0, 0]), ("range", vec![0, 255, 0, 0])] {
        attach_mask(target, &MaskMeta { stamp: stamp(), map: map("GRAY8", bytes), kind: kind.into(), range: None }).expect("attaches");
    }
    let buffer = buffer.copy();
    let bytes = |map: &gst::Sample| map.buffer().expect("a buffer").map_readable().expect("mapped").to_vec();
    let far = depth(&buffer).expect("whole").expect("there");
    assert_eq!((bytes(&far.map), far.unit, far.stamp), (vec![0x10, 0x27, 0, 0], 0.001, stamp()));
    assert_eq!(far.map.caps().and_then(|c| c.structure(0)).and_then(|s| s.get::<&str>("format").ok()), Some("GRAY16_LE"));
    let read: Vec<_> = masks(&buffer).map(|m| m.expect("whole")).map(|m| (m.kind.clone(), bytes(&m.map)[0])).collect();
    assert_eq!(read, [("arms".to_owned(), 255), ("range".to_owned(), 0)]);
    assert!(depth(&gst::Buffer::new()).expect("nothing to be damaged").is_none());
}
