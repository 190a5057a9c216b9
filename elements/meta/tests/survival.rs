//! Results stay on the buffers through the elements of usual pipelines: every buffer that comes out carries what went in.
#![allow(clippy::expect_used, clippy::print_stderr)]

use std::sync::atomic::{AtomicU64, Ordering};

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{HandsMeta, Stamp, attach_hands, init, try_hands};
use gst::prelude::*;

const FRAMES: u64 = 6;

fn meta(frame: u64) -> HandsMeta {
    let hand = Hand {
        side: Side::Right,
        score: 0.9,
        presence: 0.8,
        track: 5,
        image_norm: std::array::from_fn(|i| [i as f32 / 21.0, frame as f32]),
        camera_m: Some([[0.1, 0.2, 0.3]; JOINTS]),
        joint_score: [0.5; JOINTS],
    };
    HandsMeta {
        stamp: Stamp { source: "test".to_owned(), frame, pts: Some(frame), ref_width: 320, ref_height: 240, ..Stamp::default() },
        hands: Hands { hands: vec![hand], depth_source: DepthSource::Estimated },
        intrinsics: Some((Intrinsics::from_hfov(70.0, 320, 240), IntrinsicsSource::Guess)),
    }
}

/// Runs six frames with hands through `chain` and compares what comes out.
fn check(chain: &str) {
    gst::init().expect("GStreamer");
    init();
    let missing = chain
        .split('!')
        .filter_map(|part| part.split_whitespace().next())
        .find(|name| !name.contains(['/', '.', ':']) && gst::ElementFactory::find(name).is_none());
    if let Some(name) = missing {
        eprintln!("skipped: {chain}: no element {name} here");
        return;
    }
    let text = format!(
        "videotestsrc num-buffers={FRAMES} ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! identity name=prepare \
         ! {chain} ! appsink name=out sync=false"
    );
    let pipeline = gst::parse::launch(&text).expect(chain).downcast::<gst::Pipeline>().expect("pipeline");
    let number = AtomicU64::new(0);
    pipeline.by_name("prepare").and_then(|e| e.static_pad("src")).expect("pad").add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            attach_hands(buffer.make_mut(), &meta(number.fetch_add(1, Ordering::Relaxed))).expect("attaches");
        }
        gst::PadProbeReturn::Ok
    });
    let sink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).expect("appsink");
    pipeline.set_state(gst::State::Playing).expect("plays");
    let mut frames = Vec::new();
    while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(30)) {
        let found = try_hands(sample.buffer().expect("buffer")).expect("readable").expect(chain);
        assert_eq!(found, meta(found.stamp.frame), "{chain}");
        frames.push(found.stamp.frame);
    }
    assert!(sink.is_eos(), "{chain}: stopped after {frames:?}");
    pipeline.set_state(gst::State::Null).expect("stops");
    // Duplicates (videorate, imagefreeze) carry the same frame; nothing else may be lost or out of order.
    assert!(frames.is_sorted(), "{chain}: {frames:?}");
    if !chain.contains("imagefreeze") {
        frames.dedup();
        assert_eq!(frames, (0..FRAMES).collect::<Vec<_>>(), "{chain}");
    }
}

#[test]
fn flow_control_keeps_results() {
    for chain in [
        "identity",
        "queue",
        "tee",
        "valve",
        "clocksync",
        "input-selector",
        "output-selector",
        "funnel",
        "imagefreeze num-buffers=3",
        "videorate ! video/x-raw,framerate=90/1",
    ] {
        check(chain);
    }
}

#[test]
fn picture_changes_keep_results() {
    for chain in [
        "videoconvert ! video/x-raw,format=BGRx",
        "videoscale ! video/x-raw,width=160,height=120",
        "videoconvertscale ! video/x-raw,format=RGB,width=160,height=120",
        "videobalance saturation=0.5",
        "gamma gamma=2",
        "deinterlace",
        "videoflip method=rotate-180",
        "videocrop left=16",
        "videobox left=-16",
    ] {
        check(chain);
    }
}

#[test]
fn coding_and_transport_keep_results() {
    for chain in [
        "x264enc speed-preset=ultrafast tune=zerolatency ! h264parse ! avdec_h264",
        "jpegenc ! jpegdec",
        "vp8enc deadline=1 ! vp8dec",
        "rtpvrawpay ! rtpvrawdepay",
        "matroskamux ! matroskademux",
    ] {
        check(chain);
    }
}

#[test]
fn branches_of_a_tee_change_their_own_copy_only() {
    gst::init().expect("GStreamer");
    init();
    let mut first = gst::Buffer::new();
    attach_hands(first.get_mut().expect("ours"), &meta(0)).expect("attaches");
    let mut second = first.clone();
    attach_hands(second.make_mut(), &meta(1)).expect("attaches");
    assert_eq!((ego_meta::all_hands(&first).count(), ego_meta::all_hands(&second).count()), (1, 2));
}
