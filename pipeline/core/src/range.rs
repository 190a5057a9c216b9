//! The range mask of SHARP (Mucha et al., ICPR 2024, "range segmentation"): arms reach only so far, so what is farther away than
//! that is neither the wearer's hand nor what it holds.
//!
//! In: a depth map, relative or in metres, and the hands that are followed. Out: where to cut ([`RangeFinder`]), the mask
//! ([`cut()`]), the picture without what was cut ([`darken()`]), and which hands lie within it ([`share_within`]).

mod cut;
mod darken;
mod rule;

pub use cut::{Limit, cut};
pub use darken::darken;
pub use rule::{Cut, Joints, PAPER_REACH_M, PAPER_THRESHOLD, RangeFinder, RangeRule};

use crate::image::MaskView;

/// How a frame was cut by range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RangeInfo {
    /// Smallest relative inverse depth, 0..1 of the nearest, that counts as within reach; in metric mode the largest distance in metres.
    pub threshold: f32,
    /// Share of the pixels that were kept, 0..1.
    pub kept: f32,
    /// The threshold was relaxed because the mask would have cut a tracked hand.
    pub relaxed: bool,
}

/// A hand with less than this share of its joints within reach is somebody else's.
pub const BYSTANDER_SHARE: f32 = 0.5;

/// Share of a hand's joints that lie within the mask, of those in the picture; `None` when none is.
pub fn share_within(mask: &MaskView<'_>, hand: &Joints) -> Option<f32> {
    let known = || hand.iter().filter_map(|joint| mask.wants(*joint));
    let count = known().count();
    (count > 0).then(|| known().filter(|wanted| *wanted).count() as f32 / count as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hands::JOINTS;
    use crate::image::Plane;

    #[test]
    fn hands_are_told_apart_by_what_of_them_is_within_reach() {
        // The left half of the picture is within reach.
        let mask = MaskView { width: 2, height: 1, plane: Plane { data: &[255, 0], stride: 2 } };
        let at = |x: f32| [[x, 0.5]; JOINTS];
        let mut both = at(0.2);
        both[JOINTS - 1] = [0.8, 0.5];
        assert_eq!([at(0.2), at(0.8)].map(|hand| share_within(&mask, &hand)), [Some(1.0), Some(0.0)]);
        assert_eq!(share_within(&mask, &both), Some(20.0 / 21.0));
        assert_eq!(share_within(&mask, &at(1.5)), None);
    }
}
