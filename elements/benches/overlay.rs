//! What `egooverlay` costs a 720p I420 frame: `cargo bench -p gst-plugin-ego --bench overlay`.
//!
//! Prints one JSON line: microseconds of one core, the median over many frames, for two hands with labels, for a frame whose
//! results hold no hand, and for a frame without results.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "this is a program")]

use std::time::Instant;

use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{HandsMeta, Stamp};
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
    let mut harness = gst_check::Harness::new("egooverlay");
    harness.element().expect("an element").set_property("depth", true);
    let caps = format!("video/x-raw,format={format},width={WIDTH},height={HEIGHT},framerate=30/1");
    harness.set_src_caps_str(&caps);
    let info = gst_video::VideoInfo::from_caps(&caps.parse::<gst::Caps>().expect("caps")).expect("video caps");
    let mut buffer = gst::Buffer::with_size(info.size()).expect("memory");
    let mut times: Vec<f64> = (0..FRAMES)
        .map(|_| {
            if let Some(meta) = meta {
                ego_meta::attach_hands(buffer.make_mut(), meta).expect("a writable buffer");
            }
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
    let line = serde_json::json!({
        "bench": "overlay", "width": WIDTH, "height": HEIGHT, "frames": FRAMES, "unit": "us",
        "two_hands_i420": {"median": median, "p95": p95}, "no_hands": no_hands, "no_results": no_results,
        "two_hands_other_layouts": others,
    });
    println!("{line}");
}
