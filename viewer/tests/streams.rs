//! Real streams without models: a stand-in stage attaches prepared results, a clip brings its results in a file.
#![allow(clippy::expect_used, clippy::panic, reason = "the whole file is tests")]

mod stand_in;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use ego_graph::{AdjustableValue, LiveSource, Settings};
use ego_outputs::{EndRecord, FrameRecord};
use ego_tests::clips;
use ego_viewer::state::command::Command;
use ego_viewer::state::{Action, Analysis, Errand, Level, SourceKind};
use ego_viewer::stream::{LiveNews, LiveOutputs, Opening};
use ego_viewer::{ViewOptions, Viewer};
use egui_kittest::kittest::Queryable as _;

fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().expect("GStreamer starts");
        ego_meta::init();
        stand_in::register();
    });
}

/// Stages: the stand-in for `egosharp`.
fn settings() -> Settings {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("s.toml");
    std::fs::write(&path, "stages = ['sharp']\n").expect("written");
    Settings::load(&path.to_string_lossy(), &[]).expect("settings")
}

fn viewer(opening: Opening, folder: &Path) -> Viewer {
    let options = ViewOptions { opening: Some(opening), folder: folder.to_owned(), look_back_bytes: 64 << 20, ..ViewOptions::default() };
    Viewer::new(options, None, || {}).expect("starts")
}

/// Takes what comes until something holds.
#[track_caller]
fn until(viewer: &mut Viewer, what: &str, holds: impl Fn(&Viewer) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds(viewer) {
        viewer.take(Instant::now());
        assert!(Instant::now() < deadline, "{what} never came; notices: {:?}", viewer.state.notices);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A clip of 60 frames with a results file whose frame numbers can be told apart.
fn recorded(folder: &Path) -> PathBuf {
    let clip = clips::plain(folder, "clip.mp4", 60);
    let mut file = std::fs::File::create(folder.join("clip.jsonl")).expect("made");
    for n in 0..60_u64 {
        let mut record = FrameRecord::new("clip", n, Some(n * 1_000_000_000 / 30), 320, 240);
        record.hands = Some(Vec::new());
        record.features = Some([("number".to_owned(), n as f64)].into());
        writeln!(file, "{}", record.to_json()).expect("written");
    }
    writeln!(file, "{}", EndRecord { frames: 60, ..EndRecord::default() }.to_json()).expect("written");
    clip
}

fn number(viewer: &Viewer) -> Option<f64> {
    viewer.state.results()?.features.as_ref()?.get("number").copied()
}

#[test]
fn a_clip_is_replayed_with_its_results_and_every_jump_lands_on_its_own() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = recorded(dir.path());
    let opening = Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), None) };
    assert!(opening.results.is_some());
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the timeline", |v| v.state.source.results_read == (60, true) && v.state.play.duration_ns.is_some());
    assert_eq!((viewer.state.source.kind, viewer.state.source.analysis), (SourceKind::File, Analysis::Off));
    for n in [30_u64, 3, 59, 0, 41] {
        viewer.act(Action::Seek(n * 1_000_000_000 / 30 + 1_000_000));
        until(&mut viewer, "the picture", |v| v.state.play.jumping_to.is_none() && number(v) == Some(n as f64));
        let frame = viewer.state.frame.as_ref().expect("shown");
        assert_eq!(frame.results.frame, n);
        assert!(frame.picture.as_ref().is_some_and(|p| (p.width, p.height) == (320, 240)));
    }
    viewer.act(Action::Do(Command::FrameOn));
    until(&mut viewer, "the next frame", |v| number(v) == Some(42.0));
    viewer.act(Action::Do(Command::FrameBack));
    until(&mut viewer, "the frame before", |v| number(v) == Some(41.0));
    viewer.act(Action::Do(Command::PlayPause));
    until(&mut viewer, "the end", |v| !v.state.play.playing);
    assert!(viewer.state.play.position_ns > 1_800_000_000, "{}", viewer.state.play.position_ns);
    // Whatever the container says about its length.
    viewer.state.play.duration_ns = Some(9_000_000_000);
    viewer.act(Action::Do(Command::PlayPause));
    until(&mut viewer, "the beginning", |v| v.state.play.playing && number(v).is_some_and(|n| n < 30.0));
    until(&mut viewer, "the end once more", |v| !v.state.play.playing && number(v).is_some_and(|n| n > 50.0));
    assert_eq!(viewer.state.notices, []);
}

