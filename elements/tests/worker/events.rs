//! Flush, end of stream, new caps, lost frames and stopping, with an analysis under way.

use crate::rig::{CAPS, FRAME_NS, Out, Rig, discont, frame};
use gst::prelude::*;

fn flush(rig: &mut Rig) {
    rig.harness.push_event(gst::event::FlushStart::new());
    rig.harness.push_event(gst::event::FlushStop::new(true));
    rig.harness.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
}

#[test]
fn a_flush_ends_the_wait_of_a_sync_frame_and_drops_its_result() {
    let mut rig = Rig::new(false, &[("mode", "sync")]);
    rig.control.hold();
    let push = rig.push_elsewhere(0);
    rig.control.wait_begun(1);
    rig.harness.push_event(gst::event::FlushStart::new());
    assert_eq!(push.join().unwrap(), Err(gst::FlowError::Flushing), "although the analysis goes on");
    rig.harness.push_event(gst::event::FlushStop::new(true));
    rig.harness.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
    let push = rig.push_elsewhere(100);
    rig.control.release(1);
    rig.control.wait_begun(2);
    assert_eq!(rig.frames(), [], "the result from before the flush is not taken for this frame's");
    rig.control.release(1);
    assert_eq!(push.join().unwrap(), Ok(gst::FlowSuccess::Ok));
    assert_eq!(rig.frames(), [(100, Some((1, 0)))]);
    assert_eq!(rig.control.seen()[1].resets, 1);
}

#[test]
fn a_flush_drops_frames_under_way() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "8")]);
    rig.control.hold();
    (0..4).for_each(|n| rig.push(n));
    rig.control.wait_begun(1);
    flush(&mut rig);
    rig.control.release_all();
    rig.push(100);
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(rig.frames(), [(100, Some((4, 0)))]);
    assert_eq!(rig.control.numbers(), [0, 4], "frames 1 to 3 were never analysed");
}

#[test]
fn a_flush_forgets_the_last_result() {
    let mut rig = Rig::new(true, &[("mode", "latest"), ("max-age", "18446744073709551615")]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    rig.push(1);
    rig.control.release(1);
    rig.control.wait_begun(2);
    rig.push(2);
    assert_eq!(*rig.frames().last().unwrap(), (2, Some((0, 2))));
    rig.control.release(1);
    rig.control.wait_begun(3);
    flush(&mut rig);
    rig.push(100);
    assert_eq!(*rig.frames().last().unwrap(), (100, None));
    rig.control.release(1);
    rig.control.wait_begun(4);
    rig.push(101);
    assert_eq!(*rig.frames().last().unwrap(), (101, None), "the result of frame 2, finished after the flush, is refused");
    assert_eq!(rig.control.seen()[3].resets, 1);
    rig.control.release_all();
}

#[test]
fn new_caps_drop_the_result_of_the_old_picture() {
    let mut rig = Rig::new(true, &[]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    rig.harness.push_event(gst::event::Caps::new(&CAPS.replace("width=16", "width=8").parse::<gst::Caps>().unwrap()));
    rig.push(1);
    rig.control.release(1);
    rig.control.wait_begun(2);
    rig.push(2);
    assert_eq!(rig.frames(), [(0, None), (1, None), (2, None)]);
    assert_eq!(rig.control.seen().iter().map(|s| (s.size.0, s.resets)).collect::<Vec<_>>(), [(16, 0), (8, 1)]);
    rig.control.release_all();
}

#[test]
fn caps_that_describe_the_same_picture_change_nothing() {
    let mut rig = Rig::new(false, &[]);
    rig.push(0);
    rig.harness.push_event(gst::event::Caps::new(&format!("{CAPS},note=(string)x").parse::<gst::Caps>().unwrap()));
    rig.push(1);
    // Downstream wants to negotiate again, and comes to the same conclusion.
    rig.harness.push_upstream_event(gst::event::Reconfigure::new());
    rig.push(2);
    assert!(rig.control.seen().iter().all(|s| s.resets == 0));
}

#[test]
fn the_end_of_a_live_stream_does_not_wait_for_an_analysis() {
    let mut rig = Rig::new(true, &[]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    assert_eq!(rig.out(), [Out::Frame(0, None), Out::Event(gst::EventType::Eos)]);
    rig.control.release_all();
}

#[test]
fn the_end_of_a_file_waits_for_every_frame() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "4")]);
    rig.control.hold();
    (0..3).for_each(|n| rig.push(n));
    let pad = rig.harness.srcpad().unwrap();
    let eos = std::thread::spawn(move || pad.push_event(gst::event::Eos::new()));
    rig.control.release(2);
    rig.control.wait_begun(3);
    assert!(!rig.out().contains(&Out::Event(gst::EventType::Eos)));
    rig.control.release(1);
    assert!(eos.join().unwrap());
    assert_eq!(rig.out()[2..], [Out::Frame(2, Some((2, 0))), Out::Event(gst::EventType::Eos)]);
}

