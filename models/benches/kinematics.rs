//! Measures features, classifier and body tracker.
//!
//! ```text
//! cargo bench -p ego-models --bench kinematics                      features + PCA + classifier, microseconds a person and frame
//! cargo bench -p ego-models --bench kinematics -- body PICTURE      egobody's tracker on a picture at 1280x720: one person, and six
//! cargo bench -p ego-models --bench kinematics -- gestures          how often hands in other poses are called one of ego-gestures-static's
//! ```
//!
//! Times are processor time of this process (user and system), so that they hold on a busy machine too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a measurement that cannot go on stops")]

use ego_core::action::evidence::Scores;
use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};
use ego_core::kinematics::{Extractor, FeatureSpec, Preset, Scene, hand_shape};
use ego_models::action::ActionNetwork;
use ego_models::body::{BodyTracker, BodyTrackerConfig};
use ego_models::paths::find_model;
use ego_models::teach::export::{Description, write};
use ego_models::teach::model_hand::{Finger, view};
use ego_models::teach::{Dataset, FitSettings, KinematicClassifier, Random, Sample};
use ego_models::{Device, Network, SessionOptions};
use serde_json::json;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => {
            for preset in [Preset::Body, Preset::Body5x314, Preset::Hands, Preset::HandShape, Preset::FingerPath] {
                features(preset);
            }
        }
        ["body", picture] => body(picture),
        ["gestures"] => gestures(),
        _ => panic!("usage: (nothing) | body PICTURE | gestures"),
    }
}

/// Processor time of this process so far, seconds: fields 14 and 15 of /proc/self/stat, in ticks of 10 ms.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this measurement needs Linux");
    let after = stat.rsplit(')').next().expect("a name");
    let ticks: u64 = after.split_whitespace().skip(11).take(2).map(|v| v.parse::<u64>().expect("a number")).sum();
    ticks as f64 / 100.0
}

/// Runs until a second of processor time has gone; microseconds a turn.
fn micros(mut turn: impl FnMut()) -> f64 {
    let (began, mut turns) = (processor_s(), 0u64);
    loop {
        for _ in 0..50 {
            turn();
        }
        turns += 50;
        let spent = processor_s() - began;
        if spent >= 1.0 {
            return spent / turns as f64 * 1e6;
        }
    }
}

fn person(t: f64) -> Body {
    let joint = |i: usize| {
        let (x, y) = ([0.0, -0.1, -0.15, -0.15, 0.1, 0.15, 0.15][i % 7], 0.1 * (i / 7) as f64 + 0.03 * (i % 7) as f64);
        [(0.5 + x + 0.02 * (3.0 * t + i as f64).sin()) as f32, (0.2 + 0.5 * y + 0.2 * f64::from(u8::from(i >= 7))) as f32]
    };
    Body {
        layout: BodyLayout::Body13,
        track: 1,
        score: 0.9,
        image_norm: (0..13).map(joint).collect(),
        world_m: None,
        joint_score: vec![0.9; 13],
    }
}

fn hand(side: Side, t: f64) -> Hand {
    let camera: [[f32; 3]; JOINTS] = std::array::from_fn(|j| {
        let (finger, k) = (j.saturating_sub(1) / 4, (j + 3) % 4);
        let x = 0.02 * (finger as f64 - 2.0) + 0.01 * (4.0 * t).sin();
        [x as f32, (-0.05 - 0.03 * k as f64) as f32 * f32::from(u8::from(j > 0)), (0.4 + 0.02 * (2.0 * t + j as f64).cos()) as f32]
    });
    let track = if side == Side::Left { 1 } else { 2 };
    let image_norm = camera.map(|[x, y, z]| [0.5 + x / z, 0.5 + y / z]);
    Hand { side, score: 0.9, presence: 1.0, track, image_norm, camera_m: Some(camera), joint_score: [0.9; JOINTS] }
}

/// Features of a stream at 30 frames a second and a classifier of four classes on them.
fn features(preset: Preset) {
    let spec = FeatureSpec::new(preset);
    let mut extractor = Extractor::new(spec);
    let mut frame = 0u64;
    let mut turn = |extractor: &mut Extractor| {
        let t = frame as f64 / 30.0;
        let bodies = Bodies { bodies: vec![person(t)] };
        let hands = Hands { hands: vec![hand(Side::Left, t), hand(Side::Right, t)], depth_source: DepthSource::Estimated };
        let scene = Scene {
            time_ns: Some(frame * 33_333_333),
            width: 1280,
            height: 720,
            hands: Some(&hands),
            bodies: Some(&bodies),
            objects: None,
        };
        frame += 1;
        extractor.push(&scene)
    };
    let feature_us = micros(|| {
        turn(&mut extractor);
    });
    let mut random = Random::new(1);
    let samples = (0..1200)
        .map(|i| {
            let values = turn(&mut extractor).pop().expect("features").values;
            let values = values.iter().map(|v| v + (0.1 * random.unit()) as f32 + 0.05 * (i % 4) as f32).collect();
            Sample { values, class: i % 4, group: i / 100 }
        })
        .collect();
    let data = Dataset { layout: spec.id(), labels: ["a", "b", "c", "d"].map(str::to_owned).to_vec(), samples };
    let began = processor_s();
    let classifier = KinematicClassifier::fit(&data, &FitSettings::default()).expect("fits");
    let fit_s = processor_s() - began;
    let folder = tempfile::tempdir().expect("folder");
    let described = Description { name: "bench".into(), head: "fast".into(), licence: "none".into(), ..Description::default() };
    let written = write(&classifier, &described, folder.path()).expect("written");
    let located = find_model(written.manifest.to_str().expect("text")).expect("found");
    let mut network = ActionNetwork::open(&located, &SessionOptions { device: Device::Cpu, threads: 1 }).expect("opens");
    let row = data.samples[0].values.clone();
    let classifier_us = micros(|| {
        network.run(&row).expect("runs");
    });
    let subjects = if preset.is_body() || preset == Preset::Hands { 1.0 } else { 2.0 };
    let line = json!({
        "layout": spec.id(), "numbers": spec.names().len(), "features_us": feature_us / subjects, "pca_and_classifier_us": classifier_us,
        "sum_us": feature_us / subjects + classifier_us, "fit_1200_windows_s": fit_s,
    });
    println!("{line}");
}

