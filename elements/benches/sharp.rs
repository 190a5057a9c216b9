//! What `egosharp` costs a 720p frame: `cargo bench -p gst-plugin-ego --bench sharp`.
//!
//! Prints one JSON line: microseconds of one core, the median over many frames, for a new mask of 256 x 256 on each frame, for a mask
//! that is used again, and for blackening half of the picture in several layouts.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "this is a program")]

use std::time::Instant;

use ego_meta::{DepthMeta, DepthScale, Stamp};
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

const FRAMES: usize = 600;

/// A map whose upper half is far away.
fn depth() -> DepthMeta {
    let info = VideoInfo::builder(VideoFormat::Gray16Le, 256, 256).build().expect("an info");
    let half = info.size() / 4;
    let steps = std::iter::repeat_n(2000u16, half).chain(std::iter::repeat_n(500, half));
    let bytes: Vec<u8> = steps.flat_map(u16::to_le_bytes).collect();
    let map = gst::Sample::builder().buffer(&gst::Buffer::from_mut_slice(bytes)).caps(&info.to_caps().expect("caps")).build();
    DepthMeta { stamp: Stamp::default(), map, unit: 0.001, scale: DepthScale::Metric }
}

/// Median of the microseconds that one buffer spends in the element; `fresh` gives each frame a map of its own.
fn measure(format: &str, apply: bool, fresh: bool) -> f64 {
    let mut harness = gst_check::Harness::new("egosharp");
    harness.element().expect("an element").set_property("apply", apply);
    let caps = format!("video/x-raw,format={format},width=1280,height=720,framerate=30/1");
    harness.set_src_caps_str(&caps);
    let info = VideoInfo::from_caps(&caps.parse::<gst::Caps>().expect("caps")).expect("video caps");
    let mut buffer = gst::Buffer::with_size(info.size()).expect("memory");
    let mut meta = depth();
    let mut times: Vec<f64> = (0..FRAMES)
        .map(|_| {
            if fresh {
                meta = depth();
            }
            ego_meta::attach_depth(buffer.make_mut(), &meta).expect("a writable buffer");
            let start = Instant::now();
            let out = harness.push_and_pull(std::mem::take(&mut buffer)).expect("a buffer back");
            let time = start.elapsed();
            buffer = out;
            buffer.make_mut().foreach_meta_mut(|_| std::ops::ControlFlow::Continue(gst::buffer::BufferMetaForeachAction::Remove));
            time.as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[FRAMES / 2] * 10.0).round() / 10.0
}

fn main() {
    gst::init().expect("GStreamer");
    gstego::plugin_register_static().expect("the plugin");
    let apply: serde_json::Map<_, _> = ["I420", "NV12", "YUY2", "RGB", "RGBA", "GRAY8"]
        .map(|format| (format.to_owned(), measure(format, true, false).into()))
        .into_iter()
        .collect();
    let line = serde_json::json!({
        "bench": "sharp", "width": 1280, "height": 720, "map": [256, 256], "frames": FRAMES, "unit": "us",
        "new_mask": measure("I420", false, true), "same_mask": measure("I420", false, false), "half_blackened": apply,
    });
    println!("{line}");
}
