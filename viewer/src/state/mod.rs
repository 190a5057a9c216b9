//! What the window shows, as plain data, and plain functions that change it: [`State::act`] for what the person does,
//! [`State::hear`] for what the stream says. Neither needs a window, a graph or a clock of its own.

mod act;
pub mod command;
mod hear;
pub mod layers;
pub mod marks;
mod playback;
pub mod trust;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ego_graph::{Adjustable, Camera, Input, InputKind};

use crate::frame::ViewFrame;
use crate::stream::{Opening, Recorded, What};
use crate::timeline::{Labels, RowMaker, TimeView, Track};
use command::Command;
use layers::Layers;
use marks::Marks;
use trust::Trust;

pub use act::Action;
pub(crate) use act::MOST_ZOOM;
pub use hear::RowBatch;
pub use playback::Playback;

/// Rows that a live stream keeps, at least: an hour at 30 frames a second, half of one at 60. Older ones give way.
pub const LIVE_ROWS: usize = 108_000;
/// Bytes that these rows and their sums never pass; all are taken when the stream begins.
pub const LIVE_BYTES: usize = 6_000_000;

/// Where pictures come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind {
    /// Nothing is open.
    #[default]
    None,
    /// A file that one can move about in.
    File,
    /// A source that does not end.
    Live,
}

/// What is open.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// What sort of source.
    pub kind: SourceKind,
    /// Name for people.
    pub title: String,
    /// Name of the stream in results and marks.
    pub stream: String,
    /// How it was opened, to try again.
    pub opening: Option<Opening>,
    /// Results come from a file, not from models.
    pub has_results: bool,
    /// Rows of that file so far, and whether it was read to its end.
    pub results_read: (u64, bool),
    /// Whether models look at the pictures.
    pub analysis: Analysis,
    /// Away since, with the time until the next attempt in seconds.
    pub lost: Option<(String, f32)>,
    /// No picture has come yet.
    pub opening_now: bool,
}

/// Whether models look at the pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Analysis {
    /// Nobody asked for it.
    #[default]
    Off,
    /// Models are being loaded; pictures show already.
    Loading,
    /// Every picture that shows has been analysed.
    Running,
    /// It does not work; pictures show without results.
    Failed,
}

/// What the person has picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// A joint of the hand with this track number.
    Joint {
        /// Track of the hand.
        track: u32,
        /// Index of the joint.
        joint: usize,
    },
    /// An object, by its place in the list of the frame.
    Object(usize),
}

/// How loud a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Recovered, slow, or likely misuse.
    Warning,
    /// Something does not work.
    Error,
}

/// A sentence with a button that helps.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How loud.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// What to try, in a second sentence.
    pub hint: Option<String>,
    /// A button and what it does.
    pub button: Option<(String, Action)>,
    /// How often it came.
    pub count: u32,
    /// Since when it shows.
    pub since: Option<Instant>,
}

/// What is only good to know goes by itself after so long.
const INFO_FOR: Duration = Duration::from_secs(10);
/// Most notices that show; the oldest give way.
const MOST_NOTICES: usize = 4;

/// What surrounds the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Text of the command palette, when it is open.
    pub palette: Option<String>,
    /// The help page is open.
    pub help: bool,
    /// The source picker is open, with the text of its address field.
    pub sources: bool,
    /// What is written into the address field.
    pub address: String,
    /// The latency table is open.
    pub trust: bool,
    /// It was when the window was drawn last.
    pub trust_shown: bool,
    /// The strips of single classes show.
    pub strips: bool,
    /// The left panel shows.
    pub controls: bool,
    /// The right panel shows.
    pub results: bool,
    /// Stronger contrasts.
    pub high_contrast: bool,
    /// No trails, no sliding.
    pub reduced_motion: bool,
    /// Size of text and buttons, 0.75..2.
    pub scale: f32,
    /// The whole screen.
    pub full_screen: bool,
    /// Height of the picture panel's content, times so much; 1 = fits.
    pub zoom: f32,
    /// Width of the whole picture when it was drawn last, pixels of the screen.
    pub picture_width: f32,
    /// Middle of the panel, in picture coordinates 0..1.
    pub centre: [f32; 2],
    /// Where the hands in space are seen from.
    pub eye: crate::scene::Eye,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            palette: None,
            help: false,
            sources: false,
            address: String::new(),
            trust: false,
            trust_shown: false,
            strips: false,
            controls: true,
            results: true,
            high_contrast: false,
            reduced_motion: false,
            scale: 1.0,
            full_screen: false,
            zoom: 1.0,
            picture_width: f32::INFINITY,
            centre: [0.5, 0.5],
            eye: crate::scene::Eye::default(),
        }
    }
}

/// What the window has to do itself, outside of state and stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Close.
    Quit,
    /// Write a screenshot.
    Screenshot,
    /// Put a text into the clipboard.
    Copy(String),
}

