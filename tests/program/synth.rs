//! `ego synth`: clips, resuming, the same bytes, and what is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ego_tests::clips;
use ego_tests::command::{Finished, Running, command, finish};

use crate::bad_output::SmallDisk;
use crate::{EGO, ego, folder, json_lines};

/// Small pictures at a low rate: the motion lasts as long as ever, but there are fewer frames.
const SMALL: [&str; 4] = ["--size", "64x36", "--fps", "6"];

fn synth(folder: &Path, words: &[&str]) -> Finished {
    let mut all = vec!["synth"];
    all.extend(words);
    ego(folder, &all)
}

/// Every file below a folder with its bytes.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("is a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("readable");
                found.insert(path.strip_prefix(root).expect("is below").to_owned(), bytes);
            }
        }
    }
    found
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, bytes) in &a {
        assert!(*bytes == b[path], "{} differs", path.display());
    }
}

fn numbers(path: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.split_whitespace().map(|w| w.parse().expect("a number")).collect()
}

#[test]
fn recordings_are_what_their_lists_say() {
    let dir = folder();
    let run = synth(dir.path(), &[&["--out", "set", "--clips", "3", "--split", "val", "--imu"], &SMALL[..]].concat()).ended_with(0);
    let set = dir.path().join("set");
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    let list = std::fs::read_to_string(set.join("action_labels/action_val.txt")).expect("is there");
    let rows: Vec<Vec<&str>> = list.lines().map(|l| l.split(' ').collect()).collect();
    assert_eq!(rows[0], ["id", "path", "action_label", "start_act", "end_act", "start_frame", "end_frame"]);
    // A clip has a row for what it is about, and one for each thing that has to be done first.
    let mut clips: BTreeMap<&str, Vec<[i64; 5]>> = BTreeMap::new();
    for (number, row) in rows[1..].iter().enumerate() {
        let n: Vec<i64> = row[2..].iter().map(|w| w.parse().expect("a number")).collect();
        let [action, first, last, begin, end] = n[..] else { panic!("{row:?}") };
        assert_eq!(row[0], (number + 1).to_string());
        assert!((1..=36).contains(&action) && begin == 0 && first <= last && last <= end, "{row:?}");
        let before = clips.entry(row[1]).or_default();
        assert!(before.last().is_none_or(|b| b[2] < first && b[4] == end), "{row:?}");
        before.push([action, first, last, begin, end]);
    }
    assert_eq!(clips.len(), 3);
    let mut frames_listed = 0;
    for (path, row) in &clips {
        let [_, _, _, begin, end] = row[0];
        let camera = set.join(path).join("cam4");
        let k = numbers(&camera.join("cam_intrinsics.txt"));
        assert_eq!((k.len(), k[4], k[5]), (6, 64.0, 36.0));
        for frame in begin..=end {
            let read = |name: &str| numbers(&camera.join(name).join(format!("{frame:06}.txt")));
            let label = row.iter().find(|r| (r[1]..=r[2]).contains(&frame)).map_or(0, |r| r[0]);
            assert_eq!(read("action_label"), [label as f64], "{path} frame {frame}");
            let hands = read("hand_pose");
            assert_eq!(hands.len(), 128);
            for hand in hands.chunks(64).filter(|h| h[0] == 1.0) {
                // An annotated hand is in view: most of its joints are before the camera and inside the picture.
                let inside = hand[1..].chunks(3).filter(|p| {
                    let (u, v) = (k[0] * p[0] / p[2] + k[2], k[1] * p[1] / p[2] + k[3]);
                    p[2] > 0.0 && (-1.0..65.0).contains(&u) && (-1.0..37.0).contains(&v)
                });
                assert!(inside.count() >= 8, "{path} frame {frame}");
            }
            let object = read("obj_pose");
            assert!(object.len() == 64 && (1.0..=8.0).contains(&object[0]));
            let centre: Vec<f64> = (0..3).map(|c| (1..9).map(|p| object[1 + 3 * p + c]).sum::<f64>() / 8.0).collect();
            assert!(centre.iter().zip(&object[1..4]).all(|(a, b)| (a - b).abs() < 1e-6), "point 0 is the middle of the corners");
            for name in ["rgb", "depth"] {
                assert!(camera.join(name).join(format!("{frame:06}.png")).is_file());
            }
        }
        assert!(!camera.join(format!("rgb/{:06}.png", end + 1)).exists());
        frames_listed += end + 1;
        let imu = std::fs::read_to_string(set.join(path).join("imu.csv")).expect("is there");
        assert!(imu.lines().any(|l| l.starts_with("head,")) && imu.contains("\nleft_wrist,"));
    }
    let pictures = std::fs::read_to_string(set.join("pose_lists/pose_val.txt")).expect("is there");
    assert_eq!(pictures.lines().count() as i64, frames_listed);
    assert!(pictures.lines().all(|l| set.join(l).is_file()));
}

