//! `ego config`, `ego devices` and `ego models list`.

use crate::{ego, folder};

#[test]
fn show_prints_toml_with_the_origin_of_every_value() {
    let dir = folder();
    let finished = ego(dir.path(), &["config", "show", "--config", "none.toml", "--set", "identity.sleep-time=7"]).ended_with(0);
    for line in ["stages = [\"identity\"]", "# none.toml", "[identity]", "sleep-time = 7", "# --set", "queue-frames = 3", "# default"] {
        assert!(finished.stdout.contains(line), "`{line}` is not in:\n{}", finished.stdout);
    }
    // What is printed is a settings file with the same effect.
    std::fs::write(dir.path().join("again.toml"), &finished.stdout).expect("write");
    ego(dir.path(), &["config", "check", "--config", "again.toml"]).ended_with(0);
}

#[test]
fn a_slip_in_a_file_is_named_with_the_nearest_key() {
    let dir = folder();
    std::fs::write(dir.path().join("slip.toml"), "stages = ['identity']\n[identity]\nsleep-tiem = 3\n").expect("write");
    let words = ["error: unknown key `identity.sleep-tiem` (slip.toml)", "hint: did you mean `identity.sleep-time`?"];
    ego(dir.path(), &["config", "check", "--config", "slip.toml"]).ended_with(2).says(&words);
    ego(dir.path(), &["run", "x.mp4", "--out", "out", "--config", "slip.toml"]).ended_with(2).says(&words);
    ego(dir.path(), &["config", "check", "slip.toml"]).ended_with(2).says(&words);
    ego(dir.path(), &["config", "check", "--config", "hands-onyl"]).ended_with(2).says(&["hint: did you mean `hands-only`?"]);
}

#[test]
fn a_stage_that_there_is_not_is_named_with_the_nearest_or_all() {
    let dir = folder();
    std::fs::write(dir.path().join("stage.toml"), "stages = ['hand']\n").expect("write");
    let words = ["error: unknown key `stages: hand` (stage.toml)", "hint: did you mean `hands`?"];
    ego(dir.path(), &["run", "x.mp4", "--out", "out", "--config", "stage.toml"]).ended_with(2).says(&words);
    let words = ["unknown key `stages: qwx`", "hint: stages are action, body, depth, "];
    ego(dir.path(), &["config", "check", "--set", "stages=qwx"]).ended_with(2).says(&words);
    // A list may be written as in a file, too.
    let shown = ego(dir.path(), &["config", "show", "--set", "stages=[\"hands\", \"action\"]"]).ended_with(0).stdout;
    assert!(shown.contains("stages = [\"hands\", \"action\"]"), "{shown}");
    ego(dir.path(), &["config", "check", "--set", "stages=[\"hands\""]).ended_with(2).says(&["--set"]);
}

#[test]
fn the_preset_fits_the_elements() {
    let dir = folder();
    let shown = ego(dir.path(), &["config", "show", "--json"]).ended_with(0).stdout;
    let lines: Vec<serde_json::Value> = shown.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let model = lines.iter().find(|l| l["data"]["table"] == "hands" && l["data"]["key"] == "model").expect("hands have a model");
    assert_eq!(model["data"]["value"].as_str(), Some("ego-hands"));
}

#[test]
fn every_preset_names_stages_and_keys_that_there_are() {
    let dir = folder();
    for preset in ["batch", "live-cpu", "live-gpu", "synthetic", "paper", "hands-only"] {
        ego(dir.path(), &["config", "check", "--config", preset]).ended_with(0);
    }
    let shown = ego(dir.path(), &["config", "show", "--json", "--config", "synthetic"]).ended_with(0).stdout;
    let lines: Vec<serde_json::Value> = shown.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let of = |table: &str, key: &str| {
        let line = lines.iter().find(|l| l["data"]["table"] == table && l["data"]["key"] == key).expect("is shown");
        (line["data"]["value"].clone(), line["data"]["origin"].as_str().expect("an origin").to_owned())
    };
    assert_eq!(of("hands", "model"), ("ego-hands".into(), "preset synthetic".to_owned()));
    assert_eq!(of("depth", "interval"), (3.into(), "preset batch".to_owned()));
}

#[test]
fn models_are_listed_whether_or_not_they_are_here() {
    let dir = folder();
    let mut command = ego_tests::command::command(crate::EGO, dir.path(), &["models", "list"]);
    command.env("EGO_DATA_DIR", dir.path());
    let list = ego_tests::command::finish(command).ended_with(0).stdout;
    assert!(list.lines().any(|l| l.starts_with("mediapipe-hands ") && l.contains("`ego models import mediapipe` brings it")), "{list}");
    let line = |name: &str| list.lines().find(|l| l.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("no {name} in {list}"));
    for (name, words) in [
        ("yolox-nano", ["Apache-2.0", "`ego models pull yolox-nano` brings it (3.7 MB from github.com, checked by SHA-256)"]),
        (
            "dfine-nano",
            ["Apache-2.0", "`ego models pull dfine-nano` brings it (from huggingface.co, no published hash: the first download is pinned)"],
        ),
    ] {
        assert!(words.iter().all(|words| line(name).contains(words)), "{}", line(name));
    }
    let mut command = ego_tests::command::command(crate::EGO, dir.path(), &["models", "verify", "mediapipe-hands"]);
    command.env("EGO_DATA_DIR", dir.path());
    ego_tests::command::finish(command).ended_with(3).says(&["mediapipe-hands", "ego models import mediapipe"]);
}

