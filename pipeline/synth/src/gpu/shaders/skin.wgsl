// Skin of the hand: `raster/skin.rs` one place at a time. Painted in rest space.

struct Finger {
    origin: vec3f,
    radius: f32,
    across: vec3f,
    first_bone_m: f32,
    along: vec3f,
    second_bone_m: f32,
    up: vec3f,
    third_bone_m: f32,
}

struct Hand {
    fingers: array<Finger, 5>,
}

@group(1) @binding(2) var<uniform> hand: Hand;

// 1 on a line of this half width, 0 away from it.
fn line(distance: f32, half_width: f32) -> f32 {
    let t = distance / half_width;
    let t2 = t * t;
    return 1.0 / (1.0 + t2 * t2);
}

// How much is left of something this broad.
fn share_of(breadth_m: f32, pixel_m: f32) -> f32 {
    return min(breadth_m / pixel_m, 1.0);
}

// A line as wide as a pixel at least and then as much fainter as `strength_m` says.
fn faint_line(distance: f32, half_width_m: f32, strength_m: f32, pixel_m: f32) -> f32 {
    return line(distance, max(pixel_m * 0.5, half_width_m)) * share_of(strength_m, pixel_m);
}

// A cheap wave of period 1, -1..1.
fn wave(t: f32) -> f32 {
    let u = rest(t);
    return u * (1.0 - u) * 8.0 - 1.0;
}

// 1 on the palm's side of the hand, 0 on its back.
fn palm_share(p: vec3f) -> f32 {
    return ramp(0.003, -0.007, p.z - min(p.x + 0.028, 0.0) * 0.35);
}

// Redder, a little darker.
fn tinted(albedo: vec3f, red: f32) -> vec3f {
    return albedo * mix(vec3f(1.0), vec3f(1.02, 0.74, 0.72), clamp(red, 0.0, 1.0));
}

fn skin(m: Surface, p: vec3f, pixel_m: f32, t: ptr<function, Texel>) {
    let blotch = noise_two(p * 75.0 + m.offset);
    if m.which < 5u {
        finger_skin(m, p, pixel_m, blotch, t);
    } else {
        palm_and_arm(m, p, pixel_m, blotch, t);
    }
    let fine = ramp(0.5, 1.6, 0.0016 / pixel_m);
    if fine > 0.0 {
        let pore = noise(p * 820.0) - 0.5;
        (*t).albedo *= 1.0 + fine * pore * 0.12;
        let k = fine * pore * 0.22;
        (*t).bump += vec3f(k, k * 0.6, -k);
    }
}

fn palm_and_arm(m: Surface, p: vec3f, pixel_m: f32, blotch: f32, t: ptr<function, Texel>) {
    let hand_part = ramp(-0.012, 0.006, p.y);
    let palmar = palm_share(p) * hand_part;
    let back = 1.0 - palmar;
    let inner = ramp(0.006, -0.014, p.z) * (1.0 - hand_part);
    var albedo = mix(m.a, m.b, min(palmar + inner * 0.25, 1.0)) * (blotch * 0.24 + 0.88);
    var red = palmar * 0.10;
    var dark = 0.0;
    if p.y > 0.05 {
        // Knuckles.
        let wobble = noise(p * 180.0) * 2.0;
        for (var i = 1u; i < 5u; i++) {
            let away = p - hand.fingers[i].origin;
            let near = ramp(0.018, 0.009, length(away)) * back;
            red += near * 0.40;
            dark += near * 0.12 * (wave(away.y * (1.0 / 0.0026) + wobble) * 0.5 + 0.5);
        }
    }
    if palmar > 0.0 && p.y > 0.0 {
        let wobble = (noise(p * 60.0) - 0.5) * 0.003;
        let wide = max(pixel_m * 0.55, 0.0008);
        // Lines around the thumb's ball, across the middle, and below the fingers.
        let to_ball = length(vec2f(p.x + 0.036, p.y - 0.028));
        let beside = p.x - max(p.y - 0.05, 0.0) * 0.3;
        let life = line(to_ball - 0.037 + wobble, wide) * ramp(-0.040, -0.030, beside);
        let h = p.x + 0.012;
        let head = line(p.y - 0.063 + h * 0.45 + h * h * 4.0 + wobble, wide) * ramp(-0.034, -0.028, p.x) * ramp(0.036, 0.024, p.x);
        let e = p.x - 0.012;
        let heart = line(p.y - 0.072 + p.x * 0.10 - e * e * 6.0 - wobble, wide) * ramp(-0.020, -0.010, p.x);
        let lines = palmar * share_of(0.0016, pixel_m) * min(life + head + heart, 1.0);
        dark += lines * 0.38;
        red += lines * 0.5 + palmar * 0.20 * ramp(0.55, 0.75, blotch);
    }
    // Creases at the wrist.
    if abs(p.y) < 0.015 {
        let wobble = noise(vec3f(p.x * 90.0, 1.0, 1.0)) * 0.0015;
        dark += faint_line(p.y + 0.004 + wobble, 0.0007, 0.0014, pixel_m) * 0.25 * ramp(0.0, -0.008, p.z);
    }
    albedo = tinted(albedo, red);
    // Veins of the back of the hand and of the inner arm.
    let n = abs(noise(vec3f(p.x * 55.0, p.y * 22.0, 4.0) + m.offset) - 0.5);
    let vein = ramp(0.045, 0.0, n) * back * ramp(0.0, 0.008, abs(p.z)) * 0.45;
    albedo *= mix(vec3f(1.0), vec3f(0.80, 0.92, 0.98), vein);
    (*t).albedo = albedo * (1.0 - min(dark, 1.0) * 0.5);
    // Hair and dryness along the arm.
    let seen = ramp(0.5, 1.6, 0.0012 / pixel_m) * back * ramp(0.02, -0.05, p.y);
    if seen > 0.0 {
        let hair = noise(vec3f(p.x * 700.0, p.y * 120.0, p.z * 700.0)) - 0.5;
        (*t).albedo *= 1.0 + hair * seen * 0.25;
    }
}

