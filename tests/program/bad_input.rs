//! Inputs that are not as they should be: each a clear message, the right status, and everything that was computed kept.

use std::path::Path;

use ego_tests::clips::{self, X264};

use crate::{ego_run, folder, json_lines, report};

/// Runs one bad input; it must fail with status 1, say these words and a hint, and be in the report.
#[track_caller]
fn fails(dir: &Path, input: &str, words: &[&str]) {
    let mut all = vec!["error: ", "hint: ", input];
    all.extend(words);
    ego_run(dir, &[input]).ended_with(1).says(&all);
    let report = report(&dir.join("out/run.json"));
    assert_eq!((report["totals"]["failed"].as_u64(), report["inputs"][0]["status"].as_str()), (Some(1), Some("failed")), "{report}");
    let failure = report["inputs"][0]["failure"].as_str().expect("a reason");
    assert!(words.iter().all(|w| failure.contains(w)), "{failure}");
}

/// Runs one odd but good input to its end; gives the frames.
#[track_caller]
fn works(dir: &Path, words: &[&str], frames: usize, stem: &str) -> Vec<serde_json::Value> {
    ego_run(dir, words).ended_with(0);
    let (lines, end) = json_lines(&dir.join(format!("out/{stem}.jsonl")));
    assert_eq!(lines.len(), frames);
    assert_eq!(end.expect("an end")["frames"].as_u64(), Some(frames as u64));
    lines
}

#[test]
fn missing_file() {
    let dir = folder();
    fails(dir.path(), "nowhere.mp4", &["cannot open nowhere.mp4", "No such file"]);
    assert!(!dir.path().join("out/nowhere.jsonl").exists());
}

#[test]
fn empty_file() {
    let dir = folder();
    std::fs::write(dir.path().join("empty.mp4"), b"").expect("write");
    fails(dir.path(), "empty.mp4", &["is empty (0 bytes)"]);
}

#[test]
fn not_a_video() {
    let dir = folder();
    std::fs::write(dir.path().join("letter.mp4"), "Dear reader, this is a letter and not a video.\n".repeat(50)).expect("write");
    fails(dir.path(), "letter.mp4", &["cannot read letter.mp4"]);
    assert!(!dir.path().join("out/letter.jsonl").exists(), "a file without a frame is left over");
}

#[test]
fn truncated_without_an_index() {
    let dir = folder();
    let clip = clips::plain(dir.path(), "clip.mp4", 20);
    let bytes = std::fs::read(&clip).expect("read");
    std::fs::write(&clip, &bytes[..bytes.len() / 2]).expect("write");
    fails(dir.path(), "clip.mp4", &["clip.mp4 is cut short"]);
}

#[test]
fn truncated_in_the_middle_keeps_the_frames_before() {
    let dir = folder();
    // The index comes first, so that half of the file is half of the frames.
    clips::launch(&format!(
        "videotestsrc pattern=snow num-buffers=30 ! video/x-raw,width=320,height=240,framerate=30/1 ! {X264} ! h264parse ! mp4mux faststart=true ! filesink location=\"{}/clip.mp4\"",
        dir.path().display()
    ));
    let bytes = std::fs::read(dir.path().join("clip.mp4")).expect("read");
    std::fs::write(dir.path().join("clip.mp4"), &bytes[..bytes.len() / 2]).expect("write");
    ego_run(dir.path(), &["clip.mp4", "--annotate"]).ended_with(1).says(&[
        "clip.mp4 is cut short",
        "bytes are missing",
        "frames are kept",
        "hint: ",
    ]);
    let (lines, _) = json_lines(&dir.path().join("out/clip.jsonl"));
    // The frames before the cut, of which the first are the largest.
    assert!((3..25).contains(&lines.len()), "{} frames", lines.len());
    assert_eq!(clips::frames_in(&dir.path().join("out/clip.annotated.mp4")), lines.len() as u64);
    let report = report(&dir.path().join("out/run.json"));
    assert_eq!(report["inputs"][0]["frames"].as_u64(), Some(lines.len() as u64));
}