#[test]
fn more_jobs_give_the_same_bytes() {
    let dir = folder();
    for (out, jobs) in [("one", "1"), ("three", "3")] {
        synth(dir.path(), &[&["--out", out, "--clips", "4", "--jobs", jobs], &SMALL[..]].concat()).ended_with(0);
        let words = ["--out", &format!("{out}-poses"), "--clips", "40", "--jobs", jobs, "--poses-only", "--imu"];
        synth(dir.path(), &words).ended_with(0);
    }
    same(&dir.path().join("one"), &dir.path().join("three"));
    same(&dir.path().join("one-poses"), &dir.path().join("three-poses"));
    assert_eq!(files(&dir.path().join("one-poses")).keys().filter(|p| p.extension().is_some_and(|e| e == "npz")).count(), 40);
}

#[test]
fn an_interrupted_series_goes_on_where_it_was() {
    let dir = folder();
    let words = |out: &'static str| [&["synth", "--out", out, "--clips", "6", "--json", "--jobs", "1"], &SMALL[..]].concat();
    let mut running = Running::start(command(EGO, dir.path(), &words("set")));
    running.until("\"type\":\"clip\"");
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("kill runs").success());
    running.finish().ended_with(130).says(&["stopping", "are missing: the same command goes on"]);
    let set = dir.path().join("set");
    let before = files(&set);
    assert!(before.keys().all(|p| !p.to_string_lossy().contains(".part")), "half clips are left: {:?}", before.keys());
    let listed = String::from_utf8(before[Path::new("action_labels/action_train.txt")].clone()).expect("text").lines().count() - 1;
    assert!((1..6).contains(&listed), "{listed} clips");
    // What a killed program leaves in the place of a clip is replaced.
    let half = set.join("subject1/o2/.0.part/cam4/rgb");
    std::fs::create_dir_all(&half).expect("made");
    std::fs::write(half.join("999999.png"), b"half").expect("written");
    let first = set.join("subject1/h1/0/cam4/rgb/000000.png");
    let written = || std::fs::metadata(&first).expect("is there").modified().expect("has a time");
    let before = written();
    let run = ego(dir.path(), &words("set")).ended_with(0).says(&["were there already"]);
    assert_eq!(run.stdout.matches("\"kept\":true").count(), listed);
    assert_eq!(written(), before, "finished clips are not made again");
    ego(dir.path(), &words("whole")).ended_with(0);
    same(&set, &dir.path().join("whole"));
}

