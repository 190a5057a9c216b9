//! People of a picture in three stages: find them, look at each one, follow them into the next frame.
//!
//! Family `mediapipe-pose`; constants are those of the graph `pose_landmark_cpu` of the Python package mediapipe 0.10.21 (Apache-2.0),
//! which follows one person; following several is ours.

mod detector;
mod landmarks;
mod tracker;

pub use detector::{Person, PersonDetector};
pub use landmarks::{PoseLandmarks, PoseNetwork};
pub use tracker::{BodyTracker, BodyTrackerConfig};

use ego_core::region::{Region, wrap_angle};

use crate::error::{ModelError, Result};
use crate::manifest::Manifest;

/// The region around a person against the circle through its size point.
const REGION_SCALE: f64 = 1.25;

/// The square around a person whose hips' middle is `centre`; `top` lies on the circle around the whole person, above the head.
fn person_region(centre: [f64; 2], top: [f64; 2]) -> Region {
    let (dx, dy) = (top[0] - centre[0], top[1] - centre[1]);
    let angle = wrap_angle(std::f64::consts::FRAC_PI_2 - f64::atan2(-dy, dx));
    Region { cx: centre[0], cy: centre[1], side: 2.0 * dx.hypot(dy) * REGION_SCALE, angle }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upright_person_has_an_upright_region_and_one_lying_to_the_right_a_quarter_turn() {
        let r = person_region([100.0, 200.0], [100.0, 120.0]);
        assert!(r.angle.abs() < 1e-12 && (r.side - 200.0).abs() < 1e-9 && (r.cx, r.cy) == (100.0, 200.0), "{r:?}");
        let r = person_region([100.0, 200.0], [180.0, 200.0]);
        assert!((r.angle - std::f64::consts::FRAC_PI_2).abs() < 1e-12, "{r:?}");
    }
}
