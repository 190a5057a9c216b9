//! How surfaces look: procedural colour, gloss and bumps as a function of a place on the surface.

use wide::f32x4;

use super::noise::{Noise, cell};
use super::print;
use super::skin::SkinPainter;
use crate::mesh::lanes::{V3x4, smoothstep4, split4};
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
    /// Light that the surface sends out by itself, 0..1 of the albedo.
    pub glow: f32,
}

/// What a material is at four places.
#[derive(Clone, Copy, Debug)]
pub struct Texels {
    /// Linear colours.
    pub albedo: V3x4,
    /// Added to the normals before they are made unit again.
    pub bump: V3x4,
    /// Strengths of the highlight.
    pub gloss: f32x4,
    /// Light that the surface sends out by itself, 0..1 of the albedo.
    pub glow: f32x4,
}

/// Reads materials.
#[derive(Default)]
pub struct Painter {
    noise: Noise,
    skin: SkinPainter,
}

#[inline]
fn number(x: f32) -> f32x4 {
    f32x4::splat(x)
}

impl Painter {
    /// The looks of `m` at four places `p` (local, metres), the first `count` of which matter; a pixel covers `pixel_m`.
    #[inline]
    pub fn texels(&self, m: &Material, p: V3x4, pixel_m: f32x4, count: usize) -> Texels {
        let q = p * m.scale + V3x4::splat(m.offset);
        // Details smaller than a pixel fade into their mean.
        let fade = |feature_m: f32| smoothstep4(0.6, 2.0, number(feature_m) / pixel_m);
        let a = V3x4::splat(m.a);
        let mut out = Texels { albedo: a, bump: V3x4::ZERO, gloss: number(m.gloss), glow: f32x4::ZERO };
        match m.pattern {
            Pattern::Plain => out.albedo = a.lerp_one(m.b, self.noise.at4(q) * 0.25),
            Pattern::Cloud => out.albedo = a.lerp_one(m.b, smoothstep4(0.25, 0.75, self.noise.two4(q))),
            Pattern::Speckle => {
                let (big, small) = (self.noise.at4(q), self.noise.at4(q * 6.0));
                let grain = small.simd_gt(number(0.62)) & number(0.8);
                let k = fade(0.25 / m.scale);
                out.albedo = a.lerp_one(m.b, big * 0.3 + grain * k + (f32x4::ONE - k) * 0.25);
            }
            Pattern::Wood => self.wood(m, q, fade(0.3 / m.scale), &mut out),
            Pattern::Tiles => {
                let ((i, u), (j, v), (k, _)) = (split4(q.x), split4(q.y), split4(q.z));
                let edge = u.fast_min(f32x4::ONE - u).fast_min(v.fast_min(f32x4::ONE - v));
                let (i, j, k) = (i.to_array(), j.to_array(), k.to_array());
                let tone = f32x4::new([0, 1, 2, 3].map(|n| cell(i[n], j[n], k[n])));
                let soft = pixel_m * (0.8 * m.scale);
                let low = number(0.012) - soft * 0.5;
                let t = ((edge - low) / (number(0.026) + soft - low)).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
                let joint = (f32x4::ONE - t * t * (number(3.0) - t - t)) * (number(0.03) / (soft + number(0.03)));
                out.albedo = a.lerp_one(m.b, tone * 0.22 + self.noise.at4(q * 3.0) * 0.15).lerp_one(m.c, joint);
                out.gloss *= f32x4::ONE - joint;
            }
            Pattern::Check => {
                let wide = (pixel_m * (2.0 * m.scale)).fast_max(number(0.02));
                let half = |t: f32x4| ((split4(t * 0.5).1 - number(0.5)).abs() - number(0.25)) * 4.0;
                let side = |t: f32x4| (half(t) / wide + number(0.5)).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
                let (u, v) = (side(q.x), side(q.y));
                let odd = u + v - u * v * 2.0;
                let k = fade(1.0 / m.scale);
                out.albedo = a.lerp_one(m.b, odd * k + (f32x4::ONE - k) * 0.5 + self.noise.at4(q * 5.0) * 0.08);
            }
            Pattern::Stripes => {
                let u = split4(q.y).1;
                let k = fade(0.5 / m.scale);
                let s = smoothstep4(0.45, 0.5, u) * (f32x4::ONE - smoothstep4(0.95, 1.0, u));
                out.albedo = a.lerp_one(m.b, s * k + (f32x4::ONE - k) * 0.5);
                self.weave(p, fade(0.0015), m.bump, &mut out);
            }
            Pattern::Cloth => {
                out.albedo = a.lerp_one(m.b, self.noise.two4(q) * 0.35);
                self.weave(p, fade(0.0015), m.bump, &mut out);
                let n = (self.noise.at4(q * 1.7 + V3x4::splat(v3(3.0, 9.0, 1.0))) - number(0.5)) * (0.9 * m.bump);
                let y = (self.noise.at4(q * 1.7 + V3x4::splat(v3(13.0, 2.0, 5.0))) - number(0.5)) * (0.9 * m.bump);
                out.bump += V3x4 { x: n, y, z: n };
            }
            Pattern::Carpet => {
                let k = fade(0.004);
                let fleck = self.noise.at4(p * 260.0);
                let motif = smoothstep4(0.48, 0.55, self.noise.two4(q));
                out.albedo = a.lerp_one(m.b, motif) * (f32x4::ONE - k * (fleck - number(0.4)) * 0.5);
                out.albedo = out.albedo.lerp_one(m.c, smoothstep4(0.62, 0.70, self.noise.at4(q * 2.3)) * 0.6);
                let n = (fleck - number(0.5)) * k * 0.8;
                out.bump = V3x4 { x: n, y: -n, z: n };
            }
            Pattern::Skin(finger) => self.skin.paint(&self.noise, m, finger, p, pixel_m, &mut out),
            _ => {
                let (places, sizes) = (p.rows(), pixel_m.to_array());
                let (mut albedo, mut glow) = ([V3::ZERO; 4], [0.0; 4]);
                for k in 0..count.min(4) {
                    let texel = self.drawn(m, places[k], sizes[k]);
                    (albedo[k], glow[k]) = (texel.albedo, texel.glow);
                }
                (out.albedo, out.glow) = (V3x4::of(albedo), f32x4::new(glow));
            }
        }
        if m.bump > 0.0 && matches!(m.pattern, Pattern::Cloud | Pattern::Speckle | Pattern::Plain | Pattern::Tiles) {
            let b = q * 2.3;
            let n = [V3::ZERO, v3(17.0, 0.0, 0.0), v3(0.0, 31.0, 0.0)].map(|o| self.noise.at4(b + V3x4::splat(o)) - number(0.5));
            out.bump += V3x4 { x: n[0], y: n[1], z: n[2] } * (fade(0.5 / m.scale) * m.bump);
        }
        out
    }

