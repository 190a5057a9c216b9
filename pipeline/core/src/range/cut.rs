//! The cut itself: which steps of a depth map are within reach, and the mask that this makes.

use crate::depth::DepthView;

/// Which steps of one depth map are within reach. 0, "not known", never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// These and larger ones: inverse depth.
    AtLeast(u32),
    /// These and smaller ones: distance.
    AtMost(u32),
}

impl Limit {
    /// Whether a step is within reach.
    #[inline]
    pub fn keeps(self, step: u16) -> bool {
        match self {
            Limit::AtLeast(least) => u32::from(step) >= least.max(1),
            Limit::AtMost(most) => step != 0 && u32::from(step) <= most,
        }
    }
}

/// Writes the mask of a depth map, 255 within reach and 0 elsewhere, into rows of `stride` bytes, and returns the share of 255.
pub fn cut(depth: &DepthView<'_>, limit: Limit, mask: &mut [u8], stride: usize) -> f32 {
    let mut kept = 0u64;
    let width = depth.width as usize;
    for (steps, row) in depth.rows().zip(mask.chunks_mut(stride.max(1))) {
        let row = row.get_mut(..width).unwrap_or_default();
        kept += match limit {
            Limit::AtLeast(least) => {
                let least = u16::try_from(least.max(1));
                fill(steps, row, |step| least.is_ok_and(|least| step >= least))
            }
            Limit::AtMost(most) => {
                let most = u16::try_from(most).unwrap_or(u16::MAX);
                // 0 wraps to the largest number.
                fill(steps, row, |step| step.wrapping_sub(1) < most)
            }
        };
    }
    kept as f32 / (width * depth.height as usize).max(1) as f32
}

#[inline(always)]
fn fill(steps: impl Iterator<Item = u16>, row: &mut [u8], keeps: impl Fn(u16) -> bool) -> u64 {
    let mut kept = 0u32;
    for (pixel, step) in row.iter_mut().zip(steps) {
        let keep = u8::from(keeps(step));
        *pixel = keep.wrapping_neg();
        kept += u32::from(keep);
    }
    u64::from(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depth::DepthScale;
    use crate::image::Plane;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_mask_is_what_the_limit_says_pixel_by_pixel(steps in prop::collection::vec(prop_oneof![Just(0u16), any::<u16>()], 12), least: bool, at in 0u32..70000) {
            let data: Vec<u8> = steps.iter().flat_map(|s| s.to_le_bytes()).collect();
            let depth = DepthView { width: 4, height: 3, plane: Plane { data: &data, stride: 8 }, unit: 1.0, scale: DepthScale::Metric };
            let limit = if least { Limit::AtLeast(at) } else { Limit::AtMost(at) };
            let mut mask = [7; 18];
            let kept = cut(&depth, limit, &mut mask, 6);
            let mut count = 0;
            for (i, step) in steps.iter().enumerate() {
                let pixel = mask[i / 4 * 6 + i % 4];
                prop_assert_eq!(pixel, if limit.keeps(*step) { 255 } else { 0 });
                prop_assert!(*step != 0 || pixel == 0, "what is not known is never near");
                count += usize::from(pixel == 255);
            }
            prop_assert_eq!(kept, count as f32 / 12.0);
            prop_assert_eq!([mask[4], mask[5], mask[10], mask[17]], [7; 4], "nothing is written between rows");
        }
    }
}
