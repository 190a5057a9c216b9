//! `egoaction`: names what the wearer does, from the hands and objects on the frames.
//!
//! ```text
//! ... ! egohands ! egoobjects ! egoaction ! egooverlay ! ...
//! egotestsrc ! egoaction input=truth ! egojson location=actions.jsonl ! fakesink
//! ```
//!
//! In: video with `EgoHandsMeta` and `EgoDetectionsMeta` (or, with `input=truth`, `EgoTruthMeta`) of any model; for classifiers of
//! short movements (`fast-model`) also `EgoFeaturesMeta`. Out: the same frames with one `EgoActionMeta` for each classifier and
//! subject. The picture is not looked at.
//!
//! Each classifier sees a window of the last seconds and speaks at least every `stride`. Its probabilities become labels by the rules
//! of [`ego_core::action::decide`]: smoothing, hysteresis, a least duration. While a label is held it is listed first in the result.
//! A label is told at the latest `stride` + `min-duration` after its smoothed probability has reached `enter`, with the moment at which
//! that probability rose to `leave` as its beginning.
//!
//! When a label is told or ends, an element message `ego-action` is posted: `event` (`begin` or `end`), `label`, `class` (uint), `head`,
//! `subject`, `model` (strings), `since` and, for `end`, `until` (uint64, nanoseconds of presentation time).
//!
//! Without hands in a quarter of the window nothing happens. Without objects the classifier runs on hands alone, which costs accuracy
//! (the model's card says how much). A stage that never delivers is named in one warning, with the remedy.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod classifier;
mod cues;
mod deciding;
mod imp;
mod settings;
mod subjects;
mod watch;

/// What the element looks at; the property `input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoActionInput")]
#[repr(i32)]
pub enum Input {
    /// What elements further up have found.
    #[default]
    #[enum_value(name = "Hands and objects that elements further up have found", nick = "results")]
    Results = 0,
    /// What the synthetic camera knows.
    #[enum_value(name = "Hands and objects as egotestsrc knows them: the upper bound", nick = "truth")]
    Truth = 1,
}

glib::wrapper! {
    /// The element.
    pub struct EgoAction(ObjectSubclass<imp::EgoAction>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    Input::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(Some(plugin), "egoaction", gst::Rank::NONE, EgoAction::static_type())
}