#[test]
fn truncated_stream_that_only_warns() {
    let dir = folder();
    // A transport stream has no index: its first half is a shorter stream.
    let clip = clips::plain(dir.path(), "clip.ts", 30);
    let bytes = std::fs::read(&clip).expect("read");
    std::fs::write(&clip, &bytes[..bytes.len() / 2]).expect("write");
    ego_run(dir.path(), &["clip.ts"]).ended_with(0);
    let (lines, end) = json_lines(&dir.path().join("out/clip.jsonl"));
    assert!(lines.len() > 5 && lines.len() < 30 && end.is_some(), "{} frames", lines.len());
}

#[test]
fn sound_alone() {
    let dir = folder();
    for (name, line) in
        [("tone.wav", "wavenc"), ("tone.ogg", "vorbisenc ! oggmux"), ("tone.m4a", "avenc_aac ! mp4mux"), ("tone.mp4", "avenc_aac ! mp4mux")]
    {
        clips::launch(&format!(
            "audiotestsrc num-buffers=20 ! audioconvert ! {line} ! filesink location=\"{}/{name}\"",
            dir.path().display()
        ));
        ego_run(dir.path(), &[name, "--overwrite"]).ended_with(1).says(&[&format!("error: {name} has no video in it"), "hint: "]);
    }
}

#[test]
fn video_with_sound_is_video() {
    let dir = folder();
    clips::launch(&format!(
        "videotestsrc num-buffers=12 ! video/x-raw,width=320,height=240 ! {X264} ! h264parse ! mp4mux name=m ! filesink location=\"{}/both.mp4\" audiotestsrc num-buffers=20 ! avenc_aac ! m.",
        dir.path().display()
    ));
    works(dir.path(), &["both.mp4"], 12, "both");
}

#[test]
fn no_frame_in_the_video_stream() {
    let dir = folder();
    // An index that describes a video track of zero samples.
    let y4m = "YUV4MPEG2 W320 H240 F30:1 Ip A1:1 C420jpeg\n";
    std::fs::write(dir.path().join("none.y4m"), y4m).expect("write");
    ego_run(dir.path(), &["none.y4m"]).ended_with(1).says(&["none.y4m", "error: ", "hint: "]);
    let frameless = clips::frameless_mp4(dir.path(), "zero.mp4");
    assert!(frameless.exists());
    ego_run(dir.path(), &["zero.mp4", "--overwrite"]).ended_with(1).says(&["error: ", "zero.mp4", "hint: "]);
    assert!(!dir.path().join("out/zero.jsonl").exists());
}

#[test]
fn ten_bits() {
    let dir = folder();
    clips::ball(&dir.path().join("deep.mkv"), 10, (320, 240), "I420_10LE");
    let lines = works(dir.path(), &["deep.mkv", "--annotate"], 10, "deep");
    assert_eq!((lines[0]["width"].as_u64(), lines[0]["height"].as_u64()), (Some(320), Some(240)));
    assert_eq!(clips::frames_in(&dir.path().join("out/deep.annotated.mp4")), 10);
}

#[test]
fn odd_sides() {
    let dir = folder();
    clips::launch(&format!(
        "videotestsrc num-buffers=10 ! video/x-raw,width=321,height=243,framerate=30/1 ! jpegenc ! matroskamux ! filesink location=\"{}/odd.mkv\"",
        dir.path().display()
    ));
    let lines = works(dir.path(), &["odd.mkv", "--annotate"], 10, "odd");
    assert_eq!((lines[0]["width"].as_u64(), lines[0]["height"].as_u64()), (Some(321), Some(243)));
    assert_eq!(clips::decode(&dir.path().join("out/odd.annotated.mp4")), (10, (322, 244)));
}

#[test]
fn rotated_pictures_have_coordinates_as_shown() {
    let dir = folder();
    clips::turned_mp4(dir.path(), "turned.mp4", 10);
    let lines = works(dir.path(), &["turned.mp4", "--annotate"], 10, "turned");
    assert_eq!((lines[0]["width"].as_u64(), lines[0]["height"].as_u64()), (Some(240), Some(320)));
    assert_eq!(clips::decode(&dir.path().join("out/turned.annotated.mp4")), (10, (240, 320)));
}

