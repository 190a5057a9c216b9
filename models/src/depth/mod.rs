//! Depth from one picture: a network of any family in, a 16-bit depth map out.
//!
//! | family | what the network gives | what comes out |
//! |---|---|---|
//! | `inverse` | inverse depth, larger is nearer, of any scale: DPT-Hybrid, MiDaS, Depth Anything | relative |
//! | `relative` | depth, larger is farther, of any scale | relative |
//! | `metric` | depth in metres (or what `metres_per_unit` says), perhaps for a canonical focal length: Depth Anything 3, Metric3D | metric |
//! | `point-map` | points of which only the shape is known, and perhaps a scale in metres: MoGe | metric with a scale, else relative |
//!
//! Thresholds of a manifest: `metres_per_unit` (default 1) and, for `metric`, `canonical_focal_px`: the depth holds for a picture of
//! this focal length and is scaled by the camera's own (depth x focal / canonical, in pixels of the network's input).

mod points;

pub use points::{FocalShift, recover};

use ego_core::camera::Intrinsics;
use ego_core::depth::{DepthScale, millimetres, quantise_inverse};
use ego_core::image::ImageView;

use crate::error::{ModelError, Result};
use crate::manifest::{Manifest, Task};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// How the output of a depth network is read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    Inverse { output: usize },
    Relative { output: usize },
    Metric { output: usize, canonical_focal_px: Option<f64> },
    PointMap { points: usize, mask: Option<usize>, scale: Option<usize> },
}

/// Families of depth networks, as manifests name them.
pub const FAMILIES: [&str; 4] = ["inverse", "relative", "metric", "point-map"];

/// What a depth map holds, besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepthInfo {
    /// What a step is, in the unit of `scale`.
    pub unit: f64,
    /// What is counted.
    pub scale: DepthScale,
}

/// A depth network with its sampler.
#[derive(Debug)]
pub struct DepthNetwork {
    network: Network,
    sampler: Sampler,
    family: Family,
    metres_per_unit: f64,
    size: [usize; 2],
    /// Depths that a point map comes to.
    depths: Vec<f32>,
}

impl DepthNetwork {
    /// Opens the network.
    ///
    /// # Errors
    /// As [`Network::open`]; when the manifest is for another task or family; when the outputs do not have the family's shape.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<DepthNetwork> {
        let manifest = &located.manifest;
        let wrong = |field: &str, expected: String, found: String| ModelError::Contradiction {
            model: manifest.name.clone(),
            field: field.to_owned(),
            expected,
            found,
        };
        if manifest.task != Task::Depth {
            return Err(wrong("task", Task::Depth.name().into(), manifest.task.name().into()));
        }
        if !FAMILIES.contains(&manifest.family.as_str()) {
            return Err(wrong("family", format!("one of {}", FAMILIES.join(", ")), manifest.family.clone()));
        }
        let network = Network::open(located, options)?;
        let (family, size) = Family::of(manifest, &network)?;
        Ok(DepthNetwork {
            network,
            sampler: Sampler::new(&manifest.input),
            family,
            metres_per_unit: manifest.threshold("metres_per_unit").unwrap_or(1.0),
            size,
            depths: Vec::new(),
        })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Whether depths are reckoned with the camera's focal length.
    pub fn needs_camera(&self) -> bool {
        matches!(self.family, Family::Metric { canonical_focal_px: Some(_), .. })
    }

