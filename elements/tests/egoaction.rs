//! `egoaction` in real pipelines: the truth of the synthetic camera, and results prepared by a pad probe, through small classifiers that
//! NumPy has made (`models/tests/data/make_tiny_action.py`): `tiny-action` names the object that is seen, `tiny-fast` says whether the
//! features are large.
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};

use ego_core::action::{ActionResult, Head};
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::objects::{Detection, Detections, InHand};
use ego_meta::{DetectionsMeta, FeatureNames, FeaturesMeta, HandsMeta, Stamp};
use gst::prelude::*;

const FRAME_NS: u64 = 33_333_333;

fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().expect("GStreamer");
        gstego::plugin_register_static().expect("plugin");
    });
}

fn model(name: &str) -> String {
    format!("{}/../models/tests/data/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// What came out of a pipeline.
#[derive(Default)]
struct Played {
    /// Actions of each frame.
    frames: Vec<Vec<ActionResult>>,
    messages: Vec<gst::Message>,
}

impl Played {
    /// Messages `ego-action`: event, subject, label, since and until in milliseconds.
    fn told(&self) -> Vec<(String, String, String, u64, Option<u64>)> {
        let ours = self.messages.iter().filter_map(|m| m.structure().filter(|s| s.name() == "ego-action"));
        let text = |s: &gst::StructureRef, name| s.get::<String>(name).expect("a text");
        ours.map(|s| {
            let until = s.get::<u64>("until").ok().map(|ns| ns / 1_000_000);
            (text(s, "event"), text(s, "subject"), text(s, "label"), s.get::<u64>("since").expect("a time") / 1_000_000, until)
        })
        .collect()
    }

    fn warnings(&self) -> Vec<String> {
        let warning = |m: &gst::Message| match m.view() {
            gst::MessageView::Warning(w) => Some(w.error().message().to_owned()),
            _ => None,
        };
        self.messages.iter().filter_map(warning).collect()
    }

    fn errors(&self) -> Vec<String> {
        let error = |m: &gst::Message| match m.view() {
            gst::MessageView::Error(e) => Some(e.error().message().to_owned()),
            _ => None,
        };
        self.messages.iter().filter_map(error).collect()
    }
}

/// `SOURCE ! identity ! egoaction PROPERTIES ! fakesink`, as [`play_chain`].
fn play(source: &str, properties: &str, prepare: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static) -> Option<Played> {
    play_chain(source, &format!("egoaction name=action {properties}"), prepare)
}

/// `SOURCE ! identity ! CHAIN ! fakesink`: `prepare` gets each buffer with its number. `None` after a message when ONNX Runtime is not
/// installed and need not be.
fn play_chain(source: &str, chain: &str, prepare: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static) -> Option<Played> {
    start();
    let text = format!("{source} ! identity name=prepare ! {chain} ! fakesink name=end sync=false");
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
            let actions = ego_meta::all_actions(buffer).map(|m| m.expect("readable").action).collect::<Vec<_>>();
            seen.lock().expect("not poisoned").push(actions);
        }
        gst::PadProbeReturn::Ok
    });
    let bus = pipeline.bus().expect("bus");
    let mut played = Played::default();
    if pipeline.set_state(gst::State::Playing).is_err() {
        played.messages.extend(std::iter::from_fn(|| bus.pop()));
    } else {
        for message in bus.iter_timed(gst::ClockTime::from_seconds(60)) {
            let last = matches!(message.view(), gst::MessageView::Eos(_) | gst::MessageView::Error(_));
            played.messages.push(message);
            if last {
                break;
            }
        }
    }
    pipeline.set_state(gst::State::Null).expect("stops");
    played.frames = std::mem::take(&mut *frames.lock().expect("not poisoned"));
    if std::env::var_os("EGO_REQUIRE_MODELS").is_none() && played.errors().iter().any(|e| e.contains("ONNX Runtime cannot be loaded")) {
        println!("skipped: ONNX Runtime is not installed");
        return None;
    }
    Some(played)
}

fn dark(frames: u64) -> String {
    format!("videotestsrc num-buffers={frames} pattern=black ! video/x-raw,format=I420,width=64,height=48,framerate=30/1")
}

