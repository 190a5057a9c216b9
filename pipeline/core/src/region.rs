//! Rotated square regions of a picture, and how much boxes overlap.

use std::f64::consts::PI;

/// An upright box: left, top, right, bottom, in any unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Box2 {
    /// Left edge.
    pub x0: f64,
    /// Upper edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Lower edge.
    pub y1: f64,
}

impl From<[f64; 4]> for Box2 {
    /// Left, top, right, bottom.
    fn from([x0, y0, x1, y1]: [f64; 4]) -> Box2 {
        Box2 { x0, y0, x1, y1 }
    }
}

impl Box2 {
    /// The smallest box around the points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = [f64; 2]>) -> Option<Box2> {
        points.into_iter().fold(None, |b: Option<Box2>, [x, y]| {
            Some(match b {
                None => Box2 { x0: x, y0: y, x1: x, y1: y },
                Some(b) => Box2 { x0: b.x0.min(x), y0: b.y0.min(y), x1: b.x1.max(x), y1: b.y1.max(y) },
            })
        })
    }

    /// Width, may be negative for an inside-out box.
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// Height, may be negative for an inside-out box.
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// The middle.
    pub fn centre(&self) -> [f64; 2] {
        [(self.x0 + self.x1) / 2.0, (self.y0 + self.y1) / 2.0]
    }

    /// Intersection over union, 0..1; 0 for boxes without area.
    pub fn iou(&self, other: &Box2) -> f64 {
        let w = (self.x1.min(other.x1) - self.x0.max(other.x0)).max(0.0);
        let h = (self.y1.min(other.y1) - self.y0.max(other.y0)).max(0.0);
        let inter = w * h;
        let union = self.width() * self.height() + other.width() * other.height() - inter;
        if union > 0.0 { inter / union } else { 0.0 }
    }
}

/// A rotated square region of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Centre, x in pixels.
    pub cx: f64,
    /// Centre, y in pixels.
    pub cy: f64,
    /// Length of a side, pixels.
    pub side: f64,
    /// Rotation in radians, clockwise in the picture; 0 is upright.
    pub angle: f64,
}

impl Region {
    /// The upright box of the same centre and side, rotation left out (how MediaPipe compares regions).
    pub fn bounds(&self) -> Box2 {
        let h = self.side / 2.0;
        Box2 { x0: self.cx - h, y0: self.cy - h, x1: self.cx + h, y1: self.cy + h }
    }

    /// From a position inside the region, (0, 0) upper left to (1, 1) lower right, to pixels of the picture.
    pub fn to_picture(&self, p: [f64; 2]) -> [f64; 2] {
        let (s, c) = self.angle.sin_cos();
        let (x, y) = ((p[0] - 0.5) * self.side, (p[1] - 0.5) * self.side);
        [self.cx + c * x - s * y, self.cy + s * x + c * y]
    }

    /// The inverse of [`Region::to_picture`].
    pub fn from_picture(&self, p: [f64; 2]) -> [f64; 2] {
        let (s, c) = self.angle.sin_cos();
        let (x, y) = (p[0] - self.cx, p[1] - self.cy);
        [(c * x + s * y) / self.side + 0.5, (c * y - s * x) / self.side + 0.5]
    }
}

/// The same angle in -pi..pi.
pub fn wrap_angle(angle: f64) -> f64 {
    angle - 2.0 * PI * ((angle + PI) / (2.0 * PI)).floor()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_overlaps() {
        let a = Box2 { x0: 0.0, y0: 0.0, x1: 2.0, y1: 2.0 };
        let b = Box2 { x0: 1.0, y0: 0.0, x1: 3.0, y1: 2.0 };
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(a.iou(&Box2 { x0: 5.0, y0: 5.0, x1: 6.0, y1: 6.0 }), 0.0);
        assert_eq!(Box2::default().iou(&Box2::default()), 0.0);
    }

    #[test]
    fn a_quarter_turn_takes_the_upper_left_corner_to_the_upper_right() {
        let r = Region { cx: 10.0, cy: 20.0, side: 4.0, angle: PI / 2.0 };
        let p = r.to_picture([0.0, 0.0]);
        assert!((p[0] - 12.0).abs() < 1e-12 && (p[1] - 18.0).abs() < 1e-12, "{p:?}");
    }

    proptest! {
        #[test]
        fn there_and_back(cx in -500.0..500.0f64, cy in -500.0..500.0f64, side in 1.0..900.0f64, angle in -7.0..7.0f64, u in -1.0..2.0f64, v in -1.0..2.0f64) {
            let r = Region { cx, cy, side, angle };
            let q = r.from_picture(r.to_picture([u, v]));
            prop_assert!((q[0] - u).abs() < 1e-9 && (q[1] - v).abs() < 1e-9);
        }

        #[test]
        fn overlap_is_symmetric_and_bounded(a in proptest::array::uniform4(-5.0..5.0f64), b in proptest::array::uniform4(-5.0..5.0f64)) {
            let make = |v: [f64; 4]| Box2 { x0: v[0].min(v[2]), y0: v[1].min(v[3]), x1: v[0].max(v[2]), y1: v[1].max(v[3]) };
            let (a, b) = (make(a), make(b));
            prop_assert!((a.iou(&b) - b.iou(&a)).abs() < 1e-12);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&a.iou(&b)));
        }

        #[test]
        fn wrapped_angles_point_the_same_way(a in -50.0..50.0f64) {
            let w = wrap_angle(a);
            prop_assert!((-PI..=PI).contains(&w) && (w.sin() - a.sin()).abs() < 1e-9 && (w.cos() - a.cos()).abs() < 1e-9);
        }
    }
}
