//! Measures the hand tracker. Every mode prints JSON lines on stdout.
//!
//! ```text
//! cargo bench -p ego-models --bench hands -- stages STAGES.json FOLDER        against tests/peer/stages.py, stage by stage
//! cargo bench -p ego-models --bench hands -- pictures [MODEL[+DETECTOR]:] FOLDER...   H2O-layout folders with true joints, single frames
//! cargo bench -p ego-models --bench hands -- frames RAW WIDTHxHEIGHT [N] [OUT] speed over raw RGB frames; results to OUT
//! cargo bench -p ego-models --bench hands -- sample                            time of one crop from each pixel format
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a measurement that cannot go on stops")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use ego_core::camera::Intrinsics;
use ego_core::hands::{Hand, JOINTS, Side};
use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};
use ego_core::region::Region;
use ego_models::hands::{HandTracker, HandTrackerConfig, IntrinsicsChoice, LandmarkNetwork, PalmDetector, Search};
use ego_models::paths::find_model;
use ego_models::sample::Sampler;
use ego_models::{Device, SessionOptions};
use serde_json::{Value, json};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["stages", file, folder] => stages(Path::new(file), Path::new(folder)),
        ["pictures", models, folders @ ..] if models.ends_with(':') && !folders.is_empty() => {
            pictures(models.trim_end_matches(':'), folders)
        }
        ["pictures", folders @ ..] if !folders.is_empty() => pictures("mediapipe-hands", folders),
        ["frames", raw, size, rest @ ..] => frames(raw, size, rest),
        [] | ["sample"] => sample(),
        _ => panic!(
            "usage: stages STAGES.json FOLDER | pictures [MODEL[+DETECTOR]:] FOLDER... | frames RAW WIDTHxHEIGHT [INTERVAL] [OUT] | sample"
        ),
    }
}

fn picture(path: &Path) -> (u32, u32, Vec<u8>) {
    let rgb = image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).to_rgb8();
    (rgb.width(), rgb.height(), rgb.into_raw())
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("array").iter().map(|x| x.as_f64().expect("number")).collect()
}

fn table(v: &Value) -> [[f64; 3]; JOINTS] {
    let rows: Vec<[f64; 3]> = v.as_array().expect("table").iter().map(|r| numbers(r).try_into().expect("three")).collect();
    rows.try_into().expect("21 rows")
}

fn distance(a: &[[f64; 3]; JOINTS], b: &[[f64; 3]; JOINTS], axes: usize) -> f64 {
    let d = |p: &[f64; 3], q: &[f64; 3]| (0..axes).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt();
    a.iter().zip(b).map(|(p, q)| d(p, q)).sum::<f64>() / JOINTS as f64
}