    /// Columns and rows of the depth maps.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Writes the depth map of a picture into `out`: 16-bit little-endian steps row by row without padding, 0 = not known.
    ///
    /// `camera` is for pictures of the view's size; only families with focal scaling and point maps look at it.
    ///
    /// # Errors
    /// When the picture's planes are too small, the camera is not known and needed, or the network fails.
    pub fn look(&mut self, view: &ImageView<'_>, camera: Option<&Intrinsics>, out: &mut [u8]) -> Result<DepthInfo> {
        let view = view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        let placement = self.sampler.whole(&view, None, self.network.input_mut());
        self.network.set_picture_size(view.width, view.height);
        self.network.run()?;
        let count = self.size[0] * self.size[1];
        let inverse_of = |depth: &f32| if *depth > 0.0 { 1.0 / *depth } else { 0.0 };
        match self.family {
            Family::Inverse { output } => {
                let values = self.network.output(output).get(..count).unwrap_or_default();
                Ok(DepthInfo { unit: quantise_inverse(values.iter().copied(), out), scale: DepthScale::Relative })
            }
            Family::Relative { output } => {
                let values = self.network.output(output).get(..count).unwrap_or_default();
                Ok(DepthInfo { unit: quantise_inverse(values.iter().map(inverse_of), out), scale: DepthScale::Relative })
            }
            Family::Metric { output, canonical_focal_px } => {
                let mut gain = self.metres_per_unit;
                if let Some(canonical) = canonical_focal_px {
                    let camera = camera.ok_or_else(|| ModelError::Setting {
                        setting: "intrinsics",
                        reason: "this depth model needs the camera's focal length: set camera, intrinsics or hfov".into(),
                    })?;
                    gain *= (camera.fx * placement.scale[0] + camera.fy * placement.scale[1]) / 2.0 / canonical;
                }
                write_metric(self.network.output(output).get(..count).unwrap_or_default(), gain, out);
                Ok(DepthInfo { unit: 0.001, scale: DepthScale::Metric })
            }
            Family::PointMap { points, mask, scale } => {
                let focal = camera.map(|k| k.fx * placement.scale[0] / points::half_diagonal(self.size));
                let mask = mask.map(|mask| self.network.output(mask));
                points::depths(self.network.output(points), mask, self.size, focal, &mut self.depths);
                match scale.and_then(|scale| self.network.output(scale).first()).filter(|scale| **scale > 0.0) {
                    Some(scale) => {
                        write_metric(&self.depths, f64::from(*scale) * self.metres_per_unit, out);
                        Ok(DepthInfo { unit: 0.001, scale: DepthScale::Metric })
                    }
                    None => {
                        let unit = quantise_inverse(self.depths.iter().map(inverse_of), out);
                        Ok(DepthInfo { unit, scale: DepthScale::Relative })
                    }
                }
            }
        }
    }
}

fn write_metric(depths: &[f32], gain: f64, out: &mut [u8]) {
    for (step, depth) in out.as_chunks_mut().0.iter_mut().zip(depths) {
        *step = millimetres((f64::from(*depth) * gain) as f32).to_le_bytes();
    }
}

impl Family {
    /// The family of a manifest, and columns and rows of its maps, from the outputs' shapes.
    fn of(manifest: &Manifest, network: &Network) -> Result<(Family, [usize; 2])> {
        let wrong = |tensor: &str, expected: &str, found: String| ModelError::Contradiction {
            model: manifest.name.clone(),
            field: format!("shape of output {tensor} (family {})", manifest.family),
            expected: expected.to_owned(),
            found,
        };
        if manifest.family == "point-map" {
            let points = network.output_index("points")?;
            let optional = |tensor: &str| manifest.output.contains_key(tensor).then(|| network.output_index(tensor)).transpose();
            let (mask, scale) = (optional("mask")?, optional("metric_scale")?);
            let shape = network.output_shape(points);
            let &[1, rows, columns, 3] = shape else {
                return Err(wrong("points", "[1, rows, columns, 3]", format!("{shape:?}")));
            };
            let size = [columns as usize, rows as usize];
            if let Some(mask) = mask.filter(|mask| network.output(*mask).len() != size[0] * size[1]) {
                return Err(wrong("mask", &format!("[1, {rows}, {columns}]"), format!("{:?}", network.output_shape(mask))));
            }
            return Ok((Family::PointMap { points, mask, scale }, size));
        }
        let mut names = manifest.output.keys();
        let (Some(name), None) = (names.next(), names.next()) else {
            let found = manifest.output.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(wrong("depth", "one tensor, the map", found));
        };
        let output = network.output_index(name)?;
        let shape = network.output_shape(output);
        let (rows, columns) = match *shape {
            [1, rows, columns] | [1, 1, rows, columns] | [1, rows, columns, 1] if rows > 0 && columns > 0 => (rows, columns),
            _ => return Err(wrong(name, "[1, rows, columns] or [1, 1, rows, columns]", format!("{shape:?}"))),
        };
        let family = match manifest.family.as_str() {
            "inverse" => Family::Inverse { output },
            "relative" => Family::Relative { output },
            _ => Family::Metric { output, canonical_focal_px: manifest.threshold("canonical_focal_px") },
        };
        Ok((family, [columns as usize, rows as usize]))
    }
}
