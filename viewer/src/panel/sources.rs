//! The source picker: what was opened before, cameras under names that stay, the synthetic camera, recordings, files, addresses.

use std::path::PathBuf;

use ego_graph::{Input, InputKind, LiveSource};
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, FontId, Id, Key, Modal, Rect, RichText, Role, ScrollArea, Sense, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::icons::{Icon, paint_icon};
use super::thumbnails::Thumbnail;
use super::{Shared, heading};
use crate::state::{Action, State};
use crate::stream::{Opening, What};

/// Size of a preview, points.
const PREVIEW: Vec2 = vec2(64.0, 36.0);

/// Prompts of the synthetic camera that show something different each.
const PROMPTS: [(&str, &str); 3] = [
    ("every action in turn", ""),
    ("slowly pour milk with the left hand", "slowly pour milk with the left hand"),
    ("open, then squeeze lotion, in dim light", "open lotion then squeeze lotion, dim light"),
];

/// Draws the picker while it is open.
pub fn sources_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    if !state.look.sources {
        return;
    }
    let mut close = false;
    let response = Modal::new(Id::unique("sources")).show(ui.ctx(), |ui| {
        ui.set_width(540.0_f32.min(ui.ctx().content_rect().width() - 60.0));
        ui.horizontal(|ui| {
            ui.heading("Open a source");
            close = ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.button("Close").clicked()).inner;
        });
        let height = (ui.ctx().content_rect().height() - 160.0).min(460.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            address_ui(ui, state, shared);
            recent_ui(ui, state, shared);
            cameras_ui(ui, state, shared);
            heading(ui, "Synthetic camera");
            for (title, prompt) in PROMPTS {
                let source = Opening::live(LiveSource::Synthetic(prompt.to_owned()), state.settings.clone());
                if row_ui(ui, title, "two hands with exact truth; no camera is needed", &source.what, shared) {
                    open(shared, source);
                }
            }
            if !state.runs.is_empty() {
                heading(ui, "Recordings with results");
                for (name, opening) in &state.runs {
                    let about = if matches!(opening.what, What::File(_)) { "video and results" } else { "results without their video" };
                    if row_ui(ui, name, about, &opening.what, shared) {
                        open(shared, opening.clone());
                    }
                }
            }
            files_ui(ui, state, shared);
        });
    });
    if close || response.should_close() {
        state.look.sources = false;
    }
}

fn open(shared: &mut Shared<'_>, opening: Opening) {
    shared.actions.push(Action::Open(Box::new(opening)));
}

/// What was opened before in this window.
fn recent_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    if state.recent.is_empty() {
        return;
    }
    heading(ui, "Opened before");
    for opening in &state.recent {
        let about = if opening.results.is_some() { "with results" } else { "" };
        if row_ui(ui, &opening.title(), about, &opening.what, shared) {
            open(shared, opening.clone());
        }
    }
}

/// Videos in the folder for recordings, and beside those that were opened.
fn files_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    let listed = |path: &PathBuf| {
        let is = |opening: &Opening| matches!(&opening.what, What::File(Input { kind: InputKind::File(p), .. }) if p == path);
        state.recent.iter().chain(state.runs.iter().map(|(_, opening)| opening)).any(is)
    };
    let mut headed = false;
    for path in state.files.iter().filter(|path| !listed(path)) {
        if !std::mem::replace(&mut headed, true) {
            heading(ui, "Videos in these folders");
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().map(|p| p.display().to_string()).unwrap_or_default();
        if row_ui(ui, &name, &folder, &What::File(Input::of_file(path)), shared) {
            // Brings the results that lie beside it.
            open(shared, Opening::word(&path.to_string_lossy(), state.settings.clone()));
        }
    }
}

fn address_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    let label = ui.label("File, address or camera");
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut state.look.address).hint_text("clip.mp4 · rtsp://camera/main · tcp://HOST:PORT");
        let field = ui.add(field.desired_width(ui.available_width() - 70.0)).labelled_by(label.id);
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if ui.button("Open").clicked() || entered {
            shared.actions.push(Action::OpenAddress);
        }
    });
    ui.label(RichText::new("Files can also be dropped onto the window").size(11.0).color(shared.palette.weak));
}

fn cameras_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    ui.horizontal(|ui| {
        heading(ui, "Cameras");
        if ui.small_button("Look again").clicked() {
            shared.actions.push(Action::Devices);
        }
    });
    let about = if state.cameras.is_empty() { "no camera was found" } else { "without a preview: a camera is opened when it is chosen" };
    ui.label(RichText::new(about).size(11.0).color(shared.palette.weak));
    for camera in &state.cameras {
        let modes: Vec<&str> = camera.modes.iter().take(2).map(String::as_str).collect();
        let opening = Opening::live(LiveSource::Camera(Some(camera.id.clone())), state.settings.clone());
        if row_ui(ui, &camera.name, &format!("{} · {}", camera.id, modes.join(", ")), &opening.what, shared) {
            open(shared, opening);
        }
    }
}

/// A row that is one large button, with a preview where there is one; says whether it was clicked.
fn row_ui(ui: &mut Ui, title: &str, about: &str, what: &What, shared: &mut Shared<'_>) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PREVIEW.y + 8.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title}, {about}")));
    // What is scrolled out of sight needs no preview yet.
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    let visuals = ui.style().interact(&response);
    ui.painter().rect(rect, 4.0, visuals.weak_bg_fill, visuals.bg_stroke, StrokeKind::Inside);
    let place = Rect::from_min_size(rect.min + vec2(4.0, 4.0), PREVIEW);
    preview_ui(ui, place, what, shared);
    let left = place.right() + 12.0;
    let width = (rect.right() - left - 8.0).max(0.0);
    let line = |text: &str, size: f32, tint: Color32| {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(size), tint);
        job.wrap = TextWrapping::truncate_at_width(width);
        ui.painter().layout_job(job)
    };
    let (name, detail) = (line(title, 14.0, shared.palette.text), line(about, 11.0, shared.palette.weak));
    let height = name.size().y + if about.is_empty() { 0.0 } else { detail.size().y };
    let top = rect.center().y - 0.5 * height;
    ui.painter().galley(pos2(left, top), name.clone(), Color32::WHITE);
    ui.painter().galley(pos2(left, top + name.size().y), detail, Color32::WHITE);
    response.clicked()
}

/// The preview of a source, or a sign of what it is.
fn preview_ui(ui: &Ui, place: Rect, what: &What, shared: &mut Shared<'_>) {
    let painter = ui.painter();
    painter.rect_filled(place, 2.0, shared.palette.back);
    let thumbnail = match what {
        What::File(input) => shared.thumbnails.of(&input.given, what),
        What::Live(source @ LiveSource::Synthetic(_)) => shared.thumbnails.of(&source.name(), what),
        What::Live(_) | What::ResultsOnly(_) | What::Bad(_) => Thumbnail::Missing,
    };
    match thumbnail {
        Thumbnail::Here(texture) => {
            let size = texture.size_vec2();
            let fit = (place.width() / size.x.max(1.0)).min(place.height() / size.y.max(1.0));
            let picture = Rect::from_center_size(place.center(), size * fit);
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), picture, uv, Color32::WHITE);
        }
        Thumbnail::Asked => {
            painter.text(place.center(), Align2::CENTER_CENTER, "…", FontId::proportional(14.0), shared.palette.weak);
        }
        Thumbnail::Missing => {
            let icon = if matches!(what, What::Live(_)) { Icon::Camera } else { Icon::Play };
            paint_icon(painter, place, icon, shared.palette.weak);
        }
    }
}
