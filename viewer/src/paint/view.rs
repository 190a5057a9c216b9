//! Where the picture lies on the screen.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// The place of the whole picture on the screen, most of which may be outside of its panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureView {
    /// The whole picture on the screen, points.
    pub rect: Rect,
    /// Size of the picture, pixels.
    pub size_px: Vec2,
    /// Left and right are exchanged.
    pub mirror: bool,
}

impl PictureView {
    /// The picture fitted into a panel, then `zoom` times as large, with the place `centre` (0..1) in the middle of the panel.
    pub fn new(panel: Rect, size_px: Vec2, zoom: f32, centre: [f32; 2], mirror: bool) -> PictureView {
        let fit = (panel.width() / size_px.x.max(1.0)).min(panel.height() / size_px.y.max(1.0));
        let size = size_px * fit * zoom;
        let middle = panel.center() - vec2((centre[0] - 0.5) * size.x, (centre[1] - 0.5) * size.y);
        PictureView { rect: Rect::from_center_size(middle, size), size_px, mirror }
    }

    /// Points a pixel.
    pub fn scale(&self) -> f32 {
        self.rect.width() / self.size_px.x.max(1.0)
    }

    /// Where a pixel lies on the screen. Pixel coordinates are those of results: the centre of the first pixel is (0, 0).
    pub fn to_screen(&self, [x, y]: [f32; 2]) -> Pos2 {
        let (mut u, v) = ((x + 0.5) / self.size_px.x.max(1.0), (y + 0.5) / self.size_px.y.max(1.0));
        if self.mirror {
            u = 1.0 - u;
        }
        pos2(self.rect.left() + u * self.rect.width(), self.rect.top() + v * self.rect.height())
    }

    /// The pixel under a place on the screen.
    pub fn to_pixel(&self, at: Pos2) -> [f32; 2] {
        let mut u = (at.x - self.rect.left()) / self.rect.width().max(1e-6);
        if self.mirror {
            u = 1.0 - u;
        }
        let v = (at.y - self.rect.top()) / self.rect.height().max(1e-6);
        [u * self.size_px.x - 0.5, v * self.size_px.y - 0.5]
    }

    /// Factor on the sizes of marks, which are made for a picture that is 720 points high: marks grow with the picture, but slower.
    pub fn mark_scale(&self) -> f32 {
        (self.rect.height() / 720.0).clamp(0.02, 100.0).sqrt().clamp(0.7, 2.5)
    }

    /// Part of the texture that is drawn: mirrored or not.
    pub fn uv(&self) -> Rect {
        if self.mirror { Rect::from_min_max(pos2(1.0, 0.0), pos2(0.0, 1.0)) } else { Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_and_pixels_are_each_other_s_inverse() {
        let panel = Rect::from_min_size(pos2(10.0, 20.0), vec2(300.0, 300.0));
        for (zoom, centre, mirror) in [(1.0, [0.5, 0.5], false), (4.0, [0.2, 0.9], true)] {
            let view = PictureView::new(panel, vec2(640.0, 360.0), zoom, centre, mirror);
            for pixel in [[0.0, 0.0], [639.0, 359.0], [12.5, 300.25]] {
                let back = view.to_pixel(view.to_screen(pixel));
                assert!((back[0] - pixel[0]).abs() < 1e-2 && (back[1] - pixel[1]).abs() < 1e-2, "{pixel:?} {back:?}");
            }
            let middle = view.to_pixel(panel.center());
            let want = if mirror { (1.0 - centre[0]) * 640.0 } else { centre[0] * 640.0 };
            assert!((middle[0] + 0.5 - want).abs() < 1e-2, "{middle:?}");
        }
    }

    #[test]
    fn a_fitted_picture_touches_two_borders() {
        let panel = Rect::from_min_size(pos2(0.0, 0.0), vec2(640.0, 640.0));
        let view = PictureView::new(panel, vec2(1280.0, 720.0), 1.0, [0.5, 0.5], false);
        assert_eq!(view.rect, Rect::from_min_size(pos2(0.0, 140.0), vec2(640.0, 360.0)));
    }
}
