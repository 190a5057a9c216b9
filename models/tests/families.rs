//! Every model family against a tiny network: what is read from it equals what an independent program reads
//! (`fixtures/make_fixtures.py`).
//!
//! Needs ONNX Runtime's library (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::{Path, PathBuf};

use ego_core::camera::Intrinsics;
use ego_core::depth::DepthScale;
use ego_core::hands::{DepthSource, Side};
use ego_core::image::{ImageView, MaskView, PixelFormat, Plane};
use ego_models::depth::DepthNetwork;
use ego_models::hands::{HandBox, HandInput, HandTrackerConfig, IntrinsicsChoice};
use ego_models::manifest::Manifest;
use ego_models::objects::ObjectDetector;
use ego_models::paths::{Located, find_model};
use ego_models::{Device, ErrorKind, ModelError, SessionOptions};
use serde_json::Value;

const CPU: SessionOptions = SessionOptions { device: Device::Cpu, threads: 1 };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> Located {
    find_model(folder().join(format!("{name}.toml")).to_str().unwrap()).unwrap()
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[name].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// `None` after a message when ONNX Runtime is not installed and need not be.
fn unless_missing<T>(result: Result<T, ModelError>) -> Option<T> {
    match result {
        Err(e @ ModelError::Library { .. }) if std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result.unwrap()),
    }
}

/// The picture of the fixtures.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut x = 12345u32;
    let next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    std::iter::repeat_with(next).take((width * height * 3) as usize).collect()
}

fn steps(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(2).map(|b| f64::from(u16::from_le_bytes([b[0], b[1]]))).collect()
}

#[test]
fn depth_families_give_the_depth_of_the_fixture() {
    let camera = Intrinsics { fx: 500.0, fy: 500.0, cx: 32.0, cy: 24.0, width: 64, height: 48 };
    for (name, size, scale, picture_size, camera, slack) in [
        ("depth-inverse", [16, 12], DepthScale::Relative, [16, 12], None, 0.6),
        ("depth-relative", [16, 12], DepthScale::Relative, [16, 12], None, 0.6),
        (
            "depth-metric",
            [16, 12],
            DepthScale::Metric,
            [16, 12],
            Some(Intrinsics { fx: 125.0, fy: 125.0, cx: 8.0, cy: 6.0, width: 16, height: 12 }),
            0.6,
        ),
        // Points are 32-bit numbers and the shift is found by least squares: 2 mm of 2 m.
        ("depth-point-map", [24, 18], DepthScale::Metric, [64, 48], None, 2.0),
        ("depth-point-map", [24, 18], DepthScale::Metric, [64, 48], Some(Intrinsics { fx: 1.3 * 15.0 * 64.0 / 24.0, ..camera }), 2.0),
    ] {
        let Some(mut network) = unless_missing(DepthNetwork::open(&fixture(name), &CPU)) else { return };
        assert_eq!(network.size(), size, "{name}");
        let rgb = picture(picture_size[0], picture_size[1]);
        let view = ImageView::packed(PixelFormat::Rgb, picture_size[0], picture_size[1], &rgb).unwrap();
        let mut out = vec![7; 2 * size[0] * size[1]];
        let info = network.look(&view, camera.as_ref(), &mut out).unwrap();
        let want = expected(name);
        assert_eq!(info.scale, scale, "{name}");
        let unit = want["unit"].as_f64().unwrap();
        assert!((info.unit / unit - 1.0).abs() < 1e-5, "{name}: unit {} instead of {unit}", info.unit);
        for (i, (got, want)) in steps(&out).into_iter().zip(numbers(&want["values"])).enumerate() {
            assert!((got - want / unit).abs() <= slack, "{name}, pixel {i}: {got} steps instead of {}", want / unit);
            assert_eq!(got == 0.0, want < unit / 2.0, "{name}, pixel {i}: what is not known is 0");
        }
    }
}

