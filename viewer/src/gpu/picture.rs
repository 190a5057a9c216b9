//! Planes of a picture and the maps over it become one texture that egui draws like any other.

use std::collections::HashMap;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};

use super::Graphics;
use crate::frame::{GreyMap, Picture, PlaneLayout, ViewFrame, YuvColour};
use crate::stream::lock;
use crate::theme::CIVIDIS;

/// How much of each layer shows, 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureLook {
    /// The picture itself.
    pub video: f32,
    /// Pseudo-depth over it.
    pub depth: f32,
    /// Darkness of what is out of reach.
    pub mask: f32,
    /// Size of the texture in eighths of the picture's, 1..8: what the screen does not show need not be converted.
    pub eighths: u32,
}

impl Default for PictureLook {
    fn default() -> PictureLook {
        PictureLook { video: 1.0, depth: 0.0, mask: 0.0, eighths: 8 }
    }
}

/// The uniform of `picture.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Look {
    rows: [[f32; 4]; 3],
    size: [f32; 4],
    layers: [f32; 4],
    texture: [f32; 4],
}

/// The conversion pass with its textures, which live as long as pictures keep their size.
pub struct PicturePass {
    graphics: Graphics,
    shader: wgpu::ShaderModule,
    pipeline_layout: wgpu::PipelineLayout,
    /// Made when they are first needed.
    pipelines: HashMap<Kind, wgpu::RenderPipeline>,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    uniform: wgpu::Buffer,
    palette: wgpu::TextureView,
    black: wgpu::TextureView,
    planes: Vec<Plane>,
    depth: Option<Plane>,
    mask: Option<Plane>,
    target: Option<Target>,
    shown: Option<Shown>,
}

struct Plane {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    format: wgpu::TextureFormat,
    size: (u32, u32),
}

struct Target {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    id: egui::TextureId,
    size: (u32, u32),
}

/// What a pipeline is made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    three_planes: bool,
    with_depth: bool,
    with_mask: bool,
    scaled: bool,
}

/// What is in the target now.
struct Shown {
    picture: Arc<Picture>,
    depth: Option<Arc<GreyMap>>,
    mask: Option<Arc<GreyMap>>,
    look: PictureLook,
}

/// Rows that take (y, u, v, 1) of 0..1 to red, green and blue of 0..1 (ITU-R BT.601-7 and BT.709-6, sections 2 and 3).
pub(crate) fn matrix(colour: YuvColour) -> [[f64; 4]; 3] {
    let YuvColour { kr, kb, full_range } = colour;
    let kg = 1.0 - kr - kb;
    let (luma, chroma, black) = if full_range { (1.0, 1.0, 0.0) } else { (255.0 / 219.0, 255.0 / 224.0, 16.0 / 255.0) };
    let (rv, bu) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
    let (gu, gv) = (-bu * kb / kg, -rv * kr / kg);
    let half = 128.0 / 255.0;
    let row = |u: f64, v: f64| [luma, u, v, -luma * black - (u + v) * half];
    [row(0.0, rv), row(gu, gv), row(bu, 0.0)]
}

