//! The hands in space, with the buttons of the views.

use egui::{CornerRadius, PointerButton, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::{Shared, heading};
use crate::scene::{Eye, EyeView, SceneInput, paint_scene};
use crate::state::State;

/// Draws the panel and looks after turning, shifting and coming nearer.
pub fn space_ui(ui: &mut Ui, state: &mut State, shared: &Shared<'_>) {
    ui.horizontal(|ui| {
        heading(ui, "Hands in 3D");
        ui.label(RichText::new("camera space, metres").size(11.0).color(shared.palette.weak));
    });
    let height = (ui.available_width() * 0.72).clamp(140.0, 300.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let view = state.look.eye.view;
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("hands in space, view {}", view.name())));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::same(4), shared.palette.back);
    if let Some(frame) = &state.frame {
        let input = SceneInput {
            record: &frame.results,
            camera: frame.camera,
            trail: (!state.look.reduced_motion).then_some(shared.trail),
            picture: shared.picture.filter(|_| frame.picture.is_some()),
            palette: shared.palette,
        };
        paint_scene(&painter, rect, &state.look.eye, &input);
    }
    let eye = &mut state.look.eye;
    let shift = ui.input(|i| i.modifiers.shift);
    if response.dragged_by(PointerButton::Middle) || (response.dragged_by(PointerButton::Primary) && shift) {
        eye.pan(response.drag_delta(), rect.height());
    } else if response.dragged_by(PointerButton::Primary) {
        eye.turn(response.drag_delta());
    }
    if response.hovered() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        if scroll != 0.0 || pinch != 1.0 {
            eye.dolly((-scroll * 0.004).exp() / pinch);
        }
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for view in [EyeView::Angle, EyeView::Front, EyeView::Top, EyeView::Side, EyeView::FirstPerson] {
            if ui.selectable_label(eye.view == view, view.name()).clicked() {
                *eye = Eye::of(view);
            }
        }
    });
}
