//! How surfaces look: procedural colour, gloss and bumps as a function of a place on the surface.

use super::noise::{Noise, cell};
use super::print;
use super::skin::SkinPainter;
use crate::mesh::vec3::{V3, smoothstep, split, v3};

/// A pattern on a surface; sizes in metres of local space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pattern {
    /// One colour, hardly uneven.
    Plain,
    /// Soft patches.
    Cloud,
    /// Grains of stone.
    Speckle,
    /// Boards with grain along x.
    Wood,
    /// Squares with joints.
    Tiles,
    /// Chequered along x and y.
    Check,
    /// Stripes along y.
    Stripes,
    /// Woven or knitted cloth.
    Cloth,
    /// Short loops and flecks.
    Carpet,
    /// A printed package.
    Print(print::Layout),
    /// Lines of text on paper whose upper side is +z.
    Paper,
    /// Leaves of a book seen from the side.
    Leaves,
    /// Keys with gaps.
    Keys,
    /// A lit screen with windows.
    Screen,
    /// Backs of books and boxes in a row along x.
    Row,
    /// Skin of a hand: the finger (0 thumb .. 4 little) or 5 for palm and arm. `a` is the back of the hand, `b` the palm, `c` nails.
    Skin(u8),
    /// A face on an ellipsoid that looks along -y with z up; `a` skin, `b` hair, `c` lips.
    Face,
}

/// A material: plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Material {
    /// What is drawn on it.
    pub pattern: Pattern,
    /// First colour, linear.
    pub a: V3,
    /// Second colour, linear.
    pub b: V3,
    /// Third colour, linear.
    pub c: V3,
    /// Features a metre.
    pub scale: f32,
    /// Strength of the highlight, 0..1.
    pub gloss: f32,
    /// Width of the highlight: 1 sharp .. 0 broad.
    pub polish: f32,
    /// Strength of bumps, 0..1.
    pub bump: f32,
    /// Moves the pattern so that two surfaces of one kind differ, features.
    pub offset: V3,
}

impl Material {
    /// A dull single colour.
    pub fn plain(a: V3) -> Material {
        Material { pattern: Pattern::Plain, a, b: a * 0.7, c: a, scale: 20.0, gloss: 0.04, polish: 0.2, bump: 0.0, offset: V3::ZERO }
    }
}

/// What a material is at one place.
#[derive(Clone, Copy, Debug)]
pub struct Texel {
    /// Linear colour.
    pub albedo: V3,
    /// Added to the normal before it is made unit again.
    pub bump: V3,
    /// Strength of the highlight.
    pub gloss: f32,
    /// Light that the surface sends out by itself, 0..1 of the albedo.
    pub glow: f32,
}

/// Reads materials.
#[derive(Default)]
pub struct Painter {
    noise: Noise,
    skin: SkinPainter,
}