impl PicturePass {
    /// Makes the pass on a device.
    pub fn new(graphics: &Graphics) -> PicturePass {
        let Graphics { device, queue, .. } = graphics;
        let shader = device.create_shader_module(wgpu::include_wgsl!("picture.wgsl"));
        let texture = |binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: true },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            },
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[
                wgpu::BindGroupLayoutEntry {
                    binding: 0,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                    count: None,
                },
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                    count: None,
                },
                texture(2),
                texture(3),
                texture(4),
                texture(5),
                texture(6),
                texture(7),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("picture"),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let uniform = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: size_of::<Look>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let palette = plane(device, wgpu::TextureFormat::Rgba8Unorm, (256, 1));
        let colours: Vec<u8> = CIVIDIS.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        write(queue, &palette, &colours, 1024);
        let black = plane(device, wgpu::TextureFormat::R8Unorm, (1, 1));
        write(queue, &black, &[0], 1);
        PicturePass {
            graphics: graphics.clone(),
            shader,
            pipeline_layout,
            pipelines: HashMap::new(),
            layout,
            sampler,
            uniform,
            palette: palette.view,
            black: black.view,
            planes: Vec::new(),
            depth: None,
            mask: None,
            target: None,
            shown: None,
        }
    }

    /// The texture of a frame; `None` when it has no picture. Costs nothing when nothing has changed.
    pub fn show(&mut self, frame: &ViewFrame, look: PictureLook) -> Option<egui::TextureId> {
        let picture = frame.picture.as_ref()?;
        let same = |a: &Option<Arc<GreyMap>>, b: &Option<Arc<GreyMap>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let new = self.shown.as_ref().is_none_or(|s| !Arc::ptr_eq(&s.picture, picture));
        let changed =
            new || self.shown.as_ref().is_none_or(|s| s.look != look || !same(&s.depth, &frame.depth) || !same(&s.mask, &frame.mask));
        if changed {
            if new {
                self.upload(picture)?;
            }
            self.upload_maps(frame);
            self.convert(picture, frame, look);
            // The picture itself is kept only while its memory is our own: a camera wants its buffers back.
            let (depth, mask) = (frame.depth.clone(), frame.mask.clone());
            self.shown = Some(Shown { picture: Arc::clone(picture), depth, mask, look });
        }
        self.target.as_ref().map(|t| t.id)
    }

    /// The texture of the last conversion, `Rgba8Unorm`.
    pub fn texture(&self) -> Option<&wgpu::Texture> {
        self.target.as_ref().map(|t| &t.texture)
    }

    fn upload(&mut self, picture: &Picture) -> Option<()> {
        let planes = picture.planes()?;
        let chroma = picture.chroma_size();
        let (r8, rg8) = (wgpu::TextureFormat::R8Unorm, wgpu::TextureFormat::Rg8Unorm);
        let wanted: &[_] = match picture.layout {
            PlaneLayout::Nv12 => &[(r8, (picture.width, picture.height)), (rg8, chroma)],
            PlaneLayout::I420 => &[(r8, (picture.width, picture.height)), (r8, chroma), (r8, chroma)],
        };
        let fits = self.planes.len() == wanted.len()
            && self.planes.iter().zip(wanted).all(|(p, (format, size))| p.format == *format && p.size == *size);
        if !fits {
            self.planes = wanted.iter().map(|(format, size)| plane(&self.graphics.device, *format, *size)).collect();
        }
        for (plane, (data, stride)) in self.planes.iter().zip(planes.planes) {
            write(&self.graphics.queue, plane, data, stride);
        }
        Some(())
    }

    fn upload_maps(&mut self, frame: &ViewFrame) {
        let Graphics { device, queue, .. } = &self.graphics;
        for (map, slot) in [(&frame.depth, &mut self.depth), (&frame.mask, &mut self.mask)] {
            let Some(map) = map else {
                *slot = None;
                continue;
            };
            if map.data.len() < (map.width * map.height) as usize || map.data.is_empty() {
                *slot = None;
                continue;
            }
            let size = (map.width, map.height);
            if slot.as_ref().is_none_or(|p| p.size != size) {
                *slot = Some(plane(device, wgpu::TextureFormat::R8Unorm, size));
            }
            if let Some(plane) = slot {
                write(queue, plane, &map.data, map.width);
            }
        }
    }

    fn convert(&mut self, picture: &Picture, frame: &ViewFrame, look: PictureLook) {
        let eighths = look.eighths.clamp(1, 8);
        let size = (picture.width, picture.height);
        self.fit_target(((size.0 * eighths).div_ceil(8), (size.1 * eighths).div_ceil(8)));
        let Some(target) = &self.target else { return };
        let Graphics { device, queue, .. } = &self.graphics;
        let chroma = picture.chroma_size();
        let kind = Kind {
            three_planes: picture.layout == PlaneLayout::I420,
            with_depth: frame.depth.is_some() && self.depth.is_some() && look.depth > 0.0,
            with_mask: frame.mask.is_some() && self.mask.is_some() && look.mask > 0.0,
            scaled: target.size != size,
        };
        let pipeline = self.pipelines.entry(kind).or_insert_with(|| pipeline(device, &self.shader, &self.pipeline_layout, kind));
        let uniform = Look {
            rows: matrix(picture.colour).map(|row| row.map(|v| v as f32)),
            size: [size.0 as f32, size.1 as f32, chroma.0 as f32, chroma.1 as f32],
            layers: [look.video, look.depth, look.mask, 0.0],
            texture: [target.size.0 as f32, target.size.1 as f32, 0.0, 0.0],
        };
        queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        let view = |plane: Option<&Plane>| plane.map_or_else(|| self.black.clone(), |p| p.view.clone());
        let views = [
            view(self.planes.first()),
            view(self.planes.get(1)),
            view(self.planes.get(2)),
            view(self.depth.as_ref()),
            view(self.mask.as_ref()),
            self.palette.clone(),
        ];
        let mut entries = vec![
            wgpu::BindGroupEntry { binding: 0, resource: self.uniform.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
        ];
        entries.extend(
            views
                .iter()
                .zip(2..)
                .map(|(view, binding)| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) }),
        );
        let group =
            device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("picture"), layout: &self.layout, entries: &entries });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("picture") });
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("picture"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &target.view,
                    resolve_target: None,
                    ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
                    depth_slice: None,
                })],
                ..Default::default()
            });
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.draw(0..3, 0..1);
        }
        queue.submit([encoder.finish()]);
    }

    fn fit_target(&mut self, size: (u32, u32)) {
        if self.target.as_ref().is_some_and(|t| t.size == size) {
            return;
        }
        let device = &self.graphics.device;
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: extent(size),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let id = lock(&self.graphics.meshes).register(&view, self.target.as_ref().map(|old| old.id));
        self.target = Some(Target { texture, view, id, size });
    }
}

