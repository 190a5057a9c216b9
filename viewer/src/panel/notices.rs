//! Sentences with a button that helps, in the lower right corner of the picture.

use egui::{Align2, Area, Color32, Frame, Id, Margin, Order, Rect, RichText, Stroke, Ui, vec2};

use super::Shared;
use super::icons::{Icon, icon_button};
use crate::state::{Action, Level, State};

/// Width of a notice, points.
const WIDTH: f32 = 380.0;

/// Draws the notices above everything in `over`.
pub fn notices_ui(ui: &mut Ui, over: Rect, state: &State, shared: &mut Shared<'_>) {
    if state.notices.is_empty() {
        return;
    }
    let corner = over.right_bottom() - vec2(12.0, 12.0);
    Area::new(Id::unique("notices")).order(Order::Foreground).pivot(Align2::RIGHT_BOTTOM).fixed_pos(corner).show(ui.ctx(), |ui| {
        ui.set_max_width(WIDTH.min(over.width() - 24.0));
        for notice in &state.notices {
            notice_ui(ui, notice, shared);
        }
    });
}

fn notice_ui(ui: &mut Ui, notice: &crate::state::Notice, shared: &mut Shared<'_>) {
    let p = shared.palette;
    let (tint, sign, word) = match notice.level {
        Level::Info => (p.accent, "i", "Note"),
        Level::Warning => (p.warning, "!", "Warning"),
        Level::Error => (p.error, "×", "Error"),
    };
    let frame = Frame::new()
        .fill(p.panel)
        .stroke(Stroke::new(1.0, tint))
        .corner_radius(6)
        .inner_margin(Margin::same(10))
        .shadow(egui::Shadow { offset: [0, 2], blur: 8, spread: 0, color: Color32::from_black_alpha(120) });
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(format!(" {sign} ")).strong().color(p.back).background_color(tint)).on_hover_text(word);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - 34.0);
                let count = if notice.count > 1 { format!("  (×{})", notice.count) } else { String::new() };
                ui.label(format!("{}{count}", notice.text));
                if let Some(hint) = &notice.hint {
                    ui.label(RichText::new(hint).color(p.weak).size(12.0));
                }
                if let Some((label, action)) = &notice.button
                    && ui.button(label).clicked()
                {
                    shared.actions.push(Action::Dismiss(notice.text.clone()));
                    shared.actions.push(action.clone());
                }
            });
            if icon_button(ui, Icon::Cross, "Close this notice", "").clicked() {
                shared.actions.push(Action::Dismiss(notice.text.clone()));
            }
        });
    });
}
