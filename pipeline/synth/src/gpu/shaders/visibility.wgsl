// Which triangle is seen at each sample, and what the lamp sees.

@group(0) @binding(3) var<storage, read> casters: array<u32>;

struct Corner {
    @builtin(position) at: vec4f,
    @location(0) @interpolate(flat) id: u32,
}

// Nearness is linear on the picture: without perspective the rasteriser mixes it as it is.
@vertex
fn sample_corner(@builtin(vertex_index) i: u32) -> Corner {
    let v = vertices[triangles[i / 3u][i % 3u]];
    let half = vec2f(view.size);
    return Corner(vec4f(v.px / half.x - 1.0, 1.0 - v.py / half.y, v.near * NEARNESS, 1.0), i / 3u + 1u);
}

@fragment
fn sample_id(corner: Corner) -> @location(0) u32 {
    return corner.id;
}

@vertex
fn lamp_corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    let q = vertices[casters[i]].at - view.shadow_centre.xyz;
    let across = vec2f(dot(q, view.shadow_across.xyz), -dot(q, view.shadow_down.xyz)) / SHADOW_HALF_M;
    return vec4f(across, (4.0 + dot(q, view.shadow_towards.xyz)) / SHADOW_DEPTH, 1.0);
}
