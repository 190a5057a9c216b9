//! Labels: white text on a dark plate with a bar in the colour of what it belongs to, kept apart and inside the picture.

use super::canvas::Canvas;
use super::colour::Rgb;
use super::shapes::Rect;
use super::text::Glyphs;

const PLATE: Rgb = Rgb(0, 0, 0);
const TEXT: Rgb = Rgb(255, 255, 255);
/// Leaves white text a contrast of more than 4.5:1 on any background.
const PLATE_OPACITY: f32 = 0.7;

/// How many plates of a frame are kept apart; those that come later may overlap.
const KEPT: usize = 16;

/// Where the plates of one frame lie, so that the next one can step aside.
#[derive(Clone, Debug, Default)]
pub struct Placer {
    plates: [Rect; KEPT],
    count: usize,
}

impl Placer {
    /// The rectangle of this size nearest to `rect` that is inside a picture of `width` x `height` and free, and keeps it.
    ///
    /// Steps down, then up; where nothing is free it stays at the nearest place inside the picture.
    pub fn place(&mut self, rect: Rect, width: f32, height: f32) -> Rect {
        let inside = |rect: Rect| Rect {
            x: rect.x.min(width - 0.5 - rect.width).max(-0.5),
            y: rect.y.min(height - 0.5 - rect.height).max(-0.5),
            ..rect
        };
        let first = inside(rect);
        let placed = self.first_free(first, inside, |rect, other| other.y + other.height + 1.0 - rect.y);
        let placed = placed.or_else(|| self.first_free(first, inside, |rect, other| other.y - rect.height - 1.0 - rect.y));
        let placed = placed.unwrap_or(first);
        if let Some(slot) = self.plates.get_mut(self.count) {
            *slot = placed;
            self.count += 1;
        }
        placed
    }

    /// Follows steps past each plate in the way; `None` when they end at a plate or at the border.
    fn first_free(&self, mut rect: Rect, inside: impl Fn(Rect) -> Rect, step: impl Fn(&Rect, &Rect) -> f32) -> Option<Rect> {
        for _ in 0..=self.count {
            let Some(other) = self.plates.iter().take(self.count).find(|other| other.overlaps(&rect)) else {
                return Some(rect);
            };
            rect = Rect { y: rect.y + step(&rect, other), ..rect };
            if inside(rect) != rect {
                return None;
            }
        }
        None
    }
}

impl Canvas {
    /// Size of the plate that [`Canvas::label`] draws for this text.
    pub(super) fn label_size(glyphs: &Glyphs, text: &str) -> [f32; 2] {
        let pad = padding(glyphs);
        [(glyphs.width_px(text) + 3.5 * pad).ceil(), (glyphs.height_px() + 0.6 * pad).ceil()]
    }

    /// Writes `text` on a dark plate at `at` with a bar of `colour` on its left. The plate has the size of
    /// `label_size`, upper left corner on the nearest pixel border.
    pub(super) fn label(&mut self, glyphs: &Glyphs, [x, y]: [f32; 2], text: &str, colour: Rgb) {
        let [width, height] = Canvas::label_size(glyphs, text);
        let pad = padding(glyphs);
        let plate = Rect { x: x.round() - 0.5, y: y.round() - 0.5, width, height };
        let paint = self.paint(PLATE, PLATE_OPACITY).into();
        self.plate(&plate, 0.6 * pad, &paint);
        let bar = Rect { x: plate.x + 0.6 * pad, y: plate.y + 0.8 * pad, width: (0.7 * pad).max(1.0), height: height - 1.6 * pad };
        let paint = self.paint(colour, 1.0).into();
        self.plate(&bar, 0.35 * pad, &paint);
        let paint = self.paint(TEXT, 1.0);
        let base_line = plate.y + 0.5 + 0.3 * pad + glyphs.ascent_px();
        self.text(glyphs, [plate.x + 0.5 + 2.3 * pad, base_line], text, &paint);
    }
}

/// Space around the text, pixels.
fn padding(glyphs: &Glyphs) -> f32 {
    (glyphs.height_px() * 0.22).max(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_on_any_background() {
        // WCAG 2.1, success criterion 1.4.3: at least 4.5:1. White is the worst background for white text on a plate.
        let behind = (255.0 * (1.0 - PLATE_OPACITY)).round() as u8;
        let contrast = (TEXT.luminance() + 0.05) / (Rgb(behind, behind, behind).luminance() + 0.05);
        assert!(contrast >= 4.5, "{contrast}");
    }

    #[test]
    fn plates_stay_inside_and_apart() {
        let mut placer = Placer::default();
        let plate = |x, y| Rect { x, y, width: 30.0, height: 10.0 };
        assert_eq!(placer.place(plate(-50.0, 20.0), 100.0, 50.0), plate(-0.5, 20.0));
        assert_eq!(placer.place(plate(90.0, 200.0), 100.0, 50.0), plate(69.5, 39.5));
        // In the way of the first: moves below it. In the way of both: above the one at the border.
        assert_eq!(placer.place(plate(5.0, 15.0), 100.0, 50.0), plate(5.0, 31.0));
        assert_eq!(placer.place(plate(69.5, 35.0), 100.0, 50.0), plate(69.5, 28.5));
    }

    #[test]
    fn a_picture_full_of_plates_or_smaller_than_one_is_no_trouble() {
        let mut placer = Placer::default();
        for i in 0..40 {
            let got = placer.place(Rect { x: 3.0, y: i as f32, width: 30.0, height: 10.0 }, 20.0, 8.0);
            assert!(got.x == -0.5 && got.y == -0.5, "{got:?}");
        }
    }
}
