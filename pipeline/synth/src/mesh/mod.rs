//! Surfaces: the hand with its fore-arm, clothes, objects and surroundings, generated or (the hand) imported, as triangles in metres.
//!
//! Knows nothing of cameras or light; `raster` draws what is made here.

pub mod anatomy;
pub mod decimate;
pub mod hand;
pub mod import;
pub mod lanes;
pub mod polygonise;
pub mod rigid;
pub mod skeleton;
pub mod vec3;
