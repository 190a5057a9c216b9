//! One picture with everything that is known about it: the only thing that crosses from a stream to the window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_core::camera::Intrinsics;
use ego_outputs::FrameRecord;
use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoFrame, VideoInfo};

/// A picture and its results. They travel together and can never be mixed up.
#[derive(Clone)]
pub struct ViewFrame {
    /// Number of the opening that it belongs to.
    pub opening: u64,
    /// Running number at the end of the stream, from 1.
    pub number: u64,
    /// Presentation time, nanoseconds from the beginning of the stream.
    pub pts_ns: u64,
    /// The picture; `None` when only results are there.
    pub picture: Option<Arc<Picture>>,
    /// The results, in pixels of the picture.
    pub results: Arc<FrameRecord>,
    /// What is really there, where the source knows.
    pub truth: Option<Arc<FrameRecord>>,
    /// Pseudo-depth, larger is nearer.
    pub depth: Option<Arc<GreyMap>>,
    /// Range mask, 255 = within reach.
    pub mask: Option<Arc<GreyMap>>,
    /// The camera, where a stage or the source names it.
    pub camera: Option<Intrinsics>,
    /// When it came, and how old it was then.
    pub trace: Trace,
}

/// The times of one frame.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// Hand-over from the last stage.
    pub handed_over: Instant,
    /// From capture to hand-over; only live sources have it.
    pub since_capture: Option<Duration>,
}

/// A map of one byte a pixel that covers the whole picture, at any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreyMap {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Rows without padding.
    pub data: Vec<u8>,
}

impl GreyMap {
    /// The value at a place of the picture, both coordinates 0..1.
    pub fn at(&self, x: f32, y: f32) -> Option<u8> {
        if !((0.0..1.0).contains(&x) && (0.0..1.0).contains(&y)) {
            return None;
        }
        let (column, row) = ((x * self.width as f32) as usize, (y * self.height as f32) as usize);
        self.data.get(row * self.width as usize + column).copied()
    }
}

/// How the planes of a picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaneLayout {
    /// Brightness, then both colour differences in pairs.
    Nv12,
    /// Brightness, then each colour difference in a plane of its own.
    I420,
}

/// How brightness and colour differences become red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YuvColour {
    /// Luma weight of red.
    pub kr: f64,
    /// Luma weight of blue.
    pub kb: f64,
    /// Black is 0, not 16.
    pub full_range: bool,
}

impl YuvColour {
    /// ITU-R BT.601, studio range.
    pub const BT601: YuvColour = YuvColour { kr: 0.299, kb: 0.114, full_range: false };
    /// ITU-R BT.709, studio range.
    pub const BT709: YuvColour = YuvColour { kr: 0.2126, kb: 0.0722, full_range: false };

    fn of(info: &VideoInfo) -> YuvColour {
        let colorimetry = info.colorimetry();
        // What a stream does not say is taken by its height, as players do.
        let usual = if info.height() >= 720 { YuvColour::BT709 } else { YuvColour::BT601 };
        let (kr, kb) = match colorimetry.matrix() {
            VideoColorMatrix::Unknown | VideoColorMatrix::Rgb => None,
            matrix => matrix.kr_kb().ok(),
        }
        .unwrap_or((usual.kr, usual.kb));
        YuvColour { kr, kb, full_range: colorimetry.range() == VideoColorRange::Range0_255 }
    }
}

