//! `ego view`: the window, or a picture of it.

use ego_graph::Settings;
use ego_viewer::state::layers::Layer;
use ego_viewer::{ViewError, ViewOptions, Viewer};

use crate::cli::{Show, ViewArgs};
use crate::console;
use crate::failure::{Status, usage};

pub(crate) fn view(args: &ViewArgs) -> anyhow::Result<Status> {
    if args.screenshot_to.is_some() {
        without_asking_for_a_screen();
    }
    without_asking_in_vain();
    let settings = Settings::load(&args.settings.config, &args.settings.overrides)?;
    settings.check()?;
    let mut options = ViewOptions::new(args.input.as_deref(), args.results.as_deref(), settings).map_err(told)?;
    options.folder.clone_from(&args.folder);
    options.duration = args.duration;
    options.size = [args.size.0 as f32, args.size.1 as f32];
    options.no_analysis = args.no_analysis;
    let prepare = |viewer: &mut Viewer| show(viewer, &args.show);
    match &args.screenshot_to {
        Some(path) => {
            if options.opening.is_none() {
                return Err(usage("there is nothing to make a picture of", "name an INPUT, or --results DIR"));
            }
            ego_viewer::screenshot(options, args.at.unwrap_or(0.0), path, prepare).map_err(told)?;
            console::data(&path.display().to_string())?;
        }
        None => ego_viewer::open_window(options, prepare).map_err(told)?,
    }
    Ok(Status::Good)
}

/// Starts the program again without Mesa's Vulkan layer that picks a device by asking the screen: without one it only complains about
/// XDG_RUNTIME_DIR, and the layer reads the environment alone.
fn without_asking_for_a_screen() {
    use std::os::unix::process::CommandExt as _;
    const LAYER_OFF: &str = "NODEVICE_SELECT";
    if std::env::var_os(LAYER_OFF).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        // Returns only when it fails; then the complaint is all the harm.
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(LAYER_OFF, "1").exec();
    }
}

/// A window on X11 outside of a session, as over SSH or in a container: the layer asks Wayland all the same and complains once a device.
pub(crate) fn without_asking_in_vain() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        without_asking_for_a_screen();
    }
}

/// What the command line asks to show beside the usual.
fn show(viewer: &mut Viewer, wanted: &[Show]) {
    let state = &mut viewer.state;
    for show in wanted {
        match show {
            Show::Truth => state.layers.truth = true,
            Show::Depth => state.layers.shade_mut(Layer::Depth).visible = true,
            Show::Features => state.layers.shade_mut(Layer::Features).visible = true,
            Show::Trust => state.look.trust = true,
            Show::Classes => state.look.strips = true,
            Show::FirstPerson => state.look.eye = ego_viewer::scene::Eye::of(ego_viewer::scene::EyeView::FirstPerson),
            Show::Help => state.look.help = true,
            Show::HighContrast => state.look.high_contrast = true,
        }
    }
}

/// In the words of the program, with what helps.
pub(crate) fn told(error: ViewError) -> anyhow::Error {
    match error {
        ViewError::Graph(error) => error.into(),
        ViewError::Input { reason, hint } => usage(reason, hint.unwrap_or_else(|| "see `ego view --help`".into())),
        ViewError::Window(_) => usage(error.to_string(), "--screenshot-to PNG makes a picture of it where there is no screen"),
        ViewError::NoDevice(_) => usage(error.to_string(), "or use `ego run`, which needs no graphics"),
        error => usage(error.to_string(), "see `ego view --help`"),
    }
}
