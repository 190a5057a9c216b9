//! The body tracker on a photograph of one person (MediaPipe's sample `full_body_pose.jpg`, in $EGO_SHARED).
//!
//! Needs ONNX Runtime, the imported models and the picture; without them these tests fail when EGO_REQUIRE_MODELS is set and skip
//! otherwise (the picture is only looked for when EGO_SHARED is set).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use ego_core::bodies::{BODY13_NAMES, BODY33_NAMES, BodyLayout};
use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};
use ego_models::body::{BodyTracker, BodyTrackerConfig};
use ego_models::{Device, ErrorKind};

fn tracker(config: BodyTrackerConfig) -> Option<BodyTracker> {
    match BodyTracker::open(&BodyTrackerConfig { device: Device::Cpu, ..config }) {
        Err(e) if e.kind() == ErrorKind::Missing && std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        opened => Some(opened.unwrap()),
    }
}

fn view(frame: &[u8], width: u32, height: u32) -> ImageView<'_> {
    let none = Plane { data: &[], stride: 0 };
    let planes = [Plane { data: frame, stride: width as usize * 3 }, none, none];
    ImageView { format: PixelFormat::Rgb, width, height, planes, yuv: YuvToRgb::BT709 }
}

fn photograph() -> Option<image::RgbImage> {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        println!("skipped: EGO_SHARED is not set");
        return None;
    };
    let path = std::path::Path::new(&shared).join("data/mediapipe-samples-hands/full_body_pose.jpg");
    Some(image::open(path).expect("the picture").to_rgb8())
}

#[test]
fn a_whole_person_is_found_upright_and_keeps_the_number() {
    let (Some(picture), Some(mut tracker)) = (photograph(), tracker(BodyTrackerConfig::default())) else { return };
    let frame = view(picture.as_raw(), picture.width(), picture.height());
    for i in 0..20u64 {
        let bodies = tracker.process(&frame, Some(i * 33_333_333)).unwrap().bodies;
        let [body] = bodies.as_slice() else { panic!("{} people at frame {i}", bodies.len()) };
        assert_eq!((body.track, body.layout, body.image_norm.len()), (1, BodyLayout::Body33, 33));
        assert!(body.score > 0.9, "{}", body.score);
        let at = |name: &str| body.image_norm[BODY33_NAMES.iter().position(|n| *n == name).unwrap()];
        // The person faces the camera: own left is on the right of the picture; head above shoulders above hips.
        assert!(at("left_shoulder")[0] > at("right_shoulder")[0]);
        assert!(at("nose")[1] < at("left_shoulder")[1] && at("left_shoulder")[1] < at("left_hip")[1]);
        assert!(body.image_norm.iter().flatten().all(|v| (-0.1..1.1).contains(v)), "{:?}", body.image_norm);
        let world = body.world_m.as_ref().unwrap();
        let length = |a: usize, b: usize| (0..3).map(|k| (world[a][k] - world[b][k]).powi(2)).sum::<f32>().sqrt();
        // Shoulders of an adult are 0.25 to 0.5 m apart, an upper arm measures 0.2 to 0.4 m.
        assert!((0.2..0.5).contains(&length(11, 12)) && (0.15..0.42).contains(&length(11, 13)), "{} {}", length(11, 12), length(11, 13));
    }
}

#[test]
fn two_people_side_by_side_get_their_own_numbers_and_thirteen_joints() {
    let Some(picture) = photograph() else { return };
    let config = BodyTrackerConfig { layout: BodyLayout::Body13, ..BodyTrackerConfig::default() };
    let Some(mut tracker) = tracker(config) else { return };
    let (w, h) = (picture.width(), picture.height());
    let mut both = image::RgbImage::new(2 * w, h);
    image::imageops::replace(&mut both, &picture, 0, 0);
    image::imageops::replace(&mut both, &picture, i64::from(w), 0);
    let frame = view(both.as_raw(), 2 * w, h);
    let mut last = Vec::new();
    for i in 0..20u64 {
        last = tracker.process(&frame, Some(i * 33_333_333)).unwrap().bodies;
        assert!(last.iter().all(|b| b.image_norm.len() == BODY13_NAMES.len() && b.joint_score.len() == 13));
    }
    let places: Vec<(u32, f32)> = last.iter().map(|b| (b.track, b.image_norm[0][0])).collect();
    let [a, b] = places.as_slice() else { panic!("{places:?}") };
    assert_ne!(a.0, b.0);
    assert!((a.1 - b.1).abs() > 0.4 && (a.1 - b.1).abs() < 0.6, "half a picture apart: {places:?}");
}

#[test]
fn an_empty_room_has_nobody_and_a_point_is_no_picture() {
    let Some(mut tracker) = tracker(BodyTrackerConfig::default()) else { return };
    let grey = vec![120u8; 64 * 48 * 3];
    for i in 0..3u64 {
        assert!(tracker.process(&view(&grey, 64, 48), Some(i)).unwrap().bodies.is_empty());
    }
    let e = tracker.process(&view(&[0, 0, 0], 1, 1), None).unwrap_err().to_string();
    assert!(e.contains("1x1"), "{e}");
    let e = BodyTracker::open(&BodyTrackerConfig { max_bodies: 0, ..BodyTrackerConfig::default() }).unwrap_err().to_string();
    assert!(e.contains("1 to 16"), "{e}");
}

#[test]
fn six_people_are_the_same_to_the_last_bit_on_any_number_of_threads() {
    let Some(picture) = photograph() else { return };
    let (w, h) = (picture.width(), picture.height());
    let mut six = image::RgbImage::new(3 * w, 2 * h);
    (0..6).for_each(|i| image::imageops::replace(&mut six, &picture, i64::from(i % 3 * w), i64::from(i / 3 * h)));
    let seen = |picture: &image::RgbImage, threads: usize| {
        let mut tracker = tracker(BodyTrackerConfig { threads, ..BodyTrackerConfig::default() })?;
        let frame = view(picture.as_raw(), picture.width(), picture.height());
        Some((0..6u64).map(|i| tracker.process(&frame, Some(i * 33_333_333)).unwrap()).collect::<Vec<_>>())
    };
    let (Some(one), Some(two), Some(four)) = (seen(&six, 1), seen(&six, 2), seen(&six, 4)) else { return };
    assert!(one.last().unwrap().bodies.len() >= 5, "{} of six found", one.last().unwrap().bodies.len());
    assert_eq!(one, two);
    assert_eq!(one, four);
    assert_eq!(seen(&picture, 1), seen(&picture, 2));
}
