//! Hands: 21 joints, the wearer's own side, scores, and where their depth comes from.

/// Joints of a hand: wrist, then thumb, index, middle, ring and little finger, each from base to tip.
pub const JOINTS: usize = 21;

/// Index of the wrist in every 21-joint table.
pub const WRIST: usize = 0;
/// Indices of the five finger tips, thumb first.
pub const TIPS: [usize; 5] = [4, 8, 12, 16, 20];

/// Short names of the joints, in table order.
pub const JOINT_NAMES: [&str; JOINTS] = [
    "wrist",
    "thumb_cmc",
    "thumb_mcp",
    "thumb_ip",
    "thumb_tip",
    "index_mcp",
    "index_pip",
    "index_dip",
    "index_tip",
    "middle_mcp",
    "middle_pip",
    "middle_dip",
    "middle_tip",
    "ring_mcp",
    "ring_pip",
    "ring_dip",
    "ring_tip",
    "little_mcp",
    "little_pip",
    "little_dip",
    "little_tip",
];

/// What a bone belongs to: drawn thinner when it is part of the palm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoneKind {
    /// Between the wrist and the finger bases, or between two finger bases.
    Palm,
    /// Inside a finger.
    Finger,
}

/// The 21 bones that connect the joints (MediaPipe's and COCO-WholeBody's connections).
pub const BONES: [(usize, usize, BoneKind); 21] = {
    use BoneKind::{Finger, Palm};
    [
        (0, 1, Palm),
        (1, 2, Finger),
        (2, 3, Finger),
        (3, 4, Finger),
        (0, 5, Palm),
        (5, 6, Finger),
        (6, 7, Finger),
        (7, 8, Finger),
        (5, 9, Palm),
        (9, 10, Finger),
        (10, 11, Finger),
        (11, 12, Finger),
        (9, 13, Palm),
        (13, 14, Finger),
        (14, 15, Finger),
        (15, 16, Finger),
        (13, 17, Palm),
        (0, 17, Palm),
        (17, 18, Finger),
        (18, 19, Finger),
        (19, 20, Finger),
    ]
};

/// Whose hand, seen from the wearer of the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The wearer's left hand.
    Left,
    /// The wearer's right hand.
    Right,
    /// Not known, or not the wearer's.
    #[default]
    Unknown,
}

impl Side {
    /// The word used in every output: `left`, `right` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
            Side::Unknown => "unknown",
        }
    }

    /// The side with this name; anything else is `Unknown`.
    pub fn from_name(name: &str) -> Side {
        match name {
            "left" => Side::Left,
            "right" => Side::Right,
            _ => Side::Unknown,
        }
    }

    /// The number used in binary tables: 0 left, 1 right, 2 unknown.
    pub fn code(self) -> u32 {
        match self {
            Side::Left => 0,
            Side::Right => 1,
            Side::Unknown => 2,
        }
    }

    /// The side with this number; anything else is `Unknown`.
    pub fn from_code(code: u32) -> Side {
        match code {
            0 => Side::Left,
            1 => Side::Right,
            _ => Side::Unknown,
        }
    }

    /// Left for right and right for left.
    #[must_use]
    pub fn mirrored(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
            Side::Unknown => Side::Unknown,
        }
    }
}

/// How the camera-space z of a result came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepthSource {
    /// There is no camera-space position.
    #[default]
    None,
    /// Inferred from a single picture.
    Estimated,
    /// Read from a depth sensor or known exactly.
    Measured,
}

impl DepthSource {
    /// The word used in every output: `none`, `estimated` or `measured`.
    pub fn name(self) -> &'static str {
        match self {
            DepthSource::None => "none",
            DepthSource::Estimated => "estimated",
            DepthSource::Measured => "measured",
        }
    }

    /// The source with this name; anything else is `None`.
    pub fn from_name(name: &str) -> DepthSource {
        match name {
            "estimated" => DepthSource::Estimated,
            "measured" => DepthSource::Measured,
            _ => DepthSource::None,
        }
    }
}

/// One hand in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    /// The wearer's left or right.
    pub side: Side,
    /// Confidence of `side`, 0.5..1 (0 when unknown).
    pub score: f32,
    /// Confidence that there is a hand at all, 0..1.
    pub presence: f32,
    /// Number that stays the same while this hand is followed; counts from 1 in each stream.
    pub track: u32,
    /// Joints in the picture, divided by its width and height; may lie outside 0..1.
    pub image_norm: [[f32; 2]; JOINTS],
    /// Joints in camera space, metres; `None` when not known.
    pub camera_m: Option<[[f32; 3]; JOINTS]>,
    /// Confidence of each joint, 0..1.
    pub joint_score: [f32; JOINTS],
}

impl Hand {
    /// Joints in pixels of a picture of this size.
    pub fn image_px(&self, width: u32, height: u32) -> [[f32; 2]; JOINTS] {
        self.image_norm.map(|[x, y]| [x * width as f32, y * height as f32])
    }

    /// The longer side of the box around the joints, in pixels of a picture of this size.
    pub fn size_px(&self, width: u32, height: u32) -> f32 {
        let mut lo = [f32::INFINITY; 2];
        let mut hi = [f32::NEG_INFINITY; 2];
        for p in self.image_px(width, height) {
            for axis in 0..2 {
                lo[axis] = lo[axis].min(p[axis]);
                hi[axis] = hi[axis].max(p[axis]);
            }
        }
        (hi[0] - lo[0]).max(hi[1] - lo[1])
    }
}

/// All hands of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hands {
    /// In order of track number.
    pub hands: Vec<Hand>,
    /// Where `camera_m` comes from, for all hands alike.
    pub depth_source: DepthSource,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_joint_but_the_wrist_ends_a_bone_and_bones_form_one_piece() {
        let mut reached = [false; JOINTS];
        reached[WRIST] = true;
        for _ in 0..JOINTS {
            for (a, b, _) in BONES {
                if reached[a] || reached[b] {
                    reached[a] = true;
                    reached[b] = true;
                }
            }
        }
        assert!(reached.iter().all(|r| *r), "a joint hangs in the air: {reached:?}");
    }

    #[test]
    fn codes_and_names_come_back() {
        for side in [Side::Left, Side::Right, Side::Unknown] {
            assert_eq!(Side::from_code(side.code()), side);
            assert_eq!(Side::from_name(side.name()), side);
            assert_eq!(side.mirrored().mirrored(), side);
        }
        for source in [DepthSource::None, DepthSource::Estimated, DepthSource::Measured] {
            assert_eq!(DepthSource::from_name(source.name()), source);
        }
    }
}
