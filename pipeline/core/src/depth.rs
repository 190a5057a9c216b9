//! Depth maps: 16-bit steps of distance or of inverse distance, as sensors and networks give them.

use crate::image::{Plane, PlaneTooSmall};

/// What the numbers of a depth map mean. 0 is "not known" in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepthScale {
    /// Distance along the camera's axis; a step is so many metres.
    #[default]
    Metric,
    /// Relative inverse depth, larger is nearer; a step is so much of the network's own unit, which is the same for all pictures
    /// of one network.
    Relative,
}

impl DepthScale {
    /// The word on buffers: `metric` or `relative`.
    pub fn name(self) -> &'static str {
        match self {
            DepthScale::Metric => "metric",
            DepthScale::Relative => "relative",
        }
    }

    /// The scale with this name; anything but `relative` is `Metric`.
    pub fn from_name(name: &str) -> DepthScale {
        if name == DepthScale::Relative.name() { DepthScale::Relative } else { DepthScale::Metric }
    }
}

/// A borrowed depth map that covers the whole of a picture, whatever its own size: 16 bits a pixel, little-endian.
#[derive(Clone, Copy, Debug)]
pub struct DepthView<'a> {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The bytes, two a pixel.
    pub plane: Plane<'a>,
    /// What a step is, in the unit of `scale`.
    pub unit: f64,
    /// What is counted.
    pub scale: DepthScale,
}

impl<'a> DepthView<'a> {
    /// Checks that the plane is as large as the size needs; an empty map is refused as well.
    ///
    /// # Errors
    /// Names the bytes that are needed and found.
    pub fn checked(self) -> Result<DepthView<'a>, PlaneTooSmall> {
        let (row, rows) = (2 * self.width as usize, self.height as usize);
        let needed = self.plane.stride.max(row) * rows.saturating_sub(1) + row.max(1);
        if row == 0 || rows == 0 || self.plane.stride < row || self.plane.data.len() < needed {
            return Err(PlaneTooSmall { plane: 0, needed, found: self.plane.data.len() });
        }
        Ok(self)
    }

    /// The steps of row `y`, left to right.
    #[inline]
    pub fn row(&self, y: usize) -> impl ExactSizeIterator<Item = u16> + 'a {
        let start = y * self.plane.stride;
        let bytes = self.plane.data.get(start..start + 2 * self.width as usize).unwrap_or_default();
        bytes.as_chunks().0.iter().map(|step| u16::from_le_bytes(*step))
    }

    /// All rows, top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = u16> + 'a> + '_ {
        (0..self.height as usize).map(|y| self.row(y))
    }

    /// The steps at a position divided by the picture's width and height; `None` outside and where nothing is known.
    pub fn at(&self, norm: [f32; 2]) -> Option<u16> {
        if !norm.iter().all(|v| (0.0..1.0).contains(v)) {
            return None;
        }
        let (x, y) = ((norm[0] * self.width as f32) as usize, (norm[1] * self.height as f32) as usize);
        let at = y * self.plane.stride + 2 * x;
        let step = u16::from_le_bytes(self.plane.data.get(at..)?.first_chunk().copied()?);
        (step != 0).then_some(step)
    }

    /// The largest and the smallest known step; `None` when nothing is known.
    pub fn extremes(&self) -> Option<[u16; 2]> {
        let (mut largest, mut least) = (0u16, u16::MAX);
        for row in self.rows() {
            for step in row {
                largest = largest.max(step);
                // 0 wraps to the largest number, so that it is never the smallest.
                least = least.min(step.wrapping_sub(1));
            }
        }
        (largest > 0).then(|| [largest, least.wrapping_add(1)])
    }

    /// The median of the known steps on a grid of about `points` by `points` in a box (left, top, right, bottom, divided by the
    /// picture's width and height); `None` where less than a quarter is known.
    pub fn median_in(&self, box_norm: [f32; 4], points: usize) -> Option<u16> {
        const MOST: usize = 16;
        let points = points.clamp(1, MOST);
        let mut found = [0u16; MOST * MOST];
        let mut count = 0;
        let [x0, y0, x1, y1] = box_norm;
        let part = |i: usize| (i as f32 + 0.5) / points as f32;
        for (i, j) in (0..points).flat_map(|j| (0..points).map(move |i| (i, j))) {
            let at = [x0 + (x1 - x0) * part(i), y0 + (y1 - y0) * part(j)];
            if let (Some(step), Some(slot)) = (self.at(at), found.get_mut(count)) {
                *slot = step;
                count += 1;
            }
        }
        let found = found.get_mut(..count).filter(|_| 4 * count >= points * points)?;
        Some(*found.select_nth_unstable(count / 2).1)
    }
}

