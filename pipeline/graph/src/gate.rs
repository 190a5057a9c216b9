//! The gate in front of the analysis: the one place that sees every frame before the first stage.
//!
//! It counts, ends the stream on request (frames already inside are finished, later ones refused), gives time stamps to streams that
//! have none, and notes changes of size. Live, it also makes one continuous stream of many connections: it drops the ends
//! and segments of single connections and puts every frame on the pipeline's running time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gst::prelude::*;

use crate::pictures::frame_time;

/// Rate that is assumed for a stream without time stamps when neither its caps nor the user name one.
pub(crate) const ASSUMED_RATE: i32 = 30;

/// What the gate has to say, as the name of an application message on the bus.
pub(crate) const NOTE: &str = "ego-note";
/// A live connection has ended by itself.
pub(crate) const CONNECTION_ENDED: &str = "ego-connection-ended";
/// The first frame of a live connection has arrived.
pub(crate) const CONNECTED: &str = "ego-connected";

/// A watch on the sink pad of the first element after the source.
#[derive(Clone)]
pub(crate) struct Gate {
    pad: gst::Pad,
    state: Arc<Mutex<State>>,
}

struct State {
    live: bool,
    closed: bool,
    frames: u64,
    size: Option<(i32, i32)>,
    /// Rate for frames without time stamps: the user's, else from the caps.
    asked_rate: Option<gst::Fraction>,
    caps_rate: Option<gst::Fraction>,
    stamped: bool,
    /// Live only: the segment of the present connection.
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    segment_sent: bool,
    stream_started: bool,
    /// The next frame is the first of its connection.
    new_connection: bool,
    /// Added to the running times of this connection, nanoseconds.
    shift_ns: i64,
    last_ns: Option<i64>,
    last_arrival: Option<Instant>,
}

/// Frames may be this far ahead of the pipeline's clock, or behind their predecessor, and still count as well stamped.
const CLOCK_TOLERANCE_NS: i64 = 1_000_000_000;

