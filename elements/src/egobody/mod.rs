//! `egobody`: finds people and attaches them to the frames as `EgoBodiesMeta`.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod imp;
mod tracking;

/// Which joints are reported; the property `layout`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoBodyLayout")]
#[repr(i32)]
pub enum Layout {
    /// MediaPipe's landmarks.
    #[default]
    #[enum_value(name = "33 landmarks, MediaPipe's", nick = "body33")]
    Body33 = 0,
    /// HAPTICS' joints.
    #[enum_value(name = "13 joints, neck first, no head", nick = "body13")]
    Body13 = 1,
}

/// Whether joints are smoothed over time; the property `smoothing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoBodySmoothing")]
#[repr(i32)]
pub enum Smoothing {
    /// On when frames do not wait for their results.
    #[default]
    #[enum_value(name = "On in mode latest (live), off where every frame is analysed", nick = "auto")]
    Auto = 0,
    /// Always.
    #[enum_value(name = "Always", nick = "on")]
    On = 1,
    /// Never.
    #[enum_value(name = "Never", nick = "off")]
    Off = 2,
}

glib::wrapper! {
    /// The element.
    pub struct EgoBody(ObjectSubclass<imp::EgoBody>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    Layout::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    Smoothing::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(Some(plugin), "egobody", gst::Rank::NONE, EgoBody::static_type())
}
