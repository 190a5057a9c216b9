// How surfaces look: `raster/material.rs` one place at a time.

struct Surface {
    a: vec3f,
    scale: f32,
    b: vec3f,
    gloss: f32,
    c: vec3f,
    polish: f32,
    offset: vec3f,
    bump: f32,
    // Half the height and half the breadth of a printed face.
    half_size_m: vec2f,
    // Finger of skin, or style of a print.
    which: u32,
    // Of a print: 1 round, 2 lying.
    shape: u32,
    pattern: u32,
    label: u32,
    two_sided: u32,
    unused: u32,
}

struct Texel {
    albedo: vec3f,
    gloss: f32,
    bump: vec3f,
    glow: f32,
}

const PLAIN: u32 = 0u;
const CLOUD: u32 = 1u;
const SPECKLE: u32 = 2u;
const WOOD: u32 = 3u;
const TILES: u32 = 4u;
const CHECK: u32 = 5u;
const STRIPES: u32 = 6u;
const CLOTH: u32 = 7u;
const CARPET: u32 = 8u;
const PRINT: u32 = 9u;
const PAPER: u32 = 10u;
const LEAVES: u32 = 11u;
const KEYS: u32 = 12u;
const SCREEN: u32 = 13u;
const ROW: u32 = 14u;
const SKIN: u32 = 15u;
const FACE: u32 = 16u;

@group(1) @binding(0) var<storage, read> surfaces: array<Surface>;

// Details smaller than a pixel fade into their mean.
fn fade(feature_m: f32, pixel_m: f32) -> f32 {
    return ramp(0.6, 2.0, feature_m / pixel_m);
}

