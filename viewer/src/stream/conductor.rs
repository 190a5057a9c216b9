//! The thread that opens, plays and closes streams, so that whatever waits for GStreamer waits here and not in the window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ego_graph::{LivePlan, LiveSource, Session, Settings};

use super::feed::{Extra, Feed};
use super::file_stream::FileStream;
use super::opening::{Opening, What};
use super::recording::RecordingThread;
use super::{Request, RowBatch, StreamEvent, Trouble};
use crate::state::Analysis;

/// Time between two looks at requests and news.
const TICK: Duration = Duration::from_millis(8);
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
    looked: Instant,
    dropped: u64,
}

/// What is open.
enum Now {
    Nothing,
    File(Box<FileStream>),
    Live { session: Session, analysed: bool },
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

    fn close(&mut self) {
        self.feed.clear();
        self.now = Now::Nothing;
        self.dropped = 0;
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
            What::Bad(_, reason) => self.news.trouble(Trouble::Source { text: reason.clone(), hint: None }),
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
        let plan =
            LivePlan { source, settings, stream: "live".into(), json: None, record: None, window: false, tap: Some(tap), duration: None };
        match ego_graph::live(&plan) {
            Ok(session) => {
                self.news.tell(StreamEvent::Controls(session.stages().adjustable()));
                self.now = Now::Live { session, analysed };
            }
            Err(error) => self.news.trouble(live_trouble(&error, analysed)),
        }
    }

    fn set(&self, stage: &str, key: &str, value: &str) {
        let stages = match &self.now {
            Now::Nothing => return,
            Now::File(file) => file.stages(),
            Now::Live { session, .. } => session.stages(),
        };
        match stages.set(stage, key, value) {
            Ok(()) => self.news.tell(StreamEvent::Controls(stages.adjustable())),
            Err(error) => self.news.trouble(Trouble::Warning(error.to_string())),
        }
        if let Now::File(file) = &self.now {
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
        let Now::Live { session, analysed } = &self.now else { return };
        let analysed = *analysed;
        let mut ended = false;
        loop {
            match session.events().try_recv() {
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
        if ended && let Now::Live { session, .. } = std::mem::replace(&mut self.now, Now::Nothing) {
            self.stop_recording();
            match session.finish().failure {
                Some(error) => self.news.trouble(live_trouble(&error, analysed)),
                None => self.news.tell(StreamEvent::Ended),
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

/// A live graph ends for one of two reasons: the source, or what looks at it.
fn live_trouble(error: &ego_graph::GraphError, analysed: bool) -> Trouble {
    let (text, hint) = (error.to_string(), error.hint());
    match error {
        ego_graph::GraphError::Source { .. } => Trouble::Source { text, hint },
        _ if analysed => Trouble::LiveAnalysis { text, hint },
        _ => Trouble::Source { text, hint },
    }
}
