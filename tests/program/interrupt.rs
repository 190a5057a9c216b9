//! Ctrl-C and closed pipes.

use std::process::Command;

use ego_tests::clips;
use ego_tests::command::{Running, command};

use crate::{EGO, folder, json_lines, report};

#[test]
fn ctrl_c_in_the_middle_leaves_valid_files() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 30);
    clips::plain(dir.path(), "next.mp4", 5);
    // Each frame takes 50 ms, so that the signal comes long before the end.
    let words = [
        "run",
        "clip.mp4",
        "next.mp4",
        "--out",
        "out",
        "--annotate",
        "--json",
        "--config",
        "none.toml",
        "--set",
        "identity.sleep-time=50000",
    ];
    let mut running = Running::start(command(EGO, dir.path(), &words));
    running.until("\"type\":\"progress\"");
    let sent = Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    running.finish().ended_with(130).says(&["stopping", "stopped early"]);
    let (lines, end) = json_lines(&dir.path().join("out/clip.jsonl"));
    assert!(!lines.is_empty() && lines.len() < 30, "{} frames", lines.len());
    assert_eq!(end.expect("the end is written")["frames"].as_u64(), Some(lines.len() as u64));
    assert_eq!(clips::frames_in(&dir.path().join("out/clip.annotated.mp4")), lines.len() as u64);
    assert!(!dir.path().join("out/next.jsonl").exists());
    let report = report(&dir.path().join("out/run.json"));
    assert_eq!((report["interrupted"].as_bool(), report["inputs"][0]["status"].as_str()), (Some(true), Some("interrupted")), "{report}");
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let dir = folder();
    let mut child = command(EGO, dir.path(), &["config", "show", "--config", "none.toml"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = child.stdout(writer).output().expect("the program starts");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