impl Painter {
    /// The look of `m` at `p` (local, metres) with the local normal direction's `facing` where known; a pixel covers `pixel_m`.
    #[inline]
    pub fn texel(&self, m: &Material, p: V3, pixel_m: f32) -> Texel {
        let q = p * m.scale + m.offset;
        // Details smaller than a pixel fade into their mean.
        let fade = |feature_m: f32| smoothstep(0.6, 2.0, feature_m / pixel_m);
        let mut out = Texel { albedo: m.a, bump: V3::ZERO, gloss: m.gloss, glow: 0.0 };
        match m.pattern {
            Pattern::Plain => out.albedo = m.a.lerp(m.b, 0.25 * self.noise.at(q)),
            Pattern::Cloud => out.albedo = m.a.lerp(m.b, smoothstep(0.25, 0.75, self.noise.two(q))),
            Pattern::Speckle => {
                let (big, small) = (self.noise.at(q), self.noise.at(q * 6.0));
                let grain = if small > 0.62 { 0.8 } else { 0.0 };
                let k = fade(0.25 / m.scale);
                out.albedo = m.a.lerp(m.b, 0.3 * big + grain * k + 0.25 * (1.0 - k));
            }
            Pattern::Wood => self.wood(m, q, pixel_m, &mut out),
            Pattern::Tiles => {
                let ((i, u), (j, v)) = (split(q.x), split(q.y));
                let edge = u.min(1.0 - u).min(v.min(1.0 - v));
                let tone = cell(i, j, split(q.z).0);
                let soft = 0.8 * pixel_m * m.scale;
                let joint = 1.0 - smoothstep(0.012 - 0.5 * soft, 0.026 + soft, edge);
                let joint = joint * (0.03 / (0.03 + soft));
                out.albedo = m.a.lerp(m.b, 0.22 * tone + 0.15 * self.noise.at(q * 3.0)).lerp(m.c, joint);
                out.gloss *= 1.0 - joint;
            }
            Pattern::Check => {
                let wide = (2.0 * pixel_m * m.scale).max(0.02);
                let half = |t: f32| ((split(0.5 * t).1 - 0.5).abs() - 0.25) * 4.0;
                let side = |t: f32| (half(t) / wide + 0.5).clamp(0.0, 1.0);
                let (u, v) = (side(q.x), side(q.y));
                let odd = u + v - 2.0 * u * v;
                let k = fade(1.0 / m.scale);
                out.albedo = m.a.lerp(m.b, odd * k + 0.5 * (1.0 - k) + 0.08 * self.noise.at(q * 5.0));
            }
            Pattern::Stripes => {
                let u = split(q.y).1;
                let k = fade(0.5 / m.scale);
                let s = smoothstep(0.45, 0.5, u) * (1.0 - smoothstep(0.95, 1.0, u));
                out.albedo = m.a.lerp(m.b, s * k + 0.5 * (1.0 - k));
                self.weave(p, pixel_m, m.bump, &mut out);
            }
            Pattern::Cloth => {
                out.albedo = m.a.lerp(m.b, 0.35 * self.noise.two(q));
                self.weave(p, pixel_m, m.bump, &mut out);
                let n = self.noise.at(q * 1.7 + v3(3.0, 9.0, 1.0)) - 0.5;
                out.bump += v3(n, self.noise.at(q * 1.7 + v3(13.0, 2.0, 5.0)) - 0.5, n) * (0.9 * m.bump);
            }
            Pattern::Carpet => {
                let fleck = self.noise.at(p * 260.0);
                let k = fade(0.004);
                let motif = smoothstep(0.48, 0.55, self.noise.two(q));
                out.albedo = m.a.lerp(m.b, motif) * (1.0 - 0.5 * k * (fleck - 0.4)) * 1.0;
                out.albedo = out.albedo.lerp(m.c, 0.6 * smoothstep(0.62, 0.70, self.noise.at(q * 2.3)));
                let n = fleck - 0.5;
                out.bump = v3(n, -n, n) * (0.8 * k);
            }
            Pattern::Print(layout) => layout.paint(&self.noise, m, p, pixel_m, &mut out),
            Pattern::Paper => print::page(&self.noise, m, p, pixel_m, &mut out),
            Pattern::Leaves => {
                let line = self.noise.at(v3(p.x * 12.0, p.y * 12.0, p.z * 2600.0));
                out.albedo = m.a * (0.80 + 0.25 * (line * fade(0.0009) + 0.5 * (1.0 - fade(0.0009))));
            }
            Pattern::Keys => {
                let (u, v) = (split(q.x).1, split(q.y).1);
                let edge = u.min(1.0 - u).min(v.min(1.0 - v));
                let key = smoothstep(0.06, 0.14, edge);
                let k = fade(0.25 / m.scale);
                out.albedo = m.b.lerp(m.a, key * k + 0.7 * (1.0 - k));
                let letter = self.noise.at(v3(q.x * 9.0, q.y * 9.0, 0.0)) > 0.62 && (u - 0.4).abs() < 0.14 && (v - 0.55).abs() < 0.18;
                if letter {
                    out.albedo = out.albedo.lerp(m.c, 0.8 * fade(0.12 / m.scale));
                }
            }
            Pattern::Screen => {
                let pane = cell(split(q.x * 2.0).0, split(q.z * 1.5).0, 3);
                let line = cell(split(p.x * 28.0).0, split(p.z * 160.0).0, 5);
                let text = if line > 0.45 && split(p.z * 160.0).1 > 0.5 { 0.6 } else { 0.0 };
                out.albedo = m.a.lerp(m.b, pane).lerp(m.c, text * fade(0.003));
                out.glow = 0.85;
            }
            Pattern::Row => {
                // Each back has its own breadth, height and colour.
                let (i, f) = split(q.x + 0.35 * (cell(split(q.x).0, 1, 7) - 0.5));
                let tone = [cell(i, 2, 1), cell(i, 3, 1), cell(i, 4, 1)];
                let colour = v3(tone[0], tone[1], tone[2]);
                let grey = (tone[0] + tone[1] + tone[2]) / 3.0;
                let colour = v3(grey, grey, grey).lerp(colour, 0.6) * 0.8;
                let gap = 1.0 - smoothstep(0.03, 0.08, f.min(1.0 - f));
                let band = cell(i, split(p.z * 34.0).0, 9) > 0.75;
                out.albedo = if band { colour.lerp(V3::ONE, 0.45) } else { colour } * (1.0 - 0.85 * gap);
            }
            Pattern::Skin(finger) => self.skin.paint(&self.noise, m, finger, p, pixel_m, &mut out),
            Pattern::Face => self.face(m, p, &mut out),
        }
        if m.bump > 0.0 && matches!(m.pattern, Pattern::Cloud | Pattern::Speckle | Pattern::Plain | Pattern::Tiles) {
            let b = q * 2.3;
            let n = v3(self.noise.at(b), self.noise.at(b + v3(17.0, 0.0, 0.0)), self.noise.at(b + v3(0.0, 31.0, 0.0)));
            out.bump += (n - v3(0.5, 0.5, 0.5)) * (m.bump * fade(0.5 / m.scale));
        }
        out
    }

