//! What the shaders read, as 32-bit words in the layout of `shaders/*.wgsl`.

use crate::effects::develop::{Darkroom, Development};
use crate::mesh::anatomy::rest_hand;
use crate::mesh::vec3::V3;
use crate::raster::geometry::{Geometry, Surface};
use crate::raster::material::Pattern;
use crate::raster::scenery::{Scenery, View};
use crate::raster::shadow::ShadowView;

/// Lamps that the shaders have room for; recipes have up to three.
const LAMPS: usize = 4;

/// Three numbers and a fourth one.
fn four(v: V3, last: f32) -> [u32; 4] {
    [v.x, v.y, v.z, last].map(f32::to_bits)
}

/// `View` of `scene.wgsl`.
pub(super) fn view(scenery: &Scenery, view: &View, size: [u32; 2], out: &mut Vec<u32>) {
    let light = &scenery.light;
    let lamps = light.lamps.len().min(LAMPS);
    out.clear();
    out.extend([size[0], size[1], lamps as u32, u32::from(view.moving)]);
    out.extend([view.lens.focal, view.lens.centre].as_flattened().iter().map(|v| v.to_bits()));
    for colour in [light.sky, light.ground, light.up] {
        out.extend(four(colour, 0.0));
    }
    let side = if view.shadows { scenery.shadow_side() as f32 } else { 0.0 };
    let map = ShadowView::new(scenery.shadow_side(), light.lamps.first().map_or(V3::ZERO, |l| l.towards), view.focus);
    for (axis, last) in [(map.across[0], 0.0), (map.across[1], 0.0), (map.towards, 0.0), (map.centre, side)] {
        out.extend(four(axis, last));
    }
    for lamp in light.lamps.iter().take(LAMPS) {
        out.extend(four(lamp.towards, 0.0));
        out.extend(four(lamp.colour, 0.0));
    }
    out.resize(out.len() + 8 * (LAMPS - lamps), 0);
}

/// `Vertex` of `scene.wgsl`.
pub(super) fn vertices(geometry: &Geometry, out: &mut Vec<u32>) {
    out.clear();
    for (v, p) in geometry.vertices.iter().zip(&geometry.projected) {
        out.extend([four(v.at, v.openness), four(v.normal, p.x), four(v.local, p.y), four(v.before, p.z)].as_flattened());
    }
}

/// Corners and surface of each triangle.
pub(super) fn triangles(geometry: &Geometry, out: &mut Vec<u32>) {
    out.clear();
    for t in &geometry.triangles {
        let [a, b, c] = t.corners;
        out.extend([a, b, c, t.surface]);
    }
}

/// `Surface` of `material.wgsl`.
pub(super) fn surfaces(geometry: &Geometry, out: &mut Vec<u32>) {
    out.clear();
    for Surface { material: m, label, two_sided, .. } in &geometry.surfaces {
        for (v, last) in [(m.a, m.scale), (m.b, m.gloss), (m.c, m.polish), (m.offset, m.bump)] {
            out.extend(four(v, last));
        }
        let (number, which, size, shape) = match m.pattern {
            Pattern::Plain => (0, 0, [0.0; 2], 0),
            Pattern::Cloud => (1, 0, [0.0; 2], 0),
            Pattern::Speckle => (2, 0, [0.0; 2], 0),
            Pattern::Wood => (3, 0, [0.0; 2], 0),
            Pattern::Tiles => (4, 0, [0.0; 2], 0),
            Pattern::Check => (5, 0, [0.0; 2], 0),
            Pattern::Stripes => (6, 0, [0.0; 2], 0),
            Pattern::Cloth => (7, 0, [0.0; 2], 0),
            Pattern::Carpet => (8, 0, [0.0; 2], 0),
            Pattern::Print(l) => (9, l.style, [l.half_height_m, l.half_breadth_m], u32::from(l.round) | u32::from(l.lying) << 1),
            Pattern::Paper => (10, 0, [0.0; 2], 0),
            Pattern::Leaves => (11, 0, [0.0; 2], 0),
            Pattern::Keys => (12, 0, [0.0; 2], 0),
            Pattern::Screen => (13, 0, [0.0; 2], 0),
            Pattern::Row => (14, 0, [0.0; 2], 0),
            Pattern::Skin(finger) => (15, u32::from(finger), [0.0; 2], 0),
            Pattern::Face => (16, 0, [0.0; 2], 0),
        };
        let [height, breadth] = size.map(f32::to_bits);
        out.extend([height, breadth, which, shape, number, *label as u32, u32::from(*two_sided), 0]);
    }
}

