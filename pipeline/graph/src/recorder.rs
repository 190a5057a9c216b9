//! Pictures that come as they like become a Matroska file: `appsrc ! [egooverlay] ! recording ! filesink`.
//!
//! Whoever hands in pictures never waits: what the encoder cannot take is left out and counted. The file is readable up to its last
//! whole second when the program is killed.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use crate::chain::add_and_link;
use crate::encode;
use crate::error::{GraphError, Result};
use crate::live::LeakyQueue;
use crate::properties::make;
use crate::settings::Settings;

/// Without the end of the file for so long after the last picture, the graph is given up.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(20);
/// Pictures that wait in front of the recorder's own queue.
const WAITING: u64 = 4;

/// What is recorded.
#[derive(Clone, Debug)]
pub struct RecorderPlan {
    /// The file.
    pub path: PathBuf,
    /// Draw the results on the pictures.
    pub annotated: bool,
    /// Quality and overlay.
    pub settings: Settings,
    /// Caps of the pictures, raw video.
    pub caps: gst::Caps,
}

/// What came of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Pictures that were handed in.
    pub frames: u64,
    /// Those that are not in the file because the encoder was too slow.
    pub dropped: u64,
}

/// A file in the making. Dropped before [`Recorder::finish`] it ends at its last whole second.
pub struct Recorder {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    queue: LeakyQueue,
    path: PathBuf,
    refused: u64,
    frames: u64,
    first: Option<gst::ClockTime>,
}

impl Recorder {
    /// Begins the file.
    ///
    /// # Errors
    /// When an element is missing or the file cannot be created.
    pub fn start(plan: &RecorderPlan) -> Result<Recorder> {
        let source = gst_app::AppSrc::builder()
            .name("pictures")
            .format(gst::Format::Time)
            .is_live(true)
            .caps(&plan.caps)
            // Its own limits would answer a full queue with an end of stream; `push` counts for itself.
            .max_buffers(0)
            .max_bytes(0)
            .build();
        let (recording, queue) = encode::recording_mkv(&plan.path, &plan.settings)?;
        let queue = LeakyQueue::watch(&queue)?;
        let mut line = vec![source.clone().upcast::<gst::Element>()];
        if plan.annotated {
            let overlay = make("egooverlay")?;
            plan.settings.apply("overlay", &overlay)?;
            line.push(overlay);
        }
        line.push(recording.upcast());
        let pipeline = gst::Pipeline::with_name("recorder");
        add_and_link(&pipeline, &line)?;
        let recorder = Recorder { pipeline, source, queue, path: plan.path.clone(), refused: 0, frames: 0, first: None };
        recorder.pipeline.set_state(gst::State::Playing).map_err(|_| recorder.failure("it does not start"))?;
        Ok(recorder)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands in a picture of the caps of the plan; the first one begins at time zero. Never waits.
    ///
    /// # Errors
    /// When the file cannot be written any more.
    pub fn push(&mut self, buffer: &gst::Buffer) -> Result<()> {
        self.frames += 1;
        if self.source.current_level_buffers() >= WAITING {
            self.refused += 1;
            return Ok(());
        }
        let mut buffer = buffer.clone();
        let pts = buffer.pts().unwrap_or(gst::ClockTime::ZERO);
        let first = *self.first.get_or_insert(pts);
        let target = buffer.make_mut();
        target.set_pts(pts.saturating_sub(first));
        target.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).map(|_| ()).map_err(|_| self.failure("the encoder takes no more pictures"))
    }

    /// Pictures so far.
    pub fn so_far(&self) -> Recording {
        Recording { frames: self.frames, dropped: self.queue.dropped() + self.refused }
    }

    /// Writes what is left and closes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<Recording> {
        self.source.end_of_stream().map_err(|_| self.failure("the encoder does not end"))?;
        let bus = self.pipeline.bus().ok_or_else(|| self.failure("it has no bus"))?;
        let end = bus.timed_pop_filtered(PATIENCE, &[gst::MessageType::Eos, gst::MessageType::Error]);
        match end.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(self.so_far()),
            Some(gst::MessageView::Error(error)) => Err(self.refusal(error)),
            _ => Err(GraphError::Stuck { what: self.path.display().to_string(), seconds: PATIENCE.seconds() }),
        }
    }

    fn failure(&self, otherwise: &str) -> GraphError {
        // The reason may be under way from another thread.
        let wait = gst::ClockTime::from_mseconds(200);
        let told = self.pipeline.bus().and_then(|bus| bus.timed_pop_filtered(wait, &[gst::MessageType::Error]));
        match told.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Error(error)) => self.refusal(error),
            _ => GraphError::Write { path: self.path.clone(), reason: otherwise.to_owned(), full: false },
        }
    }

    fn refusal(&self, message: &gst::message::Error) -> GraphError {
        let error = message.error();
        let full = error.matches(gst::ResourceError::NoSpaceLeft) || message.debug().is_some_and(|d| d.contains("No space left"));
        let reason = if full { "no space left on the disk".to_owned() } else { error.message().trim_end_matches('.').to_owned() };
        GraphError::Write { path: self.path.clone(), reason, full }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("path", &self.path).field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Nothing that this could say changes what there is.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_tests::clips;

    fn recorder(path: &Path) -> Result<Recorder> {
        gst::init().expect("GStreamer starts");
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", 320)
            .field("height", 240)
            .field("framerate", gst::Fraction::new(30, 1))
            .build();
        Recorder::start(&RecorderPlan { path: path.to_owned(), annotated: false, settings: Settings::empty(), caps })
    }

    fn picture(n: u64) -> gst::Buffer {
        let mut buffer = gst::Buffer::from_mut_slice(vec![(n * 5) as u8; 320 * 240 * 3 / 2]);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_seconds(70) + n * gst::ClockTime::from_mseconds(33));
            buffer.set_duration(gst::ClockTime::from_mseconds(33));
        }
        buffer
    }

    #[test]
    fn every_picture_is_in_the_file_or_counted() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("a.mkv");
        let mut recorder = recorder(&path).expect("starts");
        for n in 0..60 {
            recorder.push(&picture(n)).expect("taken");
        }
        let done = recorder.finish().expect("written");
        assert_eq!(done.frames, 60);
        assert_eq!(clips::frames_in(&path) + done.dropped, 60, "{done:?}");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let error = recorder(&dir.path().join("no/such/folder.mkv")).expect_err("no folder");
        assert!(matches!(&error, GraphError::Write { path, .. } if path.ends_with("folder.mkv")), "{error}");
    }
}
