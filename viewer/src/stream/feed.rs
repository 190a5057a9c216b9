//! The end of a graph: a sample becomes a [`ViewFrame`] and goes to the window, to the look-back and to the recorder.
//!
//! Runs in a streaming thread, so nothing in here waits for anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crossbeam_channel::Sender;
use ego_outputs::FrameRecord;
use gst_video::VideoInfo;

use super::look_back::LookBack;
use super::read::{Found, results_of};
use super::recording::RecordingInput;
use super::results::ResultsFile;
use super::{Analysed, lock};
use crate::frame::{Picture, Trace, ViewFrame};
use crate::slot::SlotSender;

/// Number of the frame of a file that is shown at a time; `None` when its rate is not known. After a jump nobody has counted.
fn frame_of(pts_ns: u64, rate: gst::Fraction) -> Option<u64> {
    let (numer, denom) = (u128::try_from(rate.numer()).ok()?, u128::try_from(rate.denom()).ok()?);
    // Containers round times, some to milliseconds: half of one later is still this frame.
    let frame = (numer > 0 && denom > 0).then(|| (u128::from(pts_ns) + 500_000) * numer / (denom * 1_000_000_000));
    frame.and_then(|frame| u64::try_from(frame).ok())
}

/// When a frame begins that has this number, nanoseconds: decoders give the first picture after a jump the time of the jump, and the row
/// of the frame that it is would not be found.
fn begin_of(frame: u64, rate: gst::Fraction) -> Option<u64> {
    let (numer, denom) = (u128::try_from(rate.numer()).ok()?, u128::try_from(rate.denom()).ok()?);
    let begin = (numer > 0 && denom > 0).then(|| u128::from(frame) * denom * 1_000_000_000 / numer);
    begin.and_then(|ns| u64::try_from(ns).ok())
}

/// What every stream shares.
pub(super) struct Feed {
    frames: SlotSender<ViewFrame>,
    results: Sender<Analysed>,
    look_back: Arc<Mutex<LookBack>>,
    recording: Mutex<Option<RecordingInput>>,
    /// The stream whose pictures count; those of others come too late or too early.
    active: AtomicU64,
    /// The newest stream.
    newest: AtomicU64,
    number: AtomicU64,
    /// Results that the window was too slow for.
    lost_results: AtomicU64,
    /// The first result that could not be read.
    problem: Mutex<Option<String>>,
}

/// What one stream adds to its pictures.
#[derive(Clone, Default)]
pub(super) struct Extra {
    /// Number of the opening.
    pub(super) opening: u64,
    /// Name of the stream in results.
    pub(super) stream: String,
    /// Frames of a live stream go to the look-back.
    pub(super) live: bool,
    /// Models look at the pictures: their results go to the timeline.
    pub(super) analysed: bool,
    /// Results of an earlier run.
    pub(super) results: Option<Arc<ResultsFile>>,
    /// What is really there.
    pub(super) truth: Option<Arc<ResultsFile>>,
    /// There is no picture, only black.
    pub(super) blank: bool,
}

impl Feed {
    pub(super) fn new(frames: SlotSender<ViewFrame>, results: Sender<Analysed>, look_back: Arc<Mutex<LookBack>>) -> Feed {
        Feed {
            frames,
            results,
            look_back,
            recording: Mutex::default(),
            active: AtomicU64::new(0),
            newest: AtomicU64::new(0),
            number: AtomicU64::new(0),
            lost_results: AtomicU64::new(0),
            problem: Mutex::default(),
        }
    }

    /// A tap for a new stream and its number; its pictures count once [`Feed::activate`] was called.
    pub(super) fn tap(self: &Arc<Feed>, extra: Extra) -> (ego_graph::Tap, u64) {
        let id = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let feed = Arc::clone(self);
        (ego_graph::Tap::new(move |sample, now| feed.take(sample, now, &extra, id)), id)
    }

    /// From now on the pictures of this stream count, and no others.
    pub(super) fn activate(&self, id: u64) {
        self.active.store(id, Ordering::Relaxed);
    }

    /// Nothing of the present stream is kept.
    pub(super) fn clear(&self) {
        self.activate(0);
        lock(&self.look_back).clear();
    }