#[test]
fn a_metric_model_with_a_canonical_focal_length_needs_the_camera() {
    let Some(mut network) = unless_missing(DepthNetwork::open(&fixture("depth-metric"), &CPU)) else { return };
    assert!(network.needs_camera());
    let rgb = picture(64, 48);
    let view = ImageView::packed(PixelFormat::Rgb, 64, 48, &rgb).unwrap();
    let mut out = vec![0; 2 * 16 * 12];
    let e = network.look(&view, None, &mut out).unwrap_err();
    assert!(e.to_string().contains("focal length") && e.kind() == ErrorKind::Mismatch, "{e}");
    // Twice the focal length is twice as far.
    let mut depth = |fx: f64| {
        let camera = Intrinsics { fx, fy: fx, cx: 32.0, cy: 24.0, width: 64, height: 48 };
        network.look(&view, Some(&camera), &mut out).unwrap();
        steps(&out)
    };
    let (near, far) = (depth(250.0), depth(500.0));
    assert!(near.iter().zip(&far).all(|(n, f)| (2.0 * n - f).abs() <= 1.5) && near.iter().any(|n| *n > 100.0));
}

#[test]
fn a_picture_of_nothing_but_nonsense_is_not_known() {
    let Some(mut network) = unless_missing(DepthNetwork::open(&fixture("depth-inverse"), &CPU)) else { return };
    // Black gives -950 everywhere: nothing is known, and the unit is still a number.
    let black = vec![0; 16 * 12 * 3];
    let view = ImageView::packed(PixelFormat::Rgb, 16, 12, &black).unwrap();
    let mut out = vec![7; 2 * 16 * 12];
    let info = network.look(&view, None, &mut out).unwrap();
    assert!(info.unit > 0.0 && steps(&out).iter().all(|step| *step == 0.0));
}

#[test]
fn object_families_find_the_boxes_of_the_fixture() {
    for name in [
        "objects-yolov7",
        "objects-yolov7-heads",
        "objects-yolov7-end2end",
        "objects-yolov7-tensorrt",
        "objects-yolov8",
        "objects-yolo26",
        "objects-yolox",
        "objects-dfine",
        "objects-rf-detr",
        "objects-detr",
    ] {
        let Some(mut detector) = unless_missing(ObjectDetector::open(&fixture(name), None, None, &CPU)) else { return };
        let rgb = picture(100, 60);
        let view = ImageView::packed(PixelFormat::Rgb, 100, 60, &rgb).unwrap();
        let mut found = Vec::new();
        for _ in 0..2 {
            detector.detect(&view, None, &mut found).unwrap();
        }
        let want = expected(name);
        let want = want.as_array().unwrap();
        let told = || format!("{name}: {found:#?}\nwanted {want:#?}");
        assert_eq!(found.len(), want.len(), "{}", told());
        for (got, want) in found.iter().zip(want) {
            assert_eq!(u64::from(got.class), want["class"].as_u64().unwrap(), "{}", told());
            assert!((f64::from(got.score) - want["score"].as_f64().unwrap()).abs() < 1e-5, "{}", told());
            for (got, want) in got.box_norm.iter().zip(numbers(&want["box"])) {
                assert!((f64::from(*got) - want).abs() < 1e-5, "{}", told());
            }
        }
    }
}