/// The tracker on one person, and on six made of the same picture side by side.
fn body(path: &str) {
    let rgb = image::open(path).unwrap_or_else(|e| panic!("{path}: {e}")).to_rgb8();
    for (people, columns, rows) in [(1u32, 1u32, 1u32), (6, 3, 2)] {
        let (width, height) = (1280u32, 720u32);
        let (cell_w, cell_h) = (width / columns, height / rows);
        let scale = f64::from(rgb.width()) / f64::from(cell_w).min(f64::from(cell_h) * f64::from(rgb.width()) / f64::from(rgb.height()));
        let mut frame = vec![90u8; (width * height * 3) as usize];
        for y in 0..height {
            for x in 0..width {
                let (sx, sy) = ((f64::from(x % cell_w) * scale) as u32, (f64::from(y % cell_h) * scale) as u32);
                if x < cell_w * columns && sx < rgb.width() && sy < rgb.height() {
                    let at = ((y * width + x) * 3) as usize;
                    frame[at..at + 3].copy_from_slice(&rgb.get_pixel(sx, sy).0);
                }
            }
        }
        let plane = Plane { data: &frame, stride: width as usize * 3 };
        let none = Plane { data: &[], stride: 0 };
        let view = ImageView { format: PixelFormat::Rgb, width, height, planes: [plane, none, none], yuv: YuvToRgb::BT709 };
        for max_bodies in [1usize, 6].into_iter().filter(|m| people == 1 || *m == 6) {
            // One thread and two in turns of ten frames, so that both meet the same machine.
            let mut trackers = [1usize, 2].map(|threads| {
                let config = BodyTrackerConfig { device: Device::Cpu, max_bodies, threads, ..BodyTrackerConfig::default() };
                (threads, BodyTracker::open(&config).expect("imported models"), [0.0; 2], f64::INFINITY)
            });
            let mut found = 0;
            const TURN: u64 = 10;
            for turn in 0..14 {
                for (_, tracker, spent, best) in &mut trackers {
                    let (processor, clock) = (processor_s(), std::time::Instant::now());
                    for frame in turn * TURN..(turn + 1) * TURN {
                        found = tracker.process(&view, Some(frame * 33_333_333)).expect("runs").bodies.len();
                    }
                    // Everybody is found before time is taken.
                    if turn >= 2 {
                        let clock = clock.elapsed().as_secs_f64();
                        *spent = [spent[0] + processor_s() - processor, spent[1] + clock];
                        *best = best.min(clock / TURN as f64);
                    }
                }
            }
            for (threads, _, spent, best) in trackers {
                let [processor, clock] = spent.map(|s| s / (12 * TURN) as f64 * 1e3);
                let line = json!({
                    "people": people, "found": found, "max_bodies": max_bodies, "threads": threads, "processor_ms_a_frame": processor,
                    "ms_a_frame": clock, "frames_per_second": 1e3 / clock, "best_turn_frames_per_second": 1.0 / best,
                });
                println!("{line}");
            }
        }
    }
}

/// Views of a model hand whose fingers make no gesture of the model, and the share of them that the model names all the same.
fn gestures() {
    const VIEWS: usize = 1000;
    let located = find_model("ego-gestures-static").expect("the shipped model");
    let classes = located.manifest.labels.len();
    let mut network = Network::open(&located, &SessionOptions { device: Device::Cpu, ..SessionOptions::default() }).expect("opens");
    let output = network.output_index("probabilities").expect("is named");
    for (name, held) in [("index and middle", "01100"), ("index to ring", "01110"), ("index and little", "01001"), ("little", "00001")] {
        let fingers: [Finger; 5] =
            std::array::from_fn(|i| if held.as_bytes().get(i) == Some(&b'1') { Finger::Stretched } else { Finger::Bent });
        let mut random = Random::new(9);
        let uncertain: Vec<f32> = (0..VIEWS)
            .map(|_| {
                let values = hand_shape::features(&view(fingers, &mut random)).expect("a hand with a size");
                network.input_mut().copy_from_slice(&values);
                network.run().expect("runs");
                Scores::Probabilities.read(network.output(output)).expect("finite").uncertainty
            })
            .collect();
        let named = |unknown: f32| uncertain.iter().filter(|u| **u <= unknown).count() as f64 / VIEWS as f64;
        println!("{}", json!({ "stretched": name, "classes": classes, "named_at_0.5": named(0.5), "named_at_0.865": named(0.865) }));
    }
}
