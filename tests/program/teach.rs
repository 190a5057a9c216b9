//! `ego teach`: from marks and from tables to a model, and everything that cannot be learnt from.

use std::fmt::Write as _;
use std::path::Path;

use crate::{ego, folder};

/// The motions that the recordings of these tests hold, three examples of each with rest between.
const MOTIONS: [&str; 2] = ["wave", "close"];
const FRAMES_OF_ONE: usize = 45;

/// Joints of a right hand in pixels of 640x480: `wave` moves it from side to side, `close` bends the fingers, else it rests.
fn joints(motion: &str, t: f64, shift: f64) -> Vec<[f64; 2]> {
    let swing = if motion == "wave" { 60.0 * (9.0 * t).sin() } else { 0.0 };
    let bend = if motion == "close" { 0.7 + 0.6 * (8.0 * t).sin() } else { 0.1 };
    let wrist = [320.0 + shift + swing + 1.5 * (31.0 * t).sin(), 330.0 + (23.0 * t).cos()];
    (0..21)
        .map(|j| {
            if j == 0 {
                return wrist;
            }
            let (finger, k) = ((j - 1) / 4, (j - 1) % 4);
            let mut p = [wrist[0] + 18.0 * (finger as f64 - 2.0), wrist[1] - 80.0];
            for bone in 0..k {
                let angle = bend * (bone as f64 + 1.0);
                p = [p[0] + 26.0 * angle.sin() * 0.3, p[1] - 26.0 * angle.cos()];
            }
            p
        })
        .collect()
}

