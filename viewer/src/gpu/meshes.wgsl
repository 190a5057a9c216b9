// What egui has laid out: triangles in points with colours and texture places, in gamma space with premultiplied opacity.
//
// egui's own fragment shader chooses between the sampler and a filter in integers by a uniform. Software devices run both sides of
// such a choice for every pixel, which makes them five times as slow; this one has no choice in it.

struct Corner {
    @location(0) place: vec2f,
    @location(1) colour: vec4f,
    @builtin(position) position: vec4f,
}

// Width and height of the screen in points; the rest fills up to 16 bytes.
@group(0) @binding(0) var<uniform> screen: vec4f;
@group(1) @binding(0) var image: texture_2d<f32>;
@group(1) @binding(1) var image_sampler: sampler;

@vertex
fn corner(@location(0) at: vec2f, @location(1) place: vec2f, @location(2) colour: vec4f) -> Corner {
    return Corner(place, colour, vec4f(2.0 * at.x / screen.x - 1.0, 1.0 - 2.0 * at.y / screen.y, 0.0, 1.0));
}

@fragment
fn in_gamma(in: Corner) -> @location(0) vec4f {
    return in.colour * textureSample(image, image_sampler, in.place);
}

// For screens that take linear numbers and turn them into sRGB by themselves.
@fragment
fn in_linear(in: Corner) -> @location(0) vec4f {
    let gamma = in.colour * textureSample(image, image_sampler, in.place);
    let high = pow((gamma.rgb + 0.055) / 1.055, vec3f(2.4));
    return vec4f(select(high, gamma.rgb / 12.92, gamma.rgb < vec3f(0.04045)), gamma.a);
}
