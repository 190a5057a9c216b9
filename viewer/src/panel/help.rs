//! All keys on one page, and what colours and shapes mean.

use egui::{Grid, Id, Modal, RichText, ScrollArea, Ui};

use super::{Shared, heading};
use crate::state::State;
use crate::state::command::{COMMANDS, key_text};

/// What the mouse does.
const MOUSE: [(&str, &str); 6] = [
    ("picture: wheel, drag", "zoom at the pointer, shift"),
    ("picture: click, double-click", "pick a joint or an object, fit"),
    ("timeline: click, drag", "go there"),
    ("timeline: Shift and drag", "select; P plays the selection over and over"),
    ("timeline: wheel, right drag", "zoom from hours to frames, shift"),
    ("3D: drag, Shift and drag, wheel", "turn, shift, come nearer"),
];

/// What marks mean.
const MARKS: [(&str, &str); 7] = [
    ("left hand", "blue, round joints, L"),
    ("right hand", "orange, square joints, R"),
    ("object", "yellow box; thick while it is held"),
    ("truth", "dashed, rings"),
    ("features", "arc: bend; arrow: way in 0.2 s; dashed: distance"),
    ("decision", "filled: sure; hollow: unsure; dashed: unknown action"),
    ("next", "the action that a model expects afterwards, where it says so"),
];

/// Draws the page while it is open.
pub fn help_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    if !state.look.help {
        return;
    }
    let mut close = false;
    let response = Modal::new(Id::unique("help")).show(ui.ctx(), |ui| {
        let width = 1120.0_f32.min(ui.ctx().content_rect().width() - 60.0);
        ui.set_width(width);
        ui.horizontal(|ui| {
            ui.heading("Keys and help");
            close = ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.button("Close").clicked()).inner;
        });
        ui.add_space(4.0);
        let height = ui.ctx().content_rect().height() - 150.0;
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            let count = if width >= 960.0 { 3 } else { 2 };
            ui.columns(count, |columns| {
                // Lines of text, not of buttons: all keys fit on a page of 800 points.
                columns.iter_mut().for_each(|column| column.spacing_mut().interact_size.y = 0.0);
                let groups = [("Playing", 0), ("Timeline", 0), ("Hands in 3D", 0), ("Picture", 1), ("Window", 1)];
                for (group, place) in groups {
                    let column = &mut columns[place];
                    heading(column, group);
                    Grid::new(group).num_columns(2).spacing([14.0, 2.0]).show(column, |ui| {
                        for info in COMMANDS.iter().filter(|info| info.group == group) {
                            let keys: Vec<String> = info.keys.iter().map(key_text).collect();
                            ui.label(RichText::new(keys.join("  ")).monospace().color(shared.palette.accent));
                            ui.label(RichText::new(info.name).size(12.0));
                            ui.end_row();
                        }
                    });
                }
                let column = &mut columns[if count > 2 { 2 } else { 0 }];
                for (title, lines) in [("Mouse", MOUSE.as_slice()), ("Marks", MARKS.as_slice())] {
                    heading(column, title);
                    for (what, does) in lines {
                        column.label(RichText::new(format!("{what}: {does}")).size(12.0));
                    }
                }
                heading(column, "Teach");
                column.label(RichText::new("Write a name into “Example”, then hold T while it is shown").size(12.0));
            });
        });
    });
    if close || response.should_close() {
        state.look.help = false;
    }
}
