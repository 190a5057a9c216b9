//! `egokinematics` in real pipelines: the truth of the synthetic camera, and hands and people prepared by a pad probe. Needs no model.
#![allow(clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};

use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{BodiesMeta, HandsMeta, Stamp};
use gst::prelude::*;

const FRAME_NS: u64 = 33_333_333;

/// What came out of a pipeline.
struct Played {
    /// Features of each frame.
    frames: Vec<Vec<Features>>,
    /// Errors on the bus.
    errors: Vec<String>,
    skips: gst::Structure,
}

/// `SOURCE ! identity ! egokinematics PROPERTIES ! fakesink`: `prepare` gets each buffer with its number.
fn play(source: &str, properties: &str, prepare: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static) -> Played {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().expect("GStreamer");
        gstego::plugin_register_static().expect("plugin");
    });
    let text = format!("{source} ! identity name=prepare ! egokinematics name=kinematics {properties} ! fakesink name=end sync=false");
    let pipeline = gst::parse::launch(&text).unwrap_or_else(|e| panic!("{text}: {e}")).downcast::<gst::Pipeline>().expect("pipeline");
    let pad = |name: &str, side: &str| pipeline.by_name(name).and_then(|e| e.static_pad(side)).expect("pad");
    let number = AtomicU64::new(0);
    pad("prepare", "src").add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            prepare(number.fetch_add(1, Ordering::Relaxed), buffer.make_mut());
        }
        gst::PadProbeReturn::Ok
    });
    let frames = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&frames);
    pad("end", "sink").add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            let all: Vec<Features> = ego_meta::all_features(buffer).map(|m| m.expect("readable").features).collect();
            seen.lock().expect("not poisoned").push(all);
        }
        gst::PadProbeReturn::Ok
    });
    let bus = pipeline.bus().expect("bus");
    let mut errors = Vec::new();
    if pipeline.set_state(gst::State::Playing).is_err() {
        errors.extend(std::iter::from_fn(|| bus.pop()).filter_map(|m| error(&m)));
    } else {
        for message in bus.iter_timed(gst::ClockTime::from_seconds(60)) {
            errors.extend(error(&message));
            if matches!(message.view(), gst::MessageView::Eos(_) | gst::MessageView::Error(_)) {
                break;
            }
        }
    }
    let skips = pipeline.by_name("kinematics").expect("element").property::<gst::Structure>("skips");
    pipeline.set_state(gst::State::Null).expect("stops");
    let frames = std::mem::take(&mut *frames.lock().expect("not poisoned"));
    Played { frames, errors, skips }
}

fn error(message: &gst::Message) -> Option<String> {
    match message.view() {
        gst::MessageView::Error(e) => Some(e.error().message().to_owned()),
        _ => None,
    }
}

fn grey(frames: u64) -> String {
    format!("videotestsrc num-buffers={frames} pattern=black ! video/x-raw,format=I420,width=64,height=48,framerate=30/1")
}

fn stamp(frame: u64) -> Stamp {
    let pts = Some(frame * FRAME_NS);
    Stamp { source: "test".into(), model: "test".into(), frame, pts, ref_width: 64, ref_height: 48, ..Stamp::default() }
}

fn put_hand(stamp: Stamp, buffer: &mut gst::BufferRef, track: u32, x: f32) {
    let image_norm = std::array::from_fn(|j| [x + 0.02 * (j / 4) as f32, 0.7 - 0.03 * (j % 5) as f32 - 0.1 * f32::from(u8::from(j > 0))]);
    let hand = Hand { side: Side::Right, score: 0.9, presence: 0.9, track, image_norm, camera_m: None, joint_score: [0.9; JOINTS] };
    let hands = Hands { hands: vec![hand], depth_source: DepthSource::None };
    ego_meta::attach_hands(buffer, &HandsMeta { stamp, hands, intrinsics: None }).expect("attaches");
}

