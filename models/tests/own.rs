//! Our own networks give what PyTorch gave when they were exported (`models/training`, step "export").
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::Path;

use ego_models::manifest::built_in;
use ego_models::paths::Located;
use ego_models::{Device, ModelError, Network, SessionOptions};
use serde_json::Value;

/// As the export checks.
const TOLERANCE: f32 = 1e-3;

/// The committed file with its manifest; `None` after a message when ONNX Runtime is not installed and need not be.
fn open(name: &str) -> Option<Network> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo").join(format!("{name}.onnx"));
    let located = Located::new(built_in(name).expect(name), file);
    match Network::open(&located, &SessionOptions { device: Device::Cpu, threads: 1 }) {
        Err(e @ ModelError::Library { .. }) if std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result.expect(name)),
    }
}

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the golden pair")).expect("JSON")
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn check(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= TOLERANCE * b.abs().max(1.0), "number {i} is {a}, not {b}");
    }
}

#[test]
fn the_action_network_names_the_clips_as_pytorch_does() {
    let Some(mut network) = open("ego-action") else { return };
    let pair = golden("ego-action");
    let (input, output) = (numbers(&pair["input"]), numbers(&pair["output"]));
    let clips = pair["actions"].as_array().expect("a list").len();
    let logits = network.output_index("logits").expect("named");
    for clip in 0..clips {
        network.input_mut().copy_from_slice(&input[clip * 20 * 135..][..20 * 135]);
        network.run().expect("runs");
        check(network.output(logits), &output[clip * 37..][..37]);
    }
    // The first clip is a whole one, and the network is right about it.
    let first = &output[..37];
    let best = first.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(i, _)| i + 1);
    assert_eq!(best.map(|b| b as u64), pair["actions"][0].as_u64());
}

#[test]
fn the_stream_network_answers_as_pytorch_does() {
    let Some(mut network) = open("ego-action-stream") else { return };
    let pair = golden("ego-action-stream");
    network.input_mut().copy_from_slice(&numbers(&pair["input"]));
    network.run().expect("runs");
    check(network.output(network.output_index("logits").expect("named")), &numbers(&pair["output"]));
}

/// How far a network of 8 bits may be from PyTorch's 32: a single number, and the mean of all of one kind. Made with
/// `models/training/int8.py`, which measures what the difference does to pictures; the one here is far from any that a camera takes.
struct Rounding {
    most: f32,
    mean: f32,
}

/// Boxes: input pixels.
const BOXES: Rounding = Rounding { most: 6.0, mean: 2.0 };
/// Scores of 0 to 1.
const SCORES: Rounding = Rounding { most: 0.01, mean: 0.002 };
/// Inverse depth of 1 to 4.
const DEPTHS: Rounding = Rounding { most: 0.25, mean: 0.06 };

fn check_rounded(name: &str, pairs: &[(f32, f32)], allowed: &Rounding) {
    assert!(pairs.len() >= 16, "{name}");
    let away: Vec<f32> = pairs.iter().map(|(found, wanted)| (found - wanted).abs()).collect();
    let most = away.iter().fold(0.0_f32, |a, b| a.max(*b));
    let mean = away.iter().sum::<f32>() / away.len() as f32;
    assert!(most <= allowed.most && mean <= allowed.mean, "{name}: {most} at most, {mean} on average");
}

#[test]
fn networks_of_pictures_answer_as_pytorch_does_but_for_rounding() {
    for (name, tensor) in [("ego-objects", "output0"), ("ego-depth", "depth")] {
        let Some(mut network) = open(name) else { return };
        let pair = golden(name);
        // The picture that the golden file describes.
        let [columns, rows] = built_in(name).expect(name).input.size;
        // Boxes come first, four numbers a cell.
        let boxes = 4 * pair["full_shape"][2].as_u64().expect("a number") as usize;
        for (i, value) in network.input_mut().iter_mut().enumerate() {
            let (c, y, x) = (i / (rows * columns), i / columns % rows, i % columns);
            let byte = (x * (5 + c) + y * 3 + (x / 32 + y / 20) * 40 * (c + 1)) % 256;
            *value = (byte as f32 - 115.0) / 64.0;
        }
        network.run().expect("runs");
        let found = network.output(network.output_index(tensor).expect("named"));
        let at = pair["at"].as_array().expect("a list").iter().map(|v| v.as_u64().expect("an index") as usize);
        let pairs = at.zip(numbers(&pair["output"])).map(|(i, wanted)| (i, (found[i], wanted)));
        let (first, others): (Vec<_>, Vec<_>) = pairs.partition(|(i, _)| name == "ego-objects" && *i < boxes);
        let [first, others] = [first, others].map(|list| list.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>());
        if name == "ego-objects" {
            check_rounded("boxes", &first, &BOXES);
            check_rounded("scores", &others, &SCORES);
        } else {
            check_rounded("depths", &others, &DEPTHS);
        }
    }
}
