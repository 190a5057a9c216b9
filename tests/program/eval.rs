//! `ego eval`: known answers, from truths of `sample-media` that are changed by known amounts.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{ego, folder};

fn truth(clip: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media").join(format!("{clip}.truth.jsonl"))
}

/// Writes a clip's truth as results after `change` has been at each frame.
fn write_changed(path: &Path, clip: &str, change: impl Fn(u64, &mut Value)) {
    let text = std::fs::read_to_string(truth(clip)).expect("sample media");
    let mut lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    lines.iter_mut().filter(|l| l["schema"] == "ego.frame/1").enumerate().for_each(|(n, line)| change(n as u64, line));
    std::fs::write(path, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).expect("write");
}

/// The figures of `ego eval --json`.
fn figures(folder: &Path, words: &[&str]) -> Value {
    let mut all = vec!["eval", "--json"];
    all.extend(words);
    let finished = ego(folder, &all).ended_with(0);
    let last: Value = serde_json::from_str(finished.stdout.lines().last().expect("a line")).expect("JSON");
    assert_eq!((last["type"].as_str(), last["v"].as_u64()), (Some("eval"), Some(1)));
    last["data"].clone()
}

fn near(data: &Value, key: &str, wanted: f64, within: f64) {
    let value = data["figures"][key]["value"].as_f64().unwrap_or_else(|| panic!("no {key} in {data:#}"));
    assert!((value - wanted).abs() <= within, "{key} is {value}, not {wanted}");
}

#[test]
fn the_truth_scored_against_itself_is_perfect() {
    let dir = folder();
    write_changed(&dir.path().join("pour-milk.jsonl"), "pour-milk", |_, _| {});
    let truth = truth("pour-milk").display().to_string();
    let data = figures(dir.path(), &["pour-milk.jsonl", "--truth", &truth]);
    assert_eq!((data["clips"].as_u64(), data["frames"].as_u64()), (Some(1), Some(80)));
    for (key, wanted) in [
        ("hands.both.found", 100.0),
        ("hands.both.right_side", 100.0),
        ("hands.both.pck20", 100.0),
        ("hands.both.mpjpe", 0.0),
        ("hands.invented_per_100_frames", 0.0),
        ("objects.precision", 100.0),
        ("objects.recall", 100.0),
        ("objects.map50", 100.0),
        ("action.top1", 100.0),
        ("action.f1_50", 100.0),
        ("action.delay.median", 0.0),
        ("action.false_labels_in_idle", 0.0),
    ] {
        near(&data, key, wanted, 1e-9);
    }
}

#[test]
fn known_changes_give_known_figures() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("out")).expect("make");
    write_changed(&dir.path().join("out/pour-milk.jsonl"), "pour-milk", |n, line| {
        for hand in line["hands"].as_array_mut().expect("hands") {
            for point in hand["image_px"].as_array_mut().expect("joints") {
                point[0] = (point[0].as_f64().expect("a number") + 3.0).into();
            }
            // 20 mm too far, all joints alike.
            for point in hand["camera_m"].as_array_mut().expect("joints") {
                point[2] = (point[2].as_f64().expect("a number") + 0.02).into();
            }
        }
        // Every second frame without objects, and the action half a second late.
        if n % 2 == 1 {
            line["objects"] = Value::Array(vec![]);
        }
    });
    let truth = truth("pour-milk");
    let data = figures(dir.path(), &["out", "--truth", &truth.display().to_string()]);
    near(&data, "hands.both.found", 100.0, 1e-9);
    near(&data, "hands.both.mpjpe", 20.0, 0.02);
    near(&data, "hands.both.mpjpe_wrist", 0.0, 0.02);
    near(&data, "hands.both.image_error", 3.0, 0.01);
    near(&data, "objects.precision", 100.0, 1e-9);
    near(&data, "objects.recall", 50.0, 2.0);
}

#[test]
fn a_folder_of_results_finds_its_truth_by_the_report_and_by_name() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("truth")).expect("make");
    std::fs::create_dir(dir.path().join("out")).expect("make");
    for clip in ["pour-milk", "long-idle"] {
        std::fs::copy(truth(clip), dir.path().join(format!("truth/{clip}.jsonl"))).expect("copy");
        write_changed(&dir.path().join(format!("out/{clip}.jsonl")), clip, |_, line| line["hands"] = Value::Array(vec![]));
    }
    let data = figures(dir.path(), &["out", "--truth", "truth", "--resamples", "50"]);
    assert_eq!(data["clips"].as_u64(), Some(2));
    near(&data, "hands.both.found", 0.0, 0.0);
    assert!(data["figures"]["hands.both.found"]["interval"].is_array(), "two clips have an interval: {data:#}");
    assert!(data["figures"].get("hands.both.pck20").is_none(), "no hand was found, so no joint was compared");

    // People read a table; a folder whose truth is nowhere is an input that failed.
    let table = ego(dir.path(), &["eval", "out", "--truth", "truth", "--per-clip"]).ended_with(0).stdout;
    assert!(table.contains("# pour-milk") && table.contains("# all: 2 clips"), "{table}");
    ego(dir.path(), &["eval", "out"]).ended_with(1).says(&["no truth for out/pour-milk.jsonl", "--truth"]);
    ego(dir.path(), &["eval", "nowhere"]).ended_with(2).says(&["nowhere"]);
    ego(dir.path(), &["eval", "out/pour-milk.jsonl", "--truth", "truth/nothing.jsonl"]).ended_with(1);
}

#[test]
fn a_run_over_made_clips_is_scored_without_naming_a_truth() {
    let dir = folder();
    let clips = ["synth", "--out", "set", "--layout", "video", "--prompt", "pour milk", "--size", "160x90", "--clips", "1"];
    ego(dir.path(), &clips).ended_with(0);
    ego(dir.path(), &["run", "set/*.mp4", "--out", "out", "--config", "none.toml"]).ended_with(0);
    // No stage has run: there is nothing to score, but the truth is found and the frames are paired.
    let data = figures(dir.path(), &["out"]);
    assert!(data["frames"].as_u64().is_some_and(|n| n > 30) && data["figures"] == serde_json::json!({}), "{data:#}");
}
