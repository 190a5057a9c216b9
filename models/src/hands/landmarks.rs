//! Family `mediapipe-hands`: 21 landmarks of the hand in a region, and the region where it will be in the next frame.
//!
//! Constants are those of the graph `hand_landmark_tracking_cpu` of the Python package mediapipe 0.10.21 (Apache-2.0).

use ego_core::hands::JOINTS;
use ego_core::image::ImageView;
use ego_core::region::{Box2, Region};

use crate::error::Result;
use crate::network::{Network, SessionOptions};
use crate::paths::Located;
use crate::sample::Sampler;

/// Landmark z is divided by this (`normalize_z`) before it is scaled with the region.
const NORMALIZE_Z: f64 = 0.4;
/// Joints that bound the next region: no finger tips, no outer finger joints.
const SUBSET: [usize; 12] = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18];
const NEXT_SCALE: f64 = 2.0;
const NEXT_SHIFT_Y: f64 = -0.1;

/// What the network says about the hand in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    /// Probability that there is a hand.
    pub presence: f32,
    /// Probability that it is a left hand, if the picture were mirrored as a selfie is.
    pub left_if_mirrored: f32,
    /// Joints in pixels of the picture; z in the same unit, relative to the wrist, smaller is nearer.
    pub image: [[f64; 3]; JOINTS],
    /// Joints in metres, origin near the hand's centre, axes as the picture (x right, y down, z away).
    pub world: [[f64; 3]; JOINTS],
}

impl Landmarks {
    /// Where to look in the next frame.
    pub fn next_region(&self) -> Region {
        let p = |i: usize| [self.image[i][0], self.image[i][1]];
        let mid = |a: [f64; 2], b: [f64; 2]| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
        let angle = super::palm::upright_angle(p(0), mid(mid(p(5), p(13)), p(9)));
        let turned = Region { cx: 0.0, cy: 0.0, side: 1.0, angle };
        // Corners of the tight box in the frame of the upright hand; from_picture puts the origin at 0.5.
        let tight = Box2::around(SUBSET.iter().map(|i| turned.from_picture(p(*i)))).unwrap_or_default();
        super::palm::grown_region(turned.to_picture(tight.centre()), tight.width(), tight.height(), angle, NEXT_SCALE, NEXT_SHIFT_Y)
    }
}

/// The landmark network with its sampler.
#[derive(Debug)]
pub struct LandmarkNetwork {
    network: Network,
    sampler: Sampler,
    size: f64,
    outputs: [usize; 4],
}

impl LandmarkNetwork {
    /// Opens the network.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<LandmarkNetwork> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "mediapipe-hands")?;
        let network = Network::open(located, options)?;
        let mut outputs = [0; 4];
        for (index, name) in outputs.iter_mut().zip(["Identity", "Identity_1", "Identity_2", "Identity_3"]) {
            *index = network.output_index(name)?;
        }
        Ok(LandmarkNetwork { network, sampler: Sampler::new(&manifest.input), size: manifest.input.size[0] as f64, outputs })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Looks at one region of the picture.
    ///
    /// # Errors
    /// When the network fails.
    pub fn look(&mut self, view: &ImageView<'_>, region: &Region) -> Result<Landmarks> {
        self.fill(view, region);
        self.run(region)
    }

    /// Samples one region of the picture into the input.
    pub(super) fn fill(&mut self, view: &ImageView<'_>, region: &Region) {
        self.sampler.square(view, region, self.network.input_mut());
    }

    /// Runs the network on the region that was sampled last.
    pub(super) fn run(&mut self, region: &Region) -> Result<Landmarks> {
        self.network.run()?;
        let [image, presence, left, world] = self.outputs.map(|o| self.network.output(o));
        let (s, c) = region.angle.sin_cos();
        let joint =
            |table: &[f32], i: usize| -> [f64; 3] { std::array::from_fn(|k| table.get(3 * i + k).map_or(f64::NAN, |v| f64::from(*v))) };
        let scalar = |table: &[f32]| table.first().copied().unwrap_or(0.0);
        Ok(Landmarks {
            presence: scalar(presence),
            left_if_mirrored: scalar(left),
            image: std::array::from_fn(|i| {
                let [x, y, z] = joint(image, i).map(|v| v / self.size);
                let [u, v] = region.to_picture([x, y]);
                [u, v, z / NORMALIZE_Z * region.side]
            }),
            world: std::array::from_fn(|i| {
                let [x, y, z] = joint(world, i);
                [c * x - s * y, s * x + c * y, z]
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_region_turns_with_the_hand() {
        // A hand upright, then the same hand turned by 40 degrees about (300, 200): the region must turn along.
        let upright: [[f64; 3]; JOINTS] = std::array::from_fn(|i| {
            if i == 0 {
                return [300.0, 260.0, 0.0];
            }
            let (finger, k) = ((i - 1) / 4, (i - 1) % 4);
            [270.0 + 15.0 * finger as f64, 220.0 - 20.0 * k as f64, 0.0]
        });
        let look = |image| Landmarks { presence: 1.0, left_if_mirrored: 0.5, image, world: [[0.0; 3]; JOINTS] };
        let a = look(upright).next_region();
        let (s, c) = 40f64.to_radians().sin_cos();
        let b = look(upright.map(|[x, y, z]| {
            let (dx, dy) = (x - 300.0, y - 200.0);
            [300.0 + c * dx - s * dy, 200.0 + s * dx + c * dy, z]
        }))
        .next_region();
        assert!((b.angle - a.angle - 40f64.to_radians()).abs() < 1e-9, "{a:?} {b:?}");
        assert!((a.side - b.side).abs() < 1e-9);
        let (dx, dy) = (a.cx - 300.0, a.cy - 200.0);
        assert!((b.cx - 300.0 - (c * dx - s * dy)).abs() < 1e-9 && (b.cy - 200.0 - (s * dx + c * dy)).abs() < 1e-9);
    }
}
