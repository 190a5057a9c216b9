//! Hands of a picture. Every family is a [`HandModel`]; [`open`] chooses by the manifest.
//!
//! `mediapipe-hands` ([`HandTracker`]) works in three stages: find palms, look at each hand, follow it into the next frame.

mod camera;
mod effhandegonet;
mod landmarks;
mod model;
mod palm;
mod rtmpose;
mod search;
mod sides;
mod tracker;

pub use camera::{Camera, IntrinsicsChoice};
pub use landmarks::{LandmarkNetwork, Landmarks};
pub use model::{FAMILIES, HandBox, HandInput, HandModel, open};
pub use palm::{Palm, PalmDetector, anchors, weighted_nms};
pub use search::Search;
pub use tracker::{HandTracker, HandTrackerConfig};

use crate::error::{ModelError, Result};
use crate::manifest::Manifest;

/// Refuses a manifest of another family.
fn expect_family(manifest: &Manifest, family: &str) -> Result<()> {
    if manifest.family == family {
        return Ok(());
    }
    Err(ModelError::Contradiction {
        model: manifest.name.clone(),
        field: "family".into(),
        expected: family.to_owned(),
        found: manifest.family.clone(),
    })
}
