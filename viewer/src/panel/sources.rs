//! The source picker: cameras under names that stay, the synthetic camera, recordings with results, addresses.

use ego_graph::LiveSource;
use egui::{Button, Id, Key, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::{Shared, heading};
use crate::state::{Action, State};
use crate::stream::Opening;

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
            cameras_ui(ui, state, shared);
            heading(ui, "Synthetic camera");
            for (title, prompt) in PROMPTS {
                if row_ui(ui, title, "two hands with exact truth; no camera is needed") {
                    open(state, shared, LiveSource::Synthetic(prompt.to_owned()));
                }
            }
            if !state.runs.is_empty() {
                heading(ui, "Recordings with results");
                for (name, opening) in &state.runs {
                    let about = if matches!(opening.what, crate::stream::What::File(_)) {
                        "video and results"
                    } else {
                        "results without their video"
                    };
                    if row_ui(ui, name, about) {
                        shared.actions.push(Action::Open(Box::new(opening.clone())));
                    }
                }
            }
        });
    });
    if close || response.should_close() {
        state.look.sources = false;
    }
}

fn open(state: &State, shared: &mut Shared<'_>, source: LiveSource) {
    shared.actions.push(Action::Open(Box::new(Opening::live(source, state.settings.clone()))));
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
    if state.cameras.is_empty() {
        ui.label(RichText::new("no camera was found").color(shared.palette.weak));
    }
    for camera in &state.cameras {
        let modes: Vec<&str> = camera.modes.iter().take(2).map(String::as_str).collect();
        if row_ui(ui, &camera.name, &format!("{} · {}", camera.id, modes.join(", "))) {
            open(state, shared, LiveSource::Camera(Some(camera.id.clone())));
        }
    }
}

/// A row that is one large button.
fn row_ui(ui: &mut Ui, title: &str, about: &str) -> bool {
    let text = RichText::new(title);
    let button = Button::new(text).shortcut_text(RichText::new(about).size(11.0)).min_size(vec2(ui.available_width(), 28.0));
    ui.add(button.truncate()).clicked()
}
