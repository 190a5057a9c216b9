//! The renderer: a moment and a recipe in, a picture with depth and labels out. Keeps its buffers between frames.

use std::sync::Arc;
use std::thread;

use ego_core::camera::Intrinsics;

use super::geometry::{Geometry, Label, Lens};
use super::material::Painter;
use super::shade::{CameraLamp, CameraLight, OCCLUSION_ROWS, Shaded, Shader};
use super::shadow::ShadowMap;
use super::visibility::Band;
use crate::effects::develop::{Darkroom, Development, Negative, Print};
use crate::effects::distortion::Distortion;
use crate::mesh::import::HandMesh;
use crate::mesh::vec3::{V3, v3};
use crate::moment::Moment;
use crate::recipe::{CameraEffects, SceneRecipe};
use crate::stage::{Stage, affine};

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
    stage: Stage,
    geometry: Geometry,
    painter: Painter,
    light: CameraLight,
    shadow: ShadowMap,
    near: Vec<f32>,
    id: Vec<u32>,
    colour: Vec<V3>,
    depth_m: Vec<f32>,
    label: Vec<u8>,
    flow: Vec<[f32; 2]>,
    darkroom: Darkroom,
}

/// Samples that are drawn before the next ones: 8 bytes each, half a megabyte.
const TILE_SAMPLES: usize = 1 << 16;

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
        Renderer {
            width,
            height,
            threads: threads.clamp(1, height),
            stage: Stage::new(width >= 500),
            geometry: Geometry::default(),
            painter: Painter::default(),
            light: CameraLight::default(),
            shadow: ShadowMap::new(if width >= 1000 {
                768
            } else if width >= 500 {
                512
            } else {
                288
            }),
            near: vec![0.0; 4 * pixels],
            id: vec![0; 4 * pixels],
            colour: vec![V3::ZERO; pixels],
            depth_m: vec![0.0; pixels],
            label: vec![0; pixels],
            flow: vec![[0.0; 2]; pixels],
            darkroom: Darkroom::new(width, height),
        }
    }

    /// Draws all hands with this mesh instead of the built-in one.
    #[must_use]
    pub fn with_hand_mesh(mut self, mesh: Arc<HandMesh>) -> Renderer {
        self.stage.set_hand_mesh(mesh);
        self
    }

    /// Draws `moment`. `before` is the moment one frame earlier: without it nothing is blurred by movement.
    ///
    /// The moment's intrinsics may be for another size; they are scaled to this renderer's.
    pub fn render(&mut self, moment: &Moment, before: Option<&Moment>, recipe: &SceneRecipe, out: &mut Frame) {
        if (out.width, out.height) != (self.width, self.height) || out.rgb.len() != 3 * self.width * self.height {
            *out = Frame::new(self.width, self.height);
        }
        let effects = &recipe.effects;
        let moving = before.filter(|_| effects.shutter > 0.0 || effects.rolling_s > 0.0);
        self.stage.prepare(moment, recipe);
        self.stage.build(moment, moving, &mut self.geometry);
        let k = self.intrinsics(moment);
        let distortion = Distortion::of(effects.distortion, &k);
        // Intrinsics count from the middle of the first pixel, rasters from its edge.
        let edge = Intrinsics { cx: k.cx + 0.5, cy: k.cy + 0.5, ..k };
        let wider = self.darkroom.set_lens((effects.distortion != [0.0; 2]).then_some((distortion, edge)));
        let lens = Lens { focal: [(edge.fx / wider) as f32, (edge.fy / wider) as f32], centre: [edge.cx as f32, edge.cy as f32] };
        self.aim_lights(moment, recipe);
        let shadows = recipe.light.lamps.first().is_some_and(|l| l.shadow);
        self.geometry.project(&lens.enlarged(2.0), self.light.lamps.first().filter(|_| shadows).map(|l| l.towards));
        self.draw(shadows);
        self.shade(lens, shadows, moving.is_some());
        let interval_s = before.map_or(1.0 / 30.0, |b| (moment.time_s - b.time_s).clamp(1e-3, 1.0));
        let seed = recipe.texture_seed ^ moment.time_s.to_bits();
        self.develop(effects, interval_s, seed, moving.is_some(), out);
    }

    fn intrinsics(&self, moment: &Moment) -> Intrinsics {
        let k = moment.camera.intrinsics;
        let (sx, sy) = (self.width as f64 / f64::from(k.width.max(1)), self.height as f64 / f64::from(k.height.max(1)));
        let (cx, cy) = ((k.cx + 0.5) * sx - 0.5, (k.cy + 0.5) * sy - 0.5);
        Intrinsics { fx: k.fx * sx, fy: k.fy * sy, cx, cy, width: self.width as u32, height: self.height as u32 }
    }

    fn aim_lights(&mut self, moment: &Moment, recipe: &SceneRecipe) {
        let camera = affine(&moment.camera.camera_from_world);
        let c = |c: [f32; 3]| v3(c[0], c[1], c[2]);
        self.light.lamps.clear();
        self.light
            .lamps
            .extend(recipe.light.lamps.iter().map(|l| CameraLamp { towards: camera.direction(c(l.towards)).unit(), colour: c(l.colour) }));
        self.light.sky = c(recipe.light.sky);
        self.light.ground = c(recipe.light.ground);
        self.light.up = camera.direction(v3(0.0, 0.0, 1.0));
        if let Some(lamp) = self.light.lamps.first() {
            self.shadow.aim(lamp.towards, camera.point(Stage::focus(moment)));
        }
    }

    /// Finds what is seen at each sample, from the camera and from the lamp.
    fn draw(&mut self, shadows: bool) {
        let rows = 2 * self.height.div_ceil(self.threads);
        let width = 2 * self.width;
        let (view, mut lamp_bands) = self.shadow.bands(self.threads);
        let mut items = Vec::new();
        let geometry = &self.geometry;
        lamp_bands.reverse();
        for (k, (near, id)) in self.near.chunks_mut(rows * width).zip(self.id.chunks_mut(rows * width)).enumerate() {
            items.push((Band { near, id, width, first: k * rows }, lamp_bands.pop()));
        }
        each(items, |(band, lamp)| {
            // Tiles of rows stay in the processor's cache while everything is drawn into them.
            let tile = (TILE_SAMPLES / width).max(1);
            for (k, (near, id)) in band.near.chunks_mut(tile * width).zip(band.id.chunks_mut(tile * width)).enumerate() {
                geometry.draw(&mut Band { near, id, width, first: band.first + k * tile });
            }
            if let Some(mut lamp) = lamp.filter(|_| shadows) {
                view.draw(geometry, &mut lamp);
            }
        });
    }

    fn shade(&mut self, lens: Lens, shadows: bool, motion: bool) {
        let shader = Shader {
            geometry: &self.geometry,
            painter: &self.painter,
            light: &self.light,
            shadow: shadows.then_some(&self.shadow),
            lens: lens.enlarged(2.0),
            picture_lens: lens,
            width: 2 * self.width,
            height: 2 * self.height,
            near: &self.near,
            id: &self.id,
            motion,
        };
        // Whole occlusion blocks in each band: the picture does not depend on how many bands there are.
        let rows = self.height.div_ceil(self.threads).next_multiple_of(OCCLUSION_ROWS);
        let chunk = rows * self.width;
        let bands = self
            .colour
            .chunks_mut(chunk)
            .zip(self.depth_m.chunks_mut(chunk))
            .zip(self.label.chunks_mut(chunk).zip(self.flow.chunks_mut(chunk)))
            .enumerate()
            .map(|(k, ((colour, depth_m), (label, flow)))| Shaded { colour, depth_m, label, flow, first: k * rows })
            .collect();
        each(bands, |mut band| shader.band(&mut band));
    }

    fn develop(&mut self, e: &CameraEffects, interval_s: f64, seed: u64, moving: bool, out: &mut Frame) {
        let flow: &[[f32; 2]] = if moving { &self.flow } else { &[] };
        self.darkroom.survey(flow, e.shutter);
        let d = Development {
            gain: v3(e.white_balance[0], 1.0, e.white_balance[1]) * e.exposure,
            shutter: e.shutter,
            rolling: (f64::from(e.rolling_s) / interval_s) as f32,
            // The recipe speaks of 8-bit steps in the shadows, where the curve rises about three times as fast as light.
            read_noise: e.noise / 255.0 * 0.30,
            vignette: e.vignette,
            blur_px: e.blur_px * self.width as f32 / 640.0,
            seed,
        };
        let negative = Negative { colour: &self.colour, flow, depth_m: &self.depth_m, label: &self.label };
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
        each(bands, |mut band| darkroom.print(&d, &negative, &mut band));
    }
}
