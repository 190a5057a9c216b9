//! The bar at the top: source, recording, live or not, latency, rates, drops.

use std::time::Instant;

use egui::{Align, Button, Color32, Layout, RichText, Role, Sense, Ui, Vec2, WidgetInfo};

use super::Shared;
use super::icons::{Icon, paint_icon};
use crate::state::command::Command;
use crate::state::trust::Grade;
use crate::state::{Analysis, SourceKind, State};

/// Draws the bar.
pub fn top_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        ui.label(RichText::new("ego").strong().size(16.0).color(shared.palette.accent));
        let title = if state.source.title.is_empty() { "Open a source" } else { &state.source.title };
        let open = ui
            .add(Button::new(RichText::new(title)).truncate())
            .on_hover_text(format!("Open a source  {}", Command::OpenSource.key_text()));
        if open.clicked() {
            shared.command(Command::OpenSource);
        }
        if let Some(frame) = &state.frame {
            let size = format!("{} × {}", frame.results.width, frame.results.height);
            ui.label(RichText::new(size).color(shared.palette.weak));
        }
        live_badge(ui, state, shared);
        record_button(ui, state, shared);
        analysis_badge(ui, state, shared);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Help").on_hover_text(Command::Help.key_text()).clicked() {
                shared.command(Command::Help);
            }
            if ui.button("Find a command").on_hover_text(Command::Palette.key_text()).clicked() {
                shared.command(Command::Palette);
            }
            ui.separator();
            numbers(ui, state, shared);
        });
    });
}

/// Latency, rates and drops, from right to left.
fn numbers(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    let trust = &state.trust;
    let drops: u64 = trust.drops().iter().map(|(_, count)| count).sum();
    if drops > 0 {
        let text = RichText::new(format!("{drops} dropped")).color(shared.palette.warning);
        if ui.add(Button::new(text).frame(false)).on_hover_text("Show the reasons").clicked() {
            shared.command(Command::ToggleTrust);
        }
    } else if state.source.kind != SourceKind::None {
        ui.label(RichText::new("0 dropped").color(shared.palette.weak));
    }
    let fps = trust.painted.rate(Instant::now());
    if fps >= 0.5 {
        ui.label(format!("{fps:.0} fps"));
    }
    let (p50, p95) = (trust.to_paint.quantile(0.5), trust.to_paint.quantile(0.95));
    if let (Some(p50), Some(p95)) = (p50, p95) {
        let grade = Grade::of(p95);
        let tint = grade_colour(grade, shared);
        let text = RichText::new(format!("{p50:.0} ms · p95 {p95:.0} ms · {}", grade.word())).color(tint);
        let about = if trust.from_capture { "From capture to paint" } else { "From the last stage to paint" };
        if ui.add(Button::new(text).frame(false)).on_hover_text(format!("{about}. Click for a table by stage.")).clicked() {
            shared.command(Command::ToggleTrust);
        }
    }
}

pub(super) fn grade_colour(grade: Grade, shared: &Shared<'_>) -> Color32 {
    match grade {
        Grade::Good => shared.palette.good,
        Grade::Slow => shared.palette.warning,
        Grade::Late => shared.palette.error,
    }
}

/// A filled red plate while live, an outlined grey one with the delay while looking back.
fn live_badge(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    if state.source.kind != SourceKind::Live {
        return;
    }
    if let Some((reason, retry)) = &state.source.lost {
        let text = RichText::new(format!("source away, next try in {retry:.1} s")).color(shared.palette.warning);
        ui.label(text).on_hover_text(reason);
        return;
    }
    let live = !state.play.looking_back;
    let text = if live { "LIVE".to_owned() } else { format!("{:.1} s ago · back to live", state.play.behind_s()) };
    let galley = ui.painter().layout_no_wrap(text.clone(), egui::FontId::proportional(12.0), Color32::WHITE);
    let (rect, response) = ui.allocate_exact_size(galley.size() + Vec2::new(24.0, 8.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    let fill = if live { Color32::from_rgb(190, 40, 30) } else { shared.palette.field };
    ui.painter().rect(rect, 4.0, fill, egui::Stroke::new(1.0, if live { fill } else { shared.palette.weak }), egui::StrokeKind::Inside);
    let dot = rect.left_center() + Vec2::new(10.0, 0.0);
    if live {
        ui.painter().circle_filled(dot, 3.5, Color32::WHITE);
    } else {
        ui.painter().circle_stroke(dot, 3.5, egui::Stroke::new(1.4, Color32::WHITE));
    }
    ui.painter().galley(rect.min + Vec2::new(18.0, 4.0), galley, Color32::WHITE);
    if response.on_hover_text(format!("Back to the live picture  {}", Command::ToEnd.key_text())).clicked() {
        shared.command(Command::ToEnd);
    }
}

fn record_button(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    if state.source.kind != SourceKind::Live {
        return;
    }
    let (text, icon) = match &state.recording {
        Some(r) => {
            let free = r.free.map(|f| format!(" · {:.1} GB free", f as f64 / 1e9)).unwrap_or_default();
            (format!("REC {:02}:{:02}{free}", r.seconds as u64 / 60, r.seconds as u64 % 60), Icon::Stop)
        }
        None => ("Record".to_owned(), Icon::Record),
    };
    let response = ui.add(Button::new(RichText::new(format!("     {text}"))));
    let place = egui::Rect::from_center_size(response.rect.left_center() + Vec2::new(13.0, 0.0), Vec2::splat(12.0));
    paint_icon(ui.painter(), place, icon, shared.palette.error);
    if response.on_hover_text(format!("Pictures, annotated pictures and results into the folder  {}", Command::Record.key_text())).clicked()
    {
        shared.command(Command::Record);
    }
}

fn analysis_badge(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    let (text, tint) = match state.source.analysis {
        Analysis::Loading => ("loading models…", shared.palette.warning),
        Analysis::Failed => ("no analysis", shared.palette.error),
        Analysis::Off if state.source.has_results => ("results from file", shared.palette.weak),
        Analysis::Off | Analysis::Running => return,
    };
    ui.label(RichText::new(text).color(tint));
}
