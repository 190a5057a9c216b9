//! The whole chain over the clips of `sample-media`, each stage against the truth with a tolerance.
//!
//! The bounds are what the models that come along reach on these clips, less a margin for another version of a video decoder; how good
//! the models are on unseen people is measured elsewhere (`docs/results.md`). Needs ONNX Runtime and the models (`./x setup`); without
//! them these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

use std::path::Path;

use serde_json::Value;

use crate::{ego, folder, json_lines};

/// Runs a clip through a preset; the folder with its results, or `None` when the models are not here and need not be.
fn run(clip: &str, preset: &str) -> Option<tempfile::TempDir> {
    let dir = folder();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media");
    for name in [format!("{clip}.mp4"), format!("{clip}.truth.jsonl")] {
        std::fs::copy(media.join(&name), dir.path().join(&name)).expect("sample media");
    }
    let finished = ego(dir.path(), &["run", &format!("{clip}.mp4"), "--config", preset, "--annotate", "--out", "out"]);
    if finished.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
        eprintln!("skipped: {}", finished.stderr);
        return None;
    }
    finished.ended_with(0);
    Some(dir)
}

/// The figures of `ego eval`.
fn figures(dir: &Path) -> Value {
    let finished = ego(dir, &["eval", "out", "--json"]).ended_with(0);
    let last: Value = serde_json::from_str(finished.stdout.lines().last().expect("a line")).expect("JSON");
    last["data"]["figures"].clone()
}

fn at_least(figures: &Value, key: &str, bound: f64) {
    let value = figures[key]["value"].as_f64().unwrap_or_else(|| panic!("no {key} in {figures:#}"));
    assert!(value >= bound, "{key} is {value}, should be at least {bound}: {figures:#}");
}

fn at_most(figures: &Value, key: &str, bound: f64) {
    let value = figures[key]["value"].as_f64().unwrap_or_else(|| panic!("no {key} in {figures:#}"));
    assert!(value <= bound, "{key} is {value}, should be at most {bound}: {figures:#}");
}

#[test]
fn pouring_milk_is_named_with_hands_box_and_mask() {
    let Some(dir) = run("pour-milk", "batch") else { return };
    let (lines, end) = json_lines(&dir.path().join("out/pour-milk.jsonl"));
    assert_eq!((lines.len(), end.expect("an end")["dropped"].as_u64()), (80, Some(0)));
    let told = |l: &Value| l["action"]["stable"] == true && l["action"]["label"] == "pour milk";
    assert!(lines.iter().any(told), "the action is named");
    assert!(lines.iter().all(|l| l["mask"]["kept"].as_f64().is_some_and(|kept| kept > 0.05 && kept < 0.99)), "the far side is cut off");
    assert!(lines.iter().all(|l| l["age_ns"]["hands"] == 0 && l["age_ns"]["objects"] == 0), "every frame is analysed");
    let figures = figures(dir.path());
    at_least(&figures, "hands.both.found", 95.0);
    at_least(&figures, "hands.both.pck20", 80.0);
    at_least(&figures, "objects.recall", 50.0);
    at_least(&figures, "action.top1", 100.0);
    at_most(&figures, "hands.invented_per_100_frames", 5.0);
}

#[test]
fn a_file_gives_the_same_lines_however_fast_the_threads_are() {
    // The mask of this clip is moved back for hands that a later stage tells of: on other frames in every run, unless bound to theirs.
    let runs: [&[&str]; 3] =
        [&[], &["--annotate", "--set", "hands.threads=2"], &["--set", "depth.threads=2", "--set", "objects.interval=9"]];
    let mut seen: Vec<Vec<(Value, Value)>> = Vec::new();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media/both-hands.mp4");
    for more in runs {
        let dir = folder();
        let clip = media.to_str().expect("UTF-8");
        let finished = ego(dir.path(), &[&["run", clip, "--out", "out"], more].concat());
        if finished.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
            eprintln!("skipped: {}", finished.stderr);
            return;
        }
        finished.ended_with(0);
        let (lines, _) = json_lines(&dir.path().join("out/both-hands.jsonl"));
        seen.push(lines.iter().map(|l| (l["hands"].clone(), l["mask"].clone())).collect());
    }
    assert_eq!(seen[0].len(), 172);
    assert!(seen[0].iter().any(|(_, mask)| mask["relaxed"] == true), "the clip has masks that were moved back");
    for (n, other) in seen.iter().enumerate() {
        let differ: Vec<usize> = (0..172).filter(|i| other[*i] != seen[0][*i]).collect();
        assert!(differ.is_empty(), "run {n} differs in frames {differ:?}");
    }
}

#[test]
fn while_nothing_happens_nothing_is_named() {
    let Some(dir) = run("long-idle", "batch") else { return };
    let figures = figures(dir.path());
    at_most(&figures, "action.false_labels_in_idle", 7.0);
}

/// What people are told by a run over a clip with these settings; `None` when a model is not here and need not be.
fn told(settings: &[&str]) -> Option<String> {
    let dir = folder();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media/pour-milk.mp4").display().to_string();
    std::fs::write(dir.path().join("labels.txt"), "cup\npan\npot\njug\nmug\ntin\nbox\nbag\n").expect("write");
    let mut words = vec!["run", clip.as_str(), "--out", "out"];
    words.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let finished = ego(dir.path(), &words);
    if finished.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
        eprintln!("skipped: {}", finished.stderr);
        return None;
    }
    let finished = finished.ended_with(0);
    assert_eq!(json_lines(&dir.path().join("out/pour-milk.jsonl")).0.len(), 80, "{settings:?}");
    Some(finished.stderr)
}

#[test]
fn a_stage_that_is_missing_is_named_and_the_run_goes_on() {
    for (stages, named, silent) in [
        ("stages=action", &["put the stage hands before it", "runs on hands alone"][..], "stage depth"),
        ("stages=hands,action", &["runs on hands alone", "put the stage objects before it"], "put the stage hands"),
        ("stages=objects,action", &["waits for hands", "put the stage hands before it"], "put the stage objects"),
        ("stages=sharp", &["waits for depth", "put the stage depth before it"], "stage hands"),
    ] {
        let Some(told) = told(&[stages]) else { return };
        assert!(named.iter().all(|words| told.contains(words)) && !told.contains(silent), "{stages}: {told}");
    }
}

#[test]
fn objects_whose_names_the_action_model_does_not_know_are_told_and_not_used() {
    let Some(told) = told(&["stages=objects,action", "objects.labels=./labels.txt"]) else { return };
    assert!(told.contains("does not know book") && told.contains("no object is used") && told.contains("cup, pan"), "{told}");
}
