//! The viewer in a window of the desktop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::ViewportCommand;

use crate::app::Viewer;
use crate::error::ViewError;
use crate::gpu::{Graphics, MeshPlugin};
use crate::options::ViewOptions;
use crate::state::{Errand, Level};

/// Opens the window and stays until it is closed. `prepare` may change what shows before the first picture.
///
/// # Errors
/// When there is no screen or no graphics device.
pub fn open_window(options: ViewOptions, prepare: impl FnOnce(&mut Viewer)) -> Result<(), ViewError> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() && cfg!(target_os = "linux") {
        return Err(ViewError::Window("neither DISPLAY nor WAYLAND_DISPLAY is set".into()));
    }
    let viewport = egui::ViewportBuilder::default()
        .with_title("ego")
        .with_app_id("ego")
        .with_inner_size(options.size)
        .with_min_inner_size([720.0, 480.0])
        .with_drag_and_drop(true);
    let native = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Wgpu, ..Default::default() };
    let create = move |creation: &eframe::CreationContext<'_>| {
        let context = creation.egui_ctx.clone();
        let wake = move || context.request_repaint();
        let graphics = creation.wgpu_render_state.as_ref().map(Graphics::new);
        if let Some(graphics) = &graphics {
            creation.egui_ctx.add_plugin(MeshPlugin(Arc::clone(&graphics.meshes)));
        }
        let mut viewer = Viewer::new(options, graphics.as_ref(), wake)?;
        prepare(&mut viewer);
        let (saved, saves) = bounded(4);
        Ok(Box::new(Window { viewer, full_screen: false, saved, saves }) as Box<dyn eframe::App>)
    };
    eframe::run_native("ego", native, Box::new(create)).map_err(|e| ViewError::Window(e.to_string()))
}

struct Window {
    viewer: Viewer,
    full_screen: bool,
    /// Where screenshots were written to, or why not.
    saved: Sender<Result<PathBuf, ViewError>>,
    saves: Receiver<Result<PathBuf, ViewError>>,
}

impl eframe::App for Window {
    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.viewer.clear_colour().to_normalized_gamma_f32()
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.viewer.take(Instant::now());
        self.viewer.ui(ui);
        let context = ui.ctx();
        for errand in self.viewer.errands() {
            match errand {
                Errand::Quit => context.send_viewport_cmd(ViewportCommand::Close),
                Errand::Screenshot => self.screenshot(context),
                Errand::Copy(text) => context.copy_text(text),
            }
        }
        let wanted = self.viewer.state.look.full_screen;
        if wanted != self.full_screen {
            self.full_screen = wanted;
            context.send_viewport_cmd(ViewportCommand::Fullscreen(wanted));
        }
        for saved in self.saves.try_iter() {
            match saved {
                Ok(path) => self.viewer.state.screenshot_saved(path),
                Err(error) => self.viewer.state.notify(Level::Error, error.to_string(), None, None),
            }
        }
        if let Some(beat) = self.viewer.beat() {
            context.request_repaint_after(beat);
        }
    }
}

impl Window {
    /// Asks for the pixels of the next frame and writes them in a thread of its own: packing a picture takes longer than a frame.
    fn screenshot(&self, context: &egui::Context) {
        let (folder, saved, waker) = (self.viewer.state.folder.clone(), self.saved.clone(), context.clone());
        context.request_screenshot(move |image| {
            let write = move || {
                // The window may have been closed meanwhile.
                let _ = saved.try_send(free_name(&folder).and_then(|path| write_png(&path, &image).map(|()| path)));
                waker.request_repaint();
            };
            let _ = std::thread::Builder::new().name("ego-screenshot".into()).spawn(write);
        });
    }
}

/// `ego-1.png`, `ego-2.png` ...: the first name that nobody has.
fn free_name(folder: &Path) -> Result<PathBuf, ViewError> {
    std::fs::create_dir_all(folder).map_err(|source| ViewError::Write { path: folder.to_owned(), source })?;
    let names = (1..10_000).map(|n| folder.join(format!("ego-{n}.png")));
    names
        .into_iter()
        .find(|p| !p.exists())
        .ok_or_else(|| ViewError::WritePicture { path: folder.to_owned(), problem: "too many screenshots".into() })
}

fn write_png(path: &Path, image: &egui::ColorImage) -> Result<(), ViewError> {
    let [width, height] = image.size;
    let pixels: Vec<u8> = image.pixels.iter().flat_map(|p| p.to_array()).collect();
    image::save_buffer(path, &pixels, width as u32, height as u32, image::ExtendedColorType::Rgba8)
        .map_err(|e| ViewError::WritePicture { path: path.to_owned(), problem: e.to_string() })
}
