//! Family `mediapipe-pose`: 33 landmarks of the person in a region, and the region where it will be in the next frame.

use ego_core::image::ImageView;
use ego_core::region::Region;

use crate::error::Result;
use crate::lanes::Lane;
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// Landmarks of a body.
pub(super) const JOINTS: usize = 33;
/// Landmarks that the network gives; 33 and 34 are the hips' middle and a point on the circle around the person.
const GIVEN: usize = 39;
const CENTRE: usize = 33;
const TOP: usize = 34;
/// Values of a landmark: x, y, z, visibility and presence before the sigmoid.
const VALUES: usize = 5;
/// Side of the heat maps, cells.
const HEAT: usize = 64;
/// Cells on each side of a landmark that refine it (a kernel of 7).
const REACH: usize = 3;
/// Heat below which a landmark is left as it is.
const MIN_HEAT: f64 = 0.5;

/// What the network says about the person in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct PoseLandmarks {
    /// Probability that there is a person.
    pub presence: f32,
    /// Joints in pixels of the picture.
    pub image: [[f64; 2]; JOINTS],
    /// Joints in metres around the middle of the hips, axes as the picture (x right, y down, z away).
    pub world: [[f64; 3]; JOINTS],
    /// Probability that each joint can be seen.
    pub visibility: [f32; JOINTS],
    /// Where to look in the next frame.
    pub next_region: Region,
}

/// The landmark network with its sampler.
#[derive(Debug)]
pub struct PoseNetwork {
    network: Network,
    sampler: Sampler,
    size: f64,
    outputs: [usize; 4],
}

fn sigmoid(v: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(v)).exp())
}

/// A landmark moved to the middle of the heat around it; `map` is 64 x 64 x 39.
fn refined(map: &[f32], landmark: usize, at: [f64; 2]) -> [f64; 2] {
    let cell = at.map(|v| (v * HEAT as f64) as i64);
    let inside = |c: i64| (0..HEAT as i64).contains(&c);
    if !(inside(cell[0]) && inside(cell[1])) {
        return at;
    }
    let range = |c: i64| (c as usize).saturating_sub(REACH)..(c as usize + REACH + 1).min(HEAT);
    let (mut sum, mut most, mut mean) = (0.0, 0.0, [0.0, 0.0]);
    for row in range(cell[1]) {
        for column in range(cell[0]) {
            let heat = map.get((row * HEAT + column) * GIVEN + landmark).copied().map_or(0.0, sigmoid);
            sum += heat;
            most = f64::max(most, heat);
            mean = [mean[0] + heat * column as f64, mean[1] + heat * row as f64];
        }
    }
    if most < MIN_HEAT || sum <= 0.0 { at } else { mean.map(|v| v / sum / HEAT as f64) }
}

impl PoseNetwork {
    /// Opens the network.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<PoseNetwork> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "mediapipe-pose")?;
        let network = Network::open(located, options)?;
        let mut outputs = [0; 4];
        for (index, name) in outputs.iter_mut().zip(["Identity", "Identity_1", "Identity_3", "Identity_4"]) {
            *index = network.output_index(name)?;
        }
        Ok(PoseNetwork { network, sampler: Sampler::new(&manifest.input), size: manifest.input.size[0] as f64, outputs })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Looks at one region of the picture.
    ///
    /// # Errors
    /// When the network fails.
    pub fn look(&mut self, view: &ImageView<'_>, region: &Region) -> Result<PoseLandmarks> {
        self.fill(view, region);
        self.run(region)
    }
}

impl Lane for PoseNetwork {
    type Place = Region;
    type Seen = PoseLandmarks;

    fn name(&self) -> &str {
        self.network.name()
    }

    fn fill(&mut self, view: &ImageView<'_>, region: &Region) {
        self.sampler.square(view, region, self.network.input_mut());
    }

    fn run(&mut self, region: &Region) -> Result<PoseLandmarks> {
        self.network.run()?;
        let [table, presence, heat, world] = self.outputs.map(|o| self.network.output(o));
        let value = |table: &[f32], i: usize| table.get(i).copied().unwrap_or(f32::NAN);
        let (s, c) = region.angle.sin_cos();
        let point = |i: usize| {
            let at = [0, 1].map(|k| f64::from(value(table, VALUES * i + k)) / self.size);
            region.to_picture(refined(heat, i, at))
        };
        Ok(PoseLandmarks {
            presence: value(presence, 0),
            image: std::array::from_fn(point),
            world: std::array::from_fn(|i| {
                let [x, y, z] = [0, 1, 2].map(|k| f64::from(value(world, 3 * i + k)));
                [c * x - s * y, s * x + c * y, z]
            }),
            visibility: std::array::from_fn(|i| sigmoid(value(table, VALUES * i + 3)) as f32),
            next_region: super::person_region(point(CENTRE), point(TOP)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_landmark_moves_to_the_heat_beside_it_and_stays_without() {
        let mut map = vec![-20.0; HEAT * HEAT * GIVEN];
        assert_eq!(refined(&map, 7, [0.5, 0.5]), [0.5, 0.5]);
        map[(33 * HEAT + 34) * GIVEN + 7] = 20.0;
        let [x, y] = refined(&map, 7, [0.5, 0.5]);
        assert!((x - 34.0 / 64.0).abs() < 1e-3 && (y - 33.0 / 64.0).abs() < 1e-3, "{x} {y}");
        assert_eq!(refined(&map, 8, [0.5, 0.5]), [0.5, 0.5], "another landmark's heat");
        assert_eq!(refined(&map, 7, [1.2, 0.5]), [1.2, 0.5], "outside of the map");
    }
}