fn stamp(frame: u64) -> Stamp {
    Stamp { source: "test".into(), model: "test".into(), frame, ref_width: 64, ref_height: 48, ..Stamp::default() }
}

fn put_hand(frame: u64, buffer: &mut gst::BufferRef) {
    let hand = Hand {
        side: Side::Right,
        score: 0.9,
        presence: 0.95,
        track: 1,
        image_norm: [[0.5, 0.5]; JOINTS],
        camera_m: Some([[0.0, 0.0, 0.4]; JOINTS]),
        joint_score: [0.9; JOINTS],
    };
    let hands = Hands { hands: vec![hand], depth_source: DepthSource::Estimated };
    ego_meta::attach_hands(buffer, &HandsMeta { stamp: stamp(frame), hands, intrinsics: None }).expect("attaches");
}

const NOUNS: [&str; 8] = ["book", "espresso", "lotion", "spray", "milk", "cocoa", "chips", "cappuccino"];

fn put_object(frame: u64, buffer: &mut gst::BufferRef, class: u32, labels: &[&str]) {
    let detection = Detection { class, score: 0.9, track: None, box_norm: [0.4, 0.4, 0.6, 0.6], depth_m: None, in_hand: InHand::Right };
    let labels: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
    let detections = Detections { detections: vec![detection], labels: labels.into() };
    ego_meta::attach_detections(buffer, &DetectionsMeta { stamp: stamp(frame), detections }).expect("attaches");
}

#[test]
fn the_truth_of_the_synthetic_camera_is_enough_to_name_an_action() {
    let source = "egotestsrc prompt=\"pour milk, alone, clean picture\" seed=2 num-buffers=60 depth=false ! video/x-raw,width=160,height=90,framerate=30/1";
    let properties = format!("input=truth model={}", model("tiny-action"));
    let Some(played) = play(source, &properties, |_, _| {}) else { return };
    assert_eq!((played.errors(), played.warnings(), played.frames.len()), (vec![], vec![], 60));
    let told = played.told();
    assert_eq!(told.first().map(|t| (t.0.as_str(), t.1.as_str(), t.2.as_str())), Some(("begin", "wearer", "milk")), "{told:?}");
    // Nothing is said before a quarter of the window; then every frame carries a result.
    assert!(played.frames[..6].iter().all(Vec::is_empty) && played.frames[9..].iter().all(|f| f.len() == 1));
    let last = &played.frames[59][0];
    assert_eq!((last.head, last.label(last.top[0].0), last.stable, last.unknown), (Head::Slow, "milk", true, false));
    assert!(last.window_ns[1] - last.window_ns[0] <= 1_000_000_000 && last.window_ns[1] >= 56 * FRAME_NS, "{:?}", last.window_ns);
    assert_eq!(last.top.len(), 5);
}

#[test]
fn the_model_that_comes_along_names_the_action_of_the_truth() {
    // The clip pour-milk of sample-media.
    let prompt = "pour milk, bright light, medium skin, sleeves, alone";
    let source =
        format!("egotestsrc prompt=\"{prompt}\" seed=2 num-buffers=80 depth=false ! video/x-raw,width=64,height=36,framerate=30/1");
    let Some(played) = play(&source, "input=truth", |_, _| {}) else { return };
    assert_eq!((played.errors(), played.warnings()), (vec![], vec![]));
    assert!(played.told().iter().any(|t| t.0 == "begin" && t.2 == "pour milk"), "{:?}", played.told());
}

