//! The program `ego`, run as a user runs it, over clips made on the spot.
//!
//! Most tests put a plain GStreamer filter in the place of the analysis, so that they need neither models nor ONNX Runtime.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "the whole crate is tests")]

mod bad_input;
mod bad_model;
mod bad_output;
mod chain;
mod eval;
mod export;
mod gestures;
mod interrupt;
mod live;
mod run;
mod settings;
mod synth;
mod teach;
mod view;

use std::path::Path;

use ego_tests::command::{self, Finished};

/// The built program.
const EGO: &str = env!("CARGO_BIN_EXE_ego");

/// Settings without any model: the pictures pass through.
const NO_MODELS: &str = "stages = ['identity']\n";

/// A folder of its own with `none.toml`, settings without any model.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temporary folder");
    std::fs::write(dir.path().join("none.toml"), NO_MODELS).expect("write");
    dir
}

/// Runs `ego` in a folder.
fn ego(folder: &Path, words: &[&str]) -> Finished {
    command::run(EGO, folder, words)
}

/// Runs `ego run` without models; the results are in `out`.
fn ego_run(folder: &Path, words: &[&str]) -> Finished {
    let mut all = vec!["run", "--out", "out", "--config", "none.toml"];
    all.extend(words);
    ego(folder, &all)
}

/// A file of JSON lines as a stranger would read it: its frames, and its last line when that is the end.
fn json_lines(path: &Path) -> (Vec<serde_json::Value>, Option<serde_json::Value>) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(text.is_empty() || text.ends_with('\n'), "{} ends in a half line", path.display());
    let mut lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).expect("every line is JSON")).collect();
    let end = lines.pop_if(|l| l["schema"] == "ego.end/1");
    for (number, line) in lines.iter().enumerate() {
        assert_eq!((line["schema"].as_str(), line["frame"].as_u64()), (Some("ego.frame/1"), Some(number as u64)));
    }
    (lines, end)
}

/// A report of a run.
fn report(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("the report is JSON")
}
