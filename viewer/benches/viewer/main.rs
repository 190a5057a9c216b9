//! The figures of the window: what it costs to draw on a software device, what it adds between capture and paint, what eight hours of
//! results cost, whether an hour of a live stream grows, how soon a file shows.
//!
//! `cargo bench -p ego-viewer --bench viewer`, or only some of them: `-- playing added hours live first`. Times are of the processor (user
//! and system, all threads of this process, software rendering included) beside those of the clock, so that a busy machine does not
//! change what is compared.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement")]

#[path = "../../tests/common/mod.rs"]
mod common;
mod hours;
mod live;
mod playing;

use std::alloc::System;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts what is asked for and given back, so that memory in use can be told from memory that the allocator only keeps.
#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let rows: [(&str, fn()); 5] = [
        ("playing", playing::playing),
        ("added", live::added),
        ("hours", hours::eight_hours),
        ("live", live::an_hour),
        ("first", playing::first),
    ];
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if let [one] = wanted.as_slice()
        && let Some((_, measure)) = rows.iter().find(|(name, _)| name == one)
    {
        gst::init().expect("GStreamer");
        ego_meta::init();
        return measure();
    }
    // Each in a process of its own: what one leaves in the allocator would count as the memory of the next.
    let program = std::env::current_exe().expect("the path of this program");
    for (name, _) in rows.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|w| w == name)) {
        let status = std::process::Command::new(&program).arg(name).status().expect("this program again");
        assert!(status.success(), "the measurement {name} failed: {status}");
    }
}

/// Size of the window, points.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// A screen in memory.
fn canvas() -> ego_viewer::screenshot::Canvas {
    ego_viewer::screenshot::Canvas::new(SIZE).expect("a software device")
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

/// Bytes in use on the heap of Rust code, megabytes: without those of graphics drivers and GStreamer.
fn heap() -> f64 {
    let stats = HEAP.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated) as f64 / 1e6
}

/// Resident memory, megabytes.
fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split_whitespace().nth(1).and_then(|p| p.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}
