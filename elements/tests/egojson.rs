//! `egojson` in real pipelines, with results prepared by a pad probe.
#![allow(clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use ego_core::action::{ActionResult, Head};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{ActionMeta, HandsMeta, Stamp, attach_action, attach_hands};
use ego_outputs::{FrameRecord, JsonLines, read_json_lines};
use gst::prelude::*;

fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().expect("GStreamer");
        gstego::plugin_register_static().expect("plugin");
    });
}

fn hand(side: Side, track: u32) -> Hand {
    Hand {
        side,
        score: 0.9,
        presence: 0.95,
        track,
        image_norm: std::array::from_fn(|i| [0.25 + i as f32 / 100.0, 0.5]),
        camera_m: Some([[0.1, 0.2, 0.5]; JOINTS]),
        joint_score: [0.8; JOINTS],
    }
}

/// The hands that an element would attach to its frame `frame`, when this frame is `age_ns` older than the buffer.
fn meta(frame: u64, age_ns: u64) -> HandsMeta {
    HandsMeta {
        stamp: Stamp { source: "egohands0".to_owned(), frame, age_ns, ref_width: 64, ref_height: 48, ..Stamp::default() },
        hands: Hands { hands: vec![hand(Side::Left, 1), hand(Side::Right, 2)], depth_source: DepthSource::Estimated },
        intrinsics: None,
    }
}

/// `videotestsrc ! PREPARE ! egojson PROPERTIES ! REST`: `prepare` gets each buffer with its number.
fn pipeline(
    frames: u32,
    properties: &str,
    rest: &str,
    prepare: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static,
) -> gst::Pipeline {
    start();
    let text = format!(
        "videotestsrc num-buffers={frames} ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! identity name=prepare \
         ! egojson name=json {properties} ! {rest}"
    );
    let pipeline = gst::parse::launch(&text).expect("pipeline").downcast::<gst::Pipeline>().expect("pipeline");
    let pad = pipeline.by_name("prepare").and_then(|e| e.static_pad("src")).expect("pad");
    let number = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            prepare(number.fetch_add(1, Ordering::Relaxed), buffer.make_mut());
        }
        gst::PadProbeReturn::Ok
    });
    pipeline
}

fn with_hands(number: u64, buffer: &mut gst::BufferRef) {
    attach_hands(buffer, &meta(number, 0)).expect("attaches");
}

/// Plays until the end or an error; the messages of the bus.
fn play(pipeline: &gst::Pipeline) -> Vec<gst::Message> {
    let bus = pipeline.bus().expect("bus");
    let mut messages = Vec::new();
    if pipeline.set_state(gst::State::Playing).is_err() {
        messages.extend(std::iter::from_fn(|| bus.pop()));
    } else {
        for message in bus.iter_timed(gst::ClockTime::from_seconds(30)) {
            let last = matches!(message.view(), gst::MessageView::Eos(_) | gst::MessageView::Error(_));
            messages.push(message);
            if last {
                break;
            }
        }
    }
    pipeline.set_state(gst::State::Null).expect("stops");
    messages
}

fn errors(messages: &[gst::Message]) -> Vec<String> {
    messages
        .iter()
        .filter_map(|m| match m.view() {
            gst::MessageView::Error(e) => Some(e.error().to_string()),
            _ => None,
        })
        .collect()
}

fn posted(messages: &[gst::Message]) -> Vec<&gst::StructureRef> {
    messages.iter().filter_map(|m| m.structure().filter(|s| s.name().starts_with("ego-"))).collect()
}

fn read(path: &Path) -> JsonLines {
    read_json_lines(path).expect("readable")
}

#[test]
fn every_frame_becomes_a_line_and_the_end_is_marked() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(4, &format!("location={}", path.display()), "fakesink", |number, buffer| {
        if number != 2 {
            with_hands(number, buffer);
        }
    });
    let messages = play(&pipeline);
    assert!(errors(&messages).is_empty() && posted(&messages).is_empty(), "{messages:?}");
    let lines = read(&path);
    assert_eq!(lines.warning(), None);
    let end = lines.end.expect("ended");
    assert_eq!((end.frames, end.dropped, end.errors), (4, 0, 0));
    let frames: Vec<_> = lines.frames.iter().map(|f| (f.stream.as_str(), f.frame, f.pts_ns, f.width, f.height)).collect();
    let line = |n: u64| ("clip", n, Some(n * 100_000_000), 64, 48);
    assert_eq!(frames, [line(0), line(1), line(2), line(3)]);
    let hands = lines.frames[3].hands.as_ref().expect("hands");
    assert_eq!(hands.iter().map(|h| (h.side, h.track)).collect::<Vec<_>>(), [(Side::Left, 1), (Side::Right, 2)]);
    assert_eq!((hands[0].image_px[20], hands[0].depth_source), ([28.8, 24.0], DepthSource::Estimated));
    assert_eq!(hands[0].camera_m.expect("placed")[0], [0.1, 0.2, 0.5]);
    assert_eq!((&lines.frames[2].hands, lines.frames[2].age_ns.len()), (&None, 0));
    assert_eq!(lines.frames[3].age_ns["hands"], 0);
}

