//! Draws moments on the device: sends the scene, runs the passes, reads the picture back.

use std::sync::Arc;

use wgpu::BufferUsages as Usage;

use super::device::Gpu;
use super::memory::{Growing, buffer, drawn};
use super::packing;
use super::pipelines::{DEPTH, ID};
use crate::effects::develop::{Darkroom, TILE};
use crate::error::SynthError;
use crate::mesh::import::HandMesh;
use crate::moment::Moment;
use crate::raster::Frame;
use crate::raster::noise::Noise;
use crate::raster::scenery::{Scenery, View};
use crate::recipe::SceneRecipe;

/// Bytes a pixel of the largest buffer: linear colour and depth.
const WIDEST: u64 = 16;
/// Bytes a pixel that are read back.
const PICTURE: u64 = 8;

/// Draws moments on the graphics device.
pub struct GpuRenderer {
    gpu: Arc<Gpu>,
    width: usize,
    height: usize,
    scenery: Scenery,
    darkroom: Darkroom,
    /// The lens that the device knows.
    lens_known: bool,
    words: Vec<u32>,
    scene: SceneBuffers,
    targets: Targets,
    light: LightBuffers,
    groups: Option<Groups>,
}

/// What is sent for each frame.
struct SceneBuffers {
    view: Growing,
    vertices: Growing,
    triangles: Growing,
    casters: Growing,
    surfaces: Growing,
    development: Growing,
    lens: Growing,
    steps: Growing,
}

/// What passes draw into.
struct Targets {
    id: wgpu::TextureView,
    near: wgpu::TextureView,
    shadow: wgpu::TextureView,
}

/// Numbers of all pixels, and tables.
struct LightBuffers {
    lattice: Growing,
    hand: Growing,
    tables: Growing,
    colours: wgpu::Buffer,
    flows: wgpu::Buffer,
    labels: wgpu::Buffer,
    tiles: wgpu::Buffer,
    picture: wgpu::Buffer,
    copied: wgpu::Buffer,
}

struct Groups {
    scene: wgpu::BindGroup,
    shading: wgpu::BindGroup,
    development: wgpu::BindGroup,
}

impl GpuRenderer {
    /// A renderer of pictures of this size (pixels, at least 1 x 1) on the fastest device of this machine.
    ///
    /// # Errors
    /// When there is no device, when it cannot be opened, or when it has no room for such pictures.
    pub fn new(width: usize, height: usize) -> Result<GpuRenderer, SynthError> {
        let gpu = Gpu::open()?;
        let (width, height) = (width.max(1), height.max(1));
        let pixels = (width * height) as u64;
        let limits = gpu.device.limits();
        let side = limits.max_texture_dimension_2d as usize;
        let bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        if 2 * width.max(height) > side || WIDEST * pixels > bytes {
            return Err(gpu.failed(&format!("pictures of {width}x{height} are too large for it")));
        }
        let scenery = Scenery::new(width, height);
        let darkroom = Darkroom::new(width, height);
        let mut light = LightBuffers::new(&gpu, pixels, tiles(width, height));
        let lattice: Vec<u32> = Noise::new().cells().as_flattened().iter().flat_map(|c| c.to_array()).map(f32::to_bits).collect();
        light.lattice.send(&gpu, &lattice);
        light.hand.send(&gpu, &packing::hand());
        let tables: Vec<u32> = darkroom.tables().flatten().map(f32::to_bits).collect();
        light.tables.send(&gpu, &tables);
        let mut scene = SceneBuffers::new(&gpu);
        let mut steps = packing::columns(width);
        steps.resize(4 * (width + height), 0);
        scene.steps.send(&gpu, &steps);
        let samples = [2 * width as u32, 2 * height as u32];
        let targets = Targets {
            id: drawn(&gpu, "ids", samples, ID),
            near: drawn(&gpu, "nearness", samples, DEPTH),
            shadow: drawn(&gpu, "shadow", [scenery.shadow_side() as u32; 2], DEPTH),
        };
        gpu.check()?;
        Ok(GpuRenderer { gpu, width, height, scenery, darkroom, lens_known: false, words: Vec::new(), scene, targets, light, groups: None })
    }

    /// Draws all hands with this mesh instead of the built-in one.
    #[must_use]
    pub fn with_hand_mesh(mut self, mesh: Arc<HandMesh>) -> GpuRenderer {
        self.scenery.set_hand_mesh(mesh);
        self
    }

    /// What the device calls itself.
    pub fn device_name(&self) -> &str {
        &self.gpu.name
    }

