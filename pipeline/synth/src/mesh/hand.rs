//! The hand as triangles: made once from the field, with skinning weights, shared by all hands of all frames.

use std::sync::OnceLock;

use super::anatomy::{HandField, RestHand, rest_hand};
use super::decimate::decimate;
use super::polygonise::{Field, surface_nets};
use super::skeleton::{BONES, Influence, influences};
use super::vec3::{V3, v3};

/// A skinned surface in rest space.
#[derive(Clone, Debug, Default)]
pub struct SkinnedMesh {
    /// Rest positions, metres.
    pub points: Vec<V3>,
    /// Outward unit normals at rest.
    pub normals: Vec<V3>,
    /// Light that reaches the point from all around, 0..1, at rest.
    pub openness: Vec<f32>,
    /// Bones that carry each point.
    pub influences: Vec<Influence>,
    /// Counter-clockwise from outside, for a right hand.
    pub triangles: Vec<[u32; 3]>,
    /// What each triangle is part of: a finger (0 thumb .. 4 little), or 5 for palm and arm.
    pub regions: Vec<u8>,
}

impl SkinnedMesh {
    /// A surface from points and triangles with normals from its faces, carried by the bones nearest to its points.
    pub fn from_faces(points: Vec<V3>, triangles: Vec<[u32; 3]>, field: &HandField, hand: &RestHand) -> SkinnedMesh {
        let mut normals = vec![V3::ZERO; points.len()];
        for t in &triangles {
            let [a, b, c] = t.map(|i| points[i as usize]);
            for &i in t {
                normals[i as usize] += (b - a).cross(c - a);
            }
        }
        normals.iter_mut().for_each(|n| *n = n.unit());
        let influences = points.iter().map(|&p| influences(p, field, hand)).collect();
        SkinnedMesh { openness: vec![1.0; points.len()], regions: vec![5; triangles.len()], points, normals, influences, triangles }
    }
}

/// The bare hand with its fore-arm at two levels of detail.
pub struct HandMeshes {
    /// About 4200 triangles: for pictures 500 pixels wide and more.
    pub fine: SkinnedMesh,
    /// About 1800 triangles.
    pub coarse: SkinnedMesh,
}

/// The hand's meshes, made on first use, in less than a second.
pub fn hand_meshes() -> &'static HandMeshes {
    static MESHES: OnceLock<HandMeshes> = OnceLock::new();
    MESHES.get_or_init(|| {
        let field = HandField::new();
        let (points, triangles) = surface_nets(&field, v3(-0.105, -0.305, -0.062), v3(0.075, 0.215, 0.05), 0.0024);
        let (points, triangles) = decimate(&points, &triangles, 4200, deserves);
        let fine = skinned(&field, points.clone(), triangles.clone());
        let (points, triangles) = decimate(&points, &triangles, 1800, deserves);
        let coarse = skinned(&field, points, triangles);
        HandMeshes { fine, coarse }
    })
}

/// How much a place's shape matters: bending places and finger tips deserve more triangles than the fore-arm.
pub(super) fn deserves(p: V3) -> f32 {
    if p.y > 0.06 || p.x < -0.04 {
        4.0
    } else if p.y > -0.03 {
        1.5
    } else {
        0.4
    }
}

fn skinned(field: &HandField, points: Vec<V3>, triangles: Vec<[u32; 3]>) -> SkinnedMesh {
    let hand = rest_hand();
    let normals: Vec<V3> = points.iter().map(|&p| field.normal(p)).collect();
    let openness = points
        .iter()
        .zip(&normals)
        .map(|(&p, &n)| {
            // What the field lacks of free distance along the normal is what shades the point.
            let lack: f32 = [0.004f32, 0.010, 0.020].iter().map(|&h| (h - field.distance(p + n * h)).max(0.0) / h).sum();
            (1.0 - 0.28 * lack).clamp(0.25, 1.0)
        })
        .collect();
    let influences = points.iter().map(|&p| influences(p, field, &hand)).collect();
    let regions =
        triangles.iter().map(|t| region(field, &hand, t.iter().fold(V3::ZERO, |s, &i| s + points[i as usize]) * (1.0 / 3.0))).collect();
    SkinnedMesh { points, normals, openness, influences, triangles, regions }
}

/// The finger a place on the skin belongs to, 5 for palm and arm.
pub(super) fn region(field: &HandField, hand: &RestHand, p: V3) -> u8 {
    let nearest = (0..5).min_by(|&a, &b| field.finger_distance(a, p).total_cmp(&field.finger_distance(b, p))).unwrap_or(0);
    let f = &hand.fingers[nearest];
    let begins = if nearest == 0 { 0.75 } else { 0.15 };
    if f.local(p).y > begins * f.bones[0] { nearest as u8 } else { 5 }
}

impl SkinnedMesh {
    /// Moves all points and normals by their bones; `mirror` turns the right hand into a left one.
    ///
    /// `bones` map rest space (of the right hand, mirrored for a left one) to the target space.
    pub fn pose(&self, bones: &[super::vec3::Affine; BONES], mirror: bool, mut each: impl FnMut(usize, V3, V3)) {
        let side = if mirror { -1.0 } else { 1.0 };
        for (i, (p, n)) in self.points.iter().zip(&self.normals).enumerate() {
            let (p, n) = (v3(p.x * side, p.y, p.z), v3(n.x * side, n.y, n.z));
            let (mut at, mut normal) = (V3::ZERO, V3::ZERO);
            for (bone, weight) in self.influences[i].iter() {
                let b = &bones[bone];
                at += b.point(p) * weight;
                normal += b.direction(n) * weight;
            }
            each(i, at, normal.unit());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_is_one_closed_surface_of_the_promised_size() {
        for (mesh, most) in [(&hand_meshes().fine, 4300), (&hand_meshes().coarse, 1900)] {
            assert!(mesh.triangles.len() < most && mesh.triangles.len() > most / 2, "{} triangles", mesh.triangles.len());
            // V - E + F = 2 for one closed surface without handles: no finger is webbed into a ring.
            assert_eq!(mesh.points.len() as i64 - mesh.triangles.len() as i64 / 2, 2);
        }
    }

    #[test]
    fn the_rest_skin_covers_the_joints_and_ends_just_past_the_tips() {
        let (field, hand) = (HandField::new(), rest_hand());
        for f in &hand.fingers {
            for j in 0..4 {
                assert!(field.distance(f.joint(j)) < -0.002, "joint {j} of {f:?}");
            }
            let past = f.joint(3) + f.frame.columns[1] * 0.007;
            assert!(field.distance(past) > 0.0);
        }
    }
}
