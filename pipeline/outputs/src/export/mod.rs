//! Result lines in the formats of other programs.
//!
//! | format | file | for |
//! |---|---|---|
//! | `csv` | `clip.csv` | one row a frame and hand: pixels and metres of every joint; spreadsheets, R, pandas |
//! | `segments` | `clip.segments.csv` | one row a label: when it began and ended |
//! | `vtt`, `srt` | `clip.vtt`, `clip.srt` | labels as subtitles: any player |
//! | `eaf` | `clip.eaf` | labels as tiers of ELAN 2.8 and later |
//! | `coco` | `clip.coco.json` | hands as key-points and objects as boxes of COCO |
//! | `npz` | `clip.npz` | arrays for `numpy.load` |
//!
//! Labels are those that were told (`stable`), one row, cue or annotation for each stretch of time.

mod coco;
mod eaf;
mod npz;
mod segments;
mod subtitles;
mod table;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Action, OutputError};
use crate::frame::FrameRecord;
use crate::read::{JsonLinesReader, Line, LineFault};

pub use segments::{LabelSegment, Segments, names_nothing};

/// A format of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values of all hands.
    Csv,
    /// Comma-separated values of all labels.
    Segments,
    /// WebVTT.
    Vtt,
    /// SubRip.
    Srt,
    /// ELAN's annotations.
    Eaf,
    /// COCO's key-points and boxes.
    Coco,
    /// NumPy's arrays.
    Npz,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 7] = [Format::Csv, Format::Segments, Format::Vtt, Format::Srt, Format::Eaf, Format::Coco, Format::Npz];

    /// The word used on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Segments => "segments",
            Format::Vtt => "vtt",
            Format::Srt => "srt",
            Format::Eaf => "eaf",
            Format::Coco => "coco",
            Format::Npz => "npz",
        }
    }

    /// What comes after the clip's name.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Segments => "segments.csv",
            Format::Coco => "coco.json",
            other => other.name(),
        }
    }

    /// The file of this format beside a file of result lines.
    pub fn beside(self, lines: &Path) -> PathBuf {
        lines.with_extension(self.ending())
    }
}

/// What an export has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Frames.
    pub frames: u64,
    /// The first line that could not be read and was left out.
    pub fault: Option<LineFault>,
    /// The result lines were cut off.
    pub cut_off: bool,
}

/// Takes frames in order.
pub(crate) trait Exporter {
    /// Takes one frame.
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()>;
    /// Writes what is left and closes the file.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Reads result lines and writes them to `out` in another format. `out` holds the whole of it or nothing new.
///
/// # Errors
/// When the lines cannot be opened or hold not one frame, or `out` cannot be written.
pub fn export(lines: &Path, format: Format, out: &Path) -> Result<Exported, OutputError> {
    let file = File::open(lines).map_err(OutputError::io(Action::Read, lines))?;
    let mut name = std::ffi::OsString::from(".");
    name.push(out.file_name().unwrap_or("export".as_ref()));
    name.push(format!(".{}.part", std::process::id()));
    let part = out.with_file_name(name);
    let clear = |e| {
        // What cannot be removed either harms nobody.
        let _ = std::fs::remove_file(&part);
        OutputError::io(Action::Write, out)(e)
    };
    let mut exporter = begin(format, &part).map_err(clear)?;
    let mut exported = Exported { cut_off: true, ..Exported::default() };
    for line in JsonLinesReader::new(BufReader::new(file)) {
        match line.map_err(OutputError::io(Action::Read, lines))? {
            Ok(Line::Frame(record)) => {
                exported.frames += 1;
                exporter.frame(&record).map_err(clear)?;
            }
            Ok(Line::End(_)) => exported.cut_off = false,
            Err(fault) => {
                exported.fault.get_or_insert(fault);
            }
        }
    }
    if exported.frames == 0 {
        let _ = std::fs::remove_file(&part);
        let found = exported.fault.map_or_else(|| "it holds no frame".to_owned(), |fault| format!("it holds no frame ({fault})"));
        let problem = format!("{found}; name a file of result lines, the .jsonl that ego run writes");
        return Err(OutputError::Layout { path: lines.to_owned(), problem });
    }
    exporter.finish().and_then(|()| std::fs::rename(&part, out)).map_err(clear)?;
    Ok(exported)
}

fn begin(format: Format, path: &Path) -> io::Result<Box<dyn Exporter>> {
    let file = || Ok::<_, io::Error>(BufWriter::with_capacity(1 << 16, File::create(path)?));
    Ok(match format {
        Format::Csv => Box::new(table::Hands::new(file()?)?),
        Format::Segments => Box::new(table::Labels::new(file()?)),
        Format::Vtt => Box::new(subtitles::Subtitles::new(file()?, subtitles::Kind::Vtt)),
        Format::Srt => Box::new(subtitles::Subtitles::new(file()?, subtitles::Kind::Srt)),
        Format::Eaf => Box::new(eaf::Eaf::new(file()?)),
        Format::Coco => Box::new(coco::Coco::new(file()?)),
        Format::Npz => Box::new(npz::Npz::new(path)),
    })
}

/// A time as `HH:MM:SS` with milliseconds after this separator.
fn clock(ns: u64, separator: char) -> String {
    let ms = (ns + 500_000) / 1_000_000;
    format!("{:02}:{:02}:{:02}{separator}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

/// Flushes, so that a full disk is an error here and not in a destructor.
fn close(mut file: BufWriter<File>) -> io::Result<()> {
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_milliseconds() {
        assert_eq!(clock(0, '.'), "00:00:00.000");
        assert_eq!(clock(3_661_999_600_000, ','), "01:01:02,000");
        assert_eq!(clock(66_666_666, '.'), "00:00:00.067");
    }

    #[test]
    fn names_and_endings_are_different() {
        let lines = Path::new("out/clip.jsonl");
        let mut files: Vec<PathBuf> = Format::ALL.iter().map(|f| f.beside(lines)).collect();
        assert_eq!(files[1], Path::new("out/clip.segments.csv"));
        files.sort();
        files.dedup();
        assert_eq!(files.len(), Format::ALL.len());
    }

    #[test]
    fn a_report_is_no_file_of_results() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("run.json");
        std::fs::write(&report, "{\n \"inputs\": []\n}\n").unwrap();
        let error = export(&report, Format::Vtt, &Format::Vtt.beside(&report)).unwrap_err().to_string();
        assert!(error.contains("run.json") && error.contains("line 1") && error.contains(".jsonl"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