#[test]
fn a_video_has_one_line_of_truth_a_frame() {
    let dir = folder();
    let prompt = "slowly pour milk with the left hand, dim light, shaky, then idle";
    let words = ["--out", "v", "--layout", "video", "--size", "96x54", "--fps", "10", "--imu", "--prompt", prompt];
    synth(dir.path(), &words).ended_with(0);
    let out = dir.path().join("v");
    let (lines, end) = json_lines(&out.join("train-00000.jsonl"));
    assert_eq!(clips::decode(&out.join("train-00000.mp4")), (lines.len() as u64, (96, 54)));
    assert_eq!(end.expect("finished")["frames"].as_u64(), Some(lines.len() as u64));
    let labels: Vec<&str> = lines.iter().filter_map(|l| l["action"]["label"].as_str()).collect();
    assert!(labels.contains(&"pour milk") && labels.first() == Some(&"background") && labels.last() == Some(&"background"));
    let milk = |l: &serde_json::Value| l["objects"].as_array().expect("a list").iter().find(|o| o["label"] == "milk").cloned();
    let held = lines.iter().filter_map(milk).filter(|o| o["in_hand"] == "left" || o["in_hand"] == "both").count();
    assert!(held > 10, "the left hand holds the milk in {held} frames");
    assert!(lines.iter().any(|l| l["hands"].as_array().is_some_and(|h| h.len() == 2)));
    assert_eq!(lines[3]["pts_ns"].as_u64(), Some(300_000_000));
    assert!(out.join("train-00000.imu.csv").is_file());
    // A pair outside the 36 is unknown to any model of them.
    let words = ["--out", "u", "--layout", "video", "--size", "96x54", "--fps", "5", "--split", "unseen", "--clips", "1"];
    synth(dir.path(), &words).ended_with(0);
    let (lines, _) = json_lines(&dir.path().join("u/unseen-00000.jsonl"));
    assert!(lines.iter().any(|l| l["action"]["unknown"] == true && l["action"]["class"] == 0));
}

#[test]
fn counting_needs_no_folder_and_finds_balance() {
    let dir = folder();
    let run = synth(dir.path(), &["--stats", "--clips", "144", "--json", "--size", "640x360"]).ended_with(0);
    assert_eq!(std::fs::read_dir(dir.path()).expect("is there").count(), 1, "nothing is written");
    let stats: serde_json::Value = serde_json::from_str(run.stdout.trim()).expect("one line of JSON");
    let data = &stats["data"];
    assert_eq!((stats["type"].as_str(), data["clips"].as_u64()), (Some("stats"), Some(144)));
    assert!(data["imbalance"].as_f64().is_some_and(|i| i <= 0.05), "{data}");
    let actions = data["actions"].as_array().expect("a list");
    assert!(actions.len() == 36 && actions.iter().all(|a| a["times"] == 4), "{data}");
    let text = synth(dir.path(), &["--stats", "--clips", "36"]).ended_with(0).stdout;
    assert!(text.contains("pour milk") && text.contains("wrist speed"), "{text}");
}

#[test]
fn wrong_wishes_are_refused_with_the_remedy() {
    let dir = folder();
    let refused = |words: &[&str], says: &[&str]| {
        synth(dir.path(), words).ended_with(2).says(says);
    };
    refused(&["--out", "x", "--prompt", "pour mlik"], &["\"mlik\" is not known (did you mean \"milk\"?)", "hint: known words are: grab"]);
    refused(&["--out", "x", "--prompt", "pour book"], &["nobody can pour a book", "milk"]);
    refused(&["--out", "x", "--prompt", "grab"], &["which object", "grab book"]);
    refused(&["--out", "x", "--clips", "0"], &["--clips", "1..=1000000"]);
    refused(&["--out", "x", "--size", "0x0"], &["--size", "16 to 4096"]);
    refused(&["--out", "x", "--size", "99999x99999"], &["16 to 4096"]);
    refused(&["--out", "x", "--fps", "0"], &["--fps", "1 to 1000"]);
    refused(&["--out", "x", "--layout", "video", "--size", "321x180"], &["321x180", "--size 322x180"]);
    refused(&["--out", "x", "--hand-mesh", "nowhere"], &["nowhere", "cannot be read", ".glb"]);
    refused(&["--clips", "1"], &["--out"]);
    refused(&["--out", "x", "--poses-only", "--layout", "video"], &["--poses-only", "--layout"]);
    refused(&["--out", "none.toml", "--poses-only"], &["error: cannot write into the folder none.toml", "hint: "]);
    assert!(!dir.path().join("x").exists(), "nothing is made for a wish that is refused");

    synth(dir.path(), &["--out", "x", "--poses-only", "--clips", "1"]).ended_with(0);
    refused(
        &["--out", "x", "--poses-only", "--clips", "1", "--seed", "5"],
        &["x holds clips made with --seed 0, not 5", "hint: give --seed"],
    );
    synth(dir.path(), &["--out", "x", "--poses-only", "--clips", "1", "--split", "test"]).ended_with(0);
    std::fs::create_dir_all(dir.path().join("real/subject1/h1/0/cam4")).expect("made");
    refused(&["--out", "real", "--clips", "1"], &["subject1/h1/0 is there already", "not made by `ego synth`"]);
}

