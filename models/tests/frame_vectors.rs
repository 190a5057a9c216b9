//! The 135 numbers of a frame against `fixtures/make_frame_vectors.py`, which is written against SHARP's contract and shares no code with
//! us, and the table of positions inside our action network against the paper's formula.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "functions of a test file are tests too")]

use std::path::Path;

use ego_core::action::vector::{ObjectCue, SeenObjects, VectorLayout, frame_row, frame_vector, wearer_hands, window_vectors};
use ego_core::camera::Intrinsics;
use ego_core::hands::{Hand, JOINTS, Side};
use ego_core::objects::{Detection, InHand};
use ego_models::action::ObjectCodes;
use serde_json::Value;

const TOLERANCE: f32 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|v| v.as_str().expect("a name").to_owned()).collect()
}

/// A hand as the elements hand it on: shares of the picture, and metres in camera space.
fn hand(known: &Value, camera: &Intrinsics) -> Hand {
    let joints: Vec<[f64; 3]> = known["camera_mm"]
        .as_array()
        .expect("joints")
        .iter()
        .map(|joint| numbers(joint).try_into().expect("x, y, z"))
        .map(|mm: [f64; 3]| mm.map(|v| v / 1000.0))
        .collect();
    assert_eq!(joints.len(), JOINTS);
    let image = |m: [f64; 3]| {
        let [u, v] = camera.project(m).expect("in front of the camera");
        [(u / f64::from(camera.width)) as f32, (v / f64::from(camera.height)) as f32]
    };
    Hand {
        side: if known["side"] == "left" { Side::Left } else { Side::Right },
        score: 1.0,
        presence: known["presence"].as_f64().expect("a number") as f32,
        track: 1,
        image_norm: std::array::from_fn(|j| image(joints[j])),
        camera_m: Some(std::array::from_fn(|j| joints[j].map(|v| v as f32))),
        joint_score: [1.0; JOINTS],
    }
}

/// A row `score class xc yc w h`, shares of the picture.
fn detection(row: &Value) -> Detection {
    let [score, class, xc, yc, w, h]: [f64; 6] = numbers(row).try_into().expect("six numbers");
    let box_norm = [xc - w / 2.0, yc - h / 2.0, xc + w / 2.0, yc + h / 2.0].map(|v| v as f32);
    Detection { class: class as u32, score: score as f32, track: None, box_norm, depth_m: None, in_hand: InHand::None }
}

fn check(name: &str, found: &[f32], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - *wanted as f32).abs() <= TOLERANCE, "{name}: number {i} is {found}, not {wanted}");
    }
}

#[test]
fn frames_become_the_numbers_that_the_contract_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/frame-vectors.json");
    let known: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the golden file")).expect("JSON");
    let objects = names(&known["objects"]);
    let codes = ObjectCodes::new(&objects, &names(&known["detector"]));
    let frames = known["frames"].as_array().expect("frames");
    assert_eq!(frames.len(), 11);
    for frame in frames {
        let name = frame["name"].as_str().expect("a name");
        let [fx, fy, cx, cy, width, height]: [f64; 6] = numbers(&frame["intrinsics"]).try_into().expect("six numbers");
        let camera = Intrinsics { fx, fy, cx, cy, width: width as u32, height: height as u32 };
        let hands: Vec<Hand> = frame["hands"].as_array().expect("hands").iter().map(|h| hand(h, &camera)).collect();
        let detections: Vec<Detection> = frame["boxes"].as_array().expect("boxes").iter().map(detection).collect();
        let wearer = wearer_hands(&hands);
        let seen = SeenObjects::new(&detections, wearer, (width / height) as f32, objects.len(), |class| codes.code(class));
        for layout in [VectorLayout::ImageAndDepth, VectorLayout::CameraSpace] {
            let wanted = numbers(&frame["vectors"][layout.name()]);
            let name = format!("{name}, {}", layout.name());
            let chosen = seen.chosen.checked_sub(1).and_then(|i| seen.boxes[i as usize]);
            let cue = chosen.map(|box_norm| ObjectCue { code: seen.chosen, box_norm });
            check(&name, &frame_vector(wearer, cue, layout), &wanted);
            // And by the way that a running stream takes: rows of every object, of which a window is made.
            let rows = frame_row(wearer, &seen, layout);
            check(&format!("{name}, as a window of one frame"), &window_vectors(&rows, objects.len(), layout), &wanted);
        }
    }
}

/// Tokens and width of the table: the class token and 20 frames, 135 numbers each.
const TABLE: [usize; 2] = [21, 135];

/// Vaswani et al. 2017: sine in even columns, cosine in odd ones, of position / 10000^(even column / width).
fn position(row: usize, column: usize) -> f64 {
    let angle = row as f64 / 10000_f64.powf((column - column % 2) as f64 / TABLE[1] as f64);
    if column.is_multiple_of(2) { angle.sin() } else { angle.cos() }
}

#[test]
fn the_positions_inside_the_action_network_are_the_papers_sinusoids() {
    // By hand: sin 1, cos 1, and the same of 10000^(-2/135); the third is also in the released table, whose odd columns have a slip.
    for (column, wanted) in [0.841471, 0.540302, 0.765907, 0.642952].into_iter().enumerate() {
        assert!((position(1, column) - wanted).abs() < 1e-6);
    }
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo/ego-action.onnx")).expect("committed");
    // ONNX keeps the table as one run of little-endian numbers; its first row is 0, 1, 0, 1 ... and stands nowhere else.
    let first: Vec<u8> = (0..TABLE[1]).flat_map(|column| ((column % 2) as f32).to_le_bytes()).collect();
    let places: Vec<usize> = bytes.windows(first.len()).enumerate().filter(|(_, w)| *w == first).map(|(at, _)| at).collect();
    let [at] = places[..] else { panic!("{} tables begin like that one", places.len()) };
    let table = bytes[at..].chunks_exact(4).take(TABLE[0] * TABLE[1]);
    let table: Vec<f32> = table.map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect();
    assert_eq!(table.len(), TABLE[0] * TABLE[1]);
    for (i, found) in table.iter().enumerate() {
        let wanted = position(i / TABLE[1], i % TABLE[1]) as f32;
        assert!((found - wanted).abs() <= TOLERANCE, "row {}, column {}: {found}, not {wanted}", i / TABLE[1], i % TABLE[1]);
    }
}
