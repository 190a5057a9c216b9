//! The layers of `egooverlay` beside hands: objects, the action, bodies, range masks and depth maps, in every layout.
#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use ego_core::action::{ActionResult, Head};
use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::objects::{Detection, Detections, InHand};
use ego_core::range::RangeInfo;
use ego_meta::{ActionMeta, BodiesMeta, DepthMeta, DepthScale, DetectionsMeta, MaskMeta, Stamp};
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

const FORMATS: [&str; 18] = [
    "I420", "NV12", "YUY2", "RGB", "BGR", "RGBA", "BGRA", "RGBx", "BGRx", "GRAY8", "YV12", "NV21", "UYVY", "YVYU", "ARGB", "ABGR", "xRGB",
    "xBGR",
];
const SIZE: [u32; 2] = [321, 201];

fn init() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        gstego::plugin_register_static().unwrap();
    });
}

fn stamp(age_ns: u64) -> Stamp {
    Stamp { ref_width: SIZE[0], ref_height: SIZE[1], age_ns, ..Stamp::default() }
}

fn sample(format: VideoFormat, width: u32, bytes: Vec<u8>) -> gst::Sample {
    let row = bytes.len() / if format == VideoFormat::Gray16Le { 2 } else { 1 };
    let info = VideoInfo::builder(format, width, row as u32 / width).build().unwrap();
    let mut padded = vec![0; info.size()];
    let row = width as usize * if format == VideoFormat::Gray16Le { 2 } else { 1 };
    for (to, from) in padded.chunks_mut(info.stride()[0] as usize).zip(bytes.chunks(row)) {
        to[..row].copy_from_slice(from);
    }
    gst::Sample::builder().buffer(&gst::Buffer::from_mut_slice(padded)).caps(&info.to_caps().unwrap()).build()
}

/// The left half of the picture is within reach.
fn mask(age_ns: u64) -> MaskMeta {
    let range = Some(RangeInfo { threshold: 0.47, kept: 0.5, relaxed: false });
    MaskMeta { stamp: stamp(age_ns), map: sample(VideoFormat::Gray8, 4, vec![255, 255, 0, 0]), kind: "range".into(), range }
}

fn depth() -> DepthMeta {
    let steps = [400u16, 800, 2000, 0].iter().flat_map(|s| s.to_le_bytes()).collect();
    DepthMeta { stamp: stamp(0), map: sample(VideoFormat::Gray16Le, 4, steps), unit: 0.001, scale: DepthScale::Metric }
}

fn objects() -> DetectionsMeta {
    let object =
        |in_hand, x: f32| Detection { class: 0, score: 0.9, track: Some(1), box_norm: [x, 0.4, x + 0.2, 0.8], depth_m: Some(0.5), in_hand };
    let detections = vec![object(InHand::None, 0.1), object(InHand::Right, 0.6)];
    DetectionsMeta { stamp: stamp(0), detections: Detections { detections, labels: vec!["milk".to_owned()].into() } }
}

fn action() -> ActionMeta {
    let action = ActionResult {
        head: Head::Slow,
        subject: "wearer".into(),
        labels: vec!["pour milk".to_owned()].into(),
        top: vec![(0, 0.82)],
        unknown: false,
        uncertainty: 0.1,
        stable: true,
        window_ns: [0, 1],
        about_ns: 0,
        since_ns: Some(0),
    };
    ActionMeta { stamp: stamp(0), action }
}

fn bodies() -> BodiesMeta {
    let layout = BodyLayout::Body13;
    let image_norm = (0..13).map(|i| [0.3 + 0.4 * ((i * 5 % 13) as f32 / 13.0), 0.2 + 0.05 * i as f32]).collect();
    let body = Body { layout, track: 1, score: 1.0, image_norm, world_m: None, joint_score: vec![1.0; 13] };
    BodiesMeta { stamp: stamp(0), bodies: Bodies { bodies: vec![body] } }
}

/// A grey picture before and after the overlay.
fn drawn(format: &str, properties: &[(&str, &str)], attach: impl FnOnce(&mut gst::BufferRef)) -> (Vec<u8>, Vec<u8>, VideoInfo) {
    init();
    let mut harness = gst_check::Harness::new("egooverlay");
    let element = harness.element().unwrap();
    for (name, value) in properties {
        element.set_property_from_str(name, value);
    }
    let caps = format!("video/x-raw,format={format},width={},height={},framerate=30/1", SIZE[0], SIZE[1]);
    harness.set_src_caps_str(&caps);
    let info = VideoInfo::from_caps(&caps.parse::<gst::Caps>().unwrap()).unwrap();
    let before = vec![150; info.size()];
    let mut buffer = gst::Buffer::from_mut_slice(before.clone());
    attach(buffer.get_mut().unwrap());
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    let buffer = harness.push_and_pull(buffer).unwrap();
    assert!(bus.pop_filtered(&[gst::MessageType::Warning]).is_none(), "{format}");
    let after = buffer.map_readable().unwrap().to_vec();
    (before, after, info)
}

/// Share of the bytes that differ.
fn changed(before: &[u8], after: &[u8]) -> f64 {
    before.iter().zip(after).filter(|(a, b)| a != b).count() as f64 / before.len() as f64
}

