//! Shapes: how much of each pixel they cover, and where to look.
//!
//! Coordinates are pixels, the centre of the first pixel at (0, 0). Anything may lie outside the picture; a shape with a
//! coordinate that is not finite is not drawn.

use super::canvas::{Canvas, LANES, Paint};

/// An upright rectangle, pixels; its sides pass between pixel centres when they end in .5.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left side.
    pub x: f32,
    /// Upper side.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// Whether the two rectangles share an area.
    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.x + other.width && other.x < self.x + self.width && self.y < other.y + other.height && other.y < self.y + self.height
    }
}

/// 0..1 with everything that is not a number as 0; written so that it becomes two SIMD instructions.
#[inline]
fn unit(v: f32) -> f32 {
    let v = if v > 0.0 { v } else { 0.0 };
    if v < 1.0 { v } else { 1.0 }
}

/// 0..1 as 0..255, rounded, by the bits of a float whose last place is 1: there is no SIMD for `as u16`.
#[inline]
fn byte(v: f32) -> u16 {
    const LAST_PLACE_IS_ONE: f32 = 8_388_608.0;
    (v * 255.0 + LAST_PLACE_IS_ONE).to_bits() as u16
}

/// What a shape is drawn with.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    /// The shape itself.
    pub fill: Paint,
    /// A rim around the shape, outside it: its paint and its width in pixels.
    pub rim: Option<(Paint, f32)>,
}

impl From<Paint> for Ink {
    fn from(fill: Paint) -> Ink {
        Ink { fill, rim: None }
    }
}

impl Ink {
    /// How far from a shape's border there may be something to see, pixels: the rim and half a pixel of softness.
    fn reach(&self) -> f32 {
        self.rim.map_or(0.5, |(_, width)| width + 0.5)
    }
}

impl Canvas {
    /// A line from `a` to `b` with round ends, `width` pixels thick.
    pub fn line(&mut self, a: [f32; 2], b: [f32; 2], width: f32, ink: &Ink) {
        let radius = width / 2.0;
        let reach = radius + ink.reach();
        let (columns, rows) = self.extent();
        // A stroke that ends far outside is cut just outside, where 32-bit floats still resolve fractions of a pixel.
        let margin = f64::from(reach) + 1.0;
        let Some(([ax, ay], [bx, by])) = clip(a, b, margin, columns as f64 + margin, rows as f64 + margin) else { return };
        let length = (bx - ax).hypot(by - ay);
        let [ux, uy] = if length > 1e-6 { [(bx - ax) / length, (by - ay) / length] } else { [1.0, 0.0] };
        let (left, right) = (ax.min(bx) - reach, ax.max(bx) + reach);
        let (slope, half) = if uy.abs() > 1e-3 { (ux / uy, (reach / uy).abs()) } else { (0.0, f32::MAX) };
        let span = |y: f32| {
            // The endless stroke crosses this row where |uy (x - ax) - ux (y - ay)| <= reach.
            let middle = ax + slope * (y - ay);
            (left.max(middle - half), right.min(middle + half))
        };
        let depth = |x: f32, y: f32| {
            let (dx, dy) = (x - ax, y - ay);
            let along = dx * ux + dy * uy;
            let along = if along > 0.0 { along } else { 0.0 };
            let along = if along < length { along } else { length };
            let (ex, ey) = (dx - along * ux, dy - along * uy);
            radius - (ex * ex + ey * ey).sqrt()
        };
        self.fill(ay.min(by) - reach, ay.max(by) + reach, span, depth, ink);
    }

    /// A filled disc.
    pub fn disc(&mut self, [cx, cy]: [f32; 2], radius: f32, ink: &Ink) {
        let reach = radius + ink.reach();
        let span = |y: f32| {
            let half = (reach * reach - (y - cy) * (y - cy)).max(0.0).sqrt();
            (cx - half, cx + half)
        };
        let depth = |x: f32, y: f32| {
            let (dx, dy) = (x - cx, y - cy);
            radius - (dx * dx + dy * dy).sqrt()
        };
        self.fill(cy - reach, cy + reach, span, depth, ink);
    }

