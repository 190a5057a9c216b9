//! The streaming thread's side: which frames are analysed, which wait, and what is attached to each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use gst_video::VideoInfo;

use super::analyzer::Stamp;
use super::exchange::Stop;
use super::frame::Facts;
use super::mode::Policy;
use super::thread::{Desk, Finished, Job};
use super::timeline::Place;

/// What is decided for all frames alike, at the moment when one comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) policy: Policy,
    pub(crate) interval: u32,
    pub(crate) max_age_ns: u64,
}

/// What became of a frame that came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// It goes to the worker.
    pub(crate) analysed: bool,
    /// Another frame lost its place in the mailbox.
    pub(crate) superseded: bool,
    /// It was due, but downstream is late.
    pub(crate) skipped_qos: bool,
}

/// A frame on its way out.
enum Pending {
    /// It waits for its own result.
    Own { buffer: gst::Buffer, place: Place },
    /// It takes the newest result there is when its turn comes.
    Last { buffer: gst::Buffer, place: Place },
    /// It has got what there was.
    Complete(Complete),
}

/// The next frame to go out.
pub(crate) enum Next {
    /// None yet.
    Nothing,
    /// This one.
    Frame(Complete),
    /// This one, when the desk has its result: hand both to [`Stream::complete`].
    Await(gst::Buffer),
}

/// A frame that is complete.
pub(crate) struct Complete {
    pub(crate) buffer: gst::Buffer,
    /// Age of the result that was attached, nanoseconds.
    pub(crate) age_ns: Option<u64>,
    /// By how much its own analysis has delayed it, nanoseconds.
    pub(crate) delay_ns: Option<u64>,
    /// Why a result could not be attached.
    pub(crate) failure: Option<ego_meta::MetaError>,
}

impl Complete {
    fn bare(buffer: gst::Buffer) -> Complete {
        Complete { buffer, age_ns: None, delay_ns: None, failure: None }
    }
}

/// One run of the element, as the streaming thread sees it.
pub(crate) struct Stream {
    desk: Arc<Desk>,
    /// Of the newest result; `source` and `model` never change.
    stamp: Stamp,
    info: Option<Arc<VideoInfo>>,
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    next_number: u64,
    previous: Option<Place>,
    /// Frames that pass before the next one is due.
    until_due: u32,
    /// The next job tells the analyzer to forget.
    reset: bool,
    pending: VecDeque<Pending>,
    last: Option<Finished>,
    policy: Option<Policy>,
}

impl Stream {
    pub(crate) fn new(desk: Arc<Desk>, source: String, model: String) -> Stream {
        Stream {
            desk,
            stamp: Stamp { source, model, ..Stamp::default() },
            info: None,
            segment: None,
            next_number: 0,
            previous: None,
            until_due: 0,
            reset: false,
            pending: VecDeque::new(),
            last: None,
            policy: None,
        }
    }

    pub(crate) fn desk(&self) -> Arc<Desk> {
        self.desk.clone()
    }

    /// Duration of a frame by the caps, nanoseconds.
    pub(crate) fn frame_duration_ns(&self) -> Option<u64> {
        let fps = self.info.as_ref()?.fps();
        let (frames, seconds) = (u64::try_from(fps.numer()).ok()?, u64::try_from(fps.denom()).ok()?);
        (frames > 0).then(|| seconds.saturating_mul(1_000_000_000) / frames)
    }

    /// Takes the size and layout of the frames to come. No frame may be pending.
    pub(crate) fn set_info(&mut self, info: VideoInfo) {
        if self.info.as_deref() != Some(&info) {
            self.forget();
            self.info = Some(Arc::new(info));
        }
    }

    /// Takes a segment. No frame may be pending.
    pub(crate) fn set_segment(&mut self, segment: Option<gst::FormattedSegment<gst::ClockTime>>) {
        self.forget();
        self.segment = segment;
    }

    /// Running time of a time stamp, nanoseconds.
    pub(crate) fn running_time_ns(&self, pts: Option<gst::ClockTime>) -> Option<u64> {
        self.segment.as_ref()?.to_running_time(pts?).map(gst::ClockTime::nseconds)
    }

    /// Stream time of a time stamp.
    pub(crate) fn stream_time(&self, pts: Option<gst::ClockTime>) -> Option<gst::ClockTime> {
        self.segment.as_ref()?.to_stream_time(pts?)
    }

    /// The scene changes: no result of earlier frames is good for later ones. Drops pending frames.
    pub(crate) fn forget(&mut self) {
        self.pending.clear();
        drop(self.desk.abandon());
        self.last = None;
        self.previous = None;
        self.until_due = 0;
        self.reset = self.next_number > 0;
    }

    /// Whether pending frames have to go out before this one comes in.
    pub(crate) fn must_drain_before(&self, buffer: &gst::BufferRef, policy: Policy) -> bool {
        !self.pending.is_empty() && (buffer.flags().contains(gst::BufferFlags::DISCONT) || self.policy.is_some_and(|p| p != policy))
    }