    /// Draws `moment`, as [`raster::Renderer::render`](crate::raster::Renderer::render) does.
    ///
    /// # Errors
    /// When the device fails, or is lost.
    pub fn render(&mut self, moment: &Moment, before: Option<&Moment>, recipe: &SceneRecipe, out: &mut Frame) -> Result<(), SynthError> {
        if (out.width, out.height) != (self.width, self.height) || out.rgb.len() != 3 * self.width * self.height {
            *out = Frame::new(self.width, self.height);
        }
        let lens = self.darkroom.lens_key();
        let view = self.scenery.set(moment, before, recipe, &mut self.darkroom);
        self.lens_known &= lens == self.darkroom.lens_key();
        self.send(&view);
        let groups = match self.groups.take() {
            Some(groups) => groups,
            None => self.group(),
        };
        self.run(&view, &groups);
        self.groups = Some(groups);
        self.read(out)
    }

    /// Takes the scene to the device.
    fn send(&mut self, view: &View) {
        let (gpu, scene, words) = (&*self.gpu, &mut self.scene, &mut self.words);
        let geometry = &self.scenery.geometry;
        let size = [self.width as u32, self.height as u32];
        packing::view(&self.scenery, view, size, words);
        let mut grown = scene.view.send(gpu, words);
        packing::vertices(geometry, words);
        grown |= scene.vertices.send(gpu, words);
        packing::triangles(geometry, words);
        grown |= scene.triangles.send(gpu, words);
        packing::surfaces(geometry, words);
        grown |= scene.surfaces.send(gpu, words);
        grown |= scene.casters.send(gpu, geometry.casters.as_flattened());
        let map = self.darkroom.lens_map();
        packing::development(&view.development, size, tiles(self.width, self.height), view.moving, map.len() > 0, words);
        grown |= scene.development.send(gpu, words);
        packing::rows(view.development.seed, self.height, words);
        gpu.queue.write_buffer(&scene.steps.buffer, 16 * self.width as u64, bytemuck::cast_slice(words));
        if !self.lens_known {
            words.clear();
            words.extend(map.flatten().map(f32::to_bits));
            grown |= scene.lens.send(gpu, words);
            self.lens_known = true;
        }
        if grown {
            self.groups = None;
        }
    }

    fn group(&self) -> Groups {
        let (scene, light, targets, pipelines) = (&self.scene, &self.light, &self.targets, &self.gpu.pipelines);
        let make = |layout, resources: &[wgpu::BindingResource<'_>]| {
            let entries: Vec<_> = (0..).zip(resources).map(|(binding, r)| wgpu::BindGroupEntry { binding, resource: r.clone() }).collect();
            self.gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
        };
        let view = wgpu::BindingResource::TextureView;
        let mut shading = all(&[&scene.surfaces.buffer, &light.lattice.buffer, &light.hand.buffer]);
        shading.extend([view(&targets.id), view(&targets.near), view(&targets.shadow)]);
        shading.extend(all(&[&light.colours, &light.flows, &light.labels]));
        let development = [
            &scene.development.buffer,
            &light.colours,
            &light.flows,
            &light.labels,
            &light.tiles,
            &scene.lens.buffer,
            &light.tables.buffer,
            &scene.steps.buffer,
            &light.picture,
        ];
        Groups {
            scene: make(
                &pipelines.scene,
                &all(&[&scene.view.buffer, &scene.vertices.buffer, &scene.triangles.buffer, &scene.casters.buffer]),
            ),
            shading: make(&pipelines.shading, &shading),
            development: make(&pipelines.development, &all(&development)),
        }
    }