#[test]
fn a_folder_of_pictures_can_be_jumped_about_in_like_a_video() {
    start();
    for ending in ["png", "jpg"] {
        let dir = tempfile::tempdir().expect("temporary folder");
        let folder = dir.path().join("walk");
        std::fs::create_dir(&folder).expect("made");
        for n in 0..20_u8 {
            let picture = image::GrayImage::from_pixel(64, 48, image::Luma([20 + 10 * n]));
            image::DynamicImage::ImageLuma8(picture).to_rgb8().save(folder.join(format!("f{n}.{ending}"))).expect("written");
        }
        let opening = Opening { paused: true, ..Opening::word(&folder.to_string_lossy(), None) };
        let mut viewer = viewer(opening, dir.path());
        until(&mut viewer, "the first picture", |v| v.state.frame.is_some() && v.state.play.duration_ns.is_some());
        assert_eq!(viewer.state.play.duration_ns, Some(20_000_000_000 / 30));
        // Number of a grey picture by its brightness.
        let level = |v: &Viewer| {
            let picture = v.state.frame.as_ref()?.picture.clone()?;
            let luma = f64::from(*picture.planes()?.planes.first()?.0.first()?);
            let grey = if picture.colour.full_range { luma } else { (luma - 16.0) / 219.0 * 255.0 };
            Some((grey - 20.0) / 10.0)
        };
        for n in [13_u64, 2, 19, 0, 7] {
            viewer.act(Action::Seek(n * 1_000_000_000 / 30 + 1_000_000));
            let what = format!("picture {n} of {ending}");
            until(&mut viewer, &what, |v| v.state.play.jumping_to.is_none() && level(v).is_some_and(|l| (l - n as f64).abs() < 0.4));
            assert_eq!(viewer.state.results().map(|r| r.frame), Some(n), "{ending}");
        }
        viewer.act(Action::Do(Command::FrameOn));
        until(&mut viewer, "the next picture", |v| level(v).is_some_and(|l| (l - 8.0).abs() < 0.4));
        viewer.act(Action::Do(Command::PlayPause));
        until(&mut viewer, "the end", |v| !v.state.play.playing);
        viewer.act(Action::Do(Command::ToStart));
        until(&mut viewer, "the first picture again", |v| level(v).is_some_and(|l| l.abs() < 0.4));
        assert_eq!(viewer.state.notices, []);
    }
}

#[test]
fn truth_beside_a_video_is_shown_without_results_too() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = recorded(dir.path());
    std::fs::rename(dir.path().join("clip.jsonl"), dir.path().join("clip.truth.jsonl")).expect("moved");
    let opening = Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), None) };
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the first picture", |v| v.state.frame.is_some());
    let known = |v: &Viewer| Some(v.state.frame.as_ref()?.truth.as_ref()?.frame);
    let deadline = Instant::now() + Duration::from_secs(60);
    while known(&viewer) != Some(40) {
        // The file may not be read that far at the first jump.
        viewer.act(Action::Seek(40 * 1_000_000_000 / 30 + 1_000_000));
        until(&mut viewer, "the picture", |v| v.state.play.jumping_to.is_none());
        assert!(Instant::now() < deadline, "no truth");
    }
}

#[test]
fn results_without_their_video_are_shown_on_black() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    recorded(dir.path());
    let opening = Opening { paused: true, ..Opening::word(&dir.path().join("clip.jsonl").to_string_lossy(), None) };
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the timeline", |v| v.state.source.results_read.1 && v.state.frame.is_some());
    viewer.act(Action::Seek(25 * 1_000_000_000 / 30 + 1_000_000));
    until(&mut viewer, "the results", |v| number(v) == Some(25.0));
    assert!(viewer.state.frame.as_ref().is_some_and(|f| f.picture.is_none()));
    viewer.act(Action::Do(Command::PlayPause));
    until(&mut viewer, "the end of the results", |v| !v.state.play.playing);
}