#[test]
fn a_detector_of_another_shape_is_refused_with_what_was_expected_and_found() {
    let open = |name: &str, from: &str, to: &str| {
        let located = fixture(name);
        let text = std::fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        let manifest = Manifest::parse(&text.replace(from, to), Path::new("changed.toml"))?;
        ObjectDetector::open(&Located::new(manifest, located.file), None, None, &CPU).map(|_| ())
    };
    for (name, from, to, words) in [
        ("objects-yolov8", "\"cup\", ", "", ["[1, 6, 84]", "[1, 7, 84]", "2 labels"]),
        ("objects-yolov8", "\"yolov8\"", "\"yolov7\"", ["[1, 252, 8]", "[1, 7, 84]", "num_dets"]),
        ("objects-yolov7", "\"yolov7\"", "\"yolov8\"", ["[1, 7, 84]", "[1, 252, 8]", "family yolov8"]),
        ("objects-yolov7", "\"yolov7\"", "\"yolo26\"", ["[1, -1, 6]", "[1, 252, 8]", "family yolo26"]),
        ("objects-yolox", "\"book\"]", "\"book\", \"pen\"]", ["[1, 84, 9]", "[1, 84, 8]", "4 labels"]),
        ("objects-yolov7-heads", "\"book\"]", "\"book\", \"pen\"]", ["[1, 3, rows, columns, 9]", "[1, 3, 8, 8, 8]", "4 labels"]),
        ("objects-detr", "\"cup\", ", "", ["[1, -1, 2]", "[1, 4, 4]", "logits"]),
        ("objects-dfine", "\"dfine\"", "\"nanodet\"", ["one of yolov7", "nanodet", "family"]),
        ("objects-dfine", "\"objects\"", "\"depth\"", ["objects", "depth", "task"]),
        ("objects-dfine", "shape = [1, 2]", "shape = [2, 2]", ["orig_target_sizes", "[2, 2]", "2 numbers"]),
    ] {
        let Err(e) = open(name, from, to) else { panic!("{name} with {to} opens") };
        if matches!(e, ModelError::Library { .. }) && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
            println!("skipped: {e}");
            return;
        }
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{e}");
        for word in words {
            assert!(e.to_string().contains(word), "{name}: {word:?} is missing in: {e}");
        }
    }
    let e = DepthNetwork::open(&fixture("objects-yolov8"), &CPU).unwrap_err().to_string();
    assert!(e.contains("task") && e.contains("depth"), "{e}");
}

fn config(name: &str) -> HandTrackerConfig {
    let model = folder().join(format!("{name}.toml")).to_str().unwrap().to_owned();
    HandTrackerConfig { model, device: Device::Cpu, ..HandTrackerConfig::default() }
}

fn assert_joints(got: &[[f32; 2]], want: &Value, what: &str) {
    for (got, want) in got.iter().zip(want.as_array().unwrap()) {
        for (got, want) in got.iter().zip(numbers(want)) {
            assert!((f64::from(*got) - want).abs() < 1e-5, "{what}: {got} instead of {want}");
        }
    }
}

#[test]
fn effhandegonet_places_both_hands_with_the_cameras_own_intrinsics() {
    let want = expected("hands-effhandegonet3d");
    let k = numbers(&want["intrinsics"]);
    let given = Intrinsics { fx: k[0], fy: k[1], cx: k[2], cy: k[3], width: k[4] as u32, height: k[5] as u32 };
    let config = HandTrackerConfig { intrinsics: IntrinsicsChoice::Given(given), ..config("hands-effhandegonet3d") };
    let Some(mut model) = unless_missing(ego_models::hands::open(&config)) else { return };
    let white = vec![255; 1280 * 720 * 3];
    let view = ImageView::packed(PixelFormat::Rgb, 1280, 720, &white).unwrap();
    let hands = model.find(&HandInput::of(view, Some(0))).unwrap();
    assert_eq!((hands.hands.len(), hands.depth_source), (2, DepthSource::Estimated));
    assert!((f64::from(hands.hands[0].presence) - want["left_presence"].as_f64().unwrap()).abs() < 1e-5);
    let scores = numbers(&want["joint_score"]);
    for (which, side) in [Side::Left, Side::Right].into_iter().enumerate() {
        let hand = &hands.hands[which];
        assert_eq!(hand.side, side);
        let part = |key: &str| Value::Array(want[key].as_array().unwrap()[21 * which..21 * (which + 1)].to_vec());
        assert_joints(&hand.image_norm, &part("uv"), side.name());
        for (got, want) in hand.camera_m.unwrap().iter().zip(part("camera_m").as_array().unwrap()) {
            for (got, want) in got.iter().zip(numbers(want)) {
                assert!((f64::from(*got) - want).abs() < 1e-5, "{}: {got} m instead of {want}", side.name());
            }
        }
        for (got, want) in hand.joint_score.iter().zip(&scores[21 * which..]) {
            assert!((f64::from(*got) - want).abs() < 1e-5);
        }
    }
    assert_ne!(hands.hands[0].track, hands.hands[1].track);
    // The same hands in the next picture have the same numbers; after a pause the tracker starts anew.
    let again = model.find(&HandInput::of(view, Some(33_000_000))).unwrap();
    assert_eq!(again.hands.iter().map(|h| h.track).collect::<Vec<_>>(), hands.hands.iter().map(|h| h.track).collect::<Vec<_>>());
    model.reset();
    assert!(model.find(&HandInput::of(view, None)).unwrap().hands.iter().all(|h| h.track > 2));
}

