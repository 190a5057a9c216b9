//! The renderer: a moment and a recipe in, a picture with depth and labels out. Keeps its buffers between frames.

use std::sync::Arc;
use std::thread;

use wide::f32x4;

use super::geometry::Label;
use super::material::Painter;
use super::scenery::{Scenery, View};
use super::shade::{Shaded, Shader};
use super::shadow::ShadowMap;
use super::window::{STRIP, Window};
use crate::effects::develop::{Darkroom, Drift, Negative, Print, TILE};
use crate::mesh::import::HandMesh;
use crate::moment::Moment;
use crate::recipe::SceneRecipe;

/// A finished frame. Rows from above, without padding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Packed 8-bit RGB (sRGB).
    pub rgb: Vec<u8>,
    /// Exact depth along the camera's axis, metres; 0 where nothing is.
    pub depth_m: Vec<f32>,
    /// What each pixel shows: a [`Label`] as a number.
    pub label: Vec<u8>,
}

impl Frame {
    /// An empty frame of this size.
    pub fn new(width: usize, height: usize) -> Frame {
        Frame { width, height, rgb: vec![0; 3 * width * height], depth_m: vec![0.0; width * height], label: vec![0; width * height] }
    }

    /// 255 where the wearer's arms and hands (with what they wear) are seen, else 0.
    pub fn arm_mask(&self) -> impl Iterator<Item = u8> + '_ {
        self.label.iter().map(|&l| if l == Label::LeftArm as u8 || l == Label::RightArm as u8 { 255 } else { 0 })
    }

    /// Whether a joint is seen: `px` lies in the picture, shows this `label`, and nothing is more than `flesh_m` in front of the joint.
    pub fn joint_visible(&self, px: [f64; 2], z_m: f64, label: Label, flesh_m: f64) -> bool {
        // From the edge of the first pixel; `px` counts from its middle.
        let (x, y) = (px[0] + 0.5, px[1] + 0.5);
        if !(x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64) {
            return false;
        }
        let i = y as usize * self.width + x as usize;
        self.label[i] == label as u8 && f64::from(self.depth_m[i]) > z_m - flesh_m
    }
}

/// Draws moments.
pub struct Renderer {
    width: usize,
    height: usize,
    threads: usize,
    scenery: Scenery,
    painter: Painter,
    shadow: ShadowMap,
    /// One for each thread.
    windows: Vec<Window>,
    /// Linear colour and depth.
    light: Vec<f32x4>,
    label: Vec<u8>,
    flow: Vec<[f32; 2]>,
    drifts: Vec<Drift>,
    darkroom: Darkroom,
}

/// Runs `work` on each item, one thread each; the first item on the caller's.
fn each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let work = &work;
    thread::scope(|scope| {
        let mut items = items.into_iter();
        let first = items.next();
        for item in items {
            scope.spawn(move || work(item));
        }
        if let Some(first) = first {
            work(first);
        }
    });
}

impl Renderer {
    /// A renderer of pictures of this size (pixels, at least 1 x 1) on this many threads (at least 1).
    pub fn new(width: usize, height: usize, threads: usize) -> Renderer {
        let (width, height) = (width.max(1), height.max(1));
        let pixels = width * height;
        let scenery = Scenery::new(width, height);
        let threads = threads.clamp(1, height);
        Renderer {
            width,
            height,
            threads,
            painter: Painter::default(),
            shadow: ShadowMap::new(scenery.shadow_side()),
            scenery,
            windows: (0..threads).map(|_| Window::new(2 * width, 2 * height)).collect(),
            light: vec![f32x4::ZERO; pixels],
            label: vec![0; pixels],
            flow: vec![[0.0; 2]; pixels],
            drifts: vec![Drift::default(); width.div_ceil(TILE) * height.div_ceil(TILE)],
            darkroom: Darkroom::new(width, height),
        }
    }

    /// Draws all hands with this mesh instead of the built-in one.
    #[must_use]
    pub fn with_hand_mesh(mut self, mesh: Arc<HandMesh>) -> Renderer {
        self.scenery.set_hand_mesh(mesh);
        self
    }

    /// Draws `moment`. `before` is the moment one frame earlier: without it nothing is blurred by movement.
    ///
    /// The moment's intrinsics may be for another size; they are scaled to this renderer's.
    pub fn render(&mut self, moment: &Moment, before: Option<&Moment>, recipe: &SceneRecipe, out: &mut Frame) {
        if (out.width, out.height) != (self.width, self.height) || out.rgb.len() != 3 * self.width * self.height {
            *out = Frame::new(self.width, self.height);
        }
        let view = self.scenery.set(moment, before, recipe, &mut self.darkroom);
        if let Some(lamp) = self.scenery.light.lamps.first() {
            self.shadow.aim(lamp.towards, view.focus);
        }
        if view.shadows {
            self.cast();
        }
        self.shade(&view);
        self.develop(&view, out);
    }

    /// Finds what the lamp sees.
    fn cast(&mut self) {
        let geometry = &self.scenery.geometry;
        let (view, bands) = self.shadow.bands(self.threads);
        each(bands, |mut band| view.draw(geometry, &mut band));
        self.shadow.survey();
    }

    /// Finds what the camera sees, and lights it.
    fn shade(&mut self, view: &View) {
        let shader = Shader {
            geometry: &self.scenery.geometry,
            painter: &self.painter,
            light: &self.scenery.light,
            shadow: view.shadows.then_some(&self.shadow),
            lens: view.lens.enlarged(2.0),
            picture_lens: view.lens,
            motion: view.moving,
        };
        // Whole strips in each band: the picture does not depend on how many bands there are.
        let rows = self.height.div_ceil(self.threads).next_multiple_of(STRIP / 2);
        let chunk = rows * self.width;
        let bands = self
            .light
            .chunks_mut(chunk)
            .zip(self.label.chunks_mut(chunk))
            .zip(self.flow.chunks_mut(chunk).zip(self.drifts.chunks_mut(rows / TILE * self.width.div_ceil(TILE))))
            .zip(&mut self.windows)
            .enumerate()
            .map(|(k, (((light, label), (flow, drifts)), window))| (window, Shaded { light, label, flow, drifts, first: k * rows }))
            .collect();
        each(bands, |(window, mut band)| shader.band(window, &mut band));
    }

    fn develop(&mut self, view: &View, out: &mut Frame) {
        let flow: &[[f32; 2]] = if view.moving { &self.flow } else { &[] };
        let drifts: &[Drift] = if view.moving { &self.drifts } else { &[] };
        self.darkroom.survey(drifts, view.development.shutter);
        let negative = Negative { light: &self.light, flow, label: &self.label };
        let rows = self.height.div_ceil(self.threads);
        let chunk = rows * self.width;
        let bands = out
            .rgb
            .chunks_mut(3 * chunk)
            .zip(out.depth_m.chunks_mut(chunk))
            .zip(out.label.chunks_mut(chunk))
            .enumerate()
            .map(|(i, ((rgb, depth_m), label))| Print { rgb, depth_m, label, first: i * rows })
            .collect();
        let darkroom = &self.darkroom;
        each(bands, |mut band| darkroom.print(&view.development, &negative, &mut band));
    }
}
