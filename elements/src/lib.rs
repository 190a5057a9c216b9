//! The GStreamer plugin `ego`: elements that find hands, objects and actions in first-person video.
//!
//! One folder an element (`mod.rs`: type and registration, `imp.rs`: everything else); [`worker`] is the base class of all
//! elements that run a model. Loaded as `libgstego.so` by any GStreamer program, or linked and registered with
//! [`plugin_register_static`].

use gst::glib;

mod register;

/// Called by GStreamer when the plugin is loaded.
fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    register::all(plugin)
}

gst::plugin_define!(
    ego,
    "Hands, objects and actions in first-person video",
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION")),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "egostream",
    "2026-01-01"
);
