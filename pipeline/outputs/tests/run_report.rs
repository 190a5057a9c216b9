//! `run.json` comes back, appears at once, and says what is wrong with it.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::Path;

use ego_outputs::{InputReport, InputStatus, ModelUse, RunReport, Timing};

fn report() -> RunReport {
    let mut report = RunReport {
        versions: [("egostream".to_owned(), "0.1.0".to_owned())].into(),
        command: ["ego", "run", "clip.mp4"].map(str::to_owned).into(),
        started_unix_ms: 1_700_000_000_000,
        wall_s: 1.5,
        models: vec![ModelUse { name: "hand-landmark-full".to_owned(), sha256: "ab".repeat(32), ..ModelUse::default() }],
        settings: [("hands.max".to_owned(), 2.into())].into(),
        ..RunReport::default()
    };
    let timings = [("hands".to_owned(), Timing { count: 90, mean_ms: 8.5, p95_ms: 9.5, max_ms: 20.0 })].into();
    report.add(InputReport { input: "clip.mp4".to_owned(), status: InputStatus::Done, frames: 90, timings, ..InputReport::default() });
    report.add(InputReport { failure: Some("no video".to_owned()), frames: 3, dropped: 1, errors: 2, ..InputReport::default() });
    report
}

#[test]
fn a_report_comes_back_with_its_totals() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("run.json");
    fs::write(&path, "old").expect("writes");
    report().write(&path).expect("writes");
    let back = RunReport::read(&path).expect("reads");
    assert_eq!(back, report());
    let totals = back.totals;
    assert_eq!((totals.inputs, totals.failed, totals.frames, totals.dropped, totals.errors), (2, 1, 93, 1, 2));
    assert!(fs::read_to_string(&path).expect("file").starts_with("{\n  \"schema\": \"ego.run/1\""));
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let folder = tempfile::tempdir().expect("temp folder");
    let taken = folder.path().join("run.json");
    fs::create_dir(&taken).expect("a folder in the way");
    fs::write(taken.join("kept"), "").expect("writes");
    let error = report().write(&taken).expect_err("a folder").to_string();
    assert!(error.contains("run.json") && error.contains("cannot write"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");
    let error = report().write(&folder.path().join("none/run.json")).expect_err("no folder").to_string();
    assert!(error.contains("create the folder"), "{error}");
}

#[test]
fn a_report_that_is_none_is_named() {
    let folder = tempfile::tempdir().expect("temp folder");
    let path = folder.path().join("run.json");
    report().write(&path).expect("writes");
    let text = fs::read_to_string(&path).expect("file");
    for (bad, complaint) in [
        (text.replace("ego.run/1", "ego.run/9"), "ego.run/9"),
        (text.replacen("\"wall_s\"", "\"walls\"", 1), "walls"),
        (text[..text.len() / 2].to_owned(), "EOF"),
    ] {
        fs::write(&path, bad).expect("writes");
        let error = RunReport::read(&path).expect_err("damaged").to_string();
        assert!(error.contains("run.json") && error.contains(complaint), "{error}");
    }
    assert!(RunReport::read(Path::new("/nonexistent/run.json")).expect_err("no file").to_string().contains("check the name"));
}
