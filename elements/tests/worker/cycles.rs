//! Many starts and stops, and a machine with one processor.

use std::process::Command;

use crate::fake::EgoFake;
use crate::rig::{CAPS, frame, init};
use gst::prelude::*;

/// A field of `/proc/self/status`, e.g. `Threads` or `VmRSS` (KiB).
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Starts the element, gives it some frames, and stops it with the last ones under way.
fn cycle(fake: &EgoFake, frames: u64) {
    fake.set_state(gst::State::Playing).unwrap();
    let sink = fake.static_pad("sink").unwrap();
    sink.send_event(gst::event::StreamStart::new("cycle"));
    sink.send_event(gst::event::Caps::new(&CAPS.parse::<gst::Caps>().unwrap()));
    sink.send_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
    for n in 0..frames {
        // Nothing is linked downstream, so a frame that comes out is refused; it was analysed all the same.
        assert!(matches!(sink.chain(frame(n)), Ok(_) | Err(gst::FlowError::NotLinked)));
    }
    fake.set_state(gst::State::Null).unwrap();
    fake.control().forget_seen();
}

/// Runs in a process of its own, so that other tests' threads and memory are not counted.
#[test]
#[ignore = "run by `a_thousand_starts_and_stops_leave_nothing_behind`"]
fn thousand_cycles() {
    init();
    for mode in ["sync", "latest", "pipelined"] {
        let fake = EgoFake::new(&[("mode", mode)]);
        (0..100).for_each(|_| cycle(&fake, 3));
        let threads = status("Threads");
        let resident: Vec<u64> = (0..5)
            .map(|_| {
                (0..250).for_each(|_| cycle(&fake, 3));
                status("VmRSS")
            })
            .collect();
        assert_eq!(status("Threads"), threads, "{mode}: threads");
        // A leak shows in every quarter: 250 frames of 256 bytes alone are 62 KiB. Noise of the allocator does not.
        let growth = resident.windows(2).map(|w| w[1].saturating_sub(w[0])).min().unwrap();
        assert!(growth < 40, "{mode}: resident memory grew all the time, KiB: {resident:?}");
        assert_eq!(fake.ref_count(), 1, "{mode}: nobody keeps the element");
        fake.control().wait_dropped();
    }
}

fn run_alone(test: &str, prefix: &[&str]) {
    let exe = std::env::current_exe().unwrap();
    let exe = exe.to_str().unwrap();
    let words: Vec<&str> = prefix.iter().copied().chain([exe, "--exact", test, "--include-ignored", "--test-threads=1"]).collect();
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{test}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_thousand_starts_and_stops_leave_nothing_behind() {
    run_alone("cycles::thousand_cycles", &[]);
}

#[test]
fn one_processor_is_enough() {
    if Command::new("taskset").arg("--version").output().is_err() {
        println!("skipped: taskset is not installed (package util-linux)");
        return;
    }
    for test in [
        "modes::auto_lets_frames_pass_when_upstream_is_live",
        "modes::pipelined_frames_come_out_in_order_with_their_own_results",
        "modes::two_branches_of_a_tee_do_not_see_each_others_results",
        "events::a_flush_ends_the_wait_of_a_sync_frame_and_drops_its_result",
        "events::stopping_ends_the_wait_of_a_sync_frame_and_waits_for_the_model",
    ] {
        run_alone(test, &["taskset", "-c", "0"]);
    }
}