// The looks of a surface at a place `p` (local, metres); a pixel covers `pixel_m`.
fn texel(m: Surface, p: vec3f, pixel_m: f32) -> Texel {
    let q = p * m.scale + m.offset;
    var t = Texel(m.a, m.gloss, vec3f(0.0), 0.0);
    switch m.pattern {
        case PLAIN: { t.albedo = mix(m.a, m.b, noise(q) * 0.25); }
        case CLOUD: { t.albedo = mix(m.a, m.b, ramp(0.25, 0.75, noise_two(q))); }
        case SPECKLE: {
            let grain = select(0.0, 0.8, noise(q * 6.0) > 0.62);
            let k = fade(0.25 / m.scale, pixel_m);
            t.albedo = mix(m.a, m.b, noise(q) * 0.3 + grain * k + (1.0 - k) * 0.25);
        }
        case WOOD: { t.albedo = wood(m, q, fade(0.3 / m.scale, pixel_m)); }
        case TILES: {
            let u = rest(q.x);
            let v = rest(q.y);
            let edge = min(min(u, 1.0 - u), min(v, 1.0 - v));
            let tone = cell(i32(whole(q.x)), i32(whole(q.y)), i32(whole(q.z)));
            let soft = pixel_m * (0.8 * m.scale);
            let low = 0.012 - soft * 0.5;
            let s = clamp((edge - low) / (0.026 + soft - low), 0.0, 1.0);
            let joint = (1.0 - s * s * (3.0 - s - s)) * (0.03 / (soft + 0.03));
            t.albedo = mix(mix(m.a, m.b, tone * 0.22 + noise(q * 3.0) * 0.15), m.c, joint);
            t.gloss *= 1.0 - joint;
        }
        case CHECK: {
            let wide = max(pixel_m * (2.0 * m.scale), 0.02);
            let u = check_side(q.x, wide);
            let v = check_side(q.y, wide);
            let odd = u + v - u * v * 2.0;
            let k = fade(1.0 / m.scale, pixel_m);
            t.albedo = mix(m.a, m.b, odd * k + (1.0 - k) * 0.5 + noise(q * 5.0) * 0.08);
        }
        case STRIPES: {
            let u = rest(q.y);
            let k = fade(0.5 / m.scale, pixel_m);
            let s = ramp(0.45, 0.5, u) * (1.0 - ramp(0.95, 1.0, u));
            t.albedo = mix(m.a, m.b, s * k + (1.0 - k) * 0.5);
            weave(p, fade(0.0015, pixel_m), m.bump, &t);
        }
        case CLOTH: {
            t.albedo = mix(m.a, m.b, noise_two(q) * 0.35);
            weave(p, fade(0.0015, pixel_m), m.bump, &t);
            let n = (noise(q * 1.7 + vec3f(3.0, 9.0, 1.0)) - 0.5) * (0.9 * m.bump);
            let y = (noise(q * 1.7 + vec3f(13.0, 2.0, 5.0)) - 0.5) * (0.9 * m.bump);
            t.bump += vec3f(n, y, n);
        }
        case CARPET: {
            let k = fade(0.004, pixel_m);
            let fleck = noise(p * 260.0);
            let motif = ramp(0.48, 0.55, noise_two(q));
            t.albedo = mix(m.a, m.b, motif) * (1.0 - k * (fleck - 0.4) * 0.5);
            t.albedo = mix(t.albedo, m.c, ramp(0.62, 0.70, noise(q * 2.3)) * 0.6);
            let n = (fleck - 0.5) * k * 0.8;
            t.bump = vec3f(n, -n, n);
        }
        case PRINT: { t.albedo = print(m, p, pixel_m); }
        case PAPER: { t.albedo = page(m, p, pixel_m); }
        case LEAVES: {
            let k = fade(0.0009, pixel_m);
            let line = noise(vec3f(p.x * 12.0, p.y * 12.0, p.z * 2600.0));
            t.albedo = m.a * (0.80 + 0.25 * (line * k + 0.5 * (1.0 - k)));
        }
        case KEYS: { t.albedo = keys(m, q, pixel_m); }
        case SCREEN: {
            let pane = cell(i32(whole(q.x * 2.0)), i32(whole(q.z * 1.5)), 3);
            let line = cell(i32(whole(p.x * 28.0)), i32(whole(p.z * 160.0)), 5);
            let text = select(0.0, 0.6, line > 0.45 && rest(p.z * 160.0) > 0.5);
            t.albedo = mix(mix(m.a, m.b, pane), m.c, text * fade(0.003, pixel_m));
            t.glow = 0.85;
        }
        case ROW: { t.albedo = row(p, q); }
        case SKIN: { skin(m, p, pixel_m, &t); }
        case FACE: { t.albedo = face(m, p); }
        default: {}
    }
    if m.bump > 0.0 && (m.pattern <= SPECKLE || m.pattern == TILES) {
        let b = q * 2.3;
        let n = vec3f(noise(b), noise(b + vec3f(17.0, 0.0, 0.0)), noise(b + vec3f(0.0, 31.0, 0.0))) - 0.5;
        t.bump += n * (fade(0.5 / m.scale, pixel_m) * m.bump);
    }
    return t;
}

fn check_side(q: f32, wide: f32) -> f32 {
    let half = (abs(rest(q * 0.5) - 0.5) - 0.25) * 4.0;
    return clamp(half / wide + 0.5, 0.0, 1.0);
}

fn weave(p: vec3f, k: f32, bump: f32, t: ptr<function, Texel>) {
    if k <= 0.0 {
        return;
    }
    let thread = noise(p * 620.0) - 0.5;
    (*t).albedo *= 1.0 + k * thread * 0.35;
    let n = thread * k * bump;
    (*t).bump += vec3f(n, -n, n);
}

