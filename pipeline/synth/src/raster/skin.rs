//! Skin of the hand: nails, knuckle wrinkles, finger creases, lines of the palm, veins, redness. Painted in rest space, at four
//! places at once.

use wide::f32x4;

use super::material::{Material, Texels};
use super::noise::Noise;
use crate::mesh::anatomy::{FingerRest, RestHand, rest_hand};
use crate::mesh::lanes::{V3x4, smoothstep4, split4};
use crate::mesh::vec3::{V3, v3};

/// Paints skin by place on the rest hand.
pub(super) struct SkinPainter {
    hand: RestHand,
}

impl Default for SkinPainter {
    fn default() -> SkinPainter {
        SkinPainter { hand: rest_hand() }
    }
}

/// Where skin is painted, and how large a pixel is there, metres.
#[derive(Clone, Copy)]
struct Places {
    at: V3x4,
    pixel_m: f32x4,
    /// Soft patches, 0..1.
    blotch: f32x4,
}

impl Places {
    /// A line of this half width at these distances, as wide as a pixel at least and then as much fainter as `strength_m` says.
    fn line(&self, distance: f32x4, half_width_m: f32, strength_m: f32) -> f32x4 {
        let wide = (self.pixel_m * 0.5).fast_max(f32x4::splat(half_width_m));
        line(distance, wide) * self.share(strength_m)
    }

    /// How much is left of something this broad.
    fn share(&self, breadth_m: f32) -> f32x4 {
        (f32x4::splat(breadth_m) / self.pixel_m).fast_min(f32x4::ONE)
    }

    /// Whether details of this size are seen.
    fn seen(&self, from: f32, to: f32, size_m: f32) -> f32x4 {
        smoothstep4(from, to, f32x4::splat(size_m) / self.pixel_m)
    }
}

/// 1 on a line of this half width, 0 away from it.
#[inline]
fn line(distance: f32x4, half_width: f32x4) -> f32x4 {
    let t = distance / half_width;
    let t2 = t * t;
    f32x4::ONE / (f32x4::ONE + t2 * t2)
}

#[inline]
fn number(x: f32) -> f32x4 {
    f32x4::splat(x)
}

/// At least one of four is above zero.
#[inline]
fn some(x: f32x4) -> bool {
    x.simd_gt(f32x4::ZERO).any()
}

impl SkinPainter {
    /// Colours the texels at rest positions `p` of `finger` (5: palm and arm).
    pub(super) fn paint(&self, noise: &Noise, m: &Material, finger: u8, p: V3x4, pixel_m: f32x4, out: &mut Texels) {
        let blotch = noise.two4(p * 75.0 + V3x4::splat(m.offset));
        let places = Places { at: p, pixel_m, blotch };
        match self.hand.fingers.get(finger as usize) {
            Some(f) => finger_skin(f, finger == 0, noise, m, &places, out),
            None => self.palm_and_arm(noise, m, &places, out),
        }
        let fine = places.seen(0.5, 1.6, 0.0016);
        if some(fine) {
            let pore = noise.at4(p * 820.0) - number(0.5);
            out.albedo = out.albedo * (f32x4::ONE + fine * pore * 0.12);
            let k = fine * pore * 0.22;
            out.bump += V3x4 { x: k, y: k * 0.6, z: -k };
        }
    }

