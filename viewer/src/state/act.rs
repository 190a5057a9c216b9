//! What the person does, and what the stream is asked for because of it.

use super::command::Command;
use super::layers::{HandColour, Layer};
use super::{Errand, Level, Picked, SourceKind, State};
use crate::stream::{Opening, Request, What};
use crate::timeline::TimeView;

/// Sizes of text and buttons.
const SCALES: [f32; 2] = [0.75, 2.0];
/// Closest zoom of the picture.
pub(crate) const MOST_ZOOM: f32 = 16.0;

/// Sources that the picker offers again.
const MOST_RECENT: usize = 6;

/// Puts a source in front of those that were opened before; each is there once.
fn remember(recent: &mut Vec<Opening>, opening: &Opening) {
    if matches!(opening.what, What::Bad(_)) {
        return;
    }
    recent.retain(|other| other.what != opening.what);
    recent.insert(0, opening.clone());
    recent.truncate(MOST_RECENT);
}

/// What the person does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A command of the table.
    Do(Command),
    /// Jump to a time, nanoseconds.
    Seek(u64),
    /// Select a stretch of time, nanoseconds.
    Select([u64; 2]),
    /// Clear the selection.
    Deselect,
    /// Show this stretch of time.
    View(TimeView),
    /// Change a value of a stage; written as on the command line.
    Set {
        /// The stage.
        stage: String,
        /// Its property.
        key: String,
        /// The value.
        value: String,
    },
    /// Open a source.
    Open(Box<Opening>),
    /// Open what is written in the address field.
    OpenAddress,
    /// Files were dropped onto the window.
    Drop(Vec<std::path::PathBuf>),
    /// Open the same source again.
    TryAgain,
    /// Open the same source without models.
    WithoutAnalysis,
    /// Pick something, or nothing.
    Pick(Option<Picked>),
    /// Only this layer.
    OnlyLayer(Layer),
    /// The teaching key goes down (`true`) or up.
    Teach(bool),
    /// Take the last example back.
    UndoMark,
    /// Close the notice with this text.
    Dismiss(String),
    /// Look for cameras.
    Devices,
}

impl State {
    /// Does what the person asks for; returns what the stream has to do for it.
    pub fn act(&mut self, action: Action) -> Vec<Request> {
        match action {
            Action::Do(command) => return self.command(command),
            Action::Seek(ns) => return self.seek(ns),
            Action::Select([a, b]) => self.play.selection = [Some(a), Some(b)],
            Action::Deselect => (self.play.selection, self.play.looping) = ([None; 2], None),
            Action::View(view) => self.view = Some(view),
            Action::Set { stage, key, value } => return vec![Request::Set { stage, key, value }],
            Action::Open(opening) => return self.open(*opening),
            Action::OpenAddress => {
                let word = self.look.address.trim().to_owned();
                if word.is_empty() {
                    return Vec::new();
                }
                let settings = self.settings.clone();
                return self.open(Opening::word(&word, settings));
            }
            Action::Drop(paths) => return self.dropped(&paths),
            Action::TryAgain => return self.source.opening.clone().map(|o| self.open(o)).unwrap_or_default(),
            Action::WithoutAnalysis => {
                let opening = self.source.opening.clone().map(|o| Opening { analyse: false, ..o });
                return opening.map(|o| self.open(o)).unwrap_or_default();
            }
            Action::Pick(picked) => self.picked = picked,
            Action::OnlyLayer(layer) => self.layers.only(layer),
            Action::Teach(down) => self.teach(down),
            Action::UndoMark => self.marks.undo(),
            Action::Dismiss(text) => self.notices.retain(|n| n.text != text),
            Action::Devices => return vec![Request::Devices],
        }
        Vec::new()
    }

