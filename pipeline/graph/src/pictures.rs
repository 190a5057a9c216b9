//! A folder of numbered pictures as a stream: one picture, one frame, at a rate that the user gives. One can jump about in it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gst::prelude::*;

use crate::error::Result;
use crate::input::PictureFormat;
use crate::properties::make;

/// A bin that reads, decodes and time-stamps pictures: frame `n` has the time `n / rate`.
pub(crate) fn picture_source(files: Vec<PathBuf>, format: PictureFormat, rate: gst::Fraction) -> Result<gst::Bin> {
    let media = match format {
        PictureFormat::Png => "image/png",
        PictureFormat::Jpeg => "image/jpeg",
    };
    let source = gst_app::AppSrc::builder()
        .name("pictures")
        .format(gst::Format::Time)
        .caps(&gst::Caps::builder(media).field("framerate", rate).build())
        .max_buffers(2)
        .stream_type(gst_app::AppStreamType::Seekable)
        .duration(frame_time(files.len() as u64, rate).nseconds())
        .build();
    // Both functions are called under the lock of the stream, never at once.
    let next = Arc::new(AtomicUsize::new(0));
    let jump = {
        let (next, frames) = (Arc::clone(&next), files.len());
        move |_: &gst_app::AppSrc, to_ns: u64| {
            next.store(frame_at(to_ns, rate).min(frames.saturating_sub(1)), Ordering::Relaxed);
            true
        }
    };
    let feed = move |source: &gst_app::AppSrc, _: u32| {
        let frame = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(frame) else {
            // Only fails while shutting down.
            let _ = source.end_of_stream();
            return;
        };
        match std::fs::read(path) {
            Ok(bytes) => {
                let mut buffer = gst::Buffer::from_mut_slice(bytes);
                if let Some(buffer) = buffer.get_mut() {
                    buffer.set_pts(frame_time(frame as u64, rate));
                    buffer.set_duration(frame_time(frame as u64 + 1, rate) - frame_time(frame as u64, rate));
                }
                let _ = source.push_buffer(buffer);
            }
            Err(error) => {
                gst::element_error!(source, gst::ResourceError::Read, ("cannot read {}: {error}", path.display()));
                let _ = source.end_of_stream();
            }
        }
    };
    source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(feed).seek_data(jump).build());

    let bin = gst::Bin::with_name("source");
    let mut chain = vec![source.upcast::<gst::Element>()];
    match format {
        PictureFormat::Png => chain.push(make("pngdec")?),
        // The parser reads the EXIF orientation.
        PictureFormat::Jpeg => chain.extend([make("jpegparse")?, make("jpegdec")?]),
    }
    crate::chain::add_and_link(&bin, &chain)?;
    crate::chain::expose_last(&bin, &chain)?;
    Ok(bin)
}

/// Start of frame `n` at a constant rate.
pub(crate) fn frame_time(frame: u64, rate: gst::Fraction) -> gst::ClockTime {
    let (numer, denom) = (rate.numer().max(1) as u128, rate.denom().max(1) as u128);
    let nanos = u128::from(frame) * denom * 1_000_000_000 / numer;
    gst::ClockTime::from_nseconds(u64::try_from(nanos).unwrap_or(u64::MAX - 1))
}

/// The frame that is shown at a time.
fn frame_at(time_ns: u64, rate: gst::Fraction) -> usize {
    let (numer, denom) = (rate.numer().max(1) as u128, rate.denom().max(1) as u128);
    // The last nanosecond of a frame is its own, though starts are rounded down.
    let frame = (u128::from(time_ns) + 1) * numer / (denom * 1_000_000_000);
    usize::try_from(frame).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_found_at_its_start_and_just_before_the_next() {
        for rate in [gst::Fraction::new(30_000, 1001), gst::Fraction::new(25, 1)] {
            for frame in [0_u64, 1, 2, 29, 107_892] {
                assert_eq!(frame_at(frame_time(frame, rate).nseconds(), rate), frame as usize);
                assert_eq!(frame_at(frame_time(frame + 1, rate).nseconds() - 2, rate), frame as usize);
            }
        }
    }

    #[test]
    fn frame_times_do_not_drift() {
        // One hour at 30000/1001 frames per second.
        let rate = gst::Fraction::new(30_000, 1001);
        assert_eq!(frame_time(107_892, rate).nseconds(), 3_599_996_400_000);
        assert_eq!(frame_time(0, rate), gst::ClockTime::ZERO);
        assert_eq!(frame_time(1, gst::Fraction::new(25, 1)), gst::ClockTime::from_mseconds(40));
    }
}
