// One pass from the planes of a 4:2:0 picture to red, green and blue, with depth and range mask laid over it.
//
// Plane textures hold numbers of 0..1. Colour differences lie on the left of each pair of columns and between the two rows (the
// siting of MPEG-2 and H.264), and are interpolated in between.

struct Look {
    // Rows of the matrix that takes (y, u, v, 1) to red, green, blue.
    red: vec4f,
    green: vec4f,
    blue: vec4f,
    // Width and height of the picture and of its colour planes, pixels.
    size: vec4f,
    // Opacity of video, depth and mask.
    layers: vec4f,
    // Width and height of the texture that is drawn, pixels.
    texture: vec4f,
}

// What is known when the pipeline is made. As conditions on the uniform they would cost every pixel of a software device, which runs
// both sides of each: three times as much.
override three_planes: bool;
override with_depth: bool;
override with_mask: bool;
// The texture has fewer pixels than the picture.
override scaled: bool;

@group(0) @binding(0) var<uniform> look: Look;
@group(0) @binding(1) var smooth_sampler: sampler;
@group(0) @binding(2) var luma: texture_2d<f32>;
@group(0) @binding(3) var chroma: texture_2d<f32>;
@group(0) @binding(4) var chroma_v: texture_2d<f32>;
@group(0) @binding(5) var depth: texture_2d<f32>;
@group(0) @binding(6) var mask: texture_2d<f32>;
@group(0) @binding(7) var palette: texture_2d<f32>;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    // One triangle that covers everything.
    let x = f32(i32(index & 1u) * 4 - 1);
    let y = f32(i32(index >> 1u) * 4 - 1);
    return vec4f(x, y, 0.0, 1.0);
}

fn chroma_at(at: vec2i) -> vec2f {
    let first = textureLoad(chroma, at, 0).rg;
    if three_planes {
        return vec2f(first.x, textureLoad(chroma_v, at, 0).r);
    }
    return first;
}

@fragment
fn convert(@builtin(position) at: vec4f) -> @location(0) vec4f {
    let place = at.xy / look.texture.xy;
    // In pixels of the picture; the centre of the first is (0, 0).
    var pixel = floor(at.xy);
    var y: f32;
    if scaled {
        pixel = place * look.size.xy - 0.5;
        y = textureSampleLevel(luma, smooth_sampler, place, 0.0).r;
    } else {
        y = textureLoad(luma, vec2i(pixel), 0).r;
    }
    // Not the sampler: software devices interpolate bytes in bytes, and the error grows by 2.1 on the way to blue.
    let site = vec2f(pixel.x * 0.5, (pixel.y - 0.5) * 0.5);
    let first = floor(site);
    let part = site - first;
    let last = vec2i(look.size.zw) - 1;
    let a = clamp(vec2i(first), vec2i(0), last);
    let b = clamp(vec2i(first) + 1, vec2i(0), last);
    let left = mix(chroma_at(vec2i(a.x, a.y)), chroma_at(vec2i(a.x, b.y)), part.y);
    let right = mix(chroma_at(vec2i(b.x, a.y)), chroma_at(vec2i(b.x, b.y)), part.y);
    let yuv = vec4f(y, mix(left, right, part.x), 1.0);
    var colour = vec3f(dot(look.red, yuv), dot(look.green, yuv), dot(look.blue, yuv));
    colour = clamp(colour, vec3f(0.0), vec3f(1.0)) * look.layers.x;

    if with_depth {
        let near = textureSampleLevel(depth, smooth_sampler, place, 0.0).r;
        let shade = textureLoad(palette, vec2i(i32(near * 255.0 + 0.5), 0), 0).rgb;
        colour = mix(colour, shade, look.layers.y);
    }
    if with_mask {
        let out_of_reach = 1.0 - textureSampleLevel(mask, smooth_sampler, place, 0.0).r;
        let grey = dot(colour, vec3f(0.2126, 0.7152, 0.0722)) * 0.35;
        // Hatched as well as dark, so that it does not rest on brightness alone.
        let stripe = select(0.0, 0.07, fract((at.x + at.y) / 14.0) < 0.18);
        colour = mix(colour, vec3f(grey + stripe), out_of_reach * look.layers.z);
    }
    return vec4f(colour, 1.0);
}