/// A manifest of the user's own, with a version that says what it is.
const OWN: &str = r#"
name = "my-depth"
version = "of my own"
task = "depth"
family = "inverse"
file = "my-depth.onnx"
licence = "MIT"
[input]
names = ["x"]
layout = "nchw"
size = [32, 32]
channels = "rgb"
resize = "stretch"
mean = [0, 0, 0]
std = [1, 1, 1]
[output.depth]
shape = [1, 32, 32]
meaning = "inverse depth"
"#;

#[test]
fn models_of_the_users_own_are_listed_with_their_folder() {
    let dir = folder();
    let list = |words: &[&str]| {
        let mut command = ego_tests::command::command(crate::EGO, dir.path(), &[&["models", "list"], words].concat());
        command.env("EGO_DATA_DIR", dir.path());
        ego_tests::command::finish(command).ended_with(0)
    };
    let models = dir.path().join("models");
    let shown = models.display().to_string();
    let empty = list(&[]).says(&[&shown]);
    assert!(empty.stdout.lines().all(|l| !l.starts_with("my-depth")), "{}", empty.stdout);

    std::fs::create_dir_all(&models).expect("make");
    std::fs::write(models.join("my-depth.toml"), OWN).expect("write");
    let line = |finished: &ego_tests::command::Finished| {
        finished.stdout.lines().find(|l| l.starts_with("my-depth ")).unwrap_or_else(|| panic!("{}", finished.stdout)).to_owned()
    };
    assert!(line(&list(&[])).ends_with("depth    MIT               not here"), "its file is missing");

    std::fs::write(models.join("my-depth.onnx"), b"a file").expect("write");
    let here = line(&list(&[]));
    assert!(here.contains(&models.join("my-depth.onnx").display().to_string()) && here.ends_with("(of my own)"), "{here}");

    // One that cannot be read is named, and hides no other. A file by the name of a built-in model is none of one's own.
    std::fs::write(models.join("broken.toml"), "name = 3").expect("write");
    std::fs::write(models.join("ego-hands.toml"), OWN).expect("write");
    let finished = list(&[]).says(&["broken.toml"]);
    assert_eq!(finished.stdout.lines().filter(|l| l.starts_with("ego-hands ")).count(), 1, "{}", finished.stdout);
    assert_eq!(line(&finished), here);
    let json: Vec<serde_json::Value> = list(&["--json"]).stdout.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let own: Vec<_> = json.iter().filter(|l| l["data"]["built_in"] == false).map(|l| l["data"]["name"].as_str()).collect();
    assert_eq!(own, [Some("my-depth")]);
}

#[test]
fn devices_are_listed_even_when_there_are_none() {
    let dir = folder();
    ego(dir.path(), &["devices"]).ended_with(0);
    let json = ego(dir.path(), &["devices", "--json"]).ended_with(0).stdout;
    assert!(json.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok_and(|v| v["data"]["id"].is_string())), "{json}");
}

#[test]
fn a_model_without_an_address_cannot_be_pulled() {
    let dir = folder();
    let mut command = ego_tests::command::command(crate::EGO, dir.path(), &["models", "pull", "mediapipe-hands"]);
    command.env("EGO_DATA_DIR", dir.path());
    let finished = ego_tests::command::finish(command).says(&["error: ", "mediapipe-hands"]);
    assert_ne!(finished.status, 0);
}

/// `ego models pull` with a data folder of its own.
fn pull(dir: &std::path::Path, model: &str) -> ego_tests::command::Finished {
    let mut command = ego_tests::command::command(crate::EGO, dir, &["models", "pull", model]);
    command.env("EGO_DATA_DIR", dir);
    ego_tests::command::finish(command)
}

#[test]
fn a_model_that_nobody_publishes_as_onnx_is_explained() {
    let dir = folder();
    pull(dir.path(), "deim").ended_with(3).says(&["error: ", "\"deim\"", "published without ONNX files", "family dfine"]);
}

#[test]
fn a_network_that_is_built_in_needs_no_pull() {
    let dir = folder();
    let finished = pull(dir.path(), "ego-hands").ended_with(0).says(&["ego-hands is built into this program and needs no pull"]);
    let path = dir.path().join("models/ego-hands.onnx");
    assert_eq!(finished.stdout.trim(), path.display().to_string());
    assert!(path.is_file());
}
