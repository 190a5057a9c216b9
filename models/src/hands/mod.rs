//! Hands of a picture in three stages: find palms, look at each hand, follow it into the next frame.

mod landmarks;
mod palm;
mod search;
mod sides;
mod tracker;

pub use landmarks::{LandmarkNetwork, Landmarks};
pub use palm::{Palm, PalmDetector, anchors, weighted_nms};
pub use search::Search;
pub use tracker::{HandTracker, HandTrackerConfig, IntrinsicsChoice};

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
