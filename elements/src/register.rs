//! What the plugin brings into a process: metas and elements.

use gst::glib;

/// Registers the metas, then every element.
///
/// # Errors
/// When GStreamer refuses a registration.
pub(crate) fn all(_plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    ego_meta::init();
    // One line an element: `crate::egohands::register(plugin)?;`
    Ok(())
}
