//! Results of earlier runs: rows for the timeline while the file is being read, whole records when a picture asks for one.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crossbeam_channel::Sender;
use ego_outputs::{FrameRecord, JsonLinesReader, Line};

use super::lock;
use crate::error::ViewError;
use crate::state::RowBatch;
use crate::timeline::{Labels, RowMaker};

/// Rows of one batch: some milliseconds of reading.
const BATCH: usize = 2048;
/// Two times are those of one frame when they differ by less, nanoseconds: containers round.
const SAME_NS: u64 = 4_000_000;
/// A record stands for the time up to the next one, but not for longer than so many usual distances.
const PATIENCE: u64 = 2;
/// Longest line that is read.
const MAX_LINE: u64 = 8 << 20;

/// A file of JSON lines with the place of each frame, as far as it was read.
#[derive(Debug)]
pub struct ResultsFile {
    path: PathBuf,
    file: Mutex<BufReader<File>>,
    /// Time and place of every frame, in order of time.
    index: Mutex<Vec<(u64, u64)>>,
}

impl ResultsFile {
    /// Opens a file without reading it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Arc<ResultsFile>, ViewError> {
        let file = File::open(path).map_err(|source| ViewError::Read { path: path.to_owned(), source })?;
        Ok(Arc::new(ResultsFile { path: path.to_owned(), file: Mutex::new(BufReader::new(file)), index: Mutex::default() }))
    }

    /// Time of the last frame that was reached.
    pub fn last_ns(&self) -> Option<u64> {
        lock(&self.index).last().map(|(pts, _)| *pts)
    }

    /// The first two frames, read from the beginning of the file: size and rate of a video that is not there.
    pub fn beginning(&self) -> Vec<FrameRecord> {
        let Ok(file) = File::open(&self.path) else { return Vec::new() };
        let lines = JsonLinesReader::new(BufReader::new(file));
        let frames = lines.filter_map(|line| match line {
            Ok(Ok(Line::Frame(frame))) => Some(frame),
            _ => None,
        });
        frames.take(2).collect()
    }

    /// The record of the frame that is on the screen at a time; `None` when there is none, or it was not reached yet. Decoders give the
    /// first picture after a jump the time of the jump, so the frame may have begun earlier.
    pub fn at(&self, pts_ns: u64) -> Option<FrameRecord> {
        let place = {
            let index = lock(&self.index);
            let after = index.partition_point(|(pts, _)| *pts < pts_ns + SAME_NS);
            let (pts, place) = index.get(after.checked_sub(1)?)?;
            let usual = match (index.first(), index.last()) {
                (Some(first), Some(last)) if index.len() > 1 => (last.0 - first.0) / (index.len() as u64 - 1),
                _ => 33_333_333,
            };
            (pts_ns.saturating_sub(*pts) < PATIENCE * usual).then_some(*place)?
        };
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(place)).ok()?;
        let mut line = Vec::new();
        file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).ok()?;
        parse(&line).ok().flatten()
    }
}

/// The frame of a line; `None` for the last line of a file.
fn parse(line: &[u8]) -> Result<Option<FrameRecord>, String> {
    match JsonLinesReader::new(line).next() {
        Some(Ok(Ok(Line::Frame(frame)))) => Ok(Some(frame)),
        Some(Ok(Ok(Line::End(_)))) | None => Ok(None),
        Some(Ok(Err(fault))) => Err(fault.problem),
        Some(Err(error)) => Err(error.to_string()),
    }
}

