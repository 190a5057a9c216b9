//! Objects of the cast: meshes and materials of their parts.

use super::affine;
use crate::mesh::rigid::{RigidMesh, cup, frustum, round_box, round_box_of_parts, tray};
use crate::mesh::vec3::{V3, v3};
use crate::raster::material::{Material, Pattern};
use crate::raster::print::Layout;
use crate::rng::Rng;
use crate::shape::{ObjectModel, PartRole, Piece, Solid};

/// Classes of H2O that look each in its own way.
mod class {
    pub(super) const BOOK: u32 = 1;
    pub(super) const ESPRESSO: u32 = 2;
    pub(super) const LOTION: u32 = 3;
    pub(super) const SPRAY: u32 = 4;
    pub(super) const MILK: u32 = 5;
    pub(super) const CHIPS: u32 = 7;
}

/// Meshes of an object's parts in part space, with materials by mesh part.
pub(super) struct ObjectLook {
    pub(super) parts: Vec<(RigidMesh, Vec<Material>)>,
}

impl ObjectLook {
    pub(super) fn new(model: &ObjectModel, clip_seed: u64) -> ObjectLook {
        let rng = Rng::new(model.look_seed ^ clip_seed.rotate_left(17)).split("look");
        let palette = Palette::draw(model.class, &rng);
        let parts = model
            .parts
            .iter()
            .enumerate()
            .map(|(k, part)| {
                let mut mesh = RigidMesh::default();
                let mut materials = Vec::new();
                for (i, piece) in part.pieces.iter().enumerate() {
                    let solid = piece_mesh(model, part.role, piece);
                    let first = materials.len() as u8;
                    materials.extend(palette.piece(model, part.role, k, i, piece));
                    mesh.add(&solid, &affine(&piece.part_from_solid), first);
                }
                (mesh, materials)
            })
            .collect();
        ObjectLook { parts }
    }
}

fn piece_mesh(model: &ObjectModel, role: PartRole, piece: &Piece) -> RigidMesh {
    match piece.solid {
        Solid::RoundBox { half_m, round_m } => {
            let half = V3::from(half_m);
            if model.class == class::BOOK {
                // Covers face -y (front) and +y (back), the spine -x; prints and pages are painted in x, z.
                let parts = if role == PartRole::Cover { [0, 0, 2, 1, 0, 0] } else { [3, 0, 1, 2, 3, 3] };
                return round_box_of_parts(half, round_m as f32, parts).painted_at(|p| v3(p.x, p.z, p.y));
            }
            if piece.open_top { tray(half, (0.06 * half.x.min(half.y)).clamp(0.0006, 0.002)) } else { round_box(half, round_m as f32) }
        }
        Solid::Frustum { bottom_m, top_m, half_height_m } => {
            let (b, t, h) = (bottom_m as f32, top_m as f32, half_height_m as f32);
            if piece.open_top { cup(b, t, h, (0.06 * b.min(t)).clamp(0.0008, 0.003)) } else { frustum(b, t, h) }
        }
    }
}

/// Colours of one object.
struct Palette {
    a: V3,
    b: V3,
    c: V3,
    lid: V3,
    style: u32,
    gloss: f32,
    polish: f32,
    offset: V3,
}

fn vivid(rng: &mut Rng) -> V3 {
    // Print is strongly coloured, or nearly white, or nearly black.
    let hue = rng.range(0.0, 6.0) as f32;
    let full = v3((hue - 3.0).abs() - 1.0, 2.0 - (hue - 2.0).abs(), 2.0 - (hue - 4.0).abs()).max(V3::ZERO).min(V3::ONE);
    match rng.below(5) {
        0 => V3::ONE * rng.range(0.6, 0.85) as f32,
        1 => V3::ONE * rng.range(0.015, 0.06) as f32,
        _ => {
            (full * rng.range(0.35, 0.75) as f32 + V3::ONE * rng.range(0.02, 0.12) as f32).lerp(V3::ONE * 0.35, rng.range(0.0, 0.35) as f32)
        }
    }
}

impl Palette {
    fn draw(class: u32, rng: &Rng) -> Palette {
        let mut r = rng.split("palette");
        let (mut a, b, c) = (vivid(&mut r), vivid(&mut r), vivid(&mut r));
        let white = V3::ONE * r.range(0.62, 0.82) as f32;
        let (gloss, polish) = match class {
            class::LOTION | class::SPRAY => (r.range(0.2, 0.6) as f32, r.range(0.5, 0.8) as f32),
            class::CHIPS => (r.range(0.25, 0.5) as f32, r.range(0.5, 0.7) as f32),
            _ => (r.range(0.05, 0.3) as f32, r.range(0.3, 0.7) as f32),
        };
        if matches!(class, class::LOTION | class::SPRAY | class::MILK) && r.chance(0.6) {
            a = white;
        }
        let lid = if r.chance(0.5) { white } else { vivid(&mut r) };
        Palette {
            a,
            b,
            c,
            lid,
            style: r.below(8) as u32,
            gloss,
            polish,
            offset: v3(r.range(0.0, 9.0) as f32, r.range(0.0, 9.0) as f32, r.range(0.0, 9.0) as f32),
        }
    }

    /// Materials of the mesh parts of one piece.
    fn piece(&self, model: &ObjectModel, role: PartRole, part: usize, index: usize, piece: &Piece) -> Vec<Material> {
        let half = piece.solid.half_extents_m().map(|h| h as f32);
        let round = matches!(piece.solid, Solid::Frustum { .. });
        let plain = |a: V3| Material { gloss: self.gloss, polish: self.polish, offset: self.offset, ..Material::plain(a) };
        let print = Material {
            pattern: Pattern::Print(Layout { style: self.style, half_height_m: half[2], half_breadth_m: half[0], round, lying: false }),
            a: self.a,
            b: self.b,
            c: self.c,
            scale: 30.0,
            gloss: self.gloss,
            polish: self.polish,
            bump: 0.0,
            offset: self.offset,
        };
        if model.class == class::BOOK {
            let paper = v3(0.74, 0.70, 0.60);
            let leaves = Material { pattern: Pattern::Leaves, gloss: 0.02, ..plain(paper) };
            let page =
                Material { pattern: Pattern::Paper, scale: 1.0 / half[0].max(0.01), b: self.b, c: self.c, gloss: 0.05, ..plain(paper) };
            let cover = Material {
                pattern: Pattern::Print(Layout {
                    style: self.style,
                    half_height_m: half[2],
                    half_breadth_m: half[0],
                    round: false,
                    lying: true,
                }),
                b: self.b,
                c: self.c,
                ..plain(self.a)
            };
            return vec![plain(self.a), cover, page, leaves];
        }
        match role {
            PartRole::Body if index == 0 => {
                let top = if matches!(model.class, class::ESPRESSO) { plain(self.b) } else { plain(self.a * 0.9) };
                let inside = if piece.open_top { plain(V3::ONE * 0.45) } else { top };
                vec![print, inside, plain(self.a * 0.8)]
            }
            PartRole::Body => vec![plain(self.a), plain(self.a * 0.9), plain(self.a * 0.8)],
            PartRole::Lid if part > 0 => vec![plain(self.lid)],
            PartRole::Trigger => vec![plain(self.b)],
            PartRole::Item => vec![Material { gloss: 0.6, polish: 0.7, ..plain(self.c) }],
            PartRole::Lid | PartRole::Cover => vec![plain(self.lid)],
        }
    }
}
