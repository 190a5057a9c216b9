//! The thread that opens, plays and closes streams, so that whatever waits for GStreamer waits here and not in the window.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ego_graph::{LivePlan, LiveSource, Outcome, Session, Settings};

use super::feed::{Extra, Feed};
use super::file_stream::FileStream;
use super::live_outputs::{LiveNews, LiveOutputs};
use super::opening::{Opening, What};
use super::recording::RecordingThread;
use super::{Request, RowBatch, StreamEvent, Trouble};
use crate::state::Analysis;

/// Time between two looks at requests and news.
const TICK: Duration = Duration::from_millis(8);
/// A live source that does not stop for so long is left alone.
const CLOSING: Duration = Duration::from_secs(2);
/// Sources that were left alone have so long at the end of the program.
pub(super) const LEAVING: Duration = Duration::from_secs(5);
/// Time between two looks at the statistics of the stages.
const STATISTICS: Duration = Duration::from_millis(500);

/// See the module's documentation.
pub(super) struct Conductor<W> {
    asked: Receiver<Request>,
    pub(super) news: News<W>,
    feed: Arc<Feed>,
    rows: Sender<RowBatch>,
    now: Now,
    settings: Option<Settings>,
    title: String,
    recording: Option<RecordingThread>,
    /// Sources that are being closed.
    leaving: Vec<JoinHandle<()>>,
    /// Of the first live source, until that is opened.
    outputs: Option<LiveOutputs>,
    looked: Instant,
    dropped: u64,
}

/// What is open.
enum Now {
    Nothing,
    File(Box<FileStream>),
    Live { session: Session, analysed: bool, outputs: Option<LiveOutputs> },
}

impl Now {
    /// Waits for the end, and tells it to whoever listens.
    fn end(self) {
        match self {
            Now::Live { session, outputs: Some(outputs), .. } => {
                session.stopper().stop();
                outputs.tell(LiveNews::Ended(Box::new(session.finish())));
            }
            Now::File(file) => file.end(),
            Now::Live { outputs: None, .. } | Now::Nothing => {}
        }
    }
}

/// News for the window.
pub(super) struct News<W> {
    tell: Sender<StreamEvent>,
    wake: Arc<W>,
}

impl<W: Fn()> News<W> {
    /// Tells something that must not be lost; a window that has stopped listening is given up after a second.
    pub(super) fn tell(&self, event: StreamEvent) {
        let _ = self.tell.send_timeout(event, Duration::from_secs(1));
        (self.wake)();
    }

    pub(super) fn trouble(&self, trouble: Trouble) {
        self.tell(StreamEvent::Trouble(trouble));
    }
}