/// Each stage starts from the other program's result of the stage before, so that nothing feeds back.
fn stages(file: &Path, folder: &Path) {
    let options = SessionOptions::default();
    let mut palms = PalmDetector::open(&find_model("palm-detection-full").unwrap(), &options).unwrap();
    let mut landmarks = LandmarkNetwork::open(&find_model("mediapipe-hands").unwrap(), &options).unwrap();
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (mut regions, mut hands, mut other_count) = (0, 0, 0);
    let mut worst = [0f64; 4];
    let mut sum = [0f64; 4];
    for entry in truth.as_array().unwrap() {
        let (w, h, rgb) = picture(&folder.join(entry["picture"].as_str().unwrap()));
        let view = ImageView::packed(PixelFormat::Rgb, w, h, &rgb).unwrap();
        let whole = Region { cx: f64::from(w) / 2.0, cy: f64::from(h) / 2.0, side: f64::from(w.max(h)), angle: 0.0 };
        let found: Vec<Region> = palms.detect(&view, &whole, 0.5).unwrap().iter().map(|p| p.hand_region()).collect();
        let wanted = entry["hands"].as_array().unwrap();
        other_count += usize::from(found.len().min(2) != wanted.len());
        for (ours, theirs) in found.iter().zip(wanted) {
            regions += 1;
            let t = numbers(&theirs["region"]);
            let d = (ours.cx - t[0]).hypot(ours.cy - t[1]).max((ours.side - t[2]).abs()) / t[2] * 200.0;
            (worst[0], sum[0]) = (worst[0].max(d), sum[0] + d);
            let region = Region { cx: t[0], cy: t[1], side: t[2], angle: t[3] };
            let seen = landmarks.look(&view, &region).unwrap();
            let Some(s) = theirs["seen"].as_object() else {
                other_count += usize::from(seen.presence > 0.5);
                continue;
            };
            hands += 1;
            let image = table(&s["image"]);
            let xs = image.iter().fold([f64::MAX, f64::MIN], |m, p| [m[0].min(p[0]), m[1].max(p[0])]);
            let ys = image.iter().fold([f64::MAX, f64::MIN], |m, p| [m[0].min(p[1]), m[1].max(p[1])]);
            let size = (xs[1] - xs[0]).max(ys[1] - ys[0]);
            let next = numbers(&s["next"]);
            let own = ego_models::hands::Landmarks { image, ..seen.clone() }.next_region();
            let errors = [
                distance(&seen.image, &image, 2) / size * 100.0,
                distance(&seen.world, &table(&s["world"]), 3) * 1000.0,
                (own.cx - next[0]).hypot(own.cy - next[1]).max((own.side - next[2]).abs()) / size * 100.0,
            ];
            for (k, e) in errors.into_iter().enumerate() {
                (worst[k + 1], sum[k + 1]) = (worst[k + 1].max(e), sum[k + 1] + e);
            }
        }
    }
    let mean = |k: usize, n: usize| sum[k] / n.max(1) as f64;
    println!(
        "{}",
        json!({"bench": "hands.stages", "pictures": truth.as_array().map(Vec::len), "regions": regions, "hands": hands, "other_count": other_count,
            "palm_region_pct_of_hand": {"mean": mean(0, regions), "max": worst[0]},
            "landmarks_pct_of_hand": {"mean": mean(1, hands), "max": worst[1]},
            "world_mm": {"mean": mean(2, hands), "max": worst[2]},
            "next_region_pct_of_hand": {"mean": mean(3, hands), "max": worst[3]}})
    );
}

/// Joint 1 (thumb base) is made up in the Aria recordings' H2O layout; their README says to leave it out.
fn joints_with_truth() -> impl Iterator<Item = usize> {
    (0..JOINTS).filter(|i| *i != 1)
}

/// Hands on single frames; a hand that is missed or on the wrong side counts all its joints as wrong in the shares.
fn pictures(models: &str, folders: &[&str]) {
    let (model, detector) = models.split_once('+').map_or((models, None), |(m, d)| (m, Some(d.to_owned())));
    for folder in folders {
        let folder = PathBuf::from(folder);
        let camera = folder.join("cam_intrinsics.txt");
        let config = HandTrackerConfig {
            model: model.to_owned(),
            detector: detector.clone(),
            intrinsics: IntrinsicsChoice::File(camera.clone()),
            device: Device::Cpu,
            ..Default::default()
        };
        let mut tracker = HandTracker::open(&config).unwrap();
        let mut near = [0, 0, 0];
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("rgb")).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        let (mut total, mut found, mut false_hands, mut right_side) = (0, 0, 0, 0);
        let mut errors: Vec<[f64; 6]> = Vec::new();
        let mut reprojection = Vec::new();
        for file in &files {
            let (w, h, rgb) = picture(file);
            let view = ImageView::packed(PixelFormat::Rgb, w, h, &rgb).unwrap();
            tracker.reset();
            let hands = tracker.process(&view, None).unwrap();
            let (k, _) = tracker.intrinsics().unwrap();
            let truth = truth_of(&folder, file);
            total += truth.len();
            for (side, t) in &truth {
                let distances = hands.hands.iter().find(|h| h.side == *side).map(|h| distances_2d(h, t, &k)).unwrap_or_default();
                for (count, limit) in near.iter_mut().zip([10.0, 20.0, 30.0]) {
                    *count += distances.iter().filter(|d| **d < limit).count();
                }
            }
            for hand in &hands.hands {
                reprojection.extend(round_trip(hand, &k));
                let nearest = truth.iter().map(|(side, t)| (error_2d(hand, t, &k), side, t)).min_by(|a, b| a.0.total_cmp(&b.0));
                match nearest {
                    Some((e, side, t)) if e < 50.0 => {
                        found += 1;
                        right_side += usize::from(hand.side == *side);
                        errors.push(errors_3d(hand, t, e));
                    }
                    _ => false_hands += 1,
                }
            }
        }
        let mean = |k: usize| errors.iter().map(|e| e[k]).sum::<f64>() / errors.len().max(1) as f64;
        println!(
            "{}",
            json!({"bench": "hands.pictures", "models": models, "folder": folder.components().rev().nth(2).map(|c| c.as_os_str().to_string_lossy().into_owned()),
                "hands": total, "found": found, "false": false_hands, "side_right": right_side,
                "joints_within_pct": near.map(|n| 100.0 * n as f64 / (total * joints_with_truth().count()).max(1) as f64),
                "error_2d_pct_of_hand": mean(0), "camera_m_mm": {"absolute": mean(1), "depth": mean(2), "wrist_relative": mean(3), "centred": mean(4)},
                "size_ratio": mean(5),
                "reprojection_px": reprojection.iter().sum::<f64>() / reprojection.len().max(1) as f64})
        );
    }
}