#[test]
fn a_clip_without_results_is_shown_first_and_then_analysed_with_values_that_can_be_changed() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "bare.mp4", 30);
    let opening = Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), Some(settings())) };
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the first picture", |v| v.state.frame.is_some());
    until(&mut viewer, "the analysis", |v| v.state.source.analysis == Analysis::Running);
    until(&mut viewer, "a mask", |v| v.state.frame.as_ref().is_some_and(|f| f.mask.is_some()));
    let kept = |v: &Viewer| v.state.results().and_then(|r| r.mask.as_ref()).map(|m| m.kept);
    assert_eq!(kept(&viewer), Some(0.5));
    let control = viewer.state.controls.iter().find(|c| c.key == "threshold").cloned().expect("may change");
    assert!(matches!(control.value, AdjustableValue::Number { min: 0.0, max: 1.0, whole: false, .. }), "{control:?}");
    viewer.act(Action::Set { stage: "sharp".into(), key: "threshold".into(), value: "0.75".into() });
    until(&mut viewer, "the new mask, though nothing plays", |v| kept(v) == Some(0.25));
    viewer.act(Action::Do(Command::PlayPause));
    until(&mut viewer, "the end", |v| !v.state.play.playing);
    until(&mut viewer, "rows of every frame", |v| v.state.track.rows().len() >= 30);
    viewer.act(Action::Set { stage: "sharp".into(), key: "threshold".into(), value: "7".into() });
    until(&mut viewer, "a refusal", |v| v.state.notices.iter().any(|n| n.text.contains("sharp.threshold")));
}

#[test]
fn a_broken_file_and_a_missing_camera_are_sentences_with_a_button() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("broken.mp4");
    std::fs::write(&path, b"this is no video at all").expect("written");
    let mut viewer = viewer(Opening::word(&path.to_string_lossy(), None), dir.path());
    until(&mut viewer, "an error", |v| v.state.notices.iter().any(|n| n.level == Level::Error));
    assert!(viewer.state.notices[0].button.is_some() && viewer.state.notices[0].text.contains("broken.mp4"), "{:?}", viewer.state.notices);
    viewer.act(Action::Open(Box::new(Opening::live(LiveSource::Camera(Some("no-such-camera".into())), None))));
    until(&mut viewer, "an error", |v| v.state.notices.iter().any(|n| n.text.contains("no-such-camera")));
    viewer.act(Action::Open(Box::new(Opening::live(LiveSource::Test("ball".into()), None))));
    until(&mut viewer, "another source", |v| v.state.frame.is_some());
    assert_eq!(viewer.state.notices, []);
}

#[test]
fn live_pictures_and_files_do_not_wait_for_models() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let loading = stand_in::LOADING.write().expect("not poisoned");
    let clip = clips::plain(dir.path(), "bare.mp4", 30);
    let mut viewer = viewer(Opening::word(&clip.to_string_lossy(), Some(settings())), dir.path());
    until(&mut viewer, "a picture of the file", |v| v.state.frame.is_some());
    assert_eq!(viewer.state.source.analysis, Analysis::Loading);
    // The next source does not wait for the models of this one either.
    viewer.act(Action::Open(Box::new(Opening::live(LiveSource::Test("ball".into()), Some(settings())))));
    until(&mut viewer, "live pictures", |v| v.state.source.kind == SourceKind::Live && v.state.track.rows().len() > 3);
    assert!(viewer.state.source.analysis == Analysis::Loading && viewer.state.frame.as_ref().is_some_and(|f| f.mask.is_none()));
    drop(loading);
    until(&mut viewer, "masks", |v| v.state.frame.as_ref().is_some_and(|f| f.mask.is_some()));
    until(&mut viewer, "the news of it", |v| v.state.source.analysis == Analysis::Running);
    let rows = viewer.state.track.rows();
    assert!(rows.windows(2).all(|pair| pair[0].pts_ns < pair[1].pts_ns), "time goes on");
    assert_eq!(viewer.state.notices, []);
}

#[test]
fn files_of_a_live_source_are_written_beside_the_window_and_its_end_is_told() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let (tell, news) = crossbeam_channel::bounded(1024);
    let outputs = LiveOutputs {
        stream: "live-1".into(),
        json: None,
        record: Some(dir.path().join("live-1.mkv")),
        duration: Some(Duration::from_millis(600)),
        tell,
    };
    let opening = Opening::live(LiveSource::Test("ball".into()), Some(settings()));
    let options = ViewOptions {
        opening: Some(opening),
        folder: dir.path().to_owned(),
        outputs: Some(outputs),
        close_at_end: true,
        ..ViewOptions::default()
    };
    let mut viewer = Viewer::new(options, None, || {}).expect("starts");
    until(&mut viewer, "the end", |v| v.state.errands.contains(&Errand::Quit));
    drop(viewer);
    let news: Vec<LiveNews> = news.try_iter().collect();
    assert!(matches!(news.first(), Some(LiveNews::Started(_))) && news.iter().any(|n| matches!(n, LiveNews::Event(_))), "{news:?}");
    let Some(LiveNews::Ended(outcome)) = news.last() else { panic!("{news:?}") };
    assert!(outcome.failure.is_none() && outcome.frames > 5, "{outcome:?}");
    assert!(clips::frames_in(&dir.path().join("live-1.mkv")) > 5);
}

