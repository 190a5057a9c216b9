//! The synthetic head camera: scripted hands, objects and actions, rendered with every truth attached.
//!
//! Pure Rust without GStreamer. All randomness comes from one seed ([`rng::Rng`]); elementary functions come from `libm`, so
//! that poses and truth are the same bits on every machine.

pub mod hand;
pub mod moment;
pub mod recipe;
pub mod rng;
pub mod shape;
pub mod space;
