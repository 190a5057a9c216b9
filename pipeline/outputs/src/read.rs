//! Reading JSON lines, also of files that were cut off or damaged.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;

use crate::error::{Action, OutputError};
use crate::frame::{EndRecord, FrameRecord};
use crate::schema::{EndSchema, FrameSchema};

/// A line of a file.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "nearly every line is a frame")]
pub enum Line {
    /// The results of a frame.
    Frame(FrameRecord),
    /// The end of a finished stream.
    End(EndRecord),
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {problem}")]
pub struct LineFault {
    /// Number of the line, from 1.
    pub number: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// A file of JSON lines, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonLines {
    /// Every whole frame, in the order of the file.
    pub frames: Vec<FrameRecord>,
    /// The last line when it is `ego.end/1`; `None`: the file was cut off.
    pub end: Option<EndRecord>,
    /// Lines that cannot be read, among them the half line of a killed writer.
    pub faults: Vec<LineFault>,
}

impl JsonLines {
    /// What a reader should tell about the file, in one sentence; `None` for a whole file.
    pub fn warning(&self) -> Option<String> {
        let cut = format!("cut off after {} frames: the last line is not \"{}\"", self.frames.len(), EndSchema::ID);
        match (self.end, self.faults.as_slice()) {
            (Some(_), []) => None,
            (None, []) => Some(cut),
            (None, [.., last]) => Some(format!("{cut} ({last}); the frames before are usable")),
            (Some(_), [first, ..]) => Some(format!("{} unreadable lines ({first}); the other frames are usable", self.faults.len())),
        }
    }
}

/// Reads a whole file; damage is in the result, not an error.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn read_json_lines(path: &Path) -> Result<JsonLines, OutputError> {
    let file = File::open(path).map_err(OutputError::io(Action::Read, path))?;
    let mut lines = JsonLines::default();
    for line in JsonLinesReader::new(BufReader::new(file)) {
        lines.end = None;
        match line.map_err(OutputError::io(Action::Read, path))? {
            Ok(Line::Frame(frame)) => lines.frames.push(frame),
            Ok(Line::End(end)) => lines.end = Some(end),
            Err(fault) => lines.faults.push(fault),
        }
    }
    Ok(lines)
}

/// Longest line that is read: about a thousand times a usual one. Longer ones mean another kind of file.
const MAX_LINE: u64 = 8 << 20;

/// Reads lines one by one; blank lines are passed over.
///
/// The outer error is one of the file and ends the reading, the inner one is a damaged line and does not.
#[derive(Debug)]
pub struct JsonLinesReader<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    done: bool,
}

impl<R: BufRead> JsonLinesReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> JsonLinesReader<R> {
        JsonLinesReader { input, line: Vec::new(), number: 0, done: false }
    }

    fn fault(&self, problem: impl ToString) -> LineFault {
        LineFault { number: self.number, problem: problem.to_string() }
    }

    fn parse(&self) -> Result<Line, LineFault> {
        /// Finds the schema whatever else is in the line.
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(borrow)]
            schema: Cow<'a, str>,
        }
        if !self.line.ends_with(b"\n") && serde_json::from_slice::<serde::de::IgnoredAny>(&self.line).is_err() {
            return Err(self.fault("incomplete, the writer was stopped in the middle of it"));
        }
        let head: Head<'_> = serde_json::from_slice(&self.line).map_err(|e| self.fault(e))?;
        match &*head.schema {
            FrameSchema::ID => serde_json::from_slice(&self.line).map(Line::Frame).map_err(|e| self.fault(e)),
            EndSchema::ID => serde_json::from_slice(&self.line).map(Line::End).map_err(|e| self.fault(e)),
            other => Err(self.fault(format_args!(
                "schema \"{other}\" is not known here (known: \"{}\", \"{}\"): read it with the version of egostream that wrote it",
                FrameSchema::ID,
                EndSchema::ID
            ))),
        }
    }
}

impl<R: BufRead> Iterator for JsonLinesReader<R> {
    type Item = io::Result<Result<Line, LineFault>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.done {
                return None;
            }
            self.line.clear();
            self.number += 1;
            match self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line) {
                Ok(0) => self.done = true,
                Ok(n) if n as u64 == MAX_LINE && !self.line.ends_with(b"\n") => {
                    self.done = true;
                    return Some(Ok(Err(self.fault(format_args!("longer than {MAX_LINE} bytes: not a file of JSON lines")))));
                }
                Ok(_) if self.line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => return Some(Ok(self.parse())),
                Err(e) => {
                    self.done = true;
                    return Some(Err(e));
                }
            }
        }
    }
}