#[test]
fn without_vulkan_a_wish_for_it_is_refused_with_the_remedy() {
    let dir = folder();
    let run = |renderer: &str| {
        let words = [&["synth", "--out", renderer, "--clips", "1", "--renderer", renderer], &SMALL[..]].concat();
        let mut command = command(EGO, dir.path(), &words);
        command.env("VK_DRIVER_FILES", "/nowhere.json").env("VK_ICD_FILENAMES", "/nowhere.json").env_remove("VK_ADD_DRIVER_FILES");
        finish(command)
    };
    run("wgpu").ended_with(3).says(&["error: there is no Vulkan device", "mesa-vulkan-drivers", "renderer cpu"]);
    assert!(!dir.path().join("wgpu").exists(), "nothing is made for a wish that is refused");
    run("auto").ended_with(0);
}

#[test]
fn a_disk_that_fills_up_keeps_the_finished_clips() {
    let dir = folder();
    let small = dir.path().join("out");
    std::fs::create_dir(&small).expect("made");
    // A clip needs almost one megabyte: two at once fill a smaller disk before either is finished.
    let Some(_mounted) = SmallDisk::mount(&small, 4) else {
        eprintln!("skipped: only root may mount a small disk");
        return;
    };
    let words = [&["--out", "out", "--clips", "20", "--jobs", "2"], &SMALL[..]].concat();
    synth(dir.path(), &words).ended_with(1).says(&["error: cannot", "out/", "free some space or write to another disk", "are missing"]);
    let names: Vec<PathBuf> = files(&small).into_keys().collect();
    assert!(names.iter().all(|p| !p.to_string_lossy().contains(".part")), "{names:?}");
    assert!(names.iter().any(|p| p.ends_with("cam4/cam_intrinsics.txt")), "finished clips stay: {names:?}");
}

#[test]
fn the_sample_clips_are_what_their_recipes_make() {
    let dir = folder();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media");
    let recipes = std::fs::read_to_string(media.join("recipes.txt")).expect("is there");
    let mut compared = 0;
    for recipe in recipes.lines().filter(|l| !l.starts_with('#')) {
        let [name, seed, split, prompt] = recipe.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{recipe}") };
        let words = ["--out", name, "--poses-only", "--size", "640x360", "--seed", seed, "--split", split, "--prompt", prompt];
        synth(dir.path(), &words).ended_with(0);
        let path = dir.path().join(name).join(format!("{split}-00000.npz"));
        let poses = ego_outputs::ClipPoses::read(&path).expect("readable");
        let (lines, _) = json_lines(&media.join(format!("{name}.truth.jsonl")));
        let remedy = format!("{name} is not what its recipe makes: run sample-media/make.sh and look at the clips");
        assert_eq!(lines.len(), poses.frames(), "{remedy}");
        for (line, hands) in lines.iter().zip(&poses.hands_m) {
            for hand in line["hands"].as_array().expect("a list").iter().filter(|h| h["side"] != "unknown") {
                let made = hands[usize::from(hand["side"] == "right")].as_flattened();
                let kept = hand["camera_m"].as_array().expect("a list").iter().flat_map(|j| j.as_array().expect("three numbers"));
                let kept: Vec<f64> = kept.map(|v| v.as_f64().expect("a number")).collect();
                let near = kept.iter().zip(made).all(|(a, b)| (a - f64::from(*b)).abs() < 6e-6);
                assert!(kept.len() == made.len() && near, "{remedy}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared} hands");
}
