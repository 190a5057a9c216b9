//! Streams beside the window: a thread of its own opens, plays and closes them, and answers through bounded channels.
//!
//! ```text
//! window --requests (32)--> conductor --events (256)--> window
//! end of the graph --newest-only slot--> window         pictures with their results
//! end of the graph --results (1024)--> window           results of every frame, shown or not
//! results file --rows (8 batches)--> window             rows for the timeline
//! ```

mod conductor;
mod feed;
mod file_stream;
mod live_outputs;
mod look_back;
mod opening;
mod previews;
mod read;
mod recording;
mod results;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use ego_graph::{Adjustable, Camera, StageStats};
use ego_outputs::FrameRecord;

use crate::error::ViewError;
use crate::frame::ViewFrame;
use crate::slot::{SlotReceiver, slot};
use crate::state::Analysis;

pub use crate::state::RowBatch;
pub use live_outputs::{LiveNews, LiveOutputs};
pub use look_back::LookBack;
pub use opening::{BadWord, Opening, What, runs_in};
pub use previews::{Found, Preview, Previews};
pub use read::{record_of_truth, results_of};
pub use results::{ResultsFile, load_rows};

/// Requests that may wait.
const REQUESTS: usize = 32;
/// News that may wait.
const EVENTS: usize = 256;
/// Results that may wait: half a minute of 30 frames a second.
const RESULTS: usize = 1024;
/// Batches of rows that may wait.
const BATCHES: usize = 8;

/// What the window asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Open a source in place of the present one.
    Open(Box<Opening>),
    /// Go on.
    Play,
    /// Stay.
    Pause,
    /// Jump to a time, nanoseconds.
    Seek(u64),
    /// One frame on.
    Step,
    /// So many times as fast.
    Rate(f64),
    /// Change a value of a stage.
    Set {
        /// The stage.
        stage: String,
        /// Its property.
        key: String,
        /// The value, written as on the command line.
        value: String,
    },
    /// Begin to record into a folder.
    Record {
        /// The folder.
        folder: std::path::PathBuf,
    },
    /// End the recording.
    StopRecording,
    /// List the cameras.
    Devices,
}

/// What the stream says.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// A source is open; pictures follow.
    Opened {
        /// It does not end.
        live: bool,
        /// Its name in results.
        stream: String,
        /// Results come from a file.
        has_results: bool,
    },
    /// Whether models look at the pictures.
    Analysis(Analysis),
    /// Values of stages that may change now.
    Controls(Vec<Adjustable>),
    /// Length of the file, nanoseconds.
    Duration(u64),
    /// The picture that was jumped to, at this time (nanoseconds), is there.
    Arrived(u64),
    /// The end was reached.
    Ended,
    /// A live source went away.
    Lost {
        /// What it said.
        reason: String,
        /// Seconds until the next attempt.
        retry_in_s: f32,
    },
    /// It is back.
    Back,
    /// What the stages say about themselves.
    Stages {
        /// In order.
        stages: Vec<StageStats>,
        /// Frames dropped in front of them.
        dropped: u64,
    },
    /// The cameras of this machine.
    Cameras(Vec<Camera>),
    /// Recordings with results in the folder that was given.
    Runs(Vec<(String, Opening)>),
    /// How the recording goes; `None` when there is none.
    Recording(Option<Recorded>),
    /// A recording has ended well.
    Recorded {
        /// In a sentence.
        text: String,
    },
    /// Something does not work.
    Trouble(Trouble),
}

/// What does not work, in a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// Recovered, slow, or likely misuse.
    Warning(String),
    /// There are no pictures.
    Source {
        /// The sentence.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// Pictures show without results.
    Analysis {
        /// The sentence.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// A live stream ended because of its models.
    LiveAnalysis {
        /// The sentence.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// The recording has ended badly.
    Recording {
        /// The sentence.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// A request was not taken.
    Busy,
}

/// A recording under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// The files, as they are named in the folder.
    pub name: String,
    /// Seconds so far.
    pub seconds: f32,
    /// Pictures so far.
    pub frames: u64,
    /// Pictures that the encoder had no time for.
    pub dropped: u64,
    /// Space that is left on the disk, bytes; `None` when that is not known.
    pub free: Option<u64>,
}

/// Number of the opening, results of one of its frames, and the truth where it is known.
pub type Analysed = (u64, Arc<FrameRecord>, Option<Arc<FrameRecord>>);

/// The window's end of everything that runs beside it.
pub struct Stream {
    requests: Sender<Request>,
    /// News, in order.
    pub events: Receiver<StreamEvent>,
    /// The newest picture.
    pub frames: SlotReceiver<ViewFrame>,
    /// Results of every frame that models have looked at.
    pub results: Receiver<Analysed>,
    /// Rows of a results file.
    pub rows: Receiver<RowBatch>,
    /// Pictures of the last seconds of a live stream.
    pub look_back: Arc<Mutex<LookBack>>,
    thread: Option<JoinHandle<()>>,
}

impl Stream {
    /// Starts the conductor; `wake` is called from other threads when there is something new to draw. `look_back_bytes`: memory for
    /// pictures of the last seconds; `outputs`: what is written of the first live source.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        wake: impl Fn() + Send + Sync + 'static,
        look_back_bytes: usize,
        outputs: Option<LiveOutputs>,
    ) -> Result<Stream, ViewError> {
        let wake = Arc::new(wake);
        let (requests, asked) = bounded(REQUESTS);
        let (tell, events) = bounded(EVENTS);
        let (send_results, results) = bounded(RESULTS);
        let (send_rows, rows) = bounded(BATCHES);
        let waker = Arc::clone(&wake);
        let (send_frames, frames) = slot(move || waker());
        let look_back = Arc::new(Mutex::new(LookBack::new(look_back_bytes)));
        let feed = feed::Feed::new(send_frames, send_results, Arc::clone(&look_back));
        let conductor = conductor::Conductor::new(asked, tell, Arc::new(feed), send_rows, wake, outputs);
        let thread = std::thread::Builder::new().name("ego-view-stream".into()).spawn(move || conductor.run());
        let thread = Some(thread.map_err(ViewError::Thread)?);
        Ok(Stream { requests, events, frames, results, rows, look_back, thread })
    }

    /// Hands a request over; `false` when too many wait already.
    pub fn ask(&self, request: Request) -> bool {
        !matches!(self.requests.try_send(request), Err(TrySendError::Full(_)))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The conductor ends when nobody can ask any more; a graph that is stuck in a driver must not hold up the window.
        let (sender, _) = bounded(0);
        self.requests = sender;
        if let Some(thread) = self.thread.take() {
            let deadline = std::time::Instant::now() + conductor::LEAVING + std::time::Duration::from_secs(2);
            while !thread.is_finished() && std::time::Instant::now() < deadline {
                // Whatever waits for room in a channel gets it.
                while self.events.try_recv().is_ok() {}
                while self.rows.try_recv().is_ok() {}
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    }
}

/// A panic elsewhere leaves plain values behind that are still good to use.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
