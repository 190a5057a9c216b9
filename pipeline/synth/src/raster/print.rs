//! Printed packages, book covers and pages.

use super::material::{Material, Texel};
use super::noise::{Noise, cell};
use crate::mesh::vec3::{V3, smoothstep, split, v3};

/// Where things are on a printed face; metres of local space, z up the package.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Which arrangement of bands, name and picture.
    pub style: u32,
    /// Half the height of the face.
    pub half_height_m: f32,
    /// Half the breadth of the face; also the radius of a round package.
    pub half_breadth_m: f32,
    /// Wraps around z.
    pub round: bool,
    /// Drawn on the x-y plane instead (book covers).
    pub lying: bool,
}

/// Blocks that look like letters: 1 inside a stroke.
fn letters(u: f32, v: f32, seed: i32) -> f32 {
    // A letter is 5 x 7 cells of which about half are filled, in vertical and horizontal strokes.
    let (i, rest) = split(u);
    let (x, y) = (rest * 6.0, v * 7.0);
    if !(0.0..1.0).contains(&v) || x > 5.0 || cell(i, seed, 1) < 0.12 {
        return 0.0;
    }
    let (cx, cy) = (x as i32, y as i32);
    let stem = cx == 0 || (cx == 4 && cell(i, seed, 2) > 0.4);
    let bar = (cy == 0 && cell(i, seed, 3) > 0.4) || (cy == 3 && cell(i, seed, 4) > 0.5) || (cy == 6 && cell(i, seed, 5) > 0.35);
    f32::from(stem || bar)
}

/// The angle of (y, x) in half turns, -1..1, to 1/500 of a turn.
fn half_turns(y: f32, x: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let t = ax.min(ay) / ax.max(ay).max(1e-9);
    // Rajan et al., "Efficient approximations for the arctangent function", 2006.
    let a = t * (0.25 + 0.0869 * (1.0 - t));
    let a = if ay > ax { 0.5 - a } else { a };
    let a = if x < 0.0 { 1.0 - a } else { a };
    if y < 0.0 { -a } else { a }
}

impl Layout {
    /// Colours `out` at `p`.
    pub(super) fn paint(&self, noise: &Noise, m: &Material, p: V3, pixel_m: f32, out: &mut Texel) {
        let (h, b) = (self.half_height_m, self.half_breadth_m);
        let (u, v) = if self.lying {
            (p.x / b, p.y / h)
        } else if self.round {
            // A full turn shows the front twice.
            let turn = 2.0 * half_turns(p.x, -p.y);
            (2.4 * (split(turn + 0.5).1 - 0.5), p.z / h)
        } else if p.y.abs() / b.max(1e-4) > 0.97 || p.x.abs() < 0.97 * b {
            (p.x / b, p.z / h)
        } else {
            (p.y / b, p.z / h)
        };
        let seed = self.style as i32;
        let seen = |feature_m: f32| smoothstep(0.5, 1.5, feature_m / pixel_m);
        let mut colour = m.a;
        let band = 0.25 + 0.5 * cell(seed, 1, 1);
        match self.style % 4 {
            0 => {
                if v > band {
                    colour = m.b;
                }
            }
            1 => {
                if v.abs() < 0.22 || v < -0.8 {
                    colour = m.b;
                }
            }
            2 => colour = m.a.lerp(m.b, smoothstep(-1.0, 1.0, v + 0.3 * u)),
            _ => {
                if u + v * 0.6 > 0.35 {
                    colour = m.b;
                }
            }
        }
        // A picture: a blob with shades.
        let (px, py) = (u - 0.25 * (cell(seed, 2, 1) - 0.5), v + 0.35);
        let blob = (px * px * 2.2 + py * py * 4.5) + 0.35 * (noise.at(v3(u * 3.0 + seed as f32, v * 3.0, 0.0)) - 0.5);
        if blob < 0.42 {
            colour = m.c.lerp(m.b, noise.at(v3(u * 5.0, v * 5.0, seed as f32))) * 0.9;
        }
        // The name: large letters across.
        let at = 0.12 + 0.3 * cell(seed, 3, 1);
        let big = 0.26;
        let tone = if colour.dot(V3::ONE) > 1.1 { 0.03 } else { 0.85 };
        let ink = v3(tone, tone, tone);
        if u.abs() < 0.78 {
            let l = letters((u + 0.78) / 1.56 * (4.0 + 3.0 * cell(seed, 4, 1)), (v - at) / big, seed);
            colour = colour.lerp(ink, l * seen(0.12 * big * h));
            // Small print.
            let row = (v + 0.95) * 14.0;
            let small = letters((u + 0.7) * 16.0, split(row).1 * 1.5, seed + row as i32);
            if v < -0.62 && u.abs() < 0.7 {
                colour = colour.lerp(ink, 0.8 * small * seen(0.02 * h));
            }
        }
        // Bar code.
        if self.style & 4 != 0 && u > 0.35 && u < 0.75 && v < -0.45 && v > -0.8 {
            let bar = f32::from(cell((u * 60.0) as i32, seed, 8) > 0.5);
            colour = V3::ONE * 0.8 * (1.0 - 0.9 * bar * seen(0.016 * b));
        }
        out.albedo = colour * (0.96 + 0.06 * noise.at(p * 40.0));
    }
}

/// A page of a book: margins, lines of words, now and then a picture.
pub(super) fn page(noise: &Noise, m: &Material, p: V3, pixel_m: f32, out: &mut Texel) {
    out.albedo = m.a * (0.97 + 0.04 * noise.at(p * 30.0));
    let (x, y) = (p.x * m.scale, p.y * m.scale);
    // One unit of scaled space is half the page's breadth.
    if !(-0.82..0.82).contains(&x) {
        return;
    }
    let picture = cell(0, 0, m.offset.x as i32) > 0.5 && (-0.7..0.15).contains(&y);
    if picture {
        let n = noise.at(v3(x * 4.0, y * 4.0, m.offset.x));
        out.albedo = m.b.lerp(m.c, n);
        return;
    }
    let row = y * 15.0;
    let (row, v) = (split(row).0, split(row).1 * 1.7);
    let in_word = noise.at(v3(x * 14.0, row as f32 * 3.1, m.offset.y)) > 0.30;
    let ends = x < 0.82 - 0.9 * f32::from(cell(row, 3, m.offset.z as i32) > 0.85);
    if in_word && ends && (0.0..1.0).contains(&v) {
        let k = smoothstep(0.4, 1.5, 0.0022 / pixel_m);
        let ink = letters(x * 36.0, v, row);
        let mean = 0.35 * f32::from(v > 0.0);
        out.albedo = out.albedo * (1.0 - 0.85 * (ink * k + mean * (1.0 - k)));
    }
}
