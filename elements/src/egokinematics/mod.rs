//! `egokinematics`: describes the motion of hands and people by named numbers over a short window.
//!
//! ```text
//! ... ! egohands ! egokinematics layout=hands,hand-shape ! egoaction fast-model=my-actions ! ...
//! ... ! egobody ! egokinematics layout=body ! egojson location=features.jsonl ! fakesink
//! ```
//!
//! In: video with `EgoHandsMeta`, `EgoBodiesMeta` and `EgoDetectionsMeta` of any model (or, with `input=truth`, `EgoTruthMeta`). Out: the
//! same frames with one `EgoFeaturesMeta` for each layout and subject whose window is full. The picture is not looked at.
//!
//! The layouts are those of [`ego_core::kinematics`]. A result that rides on several frames (mode `latest`) counts once, at the time of
//! the frame it was made from. What was left out is in the read-only property `skips`.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod describing;
mod imp;

/// What the element looks at; the property `input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoKinematicsInput")]
#[repr(i32)]
pub enum Input {
    /// What elements further up have found.
    #[default]
    #[enum_value(name = "Hands, people and objects that elements further up have found", nick = "results")]
    Results = 0,
    /// What the synthetic camera knows.
    #[enum_value(name = "Hands as egotestsrc knows them: the upper bound", nick = "truth")]
    Truth = 1,
}

glib::wrapper! {
    /// The element.
    pub struct EgoKinematics(ObjectSubclass<imp::EgoKinematics>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    Input::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(Some(plugin), "egokinematics", gst::Rank::NONE, EgoKinematics::static_type())
}