/// The pass for one kind of pictures and layers.
fn pipeline(device: &wgpu::Device, module: &wgpu::ShaderModule, layout: &wgpu::PipelineLayout, kind: Kind) -> wgpu::RenderPipeline {
    let number = |on: bool| f64::from(u8::from(on));
    let constants = [
        ("three_planes", number(kind.three_planes)),
        ("with_depth", number(kind.with_depth)),
        ("with_mask", number(kind.with_mask)),
        ("scaled", number(kind.scaled)),
    ];
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("picture"),
        layout: Some(layout),
        vertex: wgpu::VertexState { module, entry_point: Some("corner"), compilation_options: Default::default(), buffers: &[] },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some("convert"),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
            // Not the sRGB variant: pictures are gamma-encoded already, and so is what egui draws.
            targets: &[Some(wgpu::TextureFormat::Rgba8Unorm.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn extent((width, height): (u32, u32)) -> wgpu::Extent3d {
    wgpu::Extent3d { width: width.max(1), height: height.max(1), depth_or_array_layers: 1 }
}

fn plane(device: &wgpu::Device, format: wgpu::TextureFormat, size: (u32, u32)) -> Plane {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("plane"),
        size: extent(size),
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    Plane { texture, view, format, size }
}

/// Writes rows with the bytes from row to row that they have in memory; `data` was checked to be long enough.
fn write(queue: &wgpu::Queue, plane: &Plane, data: &[u8], stride: u32) {
    queue.write_texture(
        plane.texture.as_image_copy(),
        data,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(stride), rows_per_image: None },
        extent(plane.size),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_primaries_come_out_as_the_standards_say() {
        // ITU-R BT.601 and BT.709: codes of white, black and red in studio range; JFIF in full range.
        let full = YuvColour { full_range: true, ..YuvColour::BT601 };
        for (colour, yuv, want) in [
            (YuvColour::BT601, [235.0, 128.0, 128.0], [255.0, 255.0, 255.0]),
            (YuvColour::BT709, [16.0, 128.0, 128.0], [0.0, 0.0, 0.0]),
            (YuvColour::BT601, [81.0, 90.0, 240.0], [255.0, 0.0, 0.0]),
            (YuvColour::BT709, [63.0, 102.0, 240.0], [255.0, 0.0, 0.0]),
            (full, [76.0, 85.0, 255.0], [254.0, 0.0, 0.0]),
        ] {
            let [y, u, v] = yuv.map(|c| c / 255.0);
            let got = matrix(colour).map(|[a, b, c, d]| ((a * y + b * u + c * v + d) * 255.0).clamp(0.0, 255.0));
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1.6), "{colour:?} {yuv:?}: {got:?}");
        }
    }
}