#[test]
fn a_live_source_is_measured_looked_back_at_and_recorded() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut viewer = viewer(Opening::live(LiveSource::Test("ball".into()), Some(settings())), dir.path());
    until(&mut viewer, "analysed pictures", |v| v.state.source.analysis == Analysis::Running && v.state.track.rows().len() > 5);
    assert!(viewer.state.frame.as_ref().is_some_and(|f| f.trace.since_capture.is_some()));
    assert!(viewer.state.trust.to_paint.quantile(0.5).is_some_and(|ms| ms > 0.0 && ms < 10_000.0));
    viewer.act(Action::Do(Command::Record));
    until(&mut viewer, "a second of recording", |v| v.state.recording.as_ref().is_some_and(|r| r.frames > 12));
    viewer.act(Action::Do(Command::Record));
    until(&mut viewer, "the end of the recording", |v| v.state.notices.iter().any(|n| n.text.contains(".jsonl")));
    let files: Vec<PathBuf> = std::fs::read_dir(dir.path()).expect("read").filter_map(|e| e.ok().map(|e| e.path())).collect();
    let of =
        |ending: &str| files.iter().find(|p| p.to_string_lossy().ends_with(ending)).unwrap_or_else(|| panic!("no {ending} in {files:?}"));
    let lines = ego_outputs::read_json_lines(of(".jsonl")).expect("readable");
    assert!(lines.end.is_some() && lines.frames.len() > 12);
    assert_eq!((lines.frames[0].pts_ns, lines.frames[0].frame), (Some(0), 0), "the video begins at zero, and so do its results");
    let raw =
        files.iter().find(|p| p.to_string_lossy().ends_with(".mkv") && !p.to_string_lossy().ends_with(".annotated.mkv")).expect("raw");
    assert!(clips::frames_in(raw) > 6 && clips::frames_in(of(".annotated.mkv")) > 6);

    let first = viewer.state.track.rows()[0].pts_ns;
    viewer.act(Action::Seek(first + 100_000_000));
    viewer.take(Instant::now());
    assert!(viewer.state.play.looking_back);
    let shown = viewer.state.frame.as_ref().expect("kept").pts_ns;
    assert!(shown.abs_diff(first + 100_000_000) < 200_000_000, "{shown} {first}");
    let live = viewer.state.play.live_ns;
    until(&mut viewer, "the stream going on", |v| v.state.play.live_ns > live + 100_000_000);
    assert_eq!(viewer.state.play.position_ns, first + 100_000_000);
}

#[test]
fn frames_that_one_source_has_dropped_are_not_counted_for_the_next() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = recorded(dir.path());
    let mut viewer = viewer(Opening::live(LiveSource::Test("ball".into()), None), dir.path());
    // A window that draws far too seldom.
    let deadline = Instant::now() + Duration::from_secs(60);
    while viewer.state.trust.dropped_window < 3 {
        viewer.take(Instant::now());
        std::thread::sleep(Duration::from_millis(200));
        assert!(Instant::now() < deadline, "nothing dropped");
    }
    viewer.act(Action::Open(Box::new(Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), None) })));
    until(&mut viewer, "the clip", |v| v.state.frame.is_some());
    assert!(viewer.state.trust.dropped_window < 3, "{}", viewer.state.trust.dropped_window);
}

