//! Named numbers that describe the motion of one subject over a short window.

use std::sync::Arc;

/// The features of one subject at one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Which numbers in which order: `hands`, `body`, `body-5x314`.
    pub layout: Arc<str>,
    /// Whose motion: `wearer` (both hands), `left`, `right`, or `body:3` for the person of track 3.
    pub subject: String,
    /// Name of each value; the unit is the end of the name, as in `right.index.flexion_rad`.
    pub names: Arc<[String]>,
    /// As long as `names`; NaN = not known.
    pub values: Vec<f32>,
}

impl Features {
    /// The value with this name, `None` when there is no such name or the value is not known.
    pub fn value(&self, name: &str) -> Option<f32> {
        let index = self.names.iter().position(|n| n == name)?;
        self.values.get(index).copied().filter(|v| v.is_finite())
    }
}
