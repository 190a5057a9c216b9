//! The room: floor, walls, table, shelf, cupboards, window and pictures. The same number always gives the same room.

use super::{Prop, clutter, colour};
use crate::mesh::rigid::{RigidMesh, block, frustum, round_box};
use crate::mesh::vec3::{Affine, V3, v3};
use crate::raster::material::{Material, Pattern};
use crate::raster::print::Layout;
use crate::recipe::SceneRecipe;
use crate::rng::Rng;

/// Thickness of the table top, metres.
const TABLE_M: f32 = 0.032;

pub(super) fn place(origin: V3) -> Affine {
    Affine { origin, ..Affine::IDENTITY }
}

/// Turned around the vertical axis, radians.
pub(super) fn turned(origin: V3, angle: f32) -> Affine {
    let (s, c) = libm::sincosf(angle);
    Affine { columns: [v3(c, s, 0.0), v3(-s, c, 0.0), v3(0.0, 0.0, 1.0)], origin }
}

/// Most walls, floors and tables are hardly coloured.
fn muted(c: V3) -> V3 {
    let grey = (c.x + c.y + c.z) / 3.0;
    v3(grey, grey, grey).lerp(c, 0.42)
}

/// The wood that is as light as a colour, and a little of that colour.
fn timber(c: V3) -> V3 {
    let light = (0.3 * c.x + 0.6 * c.y + 0.1 * c.z).clamp(0.03, 0.7);
    let brown = v3(1.55, 0.95, 0.55).lerp(V3::ONE, (light - 0.1).clamp(0.0, 0.55));
    (brown * light).lerp(c, 0.22)
}

/// Tables of material for surfaces by number, with the features that kind usually has.
fn flat(kind: usize, a: V3, b: V3, gloss: f32, offset: V3) -> Material {
    // Wood is brown, grey or white, whatever colour it was given.
    let (a, b) = if matches!(kind, 0 | 2) { (timber(a), timber(b) * 0.8) } else { (muted(a), muted(b)) };
    let base = Material { a, b, c: a * 0.45, gloss, polish: 0.55, bump: 0.0, offset, ..Material::plain(a) };
    match kind {
        0 => Material { pattern: Pattern::Wood, scale: 9.0, ..base },
        1 => Material { pattern: Pattern::Speckle, scale: 110.0, ..base },
        2 => Material { pattern: Pattern::Wood, scale: 14.0, b: a * 0.55, ..base },
        3 => Material { pattern: Pattern::Cloud, scale: 9.0, b: a.lerp(b, 0.16), ..base },
        4 => Material { pattern: Pattern::Check, scale: 22.0, gloss: 0.03, ..base },
        5 => Material { pattern: Pattern::Tiles, scale: 6.5, ..base },
        6 => Material { pattern: Pattern::Carpet, scale: 14.0, gloss: 0.0, ..base },
        _ => Material { pattern: Pattern::Plain, scale: 3.0, b: a * 0.85, gloss: 0.02, ..base },
    }
}

