//! Eight hours of results at 30 frames a second on the timeline: in memory, and from their file.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use ego_viewer::state::Action;
use ego_viewer::stream::Opening;
use ego_viewer::{ViewOptions, Viewer};

use crate::{SIZE, canvas, common, memory, ms, processor_time};

const FRAMES: u64 = 8 * 3600 * 30;
const SCRUBS: u32 = 60;

/// A file of lines with hands, objects and actions is opened, read beside the window, and scrubbed.
pub(crate) fn eight_hours() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("day.jsonl");
    let bytes = write(&path).expect("written");
    let before = memory();
    let canvas = canvas();
    // Not the file: shaders and textures of the window.
    canvas.render(&mut Viewer::without_stream(".".into(), Some(canvas.device().graphics())), Vec::new()).expect("drawn");
    let began = (Instant::now(), processor_time());
    let opening = Opening { paused: true, ..Opening::word(&path.to_string_lossy(), None) };
    let options = ViewOptions { opening: Some(opening), size: SIZE, ..ViewOptions::default() };
    let mut viewer = Viewer::new(options, Some(canvas.device().graphics()), || {}).expect("starts");
    viewer.state.look.strips = true;
    while viewer.state.frame.is_none() || viewer.state.track.rows().is_empty() {
        viewer.take(Instant::now());
        std::thread::sleep(Duration::from_millis(1));
    }
    canvas.render(&mut viewer, Vec::new()).expect("drawn");
    let first = (began.0.elapsed(), processor_time().saturating_sub(began.1));
    let mut slowest = Duration::ZERO;
    while !viewer.state.source.results_read.1 {
        let frame = Instant::now();
        viewer.take(Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
        slowest = slowest.max(frame.elapsed());
    }
    let all = (began.0.elapsed(), processor_time().saturating_sub(began.1));
    println!("eight hours of results at 30 frames a second ({:.1} GB of lines), classes shown:", bytes as f64 * 1e-9);
    println!("  first paint {:.0} ms after opening ({:.0} ms of processor)", ms(first.0), ms(first.1));
    println!(
        "  read to the end beside the window: {:.0} s on the clock, {:.0} s of processor, slowest picture of the window {:.0} ms",
        all.0.as_secs_f64(),
        all.1.as_secs_f64(),
        ms(slowest)
    );
    let scrub = (Instant::now(), processor_time());
    for k in 0..u64::from(SCRUBS) {
        viewer.act(Action::Seek(k * FRAMES / u64::from(SCRUBS) * 33_333_333));
        viewer.take(Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
    }
    println!(
        "  scrubbing over all of it: {:.0} frames/s on the clock, {:.1} ms of processor a frame",
        f64::from(SCRUBS) / scrub.0.elapsed().as_secs_f64(),
        ms(processor_time().saturating_sub(scrub.1)) / f64::from(SCRUBS)
    );
    println!("  resident memory {:.0} MB ({before:.0} MB before)", memory());
}

/// Lines as `ego run` writes them, without joints in space to spare the disk.
fn write(path: &Path) -> std::io::Result<u64> {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let mut record = common::record(0);
    for hand in record.hands.iter_mut().flatten() {
        hand.camera_m = None;
    }
    for n in 0..FRAMES {
        let next = common::record(n);
        (record.frame, record.pts_ns, record.action, record.objects) = (n, next.pts_ns, next.action, next.objects);
        writeln!(file, "{}", record.to_json())?;
    }
    file.flush()?;
    std::fs::metadata(path).map(|m| m.len())
}
