//! The GStreamer plugin `ego`: elements that find hands, objects and actions in first-person video.
//!
//! One folder an element (`mod.rs`: type and registration, `imp.rs`: everything else); [`worker`] is the base class of all
//! elements that run a model. Loaded as `libgstego.so` by any GStreamer program, or linked and registered with
//! [`plugin_register_static`].

pub mod egoaction;
pub mod egohands;
pub mod egojson;
pub mod egooverlay;
pub mod egotestsrc;
mod plugin;
pub mod worker;

pub use plugin::plugin_register_static;
