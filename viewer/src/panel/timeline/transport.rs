//! Play, pause, step, speed, loop and the time.

use egui::{RichText, Ui};

use super::super::Shared;
use super::super::icons::{Icon, icon_button};
use crate::state::command::Command;
use crate::state::{SourceKind, State};
use crate::timeline::format_time;

/// Draws the row of buttons.
pub(super) fn transport_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let running = match state.source.kind {
            SourceKind::Live => !state.play.looking_back,
            _ => state.play.playing,
        };
        let play = if running { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
        for (icon, name, command) in [
            (Icon::Start, "To the start", Command::ToStart),
            (Icon::FrameBack, "Previous frame", Command::FrameBack),
            (play.0, play.1, Command::PlayPause),
            (Icon::FrameOn, "Next frame", Command::FrameOn),
            (Icon::End, "To the end", Command::ToEnd),
        ] {
            if icon_button(ui, icon, name, &command.key_text()).clicked() {
                shared.command(command);
            }
        }
        if icon_button(ui, Icon::Loop, if state.play.looping.is_some() { "Stop looping" } else { "Loop" }, &Command::Loop.key_text())
            .clicked()
        {
            shared.command(Command::Loop);
        }
        ui.add_space(6.0);
        if state.source.kind == SourceKind::File {
            let rate = format!("{}×", (state.play.rate * 100.0).round() / 100.0);
            if ui.button(rate).on_hover_text("Ordinary speed; J and L halve and double it").clicked() {
                shared.command(Command::NormalSpeed);
            }
        }
        ui.add_space(6.0);
        ui.label(RichText::new(format_time(state.play.position_ns as f64, 1e6)).monospace().size(14.0));
        if state.source.kind == SourceKind::File {
            ui.label(RichText::new(format!("/ {}", format_time(state.end_ns() as f64, 1e9))).monospace().color(shared.palette.weak));
        }
        if let Some(frame) = &state.frame {
            ui.label(RichText::new(format!("frame {}", frame.results.frame)).color(shared.palette.weak));
        }
        if let Some([a, b]) = state.play.selected() {
            let seconds = (b - a) as f64 * 1e-9;
            let what = if state.play.looping.is_some() { "looping, selected" } else { "selected" };
            ui.label(RichText::new(format!("{what} {seconds:.2} s")).color(shared.palette.accent));
        } else if state.play.looping.is_some() {
            ui.label(RichText::new("looping").color(shared.palette.accent));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(8.0);
            for (text, command) in [("Show all", Command::ZoomAll), ("Classes", Command::ToggleStrips)] {
                if ui.small_button(text).on_hover_text(command.key_text()).clicked() {
                    shared.command(command);
                }
            }
            if state.source.has_results && !state.source.results_read.1 {
                ui.label(RichText::new(format!("reading results… {} frames", state.source.results_read.0)).color(shared.palette.warning));
            }
        });
    });
}