    /// A filled upright square; `half` is half its side.
    pub fn square(&mut self, [cx, cy]: [f32; 2], half: f32, ink: &Ink) {
        let reach = half + ink.reach();
        let depth = |x: f32, y: f32| {
            let (dx, dy) = ((x - cx).abs(), (y - cy).abs());
            half - if dx > dy { dx } else { dy }
        };
        self.fill(cy - reach, cy + reach, |_| (cx - reach, cx + reach), depth, ink);
    }

    /// A filled square that stands on a corner; `half` is half its diagonal.
    pub fn diamond(&mut self, [cx, cy]: [f32; 2], half: f32, ink: &Ink) {
        let reach = half + ink.reach() * std::f32::consts::SQRT_2;
        let span = |y: f32| (cx - (reach - (y - cy).abs()), cx + (reach - (y - cy).abs()));
        let depth = |x: f32, y: f32| (half - (x - cx).abs() - (y - cy).abs()) * std::f32::consts::FRAC_1_SQRT_2;
        self.fill(cy - reach, cy + reach, span, depth, ink);
    }

    /// A filled rectangle with round corners of `radius` pixels (at most half the shorter side).
    pub fn plate(&mut self, rect: &Rect, radius: f32, ink: &Ink) {
        let half = [rect.width / 2.0, rect.height / 2.0];
        let [cx, cy] = [rect.x + half[0], rect.y + half[1]];
        let radius = radius.min(half[0]).min(half[1]).max(0.0);
        let depth = |x: f32, y: f32| {
            let (qx, qy) = ((x - cx).abs() - half[0] + radius, (y - cy).abs() - half[1] + radius);
            let (ox, oy) = (if qx > 0.0 { qx } else { 0.0 }, if qy > 0.0 { qy } else { 0.0 });
            let inner = if qx > qy { qx } else { qy };
            let inner = if inner < 0.0 { inner } else { 0.0 };
            radius - inner - (ox * ox + oy * oy).sqrt()
        };
        let reach = ink.reach();
        let (left, right) = (rect.x - reach, rect.x + rect.width + reach);
        self.fill(rect.y - reach, rect.y + rect.height + reach, |_| (left, right), depth, ink);
    }

    /// Covers the rows `top..=bottom`, in each the columns of `span(y)`, where `depth(x, y)`, the distance to the border
    /// in pixels, inside positive, says so.
    #[inline(always)]
    fn fill(&mut self, top: f32, bottom: f32, span: impl Fn(f32) -> (f32, f32), depth: impl Fn(f32, f32) -> f32, ink: &Ink) {
        const STEPS: [f32; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let (columns, rows) = self.extent();
        let Some((top, bottom)) = whole(top, bottom, rows) else { return };
        for y in top..bottom {
            let (left, right) = span(y as f32);
            let Some((left, right)) = whole(left, right, columns) else { continue };
            let Some(mut row) = self.row(y, left, right) else { continue };
            for x in (left..right).step_by(LANES) {
                // Plain loops over fixed lengths become SIMD; `map` on the array does not.
                let mut depths = STEPS;
                for lane in &mut depths {
                    *lane = depth(*lane + x as f32, y as f32);
                }
                let inside = coverage(&depths, 0.0);
                match &ink.rim {
                    Some((paint, width)) => row.cover_twice(x, (&coverage(&depths, *width), paint), (&inside, &ink.fill)),
                    None => row.cover(x, &inside, &ink.fill),
                }
            }
        }
    }
}

/// How much of the pixels at these depths a shape covers that is `grow_px` larger: all of it from half a pixel inside on.
#[inline(always)]
fn coverage(depths: &[f32; LANES], grow_px: f32) -> [u16; LANES] {
    let mut covered = [0; LANES];
    for (covered, depth) in covered.iter_mut().zip(depths) {
        *covered = byte(unit(depth + grow_px + 0.5));
    }
    covered
}

/// The whole numbers in `from..=to` that lie in `0..limit`, as a half-open range; `None` if there are none.
fn whole(from: f32, to: f32, limit: usize) -> Option<(usize, usize)> {
    if !(from.is_finite() && to.is_finite()) || to < 0.0 {
        return None;
    }
    // Casts of floats to integers saturate and cut towards zero; `ceil` and `floor` are calls where SSE 4.1 is not assumed.
    let (from, to) = (from.max(0.0), to as i32);
    let from = from as i32 + i32::from((from as i32 as f32) < from && from < i32::MAX as f32);
    let (from, to) = (from as usize, (to as usize + 1).min(limit));
    (from < to).then_some((from, to))
}

/// The piece of a line within `-margin..width` and `-margin..height` (Liang and Barsky 1984); `None` if there is none.
fn clip(a: [f32; 2], b: [f32; 2], margin: f64, width: f64, height: f64) -> Option<([f32; 2], [f32; 2])> {
    if !(a.iter().chain(&b).all(|v| v.is_finite()) && margin.is_finite()) {
        return None;
    }
    let (start, end) = (a.map(f64::from), b.map(f64::from));
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (from, to, limit) in [(start[0], end[0], width), (start[1], end[1], height)] {
        let step = to - from;
        if step == 0.0 {
            if from < -margin || from > limit {
                return None;
            }
            continue;
        }
        let (p, q) = ((-margin - from) / step, (limit - from) / step);
        enter = enter.max(p.min(q));
        leave = leave.min(p.max(q));
    }
    let at = |t: f64| [0, 1].map(|axis| (start[axis] + t * (end[axis] - start[axis])) as f32);
    (enter <= leave).then(|| (at(enter), at(leave)))
}

#[cfg(test)]
mod tests {
    use super::super::canvas::BLOCK;
    use super::super::colour::{ColourModel, Rgb};
    use super::*;
    use proptest::prelude::*;

