//! What the base of the analysis elements costs, and what it does when the model is too slow. One JSON line a figure.
//!
//! `cargo bench -p gst-plugin-ego --bench worker`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::panic, unreachable_pub, reason = "a program to measure with")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gst::prelude::*;

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/worker/fake.rs"]
mod fake;

use fake::EgoFake;

const FRAMES: u64 = 20_000;
const IDLE_ELEMENTS: usize = 6;

/// Processor time of this process until now, all threads, milliseconds (in steps of 10).
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    // utime and stime are fields 14 and 15 of proc(5), in ticks of 1/100 s on Linux.
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap() * 10.0).sum()
}

/// Runs a pipeline to its end.
fn run(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(120), &ends).unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

fn figure(name: &str, value: f64, unit: &str, target: &str) {
    println!("{{\"bench\":\"worker\",\"figure\":\"{name}\",\"value\":{value:.4},\"unit\":\"{unit}\",\"target\":\"{target}\"}}");
}

/// Milliseconds of processor time a 720p frame, through `elements` analysis elements that have nothing to analyse; `attaching` the
/// result of the first frame to all others or not.
fn idle(elements: usize, attaching: bool) -> f64 {
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! imagefreeze num-buffers={FRAMES} \
         ! identity name=head ! fakesink name=sink"
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let (head, sink) = (pipeline.by_name("head").unwrap(), pipeline.by_name("sink").unwrap());
    head.unlink(&sink);
    let mut last = head;
    for _ in 0..elements {
        let max_age = if attaching { "18446744073709551615" } else { "0" };
        let fake = EgoFake::new(&[("mode", "sync"), ("interval", "4294967295"), ("max-age", max_age)]);
        pipeline.add(&fake).unwrap();
        last.link(&fake).unwrap();
        last = fake.upcast();
    }
    last.link(&sink).unwrap();
    let before = cpu_ms();
    run(&pipeline);
    (cpu_ms() - before) / FRAMES as f64
}

/// Thirty frames a second from a live source, a model that takes 100 ms: frames shown, and ages of their results, milliseconds.
fn live(frames: u64) -> (u64, Vec<f64>) {
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc is-live=true num-buffers={frames} ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 \
         ! queue max-size-buffers=2 ! identity name=head ! fakesink name=sink sync=true max-lateness=5000000"
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let (head, sink) = (pipeline.by_name("head").unwrap(), pipeline.by_name("sink").unwrap());
    head.unlink(&sink);
    let fake = EgoFake::new(&[]);
    fake.control().take_time(Duration::from_millis(100));
    pipeline.add(&fake).unwrap();
    gst::Element::link_many([&head, fake.upcast_ref(), &sink]).unwrap();

    let ages = Arc::new(Mutex::new(Vec::new()));
    sink.set_property("signal-handoffs", true);
    let record = ages.clone();
    // Called for frames that are rendered, not for those that the sink drops as late.
    sink.connect("handoff", false, move |values| {
        let buffer: gst::Buffer = values[1].get().unwrap();
        record.lock().unwrap().push(ego_meta::hands(&buffer).map(|h| h.stamp.age_ns));
        None
    });
    run(&pipeline);
    let ages = ages.lock().unwrap();
    (ages.len() as u64, ages.iter().flatten().map(|ns| *ns as f64 / 1e6).collect())
}

fn main() {
    gst::init().unwrap();
    ego_meta::init();
    idle(0, false);
    let without = idle(0, false);
    figure("six idle elements, CPU per 720p frame", idle(IDLE_ELEMENTS, false) - without, "ms", "< 0.15");
    figure("six elements that attach an earlier result, CPU per 720p frame", idle(IDLE_ELEMENTS, true) - without, "ms", "< 0.15");

    let frames = 300;
    let (shown, mut ages) = live(frames);
    ages.sort_by(f64::total_cmp);
    let mean = ages.iter().sum::<f64>() / ages.len() as f64;
    let p95 = ages[(ages.len() * 95).div_ceil(100) - 1];
    figure("live 30 fps, model of 100 ms: frames shown of 300", shown as f64, "frames", "300");
    figure("live 30 fps, model of 100 ms: age of results, mean", mean, "ms", "<= 175");
    figure("live 30 fps, model of 100 ms: age of results, p95", p95, "ms", "<= 235");
}
