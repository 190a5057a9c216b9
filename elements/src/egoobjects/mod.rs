//! `egoobjects`: finds objects, follows them, and tells which is in which hand, as `EgoDetectionsMeta`.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod finding;
mod imp;

glib::wrapper! {
    /// The element.
    pub struct EgoObjects(ObjectSubclass<imp::EgoObjects>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "egoobjects", gst::Rank::NONE, EgoObjects::static_type())
}