    fn wood(&self, m: &Material, q: V3, pixel_m: f32, out: &mut Texel) {
        let (board, along) = split(q.y * 0.5);
        let seed = cell(board, 0, 11);
        let warp = self.noise.at(v3(q.x * 0.18 + 40.0 * seed, q.y * 0.9, q.z * 0.9 + 9.0 * seed));
        let rings = (q.y * 1.4 + 7.0 * warp + 13.0 * seed) * 2.2;
        let t = split(rings).1;
        let ring = if t < 0.75 { t / 0.75 } else { (1.0 - t) * 4.0 };
        let fine = self.noise.at(v3(q.x * 1.6, q.y * 26.0, q.z * 26.0));
        let k = smoothstep(0.6, 2.0, 0.3 / m.scale / pixel_m);
        out.albedo = m.a.lerp(m.b, k * (0.55 * ring + 0.25 * fine) + 0.4 * (1.0 - k)) * (0.88 + 0.2 * seed);
        let edge = along.min(1.0 - along);
        out.albedo = out.albedo * (1.0 - 0.55 * (1.0 - smoothstep(0.004, 0.012, edge)) * k);
    }

    fn weave(&self, p: V3, pixel_m: f32, bump: f32, out: &mut Texel) {
        let k = smoothstep(0.6, 2.0, 0.0015 / pixel_m);
        if k <= 0.0 {
            return;
        }
        let thread = self.noise.at(v3(p.x * 620.0, p.y * 620.0, p.z * 620.0)) - 0.5;
        out.albedo = out.albedo * (1.0 + 0.35 * k * thread);
        out.bump += v3(thread, -thread, thread) * (k * bump);
    }

    fn face(&self, m: &Material, p: V3, out: &mut Texel) {
        // p is on an ellipsoid of about 0.075 x 0.095 x 0.12 m half extents.
        let (x, z) = (p.x.abs(), p.z);
        let front = smoothstep(-0.03, -0.06, p.y);
        let hair = z > 0.055 - 0.12 * (p.y + 0.05).max(0.0) + 0.012 * self.noise.at(p * 60.0) || p.y > 0.03;
        let mottled = m.a * (0.92 + 0.16 * self.noise.two(p * 45.0 + m.offset));
        out.albedo = mottled;
        let blob = |cx: f32, cz: f32, rx: f32, rz: f32| smoothstep(1.2, 0.8, ((x - cx) / rx).powi(2) + ((z - cz) / rz).powi(2));
        out.albedo = out.albedo.lerp(m.b, 0.8 * front * blob(0.031, 0.026, 0.018, 0.0045));
        out.albedo = out.albedo.lerp(v3(0.75, 0.72, 0.70), front * blob(0.031, 0.010, 0.014, 0.0055));
        out.albedo = out.albedo.lerp(v3(0.03, 0.02, 0.015), front * blob(0.031, 0.010, 0.0055, 0.0055));
        out.albedo = out.albedo.lerp(m.c, front * blob(0.0, -0.052, 0.024, 0.0075));
        out.albedo = out.albedo * (1.0 - 0.45 * front * blob(0.009, -0.026, 0.006, 0.004));
        out.albedo = out.albedo.lerp(mottled.times(v3(1.05, 0.8, 0.78)), 0.4 * front * blob(0.040, -0.020, 0.022, 0.018));
        if hair {
            out.albedo = m.b * (0.5 + self.noise.at(v3(p.x * 400.0, p.y * 90.0, p.z * 90.0)));
        }
    }
}
