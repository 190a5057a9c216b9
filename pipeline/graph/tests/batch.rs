//! Batch graphs over clips made on the spot, with stand-ins for the analysis: any GStreamer filter can be a stage.
#![allow(clippy::expect_used, clippy::panic, reason = "the whole file is tests")]

use std::path::Path;
use std::time::Duration;

use ego_graph::{BatchPlan, Event, GraphError, Input, InputKind, Outcome, Settings, resolve};
use ego_tests::clips;

fn settings(dir: &Path, text: &str) -> Settings {
    gst::init().expect("GStreamer");
    let path = dir.join("settings.toml");
    std::fs::write(&path, text).expect("write");
    Settings::load(&path.display().to_string(), &[]).expect("reads")
}

fn input(path: &Path) -> Input {
    resolve(&[path.display().to_string()]).remove(0).expect("is there")
}

fn run_with(path: &Path, fps: Option<f64>) -> (Outcome, Vec<Event>) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let settings = settings(dir.path(), "stages = ['identity']\n");
    let session = ego_graph::run(&BatchPlan { input: input(path), settings, fps, json: None, annotated: None }).expect("starts");
    let events = session.events().iter().collect();
    (session.finish(), events)
}

#[test]
fn every_frame_of_a_clip_passes_and_the_length_is_known() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "clip.mp4", 20);
    let (outcome, events) = run_with(&clip, None);
    assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
    assert_eq!((outcome.frames, outcome.size, outcome.stopped), (20, Some((320, 240)), false));
    assert_eq!(outcome.stages.len(), 1);
    let last = events.iter().rev().find_map(|e| if let Event::Progress(p) = e { Some(*p) } else { None }).expect("progress");
    assert_eq!(last.frames, 20);
    assert!(last.duration.is_some_and(|d| (d.as_secs_f64() - 20.0 / 30.0).abs() < 0.05), "{last:?}");
}

#[test]
fn numbered_pictures_are_frames_at_the_given_rate() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let folder = dir.path().join("walk");
    std::fs::create_dir(&folder).expect("make");
    for (extension, encoder) in [("png", "pngenc"), ("jpg", "jpegenc")] {
        clips::launch(&format!(
            "videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48 ! {encoder} ! multifilesink location=\"{}/%d.{extension}\"",
            folder.display()
        ));
        let pattern = format!("{}/*.{extension}", folder.display());
        let input = resolve(&[pattern]).remove(0).expect("matches");
        assert!(matches!(&input.kind, InputKind::Pictures { files, .. } if files.len() == 12));
        let settings = settings(dir.path(), "stages = ['identity']\n");
        let session = ego_graph::run(&BatchPlan { input, settings, fps: Some(10.0), json: None, annotated: None }).expect("starts");
        let outcome = session.finish();
        assert!(outcome.failure.is_none(), "{extension}: {:?}", outcome.failure);
        assert_eq!((outcome.frames, outcome.position), (12, Some(Duration::from_millis(1100))), "{extension}");
    }
}

#[test]
fn a_stream_without_time_stamps_gets_them_from_its_rate() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = dir.path().join("bare.mjpeg");
    clips::launch(&format!(
        "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! jpegenc ! filesink location=\"{}\"",
        clip.display()
    ));
    for (fps, end_ms, warned) in [(None, 300, true), (Some(10.0), 900, false)] {
        let (outcome, _) = run_with(&clip, fps);
        assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
        assert_eq!((outcome.frames, outcome.position), (10, Some(Duration::from_millis(end_ms))), "{:?}", outcome.warnings);
        assert_eq!(outcome.warnings.iter().any(|w| w.contains("no time stamps")), warned, "{:?}", outcome.warnings);
    }
}

#[test]
fn a_stop_in_the_middle_ends_cleanly() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "clip.mp4", 30);
    // Each frame takes 50 ms: the stop comes long before the end.
    let settings = settings(dir.path(), "stages = ['identity']\n[identity]\nsleep-time = 50000\n");
    let plan = BatchPlan { input: input(&clip), settings, fps: None, json: None, annotated: None };
    let session = ego_graph::run(&plan).expect("starts");
    let moving = session.events().iter().any(|e| matches!(e, Event::Progress(p) if p.frames > 0));
    assert!(moving);
    session.stopper().stop();
    let outcome = session.finish();
    assert!(outcome.stopped && outcome.failure.is_none(), "{outcome:?}");
    assert!(outcome.frames > 0 && outcome.frames < 30, "{}", outcome.frames);
}

#[test]
fn a_stage_that_fails_is_named() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "clip.mp4", 30);
    let settings = settings(dir.path(), "stages = ['identity']\n[identity]\nerror-after = 5\n");
    let plan = BatchPlan { input: input(&clip), settings, fps: None, json: None, annotated: None };
    let outcome = ego_graph::run(&plan).expect("starts").finish();
    assert!(matches!(&outcome.failure, Some(GraphError::Stage { stage, .. }) if stage == "identity"), "{:?}", outcome.failure);
    assert_eq!(outcome.frames, 4);
}

#[test]
fn dropping_a_session_ends_its_graph() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "clip.mp4", 30);
    let settings = settings(dir.path(), "stages = ['identity']\n[identity]\nsleep-time = 50000\n");
    let session = ego_graph::run(&BatchPlan { input: input(&clip), settings, fps: None, json: None, annotated: None }).expect("starts");
    let stopper = session.stopper();
    drop(session);
    stopper.stop();
}
