//! Writing JSON lines so that a file is readable at every moment.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Action, OutputError};
use crate::frame::{EndRecord, FrameRecord};

/// A file of JSON lines.
///
/// Each line goes to the system in one write, a few microseconds beside the milliseconds of a frame: a killed process loses
/// nothing, and others can follow the file while it grows. When a write stops half-way (full disk), the half line is cut off.
#[derive(Debug)]
pub struct JsonLinesWriter {
    path: PathBuf,
    file: File,
    line: Vec<u8>,
    whole_bytes: u64,
}

impl JsonLinesWriter {
    /// A new file in place of any old one.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path) -> Result<JsonLinesWriter, OutputError> {
        let file = File::create(path).map_err(OutputError::io(Action::Create, path))?;
        Ok(JsonLinesWriter { path: path.to_owned(), file, line: Vec::new(), whole_bytes: 0 })
    }

    /// Continues a file, or begins it. The half line of a killed writer is closed, so that it stays one broken line.
    ///
    /// # Errors
    /// When the file cannot be opened, read or written.
    pub fn append(path: &Path) -> Result<JsonLinesWriter, OutputError> {
        let open = || {
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            let mut end = file.seek(SeekFrom::End(0))?;
            if end > 0 {
                file.seek(SeekFrom::Start(end - 1))?;
                let mut last = [0];
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                    end += 1;
                }
            }
            Ok((file, end))
        };
        let (file, whole_bytes) = open().map_err(OutputError::io(Action::Create, path))?;
        Ok(JsonLinesWriter { path: path.to_owned(), file, line: Vec::new(), whole_bytes })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// When the line cannot be written; the lines before it stay whole.
    pub fn frame(&mut self, frame: &FrameRecord) -> Result<(), OutputError> {
        self.record(frame)
    }

    /// Adds the last line of a finished stream and hands everything to the disk.
    ///
    /// # Errors
    /// When the line cannot be written; the lines before it stay whole.
    pub fn end(&mut self, end: &EndRecord) -> Result<(), OutputError> {
        self.record(end)?;
        match self.file.sync_data() {
            // Pipes and devices have nothing to synchronise.
            Err(e) if e.kind() != std::io::ErrorKind::InvalidInput => Err(OutputError::io(Action::Write, &self.path)(e)),
            _ => Ok(()),
        }
    }

    fn record(&mut self, record: &impl Serialize) -> Result<(), OutputError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record).map_err(|e| OutputError::io(Action::Write, &self.path)(e.into()))?;
        self.line.push(b'\n');
        self.line()
    }

    fn line(&mut self) -> Result<(), OutputError> {
        if let Err(e) = self.file.write_all(&self.line) {
            // Fails on pipes and devices, where there is nothing to cut off.
            let _ = self.file.set_len(self.whole_bytes).and_then(|()| self.file.seek(SeekFrom::Start(self.whole_bytes)));
            return Err(OutputError::io(Action::Write, &self.path)(e));
        }
        self.whole_bytes += self.line.len() as u64;
        Ok(())
    }
}
