//! Teaching a classifier: labelled features go in, a network of the family `kinematic-window` comes out.
//!
//! - [`Sample`], [`Dataset`]: features with a class and the recording or block that they come from.
//! - [`KinematicClassifier`]: standardise, principal components, kernel features, logistic regression; fitted in seconds.
//! - [`model_hand`]: views of a model hand, from which static gestures are learnt beside recorded hands.
//! - [`evaluate`]: accuracy with an interval, confusion, leave-one-group-out.
//! - [`export`]: the same arithmetic as an ONNX file with its manifest.

mod classifier;
mod dataset;
pub mod evaluate;
pub mod export;
mod kernel;
pub mod model_hand;
mod pca;
mod random;
mod softmax;

pub use classifier::{FitSettings, KinematicClassifier};
pub use dataset::{Dataset, Sample, TeachError};
pub use random::Random;
