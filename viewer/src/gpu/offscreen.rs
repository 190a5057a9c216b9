//! Drawing without a screen: the same renderer, into a picture in memory.

use std::sync::Arc;

use egui::Color32;
use egui::epaint::ClippedShape;
use egui_wgpu::{RenderState, RendererOptions, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use image::RgbaImage;

use super::Graphics;
use crate::error::ViewError;
use crate::stream::lock;

/// A graphics device without a window; a software one where there is one, so that pictures are the same everywhere.
pub struct Offscreen {
    graphics: Graphics,
    format: wgpu::TextureFormat,
}

impl Offscreen {
    /// Finds a device.
    ///
    /// # Errors
    /// When there is none, not even in software.
    pub fn new() -> Result<Offscreen, ViewError> {
        let mut setup = WgpuSetupCreateNew::without_display_handle();
        setup.instance_descriptor.backends = wgpu::Backends::VULKAN;
        setup.native_adapter_selector = Some(Arc::new(|adapters, _| {
            let rank = |adapter: &wgpu::Adapter| match adapter.get_info().device_type {
                wgpu::DeviceType::Cpu => 0,
                wgpu::DeviceType::DiscreteGpu => 1,
                _ => 2,
            };
            adapters.iter().min_by_key(|a| rank(a)).cloned().ok_or_else(|| "no adapter".to_owned())
        }));
        let setup = WgpuSetup::CreateNew(setup);
        let instance = pollster::block_on(setup.new_instance());
        let configuration = WgpuConfiguration { wgpu_setup: setup, ..WgpuConfiguration::default() };
        let state = pollster::block_on(RenderState::create(&configuration, &instance, None, RendererOptions::default()));
        let state = state.map_err(|e| ViewError::NoDevice(e.to_string()))?;
        Ok(Offscreen { graphics: Graphics::new(&state), format: state.target_format })
    }

    /// What pictures are drawn with.
    pub fn graphics(&self) -> &Graphics {
        &self.graphics
    }

    /// Takes the textures of a pass to the device.
    pub fn take_textures(&self, delta: &mut egui::TexturesDelta) {
        lock(&self.graphics.meshes).take_textures(delta);
    }

    /// Draws the shapes of a pass and reads the picture back.
    ///
    /// # Errors
    /// When the device fails.
    pub fn draw(&self, context: &egui::Context, shapes: Vec<ClippedShape>, back: Color32) -> Result<RgbaImage, ViewError> {
        let texture = self.render(context, shapes, back);
        let mut image = self.read(&texture)?;
        // Without an sRGB surface egui picks whichever order the device prefers.
        if matches!(self.format, wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Bgra8UnormSrgb) {
            image.pixels_mut().for_each(|p| p.0.swap(0, 2));
        }
        Ok(image)
    }

    /// Waits until the device has done everything that it was asked for.
    ///
    /// # Errors
    /// When the device fails.
    pub fn wait(&self) -> Result<(), ViewError> {
        self.graphics.device.poll(wgpu::PollType::wait_indefinitely()).map(|_| ()).map_err(|e| ViewError::Window(e.to_string()))
    }

    /// Draws the shapes of a pass over a colour into a new texture of the screen's size and format.
    pub fn render(&self, context: &egui::Context, shapes: Vec<ClippedShape>, back: Color32) -> wgpu::Texture {
        let [r, g, b, a] = back.to_normalized_gamma_f32().map(f64::from);
        let Graphics { device, queue, .. } = &self.graphics;
        let scale = context.pixels_per_point();
        let size = context.content_rect().size() * scale;
        let [width, height] = [size.x, size.y].map(|v| v.round() as u32);
        let mut meshes = lock(&self.graphics.meshes);
        meshes.lay_out(&context.tessellate(shapes, scale), [width, height], scale);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("screenshot") });
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("screenshot"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: self.format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("screenshot"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    resolve_target: None,
                    ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a }), store: wgpu::StoreOp::Store },
                    depth_slice: None,
                })],
                ..Default::default()
            });
            meshes.draw(&mut pass, [width, height]);
        }
        queue.submit([encoder.finish()]);
        texture
    }

    /// Reads a texture of four bytes a pixel back.
    ///
    /// # Errors
    /// When the device fails.
    pub fn read(&self, texture: &wgpu::Texture) -> Result<RgbaImage, ViewError> {
        let failed = |what: String| ViewError::Window(what);
        let Graphics { device, queue, .. } = &self.graphics;
        let (width, height) = (texture.width(), texture.height());
        let stride = (4 * width).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("screenshot"),
            size: u64::from(stride) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("screenshot") });
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(stride), rows_per_image: None },
            },
            texture.size(),
        );
        queue.submit([encoder.finish()]);
        let (sender, mapped) = crossbeam_channel::bounded(1);
        buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            let _ = sender.send(result);
        });
        device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| failed(e.to_string()))?;
        mapped.recv().map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
        let data = buffer.slice(..).get_mapped_range().map_err(|e| failed(e.to_string()))?;
        let rows = data.chunks_exact(stride as usize).flat_map(|row| row.iter().take(4 * width as usize).copied());
        let pixels: Vec<u8> = rows.collect();
        RgbaImage::from_raw(width, height, pixels).ok_or_else(|| failed("the picture has an unexpected size".to_owned()))
    }
}