    /// A frame comes in. `late` tells whether downstream has no time for its analysis.
    ///
    /// # Errors
    /// When the desk is closed; the frame is then dropped.
    pub(crate) fn accept(&mut self, buffer: gst::Buffer, rules: &Rules, late: bool) -> Result<Accepted, Stop> {
        let place = Place { number: self.next_number, pts_ns: buffer.pts().map(gst::ClockTime::nseconds) };
        let discont = buffer.flags().contains(gst::BufferFlags::DISCONT);
        if self.previous.is_some_and(|previous| place.breaks_from(previous, discont)) {
            self.forget();
        }
        if self.policy.replace(rules.policy).is_some_and(|p| p != rules.policy) {
            // Results of the other way of working would be taken for those of frames to come.
            self.reset |= self.desk.abandon().iter().any(|job| job.reset);
        }
        self.next_number += 1;
        self.previous = Some(place);

        let due = self.until_due == 0;
        self.until_due = if due && !late { rules.interval.saturating_sub(1) } else { self.until_due.saturating_sub(1) };
        let mut accepted = Accepted { analysed: due && !late, superseded: false, skipped_qos: due && late };
        let info = self.info.clone().filter(|_| accepted.analysed);
        let facts = Facts { number: place.number, pts_ns: place.pts_ns, discont, live: rules.policy == Policy::Latest };
        if rules.policy == Policy::Latest {
            if let Some(newest) = self.desk.newest()? {
                self.remember(newest);
            }
            // Before the worker gets its reference: afterwards the metas of a shared buffer would have to be copied.
            let complete = self.with_last(buffer, place, rules.max_age_ns);
            if let Some(info) = info {
                let job = self.job(complete.buffer.clone(), info, facts);
                let superseded = self.desk.replace(job, |old, new| new.reset |= old.reset)?;
                accepted.superseded = superseded.is_some();
            }
            self.pending.push_back(Pending::Complete(complete));
        } else if let Some(info) = info {
            let job = self.job(buffer.clone(), info, facts);
            self.desk.enqueue(job)?;
            self.pending.push_back(Pending::Own { buffer, place });
        } else {
            self.pending.push_back(Pending::Last { buffer, place });
        }
        Ok(accepted)
    }

    fn job(&mut self, buffer: gst::Buffer, info: Arc<VideoInfo>, facts: Facts) -> Job {
        Job { buffer, info, facts, reset: std::mem::take(&mut self.reset), submitted: Instant::now() }
    }

    /// The next frame to go out; with `all` nothing is left behind.
    ///
    /// # Errors
    /// When the desk is closed and a result is needed.
    pub(crate) fn next(&mut self, rules: &Rules, all: bool) -> Result<Next, Stop> {
        let waiting = match rules.policy {
            Policy::InOrder { waiting } if !all => waiting,
            _ => 0,
        };
        let overdue = self.pending.len() > waiting;
        match self.pending.pop_front() {
            None => Ok(Next::Nothing),
            Some(Pending::Complete(complete)) => Ok(Next::Frame(complete)),
            Some(Pending::Last { buffer, place }) => Ok(Next::Frame(self.with_last(buffer, place, rules.max_age_ns))),
            Some(Pending::Own { buffer, .. }) if overdue => Ok(Next::Await(buffer)),
            Some(Pending::Own { buffer, place }) => match self.desk.poll()? {
                Some(finished) => Ok(Next::Frame(self.complete(buffer, finished))),
                None => {
                    self.pending.push_front(Pending::Own { buffer, place });
                    Ok(Next::Nothing)
                }
            },
        }
    }

    /// A frame and the result of its own analysis come together.
    pub(crate) fn complete(&mut self, buffer: gst::Buffer, finished: Finished) -> Complete {
        if finished.outcome.is_none() {
            return Complete::bare(buffer);
        }
        // Frames in a queue are delayed by it as well, which the answer to a LATENCY query counts by itself.
        let alone = self.policy == Some(Policy::InOrder { waiting: 0 });
        let delay_ns = Some(if alone { finished.delay_ns } else { finished.infer_ns });
        self.remember(finished);
        Complete { delay_ns, ..self.attach(buffer, 0) }
    }

    fn with_last(&mut self, buffer: gst::Buffer, place: Place, max_age_ns: u64) -> Complete {
        let age_ns = self.last.as_ref().map(|last| place.age_ns(last.place, self.frame_duration_ns()));
        match age_ns {
            Some(age_ns) if age_ns <= max_age_ns => self.attach(buffer, age_ns),
            _ => Complete::bare(buffer),
        }
    }

    fn attach(&mut self, mut buffer: gst::Buffer, age_ns: u64) -> Complete {
        let Some(outcome) = self.last.as_ref().and_then(|last| last.outcome.as_ref()) else {
            return Complete::bare(buffer);
        };
        self.stamp.age_ns = age_ns;
        let failure = outcome.attach(buffer.make_mut(), &self.stamp).err();
        Complete { buffer, age_ns: failure.is_none().then_some(age_ns), delay_ns: None, failure }
    }

    /// Takes a result as the newest one; that of a bad frame is none.
    fn remember(&mut self, finished: Finished) {
        if finished.outcome.is_some() {
            self.stamp.frame = finished.place.number;
            self.stamp.pts = finished.place.pts_ns;
            self.stamp.infer_ns = finished.infer_ns;
            (self.stamp.ref_width, self.stamp.ref_height) = (finished.width, finished.height);
            self.last = Some(finished);
        }
    }
}
