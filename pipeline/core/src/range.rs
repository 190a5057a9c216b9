//! What the range mask of SHARP kept of a frame (Mucha et al., ICPR 2024, section "range segmentation").

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
