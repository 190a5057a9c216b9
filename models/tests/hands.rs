//! The hand tracker on frames of our own clip, stage by stage against the executable specification and as a whole.
//!
//! Needs ONNX Runtime and the imported models (`./x setup`); without them these tests fail when EGO_REQUIRE_MODELS is set and skip
//! otherwise. `data/stages.json` is the answer of tests/peer/hand_tracker.py for the three frames beside it (made by
//! tests/peer/stages.py); the frames are numbers 15, 75 and 135 of sample-media/two-hands.mp4.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::path::Path;

use ego_core::hands::{JOINTS, Side};
use ego_core::image::{ImageView, PixelFormat};
use ego_core::region::Region;
use ego_models::hands::{HandTracker, HandTrackerConfig, IntrinsicsChoice, LandmarkNetwork, Landmarks, PalmDetector, Search};
use ego_models::paths::find_model;
use ego_models::{ErrorKind, ModelError, SessionOptions};
use serde_json::Value;

/// Tolerance of the stage-by-stage comparison, per cent of the hand's size.
const TOLERANCE_PCT: f64 = 0.05;
const FRAMES: [&str; 3] = ["frame-015.png", "frame-075.png", "frame-135.png"];

struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    fn read(name: &str) -> Picture {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        let rgb = image::open(path).expect("fixture").to_rgb8();
        Picture { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() }
    }

    fn view(&self) -> ImageView<'_> {
        ImageView::packed(PixelFormat::Rgb, self.width, self.height, &self.rgb).expect("fixture")
    }

    /// The picture with left and right exchanged.
    fn mirrored(&self) -> Picture {
        let row = self.width as usize * 3;
        let rgb = self.rgb.chunks_exact(row).flat_map(|r| r.chunks_exact(3).rev().flatten().copied().collect::<Vec<u8>>()).collect();
        Picture { rgb, ..*self }
    }

    /// The picture moved to the right, its left edge repeated.
    fn moved(&self, by_px: usize) -> Picture {
        let row = self.width as usize * 3;
        let rgb = self.rgb.chunks_exact(row).flat_map(|r| [&r[..3].repeat(by_px), &r[..row - 3 * by_px]].concat()).collect();
        Picture { rgb, ..*self }
    }

    fn black(width: u32, height: u32) -> Picture {
        Picture { width, height, rgb: vec![0; (width * height * 3) as usize] }
    }
}

/// `None` after a message when what is needed is not installed and need not be.
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
    unless_missing(HandTracker::open(&config))
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("array").iter().map(|x| x.as_f64().expect("number")).collect()
}

fn table(v: &Value) -> [[f64; 3]; JOINTS] {
    let rows: Vec<[f64; 3]> = v.as_array().expect("table").iter().map(|r| numbers(r).try_into().expect("three")).collect();
    rows.try_into().expect("21 rows")
}

fn size_px(image: &[[f64; 3]; JOINTS]) -> f64 {
    let extent =
        |axis: usize| image.iter().map(|p| p[axis]).fold(f64::MIN, f64::max) - image.iter().map(|p| p[axis]).fold(f64::MAX, f64::min);
    extent(0).max(extent(1))
}

