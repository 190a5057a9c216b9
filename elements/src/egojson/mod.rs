//! `egojson`: writes the results on every buffer as one JSON line, to a file or to the bus.
//!
//! ```text
//! gst-launch-1.0 filesrc location=clip.mp4 ! decodebin ! egohands ! egojson location=clip.jsonl ! fakesink
//! ```
//!
//! In: raw video with any of the `Ego...Meta`. Out: the same buffers, untouched. Coordinates are in pixels of the buffer's frame.
//! The lines are those of [`ego_outputs::FrameRecord`]; the last one, [`ego_outputs::EndRecord`], is written when the stream ends,
//! and only then: a file without it was cut off, be it by a stop, a full disk or a crash. An end of stream that follows an error
//! further down counts as a cut; one that follows an error further up cannot be told from a good one, the program that runs the
//! pipeline sees that error on the bus.
//!
//! With `post-messages`, or without a `location`, each line is posted as an element message `ego-frame` with the fields `json`
//! (string), `stream` (string) and `frame` (uint64); the last one as `ego-end`.
//!
//! Frames that were lost between the analysing element and this one are seen as gaps in the numbers of exact results (those of
//! age 0), counted as `dropped`, and skipped in the numbers of the lines.

use gst::glib;
use gst::prelude::*;

mod collect;
mod count;
mod imp;

glib::wrapper! {
    /// Writes the results on every buffer as one JSON line.
    pub struct EgoJson(ObjectSubclass<imp::EgoJson>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Makes `egojson` known to the plugin.
///
/// # Errors
/// When GStreamer refuses the name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "egojson", gst::Rank::NONE, EgoJson::static_type())
}
