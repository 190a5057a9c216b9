//! Buttons with a drawn icon: the same on every machine, named for screen readers, at least 24 points large.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Play,
    Pause,
    FrameBack,
    FrameOn,
    Start,
    End,
    Eye,
    EyeShut,
    Record,
    Stop,
    Cross,
    Loop,
    Camera,
}

/// A button with an icon; `name` is what a screen reader says, `help` what shows beside the pointer.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, help: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let visuals = ui.style().interact(&response);
    if response.hovered() || response.has_focus() {
        ui.painter().rect(rect.shrink(1.0), 4.0, visuals.weak_bg_fill, visuals.bg_stroke, egui::StrokeKind::Inside);
    }
    paint_icon(ui.painter(), rect, icon, visuals.fg_stroke.color);
    let text = if help.is_empty() { name.to_owned() } else { format!("{name}  {help}") };
    response.on_hover_text(text)
}

/// Draws an icon into the middle of a rectangle.
pub(super) fn paint_icon(painter: &Painter, rect: Rect, icon: Icon, tint: Color32) {
    let c = rect.center();
    let at = |x: f32, y: f32| pos2(c.x + x, c.y + y);
    let fill = |points: Vec<Pos2>| Shape::convex_polygon(points, tint, Stroke::NONE);
    let bar = |x: f32| painter.rect_filled(Rect::from_center_size(at(x, 0.0), vec2(2.4, 11.0)), 0.0, tint);
    match icon {
        Icon::Play => {
            painter.add(fill(vec![at(-4.0, -6.0), at(6.0, 0.0), at(-4.0, 6.0)]));
        }
        Icon::Pause => {
            bar(-3.2);
            bar(3.2);
        }
        Icon::FrameOn => {
            painter.add(fill(vec![at(-2.0, -5.0), at(5.0, 0.0), at(-2.0, 5.0)]));
            bar(-5.0);
        }
        Icon::FrameBack => {
            painter.add(fill(vec![at(2.0, -5.0), at(-5.0, 0.0), at(2.0, 5.0)]));
            bar(5.0);
        }
        Icon::Start => {
            painter.add(fill(vec![at(5.0, -5.0), at(-3.0, 0.0), at(5.0, 5.0)]));
            bar(-5.0);
        }
        Icon::End => {
            painter.add(fill(vec![at(-5.0, -5.0), at(3.0, 0.0), at(-5.0, 5.0)]));
            bar(5.0);
        }
        Icon::Record => {
            painter.circle_filled(c, 5.0, tint);
        }
        Icon::Stop => {
            painter.rect_filled(Rect::from_center_size(c, Vec2::splat(9.0)), 1.0, tint);
        }
        Icon::Cross => {
            for s in [-1.0, 1.0] {
                painter.line_segment([at(-4.0, -4.0 * s), at(4.0, 4.0 * s)], Stroke::new(1.6, tint));
            }
        }
        Icon::Eye | Icon::EyeShut => {
            let lid =
                |s: f32| (0..=8).map(|k| at(-7.0 + 1.75 * k as f32, s * 4.2 * (k as f32 / 8.0 * std::f32::consts::PI).sin())).collect();
            let tint = if icon == Icon::Eye { tint } else { tint.gamma_multiply(0.55) };
            painter.add(Shape::line(lid(1.0), Stroke::new(1.3, tint)));
            painter.add(Shape::line(lid(-1.0), Stroke::new(1.3, tint)));
            painter.circle_filled(c, 2.2, tint);
            if icon == Icon::EyeShut {
                painter.line_segment([at(-6.0, 6.0), at(6.0, -6.0)], Stroke::new(1.5, tint));
            }
        }
        Icon::Camera => {
            let body = Rect::from_center_size(at(-2.0, 0.0), vec2(13.0, 9.0));
            painter.rect_stroke(body, 2.0, Stroke::new(1.4, tint), egui::StrokeKind::Middle);
            painter.add(fill(vec![at(5.5, 0.0), at(9.5, -3.5), at(9.5, 3.5)]));
        }
        Icon::Loop => {
            let ring: Vec<Pos2> = (0..=10).map(|k| k as f32 * 0.5 + 0.6).map(|a| at(5.0 * a.cos(), 5.0 * a.sin())).collect();
            let tip = ring.last().copied().unwrap_or(c);
            painter.add(Shape::line(ring, Stroke::new(1.6, tint)));
            painter.add(fill(vec![tip + vec2(-3.5, -1.0), tip + vec2(3.0, -2.5), tip + vec2(1.0, 3.5)]));
        }
    }
}