pub(super) fn build(recipe: &SceneRecipe, bystander: bool) -> Vec<Prop> {
    let room = &recipe.room;
    let mut rng = Rng::new(0x726f_6f6d).split(&format!("furniture {}", room.number));
    let mut props = Vec::new();
    let mut offset = {
        let mut r = rng.split("offset");
        move || v3(r.range(0.0, 20.0) as f32, r.range(0.0, 20.0) as f32, r.range(0.0, 20.0) as f32)
    };
    let floor_z = room.floor_z_m as f32;
    let (wall_y, left, right) = (room.wall_y_m as f32, room.walls_x_m[0] as f32, room.walls_x_m[1] as f32);
    let ceiling = floor_z + 2.6;
    let back = -1.6;

    // The table first: it hides most of what lies behind it.
    let t = &recipe.table;
    let [[x0, y0], [x1, y1]] = t.corners_m.map(|c| c.map(|v| v as f32));
    let middle = v3(0.5 * (x0 + x1), 0.5 * (y0 + y1), -0.5 * TABLE_M);
    // Chequered tables are rare.
    let pattern = if t.pattern % 6 == 4 && !room.number.is_multiple_of(3) { 7 } else { t.pattern as usize % 6 };
    let top = flat(pattern, colour(t.colour), colour(t.grain), 0.04 + 0.30 * t.gloss, offset());
    let top = Material { polish: 0.3 + 0.5 * t.gloss, ..top };
    let edge = Material { gloss: 0.1, ..Material::plain(colour(t.colour) * 0.8) };
    let board = round_box(v3(0.5 * (x1 - x0), 0.5 * (y1 - y0), 0.5 * TABLE_M), 0.004);
    props.push(Prop::new(board, vec![edge, top, edge], place(middle), false));
    for (x, y) in [(x0 + 0.06, y0 + 0.06), (x1 - 0.06, y0 + 0.06), (x0 + 0.06, y1 - 0.06), (x1 - 0.06, y1 - 0.06)] {
        let half = 0.5 * (-TABLE_M - floor_z);
        let leg = block(v3(0.025, 0.025, half));
        props.push(Prop::new(leg, vec![edge], place(v3(x, y, -TABLE_M - half)), false));
    }
    clutter::table(recipe, &mut rng.split("clutter"), &mut props);

    // Floor, walls, ceiling: seen from inside.
    let floor = flat([0, 5, 6, 6, 2, 7][rng.below(6)], colour(room.floor), colour(room.floor) * 0.55, 0.08, offset());
    let wall_kind = [7, 7, 7, 3, 5][rng.below(5)];
    let wall = Material {
        scale: if wall_kind == 5 { 5.0 } else { 2.0 },
        ..flat(wall_kind, colour(room.wall), colour(room.wall) * 0.8, 0.02, offset())
    };
    let white = Material { bump: 0.0, ..Material::plain(v3(0.7, 0.7, 0.68)) };
    let mut shell = RigidMesh::default();
    let c = |x: f32, y: f32, z: f32| v3(x, y, z);
    shell.quad([c(left, back, floor_z), c(right, back, floor_z), c(right, wall_y, floor_z), c(left, wall_y, floor_z)], 0);
    shell.quad([c(left, back, ceiling), c(left, wall_y, ceiling), c(right, wall_y, ceiling), c(right, back, ceiling)], 2);
    shell.quad([c(left, wall_y, floor_z), c(right, wall_y, floor_z), c(right, wall_y, ceiling), c(left, wall_y, ceiling)], 1);
    shell.quad([c(right, back, floor_z), c(left, back, floor_z), c(left, back, ceiling), c(right, back, ceiling)], 1);
    // Side walls read the pattern along y, z: two more surfaces would cost more than they give.
    shell.quad([c(left, back, floor_z), c(left, wall_y, floor_z), c(left, wall_y, ceiling), c(left, back, ceiling)], 1);
    shell.quad([c(right, wall_y, floor_z), c(right, back, floor_z), c(right, back, ceiling), c(right, wall_y, ceiling)], 1);

    furniture(recipe, &mut rng, bystander, &mut props);
    props.push(Prop::new(shell, vec![floor, wall, white], Affine::IDENTITY, false));
    props
}