    fn palm_and_arm(&self, noise: &Noise, m: &Material, places: &Places, out: &mut Texels) {
        let p = places.at;
        let hand_part = smoothstep4(-0.012, 0.006, p.y);
        let palmar = palm_share(p) * hand_part;
        let back = f32x4::ONE - palmar;
        let inner = smoothstep4(0.006, -0.014, p.z) * (f32x4::ONE - hand_part);
        let shade = places.blotch * 0.24 + number(0.88);
        let mut albedo = V3x4::splat(m.a).lerp_one(m.b, (palmar + inner * 0.25).fast_min(f32x4::ONE)) * shade;
        let mut red = palmar * 0.10;
        let mut dark = f32x4::ZERO;
        if some(p.y - number(0.05)) {
            // Knuckles.
            let wobble = noise.at4(p * 180.0) * 2.0;
            for f in &self.hand.fingers[1..] {
                let joint = f.joint(0);
                let away = p - V3x4::splat(joint);
                let near = smoothstep4(0.018, 0.009, away.dot(away).sqrt()) * back;
                if some(near) {
                    red += near * 0.40;
                    dark += near * 0.12 * (wave(away.y * (1.0 / 0.0026) + wobble) * 0.5 + number(0.5));
                }
            }
        }
        if some((palmar - number(0.05)).fast_min(p.y)) {
            let wobble = (noise.at4(p * 60.0) - number(0.5)) * 0.003;
            let wide = (places.pixel_m * 0.55).fast_max(number(0.0008));
            // Lines around the thumb's ball, across the middle, and below the fingers.
            let (bx, by) = (p.x + number(0.036), p.y - number(0.028));
            let to_ball = (bx * bx + by * by).sqrt();
            let beside = p.x - (p.y - number(0.05)).fast_max(f32x4::ZERO) * 0.3;
            let life = line(to_ball - number(0.037) + wobble, wide) * smoothstep4(-0.040, -0.030, beside);
            let h = p.x + number(0.012);
            let head = line(p.y - number(0.063) + h * 0.45 + h * h * 4.0 + wobble, wide)
                * smoothstep4(-0.034, -0.028, p.x)
                * smoothstep4(0.036, 0.024, p.x);
            let e = p.x - number(0.012);
            let heart = line(p.y - number(0.072) + p.x * 0.10 - e * e * 6.0 - wobble, wide) * smoothstep4(-0.020, -0.010, p.x);
            let lines = palmar * places.share(0.0016) * (life + head + heart).fast_min(f32x4::ONE);
            dark += lines * 0.38;
            red += lines * 0.5 + palmar * 0.20 * smoothstep4(0.55, 0.75, places.blotch);
        }
        // Creases at the wrist.
        if some(number(0.015) - p.y.abs()) {
            let wobble = noise.at4(V3x4 { x: p.x * 90.0, y: f32x4::ONE, z: f32x4::ONE }) * 0.0015;
            let crease = places.line(p.y + number(0.004) + wobble, 0.0007, 0.0014);
            dark += crease * 0.25 * smoothstep4(0.0, -0.008, p.z);
        }
        albedo = tinted(albedo, red);
        // Veins of the back of the hand and of the inner arm.
        let along = V3x4 { x: p.x * 55.0, y: p.y * 22.0, z: number(4.0) } + V3x4::splat(m.offset);
        let n = (noise.at4(along) - number(0.5)).abs();
        let vein = smoothstep4(0.045, 0.0, n) * back * smoothstep4(0.0, 0.008, p.z.abs()) * 0.45;
        albedo = albedo.times(V3x4::splat(V3::ONE).lerp_one(v3(0.80, 0.92, 0.98), vein));
        out.albedo = albedo * (f32x4::ONE - dark.fast_min(f32x4::ONE) * 0.5);
        // Hair and dryness along the arm.
        let seen = places.seen(0.5, 1.6, 0.0012) * back * smoothstep4(0.02, -0.05, p.y);
        if some(seen) {
            let hair = noise.at4(V3x4 { x: p.x * 700.0, y: p.y * 120.0, z: p.z * 700.0 }) - number(0.5);
            out.albedo = out.albedo * (f32x4::ONE + hair * seen * 0.25);
        }
    }
}