    /// Opacity of every pixel of a 64 x 48 picture after `draw`, 0..1.
    fn opacity(draw: impl Fn(&mut Canvas, &Ink)) -> Vec<[f32; 64]> {
        let mut canvas = Canvas::new(64, 48, ColourModel::RGB);
        let ink = canvas.paint(Rgb(255, 255, 255), 1.0).into();
        draw(&mut canvas, &ink);
        let mut out = vec![[0.0; 64]; 48];
        canvas.drain(|block| {
            for (dy, row) in block.rows.iter().enumerate() {
                for dx in (0..BLOCK).filter(|dx| block.x + dx < 64) {
                    out[block.y + dy][block.x + dx] = f32::from(row[3][dx]) / 255.0;
                }
            }
        });
        out
    }

    fn area(picture: &[[f32; 64]]) -> f32 {
        picture.iter().flatten().sum()
    }

    #[test]
    fn shapes_cover_the_area_that_geometry_says() {
        let pi = std::f32::consts::PI;
        type Draw = fn(&mut Canvas, &Ink);
        let cases: [(&str, f32, Draw); 7] = [
            ("disc, r = 4", 16.0 * pi, |c, p| c.disc([20.3, 21.7], 4.0, p)),
            ("disc, r = 15", 225.0 * pi, |c, p| c.disc([31.0, 24.0], 15.0, p)),
            ("square", 49.0, |c, p| c.square([20.25, 19.5], 3.5, p)),
            ("diamond", 2.0 * 81.0, |c, p| c.diamond([30.4, 20.2], 9.0, p)),
            ("level line", 2.0 * 40.0 + pi, |c, p| c.line([10.0, 20.5], [50.0, 20.5], 2.0, p)),
            ("slanted line", 3.0 * 50.0 + 2.25 * pi, |c, p| c.line([10.0, 4.0], [40.0, 44.0], 3.0, p)),
            ("plate", 40.0 * 20.0 - (4.0 - pi) * 25.0, |c, p| {
                c.plate(&Rect { x: 9.5, y: 9.5, width: 40.0, height: 20.0 }, 5.0, p);
            }),
        ];
        for (name, want, draw) in cases {
            let got = area(&opacity(draw));
            assert!((got / want - 1.0).abs() < 0.02, "{name}: {got}, wanted {want}");
        }
    }

    #[test]
    fn a_line_covers_its_extent_and_nothing_else() {
        // 2 px thick between the centres of columns 10 and 20, on the centre of row 5: rows 4 and 6 are half covered.
        let picture = opacity(|c, p| c.line([10.0, 5.0], [20.0, 5.0], 2.0, p));
        for (y, row) in picture.iter().enumerate() {
            for (x, got) in row.iter().enumerate() {
                let want = match (x, y) {
                    (10..=20, 5) => Some(1.0),
                    (10..=20, 4 | 6) => Some(0.5),
                    (9 | 21, 5) => Some(0.5),
                    (9 | 21, 4 | 6) => None,
                    _ => Some(0.0),
                };
                assert!(want.is_none_or(|want| (got - want).abs() < 0.003), "({x}, {y}): {got}, wanted {want:?}");
            }
        }
    }