#[test]
fn every_stage_agrees_with_the_specification() {
    let options = SessionOptions::default();
    let open = |name| find_model(name).and_then(|m| PalmDetector::open(&m, &options));
    let Some(mut palms) = unless_missing(open("palm-detection-full")) else { return };
    let Some(mut landmarks) = unless_missing(find_model("mediapipe-hands").and_then(|m| LandmarkNetwork::open(&m, &options))) else {
        return;
    };
    let truth: Value = serde_json::from_str(include_str!("data/stages.json")).expect("fixture");
    let mut hands = 0;
    for entry in truth.as_array().expect("pictures") {
        let picture = Picture::read(entry["picture"].as_str().expect("name"));
        let view = picture.view();
        let (w, h) = (f64::from(picture.width), f64::from(picture.height));
        let whole = Region { cx: w / 2.0, cy: h / 2.0, side: w.max(h), angle: 0.0 };
        let found = palms.detect(&view, &whole, 0.5).expect("runs");
        let wanted = entry["hands"].as_array().expect("hands");
        assert_eq!(found.len(), wanted.len(), "palms in {}", entry["picture"]);
        for (ours, theirs) in found.iter().map(|p| p.hand_region()).zip(wanted) {
            let t = numbers(&theirs["region"]);
            let region = Region { cx: t[0], cy: t[1], side: t[2], angle: t[3] };
            let seen = landmarks.look(&view, &region).expect("runs");
            let s = theirs["seen"].as_object().expect("a hand in each region");
            let image = table(&s["image"]);
            let size = size_px(&image);
            let pct = |d: f64| d / size * 100.0;
            let off = pct((ours.cx - t[0]).hypot(ours.cy - t[1]).max((ours.side - t[2]).abs()));
            assert!(off <= TOLERANCE_PCT && (ours.angle - t[3]).abs() < 1e-3, "region off by {off} %: {ours:?} {t:?}");
            let off = pct(seen.image.iter().zip(&image).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum::<f64>() / JOINTS as f64);
            assert!(off <= TOLERANCE_PCT, "landmarks off by {off} %");
            let world = table(&s["world"]);
            let mm =
                seen.world.iter().zip(&world).map(|(a, b)| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt()).sum::<f64>() / 0.021;
            assert!(mm < 0.1, "world landmarks off by {mm} mm");
            assert!((f64::from(seen.left_if_mirrored) - s["left"].as_f64().expect("number")).abs() < 1e-3);
            let next = numbers(&s["next"]);
            let own = Landmarks { image, ..seen }.next_region();
            let off = pct((own.cx - next[0]).hypot(own.cy - next[1]).max((own.side - next[2]).abs()));
            assert!(off <= TOLERANCE_PCT && (own.angle - next[3]).abs() < 1e-3, "next region off by {off} %");
            hands += 1;
        }
    }
    assert!(hands >= 5, "only {hands} hands compared");
}

#[test]
fn both_hands_keep_their_tracks_and_sides_and_sit_on_their_rays() {
    let Some(mut tracker) = tracker(HandTrackerConfig::default()) else { return };
    let picture = Picture::read(FRAMES[0]);
    let mut ids = Vec::new();
    for i in 0..6 {
        let hands = tracker.process(&picture.view(), Some(i * 33_333_333)).expect("runs");
        assert_eq!(hands.hands.len(), 2, "frame {i}");
        let (a, b) = (&hands.hands[0], &hands.hands[1]);
        let (left, right) = if a.side == Side::Left { (a, b) } else { (b, a) };
        assert_eq!((left.side, right.side), (Side::Left, Side::Right));
        assert!(left.image_norm[0][0] < right.image_norm[0][0], "the left hand is on the left in this clip");
        ids.push((left.track, right.track));
        let (k, _) = tracker.intrinsics().expect("known after a frame");
        for hand in &hands.hands {
            for (m, p) in hand.camera_m.expect("lifted").iter().zip(hand.image_px(picture.width, picture.height)) {
                let q = k.project(m.map(f64::from)).expect("in front");
                assert!((q[0] - f64::from(p[0])).hypot(q[1] - f64::from(p[1])) < 0.05, "{q:?} against {p:?}");
            }
        }
    }
    assert!(ids.iter().all(|i| *i == ids[0]), "track numbers change: {ids:?}");
    let counts = tracker.counts();
    assert_eq!((counts.landmark_runs, counts.palm_runs), (12, 3), "palms are searched on the first frame only, in three windows");
}

#[test]
fn a_mirrored_camera_exchanges_the_sides() {
    let Some(mut plain) = tracker(HandTrackerConfig::default()) else { return };
    let Some(mut selfie) = tracker(HandTrackerConfig { mirrored: true, ..HandTrackerConfig::default() }) else { return };
    let picture = Picture::read(FRAMES[1]);
    let straight = plain.process(&picture.view(), None).expect("runs");
    let mirror = picture.mirrored();
    let turned = selfie.process(&mirror.view(), None).expect("runs");
    assert_eq!(straight.hands.len(), turned.hands.len());
    for hand in &straight.hands {
        let x = 1.0 - hand.image_norm[9][0];
        let other =
            turned.hands.iter().min_by(|a, b| (a.image_norm[9][0] - x).abs().total_cmp(&(b.image_norm[9][0] - x).abs())).expect("a hand");
        assert!((other.image_norm[9][0] - x).abs() < 0.03, "no hand at the mirrored place");
        assert_eq!(other.side, hand.side, "a left hand is a left hand, whichever way the camera shows it");
    }
}