    fn open(&mut self, opening: Opening) -> Vec<Request> {
        let number = self.source.opening.as_ref().map_or(0, |o| o.number) + 1;
        let opening = Opening { number, analyse: opening.analyse && !self.no_analysis, ..opening };
        let (folder, look, layers, marks) = (self.folder.clone(), self.look.clone(), self.layers.clone(), std::mem::take(&mut self.marks));
        let (cameras, runs, settings) = (std::mem::take(&mut self.cameras), std::mem::take(&mut self.runs), self.settings.take());
        let screenshot = self.screenshot.take();
        let (mut recent, files) = (std::mem::take(&mut self.recent), std::mem::take(&mut self.files));
        remember(&mut recent, &opening);
        let no_analysis = self.no_analysis;
        *self = State { look, layers, marks, cameras, runs, settings, no_analysis, recent, files, screenshot, ..State::new(folder) };
        (self.look.sources, self.look.zoom, self.look.centre) = (false, 1.0, [0.5, 0.5]);
        self.source.title = opening.title();
        self.source.opening = Some(opening.clone());
        self.source.opening_now = true;
        self.play.playing = !opening.paused;
        vec![Request::Open(Box::new(opening))]
    }

    /// Opens one of the files: a video before its results, which it brings along.
    fn dropped(&mut self, paths: &[std::path::PathBuf]) -> Vec<Request> {
        let is_results = |path: &&std::path::PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let Some(path) = paths.iter().find(|path| !is_results(path)).or(paths.first()) else { return Vec::new() };
        let requests = self.open(Opening::word(&path.to_string_lossy(), self.settings.clone()));
        if paths.len() > 1 {
            let text = format!("{} of {} files that were dropped is open: the window shows one at a time", self.source.title, paths.len());
            self.notify(Level::Info, text, None, None);
        }
        requests
    }

    fn seek(&mut self, ns: u64) -> Vec<Request> {
        let ns = ns.min(self.end_ns());
        self.play.ended = false;
        match self.source.kind {
            SourceKind::None => Vec::new(),
            SourceKind::File => {
                let ns = ns.min(self.last_picture_ns());
                self.play.position_ns = ns;
                self.play.jumping_to = Some(ns);
                vec![Request::Seek(ns)]
            }
            // The live stream goes on; only what is shown stays behind.
            SourceKind::Live => {
                self.play.looking_back = ns < self.play.live_ns;
                self.play.position_ns = ns;
                Vec::new()
            }
        }
    }

    fn seek_by(&mut self, seconds: f64) -> Vec<Request> {
        let to = self.play.position_ns as f64 + seconds * 1e9;
        self.seek(to.max(0.0) as u64)
    }

    fn command(&mut self, command: Command) -> Vec<Request> {
        match command {
            Command::PlayPause => return self.play_pause(),
            Command::Slower => return self.set_rate(self.play.rate * 0.5),
            Command::Faster => return self.set_rate(self.play.rate * 2.0),
            Command::NormalSpeed => return self.set_rate(1.0),
            Command::FrameBack => return self.frame_back(),
            Command::FrameOn => return self.frame_on(),
            Command::SecondBack => return self.seek_by(-1.0),
            Command::SecondOn => return self.seek_by(1.0),
            Command::TenBack => return self.seek_by(-10.0),
            Command::TenOn => return self.seek_by(10.0),
            Command::ToStart => return self.jump_to_start(),
            Command::ToEnd => return self.jump_to_end(),
            Command::EdgeBack | Command::EdgeOn => {
                let to = self.track.edge(self.play.position_ns, command == Command::EdgeOn);
                return to.map(|ns| self.seek(ns)).unwrap_or_default();
            }
            Command::MarkIn => self.play.selection[0] = Some(self.play.position_ns),
            Command::MarkOut => self.play.selection[1] = Some(self.play.position_ns),
            Command::Loop => return self.toggle_loop(),
            Command::ZoomAll => self.zoom_all(),
            Command::ToggleLayer(layer) => self.layers.shade_mut(layer).visible ^= true,
            Command::ToggleTruth => self.layers.truth ^= true,
            Command::ColourHands => {
                self.layers.hand_colour = match self.layers.hand_colour {
                    HandColour::Side => HandColour::Finger,
                    HandColour::Finger => HandColour::Side,
                }
            }
            Command::FitPicture => (self.look.zoom, self.look.centre) = (1.0, [0.5, 0.5]),
            Command::Mirror => self.layers.mirror ^= true,
            Command::Record => return self.record(),
            Command::Screenshot => self.errands.push(Errand::Screenshot),
            Command::CopyResults => self.copy_results(),
            Command::CopyScreenshotPath => self.copy_screenshot_path(),
            Command::NextView => self.look.eye = self.look.eye.next(),
            Command::ResetView => self.look.eye = crate::scene::Eye::default(),
            Command::ToggleStrips => self.toggle_strips(),
            Command::ToggleTrust => self.look.trust ^= true,
            Command::ToggleControls => self.look.controls ^= true,
            Command::ToggleResults => self.look.results ^= true,
            Command::OpenSource => {
                self.look.sources ^= true;
                return if self.look.sources { vec![Request::Devices] } else { Vec::new() };
            }
            Command::SaveMarks => self.save_marks(),
            Command::Palette => self.look.palette = if self.look.palette.is_some() { None } else { Some(String::new()) },
            Command::Help => self.look.help ^= true,
            Command::HighContrast => self.look.high_contrast ^= true,
            Command::ReducedMotion => self.look.reduced_motion ^= true,
            Command::Larger => self.look.scale = (self.look.scale + 0.125).min(SCALES[1]),
            Command::Smaller => self.look.scale = (self.look.scale - 0.125).max(SCALES[0]),
            Command::NormalSize => self.look.scale = 1.0,
            Command::FullScreen => self.look.full_screen ^= true,
            Command::Quit => self.errands.push(Errand::Quit),
        }
        Vec::new()
    }

