//! A live source: what the window adds between capture and paint, and whether an hour of it grows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_graph::{LiveSource, Settings};
use ego_viewer::frame::{Picture, PlaneLayout, ViewFrame, YuvColour};
use ego_viewer::state::{LIVE_ROWS, SourceKind};
use ego_viewer::stream::{LookBack, Opening};
use ego_viewer::timeline::Track;
use ego_viewer::{ViewOptions, Viewer};

use crate::{SIZE, canvas, common, heap, memory, processor_time};

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
    const MINUTES: [u64; 5] = [1, 5, 15, 30, 60];
    let canvas = canvas();
    let mut viewer = common::viewer(Some(canvas.device().graphics()), 0);
    viewer.state.source.kind = SourceKind::Live;
    viewer.state.track = Track::limited(LIVE_ROWS);
    let mut back = LookBack::new(ego_viewer::LOOK_BACK_BYTES);
    let light = ViewFrame { picture: None, mask: None, depth: None, ..common::frame(0) };
    let mut at = Vec::new();
    for n in 0..60 * 1800_u64 {
        let record = Arc::new(common::record(n));
        viewer.state.add_results(&(0, Arc::clone(&record), None));
        // The small copy that stays, as the end of the graph makes it; the picture itself goes back to its camera.
        let mut bytes = back.spare();
        bytes.clear();
        bytes.resize(640 * 360 * 3 / 2, (n % 200) as u8);
        let picture = Picture::from_bytes(PlaneLayout::I420, 640, 360, [640, 320, 320], YuvColour::BT709, bytes);
        let frame = ViewFrame { results: record, picture: Some(Arc::new(picture)), number: n, pts_ns: n * 33_333_333, ..light.clone() };
        viewer.state.show(frame.clone(), Instant::now());
        back.push(frame);
        if n % 30 == 29 {
            canvas.render(&mut viewer, Vec::new()).expect("drawn");
        }
        if (n + 1) % 1800 == 0 && MINUTES.contains(&((n + 1) / 1800)) {
            at.push((memory(), heap()));
        }
    }
    println!("an hour live (720p, halved for the look-back), resident and in use on Rust's heap:");
    for (minute, (resident, heap)) in MINUTES.into_iter().zip(&at) {
        println!("  after {minute:2} minutes {resident:.1} MB and {heap:.2} MB");
    }
    if let [_, five, .., hour] = at.as_slice() {
        println!("  from minute 5 on {:+.2} % and {:+.2} %", (hour.0 / five.0 - 1.0) * 100.0, (hour.1 / five.1 - 1.0) * 100.0);
    }
    let rows = viewer.state.track.rows().len();
    println!(
        "  {rows} rows in {:.1} MB that were taken at the start, {:.0} MB of pictures",
        viewer.state.track.bytes() as f64 * 1e-6,
        back.bytes() as f64 * 1e-6
    );
}
