//! The command palette: every command by its name.

use egui::{
    Align, Align2, CornerRadius, FontId, Id, Key, Modal, Modifiers, RichText, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};

use super::Shared;
use crate::state::State;
use crate::state::command::{Command, CommandInfo, find};

/// Height of a line, points.
const LINE: f32 = 26.0;

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
        // Where the arrows have gone; new letters begin at the top.
        let place = Id::unique("palette place");
        let (words, mut at): (String, usize) = ui.data(|d| d.get_temp(place)).unwrap_or_default();
        if words != *query {
            at = 0;
        }
        let before = at;
        let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            at += 1;
        }
        if pressed(Key::ArrowUp) {
            at = at.saturating_sub(1);
        }
        at = at.min(found.len().saturating_sub(1));
        ui.data_mut(|d| d.insert_temp(place, (query.clone(), at)));
        if ui.input(|i| i.key_pressed(Key::Enter)) {
            chosen = found.get(at).map(|info| info.command);
        }
        ui.add_space(4.0);
        ScrollArea::vertical().max_height(320.0).min_scrolled_height(320.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (line, info) in found.iter().enumerate() {
                if line_ui(ui, info, line == at, at != before, shared) {
                    chosen = Some(info.command);
                }
            }
            if found.is_empty() {
                ui.label(RichText::new("no command has these words").color(shared.palette.weak));
            }
        });
    });
    if chosen.is_some() || response.should_close() {
        state.look.palette = None;
        ui.data_mut(|d| d.remove::<(String, usize)>(Id::unique("palette place")));
    }
    // The palette itself would only close and open again.
    if let Some(command) = chosen.filter(|c| *c != Command::Palette) {
        shared.command(command);
    }
}

/// A line of the list: name at the left, key at the right; says whether it was clicked.
fn line_ui(ui: &mut Ui, info: &CommandInfo, picked: bool, moved: bool, shared: &Shared<'_>) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, info.name));
    if picked && moved {
        response.scroll_to_me(Some(Align::Center));
    }
    if picked || response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(4), shared.palette.field);
    }
    let tint = if picked { shared.palette.accent } else { shared.palette.text };
    let text = |at, align, text: &str, font, tint| ui.painter().text(at, align, text, font, tint);
    text(rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, info.name, FontId::proportional(14.0), tint);
    let key = info.command.key_text();
    text(rect.right_center() - vec2(10.0, 0.0), Align2::RIGHT_CENTER, &key, FontId::monospace(13.0), shared.palette.weak);
    response.clicked()
}
