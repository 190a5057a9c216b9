//! What the plugin brings into a process: metas and elements.
#![allow(missing_docs, unreachable_pub, reason = "made by gst::plugin_define")]

use std::sync::OnceLock;

use gst::glib;
use gst::prelude::*;

use crate::worker::EgoAnalysis;

/// Registers the metas, then every element.
fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    refuse_second_copy()?;
    ego_meta::init();
    crate::egoaction::register(plugin)?;
    crate::egobody::register(plugin)?;
    crate::egodepth::register(plugin)?;
    crate::egodepthpair::register(plugin)?;
    crate::egohands::register(plugin)?;
    crate::egojson::register(plugin)?;
    crate::egokinematics::register(plugin)?;
    crate::egoobjects::register(plugin)?;
    crate::egooverlay::register(plugin)?;
    crate::egosharp::register(plugin)?;
    crate::egotestsrc::register(plugin)?;
    Ok(())
}

/// A program may have this plugin linked into it and find `libgstego.so` on the plugin path as well. GObject knows a type by its
/// name, so only one copy can have its elements; the second one would panic half-way.
fn refuse_second_copy() -> Result<(), glib::BoolError> {
    static OUR_TYPE: OnceLock<glib::Type> = OnceLock::new();
    const BASE: &str = "GstEgoAnalysis";
    if OUR_TYPE.get().is_none() && glib::Type::from_name(BASE).is_some() {
        return Err(glib::bool_error!(
            "another copy of the plugin `ego` is already in this process and its elements are used; version {} stays out: keep only \
             one of the two, the program's own or libgstego on GST_PLUGIN_PATH",
            env!("CARGO_PKG_VERSION")
        ));
    }
    OUR_TYPE.get_or_init(EgoAnalysis::static_type);
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
