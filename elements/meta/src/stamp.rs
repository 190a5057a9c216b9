//! What every result says about itself: who made it, from which frame, how old it is.

use crate::{MetaError, fields};

/// Version of the fields written by this crate.
pub const VERSION: u32 = 1;

/// Origin of a result; fields absent on a buffer read as empty, zero or `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Name of the element that made the result.
    pub source: String,
    /// Id of the model, from its manifest.
    pub model: String,
    /// Running number of the analysed frame in that element, from 0.
    pub frame: u64,
    /// Presentation time of the analysed frame, nanoseconds.
    pub pts: Option<u64>,
    /// Nanoseconds between the analysed frame and the frame that carries the result; 0 = made from this very frame.
    pub age_ns: u64,
    /// Nanoseconds that the analysis took.
    pub infer_ns: u64,
    /// Width of the analysed frame, pixels.
    pub ref_width: u32,
    /// Height of the analysed frame, pixels.
    pub ref_height: u32,
}

impl Stamp {
    pub(crate) fn write(&self, s: &mut gst::StructureRef) {
        fields::VERSION.put(s, VERSION);
        fields::SOURCE.put(s, self.source.as_str());
        fields::MODEL.put(s, self.model.as_str());
        fields::FRAME.put(s, self.frame);
        fields::PTS.put(s, self.pts.unwrap_or(NO_PTS));
        fields::AGE.put(s, self.age_ns);
        fields::INFER_TIME.put(s, self.infer_ns);
        fields::REF_WIDTH.put(s, self.ref_width);
        fields::REF_HEIGHT.put(s, self.ref_height);
    }

    pub(crate) fn read(s: &gst::StructureRef, meta: &'static str) -> Result<Stamp, MetaError> {
        let text = |field: &fields::Field| Ok::<_, MetaError>(field.get::<&str>(s, meta)?.unwrap_or_default().to_owned());
        Ok(Stamp {
            source: text(&fields::SOURCE)?,
            model: text(&fields::MODEL)?,
            frame: fields::FRAME.get(s, meta)?.unwrap_or_default(),
            pts: fields::PTS.get(s, meta)?.filter(|pts| *pts != NO_PTS),
            age_ns: fields::AGE.get(s, meta)?.unwrap_or_default(),
            infer_ns: fields::INFER_TIME.get(s, meta)?.unwrap_or_default(),
            ref_width: fields::REF_WIDTH.get(s, meta)?.unwrap_or_default(),
            ref_height: fields::REF_HEIGHT.get(s, meta)?.unwrap_or_default(),
        })
    }
}

/// `GST_CLOCK_TIME_NONE`.
const NO_PTS: u64 = u64::MAX;