fn truth_of(folder: &Path, picture: &Path) -> Vec<(Side, [[f64; 3]; JOINTS])> {
    let file = folder.join("hand_pose").join(picture.with_extension("txt").file_name().unwrap());
    let values: Vec<f64> = std::fs::read_to_string(file).unwrap().split_whitespace().map(|v| v.parse().unwrap()).collect();
    [(Side::Left, &values[..64]), (Side::Right, &values[64..128])]
        .into_iter()
        .filter(|(_, v)| v[0] > 0.5)
        .map(|(side, v)| (side, std::array::from_fn(|i| std::array::from_fn(|k| v[1 + 3 * i + k]))))
        .collect()
}

/// 2D distance of each joint with truth in per cent of the true hand's size.
fn distances_2d(hand: &Hand, truth: &[[f64; 3]; JOINTS], k: &Intrinsics) -> Vec<f64> {
    let px = truth.map(|p| k.project(p).unwrap_or([f64::NAN; 2]));
    let side = |axis: usize| px.iter().map(|p| p[axis]).fold(f64::MIN, f64::max) - px.iter().map(|p| p[axis]).fold(f64::MAX, f64::min);
    let own = hand.image_px(k.width, k.height);
    let size = side(0).max(side(1)) / 100.0;
    joints_with_truth().map(|i| (f64::from(own[i][0]) - px[i][0]).hypot(f64::from(own[i][1]) - px[i][1]) / size).collect()
}

/// Mean 2D distance in per cent of the true hand's size.
fn error_2d(hand: &Hand, truth: &[[f64; 3]; JOINTS], k: &Intrinsics) -> f64 {
    let d = distances_2d(hand, truth, k);
    d.iter().sum::<f64>() / d.len() as f64
}

fn errors_3d(hand: &Hand, truth: &[[f64; 3]; JOINTS], error_2d: f64) -> [f64; 6] {
    let Some(own) = hand.camera_m.map(|j| j.map(|p| p.map(f64::from))) else { return [f64::NAN; 6] };
    let n = joints_with_truth().count() as f64;
    let centre = |j: &[[f64; 3]; JOINTS]| -> [f64; 3] { std::array::from_fn(|k| joints_with_truth().map(|i| j[i][k]).sum::<f64>() / n) };
    let apart = |a: [f64; 3], b: [f64; 3]| {
        joints_with_truth().map(|i| (0..3).map(|k| (own[i][k] - a[k] - truth[i][k] + b[k]).powi(2)).sum::<f64>().sqrt()).sum::<f64>() / n
            * 1000.0
    };
    let (co, ct) = (centre(&own), centre(truth));
    let length = |j: &[[f64; 3]; JOINTS]| (0..3).map(|k| (j[9][k] - j[0][k]).powi(2)).sum::<f64>().sqrt();
    [
        error_2d,
        apart([0.0; 3], [0.0; 3]),
        (co[2] - ct[2]).abs() * 1000.0,
        apart(own[0], truth[0]),
        apart(co, ct),
        length(&own) / length(truth),
    ]
}

