//! Kinematics of skeletons: poses with time stamps go in, named numbers over a short window come out.
//!
//! After HAPTICS (Ahmad et al., ICPR 2024), Algorithm 1 ([`BodyCleaner`]) and Algorithm 2 ([`body`]), with the mistakes of the
//! printed version repaired, and the same for hands ([`hands`]). Three rules hold for all layouts:
//!
//! - Lengths are divided by the size of the body (neck to middle of the hips) or of the hand (wrist to middle knuckle), so size and
//!   distance drop out; positions are relative to neck or wrist.
//! - Frames are resampled to a fixed step ([`History`]), so a window spans the same time and velocities mean the same at any frame
//!   rate. Units are in the names: `_h` body heights or hand sizes, `_h_per_s`, `_rad`, `_m`.
//! - A frame that cannot be used is counted in [`Skips`] and left out; after a gap, another track or a jump in time the window
//!   starts anew, so no window mixes two subjects or two moments.
//!
//! [`Extractor`] is the whole way for one stream.

pub mod body;
mod cleaning;
mod extractor;
pub mod finger_path;
mod geometry;
mod hand_motion;
pub mod hand_shape;
pub mod hands;
mod history;
pub mod signature;
mod spec;

pub use cleaning::{BodyCleaner, CleanBody, Rejection, from_body33, from_openpose18};
pub use extractor::{Extractor, Scene};
pub use history::{History, Push, Skips};
pub use spec::{FeatureSpec, Preset, SpecError};
