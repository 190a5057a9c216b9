//! `egodepthpair`: puts the pictures of a depth camera on the pictures of a colour camera, as `EgoDepthMeta`, by time stamp.

use gst::glib;
use gst::prelude::*;

mod imp;

glib::wrapper! {
    /// The element.
    pub struct EgoDepthPair(ObjectSubclass<imp::EgoDepthPair>) @extends gst_base::Aggregator, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "egodepthpair", gst::Rank::NONE, EgoDepthPair::static_type())
}
