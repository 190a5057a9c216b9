//! A live source: what the window adds between capture and paint, and whether an hour of it grows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_graph::{LiveSource, Settings};
use ego_viewer::frame::{Picture, PlaneLayout, ViewFrame, YuvColour};
use ego_viewer::state::{LIVE_ROWS, SourceKind};
use ego_viewer::stream::{LookBack, Opening};
use ego_viewer::timeline::Track;
use ego_viewer::{ViewOptions, Viewer};

use crate::{SIZE, canvas, common, memory, processor_time};

/// From the hand-over at the end of the graph to the end of drawing, of a test picture of 1280x720 at 30 frames a second.
pub(crate) fn added() {
    const SECONDS: u64 = 8;
    let canvas = canvas();
    let (wake, woken) = crossbeam_channel::bounded(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("plain.toml");
    std::fs::write(&path, "stages = []\n[live]\nwidth = 1280\nheight = 720\nfps = 30\n").expect("written");
    let settings = Settings::load(&path.to_string_lossy(), &[]).expect("settings");
    let opening = Opening::live(LiveSource::Test("ball".into()), Some(settings));
    let options = ViewOptions { opening: Some(opening), size: SIZE, ..ViewOptions::default() };
    let waker = move || {
        // Full: it is awake already.
        let _ = wake.try_send(());
    };
    let mut viewer = Viewer::new(options, Some(canvas.device().graphics()), waker).expect("starts");
    let mut added = Vec::new();
    let (mut newest, mut seen) = (0, 0);
    let mut began = None;
    while began.is_none_or(|(at, _): (Instant, Duration)| at.elapsed() < Duration::from_secs(SECONDS)) {
        // A timeout draws the clocks, as the window does.
        let _ = woken.recv_timeout(Duration::from_millis(250));
        viewer.take(Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
        let Some(frame) = viewer.state.frame.as_ref().filter(|f| f.number != newest) else { continue };
        newest = frame.number;
        seen += 1;
        if seen < 15 {
            // The first pictures make shaders and textures.
            continue;
        }
        began.get_or_insert_with(|| (Instant::now(), processor_time()));
        added.push(frame.trace.handed_over.elapsed().as_secs_f64() * 1e3);
    }
    let (clock, processor) = began.expect("began");
    let cores = processor_time().saturating_sub(processor).as_secs_f64() / clock.elapsed().as_secs_f64();
    added.sort_by(f64::total_cmp);
    let quantile = |part: f64| added.get((part * (added.len() - 1) as f64).round() as usize).copied().unwrap_or(f64::NAN);
    println!("live 720p at 30 frames a second, no stages, software device, look-back on:");
    println!(
        "  hand-over to painted: p50 {:.1} ms, p95 {:.1} ms (one frame and 5 ms are 38.3 ms); {:.1} frames/s, {cores:.2} cores with source",
        quantile(0.5),
        quantile(0.95),
        added.len() as f64 / clock.elapsed().as_secs_f64()
    );
}

/// Results and look-back of an hour of 720p at 30 frames a second, as fast as possible; drawn once a second.
pub(crate) fn an_hour() {
    let canvas = canvas();
    let mut viewer = common::viewer(Some(canvas.device().graphics()), 0);
    viewer.state.source.kind = SourceKind::Live;
    viewer.state.track = Track::limited(LIVE_ROWS);
    let mut back = LookBack::new(ego_viewer::LOOK_BACK_BYTES);
    let light = ViewFrame { picture: None, mask: None, depth: None, ..common::frame(0) };
    let mut minutes = Vec::new();
    for n in 0..108_000_u64 {
        let record = Arc::new(common::record(n));
        viewer.state.add_results(&(0, Arc::clone(&record), None));
        let bytes = vec![(n % 200) as u8; 640 * 360 * 3 / 2];
        let picture = Picture::from_bytes(PlaneLayout::I420, 640, 360, [640, 320, 320], YuvColour::BT709, bytes);
        let frame = ViewFrame { results: record, picture: Some(Arc::new(picture)), number: n, pts_ns: n * 33_333_333, ..light.clone() };
        viewer.state.show(frame.clone(), Instant::now());
        back.push(frame);
        if n % 30 == 29 {
            canvas.render(&mut viewer, Vec::new()).expect("drawn");
        }
        if (n + 1) % 1800 == 0 {
            minutes.push(memory());
        }
    }
    let at = |minute: usize| minutes.get(minute - 1).copied().unwrap_or(f64::NAN);
    println!(
        "an hour live (720p, halved for the look-back): {:.0} MB after 1 minute, {:.0} after 5, {:.0} after 30, {:.0} after 60; from minute 5 on {:+.1} %",
        at(1),
        at(5),
        at(30),
        at(60),
        (at(60) / at(5) - 1.0) * 100.0
    );
}
