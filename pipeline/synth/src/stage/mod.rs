//! From a moment and a recipe to triangles: arms, objects, table, room and people, each with its materials.

mod arms;
mod clutter;
mod objects;
mod people;
mod room;

use std::sync::Arc;

use arms::ArmWear;
#[cfg(test)]
pub(crate) use arms::bone_poses;
use objects::ObjectLook;

use crate::mesh::hand::hand_meshes;
use crate::mesh::import::HandMesh;
use crate::mesh::rigid::RigidMesh;
use crate::mesh::vec3::{Affine, V3, v3};
use crate::moment::{HandState, InHand, Moment, Owner};
use crate::raster::geometry::{Geometry, Label, Surface};
use crate::raster::material::Material;
use crate::recipe::{Colour, SceneRecipe};
use crate::shape::ObjectModel;
use crate::space::Pose;

/// A rigid thing that stays where it is in the world.
#[derive(Clone, Debug)]
pub(crate) struct Prop {
    mesh: RigidMesh,
    materials: Vec<Material>,
    world_from_mesh: Affine,
    casts: bool,
    centre: V3,
    reach: f32,
}

impl Prop {
    fn new(mesh: RigidMesh, materials: Vec<Material>, world_from_mesh: Affine, casts: bool) -> Prop {
        let (low, high) = mesh.bounds();
        Prop { centre: (low + high) * 0.5, reach: (high - low).norm() * 0.5, mesh, materials, world_from_mesh, casts }
    }
}

/// Everything that is built once a clip.
#[derive(Default)]
pub struct Stage {
    recipe: Option<SceneRecipe>,
    props: Vec<Prop>,
    wear: Option<[ArmWear; 2]>,
    objects: Vec<(Arc<ObjectModel>, ObjectLook)>,
    fine: bool,
    hand: Option<Arc<HandMesh>>,
}

/// A pose in single precision.
pub fn affine(p: &Pose) -> Affine {
    let m = p.rotation.to_rotation_matrix();
    let c = |k: usize| v3(m[(0, k)] as f32, m[(1, k)] as f32, m[(2, k)] as f32);
    let t = p.translation.vector;
    Affine { columns: [c(0), c(1), c(2)], origin: v3(t.x as f32, t.y as f32, t.z as f32) }
}

/// A colour of a recipe.
pub(crate) fn colour(c: Colour) -> V3 {
    v3(c[0], c[1], c[2])
}

impl Stage {
    /// A stage whose arms have many triangles (`fine`) or fewer.
    pub fn new(fine: bool) -> Stage {
        Stage { fine, ..Stage::default() }
    }

    /// Gives all arms this mesh instead of the built-in one.
    pub fn set_hand_mesh(&mut self, hand: Arc<HandMesh>) {
        self.hand = Some(hand);
    }

    /// Builds what this clip needs and the last one had not.
    pub fn prepare(&mut self, moment: &Moment, recipe: &SceneRecipe) {
        if self.recipe.as_ref() != Some(recipe) {
            self.props = room::build(recipe, moment.hands.iter().any(|h| h.owner == Owner::Bystander));
            self.wear = Some([ArmWear::new(&recipe.wearer, recipe.texture_seed), ArmWear::new(&recipe.bystander, recipe.texture_seed ^ 1)]);
            self.recipe = Some(recipe.clone());
            self.objects.clear();
        }
        let same = self.objects.len() == moment.objects.len()
            && self.objects.iter().zip(&moment.objects).all(|((model, _), state)| Arc::ptr_eq(model, &state.model));
        if !same {
            self.objects = moment.objects.iter().map(|o| (Arc::clone(&o.model), ObjectLook::new(&o.model, recipe.texture_seed))).collect();
        }
    }

    /// Puts everything into `geometry` (emptied first), in camera space, nearest things first. `before` is the moment a frame ago.
    pub fn build(&self, moment: &Moment, before: Option<&Moment>, geometry: &mut Geometry) {
        geometry.clear();
        let (Some(recipe), Some(wear)) = (&self.recipe, &self.wear) else { return };
        let camera = &moment.camera.camera_from_world;
        let camera_before = before.map_or(camera, |b| &b.camera.camera_from_world);
        let built_in = || if self.fine { &hand_meshes().fine } else { &hand_meshes().coarse };
        let mesh = self.hand.as_ref().map_or_else(built_in, |h| h.surface(self.fine));
        for (i, hand) in moment.hands.iter().enumerate() {
            let earlier = before.and_then(|b| b.hands.get(i)).unwrap_or(hand);
            let bystander = hand.owner == Owner::Bystander;
            let look = if bystander { &recipe.bystander } else { &recipe.wearer };
            wear[usize::from(bystander)].build(hand, earlier, look, camera, camera_before, mesh, geometry);
        }
        let (now, earlier) = (affine(camera), affine(camera_before));
        let arms: Vec<&HandState> = moment.hands.iter().filter(|h| h.owner == Owner::Bystander).collect();
        people::build(&arms, &recipe.bystander, recipe.room.wall_y_m as f32, &now, &earlier, recipe.texture_seed, geometry);
        for (i, (state, (_, look))) in moment.objects.iter().zip(&self.objects).enumerate() {
            let earlier = before.and_then(|b| b.objects.get(i)).unwrap_or(state);
            for (k, (mesh, materials)) in look.parts.iter().enumerate() {
                let (Some(pose), Some(pose_before)) = (state.parts.get(k), earlier.parts.get(k)) else { continue };
                let surfaces: Vec<u32> = materials
                    .iter()
                    .map(|m| geometry.surface(Surface { material: *m, label: Label::Object, casts: true, two_sided: false }))
                    .collect();
                geometry.rigid(mesh, &surfaces, &affine(&(camera * pose)), &affine(&(camera_before * pose_before)));
            }
        }
        for prop in &self.props {
            // Only what is before the camera; the rest could at most throw a shadow into the picture.
            if (now.point(prop.world_from_mesh.point(prop.centre))).z < -prop.reach {
                continue;
            }
            let surfaces: Vec<u32> = prop
                .materials
                .iter()
                .map(|m| geometry.surface(Surface { material: *m, label: Label::Surroundings, casts: prop.casts, two_sided: false }))
                .collect();
            geometry.rigid(&prop.mesh, &surfaces, &now.after(&prop.world_from_mesh), &earlier.after(&prop.world_from_mesh));
        }
    }

    /// The middle of what is going on, world space: between the wearer's hands and the objects they hold.
    pub fn focus(moment: &Moment) -> V3 {
        let mut sum = V3::ZERO;
        let mut count = 0.0;
        for h in moment.hands.iter().filter(|h| h.owner == Owner::Wearer) {
            sum += affine(&h.pose.bones[0]).origin;
            count += 1.0;
        }
        for o in moment.objects.iter().filter(|o| o.in_hand != InHand::None) {
            sum += affine(&o.parts[0]).origin * 2.0;
            count += 2.0;
        }
        if count > 0.0 { sum * (1.0 / count) } else { v3(0.0, 0.4, 0.05) }
    }
}
