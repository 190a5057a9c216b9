//! Depth as an analysis, and a depth map as its result.

use ego_core::depth::DepthScale;
use ego_core::image::ImageView;
use ego_meta::{DepthMeta, MetaError, Stamp};
use ego_models::depth::DepthNetwork;
use ego_models::hands::Camera;
use gst_video::VideoFormat;

use super::sensor::SensorFiles;
use crate::maps::Maps;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// Where depth comes from.
pub(super) enum Source {
    /// A network; the camera is told when the user has described it or the network needs one.
    Network { network: Box<DepthNetwork>, camera: Option<Camera> },
    /// Files, with metres a step.
    Sensor { files: SensorFiles, unit_m: f64 },
}

/// A depth source on the worker thread.
pub(super) struct Looking {
    pub(super) source: Source,
    pub(super) model: String,
    /// Memory for maps of the size used last.
    pub(super) maps: Option<(u32, u32, Maps)>,
}

impl Looking {
    fn maps(&mut self, width: u32, height: u32) -> Result<&Maps, AnalysisError> {
        if self.maps.as_ref().is_none_or(|(w, h, _)| (*w, *h) != (width, height)) {
            self.maps = Maps::new(VideoFormat::Gray16Le, width, height).map(|maps| (width, height, maps));
        }
        let maps = self.maps.as_ref().map(|(_, _, maps)| maps);
        maps.ok_or_else(|| AnalysisError::Failed(format!("there is no memory for depth maps of {width}x{height}")))
    }

    fn look(&mut self, view: &ImageView<'_>, number: u64) -> Result<Found, AnalysisError> {
        let no_memory = |_| AnalysisError::Frame("there is no memory for the depth map of a frame".to_owned());
        let size = match &self.source {
            Source::Network { network, .. } => network.size().map(|v| v as u32),
            Source::Sensor { .. } => [0, 0],
        };
        if let Source::Sensor { files, unit_m } = &self.source {
            let (steps, unit) = (files.read(number)?, *unit_m);
            let maps = self.maps(steps.width, steps.height)?;
            let rows = |y: usize, row: &mut [u8]| {
                let width = steps.width as usize;
                let values = steps.values.get(y * width..(y + 1) * width).unwrap_or_default();
                row.as_chunks_mut().0.iter_mut().zip(values).for_each(|(out, step)| *out = step.to_le_bytes());
            };
            return Ok(Found { map: maps.sample(rows).map_err(no_memory)?, unit, scale: DepthScale::Metric });
        }
        self.maps(size[0], size[1])?;
        let (Source::Network { network, camera }, Some((_, _, maps))) = (&mut self.source, &self.maps) else {
            return Err(AnalysisError::Failed("the depth map has no memory".to_owned()));
        };
        let camera = camera.as_mut().map(|camera| camera.of_size(view.width, view.height)).transpose()?;
        let row = 2 * size[0] as usize;
        let (map, info) = if maps.stride() == row {
            maps.whole(|bytes| network.look(view, camera.as_ref(), bytes)).map_err(no_memory)?
        } else {
            let mut bytes = vec![0; row * size[1] as usize];
            let info = network.look(view, camera.as_ref(), &mut bytes);
            let rows = |y: usize, out: &mut [u8]| {
                if let (Some(out), Some(bytes)) = (out.get_mut(..row), bytes.get(y * row..(y + 1) * row)) {
                    out.copy_from_slice(bytes);
                }
            };
            (maps.sample(rows).map_err(no_memory)?, info)
        };
        let info = info?;
        Ok(Found { map, unit: info.unit, scale: info.scale })
    }
}

impl Analyzer for Looking {
    fn model(&self) -> &str {
        &self.model
    }

    fn provider(&self) -> &str {
        match &self.source {
            Source::Network { network, .. } => network.network().provider(),
            Source::Sensor { .. } => "files",
        }
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        Ok(Box::new(self.look(&frame.image()?, frame.number())?))
    }

    fn reset(&mut self) {}
}

/// The depth map of one frame.
struct Found {
    map: gst::Sample,
    unit: f64,
    scale: DepthScale,
}

impl Outcome for Found {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        let meta = DepthMeta { stamp: stamp.clone(), map: self.map.clone(), unit: self.unit, scale: self.scale };
        ego_meta::attach_depth(buffer, &meta)
    }
}
