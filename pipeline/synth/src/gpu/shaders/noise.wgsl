// Smooth noise and random cells: the same lattice and the same hash as `raster/noise.rs`.

// For each cell its eight corners: four at its low x, four at its high x, each in the order of y, then z.
@group(1) @binding(1) var<storage, read> lattice: array<vec4f>;

// Whole part.
fn whole(x: f32) -> f32 {
    return round(x - 0.5);
}

fn rest(x: f32) -> f32 {
    return x - round(x - 0.5);
}

// 0 below `a`, 1 above `b` (which may be the lower one), smooth between.
fn ramp(a: f32, b: f32, x: f32) -> f32 {
    let t = clamp((x - a) / (b - a), 0.0, 1.0);
    return t * t * (3.0 - t - t);
}

// Smooth noise, 0..1, with features of size 1.
fn noise(p: vec3f) -> f32 {
    let low = round(p - 0.5);
    let f = p - low;
    let s = f * f * (3.0 - f - f);
    let c = vec3i(low) & vec3i(31);
    let i = u32((c.z << 10u) | (c.y << 5u) | c.x) * 2u;
    let edges = mix(lattice[i], lattice[i + 1u], s.x);
    let sides = mix(edges.xz, edges.yw, s.y);
    return mix(sides.x, sides.y, s.z);
}

// Two octaves, 0..1.
fn noise_two(p: vec3f) -> f32 {
    return noise(p) * 0.62 + noise(p * 2.9 + vec3f(7.3, 1.9, 4.1)) * 0.38;
}

// A random number 0..1 for a cell of a grid.
fn cell(x: i32, y: i32, z: i32) -> f32 {
    var n = u32(x) * 374761393u + u32(y) * 668265263u + u32(z) * 2147483647u;
    n = (n ^ (n >> 13u)) * 1274126177u;
    n ^= n >> 16u;
    return f32(n & 0xffffu) / 65535.0;
}
