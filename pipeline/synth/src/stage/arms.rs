//! Arms: skinned hands with sleeves, gloves, rings and watches.

use ego_core::hands::Side;

use super::{affine, colour};
use crate::mesh::anatomy::{HandField, rest_hand};
use crate::mesh::hand::SkinnedMesh;
use crate::mesh::import::arm_section;
use crate::mesh::rigid::{RigidMesh, capsule, frustum, round_box, torus};
use crate::mesh::skeleton::{BONES, BonePoses, FOREARM, finger_bone};
use crate::mesh::vec3::{Affine, V3, smoothstep, v3};
use crate::moment::{HandState, Owner};
use crate::raster::geometry::{Geometry, Label, Surface, Triangle, Vertex};
use crate::raster::material::{Material, Pattern};
use crate::recipe::{ArmLook, Sleeve};
use crate::rng::Rng;
use crate::space::Pose;

/// What a person's arms wear, as meshes in rest space.
pub(super) struct ArmWear {
    sleeve: Option<(SkinnedMesh, Material)>,
    skin: [Material; 6],
    glove: Option<Material>,
    rings: Vec<(usize, usize, RigidMesh, Material)>,
    watch: Option<(usize, RigidMesh, [Material; 2])>,
    upper_arm: RigidMesh,
}

