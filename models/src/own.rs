//! Networks of our own: compiled into the program, and written to the models folder when one of them is asked for.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::{ModelError, Result};

/// File names and contents.
const FILES: &[(&str, &[u8])] = &[
    ("ego-action.onnx", include_bytes!("../zoo/ego-action.onnx")),
    ("ego-action-stream.onnx", include_bytes!("../zoo/ego-action-stream.onnx")),
    ("ego-depth.onnx", include_bytes!("../zoo/ego-depth.onnx")),
    ("ego-objects.onnx", include_bytes!("../zoo/ego-objects.onnx")),
    ("ego-hand-finder.onnx", include_bytes!("../zoo/ego-hand-finder.onnx")),
    ("ego-hands.onnx", include_bytes!("../zoo/ego-hands.onnx")),
    ("ego-gestures-static.onnx", include_bytes!("../zoo/ego-gestures-static.onnx")),
    ("ego-gestures-moving.onnx", include_bytes!("../zoo/ego-gestures-moving.onnx")),
];

/// Whether a file of this name is compiled into the program.
pub(crate) fn is_compiled_in(file: &Path) -> bool {
    FILES.iter().any(|(name, _)| file == Path::new(name))
}

/// Puts a network of our own at `to`, unless exactly this file is there; does nothing for any other file name.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn unpack(to: &Path) -> Result<()> {
    // Stages of one program start side by side.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let Some((name, bytes)) = FILES.iter().find(|(name, _)| to.file_name() == Some(name.as_ref())) else { return Ok(()) };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if std::fs::read(to).is_ok_and(|found| found == *bytes) {
        return Ok(());
    }
    // Two programs may do this at once: each writes a file of its own, and the last one stays.
    let part = to.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let write = || {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, to)
    };
    write().map_err(|source| {
        // What cannot be removed either is replaced by the next attempt.
        let _ = std::fs::remove_file(&part);
        ModelError::Io { action: "write", path: to.to_path_buf(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::built_in;
    use crate::network::sha256_hex;

    #[test]
    fn every_file_is_the_one_its_manifest_describes() {
        for (name, bytes) in FILES {
            let manifest = built_in(name.trim_end_matches(".onnx")).expect(name);
            assert_eq!(manifest.file, Path::new(name));
            assert_eq!((manifest.bytes, manifest.sha256), (Some(bytes.len() as u64), Some(sha256_hex(bytes))), "{name}");
        }
    }

    #[test]
    fn a_file_is_written_once_and_again_when_it_is_damaged() {
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("models/ego-action.onnx");
        let whole = |to: &Path| std::fs::read(to).expect("the file") == FILES[0].1;
        unpack(&to).expect("written");
        assert!(whole(&to));
        let written = std::fs::metadata(&to).expect("the file").modified().expect("a time");
        unpack(&to).expect("kept");
        assert_eq!(std::fs::metadata(&to).expect("the file").modified().expect("a time"), written);
        std::fs::write(&to, b"cut").expect("damaged");
        unpack(&to).expect("written again");
        assert!(whole(&to));
        let other = folder.path().join("somebody-elses.onnx");
        unpack(&other).expect("nothing to do");
        assert!(!other.exists());
    }
}
