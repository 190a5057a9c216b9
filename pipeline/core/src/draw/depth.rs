//! The depth layer: a depth map in colours, blended into the planes of a picture of any layout.
//!
//! Near is yellow, far is dark blue (after the colour map "viridis", by five of its colours); what is not known stays as it is.

use super::colour::{ColourModel, Rgb};
use super::compose::Target;
use crate::depth::{DepthScale, DepthView};

/// Five colours of viridis, far to near.
const RAMP: [Rgb; 5] = [Rgb(0x44, 0x01, 0x54), Rgb(0x3B, 0x52, 0x8B), Rgb(0x21, 0x91, 0x8C), Rgb(0x5E, 0xC9, 0x62), Rgb(0xFD, 0xE7, 0x25)];
/// Distances beyond this have the colour of this one, metres: hands fill the ramp, walls do not.
const FAR_M: f64 = 3.0;

/// Draws depth maps; keeps its tables between frames.
#[derive(Clone, Debug, Default)]
pub struct DepthPainter {
    model: Option<ColourModel>,
    /// Colours of the ramp in the picture's components.
    ramp: Vec<[u8; 3]>,
    /// Colours and opacities along a row of the picture.
    row: Vec<[u8; 4]>,
}

impl DepthPainter {
    /// Blends a depth map into a picture of `size` (width, height) at an opacity of 0..1.
    pub fn blend(&mut self, target: &mut Target<'_>, size: [u32; 2], depth: &DepthView<'_>, model: ColourModel, opacity: f32) {
        if self.model != Some(model) {
            self.model = Some(model);
            self.ramp.clear();
            self.ramp.extend((0..=255u32).map(|i| model.encode(ramp(i as f32 / 255.0)).map(|v| v.round() as u8)));
        }
        let Some([largest, least]) = depth.extremes() else { return };
        let alpha = if opacity > 0.0 { (opacity.min(1.0) * 255.0).round() as u8 } else { 0 };
        let [width, height] = size.map(|v| v as usize);
        // Place on the ramp: inverse depth between the farthest and the nearest.
        let inverse = |step: u16| match depth.scale {
            DepthScale::Relative => f64::from(step),
            DepthScale::Metric => 1.0 / (f64::from(step) * depth.unit).min(FAR_M),
        };
        let (a, b) = (inverse(largest), inverse(least));
        let (far, near) = (a.min(b), a.max(b));
        let gain = if near > far { 255.0 / (near - far) } else { 0.0 };
        let mut shown = usize::MAX;
        for y in 0..height {
            let line = (2 * y + 1) * depth.height as usize / (2 * height.max(1));
            if line != shown {
                shown = line;
                self.row.clear();
                let mut steps = depth.row(line).enumerate();
                let mut current = steps.next();
                for x in 0..width {
                    let column = (2 * x + 1) * depth.width as usize / (2 * width.max(1));
                    while current.is_some_and(|(at, _)| at < column) {
                        current = steps.next();
                    }
                    let step = current.map_or(0, |(_, step)| step);
                    let place = ((inverse(step.max(1)) - far) * gain) as usize;
                    let [c0, c1, c2] = self.ramp.get(place.min(255)).copied().unwrap_or_default();
                    self.row.push([c0, c1, c2, if step == 0 { 0 } else { alpha }]);
                }
            }
            blend_row(target, y, &self.row);
        }
    }
}