/// Pixels between each joint and the projection of its camera-space position.
fn round_trip(hand: &Hand, k: &Intrinsics) -> Vec<f64> {
    let px = hand.image_px(k.width, k.height);
    hand.camera_m
        .iter()
        .flat_map(|joints| {
            joints
                .iter()
                .zip(px)
                .map(|(m, p)| k.project(m.map(f64::from)).map_or(1e3, |q| (q[0] - f64::from(p[0])).hypot(q[1] - f64::from(p[1]))))
        })
        .collect()
}

/// Processor time of this process so far, all threads, in seconds (Linux counts it in hundredths).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn frames(raw: &str, size: &str, rest: &[&str]) {
    let (w, h) = size.split_once('x').expect("WIDTHxHEIGHT");
    let (w, h): (u32, u32) = (w.parse().unwrap(), h.parse().unwrap());
    let interval = rest.first().map_or(8, |v| v.parse().unwrap());
    let data = std::fs::read(raw).unwrap();
    let config = HandTrackerConfig {
        detector_interval: interval,
        search: Search::Whole,
        bystanders: true,
        device: Device::Cpu,
        ..HandTrackerConfig::default()
    };
    let mut tracker = HandTracker::open(&config).unwrap();
    let mut results = Vec::new();
    let each = (w * h * 3) as usize;
    let (start, cpu) = (Instant::now(), cpu_s());
    for (i, frame) in data.chunks_exact(each).enumerate() {
        let view = ImageView::packed(PixelFormat::Rgb, w, h, frame).unwrap();
        results.push(tracker.process(&view, Some(i as u64 * 40_000_000)).unwrap());
    }
    let n = results.len() as f64;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_s() - cpu);
    let counts = tracker.counts();
    println!(
        "{}",
        json!({"bench": "hands.frames", "frames": results.len(), "wall_ms": wall / n * 1e3, "cpu_ms": cpu / n * 1e3,
            "palm_runs": counts.palm_runs, "landmark_runs": counts.landmark_runs})
    );
    if let Some(out) = rest.get(1) {
        let lines: String = results
            .iter()
            .enumerate()
            .map(|(i, hands)| {
                // The peer's words: its label assumes a mirrored picture.
                let hands: Vec<Value> = hands
                    .hands
                    .iter()
                    .map(|hand| {
                        json!({
                "label": if hand.side == Side::Right { "Left" } else { "Right" }, "score": hand.score,
                "landmarks": hand.image_norm.map(|[x, y]| [x, y, 0.0]), "world": vec![[0.0; 3]; JOINTS]})
                    })
                    .collect();
                format!("{}\n", json!({"frame": i, "hands": hands}))
            })
            .collect();
        std::fs::write(out, lines).unwrap();
    }
}

/// Microseconds for a rotated 224 x 224 crop and a 192 x 192 letterbox out of a 720p frame.
fn sample() {
    let (w, h) = (1280u32, 720u32);
    let bytes: Vec<u8> = (0..w * h * 4).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let crop = Sampler::new(&find_model("mediapipe-hands").unwrap().manifest.input);
    let letterbox = Sampler::new(&find_model("palm-detection-full").unwrap().manifest.input);
    for format in [PixelFormat::Rgb, PixelFormat::Bgrx, PixelFormat::Gray8, PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Yuy2] {
        let sizes = format.plane_sizes(w, h);
        let planes = sizes.map(|(row, _)| Plane { data: &bytes, stride: row });
        let view = ImageView { format, width: w, height: h, planes, yuv: YuvToRgb::BT709 };
        let mut out = vec![0f32; 224 * 224 * 3];
        let mut time = |sampler: &mut Sampler, region: Region, size: usize| {
            let mut best = f64::MAX;
            for _ in 0..5 {
                let start = Instant::now();
                for _ in 0..20 {
                    sampler.square(&view, &region, &mut out[..size * size * 3]);
                }
                best = best.min(start.elapsed().as_secs_f64() / 20.0 * 1e6);
            }
            best
        };
        let hand = time(&mut crop.clone(), Region { cx: 600.0, cy: 400.0, side: 260.0, angle: 0.7 }, 224);
        let palm = time(&mut letterbox.clone(), Region { cx: 640.0, cy: 360.0, side: 1280.0, angle: 0.0 }, 192);
        println!("{}", json!({"bench": "hands.sample", "format": format!("{format:?}"), "crop_224_us": hand, "letterbox_192_us": palm}));
    }
}
