//! A folder of numbered pictures as a stream: one picture, one frame, at a rate that the user gives.

use std::path::PathBuf;

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
        .build();
    let mut next = files.into_iter().enumerate();
    let feed = move |source: &gst_app::AppSrc, _: u32| {
        let Some((frame, path)) = next.next() else {
            // Only fails while shutting down.
            let _ = source.end_of_stream();
            return;
        };
        match std::fs::read(&path) {
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
    source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(feed).build());

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_times_do_not_drift() {
        // One hour at 30000/1001 frames per second.
        let rate = gst::Fraction::new(30_000, 1001);
        assert_eq!(frame_time(107_892, rate).nseconds(), 3_599_996_400_000);
        assert_eq!(frame_time(0, rate), gst::ClockTime::ZERO);
        assert_eq!(frame_time(1, gst::Fraction::new(25, 1)), gst::ClockTime::from_mseconds(40));
    }
}
