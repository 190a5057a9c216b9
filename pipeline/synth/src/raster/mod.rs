//! A software rasteriser: triangles to linear colour, depth, labels and movement of each pixel.
//!
//! Each sample (2 x 2 a pixel) finds its triangle, then each pixel is shaded once for each surface in it, four places at a time; a
//! window of drawn rows moves down ahead of the shading. Bands of rows go to threads; nothing is shared but what is read.

pub mod geometry;
mod hollow;
pub mod material;
pub(crate) mod noise;
pub mod print;
mod quads;
mod renderer;
pub(crate) mod scenery;
pub mod shade;
pub mod shadow;
mod skin;
pub mod visibility;
mod window;

pub use renderer::{Frame, Renderer};
