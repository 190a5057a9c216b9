//! A file under a person's hands: pictures at once, models when they are loaded, results of an earlier run from their file.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use ego_graph::{GraphError, Input, InputKind, PlayPlan, Player, PlayerEvent, Stages};

use super::conductor::News;
use super::feed::{Extra, Feed};
use super::opening::{Opening, What};
use super::results::{ResultsFile, load_index, load_rows};
use super::{Request, RowBatch, StreamEvent, Trouble};
use crate::state::Analysis;

/// A jump that has not arrived after so long is taken for lost.
const JUMP_PATIENCE: Duration = Duration::from_secs(2);

/// A jump behind the last picture, where only the sound goes on, is made again so much earlier, then twice as much and so on.
const FIRST_EARLIER_NS: u64 = 20_000_000;
/// Up to here.
const MOST_EARLIER_NS: u64 = 1_280_000_000;

/// A player with models that is being opened beside the one that shows pictures.
type Opened = (Result<Player, GraphError>, u64);

/// See the module's documentation.
pub(super) struct FileStream {
    feed: Arc<Feed>,
    player: Player,
    playing: bool,
    rate: f64,
    /// Since when a jump is under way.
    jumping: Option<Instant>,
    /// The jump that is wanted next; only the newest counts.
    wanted: Option<u64>,
    /// Pictures that had come when the jump under way began, and how much earlier than wanted it goes.
    jump_from: Option<(u64, u64)>,
    /// The picture that stands still is wanted once more, because a stage sees it otherwise now.
    again: bool,
    told_duration: Option<u64>,
    /// Where the player was sent last, for the one that takes its place.
    position_ns: u64,
    with_models: Option<Receiver<Opened>>,
    /// Results without a video have no end of their own.
    ends_with: Option<Arc<ResultsFile>>,
    loader: Option<JoinHandle<Result<Option<String>, crate::ViewError>>>,
}

fn source_trouble(error: &GraphError) -> Trouble {
    Trouble::Source { text: error.to_string(), hint: error.hint() }
}

impl FileStream {
    pub(super) fn open<W: Fn()>(
        opening: &Opening,
        feed: &Arc<Feed>,
        rows: &Sender<RowBatch>,
        news: &News<W>,
    ) -> Result<FileStream, Trouble> {
        let open = |path: &std::path::PathBuf| {
            ResultsFile::open(path)
                .map_err(|e| Trouble::Source { text: e.to_string(), hint: Some("check the name of the results file".into()) })
        };
        let results = opening.results.as_ref().map(open).transpose()?;
        let truth = opening.truth.as_ref().map(open).transpose()?;
        let blank = matches!(opening.what, What::ResultsOnly(_));
        let input = match (&opening.what, &results) {
            (What::File(input), _) => input.clone(),
            (_, Some(results)) => blank_input(results, &opening.title()),
            _ => return Err(Trouble::Source { text: "there is nothing to show".into(), hint: None }),
        };
        let stream = input.stem.clone();
        let analysed = opening.analyse && results.is_none() && opening.settings.as_ref().is_some_and(|s| !s.stages().is_empty());
        let extra = Extra {
            opening: opening.number,
            stream: stream.clone(),
            results: results.clone(),
            truth: truth.clone(),
            blank,
            ..Extra::default()
        };
        let (tap, id) = feed.tap(extra.clone());
        feed.activate(id);
        news.tell(StreamEvent::Opened { live: false, stream, has_results: results.is_some() });
        let plan = PlayPlan { input, settings: None, fps: None, tap };
        let player = Player::open(&plan).map_err(|e| source_trouble(&e))?;
        if !opening.paused {
            player.play();
        }
        let mut with_models = None;
        if let Some(settings) = opening.settings.clone().filter(|_| analysed) {
            news.tell(StreamEvent::Analysis(Analysis::Loading));
            let (tap, id) = feed.tap(Extra { analysed: true, ..extra });
            with_models = Some(open_beside(PlayPlan { settings: Some(settings), tap, ..plan }, id));
        }
        let loader = match (results.clone(), truth) {
            (Some(results), truth) => Some(load_beside(results, truth, opening.number, rows.clone())),
            (None, Some(truth)) => Some(std::thread::Builder::new().name("ego-load".into()).spawn(move || load_index(&truth))),
            (None, None) => None,
        };
        Ok(FileStream {
            feed: Arc::clone(feed),
            player,
            playing: !opening.paused,
            rate: 1.0,
            jumping: Some(Instant::now()),
            wanted: None,
            jump_from: None,
            again: false,
            told_duration: None,
            position_ns: 0,
            with_models,
            ends_with: results.filter(|_| blank),
            loader: loader.and_then(Result::ok),
        })
    }

