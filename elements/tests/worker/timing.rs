//! LATENCY answers and messages, QoS, buffer pools.

use std::time::Duration;

use crate::rig::{CAPS, FRAME_NS, Rig};
use gst::ClockTime;
use gst::prelude::*;

const MS: u64 = 1_000_000;

/// What the element answers: live, minimum and maximum in milliseconds.
fn answer(rig: &Rig) -> (bool, u64, Option<u64>) {
    let mut query = gst::query::Latency::new();
    assert!(rig.fake.static_pad("src").unwrap().query(&mut query));
    let (live, min, max) = query.result();
    (live, min.mseconds(), max.map(ClockTime::mseconds))
}

#[test]
fn only_live_frames_that_wait_add_to_the_latency() {
    for (live, properties, want) in [
        (true, &[("mode", "auto")][..], (true, 20, None)),
        (true, &[("mode", "latest"), ("latency", "50000000")], (true, 20, None)),
        (true, &[("mode", "sync"), ("latency", "50000000")], (true, 70, None)),
        (true, &[("mode", "sync"), ("latency", "0")], (true, 20, None)),
        (true, &[("mode", "pipelined"), ("latency", "50000000"), ("queue-depth", "3")], (true, 20 + 50 + 3 * 40, None)),
        (false, &[("mode", "auto"), ("latency", "50000000")], (false, 20, None)),
        (false, &[("mode", "sync"), ("latency", "50000000")], (false, 20, None)),
        (false, &[("mode", "pipelined"), ("latency", "50000000")], (false, 20, None)),
    ] {
        let mut rig = Rig::new(live, properties);
        rig.harness.set_upstream_latency(ClockTime::from_mseconds(20));
        assert_eq!(answer(&rig), want, "live {live}, {properties:?}");
    }
}

