//! Drawing: a scene becomes the pixels of a buffer, a depth map, a mask and the truth. Made for one size and layout.

use std::sync::Arc;

use ego_meta::{ClipPosition, DepthMeta, DepthScale, MaskMeta, Stamp, TruthMeta};
use ego_synth::clip::Clip;
use ego_synth::effects::distortion::Distortion;
use ego_synth::effects::planes::{Chroma, rgb_to_yuv};
use ego_synth::error::SynthError;
use ego_synth::mesh::import::HandMesh;
use ego_synth::moment::Moment;
use ego_synth::raster::Frame;
use ego_synth::raster::geometry::Label;
use ego_synth::recipe::SceneRecipe;
use ego_synth::renderer::AnyRenderer;
use ego_synth::truth::Truth;
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

use super::settings::Settings;
use super::show::{Scene, Show};
use super::truth::meta;
use crate::maps::{Maps, write_millimetres};

/// Flesh covers a joint this much deeper than its radius says, metres: the skin is no perfect sphere.
const SKIN_M: f64 = 0.006;
const MILLIMETRE_M: f64 = 0.001;

/// What drawing keeps between frames.
pub(super) struct Picture {
    info: VideoInfo,
    renderer: AnyRenderer,
    frame: Frame,
    scene: Option<Scene>,
    depth: Option<Maps>,
    mask: Option<Maps>,
}

impl Picture {
    /// For pictures of this layout and size.
    ///
    /// # Errors
    /// When the graphics device is asked for and cannot draw them.
    pub(super) fn new(info: &VideoInfo, settings: &Settings, hand_mesh: Option<Arc<HandMesh>>) -> Result<Picture, SynthError> {
        let (width, height) = (info.width(), info.height());
        let maps = |wanted: bool, format| wanted.then(|| Maps::new(format, width, height)).flatten();
        let renderer = AnyRenderer::new(settings.renderer.into(), width as usize, height as usize, settings.threads())?;
        Ok(Picture {
            info: info.clone(),
            renderer: match hand_mesh {
                Some(mesh) => renderer.with_hand_mesh(mesh),
                None => renderer,
            },
            frame: Frame::new(width as usize, height as usize),
            scene: None,
            depth: maps(settings.depth, VideoFormat::Gray16Le),
            mask: maps(settings.mask, VideoFormat::Gray8),
        })
    }

    /// What draws.
    pub(super) fn renderer(&self) -> &str {
        self.renderer.name()
    }

    /// Size, pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.info.width(), self.info.height())
    }

    /// Draws frame `number` of the show for nobody.
    pub(super) fn expose(&mut self, show: &Show, number: u64) {
        let scene = show.scene(number, &mut self.scene);
        // An error comes again with the first frame that somebody waits for.
        let _ = self.renderer.render(&scene.now, Some(&scene.before), show.recipe(), &mut self.frame);
    }

    /// Draws frame `number` of the show, which must be in the recording that is playing, into a buffer and attaches what is known.
    ///
    /// # Errors
    /// A sentence that says what the renderer fails at, or what cannot be done with the buffer.
    pub(super) fn draw(&mut self, show: &Show, number: u64, stamp: Stamp, buffer: &mut gst::BufferRef) -> Result<(), String> {
        let scene = show.scene(number, &mut self.scene);
        let recipe = show.recipe();
        self.renderer.render(&scene.now, Some(&scene.before), recipe, &mut self.frame).map_err(|e| e.to_string())?;
        write_pixels(&self.info, &self.frame, buffer)?;
        let (clip, clip_number) = show.clip();
        let truth = look(&self.frame, clip, clip_number, &scene.now, recipe, stamp.clone());
        ego_meta::attach_truth(buffer, &truth).map_err(|e| e.to_string())?;
        self.attach_maps(&stamp, buffer)
    }

    fn attach_maps(&self, stamp: &Stamp, buffer: &mut gst::BufferRef) -> Result<(), String> {
        let Frame { width, depth_m, label, .. } = &self.frame;
        let failed = |what| move |_| format!("there is no memory for the {what} of a frame");
        if let Some(maps) = &self.depth {
            let map = maps.sample(|y, row| write_millimetres(depth_m.get(y * width..(y + 1) * width).unwrap_or_default(), row));
            let map = map.map_err(failed("depth map"))?;
            ego_meta::attach_depth(buffer, &DepthMeta { stamp: stamp.clone(), map, unit: MILLIMETRE_M, scale: DepthScale::Metric })
                .map_err(|e| e.to_string())?;
        }
        if let Some(maps) = &self.mask {
            let arm = |l: &u8| if *l == Label::LeftArm as u8 || *l == Label::RightArm as u8 { 255 } else { 0 };
            let map = maps.sample(|y, row| {
                let labels = label.get(y * width..(y + 1) * width).unwrap_or_default();
                row.iter_mut().zip(labels).for_each(|(out, l)| *out = arm(l));
            });
            let map = map.map_err(failed("mask"))?;
            ego_meta::attach_mask(buffer, &MaskMeta { stamp: stamp.clone(), map, kind: "arms".into(), range: None })
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

/// The truth about the frame that was just drawn, with what the picture shows of each joint.
fn look(frame: &Frame, clip: &Clip, number: u64, now: &Moment, recipe: &SceneRecipe, stamp: Stamp) -> TruthMeta {
    let lens = Distortion::of(recipe.effects.distortion, &clip.intrinsics());
    let mut truth = Truth::of_moment(clip, now);
    if lens != Distortion::default() {
        truth = truth.seen_through(&lens);
    }
    truth.look_up_visibility(now, |camera_m, px, flesh_m| {
        let hands = [Label::LeftArm, Label::RightArm, Label::Bystander];
        hands.into_iter().any(|label| frame.joint_visible(px, camera_m[2], label, flesh_m + SKIN_M))
    });
    meta(&truth, &lens, ClipPosition { number, seed: clip.seed(), time_s: truth.time_s }, stamp)
}

/// Writes packed RGB into the planes of a buffer.
fn write_pixels(info: &VideoInfo, picture: &Frame, buffer: &mut gst::BufferRef) -> Result<(), String> {
    let mut frame =
        VideoFrameRef::from_buffer_ref_writable(buffer, info).map_err(|_| "cannot write to the memory of a frame".to_owned())?;
    let mut strides = [0; 4];
    for (stride, plane) in strides.iter_mut().zip(frame.plane_stride()) {
        *stride = usize::try_from(*plane).map_err(|_| "cannot write rows from bottom to top".to_owned())?;
    }
    let (width, height) = (picture.width, picture.height);
    let [first, second, third, _] = frame.planes_data_mut();
    match info.format() {
        VideoFormat::Rgb => {
            for (row, out) in picture.rgb.chunks_exact(3 * width).zip(first.chunks_mut(strides[0])) {
                if let Some(out) = out.get_mut(..row.len()) {
                    out.copy_from_slice(row);
                }
            }
        }
        VideoFormat::Nv12 => rgb_to_yuv(&picture.rgb, width, height, first, strides[0], Chroma::Pairs(second, strides[1])),
        VideoFormat::I420 if strides[1] == strides[2] => {
            rgb_to_yuv(&picture.rgb, width, height, first, strides[0], Chroma::Planes(second, third, strides[1]));
        }
        format => return Err(format!("cannot write a frame of layout {format} with rows of {strides:?} bytes")),
    }
    Ok(())
}
