//! `EgoDepthMeta` and `EgoMaskMeta`: one number for each pixel, as a `GstSample`.
//!
//! A map may be smaller than the frame it belongs to; it covers the whole of it. Its rows are padded as `GstVideoInfo` says.

use crate::kind::{self, DEPTH, MASK};
use crate::stamp::Stamp;
use crate::{MetaError, fields};

/// How far away what each pixel shows is.
#[derive(Clone, Debug)]
pub struct DepthMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// `video/x-raw,format=GRAY16_LE`: steps along the camera's axis; 0 = not known.
    pub map: gst::Sample,
    /// Metres a step.
    pub unit_m: f64,
}

/// Which pixels belong to something.
#[derive(Clone, Debug)]
pub struct MaskMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// `video/x-raw,format=GRAY8`: 255 belongs to it, 0 does not.
    pub map: gst::Sample,
    /// What is marked: `arms`, the wearer's hands and arms with what they wear.
    pub kind: String,
}

/// Puts a depth map on a buffer. The map must not come from the buffer's own pool, and never be the buffer itself.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_depth(buffer: &mut gst::BufferRef, meta: &DepthMeta) -> Result<(), MetaError> {
    kind::attach(buffer, DEPTH, |s| {
        meta.stamp.write(s);
        fields::MAP.put(s, &meta.map);
        fields::UNIT.put(s, meta.unit_m);
        fields::SCALE_KIND.put(s, "metric");
    })
}

/// The first depth map on a buffer, `None` when there is none.
///
/// # Errors
/// When it is damaged.
pub fn depth(buffer: &gst::BufferRef) -> Result<Option<DepthMeta>, MetaError> {
    let read = |s: &gst::StructureRef| {
        Ok(DepthMeta { stamp: Stamp::read(s, DEPTH)?, map: fields::MAP.need(s, DEPTH)?, unit_m: fields::UNIT.need(s, DEPTH)? })
    };
    kind::read_all(buffer, DEPTH, read).next().transpose()
}

/// Puts a mask on a buffer, beside others; the same rules as for [`attach_depth`].
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_mask(buffer: &mut gst::BufferRef, meta: &MaskMeta) -> Result<(), MetaError> {
    kind::attach(buffer, MASK, |s| {
        meta.stamp.write(s);
        fields::MAP.put(s, &meta.map);
        fields::KIND.put(s, meta.kind.as_str());
    })
}

/// The masks on a buffer, oldest first; told apart by `kind` and `stamp.source`.
pub fn masks(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<MaskMeta, MetaError>> + '_ {
    kind::read_all(buffer, MASK, |s| {
        let kind = fields::KIND.get::<&str>(s, MASK)?.unwrap_or_default().to_owned();
        Ok(MaskMeta { stamp: Stamp::read(s, MASK)?, map: fields::MAP.need(s, MASK)?, kind })
    })
}
