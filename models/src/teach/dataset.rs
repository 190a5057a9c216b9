//! Labelled features and what makes them unfit for teaching.

use std::collections::BTreeSet;

/// The features of one window, with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// As many as the layout has names; NaN = not known.
    pub values: Vec<f32>,
    /// Index into the labels.
    pub class: usize,
    /// Recording, clip or block that it comes from: neighbours in time share a group.
    pub group: usize,
}

/// Samples of one layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Name of the feature layout, `ego_core::kinematics::FeatureSpec::id`.
    pub layout: String,
    /// Class names.
    pub labels: Vec<String>,
    /// In order of time inside each group.
    pub samples: Vec<Sample>,
}

/// Why nothing can be learnt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeachError {
    /// No window at all.
    #[error("there is nothing to learn from: no window of the marked stretches could be described; are hands or people in view there?")]
    Empty,
    /// Fewer than two classes.
    #[error("there is only one class, {label:?}, and nothing to tell it from: mark a second class, or stretches of \"nothing\"")]
    OneClass {
        /// The class.
        label: String,
    },
    /// A class without samples.
    #[error("class {label:?} has no usable window: mark it where {subject} can be seen for longer than the window")]
    NoSamples {
        /// The class.
        label: String,
        /// What the layout describes.
        subject: &'static str,
    },
    /// Samples of different widths.
    #[error("features of layout {layout:?} have {found} values where {expected} are needed")]
    Width {
        /// The layout.
        layout: String,
        /// Values found.
        found: usize,
        /// Values needed.
        expected: usize,
    },
    /// A model for other features.
    #[error("the model wants features {expected:?}, these are {found:?}: compute them with that layout, or teach the model anew")]
    Layout {
        /// The model's layout.
        expected: String,
        /// The features' layout.
        found: String,
    },
    /// The arithmetic failed.
    #[error("the classifier cannot be fitted: {0}")]
    Numbers(&'static str),
}

impl Dataset {
    /// Number of values a sample has.
    pub fn width(&self) -> usize {
        self.samples.first().map_or(0, |s| s.values.len())
    }

    /// Samples of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        self.samples.iter().for_each(|s| {
            if let Some(count) = counts.get_mut(s.class) {
                *count += 1;
            }
        });
        counts
    }

    /// The groups, ascending.
    pub fn groups(&self) -> Vec<usize> {
        self.samples.iter().map(|s| s.group).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The samples that `keep` chooses.
    #[must_use]
    pub fn part(&self, keep: impl Fn(&Sample) -> bool) -> Dataset {
        Dataset {
            layout: self.layout.clone(),
            labels: self.labels.clone(),
            samples: self.samples.iter().filter(|s| keep(s)).cloned().collect(),
        }
    }

    /// Refuses what cannot be learnt from.
    ///
    /// # Errors
    /// When there are no samples, only one class, a class without samples, or samples of different widths.
    pub fn check(&self) -> Result<(), TeachError> {
        if self.samples.is_empty() {
            return Err(TeachError::Empty);
        }
        let counts = self.counts();
        if let [label] = self.labels.as_slice() {
            return Err(TeachError::OneClass { label: label.clone() });
        }
        let subject = if self.layout.starts_with("body") { "a person with neck and hips" } else { "a hand" };
        if let Some(empty) = counts.iter().position(|n| *n == 0) {
            return Err(TeachError::NoSamples { label: self.labels.get(empty).cloned().unwrap_or_default(), subject });
        }
        let expected = self.width();
        if let Some(other) = self.samples.iter().find(|s| s.values.len() != expected) {
            return Err(TeachError::Width { layout: self.layout.clone(), found: other.values.len(), expected });
        }
        Ok(())
    }
}
