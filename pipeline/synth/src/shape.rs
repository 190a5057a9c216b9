//! Shapes of objects: rigid parts made of simple solids, with exact distances to their surface.

use crate::space::{Pose, Vec3, vec3};

/// A solid centred on its own origin, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Solid {
    /// A box with rounded edges; `half_m` includes the rounding.
    RoundBox {
        /// Half the extents along x, y, z.
        half_m: [f64; 3],
        /// Radius of the edges, at most the smallest half extent.
        round_m: f64,
    },
    /// A cylinder or cone frustum around z.
    Frustum {
        /// Radius at z = -`half_height_m`.
        bottom_m: f64,
        /// Radius at z = +`half_height_m`.
        top_m: f64,
        /// Half the height.
        half_height_m: f64,
    },
}

impl Solid {
    /// Distance from a point to the surface, negative inside (Quilez, "3D signed distance functions"). Square roots are rounded
    /// the same way everywhere (IEEE 754), other elementary functions are not: those come from `libm`.
    #[inline]
    pub fn distance_m(&self, p: Vec3) -> f64 {
        match *self {
            Solid::RoundBox { half_m: [hx, hy, hz], round_m } => {
                let q = vec3(p.x.abs() - hx + round_m, p.y.abs() - hy + round_m, p.z.abs() - hz + round_m);
                let outside = vec3(q.x.max(0.0), q.y.max(0.0), q.z.max(0.0));
                outside.dot(&outside).sqrt() + q.x.max(q.y).max(q.z).min(0.0) - round_m
            }
            Solid::Frustum { bottom_m, top_m, half_height_m: h } => {
                let r = (p.x * p.x + p.y * p.y).sqrt();
                let (k2r, k2h) = (top_m - bottom_m, 2.0 * h);
                let ca = (r - r.min(if p.z < 0.0 { bottom_m } else { top_m }), p.z.abs() - h);
                let t = (((top_m - r) * k2r + (h - p.z) * k2h) / (k2r * k2r + k2h * k2h)).clamp(0.0, 1.0);
                let cb = (r - top_m + k2r * t, p.z - h + k2h * t);
                let sign = if cb.0 < 0.0 && ca.1 < 0.0 { -1.0 } else { 1.0 };
                sign * (ca.0 * ca.0 + ca.1 * ca.1).min(cb.0 * cb.0 + cb.1 * cb.1).sqrt()
            }
        }
    }

    /// Half the extents of the box around the solid, along its own axes.
    pub fn half_extents_m(&self) -> [f64; 3] {
        match *self {
            Solid::RoundBox { half_m, .. } => half_m,
            Solid::Frustum { bottom_m, top_m, half_height_m } => [bottom_m.max(top_m), bottom_m.max(top_m), half_height_m],
        }
    }
}

/// A solid somewhere in a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Where it is and how it is turned.
    pub part_from_solid: Pose,
    /// What it is.
    pub solid: Solid,
    /// Drawn as a shell that is open at +z (cups, boxes with their flaps away); distances treat it as full.
    pub open_top: bool,
}

/// What a part is for; the renderer chooses its material by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartRole {
    /// The object itself; part 0 of every object.
    Body,
    /// A lid, screw cap or hinged cap.
    Lid,
    /// The front cover of a book.
    Cover,
    /// The moving lever of a spray bottle.
    Trigger,
    /// What is inside and can be taken out.
    Item,
}

/// One rigid part of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is for.
    pub role: PartRole,
    /// Its solids.
    pub pieces: Vec<Piece>,
}

impl Part {
    /// Distance from a point in the part's frame to the part's surface, metres, negative inside.
    pub fn distance_m(&self, p: Vec3) -> f64 {
        self.pieces
            .iter()
            .map(|piece| {
                let q = p - piece.part_from_solid.translation.vector;
                piece.solid.distance_m(piece.part_from_solid.rotation.inverse() * q)
            })
            .fold(f64::INFINITY, f64::min)
    }

    /// Direction in which the distance grows fastest: the surface normal near the surface.
    pub fn normal(&self, p: Vec3) -> Vec3 {
        let h = 1e-5;
        let d = |v: Vec3| self.distance_m(p + v) - self.distance_m(p - v);
        crate::space::unit(vec3(d(vec3(h, 0.0, 0.0)), d(vec3(0.0, h, 0.0)), d(vec3(0.0, 0.0, h))))
    }
}

/// Most parts an object has.
pub const MAX_PARTS: usize = 3;

/// An object of one size: what stays the same while it moves.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectModel {
    /// Class number of H2O, 1..=8; 0 for props without a class (the cup that is poured into).
    pub class: u32,
    /// Its parts, the body first.
    pub parts: Vec<Part>,
    /// Half the extents of the closed object around the body frame's origin: x width, y depth, z height as it stands.
    pub half_m: [f64; 3],
    /// `body_from_part` of every part when the object is closed and full.
    pub closed: [Pose; MAX_PARTS],
    /// Seed of its print and colours.
    pub look_seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::space::{place, pose, turn};

    #[test]
    fn known_distances() {
        let b = Solid::RoundBox { half_m: [0.1, 0.2, 0.3], round_m: 0.01 };
        let c = Solid::Frustum { bottom_m: 0.05, top_m: 0.05, half_height_m: 0.1 };
        for (s, p, want) in [
            (b, vec3(0.15, 0.0, 0.0), 0.05),
            (b, vec3(0.0, 0.0, -0.5), 0.2),
            (b, vec3(0.05, 0.0, 0.0), -0.05),
            (c, vec3(0.0, 0.08, 0.0), 0.03),
            (c, vec3(0.0, 0.0, 0.13), 0.03),
            (c, vec3(0.04, 0.0, 0.0), -0.01),
            (c, vec3(0.08, 0.0, 0.14), 0.05),
        ] {
            assert!((s.distance_m(p) - want).abs() < 1e-9, "{s:?} {p}: {}", s.distance_m(p));
        }
    }

    #[test]
    fn distances_never_change_faster_than_the_way() {
        let mut r = Rng::new(2);
        let solids = [
            Solid::RoundBox { half_m: [0.03, 0.05, 0.02], round_m: 0.004 },
            Solid::Frustum { bottom_m: 0.03, top_m: 0.045, half_height_m: 0.05 },
        ];
        for _ in 0..3000 {
            let (p, q) = (vec3(r.normal(), r.normal(), r.normal()) * 0.05, vec3(r.normal(), r.normal(), r.normal()) * 0.05);
            for s in solids {
                assert!((s.distance_m(p) - s.distance_m(q)).abs() <= (p - q).norm() + 1e-12);
            }
        }
    }

    #[test]
    fn a_moved_piece_has_its_surface_where_it_was_moved_to() {
        let at = pose(vec3(0.1, 0.2, 0.3), turn(vec3(1.0, 2.0, 3.0), 1.0));
        let part = Part {
            role: PartRole::Body,
            pieces: vec![Piece {
                part_from_solid: at,
                solid: Solid::Frustum { bottom_m: 0.02, top_m: 0.02, half_height_m: 0.05 },
                open_top: false,
            }],
        };
        let p = place(&at, vec3(0.03, 0.0, 0.0));
        assert!((part.distance_m(p) - 0.01).abs() < 1e-12);
        assert!((part.normal(p) - at.rotation * Vec3::x()).norm() < 1e-6);
    }
}
