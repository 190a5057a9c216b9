//! The picture with everything that was found in it.

use ego_core::hands::JOINT_NAMES;
use ego_outputs::FrameRecord;
use egui::{Align2, Color32, CornerRadius, FontId, Pos2, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Shared;
use crate::frame::ViewFrame;
use crate::paint::{HandPaint, Labels, ObjectPaint, PictureView, paint_bodies, paint_features, paint_hands, paint_objects};
use crate::state::command::Command;
use crate::state::layers::Layer;
use crate::state::{Picked, SourceKind, State};

/// A joint counts as under the pointer up to this distance, points.
const REACH: f32 = 10.0;

/// Draws the picture and looks after zoom, shift, hover and clicks.
pub fn picture_ui(ui: &mut Ui, state: &mut State, shared: &mut Shared<'_>) {
    let panel = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(panel, Sense::click_and_drag());
    let painter = ui.painter_at(panel);
    let frame = state.frame.clone();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, spoken(state)));
    let Some(frame) = frame else {
        painter.rect_filled(panel, 0.0, shared.palette.back);
        empty_ui(ui, panel, state, shared);
        return;
    };
    // Results are in pixels of their own picture, which the look-back may show smaller.
    let size_px = vec2(frame.results.width.max(1) as f32, frame.results.height.max(1) as f32);
    move_about(ui, &response, panel, size_px, state);
    let view = PictureView::new(panel, size_px, state.look.zoom, state.look.centre, state.layers.mirror);
    state.look.picture_width = view.rect.width() * ui.ctx().pixels_per_point();
    paint_borders(&painter, panel, view.rect, shared.palette.back);
    match shared.picture {
        Some(texture) if frame.picture.is_some() => {
            painter.image(texture, view.rect, view.uv(), Color32::WHITE);
        }
        _ => {
            painter.rect_filled(view.rect, 0.0, Color32::BLACK);
            let at = view.rect.intersect(panel).center_bottom() - vec2(0.0, 10.0);
            painter.text(at, Align2::CENTER_BOTTOM, "results without their video", FontId::proportional(12.0), shared.palette.weak);
        }
    }
    let mut labels = Labels::new(view.rect.intersect(panel), 12.0);
    let legend = legend_bar(view.rect.intersect(panel)).filter(|_| frame.depth.is_some() && state.layers.opacity(Layer::Depth) > 0.0);
    if let Some(bar) = legend {
        labels.keep_free(legend_plate(bar));
    }
    paint_results(&painter, &view, &frame, state, &mut labels);
    labels.paint(&painter);
    if let Some(bar) = legend {
        paint_legend(&painter, bar);
    }
    let hover = response.hover_pos().filter(|_| !response.dragged());
    if let Some(at) = hover {
        let found = under(&view, &frame.results, at);
        if response.clicked() {
            shared.actions.push(crate::state::Action::Pick(found));
        }
        let text = described(&view, &frame, at, found);
        if !text.is_empty() {
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.label(RichText::new(text).size(12.0));
            });
        }
    }
    if response.double_clicked() {
        shared.command(Command::FitPicture);
    }
}

/// What the picture leaves of its panel.
fn paint_borders(painter: &egui::Painter, panel: Rect, picture: Rect, back: Color32) {
    let inner = picture.intersect(panel);
    let (top, bottom) = (
        Rect::from_min_max(panel.min, pos2(panel.right(), inner.top())),
        Rect::from_min_max(pos2(panel.left(), inner.bottom()), panel.max),
    );
    let (left, right) = (
        Rect::from_min_max(pos2(panel.left(), inner.top()), inner.left_bottom()),
        Rect::from_min_max(inner.right_top(), pos2(panel.right(), inner.bottom())),
    );
    for border in [top, bottom, left, right].into_iter().filter(|border| border.is_positive()) {
        // A little under the picture, so that no seam shows.
        painter.rect_filled(border.expand(1.0), 0.0, back);
    }
}

