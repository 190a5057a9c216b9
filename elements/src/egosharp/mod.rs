//! `egosharp`: the range mask of SHARP. Arms reach only so far: what is farther away is neither the wearer's hand nor what it holds.

use gst::glib;
use gst::prelude::*;

mod feedback;
mod imp;
mod settings;
mod sharpen;

pub(crate) use feedback::HandsSeen;
pub use settings::{RangeBy, RejectBystanders};

glib::wrapper! {
    /// The element.
    pub struct EgoSharp(ObjectSubclass<imp::EgoSharp>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    RangeBy::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    RejectBystanders::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(Some(plugin), "egosharp", gst::Rank::NONE, EgoSharp::static_type())
}
