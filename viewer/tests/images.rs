//! Pictures of the window on the software device, held against those in `images/`.
//!
//! A picture that has changed on purpose is taken over with `EGO_UPDATE_IMAGES=1`; failures leave `NAME.new.png` beside the old one.
#![allow(clippy::expect_used, clippy::panic, reason = "the whole file is tests")]

mod common;

use std::path::PathBuf;

use ego_viewer::Viewer;
use ego_viewer::scene::{Eye, EyeView};
use ego_viewer::screenshot::Canvas;
use ego_viewer::state::layers::{HandColour, Layer};
use ego_viewer::state::{Action, Level, Picked};

/// Two colours count as the same up to this distance: rounding on other versions of the software device.
const TOLERANCE: u8 = 12;
/// Longer than any transition lasts.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(700);
/// Part of the pixels that may differ.
const MOST_DIFFERENT: f64 = 0.001;

fn check(name: &str, size: [f32; 2], n: u64, prepare: impl FnOnce(&mut Viewer)) {
    let canvas = Canvas::new(size).expect("a software device");
    let mut viewer = common::viewer(Some(canvas.device().graphics()), n);
    prepare(&mut viewer);
    // A notice fades in by the clock, however fast pictures are drawn.
    let begun = std::time::Instant::now();
    let mut drawn = 0;
    while drawn < 3 || begun.elapsed() < SETTLED {
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
        drawn += 1;
    }
    let image = canvas.draw(&mut viewer).expect("drawn");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    let (old, new) = (folder.join(format!("{name}.png")), folder.join(format!("{name}.new.png")));
    let rgb = image::DynamicImage::ImageRgba8(image).to_rgb8();
    if std::env::var_os("EGO_UPDATE_IMAGES").is_some() {
        rgb.save(&old).expect("written");
        let _ = std::fs::remove_file(new);
        return;
    }
    let want = image::open(&old).unwrap_or_else(|e| panic!("{}: {e}", old.display())).to_rgb8();
    let differs = |a: &image::Rgb<u8>, b: &image::Rgb<u8>| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > TOLERANCE);
    let different = if rgb.dimensions() == want.dimensions() {
        rgb.pixels().zip(want.pixels()).filter(|(a, b)| differs(a, b)).count() as f64 / f64::from(rgb.width() * rgb.height())
    } else {
        1.0
    };
    if different > MOST_DIFFERENT {
        rgb.save(&new).expect("written");
        panic!("{name}: {:.2} % of the pixels differ; compare {} and {}", different * 100.0, old.display(), new.display());
    }
    let _ = std::fs::remove_file(new);
}

/// Only picture and decision.
fn bare(viewer: &mut Viewer) {
    (viewer.state.look.controls, viewer.state.look.results) = (false, false);
}

#[test]
fn overlay_on_a_test_card() {
    check("overlay", [640.0, 560.0], 200, |viewer| {
        bare(viewer);
        viewer.state.layers.shade_mut(Layer::Mask).visible = false;
    });
}

#[test]
fn fingers_mask_and_depth() {
    check("layers", [640.0, 560.0], 200, |viewer| {
        bare(viewer);
        viewer.state.layers.hand_colour = HandColour::Finger;
        viewer.state.layers.shade_mut(Layer::Depth).visible = true;
        viewer.state.picked = Some(Picked::Joint { track: 2, joint: 8 });
    });
}

#[test]
fn features_at_their_joints() {
    check("features", [640.0, 560.0], 200, |viewer| {
        bare(viewer);
        viewer.state.layers.shade_mut(Layer::Mask).visible = false;
        viewer.state.layers.shade_mut(Layer::Features).visible = true;
        let frame = viewer.state.frame.as_mut().expect("a frame");
        let mut record = (*frame.results).clone();
        record.objects = None;
        let mut features = std::collections::BTreeMap::new();
        for (finger, bent) in ["thumb", "index", "middle", "ring", "little"].into_iter().zip([0.3, 0.6, 0.9, 1.2, 1.5]) {
            features.insert(format!("right.{finger}.flexion_rad"), bent);
            features.insert(format!("right.{finger}.pip.flexion_rad"), 0.6 * bent);
            features.insert(format!("right.{finger}_tip.vy_h_per_s"), 2.0 * bent);
            features.insert(format!("right.{finger}_tip.vx_h_per_s"), 0.5);
        }
        for (name, value) in [("right.wrist.vx_h_per_s", -3.0), ("right.wrist.vy_h_per_s", 1.0), ("right.wrist.speed_m_per_s", 0.32)] {
            features.insert(name.to_owned(), value);
        }
        for (name, value) in [("left.pinch_h", 0.9), ("hands.distance_h", 2.6), ("left.wrist.speed_m_per_s", f64::NAN)] {
            features.insert(name.to_owned(), value);
        }
        record.features = Some(features);
        frame.results = std::sync::Arc::new(record);
    });
}

#[test]
fn first_person_coincides_with_the_overlay() {
    check("first-person", [720.0, 560.0], 200, |viewer| {
        viewer.state.look.controls = false;
        viewer.state.look.eye = Eye::of(EyeView::FirstPerson);
        viewer.state.layers.shade_mut(Layer::Mask).visible = false;
    });
}

#[test]
fn no_hand_no_stream_and_an_error() {
    check("error", [720.0, 520.0], 440, |viewer| {
        bare(viewer);
        let hint = Some("`ego models import mediapipe` makes it".to_owned());
        viewer.state.notify(
            Level::Error,
            "stage `hands`: the model mediapipe-hands is not on this machine",
            hint,
            Some(("Try again", Action::TryAgain)),
        );
    });
}

#[test]
fn timeline_with_classes() {
    check("timeline", [720.0, 560.0], 900, |viewer| {
        bare(viewer);
        viewer.state.look.strips = true;
        viewer.act(Action::Select([20_000_000_000, 24_000_000_000]));
    });
}