#[test]
fn labels_begin_and_end_with_the_objects_and_with_the_stream() {
    // Milk for two seconds, a book for two seconds, nothing in hand for two, milk again until the end.
    let prepare = |n: u64, buffer: &mut gst::BufferRef| {
        put_hand(n, buffer);
        match n {
            0..60 | 180..240 => put_object(n, buffer, 4, &NOUNS),
            60..120 => put_object(n, buffer, 0, &NOUNS),
            _ => ego_meta::attach_detections(buffer, &DetectionsMeta { stamp: stamp(n), detections: Detections::default() })
                .expect("attaches"),
        }
    };
    // The mean over one second passes through every number between two objects: a longer least duration hides them.
    let properties = format!("model={} min-duration=400000000 smoothing=0", model("tiny-action"));
    let Some(played) = play(&dark(240), &properties, prepare) else { return };
    let told = played.told();
    let events: Vec<(&str, &str)> = told.iter().map(|t| (t.0.as_str(), t.2.as_str())).collect();
    let expected = [("begin", "milk"), ("end", "milk"), ("begin", "book"), ("end", "book"), ("begin", "milk"), ("end", "milk")];
    assert_eq!(events, expected, "{told:?}");
    // The last label ends with the newest frame: number 239 at 7966 ms.
    assert_eq!(told.last().and_then(|t| t.4), Some(239 * FRAME_NS / 1_000_000));
    assert!(told.iter().all(|t| t.4.is_none_or(|until| until >= t.3)), "{told:?}");
    assert_eq!(played.warnings(), Vec::<String>::new());
}

#[test]
fn without_hands_nothing_happens_and_the_missing_stages_are_named() {
    let properties = format!("model={}", model("tiny-action"));
    let Some(played) = play(&dark(60), &properties, |_, _| {}) else { return };
    assert_eq!(played.frames.len(), 60);
    let warnings = played.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("put the stage hands before it") && warnings[1].contains("stage objects"), "{warnings:?}");
    let last = &played.frames[59][0];
    assert_eq!((last.label(last.top[0].0), last.stable, last.top[0].1), ("nothing", false, 1.0));
    assert!(played.told().is_empty());

    // Objects alone are no action either.
    let Some(played) = play(&dark(60), &properties, |n, buffer| put_object(n, buffer, 4, &NOUNS)) else { return };
    assert!(played.told().is_empty() && played.warnings().len() == 1, "{:?}", played.warnings());
}

#[test]
fn minutes_without_hands_cost_nothing_and_the_label_comes_back() {
    let prepare = |n: u64, buffer: &mut gst::BufferRef| {
        // Three minutes of ten frames a second.
        buffer.set_pts(gst::ClockTime::from_mseconds(100 * n));
        buffer.set_duration(gst::ClockTime::from_mseconds(100));
        if (1800..1860).contains(&n) {
            put_hand(n, buffer);
            put_object(n, buffer, 4, &NOUNS);
        } else {
            let none = HandsMeta { stamp: stamp(n), hands: Hands::default(), intrinsics: None };
            ego_meta::attach_hands(buffer, &none).expect("attaches");
        }
    };
    // The window fills with milk little by little: a longer least duration hides the numbers between.
    let properties = format!("model={} min-duration=400000000 smoothing=0", model("tiny-action"));
    let Some(played) = play(&dark(1900), &properties, prepare) else { return };
    let told = played.told();
    assert_eq!(told.iter().map(|t| (t.0.as_str(), t.2.as_str())).collect::<Vec<_>>(), [("begin", "milk"), ("end", "milk")], "{told:?}");
    assert!((180_000..181_500).contains(&told[0].3), "{told:?}");
}

#[test]
fn time_stamps_that_jump_begin_anew() {
    let prepare = |n: u64, buffer: &mut gst::BufferRef| {
        // An hour ahead at frame 60, back to the beginning at frame 120.
        let time = match n {
            60..120 => 3_600_000 + 33 * n,
            _ => 33 * (n % 120),
        };
        buffer.set_pts(gst::ClockTime::from_mseconds(time));
        if n == 60 || n == 120 {
            buffer.set_flags(gst::BufferFlags::DISCONT);
        }
        put_hand(n, buffer);
        put_object(n, buffer, 4, &NOUNS);
    };
    let properties = format!("model={}", model("tiny-action"));
    let Some(played) = play(&dark(180), &properties, prepare) else { return };
    assert_eq!((played.frames.len(), played.errors()), (180, vec![]));
    let told = played.told();
    let events: Vec<&str> = told.iter().map(|t| t.0.as_str()).collect();
    assert_eq!(events, ["begin", "end", "begin", "end", "begin", "end"], "{told:?}");
    assert!(told.iter().all(|t| t.4.is_none_or(|until| until >= t.3 && until - t.3 < 3000)), "{told:?}");
    assert!(played.frames[62].is_empty(), "two frames after a jump there is no window yet");
}

