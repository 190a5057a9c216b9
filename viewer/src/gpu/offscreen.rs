//! Drawing without a screen: the same renderer, into a picture in memory.

use std::sync::Arc;

use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use image::RgbaImage;

use crate::error::ViewError;

/// A graphics device without a window; a software one where there is one, so that pictures are the same everywhere.
pub struct Offscreen {
    state: RenderState,
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
        let state = pollster::block_on(RenderState::create(&configuration, &instance, None, RendererOptions::PREDICTABLE));
        Ok(Offscreen { state: state.map_err(|e| ViewError::NoDevice(e.to_string()))? })
    }

    /// What pictures are drawn with.
    pub fn state(&self) -> &RenderState {
        &self.state
    }

    /// Takes the textures of a pass to the device.
    pub fn take_textures(&self, delta: &mut egui::TexturesDelta) {
        let mut renderer = self.state.renderer.write();
        for (id, images) in delta.set.drain() {
            for image in images {
                renderer.update_texture(&self.state.device, &self.state.queue, id, &image);
            }
        }
        for id in delta.free.drain() {
            renderer.free_texture(&id);
        }
    }

    /// Draws the shapes of a pass and reads the picture back.
    ///
    /// # Errors
    /// When the device fails.
    pub fn draw(&self, context: &egui::Context, shapes: Vec<egui::epaint::ClippedShape>) -> Result<RgbaImage, ViewError> {
        let texture = self.render(context, shapes);
        let mut image = self.read(&texture)?;
        // Without an sRGB surface egui picks whichever order the device prefers.
        if matches!(self.state.target_format, wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Bgra8UnormSrgb) {
            image.pixels_mut().for_each(|p| p.0.swap(0, 2));
        }
        Ok(image)
    }

    /// Waits until the device has done everything that it was asked for.
    ///
    /// # Errors
    /// When the device fails.
    pub fn wait(&self) -> Result<(), ViewError> {
        self.state.device.poll(wgpu::PollType::wait_indefinitely()).map(|_| ()).map_err(|e| ViewError::Window(e.to_string()))
    }

    /// Draws the shapes of a pass into a new texture of the screen's size and format.
    pub fn render(&self, context: &egui::Context, shapes: Vec<egui::epaint::ClippedShape>) -> wgpu::Texture {
        let RenderState { device, queue, .. } = &self.state;
        let scale = context.pixels_per_point();
        let size = context.content_rect().size() * scale;
        let screen = ScreenDescriptor { pixels_per_point: scale, size_in_pixels: [size.x.round() as u32, size.y.round() as u32] };
        let [width, height] = screen.size_in_pixels;
        let jobs = context.tessellate(shapes, scale);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("screenshot") });
        let mut renderer = self.state.renderer.write();
        let buffers = renderer.update_buffers(device, queue, &mut encoder, &jobs, &screen);
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("screenshot"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: self.state.target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        {
            let mut pass = encoder
                .begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some("screenshot"),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view: &view,
                        resolve_target: None,
                        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
                        depth_slice: None,
                    })],
                    ..Default::default()
                })
                .forget_lifetime();
            renderer.render(&mut pass, &jobs, &screen);
        }
        drop(renderer);
        queue.submit(buffers.into_iter().chain([encoder.finish()]));
        texture
    }

    /// Reads a texture of four bytes a pixel back.
    ///
    /// # Errors
    /// When the device fails.
    pub fn read(&self, texture: &wgpu::Texture) -> Result<RgbaImage, ViewError> {
        let failed = |what: String| ViewError::Window(what);
        let RenderState { device, queue, .. } = &self.state;
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