#[test]
fn lines_come_as_messages_when_there_is_no_file() {
    let pipeline = pipeline(2, "stream=left-eye", "fakesink", with_hands);
    let messages = play(&pipeline);
    let posted = posted(&messages);
    assert_eq!(posted.iter().map(|s| s.name().as_str()).collect::<Vec<_>>(), ["ego-frame", "ego-frame", "ego-end"]);
    let line: FrameRecord = serde_json::from_str(posted[1].get("json").expect("a text")).expect("a line");
    assert_eq!((line.stream.as_str(), line.frame), ("left-eye", 1));
    assert_eq!((posted[1].get::<u64>("frame"), posted[1].get::<&str>("stream")), (Ok(1), Ok("left-eye")));
    let end = posted[2].get::<&str>("json").expect("a text");
    assert_eq!(end, "{\"schema\":\"ego.end/1\",\"frames\":2,\"dropped\":0,\"errors\":0}");
}

#[test]
fn file_and_messages_can_be_had_together_and_files_be_continued() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("all.jsonl");
    for (stream, append) in [("a", false), ("b", true)] {
        let properties = format!("location={} stream={stream} append={append} post-messages=true", path.display());
        let pipeline = pipeline(2, &properties, "fakesink", with_hands);
        assert_eq!(posted(&play(&pipeline)).len(), 3);
    }
    let lines = read(&path);
    assert_eq!(lines.frames.iter().map(|f| (f.stream.as_str(), f.frame)).collect::<Vec<_>>(), [("a", 0), ("a", 1), ("b", 0), ("b", 1)]);
    assert_eq!(lines.warning(), None);
}

#[test]
fn a_stop_before_the_end_leaves_a_file_without_its_last_line() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(1000, &format!("location={} post-messages=true", path.display()), "fakesink", with_hands);
    pipeline.set_state(gst::State::Playing).expect("plays");
    let bus = pipeline.bus().expect("bus");
    let seen = bus.iter_timed(gst::ClockTime::from_seconds(30)).filter(|m| m.structure().is_some_and(|s| s.has_name("ego-frame"))).take(3);
    assert_eq!(seen.count(), 3);
    pipeline.set_state(gst::State::Null).expect("stops");
    let lines = read(&path);
    if lines.frames.len() < 1000 {
        assert!(lines.end.is_none() && lines.faults.is_empty() && lines.frames.len() >= 3);
        assert!(lines.warning().expect("a warning").starts_with("cut off after"));
    }
}

#[test]
fn an_error_further_down_is_no_end() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    // A downstream element that fails at the third buffer; the source then sends an end of stream after it.
    let pipeline = pipeline(1000, &format!("location={}", path.display()), "identity error-after=3 ! fakesink", with_hands);
    let source = pipeline.by_name("json").and_then(|json| json.static_pad("sink")).expect("pad");
    let (sender, ended) = std::sync::mpsc::channel();
    source.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if info.event().is_some_and(|e| e.type_() == gst::EventType::Eos) {
            let _ = sender.send(());
        }
        gst::PadProbeReturn::Ok
    });
    let bus = pipeline.bus().expect("bus");
    pipeline.set_state(gst::State::Playing).expect("plays");
    let error = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &[gst::MessageType::Error, gst::MessageType::Eos]);
    assert_eq!(error.expect("a message").type_(), gst::MessageType::Error);
    ended.recv_timeout(std::time::Duration::from_secs(30)).expect("the source sends an end of stream");
    pipeline.set_state(gst::State::Null).expect("stops");
    let lines = read(&path);
    assert!(lines.end.is_none() && lines.frames.len() >= 3 && lines.faults.is_empty(), "{:?}", lines.end);
}

#[test]
fn a_stream_without_frames_has_an_end() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    play(&pipeline(0, &format!("location={}", path.display()), "fakesink", with_hands));
    assert_eq!(read(&path).end.map(|end| end.frames), Some(0));
}

#[test]
fn losses_on_the_way_are_counted_and_skipped() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(4, &format!("location={}", path.display()), "fakesink", |number, buffer| {
        // Frames 2 and 3 never came here; the third result is an old one and says nothing about losses.
        let (frame, age) = [(0, 0), (1, 0), (1, 300_000_000), (5, 0)][number as usize];
        attach_hands(buffer, &meta(frame, age)).expect("attaches");
    });
    play(&pipeline);
    let lines = read(&path);
    assert_eq!(lines.frames.iter().map(|f| (f.frame, f.age_ns["hands"])).collect::<Vec<_>>(), [(0, 0), (1, 0), (2, 300_000_000), (5, 0)]);
    assert_eq!(lines.end.map(|end| (end.frames, end.dropped)), Some((4, 2)));
}

