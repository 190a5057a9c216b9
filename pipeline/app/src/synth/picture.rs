//! Draws the frames of a clip one after the other.

use std::sync::Arc;

use ego_synth::clip::Clip;
use ego_synth::mesh::import::HandMesh;
use ego_synth::moment::Moment;
use ego_synth::raster::Frame;
use ego_synth::raster::geometry::Label;
use ego_synth::renderer::{AnyRenderer, RendererKind};
use ego_synth::truth::Truth;

use crate::interrupt::Interrupt;

/// How much deeper than its flesh a joint may lie behind what is seen and still count as seen, metres: the skin is not a sphere.
const SKIN_M: f64 = 0.006;

/// A renderer with its picture; kept from clip to clip.
pub(super) struct Easel {
    kind: RendererKind,
    threads: usize,
    hand_mesh: Option<Arc<HandMesh>>,
    renderer: Option<(usize, usize, AnyRenderer)>,
    frame: Frame,
}

impl Easel {
    pub(super) fn new(kind: RendererKind, threads: usize, hand_mesh: Option<Arc<HandMesh>>) -> Easel {
        Easel { kind, threads, hand_mesh, renderer: None, frame: Frame::default() }
    }

    /// Draws every frame and hands it over with its truth, visibility included; `false` when the user stopped it before the end.
    ///
    /// The lens is a perfect one, as after rectification: every joint is where the intrinsics put it.
    pub(super) fn draw(
        &mut self,
        clip: &Clip,
        interrupt: &Interrupt,
        mut each: impl FnMut(u64, &Truth, &Frame) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let k = clip.intrinsics();
        let (width, height) = (k.width as usize, k.height as usize);
        let mut recipe = clip.recipe().clone();
        recipe.effects.distortion = [0.0; 2];
        let renderer = match self.renderer.take() {
            Some((w, h, renderer)) if (w, h) == (width, height) => renderer,
            _ => {
                let fresh = AnyRenderer::new(self.kind, width, height, self.threads)?;
                match &self.hand_mesh {
                    Some(mesh) => fresh.with_hand_mesh(Arc::clone(mesh)),
                    None => fresh,
                }
            }
        };
        let (_, _, renderer) = self.renderer.insert((width, height, renderer));
        let mut before: Option<Moment> = None;
        for number in 0..clip.frames() {
            if interrupt.wanted() {
                return Ok(false);
            }
            let moment = clip.moment(number);
            renderer.render(&moment, before.as_ref(), &recipe, &mut self.frame)?;
            let mut truth = Truth::of_moment(clip, &moment);
            let frame = &self.frame;
            truth.look_up_visibility(&moment, |m, px, flesh| {
                let arms = [Label::LeftArm, Label::RightArm, Label::Bystander];
                arms.into_iter().any(|label| frame.joint_visible(px, m[2], label, flesh + SKIN_M))
            });
            each(number, &truth, frame)?;
            before = Some(moment);
        }
        Ok(true)
    }
}