impl<W: Fn()> Conductor<W> {
    pub(super) fn new(
        asked: Receiver<Request>,
        tell: Sender<StreamEvent>,
        feed: Arc<Feed>,
        rows: Sender<RowBatch>,
        wake: Arc<W>,
        outputs: Option<LiveOutputs>,
    ) -> Conductor<W> {
        Conductor {
            asked,
            news: News { tell, wake },
            feed,
            rows,
            now: Now::Nothing,
            settings: None,
            title: String::new(),
            recording: None,
            leaving: Vec::new(),
            outputs,
            looked: Instant::now(),
            dropped: 0,
        }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self) {
        loop {
            match self.asked.recv_timeout(if matches!(self.now, Now::Nothing) { 10 * TICK } else { TICK }) {
                Ok(request) => self.request(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look_after();
        }
        self.stop_recording();
        self.close();
        // What still loads when the program ends would meet libraries that are gone.
        let until = Instant::now() + LEAVING;
        self.leaving.iter().for_each(|thread| {
            ends_within(thread, until.saturating_duration_since(Instant::now()));
        });
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Open(opening) => self.open(*opening),
            Request::Devices => match ego_graph::cameras() {
                Ok(cameras) => self.news.tell(StreamEvent::Cameras(cameras)),
                Err(error) => self.news.trouble(Trouble::Warning(error.to_string())),
            },
            Request::Record { folder } => self.record(&folder),
            Request::StopRecording => self.stop_recording(),
            Request::Set { stage, key, value } => self.set(&stage, &key, &value),
            Request::Play | Request::Pause | Request::Seek(_) | Request::Step | Request::Rate(_) => {
                if let Now::File(file) = &mut self.now {
                    file.request(&request);
                }
            }
        }
    }

    /// Lets go of what is open in a thread of its own: a driver that is stuck, or a model that is being loaded, must not hold up the next
    /// source. A camera gets a moment, because the next source may be the same one.
    fn close(&mut self) {
        self.feed.clear();
        self.dropped = 0;
        self.leaving.retain(|thread| !thread.is_finished());
        let old = std::mem::replace(&mut self.now, Now::Nothing);
        let patience = match old {
            Now::Nothing => return,
            Now::File(_) => Duration::ZERO,
            Now::Live { .. } => CLOSING,
        };
        let Ok(thread) = std::thread::Builder::new().name("ego-close".into()).spawn(move || old.end()) else { return };
        let stopped = ends_within(&thread, patience);
        if !stopped && patience > Duration::ZERO {
            self.news.trouble(Trouble::Warning(format!("{} does not stop; it is left to itself", self.title)));
        }
        self.leaving.push(thread);
    }

    fn open(&mut self, opening: Opening) {
        self.stop_recording();
        self.close();
        self.title = opening.title();
        self.settings = opening.settings.clone();
        match &opening.what {
            What::File(_) | What::ResultsOnly(_) => match FileStream::open(&opening, &self.feed, &self.rows, &self.news) {
                Ok(file) => self.now = Now::File(Box::new(file)),
                Err(trouble) => self.news.trouble(trouble),
            },
            What::Live(source) => self.open_live(source.clone(), &opening),
            What::Bad(bad) => self.news.trouble(Trouble::Source { text: bad.reason.clone(), hint: bad.hint.clone() }),
        }
    }

    fn open_live(&mut self, source: LiveSource, opening: &Opening) {
        let analysed = opening.analyse && opening.settings.as_ref().is_some_and(|s| !s.stages().is_empty());
        let settings = opening.settings.clone().filter(|_| opening.analyse).unwrap_or_else(Settings::empty);
        let extra = Extra { opening: opening.number, stream: "live".into(), live: true, analysed: true, ..Extra::default() };
        let (tap, id) = self.feed.tap(extra);
        self.feed.activate(id);
        self.news.tell(StreamEvent::Opened { live: true, stream: "live".into(), has_results: false });
        self.news.tell(StreamEvent::Analysis(if analysed { Analysis::Loading } else { Analysis::Off }));
        let outputs = self.outputs.take();
        let plan = LivePlan {
            source,
            settings,
            stream: outputs.as_ref().map_or_else(|| "live".into(), |o| o.stream.clone()),
            json: outputs.as_ref().and_then(|o| o.json.clone()),
            record: outputs.as_ref().and_then(|o| o.record.clone()),
            window: false,
            tap: Some(tap),
            pictures_first: true,
            duration: outputs.as_ref().and_then(|o| o.duration),
        };
        match ego_graph::live(&plan) {
            Ok(session) => {
                if let Some(outputs) = &outputs {
                    outputs.tell(LiveNews::Started(session.stopper()));
                }
                self.news.tell(StreamEvent::Controls(session.stages().adjustable()));
                self.now = Now::Live { session, analysed, outputs };
            }
            Err(error) => {
                let trouble = live_trouble(&error, analysed);
                self.never_ran(outputs, Outcome { failure: Some(error), ..Outcome::default() });
                self.news.trouble(trouble);
            }
        }
    }

    /// Nothing was written yet: the next live source gets the files.
    fn never_ran(&mut self, outputs: Option<LiveOutputs>, outcome: Outcome) {
        if let Some(outputs) = &outputs {
            outputs.tell(LiveNews::Ended(Box::new(outcome)));
        }
        self.outputs = outputs;
    }

    fn set(&mut self, stage: &str, key: &str, value: &str) {
        let stages = match &self.now {
            Now::Nothing => return,
            Now::File(file) => file.stages(),
            Now::Live { session, .. } => session.stages(),
        };
        match stages.set(stage, key, value) {
            Ok(()) => self.news.tell(StreamEvent::Controls(stages.adjustable())),
            Err(error) => self.news.trouble(Trouble::Warning(error.to_string())),
        }
        if let Now::File(file) = &mut self.now {
            file.look_again();
        }
    }

    fn look_after(&mut self) {
        if let Some(problem) = self.feed.take_problem() {
            self.news.trouble(Trouble::Warning(problem));
        }
        if self.recording.as_ref().is_some_and(RecordingThread::has_ended) {
            // It has told why by itself.
            self.feed.set_recording(None);
            self.recording = None;
        }
        match &mut self.now {
            Now::Nothing => {}
            Now::File(file) => {
                if !file.look_after(&self.feed, &self.news) {
                    self.close();
                    return;
                }
            }
            Now::Live { .. } => self.look_after_live(),
        }
        if self.looked.elapsed() > STATISTICS {
            self.looked = Instant::now();
            let stages = match &self.now {
                Now::Nothing => return,
                Now::File(file) => file.stages().stats(),
                Now::Live { session, .. } => session.stages().stats(),
            };
            self.news.tell(StreamEvent::Stages { stages, dropped: self.dropped });
        }
    }

    fn look_after_live(&mut self) {
        let Now::Live { session, analysed, outputs } = &self.now else { return };
        let analysed = *analysed;
        let mut ended = false;
        loop {
            let event = session.events().try_recv();
            if let (Some(outputs), Ok(event)) = (outputs, &event) {
                outputs.tell(LiveNews::Event(event.clone()));
            }
            match event {
                Ok(ego_graph::Event::Progress(progress)) => {
                    if progress.frames > 0 && analysed {
                        self.news.tell(StreamEvent::Analysis(Analysis::Running));
                    }
                    self.dropped = progress.dropped;
                }
                Ok(ego_graph::Event::Warning(text)) => self.news.trouble(Trouble::Warning(text)),
                Ok(ego_graph::Event::SourceLost { reason, retry_in }) => {
                    self.news.tell(StreamEvent::Lost { reason, retry_in_s: retry_in.as_secs_f32() });
                }
                Ok(ego_graph::Event::SourceBack { .. }) => self.news.tell(StreamEvent::Back),
                // The results on the frames say the same, and more.
                Ok(ego_graph::Event::Action { .. }) => {}
                Err(crossbeam_channel::TryRecvError::Empty) => break,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    ended = true;
                    break;
                }
            }
        }
        if ended && let Now::Live { session, outputs, .. } = std::mem::replace(&mut self.now, Now::Nothing) {
            self.stop_recording();
            let outcome = session.finish();
            match &outcome.failure {
                Some(error) => self.news.trouble(live_trouble(error, analysed)),
                None => self.news.tell(StreamEvent::Ended),
            }
            match outputs {
                Some(_) if outcome.frames == 0 && outcome.failure.is_some() => self.never_ran(outputs, outcome),
                Some(outputs) => outputs.tell(LiveNews::Ended(Box::new(outcome))),
                None => {}
            }
        }
    }

