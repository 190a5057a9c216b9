//! How fast the window is drawn on the software device, what eight hours of results cost, and whether an hour of a live stream grows.
//!
//! `cargo bench -p ego-viewer`. Times are of the processor (user and system, all threads) beside those of the clock, so that a busy
//! machine does not change what is compared.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_viewer::frame::{Picture, PlaneLayout, ViewFrame, YuvColour};
use ego_viewer::screenshot::Canvas;
use ego_viewer::state::{Action, LIVE_ROWS, SourceKind};
use ego_viewer::stream::LookBack;
use ego_viewer::timeline::{Row, Track};

const SIZE: [f32; 2] = [1280.0, 800.0];

fn main() {
    playing();
    eight_hours();
    an_hour_live();
}

/// 720p with two hands, boxes, 3D and timeline, a new picture each time.
fn playing() {
    let canvas = Canvas::new(SIZE).expect("a software device");
    let mut viewer = common::viewer(Some(canvas.device().state()), 0);
    viewer.state.play.playing = true;
    let pictures: Vec<Arc<Picture>> = (0..4).map(|n| Arc::new(picture_720p(n))).collect();
    let frame = |n: u64| ViewFrame { picture: pictures.get(n as usize % 4).cloned(), mask: None, depth: None, ..common::frame(n) };
    for n in 0..5 {
        viewer.state.show(frame(n), Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
    }
    const FRAMES: u32 = 90;
    let (clock, processor) = (Instant::now(), processor_time());
    let mut upload = Duration::ZERO;
    for n in 0..u64::from(FRAMES) {
        let next = frame(5 + n);
        let began = Instant::now();
        viewer.state.show(next, Instant::now());
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
        upload += began.elapsed();
    }
    let (clock, processor) = (clock.elapsed(), processor_time().saturating_sub(processor));
    let a_frame = processor.as_secs_f64() / f64::from(FRAMES);
    println!("720p with two hands, boxes, 3D and timeline at 1280x800 on the software device:");
    println!("  {:.1} ms of processor a frame, software rendering included: {:.2} cores at 30 frames/s", a_frame * 1e3, a_frame * 30.0);
    println!(
        "  {:.1} ms on the clock, {:.0} frames/s",
        upload.as_secs_f64() / f64::from(FRAMES) * 1e3,
        f64::from(FRAMES) / clock.as_secs_f64()
    );
}

fn picture_720p(n: u8) -> Picture {
    let bytes: Vec<u8> = (0..1280 * 720 * 3 / 2_u32).map(|k| 60 + n * 10 + (k % 97) as u8).collect();
    Picture::from_bytes(PlaneLayout::Nv12, 1280, 720, [1280, 1280, 0], YuvColour::BT709, bytes)
}

/// 30 frames a second for eight hours on the timeline.
fn eight_hours() {
    const FRAMES: u64 = 8 * 3600 * 30;
    let before = memory();
    let canvas = Canvas::new(SIZE).expect("a software device");
    let mut viewer = common::viewer(Some(canvas.device().state()), 0);
    canvas.render(&mut viewer, Vec::new()).expect("drawn");
    let filled = Instant::now();
    let mut track = Track::default();
    for label in 0..36 {
        viewer.state.labels.number(&format!("action {label}"));
    }
    for n in 0..FRAMES {
        let decision = (n / 137 % 36) as u16 + 1;
        let top = [decision, decision % 36 + 1, (decision + 5) % 36 + 1];
        track.push(Row {
            pts_ns: n * 33_333_333,
            place: n * 2000,
            decision,
            truth: ((n + 20) / 137 % 36) as u16 + 1,
            held: (n / 400 % 8) as u16,
            top,
            top_score: [200, 30, 10],
            score: 200,
            speed: [(n % 100) as u8, (n % 77) as u8],
            flags: u8::from(n % 9000 > 8900),
        });
    }
    let filled = filled.elapsed();
    viewer.state.track = track;
    viewer.state.play.duration_ns = Some(FRAMES * 33_333_333);
    viewer.state.look.strips = true;
    let first = (Instant::now(), processor_time());
    canvas.render(&mut viewer, Vec::new()).expect("drawn");
    let first = (first.0.elapsed(), processor_time().saturating_sub(first.1));
    const SCRUBS: u32 = 60;
    let scrub = (Instant::now(), processor_time());
    for k in 0..u64::from(SCRUBS) {
        viewer.act(Action::Seek(k * FRAMES / 60 * 33_333_333));
        canvas.render(&mut viewer, Vec::new()).expect("drawn");
    }
    let a_frame = processor_time().saturating_sub(scrub.1).as_secs_f64() / f64::from(SCRUBS);
    println!("eight hours of results at 30 frames a second, classes shown:");
    println!("  rows in {:.0} ms, first paint with all sums {:.0} ms ({:.0} ms of processor)", ms(filled), ms(first.0), ms(first.1));
    println!(
        "  scrubbing {:.1} ms of processor a frame, {:.0} frames/s on the clock",
        a_frame * 1e3,
        f64::from(SCRUBS) / scrub.0.elapsed().as_secs_f64()
    );
    println!("  resident memory {:.0} MB ({:.0} MB before)", memory(), before);
}

/// Results and look-back of an hour of 720p at 30 frames a second, as fast as possible.
fn an_hour_live() {
    let mut viewer = common::viewer(None, 0);
    viewer.state.source.kind = SourceKind::Live;
    viewer.state.track = Track::limited(LIVE_ROWS);
    let mut back = LookBack::new(ego_viewer::LOOK_BACK_BYTES);
    let mut quarters = Vec::new();
    for n in 0..108_000_u64 {
        let record = Arc::new(common::record(n));
        viewer.state.add_results(&(0, Arc::clone(&record), None));
        let bytes = vec![(n % 200) as u8; 640 * 360 * 3 / 2];
        let picture = Picture::from_bytes(PlaneLayout::I420, 640, 360, [640, 320, 320], YuvColour::BT709, bytes);
        let frame = ViewFrame {
            results: record,
            picture: Some(Arc::new(picture)),
            mask: None,
            depth: None,
            number: n,
            pts_ns: n * 33_333_333,
            ..light_frame()
        };
        viewer.state.show(frame.clone(), Instant::now());
        back.push(frame);
        if (n + 1) % 27_000 == 0 {
            quarters.push(memory());
        }
    }
    let (first, last) = (quarters[0], quarters[quarters.len() - 1]);
    println!(
        "an hour live (720p halved for the look-back), memory after each quarter: {quarters:.0?} MB, growth {:.1} %",
        (last / first - 1.0) * 100.0
    );
}

fn light_frame() -> ViewFrame {
    static ONE: std::sync::OnceLock<ViewFrame> = std::sync::OnceLock::new();
    ONE.get_or_init(|| ViewFrame { picture: None, ..common::frame(0) }).clone()
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

/// Processor time of this process, user and system, all threads.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // proc(5): after the name in brackets, user and system time are the 12th and 13th field, in hundredths of a second.
    let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// Resident memory, megabytes.
fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split_whitespace().nth(1).and_then(|p| p.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}
