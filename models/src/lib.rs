//! Models: manifests, ONNX Runtime sessions, and the reading of tensors by model family.
//!
//! No GStreamer in here: pictures come in as [`ego_core::image::ImageView`], results leave as types of `ego-core`.

pub mod action;
pub mod body;
pub mod depth;
pub mod error;
pub mod hands;
pub mod import;
mod lanes;
pub mod manifest;
pub mod network;
pub mod objects;
mod own;
pub mod paths;
#[cfg(feature = "fetch")]
pub mod pull;
pub mod runtime;
pub mod sample;
pub mod teach;
mod unknown;
mod widest;

pub use error::{ErrorKind, ModelError};
pub use network::{Network, SessionOptions};
#[cfg(feature = "fetch")]
pub use pull::{PulledModel, pull};
pub use runtime::Device;