fn furniture(recipe: &SceneRecipe, rng: &mut Rng, bystander: bool, props: &mut Vec<Prop>) {
    let room = &recipe.room;
    let floor_z = room.floor_z_m as f32;
    let (wall_y, left, right) = (room.wall_y_m as f32, room.walls_x_m[0] as f32, room.walls_x_m[1] as f32);
    let wood = |rng: &mut Rng| {
        let a =
            [v3(0.35, 0.20, 0.10), v3(0.55, 0.38, 0.22), v3(0.16, 0.09, 0.05), v3(0.62, 0.60, 0.56), v3(0.08, 0.08, 0.09)][rng.below(5)];
        let offset = v3(rng.range(0.0, 9.0) as f32, rng.range(0.0, 9.0) as f32, rng.range(0.0, 9.0) as f32);
        Material { pattern: Pattern::Wood, b: a * 0.6, scale: 11.0, gloss: 0.08, polish: 0.4, offset, ..Material::plain(a) }
    };
    let bar = |half: V3, at: V3, m: Material, props: &mut Vec<Prop>| {
        props.push(Prop::new(block(half), vec![m], place(at), false));
    };
    if room.shelf {
        let m = wood(rng);
        let (w, x) = (rng.range(0.4, 0.9) as f32, rng.range(-0.8, 0.8) as f32);
        for level in 0..4 {
            let z = floor_z + 0.35 + 0.42 * level as f32;
            bar(v3(w, 0.14, 0.011), v3(x, wall_y - 0.15, z), m, props);
            let row = Material {
                pattern: Pattern::Row,
                scale: rng.range(14.0, 32.0) as f32,
                gloss: 0.08,
                offset: v3(rng.range(0.0, 90.0) as f32, 0.0, 0.0),
                ..Material::plain(V3::ONE * 0.4)
            };
            let (half_w, half_h) = (w * rng.range(0.3, 0.95) as f32, rng.range(0.09, 0.16) as f32);
            bar(v3(half_w, 0.10, half_h), v3(x - (w - half_w) * 0.9, wall_y - 0.13, z + half_h + 0.011), row, props);
        }
        for s in [-1.0, 1.0] {
            bar(v3(0.012, 0.14, 0.85), v3(x + s * w, wall_y - 0.15, floor_z + 0.85), m, props);
        }
    }
    if rng.chance(0.4) {
        // A kitchen counter along the far wall: fronts, handles, a top, wall cupboards.
        let (front, top) = (
            Material {
                gloss: 0.15,
                polish: 0.5,
                ..Material::plain([v3(0.7, 0.7, 0.68), v3(0.15, 0.22, 0.2), v3(0.45, 0.28, 0.15)][rng.below(3)])
            },
            Material {
                pattern: Pattern::Speckle,
                scale: 120.0,
                b: v3(0.1, 0.1, 0.1),
                gloss: 0.3,
                polish: 0.7,
                ..Material::plain(v3(0.3, 0.29, 0.28))
            },
        );
        let steel = Material { gloss: 0.8, polish: 0.6, ..Material::plain(v3(0.35, 0.35, 0.36)) };
        let mut x = left + 0.3;
        while x + 0.3 < right {
            bar(v3(0.292, 0.29, 0.42), v3(x, wall_y - 0.30, floor_z + 0.45), front, props);
            bar(v3(0.08, 0.008, 0.006), v3(x, wall_y - 0.60, floor_z + 0.78), steel, props);
            if room.wall_y_m > 1.8 {
                bar(v3(0.292, 0.16, 0.33), v3(x, wall_y - 0.165, floor_z + 1.75), front, props);
            }
            x += 0.6;
        }
        bar(v3(0.5 * (right - left), 0.31, 0.018), v3(0.5 * (left + right), wall_y - 0.31, floor_z + 0.89), top, props);
    }
    let mut window = None;
    if rng.chance(0.5) {
        // A window: bright panes in a white frame.
        let x = rng.range(-1.0, 1.0) as f32;
        window = Some(x);
        let sky = Material {
            pattern: Pattern::Screen,
            a: v3(0.75, 0.85, 1.0),
            b: v3(0.9, 0.95, 1.0),
            c: v3(0.8, 0.9, 1.0),
            scale: 1.2,
            ..Material::plain(V3::ONE)
        };
        let frame = Material { gloss: 0.1, ..Material::plain(v3(0.75, 0.75, 0.73)) };
        bar(v3(0.45, 0.01, 0.5), v3(x, wall_y - 0.01, floor_z + 1.55), sky, props);
        for (half, at) in [
            (v3(0.03, 0.03, 0.53), v3(-0.46, 0.0, 0.0)),
            (v3(0.03, 0.03, 0.53), v3(0.46, 0.0, 0.0)),
            (v3(0.02, 0.03, 0.5), V3::ZERO),
            (v3(0.48, 0.05, 0.03), v3(0.0, 0.0, -0.52)),
        ] {
            bar(half, v3(x, wall_y - 0.03, floor_z + 1.55) + at, frame, props);
        }
    }
    for _ in 0..rng.below(4) {
        // Pictures on the walls.
        let half = v3(rng.range(0.12, 0.35) as f32, 0.012, rng.range(0.12, 0.3) as f32);
        let layout = Layout { style: rng.below(64) as u32, half_height_m: half.z, half_breadth_m: half.x, round: false, lying: false };
        let tone = |rng: &mut Rng| v3(rng.unit() as f32, rng.unit() as f32, rng.unit() as f32) * 0.7;
        let m = Material { pattern: Pattern::Print(layout), a: tone(rng), b: tone(rng), c: tone(rng), ..Material::plain(V3::ONE * 0.5) };
        let at = v3(rng.range(f64::from(left) + 0.4, f64::from(right) - 0.4) as f32, wall_y - 0.013, floor_z + rng.range(1.2, 1.9) as f32);
        if window.is_none_or(|x: f32| (x - at.x).abs() > 0.5 + half.x) {
            bar(half, at, m, props);
        }
    }
    if !bystander && rng.chance(0.35) {
        // A chair beyond the table.
        let m = wood(rng);
        let (x, y) = (rng.range(-0.6, 0.6) as f32, (recipe.table.corners_m[1][1] as f32 + 0.35).min(wall_y - 0.3));
        bar(v3(0.21, 0.21, 0.02), v3(x, y, floor_z + 0.45), m, props);
        bar(v3(0.21, 0.015, 0.10), v3(x, y + 0.2, floor_z + 0.85), m, props);
        for (dx, dy) in [(-0.19, -0.19), (0.19, -0.19), (-0.19, 0.19), (0.19, 0.19)] {
            let tall = if dy > 0.0 { 0.47 } else { 0.22 };
            props.push(Prop::new(frustum(0.016, 0.016, tall), vec![m], place(v3(x + dx, y + dy, floor_z + tall)), false));
        }
    }
}
