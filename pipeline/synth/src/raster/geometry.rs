//! The triangles of one frame in camera space, ready to be drawn.

use super::material::Material;
use crate::mesh::rigid::RigidMesh;
use crate::mesh::vec3::{Affine, V3, v3};

/// Nothing nearer than this is drawn, metres.
pub const NEAR_M: f32 = 0.035;

/// What a surface belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Label {
    /// Room, furniture, clutter.
    Surroundings = 0,
    /// The wearer's left hand or arm, with what it wears.
    LeftArm = 1,
    /// The wearer's right hand or arm, with what it wears.
    RightArm = 2,
    /// An object of the cast.
    Object = 3,
    /// A bystander.
    Bystander = 4,
}

/// A material with what it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// How it looks.
    pub material: Material,
    /// What it is part of.
    pub label: Label,
    /// Throws a shadow on others.
    pub casts: bool,
    /// Both sides are seen.
    pub two_sided: bool,
}

/// A corner of triangles.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vertex {
    /// Camera space, metres.
    pub at: V3,
    /// Camera space, outwards.
    pub normal: V3,
    /// Where the material is read, metres.
    pub local: V3,
    /// Light from all around that reaches it, 0..1.
    pub openness: f32,
    /// Camera-space position when the shutter opens, metres.
    pub before: V3,
}

impl Vertex {
    fn between(&self, o: &Vertex, t: f32) -> Vertex {
        Vertex {
            at: self.at.lerp(o.at, t),
            normal: self.normal.lerp(o.normal, t),
            local: self.local.lerp(o.local, t),
            openness: self.openness + (o.openness - self.openness) * t,
            before: self.before.lerp(o.before, t),
        }
    }
}

/// A triangle: three corners and a surface.
#[derive(Clone, Copy, Debug)]
pub struct Triangle {
    /// Indices of corners, counter-clockwise from outside.
    pub corners: [u32; 3],
    /// Index into the surfaces.
    pub surface: u32,
}

/// Projection of camera space to samples, pinhole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Focal lengths, pixels.
    pub focal: [f32; 2],
    /// Principal point, pixels (0 = left edge of the first pixel).
    pub centre: [f32; 2],
}

impl Lens {
    /// Pixel (x, y) and inverse depth (z).
    #[inline]
    pub fn project(&self, p: V3) -> V3 {
        let w = 1.0 / p.z;
        v3(self.focal[0] * p.x * w + self.centre[0], self.focal[1] * p.y * w + self.centre[1], w)
    }

    /// The lens for a picture `k` times as large.
    #[must_use]
    pub fn enlarged(&self, k: f32) -> Lens {
        Lens { focal: self.focal.map(|f| f * k), centre: self.centre.map(|c| c * k) }
    }
}

/// All triangles of a frame.
#[derive(Clone, Debug, Default)]
pub struct Geometry {
    /// Corners.
    pub vertices: Vec<Vertex>,
    /// Triangles, nearest things first where that is known.
    pub triangles: Vec<Triangle>,
    /// Materials and what they belong to.
    pub surfaces: Vec<Surface>,
    /// Projected corners (x and y in pixels of the sample grid, z the inverse depth), filled by [`Geometry::project`].
    pub projected: Vec<V3>,
    /// First and last sample row that each triangle touches, before rounding, filled by [`Geometry::project`].
    pub extents: Vec<[f32; 2]>,
    /// Corners of triangles that throw a shadow, filled by [`Geometry::project`].
    pub casters: Vec<[u32; 3]>,
}

impl Geometry {
    /// Empties it; memory is kept.
    pub fn clear(&mut self) {
        self.vertices.clear();
        self.triangles.clear();
        self.surfaces.clear();
        self.projected.clear();
        self.extents.clear();
        self.casters.clear();
    }

    /// Adds a surface and returns its index.
    pub fn surface(&mut self, surface: Surface) -> u32 {
        self.surfaces.push(surface);
        self.surfaces.len() as u32 - 1
    }

    /// Adds a rigid mesh.
    pub fn rigid(&mut self, mesh: &RigidMesh, surfaces: &[u32], camera_from_mesh: &Affine, before: &Affine) {
        let start = self.vertices.len() as u32;
        self.vertices.extend(mesh.points.iter().zip(&mesh.normals).zip(&mesh.locals).map(|((&p, &n), &local)| Vertex {
            at: camera_from_mesh.point(p),
            normal: camera_from_mesh.direction(n),
            local,
            openness: 1.0,
            before: before.point(p),
        }));
        let last = surfaces.len().saturating_sub(1);
        self.triangles.extend(mesh.triangles.iter().map(|(t, part)| Triangle {
            corners: t.map(|i| i + start),
            surface: surfaces.get((*part as usize).min(last)).copied().unwrap_or(0),
        }));
    }

    /// Cuts what is nearer than [`NEAR_M`], drops what faces away, and projects all corners.
    ///
    /// Faces towards `lamp` (a camera-space direction) of surfaces that throw shadows are noted first.
    pub fn project(&mut self, lens: &Lens, lamp: Option<V3>) {
        if let Some(lamp) = lamp {
            for t in &self.triangles {
                let surface = &self.surfaces[t.surface as usize];
                if !surface.casts {
                    continue;
                }
                let [a, b, c] = t.corners.map(|i| self.vertices[i as usize].at);
                if surface.two_sided || (b - a).cross(c - a).dot(lamp) > 0.0 {
                    self.casters.push(t.corners);
                }
            }
        }
        let mut triangles = std::mem::take(&mut self.triangles);
        let count = triangles.len();
        let mut kept = 0;
        let mut extra = Vec::new();
        for i in 0..count {
            let t = triangles[i];
            let [a, b, c] = t.corners.map(|i| self.vertices[i as usize].at);
            if !self.surfaces[t.surface as usize].two_sided && (b - a).cross(c - a).dot(a) >= 0.0 {
                continue;
            }
            let near = [a, b, c].iter().filter(|p| p.z < NEAR_M).count();
            if near == 0 {
                triangles[kept] = t;
                kept += 1;
            } else if near < 3 {
                self.clip(t, &mut extra);
            }
        }
        triangles.truncate(kept);
        triangles.append(&mut extra);
        self.triangles = triangles;
        self.projected.extend(self.vertices.iter().map(|v| if v.at.z >= NEAR_M * 0.999 { lens.project(v.at) } else { V3::ZERO }));
        self.extents.extend(self.triangles.iter().map(|t| {
            let [a, b, c] = t.corners.map(|i| self.projected[i as usize].y);
            [a.min(b).min(c), a.max(b).max(c)]
        }));
    }

    fn clip(&mut self, t: Triangle, out: &mut Vec<Triangle>) {
        let mut polygon = Vec::with_capacity(4);
        for k in 0..3 {
            let (i, j) = (t.corners[k], t.corners[(k + 1) % 3]);
            let (a, b) = (self.vertices[i as usize], self.vertices[j as usize]);
            if a.at.z >= NEAR_M {
                polygon.push(i);
            }
            if (a.at.z >= NEAR_M) != (b.at.z >= NEAR_M) {
                let mut cut = a.between(&b, (NEAR_M - a.at.z) / (b.at.z - a.at.z));
                cut.at.z = NEAR_M;
                polygon.push(self.vertices.len() as u32);
                self.vertices.push(cut);
            }
        }
        for k in 2..polygon.len() {
            out.push(Triangle { corners: [polygon[0], polygon[k - 1], polygon[k]], ..t });
        }
    }
}
