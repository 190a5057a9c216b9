//! What the element knows from start to stop: the show, the place in it, and what was drawn ahead.

use std::sync::Arc;

use ego_synth::error::SynthError;
use ego_synth::mesh::import::HandMesh;
use gst_video::VideoInfo;

use super::ahead::Ahead;
use super::live::{Effort, frame_at, time_ns};
use super::picture::Picture;
use super::settings::{Plan, Settings};
use super::show::{Format, Show};

/// From start to stop.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) plan: Plan,
    /// Drawn instead of the built-in hand.
    pub(super) hand_mesh: Option<Arc<HandMesh>>,
    /// From the first negotiation on.
    pub(super) stream: Option<Stream>,
    /// The frame that comes next, counted from the beginning of the show at the rate of the stream.
    pub(super) next: u64,
    /// Where a seek led before there was a rate, nanoseconds.
    pub(super) seek_ns: Option<u64>,
    /// Running time of frame 0 of a live stream.
    pub(super) live_start: Option<gst::ClockTime>,
    pub(super) effort: Effort,
    /// Of a live stream: drawn, not yet due.
    pub(super) ahead: Ahead,
    /// The next buffer does not follow on the last one.
    pub(super) discont: bool,
    pub(super) warned: bool,
}

/// What depends on the caps.
pub(super) struct Stream {
    pub(super) rate: (u32, u32),
    pub(super) show: Show,
    pub(super) picture: Picture,
}

impl State {
    /// Before the first negotiation.
    pub(super) fn new(settings: Settings, plan: Plan, hand_mesh: Option<Arc<HandMesh>>) -> State {
        State {
            settings,
            plan,
            hand_mesh,
            stream: None,
            next: 0,
            seek_ns: None,
            live_start: None,
            effort: Effort::default(),
            ahead: Ahead::default(),
            discont: true,
            warned: false,
        }
    }

    /// The frame that is on at that time comes next.
    pub(super) fn seek_to(&mut self, ns: u64) {
        match &self.stream {
            Some(stream) => {
                // The frame that is on at that time.
                let after = frame_at(ns, stream.rate);
                self.next = if time_ns(after, stream.rate) > ns { after.saturating_sub(1) } else { after };
            }
            None => self.seek_ns = Some(ns),
        }
        self.discont = true;
    }

    /// Takes a size and rate; returns how many frames that were drawn ahead have to be drawn again.
    pub(super) fn set_format(&mut self, info: &VideoInfo) -> Result<u64, SynthError> {
        let (numer, denom) = (info.fps().numer(), info.fps().denom());
        let rate = (u32::try_from(numer).unwrap_or(1).max(1), u32::try_from(denom).unwrap_or(1).max(1));
        let format = Format { width: info.width(), height: info.height(), fps: f64::from(numer) / f64::from(denom) };
        let picture = Picture::new(info, &self.settings, self.hand_mesh.clone())?;
        // What was drawn ahead has the old size: it is drawn again.
        let (again, discont) = self.ahead.clear();
        self.next -= again.min(self.next);
        self.discont |= discont;
        match &mut self.stream {
            Some(stream) => {
                stream.show.set_format(format)?;
                if stream.rate != rate {
                    self.next = frame_at(time_ns(self.next, stream.rate), rate);
                }
                (stream.rate, stream.picture) = (rate, picture);
            }
            None => {
                let show = Show::new(self.plan.clone(), format, self.settings.lens_distortion)?;
                self.stream = Some(Stream { rate, show, picture });
                if let Some(ns) = self.seek_ns.take() {
                    self.seek_to(ns);
                }
            }
        }
        Ok(again)
    }
}