    fn play_pause(&mut self) -> Vec<Request> {
        match self.source.kind {
            SourceKind::None => Vec::new(),
            // A live stream is never held up: pausing looks at a picture while the stream goes on.
            SourceKind::Live => {
                self.play.looking_back ^= true;
                Vec::new()
            }
            SourceKind::File => {
                self.play.playing ^= true;
                if !self.play.playing {
                    return vec![Request::Pause];
                }
                let near = |end: u64| self.play.position_ns + 40_000_000 >= end || self.play.position_ns >= self.last_picture_ns();
                let at_end = self.play.ended || self.play.duration_ns.is_some_and(near);
                let mut requests = if at_end { self.seek(0) } else { Vec::new() };
                requests.push(Request::Play);
                requests
            }
        }
    }

    fn set_rate(&mut self, rate: f64) -> Vec<Request> {
        if self.source.kind != SourceKind::File {
            return Vec::new();
        }
        self.play.rate = rate.clamp(ego_graph::RATES[0], ego_graph::RATES[1]);
        vec![Request::Rate(self.play.rate)]
    }

    fn pause_for_stepping(&mut self) -> Vec<Request> {
        if self.source.kind == SourceKind::File && std::mem::take(&mut self.play.playing) { vec![Request::Pause] } else { Vec::new() }
    }

    fn frame_on(&mut self) -> Vec<Request> {
        if self.source.kind == SourceKind::Live {
            let rows = self.track.rows();
            let next = rows.get(rows.partition_point(|r| r.pts_ns <= self.play.position_ns)).map(|r| r.pts_ns);
            return next.map(|ns| self.seek(ns)).unwrap_or_default();
        }
        let mut requests = self.pause_for_stepping();
        if self.source.kind == SourceKind::File {
            self.play.jumping_to = None;
            requests.push(Request::Step);
        }
        requests
    }

    fn frame_back(&mut self) -> Vec<Request> {
        let mut requests = self.pause_for_stepping();
        let rows = self.track.rows();
        // The cursor may stand anywhere within the frame that shows.
        const LONGEST_FRAME_NS: u64 = 200_000_000;
        let at = self.play.position_ns;
        let shown = self.frame.as_ref().map(|frame| frame.pts_ns).filter(|_| self.play.jumping_to.is_none());
        let from = shown.filter(|begin| at.checked_sub(*begin).is_some_and(|since| since < LONGEST_FRAME_NS)).unwrap_or(at);
        let before = rows.partition_point(|r| r.pts_ns < from).checked_sub(1).and_then(|at| rows.get(at));
        // Without results the frame before is a thirtieth of a second away, and the player shows what it finds there.
        let to = before.map_or(from.saturating_sub(33_300_000), |r| r.pts_ns);
        requests.extend(self.seek(to));
        requests
    }

