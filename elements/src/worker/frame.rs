//! A frame as the analyzer sees it: a mapped buffer, readable as a picture.

use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};
use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoFrame, VideoInfo};

use super::analyzer::AnalysisError;

/// Formats that can be read without a conversion, most wanted first.
pub(crate) const FORMATS: [VideoFormat; 10] = [
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
    VideoFormat::Yuy2,
    VideoFormat::Gray8,
];

/// What the element knows about a frame, besides its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) number: u64,
    pub(crate) pts_ns: Option<u64>,
    pub(crate) discont: bool,
    pub(crate) live: bool,
}

/// A frame under analysis. It keeps upstream's buffer: drop it as soon as the pixels have been read.
#[derive(Debug)]
pub struct Frame {
    mapped: VideoFrame<gst_video::video_frame::Readable>,
    facts: Facts,
}

impl Frame {
    /// Maps a buffer of these caps.
    pub(crate) fn map(buffer: gst::Buffer, info: &VideoInfo, facts: Facts) -> Result<Frame, AnalysisError> {
        let bytes = buffer.size();
        let mapped = VideoFrame::from_buffer_readable(buffer, info).map_err(|_| {
            AnalysisError::Frame(format!(
                "a frame of {bytes} bytes cannot be read as {} {}x{}; is a caps filter between the source and this element wrong?",
                info.format().to_str(),
                info.width(),
                info.height()
            ))
        })?;
        Ok(Frame { mapped, facts })
    }

    /// The picture.
    ///
    /// # Errors
    /// [`AnalysisError::Frame`] when the buffer's planes are smaller than its caps promise.
    pub fn image(&self) -> Result<ImageView<'_>, AnalysisError> {
        let unreadable = |why: String| AnalysisError::Frame(format!("a frame cannot be read: {why}"));
        let format = pixel_format(self.mapped.format())
            .ok_or_else(|| unreadable(format!("format {} is not supported", self.mapped.format().to_str())))?;
        let mut planes = [Plane { data: &[], stride: 0 }; 3];
        for (i, (plane, stride)) in planes.iter_mut().zip(self.mapped.plane_stride()).enumerate() {
            let stride = usize::try_from(*stride).map_err(|_| unreadable(format!("plane {i} has stride {stride}")))?;
            let index = u32::try_from(i).map_err(|e| unreadable(e.to_string()))?;
            let data = self.mapped.plane_data(index).map_err(|e| unreadable(e.to_string()))?;
            *plane = Plane { data, stride };
        }
        let yuv = yuv_to_rgb(self.mapped.info());
        let view = ImageView { format, width: self.mapped.width(), height: self.mapped.height(), planes, yuv };
        view.checked().map_err(|e| unreadable(e.to_string()))
    }

    /// The buffer, with the results that elements further up have attached.
    pub fn buffer(&self) -> &gst::BufferRef {
        self.mapped.buffer()
    }

    /// Running number in this element, from 0; analysed or not.
    pub fn number(&self) -> u64 {
        self.facts.number
    }

    /// Presentation time, nanoseconds.
    pub fn pts_ns(&self) -> Option<u64> {
        self.facts.pts_ns
    }

    /// Whether frames are missing before this one. After a longer gap [`Analyzer::reset`](super::Analyzer::reset) was called.
    pub fn discont(&self) -> bool {
        self.facts.discont
    }

    /// Whether the stream does not wait for results (mode `latest`), so that frames between two analyses are not seen.
    pub fn live(&self) -> bool {
        self.facts.live
    }
}

fn pixel_format(format: VideoFormat) -> Option<PixelFormat> {
    Some(match format {
        VideoFormat::Rgb => PixelFormat::Rgb,
        VideoFormat::Bgr => PixelFormat::Bgr,
        VideoFormat::Rgba | VideoFormat::Rgbx => PixelFormat::Rgbx,
        VideoFormat::Bgra | VideoFormat::Bgrx => PixelFormat::Bgrx,
        VideoFormat::Gray8 => PixelFormat::Gray8,
        VideoFormat::I420 => PixelFormat::I420,
        VideoFormat::Nv12 => PixelFormat::Nv12,
        VideoFormat::Yuy2 => PixelFormat::Yuy2,
        _ => return None,
    })
}

/// Luma weights of red and blue as in GStreamer's `gst_video_color_matrix_get_Kr_Kb`; BT.601 for what has none.
fn yuv_to_rgb(info: &VideoInfo) -> YuvToRgb {
    let colorimetry = info.colorimetry();
    let (kr, kb) = match colorimetry.matrix() {
        VideoColorMatrix::Bt709 => (0.2126, 0.0722),
        VideoColorMatrix::Fcc => (0.30, 0.11),
        VideoColorMatrix::Smpte240m => (0.212, 0.087),
        VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    };
    YuvToRgb::from_weights(kr, kb, colorimetry.range() == VideoColorRange::Range0_255)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts { number: 3, pts_ns: Some(7), discont: true, live: false };

    fn frame(format: VideoFormat, width: u32, height: u32) -> (Frame, VideoInfo) {
        gst::init().unwrap();
        let info = VideoInfo::builder(format, width, height).build().unwrap();
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        let mut bytes = buffer.get_mut().unwrap().map_writable().unwrap();
        bytes.iter_mut().enumerate().for_each(|(i, b)| *b = i as u8);
        drop(bytes);
        (Frame::map(buffer, &info, FACTS).unwrap(), info)
    }

    #[test]
    fn every_offered_format_is_readable_at_even_and_odd_sizes() {
        for format in FORMATS {
            for (w, h) in [(64, 48), (63, 47), (1, 1)] {
                let (frame, info) = frame(format, w, h);
                let view = frame.image().unwrap_or_else(|e| panic!("{format:?} {w}x{h}: {e}"));
                assert_eq!((view.width, view.height), (w, h));
                for (i, (row, _)) in view.format.plane_sizes(w, h).iter().enumerate().filter(|(_, (row, _))| *row > 0) {
                    assert_eq!(view.planes[i].stride, info.stride()[i] as usize, "{format:?} plane {i}");
                    assert_eq!(view.planes[i].data[0], info.offset()[i] as u8, "{format:?} plane {i}, row of {row}");
                }
            }
        }
    }

    #[test]
    fn a_short_buffer_is_an_error_of_this_frame_that_names_the_sizes() {
        gst::init().unwrap();
        let info = VideoInfo::builder(VideoFormat::Rgb, 16, 16).build().unwrap();
        let e = Frame::map(gst::Buffer::with_size(100).unwrap(), &info, FACTS).unwrap_err();
        assert!(matches!(&e, AnalysisError::Frame(t) if t.contains("100 bytes") && t.contains("RGB 16x16")), "{e}");
    }

    #[test]
    fn colours_follow_the_caps() {
        gst::init().unwrap();
        let of = |caps: &str| yuv_to_rgb(&VideoInfo::from_caps(&caps.parse::<gst::Caps>().unwrap()).unwrap());
        let base = "video/x-raw,format=I420,framerate=30/1";
        assert_eq!(of(&format!("{base},width=1280,height=720")), YuvToRgb::BT709, "high definition by default");
        assert_eq!(of(&format!("{base},width=640,height=480")), YuvToRgb::BT601, "standard definition by default");
        assert_eq!(of(&format!("{base},width=1280,height=720,colorimetry=1:4:0:0")), YuvToRgb::BT601_FULL, "JPEG");
    }
}
