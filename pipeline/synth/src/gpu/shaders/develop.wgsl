// Linear light to an 8-bit picture: `effects/develop.rs` one pixel at a time.

struct Development {
    size: vec2u,
    tiles: vec2u,
    gain: vec3f,
    shutter: f32,
    rolling: f32,
    read_noise: f32,
    vignette: f32,
    blur_px: f32,
    moves: u32,
    bent: u32,
    unused: vec2u,
}

struct Step {
    // The generator of noise after so many steps is `factor` times its state before plus `term`, 64 bits, low ones first.
    factor: vec2u,
    term: vec2u,
}

@group(0) @binding(0) var<uniform> d: Development;
@group(0) @binding(1) var<storage, read> colours: array<vec4f>;
@group(0) @binding(2) var<storage, read> flows: array<vec2f>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
// The tiles' own movement (longest way, square of the shortest length), then that around them (way, length, alike).
@group(0) @binding(4) var<storage, read_write> tiles: array<vec4f>;
// Source pixel of each output pixel when the lens distorts.
@group(0) @binding(5) var<storage, read> lens: array<vec2f>;
// Noise of three channels, and the tone curve.
@group(0) @binding(6) var<storage, read> tables: array<vec4f>;
// For each column, then the rows' states as the first two numbers.
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
// Colour and label, 8 bits each, and the bits of the depth.
@group(0) @binding(8) var<storage, read_write> picture: array<vec2u>;

const TILE: u32 = 8u;
const TAPS: u32 = 9u;
const TABLE: u32 = 4096u;

// The largest movement in each tile.
@compute @workgroup_size(64)
fn survey(@builtin(global_invocation_id) index: vec3u) {
    let tile = vec2u(index.x % d.tiles.x, index.x / d.tiles.x);
    if tile.y >= d.tiles.y {
        return;
    }
    var longest = vec2f(0.0);
    var shortest = 3.4e38;
    for (var y = tile.y * TILE; y < min((tile.y + 1u) * TILE, d.size.y); y += 2u) {
        for (var x = tile.x * TILE; x < min((tile.x + 1u) * TILE, d.size.x); x += 2u) {
            let v = flows[y * d.size.x + x];
            let length = dot(v, v);
            shortest = min(shortest, length);
            longest = select(longest, v, length > dot(longest, longest));
        }
    }
    tiles[index.x] = vec4f(longest, shortest, 0.0);
}

// The largest movement around each tile while the shutter is open.
@compute @workgroup_size(64)
fn spread(@builtin(global_invocation_id) index: vec3u) {
    let tile = vec2u(index.x % d.tiles.x, index.x / d.tiles.x);
    if tile.y >= d.tiles.y {
        return;
    }
    var best = vec2f(0.0);
    for (var y = max(tile.y, 1u) - 1u; y < min(tile.y + 2u, d.tiles.y); y++) {
        for (var x = max(tile.x, 1u) - 1u; x < min(tile.x + 2u, d.tiles.x); x++) {
            let v = tiles[y * d.tiles.x + x].xy;
            best = select(best, v, dot(v, v) > dot(best, best));
        }
    }
    let way_px = length(best) * d.shutter;
    let alike = sqrt(tiles[index.x].z) * d.shutter > way_px - 0.9;
    tiles[d.tiles.x * d.tiles.y + index.x] = vec4f(best * d.shutter, way_px, select(0.0, 1.0, alike));
}

fn nearest(p: vec2f) -> u32 {
    let last = vec2f(d.size) - 1.0;
    let i = min(vec2u(clamp(p, vec2f(0.0), last) + 0.5), d.size - 1u);
    return i.y * d.size.x + i.x;
}

// The colour between pixels.
fn between(p: vec2f) -> vec3f {
    let inside = clamp(p, vec2f(0.0), max(vec2f(d.size) - 1.001, vec2f(0.0)));
    let low = floor(inside);
    let f = inside - low;
    let i = u32(low.y) * d.size.x + u32(low.x);
    let last = d.size.x * d.size.y - 1u;
    let above = mix(colours[i].xyz, colours[min(i + 1u, last)].xyz, f.x);
    let below = mix(colours[min(i + d.size.x, last)].xyz, colours[min(i + d.size.x + 1u, last)].xyz, f.x);
    return mix(above, below, f.y);
}

