//! Reading maps that other elements have attached.

use ego_core::depth::DepthView;
use ego_core::image::{MaskView, Plane};
use ego_meta::{DepthMeta, MaskMeta};
use gst_video::{VideoFormat, VideoInfo};

/// A map of a meta, readable for as long as this lives.
pub(crate) struct MappedMap {
    bytes: gst::MappedBuffer<gst::buffer::Readable>,
    info: VideoInfo,
}

impl MappedMap {
    /// Maps a sample of this format.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the sample.
    fn new(sample: &gst::Sample, format: VideoFormat) -> Result<MappedMap, String> {
        let info = sample.caps().and_then(|caps| VideoInfo::from_caps(caps).ok());
        let info = info
            .filter(|info| info.format() == format)
            .ok_or_else(|| format!("a map should be {}, its caps are {:?}", format.to_str(), sample.caps().map(|caps| caps.to_string())))?;
        let buffer = sample.buffer_owned().ok_or_else(|| "a map has no memory".to_owned())?;
        let bytes = buffer.into_mapped_buffer_readable().map_err(|_| "a map's memory cannot be read".to_owned())?;
        Ok(MappedMap { bytes, info })
    }

    /// The map of a depth meta.
    ///
    /// # Errors
    /// As [`MappedMap::new`].
    pub(crate) fn depth(meta: &DepthMeta) -> Result<MappedMap, String> {
        MappedMap::new(&meta.map, VideoFormat::Gray16Le)
    }

    /// The map of a mask meta.
    ///
    /// # Errors
    /// As [`MappedMap::new`].
    pub(crate) fn mask(meta: &MaskMeta) -> Result<MappedMap, String> {
        MappedMap::new(&meta.map, VideoFormat::Gray8)
    }

    fn plane(&self) -> Plane<'_> {
        let offset = self.info.offset().first().copied().unwrap_or(0);
        let stride = self.info.stride().first().copied().unwrap_or(0);
        Plane { data: self.bytes.as_slice().get(offset..).unwrap_or_default(), stride: usize::try_from(stride).unwrap_or(0) }
    }

    /// The map as distances.
    ///
    /// # Errors
    /// When it is smaller than its caps say.
    pub(crate) fn depth_view(&self, meta: &DepthMeta) -> Result<DepthView<'_>, String> {
        let (width, height) = (self.info.width(), self.info.height());
        let view = DepthView { width, height, plane: self.plane(), unit: meta.unit, scale: meta.scale };
        view.checked().map_err(|e| format!("a depth map of {width}x{height} is too small: {e}"))
    }

    /// The map as a mask.
    ///
    /// # Errors
    /// When it is smaller than its caps say.
    pub(crate) fn mask_view(&self) -> Result<MaskView<'_>, String> {
        let (width, height) = (self.info.width(), self.info.height());
        let view = MaskView { width, height, plane: self.plane() };
        view.checked().map_err(|e| format!("a mask of {width}x{height} is too small: {e}"))
    }
}
