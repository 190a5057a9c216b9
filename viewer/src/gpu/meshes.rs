//! Draws what egui has laid out with a pipeline of our own; `meshes.wgsl` says why.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use egui::epaint::{ClippedPrimitive, ImageData, ImageDelta, Primitive, Vertex};
use egui::{Rect, TextureId, TexturesDelta};

use crate::stream::lock;

/// Meshes of one picture of the window, and the textures that they use.
pub struct Meshes {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    texture_layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    screen: wgpu::Buffer,
    screen_group: wgpu::BindGroup,
    textures: HashMap<TextureId, Image>,
    next_user: u64,
    /// Textures that egui has let go of, until the picture that still uses them is drawn.
    leaving: Vec<TextureId>,
    vertices: Growing<Vertex>,
    indices: Growing<u32>,
    draws: Vec<Draw>,
}

struct Image {
    /// `None` when it belongs to somebody else.
    texture: Option<wgpu::Texture>,
    group: wgpu::BindGroup,
}

/// One mesh: where it may draw, in pixels, and its part of the buffers.
struct Draw {
    texture: TextureId,
    scissor: [u32; 4],
    indices: Range<u32>,
    first_vertex: i32,
}

/// A buffer that grows with what is put into it.
struct Growing<T> {
    items: Vec<T>,
    buffer: wgpu::Buffer,
    usage: wgpu::BufferUsages,
}

impl<T: bytemuck::Pod> Growing<T> {
    fn new(device: &wgpu::Device, usage: wgpu::BufferUsages) -> Growing<T> {
        Growing { items: Vec::new(), buffer: buffer(device, 1 << 16, usage), usage }
    }

    fn send(&mut self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let bytes: &[u8] = bytemuck::cast_slice(&self.items);
        if bytes.len() as u64 > self.buffer.size() {
            self.buffer = buffer(device, (bytes.len() as u64).next_power_of_two(), self.usage);
        }
        queue.write_buffer(&self.buffer, 0, bytes);
    }
}

fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let usage = usage | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some("meshes"), size, usage, mapped_at_creation: false })
}

impl Meshes {
    /// For screens of a format.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Meshes {
        let (screen_layout, texture_layout) = layouts(device);
        let screen = buffer(device, 16, wgpu::BufferUsages::UNIFORM);
        let entries = [wgpu::BindGroupEntry { binding: 0, resource: screen.as_entire_binding() }];
        let screen_group =
            device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("meshes"), layout: &screen_layout, entries: &entries });
        let linear = wgpu::FilterMode::Linear;
        Meshes {
            pipeline: pipeline(device, format, &[Some(&screen_layout), Some(&texture_layout)]),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor { mag_filter: linear, min_filter: linear, ..Default::default() }),
            vertices: Growing::new(device, wgpu::BufferUsages::VERTEX),
            indices: Growing::new(device, wgpu::BufferUsages::INDEX),
            device: device.clone(),
            queue: queue.clone(),
            texture_layout,
            screen,
            screen_group,
            textures: HashMap::new(),
            next_user: 0,
            leaving: Vec::new(),
            draws: Vec::new(),
        }
    }

    /// Makes a texture of somebody else known to egui, under a name of its own or in place of another one.
    pub fn register(&mut self, view: &wgpu::TextureView, old: Option<TextureId>) -> TextureId {
        let id = old.unwrap_or_else(|| {
            self.next_user += 1;
            TextureId::User(self.next_user)
        });
        let image = Image { texture: None, group: self.group(view) };
        self.textures.insert(id, image);
        id
    }

    /// Takes textures to the device that egui has changed, which leaves nothing in `delta`.
    pub fn take_textures(&mut self, delta: &mut TexturesDelta) {
        for id in self.leaving.drain(..) {
            self.textures.remove(&id);
        }
        for (id, changes) in delta.set.drain() {
            changes.iter().for_each(|change| self.change(id, change));
        }
        self.leaving.extend(delta.free.drain());
    }

    fn change(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let size = wgpu::Extent3d { width: image.width() as u32, height: image.height() as u32, depth_or_array_layers: 1 };
        if change.pos.is_none() {
            let texture = self.device.create_texture(&wgpu::TextureDescriptor {
                label: Some("egui"),
                size,
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: wgpu::TextureFormat::Rgba8Unorm,
                usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            });
            let group = self.group(&texture.create_view(&wgpu::TextureViewDescriptor::default()));
            self.textures.insert(id, Image { texture: Some(texture), group });
        }
        let Some(texture) = self.textures.get(&id).and_then(|image| image.texture.as_ref()) else { return };
        let [x, y] = change.pos.unwrap_or_default().map(|v| v as u32);
        let mut place = texture.as_image_copy();
        place.origin = wgpu::Origin3d { x, y, z: 0 };
        let rows = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size.width), rows_per_image: None };
        self.queue.write_texture(place, bytemuck::cast_slice(&image.pixels), rows, size);
    }

    fn group(&self, view: &wgpu::TextureView) -> wgpu::BindGroup {
        let entries = [
            wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(view) },
            wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
        ];
        let layout = &self.texture_layout;
        self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("egui"), layout, entries: &entries })
    }

    /// Takes meshes to the device; they are drawn until there are others. `size`: of the screen, pixels.
    pub fn lay_out(&mut self, jobs: &[ClippedPrimitive], size: [u32; 2], pixels_per_point: f32) {
        self.vertices.items.clear();
        self.indices.items.clear();
        self.draws.clear();
        for ClippedPrimitive { clip_rect, primitive } in jobs {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let scissor = scissor(*clip_rect, size, pixels_per_point);
            if scissor[2] == 0 || scissor[3] == 0 || mesh.indices.is_empty() {
                continue;
            }
            let (first_vertex, first_index) = (self.vertices.items.len() as i32, self.indices.items.len() as u32);
            self.vertices.items.extend_from_slice(&mesh.vertices);
            self.indices.items.extend_from_slice(&mesh.indices);
            let indices = first_index..self.indices.items.len() as u32;
            self.draws.push(Draw { texture: mesh.texture_id, scissor, indices, first_vertex });
        }
        let points = [size[0] as f32 / pixels_per_point, size[1] as f32 / pixels_per_point, 0.0, 0.0];
        self.queue.write_buffer(&self.screen, 0, bytemuck::cast_slice(&points));
        self.vertices.send(&self.device, &self.queue);
        self.indices.send(&self.device, &self.queue);
    }

    /// Draws the meshes into a pass over the whole screen, which has this size in pixels.
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>, size: [u32; 2]) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.screen_group, &[]);
        pass.set_index_buffer(self.indices.buffer.slice(..), wgpu::IndexFormat::Uint32);
        pass.set_vertex_buffer(0, self.vertices.buffer.slice(..));
        for draw in &self.draws {
            let Some(image) = self.textures.get(&draw.texture) else { continue };
            // A window that is being made smaller may be ahead of what was laid out for it.
            let [x, y, width, height] = draw.scissor;
            let (x, y) = (x.min(size[0]), y.min(size[1]));
            pass.set_scissor_rect(x, y, width.min(size[0] - x), height.min(size[1] - y));
            pass.set_bind_group(1, &image.group, &[]);
            pass.draw_indexed(draw.indices.clone(), draw.first_vertex, 0..1);
        }
    }
}

