//! The GStreamer plugin `ego`: elements that find hands, objects and actions in first-person video.
//!
//! One folder an element (`mod.rs`: type and registration, `imp.rs`: everything else); [`worker`] is the base class of all
//! elements that run a model. Loaded as `libgstego.so` by any GStreamer program, or linked and registered with
//! [`plugin_register_static`].

mod camera;
pub mod egoaction;
pub mod egobody;
pub mod egodepth;
pub mod egodepthpair;
pub mod egohands;
pub mod egojson;
pub mod egokinematics;
pub mod egoobjects;
pub mod egooverlay;
pub mod egosharp;
pub mod egotestsrc;
mod maps;
mod plugin;
mod raw_video;
mod values;
pub mod worker;

pub use plugin::plugin_register_static;
