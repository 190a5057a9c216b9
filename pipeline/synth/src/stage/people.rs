//! A bystander's body: sleeve-coloured shoulders, neck and head, seen beyond the table.

use ego_core::hands::Side;

use super::{affine, colour};
use crate::mesh::rigid::{capsule, ellipsoid};
use crate::mesh::vec3::{Affine, V3, v3};
use crate::moment::HandState;
use crate::raster::geometry::{Geometry, Label, Surface};
use crate::raster::material::{Material, Pattern};
use crate::recipe::ArmLook;
use crate::rng::Rng;

/// Adds the body between a bystander's arms: one or two of them.
pub(super) fn build(
    arms: &[&HandState],
    look: &ArmLook,
    wall_y: f32,
    camera: &Affine,
    before: &Affine,
    seed: u64,
    geometry: &mut Geometry,
) {
    let elbows: Vec<V3> = arms.iter().map(|h| affine(&h.forearm.frame).origin).collect();
    let (Some(first), Some(arm)) = (elbows.first(), arms.first()) else { return };
    let mut middle = elbows.iter().fold(V3::ZERO, |s, &e| s + e) * (1.0 / elbows.len() as f32);
    let away = (*first - affine(&arm.pose.bones[0]).origin).times(v3(0.3, 1.0, 0.0)).unit();
    let across = v3(-away.y, away.x, 0.0);
    if elbows.len() == 1 {
        // Facing the table, the left arm is on the wearer's right.
        let side = if arm.side == Side::Left { 1.0 } else { -1.0 };
        middle += across * (0.24 * side);
    }
    let mut chest = v3(middle.x, middle.y, middle.z.max(0.0) + 0.02) + away * 0.16;
    chest.y = chest.y.min(wall_y - 0.30);
    person(chest, -away, &elbows, look, seed, camera, before, geometry, Label::Bystander);
}

/// A torso, neck and head around the middle of the chest (world space), facing `front`.
#[allow(clippy::too_many_arguments)]
fn person(
    chest: V3,
    front: V3,
    elbows: &[V3],
    look: &ArmLook,
    seed: u64,
    camera: &Affine,
    before: &Affine,
    geometry: &mut Geometry,
    label: Label,
) {
    let mut rng = Rng::new(seed).split("person");
    let cloth = look.sleeve.map_or(v3(0.2, 0.2, 0.25), |s| colour(s.colour));
    let hair = [v3(0.02, 0.015, 0.01), v3(0.09, 0.05, 0.025), v3(0.30, 0.20, 0.09), v3(0.3, 0.3, 0.3)][rng.below(4)];
    let skin = colour(look.skin);
    let shirt = Material { pattern: Pattern::Cloth, b: cloth * 0.6, scale: 30.0, bump: 0.4, ..Material::plain(cloth) };
    let face =
        Material { pattern: Pattern::Face, b: hair, c: skin.times(v3(0.9, 0.5, 0.5)), gloss: 0.08, polish: 0.35, ..Material::plain(skin) };
    let neck = Material { gloss: 0.06, ..Material::plain(skin) };
    // y of the body points backwards, as faces look along -y.
    let back = -front.unit();
    let up = v3(0.0, 0.0, 1.0);
    let axes = [back.cross(up), back, up];
    let across = axes[0];
    let world = |offset: V3| Affine { columns: axes, origin: chest + offset };
    // A capsule's axis is y: laid across for the shoulders, towards each elbow for the upper arms.
    let shoulder = chest + up * 0.20;
    let mut pieces = vec![
        (ellipsoid(v3(0.185, 0.115, 0.33), 20, 14), shirt, world(up * -0.06)),
        (capsule(0.062, 0.062, 0.125), shirt, Affine::looking(shoulder, across, up)),
        (ellipsoid(v3(0.055, 0.055, 0.11), 14, 8), neck, world(up * 0.27)),
        (ellipsoid(v3(0.076, 0.096, 0.122), 24, 16), face, world(up * 0.40 - back * 0.015)),
    ];
    for &elbow in elbows {
        let side = if (elbow - chest).dot(across) > 0.0 { 1.0 } else { -1.0 };
        let top = shoulder + across * (0.15 * side);
        pieces.push((capsule(0.048, 0.058, 0.5 * (top - elbow).norm()), shirt, Affine::looking((top + elbow) * 0.5, top - elbow, up)));
    }
    for (mesh, material, place) in pieces {
        let id = geometry.surface(Surface { material, label, casts: false, two_sided: false });
        geometry.rigid(&mesh, &[id], &camera.after(&place), &before.after(&place));
    }
}
