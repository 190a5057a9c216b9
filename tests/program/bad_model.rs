//! Models that are missing or not as their manifest says.

use std::path::{Path, PathBuf};
use std::process::Command;

use ego_tests::clips::{self, X264};
use ego_tests::command::{self, Finished};

use crate::{EGO, folder};

/// `ego run` with the hands stage, away from the user's own models.
fn run_hands(dir: &Path, data: &Path, words: &[&str]) -> Finished {
    let mut all = vec!["run", "clip.mp4", "--out", "out", "--config", "hands-only"];
    all.extend(words);
    let mut command: Command = command::command(EGO, dir, &all);
    command.env("EGO_DATA_DIR", data);
    command::finish(command)
}

/// ONNX Runtime as this machine's tests would find it, for a data folder that has none of its own.
fn onnx_runtime() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH") {
        return Some(path.into());
    }
    let lib = ego_models::paths::data_dir().join("lib");
    let mut found: Vec<_> = std::fs::read_dir(lib).ok()?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    found.sort();
    found.into_iter().rev().find(|p| p.to_string_lossy().contains("libonnxruntime.so"))
}

#[test]
fn a_model_that_was_never_imported_ends_with_the_command_that_brings_it() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    run_hands(dir.path(), &dir.path().join("nothing"), &[]).ended_with(3).says(&[
        "error: ",
        "mediapipe-hands",
        "ego models import mediapipe",
    ]);
    assert!(!dir.path().join("out/clip.jsonl").exists());
}

#[test]
fn a_model_that_nobody_knows() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    let nothing = dir.path().join("nothing");
    run_hands(dir.path(), &nothing, &["--set", "hands.model=mediapipe-hand"]).ended_with(3).says(&[
        "mediapipe-hand",
        "known names are",
        &nothing.join("models").display().to_string(),
    ]);
    run_hands(dir.path(), &nothing, &["--set", "hands.model=./nobody.onnx"]).ended_with(3).says(&["nobody.onnx", "missing"]);
}

#[test]
fn the_papers_networks_are_asked_for_with_the_folder_and_the_command_that_makes_them() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    let data = dir.path().join("nothing");
    let mut command = command::command(EGO, dir.path(), &["run", "clip.mp4", "--out", "out", "--config", "paper"]);
    command.env("EGO_DATA_DIR", &data);
    let build = format!("`python -m paper.build {}`", data.join("models").display());
    command::finish(command).ended_with(3).says(&["error: ", "no model \"dpt-hybrid\"", &build, "models/training", "random weights"]);
}

#[test]
fn a_missing_onnx_runtime_ends_with_the_command_that_brings_it() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    let Some(models) = imported_models() else { return };
    let data = dir.path().join("data");
    std::fs::create_dir(&data).expect("make");
    std::os::unix::fs::symlink(models, data.join("models")).expect("link");
    let mut command = command::command(EGO, dir.path(), &["run", "clip.mp4", "--out", "out", "--config", "hands-only"]);
    command.env("EGO_DATA_DIR", &data).env("ORT_DYLIB_PATH", dir.path().join("none.so"));
    command::finish(command).ended_with(3).says(&["error: ", "ONNX Runtime", "./x setup"]);
}

