//! A recording of a live stream: pictures as they come, pictures with the results drawn on them, and the results, in three files of one
//! name. A thread of its own writes them; what it has no time for is left out and counted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ego_graph::{GraphError, Recorder, RecorderPlan, Settings};
use ego_outputs::{EndRecord, FrameRecord, JsonLinesWriter};

use super::{Recorded, StreamEvent, Trouble};

/// Frames that may wait for the writer.
const WAITING: usize = 8;
/// Below this much free space no recording begins, bytes: about two minutes.
const LEAST_TO_START: u64 = 500 << 20;
/// Below this much free space a recording ends, bytes.
const LEAST_TO_GO_ON: u64 = 100 << 20;
/// Time between two looks at the disk.
const LOOK: Duration = Duration::from_secs(2);

type Item = (gst::Buffer, Option<gst::Caps>, Arc<FrameRecord>);

/// Where frames are handed in.
pub(super) struct RecordingInput {
    sender: Sender<Item>,
    dropped: Arc<AtomicU64>,
}

impl RecordingInput {
    /// Hands a frame in; never waits.
    pub(super) fn put(&self, buffer: &gst::Buffer, sample: &gst::Sample, results: &Arc<FrameRecord>) {
        let item = (buffer.clone(), sample.caps_owned(), Arc::clone(results));
        if self.sender.try_send(item).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A recording under way.
pub(super) struct RecordingThread {
    thread: Option<JoinHandle<()>>,
}

impl RecordingThread {
    /// Begins to record into `folder`; news go to `tell`.
    pub(super) fn start(
        folder: &Path,
        source: &str,
        settings: Settings,
        tell: Sender<StreamEvent>,
    ) -> Result<(RecordingThread, RecordingInput), Trouble> {
        let trouble = |text: String, hint: &str| Trouble::Recording { text, hint: Some(hint.to_owned()) };
        std::fs::create_dir_all(folder)
            .map_err(|e| trouble(format!("cannot write into {}: {e}", folder.display()), "start with another folder: --folder DIR"))?;
        if let Some(free) = free_space(folder)
            && free < LEAST_TO_START
        {
            let text = format!("only {} MB are free in {}; 500 MB are needed to begin a recording", free >> 20, folder.display());
            return Err(trouble(text, "delete something, or start with another folder: --folder DIR"));
        }
        let name = format!("{}_{}", now_text(), plain(source));
        let (sender, items) = bounded(WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            folder: folder.to_owned(),
            name,
            settings,
            items,
            dropped: Arc::clone(&dropped),
            tell,
            files: None,
            began: Instant::now(),
            first_ns: None,
            frames: 0,
        };
        let thread = std::thread::Builder::new().name("ego-record".into()).spawn(move || writer.run());
        let thread = thread.map_err(|e| trouble(format!("cannot start a thread: {e}"), "close other programs"))?;
        Ok((RecordingThread { thread: Some(thread) }, RecordingInput { sender, dropped }))
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until the files are closed; the input must be gone.
    pub(super) fn finish(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic has been printed already.
            let _ = thread.join();
        }
    }
}

/// The open files.
struct Files {
    raw: Recorder,
    annotated: Recorder,
    lines: JsonLinesWriter,
    caps: gst::Caps,
}

struct Writer {
    folder: PathBuf,
    name: String,
    settings: Settings,
    items: Receiver<Item>,
    dropped: Arc<AtomicU64>,
    tell: Sender<StreamEvent>,
    files: Option<Files>,
    began: Instant,
    /// Time of the first frame in the live stream, nanoseconds; in the files it is zero.
    first_ns: Option<u64>,
    frames: u64,
}

impl Writer {
    fn run(mut self) {
        let outcome = self.write();
        let closed = self.close();
        let trouble = match (outcome, closed) {
            (Err(trouble), _) | (Ok(()), Err(trouble)) => Some(trouble),
            (Ok(()), Ok(())) => None,
        };
        let event = match trouble {
            Some(trouble) => StreamEvent::Trouble(trouble),
            None => StreamEvent::Recorded {
                text: format!("{} frames are in {}.mkv, .annotated.mkv and .jsonl", self.frames, self.folder.join(&self.name).display()),
            },
        };
        // Nobody left to tell.
        let _ = self.tell.send(event);
    }

    fn write(&mut self) -> Result<(), Trouble> {
        let mut looked: Option<Instant> = None;
        let mut free = None;
        loop {
            match self.items.recv_timeout(Duration::from_millis(200)) {
                Ok(item) => self.add(item)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if looked.is_none_or(|at| at.elapsed() > LOOK) {
                looked = Some(Instant::now());
                free = free_space(&self.folder);
                if let Some(free) = free.filter(|free| *free < LEAST_TO_GO_ON) {
                    let text = format!("the recording was ended: only {} MB are free in {}", free >> 20, self.folder.display());
                    return Err(Trouble::Recording { text, hint: Some("what was recorded so far can be played".into()) });
                }
            }
            if self.frames.is_multiple_of(6) {
                let encoders = self.files.as_ref().map_or(0, |f| f.raw.so_far().dropped + f.annotated.so_far().dropped);
                let recorded = Recorded {
                    name: self.name.clone(),
                    seconds: self.began.elapsed().as_secs_f32(),
                    frames: self.frames,
                    dropped: encoders + self.dropped.load(Ordering::Relaxed),
                    free,
                };
                // Full: the next one says more.
                let _ = self.tell.try_send(StreamEvent::Recording(Some(recorded)));
            }
        }
    }

    fn add(&mut self, (buffer, caps, results): Item) -> Result<(), Trouble> {
        let files = match &mut self.files {
            Some(files) => files,
            None => {
                let Some(caps) = caps.clone() else { return Ok(()) };
                let at = |ending: &str| self.folder.join(format!("{}.{ending}", self.name));
                let start = |annotated: bool, ending: &str| {
                    let plan = RecorderPlan { path: at(ending), annotated, settings: self.settings.clone(), caps: caps.clone() };
                    Recorder::start(&plan).map_err(|e| trouble_of(&e))
                };
                let raw = start(false, "mkv")?;
                let annotated = start(true, "annotated.mkv")?;
                let lines = JsonLinesWriter::create(&at("jsonl")).map_err(|e| Trouble::Recording { text: e.to_string(), hint: None })?;
                self.files.insert(Files { raw, annotated, lines, caps })
            }
        };
        if caps.as_ref() != Some(&files.caps) {
            let text = "the recording was ended: the pictures have changed their size".to_owned();
            return Err(Trouble::Recording { text, hint: Some("a new recording takes the new size".into()) });
        }
        files.raw.push(&buffer).map_err(|e| trouble_of(&e))?;
        files.annotated.push(&buffer).map_err(|e| trouble_of(&e))?;
        let first = *self.first_ns.get_or_insert(results.pts_ns.unwrap_or(0));
        let record = from_start(&results, first, self.frames, &self.name);
        files.lines.frame(&record).map_err(|e| Trouble::Recording { text: e.to_string(), hint: None })?;
        self.frames += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Trouble> {
        let Some(Files { raw, annotated, mut lines, .. }) = self.files.take() else { return Ok(()) };
        let end = EndRecord { frames: self.frames, dropped: self.dropped.load(Ordering::Relaxed), ..EndRecord::default() };
        let written = lines.end(&end).map_err(|e| Trouble::Recording { text: e.to_string(), hint: None });
        let raw = raw.finish().map_err(|e| trouble_of(&e));
        let annotated = annotated.finish().map_err(|e| trouble_of(&e));
        written.and(raw.map(|_| ())).and(annotated.map(|_| ()))
    }
}

/// Results in the time of the recording, whose first picture is at zero: they lie beside the video and are read with it.
fn from_start(results: &FrameRecord, first_ns: u64, frame: u64, name: &str) -> FrameRecord {
    let mut record = results.clone();
    (record.frame, record.stream) = (frame, name.to_owned());
    record.pts_ns = record.pts_ns.map(|pts| pts.saturating_sub(first_ns));
    record.shift_action_times(-(first_ns as i64));
    record
}

fn trouble_of(error: &GraphError) -> Trouble {
    Trouble::Recording { text: error.to_string(), hint: error.hint() }
}

/// Free space of the disk that a folder lies on, bytes; `None` when that cannot be found out.
fn free_space(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// `20261126-093000`: sorts by time.
fn now_text() -> String {
    let now = gst::glib::DateTime::now_local().and_then(|now| now.format("%Y%m%d-%H%M%S"));
    now.map_or_else(|_| "recording".to_owned(), |text| text.to_string())
}

/// A name that every file system takes.
fn plain(name: &str) -> String {
    let text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let text = text.trim_matches('-');
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_count_from_the_first_picture() {
        let record = from_start(&FrameRecord::new("live", 700, Some(25_000_000_000), 640, 480), 24_000_000_000, 30, "a_cam");
        assert_eq!((record.stream.as_str(), record.frame, record.pts_ns), ("a_cam", 30, Some(1_000_000_000)));
    }

    #[test]
    fn names_are_fit_for_files_and_disks_have_space() {
        assert_eq!(plain("synth:pour milk"), "synth-pour-milk");
        assert_eq!(plain("/dev/video0"), "dev-video0");
        assert!(free_space(Path::new(".")).is_some_and(|free| free > 0));
        assert_eq!(free_space(Path::new("/no/such/folder")), None);
    }
}