#[test]
fn a_lost_hand_ends_its_track_and_a_new_one_gets_another_number() {
    let Some(mut tracker) = tracker(HandTrackerConfig { search: Search::Whole, ..HandTrackerConfig::default() }) else { return };
    let picture = Picture::read(FRAMES[2]);
    let black = Picture::black(picture.width, picture.height);
    let before = tracker.process(&picture.view(), Some(0)).expect("runs");
    assert!(!before.hands.is_empty());
    assert_eq!(tracker.process(&black.view(), Some(33_000_000)).expect("runs").hands, []);
    let after = tracker.process(&picture.view(), Some(66_000_000)).expect("runs");
    assert_eq!(after.hands.len(), before.hands.len(), "found again on the next frame that shows them");
    let oldest = before.hands.iter().map(|h| h.track).max().expect("a hand");
    assert!(after.hands.iter().all(|h| h.track > oldest), "a new track needs a new number");
}

#[test]
fn a_hand_that_moves_far_between_two_frames_is_met_where_it_is() {
    const STEP_PX: usize = 56;
    let Some(mut tracker) = tracker(HandTrackerConfig::default()) else { return };
    let picture = Picture::read(FRAMES[1]);
    for _ in 0..3 {
        tracker.process(&picture.view(), None).expect("runs");
    }
    let still = tracker.process(&picture.view(), None).expect("runs");
    let moved = picture.moved(STEP_PX);
    let after = tracker.process(&moved.view(), None).expect("runs");
    // The open left hand; the right one is a fist, whose landmarks depend on the crop anyway.
    let left = |hands: &ego_core::hands::Hands| hands.hands.iter().find(|h| h.side == Side::Left).cloned().expect("left hand");
    let (a, b) = (left(&still), left(&after));
    assert_eq!(a.track, b.track, "the same hand");
    let (p, q) = (a.image_px(picture.width, picture.height), b.image_px(picture.width, picture.height));
    let off: f32 = p.iter().zip(q).map(|(p, q)| (q[0] - p[0] - STEP_PX as f32).hypot(q[1] - p[1])).sum::<f32>() / JOINTS as f32;
    let pct = off / a.size_px(picture.width, picture.height) * 100.0;
    assert!(pct < 4.0, "{pct} % of the hand's size beside it");
}

#[test]
fn never_more_hands_than_asked_for() {
    let Some(mut tracker) = tracker(HandTrackerConfig { max_hands: 1, ..HandTrackerConfig::default() }) else { return };
    let picture = Picture::read(FRAMES[0]);
    for _ in 0..3 {
        assert_eq!(tracker.process(&picture.view(), None).expect("runs").hands.len(), 1);
    }
}

#[test]
fn smoothing_calms_jitter_and_the_same_input_gives_the_same_bits() {
    let config = |smoothing| HandTrackerConfig { smoothing, ..HandTrackerConfig::default() };
    let (Some(mut a), Some(mut b), Some(mut smooth)) = (tracker(config(false)), tracker(config(false)), tracker(config(true))) else {
        return;
    };
    let picture = Picture::read(FRAMES[0]);
    // Noise of a few grey levels, another one in each frame.
    let mut seed = 1u32;
    let mut noisy = |p: &Picture| {
        let rgb = p.rgb.iter().map(|v| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            v.saturating_add((seed >> 29) as u8)
        });
        Picture { rgb: rgb.collect(), ..*p }
    };
    let (mut rough_path, mut smooth_path) = (0.0, 0.0);
    let mut last: Option<([f32; 2], [f32; 2])> = None;
    for i in 0..12 {
        let frame = noisy(&picture);
        let pts = Some(i * 33_333_333);
        let raw = a.process(&frame.view(), pts).expect("runs");
        assert_eq!(raw, b.process(&frame.view(), pts).expect("runs"), "frame {i}");
        let calm = smooth.process(&frame.view(), pts).expect("runs");
        let now = (raw.hands[0].image_norm[8], calm.hands[0].image_norm[8]);
        if let Some(then) = last {
            let step = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
            rough_path += step(now.0, then.0);
            smooth_path += step(now.1, then.1);
        }
        last = Some(now);
    }
    assert!(smooth_path < 0.8 * rough_path, "path of the finger tip: {smooth_path} smoothed, {rough_path} raw");
}

