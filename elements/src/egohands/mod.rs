//! `egohands`: finds the wearer's hands and attaches them to the frames as `EgoHandsMeta`.

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

mod imp;
mod tracking;

/// How the picture is searched for hands; the property `search`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoHandsSearch")]
#[repr(i32)]
pub enum Search {
    /// Everything on the first frame, then `turn` for wide pictures and `whole` for nearly square ones.
    #[default]
    #[enum_value(name = "Everything on the first frame, then turn for wide pictures and whole for others", nick = "auto")]
    Auto = 0,
    /// One square around the whole picture.
    #[enum_value(name = "The whole picture in one square", nick = "whole")]
    Whole = 1,
    /// Both ends of the long side in each search.
    #[enum_value(name = "Two overlapping squares in each search: finds smaller hands at twice the cost", nick = "tiles")]
    Tiles = 2,
    /// The whole picture, then one end, then the other.
    #[enum_value(name = "The whole picture, then one square, then the other, one in each search", nick = "turn")]
    Turn = 3,
}

/// Whether joints are smoothed over time; the property `smoothing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoHandsSmoothing")]
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
    pub struct EgoHands(ObjectSubclass<imp::EgoHands>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "egohands", gst::Rank::NONE, EgoHands::static_type())
}