type Layer = (&'static str, &'static str, &'static str, fn(&mut gst::BufferRef), [f64; 2]);

#[test]
fn every_layer_is_drawn_in_every_layout_and_can_be_switched_off() {
    // Property, value that shows the layer, value that does not, what is attached, least and largest share of the picture.
    let layers: [Layer; 6] = [
        ("objects", "true", "false", |b| ego_meta::attach_detections(b, &objects()).unwrap(), [0.01, 0.4]),
        ("action", "true", "false", |b| ego_meta::attach_action(b, &action()).unwrap(), [0.01, 0.3]),
        ("bodies", "true", "false", |b| ego_meta::attach_bodies(b, &bodies()).unwrap(), [0.01, 0.4]),
        ("mask", "dim", "off", |b| ego_meta::attach_mask(b, &mask(0)).unwrap(), [0.35, 0.55]),
        ("mask", "outline", "off", |b| ego_meta::attach_mask(b, &mask(0)).unwrap(), [0.15, 0.3]),
        ("depth-map", "true", "false", |b| ego_meta::attach_depth(b, &depth()).unwrap(), [0.4, 0.8]),
    ];
    for format in FORMATS {
        for (property, on, off, attach, [least, most]) in layers {
            let (before, after, _) = drawn(format, &[(property, on)], attach);
            let share = changed(&before, &after);
            assert!((least..=most).contains(&share), "{format} {property}={on}: {share} of the bytes changed");
            let (before, after, _) = drawn(format, &[(property, off)], attach);
            assert_eq!(before, after, "{format} {property}={off}");
        }
    }
}

#[test]
fn what_is_beyond_reach_is_darker_and_what_is_within_is_as_it_was() {
    let (_, after, info) = drawn("GRAY8", &[], |b| ego_meta::attach_mask(b, &mask(0)).unwrap());
    let stride = info.stride()[0] as usize;
    for y in [0, 100, 200] {
        for x in 0..SIZE[0] as usize {
            let value = after[y * stride + x];
            assert!(
                if x < 160 {
                    value == 150
                } else if x > 161 {
                    value == 52
                } else {
                    true
                },
                "({x}, {y}): {value}"
            );
        }
    }
    // An old mask says nothing about this picture; other kinds of masks are not drawn.
    let (before, after, _) = drawn("GRAY8", &[], |b| ego_meta::attach_mask(b, &mask(600_000_000)).unwrap());
    assert_eq!(before, after);
    let arms = MaskMeta { kind: "arms".into(), range: None, ..mask(0) };
    let (before, after, _) = drawn("GRAY8", &[], |b| ego_meta::attach_mask(b, &arms).unwrap());
    assert_eq!(before, after);
}

#[test]
fn a_mask_that_was_moved_back_says_so_where_it_is_drawn() {
    let moved = || MaskMeta { range: mask(0).range.map(|range| RangeInfo { relaxed: true, ..range }), ..mask(0) };
    let (_, plain, info) = drawn("GRAY8", &[], |b| ego_meta::attach_mask(b, &mask(0)).unwrap());
    let (_, told, _) = drawn("GRAY8", &[], |b| ego_meta::attach_mask(b, &moved()).unwrap());
    let stride = info.stride()[0] as usize;
    // A line in the upper left corner and nothing else.
    let rows: Vec<usize> = (0..SIZE[1] as usize).filter(|y| plain[y * stride..][..stride] != told[y * stride..][..stride]).collect();
    assert!(rows.len() > 5 && rows.iter().all(|y| *y < 40), "{rows:?}");
    let (before, after, _) = drawn("GRAY8", &[("mask", "off")], |b| ego_meta::attach_mask(b, &moved()).unwrap());
    assert_eq!(before, after);
}

#[test]
fn all_layers_together_lie_on_top_of_each_other() {
    let all = |b: &mut gst::BufferRef| {
        ego_meta::attach_detections(b, &objects()).unwrap();
        ego_meta::attach_action(b, &action()).unwrap();
        ego_meta::attach_bodies(b, &bodies()).unwrap();
        ego_meta::attach_mask(b, &mask(0)).unwrap();
        ego_meta::attach_depth(b, &depth()).unwrap();
    };
    let (before, after, _) = drawn("NV12", &[("depth-map", "true"), ("depth", "true"), ("track-ids", "true")], all);
    assert!(changed(&before, &after) > 0.6);
}

#[test]
fn a_damaged_map_is_told_once_and_the_rest_is_drawn() {
    init();
    let mut harness = gst_check::Harness::new("egooverlay");
    harness.set_src_caps_str("video/x-raw,format=GRAY8,width=320,height=200,framerate=30/1");
    let bus = gst::Bus::new();
    harness.element().unwrap().set_bus(Some(&bus));
    let caps = VideoInfo::builder(VideoFormat::Gray8, 640, 480).build().unwrap().to_caps().unwrap();
    let short = gst::Sample::builder().buffer(&gst::Buffer::from_mut_slice(vec![0; 100])).caps(&caps).build();
    for _ in 0..2 {
        let mut buffer = gst::Buffer::from_mut_slice(vec![150; 320 * 200]);
        let writable = buffer.get_mut().unwrap();
        ego_meta::attach_mask(writable, &MaskMeta { map: short.clone(), ..mask(0) }).unwrap();
        ego_meta::attach_action(writable, &action()).unwrap();
        let out = harness.push_and_pull(buffer).unwrap();
        assert!(out.map_readable().unwrap().iter().any(|v| *v != 150), "the action is drawn all the same");
    }
    let warnings = std::iter::from_fn(|| bus.pop()).filter(|m| m.type_() == gst::MessageType::Warning).count();
    assert_eq!(warnings, 1);
}
