//! The renderer on a graphics device: the same triangles, materials, light and development as the rasteriser, in shaders.
//!
//! The processor builds and projects the triangles (`raster::scenery`) and sends them; the device finds what is seen at each
//! sample and from the lamp, shades each pixel, develops the picture and sends back 8 bytes a pixel. Pictures agree with the
//! rasteriser's within two grey levels almost everywhere (`tests/gpu.rs`); edges of triangles may fall on other samples.

mod device;
mod memory;
mod packing;
mod pipelines;
mod renderer;

pub use device::Adapter;
pub use renderer::GpuRenderer;
