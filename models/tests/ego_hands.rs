//! The hand networks of our own: each stage against an independent run in Python, whole frames, and real head-camera frames.
//!
//! Needs ONNX Runtime (`./x setup`); the networks come with the program. Without it these tests fail when EGO_REQUIRE_MODELS is set
//! and skip otherwise. `fixtures/ego-hands.json` is made by `models/training/hands/golden.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::{Path, PathBuf};

use ego_core::hands::{Hand, JOINTS, Side};
use ego_core::image::{ImageView, PixelFormat};
use ego_core::region::Region;
use ego_models::hands::{CropNetwork, HandFinder, HandTracker, HandTrackerConfig, IntrinsicsChoice};
use ego_models::paths::find_model;
use ego_models::{ErrorKind, ModelError, SessionOptions};
use serde_json::Value;

const FRAMES: [&str; 3] = ["frame-015.png", "frame-075.png", "frame-135.png"];
/// Largest difference of places from Python, per cent of the hand's box: windows are sampled at 1/32 pixel here, exactly there.
const TOLERANCE_PCT: f64 = 1.0;
/// The same for joints, at the median and at the 90th percentile: the network counts in 8 bits and makes steps of such small differences,
/// and half of the looks are at a hand of the other side, where it is sure of nothing.
const JOINTS_OFF_PCT: [f64; 2] = [2.5, 10.0];

struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    fn open(path: &Path) -> Picture {
        let rgb = image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).to_rgb8();
        Picture { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() }
    }

    fn fixture(name: &str) -> Picture {
        Picture::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
    }

    fn mirrored(&self) -> Picture {
        let row = self.width as usize * 3;
        let rgb = self.rgb.chunks_exact(row).flat_map(|r| r.chunks_exact(3).rev().flatten().copied().collect::<Vec<u8>>()).collect();
        Picture { rgb, ..*self }
    }

    fn view(&self) -> ImageView<'_> {
        ImageView::packed(PixelFormat::Rgb, self.width, self.height, &self.rgb).expect("a picture")
    }
}

/// `None` after a message when ONNX Runtime is not installed and need not be.
fn unless_missing<T>(result: Result<T, ModelError>) -> Option<T> {
    match result {
        Err(e) if e.kind() == ErrorKind::Missing && std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result.expect("opens")),
    }
}

fn tracker(config: HandTrackerConfig) -> Option<HandTracker> {
    unless_missing(HandTracker::open(&HandTrackerConfig { model: "ego-hands".into(), ..config }))
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("array").iter().map(|x| x.as_f64().expect("number")).collect()
}

