//! Writing recordings: beside their place first, and there under their name when they are whole.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ego_core::camera::Intrinsics;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use super::place::HEAD_CAMERA;
use super::record::{Field, FrameTruth, intrinsics_line};
use crate::error::{Action, OutputError};
use crate::whole::make_folder;

/// The pictures of one frame: rows from above, without padding.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Packed 8-bit RGB.
    pub rgb: &'a [u8],
    /// Depth along the camera's axis, metres; 0 (and what is not finite) is no reading.
    pub depth_m: &'a [f32],
}

/// A recording that is being written. Dropped before [`RecordingWriter::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct RecordingWriter {
    folder: PathBuf,
    part: PathBuf,
    frames: u64,
    line: String,
    depth_mm: Vec<u8>,
    finished: bool,
}

impl RecordingWriter {
    /// Begins the recording whose place below `root` is `path` (`subject1/h1/0`). What an interrupted program left there is removed.
    ///
    /// # Errors
    /// When the folders or `cam_intrinsics.txt` cannot be written.
    pub fn create(root: &Path, path: &str, intrinsics: &Intrinsics) -> Result<RecordingWriter, OutputError> {
        let folder = root.join(path);
        let mut name = std::ffi::OsString::from(".");
        name.push(folder.file_name().unwrap_or("recording".as_ref()));
        name.push(".part");
        let part = folder.with_file_name(name);
        match std::fs::remove_dir_all(&part) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(OutputError::io(Action::Write, &part)(e)),
            _ => {}
        }
        let writer = RecordingWriter { folder, part, frames: 0, line: String::new(), depth_mm: Vec::new(), finished: false };
        let camera = writer.part.join(HEAD_CAMERA);
        for name in Field::ALL.iter().map(|f| f.shape().0).chain(["rgb", "depth"]) {
            make_folder(&camera.join(name))?;
        }
        let text = intrinsics_line(intrinsics) + "\n";
        let file = camera.join("cam_intrinsics.txt");
        std::fs::write(&file, text).map_err(OutputError::io(Action::Write, &file))?;
        Ok(writer)
    }

    /// The folder while it is being written, for what else belongs to the recording.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// When a file cannot be written, or the picture is not as large as it says.
    pub fn frame(&mut self, truth: &FrameTruth, picture: &Picture<'_>) -> Result<(), OutputError> {
        let camera = self.part.join(HEAD_CAMERA);
        let number = self.frames;
        for field in Field::ALL {
            field.write(truth, &mut self.line);
            self.line.push('\n');
            let path = camera.join(field.shape().0).join(format!("{number:06}.txt"));
            std::fs::write(&path, &self.line).map_err(OutputError::io(Action::Write, &path))?;
        }
        let size = [picture.width, picture.height];
        let name = format!("{number:06}.png");
        png(&camera.join("rgb").join(&name), picture.rgb, size, ExtendedColorType::Rgb8)?;
        self.depth_mm.clear();
        self.depth_mm.extend(picture.depth_m.iter().flat_map(|m| millimetres(*m).to_ne_bytes()));
        png(&camera.join("depth").join(&name), &self.depth_mm, size, ExtendedColorType::L16)?;
        self.frames += 1;
        Ok(())
    }

    /// Puts the recording in its place; returns the number of its frames.
    ///
    /// # Errors
    /// When the place is taken or the folder cannot be renamed.
    pub fn finish(mut self) -> Result<u64, OutputError> {
        std::fs::rename(&self.part, &self.folder).map_err(OutputError::io(Action::Write, &self.folder))?;
        self.finished = true;
        Ok(self.frames)
    }
}

impl Drop for RecordingWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What stays is removed by the next attempt.
            let _ = std::fs::remove_dir_all(&self.part);
        }
    }
}

fn millimetres(metres: f32) -> u16 {
    // Saturates; not a number becomes 0.
    (metres * 1000.0).round() as u16
}

fn png(path: &Path, bytes: &[u8], size: [u32; 2], colour: ExtendedColorType) -> Result<(), OutputError> {
    let write = || {
        let wanted = u64::from(size[0]) * u64::from(size[1]) * u64::from(colour.bits_per_pixel()) / 8;
        if bytes.len() as u64 != wanted {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} bytes of picture where {wanted} are needed", bytes.len())));
        }
        let mut file = BufWriter::with_capacity(1 << 16, File::create(path)?);
        let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Paeth);
        encoder.write_image(bytes, size[0], size[1], colour).map_err(|e| match e {
            image::ImageError::IoError(e) => e,
            other => io::Error::other(other),
        })?;
        file.flush()
    };
    write().map_err(OutputError::io(Action::Write, path))
}
