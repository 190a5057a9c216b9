//! Opening a network: the manifest is checked against the file, and every contradiction is named.
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::{Path, PathBuf};

use ego_models::manifest::Manifest;
use ego_models::paths::Located;
use ego_models::{Device, ErrorKind, ModelError, Network, SessionOptions};

const MANIFEST: &str = r#"
name = "tiny"
version = "1"
task = "hands"
family = "mean-colour"
file = "tiny.onnx"
licence = "MIT"
[input]
names = ["input_1"]
layout = "nhwc"
size = [4, 4]
channels = "rgb"
resize = "stretch"
mean = [0, 0, 0]
std = [255, 255, 255]
[output.Identity]
shape = [1, 3]
meaning = "mean colour"
"#;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny.onnx")
}

fn open_as(manifest: &str, file: PathBuf, device: Device) -> Result<Network, ModelError> {
    let manifest = Manifest::parse(manifest, Path::new("tiny.toml"))?;
    Network::open(&Located::new(manifest, file), &SessionOptions { device, threads: 1 })
}

/// `None` after a message when ONNX Runtime is not installed and need not be.
fn opened(manifest: &str, file: PathBuf, device: Device) -> Option<Result<Network, ModelError>> {
    match open_as(manifest, file, device) {
        Err(e @ ModelError::Library { .. }) if std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result),
    }
}

#[test]
fn a_sound_network_runs_and_gives_the_known_answer() {
    let Some(network) = opened(MANIFEST, tiny(), Device::Cpu) else { return };
    let mut network = network.expect("opens");
    assert_eq!(network.provider(), "cpu");
    for (i, v) in network.input_mut().iter_mut().enumerate() {
        *v = if i % 3 == 0 { i as f32 } else { (i % 3) as f32 };
    }
    network.run().expect("runs");
    let index = network.output_index("Identity").expect("named");
    assert_eq!(network.output(index), [22.5, 1.0, 2.0]);
    assert!(network.output_index("Identity_9").is_err());
}

#[test]
fn contradictions_name_the_field_the_expected_and_the_found() {
    for (from, to, words) in [
        ("size = [4, 4]", "size = [8, 4]", ["shape of input input_1", "[1, 4, 8, 3]", "[1, 4, 4, 3]"]),
        ("\"nhwc\"", "\"nchw\"", ["shape of input input_1", "[1, 3, 4, 4]", "[1, 4, 4, 3]"]),
        ("\"input_1\"", "\"images\"", ["input.names", "images", "input_1"]),
        ("[output.Identity]", "[output.scores]", ["output", "scores", "Identity"]),
        ("shape = [1, 3]", "shape = [1, 21]", ["shape of output Identity", "[1, 21]", "[1, 3]"]),
    ] {
        let Some(result) = opened(&MANIFEST.replace(from, to), tiny(), Device::Cpu) else { return };
        let e = result.expect_err(to);
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{e}");
        for word in words {
            assert!(e.to_string().contains(word), "{word:?} is missing in: {e}");
        }
    }
    let free = MANIFEST.replace("shape = [1, 3]", "shape = [-1, 3]");
    let Some(result) = opened(&free, tiny(), Device::Auto) else { return };
    result.expect("-1 stands for any size");
}

#[test]
fn files_that_are_not_the_model() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("write");
        path
    };
    let whole = std::fs::read(tiny()).expect("fixture");
    for path in [write("text.onnx", b"not a model"), write("empty.onnx", b""), write("cut.onnx", &whole[..whole.len() / 2])] {
        let Some(result) = opened(MANIFEST, path.clone(), Device::Cpu) else { return };
        let e = result.expect_err("not a model");
        assert!(matches!(e, ModelError::Load { .. } | ModelError::Contradiction { .. }), "{e:?}");
        assert_eq!(e.kind(), ErrorKind::Mismatch);
    }
    let e = open_as(MANIFEST, folder.path().join("absent.onnx"), Device::Cpu).expect_err("absent");
    assert!(matches!(&e, ModelError::Io { .. }) && e.to_string().contains("absent.onnx"), "{e}");
    let hashed = MANIFEST.replace("licence", "sha256 = \"00ff\"\nlicence");
    let e = open_as(&hashed, tiny(), Device::Cpu).expect_err("other hash").to_string();
    assert!(e.contains("00ff") && e.contains("SHA-256"), "{e}");
}

#[test]
fn a_device_that_is_not_there_is_an_error_unless_auto() {
    let Some(result) = opened(MANIFEST, tiny(), Device::Auto) else { return };
    let auto = result.expect("auto always ends somewhere");
    if auto.provider() != "cpu" {
        println!("skipped: this machine has the device {}", auto.provider());
        return;
    }
    let e = open_as(MANIFEST, tiny(), Device::Provider("cuda".into())).expect_err("no GPU here");
    assert_eq!(e.kind(), ErrorKind::Missing);
    assert!(e.to_string().contains("cuda") && e.to_string().contains("device=auto"), "{e}");
    // Whoever wants a card is told why there is none, and goes on.
    let gpu = open_as(MANIFEST, tiny(), Device::Gpu).expect("falls back");
    assert_eq!(gpu.provider(), "cpu");
    assert!(gpu.fallback().is_some_and(|why| why.contains("cuda") || why.contains("CUDA")), "{:?}", gpu.fallback());
    assert_eq!("gpu".parse::<Device>().expect("known").to_string(), "gpu");
    assert!("warp9".parse::<Device>().is_err_and(|e| e.to_string().contains("warp9")));
}
