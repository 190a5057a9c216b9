//! Plates with text that keep out of each other's way, and in front of everything else.

use egui::epaint::TextShape;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Shape, vec2};

/// Opacity of the plate: leaves white text a contrast of more than 4.5:1 on any background.
const PLATE: Color32 = Color32::from_black_alpha(184);
const GAP: f32 = 2.0;

/// The plates of one picture.
#[derive(Debug)]
pub struct Labels {
    placed: Vec<Rect>,
    shapes: Vec<Shape>,
    inside: Rect,
    font: FontId,
}

impl Labels {
    /// Plates stay inside `inside`; text is `size` points high.
    pub fn new(inside: Rect, size: f32) -> Labels {
        Labels { placed: Vec::new(), shapes: Vec::new(), inside, font: FontId::proportional(size) }
    }

    /// No plate goes there.
    pub fn keep_free(&mut self, rect: Rect) {
        self.placed.push(rect);
    }

    /// Writes a text on a plate with a bar of `colour` at its left, as near to `at` (its lower left corner) as there is room.
    pub fn write(&mut self, painter: &Painter, at: Pos2, text: &str, colour: Color32, opacity: f32) {
        let galley = painter.layout_no_wrap(text.to_owned(), self.font.clone(), Color32::WHITE.gamma_multiply(opacity.max(0.4)));
        let size = galley.size() + vec2(13.0, 4.0);
        let rect = self.room(Rect::from_min_size(at - vec2(0.0, size.y), size));
        self.shapes.push(Shape::rect_filled(rect, CornerRadius::same(3), PLATE.gamma_multiply(opacity.max(0.4))));
        let bar = Rect::from_min_size(rect.min + vec2(3.0, 3.0), vec2(3.0, rect.height() - 6.0));
        self.shapes.push(Shape::rect_filled(bar, CornerRadius::same(1), colour.gamma_multiply(opacity)));
        let place = Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(9.0, 0.0), galley.size());
        self.shapes.push(TextShape::new(place.min, galley, Color32::WHITE).into());
        self.placed.push(rect);
    }

    /// Paints them, after everything that must not cover them.
    pub fn paint(self, painter: &Painter) {
        painter.extend(self.shapes);
    }

    /// The free place nearest below, then above.
    fn room(&self, wanted: Rect) -> Rect {
        let inside = |rect: Rect| {
            let x = rect.left().min(self.inside.right() - rect.width()).max(self.inside.left());
            let y = rect.top().min(self.inside.bottom() - rect.height()).max(self.inside.top());
            Rect::from_min_size(Pos2::new(x, y), rect.size())
        };
        let first = inside(wanted);
        for down in [true, false] {
            let mut rect = first;
            for _ in 0..=self.placed.len() {
                match self.placed.iter().find(|other| other.intersects(rect)) {
                    None => return rect,
                    Some(other) => {
                        let y = if down { other.bottom() + GAP } else { other.top() - rect.height() - GAP };
                        rect = Rect::from_min_size(Pos2::new(rect.left(), y), rect.size());
                        if inside(rect) != rect {
                            break;
                        }
                    }
                }
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn plates_step_aside_and_stay_inside() {
        let mut labels = Labels::new(Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0)), 12.0);
        let plate = |x: f32, y: f32| Rect::from_min_size(pos2(x, y), vec2(40.0, 10.0));
        let first = labels.room(plate(-20.0, 5.0));
        assert_eq!(first, plate(0.0, 5.0));
        labels.placed.push(first);
        let second = labels.room(plate(10.0, 8.0));
        assert_eq!(second, plate(10.0, 17.0));
        labels.placed.push(second);
        labels.placed.push(plate(0.0, 90.0));
        assert_eq!(labels.room(plate(0.0, 95.0)), plate(0.0, 78.0));
    }
}
