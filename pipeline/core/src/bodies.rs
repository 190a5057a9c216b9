//! People of one frame: the 33 landmarks of MediaPipe's pose model or the 13 joints of HAPTICS.

/// Which joints a body has, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyLayout {
    /// Neck, right shoulder, elbow, wrist, left shoulder, elbow, wrist, right hip, knee, ankle, left hip, knee, ankle
    /// (Ahmad et al., ICPR 2024, Algorithm 1).
    Body13,
    /// MediaPipe's 33 pose landmarks.
    Body33,
}

/// Joints of [`BodyLayout::Body13`], in order. "Right" and "left" are the person's own.
pub const BODY13_NAMES: [&str; 13] = [
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
];

/// Joints of [`BodyLayout::Body33`], in order.
pub const BODY33_NAMES: [&str; 33] = [
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
];

const BODY13_BONES: [(usize, usize); 12] =
    [(0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (0, 10), (10, 11), (11, 12)];

/// MediaPipe's pose connections.
const BODY33_BONES: [(usize, usize); 35] = [
    (0, 1),
    (1, 2),
    (2, 3),
    (3, 7),
    (0, 4),
    (4, 5),
    (5, 6),
    (6, 8),
    (9, 10),
    (11, 12),
    (11, 13),
    (13, 15),
    (15, 17),
    (15, 19),
    (15, 21),
    (17, 19),
    (12, 14),
    (14, 16),
    (16, 18),
    (16, 20),
    (16, 22),
    (18, 20),
    (11, 23),
    (12, 24),
    (23, 24),
    (23, 25),
    (24, 26),
    (25, 27),
    (26, 28),
    (27, 29),
    (28, 30),
    (29, 31),
    (30, 32),
    (27, 31),
    (28, 32),
];

impl BodyLayout {
    /// The word used in every output: `body13` or `body33`.
    pub fn name(self) -> &'static str {
        match self {
            BodyLayout::Body13 => "body13",
            BodyLayout::Body33 => "body33",
        }
    }

    /// The layout with this name.
    pub fn from_name(name: &str) -> Option<BodyLayout> {
        [BodyLayout::Body13, BodyLayout::Body33].into_iter().find(|layout| layout.name() == name)
    }

    /// Names of the joints, in table order.
    pub fn joints(self) -> &'static [&'static str] {
        match self {
            BodyLayout::Body13 => &BODY13_NAMES,
            BodyLayout::Body33 => &BODY33_NAMES,
        }
    }

    /// Pairs of joints that are connected.
    pub fn bones(self) -> &'static [(usize, usize)] {
        match self {
            BodyLayout::Body13 => &BODY13_BONES,
            BodyLayout::Body33 => &BODY33_BONES,
        }
    }
}

/// One person in one frame. Every list is as long as the layout has joints.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Which joints.
    pub layout: BodyLayout,
    /// Number that stays the same while the person is followed, from 1.
    pub track: u32,
    /// Confidence that there is a person, 0..1.
    pub score: f32,
    /// Joints divided by the picture's width and height; may lie outside 0..1.
    pub image_norm: Vec<[f32; 2]>,
    /// Joints in metres around the middle of the hips, x right, y down, z away from the camera; `None` when not known.
    pub world_m: Option<Vec<[f32; 3]>>,
    /// Confidence that each joint can be seen, 0..1.
    pub joint_score: Vec<f32>,
}

/// All people of one frame, in order of track number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bodies {
    /// One entry a person; all of the same layout.
    pub bodies: Vec<Body>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bones_connect_joints_that_exist() {
        for layout in [BodyLayout::Body13, BodyLayout::Body33] {
            let joints = layout.joints().len();
            assert!(layout.bones().iter().all(|(a, b)| *a < joints && *b < joints && a != b), "{}", layout.name());
            assert_eq!(BodyLayout::from_name(layout.name()), Some(layout));
        }
    }
}
