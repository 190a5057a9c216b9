//! The window: takes what has come, draws the panels, hands on what the person does. The same with and without a screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use egui::{CentralPanel, Event, Frame, Key, Margin, Panel, Rect, ScrollArea, Ui};

use crate::error::ViewError;
use crate::gpu::{Graphics, PictureLook, PicturePass};
use crate::options::ViewOptions;
use crate::panel::{self, Shared, Thumbnails};
use crate::scene::Trail;
use crate::state::command::{Command, TEACH_KEY, command_of};
use crate::state::layers::Layer;
use crate::state::{Action, Errand, Level, SourceKind, State};
use crate::stream::{Previews, Stream, StreamEvent, Trouble, lock};
use crate::theme::{self, Palette};

/// Results and batches that are taken between two pictures; more waits for the next one.
const MOST_RESULTS: usize = 256;
const MOST_BATCHES: usize = 8;
/// While something plays the window is drawn at least this often, so that clocks and fading trails go on.
const BEAT: Duration = Duration::from_millis(250);

/// Everything behind a window.
pub struct Viewer {
    /// What shows.
    pub state: State,
    stream: Option<Stream>,
    pass: Option<PicturePass>,
    trail: Trail,
    thumbnails: Thumbnails,
    /// Frames that the window was too slow for in earlier sources.
    replaced_before: u64,
    /// The source picker was open when its lists were asked for.
    picking: bool,
    /// Look that egui was given last.
    applied: Option<(bool, bool, f32)>,
    ends: Option<Instant>,
    close_at_end: bool,
    quit: Option<Arc<AtomicBool>>,
}