/// `Hand` of `skin.wgsl`.
pub(super) fn hand() -> Vec<u32> {
    let finger = |f: &crate::mesh::anatomy::FingerRest| {
        let [across, along, up] = f.frame.columns;
        [four(f.frame.origin, f.radius), four(across, f.bones[0]), four(along, f.bones[1]), four(up, f.bones[2])]
    };
    rest_hand().fingers.iter().flat_map(finger).flatten().collect()
}

/// `Development` of `develop.wgsl`.
pub(super) fn development(d: &Development, size: [u32; 2], tiles: [u32; 2], moving: bool, bent: bool, out: &mut Vec<u32>) {
    out.clear();
    out.extend(size);
    out.extend(tiles);
    out.extend(four(d.gain, d.shutter));
    out.extend([d.rolling, d.read_noise, d.vignette, d.blur_px].map(f32::to_bits));
    let moves = moving && (d.shutter > 0.0 || d.rolling != 0.0);
    out.extend([u32::from(moves), u32::from(bent), 0, 0]);
}

/// Low and high half.
fn halves(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// `steps` of `develop.wgsl`, the columns' part.
pub(super) fn columns(width: usize) -> Vec<u32> {
    Darkroom::noise_steps().take(width).flat_map(|(factor, term)| [halves(factor), halves(term)]).flatten().collect()
}

/// `steps` of `develop.wgsl`, the rows' part.
pub(super) fn rows(seed: u64, height: usize, out: &mut Vec<u32>) {
    out.clear();
    out.extend((0..height).flat_map(|y| [halves(Darkroom::noise_of_row(seed, y)), [0; 2]]).flatten());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cast::Action;
    use crate::clip::Clip;
    use crate::rng::Rng;
    use crate::script::Script;

    #[test]
    fn the_frames_that_are_compared_show_all_patterns() -> Result<(), crate::error::SynthError> {
        let (width, height) = (256, 144);
        let (mut scenery, mut darkroom) = (Scenery::new(width, height), Darkroom::new(width, height));
        let mut seen = BTreeSet::new();
        let mut words = Vec::new();
        // As in `tests/gpu.rs`.
        let mut rng = Rng::new(3);
        for action in (1..=36).filter_map(Action::from_id) {
            let mut script = Script::of(action);
            (script.camera.width, script.camera.height) = (width as u32, height as u32);
            let clip = Clip::new(rng.next_u64(), &script)?;
            let at_s = rng.range(0.1, 0.9) * clip.frames() as f64 / clip.fps();
            scenery.set(&clip.moment_at(at_s), None, clip.recipe(), &mut darkroom);
            let geometry = &scenery.geometry;
            surfaces(geometry, &mut words);
            let (right, bottom) = (2.0 * width as f32, 2.0 * height as f32);
            let shown = geometry.triangles.iter().filter(|t| {
                let p = t.corners.map(|c| geometry.projected[c as usize]);
                let (low, high) = (p[0].min(p[1]).min(p[2]), p[0].max(p[1]).max(p[2]));
                high.x > 0.0 && high.y > 0.0 && low.x < right && low.y < bottom
            });
            seen.extend(shown.map(|t| words[24 * t.surface as usize + 20]));
        }
        assert_eq!(seen, (0..17).collect(), "a pattern is never drawn");
        Ok(())
    }
}
