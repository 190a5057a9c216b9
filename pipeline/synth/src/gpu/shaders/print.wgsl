// Printed packages, book covers and pages: `raster/print.rs`.

// Blocks that look like letters: 1 inside a stroke. A letter is 5 x 7 cells of which about half are filled.
fn letters(u: f32, v: f32, seed: i32) -> f32 {
    let i = i32(whole(u));
    let x = rest(u) * 6.0;
    let y = v * 7.0;
    if v < 0.0 || v >= 1.0 || x > 5.0 || cell(i, seed, 1) < 0.12 {
        return 0.0;
    }
    let cx = i32(x);
    let cy = i32(y);
    let stem = cx == 0 || (cx == 4 && cell(i, seed, 2) > 0.4);
    let bar = (cy == 0 && cell(i, seed, 3) > 0.4) || (cy == 3 && cell(i, seed, 4) > 0.5) || (cy == 6 && cell(i, seed, 5) > 0.35);
    return select(0.0, 1.0, stem || bar);
}

// The angle of (y, x) in half turns, -1..1, to 1/500 of a turn (Rajan et al. 2006).
fn half_turns(y: f32, x: f32) -> f32 {
    let ax = abs(x);
    let ay = abs(y);
    let t = min(ax, ay) / max(max(ax, ay), 1e-9);
    var a = t * (0.25 + 0.0869 * (1.0 - t));
    a = select(a, 0.5 - a, ay > ax);
    a = select(a, 1.0 - a, x < 0.0);
    return select(a, -a, y < 0.0);
}

fn print(m: Surface, p: vec3f, pixel_m: f32) -> vec3f {
    let h = m.half_size_m.x;
    let b = m.half_size_m.y;
    var u = p.x / b;
    var v = p.z / h;
    if (m.shape & 2u) != 0u {
        v = p.y / h;
    } else if (m.shape & 1u) != 0u {
        // A full turn shows the front twice.
        u = 2.4 * (rest(2.0 * half_turns(p.x, -p.y) + 0.5) - 0.5);
    } else if !(abs(p.y) / max(b, 1e-4) > 0.97 || abs(p.x) < 0.97 * b) {
        u = p.y / b;
    }
    let seed = i32(m.which);
    var colour = m.a;
    switch m.which % 4u {
        case 0u: { colour = select(m.a, m.b, v > 0.25 + 0.5 * cell(seed, 1, 1)); }
        case 1u: { colour = select(m.a, m.b, abs(v) < 0.22 || v < -0.8); }
        case 2u: { colour = mix(m.a, m.b, ramp(-1.0, 1.0, v + 0.3 * u)); }
        default: { colour = select(m.a, m.b, u + v * 0.6 > 0.35); }
    }
    // A picture: a blob with shades.
    let px = u - 0.25 * (cell(seed, 2, 1) - 0.5);
    let py = v + 0.35;
    let blob = (px * px * 2.2 + py * py * 4.5) + 0.35 * (noise(vec3f(u * 3.0 + f32(seed), v * 3.0, 0.0)) - 0.5);
    if blob < 0.42 {
        colour = mix(m.c, m.b, noise(vec3f(u * 5.0, v * 5.0, f32(seed)))) * 0.9;
    }
    // The name: large letters across.
    let at = 0.12 + 0.3 * cell(seed, 3, 1);
    let big = 0.26;
    let ink = vec3f(select(0.85, 0.03, colour.x + colour.y + colour.z > 1.1));
    if abs(u) < 0.78 {
        let l = letters((u + 0.78) / 1.56 * (4.0 + 3.0 * cell(seed, 4, 1)), (v - at) / big, seed);
        colour = mix(colour, ink, l * ramp(0.5, 1.5, 0.12 * big * h / pixel_m));
        // Small print.
        let row = (v + 0.95) * 14.0;
        if v < -0.62 && abs(u) < 0.7 {
            let small = letters((u + 0.7) * 16.0, rest(row) * 1.5, seed + i32(row));
            colour = mix(colour, ink, 0.8 * small * ramp(0.5, 1.5, 0.02 * h / pixel_m));
        }
    }
    // Bar code.
    if (m.which & 4u) != 0u && u > 0.35 && u < 0.75 && v < -0.45 && v > -0.8 {
        let bar = select(0.0, 1.0, cell(i32(u * 60.0), seed, 8) > 0.5);
        colour = vec3f(0.8 * (1.0 - 0.9 * bar * ramp(0.5, 1.5, 0.016 * b / pixel_m)));
    }
    return colour * (0.96 + 0.06 * noise(p * 40.0));
}

// A page of a book: margins, lines of words, now and then a picture. One unit of scaled space is half the page's breadth.
fn page(m: Surface, p: vec3f, pixel_m: f32) -> vec3f {
    let albedo = m.a * (0.97 + 0.04 * noise(p * 30.0));
    let x = p.x * m.scale;
    let y = p.y * m.scale;
    if x < -0.82 || x >= 0.82 {
        return albedo;
    }
    if cell(0, 0, i32(m.offset.x)) > 0.5 && y >= -0.7 && y < 0.15 {
        return mix(m.b, m.c, noise(vec3f(x * 4.0, y * 4.0, m.offset.x)));
    }
    let line = whole(y * 15.0);
    let v = rest(y * 15.0) * 1.7;
    let in_word = noise(vec3f(x * 14.0, line * 3.1, m.offset.y)) > 0.30;
    let ends = x < 0.82 - select(0.0, 0.9, cell(i32(line), 3, i32(m.offset.z)) > 0.85);
    if !(in_word && ends && v >= 0.0 && v < 1.0) {
        return albedo;
    }
    let k = ramp(0.4, 1.5, 0.0022 / pixel_m);
    let ink = letters(x * 36.0, v, i32(line));
    return albedo * (1.0 - 0.85 * (ink * k + select(0.0, 0.35, v > 0.0) * (1.0 - k)));
}