    /// Patterns with letters, cells and edges, which are drawn one place at a time.
    fn drawn(&self, m: &Material, p: V3, pixel_m: f32) -> Texel {
        let q = p * m.scale + m.offset;
        let fade = |feature_m: f32| smoothstep(0.6, 2.0, feature_m / pixel_m);
        let mut out = Texel { albedo: m.a, glow: 0.0 };
        match m.pattern {
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
            Pattern::Face => self.face(m, p, &mut out),
            _ => {}
        }
        out
    }

    fn wood(&self, m: &Material, q: V3x4, k: f32x4, out: &mut Texels) {
        let (board, along) = split4(q.y * 0.5);
        let seed = f32x4::new(board.to_array().map(|b| cell(b, 0, 11)));
        let warp = self.noise.at4(V3x4 { x: q.x * 0.18 + seed * 40.0, y: q.y * 0.9, z: q.z * 0.9 + seed * 9.0 });
        let rings = (q.y * 1.4 + warp * 7.0 + seed * 13.0) * 2.2;
        let t = split4(rings).1;
        let ring = (t * (1.0 / 0.75)).fast_min((f32x4::ONE - t) * 4.0);
        let fine = self.noise.at4(V3x4 { x: q.x * 1.6, y: q.y * 26.0, z: q.z * 26.0 });
        let tone = number(0.88) + seed * 0.2;
        out.albedo = V3x4::splat(m.a).lerp_one(m.b, k * (ring * 0.55 + fine * 0.25) + (f32x4::ONE - k) * 0.4) * tone;
        let edge = along.fast_min(f32x4::ONE - along);
        out.albedo = out.albedo * (f32x4::ONE - (f32x4::ONE - smoothstep4(0.004, 0.012, edge)) * k * 0.55);
    }

    fn weave(&self, p: V3x4, k: f32x4, bump: f32, out: &mut Texels) {
        if !k.simd_gt(f32x4::ZERO).any() {
            return;
        }
        let thread = self.noise.at4(p * 620.0) - number(0.5);
        out.albedo = out.albedo * (f32x4::ONE + k * thread * 0.35);
        let n = thread * k * bump;
        out.bump += V3x4 { x: n, y: -n, z: n };
    }

    fn face(&self, m: &Material, p: V3, out: &mut Texel) {
        // p is on an ellipsoid of about 0.075 x 0.095 x 0.12 m half extents.
        let (x, z) = (p.x.abs(), p.z);
        let front = smoothstep(-0.03, -0.06, p.y);
        let hair = z > 0.055 - 0.12 * (p.y + 0.05).max(0.0) + 0.012 * self.noise.at(p * 60.0) || p.y > 0.03;
        let mottled = m.a * (0.92 + 0.16 * self.noise.at(p * 45.0 + m.offset));
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
