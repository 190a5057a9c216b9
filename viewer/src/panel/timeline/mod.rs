//! The bottom panel: what was decided when, and where one is.

mod lanes;
mod transport;

use egui::{Align2, Color32, CornerRadius, FontId, PointerButton, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Shared;
use crate::state::{Action, SourceKind, State};
use crate::timeline::{TimeView, format_time, ticks};
use lanes::Columns;

/// Width of the names at the left, points.
const NAMES: f32 = 84.0;
/// Height of the ruler, points.
const RULER: f32 = 18.0;

/// Draws transport buttons and lanes.
pub fn timeline_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    transport::transport_ui(ui, state, shared);
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::click_and_drag());
    response.widget_info(|| {
        let (at, end) = (format_time(state.play.position_ns as f64, 1e8), format_time(state.end_ns() as f64, 1e9));
        WidgetInfo::labeled(Role::Slider, true, format!("timeline, {at} of {end}"))
    });
    let rect = Rect::from_min_max(pos2(area.left() + NAMES, area.top()), area.right_bottom() - vec2(8.0, 4.0));
    if rect.width() < 20.0 || rect.height() < 30.0 {
        return;
    }
    state.track.settle();
    let view = state.time_view();
    let painter = ui.painter_at(area);
    let lanes = Rect::from_min_max(pos2(rect.left(), rect.top() + RULER), rect.max);
    painter.rect_filled(rect, CornerRadius::same(3), shared.palette.back);
    ruler(&painter, rect, &view, shared);
    let columns = Columns::new(&state.track, &view, lanes.width());
    lanes::paint(&painter, lanes, area.left() + 10.0, state, &columns, shared);
    selection(&painter, rect, &view, state, shared);
    cursor(&painter, rect, &view, state, shared);
    hover(ui, &response, rect, &view, state, shared);
    act(ui, &response, rect, &view, state, shared);
}

fn x_of(rect: Rect, view: &TimeView, ns: f64) -> f32 {
    rect.left() + (view.place(ns) as f32) * rect.width()
}

fn time_at(rect: Rect, view: &TimeView, x: f32) -> u64 {
    view.time(f64::from((x - rect.left()) / rect.width())).max(0.0) as u64
}

fn ruler(painter: &egui::Painter, rect: Rect, view: &TimeView, shared: &Shared<'_>) {
    let (step, times) = ticks(view, f64::from(90.0 / rect.width()));
    for ns in times {
        let x = x_of(rect, view, ns);
        painter
            .line_segment([pos2(x, rect.top() + 12.0), pos2(x, rect.bottom())], Stroke::new(1.0, shared.palette.line.gamma_multiply(0.6)));
        if x + 50.0 < rect.right() {
            painter.text(
                pos2(x + 3.0, rect.top() + 2.0),
                Align2::LEFT_TOP,
                format_time(ns, step),
                FontId::proportional(10.5),
                shared.palette.weak,
            );
        }
    }
}

fn selection(painter: &egui::Painter, rect: Rect, view: &TimeView, state: &State, shared: &Shared<'_>) {
    let shade = |[a, b]: [u64; 2], tint: Color32| {
        let part = Rect::from_x_y_ranges(x_of(rect, view, a as f64)..=x_of(rect, view, b as f64), rect.y_range()).intersect(rect);
        if part.is_positive() {
            painter.rect_filled(part, 0.0, tint);
        }
    };
    if let Some(span) = state.play.selected() {
        shade(span, shared.palette.accent.gamma_multiply(0.14));
    }
    if let Some(span) = state.play.looping {
        shade(span, shared.palette.accent.gamma_multiply(0.14));
        let ends = span.map(|ns| x_of(rect, view, ns as f64));
        painter.line_segment([pos2(ends[0], rect.top() + 2.0), pos2(ends[1], rect.top() + 2.0)], Stroke::new(3.0, shared.palette.accent));
    }
    for end in state.play.selection.iter().flatten() {
        let x = x_of(rect, view, *end as f64);
        if rect.x_range().contains(x) {
            painter.line_segment([pos2(x, rect.top()), pos2(x, rect.bottom())], Stroke::new(1.0, shared.palette.accent));
        }
    }
    // Marked examples, and the one under way.
    let mut spans: Vec<[u64; 2]> =
        state.marks.marks.iter().filter(|m| m.recording == state.source.stream).map(|m| [m.start_ns, m.end_ns]).collect();
    spans.extend(state.marks.held_since_ns.map(|since| [since, state.play.position_ns]));
    for [a, b] in spans {
        let (a, b) = (x_of(rect, view, a as f64), x_of(rect, view, b as f64));
        let part = Rect::from_x_y_ranges(a..=b.max(a + 2.0), rect.top() + 13.0..=rect.top() + 17.0).intersect(rect);
        if part.is_positive() {
            painter.rect_filled(part, CornerRadius::same(2), shared.palette.warning);
        }
    }
}

fn cursor(painter: &egui::Painter, rect: Rect, view: &TimeView, state: &State, shared: &Shared<'_>) {
    let x = x_of(rect, view, state.play.position_ns as f64);
    if state.source.kind == SourceKind::None || !rect.expand(1.0).x_range().contains(x) {
        return;
    }
    painter.line_segment([pos2(x, rect.top()), pos2(x, rect.bottom())], Stroke::new(1.5, shared.palette.text));
    let head = [pos2(x - 5.0, rect.top()), pos2(x + 5.0, rect.top()), pos2(x, rect.top() + 7.0)];
    painter.add(egui::Shape::convex_polygon(head.to_vec(), shared.palette.text, Stroke::NONE));
}