    #[test]
    fn a_rim_lies_around_the_shape_and_replaces_what_was_there() {
        let mut canvas = Canvas::new(64, 48, ColourModel::RGB);
        let [under, fill, rim] = [Rgb(9, 9, 9), Rgb(200, 0, 0), Rgb(0, 100, 0)].map(|colour| canvas.paint(colour, 1.0));
        canvas.square([30.0, 20.0], 25.0, &under.into());
        canvas.disc([30.0, 20.0], 6.0, &Ink { fill, rim: Some((rim, 3.0)) });
        canvas.drain(|block| {
            for (at, want) in [(30, [200, 0, 0]), (37, [0, 100, 0]), (43, [9, 9, 9])] {
                if block.y == 20 && (block.x..block.x + BLOCK).contains(&at) {
                    assert_eq!([0, 1, 2].map(|c| block.rows[0][c][at - block.x]), want, "column {at}");
                }
            }
        });
    }

    #[test]
    fn a_line_from_very_far_away_looks_like_its_visible_piece() {
        let far = opacity(|c, p| c.line([-3e9, -3e9], [2e9, 2e9], 3.0, p));
        let near = opacity(|c, p| c.line([-10.0, -10.0], [70.0, 70.0], 3.0, p));
        for (f, n) in far.iter().flatten().zip(near.iter().flatten()) {
            assert!((f - n).abs() < 0.02, "{f} {n}");
        }
    }

    #[test]
    fn touching_shapes_outside_leave_no_mark() {
        for draw in [
            |c: &mut Canvas, p: &Ink| c.disc([-6.0, 10.0], 4.0, p),
            |c: &mut Canvas, p: &Ink| c.square([30.0, 60.0], 4.0, p),
            |c: &mut Canvas, p: &Ink| c.line([70.0, 0.0], [80.0, 40.0], 4.0, p),
        ] {
            assert!(area(&opacity(draw)) == 0.0);
        }
    }

    #[test]
    fn rectangles_that_only_touch_do_not_overlap() {
        let a = Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
        assert!(a.overlaps(&Rect { x: 9.0, y: 9.0, ..a }));
        assert!(!a.overlaps(&Rect { x: 10.0, ..a }));
    }

    fn wild() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -100.0..150.0f32,
            1 => any::<f32>(),
            1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-40, 0.0]),
        ]
    }

    proptest! {
        #[test]
        fn no_coordinate_is_too_wild(w in 1u32..40, h in 1u32..40, v in prop::array::uniform8(wild())) {
            let mut canvas = Canvas::new(w, h, ColourModel::BT709);
            let ink = Ink { fill: canvas.paint(Rgb(1, 2, 3), v[7]), rim: Some((canvas.paint(Rgb(200, 100, 0), v[6]), v[5])) };
            canvas.line([v[0], v[1]], [v[2], v[3]], v[4], &ink);
            canvas.disc([v[0], v[1]], v[2], &ink);
            canvas.square([v[1], v[2]], v[3], &ink);
            canvas.diamond([v[3], v[2]], v[1], &ink);
            canvas.plate(&Rect { x: v[0], y: v[1], width: v[2], height: v[3] }, v[5], &ink);
            canvas.drain(|block| for [a, b, c, opacity] in &block.rows {
                for (component, opacity) in [a, b, c].into_iter().flat_map(|run| run.iter().zip(*opacity)) {
                    assert!(component <= opacity);
                }
            });
        }

        #[test]
        fn a_disc_has_its_area_wherever_its_centre_lies(x in 10.0..50.0f32, y in 10.0..38.0f32, r in 3.0..9.0f32) {
            let got = area(&opacity(|c, p| c.disc([x, y], r, p)));
            let want = std::f32::consts::PI * r * r;
            prop_assert!((got / want - 1.0).abs() < 0.02, "{got}, wanted {want}");
        }
    }
}
