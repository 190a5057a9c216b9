//! Which result is on which frame, in every mode.

use crate::rig::{CAPS, Out, Rig, frame, init, stamp};
use gst::prelude::*;

/// A result of the frame itself.
fn own(n: u64) -> (u64, Option<(u64, u64)>) {
    (n, Some((n, 0)))
}

#[test]
fn auto_analyses_every_frame_when_upstream_is_not_live() {
    let mut rig = Rig::new(false, &[]);
    (0..20).for_each(|n| rig.push(n));
    assert_eq!(rig.frames(), (0..20).map(own).collect::<Vec<_>>());
    assert_eq!(rig.control.numbers(), (0..20).collect::<Vec<_>>());
    assert!(rig.control.seen().iter().all(|s| !s.live && s.resets == 0));
    assert_eq!([rig.stat("frames"), rig.stat("analysed"), rig.stat("superseded"), rig.stat("skipped")], [20, 20, 0, 0]);
}

#[test]
fn auto_lets_frames_pass_when_upstream_is_live() {
    let mut rig = Rig::new(true, &[]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    (1..6).for_each(|n| rig.push(n));
    assert_eq!(rig.frames(), (0..6).map(|n| (n, None)).collect::<Vec<_>>(), "no frame waits");
    // The second analysis begins after the first result was delivered; it is of the newest frame.
    rig.control.release(1);
    rig.control.wait_begun(2);
    assert_eq!(rig.control.numbers(), [0, 5]);
    rig.push(6);
    rig.push(7);
    assert_eq!(rig.frames()[6..], [(6, Some((0, 6))), (7, Some((0, 7)))]);
    assert_eq!([rig.stat("frames"), rig.stat("superseded"), rig.stat("analysed"), rig.stat("queued")], [8, 5, 1, 1]);
    assert_eq!(rig.stat("age-max"), 280_000_000);
    assert!(rig.control.seen().iter().all(|s| s.live));
    rig.control.release_all();
}

#[test]
fn latest_and_sync_do_not_ask_upstream() {
    let mut rig = Rig::new(false, &[("mode", "latest")]);
    rig.control.hold();
    rig.push(0);
    assert_eq!(rig.frames(), [(0, None)]);
    rig.control.release_all();
    let mut rig = Rig::new(true, &[("mode", "sync")]);
    rig.push(0);
    assert_eq!(rig.frames(), [own(0)]);
}

#[test]
fn a_result_older_than_max_age_is_not_attached() {
    let mut rig = Rig::new(true, &[("max-age", "80000000")]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    rig.push(1);
    rig.control.release(1);
    rig.control.wait_begun(2);
    (2..5).for_each(|n| rig.push(n));
    assert_eq!(rig.frames()[2..], [(2, Some((0, 2))), (3, None), (4, None)]);
    rig.fake.set_property("max-age", u64::MAX);
    rig.push(5);
    assert_eq!(rig.frames()[5..], [(5, Some((0, 5)))], "no limit");
    rig.control.release_all();
}

#[test]
fn a_sync_frame_waits_for_its_result() {
    let mut rig = Rig::new(false, &[("mode", "sync")]);
    rig.control.hold();
    let push = rig.push_elsewhere(0);
    rig.control.wait_begun(1);
    assert_eq!(rig.frames(), []);
    rig.control.release(1);
    assert_eq!(push.join().unwrap(), Ok(gst::FlowSuccess::Ok));
    assert_eq!(rig.frames(), [own(0)]);
    let buffer = rig.harness.pull().unwrap();
    let stamp = stamp(&buffer).unwrap();
    assert_eq!((stamp.source.as_str(), stamp.model.as_str()), (rig.fake.name().as_str(), "fake-model"));
    assert_eq!((stamp.pts, stamp.ref_width, stamp.ref_height), (Some(0), 16, 16));
    assert_eq!(stamp.infer_ns, rig.stat("latency-max"));
}

#[test]
fn pipelined_frames_come_out_in_order_with_their_own_results() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "3")]);
    rig.control.hold();
    (0..3).for_each(|n| rig.push(n));
    assert_eq!(rig.frames(), [], "three may be under way");
    let push = rig.push_elsewhere(3);
    rig.control.release(1);
    assert_eq!(push.join().unwrap(), Ok(gst::FlowSuccess::Ok));
    assert_eq!(rig.frames()[0], own(0));
    rig.control.release_all();
    (4..20).for_each(|n| rig.push(n));
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(rig.frames(), (0..20).map(own).collect::<Vec<_>>());
}

