//! What `egooverlay` costs a 720p I420 frame: `cargo bench -p gst-plugin-ego --bench overlay`.
//!
//! Prints one JSON line: microseconds of one core, the median over many frames, for two hands with labels, for a frame whose
//! results hold no hand, for a frame without results, for objects and an action, for a range mask and for a depth map.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "this is a program")]

use std::time::Instant;

use ego_core::action::{ActionResult, Head};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::objects::{Detection, Detections, InHand};
use ego_core::range::RangeInfo;
use ego_meta::{ActionMeta, DepthMeta, DepthScale, DetectionsMeta, HandsMeta, MaskMeta, Stamp};
use gst::prelude::*;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const FRAMES: usize = 2000;

/// A hand 300 pixels high with spread fingers, wrist at the bottom.
fn hand(side: Side, x: f32) -> Hand {
    let mut image_norm = [[x, 0.8]; JOINTS];
    for (i, [px, py]) in image_norm.iter_mut().enumerate().skip(1) {
        let (finger, along) = (((i - 1) / 4) as f32, ((i - 1) % 4) as f32);
        let angle = (finger - 2.0) * 0.35;
        let reach = 0.2 + 0.07 * along;
        *px += reach * angle.sin() * HEIGHT as f32 / WIDTH as f32;
        *py -= reach * angle.cos();
    }
    Hand { side, score: 0.9, presence: 1.0, track: 1, image_norm, camera_m: Some([[0.0, 0.0, 0.4]; JOINTS]), joint_score: [0.9; JOINTS] }
}

fn meta(hands: Vec<Hand>) -> HandsMeta {
    let stamp = Stamp { source: "bench".into(), model: "none".into(), ref_width: WIDTH, ref_height: HEIGHT, ..Stamp::default() };
    HandsMeta { stamp, hands: Hands { hands, depth_source: DepthSource::Estimated }, intrinsics: None }
}

/// Median and 95th percentile of the microseconds that one buffer spends in the element.
fn measure(format: &str, meta: Option<&HandsMeta>) -> [f64; 2] {
    measure_with(format, "off", false, &|buffer| {
        if let Some(meta) = meta {
            ego_meta::attach_hands(buffer, meta).expect("a writable buffer");
        }
    })
}

/// [`measure`] for anything on the frame.
fn measure_with(format: &str, mask: &str, depth_map: bool, attach: &dyn Fn(&mut gst::BufferRef)) -> [f64; 2] {
    let mut harness = gst_check::Harness::new("egooverlay");
    let element = harness.element().expect("an element");
    element.set_property("depth", true);
    element.set_property("depth-map", depth_map);
    element.set_property_from_str("mask", mask);
    let caps = format!("video/x-raw,format={format},width={WIDTH},height={HEIGHT},framerate=30/1");
    harness.set_src_caps_str(&caps);
    let info = gst_video::VideoInfo::from_caps(&caps.parse::<gst::Caps>().expect("caps")).expect("video caps");
    let mut buffer = gst::Buffer::with_size(info.size()).expect("memory");
    let mut times: Vec<f64> = (0..FRAMES)
        .map(|_| {
            attach(buffer.make_mut());
            let start = Instant::now();
            let out = harness.push_and_pull(std::mem::take(&mut buffer)).expect("a buffer back");
            let time = start.elapsed();
            buffer = out;
            buffer.make_mut().foreach_meta_mut(|_| std::ops::ControlFlow::Continue(gst::buffer::BufferMetaForeachAction::Remove));
            time.as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[FRAMES / 2], times[FRAMES * 95 / 100]].map(|t| (t * 10.0).round() / 10.0)
}

/// What a whole chain leaves on a frame: two objects, an action, and a range mask of 256 x 256 that keeps the lower half.
fn attach_scene(buffer: &mut gst::BufferRef) {
    let stamp = || Stamp { source: "bench".into(), ref_width: WIDTH, ref_height: HEIGHT, ..Stamp::default() };
    let object =
        |in_hand, x: f32| Detection { class: 0, score: 0.9, track: Some(1), box_norm: [x, 0.4, x + 0.15, 0.8], depth_m: None, in_hand };
    let detections = vec![object(InHand::None, 0.2), object(InHand::Right, 0.6)];
    let detections = Detections { detections, labels: vec!["milk".to_owned()].into() };
    ego_meta::attach_detections(buffer, &DetectionsMeta { stamp: stamp(), detections }).expect("a writable buffer");
    let action = ActionResult {
        head: Head::Slow,
        subject: "wearer".into(),
        labels: vec!["pour milk".to_owned()].into(),
        top: vec![(0, 0.8)],
        unknown: false,
        uncertainty: 0.1,
        stable: true,
        window_ns: [0, 1],
        about_ns: 0,
        since_ns: None,
    };
    ego_meta::attach_action(buffer, &ActionMeta { stamp: stamp(), action }).expect("a writable buffer");
}

/// A map of 256 x 256 whose upper half is far.
fn map(format: gst_video::VideoFormat, far: &[u8], near: &[u8]) -> gst::Sample {
    let info = gst_video::VideoInfo::builder(format, 256, 256).build().expect("an info");
    let half = info.size() / 2 / far.len();
    let bytes = [far.repeat(half), near.repeat(half)].concat();
    gst::Sample::builder().buffer(&gst::Buffer::from_mut_slice(bytes)).caps(&info.to_caps().expect("caps")).build()
}

fn main() {
    gst::init().expect("GStreamer");
    gstego::plugin_register_static().expect("the plugin");
    let two = meta(vec![hand(Side::Left, 0.3), hand(Side::Right, 0.7)]);
    let [median, p95] = measure("I420", Some(&two));
    let [no_hands, _] = measure("I420", Some(&meta(vec![])));
    let [no_results, _] = measure("I420", None);
    let others: serde_json::Map<_, _> = ["NV12", "YUY2", "RGB", "RGBA", "GRAY8"]
        .map(|format| (format.to_owned(), measure(format, Some(&two))[0].into()))
        .into_iter()
        .collect();
    let range = MaskMeta {
        stamp: Stamp::default(),
        map: map(gst_video::VideoFormat::Gray8, &[0], &[255]),
        kind: "range".into(),
        range: Some(RangeInfo { threshold: 0.47, kept: 0.5, relaxed: false }),
    };
    let depth = DepthMeta {
        stamp: Stamp::default(),
        map: map(gst_video::VideoFormat::Gray16Le, &2000u16.to_le_bytes(), &500u16.to_le_bytes()),
        unit: 0.001,
        scale: DepthScale::Metric,
    };
    let [scene, _] = measure_with("I420", "off", false, &attach_scene);
    let [dimmed, _] = measure_with("I420", "dim", false, &|b| ego_meta::attach_mask(b, &range).expect("a writable buffer"));
    let [blended, _] = measure_with("I420", "off", true, &|b| ego_meta::attach_depth(b, &depth).expect("a writable buffer"));
    let line = serde_json::json!({
        "objects_and_action_i420": scene, "half_dimmed_i420": dimmed, "depth_map_i420": blended,
        "bench": "overlay", "width": WIDTH, "height": HEIGHT, "frames": FRAMES, "unit": "us",
        "two_hands_i420": {"median": median, "p95": p95}, "no_hands": no_hands, "no_results": no_results,
        "two_hands_other_layouts": others,
    });
    println!("{line}");
}
