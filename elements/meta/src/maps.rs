//! `EgoDepthMeta` and `EgoMaskMeta`: one number for each pixel, as a `GstSample`.
//!
//! A map may be smaller than the frame it belongs to; it covers the whole of it. Its rows are padded as `GstVideoInfo` says.

use ego_core::depth::DepthScale;
use ego_core::range::RangeInfo;

use crate::kind::{self, DEPTH, MASK};
use crate::stamp::Stamp;
use crate::{MetaError, fields};

/// How far away what each pixel shows is.
#[derive(Clone, Debug)]
pub struct DepthMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// `video/x-raw,format=GRAY16_LE`: steps of `scale`; 0 = not known.
    pub map: gst::Sample,
    /// A step in the unit of `scale`.
    pub unit: f64,
    /// What is counted in steps.
    pub scale: DepthScale,
}

/// Which pixels belong to something.
#[derive(Clone, Debug)]
pub struct MaskMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// `video/x-raw,format=GRAY8`: 255 belongs to it, 0 does not.
    pub map: gst::Sample,
    /// What is marked: `arms`, the wearer's hands and arms with what they wear; `range`, what is within reach.
    pub kind: String,
    /// How a `range` mask was cut.
    pub range: Option<RangeInfo>,
}

/// Puts a depth map on a buffer. The map must not come from the buffer's own pool, and never be the buffer itself.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_depth(buffer: &mut gst::BufferRef, meta: &DepthMeta) -> Result<(), MetaError> {
    kind::attach(buffer, DEPTH, |s| {
        meta.stamp.write(s);
        fields::MAP.put(s, &meta.map);
        fields::UNIT.put(s, meta.unit);
        fields::SCALE_KIND.put(s, meta.scale.name());
    })
}

/// The depth map on a buffer, `None` when there is none. Of several the one that was attached last: what a stage estimates counts and not
/// what the source said before it.
///
/// # Errors
/// When it is damaged.
pub fn depth(buffer: &gst::BufferRef) -> Result<Option<DepthMeta>, MetaError> {
    let read = |s: &gst::StructureRef| {
        let scale = fields::SCALE_KIND.get::<&str>(s, DEPTH)?.map(DepthScale::from_name).unwrap_or_default();
        Ok(DepthMeta { stamp: Stamp::read(s, DEPTH)?, map: fields::MAP.need(s, DEPTH)?, unit: fields::UNIT.need(s, DEPTH)?, scale })
    };
    kind::read_all(buffer, DEPTH, read).last().transpose()
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
        if let Some(range) = meta.range {
            fields::THRESHOLD.put(s, f64::from(range.threshold));
            fields::KEPT.put(s, f64::from(range.kept));
            fields::RELAXED.put(s, range.relaxed);
        }
    })
}

/// The masks on a buffer, oldest first; told apart by `kind` and `stamp.source`.
pub fn masks(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<MaskMeta, MetaError>> + '_ {
    kind::read_all(buffer, MASK, |s| {
        let kind = fields::KIND.get::<&str>(s, MASK)?.unwrap_or_default().to_owned();
        let range = match (fields::THRESHOLD.get::<f64>(s, MASK)?, fields::KEPT.get::<f64>(s, MASK)?) {
            (Some(threshold), Some(kept)) => {
                let relaxed = fields::RELAXED.get(s, MASK)?.unwrap_or_default();
                Some(RangeInfo { threshold: threshold as f32, kept: kept as f32, relaxed })
            }
            _ => None,
        };
        Ok(MaskMeta { stamp: Stamp::read(s, MASK)?, map: fields::MAP.need(s, MASK)?, kind, range })
    })
}