/// Reads a file from its beginning to its end and sends rows on the way, until nobody takes them; gives a warning when lines are
/// damaged. The truth of the same stream is read beside it; `opening` goes on every batch.
///
/// # Errors
/// When the file cannot be read.
pub fn load_rows(
    results: &ResultsFile,
    truth: Option<&ResultsFile>,
    opening: u64,
    send: &Sender<RowBatch>,
) -> Result<Option<String>, ViewError> {
    let open = |path: &Path| File::open(path).map_err(|source| ViewError::Read { path: path.to_owned(), source });
    let mut lines = Lines::new(open(&results.path)?);
    let mut true_lines = match truth {
        Some(truth) => Some((truth, Lines::new(open(&truth.path)?))),
        None => None,
    };
    let (mut labels, mut maker) = (Labels::default(), RowMaker::default());
    let (mut rows, mut places) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    let mut faults = (0_u64, String::new());
    let mut known = 0;
    let mut pending_truth: Option<FrameRecord> = None;
    loop {
        let next = lines.next(&results.path)?;
        let end = next.is_none();
        if let Some((place, line)) = next {
            match parse(line) {
                Ok(Some(frame)) => {
                    let pts = frame.pts_ns.unwrap_or(0);
                    if let Some((file, lines)) = &mut true_lines {
                        while pending_truth.as_ref().is_none_or(|t| t.pts_ns.unwrap_or(0) + SAME_NS <= pts) {
                            let Some((place, line)) = lines.next(&file.path)? else { break };
                            if let Ok(Some(frame)) = parse(line) {
                                lock(&file.index).push((frame.pts_ns.unwrap_or(0), place));
                                pending_truth = Some(frame);
                            }
                        }
                    }
                    let truth = pending_truth.as_ref().filter(|t| t.pts_ns.unwrap_or(0).abs_diff(pts) < SAME_NS);
                    rows.push(maker.row(&frame, truth, place, &mut labels));
                    places.push((pts, place));
                }
                Ok(None) => {}
                Err(problem) => {
                    faults.0 += 1;
                    faults.1 = problem;
                }
            }
        }
        if rows.len() >= BATCH || end {
            lock(&results.index).append(&mut places);
            let new = (labels.len() > known).then(|| labels.clone());
            known = labels.len();
            let batch = RowBatch { opening, rows: std::mem::replace(&mut rows, Vec::with_capacity(BATCH)), labels: new, last: end };
            if send.send(batch).is_err() {
                return Ok(None);
            }
        }
        if end {
            break;
        }
    }
    lock(&results.index).sort_unstable();
    Ok((faults.0 > 0).then(|| format!("{}: {} lines cannot be read ({})", results.path.display(), faults.0, faults.1)))
}

/// Reads a file from its beginning to its end so that its records are found by time: truth beside a video whose results come from models.
/// Gives a warning when lines are damaged.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn load_index(file: &ResultsFile) -> Result<Option<String>, ViewError> {
    let source = File::open(&file.path).map_err(|source| ViewError::Read { path: file.path.clone(), source })?;
    let mut lines = Lines::new(source);
    let mut faults = 0;
    while let Some((place, line)) = lines.next(&file.path)? {
        match parse(line) {
            Ok(Some(frame)) => lock(&file.index).push((frame.pts_ns.unwrap_or(0), place)),
            Ok(None) => {}
            Err(_) => faults += 1,
        }
    }
    lock(&file.index).sort_unstable();
    Ok((faults > 0).then(|| format!("{}: {faults} lines cannot be read", file.path.display())))
}

/// Lines of a file with their places.
struct Lines {
    file: BufReader<File>,
    place: u64,
    line: Vec<u8>,
}

impl Lines {
    fn new(file: File) -> Lines {
        Lines { file: BufReader::with_capacity(1 << 18, file), place: 0, line: Vec::new() }
    }

    fn next(&mut self, path: &Path) -> Result<Option<(u64, &[u8])>, ViewError> {
        self.line.clear();
        let place = self.place;
        let read = self.file.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line);
        let length = read.map_err(|source| ViewError::Read { path: path.to_owned(), source })?;
        self.place += length as u64;
        Ok((length > 0).then_some((place, self.line.as_slice())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn records_are_found_by_time_and_damaged_lines_are_told() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("clip.jsonl");
        let mut file = File::create(&path).expect("made");
        for n in 0..5000_u64 {
            let record = FrameRecord::new("clip", n, Some(n * 33_333_333), 64, 48);
            writeln!(file, "{}", record.to_json()).expect("written");
        }
        writeln!(file, "{{\"schema\":\"ego.frame/1\",").expect("written");
        drop(file);
        let results = ResultsFile::open(&path).expect("opened");
        assert_eq!(results.at(33_333_333), None);
        let (send, rows) = crossbeam_channel::bounded(100);
        let warning = load_rows(&results, None, 1, &send).expect("read").expect("a damaged line");
        assert!(warning.contains("1 lines"), "{warning}");
        drop(send);
        let batches: Vec<RowBatch> = rows.iter().collect();
        assert_eq!(batches.iter().map(|b| b.rows.len()).sum::<usize>(), 5000);
        assert!(batches.last().is_some_and(|b| b.last) && batches.len() == 3);
        assert_eq!(results.at(4321 * 33_333_333 + 900).map(|r| r.frame), Some(4321));
        assert_eq!(results.at(4321 * 33_333_333 + 16_000_000).map(|r| r.frame), Some(4321));
        assert_eq!(results.at(4321 * 33_333_333 - 900).map(|r| r.frame), Some(4321));
        assert_eq!(results.at(4999 * 33_333_333 + 200_000_000), None);
        let missing = ResultsFile::open(&dir.path().join("none.jsonl")).expect_err("not there").to_string();
        assert!(missing.contains("none.jsonl"));
    }
}