    /// Lets go of the file, and of models that are being loaded for it.
    pub(super) fn end(self) {
        drop(self.player);
        drop(self.with_models.and_then(|opened| opened.recv().ok()));
    }

    pub(super) fn stages(&self) -> &Stages {
        self.player.stages()
    }

    pub(super) fn request(&mut self, request: &Request) {
        match request {
            Request::Play => {
                self.playing = true;
                // From the end one has to leave first: a player that is there only says again that it has ended.
                self.jump();
                self.player.play();
            }
            Request::Pause => {
                self.playing = false;
                self.player.pause();
            }
            Request::Seek(ns) => self.wanted = Some(*ns),
            Request::Step => self.player.step(),
            Request::Rate(rate) => {
                self.rate = *rate;
                self.jumping = Some(Instant::now());
                self.player.set_rate(*rate);
            }
            _ => {}
        }
    }

    /// A value of a stage has changed: a picture that stands still is analysed again, when it has come.
    pub(super) fn look_again(&mut self) {
        self.again = !self.playing;
    }

    /// Looks for news; `false` when it is over.
    pub(super) fn look_after<W: Fn()>(&mut self, feed: &Arc<Feed>, news: &News<W>) -> bool {
        while let Some(event) = self.player.poll(Duration::ZERO) {
            match event {
                PlayerEvent::Arrived => {
                    self.jumping = None;
                    if self.jump_earlier() {
                        continue;
                    }
                    if self.wanted.is_none() {
                        news.tell(StreamEvent::Arrived(self.position_ns));
                    }
                    self.tell_duration(news);
                }
                PlayerEvent::Ended => {
                    self.playing = false;
                    self.player.pause();
                    news.tell(StreamEvent::Ended);
                }
                PlayerEvent::Warning(text) => news.trouble(Trouble::Warning(text)),
                PlayerEvent::Failed(error @ GraphError::Stage { .. }) => {
                    news.trouble(Trouble::Analysis { text: error.to_string(), hint: error.hint() });
                    return false;
                }
                PlayerEvent::Failed(error) => {
                    news.trouble(source_trouble(&error));
                    return false;
                }
            }
        }
        self.jump();
        self.end_of_results(news);
        self.take_models(feed, news);
        if self.loader.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(Ok(outcome)) = self.loader.take().map(JoinHandle::join)
        {
            match outcome {
                Ok(None) => {}
                Ok(Some(warning)) => news.trouble(Trouble::Warning(warning)),
                Err(error) => news.trouble(Trouble::Warning(error.to_string())),
            }
        }
        true
    }

    /// One jump at a time, and only the newest wish: dragging the cursor shows as many pictures as there is time for.
    fn jump(&mut self) {
        if self.jumping.is_some_and(|since| since.elapsed() < JUMP_PATIENCE) {
            return;
        }
        if let Some(ns) = self.wanted.take() {
            (self.position_ns, self.again) = (ns, false);
            self.jump_from = Some((self.feed.taken(), 0));
            // A little into the frame: containers round, and the frame before must not be meant.
            if self.player.seek(Duration::from_nanos(ns + 500_000)) {
                self.jumping = Some(Instant::now());
            }
        } else if std::mem::take(&mut self.again)
            && let Some(at) = self.player.position()
            && self.player.seek(at)
        {
            self.jumping = Some(Instant::now());
        }
    }

    /// When a jump has brought no picture because there is none behind that time: makes it again, a little earlier.
    fn jump_earlier(&mut self) -> bool {
        let Some((taken, earlier)) = self.jump_from.take().filter(|(taken, _)| *taken == self.feed.taken()) else { return false };
        let earlier = (2 * earlier).max(FIRST_EARLIER_NS);
        if self.wanted.is_some() || earlier > MOST_EARLIER_NS {
            return false;
        }
        let seeking = self.player.seek(Duration::from_nanos(self.position_ns.saturating_sub(earlier)));
        (self.jump_from, self.jumping) = (Some((taken, earlier)), seeking.then(Instant::now));
        seeking
    }

