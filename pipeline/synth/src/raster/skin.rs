//! Skin of the hand: nails, knuckle wrinkles, finger creases, lines of the palm, veins, redness. Painted in rest space.

use super::material::{Material, Texel};
use super::noise::Noise;
use crate::mesh::anatomy::{RestHand, rest_hand};
use crate::mesh::vec3::{V3, smoothstep, split, v3};

/// Paints skin by place on the rest hand.
pub(super) struct SkinPainter {
    hand: RestHand,
}

impl Default for SkinPainter {
    fn default() -> SkinPainter {
        SkinPainter { hand: rest_hand() }
    }
}

/// 1 on a line of this half width, 0 away from it.
fn line(distance: f32, half_width: f32) -> f32 {
    let t = distance / half_width;
    1.0 / (1.0 + t * t * t * t)
}

impl SkinPainter {
    /// Colours the texel at rest position `p` of `finger` (5: palm and arm).
    #[inline]
    pub(super) fn paint(&self, noise: &Noise, m: &Material, finger: u8, p: V3, pixel_m: f32, out: &mut Texel) {
        let blotch = noise.two(p * 75.0 + m.offset);
        let fine_seen = smoothstep(0.5, 1.6, 0.0016 / pixel_m);
        match self.hand.fingers.get(finger as usize) {
            Some(_) => self.finger(noise, m, finger as usize, p, pixel_m, blotch, out),
            None => self.palm_and_arm(noise, m, p, pixel_m, blotch, out),
        }
        if fine_seen > 0.0 {
            let pore = noise.at(p * 820.0) - 0.5;
            out.albedo = out.albedo * (1.0 + 0.12 * fine_seen * pore);
            out.bump += v3(pore, 0.6 * pore, -pore) * (0.22 * fine_seen);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn finger(&self, noise: &Noise, m: &Material, finger: usize, p: V3, pixel_m: f32, blotch: f32, out: &mut Texel) {
        let f = &self.hand.fingers[finger];
        let l = f.local(p);
        let r = f.radius;
        let palmar = smoothstep(0.25 * r, -0.55 * r, l.z);
        // The seam to the palm must not show.
        let (from, to) = if finger == 0 { (0.75, 1.1) } else { (0.15, 0.5) };
        let palmar = palm_share(p) + (palmar - palm_share(p)) * smoothstep(from, to, l.y / f.bones[0]);
        let end = f.station(3);
        let mut albedo = m.a.lerp(m.b, palmar) * (0.90 + 0.20 * blotch);
        // Blood shows at the joints and in the pads of the tips.
        let tip = smoothstep(end - 1.6 * r, end, l.y);
        let mut red = 0.35 * tip + 0.15 * palmar;
        let mut dark = 0.0f32;
        for joint in 1..3 {
            let d = l.y - f.station(joint);
            let reach = if joint == 1 { 0.85 * r } else { 0.55 * r };
            let near = smoothstep(reach * 1.5, 0.0, d.abs());
            red += 0.35 * near * (1.0 - palmar);
            // Folds across the back of the joint, creases across its palm side.
            let seen = smoothstep(0.4, 1.4, 0.0011 / pixel_m);
            if near > 0.0 {
                let wobble = 1.6 * (noise.at(v3(l.x * 260.0, d * 160.0, 3.0 + joint as f32)) - 0.5);
                let folds = 0.5 + 0.5 * wave((d + 0.0012 * wobble) / 0.0021);
                dark += 0.26 * near * near * (1.0 - palmar) * folds * folds * folds * (0.25 + 0.75 * seen);
                let crease = line(d + 0.0007 * wobble, (0.00045f32).max(0.5 * pixel_m)) * (0.00045 / pixel_m * 2.0).min(1.0);
                let second = if joint == 1 {
                    line(d - 0.0032 + 0.0007 * wobble, (0.0004f32).max(0.5 * pixel_m)) * (0.0004 / pixel_m * 2.0).min(1.0)
                } else {
                    0.0
                };
                dark += 0.34 * palmar * (crease + 0.6 * second).min(1.0);
                out.bump += f.frame.columns[1] * (0.13 * near * near * (1.0 - palmar) * wave((d + 0.0012 * wobble) / 0.0021 + 0.25) * seen);
            }
        }
        let base_crease = line(l.y - 0.40 * f.bones[0], (0.00055f32).max(0.5 * pixel_m)) * (0.0011 / pixel_m).min(1.0);
        dark += 0.32 * palmar * base_crease * if finger == 0 { 0.0 } else { 1.0 };
        albedo = tinted(albedo, red) * (1.0 - 0.55 * dark.min(1.0));
        out.albedo = albedo;
        self.nail(m, f.station(3), r, l, pixel_m, if finger == 0 { 1.12 } else { 1.0 }, out);
    }

    #[allow(clippy::too_many_arguments)]
    fn nail(&self, m: &Material, end: f32, r: f32, l: V3, pixel_m: f32, breadth: f32, out: &mut Texel) {
        if l.z < 0.1 * r {
            return;
        }
        let (half_w, root, free) = (0.62 * r * breadth, end - 0.92 * r, end + 0.44 * r);
        let mid = 0.5 * (root + free);
        let half_l = 0.5 * (free - root);
        // Rounded rectangle, rounder at the root.
        let round = if l.y < mid { 0.65 * half_w } else { 0.45 * half_w };
        let (dx, dy) = (l.x.abs() - half_w + round, (l.y - mid).abs() - half_l + round);
        let d = (dx.max(0.0).powi(2) + dy.max(0.0).powi(2)).sqrt() + dx.max(dy).min(0.0) - round;
        let soft = (0.6 * pixel_m).max(0.00018);
        let inside = smoothstep(soft, -soft, d);
        let rim = line(d, (0.00045f32).max(0.5 * pixel_m)) * (0.0012 / pixel_m).min(1.0);
        let mut nail = m.c;
        let moon = smoothstep(0.35 * r, 0.30 * r, ((l.y - root).powi(2) + (0.7 * l.x).powi(2)).sqrt());
        nail = nail.lerp(V3::ONE * 0.75, 0.18 * moon);
        nail = nail.lerp(v3(0.74, 0.68, 0.60), 0.45 * smoothstep(free - 0.14 * r, free - 0.07 * r, l.y));
        out.albedo = out.albedo.lerp(nail, inside) * (1.0 - 0.32 * rim);
        out.gloss = out.gloss + (0.42 - out.gloss) * inside * 0.8;
        out.bump = out.bump * (1.0 - inside);
    }

    fn palm_and_arm(&self, noise: &Noise, m: &Material, p: V3, pixel_m: f32, blotch: f32, out: &mut Texel) {
        let hand_part = smoothstep(-0.012, 0.006, p.y);
        let palmar = palm_share(p) * hand_part;
        let inner = smoothstep(0.006, -0.014, p.z) * (1.0 - hand_part);
        let mut albedo = m.a.lerp(m.b, (palmar + 0.25 * inner).min(1.0)) * (0.88 + 0.24 * blotch);
        let mut red = 0.10 * palmar;
        let mut dark = 0.0f32;
        if p.y > 0.05 {
            // Knuckles.
            for f in &self.hand.fingers[1..] {
                let d = (p - f.joint(0)).norm();
                let near = smoothstep(0.018, 0.009, d) * (1.0 - palmar);
                red += 0.40 * near;
                dark += 0.12 * near * (0.5 + 0.5 * wave((p.y - f.joint(0).y) / 0.0026 + 2.0 * noise.at(p * 180.0)));
            }
        }
        if palmar > 0.05 && p.y > 0.0 {
            let wide = (0.0008f32).max(0.55 * pixel_m);
            let strength = (0.0016 / pixel_m).min(1.0);
            let wobble = 0.003 * (noise.at(p * 60.0) - 0.5);
            // Lines around the thumb's ball, across the middle, and below the fingers.
            let to_ball = v3(p.x + 0.036, p.y - 0.028, 0.0).norm();
            let life = line(to_ball - 0.037 + wobble, wide) * smoothstep(-0.040, -0.030, p.x - 0.3 * (p.y - 0.05).max(0.0));
            let head = line(p.y - (0.063 - 0.45 * (p.x + 0.012) - 4.0 * (p.x + 0.012).powi(2)) + wobble, wide)
                * smoothstep(-0.034, -0.028, p.x)
                * smoothstep(0.036, 0.024, p.x);
            let heart =
                line(p.y - (0.076 - 0.10 * p.x + 6.0 * (p.x - 0.012).powi(2) - 0.004) - wobble, wide) * smoothstep(-0.020, -0.010, p.x);
            let lines = palmar * strength * (life + head + heart).min(1.0);
            dark += 0.38 * lines;
            red += 0.5 * lines;
            red += 0.20 * palmar * smoothstep(0.55, 0.75, blotch);
        }
        // Creases at the wrist.
        if p.y.abs() < 0.015 {
            let wobble = 0.0015 * noise.at(v3(p.x * 90.0, 1.0, 1.0));
            let crease = line(p.y + 0.004 + wobble, (0.0007f32).max(0.5 * pixel_m)) * (0.0014 / pixel_m).min(1.0);
            dark += 0.25 * crease * smoothstep(0.0, -0.008, p.z);
        }
        albedo = tinted(albedo, red);
        // Veins of the back of the hand and of the inner arm.
        let n = noise.at(v3(p.x * 55.0, p.y * 22.0, 4.0) + m.offset);
        let vein = smoothstep(0.045, 0.0, (n - 0.5).abs()) * (1.0 - palmar) * smoothstep(0.0, 0.008, p.z.abs());
        albedo = albedo.times(V3::ONE.lerp(v3(0.80, 0.92, 0.98), 0.45 * vein));
        out.albedo = albedo * (1.0 - 0.5 * dark.min(1.0));
        // Hair and dryness along the arm.
        let seen = smoothstep(0.5, 1.6, 0.0012 / pixel_m) * (1.0 - palmar) * smoothstep(0.02, -0.05, p.y);
        if seen > 0.0 {
            let hair = noise.at(v3(p.x * 700.0, p.y * 120.0, p.z * 700.0)) - 0.5;
            out.albedo = out.albedo * (1.0 + 0.25 * hair * seen);
        }
    }
}

/// 1 on the palm's side of the hand, 0 on its back.
fn palm_share(p: V3) -> f32 {
    smoothstep(0.003, -0.007, p.z - 0.35 * (p.x + 0.028).min(0.0))
}

/// Redder, a little darker.
fn tinted(albedo: V3, red: f32) -> V3 {
    albedo.times(V3::ONE.lerp(v3(1.02, 0.74, 0.72), red.clamp(0.0, 1.0)))
}

/// A cheap wave of period 1, -1..1.
fn wave(t: f32) -> f32 {
    let u = split(t).1;
    let v = 4.0 * u * (1.0 - u);
    2.0 * v - 1.0
}
