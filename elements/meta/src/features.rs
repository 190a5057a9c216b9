//! `EgoFeaturesMeta`: the features of one subject at one frame; a buffer carries one for each subject.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use ego_core::features::Features;
use gst::glib;

use crate::kind::{self, FEATURES};
use crate::stamp::Stamp;
use crate::table::{self, Row, Table};
use crate::{MetaError, fields};

/// The features of one subject and what they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct FeaturesMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// Named values.
    pub features: Features,
}

/// One value on the wire, 4 bytes: layout `feature-v1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FeatureRow {
    /// The value; NaN = not known.
    pub value: f32,
}

impl Row for FeatureRow {
    const LAYOUT: &'static str = "feature-v1";
}

/// The names of a layout as they ride on buffers: made once, then only referenced. Hundreds of names as a `GStrv` would be copied
/// for every frame.
#[derive(Clone, Debug)]
pub struct FeatureNames(glib::Bytes);

impl FeatureNames {
    /// From the names in the order of the values.
    pub fn new(names: &[String]) -> FeatureNames {
        FeatureNames(glib::Bytes::from_owned(names.join("\n").into_bytes()))
    }
}

/// Puts the features of one subject on a buffer; `names` are those of `meta.features`.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_features(buffer: &mut gst::BufferRef, meta: &FeaturesMeta, names: &FeatureNames) -> Result<(), MetaError> {
    kind::attach(buffer, FEATURES, |s| {
        meta.stamp.write(s);
        let values = &meta.features.values;
        table::write(s, bytemuck::cast_slice::<f32, FeatureRow>(values));
        fields::FEATURE_LAYOUT.put(s, &*meta.features.layout);
        fields::SUBJECT.put(s, meta.features.subject.as_str());
        fields::NAMES.put(s, &names.0);
    })
}

/// The features of every subject on a buffer, oldest first; told apart by `features.subject` and `stamp.source`.
pub fn all_features(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<FeaturesMeta, MetaError>> + '_ {
    kind::read_all(buffer, FEATURES, read)
}

fn read(s: &gst::StructureRef) -> Result<FeaturesMeta, MetaError> {
    let values: Vec<f32> = Table::<FeatureRow>::read(s, FEATURES)?.rows().map(|row| row.value).collect();
    let bytes: &glib::Bytes = fields::NAMES.need(s, FEATURES)?;
    let problem = |problem: String| MetaError::Field { meta: FEATURES, field: "names", problem };
    let text = std::str::from_utf8(bytes).map_err(|_| problem("is not UTF-8".to_owned()))?;
    let names: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
    if names.len() != values.len() {
        return Err(problem(format!("holds {} names for {} values", names.len(), values.len())));
    }
    let features = Features {
        layout: Arc::from(fields::FEATURE_LAYOUT.get::<&str>(s, FEATURES)?.unwrap_or_default()),
        subject: fields::SUBJECT.get::<&str>(s, FEATURES)?.unwrap_or_default().to_owned(),
        names: Arc::from(names),
        values,
    };
    Ok(FeaturesMeta { stamp: Stamp::read(s, FEATURES)?, features })
}