    fn record(&mut self, folder: &std::path::Path) {
        if self.recording.is_some() || !matches!(self.now, Now::Live { .. }) {
            return;
        }
        let settings = self.settings.clone().unwrap_or_else(Settings::empty);
        match RecordingThread::start(folder, &self.title, settings, self.news.tell.clone()) {
            Ok((thread, input)) => {
                self.feed.set_recording(Some(input));
                self.recording = Some(thread);
            }
            Err(trouble) => self.news.trouble(trouble),
        }
    }

    fn stop_recording(&mut self) {
        // Without its input the thread closes the files and ends.
        self.feed.set_recording(None);
        if let Some(recording) = self.recording.take() {
            recording.finish();
            (self.news.wake)();
        }
    }
}

/// Waits for a thread, but not for longer than this.
fn ends_within(thread: &JoinHandle<()>, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while !thread.is_finished() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

/// A live graph ends for one of two reasons: the source, or what looks at it.
fn live_trouble(error: &ego_graph::GraphError, analysed: bool) -> Trouble {
    let (text, hint) = (error.to_string(), error.hint());
    match error {
        ego_graph::GraphError::Source { .. } => Trouble::Source { text, hint },
        _ if analysed => Trouble::LiveAnalysis { text, hint },
        _ => Trouble::Source { text, hint },
    }
}