#[test]
fn lost_frames_are_told_to_the_model_and_jumps_reset_it() {
    let mut rig = Rig::new(false, &[]);
    rig.push(0);
    // 400 ms lost, as by a leaky queue: the tracker goes on.
    rig.harness.push(discont(frame(10))).unwrap();
    rig.push(11);
    // 4 s lost, then back to the beginning: another scene.
    rig.harness.push(discont(frame(111))).unwrap();
    rig.harness.push(discont(frame(0))).unwrap();
    let seen: Vec<_> = rig.control.seen().iter().map(|s| (s.pts_ns.unwrap() / FRAME_NS, s.discont, s.resets)).collect();
    assert_eq!(seen, [(0, false, 0), (10, true, 0), (11, false, 0), (111, true, 1), (0, true, 2)]);
}

#[test]
fn a_jump_that_nobody_analysed_still_resets_the_model() {
    let mut rig = Rig::new(true, &[]);
    rig.control.hold();
    rig.push(0);
    rig.control.wait_begun(1);
    rig.harness.push(discont(frame(200))).unwrap();
    rig.push(201); // takes the place of 200 in the mailbox
    rig.control.release_all();
    rig.control.wait_begun(2);
    assert_eq!(rig.control.seen()[1].pts_ns, Some(201 * FRAME_NS));
    assert_eq!(rig.control.seen()[1].resets, 1);
}

#[test]
fn lost_frames_keep_their_mark_when_frames_are_under_way() {
    let mut rig = Rig::new(false, &[("mode", "pipelined"), ("queue-depth", "4")]);
    (0..2).for_each(|n| rig.push(n));
    rig.harness.push(discont(frame(5))).unwrap();
    rig.harness.push_event(gst::event::Eos::new());
    let marked: Vec<_> = (0..3)
        .map(|_| rig.harness.pull().unwrap())
        .map(|b| (b.pts().unwrap().nseconds() / FRAME_NS, b.flags().contains(gst::BufferFlags::DISCONT)))
        .collect();
    assert_eq!(marked, [(0, false), (1, false), (5, true)]);
}

#[test]
fn stopping_ends_the_wait_of_a_sync_frame_and_waits_for_the_model() {
    let rig = Rig::new(false, &[("mode", "sync")]);
    rig.control.hold();
    let push = rig.push_elsewhere(0);
    rig.control.wait_begun(1);
    let element = rig.fake.clone();
    let stop = std::thread::spawn(move || element.set_state(gst::State::Null));
    assert_eq!(push.join().unwrap(), Err(gst::FlowError::Flushing), "although the analysis goes on");
    assert!(!stop.is_finished());
    rig.control.release(1);
    stop.join().unwrap().unwrap();
    rig.control.wait_dropped();
    assert_eq!(rig.frames(), []);
}

#[test]
fn stopping_interrupts_a_model_that_can_be_interrupted() {
    for mode in ["sync", "latest", "pipelined"] {
        let rig = Rig::new(false, &[("mode", mode)]);
        rig.control.make_interruptible();
        rig.control.hold();
        let push = rig.push_elsewhere(0);
        rig.control.wait_begun(1);
        rig.fake.set_state(gst::State::Null).unwrap();
        let _ = push.join().unwrap();
        rig.control.wait_dropped();
        assert_eq!(rig.texts(gst::MessageType::Error), [""; 0], "{mode}: an interrupted analysis is no error");
    }
}

#[test]
fn a_frame_is_given_back_before_the_model_has_finished_with_it() {
    let mut rig = Rig::new(true, &[]);
    rig.control.hold();
    let buffer = frame(0);
    let weak = buffer.clone();
    rig.harness.push(buffer).unwrap();
    drop(rig.harness.pull().unwrap());
    rig.control.wait_begun(1);
    let mut only = weak;
    assert!(only.get_mut().is_some(), "the model has dropped its frame, so nobody holds this buffer");
    rig.control.release_all();
}
