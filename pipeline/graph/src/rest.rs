//! Files that neither begin nor fail: when a demuxer fails in the moment in which `decodebin` starts it, `decodebin` loses the error, and
//! nothing ever comes.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::gate::Gate;
use crate::input::InputKind;

/// A source that has delivered nothing and is at rest for so long never will.
const REST_PATIENCE: Duration = Duration::from_secs(20);

/// Since when something has been at rest.
#[derive(Debug, Default)]
pub(crate) struct Rest(Option<Instant>);

impl Rest {
    /// Takes a look at the source of a graph; whether it is a file that has delivered nothing and never will.
    pub(crate) fn never_begins(&mut self, kind: &InputKind, source: &gst::Element, gate: &Gate) -> bool {
        let rests = matches!(kind, InputKind::File(_)) && !gate.pad().is_linked() && at_rest(source);
        self.for_good(rests, Instant::now())
    }

    /// Takes a look; whether it has rested for so long that it never will work again.
    fn for_good(&mut self, rests: bool, now: Instant) -> bool {
        self.0 = self.0.filter(|_| rests).or(rests.then_some(now));
        self.0.is_some_and(|since| now.saturating_duration_since(since) > REST_PATIENCE)
    }
}

/// Whether no pad of a bin has a thread at work.
fn at_rest(element: &gst::Element) -> bool {
    let Some(bin) = element.downcast_ref::<gst::Bin>() else { return false };
    let works = |element: &gst::Element| element.pads().iter().any(|pad| pad.task_state() == gst::TaskState::Started);
    // Parts that are just added or removed: it works.
    bin.iterate_recurse().into_iter().all(|part| part.is_ok_and(|part| !works(&part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_at_rest_when_no_part_of_it_works() {
        gst::init().expect("GStreamer");
        let source =
            gst::parse::bin_from_description("fakesrc num-buffers=3 ! fakesink name=end sync=false async=false", false).expect("elements");
        let pipeline = gst::Pipeline::new();
        pipeline.add(&source).expect("a bin");
        let element: gst::Element = source.clone().upcast();
        assert!(at_rest(&element), "not started");
        // Held up in its first buffer, it works.
        let pad = source.by_name("end").and_then(|end| end.static_pad("sink")).expect("a pad");
        let held = pad.add_probe(gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER, |_, _| gst::PadProbeReturn::Ok).expect("a probe");
        pipeline.set_state(gst::State::Playing).expect("plays");
        assert!(!at_rest(&element), "held up");
        pad.remove_probe(held);
        let end = pipeline.bus().expect("a bus").timed_pop_filtered(gst::ClockTime::from_seconds(10), &[gst::MessageType::Eos]);
        assert!(end.is_some());
        pipeline.set_state(gst::State::Ready).expect("stops");
        assert!(at_rest(&element), "after its end");
        pipeline.set_state(gst::State::Null).expect("ends");
    }

    #[test]
    fn only_a_long_rest_is_one_for_good() {
        let (mut rest, start) = (Rest::default(), Instant::now());
        assert!(!rest.for_good(true, start));
        assert!(!rest.for_good(true, start + REST_PATIENCE));
        assert!(!rest.for_good(false, start + REST_PATIENCE), "it works again");
        assert!(!rest.for_good(true, start + 2 * REST_PATIENCE));
        assert!(rest.for_good(true, start + 4 * REST_PATIENCE));
    }
}
