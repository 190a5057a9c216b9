//! `ego view`: pictures of the window without a screen, and the window itself on a screen in memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ego_tests::clips;
use ego_tests::command::{command, finish};

use crate::{EGO, ego, folder};

/// A clip of the synthetic camera with its truth as results, in a folder of its own.
fn recording(folder: &Path) -> PathBuf {
    let from = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media").join(name);
    std::fs::copy(from("pour-milk.mp4"), folder.join("pour-milk.mp4")).expect("the clip is there");
    std::fs::copy(from("pour-milk.truth.jsonl"), folder.join("pour-milk.jsonl")).expect("its truth is there");
    folder.join("pour-milk.mp4")
}

/// Red, green and blue of a PNG, and its size.
fn pixels(path: &Path) -> (Vec<[u8; 3]>, (u32, u32)) {
    use gst::prelude::*;
    gst::init().expect("GStreamer starts");
    let text = format!("filesrc location=\"{}\" ! pngdec ! videoconvert ! video/x-raw,format=RGBx ! appsink name=end", path.display());
    let pipeline = gst::parse::launch(&text).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let sink = pipeline.by_name("end").expect("a sink");
    pipeline.set_state(gst::State::Playing).expect("plays");
    let sample = sink.emit_by_name::<Option<gst::Sample>>("pull-sample", &[]).expect("a picture");
    let caps = sample.caps().expect("caps").structure(0).expect("one").to_owned();
    let size = (caps.get::<i32>("width").expect("width") as u32, caps.get::<i32>("height").expect("height") as u32);
    let map = sample.buffer().expect("a picture").map_readable().expect("readable");
    let pixels = map.as_slice().chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect();
    drop(map);
    pipeline.set_state(gst::State::Null).expect("stops");
    (pixels, size)
}

/// Pixels near a colour.
fn near(pixels: &[[u8; 3]], colour: [u8; 3]) -> usize {
    pixels.iter().filter(|p| p.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 12)).count()
}

#[test]
fn a_screenshot_shows_picture_hands_objects_and_timeline_without_model_or_screen() {
    let dir = folder();
    recording(dir.path());
    let words = ["view", "pour-milk.mp4", "--screenshot-to", "window.png", "--at", "1.5", "--size", "1000x700", "--config", "none.toml"];
    let finished = ego(dir.path(), &words).ended_with(0);
    assert_eq!(finished.stdout.trim(), "window.png");
    let (pixels, size) = pixels(&dir.path().join("window.png"));
    assert_eq!(size, (1000, 700));
    // The left hand and the object that it holds.
    for (colour, least) in [([0x56, 0xB4, 0xE9], 100), ([0xF0, 0xE4, 0x42], 60)] {
        let count = near(&pixels, colour);
        assert!(count >= least, "{colour:?}: {count} pixels");
    }
    let dark = pixels.iter().filter(|p| p.iter().all(|v| *v < 40)).count();
    assert!(dark < pixels.len() * 3 / 4, "there is no picture");
}

#[test]
fn results_alone_are_shown_and_missing_ones_are_told() {
    let dir = folder();
    recording(dir.path());
    std::fs::create_dir(dir.path().join("results")).expect("made");
    std::fs::rename(dir.path().join("pour-milk.jsonl"), dir.path().join("results/pour-milk.jsonl")).expect("moved");
    let shot = |words: &[&str]| {
        let all = [&["view"], words, &["--screenshot-to", "w.png", "--at", "1", "--config", "none.toml"]].concat();
        ego(dir.path(), &all)
    };
    shot(&["--results", "results"]).ended_with(0);
    assert!(near(&pixels(&dir.path().join("w.png")).0, [0x56, 0xB4, 0xE9]) > 100);
    shot(&["pour-milk.mp4", "--results", "results"]).ended_with(0);
    shot(&["--results", "nowhere"]).ended_with(2).says(&["nowhere"]);
    let unreadable = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
    unreadable("empty.mp4", b"");
    unreadable("text.mp4", b"this is no video");
    for (name, reason) in [("none.mp4", "no such file"), ("empty.mp4", "empty"), ("text.mp4", "not a video")] {
        let finished = shot(&[name]).ended_with(2).says(&[name, reason, "hint: "]);
        assert!(!finished.stderr.contains("XDG_RUNTIME_DIR"), "{}", finished.stderr);
    }
    clips::plain(dir.path(), "other.mp4", 3);
    shot(&["other.mp4", "--results", "results"]).ended_with(2).says(&["no results of other.mp4", "ego run"]);
    ego(dir.path(), &["view", "pour-milk.mp4", "--at", "1"]).ended_with(2).says(&["--screenshot-to"]);
    ego(dir.path(), &["view", "pour-milk.mp4", "--config", "none.toml"]).ended_with(2).says(&["cannot open a window", "--screenshot-to"]);
}

/// A screen in memory.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    /// Starts one; `None` where Xvfb is not installed. One after the other: two that find the lock of a server that is gone both take its
    /// number.
    fn start() -> Option<Screen> {
        use std::io::BufRead as _;
        static STARTING: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = STARTING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let words = ["-displayfd", "1", "-screen", "0", "1300x820x24", "-nolisten", "tcp"];
        let mut server = Command::new("Xvfb").args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        std::io::BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("it says its number");
        Some(Screen { server, name: format!(":{}", line.trim()) })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_window_opens_shows_the_clip_and_closes() {
    let Some(screen) = Screen::start() else {
        eprintln!("skipped: Xvfb is not installed (./x setup installs it)");
        return;
    };
    let dir = folder();
    recording(dir.path());
    let mut view = command(EGO, dir.path(), &["view", "pour-milk.mp4", "--config", "none.toml", "--duration", "12"]);
    view.env("DISPLAY", &screen.name);
    let running = std::thread::spawn(move || finish(view));
    let picture = dir.path().join("screen.png");
    let look = format!(
        "ximagesrc display-name={} num-buffers=1 use-damage=false ! videoconvert ! pngenc ! filesink location=\"{}\"",
        screen.name,
        picture.display()
    );
    let mut seen = 0;
    while seen < 100 && !running.is_finished() {
        clips::launch(&look);
        seen = near(&pixels(&picture).0, [0x56, 0xB4, 0xE9]);
    }
    let finished = running.join().expect("no panic").ended_with(0);
    assert!(seen >= 100, "the left hand never showed: {}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn a_live_source_shows_in_the_viewer_and_its_files_are_written_beside_it() {
    let Some(screen) = Screen::start() else {
        eprintln!("skipped: Xvfb is not installed (./x setup installs it)");
        return;
    };
    let dir = folder();
    let words = ["live", "test:ball", "--out", "out", "--record", "--duration", "1", "--config", "none.toml"];
    let mut live = command(EGO, dir.path(), &words);
    live.env("DISPLAY", &screen.name);
    let finished = finish(live).ended_with(0);
    let written: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(written.len(), 3, "{written:?}");
    let of = |ending: &str| dir.path().join(written.iter().find(|p| p.ends_with(ending)).expect("is told"));
    let (lines, end) = crate::json_lines(&of(".jsonl"));
    assert!(lines.len() > 5 && end.is_some(), "{} lines", lines.len());
    assert!(clips::frames_in(&of(".mkv")) >= lines.len() as u64);
    assert_eq!(crate::report(&of(".run.json"))["inputs"][0]["input"].as_str(), Some("test:ball"));
}