/// What was decided under the pointer.
fn hover(ui: &Ui, response: &egui::Response, rect: Rect, view: &TimeView, state: &State, shared: &Shared<'_>) {
    let Some(at) = response.hover_pos().filter(|at| rect.contains(*at)) else { return };
    let x = at.x;
    ui.painter().line_segment([pos2(x, rect.top()), pos2(x, rect.bottom())], Stroke::new(1.0, shared.palette.weak.gamma_multiply(0.5)));
    let ns = time_at(rect, view, x);
    let text = lanes::described(state, ns);
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(egui::RichText::new(format_time(ns as f64, 1e6)).strong());
        for line in text {
            ui.label(egui::RichText::new(line).size(12.0));
        }
    });
}

/// Click and drag: go there; with Shift: select; right or middle drag: shift; wheel: zoom.
fn act(ui: &Ui, response: &egui::Response, rect: Rect, view: &TimeView, state: &mut State, shared: &mut Shared<'_>) {
    if state.source.kind == SourceKind::None {
        return;
    }
    let longest = state.end_ns() as f64;
    let pointer = response.interact_pointer_pos().map(|at| at.x.clamp(rect.left(), rect.right()));
    let (shift, origin) = ui.input(|i| (i.modifiers.shift, i.pointer.press_origin()));
    if let Some(x) = pointer {
        let primary = response.dragged_by(PointerButton::Primary) || response.clicked();
        if primary && shift {
            let from = origin.map_or(x, |o| o.x.clamp(rect.left(), rect.right()));
            if (from - x).abs() > 2.0 {
                shared.actions.push(Action::Select([time_at(rect, view, from), time_at(rect, view, x)]));
            } else if response.clicked() {
                shared.actions.push(Action::Deselect);
            }
        } else if primary && (response.clicked() || response.drag_started() || response.drag_delta().x != 0.0) {
            // A cursor that is held still has asked already: to ask anew with each picture of the window would let no jump arrive.
            shared.actions.push(Action::Seek(time_at(rect, view, x)));
        }
    }
    if response.double_clicked()
        && let Some(span) = pointer.and_then(|x| state.track.segment(time_at(rect, view, x)))
    {
        shared.actions.push(Action::Select(span));
    }
    if response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle) {
        let part = -f64::from(response.drag_delta().x / rect.width());
        shared.actions.push(Action::View(view.panned(part, longest)));
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
        let factor = f64::from((-scroll.y * 0.005).exp() / pinch);
        if (factor - 1.0).abs() > 1e-4 {
            let place = f64::from((at.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
            shared.actions.push(Action::View(view.zoomed(factor, place, longest)));
        } else if scroll.x != 0.0 {
            shared.actions.push(Action::View(view.panned(-f64::from(scroll.x / rect.width()), longest)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use egui::{Event, Modifiers, Pos2};
    use egui_kittest::Harness;

    use super::*;
    use crate::panel::Thumbnails;
    use crate::scene::Trail;
    use crate::theme::Palette;

    #[test]
    fn a_cursor_that_is_held_still_asks_once_and_again_when_it_moves() {
        let actions = RefCell::new(Vec::new());
        let mut state = State::new(".".into());
        (state.source.kind, state.play.duration_ns) = (SourceKind::File, Some(60_000_000_000));
        let draw = |ui: &mut Ui, state: &mut State| {
            let (mut thumbnails, trail) = (Thumbnails::default(), Trail::default());
            let palette = Palette::of(false);
            let mut shared =
                Shared { palette, actions: &mut actions.borrow_mut(), picture: None, trail: &trail, thumbnails: &mut thumbnails };
            timeline_ui(ui, state, &mut shared);
        };
        let mut harness = Harness::builder().with_size([1000.0, 200.0]).build_ui_state(draw, state);
        harness.run_steps(2);
        let seeks = || actions.borrow().iter().filter(|action| matches!(action, Action::Seek(_))).count();
        let at = |x: f32| Pos2::new(x, 120.0);
        let button = |pressed, x| Event::PointerButton { pos: at(x), button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        harness.event(Event::PointerMoved(at(400.0)));
        harness.event(button(true, 400.0));
        harness.run_steps(1);
        harness.event(Event::PointerMoved(at(420.0)));
        harness.run_steps(1);
        let asked = seeks();
        assert!((1..=2).contains(&asked), "{asked}");
        // Half a minute of a held button: whoever asks anew with each picture of the window gets no picture of the video.
        harness.run_steps(900);
        assert_eq!(seeks(), asked);
        for (n, x) in [430.0, 440.0, 450.0].into_iter().enumerate() {
            harness.event(Event::PointerMoved(at(x)));
            harness.run_steps(5);
            assert_eq!(seeks(), asked + n + 1, "moved to {x}");
        }
        harness.event(button(false, 450.0));
        harness.run_steps(5);
        let last = actions.borrow().iter().rev().find_map(|action| if let Action::Seek(ns) = action { Some(*ns) } else { None });
        assert!(last.is_some_and(|ns| ns.abs_diff(24_000_000_000) < 1_500_000_000), "{last:?}");
    }
}
