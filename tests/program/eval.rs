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

/// The numbers of a text file.
fn numbers(path: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

/// The folders `cam4` below `root`, in order.
fn cameras(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).expect("is a folder") {
        let path = entry.expect("readable").path();
        match path.file_name() {
            Some(name) if name == "cam4" => found.push(path),
            _ if path.is_dir() => found.extend(cameras(&path)),
            _ => {}
        }
    }
    found.sort();
    found
}

/// Puts hands, the held object and the action of a recording in H2O's layout on result lines, as its files say: the hands 20 mm too
/// far, the box right, the action told six frames late.
fn write_found(results: &Path, camera: &Path, label: &str) -> u64 {
    let [fx, fy, cx, cy, _, _] = numbers(&camera.join("cam_intrinsics.txt"))[..] else { panic!("six numbers") };
    let project = |p: &[f64]| [fx * p[0] / p[2] + cx, fy * p[1] / p[2] + cy];
    let text = std::fs::read_to_string(results).expect("results");
    let mut lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let (mut hands, mut acting) = (0, 0);
    for line in lines.iter_mut().filter(|l| l["schema"] == "ego.frame/1") {
        let file = format!("{:06}.txt", line["frame"].as_u64().expect("a number"));
        let pose = numbers(&camera.join("hand_pose").join(&file));
        let mut found = Vec::new();
        for (side, hand) in ["left", "right"].into_iter().zip(pose.chunks(64)).filter(|(_, hand)| hand[0] == 1.0) {
            let joints: Vec<&[f64]> = hand[1..].chunks(3).collect();
            let image: Vec<[f64; 2]> = joints.iter().map(|p| project(p)).collect();
            let camera: Vec<[f64; 3]> = joints.iter().map(|p| [p[0], p[1], p[2] + 0.02]).collect();
            found.push(serde_json::json!({
                "side": side, "score": 0.9, "track": 1, "image_px": image, "camera_m": camera, "joint_score": vec![0.9; 21],
                "depth_source": "estimated",
            }));
        }
        hands += found.len() as u64;
        line["hands"] = found.into();
        let object = numbers(&camera.join("obj_pose").join(&file));
        let points: Vec<[f64; 2]> = object[1..].chunks(3).map(project).collect();
        let most = |axis: usize, sign: f64| sign * points.iter().map(|p| sign * p[axis]).fold(f64::NEG_INFINITY, f64::max);
        let size = [line["width"].as_f64().expect("width"), line["height"].as_f64().expect("height")];
        let rect = [most(0, -1.0).max(0.0), most(1, -1.0).max(0.0), most(0, 1.0).min(size[0]), most(1, 1.0).min(size[1])];
        let object = serde_json::json!({ "label": "milk", "class": object[0] as u32, "score": 0.9, "box_px": rect, "in_hand": "none" });
        line["objects"] = if rect[0] < rect[2] && rect[1] < rect[3] { vec![object].into() } else { Value::Array(vec![]) };
        acting = if numbers(&camera.join("action_label").join(&file))[0] > 0.0 { acting + 1 } else { 0 };
        let name = if acting > 6 { label } else { "nothing" };
        line["action"] = serde_json::json!({
            "label": name, "class": 0, "score": 0.9, "top": [[name, 0.9]], "unknown": false, "uncertainty": 0.1, "stable": true,
            "window_ns": [0, 0],
        });
    }
    std::fs::write(results, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).expect("write");
    hands
}

#[test]
fn recordings_in_the_layout_of_h2o_are_a_truth() {
    let dir = folder();
    let made = ["synth", "--out", "set", "--prompt", "pour milk", "--size", "64x36", "--fps", "15", "--clips", "2"];
    ego(dir.path(), &made).ended_with(0);
    let cameras = cameras(&dir.path().join("set"));
    assert_eq!(cameras.len(), 2);
    let inputs: Vec<String> =
        cameras.iter().map(|c| c.join("rgb").strip_prefix(dir.path()).expect("is below").display().to_string()).collect();
    let words = ["run", &inputs[0], &inputs[1], "--fps", "15", "--out", "out", "--config", "none.toml"];
    ego(dir.path(), &words).ended_with(0);
    // Both inputs are called `rgb`: the report tells which results are whose.
    let report = crate::report(&dir.path().join("out/run.json"));
    let mut hands = 0;
    for input in report["inputs"].as_array().expect("inputs") {
        let stream = input["stream"].as_str().expect("a name");
        let of = inputs.iter().position(|i| input["input"].as_str().is_some_and(|path| path.ends_with(i))).expect("is one of the two");
        hands += write_found(&dir.path().join(format!("out/{stream}.jsonl")), &cameras[of], "pour milk");
    }
    for words in [&["out"][..], &["out", "--truth", "set"]] {
        let data = figures(dir.path(), words);
        assert_eq!(data["clips"].as_u64(), Some(2), "{words:?}");
        assert_eq!(data["figures"]["hands.both.found"]["n"].as_u64(), Some(hands), "{words:?}");
        for (key, wanted, within) in [
            ("hands.both.found", 100.0, 0.0),
            ("hands.both.right_side", 100.0, 0.0),
            ("hands.both.pck20", 100.0, 0.0),
            ("hands.both.mpjpe", 20.0, 0.01),
            ("hands.both.mpjpe_wrist", 0.0, 0.01),
            ("hands.both.image_error", 0.0, 0.01),
            ("hands.invented_per_100_frames", 0.0, 0.0),
            ("objects.precision", 100.0, 0.0),
            ("objects.recall", 100.0, 0.0),
            ("action.top1", 100.0, 0.0),
            ("action.f1_50", 100.0, 0.0),
            ("action.delay.median", 0.4, 1e-6),
            ("action.false_labels_in_idle", 0.0, 0.0),
        ] {
            near(&data, key, wanted, within);
        }
    }
    // One recording by name.
    let one = cameras[0].parent().expect("a recording").display().to_string();
    let stream =
        report["inputs"].as_array().and_then(|all| all.iter().find(|i| i["input"].as_str().is_some_and(|p| p.ends_with(&inputs[0]))));
    let stream = stream.and_then(|input| input["stream"].as_str()).expect("a name");
    let data = figures(dir.path(), &[&format!("out/{stream}.jsonl"), "--truth", &one]);
    assert_eq!(data["clips"].as_u64(), Some(1));
    // A damaged file is an error that names it.
    std::fs::write(cameras[0].join("hand_pose/000003.txt"), "1 2 3").expect("write");
    ego(dir.path(), &["eval", &format!("out/{stream}.jsonl")]).ended_with(1).says(&["000003.txt"]);
}