impl Gate {
    /// Watches `pad`. `rate`: what the user says about streams without time stamps.
    pub(crate) fn new(pad: gst::Pad, live: bool, rate: Option<gst::Fraction>) -> Gate {
        let state = State {
            live,
            closed: false,
            frames: 0,
            size: None,
            asked_rate: rate,
            caps_rate: None,
            stamped: false,
            segment: None,
            segment_sent: false,
            stream_started: false,
            new_connection: true,
            shift_ns: 0,
            last_ns: None,
            last_arrival: None,
        };
        let gate = Gate { pad, state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&gate.state);
        gate.pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
            let mut notes = Vec::new();
            let verdict = lock(&state).look(pad, info, &mut notes);
            // Posted without the lock: a message handler may ask the gate.
            for (name, text) in notes {
                post(pad, name, &text);
            }
            verdict
        });
        gate
    }

    /// Frames that came through.
    pub(crate) fn frames(&self) -> u64 {
        lock(&self.state).frames
    }

    /// When the newest frame came, live only.
    pub(crate) fn last_arrival(&self) -> Option<Instant> {
        lock(&self.state).last_arrival
    }

    /// The next frame belongs to a new connection.
    pub(crate) fn expect_connection(&self) {
        let mut state = lock(&self.state);
        state.new_connection = true;
        state.segment = None;
        state.last_arrival = None;
    }

    /// Width and height of the newest frame, pixels.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        let (w, h) = lock(&self.state).size?;
        Some((w.try_into().ok()?, h.try_into().ok()?))
    }

    /// The pad under watch.
    pub(crate) fn pad(&self) -> &gst::Pad {
        &self.pad
    }

    /// Ends the stream: refuses further frames and sends end-of-stream to the stages, from a thread of its own because that
    /// waits for the frame that is under way.
    pub(crate) fn close(&self) {
        {
            let mut state = lock(&self.state);
            if state.closed {
                return;
            }
            state.closed = true;
        }
        if let Some(element) = self.pad.parent_element() {
            let pad = self.pad.clone();
            element.call_async(move |_| {
                pad.send_event(gst::event::Eos::new());
            });
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn post(pad: &gst::Pad, name: &str, text: &str) {
    if let Some(element) = pad.parent_element() {
        let message = gst::message::Application::builder(gst::Structure::builder(name).field("text", text).build()).src(&element).build();
        // Only refused while the pipeline shuts down.
        let _ = element.post_message(message);
    }
}

/// Whether what feeds this pad produces frames in real time.
fn is_live(pad: &gst::Pad) -> bool {
    let mut query = gst::query::Latency::new();
    pad.peer_query(&mut query) && query.result().0
}

// Refused events and frames are answered with `Handled`: `Drop` makes GStreamer 1.22 complain about data that the bindings own.
type Notes = Vec<(&'static str, String)>;

impl State {
    fn look(&mut self, pad: &gst::Pad, info: &mut gst::PadProbeInfo<'_>, notes: &mut Notes) -> gst::PadProbeReturn {
        match &mut info.data {
            Some(gst::PadProbeData::Event(event)) => self.event(event, notes),
            Some(gst::PadProbeData::Buffer(buffer)) if !self.closed => {
                self.frame(pad, buffer, notes);
                gst::PadProbeReturn::Ok
            }
            Some(gst::PadProbeData::Buffer(_)) => {
                info.data = None;
                info.flow_res = Err(gst::FlowError::Eos);
                gst::PadProbeReturn::Handled
            }
            _ => gst::PadProbeReturn::Ok,
        }
    }

    fn event(&mut self, event: &mut gst::Event, notes: &mut Notes) -> gst::PadProbeReturn {
        let pass_first = |seen: &mut bool| {
            if std::mem::replace(seen, true) { gst::PadProbeReturn::Handled } else { gst::PadProbeReturn::Ok }
        };
        match event.view() {
            gst::EventView::Caps(caps) => {
                self.new_caps(caps.caps(), notes);
                gst::PadProbeReturn::Ok
            }
            gst::EventView::Segment(segment) if self.live => {
                self.segment = segment.segment().downcast_ref::<gst::ClockTime>().cloned();
                if !self.segment_sent {
                    *event = gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new());
                }
                pass_first(&mut self.segment_sent)
            }
            gst::EventView::StreamStart(_) if self.live => pass_first(&mut self.stream_started),
            gst::EventView::Eos(_) if self.live && !self.closed => {
                notes.push((CONNECTION_ENDED, "the source ended".into()));
                gst::PadProbeReturn::Handled
            }
            // Times of a single connection mean nothing to the stages.
            gst::EventView::Gap(_) | gst::EventView::FlushStart(_) | gst::EventView::FlushStop(_) if self.live => {
                gst::PadProbeReturn::Handled
            }
            _ => gst::PadProbeReturn::Ok,
        }
    }

    fn new_caps(&mut self, caps: &gst::CapsRef, notes: &mut Notes) {
        let Some(s) = caps.structure(0) else { return };
        self.caps_rate = s.get::<gst::Fraction>("framerate").ok().filter(|r| r.numer() > 0);
        let size = s.get::<i32>("width").ok().zip(s.get::<i32>("height").ok());
        if let (Some(old), Some(new)) = (self.size, size)
            && old != new
            && self.frames > 0
        {
            let text = format!("the picture changes from {}x{} to {}x{} at frame {}", old.0, old.1, new.0, new.1, self.frames);
            notes.push((NOTE, text));
        }
        self.size = size.or(self.size);
    }

    fn frame(&mut self, pad: &gst::Pad, buffer: &mut gst::Buffer, notes: &mut Notes) {
        if self.live {
            self.put_on_running_time(pad, buffer, notes);
        } else if buffer.pts().is_none() {
            let rate = self.asked_rate.or(self.caps_rate).unwrap_or(gst::Fraction::new(ASSUMED_RATE, 1));
            if !std::mem::replace(&mut self.stamped, true) && self.asked_rate.is_none() {
                let rate = f64::from(rate.numer()) / f64::from(rate.denom());
                notes.push((NOTE, format!("no time stamps: {rate} frames per second are assumed; --fps sets another rate")));
            }
            buffer.make_mut().set_pts(frame_time(self.frames, rate));
        }
        if buffer.duration().is_none() {
            // Without one the last frame would take no time, and players leave it out.
            let rate = self.asked_rate.or(self.caps_rate).unwrap_or(gst::Fraction::new(ASSUMED_RATE, 1));
            buffer.make_mut().set_duration(frame_time(1, rate));
        }
        self.frames += 1;
    }

    fn put_on_running_time(&mut self, pad: &gst::Pad, buffer: &mut gst::Buffer, notes: &mut Notes) {
        self.last_arrival = Some(Instant::now());
        let now = pad.parent_element().and_then(|e| e.current_running_time()).map_or(0, |t| t.nseconds() as i64);
        let stamp = buffer.pts().and_then(|pts| match &self.segment {
            Some(segment) => segment.to_running_time(pts),
            None => Some(pts),
        });
        let stamp = stamp.map_or(now, |t| t.nseconds() as i64);
        let floor = self.last_ns.map_or(0, |last| last + 1);
        let first = std::mem::replace(&mut self.new_connection, false);
        if first {
            // Cameras stamp with the pipeline's clock and need no shift; files and streams count from their own start.
            let on_clock = is_live(pad) && (stamp - now).abs() < CLOCK_TOLERANCE_NS && stamp >= floor;
            self.shift_ns = if on_clock { 0 } else { now.max(floor) - stamp };
            notes.push((CONNECTED, String::new()));
        }
        let mut time = stamp + self.shift_ns;
        let jumps_ahead = time > now.max(floor) + CLOCK_TOLERANCE_NS;
        let jumps_back = time < floor - CLOCK_TOLERANCE_NS;
        if !first && (jumps_ahead || jumps_back) {
            notes.push((NOTE, format!("the source's time stamps jump at frame {}: its time goes on from now", self.frames)));
            self.shift_ns = now.max(floor) - stamp;
            time = stamp + self.shift_ns;
        }
        let time = time.max(0);
        self.last_ns = Some(self.last_ns.map_or(time, |last| last.max(time)));
        let buffer = buffer.make_mut();
        buffer.set_pts(gst::ClockTime::from_nseconds(time as u64));
        buffer.set_dts(gst::ClockTime::NONE);
        if first && self.frames > 0 {
            buffer.set_flags(gst::BufferFlags::DISCONT);
        }
    }
}
