//! `egodepth`: how far away what each pixel shows is, from one picture or from a depth sensor's files, as `EgoDepthMeta`.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod imp;
mod looking;
mod sensor;

glib::wrapper! {
    /// The element.
    pub struct EgoDepth(ObjectSubclass<imp::EgoDepth>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "egodepth", gst::Rank::NONE, EgoDepth::static_type())
}
