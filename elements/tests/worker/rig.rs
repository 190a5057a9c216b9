//! A fake element between a harness's source and sink, with a bus and a record of what comes out.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use ego_meta::Stamp;
use gst::prelude::*;
use gst_check::Harness;

use crate::fake::{Control, EgoFake};

pub(crate) const FRAME_NS: u64 = 40_000_000;

/// Something that came out of the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    /// A frame: its time stamp as a frame number, and of the result on it: number of the analysed frame and age in frames.
    Frame(u64, Option<(u64, u64)>),
    Event(gst::EventType),
}

pub(crate) struct Rig {
    pub(crate) harness: Harness,
    pub(crate) fake: EgoFake,
    pub(crate) control: Arc<Control>,
    pub(crate) bus: gst::Bus,
    out: Arc<Mutex<Vec<Out>>>,
}

pub(crate) fn init() {
    gst::init().unwrap();
    ego_meta::init();
}

/// Grey frames of 16x16 at 25 frames a second.
pub(crate) const CAPS: &str = "video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1";

/// A buffer for `CAPS` that is frame number `n` of its stream.
pub(crate) fn frame(n: u64) -> gst::Buffer {
    let mut buffer = gst::Buffer::with_size(256).unwrap();
    let b = buffer.get_mut().unwrap();
    b.set_pts(gst::ClockTime::from_nseconds(n * FRAME_NS));
    b.set_duration(gst::ClockTime::from_nseconds(FRAME_NS));
    buffer
}

pub(crate) fn discont(mut buffer: gst::Buffer) -> gst::Buffer {
    buffer.get_mut().unwrap().set_flags(gst::BufferFlags::DISCONT);
    buffer
}

pub(crate) fn stamp(buffer: &gst::BufferRef) -> Option<Stamp> {
    ego_meta::hands(buffer).map(|h| h.stamp)
}

impl Rig {
    /// A running element; `live` is what upstream answers to a LATENCY query.
    pub(crate) fn new(live: bool, properties: &[(&str, &str)]) -> Rig {
        init();
        let fake = EgoFake::new(properties);
        let bus = gst::Bus::new();
        fake.set_bus(Some(&bus));
        let out = Arc::new(Mutex::new(Vec::new()));
        let record = out.clone();
        let what = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
        fake.static_pad("src").unwrap().add_probe(what, move |_, info| {
            let came = match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    let number = buffer.pts().map_or(0, |t| t.nseconds() / FRAME_NS);
                    Out::Frame(number, stamp(buffer).map(|s| (s.frame, s.age_ns / FRAME_NS)))
                }
                Some(gst::PadProbeData::Event(event)) => Out::Event(event.type_()),
                _ => return gst::PadProbeReturn::Ok,
            };
            record.lock().unwrap().push(came);
            gst::PadProbeReturn::Ok
        });
        let mut harness = Harness::with_element(&fake, Some("sink"), Some("src"));
        harness.set_live(live);
        harness.set_src_caps_str(CAPS);
        Rig { harness, control: fake.control(), fake, bus, out }
    }

    pub(crate) fn push(&mut self, n: u64) {
        assert_eq!(self.harness.push(frame(n)), Ok(gst::FlowSuccess::Ok), "frame {n}");
    }

    /// Pushes from another thread, for pushes that wait.
    pub(crate) fn push_elsewhere(&self, n: u64) -> JoinHandle<Result<gst::FlowSuccess, gst::FlowError>> {
        let pad = self.harness.srcpad().unwrap();
        std::thread::spawn(move || pad.push(frame(n)))
    }

    /// What has come out: frames, and events from the first frame on.
    pub(crate) fn out(&self) -> Vec<Out> {
        let all = self.out.lock().unwrap();
        all.iter().skip_while(|o| matches!(o, Out::Event(_))).cloned().collect()
    }

    /// The frames that have come out.
    pub(crate) fn frames(&self) -> Vec<(u64, Option<(u64, u64)>)> {
        let all = self.out.lock().unwrap();
        all.iter().filter_map(|o| if let Out::Frame(n, result) = o { Some((*n, *result)) } else { None }).collect()
    }

    /// A number out of `stats`.
    pub(crate) fn stat(&self, name: &str) -> u64 {
        self.fake.property::<gst::Structure>("stats").get(name).unwrap()
    }

    /// Texts of the messages of one kind on the bus; takes all messages.
    pub(crate) fn texts(&self, kind: gst::MessageType) -> Vec<String> {
        std::iter::from_fn(|| self.bus.pop())
            .filter(|m| m.type_() == kind)
            .map(|m| match m.view() {
                gst::MessageView::Error(e) => e.error().to_string(),
                gst::MessageView::Warning(w) => w.error().to_string(),
                _ => String::new(),
            })
            .collect()
    }
}