impl Viewer {
    /// A viewer on a graphics device, without one only state and panels. `wake` asks for a new picture of the window.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn new(options: ViewOptions, device: Option<&Graphics>, wake: impl Fn() + Send + Sync + 'static) -> Result<Viewer, ViewError> {
        let wake = Arc::new(wake);
        let waker = Arc::clone(&wake);
        let stream = Stream::start(move || wake(), options.look_back_bytes, options.outputs)?;
        let mut viewer = Viewer::without_stream(options.folder.clone(), device);
        viewer.stream = Some(stream);
        viewer.thumbnails = Thumbnails::new(Some(Previews::start(move || waker())?));
        viewer.state.runs = options.runs;
        (viewer.state.settings, viewer.state.no_analysis) = (options.settings, options.no_analysis);
        viewer.ends = options.duration.map(|d| Instant::now() + d);
        (viewer.close_at_end, viewer.quit) = (options.close_at_end, options.quit);
        if let Err(error) = viewer.state.marks.load(&options.folder) {
            viewer.state.notify(Level::Warning, error.to_string(), None, None);
        }
        if let Some(opening) = options.opening {
            viewer.act(Action::Open(Box::new(opening)));
        }
        Ok(viewer)
    }

    /// A viewer of a state that somebody else fills.
    pub fn without_stream(folder: std::path::PathBuf, device: Option<&Graphics>) -> Viewer {
        Viewer {
            state: State::new(folder),
            stream: None,
            pass: device.map(PicturePass::new),
            trail: Trail::default(),
            thumbnails: Thumbnails::default(),
            replaced_before: 0,
            picking: false,
            applied: None,
            ends: None,
            close_at_end: false,
            quit: None,
        }
    }

    /// Does something, and asks the stream for what it needs.
    pub fn act(&mut self, action: Action) {
        let opens = matches!(action, Action::Open(_) | Action::Drop(_) | Action::OpenAddress | Action::TryAgain | Action::WithoutAnalysis);
        let requests = self.state.act(action);
        if opens {
            self.trail = Trail::default();
            self.replaced_before = self.stream.as_ref().map_or(0, |stream| stream.frames.replaced_count());
        }
        self.ask(requests);
    }

    fn ask(&mut self, requests: Vec<crate::stream::Request>) {
        for request in requests {
            if let Some(stream) = &self.stream
                && !stream.ask(request)
            {
                self.state.hear(StreamEvent::Trouble(Trouble::Busy));
            }
        }
    }

    /// Takes what has come since the last picture of the window; never waits.
    pub fn take(&mut self, now: Instant) {
        let Some(stream) = &self.stream else { return };
        let mut requests = Vec::new();
        let events: Vec<StreamEvent> = stream.events.try_iter().collect();
        for event in events {
            if event == StreamEvent::Ended && self.close_at_end {
                self.state.errands.push(Errand::Quit);
            }
            requests.extend(self.state.hear(event));
        }
        for batch in stream.rows.try_iter().take(MOST_BATCHES) {
            self.state.add_rows(batch);
        }
        for analysed in stream.results.try_iter().take(MOST_RESULTS) {
            self.state.add_results(&analysed);
        }
        if let Some(frame) = stream.frames.take() {
            self.state.trust.dropped_window = stream.frames.replaced_count().saturating_sub(self.replaced_before);
            requests.extend(self.state.show(frame, now));
        }
        if self.state.source.kind == SourceKind::Live && self.state.play.looking_back {
            let back = lock(&stream.look_back);
            if let Some([first, _]) = back.span() {
                self.state.look_back_begins(first);
            }
            let old = back.at(self.state.play.position_ns).cloned();
            drop(back);
            if let Some(frame) = old {
                self.state.show_old(frame);
            }
        }
        if let Some(frame) = &self.state.frame {
            self.trail.add(frame.pts_ns, &frame.results);
        }
        self.state.trust.forget(now);
        self.state.forget_notices(now);
        self.ask(requests);
    }

    /// Draws the window and does what the person asks for.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.apply_look(ui.ctx());
        let mut actions = self.keys(ui);
        let layers = &self.state.layers;
        let width = self.state.frame.as_ref().and_then(|f| f.picture.as_ref()).map_or(1, |p| p.width);
        let look = PictureLook {
            video: layers.opacity(Layer::Video),
            depth: layers.opacity(Layer::Depth),
            mask: layers.opacity(Layer::Mask),
            eighths: (8.0 * self.state.look.picture_width / width as f32).ceil().clamp(1.0, 8.0) as u32,
        };
        let picture = match (&mut self.pass, &self.state.frame) {
            (Some(pass), Some(frame)) => pass.show(frame, look),
            _ => None,
        };
        self.pick();
        if let Some(files) = self.thumbnails.take(ui.ctx()) {
            self.state.files = files;
        }
        let palette = Palette::of(self.state.look.high_contrast);
        let mut shared = Shared { palette, actions: &mut actions, picture, trail: &self.trail, thumbnails: &mut self.thumbnails };
        panels(ui, &mut self.state, &mut shared);
        for action in actions {
            self.act(action);
        }
    }

    /// The source picker has come up: looks for files.
    fn pick(&mut self) {
        let open = self.state.look.sources;
        if open && !self.picking {
            self.thumbnails.list(self.state.folders());
        }
        self.picking = open;
    }

    /// How many previews the source picker has.
    pub fn previews(&self) -> usize {
        self.thumbnails.count()
    }

    /// Whether it waits for some.
    pub fn previews_under_way(&self) -> bool {
        self.thumbnails.under_way()
    }

    /// What the window is cleared with before anything is drawn.
    pub fn clear_colour(&self) -> egui::Color32 {
        Palette::of(self.state.look.high_contrast).panel
    }

    /// What the window has to do itself.
    pub fn errands(&mut self) -> Vec<Errand> {
        let asked = self.quit.as_ref().is_some_and(|quit| quit.load(Ordering::Relaxed));
        if asked || self.ends.is_some_and(|at| Instant::now() >= at) {
            self.state.errands.push(Errand::Quit);
        }
        std::mem::take(&mut self.state.errands)
    }

    /// When the window should be drawn again even if nothing comes.
    pub fn beat(&self) -> Option<Duration> {
        let live = self.state.source.kind == SourceKind::Live || self.state.play.playing || self.state.source.opening_now;
        let fading = self.state.notices.iter().any(|notice| notice.level == Level::Info);
        let to_end = self.ends.map(|at| at.saturating_duration_since(Instant::now()));
        [(live || fading || self.quit.is_some()).then_some(BEAT), to_end].into_iter().flatten().min()
    }

    fn apply_look(&mut self, context: &egui::Context) {
        let look = &self.state.look;
        let wanted = (look.high_contrast, look.reduced_motion, look.scale);
        if self.applied != Some(wanted) {
            theme::apply(context, wanted.0, wanted.1);
            if (context.zoom_factor() - wanted.2).abs() > 1e-3 {
                context.set_zoom_factor(wanted.2);
            }
            self.applied = Some(wanted);
        }
    }

    /// Keys and dropped files.
    fn keys(&mut self, ui: &Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        let writing = ui.ctx().text_edit_focused();
        let focused = ui.memory(|m| m.focused().is_some());
        let modal = self.state.look.palette.is_some() || self.state.look.help || self.state.look.sources;
        ui.input(|input| {
            for event in &input.events {
                // The desktop's own copy key, which is not told as a key.
                if matches!(event, Event::Copy) && !writing {
                    actions.push(Action::Do(Command::CopyResults));
                }
                let Event::Key { key, pressed, repeat, modifiers, .. } = event else { continue };
                if *key == TEACH_KEY && !modifiers.any() && (!writing || !pressed) && !modal {
                    if !repeat {
                        actions.push(Action::Teach(*pressed));
                    }
                    continue;
                }
                // A button or slider that has the focus takes the keys that work it.
                let works_widget =
                    matches!(key, Key::Space | Key::Enter | Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown);
                if !pressed || (focused && works_widget) || (modal && !modifiers.command && *key != Key::F1) {
                    continue;
                }
                actions.extend(command_of(*key, *modifiers, writing).map(Action::Do));
            }
            if !input.raw.dropped_files.is_empty() {
                actions.push(Action::Drop(input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect()));
            }
        });
        actions
    }
}

