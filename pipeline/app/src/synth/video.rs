//! One clip as an H.264 video with one JSON line a frame.

use std::io;
use std::path::{Path, PathBuf};

use ego_graph::{Film, GraphError};
use ego_outputs::{Action, EndRecord, JsonLinesWriter, OutputError};
use ego_synth::clip::Clip;

use super::picture::Easel;
use super::{sensors, truth};
use crate::interrupt::Interrupt;

/// Files under other names until the clip is whole; what was not put in place is removed.
struct Parts {
    folder: PathBuf,
    names: Vec<String>,
}

impl Parts {
    fn path(&mut self, name: String) -> PathBuf {
        let path = self.folder.join(format!(".{name}.part"));
        self.names.push(name);
        path
    }

    /// In the order of their making reversed: the video, which marks a finished clip, comes last.
    fn put_in_place(mut self) -> Result<(), OutputError> {
        while let Some(name) = self.names.pop() {
            let path = self.folder.join(&name);
            let moved = std::fs::rename(self.folder.join(format!(".{name}.part")), &path);
            moved.map_err(|source| OutputError::Io { action: Action::Write, path, source })?;
        }
        Ok(())
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for name in &self.names {
            // What stays is replaced by the next attempt.
            let _ = std::fs::remove_file(self.folder.join(format!(".{name}.part")));
        }
    }
}

/// Writes `STEM.mp4`, `STEM.jsonl` and, when asked for, `STEM.imu.csv`; `false` when the user stopped it, and then nothing is left.
pub(super) fn write(root: &Path, stem: &str, clip: &Clip, imu: bool, easel: &mut Easel, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let k = clip.intrinsics();
    let mut parts = Parts { folder: root.to_owned(), names: Vec::new() };
    let video = parts.path(format!("{stem}.mp4"));
    let lines = parts.path(format!("{stem}.jsonl"));
    let mut film = Film::create(&video, k.width, k.height, clip.fps()).map_err(refused)?;
    let mut json = JsonLinesWriter::create(&lines)?;
    let whole = easel.draw(clip, interrupt, |number, known, frame| {
        json.frame(&truth::frame_record(stem, number, film.pts_ns(number), clip, known))?;
        film.push(padded(&frame.rgb, frame.width)).map_err(refused)?;
        Ok(())
    })?;
    if whole {
        film.finish().map_err(refused)?;
        json.end(&EndRecord { frames: clip.frames(), ..EndRecord::default() })?;
        if imu {
            sensors::write(clip, &parts.path(format!("{stem}.imu.csv")))?;
        }
        parts.put_in_place()?;
    }
    Ok(whole)
}

/// Rows of packed RGB, each padded to a multiple of four bytes.
fn padded(rgb: &[u8], width: usize) -> Vec<u8> {
    let row = 3 * width;
    let stride = row.next_multiple_of(4);
    if row == stride {
        return rgb.to_vec();
    }
    let mut rows = Vec::with_capacity(rgb.len() / row.max(1) * stride);
    for line in rgb.chunks_exact(row.max(1)) {
        rows.extend_from_slice(line);
        rows.resize(rows.len() + stride - row, 0);
    }
    rows
}

/// A full disk in the words of the other writers, whose remedy fits here.
fn refused(error: GraphError) -> anyhow::Error {
    match error {
        GraphError::Write { path, full: true, .. } => {
            OutputError::Io { action: Action::Write, path, source: io::ErrorKind::StorageFull.into() }.into()
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_to_four_bytes() {
        assert_eq!(padded(&[1, 2, 3, 4, 5, 6], 1), [1, 2, 3, 0, 4, 5, 6, 0]);
        assert_eq!(padded(&[7; 12], 4), [7; 12]);
    }
}