// What stands still, as sharp as the lens is: the mean of a small disk, nearly.
fn sharp(p: vec2f) -> vec3f {
    let radius = 0.8 * d.blur_px;
    if d.blur_px < 0.25 {
        if d.bent == 0u {
            return colours[nearest(p)].xyz;
        }
        return between(p);
    }
    if d.blur_px < 0.7 {
        return 0.5 * (between(p + radius * vec2f(1.0, 0.6)) + between(p - radius * vec2f(1.0, 0.6)));
    }
    let sum = between(p + radius * vec2f(1.0, 0.1)) + between(p + radius * vec2f(-0.59, 0.81)) + between(p + radius * vec2f(-0.41, -0.91));
    return sum / 3.0;
}

// Light gathered along the movement while the shutter is open (after McGuire et al. 2012).
fn moving(p: vec2f, sweep: vec4f) -> vec3f {
    let way = sweep.xy;
    let way_px = sweep.z;
    let taps = min(u32(way_px * 0.6) + 2u, TAPS);
    let share = 1.0 / f32(taps);
    let half = 0.5 * f32(taps - 1u);
    let alike = sweep.w > 0.0;
    let own = nearest(p);
    let reach = 0.5 * length(flows[own]) * d.shutter + 0.5;
    let z = colours[own].w;
    var sum = vec3f(0.0);
    var still = 0.0;
    for (var k = 0u; k < taps; k++) {
        let step = f32(k) - half;
        let q = p + step * share * way;
        if !alike {
            let distance = abs(step) * share * way_px;
            if distance > reach {
                let j = nearest(q);
                let theirs = length(flows[j]) * d.shutter;
                if !(colours[j].w < z * 0.98 && 0.5 * theirs + 0.5 >= distance) {
                    still += 1.0;
                    continue;
                }
            }
        }
        sum += between(q);
    }
    if still > 0.0 {
        sum += sharp(p) * still;
    }
    return sum * share;
}

// The high 32 bits of a product.
fn high(a: u32, b: u32) -> u32 {
    let al = a & 0xffffu;
    let ah = a >> 16u;
    let bl = b & 0xffffu;
    let bh = b >> 16u;
    let mid = ah * bl + ((al * bl) >> 16u);
    let rest = al * bh + (mid & 0xffffu);
    return ah * bh + (mid >> 16u) + (rest >> 16u);
}

// Which noise a pixel has: the generator's bits 33 to 44, a function of its row's state and its column.
fn grain(pixel: vec2u) -> u32 {
    let state = steps[d.size.x + pixel.y].xy;
    let step = steps[pixel.x];
    let low = state.x * step.x + step.z;
    let carry = select(0u, 1u, low < step.z);
    let top = high(state.x, step.x) + state.x * step.y + state.y * step.x + step.w + carry;
    return (top >> 1u) % TABLE;
}

@compute @workgroup_size(8, 8)
fn develop(@builtin(global_invocation_id) pixel: vec3u) {
    if any(pixel.xy >= d.size) {
        return;
    }
    let i = pixel.y * d.size.x + pixel.x;
    var p = vec2f(pixel.xy);
    var source = i;
    if d.bent != 0u {
        p = lens[i];
        let inside = vec2u(round(clamp(p, vec2f(0.0), vec2f(d.size) - 1.0)));
        source = inside.y * d.size.x + inside.x;
    }
    var light: vec3f;
    let tile = d.tiles.x * d.tiles.y + pixel.y / TILE * d.tiles.x + pixel.x / TILE;
    if d.moves != 0u {
        // A later row sees things where they will be: look back along the movement.
        p -= flows[source] * (d.rolling * ((f32(pixel.y) + 0.5) / f32(d.size.y) - 0.5));
        if tiles[tile].z >= 0.6 {
            light = moving(p, tiles[tile]);
        } else {
            light = sharp(p);
        }
    } else {
        light = sharp(p);
    }
    let size = vec2f(d.size);
    let off = vec2f(pixel.xy) - 0.5 * size;
    light *= d.gain * (1.0 - dot(off, off) * (d.vignette / (dot(size, size) * 0.25)));
    if d.read_noise > 0.0 {
        // Shot noise grows with the root of the light.
        let sigma = d.read_noise * (0.35 + sqrt(max(2.0 * light.x + 5.0 * light.y + 2.0 * light.z, 0.0)));
        light += tables[grain(pixel.xy)].xyz * sigma;
    }
    let at = vec3u(clamp(light, vec3f(0.0), vec3f(1.6)) * (f32(TABLE - 1u) / 1.6) + 0.5);
    let code = vec3u(u32(tables[at.x].w), u32(tables[at.y].w), u32(tables[at.z].w));
    picture[i] = vec2u(code.x | (code.y << 8u) | (code.z << 16u) | (labels[source] << 24u), bitcast<u32>(colours[source].w));
}