/// The pixels of a clip rectangle in points, as left, top, width and height.
fn scissor(clip: Rect, size: [u32; 2], pixels_per_point: f32) -> [u32; 4] {
    let pixel = |points: f32, most: u32| (points * pixels_per_point).round().clamp(0.0, most as f32) as u32;
    let (left, top) = (pixel(clip.min.x, size[0]), pixel(clip.min.y, size[1]));
    let (right, bottom) = (pixel(clip.max.x, size[0]), pixel(clip.max.y, size[1]));
    [left, top, right.saturating_sub(left), bottom.saturating_sub(top)]
}

fn layouts(device: &wgpu::Device) -> (wgpu::BindGroupLayout, wgpu::BindGroupLayout) {
    let entry = |binding, visibility, ty| wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None };
    let make = |entries: &[_]| device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("meshes"), entries });
    let uniform = wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: false, min_binding_size: None };
    let texture = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: true },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let fragment = wgpu::ShaderStages::FRAGMENT;
    let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
    (make(&[entry(0, wgpu::ShaderStages::VERTEX, uniform)]), make(&[entry(0, fragment, texture), entry(1, fragment, sampler)]))
}

fn pipeline(device: &wgpu::Device, format: wgpu::TextureFormat, groups: &[Option<&wgpu::BindGroupLayout>]) -> wgpu::RenderPipeline {
    let module = &device.create_shader_module(wgpu::include_wgsl!("meshes.wgsl"));
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("meshes"),
        bind_group_layouts: groups,
        ..Default::default()
    });
    let add = |src_factor, dst_factor| wgpu::BlendComponent { src_factor, dst_factor, operation: wgpu::BlendOperation::Add };
    let blend = wgpu::BlendState {
        color: add(wgpu::BlendFactor::One, wgpu::BlendFactor::OneMinusSrcAlpha),
        alpha: add(wgpu::BlendFactor::OneMinusDstAlpha, wgpu::BlendFactor::One),
    };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("meshes"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("corner"),
            compilation_options: Default::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Vertex>() as u64,
                step_mode: wgpu::VertexStepMode::Vertex,
                attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2, 2 => Unorm8x4],
            })],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(if format.is_srgb() { "in_linear" } else { "in_gamma" }),
            compilation_options: Default::default(),
            targets: &[Some(wgpu::ColorTargetState { format, blend: Some(blend), write_mask: wgpu::ColorWrites::ALL })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// Hands everything that egui has laid out for a window to our meshes, as one callback that takes its place.
pub(crate) struct MeshPlugin(pub(crate) Arc<Mutex<Meshes>>);

impl egui::Plugin for MeshPlugin {
    fn debug_name(&self) -> &'static str {
        "ego meshes"
    }

    fn output_hook(&mut self, context: &egui::Context, output: &mut egui::FullOutput) {
        let screen = context.viewport_rect();
        let scale = output.pixels_per_point;
        let size = (screen.size() * scale).round();
        let jobs = context.tessellate(std::mem::take(&mut output.shapes), scale);
        let mut meshes = lock(&self.0);
        meshes.take_textures(&mut output.textures_delta);
        meshes.lay_out(&jobs, [size.x as u32, size.y as u32], scale);
        let callback = egui_wgpu::Callback::new_paint_callback(screen, MeshCallback(Arc::clone(&self.0)));
        output.shapes.push(egui::epaint::ClippedShape::new(screen, egui::Shape::Callback(callback)));
    }
}

struct MeshCallback(Arc<Mutex<Meshes>>);

impl egui_wgpu::CallbackTrait for MeshCallback {
    fn paint(&self, info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _resources: &egui_wgpu::CallbackResources) {
        lock(&self.0).draw(pass, info.screen_size_px);
    }
}
