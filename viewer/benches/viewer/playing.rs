//! A file that plays: what a picture costs, and how soon the first one shows.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_graph::Settings;
use ego_viewer::frame::{Picture, PlaneLayout, ViewFrame, YuvColour};
use ego_viewer::stream::Opening;
use ego_viewer::{ViewOptions, Viewer};

use crate::{SIZE, canvas, common, ms, processor_time};

/// 720p with two hands, boxes, 3D and timeline, a new picture each time: as fast as it goes, then 30 a second.
pub(crate) fn playing() {
    let canvas = canvas();
    let mut viewer = common::viewer(Some(canvas.device().graphics()), 0);
    viewer.state.play.playing = true;
    let pictures: Vec<Arc<Picture>> = (0..4).map(|n| Arc::new(picture_720p(n))).collect();
    let light = ViewFrame { picture: None, mask: None, depth: None, ..common::frame(0) };
    let frames: Vec<ViewFrame> = (0..200)
        .map(|n| ViewFrame {
            picture: pictures.get(n as usize % 4).cloned(),
            results: Arc::new(common::record(n)),
            number: n,
            pts_ns: n * 33_333_333,
            ..light.clone()
        })
        .collect();
    let mut draw = |frame: &ViewFrame| {
        viewer.state.show(frame.clone(), Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
    };
    frames.iter().take(10).for_each(&mut draw);
    let (clock, processor) = (Instant::now(), processor_time());
    frames.iter().take(100).for_each(&mut draw);
    let (clock, processor) = (clock.elapsed(), processor_time().saturating_sub(processor));
    println!("720p with two hands, boxes, 3D and timeline at 1280x800 on the software device:");
    println!(
        "  as fast as it goes: {:.0} frames/s on the clock, {:.1} ms of processor a frame: {:.2} cores at 30 frames/s",
        100.0 / clock.as_secs_f64(),
        ms(processor) / 100.0,
        processor.as_secs_f64() * 30.0 / 100.0
    );
    let (clock, processor) = (Instant::now(), processor_time());
    let mut painted = 0;
    for (n, frame) in frames.iter().enumerate() {
        let due = Duration::from_secs(1) * n as u32 / 30;
        let late = clock.elapsed().saturating_sub(due);
        // A frame whose successor is due already is left out, as in the window.
        if late > Duration::from_millis(33) {
            continue;
        }
        std::thread::sleep(due.saturating_sub(clock.elapsed()));
        draw(frame);
        painted += 1;
    }
    let (clock, processor) = (clock.elapsed(), processor_time().saturating_sub(processor));
    println!(
        "  30 a second: {painted} of {} painted, {:.1} frames/s, {:.2} cores",
        frames.len(),
        f64::from(painted) / clock.as_secs_f64(),
        processor.as_secs_f64() / clock.as_secs_f64()
    );
}

fn picture_720p(n: u8) -> Picture {
    let bytes: Vec<u8> = (0..1280 * 720 * 3 / 2_u32).map(|k| 60 + n * 10 + (k % 97) as u8).collect();
    Picture::from_bytes(PlaneLayout::Nv12, 1280, 720, [1280, 1280, 0], YuvColour::BT709, bytes)
}

/// From nothing to the first picture of a file on the screen, without models and while the models of a preset are being loaded.
pub(crate) fn first() {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-media/pour-milk.mp4");
    let with_models = gst::ElementFactory::find("egohands").is_some();
    if !with_models {
        println!("first picture with models: skipped, GST_PLUGIN_PATH names no folder with the plug-in");
    }
    for analyse in [false, true].into_iter().filter(|analyse| !analyse || with_models) {
        let settings = analyse.then(|| Settings::load(ego_graph::LIVE_PRESET, &[]).expect("a preset"));
        let began = (Instant::now(), processor_time());
        let canvas = canvas();
        let opening = Opening { results: None, truth: None, ..Opening::word(&clip.to_string_lossy(), settings) };
        let options = ViewOptions { opening: Some(opening), size: SIZE, ..ViewOptions::default() };
        let mut viewer = Viewer::new(options, Some(canvas.device().graphics()), || {}).expect("starts");
        while viewer.state.frame.is_none() {
            viewer.take(Instant::now());
            std::thread::sleep(Duration::from_millis(1));
        }
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
        let (clock, processor) = (began.0.elapsed(), processor_time().saturating_sub(began.1));
        println!(
            "first picture of a file after start{}: {:.0} ms on the clock, {:.0} ms of processor (models {:?})",
            if analyse { ", models loading beside it" } else { "" },
            ms(clock),
            ms(processor),
            viewer.state.source.analysis
        );
    }
}
