use std::io;
use std::path::{Path, PathBuf};

/// What was being done to a file when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Creating it, or opening it for writing.
    Create,
    /// Writing to it.
    Write,
    /// Opening or reading it.
    Read,
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Action::Create => "create",
            Action::Write => "write",
            Action::Read => "read",
        })
    }
}

/// Why a result file cannot be written or read; names the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file system refused.
    #[error("cannot {action} {}: {source}{}", path.display(), remedy(*action, source))]
    Io {
        /// What was tried.
        action: Action,
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A file that is one JSON document is not what it should be.
    #[error("cannot read {}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A file of a folder layout is not what it should be.
    #[error("cannot read {}: {problem}", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
}

impl OutputError {
    pub(crate) fn io(action: Action, path: &Path) -> impl FnOnce(io::Error) -> OutputError + '_ {
        move |source| OutputError::Io { action, path: path.to_owned(), source }
    }
}

fn remedy(action: Action, error: &io::Error) -> &'static str {
    use io::ErrorKind as K;
    match (error.kind(), action) {
        (K::StorageFull | K::QuotaExceeded, _) => "; free some space or write to another disk",
        (K::FileTooLarge, _) => "; the file system or a limit (ulimit -f) allows no larger file: write to another disk",
        (K::PermissionDenied, Action::Read) => "; ask its owner for the right to read it",
        (K::PermissionDenied | K::ReadOnlyFilesystem, _) => "; choose a folder that you may write to",
        (K::NotFound | K::NotADirectory, Action::Read) => "; check the name",
        (K::NotFound | K::NotADirectory, _) => "; create the folder first, or choose another",
        (K::IsADirectory, _) => "; name a file, this is a folder",
        _ => "",
    }
}
