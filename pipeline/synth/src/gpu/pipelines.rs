//! The passes of a frame: their shaders and what they read and write.

use wgpu::{BindGroupLayout, ComputePipeline, Device, RenderPipeline, ShaderModule, ShaderStages, TextureFormat};

/// Nearness, of the picture and of the shadow map.
pub(super) const DEPTH: TextureFormat = TextureFormat::Depth32Float;
/// One more than the index of the triangle that is seen; 0 where there is none.
pub(super) const ID: TextureFormat = TextureFormat::R32Uint;

/// Pipelines and the layouts of their groups.
pub(super) struct Pipelines {
    pub(super) scene: BindGroupLayout,
    pub(super) shading: BindGroupLayout,
    pub(super) development: BindGroupLayout,
    /// What is seen at each sample.
    pub(super) visibility: RenderPipeline,
    /// What the lamp sees.
    pub(super) shadow: RenderPipeline,
    pub(super) shade: ComputePipeline,
    /// Movement in each tile, then around each tile.
    pub(super) survey: ComputePipeline,
    pub(super) spread: ComputePipeline,
    pub(super) develop: ComputePipeline,
}

/// What a binding holds.
#[derive(Clone, Copy)]
enum Holds {
    Numbers,
    Read,
    Write,
    Ids,
    Depth,
}

fn layout(device: &Device, label: &str, bindings: &[(Holds, ShaderStages)]) -> BindGroupLayout {
    let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
    let texture = |sample_type| {
        let view_dimension = wgpu::TextureViewDimension::D2;
        wgpu::BindingType::Texture { sample_type, view_dimension, multisampled: false }
    };
    let entries: Vec<_> = (0..)
        .zip(bindings)
        .map(|(binding, (holds, visibility))| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: *visibility,
            ty: match holds {
                Holds::Numbers => buffer(wgpu::BufferBindingType::Uniform),
                Holds::Read => buffer(wgpu::BufferBindingType::Storage { read_only: true }),
                Holds::Write => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
                Holds::Ids => texture(wgpu::TextureSampleType::Uint),
                Holds::Depth => texture(wgpu::TextureSampleType::Depth),
            },
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
}

fn module(device: &Device, label: &str, source: &'static str) -> ShaderModule {
    let source = wgpu::ShaderSource::Wgsl(source.into());
    device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source })
}

fn pipeline_layout(device: &Device, groups: &[&BindGroupLayout]) -> wgpu::PipelineLayout {
    let groups: Vec<_> = groups.iter().map(|g| Some(*g)).collect();
    device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor { label: None, bind_group_layouts: &groups, ..Default::default() })
}

/// Draws triangles, the nearest of which wins; with a colour target only where `fragment` names one.
fn draws(device: &Device, layout: &wgpu::PipelineLayout, module: &ShaderModule, vertex: &str, fragment: Option<&str>) -> RenderPipeline {
    let targets = [Some(wgpu::ColorTargetState { format: ID, blend: None, write_mask: wgpu::ColorWrites::ALL })];
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(vertex),
        layout: Some(layout),
        vertex: wgpu::VertexState { module, entry_point: Some(vertex), compilation_options: Default::default(), buffers: &[] },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(true),
            depth_compare: Some(wgpu::CompareFunction::Greater),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState::default(),
        fragment: fragment.map(|entry| wgpu::FragmentState {
            module,
            entry_point: Some(entry),
            compilation_options: Default::default(),
            targets: &targets,
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn computes(device: &Device, layout: &wgpu::PipelineLayout, module: &ShaderModule, entry: &str) -> ComputePipeline {
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry),
        layout: Some(layout),
        module,
        entry_point: Some(entry),
        compilation_options: Default::default(),
        cache: None,
    })
}

impl Pipelines {
    pub(super) fn new(device: &Device) -> Pipelines {
        use Holds::{Depth, Ids, Numbers, Read, Write};
        let (vertex, compute) = (ShaderStages::VERTEX, ShaderStages::COMPUTE);
        let both = vertex | compute;
        let scene = layout(device, "scene", &[(Numbers, both), (Read, both), (Read, both), (Read, vertex)]);
        let shading = [Read, Read, Numbers, Ids, Depth, Depth, Write, Write, Write].map(|holds| (holds, compute));
        let shading = layout(device, "shading", &shading);
        let development = [Numbers, Read, Read, Read, Write, Read, Read, Read, Write].map(|holds| (holds, compute));
        let development = layout(device, "development", &development);

        let seen = module(device, "visibility", concat!(include_str!("shaders/scene.wgsl"), include_str!("shaders/visibility.wgsl")));
        let lit = module(
            device,
            "shade",
            concat!(
                include_str!("shaders/scene.wgsl"),
                include_str!("shaders/noise.wgsl"),
                include_str!("shaders/material.wgsl"),
                include_str!("shaders/print.wgsl"),
                include_str!("shaders/skin.wgsl"),
                include_str!("shaders/shade.wgsl"),
            ),
        );
        let developed = module(device, "develop", include_str!("shaders/develop.wgsl"));
        let (drawing, lighting, printing) =
            (pipeline_layout(device, &[&scene]), pipeline_layout(device, &[&scene, &shading]), pipeline_layout(device, &[&development]));
        Pipelines {
            visibility: draws(device, &drawing, &seen, "sample_corner", Some("sample_id")),
            shadow: draws(device, &drawing, &seen, "lamp_corner", None),
            shade: computes(device, &lighting, &lit, "shade"),
            survey: computes(device, &printing, &developed, "survey"),
            spread: computes(device, &printing, &developed, "spread"),
            develop: computes(device, &printing, &developed, "develop"),
            scene,
            shading,
            development,
        }
    }
}
