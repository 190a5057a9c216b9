//! What every renderer does first: from a moment and a recipe to triangles in camera space, light, and a lens.

use std::sync::Arc;

use ego_core::camera::Intrinsics;

use super::geometry::{Geometry, Lens};
use super::shade::{CameraLamp, CameraLight};
use crate::effects::develop::{Darkroom, Development};
use crate::effects::distortion::Distortion;
use crate::mesh::import::HandMesh;
use crate::mesh::vec3::{V3, v3};
use crate::moment::Moment;
use crate::recipe::SceneRecipe;
use crate::stage::{Stage, affine};

/// Stage, triangles and light for pictures of one size; kept from frame to frame.
pub(crate) struct Scenery {
    width: usize,
    height: usize,
    stage: Stage,
    pub(crate) geometry: Geometry,
    pub(crate) light: CameraLight,
}

/// How the scenery is seen in one frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Of the picture, in pixels; the sample grid is twice as large.
    pub(crate) lens: Lens,
    /// The first lamp throws a shadow.
    pub(crate) shadows: bool,
    /// Corners know where they were a frame ago.
    pub(crate) moving: bool,
    /// What the shadow map is laid around, camera space.
    pub(crate) focus: V3,
    pub(crate) development: Development,
}

impl Scenery {
    pub(crate) fn new(width: usize, height: usize) -> Scenery {
        let stage = Stage::new(width >= 500);
        Scenery { width, height, stage, geometry: Geometry::default(), light: CameraLight::default() }
    }

    pub(crate) fn set_hand_mesh(&mut self, mesh: Arc<HandMesh>) {
        self.stage.set_hand_mesh(mesh);
    }

    /// Samples along a side of the shadow map: about as fine as the picture.
    pub(crate) fn shadow_side(&self) -> usize {
        match self.width {
            1000.. => 768,
            500.. => 512,
            _ => 288,
        }
    }

    /// Builds and projects the triangles of a moment, turns the light, and gives `darkroom` the lens.
    pub(crate) fn set(&mut self, moment: &Moment, before: Option<&Moment>, recipe: &SceneRecipe, darkroom: &mut Darkroom) -> View {
        let effects = &recipe.effects;
        let moving = before.filter(|_| effects.shutter > 0.0 || effects.rolling_s > 0.0);
        self.stage.prepare(moment, recipe);
        self.stage.build(moment, moving, &mut self.geometry);
        let k = self.intrinsics(moment);
        let distortion = Distortion::of(effects.distortion, &k);
        // Intrinsics count from the middle of the first pixel, rasters from its edge.
        let edge = Intrinsics { cx: k.cx + 0.5, cy: k.cy + 0.5, ..k };
        let wider = darkroom.set_lens((effects.distortion != [0.0; 2]).then_some((distortion, edge)));
        let lens = Lens { focal: [(edge.fx / wider) as f32, (edge.fy / wider) as f32], centre: [edge.cx as f32, edge.cy as f32] };
        let focus = self.turn_light(moment, recipe);
        let shadows = recipe.light.lamps.first().is_some_and(|l| l.shadow);
        self.geometry.project(&lens.enlarged(2.0), self.light.lamps.first().filter(|_| shadows).map(|l| l.towards));
        let interval_s = before.map_or(1.0 / 30.0, |b| (moment.time_s - b.time_s).clamp(1e-3, 1.0));
        let development = Development {
            gain: v3(effects.white_balance[0], 1.0, effects.white_balance[1]) * effects.exposure,
            shutter: effects.shutter,
            rolling: (f64::from(effects.rolling_s) / interval_s) as f32,
            // The recipe speaks of 8-bit steps in the shadows, where the curve rises about three times as fast as light.
            read_noise: effects.noise / 255.0 * 0.30,
            vignette: effects.vignette,
            blur_px: effects.blur_px * self.width as f32 / 640.0,
            seed: recipe.texture_seed ^ moment.time_s.to_bits(),
        };
        View { lens, shadows, moving: moving.is_some(), focus, development }
    }

    fn intrinsics(&self, moment: &Moment) -> Intrinsics {
        let k = moment.camera.intrinsics;
        let (sx, sy) = (self.width as f64 / f64::from(k.width.max(1)), self.height as f64 / f64::from(k.height.max(1)));
        let (cx, cy) = ((k.cx + 0.5) * sx - 0.5, (k.cy + 0.5) * sy - 0.5);
        Intrinsics { fx: k.fx * sx, fy: k.fy * sy, cx, cy, width: self.width as u32, height: self.height as u32 }
    }

    /// Light in camera space; returns what the shadow map is laid around.
    fn turn_light(&mut self, moment: &Moment, recipe: &SceneRecipe) -> V3 {
        let camera = affine(&moment.camera.camera_from_world);
        let c = |c: [f32; 3]| v3(c[0], c[1], c[2]);
        self.light.lamps.clear();
        self.light
            .lamps
            .extend(recipe.light.lamps.iter().map(|l| CameraLamp { towards: camera.direction(c(l.towards)).unit(), colour: c(l.colour) }));
        self.light.sky = c(recipe.light.sky);
        self.light.ground = c(recipe.light.ground);
        self.light.up = camera.direction(v3(0.0, 0.0, 1.0));
        camera.point(Stage::focus(moment))
    }
}
