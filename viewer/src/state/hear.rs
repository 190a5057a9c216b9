//! What the stream says.

use std::sync::Arc;
use std::time::Instant;

use ego_outputs::FrameRecord;

use super::command::Command;
use super::{Action, Analysis, LIVE_ROWS, Level, SourceKind, State};
use crate::frame::ViewFrame;
use crate::stream::{Analysed, Request, StreamEvent, Trouble};
use crate::timeline::{Labels, Row, Track, flags};

/// Rows of a results file, as far as it was read.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// Number of the opening that they belong to.
    pub opening: u64,
    /// The next rows, in the order of the file.
    pub rows: Vec<Row>,
    /// All names so far, when there are new ones.
    pub labels: Option<Labels>,
    /// The file was read to its end.
    pub last: bool,
}

impl State {
    /// Takes a piece of news; returns what the stream has to do because of it.
    pub fn hear(&mut self, event: StreamEvent) -> Vec<Request> {
        match event {
            StreamEvent::Opened { live, stream, has_results } => {
                self.source.kind = if live { SourceKind::Live } else { SourceKind::File };
                (self.source.stream, self.source.has_results) = (stream, has_results);
                if live {
                    self.track = Track::limited(LIVE_ROWS);
                    self.play.playing = true;
                }
            }
            StreamEvent::Analysis(analysis) => {
                self.source.analysis = analysis;
                if analysis != Analysis::Running {
                    self.controls.clear();
                }
            }
            StreamEvent::Controls(controls) => self.controls = controls,
            StreamEvent::Duration(ns) => self.play.duration_ns = Some(ns),
            StreamEvent::Ended => (self.play.playing, self.play.ended) = (false, true),
            StreamEvent::Lost { reason, retry_in_s } => self.source.lost = Some((reason, retry_in_s)),
            StreamEvent::Back => self.source.lost = None,
            StreamEvent::Stages { stages, dropped } => (self.trust.models, self.trust.dropped_busy) = (stages, dropped),
            StreamEvent::Cameras(cameras) => self.cameras = cameras,
            StreamEvent::Runs(runs) => self.runs = runs,
            StreamEvent::Recording(recorded) => {
                self.trust.dropped_recording = recorded.as_ref().map_or(self.trust.dropped_recording, |r| r.dropped);
                self.recording = recorded;
            }
            StreamEvent::Recorded { text } => {
                self.recording = None;
                self.notify(Level::Info, text, None, None);
            }
            StreamEvent::Trouble(trouble) => self.trouble(trouble),
            // The answer to an earlier jump says nothing about this one.
            StreamEvent::Arrived(ns) if self.play.jumping_to == Some(ns) => self.play.jumping_to = None,
            StreamEvent::Arrived(_) => {}
        }
        Vec::new()
    }

    fn trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Warning(text) => self.notify(Level::Warning, text, None, None),
            Trouble::Source { text, hint } => {
                self.source.opening_now = false;
                self.source.analysis = Analysis::Off;
                self.play.playing = false;
                self.notify(Level::Error, text, hint, Some(("Choose another source", Action::Do(Command::OpenSource))));
            }
            Trouble::Analysis { text, hint } => {
                self.source.analysis = Analysis::Failed;
                self.notify(Level::Error, text, hint, Some(("Try again", Action::TryAgain)));
            }
            Trouble::LiveAnalysis { text, hint } => {
                self.source.analysis = Analysis::Failed;
                self.notify(Level::Error, text, hint, Some(("Show the pictures without it", Action::WithoutAnalysis)));
            }
            Trouble::Recording { text, hint } => {
                self.recording = None;
                self.notify(Level::Error, text, hint, Some(("Record again", Action::Do(Command::Record))));
            }
            Trouble::Busy => self.notify(Level::Warning, "The stream is busy; the last command was not taken", None, None),
        }
    }

    /// Takes the results of a frame that models have looked at, shown or not.
    pub fn add_results(&mut self, (opening, results, truth): &Analysed) {
        if *opening != self.opening() {
            return;
        }
        let mut row = self.maker.row(results, truth.as_deref(), u64::MAX, &mut self.labels);
        if self.source.kind == SourceKind::File {
            // Every picture of a file goes through the models; numbers that are missing were jumped over.
            row.flags &= !flags::DROPPED;
            if let Some(earlier) = self.track.same(row.pts_ns) {
                row.keep(earlier);
            }
        }
        self.track.push(row);
    }

    /// Number of the present opening.
    pub fn opening(&self) -> u64 {
        self.source.opening.as_ref().map_or(0, |o| o.number)
    }

    /// Takes rows of a results file.
    pub fn add_rows(&mut self, batch: RowBatch) {
        if batch.opening != self.opening() {
            return;
        }
        self.source.results_read.0 += batch.rows.len() as u64;
        self.source.results_read.1 |= batch.last;
        if let Some(labels) = batch.labels {
            self.labels = labels;
        }
        for row in batch.rows {
            self.track.push(row);
        }
    }

    /// Shows a picture; returns what the stream has to do because of it.
    pub fn show(&mut self, frame: ViewFrame, now: Instant) -> Vec<Request> {
        if frame.opening != self.opening() {
            return Vec::new();
        }
        self.source.opening_now = false;
        self.source.lost = None;
        self.trust.arrived.add(now, 0.0);
        let mut requests = Vec::new();
        match self.source.kind {
            SourceKind::Live => {
                self.play.live_ns = self.play.live_ns.max(frame.pts_ns);
                if self.play.looking_back {
                    return requests;
                }
                self.play.position_ns = frame.pts_ns;
            }
            _ => {
                // A cursor that was put somewhere stays there, whether its picture comes before or after the news of its arrival.
                let passed = self.play.playing || frame.pts_ns > self.play.position_ns;
                if self.play.jumping_to.is_none() && passed {
                    self.play.position_ns = frame.pts_ns;
                }
                if let Some([start, end]) = self.play.looping
                    && self.play.playing
                    && self.play.jumping_to.is_none()
                    && frame.pts_ns >= end
                {
                    self.play.jumping_to = Some(start);
                    self.play.position_ns = start;
                    requests.push(Request::Seek(start));
                }
            }
        }
        if let Some(view) = self.view
            && self.play.playing
        {
            self.view = Some(view.following(self.play.position_ns as f64, self.end_ns() as f64));
        }
        self.trust.painted(&frame, now);
        self.frame = Some(frame);
        requests
    }

    /// The oldest picture of the look-back has this time. A person who looks at one that is gone since keeps it; who jumps to one that is
    /// gone comes to the oldest.
    pub fn look_back_begins(&mut self, first_ns: u64) {
        if self.play.position_ns < first_ns && !self.shows(self.play.position_ns) {
            self.play.position_ns = first_ns;
        }
    }

    /// Shows a picture of the look-back, beside the stream; not one that is newer than the cursor.
    pub fn show_old(&mut self, frame: ViewFrame) {
        if frame.pts_ns <= self.play.position_ns {
            self.frame = Some(frame);
        }
    }

    /// Whether the picture on the screen is that of a time.
    fn shows(&self, ns: u64) -> bool {
        const LONGEST_FRAME_NS: u64 = 1_000_000_000;
        let since = self.frame.as_ref().and_then(|frame| ns.checked_sub(frame.pts_ns));
        since.is_some_and(|since| since < LONGEST_FRAME_NS)
    }

    /// The results on the screen.
    pub fn results(&self) -> Option<&Arc<FrameRecord>> {
        self.frame.as_ref().map(|f| &f.results)
    }
}