fn ramp(place: f32) -> Rgb {
    let at = place.clamp(0.0, 1.0) * (RAMP.len() - 1) as f32;
    let (low, part) = (at as usize, at.fract());
    let (a, b) = (RAMP[low], RAMP[(low + 1).min(RAMP.len() - 1)]);
    let mix = |a: u8, b: u8| (f32::from(a) * (1.0 - part) + f32::from(b) * part).round() as u8;
    Rgb(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[inline]
fn mix(sample: &mut u8, colour: u8, alpha: u8) {
    let alpha = u16::from(alpha);
    *sample = ((u16::from(*sample) * (256 - alpha) + u16::from(colour) * alpha) >> 8) as u8;
}

fn blend_row(target: &mut Target<'_>, y: usize, row: &[[u8; 4]]) {
    let width = row.len();
    // Every second pixel stands for two; rows of colour at half height take their upper row.
    let pairs = || row.iter().step_by(2);
    match target {
        Target::Packed { plane, bytes, rgb, .. } => {
            let bytes = *bytes;
            for (pixel, colour) in plane.part(y, 0, bytes * width).chunks_exact_mut(bytes).zip(row) {
                for (at, component) in rgb.iter().zip(colour) {
                    if let Some(sample) = pixel.get_mut(*at) {
                        mix(sample, *component, colour[3]);
                    }
                }
            }
        }
        Target::Grey(plane) => plane.part(y, 0, width).iter_mut().zip(row).for_each(|(sample, c)| mix(sample, c[0], c[3])),
        Target::Planar420 { y: luma, u, v } => {
            luma.part(y, 0, width).iter_mut().zip(row).for_each(|(sample, c)| mix(sample, c[0], c[3]));
            if y.is_multiple_of(2) {
                let half = width.div_ceil(2);
                u.part(y / 2, 0, half).iter_mut().zip(pairs()).for_each(|(sample, c)| mix(sample, c[1], c[3]));
                v.part(y / 2, 0, half).iter_mut().zip(pairs()).for_each(|(sample, c)| mix(sample, c[2], c[3]));
            }
        }
        Target::SemiPlanar420 { y: luma, uv, v_first } => {
            luma.part(y, 0, width).iter_mut().zip(row).for_each(|(sample, c)| mix(sample, c[0], c[3]));
            if y.is_multiple_of(2) {
                let order = if *v_first { [2, 1] } else { [1, 2] };
                for (pair, c) in uv.part(y / 2, 0, 2 * width.div_ceil(2)).chunks_exact_mut(2).zip(pairs()) {
                    for (sample, at) in pair.iter_mut().zip(order) {
                        mix(sample, c[at], c[3]);
                    }
                }
            }
        }
        Target::Packed422 { plane, y: luma, uv } => {
            let pixels = plane.part(y, 0, 4 * width.div_ceil(2));
            for (pair, colours) in pixels.chunks_exact_mut(4).zip(row.chunks(2)) {
                for (colour, at) in colours.iter().zip([*luma, *luma + 2]) {
                    if let Some(sample) = pair.get_mut(at) {
                        mix(sample, colour[0], colour[3]);
                    }
                }
                for (at, component) in uv.iter().zip([1, 2]) {
                    if let (Some(sample), Some(colour)) = (pair.get_mut(*at), colours.first()) {
                        mix(sample, colour[component], colour[3]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compose::PlaneMut;
    use super::*;
    use crate::image::Plane;

    /// A map of 3 x 1: near, far, not known; the picture is grey and twice as high.
    fn blended(scale: DepthScale, opacity: f32) -> Vec<[u8; 3]> {
        let steps: [u16; 3] = if scale == DepthScale::Metric { [400, 2000, 0] } else { [60000, 2000, 0] };
        let bytes: Vec<u8> = steps.iter().flat_map(|s| s.to_le_bytes()).collect();
        let depth = DepthView { width: 3, height: 1, plane: Plane { data: &bytes, stride: 6 }, unit: 0.001, scale };
        let mut data = vec![100; 3 * 3 * 2];
        let plane = PlaneMut { data: &mut data, stride: 9 };
        let mut target = Target::Packed { plane, bytes: 3, rgb: [0, 1, 2], alpha: None };
        DepthPainter::default().blend(&mut target, [3, 2], &depth, ColourModel::RGB, opacity);
        data.as_chunks::<3>().0.to_vec()
    }

    #[test]
    fn near_is_yellow_far_is_blue_and_what_is_not_known_stays() {
        for scale in [DepthScale::Metric, DepthScale::Relative] {
            let picture = blended(scale, 1.0);
            let close = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 4);
            assert!(close(picture[0], [0xFD, 0xE7, 0x25]) && close(picture[1], [0x44, 0x01, 0x54]), "{picture:?}");
            assert_eq!((picture[2], &picture[3..]), ([100; 3], &picture[..3]));
            assert_eq!(blended(scale, 0.0), vec![[100; 3]; 6]);
        }
    }

    fn plane(data: &mut [u8], stride: usize) -> PlaneMut<'_> {
        PlaneMut { data, stride }
    }

    #[test]
    fn every_layout_is_changed_and_a_flat_or_empty_map_is_no_trouble() {
        let flat: Vec<u8> = [500u16; 4].iter().flat_map(|s| s.to_le_bytes()).collect();
        for bytes in [flat, vec![0; 8]] {
            let depth = DepthView { width: 2, height: 2, plane: Plane { data: &bytes, stride: 4 }, unit: 0.001, scale: DepthScale::Metric };
            let changed = bytes[0] != 0;
            let (mut y, mut u, mut v) = ([100; 25], [100; 9], [100; 18]);
            let mut painter = DepthPainter::default();
            let mut target = Target::Planar420 { y: plane(&mut y[..], 5), u: plane(&mut u[..], 3), v: plane(&mut v[..9], 3) };
            painter.blend(&mut target, [5, 5], &depth, ColourModel::BT709, 0.8);
            assert!(y.iter().chain(&u).all(|s| (*s != 100) == changed), "{y:?} {u:?}");
            let mut pairs = [100; 18];
            let mut target = Target::SemiPlanar420 { y: plane(&mut y[..], 5), uv: plane(&mut pairs[..], 6), v_first: true };
            painter.blend(&mut target, [5, 5], &depth, ColourModel::BT709, 0.8);
            assert!(pairs.iter().all(|s| (*s != 100) == changed));
            let mut packed = [100; 60];
            let mut target = Target::Packed422 { plane: plane(&mut packed[..], 12), y: 0, uv: [1, 3] };
            painter.blend(&mut target, [5, 5], &depth, ColourModel::BT709, 0.8);
            // The second brightness of the last pair of a row lies outside the picture.
            let inside = packed.iter().enumerate().filter(|(i, _)| i % 12 != 10);
            assert!(inside.into_iter().all(|(_, s)| (*s != 100) == changed), "{packed:?}");
        }
    }
}
