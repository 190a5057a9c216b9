//! `ego live` without a camera: a test picture, a stream that is pulled out and put back.

use ego_tests::clips;
use ego_tests::command::{Running, command};
use ego_tests::server::{Dress, Server};

use crate::{EGO, ego, folder, json_lines, report};

/// The one file in `out` with this ending.
fn result(dir: &std::path::Path, ending: &str) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir.join("out")).expect("there is out");
    let found: Vec<_> = files.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    assert_eq!(found.len(), 1, "{ending}: {found:?}");
    found[0].clone()
}

#[test]
fn the_test_picture_gives_lines_a_recording_and_a_report() {
    let dir = folder();
    let words = ["live", "test:ball", "--headless", "--out", "out", "--record", "--duration", "0.7", "--config", "none.toml"];
    ego(dir.path(), &words).ended_with(0);
    let (lines, end) = json_lines(&result(dir.path(), ".jsonl"));
    assert!(lines.len() >= 10 && end.is_some(), "{} frames", lines.len());
    let times: Vec<_> = lines.iter().map(|l| l["pts_ns"].as_u64().expect("a time")).collect();
    assert!(times.windows(2).all(|t| t[1] > t[0]), "{times:?}");
    assert!(clips::frames_in(&result(dir.path(), ".mkv")) >= lines.len() as u64);
    let report = report(&result(dir.path(), ".run.json"));
    assert_eq!(report["inputs"][0]["input"].as_str(), Some("test:ball"));
}

#[test]
fn lines_on_standard_output_for_a_pipe() {
    let dir = folder();
    let words = ["live", "test:", "--headless", "--json", "--duration", "0.3", "--config", "none.toml"];
    let finished = ego(dir.path(), &words).ended_with(0);
    let lines: Vec<serde_json::Value> = finished.stdout.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert!(lines.len() > 3);
    assert!(lines.iter().rev().skip(1).all(|l| l["schema"] == "ego.frame/1") && lines.last().is_some_and(|l| l["schema"] == "ego.end/1"));
}

#[test]
fn a_stream_that_is_pulled_out_and_put_back_goes_on_in_the_same_file() {
    let dir = folder();
    let clip = std::fs::read(clips::plain(dir.path(), "clip.ts", 15)).expect("read");
    let server = Server::start(vec![clip.clone(), clip], Dress::Bare);
    let source = format!("tcp://127.0.0.1:{}", server.port());
    let words = [
        "live",
        &source,
        "--headless",
        "--out",
        "out",
        "--record",
        "--json",
        "--config",
        "none.toml",
        "--set",
        "live.retry-first-s=0.05",
        "--set",
        "live.retry-most-s=0.1",
    ];
    let mut running = Running::start(command(EGO, dir.path(), &words));
    running.until("source-back");
    running.until("source-lost");
    let sent = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    running.finish().ended_with(130).says(&["source lost: ", "source back after "]);
    let (lines, end) = json_lines(&result(dir.path(), ".jsonl"));
    assert_eq!((lines.len(), end.is_some()), (30, true));
    let times: Vec<_> = lines.iter().map(|l| l["pts_ns"].as_u64().expect("a time")).collect();
    assert!(times.windows(2).all(|t| t[1] > t[0]), "{times:?}");
    assert_eq!(clips::frames_in(&result(dir.path(), ".mkv")), 30);
    assert_eq!(server.finish(), 2);
}

#[test]
fn sources_and_screens_that_are_not_there() {
    let dir = folder();
    let with = |words: &[&'static str]| [&["live"], words, &["--config", "none.toml"]].concat();
    ego(dir.path(), &with(&["no-such-camera", "--headless", "--json"])).ended_with(3).says(&["no-such-camera", "hint: `ego devices`"]);
    ego(dir.path(), &with(&["test:nonsense", "--headless", "--json"])).ended_with(3).says(&["nonsense", "hint: "]);
    ego(dir.path(), &with(&["none.mp4", "--display", "none", "--json"])).ended_with(1).says(&["none.mp4", "no such file"]);
    ego(dir.path(), &with(&["test:"])).ended_with(2).says(&["cannot open a window", "hint: use --headless"]);
    ego(dir.path(), &with(&["test:", "--display", "plain"])).ended_with(2).says(&["cannot open a window"]);
    let quiet = with(&["test:", "--json", "--duration", "0.2"]);
    assert!(ego(dir.path(), &quiet).ended_with(0).says(&["no screen"]).stdout.contains("ego.end/1"));
    ego(dir.path(), &with(&["test:", "--headless"])).ended_with(2).says(&["nowhere", "--out"]);
    ego(dir.path(), &with(&["test:", "--headless", "--record"])).ended_with(2).says(&["--out"]);
}
