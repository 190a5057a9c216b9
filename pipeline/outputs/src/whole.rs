//! Files that appear whole or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::error::{Action, OutputError};

/// Replaces `path`: at every moment it holds the old or the new bytes, never a part.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or("file".as_ref()));
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|e| {
        // What cannot be removed either is of no use to anyone, but harms nobody.
        let _ = std::fs::remove_file(&part);
        OutputError::io(Action::Write, path)(e)
    })
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), OutputError> {
    std::fs::create_dir_all(path).map_err(OutputError::io(Action::Create, path))
}
