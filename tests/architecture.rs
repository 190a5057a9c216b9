//! Who may know whom: every dependency between our crates is one of the arrows that ARCHITECTURE.md allows.

#![allow(clippy::expect_used, reason = "the whole file is tests")]
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every crate with the crates of ours that it may know. A crate that is not in here fails the test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ego-core", &[]),
    ("ego-synth", &["ego-core"]),
    ("ego-models", &["ego-core"]),
    ("ego-meta", &["ego-core"]),
    ("ego-outputs", &["ego-core"]),
    ("ego-graph", &["ego-core", "ego-meta"]),
    // Results of a file and results on buffers are one thing to the window: the record of `ego-outputs`.
    ("ego-viewer", &["ego-core", "ego-meta", "ego-graph", "ego-outputs"]),
    // Elements write JSON lines, and only `ego-outputs` knows their shape.
    ("gst-plugin-ego", &["ego-core", "ego-meta", "ego-models", "ego-outputs", "ego-synth"]),
    ("ego", &["ego-core", "ego-synth", "ego-models", "ego-meta", "ego-outputs", "ego-graph", "ego-viewer", "gst-plugin-ego"]),
    ("ego-tests", &[]),
];

/// Crates of others that only some of ours may know directly.
const RESERVED: &[(&str, &[&str])] = &[
    ("ort", &["ego-models"]),
    ("opencv", &["ego-models"]),
    ("clap", &["ego"]),
    ("anyhow", &["ego"]),
    ("egui", &["ego-viewer"]),
    ("eframe", &["ego-viewer"]),
    ("wgpu", &["ego-synth", "ego-viewer"]),
];

/// Crates that must not know any of these.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("ego-core", &["gstreamer", "ort", "serde", "crossbeam-channel"]),
    ("ego-models", &["gstreamer", "gstreamer-base", "gstreamer-video"]),
    ("ego-outputs", &["gstreamer", "ort"]),
    ("ego-viewer", &["ort", "opencv"]),
];

/// Async runtimes are absent on purpose.
const NOWHERE: &[&str] = &["tokio", "async-std", "smol"];

#[test]
fn every_dependency_is_an_allowed_arrow() {
    let crates = direct_dependencies();
    let ours: BTreeSet<&str> = crates.keys().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in &crates {
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| n == name) else {
            wrong.push(format!("{name} is not in the list of crates"));
            continue;
        };
        for dependency in dependencies {
            let d = dependency.as_str();
            if ours.contains(d) && !allowed.contains(&d) {
                wrong.push(format!("{name} must not know {d}"));
            }
            if RESERVED.iter().any(|(r, who)| *r == d && !who.contains(&name.as_str())) {
                wrong.push(format!("{name} must not know {d}: reserved"));
            }
            if FORBIDDEN.iter().any(|(n, what)| n == name && what.contains(&d)) || NOWHERE.contains(&d) {
                wrong.push(format!("{name} must not know {d}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Package names of what each of our crates is built with; what only tests need is left out.
fn direct_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(root).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let name = |v: &serde_json::Value| v["name"].as_str().expect("a name").to_owned();
    let crates: BTreeMap<_, _> = packages
        .iter()
        .map(|p| {
            let all = p["dependencies"].as_array().expect("a list of dependencies");
            (name(p), all.iter().filter(|d| d["kind"] != "dev").map(name).collect::<BTreeSet<_>>())
        })
        .collect();
    assert!(crates.len() >= 8, "cargo names only {:?}", crates.keys());
    crates
}
