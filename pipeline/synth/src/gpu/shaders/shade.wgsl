// Light on surfaces: colour, depth, label and movement of each pixel. As `raster/quads.rs` and `raster/shade.rs`, one pixel at a time.

@group(1) @binding(3) var ids: texture_2d<u32>;
@group(1) @binding(4) var nearness: texture_depth_2d;
@group(1) @binding(5) var shadow_map: texture_depth_2d;
// Linear colour, and depth in metres.
@group(1) @binding(6) var<storage, read_write> colours: array<vec4f>;
// Movement since the last frame, pixels.
@group(1) @binding(7) var<storage, read_write> flows: array<vec2f>;
@group(1) @binding(8) var<storage, read_write> labels: array<u32>;

// How far light creeps around.
const SKIN_WRAP: vec3f = vec3f(0.34, 0.18, 0.12);
const PLAIN_WRAP: vec3f = vec3f(0.04);
// Further away hollows are too small to be seen, metres.
const OCCLUSION_FAR_M: f32 = 1.2;
const OCCLUSION_RADIUS_M: f32 = 0.016;
// Highlights of this strength and less are not seen.
const DULL: f32 = 0.05;

struct Seen {
    colour: vec3f,
    z: f32,
    flow: vec2f,
    label: u32,
}

// Nearness of a sample; those beyond the edges are like the last ones.
fn near_at(at: vec2i) -> f32 {
    let last = vec2i(2u * view.size) - 1;
    return textureLoad(nearness, clamp(at, vec2i(0), last), 0) / NEARNESS;
}

// 1 in the open, less in hollows: inverse depth is linear on planes, so that pairs of opposite samples that are nearer on average
// than their middle mean a hollow.
fn crevice(at: vec2f) -> f32 {
    let w = max(near_at(vec2i(at)), 1e-3);
    let z = 1.0 / w;
    let focal = 2.0 * view.focal.x;
    let wide = OCCLUSION_RADIUS_M * focal / z;
    if wide < 1.5 || z > OCCLUSION_FAR_M {
        return 1.0;
    }
    let c = vec2i(at);
    // A different radius at each of four neighbours keeps edges from being copied as lines.
    let parts = vec4f(0.55, 1.0, 0.8, 0.35);
    let r = min(wide, 48.0) * parts[((c.x >> 2u) & 1) | ((c.y >> 1u) & 2)];
    let radius_m = r / (focal * w);
    let f = i32(r);
    let p = i32(0.25 * r);
    let s = i32(0.42 * r);
    let ahead = vec4f(near_at(c + vec2i(f, p)), near_at(c + vec2i(-p, f)), near_at(c + vec2i(s, s)), near_at(c + vec2i(-s, s)));
    let behind = vec4f(near_at(c - vec2i(f, p)), near_at(c - vec2i(-p, f)), near_at(c - vec2i(s, s)), near_at(c - vec2i(-s, s)));
    // Metres nearer than the middle; what is much nearer floats in front and shades nothing.
    let a = (ahead - w) * (z * z);
    let b = (behind - w) * (z * z);
    let floating = max(1.0 - max(a, b) / 0.030, vec4f(0.0));
    let hollow = (max(a, vec4f(-0.02)) + max(b, vec4f(-0.02))) * vec4f(1.0, 1.0, 2.0, 2.0) * (0.5 / radius_m);
    let lost = dot(clamp(hollow - 0.06, vec4f(0.0), vec4f(0.9)) * floating, vec4f(1.0));
    return 1.0 - 0.8 * min(lost * 0.25, 0.9);
}

fn id_at(sample: vec2u) -> u32 {
    return textureLoad(ids, vec2i(sample), 0).x;
}

fn surface_of(id: u32) -> u32 {
    return select(triangles[id - 1u].w, 0xffffffffu, id == 0u);
}

// Hollows change slowly: the pixels of a block share the darkening of the first one of their surface, which keeps its grain.
fn hollow(pixel: vec2u, surface: u32, own: vec2f) -> f32 {
    let block = select(2u, 4u, view.size.x >= 1000u);
    let first = pixel / block * block;
    for (var i = 0u; i < block * block; i++) {
        let inner = i >> 2u;
        let p = first + 2u * vec2u(inner & 1u, inner >> 1u) + vec2u(i & 1u, (i >> 1u) & 1u);
        if any(p >= view.size) {
            continue;
        }
        if surface_of(id_at(2u * p)) == surface {
            return crevice(vec2f(2u * p) + 1.0);
        }
    }
    return crevice(own);
}

