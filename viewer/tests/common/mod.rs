//! A scene that needs no stream: two hands, objects, an action and a minute of results, all from formulas.
#![allow(dead_code, unreachable_pub, reason = "every test and the bench take a part of it")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ego_core::camera::Intrinsics;
use ego_core::hands::{DepthSource, JOINTS, Side};
use ego_core::objects::InHand;
use ego_outputs::{ActionRecord, FrameRecord, HandRecord, MaskRecord, NextRecord, ObjectRecord, RankedLabel};
use ego_viewer::Viewer;
use ego_viewer::frame::{GreyMap, Picture, PlaneLayout, Trace, ViewFrame, YuvColour};
use ego_viewer::state::SourceKind;

/// Size of the picture, pixels.
pub const SIZE: (u32, u32) = (640, 360);
/// Names of the actions that follow each other.
pub const ACTIONS: [&str; 4] = ["grab milk", "open milk", "pour milk", "place milk"];

/// The camera of the scene.
pub fn camera() -> Intrinsics {
    Intrinsics { fx: 420.0, fy: 420.0, cx: 320.0, cy: 180.0, width: SIZE.0, height: SIZE.1 }
}

/// A spread hand, fingers up and inwards, around a place in metres.
pub fn hand(side: Side, at: [f32; 3]) -> HandRecord {
    let mirror = if side == Side::Left { 1.0 } else { -1.0 };
    let camera_m: [[f32; 3]; JOINTS] = std::array::from_fn(|joint| {
        if joint == 0 {
            return at;
        }
        let (finger, along) = ((joint - 1) / 4, (joint - 1) % 4);
        let lean = 0.35 * mirror * (1.6 - finger as f32 * 0.55);
        let reach = if finger == 0 { 0.045 } else { 0.085 } + 0.026 * along as f32;
        [at[0] + reach * lean.sin(), at[1] - reach * lean.cos(), at[2] + 0.012 * along as f32]
    });
    let image_px = camera_m.map(|m| camera().project(m.map(f64::from)).map_or([f32::NAN; 2], |p| p.map(|v| v as f32)));
    let mut joint_score = [0.95; JOINTS];
    joint_score[19] = 0.45;
    joint_score[20] = 0.1;
    HandRecord {
        side,
        score: 0.98,
        track: if side == Side::Left { 1 } else { 2 },
        image_px,
        camera_m: Some(camera_m),
        joint_score,
        depth_source: DepthSource::Estimated,
    }
}

/// The results of frame `n` at 30 frames a second.
pub fn record(n: u64) -> FrameRecord {
    let pts = n * 1_000_000_000 / 30;
    let mut record = FrameRecord::new("clip", n, Some(pts), SIZE.0, SIZE.1);
    let sway = 0.05 * (n as f32 / 15.0).sin();
    record.hands = Some(if n % 450 > 420 {
        Vec::new()
    } else {
        vec![hand(Side::Left, [-0.13 + sway, 0.1, 0.42]), hand(Side::Right, [0.12, 0.12 - 0.5 * sway, 0.38])]
    });
    let object = |label: &str, class, score, box_px, in_hand| ObjectRecord {
        label: label.into(),
        class,
        score,
        track: Some(class),
        box_px,
        in_hand,
    };
    record.objects = Some(vec![
        object("milk", 5, 0.91, [130.0, 120.0, 215.0, 300.0], InHand::Left),
        object("book", 1, 0.55, [420.0, 60.0, 560.0, 130.0], InHand::None),
    ]);
    record.mask = Some(MaskRecord { threshold: 0.47, kept: 0.31, relaxed: n.is_multiple_of(2) });
    let step = (n / 90) as usize;
    let label = ACTIONS[step % ACTIONS.len()];
    let other = ACTIONS[(step + 1) % ACTIONS.len()];
    let score = 0.55 + 0.4 * ((n % 90) as f32 / 90.0);
    record.action = Some(ActionRecord {
        label: label.into(),
        class: (step % 4) as u32,
        score,
        top: vec![RankedLabel(label.into(), score), RankedLabel(other.into(), 0.9 - score), RankedLabel("read book".into(), 0.05)],
        unknown: step % 7 == 5,
        uncertainty: 0.05,
        stable: n % 90 > 15,
        window_ns: [pts.saturating_sub(1_000_000_000), pts],
        about_ns: None,
        since_ns: None,
        next: Some(NextRecord { label: other.into(), probability: 0.62 }),
    });
    record.trace_ns.insert("hands".into(), 11_000_000);
    record.age_ns.insert("hands".into(), 0);
    record
}

/// A test card: a grey ramp with a warm and a cool half.
pub fn picture() -> Picture {
    let (w, h) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut bytes: Vec<u8> = (0..h).flat_map(|y| (0..w).map(move |x| (50 + (x * 90 / w) + (y * 50 / h)) as u8)).collect();
    for plane in 0..2 {
        bytes.extend((0..h / 2).flat_map(|_| (0..w / 2).map(move |x| if (x < w / 4) == (plane == 0) { 120 } else { 134 })));
    }
    Picture::from_bytes(PlaneLayout::I420, SIZE.0, SIZE.1, [SIZE.0, SIZE.0 / 2, SIZE.0 / 2], YuvColour::BT709, bytes)
}

/// The frame `n` with picture, depth and mask.
pub fn frame(n: u64) -> ViewFrame {
    let map = |f: fn(usize, usize) -> u8| {
        Some(Arc::new(GreyMap { width: 64, height: 36, data: (0..36).flat_map(|y| (0..64).map(move |x| f(x, y))).collect() }))
    };
    ViewFrame {
        opening: 0,
        number: n + 1,
        pts_ns: n * 1_000_000_000 / 30,
        picture: Some(Arc::new(picture())),
        results: Arc::new(record(n)),
        truth: None,
        depth: map(|_, y| (60 + 5 * y) as u8),
        mask: map(|x, y| if y > 8 && !(30..=36).contains(&x) { 255 } else { 0 }),
        camera: Some(camera()),
        trace: Trace { handed_over: Instant::now(), since_capture: None },
    }
}

/// A viewer on frame `n` of a minute of results.
pub fn viewer(device: Option<&ego_viewer::gpu::Graphics>, n: u64) -> Viewer {
    let mut viewer = Viewer::without_stream(PathBuf::from("."), device);
    let state = &mut viewer.state;
    (state.source.kind, state.source.title, state.source.stream) = (SourceKind::File, "clip.mp4".into(), "clip".into());
    state.source.has_results = true;
    state.source.results_read = (1800, true);
    state.play.duration_ns = Some(60_000_000_000);
    for k in 0..1800 {
        state.add_results(&(0, Arc::new(record(k)), None));
    }
    // Rates and latencies are numbers of the machine: pictures of the window must not depend on them.
    state.show(frame(n), Instant::now());
    state.trust = Default::default();
    viewer
}
