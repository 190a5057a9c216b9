//! The camera that camera-space numbers were computed with.

use ego_core::camera::{Intrinsics, IntrinsicsSource};

use crate::stamp::Stamp;
use crate::{MetaError, fields};

/// Writes intrinsics in pixels of the analysed frame.
pub(crate) fn write(s: &mut gst::StructureRef, camera: &Intrinsics, source: IntrinsicsSource) {
    fields::FX.put(s, camera.fx);
    fields::FY.put(s, camera.fy);
    fields::CX.put(s, camera.cx);
    fields::CY.put(s, camera.cy);
    fields::INTRINSICS_SOURCE.put(s, source.name());
}

/// Reads them; `None` when there are none.
///
/// # Errors
/// When a number is missing, or one that no camera has.
pub(crate) fn read(s: &gst::StructureRef, stamp: &Stamp, meta: &'static str) -> Result<Option<(Intrinsics, IntrinsicsSource)>, MetaError> {
    let Some(source) = fields::INTRINSICS_SOURCE.get::<&str>(s, meta)? else { return Ok(None) };
    let camera = Intrinsics {
        fx: fields::FX.need(s, meta)?,
        fy: fields::FY.need(s, meta)?,
        cx: fields::CX.need(s, meta)?,
        cy: fields::CY.need(s, meta)?,
        width: stamp.ref_width,
        height: stamp.ref_height,
    };
    Ok(Some((camera.checked()?, IntrinsicsSource::from_name(source))))
}