    /// Pictures that have come so far, of all streams.
    pub(super) fn taken(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    pub(super) fn set_recording(&self, recording: Option<RecordingInput>) {
        *lock(&self.recording) = recording;
    }

    pub(super) fn take_problem(&self) -> Option<String> {
        lock(&self.problem).take()
    }

    fn take(&self, sample: &gst::Sample, now: Option<gst::ClockTime>, extra: &Extra, id: u64) {
        if self.active.load(Ordering::Relaxed) != id {
            return;
        }
        let handed_over = Instant::now();
        let info = sample.caps().and_then(|caps| VideoInfo::from_caps(caps).ok());
        let (Some(buffer), Some(info)) = (sample.buffer_owned(), info) else { return };
        let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>());
        let pts = buffer.pts();
        // The first frame after a jump may begin before the segment does; then its own time is the best that there is.
        let stream_time = pts.and_then(|pts| segment.and_then(|s| s.to_stream_time(pts)).or(Some(pts)));
        let pts_ns = stream_time.map_or(0, gst::ClockTime::nseconds);
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let frame = if extra.live { number - 1 } else { frame_of(pts_ns, info.fps()).unwrap_or(number - 1) };
        let jumped = !extra.live && pts.is_some() && pts == segment.and_then(|s| s.start());
        let pts_ns = begin_of(frame, info.fps()).filter(|_| jumped).unwrap_or(pts_ns);
        let mut record = FrameRecord::new(extra.stream.as_str(), frame, Some(pts_ns), info.width(), info.height());
        let found = results_of(&buffer, &mut record);
        if let Some((stream_time, pts)) = stream_time.zip(pts) {
            record.shift_action_times(stream_time.nseconds() as i64 - pts.nseconds() as i64);
        }
        if let Some(problem) = &found.problem {
            lock(&self.problem).get_or_insert_with(|| problem.to_string());
        }
        let (results, truth) = self.with_files(record, &found, extra, pts_ns);
        let since_capture = now.zip(pts).filter(|_| extra.live).and_then(|(now, pts)| {
            let captured = segment.map_or(Some(pts), |s| s.to_running_time(pts))?;
            Some(std::time::Duration::from(now.saturating_sub(captured)))
        });
        let Found { camera, depth, mask, .. } = found;
        let frame = ViewFrame {
            opening: extra.opening,
            number,
            pts_ns: if extra.results.is_some() { results.pts_ns.unwrap_or(pts_ns) } else { pts_ns },
            picture: if extra.blank { None } else { Picture::map(&buffer, &info).map(Arc::new) },
            results,
            truth,
            depth: depth.map(Arc::new),
            mask: mask.map(Arc::new),
            camera,
            trace: Trace { handed_over, since_capture },
        };
        if let Some(recording) = &*lock(&self.recording) {
            recording.put(&buffer, sample, &frame.results);
        }
        if extra.analysed && self.results.try_send((extra.opening, Arc::clone(&frame.results), frame.truth.clone())).is_err() {
            self.lost_results.fetch_add(1, Ordering::Relaxed);
        }
        if extra.live {
            self.keep(&frame);
        }
        self.frames.put(frame);
    }

    /// Results and truth: those of files count more than what rides on the buffer.
    fn with_files(&self, record: FrameRecord, found: &Found, extra: &Extra, pts_ns: u64) -> (Arc<FrameRecord>, Option<Arc<FrameRecord>>) {
        let of_file = |file: &Option<Arc<ResultsFile>>| file.as_ref().and_then(|f| f.at(pts_ns));
        let truth = of_file(&extra.truth).or_else(|| found.truth.clone()).map(Arc::new);
        (Arc::new(of_file(&extra.results).unwrap_or(record)), truth)
    }

    /// Keeps a copy for the look-back, small enough that the camera gets its buffers back.
    fn keep(&self, frame: &ViewFrame) {
        let Some(picture) = &frame.picture else { return };
        let (step, memory) = {
            let mut back = lock(&self.look_back);
            (back.step(picture.bytes()), back.spare())
        };
        // Copied without the lock: the window must never wait for it.
        let copy = picture.thinned(step, memory).map(Arc::new);
        lock(&self.look_back).push(ViewFrame { picture: copy, ..frame.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_numbered_by_their_time() {
        let rate = gst::Fraction::new(30, 1);
        assert_eq!([0, 33_333_333, 33_000_000, 1_000_000_000, 1_020_000_000].map(|ns| frame_of(ns, rate)), [0, 1, 1, 30, 30].map(Some));
        assert_eq!(frame_of(5, gst::Fraction::new(0, 1)), None);
        assert_eq!([0, 1, 30].map(|frame| begin_of(frame, rate)), [0, 33_333_333, 1_000_000_000].map(Some));
        assert_eq!(begin_of(5, gst::Fraction::new(0, 1)), None);
    }
}