#[test]
fn labels_that_do_not_match_are_told_once_and_the_stream_goes_on() {
    let prepare = |n: u64, buffer: &mut gst::BufferRef| {
        put_hand(n, buffer);
        put_object(n, buffer, 0, &["person", "bicycle"]);
    };
    let properties = format!("model={}", model("tiny-action"));
    let Some(played) = play(&dark(60), &properties, prepare) else { return };
    let warnings = played.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("does not know book") && warnings[0].contains("no object is used"), "{warnings:?}");
    assert_eq!((played.frames.len(), played.told()), (60, vec![]));
}

#[test]
fn short_movements_of_both_hands_have_labels_of_their_own() {
    let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    let on_buffer = FeatureNames::new(&names);
    let prepare = move |n: u64, buffer: &mut gst::BufferRef| {
        put_hand(n, buffer);
        // The left hand waves from frame 30 to 59, the right one never.
        let large = if (30..60).contains(&n) { 1.0 } else { 0.0 };
        for (subject, value) in [("left", large), ("right", 0.0)] {
            let values = vec![value, value, f32::NAN];
            let features = Features { layout: "tiny".into(), subject: subject.into(), names: names.clone().into(), values };
            ego_meta::attach_features(buffer, &FeaturesMeta { stamp: stamp(n), features }, &on_buffer).expect("attaches");
        }
    };
    let properties = format!("model={} fast-model={} fast-smoothing=0", model("tiny-action"), model("tiny-fast"));
    let Some(played) = play(&dark(90), &properties, prepare) else { return };
    let told: Vec<_> = played.told().into_iter().map(|t| (t.0, t.1, t.2, t.3)).collect();
    let expected = ["begin", "end"].map(|event| (event.to_owned(), "left".to_owned(), "wave".to_owned(), 1000));
    assert_eq!(told, expected);
    let heads: Vec<(Head, &str)> = played.frames[80].iter().map(|a| (a.head, a.subject.as_str())).collect();
    assert_eq!(heads, [(Head::Slow, "wearer"), (Head::Fast, "left"), (Head::Fast, "right")]);
}

#[test]
fn a_model_that_is_missing_or_of_another_kind_stops_the_start_with_one_sentence() {
    let Some(played) = play(&dark(5), "model=no-such-model", |_, _| {}) else { return };
    assert!(played.errors().len() == 1 && played.errors()[0].contains("no-such-model"), "{:?}", played.errors());
    let Some(played) = play(&dark(5), "model=palm-detection-full", |_, _| {}) else { return };
    let errors = played.errors();
    assert!(errors.len() == 1 && (errors[0].contains("task should be action") || errors[0].contains("bring it with")), "{errors:?}");
}

/// A right hand whose index finger goes round in the picture; `pts_ns` is the time of the result.
fn put_circling_hand(n: u64, pts_ns: u64, buffer: &mut gst::BufferRef, change: impl Fn(&mut Hand)) {
    let t = n as f32 / 30.0;
    let (x, y) = (0.5 + 0.1 * (6.0 * t).cos(), 0.5 + 0.1 * (6.0 * t).sin());
    let mut hand = Hand {
        side: Side::Right,
        score: 0.9,
        presence: 0.95,
        track: 1,
        image_norm: std::array::from_fn(|j| [x + 0.02 * (j / 4) as f32, y - 0.03 * (j % 5) as f32 - 0.1 * f32::from(u8::from(j > 0))]),
        camera_m: None,
        joint_score: [0.9; JOINTS],
    };
    change(&mut hand);
    let hands = Hands { hands: vec![hand], depth_source: DepthSource::None };
    let stamp = Stamp { pts: Some(pts_ns), ..stamp(n) };
    ego_meta::attach_hands(buffer, &HandsMeta { stamp, hands, intrinsics: None }).expect("attaches");
}

