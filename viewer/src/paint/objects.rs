//! Objects over the picture: a thin box with corner ticks, stronger while a hand holds it.

use ego_core::draw::Rgb;
use ego_core::draw::hands::OUTLINE;
use ego_core::objects::InHand;
use ego_outputs::ObjectRecord;
use egui::{Painter, Rect, Shape, Stroke, StrokeKind, vec2};

use super::labels::Labels;
use super::view::PictureView;
use crate::theme::colour;

/// Yellow of Okabe and Ito.
const OBJECT: Rgb = Rgb(0xF0, 0xE4, 0x42);

/// How objects are drawn.
#[derive(Clone, Copy, Debug)]
pub struct ObjectPaint {
    /// Of the whole layer, 0..1.
    pub opacity: f32,
    /// Dashed: the truth.
    pub truth: bool,
    /// The one that was picked, by its place in the list.
    pub picked: Option<usize>,
}

/// Draws objects and their labels.
pub fn paint_objects(painter: &Painter, view: &PictureView, objects: &[ObjectRecord], paint: &ObjectPaint, labels: &mut Labels) {
    let scale = view.mark_scale();
    for (index, object) in objects.iter().enumerate() {
        let [x0, y0, x1, y1] = object.box_px;
        if object.box_px.iter().any(|v| !v.is_finite()) {
            continue;
        }
        let rect = Rect::from_two_pos(view.to_screen([x0, y0]), view.to_screen([x1, y1]));
        let held = object.in_hand != InHand::None;
        let sure = 0.4 + 0.6 * object.score.clamp(0.0, 1.0);
        let tint = colour(OBJECT).gamma_multiply(paint.opacity * sure);
        let rim = colour(OUTLINE).gamma_multiply(0.8 * paint.opacity);
        if paint.truth {
            let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
            painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, tint), 5.0, 4.0));
            continue;
        }
        let width = if held || paint.picked == Some(index) { 2.2 } else { 1.1 } * scale;
        painter.rect_stroke(rect, 1.0, Stroke::new(width + 1.6, rim), StrokeKind::Middle);
        painter.rect_stroke(rect, 1.0, Stroke::new(width, tint), StrokeKind::Middle);
        let tick = (0.2 * rect.width().min(rect.height())).min(14.0 * scale);
        for (corner, sx, sy) in
            [(rect.left_top(), 1.0, 1.0), (rect.right_top(), -1.0, 1.0), (rect.left_bottom(), 1.0, -1.0), (rect.right_bottom(), -1.0, -1.0)]
        {
            for end in [vec2(sx * tick, 0.0), vec2(0.0, sy * tick)] {
                painter.line_segment([corner, corner + end], Stroke::new(width + 1.6 * scale, tint));
            }
        }
        if painter.clip_rect().intersects(rect) {
            labels.write(painter, rect.left_top() - vec2(0.0, 3.0), &label(object), colour(OBJECT), paint.opacity);
        }
    }
}

/// `milk 91 %`, with the hand that holds it.
pub(crate) fn label(object: &ObjectRecord) -> String {
    let held = match object.in_hand {
        InHand::None => "",
        InHand::Left => " · in left hand",
        InHand::Right => " · in right hand",
        InHand::Both => " · in both hands",
    };
    if object.score >= 0.9995 { format!("{}{held}", object.label) } else { format!("{} {:.0} %{held}", object.label, object.score * 100.0) }
}