#[test]
fn the_range_mask_is_black_for_effhandegonet() {
    let Some(mut model) = unless_missing(ego_models::hands::open(&config("hands-effhandegonet3d"))) else { return };
    let white = vec![255; 320 * 240 * 3];
    let view = ImageView::packed(PixelFormat::Rgb, 320, 240, &white).unwrap();
    // The fixture's right hand is there when the upper left quarter is not black; a mask of another size cuts just that.
    let mask = [0, 255, 255, 255];
    let mask = MaskView { width: 2, height: 2, plane: Plane { data: &mask, stride: 2 } };
    let sides = |hands: ego_core::hands::Hands| hands.hands.iter().map(|h| h.side).collect::<Vec<_>>();
    assert_eq!(sides(model.find(&HandInput::of(view, None)).unwrap()), [Side::Left, Side::Right]);
    assert_eq!(sides(model.find(&HandInput { mask: Some(mask), ..HandInput::of(view, None) }).unwrap()), [Side::Left]);
}

#[test]
fn rtmpose_reads_the_joints_of_a_detected_hand() {
    let Some(mut model) = unless_missing(ego_models::hands::open(&config("hands-rtmpose"))) else { return };
    let grey = vec![128; 320 * 240 * 3];
    let view = ImageView::packed(PixelFormat::Rgb, 320, 240, &grey).unwrap();
    let nothing = model.find(&HandInput::of(view, Some(0))).unwrap();
    assert!(nothing.hands.is_empty(), "without a detector nobody tells where to look");
    let found = HandBox { side: Side::Right, score: 0.9, box_norm: [100.0 / 320.0, 60.0 / 240.0, 180.0 / 320.0, 120.0 / 240.0] };
    let hands = model.find(&HandInput { boxes: &[found], ..HandInput::of(view, Some(33_000_000)) }).unwrap();
    assert_eq!((hands.hands.len(), hands.depth_source), (1, DepthSource::None));
    let (hand, want) = (&hands.hands[0], expected("hands-rtmpose"));
    assert_eq!((hand.side, hand.track, hand.camera_m), (Side::Right, 1, None));
    assert_joints(&hand.image_norm, &want["uv"], "right");
    for (got, want) in hand.joint_score.iter().zip(numbers(&want["joint_score"])) {
        assert!((f64::from(*got) - want).abs() < 1e-5);
    }
    // Followed without a box from then on.
    let next = model.find(&HandInput::of(view, Some(66_000_000))).unwrap();
    assert_eq!(next.hands.iter().map(|h| h.track).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_hand_model_of_another_shape_or_family_is_refused() {
    for (name, from, to, words) in [
        ("hands-effhandegonet3d", "\"effhandegonet3d\"", "\"rtmpose-hand\"", ["simcc_x", "heatmaps"]),
        ("hands-rtmpose", "\"rtmpose-hand\"", "\"effhandegonet3d\"", ["heatmaps", "simcc_x"]),
        ("hands-rtmpose", "\"rtmpose-hand\"", "\"openpose\"", ["mediapipe-hands", "openpose"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let located = fixture(name);
        std::fs::copy(&located.file, folder.path().join(located.file.file_name().unwrap())).unwrap();
        let text = std::fs::read_to_string(located.file.with_extension("toml")).unwrap().replace(from, to);
        let path = folder.path().join("changed.toml");
        std::fs::write(&path, text).unwrap();
        let config = HandTrackerConfig { model: path.to_str().unwrap().to_owned(), ..config(name) };
        let e: ModelError = match ego_models::hands::open(&config) {
            Ok(model) => panic!("{name} as {to} opens: {model:?}"),
            Err(e) => e,
        };
        if matches!(e, ModelError::Library { .. }) && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
            println!("skipped: {e}");
            return;
        }
        assert!(words.iter().all(|word| e.to_string().contains(word)), "{e}");
    }
}
