//! A bystander's body: sleeve-coloured shoulders, neck and head, seen beyond the table.

use ego_core::hands::Side;

use super::{affine, colour};
use crate::mesh::rigid::ellipsoid;
use crate::mesh::vec3::{Affine, V3, v3};
use crate::moment::HandState;
use crate::raster::geometry::{Geometry, Label, Surface};
use crate::raster::material::{Material, Pattern};
use crate::recipe::ArmLook;
use crate::rng::Rng;
use crate::space::Pose;

/// Adds the body that belongs to a bystander's arm. One arm brings the whole body: the first of the two.
pub(super) fn build(
    hand: &HandState,
    index: usize,
    look: &ArmLook,
    camera: &Pose,
    camera_before: &Pose,
    seed: u64,
    geometry: &mut Geometry,
) {
    // Bystanders' hands come in pairs, left first; a lone right hand has its own body.
    if hand.side == Side::Right && index % 2 == 1 {
        return;
    }
    let elbow = affine(&hand.forearm.frame).origin;
    let away = (elbow - affine(&hand.pose.bones[0]).origin).unit();
    let chest = v3(elbow.x, elbow.y, 0.0) + v3(away.x, away.y, 0.0).unit() * 0.28 + v3(0.0, 0.0, elbow.z.max(0.0) + 0.02);
    // The body faces the table's middle.
    let front = (v3(0.0, 0.35, 0.0) - v3(chest.x, chest.y, 0.0)).unit();
    let side = if hand.side == Side::Left { 1.0 } else { -1.0 };
    let across = front.cross(v3(0.0, 0.0, 1.0));
    let chest = chest + across * (-0.20 * side);
    person(chest, front, look, seed, &affine(camera), &affine(camera_before), geometry, Label::Bystander);
}

/// A torso, neck and head around the middle of the chest (world space), facing `front`.
#[allow(clippy::too_many_arguments)]
pub(super) fn person(
    chest: V3,
    front: V3,
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
    let world = |offset: V3| Affine { columns: [back.cross(up), back, up], origin: chest + offset };
    for (mesh, material, at) in [
        (ellipsoid(v3(0.21, 0.125, 0.30), 20, 14), shirt, V3::ZERO),
        (ellipsoid(v3(0.058, 0.058, 0.11), 14, 8), neck, up * 0.30),
        (ellipsoid(v3(0.076, 0.096, 0.122), 24, 16), face, up * 0.44),
    ] {
        let id = geometry.surface(Surface { material, label, casts: false, two_sided: false });
        let place = world(at);
        geometry.rigid(&mesh, &[id], &camera.after(&place), &before.after(&place));
    }
}
