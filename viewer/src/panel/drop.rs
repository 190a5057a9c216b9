//! While a file is held over the window: what happens when it is let go.

use egui::{Align2, Color32, CornerRadius, FontId, Id, LayerId, Order, Stroke, StrokeKind, Ui, vec2};

use super::Shared;

/// Draws a frame over everything and says what would be opened.
pub fn drop_ui(ui: &Ui, shared: &Shared<'_>) {
    let names: Vec<String> = ui.input(|i| {
        let paths = i.raw.hovered_files.iter().filter_map(|file| file.path.as_ref());
        paths.map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect()
    });
    let text = match names.as_slice() {
        [] => return,
        [name] => format!("Drop to open {name}"),
        more => format!("Drop to open one of {} files", more.len()),
    };
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop")));
    let window = ui.ctx().content_rect();
    painter.rect_filled(window, CornerRadius::ZERO, Color32::from_black_alpha(170));
    painter.rect_stroke(window.shrink(8.0), CornerRadius::same(8), Stroke::new(2.0, shared.palette.accent), StrokeKind::Inside);
    let words = painter.layout(text, FontId::proportional(22.0), shared.palette.text, window.width() - 80.0);
    let at = Align2::CENTER_CENTER.anchor_size(window.center(), words.size());
    painter.rect_filled(at.expand2(vec2(18.0, 12.0)), CornerRadius::same(6), shared.palette.panel);
    painter.galley(at.min, words, shared.palette.text);
}
