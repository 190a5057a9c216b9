//! Whether to trust it: latency by stage, drops with reasons, models and what they really run on, age of the results.

use ego_graph::Stat;
use egui::{Grid, RichText, Ui};

use super::top::grade_colour;
use super::{Shared, heading};
use crate::state::trust::Grade;
use crate::state::{SourceKind, State};

/// Draws the panel.
pub fn trust_ui(ui: &mut Ui, state: &State, shared: &Shared<'_>) {
    let p = shared.palette;
    heading(ui, "Latency, last 2 s");
    let table = state.trust.table();
    if table.is_empty() {
        let why = match state.source.kind {
            SourceKind::None => "nothing is open",
            SourceKind::File if !state.play.playing => "the video stands still: nothing to measure",
            _ => "no picture in the last 2 seconds",
        };
        ui.label(RichText::new(why).color(p.weak));
    } else {
        Grid::new("latency").num_columns(3).spacing([12.0, 3.0]).show(ui, |ui| {
            for name in ["stage", "p50", "p95"] {
                ui.label(RichText::new(name).size(11.0).color(p.weak));
            }
            ui.end_row();
            for line in table {
                ui.label(RichText::new(&line.name).size(12.0));
                ui.label(RichText::new(format!("{:.1} ms", line.p50_ms)).size(12.0).monospace());
                let grade = Grade::of(line.p95_ms);
                ui.label(RichText::new(format!("{:.1} ms", line.p95_ms)).size(12.0).monospace().color(grade_colour(grade, shared)));
                ui.end_row();
            }
        });
        let not_in = if state.trust.from_capture {
            "Exposure before the driver's stamp and scan-out of the display are not in it."
        } else {
            "A file has no capture: counted from the last stage."
        };
        ui.label(RichText::new(not_in).size(11.0).color(p.weak));
    }
    let ages: Vec<_> = state.trust.ages.iter().filter_map(|(name, s)| Some((name, s.quantile(0.5)?, s.quantile(0.95)?))).collect();
    if ages.iter().any(|(_, _, p95)| *p95 > 0.0) {
        heading(ui, "Age of results");
        for (name, p50, p95) in ages {
            ui.label(RichText::new(format!("{name}: {p50:.0} ms · p95 {p95:.0} ms behind its picture")).size(12.0));
        }
    }
    heading(ui, "Dropped frames");
    let drops = state.trust.drops();
    if drops.is_empty() {
        ui.label(RichText::new("none").color(p.weak));
    }
    for (reason, count) in drops {
        ui.label(RichText::new(format!("{count} · {reason}")).size(12.0).color(p.warning));
    }
    if state.trust.models.is_empty() {
        return;
    }
    heading(ui, "What runs");
    for stage in &state.trust.models {
        let model = stage.model.as_deref().filter(|m| !m.is_empty());
        let on = stage.provider.as_deref().filter(|p| !p.is_empty()).map(|p| format!(" on {p}")).unwrap_or_default();
        let text = model.map_or_else(|| format!("{}: needs no model", stage.stage), |model| format!("{}: {model}{on}", stage.stage));
        ui.label(RichText::new(text).size(12.0));
        let of =
            |key: &str| stage.values.iter().find(|(k, _)| k == key).and_then(|(_, v)| if let Stat::Whole(n) = v { Some(*n) } else { None });
        if let (Some(frames), Some(analysed)) = (of("frames"), of("analysed")) {
            ui.label(RichText::new(format!("   {analysed} of {frames} frames analysed")).size(11.0).color(p.weak));
        }
    }
}