/// The planes of a picture, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Data and bytes from row to row of each plane; two for NV12, three for I420.
    pub planes: [(&'a [u8], u32); 3],
}

/// A picture in memory: 4:2:0, 8 bits.
pub struct Picture {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How the planes lie.
    pub layout: PlaneLayout,
    /// What the numbers mean.
    pub colour: YuvColour,
    data: Data,
}

// A box would be one more allocation a picture.
#[allow(clippy::large_enum_variant)]
enum Data {
    /// The stream's own memory, mapped.
    Mapped(VideoFrame<gst_video::video_frame::Readable>),
    /// Planes one after the other, with the bytes from row to row.
    Owned { bytes: Vec<u8>, strides: [u32; 3] },
}

impl Picture {
    /// Maps a buffer for reading; `None` for layouts that are neither NV12 nor I420, and for memory that cannot be mapped.
    pub fn map(buffer: &gst::Buffer, info: &VideoInfo) -> Option<Picture> {
        let layout = match info.format() {
            VideoFormat::Nv12 => PlaneLayout::Nv12,
            VideoFormat::I420 => PlaneLayout::I420,
            _ => return None,
        };
        let frame = VideoFrame::from_buffer_readable(buffer.clone(), info).ok()?;
        if frame.plane_stride().iter().any(|stride| *stride < 0) {
            return None;
        }
        Some(Picture { width: info.width(), height: info.height(), layout, colour: YuvColour::of(info), data: Data::Mapped(frame) })
    }

    /// A picture from planes that lie one after the other in `bytes`, each with so many bytes from row to row.
    pub fn from_bytes(layout: PlaneLayout, width: u32, height: u32, strides: [u32; 3], colour: YuvColour, bytes: Vec<u8>) -> Picture {
        Picture { width, height, layout, colour, data: Data::Owned { bytes, strides } }
    }

    /// Width and height of the colour planes, pixels.
    pub fn chroma_size(&self) -> (u32, u32) {
        (self.width.div_ceil(2), self.height.div_ceil(2))
    }

    /// The planes; `None` when there is less memory than the size promises.
    pub fn planes(&self) -> Option<Planes<'_>> {
        let count = if self.layout == PlaneLayout::Nv12 { 2 } else { 3 };
        let (_, chroma_rows) = self.chroma_size();
        let rows = |plane: usize| if plane == 0 { self.height } else { chroma_rows };
        let mut planes: [(&[u8], u32); 3] = [(&[], 0); 3];
        match &self.data {
            Data::Mapped(frame) => {
                for (index, plane) in planes.iter_mut().enumerate().take(count) {
                    let stride = u32::try_from(*frame.plane_stride().get(index)?).ok()?;
                    *plane = (frame.plane_data(index as u32).ok()?, stride);
                }
            }
            Data::Owned { bytes, strides } => {
                let mut rest: &[u8] = bytes;
                for (index, (plane, stride)) in planes.iter_mut().zip(strides).enumerate().take(count) {
                    let length = (*stride as usize) * rows(index) as usize;
                    let (data, after) = rest.split_at_checked(length.min(rest.len()))?;
                    (*plane, rest) = ((data, *stride), after);
                }
            }
        }
        let enough = |index: usize, (data, stride): (&[u8], u32)| {
            let columns = match (index, self.layout) {
                (0, _) => self.width,
                (_, PlaneLayout::Nv12) => 2 * self.chroma_size().0,
                (_, PlaneLayout::I420) => self.chroma_size().0,
            };
            let needed = (rows(index).saturating_sub(1) as usize) * stride as usize + columns as usize;
            stride >= columns && data.len() >= needed
        };
        planes.iter().enumerate().take(count).all(|(i, plane)| enough(i, *plane)).then_some(Planes { planes })
    }

    /// Bytes that it occupies.
    pub fn bytes(&self) -> usize {
        match &self.data {
            Data::Mapped(frame) => frame.buffer().size(),
            Data::Owned { bytes, .. } => bytes.len(),
        }
    }

    /// Its memory, to be used again; empty where that is the stream's.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.data {
            Data::Mapped(_) => Vec::new(),
            Data::Owned { bytes, .. } => bytes,
        }
    }

    /// A copy in `memory`, every `step`th pixel of each row and column, so that the stream gets its buffer back.
    pub fn thinned(&self, step: u32, memory: Vec<u8>) -> Option<Picture> {
        let planes = self.planes()?;
        let step = step.max(1) as usize;
        let (width, height) = ((self.width as usize).div_ceil(step), (self.height as usize).div_ceil(step));
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let mut bytes = memory;
        bytes.clear();
        bytes.reserve_exact(width * height + 2 * cw * ch);
        let pixel_bytes = |index: usize| if index > 0 && self.layout == PlaneLayout::Nv12 { 2 } else { 1 };
        let mut strides = [0; 3];
        let count = if self.layout == PlaneLayout::Nv12 { 2 } else { 3 };
        for (index, (data, stride)) in planes.planes.into_iter().enumerate().take(count) {
            let (w, h) = if index == 0 { (width, height) } else { (cw, ch) };
            let size = pixel_bytes(index);
            if let Some(stride) = strides.get_mut(index) {
                *stride = (w * size) as u32;
            }
            for row in 0..h {
                let start = row * step * stride as usize;
                let line = data.get(start..).unwrap_or(&[]);
                if step == 1 {
                    bytes.extend_from_slice(line.get(..w * size)?);
                } else {
                    bytes.extend((0..w).flat_map(|column| {
                        let at = column * step * size;
                        line.get(at..at + size).unwrap_or(&[128, 128][..size]).iter().copied()
                    }));
                }
            }
        }
        Some(Picture::from_bytes(self.layout, width as u32, height as u32, strides, self.colour, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_have_rounded_up_colour_planes_and_short_memory_is_refused() {
        let picture = |len: usize| Picture::from_bytes(PlaneLayout::I420, 5, 3, [8, 4, 4], YuvColour::BT601, vec![7; len]);
        assert_eq!(picture(40).chroma_size(), (3, 2));
        assert!(picture(24 + 8 + 8).planes().is_some());
        assert!(picture(24 + 8 + 2).planes().is_none());
    }

    #[test]
    fn a_thinned_copy_keeps_every_second_pixel() {
        let bytes: Vec<u8> = (0..24 + 12).map(|n| n as u8).collect();
        let picture = Picture::from_bytes(PlaneLayout::Nv12, 6, 4, [6, 6, 0], YuvColour::BT709, bytes);
        let half = picture.thinned(2, vec![9; 100]).expect("whole");
        let planes = half.planes().expect("whole").planes;
        assert_eq!((half.width, half.height), (3, 2));
        assert_eq!(planes[0].0, [0, 2, 4, 12, 14, 16]);
        // Pairs of colour differences stay pairs.
        assert_eq!(planes[1].0, [24, 25, 28, 29]);
        assert_eq!(picture.thinned(1, Vec::new()).expect("whole").planes().expect("whole").planes[0].0.len(), 24);
    }

    #[test]
    fn a_map_is_looked_up_by_place() {
        let map = GreyMap { width: 2, height: 2, data: vec![1, 2, 3, 4] };
        assert_eq!((map.at(0.1, 0.1), map.at(0.9, 0.6), map.at(1.0, 0.0), map.at(-0.1, 0.0)), (Some(1), Some(4), None, None));
    }
}
