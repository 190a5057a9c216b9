//! What can go wrong in the viewer, in sentences that name the thing and the remedy.

use std::path::PathBuf;

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// There is no screen, or no graphics device.
    #[error("cannot open a window: {0}")]
    Window(String),
    /// There is no graphics device, not even a software one.
    #[error("no Vulkan device was found ({0}); install mesa-vulkan-drivers for one in software")]
    NoDevice(String),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A picture cannot be written.
    #[error("cannot write {path}: {problem}")]
    WritePicture {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file of marked examples that cannot be read or written.
    #[error(transparent)]
    Marks(ego_outputs::OutputError),
    /// What is to be shown cannot be.
    #[error("{reason}")]
    Input {
        /// The sentence.
        reason: String,
        /// What to try.
        hint: Option<String>,
    },
    /// Results that are not there or cannot be read.
    #[error("{0}")]
    Results(String),
    /// A graph that cannot be built or run.
    #[error(transparent)]
    Graph(#[from] ego_graph::GraphError),
    /// The picture that was asked for does not come.
    #[error("there is no picture at {0:.3} s within {1} s")]
    NoPicture(f64, u64),
}
