//! The scene at one instant, as plain data: what the renderer draws and what the truth is read from.
//!
//! World space: metres, right-handed, x to the wearer's right, y ahead of the wearer, z up; the table top is the plane z = 0.

use std::sync::Arc;

use ego_core::camera::Intrinsics;
use ego_core::hands::Side;
pub use ego_core::objects::InHand;

use crate::hand::{Anatomy, Forearm, HandAngles, HandPose};
use crate::shape::{MAX_PARTS, ObjectModel};
use crate::space::Pose;

/// Everything that can be seen at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Since the clip's beginning, seconds.
    pub time_s: f64,
    /// The head camera.
    pub camera: Camera,
    /// All hands of the scene, in view or not: the wearer's first, then a bystander's.
    pub hands: Vec<HandState>,
    /// All objects, classed ones first; their order stays the same within a clip.
    pub objects: Vec<ObjectState>,
}

/// The head camera at one instant; axes x right, y down, z ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Takes world points into camera space.
    pub camera_from_world: Pose,
    /// Pixels of the clip's picture size.
    pub intrinsics: Intrinsics,
}

/// Who a hand belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The person with the camera.
    Wearer,
    /// Somebody else.
    Bystander,
}

/// One hand with its forearm.
#[derive(Clone, Debug, PartialEq)]
pub struct HandState {
    /// Whose it is.
    pub owner: Owner,
    /// The owner's own left or right.
    pub side: Side,
    /// Bone lengths and widths; the same in every frame of a clip.
    pub anatomy: Anatomy,
    /// Joint angles that `pose` was made from.
    pub angles: HandAngles,
    /// Bone frames (`world_from_bone`) and joints in world space.
    pub pose: HandPose,
    /// Elbow and forearm frame in world space.
    pub forearm: Forearm,
    /// What it holds, when it holds something.
    pub held: Option<Held>,
}

/// What a hand holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Index into the moment's objects.
    pub object: usize,
    /// Index into the object's parts.
    pub part: usize,
    /// Which tips touch the part, thumb first.
    pub contact: [bool; 5],
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectState {
    /// Class, shape and size; shared by all frames of a clip.
    pub model: Arc<ObjectModel>,
    /// `world_from_part` of each part of `model.parts`; what lies beyond their number is meaningless.
    pub parts: [Pose; MAX_PARTS],
    /// Who holds the body or one of its parts, or moves one without a grasp (a cap that is flipped or pressed).
    pub in_hand: InHand,
}
