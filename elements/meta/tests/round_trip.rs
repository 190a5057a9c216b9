//! What is attached comes back, whatever it is; what another version or another program wrote is read as far as it fits.
#![allow(clippy::expect_used)]

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{HandRow, HandsMeta, MetaError, NAMES, Row, Stamp, all_hands, attach_hands, hands, init, try_hands};
use gst::glib;
use gst::meta::CustomMeta;
use proptest::prelude::*;

fn start() {
    gst::init().expect("GStreamer");
    init();
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Left), Just(Side::Right), Just(Side::Unknown)]
}

fn hand() -> impl Strategy<Value = Hand> {
    let points = prop::collection::vec(-4.0f32..4.0, JOINTS * 6);
    (side(), 0.0f32..=1.0, 0.0f32..=1.0, 0u32..=i32::MAX as u32, points, any::<bool>()).prop_map(
        |(side, score, presence, track, v, placed)| Hand {
            side,
            score,
            presence,
            track,
            image_norm: std::array::from_fn(|i| [v[2 * i], v[2 * i + 1]]),
            camera_m: placed.then(|| std::array::from_fn(|i| std::array::from_fn(|axis| v[2 * JOINTS + 3 * i + axis]))),
            joint_score: std::array::from_fn(|i| v[5 * JOINTS + i]),
        },
    )
}

fn stamp() -> impl Strategy<Value = Stamp> {
    let pts = prop_oneof![Just(None), (0..u64::MAX).prop_map(Some)];
    ("[^\0]{0,20}", "[a-z0-9-]{0,20}", any::<u64>(), pts, any::<u64>(), any::<u64>(), 1u32..10_000, 1u32..10_000).prop_map(
        |(source, model, frame, pts, age_ns, infer_ns, ref_width, ref_height)| Stamp {
            source,
            model,
            frame,
            pts,
            age_ns,
            infer_ns,
            ref_width,
            ref_height,
        },
    )
}

fn meta() -> impl Strategy<Value = HandsMeta> {
    let depth = prop_oneof![Just(DepthSource::None), Just(DepthSource::Estimated), Just(DepthSource::Measured)];
    let sources = [IntrinsicsSource::Guess, IntrinsicsSource::Property, IntrinsicsSource::File, IntrinsicsSource::Exact];
    let camera = prop::option::of((1.0f64..1e4, 1.0f64..1e4, -1e4f64..1e4, -1e4f64..1e4, prop::sample::select(sources.to_vec())));
    (stamp(), prop::collection::vec(hand(), 0..9), depth, camera).prop_map(|(stamp, hands, depth_source, camera)| {
        let intrinsics = camera
            .map(|(fx, fy, cx, cy, source)| (Intrinsics { fx, fy, cx, cy, width: stamp.ref_width, height: stamp.ref_height }, source));
        HandsMeta { stamp, hands: Hands { hands, depth_source }, intrinsics }
    })
}

/// Mostly small numbers, some of any size.
fn sizes(usual: u32) -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..usual, 1 => any::<u32>()]
}