impl ArmWear {
    pub(super) fn new(look: &ArmLook, seed: u64) -> ArmWear {
        let mut rng = Rng::new(seed).split("arms");
        let mut offset = || v3(rng.range(0.0, 30.0) as f32, rng.range(0.0, 30.0) as f32, rng.range(0.0, 30.0) as f32);
        let a = colour(look.skin);
        // The palm hardly darkens with the skin.
        let pale = v3(0.62, 0.36, 0.27);
        let b = a.lerp(pale, 0.10 + 0.45 * look.skin_tone).lerp(a.times(v3(1.12, 0.94, 0.92)), 0.30).min(v3(0.9, 0.8, 0.75));
        let nail = look.varnish.map_or_else(|| a.lerp(v3(0.72, 0.42, 0.36), 0.35 + 0.12 * look.skin_tone), colour);
        let at = offset();
        let gloss = 0.10 + 0.06 * look.skin_tone;
        let skin =
            |finger: u8| Material { pattern: Pattern::Skin(finger), a, b, c: nail, scale: 1.0, gloss, polish: 0.38, bump: 0.0, offset: at };
        let mut cloth_rng = Rng::new(seed).split("cloth");
        let glove = look.glove.map(|c| Material {
            pattern: Pattern::Cloth,
            a: colour(c),
            b: colour(c) * 0.7,
            c: V3::ZERO,
            scale: 60.0,
            gloss: if cloth_rng.chance(0.4) { 0.25 } else { 0.03 },
            polish: 0.4,
            bump: 0.35,
            offset: offset(),
        });
        let ring_mesh = torus(0.0100, 0.0012, 1.4);
        let metal = |c: V3| Material { gloss: 0.9, polish: 0.75, ..Material::plain(c) };
        ArmWear {
            sleeve: look.sleeve.map(|s| (sleeve_mesh(&s, seed), sleeve_material(&s, offset()))),
            skin: std::array::from_fn(|f| skin(f as u8)),
            glove,
            rings: look.rings.iter().map(|&(side, digit, c)| (side, digit.clamp(1, 4), ring_mesh.clone(), metal(colour(c)))).collect(),
            watch: look.watch.map(|(side, c)| {
                let strap = Material { gloss: 0.15, polish: 0.3, ..Material::plain(colour(c)) };
                (side, watch_mesh(), [strap, Material { gloss: 0.8, polish: 0.8, ..Material::plain(v3(0.02, 0.02, 0.025)) }])
            }),
            upper_arm: capsule(0.041, 0.054, 0.14),
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn build(
        &self,
        hand: &HandState,
        earlier: &HandState,
        look: &ArmLook,
        camera: &Pose,
        camera_before: &Pose,
        mesh: &SkinnedMesh,
        geometry: &mut Geometry,
    ) {
        let rest = rest_hand();
        let left = hand.side == Side::Left;
        let label = match (hand.owner, left) {
            (Owner::Bystander, _) => Label::Bystander,
            (Owner::Wearer, true) => Label::LeftArm,
            (Owner::Wearer, false) => Label::RightArm,
        };
        let now = bone_poses(hand, camera).maps(&rest, left);
        let before = bone_poses(earlier, camera_before).maps(&rest, left);
        let surface =
            |geometry: &mut Geometry, material: Material| geometry.surface(Surface { material, label, casts: true, two_sided: false });
        let skin = self.skin.map(|m| surface(geometry, m));
        let glove = self.glove.map(|m| surface(geometry, m));
        let begins = look.sleeve.map_or(f32::INFINITY, |s| s.begins_m);
        skinned(geometry, mesh, &now, &before, left, |t, region| {
            let y = t.iter().map(|&i| mesh.points[i as usize].y).fold(f32::NEG_INFINITY, f32::max);
            // What the sleeve hides need not be drawn.
            if -y > begins + 0.03 {
                return None;
            }
            match glove {
                Some(g) if y > -0.035 => Some(g),
                _ => Some(skin[region.min(5) as usize]),
            }
        });
        if let Some((mesh, material)) = &self.sleeve {
            let id = geometry.surface(Surface { material: *material, label, casts: true, two_sided: true });
            skinned(geometry, mesh, &now, &before, left, |_, _| Some(id));
        }
        let side = usize::from(!left);
        if glove.is_none() {
            for (at, digit, mesh, material) in &self.rings {
                if *at == side {
                    let id = surface(geometry, *material);
                    let f = &rest.fingers[*digit];
                    let place =
                        Affine { origin: f.joint(0) + f.frame.columns[1] * (0.62 * f.bones[0]) - f.frame.columns[2] * 0.0004, ..f.frame };
                    worn(geometry, mesh, &place, f.radius / 0.0096, finger_bone(*digit, 0), &now, &before, left, &[id]);
                }
            }
        }
        if let Some((at, mesh, materials)) = &self.watch
            && *at == side
            && begins > 0.03
        {
            let ids = materials.map(|m| surface(geometry, m));
            let place = Affine { origin: v3(0.0, -0.026, -0.001), ..Affine::IDENTITY };
            worn(geometry, mesh, &place, 1.0, FOREARM, &now, &before, left, &ids);
        }
        // The upper arm, mostly out of the picture.
        if hand.owner == Owner::Wearer {
            let material = self.sleeve.as_ref().map_or(self.skin[5], |(_, m)| *m);
            let id = surface(geometry, material);
            let place = |h: &HandState, camera: &Pose| {
                let elbow = affine(&h.forearm.frame);
                let sign = if left { -1.0 } else { 1.0 };
                // Roughly where shoulders are below a head above the origin.
                let shoulder = v3(0.19 * sign, -0.12, elbow.origin.z + 0.20);
                let along = (shoulder - elbow.origin).unit() * 0.28;
                let world = Affine::looking(elbow.origin + along * 0.5, along, v3(0.0, 0.0, 1.0));
                affine(camera).after(&world)
            };
            geometry.rigid(&self.upper_arm, &[id], &place(hand, camera), &place(earlier, camera_before));
        }
    }
}

/// Bones in camera space.
pub(crate) fn bone_poses(h: &HandState, camera: &Pose) -> BonePoses {
    let bones = h.pose.bones.map(|b| affine(&(camera * b)));
    let arm = affine(&(camera * h.forearm.frame));
    let a = &h.anatomy;
    let across = ((a.bases_m[4] - a.bases_m[1]).norm() / 0.0675) as f32;
    BonePoses {
        forearm: Affine { origin: bones[0].origin, ..arm },
        hand: bones[0],
        fingers: std::array::from_fn(|f| std::array::from_fn(|j| bones[1 + 3 * f + j])),
        lengths: a.segments_m.map(|s| s.map(|m| m as f32)),
        finger_breadth: (a.radii_m[2][1] / 0.009_56) as f32,
        palm_breadth: across,
        arm_breadth: (a.wrist_radius_m / 0.0301) as f32,
        thickness: (a.palm_half_m / 0.014_03) as f32,
        forearm_length: (a.forearm_m / 0.262) as f32,
    }
}

/// Poses a skinned mesh; `choose` gives the surface of a triangle or leaves it out.
fn skinned(
    geometry: &mut Geometry,
    mesh: &SkinnedMesh,
    now: &[Affine; BONES],
    before: &[Affine; BONES],
    mirror: bool,
    choose: impl Fn(&[u32; 3], u8) -> Option<u32>,
) {
    let start = geometry.vertices.len() as u32;
    let side = if mirror { -1.0 } else { 1.0 };
    let moved = now != before;
    geometry.vertices.reserve(mesh.points.len());
    mesh.pose(now, mirror, |i, at, normal| {
        let p = mesh.points[i];
        let earlier = if moved {
            // How the strongest bone moved is how the point moved.
            let bone = mesh.influences[i].main();
            let q = v3(p.x * side, p.y, p.z);
            at + before[bone].point(q) - now[bone].point(q)
        } else {
            at
        };
        geometry.vertices.push(Vertex { at, normal, local: p, openness: mesh.openness[i], before: earlier });
    });
    for (t, region) in mesh.triangles.iter().zip(&mesh.regions) {
        if let Some(surface) = choose(t, *region) {
            let [a, b, c] = t.map(|i| i + start);
            geometry.triangles.push(Triangle { corners: if mirror { [a, c, b] } else { [a, b, c] }, surface });
        }
    }
}

/// A rigid thing worn on a bone, placed in rest space.
#[allow(clippy::too_many_arguments)]
fn worn(
    geometry: &mut Geometry,
    mesh: &RigidMesh,
    place: &Affine,
    size: f32,
    bone: usize,
    now: &[Affine; BONES],
    before: &[Affine; BONES],
    mirror: bool,
    surfaces: &[u32],
) {
    let start = geometry.vertices.len() as u32;
    let flip = |v: V3| if mirror { v3(-v.x, v.y, v.z) } else { v };
    for (&p, &n) in mesh.points.iter().zip(&mesh.normals) {
        let at = flip(place.point(p * size));
        geometry.vertices.push(Vertex {
            at: now[bone].point(at),
            normal: now[bone].direction(flip(place.direction(n))).unit(),
            local: p,
            openness: 1.0,
            before: before[bone].point(at),
        });
    }
    for (t, part) in &mesh.triangles {
        let [a, b, c] = t.map(|i| i + start);
        let surface = surfaces.get(*part as usize).or(surfaces.last()).copied().unwrap_or(0);
        geometry.triangles.push(Triangle { corners: if mirror { [a, c, b] } else { [a, b, c] }, surface });
    }
}

/// A tube of cloth around the arm with folds and a turned-in edge.
fn sleeve_mesh(s: &Sleeve, seed: u64) -> SkinnedMesh {
    const AROUND: usize = 22;
    const STEP_M: f32 = 0.009;
    let mut rng = Rng::new(seed).split("folds");
    let phase: [f32; 4] = std::array::from_fn(|_| rng.range(0.0, std::f64::consts::TAU) as f32);
    let pitch = rng.range(110.0, 260.0) as f32;
    let begins = s.begins_m.max(-0.012);
    let rings = ((0.30 - begins) / STEP_M).max(3.0) as usize;
    let mut points = Vec::new();
    for j in 0..rings {
        // The first two rings turn the edge inwards, so that one sees into the cuff.
        let t = begins + STEP_M * (j as f32 - 2.0).max(0.0);
        let off = match j {
            0 => 0.25 * s.thickness_m,
            1 => 0.85 * s.thickness_m,
            _ => s.thickness_m,
        };
        let (w, h) = arm_section(t.max(-0.006));
        for i in 0..AROUND {
            let a = std::f32::consts::TAU * i as f32 / AROUND as f32;
            let (sn, cs) = libm::sincosf(a);
            let fold = libm::sinf(t * pitch + 2.5 * libm::sinf(a + phase[0]) + phase[1]) * 0.5
                + 0.35 * libm::sinf(t * pitch * 0.43 + 2.0 * a + phase[2])
                + 0.3 * libm::sinf(3.0 * a + phase[3]);
            let cuff = smoothstep(0.0, 0.03, t - begins);
            let out = off * (1.0 + 0.55 * fold * cuff) + 0.001;
            // Cloth hangs: more room below (palm side or not, as gravity would have it is not known here).
            points.push(v3(cs * (w + out), -t, sn * (h + out) - 0.001));
        }
    }
    let mut triangles = Vec::new();
    for j in 0..rings - 1 {
        for i in 0..AROUND {
            let (a, b) = ((j * AROUND + i) as u32, (j * AROUND + (i + 1) % AROUND) as u32);
            let (c, d) = (a + AROUND as u32, b + AROUND as u32);
            triangles.push([a, b, d]);
            triangles.push([a, d, c]);
        }
    }
    SkinnedMesh::from_faces(points, triangles, &HandField::new(), &rest_hand())
}

fn sleeve_material(s: &Sleeve, offset: V3) -> Material {
    let a = colour(s.colour);
    let grey = (a.x + a.y + a.z) / 3.0;
    let other = if grey > 0.25 { a * 0.35 } else { a.lerp(V3::ONE, 0.45) };
    let (pattern, b, scale) = match s.pattern {
        0 => (Pattern::Stripes, other, 45.0),
        1 => (Pattern::Stripes, other, 120.0),
        2 => (Pattern::Cloud, other, 60.0),
        _ => (Pattern::Cloth, a * 0.6, 45.0),
    };
    Material { pattern, a, b, c: b, scale, gloss: 0.02, polish: 0.1, bump: 0.45, offset }
}

/// A strap around the wrist (part 0) with a dark glass (part 1), in rest axes around its own centre.
fn watch_mesh() -> RigidMesh {
    let mut mesh = torus(1.0, 0.055, 6.0);
    let (w, h) = arm_section(0.026);
    for (p, n) in mesh.points.iter_mut().zip(&mut mesh.normals) {
        *p = v3(p.x * (w + 0.0010), p.y * 0.026, p.z * (h + 0.0010));
        *n = v3(n.x / w, n.y / 0.08, n.z / h).unit();
    }
    let case = round_box(v3(0.0165, 0.0185, 0.0045), 0.004);
    mesh.add(&case, &Affine { origin: v3(0.0, 0.0, h + 0.0035), ..Affine::IDENTITY }, 1);
    let glass = frustum(0.0125, 0.0120, 0.0012);
    mesh.add(&glass, &Affine { origin: v3(0.0, 0.0, h + 0.0082), ..Affine::IDENTITY }, 1);
    mesh
}