#[test]
fn the_source_picker_shows_files_with_previews_and_opens_them() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    recorded(dir.path());
    std::fs::write(dir.path().join("broken.mkv"), b"this is no video at all").expect("written");
    let options = ViewOptions { folder: dir.path().to_owned(), ..ViewOptions::default() };
    let viewer = Viewer::new(options, None, || {}).expect("starts");
    let mut harness = egui_kittest::Harness::builder().with_size([1000.0, 900.0]).build_ui_state(
        |ui, viewer: &mut Viewer| {
            viewer.take(Instant::now());
            viewer.ui(ui);
        },
        viewer,
    );
    harness.state_mut().act(Action::Do(Command::OpenSource));
    let deadline = Instant::now() + Duration::from_secs(60);
    while harness.state().state.files.len() < 2 || harness.state().previews() < 1 || harness.state().previews_under_way() {
        harness.run_steps(1);
        assert!(Instant::now() < deadline, "{:?}", harness.state().state.files);
        std::thread::sleep(Duration::from_millis(5));
    }
    let names: Vec<_> = harness.state().state.files.iter().filter_map(|f| f.file_name()?.to_str()).collect();
    assert!(names.contains(&"clip.mp4") && names.contains(&"broken.mkv"), "{names:?}");
    assert_eq!(harness.state().previews(), 1, "one of the clip, none of what is no video, none of a camera that is not there");
    harness.get_by_label_contains("clip.mp4, ").click();
    harness.run_steps(2);
    assert!(harness.state().state.source.title == "clip.mp4" && !harness.state().state.look.sources);
    let opening = harness.state().state.source.opening.clone().expect("opened");
    assert!(opening.results.is_some(), "results beside it come along");
}

#[test]
fn pictures_come_while_the_cursor_of_the_timeline_is_held_still() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = recorded(dir.path());
    let opening = Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), None) };
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the timeline", |v| v.state.source.results_read == (60, true) && v.state.play.duration_ns.is_some());
    let size = [1000.0, 700.0];
    let mut harness = egui_kittest::Harness::builder().with_size(size).build_ui_state(
        |ui, viewer: &mut Viewer| {
            viewer.take(Instant::now());
            viewer.ui(ui);
        },
        viewer,
    );
    harness.run_steps(3);
    let button =
        |pos, pressed| egui::Event::PointerButton { pos, button: egui::PointerButton::Primary, pressed, modifiers: egui::Modifiers::NONE };
    let (mut at, lanes) = (egui::pos2(300.0, 660.0), 660.0);
    harness.event(egui::Event::PointerMoved(at));
    harness.event(button(at, true));
    harness.run_steps(1);
    // Three stops of one drag; the button stays down.
    for x in [400.0, 800.0, 550.0] {
        at = egui::pos2(x, lanes);
        harness.event(egui::Event::PointerMoved(at));
        harness.run_steps(1);
        let wanted = harness.state().state.play.position_ns;
        let deadline = Instant::now() + Duration::from_secs(60);
        let arrived = |v: &Viewer| {
            let shown = v.state.frame.as_ref().map_or(u64::MAX, |f| f.pts_ns);
            v.state.play.jumping_to.is_none() && wanted.checked_sub(shown).is_some_and(|since| since < 40_000_000)
        };
        while !arrived(harness.state()) {
            harness.run_steps(1);
            let shown = harness.state().state.frame.as_ref().map(|f| f.pts_ns);
            assert!(Instant::now() < deadline, "held at {wanted} and shown {shown:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(harness.state().state.play.position_ns == wanted && harness.ctx.input(|i| i.pointer.primary_down()));
    }
}

#[test]
fn a_jump_behind_the_last_picture_shows_the_last_one() {
    start();
    let dir = tempfile::tempdir().expect("temporary folder");
    // Sound for a second longer than pictures, as cameras and editors write it.
    let clip = dir.path().join("sound.mkv");
    let words = format!(
        "matroskamux name=m ! filesink location={} videotestsrc num-buffers=30 ! video/x-raw,width=320,height=240,framerate=30/1 ! jpegenc ! m. \
         audiotestsrc num-buffers=86 ! audio/x-raw,rate=44100,channels=1 ! m.",
        clip.display()
    );
    clips::launch(&words);
    let opening = Opening { paused: true, ..Opening::word(&clip.to_string_lossy(), None) };
    let mut viewer = viewer(opening, dir.path());
    until(&mut viewer, "the first picture", |v| v.state.frame.is_some() && v.state.play.duration_ns.is_some());
    assert!(viewer.state.play.duration_ns.is_some_and(|ns| ns > 1_900_000_000), "{:?}", viewer.state.play.duration_ns);
    viewer.act(Action::Do(Command::ToEnd));
    until(&mut viewer, "a picture near the end of the pictures", |v| v.state.results().is_some_and(|r| (20..30).contains(&r.frame)));
    until(&mut viewer, "the end of the jump", |v| v.state.play.jumping_to.is_none());
    viewer.act(Action::Seek(0));
    until(&mut viewer, "the first picture again", |v| v.state.results().is_some_and(|r| r.frame == 0));
}