#[test]
fn variable_frame_rate_keeps_every_frame_and_its_own_time() {
    let dir = folder();
    let times = [0_u64, 10, 200, 210, 220, 500, 510, 900, 1500, 1533];
    clips::with_times(&dir.path().join("uneven.mp4"), &times);
    let lines = works(dir.path(), &["uneven.mp4", "--annotate"], times.len(), "uneven");
    let found: Vec<u64> = lines.iter().map(|l| (l["pts_ns"].as_u64().expect("a time") + 500_000) / 1_000_000).collect();
    assert_eq!(found, times);
    assert_eq!(clips::frames_in(&dir.path().join("out/uneven.annotated.mp4")), times.len() as u64);
}

#[test]
fn another_size_in_mid_stream() {
    let dir = folder();
    let mut joined = Vec::new();
    for size in [(320, 240), (480, 240), (160, 120)] {
        let part = clips::ball(&dir.path().join("part.ts"), 8, size, "I420");
        joined.extend(std::fs::read(part).expect("read"));
    }
    std::fs::write(dir.path().join("sizes.ts"), joined).expect("write");
    ego_run(dir.path(), &["sizes.ts", "--annotate"]).ended_with(0).says(&["warning: ", "changes from 320x240 to 480x240 at frame 8"]);
    let (lines, end) = json_lines(&dir.path().join("out/sizes.jsonl"));
    let widths: Vec<_> = lines.iter().map(|l| l["width"].as_u64().expect("a width")).collect();
    assert_eq!((lines.len(), widths[7], widths[8], widths[16]), (24, 320, 480, 160));
    assert!(end.is_some());
    // The annotated video stays in its first size.
    assert_eq!(clips::decode(&dir.path().join("out/sizes.annotated.mp4")), (24, (320, 240)));
}

#[test]
fn no_time_stamps() {
    let dir = folder();
    clips::launch(&format!(
        "videotestsrc num-buffers=10 ! video/x-raw,width=320,height=240 ! jpegenc ! filesink location=\"{}/bare.mjpeg\"",
        dir.path().display()
    ));
    ego_run(dir.path(), &["bare.mjpeg", "--annotate"]).ended_with(0).says(&["warning: ", "no time stamps", "--fps"]);
    let times = |dir: &Path| -> Vec<u64> {
        json_lines(&dir.join("out/bare.jsonl")).0.iter().map(|l| l["pts_ns"].as_u64().expect("a time") / 1_000_000).collect()
    };
    assert_eq!(times(dir.path()), [0, 33, 66, 100, 133, 166, 200, 233, 266, 300]);
    assert_eq!(clips::frames_in(&dir.path().join("out/bare.annotated.mp4")), 10);
    works(dir.path(), &["bare.mjpeg", "--fps", "10", "--overwrite"], 10, "bare");
    assert_eq!(times(dir.path()), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
}

#[test]
fn a_bad_input_does_not_stop_the_others() {
    let dir = folder();
    clips::plain(dir.path(), "good.mp4", 10);
    std::fs::write(dir.path().join("empty.mp4"), b"").expect("write");
    ego_run(dir.path(), &["empty.mp4", "good.mp4", "none.mp4"]).ended_with(1).says(&["empty.mp4 is empty", "good.mp4: 10 frames"]);
    assert_eq!(json_lines(&dir.path().join("out/good.jsonl")).0.len(), 10);
    let totals = &report(&dir.path().join("out/run.json"))["totals"];
    assert_eq!((totals["inputs"].as_u64(), totals["failed"].as_u64(), totals["frames"].as_u64()), (Some(3), Some(2), Some(10)));
}

#[test]
fn a_damaged_picture_in_a_folder_is_an_error_that_keeps_what_came_before() {
    let dir = folder();
    let walk = dir.path().join("walk");
    std::fs::create_dir(&walk).expect("make");
    clips::launch(&format!(
        "videotestsrc num-buffers=8 ! video/x-raw,width=64,height=48 ! pngenc ! multifilesink location=\"{}/%03d.png\"",
        walk.display()
    ));
    std::fs::write(walk.join("005.png"), b"not a picture").expect("write");
    ego_run(dir.path(), &["walk", "--fps", "10"]).ended_with(1).says(&["error: ", "walk", "hint: "]);
    let (lines, _) = json_lines(&dir.path().join("out/walk.jsonl"));
    assert_eq!(lines.len(), 5);
}
