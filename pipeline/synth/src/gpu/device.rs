//! The one graphics device of this process, opened when it is first asked for.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::pipelines::Pipelines;
use crate::error::SynthError;

/// What to do where drawing with wgpu fails.
const USE_CPU: &str = "the renderer cpu draws without it";

/// The graphics device that would be drawn with: the fastest kind that this machine has.
#[derive(Clone, Debug)]
pub struct Adapter {
    adapter: wgpu::Adapter,
    info: wgpu::AdapterInfo,
}

impl Adapter {
    /// Looks for devices on the first call; `None` where there is none, not even in software.
    pub fn find() -> Option<&'static Adapter> {
        static FOUND: OnceLock<Option<Adapter>> = OnceLock::new();
        FOUND.get_or_init(Adapter::look).as_ref()
    }

    /// The device if it is a graphics card.
    pub fn card() -> Option<&'static Adapter> {
        // Where the kernel knows no card, there is no need to load drivers, some of which complain of a machine without a screen.
        const NODES: [&str; 3] = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];
        if cfg!(target_os = "linux") && !NODES.iter().any(|node| Path::new(node).exists()) {
            return None;
        }
        Adapter::find().filter(|adapter| !adapter.is_software())
    }

    fn look() -> Option<Adapter> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN;
        let instance = wgpu::Instance::new(descriptor);
        let rank = |info: &wgpu::AdapterInfo| match info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN)).into_iter();
        adapters.map(|adapter| Adapter { info: adapter.get_info(), adapter }).min_by_key(|a| rank(&a.info))
    }

    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// It is a program on the processor, as Mesa's lavapipe is.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }
}

/// An open device with its pipelines.
pub(super) struct Gpu {
    pub(super) name: String,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pipelines: Pipelines,
    failure: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// The device, opened on the first call.
    pub(super) fn open() -> Result<Arc<Gpu>, SynthError> {
        static OPEN: OnceLock<Result<Arc<Gpu>, SynthError>> = OnceLock::new();
        OPEN.get_or_init(|| Gpu::new().map(Arc::new)).clone()
    }

    fn new() -> Result<Gpu, SynthError> {
        let Adapter { adapter, info } = Adapter::find().ok_or(SynthError::NoGraphics)?;
        let descriptor = wgpu::DeviceDescriptor { label: Some("ego-synth"), required_limits: adapter.limits(), ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| failed(&info.name, &e.to_string()))?;
        let failure = Arc::new(Mutex::new(None));
        let noted = Arc::clone(&failure);
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| e.to_string());
        }));
        let pipelines = Pipelines::new(&device);
        let gpu = Gpu { name: info.name.clone(), device, queue, pipelines, failure };
        gpu.check()?;
        Ok(gpu)
    }

    /// What the device has complained of since the last call.
    pub(super) fn check(&self) -> Result<(), SynthError> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(problem) => Err(self.failed(&problem)),
            None => Ok(()),
        }
    }

    pub(super) fn failed(&self, problem: &str) -> SynthError {
        failed(&self.name, problem)
    }
}

fn failed(name: &str, problem: &str) -> SynthError {
    SynthError::Graphics { device: name.to_owned(), problem: problem.trim_end_matches('.').replace('\n', " "), remedy: USE_CPU }
}