#[test]
fn files_that_are_not_what_their_manifest_says() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    let (Some(models), Some(library)) = (imported_models(), onnx_runtime()) else {
        eprintln!("skipped: needs the imported models and ONNX Runtime (`./x setup`)");
        return;
    };
    let data = dir.path().join("data");
    let mine = data.join("models");
    std::fs::create_dir_all(&mine).expect("make");
    for name in ["hand_landmark_full.onnx", "palm_detection_full.onnx"] {
        std::fs::copy(models.join(name), mine.join(name)).expect("copy");
    }
    let run = |words: &[&str]| {
        let mut all = vec!["run", "clip.mp4", "--out", "out", "--overwrite", "--config", "hands-only"];
        all.extend(words);
        let mut command = command::command(EGO, dir.path(), &all);
        command.env("EGO_DATA_DIR", &data).env("ORT_DYLIB_PATH", &library);
        command::finish(command)
    };
    run(&[]).ended_with(0);

    // Another hash: one byte more.
    let landmark = mine.join("hand_landmark_full.onnx");
    let good = std::fs::read(&landmark).expect("read");
    std::fs::write(&landmark, [good.as_slice(), b"x"].concat()).expect("write");
    run(&[]).ended_with(2).says(&["error: ", "hand_landmark_full.onnx has SHA-256", "import or pull the model again"]);

    // Not ONNX, with a manifest that promises no hash.
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/zoo/mediapipe-hands.toml")).expect("read");
    let without_hash: String =
        manifest.lines().filter(|l| !l.starts_with("sha256") && !l.starts_with("bytes")).flat_map(|l| [l, "\n"]).collect();
    std::fs::write(&landmark, &good).expect("write");
    std::fs::write(dir.path().join("mine.toml"), without_hash.replace("hand_landmark_full.onnx", "mine.onnx")).expect("write");
    std::fs::write(dir.path().join("mine.onnx"), b"this is no network").expect("write");
    run(&["--set", "hands.model=./mine.toml"]).ended_with(2).says(&["error: ", "mine.onnx is not a model that ONNX Runtime can load"]);

    // Another shape than the manifest says.
    std::fs::write(dir.path().join("mine.onnx"), &good).expect("write");
    let other = without_hash.replace("hand_landmark_full.onnx", "mine.onnx").replace("[224, 224]", "[192, 192]");
    std::fs::write(dir.path().join("mine.toml"), other).expect("write");
    run(&["--set", "hands.model=./mine.toml"]).ended_with(2).says(&["error: ", "192", "224"]);
}

#[test]
fn with_the_right_files_hands_are_found_and_two_runs_give_the_same_bytes() {
    let (Some(_), Some(_)) = (imported_models(), onnx_runtime()) else {
        eprintln!("skipped: needs the imported models and ONNX Runtime (`./x setup`)");
        return;
    };
    let dir = folder();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-media/two-hands.mp4");
    clips::launch(&format!(
        "filesrc location=\"{sample}\" ! decodebin ! identity eos-after=25 ! {X264} ! mp4mux ! filesink location=\"{}/clip.mp4\"",
        dir.path().display()
    ));
    let run = |words: &[&str]| {
        let mut all = vec!["run", "clip.mp4", "--out", "out", "--overwrite", "--config", "hands-only"];
        all.extend(words);
        crate::ego(dir.path(), &all).ended_with(0);
        std::fs::read(dir.path().join("out/clip.jsonl")).expect("read")
    };
    assert_eq!(run(&[]), run(&["--annotate"]), "drawing changes the results");
    let (lines, _) = crate::json_lines(&dir.path().join("out/clip.jsonl"));
    let with_both = lines.iter().filter(|l| l["hands"].as_array().is_some_and(|h| h.len() == 2)).count();
    assert!(lines.len() >= 24 && with_both * 10 >= lines.len() * 9, "two hands in {with_both} of {} frames", lines.len());
    let report = crate::report(&dir.path().join("out/run.json"));
    let models: Vec<_> =
        report["models"].as_array().expect("models").iter().map(|m| (m["name"].as_str(), m["provider"].as_str())).collect();
    assert_eq!(models.first().map(|m| m.0), Some(Some("mediapipe-hands")));
    assert!(models.iter().all(|m| m.1.is_some_and(|p| !p.is_empty())) && models.len() == 2, "{models:?}");
    assert!(report["models"].as_array().is_some_and(|m| m.iter().all(|m| m["sha256"].as_str().is_some_and(|h| h.len() == 64))));
}

/// The folder of imported models; without it the caller is skipped.
fn imported_models() -> Option<PathBuf> {
    let folder = ego_models::paths::models_dir();
    let found = folder.join("hand_landmark_full.onnx").is_file().then_some(folder);
    if found.is_none() {
        eprintln!("skipped: needs the imported models (`./x setup`)");
    }
    found
}
