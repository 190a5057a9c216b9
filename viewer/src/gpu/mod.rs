//! Pictures on the graphics device: planes go up as they are, one pass makes them red, green and blue; meshes of egui are drawn over it.

mod meshes;
mod offscreen;
mod picture;

use std::sync::{Arc, Mutex};

pub(crate) use meshes::MeshPlugin;
pub use meshes::Meshes;
pub use offscreen::Offscreen;
pub use picture::{PictureLook, PicturePass};

/// A graphics device, and what draws on it.
#[derive(Clone)]
pub struct Graphics {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// Meshes and textures of the window.
    pub meshes: Arc<Mutex<Meshes>>,
}

impl Graphics {
    /// On the device of a window or of a picture in memory.
    pub fn new(state: &egui_wgpu::RenderState) -> Graphics {
        let meshes = Meshes::new(&state.device, &state.queue, state.target_format);
        Graphics { device: state.device.clone(), queue: state.queue.clone(), meshes: Arc::new(Mutex::new(meshes)) }
    }
}
