//! `egooverlay`: draws the results on a buffer into its picture.
//!
//! ```text
//! gst-launch-1.0 filesrc location=clip.mp4 ! decodebin ! egohands ! egooverlay ! videoconvert ! autovideosink
//! ```
//!
//! In: raw video with hands, bodies, objects, actions, range masks, depth maps or, for `truth`, what the synthetic camera knows. Out: the
//! same buffers, the results drawn into their pictures. A buffer without anything to draw passes untouched and is never copied, even
//! when it is shared; a shared buffer is copied once when something is drawn.
//!
//! Colours and shapes are the same in every raw layout: the left hand is sky blue with round joints, the right hand orange with
//! square ones, an unknown hand grey with diamonds. True hands (`truth=true`) have dashed bones and rings for joints, dots for those
//! that something hides; boxes of objects are green, yellow with thick corners while they are held. The action stands large in the
//! upper left corner: with a question mark while it is not sure, grey when it is unknown. Crop and flip *before* the analysing elements: results keep the coordinates of
//! the frame that was analysed. The overlay warns once when the aspect ratio has changed since.
//!
//! The letters are those of Hack Regular, as shipped in the crate `epaint_default_fonts`: (c) 2018 Source Foundry Authors, MIT
//! licence, with parts from Bitstream Vera Sans Mono, (c) 2003 Bitstream Inc., under the Bitstream Vera licence.
//!
//! ## Adding a layer
//!
//! 1. A module in `ego_core::draw` with one function that draws one kind of result on a `Canvas`, given sizes by picture height.
//! 2. A field for its metas in `marks.rs`, read in `Marks::read` and drawn in `Marks::draw`; later calls lie on top.
//! 3. A switch in `settings.rs`.

use gst::glib;
use gst::prelude::*;

mod font;
mod imp;
mod maps;
mod marks;
mod settings;

pub use settings::{HandColours, MaskStyle};

glib::wrapper! {
    /// Draws the results on a buffer into its picture.
    pub struct EgoOverlay(ObjectSubclass<imp::EgoOverlay>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Makes `egooverlay` known to the plugin.
///
/// # Errors
/// When GStreamer refuses the name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    HandColours::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    MaskStyle::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(Some(plugin), "egooverlay", gst::Rank::NONE, EgoOverlay::static_type())
}
