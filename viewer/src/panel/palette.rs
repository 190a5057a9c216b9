//! The command palette: every command by its name.

use egui::{Align2, Id, Key, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::Shared;
use crate::state::State;
use crate::state::command::{Command, find};

/// Draws the palette while it is open.
pub fn palette_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    let Some(query) = &mut state.look.palette else { return };
    let mut chosen = None;
    let modal =
        Modal::new(Id::unique("palette")).area(egui::Area::new(Id::unique("palette area")).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0)));
    let response = modal.show(ui.ctx(), |ui| {
        ui.set_width(420.0);
        let field = ui.add(TextEdit::singleline(query).hint_text("Write a few letters").desired_width(f32::INFINITY));
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", "", "Find a command"));
        field.request_focus();
        let found = find(query);
        if ui.input(|i| i.key_pressed(Key::Enter)) {
            chosen = found.first().map(|info| info.command);
        }
        ui.add_space(4.0);
        ScrollArea::vertical().max_height(320.0).min_scrolled_height(320.0).show(ui, |ui| {
            for (place, info) in found.iter().enumerate() {
                ui.horizontal(|ui| {
                    let text = RichText::new(info.name);
                    let text = if place == 0 { text.color(shared.palette.accent) } else { text };
                    if ui
                        .add(egui::Button::new(text).frame(false).min_size(vec2(250.0, 24.0)).wrap_mode(egui::TextWrapMode::Truncate))
                        .clicked()
                    {
                        chosen = Some(info.command);
                    }
                    ui.label(RichText::new(info.command.key_text()).monospace().color(shared.palette.weak));
                });
            }
            if found.is_empty() {
                ui.label(RichText::new("no command has these words").color(shared.palette.weak));
            }
        });
    });
    if chosen.is_some() || response.should_close() {
        state.look.palette = None;
    }
    // The palette itself would only close and open again.
    if let Some(command) = chosen.filter(|c| *c != Command::Palette) {
        shared.command(command);
    }
}