    fn tell_duration<W: Fn()>(&mut self, news: &News<W>) {
        let duration = self.player.duration().and_then(|d| u64::try_from(d.as_nanos()).ok()).filter(|_| self.ends_with.is_none());
        if let Some(ns) = duration
            && self.told_duration != Some(ns)
        {
            self.told_duration = Some(ns);
            news.tell(StreamEvent::Duration(ns));
        }
    }

    fn end_of_results<W: Fn()>(&mut self, news: &News<W>) {
        let Some(end) = self.ends_with.as_ref().and_then(|f| f.last_ns()).filter(|_| self.playing) else { return };
        if self.player.position().is_some_and(|at| at.as_nanos() > u128::from(end)) && self.loader.is_none() {
            self.request(&Request::Pause);
            self.wanted = Some(end);
            news.tell(StreamEvent::Ended);
        }
    }

    /// The player with models takes the place of the one without when its first picture is ready.
    fn take_models<W: Fn()>(&mut self, feed: &Arc<Feed>, news: &News<W>) {
        let Some(opened) = self.with_models.as_ref().and_then(|r| r.try_recv().ok()) else { return };
        self.with_models = None;
        match opened {
            (Ok(player), id) => {
                let at = self.player.position().unwrap_or(Duration::from_nanos(self.position_ns));
                feed.activate(id);
                self.player = player;
                if self.rate != 1.0 {
                    self.player.set_rate(self.rate);
                }
                self.jumping = self.player.seek(at).then(Instant::now);
                if self.playing {
                    self.player.play();
                }
                news.tell(StreamEvent::Controls(self.player.stages().adjustable()));
                news.tell(StreamEvent::Analysis(Analysis::Running));
            }
            (Err(error), _) => news.trouble(Trouble::Analysis { text: error.to_string(), hint: error.hint() }),
        }
    }
}

/// Opens a player with models in a thread of its own and waits there for its first picture.
fn open_beside(plan: PlayPlan, id: u64) -> Receiver<Opened> {
    let (sender, receiver) = bounded(1);
    let open = move || {
        let opened = Player::open(&plan).and_then(|player| {
            loop {
                match player.poll(Duration::from_millis(100)) {
                    Some(PlayerEvent::Failed(error)) => return Err(error),
                    Some(PlayerEvent::Arrived | PlayerEvent::Ended) => return Ok(player),
                    Some(PlayerEvent::Warning(_)) | None => {}
                }
            }
        });
        // The stream may have been closed meanwhile.
        let _ = sender.send((opened, id));
    };
    // Without a thread the receiver finds nobody, and pictures go on without results.
    let _ = std::thread::Builder::new().name("ego-open".into()).spawn(open);
    receiver
}

fn load_beside(
    results: Arc<ResultsFile>,
    truth: Option<Arc<ResultsFile>>,
    opening: u64,
    rows: Sender<RowBatch>,
) -> std::io::Result<JoinHandle<Result<Option<String>, crate::ViewError>>> {
    let load = move || load_rows(&results, truth.as_deref(), opening, &rows);
    std::thread::Builder::new().name("ego-load".into()).spawn(load)
}

/// Black pictures of the size and rate that the results tell.
fn blank_input(results: &ResultsFile, title: &str) -> Input {
    let beginning = results.beginning();
    let (width, height) = beginning.first().map_or((640, 360), |f| (f.width, f.height));
    let times: Vec<u64> = beginning.iter().filter_map(|f| f.pts_ns).collect();
    let step_ns = match times.as_slice() {
        [a, b] if b > a => (b - a) as f64,
        _ => 1e9 / 30.0,
    };
    let stem = beginning.first().map_or_else(|| title.to_owned(), |f| f.stream.clone());
    Input { given: title.to_owned(), stem, kind: InputKind::Blank { width, height, fps: (1e9 / step_ns * 1000.0).round() / 1000.0 } }
}