fn finger_skin(f: &FingerRest, thumb: bool, noise: &Noise, m: &Material, places: &Places, out: &mut Texels) {
    let q = places.at - V3x4::splat(f.frame.origin);
    let [across, along, up] = f.frame.columns;
    let l = V3x4 { x: q.dot_one(across), y: q.dot_one(along), z: q.dot_one(up) };
    let r = f.radius;
    // The seam to the palm must not show.
    let (from, to) = if thumb { (0.75, 1.1) } else { (0.15, 0.5) };
    let of_palm = palm_share(places.at);
    let palmar = of_palm + (smoothstep4(0.25 * r, -0.55 * r, l.z) - of_palm) * smoothstep4(from, to, l.y * (1.0 / f.bones[0]));
    let back = f32x4::ONE - palmar;
    let end = f.station(3);
    let albedo = V3x4::splat(m.a).lerp_one(m.b, palmar) * (places.blotch * 0.20 + number(0.90));
    // Blood shows at the joints and in the pads of the tips.
    let tip = smoothstep4(end - 1.6 * r, end, l.y);
    let mut red = tip * 0.35 + palmar * 0.15;
    let mut dark = f32x4::ZERO;
    let seen = places.seen(0.4, 1.4, 0.0011);
    for joint in 1..3 {
        let d = l.y - number(f.station(joint));
        let reach = if joint == 1 { 0.85 * r } else { 0.55 * r };
        let near = smoothstep4(reach * 1.5, 0.0, d.abs());
        if !some(near) {
            continue;
        }
        red += near * back * 0.35;
        // Folds across the back of the joint, creases across its palm side.
        let wobble = (noise.at4(V3x4 { x: l.x * 260.0, y: d * 160.0, z: number(3.0 + joint as f32) }) - number(0.5)) * 1.6;
        let turn = (d + wobble * 0.0012) * (1.0 / 0.0021);
        let folds = wave(turn) * 0.5 + number(0.5);
        dark += near * near * back * folds * folds * folds * (seen * 0.75 + number(0.25)) * 0.26;
        let near_line = f32x4::ZERO.simd_gt(-near);
        let crease = places.line(d + wobble * 0.0007, 0.00045, 0.0009);
        let second = if joint == 1 { places.line(d + wobble * 0.0007 - number(0.0032), 0.0004, 0.0008) * 0.6 } else { f32x4::ZERO };
        dark += (palmar * (crease + second).fast_min(f32x4::ONE) * 0.34) & near_line;
        let bump = near * near * back * wave(turn + number(0.25)) * seen * 0.13;
        out.bump += V3x4::splat(along) * bump;
    }
    if !thumb {
        dark += palmar * places.line(l.y - number(0.40 * f.bones[0]), 0.00055, 0.0011) * 0.32;
    }
    out.albedo = tinted(albedo, red) * (f32x4::ONE - dark.fast_min(f32x4::ONE) * 0.55);
    nail(m, end, r, l, places, if thumb { 1.12 } else { 1.0 }, out);
}

fn nail(m: &Material, end: f32, r: f32, l: V3x4, places: &Places, breadth: f32, out: &mut Texels) {
    let (half_w, root, free) = (0.62 * r * breadth, end - 0.92 * r, end + 0.44 * r);
    let upper = l.z.simd_gt(number(0.1 * r));
    if !(upper & l.y.simd_gt(number(root - 0.4 * r))).any() {
        return;
    }
    let (mid, half_l) = (0.5 * (root + free), 0.5 * (free - root));
    // Rounded rectangle, rounder at the root.
    let round = number(mid).simd_gt(l.y).bitselect(number(0.65 * half_w), number(0.45 * half_w));
    let (dx, dy) = (l.x.abs() - number(half_w) + round, (l.y - number(mid)).abs() - number(half_l) + round);
    let (px, py) = (dx.fast_max(f32x4::ZERO), dy.fast_max(f32x4::ZERO));
    let d = (px * px + py * py).sqrt() + dx.fast_max(dy).fast_min(f32x4::ZERO) - round;
    let soft = (places.pixel_m * 0.6).fast_max(number(0.00018));
    let t = ((soft - d) / (soft + soft)).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
    let inside = (t * t * (number(3.0) - t - t)) & upper;
    let rim = places.line(d, 0.00045, 0.0012) & upper;
    let (my, mx) = (l.y - number(root), l.x * 0.7);
    let moon = smoothstep4(0.35 * r, 0.30 * r, (my * my + mx * mx).sqrt());
    let nail = V3x4::splat(m.c)
        .lerp_one(V3::ONE * 0.75, moon * 0.18)
        .lerp_one(v3(0.74, 0.68, 0.60), smoothstep4(free - 0.14 * r, free - 0.07 * r, l.y) * 0.45);
    out.albedo = out.albedo.lerp(nail, inside) * (f32x4::ONE - rim * 0.32);
    out.gloss = out.gloss + (number(0.42) - out.gloss) * inside * 0.8;
    out.bump = out.bump * (f32x4::ONE - inside);
}

/// 1 on the palm's side of the hand, 0 on its back.
#[inline]
fn palm_share(p: V3x4) -> f32x4 {
    smoothstep4(0.003, -0.007, p.z - (p.x + number(0.028)).fast_min(f32x4::ZERO) * 0.35)
}

/// Redder, a little darker.
#[inline]
fn tinted(albedo: V3x4, red: f32x4) -> V3x4 {
    albedo.times(V3x4::splat(V3::ONE).lerp_one(v3(1.02, 0.74, 0.72), red.fast_max(f32x4::ZERO).fast_min(f32x4::ONE)))
}

/// A cheap wave of period 1, -1..1.
#[inline]
fn wave(t: f32x4) -> f32x4 {
    let u = split4(t).1;
    u * (f32x4::ONE - u) * 8.0 - f32x4::ONE
}
