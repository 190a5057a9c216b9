//! Which renderer draws: the rasteriser on the processor, or the graphics device.

use std::str::FromStr;
use std::sync::Arc;

use crate::error::SynthError;
#[cfg(feature = "gpu")]
use crate::gpu::{Adapter, GpuRenderer};
use crate::mesh::import::HandMesh;
use crate::moment::Moment;
use crate::raster::{Frame, Renderer};
use crate::recipe::SceneRecipe;

/// A wish for a renderer. Poses and truth are the same bits with each; pictures agree within two grey levels almost everywhere.
/// Whether a joint is seen is read from the picture, so that at the edge of something it may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RendererKind {
    /// The graphics card where there is one, else the processor: Vulkan in software is slower than the rasteriser.
    #[default]
    Auto,
    /// The rasteriser on the processor.
    Cpu,
    /// The graphics device, a software one if there is no other.
    Wgpu,
}

impl RendererKind {
    /// All of them.
    pub const ALL: [RendererKind; 3] = [RendererKind::Auto, RendererKind::Cpu, RendererKind::Wgpu];

    /// Opens the graphics device if this asks for it, so that what is wrong is known before anything is drawn.
    ///
    /// # Errors
    /// Those of [`AnyRenderer::new`].
    pub fn check(self) -> Result<(), SynthError> {
        match self {
            RendererKind::Auto | RendererKind::Cpu => Ok(()),
            RendererKind::Wgpu => AnyRenderer::on_device(1, 1).map(|_| ()),
        }
    }

    /// The word for it: `auto`, `cpu` or `wgpu`.
    pub fn name(self) -> &'static str {
        match self {
            RendererKind::Auto => "auto",
            RendererKind::Cpu => "cpu",
            RendererKind::Wgpu => "wgpu",
        }
    }
}

impl FromStr for RendererKind {
    type Err = SynthError;

    fn from_str(word: &str) -> Result<RendererKind, SynthError> {
        let unknown = || SynthError::UnknownRenderer { word: word.to_owned() };
        RendererKind::ALL.into_iter().find(|kind| kind.name() == word).ok_or_else(unknown)
    }
}

/// The renderer that was chosen.
pub enum AnyRenderer {
    /// On the processor.
    Cpu(Box<Renderer>),
    /// On a graphics device.
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuRenderer>),
}

impl AnyRenderer {
    /// A renderer of pictures of this size (pixels, at least 1 x 1); `threads` is for the processor's.
    ///
    /// # Errors
    /// When [`RendererKind::Wgpu`] finds no device, cannot open it, or such pictures are too large for it. The others never fail.
    pub fn new(kind: RendererKind, width: usize, height: usize, threads: usize) -> Result<AnyRenderer, SynthError> {
        match kind {
            RendererKind::Cpu => {}
            RendererKind::Wgpu => return AnyRenderer::on_device(width, height),
            RendererKind::Auto => {
                // Without a card, or with one that is too small, the rasteriser draws the same.
                if has_card()
                    && let Ok(renderer) = AnyRenderer::on_device(width, height)
                {
                    return Ok(renderer);
                }
            }
        }
        Ok(AnyRenderer::Cpu(Box::new(Renderer::new(width, height, threads))))
    }

    #[cfg(feature = "gpu")]
    fn on_device(width: usize, height: usize) -> Result<AnyRenderer, SynthError> {
        Ok(AnyRenderer::Gpu(Box::new(GpuRenderer::new(width, height)?)))
    }

    #[cfg(not(feature = "gpu"))]
    fn on_device(_width: usize, _height: usize) -> Result<AnyRenderer, SynthError> {
        Err(SynthError::BuiltWithoutGraphics)
    }

    /// Draws all hands with this mesh instead of the built-in one.
    #[must_use]
    pub fn with_hand_mesh(self, mesh: Arc<HandMesh>) -> AnyRenderer {
        match self {
            AnyRenderer::Cpu(renderer) => AnyRenderer::Cpu(Box::new(renderer.with_hand_mesh(mesh))),
            #[cfg(feature = "gpu")]
            AnyRenderer::Gpu(renderer) => AnyRenderer::Gpu(Box::new(renderer.with_hand_mesh(mesh))),
        }
    }

    /// What draws: `cpu`, or the device's own name.
    pub fn name(&self) -> &str {
        match self {
            AnyRenderer::Cpu(_) => RendererKind::Cpu.name(),
            #[cfg(feature = "gpu")]
            AnyRenderer::Gpu(renderer) => renderer.device_name(),
        }
    }

    /// Draws `moment`, as [`Renderer::render`] does.
    ///
    /// # Errors
    /// When the graphics device fails or is lost.
    pub fn render(&mut self, moment: &Moment, before: Option<&Moment>, recipe: &SceneRecipe, out: &mut Frame) -> Result<(), SynthError> {
        match self {
            AnyRenderer::Cpu(renderer) => renderer.render(moment, before, recipe, out),
            #[cfg(feature = "gpu")]
            AnyRenderer::Gpu(renderer) => renderer.render(moment, before, recipe, out)?,
        }
        Ok(())
    }
}

#[cfg(feature = "gpu")]
fn has_card() -> bool {
    Adapter::card().is_some()
}

#[cfg(not(feature = "gpu"))]
fn has_card() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_an_unknown_one_is_told() {
        for kind in RendererKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        let error = "vulkan".parse::<RendererKind>().map_err(|e| e.to_string());
        assert_eq!(error, Err("there is no renderer \"vulkan\"; there are auto, cpu and wgpu".into()));
    }
}
