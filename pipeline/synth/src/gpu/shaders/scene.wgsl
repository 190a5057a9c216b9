// What all passes over the scene read: how it is seen, its corners, triangles and surfaces.

struct Lamp {
    towards: vec4f,
    colour: vec4f,
}

struct View {
    // Of the picture, pixels.
    size: vec2u,
    lamps: u32,
    moving: u32,
    // Pixels of the picture; samples are twice as many.
    focal: vec2f,
    centre: vec2f,
    sky: vec4f,
    ground: vec4f,
    up: vec4f,
    // Two axes across and the one towards the lamp; what the map is laid around, and its samples along a side (0: no shadow).
    shadow_across: vec4f,
    shadow_down: vec4f,
    shadow_towards: vec4f,
    shadow_centre: vec4f,
    lamp: array<Lamp, 4>,
}

// Projected x and y (samples) and nearness are the fourth numbers of normal, local and before.
struct Vertex {
    at: vec3f,
    openness: f32,
    normal: vec3f,
    px: f32,
    local: vec3f,
    py: f32,
    before: vec3f,
    near: f32,
}

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> vertices: array<Vertex>;
@group(0) @binding(2) var<storage, read> triangles: array<vec4u>;

// Depth buffers hold nearness times this, so that what is not nearer than `NEAR_M` stays below one.
const NEARNESS: f32 = 0.034;
// Half the side of the square that the shadow map covers, metres.
const SHADOW_HALF_M: f32 = 0.55;
// The shadow map holds (4 + metres towards the lamp) / 16.
const SHADOW_DEPTH: f32 = 16.0;