    fn jump_to_start(&mut self) -> Vec<Request> {
        match self.source.kind {
            // What is kept of a live stream begins later than the stream.
            SourceKind::Live => self.seek(self.track.rows().first().map_or(0, |row| row.pts_ns.min(self.play.position_ns))),
            _ => self.seek(0),
        }
    }

    fn jump_to_end(&mut self) -> Vec<Request> {
        match self.source.kind {
            SourceKind::Live => {
                (self.play.looking_back, self.play.position_ns, self.view) = (false, self.play.live_ns, None);
                Vec::new()
            }
            _ => self.seek(self.end_ns()),
        }
    }

    fn toggle_loop(&mut self) -> Vec<Request> {
        if self.play.looping.take().is_some() {
            return Vec::new();
        }
        self.play.looping = self.play.selected().or_else(|| self.track.segment(self.play.position_ns));
        match self.play.looping {
            Some([start, end]) if !(start..end).contains(&self.play.position_ns) => self.seek(start),
            _ => Vec::new(),
        }
    }

    fn record(&mut self) -> Vec<Request> {
        if self.recording.is_some() {
            return vec![Request::StopRecording];
        }
        if self.source.kind != SourceKind::Live {
            let text = "A file is there already: only live sources are recorded";
            self.notify(Level::Info, text, Some("`ego run FILE --annotate` writes a video with the results drawn on it".into()), None);
            return Vec::new();
        }
        vec![Request::Record { folder: self.folder.clone() }]
    }

    /// A file: all of it. A live stream: all that is kept, and the last seconds again.
    fn zoom_all(&mut self) {
        let first = self.track.rows().first().map_or(0, |row| row.pts_ns) as f64;
        let all = TimeView { start_ns: first, end_ns: self.end_ns() as f64 };
        let now = self.time_view();
        let shown = now.start_ns <= all.start_ns && self.view.is_some();
        self.view = Some(all).filter(|all| self.source.kind == SourceKind::Live && !shown && all.span_ns() > now.span_ns());
    }

    fn toggle_strips(&mut self) {
        self.look.strips ^= true;
        if self.look.strips && !self.has_classes() {
            let text = "There are no classes in these results; strips show when there are some";
            self.notify(Level::Info, text, None, None);
        }
    }

    fn copy_results(&mut self) {
        let Some(results) = self.results() else {
            self.notify(Level::Info, "There is no frame whose results could be copied", None, None);
            return;
        };
        let (text, number) = (results.to_json(), results.frame);
        self.errands.push(Errand::Copy(text));
        self.notify(Level::Info, format!("The results of frame {number} are in the clipboard"), None, None);
    }

    fn copy_screenshot_path(&mut self) {
        match &self.screenshot {
            Some(path) => self.errands.push(Errand::Copy(path.display().to_string())),
            None => self.notify(Level::Info, "There is no screenshot yet", None, Some(("Save one", Action::Do(Command::Screenshot)))),
        }
    }

    fn teach(&mut self, down: bool) {
        if self.source.kind == SourceKind::None {
            return;
        }
        let now = self.play.position_ns;
        if down {
            self.marks.begin(now);
            return;
        }
        if self.marks.held_since_ns.is_some() && self.marks.label.trim().is_empty() {
            self.marks.held_since_ns = None;
            self.notify(Level::Info, "Write what you show into the field “Example” first, then hold T while you show it", None, None);
            return;
        }
        let stream = self.source.stream.clone();
        self.marks.end(now, &stream);
    }

    fn save_marks(&mut self) {
        if self.marks.marks.is_empty() {
            self.notify(Level::Info, "No example is marked yet: hold T while the action is shown", None, None);
            return;
        }
        match self.marks.save(&self.folder) {
            Ok(path) => {
                let text = format!("{} examples are in {}", self.marks.marks.len(), path.display());
                self.notify(Level::Info, text, Some("`ego teach` learns from them".into()), None);
            }
            Err(error) => self.notify(Level::Error, error.to_string(), None, Some(("Try again", Action::Do(Command::SaveMarks)))),
        }
    }
}