    /// All passes of a frame, and the copy to where the processor can read.
    fn run(&self, view: &View, groups: &Groups) {
        let (gpu, pipelines, geometry) = (&*self.gpu, &self.gpu.pipelines, &self.scenery.geometry);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") });
        let depth = |view| {
            Some(wgpu::RenderPassDepthStencilAttachment {
                view,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(0.0), store: wgpu::StoreOp::Store }),
                stencil_ops: None,
            })
        };
        if view.shadows {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("shadow"),
                depth_stencil_attachment: depth(&self.targets.shadow),
                ..Default::default()
            });
            pass.set_pipeline(&pipelines.shadow);
            pass.set_bind_group(0, &groups.scene, &[]);
            pass.draw(0..3 * geometry.casters.len() as u32, 0..1);
        }
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("visibility"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &self.targets.id,
                    resolve_target: None,
                    ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT), store: wgpu::StoreOp::Store },
                    depth_slice: None,
                })],
                depth_stencil_attachment: depth(&self.targets.near),
                ..Default::default()
            });
            pass.set_pipeline(&pipelines.visibility);
            pass.set_bind_group(0, &groups.scene, &[]);
            pass.draw(0..3 * geometry.triangles.len() as u32, 0..1);
        }
        {
            let squares = [self.width, self.height].map(|v| v.div_ceil(8) as u32);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("light"), ..Default::default() });
            pass.set_pipeline(&pipelines.shade);
            pass.set_bind_group(0, &groups.scene, &[]);
            pass.set_bind_group(1, &groups.shading, &[]);
            pass.dispatch_workgroups(squares[0], squares[1], 1);
            pass.set_bind_group(0, &groups.development, &[]);
            if view.moving {
                let [across, down] = tiles(self.width, self.height);
                for pipeline in [&pipelines.survey, &pipelines.spread] {
                    pass.set_pipeline(pipeline);
                    pass.dispatch_workgroups((across * down).div_ceil(64), 1, 1);
                }
            }
            pass.set_pipeline(&pipelines.develop);
            pass.dispatch_workgroups(squares[0], squares[1], 1);
        }
        let bytes = PICTURE * (self.width * self.height) as u64;
        encoder.copy_buffer_to_buffer(&self.light.picture, 0, &self.light.copied, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
    }

    /// Waits for the picture and takes it apart.
    fn read(&self, out: &mut Frame) -> Result<(), SynthError> {
        let gpu = &*self.gpu;
        gpu.check()?;
        let slice = self.light.copied.slice(..PICTURE * (self.width * self.height) as u64);
        let (sender, mapped) = std::sync::mpsc::sync_channel(1);
        slice.map_async(wgpu::MapMode::Read, move |result| {
            // Nobody listens any more when waiting has failed.
            let _ = sender.send(result);
        });
        gpu.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| gpu.failed(&e.to_string()))?;
        mapped.recv().map_err(|e| gpu.failed(&e.to_string()))?.map_err(|e| gpu.failed(&e.to_string()))?;
        {
            let data = slice.get_mapped_range().map_err(|e| gpu.failed(&e.to_string()))?;
            let pixels = data.as_chunks::<8>().0.iter();
            let rgb = out.rgb.as_chunks_mut::<3>().0.iter_mut();
            for (((pixel, rgb), depth_m), label) in pixels.zip(rgb).zip(&mut out.depth_m).zip(&mut out.label) {
                let [r, g, b, l, d @ ..] = *pixel;
                (*rgb, *label, *depth_m) = ([r, g, b], l, f32::from_le_bytes(d));
            }
        }
        self.light.copied.unmap();
        gpu.check()
    }
}

/// Whole buffers.
fn all<'a>(buffers: &[&'a wgpu::Buffer]) -> Vec<wgpu::BindingResource<'a>> {
    buffers.iter().map(|b| b.as_entire_binding()).collect()
}

/// Tiles that share a direction of movement, across and down.
fn tiles(width: usize, height: usize) -> [u32; 2] {
    [width, height].map(|v| v.div_ceil(TILE) as u32)
}

impl SceneBuffers {
    fn new(gpu: &Gpu) -> SceneBuffers {
        let growing = |label, usage| Growing::new(gpu, label, usage);
        SceneBuffers {
            view: growing("view", Usage::UNIFORM),
            vertices: growing("vertices", Usage::STORAGE),
            triangles: growing("triangles", Usage::STORAGE),
            casters: growing("casters", Usage::STORAGE),
            surfaces: growing("surfaces", Usage::STORAGE),
            development: growing("development", Usage::UNIFORM),
            lens: growing("lens", Usage::STORAGE),
            steps: growing("steps", Usage::STORAGE),
        }
    }
}

impl LightBuffers {
    fn new(gpu: &Gpu, pixels: u64, [across, down]: [u32; 2]) -> LightBuffers {
        let own = |label, bytes, more: Usage| buffer(gpu, label, bytes, Usage::STORAGE | more);
        LightBuffers {
            lattice: Growing::new(gpu, "lattice", Usage::STORAGE),
            hand: Growing::new(gpu, "hand", Usage::UNIFORM),
            tables: Growing::new(gpu, "tables", Usage::STORAGE),
            colours: own("colours", WIDEST * pixels, Usage::empty()),
            flows: own("flows", 8 * pixels, Usage::empty()),
            labels: own("labels", 4 * pixels, Usage::empty()),
            // Those of the tiles themselves, and those of what is around them.
            tiles: own("tiles", 2 * 16 * u64::from(across) * u64::from(down), Usage::empty()),
            picture: own("picture", PICTURE * pixels, Usage::COPY_SRC),
            copied: buffer(gpu, "copied", PICTURE * pixels, Usage::COPY_DST | Usage::MAP_READ),
        }
    }
}
