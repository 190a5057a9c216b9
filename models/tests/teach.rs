//! A taught classifier as an ONNX file: the file answers as the classifier does, and its manifest is one that the program reads.
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use ego_models::action::ActionNetwork;
use ego_models::paths::find_model;
use ego_models::teach::export::{Description, write};
use ego_models::teach::{Dataset, FitSettings, KinematicClassifier, Random, Sample};
use ego_models::{Device, ModelError, SessionOptions};

/// Two clouds and what lies between, 50 features of which some are not known.
fn clouds() -> Dataset {
    let mut random = Random::new(11);
    let samples = (0..240)
        .map(|i| {
            let class = i % 3;
            let value = |k: usize, random: &mut Random| match k {
                _ if random.unit() < 0.1 => f32::NAN,
                0..25 => (class as f64 + random.unit() - 0.5) as f32,
                _ => (100.0 * random.unit()) as f32,
            };
            Sample { values: (0..50).map(|k| value(k, &mut random)).collect(), class, group: i / 40 }
        })
        .collect();
    Dataset { layout: "hands".into(), labels: ["left", "nothing", "right"].map(str::to_owned).to_vec(), samples }
}

fn description(name: &str) -> Description {
    Description {
        name: name.into(),
        head: "fast".into(),
        licence: "Apache-2.0".into(),
        source: "a test with \"quotes\"".into(),
        command: "ego teach".into(),
        card: vec![("trained_on".into(), "clouds".into())],
    }
}

#[test]
fn the_file_answers_as_the_classifier_and_its_manifest_is_read() {
    let data = clouds();
    let classifier = KinematicClassifier::fit(&data, &FitSettings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let written = write(&classifier, &description("clouds"), folder.path()).unwrap();
    let located = find_model(written.manifest.to_str().unwrap()).unwrap();
    let manifest = &located.manifest;
    assert_eq!((manifest.family.as_str(), manifest.nothing.as_deref()), ("kinematic-window", Some("nothing")));
    assert_eq!(manifest.origin.source, "a test with \"quotes\"");
    let mut network = match ActionNetwork::open(&located, &SessionOptions { device: Device::Cpu, threads: 1 }) {
        Err(e @ ModelError::Library { .. }) if std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            return;
        }
        opened => opened.unwrap(),
    };
    let mut far = vec![0.0f32; 50];
    far.iter_mut().for_each(|v| *v = 1e9);
    let rows = data.samples.iter().take(60).map(|s| s.values.clone()).chain([vec![f32::NAN; 50], far]);
    for row in rows {
        let wanted = classifier.predict(&row).unwrap();
        let found = network.run(&row).unwrap().probabilities;
        let largest = wanted.iter().zip(&found).map(|(w, f)| (w - f64::from(*f)).abs()).fold(0.0, f64::max);
        assert!(largest < 1e-4, "{wanted:?} {found:?}");
    }
}

#[test]
fn a_name_that_is_no_file_name_is_refused() {
    let classifier = KinematicClassifier::fit(&clouds(), &FitSettings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "../up", "two words", "a/b"] {
        let e = write(&classifier, &description(name), folder.path()).unwrap_err().to_string();
        assert!(e.contains("letters, digits"), "{name}: {e}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