/// Writes `NAME.jsonl` with six examples and rest between them, and returns its marks.
fn recording(folder: &Path, name: &str, shift: f64) -> Vec<String> {
    let (mut text, mut marks, mut frame) = (String::new(), Vec::new(), 0usize);
    for example in 0..6 {
        let motion = MOTIONS[example % 2];
        for part in ["rest", motion] {
            let first = frame;
            for _ in 0..FRAMES_OF_ONE {
                let t = frame as f64 / 30.0;
                let points: Vec<String> = joints(part, t, shift).iter().map(|[x, y]| format!("[{x:.2},{y:.2}]")).collect();
                let scores = vec!["0.9"; 21].join(",");
                let _ = writeln!(
                    text,
                    r#"{{"schema":"ego.frame/1","stream":"{name}","frame":{frame},"pts_ns":{},"width":640,"height":480,"hands":[{{"side":"right","score":0.97,"track":1,"image_px":[{}],"camera_m":null,"joint_score":[{scores}],"depth_source":"none"}}]}}"#,
                    frame * 33_333_333,
                    points.join(",")
                );
                frame += 1;
            }
            if part != "rest" {
                let (start, end) = (first * 33_333_333, (frame - 1) * 33_333_333);
                marks.push(format!(r#"{{"recording":"{name}","label":"{motion}","start_ns":{start},"end_ns":{end}}}"#));
            }
        }
    }
    let _ = writeln!(text, r#"{{"schema":"ego.end/1","frames":{frame},"dropped":0,"errors":0}}"#);
    std::fs::write(folder.join(format!("{name}.jsonl")), text).expect("write");
    marks
}

fn write_marks(folder: &Path, file: &str, marks: &[String]) {
    let text = format!(r#"{{"schema":"ego.marks/1","marks":[{}]}}"#, marks.join(","));
    std::fs::write(folder.join(file), text).expect("write");
}

#[test]
fn two_recordings_become_a_model_that_knows_a_third() {
    let dir = folder();
    let mut marks = recording(dir.path(), "monday", 0.0);
    marks.extend(recording(dir.path(), "tuesday", 40.0));
    write_marks(dir.path(), "marks.json", &marks);
    let words = ["teach", "--marks", "marks.json", "--name", "mine", "--out", "models", "monday.jsonl", "tuesday.jsonl"];
    let taught = ego(dir.path(), &words).ended_with(0).says(&["fitted in", "action.model=mine"]);
    let out = &taught.stdout;
    assert!(out.contains("close") && out.contains("6 examples") && out.contains("nothing") && out.contains("models/mine.onnx"), "{out}");
    let accuracy = out.lines().find_map(|l| l.strip_prefix("accuracy with one recording left out: ")).expect("an accuracy");
    let share: f64 = accuracy.split(' ').next().and_then(|v| v.parse().ok()).expect("a number");
    assert!(share > 0.9 && accuracy.contains("95 % interval"), "{accuracy}");
    let manifest = std::fs::read_to_string(dir.path().join("models/mine.toml")).expect("a manifest");
    assert!(manifest.contains(r#"layout = "hands""#) && manifest.contains(r#"labels = ["close", "wave", "nothing"]"#), "{manifest}");

    let friday = recording(dir.path(), "friday", -30.0);
    write_marks(dir.path(), "friday.json", &friday);
    let check = ego(dir.path(), &["teach", "--check", "models/mine.toml", "--marks", "friday.json", "friday.jsonl"]);
    if check.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
        eprintln!("skipped: ONNX Runtime is not installed");
        return;
    }
    let check = check.ended_with(0);
    let share: f64 =
        check.stdout.split("accuracy of models/mine.toml: ").nth(1).and_then(|t| t.split(' ').next()?.parse().ok()).expect("number");
    assert!(share > 0.9, "{}", check.stdout);
    let wrong = ["teach", "--check", "models/mine.toml", "--layout", "body", "--marks", "friday.json", "friday.jsonl"];
    ego(dir.path(), &wrong).ended_with(2).says(&["was taught with the features hands, not body"]);
}

#[test]
fn what_cannot_be_learnt_from_is_refused_with_the_remedy() {
    let dir = folder();
    let marks = recording(dir.path(), "clip", 0.0);
    let only: Vec<String> = marks.iter().filter(|m| m.contains("wave")).cloned().collect();
    let mut contrary = only.clone();
    contrary.push(only[0].replace("wave", "close"));
    for (file, marks) in [("good.json", &marks), ("one.json", &only), ("contrary.json", &contrary), ("none.json", &Vec::new())] {
        write_marks(dir.path(), file, marks);
    }
    std::fs::write(
        dir.path().join("short.json"),
        r#"{"schema":"ego.marks/1","marks":[{"recording":"clip","label":"a","start_ns":5,"end_ns":5}]}"#,
    )
    .expect("write");
    write_marks(dir.path(), "elsewhere.json", &[only[0].replace("clip", "other")]);
    for (words, said) in [
        (&["--marks", "good.json", "clip.jsonl"][..], "the new model has no name"),
        (&["--name", "x", "clip.jsonl"], "no marks"),
        (&["--name", "x", "--marks", "good.json"], "no recording is given"),
        (&["--name", "x", "--marks", "none.json", "clip.jsonl"], "no marks"),
        (&["--name", "x", "--marks", "one.json", "--no-nothing", "clip.jsonl"], "only one class, \"wave\""),
        (&["--name", "x", "--marks", "contrary.json", "clip.jsonl"], "is marked as both \"wave\" and \"close\""),
        (&["--name", "x", "--marks", "elsewhere.json", "clip.jsonl"], "the marks name other"),
        (&["--name", "x", "--marks", "good.json", "--layout", "arms", "clip.jsonl"], "the layouts are hands, body"),
        (&["--name", "x", "--marks", "good.json", "--layout", "body", "clip.jsonl"], "there is nothing to learn from"),
        (&["--name", "x", "--marks", "good.json", "--window", "1", "clip.jsonl"], "2 to 120 frames"),
        (&["--name", "../x", "--marks", "good.json", "--no-test", "--out", "m", "clip.jsonl"], "letters, digits"),
    ] {
        let all: Vec<&str> = std::iter::once("teach").chain(words.iter().copied()).collect();
        ego(dir.path(), &all).ended_with(2).says(&[said]);
    }
    ego(dir.path(), &["teach", "--name", "x", "--marks", "short.json", "clip.jsonl"]).ended_with(1).says(&["mark 1 (a) ends at 5 ns"]);
    assert!(!dir.path().join("m").exists());
}

#[test]
fn few_examples_of_one_recording_are_warned_about() {
    let dir = folder();
    let marks = recording(dir.path(), "clip", 0.0);
    write_marks(dir.path(), "marks.json", &marks);
    let taught = ego(dir.path(), &["--json", "teach", "--name", "x", "--marks", "marks.json", "--out", "m", "clip.jsonl"]).ended_with(0);
    let taught = taught.says(&["has only 3 examples", "for this recording only"]);
    let kinds: Vec<String> = taught
        .stdout
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON")["type"].as_str().expect("a type").to_owned())
        .collect();
    assert_eq!(kinds, ["classes", "held-out", "model"]);
}

/// A table of hands: class 0 open, class 1 closed, in blocks of 100 rows.
fn hand_table(rows: usize) -> String {
    let mut text = String::new();
    for i in 0..rows {
        let class = i / (rows / 2);
        let motion = if class == 0 { "rest" } else { "close" };
        // Around t = 0.2 the fingers are bent.
        let points = joints(motion, 0.15 + 0.001 * (i % 60) as f64, 0.0);
        let cells: Vec<String> = points.iter().flatten().map(|v| format!("{:.4}", v / 640.0)).collect();
        let _ = writeln!(text, "{class},{}", cells.join(","));
    }
    text
}

#[test]
fn a_table_of_hands_is_split_by_blocks_and_becomes_a_model() {
    let dir = folder();
    std::fs::write(dir.path().join("keys.csv"), hand_table(1200)).expect("write");
    std::fs::write(dir.path().join("keys_classifier_label.csv"), "\u{feff}Open\r\nClose\r\n").expect("write");
    let words = ["teach", "--table", "keys.csv", "--kind", "hand-csv", "--split", "blocks", "--seeds", "2", "--name", "keys", "--out", "m"];
    let taught = ego(dir.path(), &words).ended_with(0);
    let out = &taught.stdout;
    assert!(out.contains("Open 600, Close 600") && out.contains("seed 1: 1.0000 of") && out.contains("accuracy 1.0000"), "{out}");
    let manifest = std::fs::read_to_string(dir.path().join("m/keys.toml")).expect("a manifest");
    assert!(manifest.contains(r#"head = "gesture""#) && manifest.contains("split") && manifest.contains("hand-shape"), "{manifest}");
    ego(dir.path(), &["teach", "--table", "keys.csv", "--kind", "hand-csv", "--split", "random", "--seeds", "1"])
        .ended_with(0)
        .says(&["how well the classifier remembers"]);
    // Played as it was, the windows held out are tested again, and none that was learnt from.
    let words = ["teach", "--table", "keys.csv", "--kind", "hand-csv", "--split", "random", "--seeds", "2", "--speeds", "1", "--json"];
    let told = ego(dir.path(), &words).ended_with(0);
    let lines: Vec<serde_json::Value> = told.stdout.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let of = |kind: &str| lines.iter().filter(|l| l["type"] == kind).map(|l| l["data"].clone()).collect::<Vec<_>>();
    let held_out: u64 = of("seed").iter().map(|s| s["result"]["windows"].as_u64().expect("a count")).sum();
    let again = of("changed").pop().expect("a line about the change");
    assert!((400..1000).contains(&held_out), "about 30 % of 1200, twice: {held_out}");
    assert_eq!(again["windows"].as_u64(), Some(held_out), "{again}");
    assert_eq!(again["same_label"].as_f64(), Some(1.0), "{again}");
    ego(dir.path(), &["teach", "--table", "keys.csv", "--kind", "body-csv"]).ended_with(1).says(&["42 numbers a row where 36"]);
    ego(dir.path(), &["teach", "--table", "keys.csv"]).ended_with(2).says(&["say --kind"]);
    ego(dir.path(), &["teach", "--table", "keys.csv", "--kind", "hand-csv", "--layout", "body"])
        .ended_with(2)
        .says(&["cannot give the features body"]);
}

#[test]
fn damaged_frames_are_counted_and_teach_nothing() {
    let dir = folder();
    let marks = recording(dir.path(), "clip", 0.0);
    write_marks(dir.path(), "marks.json", &marks);
    let sound = std::fs::read_to_string(dir.path().join("clip.jsonl")).expect("readable");
    let windows = |name: &str| {
        let file = format!("{name}.jsonl");
        let words = ["--json", "teach", "--name", name, "--marks", "marks.json", "--no-test", "--out", "m", &file];
        let taught = ego(dir.path(), &words).ended_with(0);
        let classes: serde_json::Value = serde_json::from_str(taught.stdout.lines().next().expect("a line")).expect("JSON");
        let counts = classes["data"]["classes"].as_array().expect("classes").iter();
        (counts.map(|c| c["windows"].as_u64().expect("a number")).sum::<u64>(), taught.stderr)
    };
    let (all, said) = windows("clip");
    assert!(!said.contains("left out are"), "{said}");
    // In frames 160 to 164 the wrist is nowhere, far away, or the time stands still.
    let damaged = |n: usize, line: &str| -> String {
        let wrist = line.find("\"image_px\":[").map_or(0, |at| at + "\"image_px\":[".len());
        let end = line[wrist..].find(']').map_or(wrist, |at| wrist + at + 1);
        match n {
            160 => format!("{}[null,null]{}", &line[..wrist], &line[end..]),
            162 => format!("{}[1e30,0]{}", &line[..wrist], &line[end..]),
            163 | 164 => line.replace(&format!("\"pts_ns\":{},", n * 33_333_333), &format!("\"pts_ns\":{},", 161_u64 * 33_333_333)),
            _ => line.to_owned(),
        }
    };
    let lines: Vec<String> = sound.lines().enumerate().map(|(n, line)| damaged(n, line)).collect();
    std::fs::write(dir.path().join("broken.jsonl"), lines.join("\n") + "\n").expect("write");
    let (left, said) = windows("broken");
    assert!(
        said.contains("clip: left out are 2 hands or people with coordinates") && said.contains("and 2 frames whose time stamps"),
        "{said}"
    );
    assert!(left < all && left + 30 > all, "{left} of {all} windows");
}

/// The marks of README's section "Teach it your own action".
const README_MARKS: [(&str, &str, u64, u64); 3] = [
    ("open-close-lotion", "open lotion", 233_000_000, 2_300_000_000),
    ("open-close-lotion", "close lotion", 3_133_000_000, 4_400_000_000),
    ("pour-milk", "pour milk", 267_000_000, 1_867_000_000),
];

/// Labels that a result file tells, each stretch once.
fn told(path: &Path) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for line in crate::json_lines(path).0 {
        let actions = line["fast"].as_array().cloned().unwrap_or_default();
        let stable = actions.iter().map(|f| &f["action"]).find(|a| a["stable"] == true);
        labels.push(stable.and_then(|a| a["label"].as_str()).unwrap_or_default().to_owned());
    }
    labels.dedup();
    labels.retain(|l| !l.is_empty());
    labels.dedup();
    labels
}

#[test]
fn what_readme_teaches_is_told_where_it_happens_and_nowhere_else() {
    let dir = folder();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media");
    for clip in ["open-close-lotion.mp4", "pour-milk.mp4", "long-idle.mp4"] {
        std::fs::copy(media.join(clip), dir.path().join(clip)).expect("sample media");
    }
    let marks: Vec<String> = README_MARKS
        .iter()
        .map(|(recording, label, start, end)| {
            format!(r#"{{"recording":"{recording}","label":"{label}","start_ns":{start},"end_ns":{end}}}"#)
        })
        .collect();
    write_marks(dir.path(), "marks.json", &marks);
    let words = ["teach", "--marks", "marks.json", "--name", "mine", "--out", ".", "open-close-lotion.mp4", "pour-milk.mp4"];
    let taught = ego(dir.path(), &words);
    if taught.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
        eprintln!("skipped: {}", taught.stderr);
        return;
    }
    taught.ended_with(0).says(&["\"pour milk\" has only 1 example:", "record a second one"]);
    let clips = ["pour-milk.mp4", "open-close-lotion.mp4", "long-idle.mp4"];
    let set = ["stages=hands,kinematics,action", "kinematics.layout=hands", "action.model=mine.toml"].map(|s| ["--set", s]);
    ego(dir.path(), &[&["run", "--out", "out"], clips.as_slice(), set.as_flattened()].concat()).ended_with(0);
    let [milk, lotion, idle] = clips.map(|clip| told(&dir.path().join("out").join(clip.replace("mp4", "jsonl"))));
    assert_eq!(milk, ["pour milk"]);
    assert_eq!(lotion, ["open lotion", "close lotion"]);
    assert!(idle.is_empty(), "{idle:?}");
    let check = ego(dir.path(), &["teach", "--check", "mine.toml", "--marks", "marks.json", "open-close-lotion.mp4"]).ended_with(0);
    assert!(check.stdout.contains("accuracy of mine.toml") && !check.stderr.contains("only"), "{}{}", check.stdout, check.stderr);
}
