//! The left panel: layers with opacity, range threshold and other values of the stages, teaching.

use ego_graph::AdjustableValue;
use egui::{Modifiers, RichText, ScrollArea, Slider, TextEdit, Ui};

use super::icons::{Icon, icon_button};
use super::{Shared, heading};
use crate::state::command::Command;
use crate::state::layers::{HandColour, Layer};
use crate::state::{Action, SourceKind, State};

/// The stage and property that say what counts as within reach.
const RANGE: (&str, &str) = ("sharp", "threshold");
/// Values that are no whole numbers are set in steps of this.
const LEAST_STEP: f64 = 0.001;

/// Draws the panel.
pub fn controls_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        heading(ui, "Layers");
        for layer in Layer::ALL {
            layer_ui(ui, state, layer, shared);
        }
        truth_ui(ui, state, shared);
        ui.horizontal(|ui| {
            ui.label(RichText::new("Hands by").color(shared.palette.weak));
            for (value, name) in [(HandColour::Side, "side"), (HandColour::Finger, "finger")] {
                ui.selectable_value(&mut state.layers.hand_colour, value, name);
            }
        });
        let label = ui.label(RichText::new("Least joint confidence").color(shared.palette.weak));
        ui.add(Slider::new(&mut state.layers.joint_threshold, 0.0..=1.0).fixed_decimals(2)).labelled_by(label.id);
        range_ui(ui, state, shared);
        stages_ui(ui, state, shared);
        teach_ui(ui, state, shared);
    });
}

fn layer_ui(ui: &mut Ui, state: &mut State, layer: Layer, shared: &mut Shared<'_>) {
    ui.horizontal(|ui| {
        let command = Command::ToggleLayer(layer);
        let shade = state.layers.shade(layer);
        let (icon, name) =
            if shade.visible { (Icon::Eye, format!("Hide {}", layer.name())) } else { (Icon::EyeShut, format!("Show {}", layer.name())) };
        let response = icon_button(ui, icon, &name, &command.key_text());
        if response.clicked() {
            // Alt: this one alone.
            let alone = ui.input(|i| i.modifiers.contains(Modifiers::ALT));
            shared.actions.push(if alone { Action::OnlyLayer(layer) } else { Action::Do(command) });
        }
        let there = has(state, layer);
        let tint = if there && shade.visible { shared.palette.text } else { shared.palette.weak };
        let (rect, _) = ui.allocate_exact_size(egui::vec2(68.0, 24.0), egui::Sense::hover());
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, layer.name(), egui::FontId::proportional(13.0), tint);
        let mut percent = shade.opacity * 100.0;
        ui.spacing_mut().slider_width = (ui.available_width() - 4.0).clamp(40.0, 110.0);
        let slider = ui.add_enabled(shade.visible, Slider::new(&mut percent, 0.0..=100.0).show_value(false));
        let about = if layer == Layer::Depth { "blend between picture and depth" } else { "opacity" };
        slider.widget_info(|| egui::WidgetInfo::slider(shade.visible, f64::from(percent), format!("{} {about}", layer.name())));
        if slider.changed() {
            state.layers.shade_mut(layer).opacity = percent / 100.0;
        }
        slider.on_hover_text(format!("{} {about}: {percent:.0} %{}", layer.name(), if there { "" } else { " (none in this frame)" }));
    });
}

/// Whether the frame on the screen has anything in a layer.
fn has(state: &State, layer: Layer) -> bool {
    let Some(frame) = &state.frame else { return false };
    match layer {
        Layer::Video => frame.picture.is_some(),
        Layer::Hands => frame.results.hands.as_ref().is_some_and(|h| !h.is_empty()),
        Layer::Bodies => frame.results.bodies.as_ref().is_some_and(|b| !b.is_empty()),
        Layer::Objects => frame.results.objects.as_ref().is_some_and(|o| !o.is_empty()),
        Layer::Mask => frame.mask.is_some(),
        Layer::Depth => frame.depth.is_some(),
        Layer::Features => frame.results.features.as_ref().is_some_and(|f| !f.is_empty()),
    }
}

fn truth_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    let known = state.frame.as_ref().is_some_and(|f| f.truth.is_some());
    ui.horizontal(|ui| {
        let (icon, name) = if state.layers.truth { (Icon::Eye, "Hide truth") } else { (Icon::EyeShut, "Show truth") };
        if icon_button(ui, icon, name, &Command::ToggleTruth.key_text()).clicked() {
            shared.command(Command::ToggleTruth);
        }
        let tint = if known && state.layers.truth { shared.palette.text } else { shared.palette.weak };
        ui.label(RichText::new(if known { "truth" } else { "truth (not known)" }).color(tint));
    });
}

fn range_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    let control = state.controls.iter().position(|c| (c.stage.as_str(), c.key.as_str()) == RANGE);
    let mask = state.frame.as_ref().and_then(|f| f.results.mask.clone());
    if control.is_none() && mask.is_none() {
        return;
    }
    ui.separator();
    heading(ui, "Within reach");
    if let Some(at) = control {
        value_ui(ui, state, at, shared);
    }
    if let Some(mask) = mask {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("kept {:.0} % of the picture", mask.kept * 100.0)).color(shared.palette.weak));
            if mask.relaxed {
                let text = RichText::new(" relaxed ").color(shared.palette.back).background_color(shared.palette.warning);
                ui.label(text).on_hover_text("The mask would have cut a hand, so the threshold was lowered for this frame");
            }
        });
    }
}