#[test]
fn settings_and_pictures_that_make_no_sense() {
    let setting = |config: HandTrackerConfig| HandTracker::open(&config).expect_err("refused").to_string();
    let d = HandTrackerConfig::default;
    assert!(setting(HandTrackerConfig { max_hands: 0, ..d() }).contains("max-hands"));
    assert!(setting(HandTrackerConfig { intrinsics: IntrinsicsChoice::Hfov(f64::NAN), ..d() }).contains("hfov"));
    assert!(setting(HandTrackerConfig { intrinsics: IntrinsicsChoice::File("absent.toml".into()), ..d() }).contains("absent.toml"));
    assert!(setting(HandTrackerConfig { model: "nonsense".into(), ..d() }).contains("mediapipe-hands"));
    let folder = tempfile::tempdir().expect("temporary folder");
    let camera = folder.path().join("camera.toml");
    std::fs::write(&camera, "fx = 600\nfy = 600\ncx = 320\ncy = 240\nwidth = 640\nheight = 480\nskew = 0\n").expect("write");
    let e = setting(HandTrackerConfig { intrinsics: IntrinsicsChoice::File(camera.clone()), ..d() });
    assert!(e.contains("camera.toml") && e.contains("skew"), "{e}");
    std::fs::write(&camera, "fx = 600.0\nfy = 600.0\ncx = 320.0\ncy = 240.0\nwidth = 640\nheight = 480\n").expect("write");
    let Some(mut t) = tracker(HandTrackerConfig { intrinsics: IntrinsicsChoice::File(camera), ..d() }) else { return };
    let wide = Picture::black(640, 360);
    let e = t.process(&wide.view(), None).expect_err("another aspect ratio");
    assert!(e.to_string().contains("640x480") && e.kind() == ErrorKind::Mismatch, "{e}");
    let dot = Picture::black(1, 1);
    assert!(matches!(t.process(&dot.view(), None), Err(ModelError::Frame(_))));
}

#[test]
fn hands_are_the_same_to_the_last_bit_on_any_number_of_threads() {
    let pictures = FRAMES.map(Picture::read);
    let (width, height) = (pictures[0].width, pictures[0].height);
    // Both hands, jumps between them (second looks), one hand only (searches beside looks), none, and both again.
    let half_black = {
        let mut rgb = pictures[1].rgb.clone();
        rgb.chunks_exact_mut(width as usize * 3).for_each(|row| row[width as usize * 3 / 2..].fill(0));
        Picture { width, height, rgb }
    };
    let (moved, black) = (pictures[1].moved(40), Picture::black(width, height));
    let [first, second, third] = &pictures;
    let script = [first, first, second, &moved, third, &half_black, &half_black, &half_black, &half_black, &black, &black, second, &moved];
    for model in ["mediapipe-hands", "ego-hands"] {
        let seen = |threads: usize| {
            let config = HandTrackerConfig { model: model.into(), threads, detector_interval: 2, ..HandTrackerConfig::default() };
            let mut tracker = tracker(config)?;
            let frames = (0u64..).zip(script).map(|(i, p)| tracker.process(&p.view(), Some(i * 33_333_333)).expect("a frame"));
            let frames: Vec<_> = frames.collect();
            Some((frames, tracker.counts()))
        };
        let (Some(one), Some(two), Some(four)) = (seen(1), seen(2), seen(4)) else { return };
        let hands: Vec<usize> = one.0.iter().map(|frame| frame.hands.len()).collect();
        assert!([0, 1, 2].iter().all(|n| hands.contains(n)), "{model}: {hands:?}");
        assert!(one.1.landmark_runs > hands.iter().sum::<usize>() as u64, "{model}: second looks, {:?}", one.1);
        assert_eq!(one, two, "{model}");
        assert_eq!(one, four, "{model}");
    }
}