/// The layout.
fn panels(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    // The window is cleared with the colour of panels, and software devices pay for every pixel that is painted twice. Only those that
    // scroll are filled, because that is the colour into which their ends fade.
    let margin = |x, y| Frame::new().inner_margin(Margin::symmetric(x, y));
    let (bar, side, bottom) = (margin(12, 4), margin(10, 8).fill(shared.palette.panel), margin(8, 4));
    Panel::top("top").exact_size(40.0).frame(bar).show(ui, |ui| panel::top_ui(ui, state, shared));
    // A small window, or large text, leaves less room: the picture comes first, unless a person drags the border.
    let room = ui.available_height();
    let strips = state.look.strips && state.has_classes();
    let (name, usual, part) = if strips { ("timeline with classes", 270.0_f32, 0.42) } else { ("timeline", 172.0, 0.34) };
    let bottom = Panel::bottom(name)
        .resizable(true)
        .default_size(usual.min(part * room).max(110.0))
        .size_range(110.0..=(0.6 * room).clamp(110.0, 420.0))
        .frame(bottom);
    bottom.show(ui, |ui| panel::timeline_ui(ui, state, shared));
    if state.look.controls {
        let left = Panel::left("controls").resizable(true).default_size(214.0).size_range(180.0..=320.0).frame(side);
        left.show(ui, |ui| panel::controls_ui(ui, state, shared));
    }
    if state.look.results {
        let right = Panel::right("results").resizable(true).default_size(300.0).size_range(240.0..=460.0).frame(side);
        right.show(ui, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                panel::space_ui(ui, state, shared);
                ui.separator();
                panel::decision_ui(ui, state, shared);
                panel::selection_ui(ui, state, shared);
                if state.look.trust {
                    ui.separator();
                    let table = ui.scope(|ui| panel::trust_ui(ui, state, shared)).response;
                    if !state.look.trust_shown {
                        table.scroll_to_me(Some(egui::Align::Max));
                    }
                }
                state.look.trust_shown = state.look.trust;
            });
        });
    }
    let mut over = Rect::NOTHING;
    CentralPanel::no_frame().show(ui, |ui| {
        let line = Panel::bottom("decision").exact_size(46.0).frame(Frame::new()).resizable(false);
        line.show(ui, |ui| panel::decision_line_ui(ui, state, shared));
        over = ui.available_rect_before_wrap();
        panel::picture_ui(ui, state, shared);
    });
    panel::notices_ui(ui, over, state, shared);
    panel::sources_ui(ui, state, shared);
    panel::palette_ui(ui, state, shared);
    panel::help_ui(ui, state, shared);
    panel::drop_ui(ui, shared);
}
