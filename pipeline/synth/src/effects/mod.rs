//! What a camera does to light: motion blur, rolling shutter, lens distortion, vignette, exposure, noise, tone curve, and the
//! layouts in which it hands pictures out.

pub mod develop;
pub mod distortion;
mod gather;
pub mod planes;
mod sensor;
