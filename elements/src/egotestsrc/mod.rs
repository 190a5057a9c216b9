//! `egotestsrc`: a synthetic head camera; two hands doing real things with real objects, with every truth attached.
//!
//! ```text
//! gst-launch-1.0 egotestsrc ! egooverlay truth=true ! videoconvert ! autovideosink
//! gst-launch-1.0 egotestsrc is-live=true prompt="slowly pour milk with the left hand, dim light" ! egohands ! egooverlay ! ...
//! ```
//!
//! Out: raw video, RGB, NV12 or I420 (BT.601), any size from 16x16 to 8192x8192 with at most 34 million pixels and any rate from 1
//! to 1000 frames a second, as downstream asks; 640x360 at 30 when it does not mind. Each buffer carries `EgoTruthMeta`, exact
//! depth as `EgoDepthMeta` (millimetres along the camera's axis; property `depth`) and, on request, the wearer's arms as
//! `EgoMaskMeta` (property `mask`).
//!
//! What is shown is an endless row of recordings of some seconds each. One number, `seed`, decides everything that the other
//! properties leave open: the same settings, size and rate make the same truth everywhere, and on one machine the same bytes.
//!
//! | `pattern` | what each recording shows |
//! |---|---|
//! | `actions` | one action; the 36 of H2O in balanced rounds (with `cast=unseen` the 14 pairs of the open-set test) |
//! | `chains` | four actions in a row |
//! | `idle` | hands that rest for eight seconds |
//! | `leaving` | a hand leaves the picture and comes back, then an action |
//!
//! A `prompt` takes the place of the pattern; its words are those of [`ego_synth::script::prompt`], and an unknown one is an error
//! that lists them all. `difficulty=easy` is a steady camera without noise, blur or bystander, `hard` a shaky one in dim light with
//! somebody across the table; a prompt's own words count more.
//!
//! `lens-distortion=true` bends the picture as a real lens does, and with it everything that is given in pixels; `hand-mesh=DIR`
//! draws a rigged hand of your own (glTF, MakeHuman). `renderer=auto` draws on the graphics card where there is one (`wgpu`), else on
//! the processor (`cpu`): pictures differ by a few grey levels at edges, and so does which joints count as seen there; no other truth does.
//!
//! A live source shows what is due by the clock: frames for which there is no time are skipped and counted (`stats`), the next one
//! is marked DISCONT. Up to three frames are drawn ahead in time that is left over; none leaves early. It answers LATENCY with one
//! frame. Otherwise frames come as fast as they are taken, and seeking works: a jump costs about a millisecond for each recording
//! between the beginning and its target.

use gst::glib;
use gst::prelude::*;

mod ahead;
mod caps;
mod imp;
mod live;
mod picture;
mod settings;
mod show;
mod state;
mod truth;

pub use settings::{Cast, Difficulty, Pattern, Renderer};

glib::wrapper! {
    /// A synthetic head camera with exact ground truth.
    pub struct EgoTestSrc(ObjectSubclass<imp::EgoTestSrc>)
        @extends gst_base::BaseSrc, gst::Element, gst::Object;
}

/// Makes `egotestsrc` known to the plugin.
///
/// # Errors
/// When GStreamer refuses the name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    for kind in [Cast::static_type(), Difficulty::static_type(), Pattern::static_type(), Renderer::static_type()] {
        kind.mark_as_plugin_api(gst::PluginAPIFlags::empty());
    }
    gst::Element::register(Some(plugin), "egotestsrc", gst::Rank::NONE, EgoTestSrc::static_type())
}
