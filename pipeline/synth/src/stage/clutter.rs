//! Things that lie about: crockery, boxes, a keyboard, papers, pens, fruit. Beside and behind the place where hands work.

use super::Prop;
use super::room::{place, turned};
use crate::mesh::rigid::{RigidMesh, cup, ellipsoid, frustum, round_box};
use crate::mesh::vec3::{Affine, V3, v3};
use crate::raster::material::{Material, Pattern};
use crate::raster::print::Layout;
use crate::recipe::{SKIN_TONES, SceneRecipe};
use crate::rng::Rng;

fn tone(rng: &mut Rng) -> V3 {
    let c = v3(rng.unit() as f32, rng.unit() as f32, rng.unit() as f32);
    let grey = (c.x + c.y + c.z) / 3.0;
    v3(grey, grey, grey).lerp(c, if rng.chance(0.5) { 0.25 } else { 1.0 }) * rng.range(0.2, 0.9) as f32
}

/// Puts the recipe's number of things on the table.
pub(super) fn table(recipe: &SceneRecipe, rng: &mut Rng, props: &mut Vec<Prop>) {
    let [[x0, y0], [x1, y1]] = recipe.table.corners_m;
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    for _ in 0..recipe.room.clutter {
        // Left or right of the hands, or behind them.
        for _ in 0..12 {
            let (x, y) = (rng.range(x0 + 0.08, x1 - 0.08), rng.range(y0 + 0.08, y1 - 0.07));
            let free = (x.abs() > 0.42 || y > 0.66) && taken.iter().all(|(u, v, r)| (x - u).hypot(y - v) > r + 0.09);
            if free {
                let radius = thing(rng, v3(x as f32, y as f32, 0.0), props);
                taken.push((x, y, radius));
                break;
            }
        }
    }
}

