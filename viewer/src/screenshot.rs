//! The very same view without a screen: `ego view INPUT --screenshot-to PNG --at TIME`.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Pos2, RawInput, Rect, Vec2};
use image::RgbaImage;

use crate::app::Viewer;
use crate::error::ViewError;
use crate::gpu::Offscreen;
use crate::options::ViewOptions;
use crate::state::{Action, Analysis, SourceKind};

/// Without the picture for so long it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// A live source is given this long, so that rates and the timeline show something.
const LIVE_FOR: Duration = Duration::from_millis(1500);

/// A viewer with a screen in memory.
pub struct Canvas {
    device: Offscreen,
    context: egui::Context,
    size: Vec2,
    began: Instant,
}

impl Canvas {
    /// A screen of this size, points.
    ///
    /// # Errors
    /// When there is no graphics device, not even in software.
    pub fn new(size: [f32; 2]) -> Result<Canvas, ViewError> {
        Ok(Canvas { device: Offscreen::new()?, context: egui::Context::default(), size: size.into(), began: Instant::now() })
    }

    /// What pictures are drawn with.
    pub fn device(&self) -> &Offscreen {
        &self.device
    }

    /// Draws the viewer once and reads the picture back.
    ///
    /// # Errors
    /// When the device fails.
    pub fn draw(&self, viewer: &mut Viewer) -> Result<RgbaImage, ViewError> {
        let shapes = self.pass(viewer, Vec::new());
        self.device.draw(&self.context, shapes, viewer.clear_colour())
    }

    /// Draws the viewer once, with what a person does, and waits for the device; nobody looks at the picture.
    ///
    /// # Errors
    /// When the device fails.
    pub fn render(&self, viewer: &mut Viewer, events: Vec<egui::Event>) -> Result<(), ViewError> {
        let shapes = self.pass(viewer, events);
        self.device.render(&self.context, shapes, viewer.clear_colour());
        self.device.wait()
    }

    fn pass(&self, viewer: &mut Viewer, events: Vec<egui::Event>) -> Vec<egui::epaint::ClippedShape> {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.began.elapsed().as_secs_f64()),
            events,
            ..RawInput::default()
        };
        let mut output = self.context.run_ui(input, |ui| viewer.ui(ui));
        self.device.take_textures(&mut output.textures_delta);
        output.shapes
    }
}

/// Shows what the options ask for, waits for the picture at a time (seconds; of a live source the newest) with its results, and writes
/// the window as PNG. `prepare` may change what shows before the picture is made.
///
/// # Errors
/// When there is no device, no such picture, or the file cannot be written.
pub fn screenshot(options: ViewOptions, at_s: f64, path: &Path, prepare: impl FnOnce(&mut Viewer)) -> Result<(), ViewError> {
    let canvas = Canvas::new(options.size)?;
    let options = ViewOptions { opening: options.opening.map(|o| crate::stream::Opening { paused: true, ..o }), ..options };
    let mut viewer = Viewer::new(options, Some(canvas.device().graphics()), || {})?;
    wait_for_picture(&mut viewer, at_s)?;
    prepare(&mut viewer);
    // Twice before it counts: panels find their sizes in the first pass.
    for _ in 0..2 {
        canvas.render(&mut viewer, Vec::new())?;
    }
    let image = canvas.draw(&mut viewer)?;
    image::DynamicImage::ImageRgba8(image)
        .to_rgb8()
        .save(path)
        .map_err(|e| ViewError::WritePicture { path: path.to_owned(), problem: e.to_string() })
}

/// Goes to a time and waits until its picture, its results and the timeline are there.
fn wait_for_picture(viewer: &mut Viewer, at_s: f64) -> Result<(), ViewError> {
    let wanted = (at_s.max(0.0) * 1e9) as u64;
    let began = Instant::now();
    let mut went = false;
    let mut shown_since: Option<Instant> = None;
    while began.elapsed() < PATIENCE {
        viewer.take(Instant::now());
        let state = &viewer.state;
        if let Some(error) = state.notices.iter().find(|n| n.level == crate::state::Level::Error) {
            return Err(ViewError::Input { reason: error.text.clone(), hint: error.hint.clone() });
        }
        let timeline = !state.source.has_results || state.source.results_read.1;
        let analysed = state.source.analysis != Analysis::Loading;
        match state.source.kind {
            SourceKind::Live if state.frame.is_some() => {
                let since = *shown_since.get_or_insert_with(Instant::now);
                if analysed && since.elapsed() > LIVE_FOR {
                    return Ok(());
                }
            }
            SourceKind::File if state.frame.is_some() && analysed && timeline => {
                if !went {
                    went = true;
                    viewer.state.play.duration_ns = viewer.state.play.duration_ns.max(Some(wanted));
                    viewer.state.frame = None;
                    viewer.act(Action::Seek(wanted));
                } else if state.play.jumping_to.is_none() {
                    return Ok(());
                }
            }
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    Err(ViewError::NoPicture(at_s, PATIENCE.as_secs()))
}