#[test]
fn the_maximum_latency_grows_too_when_there_is_one() {
    let rig = Rig::new(true, &[("mode", "sync"), ("latency", "50000000")]);
    rig.harness.srcpad().unwrap().add_probe(gst::PadProbeType::QUERY_UPSTREAM, |_, info| {
        if let Some(gst::QueryViewMut::Latency(query)) = info.query_mut().map(gst::QueryRef::view_mut) {
            query.set(true, ClockTime::from_mseconds(10), ClockTime::from_mseconds(30));
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
    assert_eq!(answer(&rig), (true, 60, Some(80)));
}

#[test]
fn without_an_answer_from_upstream_there_is_none() {
    let fake = crate::fake::EgoFake::new(&[]);
    fake.set_state(gst::State::Paused).unwrap();
    assert!(!fake.static_pad("src").unwrap().query(&mut gst::query::Latency::new()));
    fake.set_state(gst::State::Null).unwrap();
}

#[test]
fn the_measured_latency_is_announced_once_and_answered() {
    let mut rig = Rig::new(true, &[("mode", "sync")]);
    assert_eq!(answer(&rig), (true, 0, None), "nothing is known yet");
    rig.control.take_time(Duration::from_millis(2));
    rig.push(0);
    assert_eq!(rig.texts(gst::MessageType::Latency).len(), 1);
    let analysis = rig.stat("latency-max");
    assert!(analysis >= 2 * MS);
    let mut query = gst::query::Latency::new();
    assert!(rig.fake.static_pad("src").unwrap().query(&mut query));
    let (_, min, _) = query.result();
    assert!(min.nseconds() >= analysis + analysis / 20, "{min} for an analysis of {analysis} ns");
}

#[test]
fn latest_mode_and_files_post_no_latency_message() {
    for (live, mode) in [(true, "latest"), (false, "sync"), (false, "pipelined")] {
        let mut rig = Rig::new(live, &[("mode", mode)]);
        (0..5).for_each(|n| rig.push(n));
        rig.control.wait_begun(1);
        assert_eq!(rig.texts(gst::MessageType::Latency).len(), 0, "{mode}");
    }
}

#[test]
fn a_change_of_the_mode_is_announced() {
    let rig = Rig::new(true, &[]);
    rig.fake.set_property_from_str("mode", "sync");
    rig.fake.set_property("latency", 5_000_000i64);
    rig.fake.set_property("max-age", 0u64);
    assert_eq!(rig.texts(gst::MessageType::Latency).len(), 2, "mode and latency change the answer, max-age does not");
}

#[test]
fn a_model_too_slow_for_a_live_stream_in_sync_mode_is_warned_about_once() {
    // A million frames a second: every analysis is too slow, and this test need not be.
    let caps = CAPS.replace("25/1", "1000000/1");
    for (live, mode, want) in [(true, "sync", 1), (false, "sync", 0), (true, "latest", 0)] {
        let mut rig = Rig::new(live, &[("mode", mode)]);
        rig.harness.set_src_caps_str(&caps);
        answer(&rig); // as a pipeline does when it starts
        (0..20).for_each(|n| rig.push(n));
        let warnings = rig.texts(gst::MessageType::Warning);
        assert_eq!(warnings.len(), want, "live {live} {mode}: {warnings:?}");
        assert!(warnings.iter().all(|w| w.contains("mode=latest") && w.contains("interval")), "{warnings:?}");
    }
}

fn late(by_frames: i64, at_frame: u64) -> gst::Event {
    let diff = by_frames * FRAME_NS as i64;
    gst::event::Qos::new(gst::QOSType::Underflow, 2.0, diff, ClockTime::from_nseconds(at_frame * FRAME_NS))
}

#[test]
fn when_downstream_is_late_analyses_are_skipped_and_frames_are_not() {
    for mode in ["sync", "pipelined"] {
        let mut rig = Rig::new(false, &[("mode", mode), ("latency", "0")]);
        rig.push(0);
        assert!(rig.harness.push_upstream_event(late(6, 0)));
        (1..10).for_each(|n| rig.push(n));
        rig.harness.push_event(gst::event::Eos::new());
        let want: Vec<_> = (0..10).map(|n| (n, Some(if n < 6 { (0, n) } else { (n, 0) }))).collect();
        assert_eq!(rig.frames(), want, "{mode}");
        assert_eq!(rig.control.numbers(), [0, 6, 7, 8, 9], "{mode}");
        assert_eq!([rig.stat("frames"), rig.stat("skipped-qos"), rig.stat("skipped")], [10, 5, 5], "{mode}");
    }
}

#[test]
fn the_time_of_an_analysis_counts_when_lateness_is_judged() {
    // Late by six frames, but an analysis takes four: frame 2 would be done at 6.
    let mut rig = Rig::new(false, &[("latency", "160000000")]);
    rig.push(0);
    rig.harness.push_upstream_event(late(6, 0));
    (1..4).for_each(|n| rig.push(n));
    assert_eq!(rig.control.numbers(), [0, 2, 3]);
}

#[test]
fn a_qos_message_comes_at_most_once_a_second() {
    let mut rig = Rig::new(false, &[("latency", "0")]);
    rig.push(0);
    rig.harness.push_upstream_event(late(1000, 0));
    // Two seconds: even when downstream is hopelessly late, one frame a second is analysed.
    (1..=50).for_each(|n| rig.push(n));
    assert_eq!(rig.control.numbers(), [0, 25, 50]);
    let messages: Vec<_> = std::iter::from_fn(|| rig.bus.pop()).filter(|m| m.type_() == gst::MessageType::Qos).collect();
    let told: Vec<_> = messages
        .iter()
        .map(|m| match m.view() {
            gst::MessageView::Qos(q) => (q.get().1.map_or(0, ClockTime::mseconds), q.stats()),
            _ => unreachable!(),
        })
        .collect();
    let buffers = |n: u64| gst::GenericFormattedValue::Buffers(Some(gst::format::Buffers::from_u64(n)));
    assert_eq!(told, [(40, (buffers(1), buffers(1))), (1040, (buffers(2), buffers(25)))]);
    // Downstream was late, not the stream: no error, no end, and a new segment begins afresh.
    rig.harness.push_event(gst::event::Segment::new(&gst::FormattedSegment::<ClockTime>::new()));
    rig.push(51);
    assert_eq!(*rig.control.numbers().last().unwrap(), 51);
}

#[test]
fn a_throttle_limits_the_analyses_not_the_frames() {
    let mut rig = Rig::new(false, &[("latency", "0")]);
    rig.push(0);
    rig.harness.push_upstream_event(gst::event::Qos::new(gst::QOSType::Throttle, 1.0, 200 * MS as i64, ClockTime::ZERO));
    (1..12).for_each(|n| rig.push(n));
    assert_eq!(rig.control.numbers(), [0, 5, 10]);
    assert_eq!(rig.frames().len(), 12);
}

#[test]
fn upstream_pools_are_told_how_many_frames_are_kept() {
    for (mode, held) in [("latest", 2), ("sync", 1), ("pipelined", 5)] {
        let rig = Rig::new(true, &[("mode", mode), ("queue-depth", "4")]);
        // Downstream's own proposal: at least 2, at most 3 buffers.
        rig.harness.sinkpad().unwrap().add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
            if let Some(gst::QueryViewMut::Allocation(query)) = info.query_mut().map(gst::QueryRef::view_mut) {
                query.add_allocation_pool(None::<&gst::BufferPool>, 256, 2, 3);
                return gst::PadProbeReturn::Handled;
            }
            gst::PadProbeReturn::Ok
        });
        let caps = CAPS.parse::<gst::Caps>().unwrap();
        let mut query = gst::query::Allocation::new(Some(&caps), true);
        assert!(rig.harness.srcpad().unwrap().peer_query(&mut query), "{mode}");
        let pools: Vec<_> = query.allocation_pools().map(|(_, size, min, max)| (size, min, max)).collect();
        assert_eq!(pools, [(256, 2 + held, (2 + held).max(3))], "{mode}");
    }
}
