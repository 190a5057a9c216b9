//! GStreamer's raw video layouts and colorimetry in the words of `ego_core::draw`.

use ego_core::draw::{ColourModel, PlaneMut, Target};
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoInfo};

/// The layouts that can be drawn on and blackened.
pub(crate) const FORMATS: [VideoFormat; 18] = [
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Yuy2,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Gray8,
    VideoFormat::Yv12,
    VideoFormat::Nv21,
    VideoFormat::Uyvy,
    VideoFormat::Yvyu,
    VideoFormat::Argb,
    VideoFormat::Abgr,
    VideoFormat::Xrgb,
    VideoFormat::Xbgr,
];

/// How a stream stores colours.
pub(crate) fn colour_model(info: &VideoInfo) -> ColourModel {
    let colorimetry = info.colorimetry();
    let full_range = match colorimetry.range() {
        VideoColorRange::Range0_255 => true,
        VideoColorRange::Range16_235 => false,
        _ => info.is_rgb() || info.is_gray(),
    };
    if info.is_rgb() {
        return ColourModel::Rgb { full_range };
    }
    // Unknown and RGB matrices have no weights; 601 is what GStreamer assumes for small pictures and grey ones.
    let weights = match colorimetry.matrix() {
        VideoColorMatrix::Unknown | VideoColorMatrix::Rgb => None,
        matrix => matrix.kr_kb().ok(),
    };
    let (kr, kb) = weights.unwrap_or((0.299, 0.114));
    ColourModel::Yuv { kr: kr as f32, kb: kb as f32, full_range }
}

/// The planes of a mapped frame; `None` for a layout outside [`FORMATS`] and for rows that run backwards.
pub(crate) fn target<'a>(format: VideoFormat, strides: &[i32], planes: [&'a mut [u8]; 4]) -> Option<Target<'a>> {
    let mut planes = planes.into_iter().zip(strides).map(|(data, stride)| {
        let stride = usize::try_from(*stride).ok()?;
        Some(PlaneMut { data, stride })
    });
    let mut next = || planes.next().flatten();
    let plane = next()?;
    let packed = |plane, bytes, rgb, alpha| Target::Packed { plane, bytes, rgb, alpha };
    Some(match format {
        VideoFormat::Rgb => packed(plane, 3, [0, 1, 2], None),
        VideoFormat::Bgr => packed(plane, 3, [2, 1, 0], None),
        VideoFormat::Rgba => packed(plane, 4, [0, 1, 2], Some(3)),
        VideoFormat::Bgra => packed(plane, 4, [2, 1, 0], Some(3)),
        VideoFormat::Argb => packed(plane, 4, [1, 2, 3], Some(0)),
        VideoFormat::Abgr => packed(plane, 4, [3, 2, 1], Some(0)),
        VideoFormat::Rgbx => packed(plane, 4, [0, 1, 2], None),
        VideoFormat::Bgrx => packed(plane, 4, [2, 1, 0], None),
        VideoFormat::Xrgb => packed(plane, 4, [1, 2, 3], None),
        VideoFormat::Xbgr => packed(plane, 4, [3, 2, 1], None),
        VideoFormat::Gray8 => Target::Grey(plane),
        VideoFormat::I420 => Target::Planar420 { y: plane, u: next()?, v: next()? },
        VideoFormat::Yv12 => {
            let v = next()?;
            Target::Planar420 { y: plane, u: next()?, v }
        }
        VideoFormat::Nv12 => Target::SemiPlanar420 { y: plane, uv: next()?, v_first: false },
        VideoFormat::Nv21 => Target::SemiPlanar420 { y: plane, uv: next()?, v_first: true },
        VideoFormat::Yuy2 => Target::Packed422 { plane, y: 0, uv: [1, 3] },
        VideoFormat::Yvyu => Target::Packed422 { plane, y: 0, uv: [3, 1] },
        VideoFormat::Uyvy => Target::Packed422 { plane, y: 1, uv: [0, 2] },
        _ => return None,
    })
}