/// Steps of 1 mm for distances in metres: 0 for what is not a positive number, the largest step beyond 65.535 m.
pub fn millimetres(metres: f32) -> u16 {
    if metres > 0.0 { (f64::from(metres) * 1000.0).round().clamp(1.0, 65535.0) as u16 } else { 0 }
}

/// Writes inverse depths into 16 bits so that the largest takes the largest step, and returns the unit of a step; 0 is written for
/// what is not a positive finite number. The unit is 1/65535 when nothing is known.
pub fn quantise_inverse(inverse: impl Iterator<Item = f32> + Clone, out: &mut [u8]) -> f64 {
    let largest = inverse.clone().filter(|v| v.is_finite()).fold(0.0f32, f32::max);
    let gain = if largest > 0.0 { 65535.0 / largest } else { 0.0 };
    for (step, value) in out.as_chunks_mut().0.iter_mut().zip(inverse) {
        let scaled = (value * gain).round();
        *step = (if value.is_finite() && scaled > 0.0 { scaled as u16 } else { 0 }).to_le_bytes();
    }
    if largest > 0.0 { f64::from(largest) / 65535.0 } else { 1.0 / 65535.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(bytes: &[u8], width: u32, height: u32) -> DepthView<'_> {
        let plane = Plane { data: bytes, stride: 2 * width as usize };
        DepthView { width, height, plane, unit: 0.001, scale: DepthScale::Metric }.checked().expect("large enough")
    }

    fn bytes(steps: &[u16]) -> Vec<u8> {
        steps.iter().flat_map(|s| s.to_le_bytes()).collect()
    }

    #[test]
    fn steps_are_read_where_they_lie_and_zero_is_not_known() {
        let data = bytes(&[650, 700, 701, 0]);
        let map = view(&data, 2, 2);
        assert_eq!(
            [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [1.0, 0.5], [-0.1, 0.5]].map(|p| map.at(p)),
            [Some(650), Some(700), Some(701), None, None, None]
        );
        assert_eq!(map.at([f32::NAN, 0.5]), None);
        assert_eq!(map.extremes(), Some([701, 650]));
        assert_eq!(view(&bytes(&[0; 4]), 2, 2).extremes(), None);
        assert_eq!(map.median_in([0.0, 0.0, 1.0, 1.0], 2), Some(700));
        assert_eq!(map.median_in([2.0, 0.0, 3.0, 1.0], 2), None);
    }

    #[test]
    fn a_map_that_is_too_small_is_refused() {
        let plane = Plane { data: &[0; 7], stride: 4 };
        let map = DepthView { width: 2, height: 2, plane, unit: 1.0, scale: DepthScale::Metric };
        assert_eq!(map.checked().unwrap_err(), PlaneTooSmall { plane: 0, needed: 8, found: 7 });
        assert!(DepthView { width: 0, ..map }.checked().is_err());
    }

    #[test]
    fn metres_become_millimetres_and_nonsense_becomes_unknown() {
        assert_eq!([0.7, 0.0, -1.0, f32::NAN, 1e9, f32::INFINITY, 0.0001].map(millimetres), [700, 0, 0, 0, 65535, 65535, 1]);
    }

    #[test]
    fn the_nearest_takes_the_largest_step_and_nonsense_is_unknown() {
        let mut out = [0; 10];
        let unit = quantise_inverse([4.0, 2.0, f32::NAN, -3.0, f32::INFINITY].into_iter(), &mut out);
        assert_eq!(view(&out, 5, 1).row(0).collect::<Vec<_>>(), [65535, 32768, 0, 0, 0]);
        assert!((unit * 65535.0 - 4.0).abs() < 1e-9);
        assert_eq!(quantise_inverse([0.0, f32::NAN].into_iter(), &mut out), 1.0 / 65535.0);
        assert_eq!(view(&out, 2, 1).extremes(), None);
    }

    proptest! {
        #[test]
        fn quantised_values_come_back_to_half_a_step(values in prop::collection::vec(0.0..1e4f32, 1..50)) {
            let mut out = vec![0; 2 * values.len()];
            let unit = quantise_inverse(values.iter().copied(), &mut out);
            for (step, value) in view(&out, values.len() as u32, 1).row(0).zip(&values) {
                prop_assert!((f64::from(step) * unit - f64::from(*value)).abs() <= unit * 0.51 + 1e-6);
            }
        }
    }
}
