//! Memory of the device: buffers that grow with what is put into them, and textures that passes draw into.

use super::device::Gpu;

/// A buffer of at least this many bytes.
pub(super) fn buffer(gpu: &Gpu, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    // No binding may be empty, and copies are of whole words.
    let size = bytes.max(64).next_multiple_of(16);
    gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

/// A texture that a pass draws into and another one reads.
pub(super) fn drawn(gpu: &Gpu, label: &str, [width, height]: [u32; 2], format: wgpu::TextureFormat) -> wgpu::TextureView {
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// A buffer that grows with what is sent.
pub(super) struct Growing {
    label: &'static str,
    usage: wgpu::BufferUsages,
    pub(super) buffer: wgpu::Buffer,
}

impl Growing {
    pub(super) fn new(gpu: &Gpu, label: &'static str, usage: wgpu::BufferUsages) -> Growing {
        let usage = usage | wgpu::BufferUsages::COPY_DST;
        Growing { label, usage, buffer: buffer(gpu, label, 0, usage) }
    }

    /// Sends these words; `true` when there is a new buffer now, which groups do not know yet.
    pub(super) fn send(&mut self, gpu: &Gpu, words: &[u32]) -> bool {
        let bytes: &[u8] = bytemuck::cast_slice(words);
        let grows = bytes.len() as u64 > self.buffer.size();
        if grows {
            self.buffer = buffer(gpu, self.label, (bytes.len() as u64).next_power_of_two(), self.usage);
        }
        gpu.queue.write_buffer(&self.buffer, 0, bytes);
        grows
    }
}
