//! Results on GStreamer buffers.
//!
//! Every kind of result is a `GstCustomMeta` of its own name ([`NAMES`]), registered without tags so that it survives scaling,
//! conversion and encoding. Its structure holds flat scalars and one `GBytes` table of little-endian rows, so C and Python read it
//! with nothing but stock GStreamer: `include/egometa.h` and `python/egometa.py` are the two readers, `README.md` is the field list.
//!
//! Rust programs call [`init`] once after `gst::init`, then [`attach_hands`] and [`hands`], or their like for other kinds.
//!
//! Two plugins of different version may meet in one pipeline. A reader takes rows whose layout name it knows, whatever the
//! `version` field says: it ignores fields it does not know and the tail of rows that have grown. A layout it does not know is
//! [`MetaError::UnknownLayout`], never a guess.
//!
//! A new kind is a row type that implements [`Row`] and a pair of functions like those in `hands.rs`.

#[cfg(target_endian = "big")]
compile_error!("tables on buffers are little-endian and are read in place: big-endian machines are not supported");

mod action;
mod bodies;
mod camera;
mod detections;
mod error;
mod features;
mod fields;
mod hands;
mod kind;
mod maps;
mod stamp;
mod table;
mod truth;

pub use action::{ActionMeta, ActionRow, all_actions, attach_action};
pub use bodies::{BodiesMeta, Body13Row, Body33Row, all_bodies, attach_bodies};
pub use detections::{DetectionRow, DetectionsMeta, all_detections, attach_detections};
pub use ego_core::depth::DepthScale;
pub use error::MetaError;
pub use features::{FeatureNames, FeatureRow, FeaturesMeta, all_features, attach_features};
pub use hands::{HandRow, HandsMeta, all_hands, attach_hands, hands, replace_hands, try_hands};
pub use kind::{NAMES, init};
pub use maps::{DepthMeta, MaskMeta, attach_depth, attach_mask, depth, masks};
pub use stamp::{Stamp, VERSION};
pub use table::Row;
pub use truth::{
    BOX_POINTS, ClipPosition, JointSeen, TrueAction, TrueHand, TrueHandRow, TrueObject, TrueObjectRow, TruthMeta, attach_truth, truth,
};