#[test]
fn every_nth_frame_is_analysed_and_the_others_carry_its_result() {
    for mode in ["sync", "pipelined"] {
        let mut rig = Rig::new(false, &[("mode", mode), ("interval", "3")]);
        (0..7).for_each(|n| rig.push(n));
        rig.harness.push_event(gst::event::Eos::new());
        assert_eq!(rig.frames(), (0..7).map(|n| (n, Some((n / 3 * 3, n % 3)))).collect::<Vec<_>>(), "{mode}");
        assert_eq!((rig.control.numbers(), rig.stat("skipped-interval")), (vec![0, 3, 6], 4), "{mode}");
    }
    let mut rig = Rig::new(true, &[("interval", "2")]);
    for n in 0..6 {
        rig.push(n);
        rig.control.wait_begun(n as usize / 2 + 1);
    }
    assert_eq!(rig.control.numbers(), [0, 2, 4], "latest");
}

#[test]
fn changing_the_mode_while_frames_are_under_way_loses_and_mixes_up_nothing() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "4")]);
    (0..4).for_each(|n| rig.push(n));
    rig.fake.set_property_from_str("mode", "latest");
    rig.control.wait_begun(4);
    rig.push(4);
    rig.control.wait_begun(5);
    rig.control.hold();
    rig.push(5);
    rig.fake.set_property_from_str("mode", "sync");
    rig.control.release_all();
    (6..9).for_each(|n| rig.push(n));
    let frames = rig.frames();
    assert_eq!(frames.iter().map(|f| f.0).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    assert_eq!(frames[..4], (0..4).map(own).collect::<Vec<_>>(), "pipelined");
    assert_eq!(frames[4].1, Some((3, 1)), "latest");
    assert_eq!(frames[6..], (6..9).map(own).collect::<Vec<_>>(), "sync");
}

#[test]
fn frames_without_time_stamps_are_counted() {
    let bare = || {
        let mut buffer = frame(0);
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::NONE);
        buffer
    };
    let ages = |rig: &mut Rig, n: usize| -> Vec<u64> {
        (0..n).map(|_| rig.harness.push_and_pull(bare()).unwrap()).map(|b| stamp(&b).unwrap().age_ns / 1_000_000).collect()
    };
    let mut rig = Rig::new(false, &[("interval", "3")]);
    assert_eq!(ages(&mut rig, 4), [0, 40, 80, 0]);
    let mut rig = Rig::new(false, &[("interval", "3")]);
    rig.harness.set_src_caps_str(&CAPS.replace("25/1", "0/1"));
    assert_eq!(ages(&mut rig, 4), [0, 0, 0, 0], "no frame rate either");
}

#[test]
fn time_stamps_that_run_backwards_do_no_harm() {
    let mut rig = Rig::new(false, &[("interval", "2")]);
    for n in [10, 9, 8, 11, 3, 4] {
        rig.push(n);
    }
    // Age of a frame that lies before its result: by counting frames.
    assert_eq!(
        rig.frames().iter().map(|(n, r)| (*n, r.unwrap())).collect::<Vec<_>>(),
        [(10, (0, 0)), (9, (0, 1)), (8, (2, 0)), (11, (2, 3)), (3, (4, 0)), (4, (4, 1))]
    );
    assert!(rig.control.seen().iter().all(|s| s.resets == 0));
}