fn paint_results(painter: &egui::Painter, view: &PictureView, frame: &ViewFrame, state: &State, labels: &mut Labels) {
    let layers = &state.layers;
    let results = &frame.results;
    let picked_joint = match state.picked {
        Some(Picked::Joint { track, joint }) => Some((track, joint)),
        _ => None,
    };
    let picked_object = match state.picked {
        Some(Picked::Object(index)) => Some(index),
        _ => None,
    };
    if let Some(objects) = results.objects.as_ref().filter(|_| layers.opacity(Layer::Objects) > 0.0) {
        let paint = ObjectPaint { opacity: layers.opacity(Layer::Objects), truth: false, picked: picked_object };
        paint_objects(painter, view, objects, &paint, labels);
    }
    if let Some(bodies) = results.bodies.as_ref().filter(|_| layers.opacity(Layer::Bodies) > 0.0) {
        paint_bodies(painter, view, bodies, layers.opacity(Layer::Bodies), labels);
    }
    let hands = HandPaint {
        opacity: layers.opacity(Layer::Hands),
        colour: layers.hand_colour,
        threshold: layers.joint_threshold,
        truth: false,
        picked: picked_joint,
    };
    if let Some(truth) = frame.truth.as_ref().filter(|_| layers.truth) {
        let paint = ObjectPaint { opacity: 1.0, truth: true, picked: None };
        paint_objects(painter, view, truth.objects.as_deref().unwrap_or(&[]), &paint, labels);
        paint_hands(painter, view, truth.hands.as_deref().unwrap_or(&[]), &HandPaint { truth: true, opacity: 1.0, ..hands }, labels);
    }
    if let Some(found) = results.hands.as_ref().filter(|_| hands.opacity > 0.0) {
        paint_hands(painter, view, found, &hands, labels);
    }
    if layers.opacity(Layer::Features) > 0.0 {
        paint_features(painter, view, results, layers.opacity(Layer::Features), labels);
    }
}

/// Where the legend of depth lies in a picture; nowhere in one that is too small.
fn legend_bar(picture: Rect) -> Option<Rect> {
    let bar = Rect::from_min_size(picture.left_bottom() + vec2(24.0, -26.0), vec2(120.0, 8.0));
    picture.contains_rect(legend_plate(bar)).then_some(bar)
}

fn legend_plate(bar: Rect) -> Rect {
    Rect::from_min_max(bar.min - vec2(8.0, 8.0), bar.max + vec2(68.0, 8.0))
}

/// What the colours of depth mean.
fn paint_legend(painter: &egui::Painter, bar: Rect) {
    painter.rect_filled(legend_plate(bar), CornerRadius::same(4), Color32::from_black_alpha(170));
    for step in 0..60 {
        let [r, g, b] = crate::theme::CIVIDIS[step * 255 / 59];
        let part = Rect::from_min_size(bar.min + vec2(28.0 + 2.0 * step as f32, 0.0), vec2(2.0, 8.0));
        painter.rect_filled(part, 0.0, Color32::from_rgb(r, g, b));
    }
    let text = |at: Pos2, align, text: &str| painter.text(at, align, text, FontId::proportional(11.0), Color32::WHITE);
    text(bar.left_center() + vec2(24.0, 0.0), Align2::RIGHT_CENTER, "far");
    text(bar.right_center() + vec2(32.0, 0.0), Align2::LEFT_CENTER, "near");
}

/// Wheel: zoom at the pointer; drag: shift.
fn move_about(ui: &Ui, response: &egui::Response, panel: Rect, size_px: egui::Vec2, state: &mut State) {
    let look = &mut state.look;
    let view = PictureView::new(panel, size_px, look.zoom, look.centre, false);
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = (scroll * 0.004).exp() * pinch;
        if (factor - 1.0).abs() > 1e-4 {
            let zoom = (look.zoom * factor).clamp(1.0, crate::state::MOST_ZOOM);
            let place = |along: f32, start: f32, length: f32| (along - start) / length.max(1e-6);
            let (u, v) = (place(at.x, view.rect.left(), view.rect.width()), place(at.y, view.rect.top(), view.rect.height()));
            let size = view.rect.size() * (zoom / look.zoom);
            // The place under the pointer stays under the pointer.
            look.centre = [u - (at.x - panel.center().x) / size.x, v - (at.y - panel.center().y) / size.y];
            look.zoom = zoom;
        }
    }
    if response.dragged() && look.zoom > 1.0 {
        let by = response.drag_delta();
        look.centre[0] -= by.x / view.rect.width();
        look.centre[1] -= by.y / view.rect.height();
    }
    if look.zoom <= 1.0 {
        look.centre = [0.5, 0.5];
    }
    look.centre = look.centre.map(|v| v.clamp(0.0, 1.0));
}

