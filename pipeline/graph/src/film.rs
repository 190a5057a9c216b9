//! Pictures that a program makes become an H.264 video: `appsrc ! videoconvert ! x264enc ! mp4mux ! filesink`.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use crate::chain::{add_and_link, text};
use crate::error::{GraphError, Result};
use crate::pictures::frame_time;
use crate::properties::make;

/// Pictures that wait for the encoder.
const QUEUE: u64 = 4;
/// Without the end of the file for so long after the last picture, the graph is given up.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(60);
/// Constant quality of x264, at which its losses are hard to see.
const QUANTIZER: u32 = 21;

/// An MP4 in the making; a full queue holds up whoever adds pictures. Dropped before [`Film::finish`] it leaves an unusable file.
#[derive(Debug)]
pub struct Film {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    path: PathBuf,
    rate: gst::Fraction,
    bytes: usize,
    frames: u64,
}

impl Film {
    /// Begins a file of packed 8-bit RGB pictures of this size (pixels, even numbers) at this constant rate (frames a second).
    ///
    /// # Errors
    /// When a GStreamer element is missing or the file cannot be created.
    pub fn create(path: &Path, width: u32, height: u32, fps: f64) -> Result<Film> {
        let rate = gst::Fraction::approximate_f64(fps).unwrap_or(gst::Fraction::new(30, 1));
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "RGB")
            .field("width", width as i32)
            .field("height", height as i32)
            .field("framerate", rate)
            .build();
        let source = gst_app::AppSrc::builder().name("pictures").format(gst::Format::Time).caps(&caps).max_buffers(QUEUE).build();
        source.set_block(true);
        let planar = make("capsfilter")?;
        planar.set_property("caps", gst::Caps::builder("video/x-raw").field("format", "I420").build());
        let encoder = make("x264enc")?;
        encoder.set_property_from_str("pass", "qual");
        encoder.set_property("quantizer", QUANTIZER);
        encoder.set_property_from_str("speed-preset", "veryfast");
        encoder.set_property("bframes", 0_u32);
        encoder.set_property("key-int-max", 60_u32);
        // One thread: the same pictures give the same stream on every machine, and several films share the cores.
        encoder.set_property("threads", 1_u32);
        let sink = make("filesink")?;
        sink.set_property("location", text(path)?);
        sink.set_property("sync", false);
        let line = [source.clone().upcast(), make("videoconvert")?, planar, encoder, make("mp4mux")?, sink];
        let pipeline = gst::Pipeline::with_name("film");
        add_and_link(&pipeline, &line)?;
        // A row of packed RGB is padded to four bytes.
        let bytes = (3 * width as usize).next_multiple_of(4) * height as usize;
        let film = Film { pipeline, source, path: path.to_owned(), rate, bytes, frames: 0 };
        film.pipeline.set_state(gst::State::Playing).map_err(|_| film.failure("it does not start"))?;
        Ok(film)
    }

    /// Adds a picture: rows from above, each padded to a multiple of four bytes.
    ///
    /// # Errors
    /// When it has another size, or the file cannot be written.
    pub fn push(&mut self, rgb: Vec<u8>) -> Result<()> {
        if rgb.len() != self.bytes {
            return Err(GraphError::Build(format!("{} bytes of picture where {} are needed", rgb.len(), self.bytes)));
        }
        let mut buffer = gst::Buffer::from_mut_slice(rgb);
        if let Some(buffer) = buffer.get_mut() {
            let start = frame_time(self.frames, self.rate);
            buffer.set_pts(start);
            buffer.set_duration(frame_time(self.frames + 1, self.rate) - start);
        }
        self.frames += 1;
        self.source.push_buffer(buffer).map(|_| ()).map_err(|_| self.failure("the encoder takes no more pictures"))
    }

    /// Time stamp of a picture, nanoseconds.
    pub fn pts_ns(&self, frame: u64) -> u64 {
        frame_time(frame, self.rate).nseconds()
    }

    /// Writes what is left and closes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<()> {
        self.source.end_of_stream().map_err(|_| self.failure("the encoder does not end"))?;
        let bus = self.pipeline.bus().ok_or_else(|| self.failure("it has no bus"))?;
        let end = bus.timed_pop_filtered(PATIENCE, &[gst::MessageType::Eos, gst::MessageType::Error]);
        match end.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(error)) => Err(self.refusal(error)),
            _ => Err(GraphError::Stuck { what: self.path.display().to_string(), seconds: PATIENCE.seconds() }),
        }
    }

    /// Why it stopped, in GStreamer's words when there are some.
    fn failure(&self, otherwise: &str) -> GraphError {
        let told = self.pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
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

impl Drop for Film {
    fn drop(&mut self) {
        // Nothing that this could say changes what there is.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_tests::clips;

    fn film(path: &Path, size: (u32, u32), frames: u32) -> Result<()> {
        gst::init().expect("GStreamer starts");
        let mut film = Film::create(path, size.0, size.1, 25.0)?;
        let stride = (3 * size.0 as usize).next_multiple_of(4);
        for k in 0..frames {
            film.push(vec![(k * 8) as u8; stride * size.1 as usize])?;
        }
        assert_eq!(film.pts_ns(3), 120_000_000);
        film.finish()
    }

    #[test]
    fn every_picture_is_in_the_file() {
        let dir = tempfile::tempdir().expect("temporary folder");
        for (name, size, frames) in [("a.mp4", (64, 48), 31), ("b.mp4", (34, 18), 1)] {
            let path = dir.path().join(name);
            film(&path, size, frames).expect("written");
            assert_eq!(clips::decode(&path), (u64::from(frames), (size.0 as i32, size.1 as i32)));
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let error = film(&dir.path().join("no/such/folder.mp4"), (64, 48), 3).expect_err("no folder");
        assert!(matches!(&error, GraphError::Write { path, full: false, .. } if path.ends_with("folder.mp4")), "{error}");
        let error = film(Path::new("/dev/full"), (64, 48), 200).expect_err("always full");
        assert!(matches!(&error, GraphError::Write { full: true, .. }), "{error}");
        gst::init().expect("GStreamer starts");
        let mut film = Film::create(&dir.path().join("c.mp4"), 64, 48, 25.0).expect("created");
        assert!(film.push(vec![0; 5]).expect_err("too short").to_string().contains("5 bytes"));
    }
}