#[test]
fn the_truth_of_the_synthetic_camera_has_plausible_numbers() {
    let source = "egotestsrc prompt=\"pour milk, alone, clean picture\" seed=2 num-buffers=45 depth=false \
                  ! video/x-raw,width=160,height=90,framerate=30/1";
    let played = play(source, "input=truth layout=hands,hand-shape", |_, _| {});
    assert_eq!((played.errors, played.frames.len()), (vec![], 45));
    // 0.2 s at 30 frames a second: the window is full from frame 6 on.
    let of = |frame: &[Features], layout: &str| frame.iter().filter(|f| &*f.layout == layout).cloned().collect::<Vec<_>>();
    assert!(played.frames[..6].iter().all(|f| of(f, "hands").is_empty()));
    let mut sizes = Vec::new();
    for frame in &played.frames[6..] {
        let [wearer] = of(frame, "hands").try_into().expect("one wearer");
        let wearer: Features = wearer;
        assert_eq!(wearer.subject, "wearer");
        assert!(of(frame, "hand-shape").iter().all(|f| f.subject == "left" || f.subject == "right"));
        for side in ["left", "right"] {
            sizes.extend(wearer.value(&format!("{side}.size_m")));
            if let Some(bent) = wearer.value(&format!("{side}.index.flexion_rad")) {
                assert!((0.0..6.0).contains(&bent), "{bent}");
            }
        }
    }
    // Wrist to middle knuckle of people of all sizes; the same person's does not change.
    let (least, most) = sizes.iter().fold((f32::MAX, 0.0f32), |(a, b), s| (a.min(*s), b.max(*s)));
    assert!(sizes.len() > 20 && (0.06..0.13).contains(&least) && most - least < 0.004, "{least} {most}");
}

#[test]
fn a_result_that_rides_on_several_frames_counts_once() {
    // Every hand is analysed on each third frame and carried on by the two that follow, as in mode latest.
    let played = play(&grey(60), "", |n, buffer| {
        let analysed = n - n % 3;
        let stamp = Stamp { age_ns: (n - analysed) * FRAME_NS, ..stamp(analysed) };
        put_hand(stamp, buffer, 1, 0.3 + 0.004 * analysed as f32);
    });
    assert_eq!(played.skips.get::<u64>("time"), Ok(0));
    assert_eq!(played.skips.get::<u64>("frames"), Ok(20));
    let last = played.frames[59].first().expect("features").clone();
    // 0.004 picture widths a frame of 1/30 s.
    let size = last.value("right.wrist.vx_h_per_s").expect("known") / (0.004 * 30.0);
    let first = played.frames[30].first().expect("features");
    assert!((first.value("right.wrist.vx_h_per_s").expect("known") / (0.004 * 30.0) - size).abs() < 0.01 * size);
}

#[test]
fn another_hand_begins_a_new_window() {
    let played = play(&grey(40), "", |n, buffer| put_hand(stamp(n), buffer, if n < 20 { 1 } else { 2 }, 0.3));
    let full: Vec<bool> = played.frames.iter().map(|f| !f.is_empty()).collect();
    assert!(full[6..20].iter().all(|f| *f) && full[20..26].iter().all(|f| !*f) && full[26..].iter().all(|f| *f), "{full:?}");
}

#[test]
fn people_get_features_of_their_own_and_damaged_ones_none() {
    let played = play(&grey(12), "layout=body-5x314", |n, buffer| {
        let body = |track: u32, x: f32| Body {
            layout: BodyLayout::Body13,
            track,
            score: 0.9,
            image_norm: (0..13).map(|j| [x + 0.01 * (j % 3) as f32, 0.2 + 0.05 * j as f32]).collect(),
            world_m: None,
            joint_score: vec![0.9; 13],
        };
        let mut broken = body(3, 0.8);
        broken.image_norm[5][0] = f32::INFINITY;
        let bodies = Bodies { bodies: vec![body(1, 0.2), body(2, 0.5), broken] };
        ego_meta::attach_bodies(buffer, &BodiesMeta { stamp: stamp(n * 3), bodies }).expect("attaches");
    });
    let subjects: Vec<Vec<&str>> = played.frames.iter().map(|f| f.iter().map(|f| f.subject.as_str()).collect()).collect();
    assert!(subjects[..4].iter().all(Vec::is_empty) && subjects[4..].iter().all(|s| s == &["body:1", "body:2"]), "{subjects:?}");
    assert!(played.frames[11].iter().all(|f| f.values.len() == 314));
    assert_eq!(played.skips.get::<u64>("not-finite"), Ok(12));
}

#[test]
fn a_layout_that_does_not_exist_is_an_error_with_the_choices() {
    for (properties, word) in [
        ("layout=arms", "hands, body"),
        ("layout=\" , \"", "names no layout"),
        ("window=1", "2 to 120"),
        ("layout=hands step=3", "5 to 1000"),
    ] {
        let played = play(&grey(3), properties, |_, _| {});
        assert!(played.errors.iter().any(|e| e.contains(word)), "{properties}: {:?}", played.errors);
    }
}