// Where two by two pixels look at a fine shadow together, camera space: their middle, if one surface without steps in depth fills
// them. Else the pixel's own place.
fn shadow_place(pixel: vec2u, surface: u32, own: vec3f) -> vec3f {
    let first = pixel & vec2u(0xfffffffeu);
    if view.shadow_centre.w < 400.0 || any(first + 1u >= view.size) {
        return own;
    }
    var one = true;
    var low = 1e9;
    var high = 0.0;
    var middle = 0.0;
    for (var i = 0u; i < 16u; i++) {
        let o = vec2u(i & 3u, i >> 2u);
        one = one && surface_of(id_at(2u * first + o)) == surface;
        let near = near_at(vec2i(2u * first + o));
        low = min(low, near);
        high = max(high, near);
        middle += select(0.0, 0.25 * near, all(o > vec2u(0u)) && all(o < vec2u(3u)));
    }
    if !one || high - low > 0.03 * high {
        return own;
    }
    return vec3f((vec2f(first) + 1.0 - view.centre) / view.focal, 1.0) / middle;
}

// Share of the first lamp's light that comes to a place.
fn lamp_light(at: vec3f, normal: vec3f) -> f32 {
    // Leave the surface a little, the more the flatter the light falls.
    let slope = 1.0 - clamp(dot(normal, view.shadow_towards.xyz), 0.0, 1.0);
    let q = at + normal * (0.0012 + 0.0030 * slope) - view.shadow_centre.xyz;
    let side = view.shadow_centre.w;
    let place = (vec2f(dot(q, view.shadow_across.xyz), dot(q, view.shadow_down.xyz)) + SHADOW_HALF_M) * (side / (2.0 * SHADOW_HALF_M));
    if any(place <= vec2f(2.0)) || any(place >= vec2f(side - 3.0)) {
        return 1.0;
    }
    let mine = (4.0022 + dot(q, view.shadow_towards.xyz)) / SHADOW_DEPTH;
    let low = floor(place - 0.5);
    let f = place - 0.5 - low;
    let corner = vec2i(low);
    var sum = 0.0;
    if side < 400.0 {
        // Few and large samples: two by two are soft enough.
        for (var i = 0; i < 4; i++) {
            let o = vec2i(i & 1, i >> 1u);
            let share = select(1.0 - f, f, o == vec2i(1));
            sum += select(0.0, share.x * share.y, textureLoad(shadow_map, corner + o, 0) <= mine);
        }
        return sum;
    }
    // A 3 x 3 window, weighted so that its edge moves smoothly.
    for (var j = 0; j < 4; j++) {
        let across = select(select(1.0, f.y, j == 3), 1.0 - f.y, j == 0);
        for (var i = 0; i < 4; i++) {
            let share = select(select(1.0, f.x, i == 3), 1.0 - f.x, i == 0);
            sum += select(0.0, share * across, textureLoad(shadow_map, corner + vec2i(i, j) - 1, 0) <= mine);
        }
    }
    return sum / 9.0;
}

// Light that leaves a place `at` (camera space) of a surface towards the eye; `reach` is the share of light from all around that
// comes there.
fn lit(m: Surface, t: Texel, at: vec3f, to_eye: vec3f, flat_normal: vec3f, reach: f32, pixel: vec2u, surface: u32) -> vec3f {
    let normal = normalize(flat_normal + t.bump + vec3f(1e-20));
    // Light that enters skin comes out again further round, red most.
    let wrap = select(PLAIN_WRAP, SKIN_WRAP, m.pattern >= SKIN);
    var diffuse = mix(view.ground.xyz, view.sky.xyz, dot(normal, view.up.xyz) * 0.5 + 0.5) * reach;
    var highlight = vec3f(0.0);
    // 2^(2 + 6 polish), straight between powers of two, from the bits of the exponent.
    let exponent = bitcast<f32>(u32((129.0 + 6.0 * m.polish) * 8388608.0));
    for (var k = 0u; k < view.lamps; k++) {
        let lamp = view.lamp[k];
        let c = dot(normal, lamp.towards.xyz);
        let wrapped = max((c + wrap) / (1.0 + wrap), vec3f(0.0));
        if wrapped.x <= 0.0 {
            continue;
        }
        var light = reach * 0.4 + 0.6;
        if k == 0u && view.shadow_centre.w > 0.0 {
            light = lamp_light(shadow_place(pixel, surface, at), flat_normal);
        }
        diffuse += wrapped * lamp.colour.xyz * light;
        if t.gloss > select(0.15, DULL, k == 0u) {
            let h = max(dot(normal, normalize(lamp.towards.xyz + to_eye)), 0.0);
            // Schlick's rational form of the power.
            let power = h / (exponent - h * exponent + h);
            highlight += lamp.colour.xyz * (t.gloss * power * light * (max(c, 0.0) * 0.65 + 0.35));
        }
    }
    if t.gloss > DULL {
        // The sky mirrored flat: strong only where one looks along the surface.
        let grazing = 1.0 - clamp(dot(normal, to_eye), 0.0, 1.0);
        let squared = grazing * grazing;
        highlight += view.sky.xyz * (t.gloss * reach * (squared * squared * (0.5 * m.polish) + 0.06));
    }
    return t.albedo * diffuse * (1.0 - t.glow) + t.albedo * t.glow + highlight;
}