#[test]
fn two_branches_of_a_tee_do_not_see_each_others_results() {
    init();
    let pipeline = gst::Pipeline::new();
    let src = gst::ElementFactory::make("videotestsrc").property("num-buffers", 10i32).build().unwrap();
    let tee = gst::ElementFactory::make("tee").build().unwrap();
    pipeline.add_many([&src, &tee]).unwrap();
    src.link(&tee).unwrap();
    let sources = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    for name in ["left", "right"] {
        let fake = crate::fake::EgoFake::new(&[("name", name)]);
        let queue = gst::ElementFactory::make("queue").build().unwrap();
        let sink = gst::ElementFactory::make("fakesink").property("sync", false).build().unwrap();
        pipeline.add_many([&queue, fake.upcast_ref(), &sink]).unwrap();
        gst::Element::link_many([&tee, &queue, fake.upcast_ref(), &sink]).unwrap();
        let sources = sources.clone();
        sink.static_pad("sink").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let on_buffer: Vec<_> = ego_meta::all_hands(info.buffer().unwrap()).map(|h| h.unwrap().stamp.source).collect();
            sources.lock().unwrap().push((name, on_buffer));
            gst::PadProbeReturn::Ok
        });
    }
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds).unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    let sources = sources.lock().unwrap();
    assert_eq!(sources.len(), 20);
    for (branch, on_buffer) in sources.iter() {
        assert_eq!(on_buffer, &[branch.to_string()]);
    }
}

#[test]
fn two_elements_in_a_row_both_leave_their_results() {
    init();
    let fakes = ["first", "second"].map(|name| crate::fake::EgoFake::new(&[("name", name)]));
    let bin = gst::Bin::new();
    bin.add_many(&fakes).unwrap();
    fakes[0].link(&fakes[1]).unwrap();
    for (pad, fake) in [("sink", &fakes[0]), ("src", &fakes[1])] {
        bin.add_pad(&gst::GhostPad::with_target(&fake.static_pad(pad).unwrap()).unwrap()).unwrap();
    }
    let mut harness = gst_check::Harness::with_element(&bin, Some("sink"), Some("src"));
    harness.set_live(false);
    harness.set_src_caps_str(CAPS);
    let buffer = harness.push_and_pull(frame(0)).unwrap();
    let sources: Vec<_> = ego_meta::all_hands(&buffer).map(|h| h.unwrap().stamp.source).collect();
    assert_eq!(sources, ["first", "second"]);
}

#[test]
fn frames_keep_their_place_among_serialized_events() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "8")]);
    rig.push(0);
    rig.push(1);
    // Tags may overtake frames, so they do not hold up the pipeline; everything else keeps its place.
    rig.harness.push_event(gst::event::Gap::new(gst::ClockTime::from_mseconds(80), gst::ClockTime::from_mseconds(40)));
    rig.push(2);
    rig.harness.push_event(gst::event::CustomDownstream::new(gst::Structure::new_empty("mark")));
    rig.push(3);
    rig.harness.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
    rig.push(4);
    let narrower = CAPS.replace("width=16", "width=8").parse::<gst::Caps>().unwrap();
    rig.harness.push_event(gst::event::Caps::new(&narrower));
    rig.push(5);
    rig.harness.push_event(gst::event::Eos::new());
    use gst::EventType as E;
    let f = |n| Out::Frame(n, Some((n, 0)));
    let want = [
        f(0),
        f(1),
        Out::Event(E::Gap),
        f(2),
        Out::Event(E::CustomDownstream),
        f(3),
        Out::Event(E::Segment),
        f(4),
        Out::Event(E::Caps),
        f(5),
        Out::Event(E::Eos),
    ];
    assert_eq!(rig.out(), want);
    assert_eq!(
        rig.control.seen().iter().map(|s| (s.number, s.resets, s.size.0)).collect::<Vec<_>>(),
        [(0, 0, 16), (1, 0, 16), (2, 0, 16), (3, 0, 16), (4, 1, 16), (5, 2, 8)]
    );
}

#[test]
fn tags_do_not_hold_up_frames_under_way() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "8")]);
    rig.control.hold();
    rig.push(0);
    rig.harness.push_event(gst::event::Tag::new(gst::TagList::new()));
    assert_eq!(rig.frames(), [], "the tag has passed, and this test has not stopped");
    rig.control.release_all();
}
