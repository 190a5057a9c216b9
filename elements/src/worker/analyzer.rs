//! What a kind of analysis has to bring along, and what can go wrong with it.

use std::path::Path;

use super::frame::Frame;

pub use ego_meta::Stamp;

/// Why an analysis cannot start, or cannot be made. The text names the thing and the remedy; it reaches the user as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// A property has a value that cannot be used.
    #[error("{0}")]
    Setting(String),
    /// A model, a library or a device is not there.
    #[error("{0}")]
    Missing(String),
    /// A model is not what it should be.
    #[error("{0}")]
    Mismatch(String),
    /// Nothing will work from now on: the element stops with an error.
    #[error("{0}")]
    Failed(String),
    /// This frame cannot be analysed: it passes without a result, and the next one is tried.
    #[error("{0}")]
    Frame(String),
}

impl AnalysisError {
    /// The GStreamer error that stands for it on the bus.
    pub(crate) fn message(&self) -> gst::ErrorMessage {
        match self {
            AnalysisError::Setting(text) => gst::error_msg!(gst::ResourceError::Settings, ("{text}")),
            AnalysisError::Missing(text) => gst::error_msg!(gst::ResourceError::NotFound, ("{text}")),
            AnalysisError::Mismatch(text) => gst::error_msg!(gst::StreamError::WrongType, ("{text}")),
            AnalysisError::Failed(text) | AnalysisError::Frame(text) => gst::error_msg!(gst::LibraryError::Failed, ("{text}")),
        }
    }
}

/// The common properties as they were when the element started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSettings {
    /// Model name or path.
    pub model: String,
    /// `auto`, `cpu`, `cuda`, `tensorrt` ...
    pub device: String,
    /// Threads that one analysis may use, at least 1.
    pub threads: usize,
}

impl OpenSettings {
    /// The name that results carry for the model: its own, or that of its file.
    pub fn model_name(&self) -> String {
        let stem = Path::new(&self.model).file_stem().and_then(|s| s.to_str());
        stem.filter(|_| self.model.contains(['/', '.'])).unwrap_or(&self.model).to_owned()
    }
}

/// An analysis that is ready to run.
pub struct Opened {
    /// Does the work, on the worker thread.
    pub analyzer: Box<dyn Analyzer>,
    /// Posted as a WARNING: for example that `device=auto` fell back to the processor although there is a GPU.
    pub warning: Option<String>,
}

/// One kind of analysis, with its model. Lives on the worker thread.
pub trait Analyzer: Send {
    /// Id of the model, for the results' stamps.
    fn model(&self) -> &str;

    /// What the model runs on: `cpu`, `cuda` ...
    fn provider(&self) -> &str;

    /// Looks at one frame. Drop the frame as soon as its pixels have been read: upstream may be waiting for the buffer.
    ///
    /// # Errors
    /// [`AnalysisError::Frame`] to go on with the next frame, anything else to stop the element.
    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError>;

    /// Forgets what earlier frames have taught: the next frame shows something else.
    fn reset(&mut self);

    /// Something that ends a running `analyze` early (its error is then ignored), called from another thread at flush and stop.
    fn interrupter(&self) -> Option<Box<dyn Fn() + Send + Sync>> {
        None
    }
}

/// The result of an analysis, attached to the frame it was made from and to those that follow.
pub trait Outcome: Send {
    /// Writes the result on a buffer.
    ///
    /// # Errors
    /// When the result does not fit the buffer; counted and warned about once.
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), ego_meta::MetaError>;

    /// Whether the analysis looks for things and has found none.
    fn is_empty(&self) -> bool {
        false
    }
}

impl From<ego_models::ModelError> for AnalysisError {
    fn from(e: ego_models::ModelError) -> AnalysisError {
        use ego_models::{ErrorKind, ModelError};
        let text = e.to_string();
        match (e.kind(), e) {
            (_, ModelError::Frame(_)) => AnalysisError::Frame(text),
            (_, ModelError::Setting { .. }) => AnalysisError::Setting(text),
            (ErrorKind::Missing, _) => AnalysisError::Missing(text),
            (ErrorKind::Mismatch, _) => AnalysisError::Mismatch(text),
            // A network that fails once fails on every frame: out of memory, or its device is gone.
            (ErrorKind::Runtime, _) => AnalysisError::Failed(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_its_name_or_by_its_file() {
        for (given, want) in [("mediapipe-hands", "mediapipe-hands"), ("zoo/mine.toml", "mine"), ("my-hands.onnx", "my-hands")] {
            let settings = OpenSettings { model: given.into(), device: "auto".into(), threads: 1 };
            assert_eq!(settings.model_name(), want);
        }
    }
}