fn wood(m: Surface, q: vec3f, k: f32) -> vec3f {
    let along = rest(q.y * 0.5);
    let seed = cell(i32(whole(q.y * 0.5)), 0, 11);
    let warp = noise(vec3f(q.x * 0.18 + seed * 40.0, q.y * 0.9, q.z * 0.9 + seed * 9.0));
    let t = rest((q.y * 1.4 + warp * 7.0 + seed * 13.0) * 2.2);
    let ring = min(t / 0.75, (1.0 - t) * 4.0);
    let fine = noise(vec3f(q.x * 1.6, q.y * 26.0, q.z * 26.0));
    let albedo = mix(m.a, m.b, k * (ring * 0.55 + fine * 0.25) + (1.0 - k) * 0.4) * (0.88 + seed * 0.2);
    let edge = min(along, 1.0 - along);
    return albedo * (1.0 - (1.0 - ramp(0.004, 0.012, edge)) * k * 0.55);
}

fn keys(m: Surface, q: vec3f, pixel_m: f32) -> vec3f {
    let u = rest(q.x);
    let v = rest(q.y);
    let edge = min(min(u, 1.0 - u), min(v, 1.0 - v));
    let key = ramp(0.06, 0.14, edge);
    let k = fade(0.25 / m.scale, pixel_m);
    let albedo = mix(m.b, m.a, key * k + 0.7 * (1.0 - k));
    let letter = noise(vec3f(q.x * 9.0, q.y * 9.0, 0.0)) > 0.62 && abs(u - 0.4) < 0.14 && abs(v - 0.55) < 0.18;
    return select(albedo, mix(albedo, m.c, 0.8 * fade(0.12 / m.scale, pixel_m)), letter);
}

// Each back has its own breadth, height and colour.
fn row(p: vec3f, q: vec3f) -> vec3f {
    let x = q.x + 0.35 * (cell(i32(whole(q.x)), 1, 7) - 0.5);
    let i = i32(whole(x));
    let f = rest(x);
    let tone = vec3f(cell(i, 2, 1), cell(i, 3, 1), cell(i, 4, 1));
    let colour = mix(vec3f((tone.x + tone.y + tone.z) / 3.0), tone, 0.6) * 0.8;
    let gap = 1.0 - ramp(0.03, 0.08, min(f, 1.0 - f));
    let band = cell(i, i32(whole(p.z * 34.0)), 9) > 0.75;
    return select(colour, mix(colour, vec3f(1.0), 0.45), band) * (1.0 - 0.85 * gap);
}

fn blob(x: f32, z: f32, r: vec2f) -> f32 {
    let d = vec2f(x, z) / r;
    return ramp(1.2, 0.8, dot(d, d));
}

// On an ellipsoid of about 0.075 x 0.095 x 0.12 m half extents.
fn face(m: Surface, p: vec3f) -> vec3f {
    let x = abs(p.x);
    let z = p.z;
    let front = ramp(-0.03, -0.06, p.y);
    let hair = z > 0.055 - 0.12 * max(p.y + 0.05, 0.0) + 0.012 * noise(p * 60.0) || p.y > 0.03;
    let mottled = m.a * (0.92 + 0.16 * noise(p * 45.0 + m.offset));
    var albedo = mottled;
    albedo = mix(albedo, m.b, 0.8 * front * blob(x - 0.031, z - 0.026, vec2f(0.018, 0.0045)));
    albedo = mix(albedo, vec3f(0.75, 0.72, 0.70), front * blob(x - 0.031, z - 0.010, vec2f(0.014, 0.0055)));
    albedo = mix(albedo, vec3f(0.03, 0.02, 0.015), front * blob(x - 0.031, z - 0.010, vec2f(0.0055, 0.0055)));
    albedo = mix(albedo, m.c, front * blob(x, z + 0.052, vec2f(0.024, 0.0075)));
    albedo = albedo * (1.0 - 0.45 * front * blob(x - 0.009, z + 0.026, vec2f(0.006, 0.004)));
    albedo = mix(albedo, mottled * vec3f(1.05, 0.8, 0.78), 0.4 * front * blob(x - 0.040, z + 0.020, vec2f(0.022, 0.018)));
    return select(albedo, m.b * (0.5 + noise(vec3f(p.x * 400.0, p.y * 90.0, p.z * 90.0))), hair);
}
