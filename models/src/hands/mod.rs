//! Hands of a picture. Every family is a [`HandModel`]; [`open`] chooses by the manifest.
//!
//! `mediapipe-hands` and `ego-crop-hands` ([`HandTracker`]) work in three stages: find hands, look at each, follow it into the next
//! frame. `mediapipe-palm` and `ego-hand-finder` do the finding for either. Two models can share a stream: the one that sees more of its
//! hands has it.

mod camera;
mod cold;
mod crop;
mod effhandegonet;
mod finder;
mod landmarks;
mod looks;
mod model;
mod on_demand;
mod pair;
mod palm;
mod rtmpose;
mod search;
mod shrink;
mod sides;
mod stages;
mod tracker;
mod window;

pub use camera::{Camera, IntrinsicsChoice};
pub use crop::{CropNetwork, CropSeen};
pub use finder::{HandFinder, Place};
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
