//! Which pictures the element makes, and which when nobody minds.

use gst_video::{VideoCapsBuilder, VideoFormat, VideoInfo};

/// What becomes of open caps, pixels.
const USUAL_SIZE: (i32, i32) = (640, 360);
/// Frames a second, as numerator and denominator.
pub(super) const USUAL_RATE: (u32, u32) = (30, 1);
/// Sides of pictures, as `ego_synth` draws them, pixels.
const SIDES: std::ops::RangeInclusive<i32> = 16..=8192;
/// A little more than 8K, for which drawing needs about 2.5 GB.
const MOST_PIXELS: u64 = 34_000_000;

/// Everything that the element can make.
pub(super) fn offer() -> gst::Caps {
    let of = |formats: &[VideoFormat]| {
        VideoCapsBuilder::new()
            .format_list(formats.iter().copied())
            .width_range(SIDES)
            .height_range(SIDES)
            .framerate_range(gst::Fraction::new(1, 1)..=gst::Fraction::new(1000, 1))
            .pixel_aspect_ratio(gst::Fraction::new(1, 1))
    };
    let mut caps = of(&[VideoFormat::Rgb]).build();
    // As `rgb_to_yuv` makes it: BT.601, colour of two by two pixels from the middle between them.
    let yuv = of(&[VideoFormat::Nv12, VideoFormat::I420]).field("colorimetry", "bt601").field("chroma-site", "jpeg").build();
    caps.merge(yuv);
    caps
}

/// The usual one of what is left open; a width alone gives a picture of the usual shape.
pub(super) fn usual(mut caps: gst::Caps) -> gst::Caps {
    caps.truncate();
    if let Some(s) = caps.make_mut().structure_mut(0) {
        s.fixate_field_nearest_int("width", USUAL_SIZE.0);
        let width = s.get::<i32>("width").unwrap_or(USUAL_SIZE.0);
        let height = (i64::from(width) * i64::from(USUAL_SIZE.1) / i64::from(USUAL_SIZE.0)) as i32;
        s.fixate_field_nearest_int("height", height.clamp(*SIDES.start(), *SIDES.end()));
        s.fixate_field_nearest_fraction("framerate", gst::Fraction::new(USUAL_RATE.0 as i32, USUAL_RATE.1 as i32));
    }
    caps
}

/// Frames a second of fixed caps, as numerator and denominator.
pub(super) fn rate(caps: &gst::CapsRef) -> Option<(u32, u32)> {
    let rate = caps.structure(0)?.get::<gst::Fraction>("framerate").ok()?;
    Some((u32::try_from(rate.numer()).ok().filter(|n| *n > 0)?, u32::try_from(rate.denom()).ok()?))
}

/// Refuses pictures for which the memory would hardly do.
///
/// # Errors
/// Says how large the picture is, and what may be asked for.
pub(super) fn check_size(info: &VideoInfo) -> Result<(), String> {
    let (width, height) = (info.width(), info.height());
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        let (million, most) = (pixels / 1_000_000, MOST_PIXELS / 1_000_000);
        return Err(format!("a picture of {width}x{height} has {million} million pixels; ask for at most {most}, e.g. 7680x4320"));
    }
    Ok(())
}