#[test]
fn both_networks_say_in_rust_what_they_say_in_python() {
    let options = SessionOptions::default();
    let Some(mut finder) = unless_missing(find_model("ego-hand-finder").and_then(|m| HandFinder::open(&m, &options))) else { return };
    let mut crop = CropNetwork::open(&find_model("ego-hands").expect("comes along"), &options).expect("opens");
    let golden: Value = serde_json::from_str(include_str!("fixtures/ego-hands.json")).expect("fixture");
    let mut looks = 0;
    let (mut peaks_off, mut scores_off, mut offs) = (Vec::new(), Vec::new(), Vec::new());
    for frame in golden["frames"].as_array().expect("frames") {
        let picture = Picture::fixture(frame["picture"].as_str().expect("name"));
        let lowest = finder.lowest_score();
        let places = finder.find(&picture.view(), lowest).expect("runs");
        let wanted = frame["places"].as_array().expect("places");
        assert_eq!(places.len(), wanted.len(), "{places:?}");
        for (place, want) in places.iter().zip(wanted) {
            let (middle, side, score) = (numbers(&want["middle"]), want["side"].as_f64().expect("side"), numbers(&want["score"]));
            let off = (place.middle[0] - middle[0]).hypot(place.middle[1] - middle[1]).max((place.side - side).abs());
            assert!(off / side * 100.0 < TOLERANCE_PCT, "{place:?}, not {want}");
            assert!(place.score.iter().zip(&score).all(|(a, b)| (f64::from(*a) - b).abs() < 2e-3), "{place:?}, not {score:?}");
            for look in want["looks"].as_array().expect("looks") {
                looks += 1;
                let region = Region { cx: middle[0], cy: middle[1], side: side / 0.58, angle: 0.0 };
                let seen = crop.look(&picture.view(), &region, look["left"] == true).expect("runs");
                let joints = numbers(&look["joints"]);
                let peaks = numbers(&look["peaks"]);
                for j in 0..JOINTS {
                    peaks_off.push((f64::from(seen.peaks[j]) - peaks[j]).abs());
                    let off = (0..3).map(|k| (seen.image[j][k] - joints[3 * j + k]).powi(2)).sum::<f64>().sqrt() / side * 100.0;
                    offs.push(off);
                }
                let scores = numbers(&look["scores"]);
                let ours = [seen.there, seen.own_side, seen.placed];
                scores_off.extend(ours.iter().zip(&scores).map(|(a, b)| (f64::from(*a) - b).abs()));
                scores_off.push((seen.size_px / scores[3] - 1.0).abs());
            }
        }
    }
    assert!(looks >= 12, "two hands in each of three frames, both sides: {looks} looks");
    let worst = |v: &[f64]| v.iter().copied().fold(0.0, f64::max);
    let mean = peaks_off.iter().sum::<f64>() / peaks_off.len() as f64;
    assert!(mean < 0.03 && worst(&peaks_off) < 0.12, "peaks differ by {mean}, at most by {}", worst(&peaks_off));
    assert!(worst(&scores_off) < 0.03, "scores differ by {}", worst(&scores_off));
    offs.sort_by(f64::total_cmp);
    let [half, most] = [50, 90].map(|q| offs[offs.len() * q / 100]);
    assert!(
        half < JOINTS_OFF_PCT[0] && most < JOINTS_OFF_PCT[1],
        "half of {} joints differ by up to {half} %, 90 % by {most} %",
        offs.len()
    );
}

#[test]
fn our_own_clip_shows_a_left_and_a_right_hand_and_its_mirror_image_too() {
    for mirrored in [false, true] {
        let Some(mut tracker) = tracker(HandTrackerConfig { mirrored, ..Default::default() }) else { return };
        for name in FRAMES {
            let plain = Picture::fixture(name);
            let picture = if mirrored { plain.mirrored() } else { plain };
            tracker.reset();
            let hands = tracker.process(&picture.view(), None).expect("runs").hands;
            let sides: Vec<Side> = hands.iter().map(|h| h.side).collect();
            assert!(sides.contains(&Side::Left) && sides.contains(&Side::Right) && sides.len() == 2, "{name} {mirrored}: {sides:?}");
            for hand in &hands {
                let joints = hand.camera_m.expect("lifted");
                let length = (0..3).map(|k| f64::from(joints[0][k] - joints[9][k]).powi(2)).sum::<f64>().sqrt();
                assert!((0.05..0.14).contains(&length), "wrist to middle knuckle of {length} m");
                assert!((0.1..1.5).contains(&joints[0][2]), "a wrist {} m away", joints[0][2]);
            }
        }
    }
}

#[test]
fn a_hand_keeps_its_number_while_it_moves_and_nothing_is_found_in_the_dark() {
    let Some(mut tracker) = tracker(HandTrackerConfig::default()) else { return };
    let picture = Picture::fixture(FRAMES[0]);
    let first = tracker.process(&picture.view(), Some(0)).expect("runs");
    for k in 1..4u64 {
        let row = picture.width as usize * 3;
        let by = 4 * k as usize;
        let rgb = picture.rgb.chunks_exact(row).flat_map(|r| [&r[..3].repeat(by), &r[..row - 3 * by]].concat()).collect();
        let moved = Picture { rgb, ..picture };
        let next = tracker.process(&moved.view(), Some(k * 33_000_000)).expect("runs");
        let numbers = |h: &[Hand]| h.iter().map(|h| (h.track, h.side)).collect::<Vec<_>>();
        assert_eq!(numbers(&next.hands), numbers(&first.hands), "frame {k}");
    }
    let followed = tracker.counts();
    assert_eq!(followed.palm_runs, 1, "both hands were in view: no second search");
    let dark = Picture { rgb: vec![0; picture.rgb.len()], ..picture };
    tracker.reset();
    assert_eq!(tracker.process(&dark.view(), None).expect("runs").hands.len(), 0);
}