proptest! {
    #[test]
    fn every_result_comes_back_from_a_buffer_and_from_its_copy(meta in meta()) {
        start();
        let mut buffer = gst::Buffer::new();
        attach_hands(buffer.get_mut().expect("our buffer"), &meta).expect("attaches");
        let read = hands(&buffer);
        prop_assert_eq!(read.as_ref(), Some(&meta));
        let read = hands(&buffer.copy());
        prop_assert_eq!(read.as_ref(), Some(&meta));
    }

    #[test]
    fn damaged_tables_are_errors_and_never_read_outside(count in sizes(6), stride in sizes(700), bytes in 0usize..3000) {
        start();
        let buffer = written_by_hand(1, "hand21-v1", count, stride, &vec![0; bytes]);
        match try_hands(&buffer) {
            Ok(Some(meta)) => {
                prop_assert!(stride >= 520 && u64::from(count) * u64::from(stride) <= bytes as u64);
                prop_assert_eq!(meta.hands.hands.len(), count as usize);
            }
            Err(MetaError::Table { .. }) => prop_assert!(stride < 520 || u64::from(count) * u64::from(stride) > bytes as u64),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

/// A meta as another program might write it, with a field that this version does not know.
fn written_by_hand(version: u32, layout: &str, count: u32, stride: u32, data: &[u8]) -> gst::Buffer {
    let mut buffer = gst::Buffer::new();
    {
        let mut meta = CustomMeta::add(buffer.get_mut().expect("our buffer"), "EgoHandsMeta").expect("registered");
        let s = meta.mut_structure();
        s.set("version", version);
        s.set("source", "other0");
        s.set("layout", layout);
        s.set("count", count);
        s.set("stride", stride);
        s.set("data", glib::Bytes::from(data));
        s.set("from-the-future", "ignored");
    }
    buffer
}

fn row(side: u32, track: i32) -> HandRow {
    HandRow {
        side,
        score: 0.75,
        presence: 0.5,
        track,
        xy: std::array::from_fn(|i| [i as f32, -(i as f32)]),
        xyz: [[f32::NAN; 3]; JOINTS],
        conf: [1.0; JOINTS],
    }
}

#[test]
fn rows_of_a_newer_version_that_grew_at_the_end_are_read() {
    start();
    let mut data = Vec::new();
    for (side, track) in [(0, 7), (1, -1)] {
        data.extend_from_slice(bytemuck::bytes_of(&row(side, track)));
        data.extend_from_slice(&[0xff; 12]);
    }
    let meta = try_hands(&written_by_hand(7, "hand21-v1", 2, 532, &data)).expect("readable").expect("there");
    let read: Vec<_> = meta.hands.hands.iter().map(|h| (h.side, h.track, h.image_norm[20], h.camera_m)).collect();
    assert_eq!(read, [(Side::Left, 7, [20.0, -20.0], None), (Side::Right, 0, [20.0, -20.0], None)]);
    assert_eq!((meta.stamp.source.as_str(), meta.stamp.frame, meta.stamp.pts), ("other0", 0, None));
    assert_eq!((meta.hands.depth_source, meta.intrinsics), (DepthSource::None, None));
}

#[test]
fn an_unknown_layout_says_what_to_do_and_is_not_guessed() {
    start();
    let buffer = written_by_hand(2, "hand21-v2", 1, 520, bytemuck::bytes_of(&row(0, 1)));
    let error = try_hands(&buffer).expect_err("another layout").to_string();
    assert_eq!(
        error,
        "EgoHandsMeta of \"other0\" has rows of layout \"hand21-v2\", this version reads \"hand21-v1\": \
         let all egostream plugins and programs be of the same version"
    );
    assert_eq!(hands(&buffer), None);
}

#[test]
fn a_field_of_another_type_is_named() {
    start();
    let mut buffer = written_by_hand(1, "hand21-v1", 0, 520, &[]);
    CustomMeta::from_mut_buffer(buffer.get_mut().expect("ours"), "EgoHandsMeta").expect("there").mut_structure().set("frame", "three");
    let error = try_hands(&buffer).expect_err("a text is no number").to_string();
    assert!(error.contains("`frame`") && error.contains("wrong type"), "{error}");
}

#[test]
fn two_elements_share_a_buffer_and_the_first_is_the_default() {
    start();
    let mut buffer = gst::Buffer::new();
    for source in ["wide", "narrow"] {
        let stamp = Stamp { source: source.to_owned(), ref_width: 4, ref_height: 3, ..Stamp::default() };
        attach_hands(buffer.get_mut().expect("ours"), &HandsMeta { stamp, hands: Hands::default(), intrinsics: None }).expect("attaches");
    }
    let sources: Vec<_> = all_hands(&buffer).map(|meta| meta.expect("readable").stamp.source).collect();
    assert_eq!(sources, ["wide", "narrow"]);
    assert_eq!(hands(&buffer).expect("there").stamp.source, "wide");
    assert_eq!(hands(&gst::Buffer::new()), None);
}

#[test]
fn intrinsics_are_scaled_to_the_analysed_frame_or_refused() {
    start();
    let stamp = Stamp { ref_width: 640, ref_height: 360, ..Stamp::default() };
    let camera = Intrinsics { fx: 900.0, fy: 910.0, cx: 640.0, cy: 350.0, width: 1280, height: 720 };
    let mut meta = HandsMeta { stamp, hands: Hands::default(), intrinsics: Some((camera, IntrinsicsSource::File)) };
    let mut buffer = gst::Buffer::new();
    attach_hands(buffer.get_mut().expect("ours"), &meta).expect("same aspect ratio");
    let half = Intrinsics { fx: 450.0, fy: 455.0, cx: 319.75, cy: 174.75, width: 640, height: 360 };
    assert_eq!(hands(&buffer).expect("there").intrinsics, Some((half, IntrinsicsSource::File)));

    meta.stamp.ref_height = 480;
    let mut buffer = gst::Buffer::new();
    assert!(matches!(attach_hands(buffer.get_mut().expect("ours"), &meta), Err(MetaError::Intrinsics(_))));
    assert!(try_hands(&buffer).expect("nothing half-written").is_none());
}

#[test]
fn every_name_is_registered_and_the_row_is_as_documented() {
    start();
    init();
    for name in NAMES {
        assert!(CustomMeta::is_registered(name), "{name}");
    }
    assert_eq!((size_of::<HandRow>(), HandRow::LAYOUT), (520, "hand21-v1"));
    assert_eq!(std::mem::offset_of!(HandRow, xy), 16);
    assert_eq!(std::mem::offset_of!(HandRow, xyz), 184);
    assert_eq!(std::mem::offset_of!(HandRow, conf), 436);
}
