//! The synthetic head camera: scripted hands, objects and actions, rendered with every truth attached.
//!
//! Pure Rust without GStreamer. All randomness comes from one seed ([`rng::Rng`]); elementary functions come from `libm`, so
//! that poses and truth are the same bits on every machine.

pub mod cast;
pub mod clip;
pub mod effects;
pub mod error;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod hand;
pub mod imu;
pub mod mesh;
pub mod moment;
pub mod motion;
pub mod people;
pub mod raster;
pub mod recipe;
pub mod renderer;
pub mod rng;
pub mod script;
pub mod shape;
pub mod space;
pub mod split;
pub mod stage;
pub mod stats;
pub mod truth;