fn stages_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    let others: Vec<usize> =
        (0..state.controls.len()).filter(|at| (state.controls[*at].stage.as_str(), state.controls[*at].key.as_str()) != RANGE).collect();
    if others.is_empty() {
        return;
    }
    ui.separator();
    egui::CollapsingHeader::new(RichText::new("Stages").strong().size(12.0)).default_open(false).show(ui, |ui| {
        let mut stage = String::new();
        for at in others {
            if state.controls[at].stage != stage {
                stage.clone_from(&state.controls[at].stage);
                ui.label(RichText::new(&stage).color(shared.palette.accent));
            }
            value_ui(ui, state, at, shared);
        }
    });
}

fn value_ui(ui: &mut Ui, state: &mut State, at: usize, shared: &mut Shared<'_>) {
    let Some(control) = state.controls.get_mut(at) else { return };
    let (stage, key) = (control.stage.clone(), control.key.clone());
    let mut set = |value: String| shared.actions.push(Action::Set { stage: stage.clone(), key: key.clone(), value });
    match &mut control.value {
        AdjustableValue::Switch { now, .. } => {
            if ui.checkbox(now, &control.name).on_hover_text(&control.blurb).changed() {
                set(now.to_string());
            }
        }
        AdjustableValue::Number { now, default, min, max, whole } => {
            let step = if *whole { 1.0 } else { LEAST_STEP };
            let rounded = |value: f64| (value / step).round() * step;
            let written = |value: f64| {
                if *whole { format!("{value:.0}") } else { format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned() }
            };
            // A number of 32 bits is seldom a round one of 64, and a slider that rounds what it is given calls that a change. Told to the
            // stage, it would come back, and be rounded again, with every picture of the window.
            let shown = rounded(*now).clamp(*min, *max);
            let mut value = shown;
            let label = ui.label(RichText::new(&control.name).color(shared.palette.weak)).on_hover_text(&control.blurb);
            let slider = Slider::new(&mut value, *min..=*max);
            let slider = if *whole { slider.integer() } else { slider.max_decimals(3) };
            let about = format!("{} (double-click: back to {})", control.blurb, written(*default));
            let response = ui.add(slider).labelled_by(label.id).on_hover_text(about);
            if response.double_clicked() {
                value = *default;
            }
            if (value - shown).abs() > 0.5 * step {
                *now = value;
                set(written(value));
            }
        }
    }
}

fn teach_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    if state.source.kind == SourceKind::None {
        return;
    }
    ui.separator();
    heading(ui, "Teach");
    let label = ui.label(RichText::new("Example").color(shared.palette.weak));
    ui.add(TextEdit::singleline(&mut state.marks.label).hint_text("open jar").desired_width(f32::INFINITY)).labelled_by(label.id);
    let held = state.marks.held_since_ns.is_some();
    let text = if held { "marking… let go to end" } else { "Hold T while it is shown" };
    ui.label(RichText::new(text).color(if held { shared.palette.warning } else { shared.palette.weak }));
    ui.horizontal(|ui| {
        let count = state.marks.marks.len();
        ui.label(format!("{count} marked{}", if state.marks.unsaved { ", not saved" } else { "" }));
        if count > 0 && ui.button("Undo").clicked() {
            shared.actions.push(Action::UndoMark);
        }
        if state.marks.unsaved && ui.button("Save").on_hover_text(Command::SaveMarks.key_text()).clicked() {
            shared.command(Command::SaveMarks);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use ego_graph::Adjustable;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::panel::Thumbnails;
    use crate::scene::Trail;
    use crate::theme::Palette;

    /// Values as elements tell them: of 32 bits, and one outside of the range that the slider has.
    fn controls() -> Vec<Adjustable> {
        let control = |key: &str, now: f64, whole| Adjustable {
            stage: "sharp".into(),
            key: key.into(),
            name: key.into(),
            blurb: "Nearness that counts as within reach".into(),
            value: AdjustableValue::Number { now, default: now, min: 0.0, max: 10.0, whole },
        };
        vec![control("threshold", f64::from(0.47_f32), false), control("rows", 3.0, true)]
    }

    #[test]
    fn a_value_is_told_to_its_stage_when_a_person_changes_it_and_at_no_other_time() {
        let actions = RefCell::new(Vec::new());
        let state = State { controls: controls(), ..State::new(".".into()) };
        let draw = |ui: &mut Ui, state: &mut State| {
            let (mut thumbnails, trail) = (Thumbnails::default(), Trail::default());
            let mut actions = actions.borrow_mut();
            let palette = Palette::of(false);
            (0..2).for_each(|at| {
                let mut shared = Shared { palette, actions: &mut actions, picture: None, trail: &trail, thumbnails: &mut thumbnails };
                value_ui(ui, state, at, &mut shared);
            });
        };
        let mut harness = Harness::builder().with_size([300.0, 200.0]).build_ui_state(draw, state);
        harness.run_steps(20);
        assert_eq!(*actions.borrow(), [], "nobody has touched anything");
        harness.get_by_role_and_label(egui::accesskit::Role::Slider, "threshold").focus();
        harness.run_steps(2);
        harness.key_press(egui::Key::ArrowRight);
        harness.run_steps(3);
        let told = actions.borrow().clone();
        assert!(matches!(told.as_slice(), [Action::Set { key, .. }] if key == "threshold"), "{told:?}");
    }
}