#[test]
fn damaged_hands_and_time_stamps_get_no_label() {
    let chain = "egokinematics layout=finger-path ! egoaction model=ego-gestures-moving";
    let good: fn(&mut Hand) = |_| {};
    type Case = (&'static str, fn(u64) -> u64, fn(&mut Hand));
    let cases: [Case; 6] = [
        ("a good hand", |n| n * FRAME_NS, good),
        ("not a number", |n| n * FRAME_NS, |hand| hand.image_norm[8][0] = f32::NAN),
        ("infinite", |n| n * FRAME_NS, |hand| hand.image_norm[0][1] = f32::NEG_INFINITY),
        ("far outside", |n| n * FRAME_NS, |hand| hand.image_norm[8][0] = 1e30),
        ("time that stands", |_| 5 * FRAME_NS, good),
        // Ten frames forwards and twenty back: no window is ever full.
        ("time that jumps back", |n| (2000 + n % 10 - 20 * (n / 10)) * FRAME_NS, good),
    ];
    for (name, time_ns, change) in cases {
        let Some(played) = play_chain(&dark(60), chain, move |n, buffer| put_circling_hand(n, time_ns(n), buffer, change)) else { return };
        assert_eq!((played.frames.len(), played.errors()), (60, vec![]), "{name}");
        let answers = played.frames.iter().filter(|f| !f.is_empty()).count();
        let wanted = if name == "a good hand" { 30..=60 } else { 0..=0 };
        assert!(wanted.contains(&answers), "{name}: {answers} frames with an answer");
        assert!(name == "a good hand" || played.told().is_empty(), "{name}: {:?}", played.told());
    }
    let Some(nobody) = play_chain(&dark(60), chain, |_, _| {}) else { return };
    assert_eq!((nobody.frames.iter().all(Vec::is_empty), nobody.told(), nobody.errors()), (true, vec![], vec![]));
    let warnings = nobody.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("no hand has been in view so far"), "{warnings:?}");
}

#[test]
fn a_label_ends_with_the_hand_that_leaves_and_another_hand_begins_anew() {
    let chain = "egokinematics layout=finger-path ! egoaction model=ego-gestures-moving";
    // Seen from 0 to 1.3 s and from 4 to 5.3 s, then under another number.
    let prepare = |n: u64, buffer: &mut gst::BufferRef| {
        if n % 120 < 40 {
            put_circling_hand(n, n * FRAME_NS, buffer, |hand| hand.track = 1 + (n / 120) as u32);
        }
    };
    let Some(played) = play_chain(&dark(240), chain, prepare) else { return };
    let told = played.told();
    assert!(told.len() >= 2 && told.len().is_multiple_of(2), "what begins ends: {told:?}");
    assert!(told.iter().filter_map(|t| t.4).all(|until| !(2500..=4000).contains(&until)), "no label outlives its hand: {told:?}");
    assert!(played.frames[80..133].iter().all(Vec::is_empty), "nobody is there, and then no window is full yet");
}

#[test]
fn a_model_for_other_features_says_so_and_names_nothing() {
    let chain = format!("egokinematics layout=hands ! egoaction model={}", model("tiny-fast"));
    let Some(played) = play_chain(&dark(60), &chain, |n, buffer| put_circling_hand(n, n * FRAME_NS, buffer, |_| {})) else { return };
    let warnings = played.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("layout \"tiny\"") && warnings[0].contains("has come is hands"), "{warnings:?}");
    assert_eq!((played.frames.iter().all(Vec::is_empty), played.told(), played.errors()), (true, vec![], vec![]));

    // The right name with another number of values: made by another version.
    let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let on_buffer = FeatureNames::new(&names);
    let prepare = move |n: u64, buffer: &mut gst::BufferRef| {
        let features = Features { layout: "tiny".into(), subject: "left".into(), names: names.clone().into(), values: vec![1.0; 4] };
        ego_meta::attach_features(buffer, &FeaturesMeta { stamp: stamp(n), features }, &on_buffer).expect("attaches");
    };
    let Some(played) = play(&dark(30), &format!("model={}", model("tiny-fast")), prepare) else { return };
    let errors = played.errors();
    assert!(errors.len() == 1 && errors[0].contains("should be 3, found 4") && played.told().is_empty(), "{errors:?}");
}