#[test]
fn finder_and_landmark_networks_can_be_exchanged() {
    let Some(mut mixed) = unless_missing(HandTracker::open(&HandTrackerConfig {
        model: "mediapipe-hands".into(),
        detector: Some("ego-hand-finder".into()),
        ..Default::default()
    })) else {
        return;
    };
    let hands = mixed.process(&Picture::fixture(FRAMES[1]).view(), None).expect("runs").hands;
    assert_eq!(hands.len(), 2, "our finder, the imported joints");
    let Some(mut mixed) = tracker(HandTrackerConfig { detector: Some("palm-detection-full".into()), ..Default::default() }) else { return };
    let hands = mixed.process(&Picture::fixture(FRAMES[1]).view(), None).expect("runs").hands;
    assert_eq!(hands.len(), 2, "the imported finder, our joints");
    let e = HandTracker::open(&HandTrackerConfig { detector: Some("ego-hands".into()), ..Default::default() }).expect_err("no finder");
    assert!(e.to_string().contains("ego-hand-finder"), "{e}");
}

/// Real frames of a head camera (24 hands of one wearer), which training never saw; see the card in `zoo/ego-hands.toml`.
#[test]
fn hands_of_real_head_camera_frames_are_found_on_the_right_side() {
    let Some(shared) = std::env::var_os("EGO_SHARED").map(PathBuf::from) else {
        println!("skipped: EGO_SHARED is not set");
        return;
    };
    let (mut hands, mut found, mut close, mut joints) = (0, 0, 0, 0);
    for set in ["rgb", "slam"] {
        let folder = shared.join("data/aria-gen2-hands/h2o-layout").join(set).join("0/cam4");
        let camera = IntrinsicsChoice::File(folder.join("cam_intrinsics.txt"));
        let Some(mut tracker) = tracker(HandTrackerConfig { intrinsics: camera, ..Default::default() }) else { return };
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("rgb")).expect("frames").map(|e| e.expect("a file").path()).collect();
        files.sort();
        for file in files {
            let picture = Picture::open(&file);
            tracker.reset();
            let seen = tracker.process(&picture.view(), None).expect("runs").hands;
            let (k, _) = tracker.intrinsics().expect("known");
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned() + ".txt";
            let text = std::fs::read_to_string(folder.join("hand_pose").join(name)).expect("truth");
            let values: Vec<f64> = text.split_whitespace().map(|v| v.parse().expect("a number")).collect();
            for (side, row) in [Side::Left, Side::Right].into_iter().zip(values.chunks_exact(64)).filter(|(_, row)| row[0] == 1.0) {
                hands += 1;
                // Joint 1 is made up in these files.
                let truth: Vec<Option<[f64; 2]>> = row[1..].chunks_exact(3).map(|p| k.project([p[0], p[1], p[2]])).collect();
                let truth: Vec<(usize, [f64; 2])> =
                    truth.iter().enumerate().filter(|(j, _)| *j != 1).filter_map(|(j, p)| Some((j, (*p)?))).collect();
                let span = |axis: usize| {
                    let v = truth.iter().map(|(_, p)| p[axis]);
                    v.clone().fold(f64::MIN, f64::max) - v.fold(f64::MAX, f64::min)
                };
                let size = span(0).max(span(1));
                let Some(hand) = seen.iter().find(|h| h.side == side) else {
                    joints += truth.len();
                    continue;
                };
                let at = |j: usize| {
                    [f64::from(hand.image_norm[j][0]) * f64::from(k.width), f64::from(hand.image_norm[j][1]) * f64::from(k.height)]
                };
                let errors: Vec<f64> = truth.iter().map(|(j, p)| (at(*j)[0] - p[0]).hypot(at(*j)[1] - p[1]) / size).collect();
                found += usize::from(errors.iter().sum::<f64>() / (errors.len() as f64) < 0.5);
                joints += errors.len();
                close += errors.iter().filter(|e| **e < 0.2).count();
            }
        }
    }
    let share = close as f64 / joints as f64;
    println!("{found} of {hands} hands on their side, {:.0} % of joints within 0.2", 100.0 * share);
    assert_eq!(hands, 24);
    assert!(found >= 23, "{found} of {hands}");
    assert!(share >= 0.9, "{share}");
}
