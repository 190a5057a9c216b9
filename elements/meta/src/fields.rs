//! Names of the structure fields, and typed writing and reading of them.
//!
//! Fields go by quarks that are looked up once. By name, GStreamer looks every one of them up again under a global lock, which makes
//! attach + read 2.5 instead of 1.9 microseconds (`cargo bench -p ego-meta`); the bindings deprecate quarks because GStreamer 1.26
//! has something faster still.
#![allow(deprecated)]

use std::sync::LazyLock;

use gst::glib;
use gst::structure::GetError;

use crate::MetaError;

/// A field of the structure.
pub(crate) struct Field {
    name: &'static str,
    quark: LazyLock<glib::Quark>,
}

macro_rules! fields {
    ($($id:ident = $name:literal;)*) => {
        $(pub(crate) static $id: Field = Field { name: $name, quark: LazyLock::new(|| glib::Quark::from_str($name)) };)*
    };
}

fields! {
    VERSION = "version";
    SOURCE = "source";
    MODEL = "model";
    FRAME = "frame";
    PTS = "pts";
    AGE = "age";
    INFER_TIME = "infer-time";
    REF_WIDTH = "ref-width";
    REF_HEIGHT = "ref-height";
    COUNT = "count";
    STRIDE = "stride";
    LAYOUT = "layout";
    DATA = "data";
    DEPTH_SOURCE = "depth-source";
    SCALE_KIND = "scale-kind";
    FX = "fx";
    FY = "fy";
    CX = "cx";
    CY = "cy";
    INTRINSICS_SOURCE = "intrinsics-source";
    OBJECT_COUNT = "object-count";
    OBJECT_STRIDE = "object-stride";
    OBJECT_LAYOUT = "object-layout";
    OBJECT_DATA = "object-data";
    LABELS = "labels";
    VERB = "verb";
    NOUN = "noun";
    ACTION = "action";
    ACTION_ID = "action-id";
    PHASE = "phase";
    IN_HAND = "in-hand";
    CAMERA_POSE = "camera-pose";
    CLIP = "clip";
    CLIP_SEED = "clip-seed";
    CLIP_TIME = "clip-time";
    MAP = "map";
    UNIT = "unit";
    KIND = "kind";
    THRESHOLD = "threshold";
    KEPT = "kept";
    RELAXED = "relaxed";
    FEATURE_LAYOUT = "feature-layout";
    SUBJECT = "subject";
    NAMES = "names";
    HEAD = "head";
    UNKNOWN = "unknown";
    UNCERTAINTY = "uncertainty";
    STABLE = "stable";
    WINDOW_START = "window-start";
    WINDOW_END = "window-end";
    ABOUT = "about";
    SINCE = "since";
}

impl Field {
    pub(crate) fn put(&self, structure: &mut gst::StructureRef, value: impl Into<glib::Value> + Send) {
        structure.set_by_quark(*self.quark, value);
    }

    /// The value, `None` when the field is absent.
    ///
    /// # Errors
    /// When the field has another type.
    pub(crate) fn get<'a, T: glib::value::FromValue<'a>>(
        &self,
        structure: &'a gst::StructureRef,
        meta: &'static str,
    ) -> Result<Option<T>, MetaError> {
        structure.get_optional_by_quark(*self.quark).map_err(|e| {
            let problem = match e {
                GetError::FieldNotFound { .. } => "is missing".to_owned(),
                GetError::ValueGetError { error, .. } => format!("has the wrong type ({error})"),
            };
            MetaError::Field { meta, field: self.name, problem }
        })
    }

    /// The value of a field without which the table cannot be read.
    ///
    /// # Errors
    /// When the field is absent or has another type.
    pub(crate) fn need<'a, T: glib::value::FromValue<'a>>(
        &self,
        structure: &'a gst::StructureRef,
        meta: &'static str,
    ) -> Result<T, MetaError> {
        self.get(structure, meta)?.ok_or_else(|| MetaError::Field { meta, field: self.name, problem: "is missing".to_owned() })
    }
}

/// Texts as a `GStrv`.
pub(crate) fn texts(texts: &[String]) -> glib::StrV {
    texts.iter().map(|text| glib::GString::from(text.as_str())).collect()
}
