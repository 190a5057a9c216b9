//! Classifiers of actions against answers that NumPy has computed (`data/make_tiny_action.py`).
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::Path;

use ego_models::action::ActionNetwork;
use ego_models::manifest::Manifest;
use ego_models::paths::{Located, find_model};
use ego_models::{Device, ModelError, SessionOptions};

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).display().to_string()
}

fn open(located: &Located) -> Option<Result<ActionNetwork, ModelError>> {
    match ActionNetwork::open(located, &SessionOptions { device: Device::Cpu, threads: 1 }) {
        Err(e @ ModelError::Library { .. }) if std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result),
    }
}

fn answers() -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(data("tiny-action.json")).expect("is there")).expect("JSON")
}

fn numbers(value: &serde_json::Value) -> Vec<f32> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn near(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-5), "{found:?}\n{wanted:?}");
}

#[test]
fn the_transformer_family_answers_as_numpy_does() {
    let Some(network) = open(&find_model(&data("tiny-action.toml")).expect("is there")) else { return };
    let mut network = network.expect("opens");
    let known = answers();
    let answer = network.run(&numbers(&known["rows"])).expect("runs");
    near(&answer.probabilities, &numbers(&known["probabilities"]));
    assert!((f64::from(answer.uncertainty) - known["normalised_entropy"].as_f64().expect("a number")).abs() < 1e-5);
    let error = network.run(&[0.0; 7]).expect_err("too short").to_string();
    assert!(error.contains("7 numbers") && error.contains("2700"), "{error}");
    let error = network.run(&[f32::NAN; 2700]).expect_err("no numbers").to_string();
    assert!(error.contains("not a number"), "{error}");
}

#[test]
fn the_kinematic_family_takes_a_free_batch_and_answers_as_numpy_does() {
    let Some(network) = open(&find_model(&data("tiny-fast.toml")).expect("is there")) else { return };
    let known = answers();
    let answer = network.expect("opens").run(&numbers(&known["features"])).expect("runs");
    near(&answer.probabilities, &numbers(&known["fast_probabilities"]));
}

#[test]
fn a_manifest_that_contradicts_the_file_is_refused_with_both_values() {
    let text = std::fs::read_to_string(data("tiny-action.toml")).expect("is there");
    let text = text.replace("[1, 20, 135]", "[1, 16, 135]").replace("frames = 20", "frames = 16");
    let manifest = Manifest::parse(&text, Path::new("x.toml")).expect("a manifest");
    let Some(result) = open(&Located::new(manifest, data("tiny-action.onnx").into())) else { return };
    let error = result.expect_err("16 is not 20").to_string();
    assert!(error.contains("[1, 16, 135]") && error.contains("20"), "{error}");
}