/// The nearest joint, else the smallest object around a place.
fn under(view: &PictureView, results: &FrameRecord, at: Pos2) -> Option<Picked> {
    let joints = results.hands.iter().flatten().flat_map(|hand| {
        hand.image_px
            .iter()
            .enumerate()
            .map(|(joint, px)| ((view.to_screen(*px) - at).length(), Picked::Joint { track: hand.track, joint }))
    });
    let nearest = joints.filter(|(distance, _)| *distance < REACH).min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, joint)) = nearest {
        return Some(joint);
    }
    let boxes = results.objects.iter().flatten().enumerate().filter_map(|(index, object)| {
        let [x0, y0, x1, y1] = object.box_px;
        let rect = Rect::from_two_pos(view.to_screen([x0, y0]), view.to_screen([x1, y1]));
        rect.contains(at).then(|| (rect.area(), Picked::Object(index)))
    });
    boxes.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, object)| object)
}

/// What is under the pointer, in words and numbers.
fn described(view: &PictureView, frame: &ViewFrame, at: Pos2, found: Option<Picked>) -> String {
    let [x, y] = view.to_pixel(at);
    let (u, v) = ((x + 0.5) / view.size_px.x, (y + 0.5) / view.size_px.y);
    if !((0.0..1.0).contains(&u) && (0.0..1.0).contains(&v)) {
        return String::new();
    }
    let mut lines = Vec::new();
    match found {
        Some(Picked::Joint { track, joint }) => {
            if let Some(hand) = frame.results.hands.iter().flatten().find(|h| h.track == track) {
                let name = JOINT_NAMES.get(joint).copied().unwrap_or_default().replace('_', " ");
                lines.push(format!("{} {name} · {:.0} %", hand.side.name(), hand.joint_score[joint] * 100.0));
                if let Some([x, y, z]) = hand.camera_m.map(|m| m[joint]) {
                    lines.push(format!("x {x:.3}  y {y:.3}  z {z:.3} m"));
                }
            }
        }
        Some(Picked::Object(index)) => {
            if let Some(object) = frame.results.objects.iter().flatten().nth(index) {
                let track = object.track.map(|t| format!(" · track {t}")).unwrap_or_default();
                lines.push(format!("{} {:.0} %{track} · held: {}", object.label, object.score * 100.0, object.in_hand.name()));
            }
        }
        None => {}
    }
    lines.push(format!("pixel {x:.0}, {y:.0}"));
    if let Some(near) = frame.depth.as_ref().and_then(|d| d.at(u, v)) {
        lines.push(format!("nearness {:.2}", f32::from(near) / 255.0));
    }
    if let Some(kept) = frame.mask.as_ref().and_then(|m| m.at(u, v)) {
        lines.push(if kept >= 128 { "within reach".to_owned() } else { "out of reach".to_owned() });
    }
    lines.join("\n")
}

/// What a screen reader says about the picture.
fn spoken(state: &State) -> String {
    let Some(results) = state.results() else { return "no picture".to_owned() };
    let hands = match results.hands.as_ref().map_or(0, Vec::len) {
        0 => "no hand",
        1 => "one hand",
        2 => "two hands",
        _ => "several hands",
    };
    let action = results.action.as_ref().map(|a| format!(", {}", a.label)).unwrap_or_default();
    format!("picture, {hands}{action}")
}

/// Nothing is open, or nothing has come yet.
fn empty_ui(ui: &mut Ui, panel: Rect, state: &State, shared: &mut Shared<'_>) {
    let inner = Rect::from_center_size(panel.center(), vec2(panel.width().min(420.0), 190.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(inner).layout(egui::Layout::top_down(egui::Align::Center)), |ui| {
        if state.source.opening_now {
            ui.add_space(50.0);
            ui.spinner();
            ui.label(format!("Opening {}", state.source.title));
            return;
        }
        ui.label(RichText::new("See what the camera sees").size(20.0));
        ui.label(RichText::new("Drop a video here, or choose a source").color(shared.palette.weak));
        ui.add_space(12.0);
        if ui.button("Choose a source").clicked() {
            shared.command(Command::OpenSource);
        }
        if ui.button("Try the synthetic camera").on_hover_text("Two hands do things with objects; no camera is needed").clicked() {
            let opening = crate::stream::Opening::live(ego_graph::LiveSource::Synthetic(String::new()), state.settings.clone());
            shared.actions.push(crate::state::Action::Open(Box::new(opening)));
        }
        if state.source.kind == SourceKind::None && !state.runs.is_empty() {
            ui.label(RichText::new(format!("{} recordings with results are in the list", state.runs.len())).color(shared.palette.weak));
        }
    });
}
