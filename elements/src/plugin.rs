//! What the plugin brings into a process: metas and elements.
#![allow(missing_docs, unreachable_pub, reason = "made by gst::plugin_define")]

use gst::glib;

/// Registers the metas, then every element.
fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    ego_meta::init();
    crate::egohands::register(plugin)?;
    crate::egojson::register(plugin)?;
    crate::egooverlay::register(plugin)?;
    Ok(())
}

gst::plugin_define!(
    ego,
    "Hands, objects and actions in first-person video",
    plugin_init,
    env!("CARGO_PKG_VERSION"),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "egostream",
    "2026-01-01"
);