#[test]
fn results_of_another_version_are_warned_about_once_and_counted() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(3, &format!("location={}", path.display()), "fakesink", |number, buffer| {
        with_hands(number, buffer);
        let mut meta = gst::meta::CustomMeta::from_mut_buffer(buffer, "EgoHandsMeta").expect("there");
        meta.mut_structure().set("layout", "hand21-v9");
    });
    let messages = play(&pipeline);
    let warnings: Vec<_> = messages
        .iter()
        .filter_map(|m| match m.view() {
            gst::MessageView::Warning(w) => Some(w.error().to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("hand21-v9") && warnings[0].contains("same version"), "{warnings:?}");
    let lines = read(&path);
    assert_eq!(lines.end.map(|end| (end.frames, end.errors)), Some((3, 3)));
    assert!(lines.frames.iter().all(|f| f.hands.is_none()));
}

#[test]
fn a_folder_that_is_missing_fails_before_the_first_frame() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("none/clip.jsonl");
    let pipeline = pipeline(3, &format!("location={}", path.display()), "fakesink", |_, _| panic!("no frame may come"));
    let errors = errors(&play(&pipeline));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("none/clip.jsonl") && errors[0].contains("create the folder"), "{errors:?}");
}

#[test]
fn a_full_disk_is_one_error_with_the_remedy() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: no /dev/full here");
        return;
    }
    let pipeline = pipeline(100, "location=/dev/full", "fakesink", with_hands);
    let messages = play(&pipeline);
    let of_json: Vec<_> = messages.iter().filter(|m| m.src().is_some_and(|s| s.name() == "json")).cloned().collect();
    let errors = errors(&of_json);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("cannot write /dev/full") && errors[0].contains("free some space"), "{errors:?}");
}

#[test]
fn the_file_is_complete_again_after_a_restart() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(3, &format!("location={}", path.display()), "fakesink", with_hands);
    for _ in 0..2 {
        play(&pipeline);
        let lines = read(&path);
        assert_eq!((lines.frames.len(), lines.warning()), (3, None));
    }
}

#[test]
fn buffers_pass_untouched_and_statistics_count_them() {
    start();
    let mut harness = gst_check::Harness::new_parse("egojson post-messages=false");
    harness.set_src_caps_str("video/x-raw,format=RGB,width=8,height=8,framerate=30/1");
    for number in 0..3 {
        let mut buffer = gst::Buffer::with_size(192).expect("memory");
        with_hands(number * 2, buffer.get_mut().expect("ours"));
        let pointer = buffer.as_ptr();
        assert_eq!(harness.push(buffer), Ok(gst::FlowSuccess::Ok));
        let out = harness.pull().expect("a buffer");
        assert_eq!((out.as_ptr(), out.pts()), (pointer, None));
    }
    let bin = harness.element().expect("element").downcast::<gst::Bin>().expect("bin");
    let json = bin.iterate_elements().into_iter().flatten().find(|e| e.has_property("stats")).expect("egojson");
    let stats = json.property::<gst::Structure>("stats");
    assert_eq!(["frames", "dropped", "errors"].map(|k| stats.get::<u64>(k).expect("a number")), [3, 2, 0]);
}

/// A recording whose time stamps begin at 10 s, as behind an edit list.
#[test]
fn all_times_of_a_line_count_from_the_beginning_of_the_stream() {
    const LATER: gst::ClockTime = gst::ClockTime::from_seconds(10);
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("clip.jsonl");
    let pipeline = pipeline(5, &format!("location={}", path.display()), "fakesink", |_, buffer| {
        let pts = buffer.pts().expect("a time") + LATER;
        buffer.set_pts(pts);
        let action = ActionResult {
            head: Head::Slow,
            subject: "wearer".into(),
            labels: ["nothing".to_owned(), "pour milk".to_owned()].into(),
            top: vec![(1, 0.9)],
            unknown: false,
            uncertainty: 0.0,
            stable: true,
            window_ns: [LATER.nseconds(), pts.nseconds()],
            about_ns: pts.nseconds(),
            since_ns: Some(LATER.nseconds() + 1),
        };
        attach_action(buffer, &ActionMeta { stamp: meta(0, 0).stamp, action }).expect("attaches");
    });
    let pad = pipeline.by_name("prepare").and_then(|e| e.static_pad("src")).expect("pad");
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        if let Some(event) = info.event()
            && event.type_() == gst::EventType::Segment
        {
            let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
            segment.set_start(LATER);
            segment.set_time(gst::ClockTime::ZERO);
            info.data = Some(gst::PadProbeData::Event(gst::event::Segment::new(&segment)));
        }
        gst::PadProbeReturn::Ok
    });
    play(&pipeline);
    let lines: JsonLines = read_json_lines(&path).expect("lines");
    assert_eq!(lines.frames.len(), 5);
    for frame in &lines.frames {
        let action = frame.action.as_ref().expect("an action");
        assert_eq!((action.about_ns, action.since_ns, action.window_ns), (frame.pts_ns, Some(1), [0, frame.time_ns()]));
    }
}