/// One thing on the table at `at`; returns the room it takes, metres.
fn thing(rng: &mut Rng, at: V3, props: &mut Vec<Prop>) -> f64 {
    let glossy =
        |rng: &mut Rng| Material { gloss: rng.range(0.1, 0.6) as f32, polish: rng.range(0.4, 0.8) as f32, ..Material::plain(tone(rng)) };
    let angle = rng.range(-3.1, 3.1) as f32;
    let up = |z: f32| at + v3(0.0, 0.0, z);
    let one = |mesh: RigidMesh, materials: Vec<Material>, at: Affine| Prop::new(mesh, materials, at, true);
    match rng.below(12) {
        0 => {
            let (r, h) = (rng.range(0.032, 0.045) as f32, rng.range(0.035, 0.055) as f32);
            let m = glossy(rng);
            let mut mug = cup(r * 0.85, r, h, 0.003);
            let handle = crate::mesh::rigid::torus(0.022, 0.0045, 1.0);
            mug.add(&handle, &place(v3(r + 0.012, 0.0, 0.0)), 0);
            props.push(one(mug, vec![m, Material { gloss: 0.4, ..Material::plain(m.a * 0.8) }], turned(up(h), angle)));
            0.06
        }
        1 => {
            let half = v3(rng.range(0.03, 0.10) as f32, rng.range(0.02, 0.06) as f32, rng.range(0.02, 0.11) as f32);
            let layout = Layout { style: rng.below(64) as u32, half_height_m: half.z, half_breadth_m: half.x, round: false, lying: false };
            let m = Material { pattern: Pattern::Print(layout), b: tone(rng), c: tone(rng), ..glossy(rng) };
            props.push(one(round_box(half, 0.001), vec![m, Material::plain(m.a), m], turned(up(half.z), angle)));
            0.09
        }
        2 => {
            let r = rng.range(0.07, 0.12) as f32;
            let m = glossy(rng);
            props.push(one(cup(r * 0.6, r, rng.range(0.008, 0.03) as f32, 0.004), vec![m], place(up(0.02))));
            0.13
        }
        3 => {
            // A keyboard.
            let dark = if rng.chance(0.6) { V3::ONE * 0.03 } else { V3::ONE * 0.6 };
            let keys = Material {
                pattern: Pattern::Keys,
                b: dark * 0.5,
                c: if dark.x < 0.1 { V3::ONE * 0.7 } else { V3::ONE * 0.05 },
                scale: 52.0,
                ..Material::plain(dark)
            };
            props.push(one(round_box(v3(0.19, 0.062, 0.008), 0.003), vec![Material::plain(dark), keys], turned(up(0.008), angle * 0.06)));
            0.2
        }
        4 => {
            // A laptop or tablet with a lit screen.
            let shell = Material { gloss: 0.3, polish: 0.6, ..Material::plain(V3::ONE * rng.range(0.05, 0.5) as f32) };
            let keys =
                Material { pattern: Pattern::Keys, b: shell.a * 0.6, c: V3::ONE * 0.7, scale: 56.0, ..Material::plain(V3::ONE * 0.03) };
            let screen = Material {
                pattern: Pattern::Screen,
                b: tone(rng),
                c: V3::ONE * 0.85,
                scale: 6.0,
                gloss: 0.2,
                ..Material::plain(tone(rng))
            };
            let turn = turned(up(0.008), angle * 0.1);
            props.push(one(round_box(v3(0.155, 0.105, 0.008), 0.003), vec![shell, keys], turn));
            let mut lid = RigidMesh::default();
            let lean = 0.35f32;
            let (s, c) = libm::sincosf(lean);
            let tilt = Affine { columns: [v3(1.0, 0.0, 0.0), v3(0.0, c, -s), v3(0.0, s, c)], origin: v3(0.0, 0.105 + 0.1 * s, 0.1 * c) };
            lid.add(&round_box(v3(0.155, 0.004, 0.10), 0.003), &tilt, 0);
            props.push(one(lid, vec![screen, shell, shell], turn));
            0.2
        }
        5 => {
            // A sheet or an open magazine.
            let half = v3(rng.range(0.07, 0.11) as f32, rng.range(0.1, 0.15) as f32, 0.0015);
            let page = Material {
                pattern: Pattern::Paper,
                scale: 1.0 / half.x,
                b: tone(rng),
                c: tone(rng),
                offset: v3(rng.below(50) as f32, 7.0, 3.0),
                ..Material::plain(v3(0.75, 0.74, 0.70))
            };
            props.push(one(round_box(half, 0.0005), vec![page, page, page], turned(up(half.z), angle)));
            0.14
        }
        6 => {
            // Pens.
            for k in 0..1 + rng.below(3) {
                let m = glossy(rng);
                let (s, c) = libm::sincosf(angle + 0.7 * k as f32);
                let (side, along) = (v3(-s, c, 0.0), v3(c, s, 0.0));
                let at = up(0.0045) + v3(0.02, 0.015, 0.0) * k as f32;
                let lying = Affine { columns: [side.cross(along), side, along], origin: at };
                props.push(one(frustum(0.0045, 0.0040, 0.07), vec![m], lying));
            }
            0.09
        }
        7 => {
            let r = rng.range(0.03, 0.045) as f32;
            let a = [v3(0.75, 0.32, 0.04), v3(0.55, 0.05, 0.04), v3(0.45, 0.55, 0.08), v3(0.75, 0.62, 0.1)][rng.below(4)];
            let m = Material {
                pattern: Pattern::Speckle,
                b: a * 0.6,
                scale: 150.0,
                gloss: 0.25,
                polish: 0.5,
                bump: 0.15,
                ..Material::plain(a)
            };
            props.push(one(ellipsoid(v3(r, r, r * 0.92), 20, 12), vec![m], place(up(r * 0.9))));
            0.05
        }
        8 => {
            // Sausages, carrots, wooden spoons: skin-coloured and finger-shaped.
            let c = SKIN_TONES[rng.below(SKIN_TONES.len())];
            let m = Material {
                pattern: Pattern::Cloud,
                b: v3(c[0], c[1], c[2]) * 0.75,
                scale: 60.0,
                gloss: 0.15,
                polish: 0.5,
                ..Material::plain(v3(c[0], c[1], c[2]))
            };
            for k in 0..1 + rng.below(4) {
                let r = rng.range(0.006, 0.014) as f32;
                let mesh = ellipsoid(v3(rng.range(0.035, 0.08) as f32, r, r), 14, 10);
                props.push(one(mesh, vec![m], turned(up(r) + v3(0.0, 0.026 * k as f32, 0.0), angle * 0.2 + 0.2 * k as f32)));
            }
            0.1
        }
        9 => {
            // A photograph of a face, lying or leaning.
            let c = SKIN_TONES[rng.below(SKIN_TONES.len())];
            let skin = v3(c[0], c[1], c[2]);
            let hair = [v3(0.02, 0.015, 0.01), v3(0.12, 0.06, 0.03), v3(0.35, 0.24, 0.11)][rng.below(3)];
            let face = Material { pattern: Pattern::Face, b: hair, c: skin.times(v3(0.9, 0.5, 0.5)), gloss: 0.15, ..Material::plain(skin) };
            let half = v3(rng.range(0.045, 0.10) as f32, 0.0, 0.0015);
            let half = v3(half.x, half.x * 1.35, half.z);
            let enlarge = 0.085 / half.x;
            let print = round_box(half, 0.0005).painted_at(|p| v3(p.x * enlarge, -0.09, p.y * enlarge));
            props.push(one(print, vec![Material::plain(V3::ONE * 0.7), face], turned(up(half.z), angle * 0.3)));
            0.13
        }
        10 => {
            let (r, h) = (rng.range(0.025, 0.04) as f32, rng.range(0.05, 0.13) as f32);
            let layout = Layout { style: rng.below(64) as u32, half_height_m: h, half_breadth_m: r, round: true, lying: false };
            let m = Material { pattern: Pattern::Print(layout), b: tone(rng), c: tone(rng), ..glossy(rng) };
            let mut bottle = frustum(r, r, h);
            bottle.add(&frustum(r * 0.95, r * 0.35, 0.02), &place(v3(0.0, 0.0, h + 0.02)), 1);
            bottle.add(&frustum(r * 0.36, r * 0.36, 0.012), &place(v3(0.0, 0.0, h + 0.05)), 2);
            props.push(one(bottle, vec![m, Material { ..m }, glossy(rng)], turned(up(h), angle)));
            0.06
        }
        _ => {
            // A folded cloth or a place mat.
            let m = Material {
                pattern: [Pattern::Cloth, Pattern::Stripes, Pattern::Check][rng.below(3)],
                b: tone(rng),
                scale: 35.0,
                gloss: 0.0,
                bump: 0.4,
                ..Material::plain(tone(rng))
            };
            props.push(one(
                round_box(v3(rng.range(0.08, 0.16) as f32, rng.range(0.06, 0.12) as f32, rng.range(0.002, 0.012) as f32), 0.002),
                vec![m],
                turned(up(0.006), angle),
            ));
            0.15
        }
    }
}