/// Everything.
#[derive(Default)]
pub struct State {
    /// What is open.
    pub source: Source,
    /// Where it is and how it goes on.
    pub play: Playback,
    /// The picture on the screen, with its results.
    pub frame: Option<ViewFrame>,
    /// Results over time.
    pub track: Track,
    /// Names in the track.
    pub labels: Labels,
    /// Makes rows of results that come from models.
    pub maker: RowMaker,
    /// What the timeline shows.
    pub view: Option<TimeView>,
    /// Layers over the picture.
    pub layers: Layers,
    /// Whether to trust it.
    pub trust: Trust,
    /// Values of stages that may change now.
    pub controls: Vec<Adjustable>,
    /// Cameras of this machine.
    pub cameras: Vec<Camera>,
    /// Recordings with results in the folder that was given.
    pub runs: Vec<(String, Opening)>,
    /// Sources that were opened in this window, newest first.
    pub recent: Vec<Opening>,
    /// Videos in the folder for recordings and beside the present one.
    pub files: Vec<PathBuf>,
    /// The last screenshot.
    pub screenshot: Option<PathBuf>,
    /// The recording under way.
    pub recording: Option<Recorded>,
    /// Folder for recordings, screenshots and marks.
    pub folder: PathBuf,
    /// Examples for teaching.
    pub marks: Marks,
    /// What was picked.
    pub picked: Option<Picked>,
    /// Sentences with buttons.
    pub notices: Vec<Notice>,
    /// What surrounds the picture.
    pub look: Look,
    /// For the window to do.
    pub errands: Vec<Errand>,
    /// Stages for sources that are opened from here.
    pub settings: Option<ego_graph::Settings>,
    /// Nothing that is opened is analysed.
    pub no_analysis: bool,
}

impl State {
    /// A window with nothing open; recordings go into `folder`.
    pub fn new(folder: PathBuf) -> State {
        State { folder, ..State::default() }
    }

    /// Adds a notice, or counts one that is there already.
    pub fn notify(&mut self, level: Level, text: impl Into<String>, hint: Option<String>, button: Option<(&str, Action)>) {
        let text = text.into();
        if let Some(same) = self.notices.iter_mut().find(|n| n.text == text) {
            same.count += 1;
            return;
        }
        let button = button.map(|(label, action)| (label.to_owned(), action));
        self.notices.push(Notice { level, text, hint, button, count: 1, since: None });
        while self.notices.len() > MOST_NOTICES {
            let least = self.notices.iter().map(|n| n.level).min();
            let at = self.notices.iter().position(|n| Some(n.level) == least).unwrap_or(0);
            self.notices.remove(at);
        }
    }

    /// Lets go of notices that are only good to know and have shown for a while.
    pub fn forget_notices(&mut self, now: Instant) {
        self.notices.retain_mut(|notice| {
            let since = *notice.since.get_or_insert(now);
            notice.level > Level::Info || now.saturating_duration_since(since) < INFO_FOR
        });
    }

    /// A screenshot was written.
    pub fn screenshot_saved(&mut self, path: PathBuf) {
        // The clipboard is for other programs, which are somewhere else.
        let path = std::path::absolute(&path).unwrap_or(path);
        let text = format!("The screenshot is {}", path.display());
        self.screenshot = Some(path);
        self.notify(Level::Info, text, None, Some(("Copy its path", Action::Do(Command::CopyScreenshotPath))));
    }

    /// Folders whose videos the source picker lists.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.clone()];
        let beside = self.recent.iter().filter_map(|opening| match &opening.what {
            What::File(Input { kind: InputKind::File(path), .. }) => path.parent(),
            _ => None,
        });
        for folder in beside {
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }

    /// End of what the timeline can show, nanoseconds.
    pub fn end_ns(&self) -> u64 {
        let rows = self.track.rows().last().map_or(0, |r| r.pts_ns);
        self.play.duration_ns.unwrap_or(0).max(rows).max(self.play.position_ns)
    }

    /// Whether any row has classes with a probability; looks at the newest only, which is enough to give their strips room.
    pub fn has_classes(&self) -> bool {
        const NEWEST: usize = 4096;
        self.track.rows().iter().rev().take(NEWEST).any(|row| row.top[0] != 0)
    }

    /// Where a jump to the end of a file goes: to the last picture where a results file names it, else to just before the end.
    pub fn last_picture_ns(&self) -> u64 {
        // A sound track may be longer than its pictures.
        const NEAR_THE_END_NS: u64 = 500_000_000;
        let end = self.end_ns();
        let rows = self.track.rows().last().filter(|_| self.source.has_results && self.source.results_read.1);
        let last = rows.map(|row| row.pts_ns).filter(|last| end - last < NEAR_THE_END_NS);
        last.unwrap_or(end.saturating_sub(1_000_000))
    }

    /// What the timeline shows now: what the person has chosen, else everything (files) or the last 20 seconds (live).
    pub fn time_view(&self) -> TimeView {
        const LOOK_BACK_NS: f64 = 20e9;
        if let Some(view) = self.view {
            return view;
        }
        match self.source.kind {
            SourceKind::Live => {
                let end_ns = (self.end_ns() as f64).max(LOOK_BACK_NS);
                TimeView { start_ns: end_ns - LOOK_BACK_NS, end_ns }
            }
            _ => TimeView::all(self.end_ns()),
        }
    }
}

#[cfg(test)]
mod tests;