// What is seen of a triangle at a place of the sample grid.
fn shaded(id: u32, sample: vec2f, pixel: vec2u) -> Seen {
    let triangle = triangles[id - 1u];
    let a = vertices[triangle.x];
    let b = vertices[triangle.y];
    let c = vertices[triangle.z];
    let m = surfaces[triangle.w];
    // Perspective-correct shares of the three corners.
    let ab = vec2f(b.px - a.px, b.py - a.py);
    let ac = vec2f(c.px - a.px, c.py - a.py);
    let d = sample - vec2f(a.px, a.py);
    let inverse = 1.0 / (ab.x * ac.y - ab.y * ac.x);
    let lb = (d.x * ac.y - d.y * ac.x) * inverse;
    let lc = (ab.x * d.y - ab.y * d.x) * inverse;
    let w = vec3f((1.0 - lb - lc) * a.near, lb * b.near, lc * c.near);
    let z = 1.0 / max(w.x + w.y + w.z, 1e-3);
    let share = w * z;
    let local = a.local * share.x + b.local * share.y + c.local * share.z;
    let openness = a.openness * share.x + b.openness * share.y + c.openness * share.z;
    let at = vec3f((0.5 * sample - view.centre) / view.focal * z, z);
    let t = texel(m, local, z / view.focal.x);
    let to_eye = -normalize(at);
    var normal = a.normal * share.x + b.normal * share.y + c.normal * share.z;
    if m.two_sided != 0u && dot(normal, to_eye) < 0.0 {
        normal = -normal;
    }
    let reach = openness * hollow(pixel, triangle.w, sample);
    let colour = lit(m, t, at, to_eye, normal, reach, pixel, triangle.w);
    var flow = vec2f(0.0);
    if view.moving != 0u {
        let before = a.before * share.x + b.before * share.y + c.before * share.z;
        flow = 0.5 * sample - before.xy / max(before.z, 0.02) * view.focal - view.centre;
    }
    return Seen(colour, z, flow, m.label);
}

// Each surface is shaded once a pixel: samples of one surface at about one depth belong together.
@compute @workgroup_size(8, 8)
fn shade(@builtin(global_invocation_id) pixel: vec3u) {
    if any(pixel.xy >= view.size) {
        return;
    }
    let first = 2u * pixel.xy;
    let id = vec4u(id_at(first), id_at(first + vec2u(1u, 0u)), id_at(first + vec2u(0u, 1u)), id_at(first + vec2u(1u, 1u)));
    let whole_pixel = all(id == vec4u(id.x));
    var surface: vec4u;
    var near: vec4f;
    if !whole_pixel {
        surface = vec4u(surface_of(id.x), surface_of(id.y), surface_of(id.z), surface_of(id.w));
        let s = vec2i(first);
        near = vec4f(near_at(s), near_at(s + vec2i(1, 0)), near_at(s + vec2i(0, 1)), near_at(s + vec2i(1, 1)));
    }
    var done = vec4<bool>(false);
    var colour = vec3f(0.0);
    var best = Seen(vec3f(0.0), 0.0, vec2f(0.0), 0u);
    var best_count = 0u;
    for (var k = 0u; k < 4u; k++) {
        if done[k] {
            continue;
        }
        var count = 4u;
        var place = vec2f(first) + 1.0;
        if whole_pixel {
            done = vec4<bool>(true);
        } else {
            let together = (surface == vec4u(surface[k])) & (abs(near - near[k]) <= vec4f(0.02 * near[k])) & !done;
            done = done | together;
            count = dot(select(vec4u(0u), vec4u(1u), together), vec4u(1u));
            place = vec2f(first + vec2u(k & 1u, k >> 1u)) + 0.5;
        }
        if id[k] == 0u {
            colour += view.sky.xyz * f32(count);
            continue;
        }
        let seen = shaded(id[k], place, pixel.xy);
        colour += seen.colour * f32(count);
        if count > best_count || (count == best_count && seen.z < best.z) {
            best = seen;
            best_count = count;
        }
    }
    let i = pixel.y * view.size.x + pixel.x;
    colours[i] = vec4f(colour * 0.25, best.z);
    flows[i] = best.flow;
    labels[i] = best.label;
}
