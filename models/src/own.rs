//! Networks of our own: compiled into the program, and written to the models folder when one of them is asked for.

use std::fs::File;
use std::io::{self, Read};
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

/// How much of a file is compared at once.
const CHUNK: usize = 1 << 16;

/// Puts a network of our own at `to`, unless exactly this file is there, and gives its bytes; does nothing for any other file name.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn unpack(to: &Path) -> Result<Option<&'static [u8]>> {
    // Stages of one program start side by side.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let Some((name, bytes)) = FILES.iter().find(|(name, _)| to.file_name() == Some(name.as_ref())) else { return Ok(None) };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if holds(to, bytes).unwrap_or(false) {
        return Ok(Some(bytes));
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
    })?;
    Ok(Some(bytes))
}

/// Whether a file holds exactly these bytes.
fn holds(path: &Path, mut bytes: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut chunk = vec![0; CHUNK];
    while !bytes.is_empty() {
        let (now, later) = bytes.split_at(bytes.len().min(CHUNK));
        let found = &mut chunk[..now.len()];
        file.read_exact(found)?;
        if found != now {
            return Ok(false);
        }
        bytes = later;
    }
    Ok(true)
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
        // As long as it should be, and wrong in its last byte.
        let mut wrong = FILES[0].1.to_vec();
        *wrong.last_mut().expect("bytes") ^= 1;
        std::fs::write(&to, wrong).expect("damaged");
        assert_eq!(unpack(&to).expect("written again"), Some(FILES[0].1));
        assert!(whole(&to));
        let other = folder.path().join("somebody-elses.onnx");
        assert_eq!(unpack(&other).expect("nothing to do"), None);
        assert!(!other.exists());
    }
}
