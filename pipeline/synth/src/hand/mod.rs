//! The hand: bones of one person, joint angles with their limits, forward and inverse kinematics.

pub mod anatomy;
pub mod angles;
pub mod forward;

pub use anatomy::Anatomy;
pub use angles::{DigitAngles, HandAngles, Posture};
pub use forward::{BoneFrame, Forearm, HAND_BONES, HandPose};