fn finger_skin(m: Surface, p: vec3f, pixel_m: f32, blotch: f32, t: ptr<function, Texel>) {
    let f = hand.fingers[m.which];
    let thumb = m.which == 0u;
    let q = p - f.origin;
    let l = vec3f(dot(q, f.across), dot(q, f.along), dot(q, f.up));
    let r = f.radius;
    // The seam to the palm must not show.
    let seam = select(vec2f(0.15, 0.5), vec2f(0.75, 1.1), thumb);
    let of_palm = palm_share(p);
    let palmar = mix(of_palm, ramp(0.25 * r, -0.55 * r, l.z), ramp(seam.x, seam.y, l.y / f.first_bone_m));
    let back = 1.0 - palmar;
    let end = f.first_bone_m + f.second_bone_m + f.third_bone_m;
    let albedo = mix(m.a, m.b, palmar) * (blotch * 0.20 + 0.90);
    // Blood shows at the joints and in the pads of the tips.
    var red = ramp(end - 1.6 * r, end, l.y) * 0.35 + palmar * 0.15;
    var dark = 0.0;
    let seen = ramp(0.4, 1.4, 0.0011 / pixel_m);
    for (var joint = 1u; joint < 3u; joint++) {
        let station = f.first_bone_m + select(0.0, f.second_bone_m, joint == 2u);
        let d = l.y - station;
        let reach = select(0.55, 0.85, joint == 1u) * r;
        let near = ramp(reach * 1.5, 0.0, abs(d));
        if near <= 0.0 {
            continue;
        }
        red += near * back * 0.35;
        // Folds across the back of the joint, creases across its palm side.
        let wobble = (noise(vec3f(l.x * 260.0, d * 160.0, 3.0 + f32(joint))) - 0.5) * 1.6;
        let turn = (d + wobble * 0.0012) * (1.0 / 0.0021);
        let folds = wave(turn) * 0.5 + 0.5;
        dark += near * near * back * folds * folds * folds * (seen * 0.75 + 0.25) * 0.26;
        var crease = faint_line(d + wobble * 0.0007, 0.00045, 0.0009, pixel_m);
        if joint == 1u {
            crease += faint_line(d + wobble * 0.0007 - 0.0032, 0.0004, 0.0008, pixel_m) * 0.6;
        }
        dark += palmar * min(crease, 1.0) * 0.34;
        (*t).bump += f.along * (near * near * back * wave(turn + 0.25) * seen * 0.13);
    }
    if !thumb {
        dark += palmar * faint_line(l.y - 0.40 * f.first_bone_m, 0.00055, 0.0011, pixel_m) * 0.32;
    }
    (*t).albedo = tinted(albedo, red) * (1.0 - min(dark, 1.0) * 0.55);
    nail(m, end, r, l, pixel_m, select(1.0, 1.12, thumb), t);
}

fn nail(m: Surface, end: f32, r: f32, l: vec3f, pixel_m: f32, breadth: f32, t: ptr<function, Texel>) {
    let half_w = 0.62 * r * breadth;
    let root = end - 0.92 * r;
    let free = end + 0.44 * r;
    if l.z <= 0.1 * r || l.y <= root - 0.4 * r {
        return;
    }
    let mid = 0.5 * (root + free);
    let half_l = 0.5 * (free - root);
    // Rounded rectangle, rounder at the root.
    let corner = select(0.45, 0.65, l.y < mid) * half_w;
    let d2 = abs(vec2f(l.x, l.y - mid)) - vec2f(half_w, half_l) + corner;
    let d = length(max(d2, vec2f(0.0))) + min(max(d2.x, d2.y), 0.0) - corner;
    let soft = max(pixel_m * 0.6, 0.00018);
    let s = clamp((soft - d) / (soft + soft), 0.0, 1.0);
    let inside = s * s * (3.0 - s - s);
    let rim = faint_line(d, 0.00045, 0.0012, pixel_m);
    let moon = ramp(0.35 * r, 0.30 * r, length(vec2f(l.x * 0.7, l.y - root)));
    var colour = mix(m.c, vec3f(0.75), moon * 0.18);
    colour = mix(colour, vec3f(0.74, 0.68, 0.60), ramp(free - 0.14 * r, free - 0.07 * r, l.y) * 0.45);
    (*t).albedo = mix((*t).albedo, colour, inside) * (1.0 - rim * 0.32);
    (*t).gloss += (0.42 - (*t).gloss) * inside * 0.8;
    (*t).bump *= 1.0 - inside;
}
