//! Rigid meshes and the simple solids they are built from.

use std::f32::consts::TAU;

use super::vec3::{Affine, V3, v3};

/// A rigid triangle mesh in its own space, metres.
#[derive(Clone, Debug, Default)]
pub struct RigidMesh {
    /// Corners.
    pub points: Vec<V3>,
    /// Outward unit normals of the corners.
    pub normals: Vec<V3>,
    /// Where materials are read at the corners, metres; the corner itself unless it was moved since.
    pub locals: Vec<V3>,
    /// Corner indices, counter-clockwise from outside, and the part (for materials).
    pub triangles: Vec<([u32; 3], u8)>,
}

impl RigidMesh {
    /// A corner; returns its index.
    pub fn point(&mut self, p: V3, n: V3) -> u32 {
        self.points.push(p);
        self.normals.push(n);
        self.locals.push(p);
        self.points.len() as u32 - 1
    }

    /// A flat quadrilateral, counter-clockwise from outside.
    pub fn quad(&mut self, corners: [V3; 4], part: u8) {
        let n = (corners[1] - corners[0]).cross(corners[2] - corners[0]).unit();
        let [a, b, c, d] = corners.map(|p| self.point(p, n));
        self.triangles.push(([a, b, c], part));
        self.triangles.push(([a, c, d], part));
    }

    /// Adds another mesh, moved; its parts are numbered from `part` on.
    pub fn add(&mut self, other: &RigidMesh, place: &Affine, part: u8) {
        let start = self.points.len() as u32;
        self.points.extend(other.points.iter().map(|&p| place.point(p)));
        self.normals.extend(other.normals.iter().map(|&n| place.direction(n).unit()));
        self.locals.extend(&other.locals);
        self.triangles.extend(other.triangles.iter().map(|(t, p)| (t.map(|i| i + start), p + part)));
    }

    /// Reads materials where `place` says for each corner.
    #[must_use]
    pub fn painted_at(mut self, place: impl Fn(V3) -> V3) -> RigidMesh {
        self.locals = self.points.iter().map(|&p| place(p)).collect();
        self
    }

    /// Smallest and largest corner.
    pub fn bounds(&self) -> (V3, V3) {
        let mut low = v3(f32::INFINITY, f32::INFINITY, f32::INFINITY);
        let mut high = -low;
        for &p in &self.points {
            low = low.min(p);
            high = high.max(p);
        }
        (low, high)
    }
}

/// A box centred on the origin with rounded edges; parts: 0 sides, 1 +z face, 2 -z face.
pub fn round_box(half: V3, round: f32) -> RigidMesh {
    round_box_of_parts(half, round, [0, 0, 0, 0, 1, 2])
}

/// The same with a part for each face: +x, -x, +y, -y, +z, -z.
pub fn round_box_of_parts(half: V3, round: f32, parts: [u8; 6]) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    let r = round.min(half.x).min(half.y).min(half.z).max(1e-5);
    // (axis of the face, its sign): two more axes u, v with u x v = outward.
    let axes = [v3(1.0, 0.0, 0.0), v3(0.0, 1.0, 0.0), v3(0.0, 0.0, 1.0)];
    let h = [half.x, half.y, half.z];
    let steps = [(-1.0f32, -1.0f32), (0.0, -1.0), (0.0, 1.0), (1.0, 1.0)];
    for k in 0..3 {
        for sign in [1.0f32, -1.0] {
            let (iu, iv) = if sign > 0.0 { ((k + 1) % 3, (k + 2) % 3) } else { ((k + 2) % 3, (k + 1) % 3) };
            let part = parts[2 * k + usize::from(sign < 0.0)];
            let start = mesh.points.len() as u32;
            for (tv, sv) in steps {
                for (tu, su) in steps {
                    let d = (axes[k] * sign + axes[iu] * tu + axes[iv] * tv).unit();
                    let core = axes[k] * (sign * (h[k] - r)) + axes[iu] * (su * (h[iu] - r)) + axes[iv] * (sv * (h[iv] - r));
                    mesh.point(core + d * r, d);
                }
            }
            for j in 0..3u32 {
                for i in 0..3u32 {
                    let a = start + 4 * j + i;
                    mesh.triangles.push(([a, a + 1, a + 5], part));
                    mesh.triangles.push(([a, a + 5, a + 4], part));
                }
            }
        }
    }
    mesh
}

/// A box with sharp edges: 12 triangles, for things far away. Parts as in [`round_box`].
pub fn block(half: V3) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    let p = |x: f32, y: f32, z: f32| v3(x * half.x, y * half.y, z * half.z);
    mesh.quad([p(-1.0, -1.0, 1.0), p(1.0, -1.0, 1.0), p(1.0, 1.0, 1.0), p(-1.0, 1.0, 1.0)], 1);
    mesh.quad([p(-1.0, -1.0, -1.0), p(-1.0, 1.0, -1.0), p(1.0, 1.0, -1.0), p(1.0, -1.0, -1.0)], 2);
    mesh.quad([p(-1.0, -1.0, -1.0), p(1.0, -1.0, -1.0), p(1.0, -1.0, 1.0), p(-1.0, -1.0, 1.0)], 0);
    mesh.quad([p(1.0, 1.0, -1.0), p(-1.0, 1.0, -1.0), p(-1.0, 1.0, 1.0), p(1.0, 1.0, 1.0)], 0);
    mesh.quad([p(1.0, -1.0, -1.0), p(1.0, 1.0, -1.0), p(1.0, 1.0, 1.0), p(1.0, -1.0, 1.0)], 0);
    mesh.quad([p(-1.0, 1.0, -1.0), p(-1.0, -1.0, -1.0), p(-1.0, -1.0, 1.0), p(-1.0, 1.0, 1.0)], 0);
    mesh
}

/// A cylinder along y with round ends, from `radius` at y = -`half` to `end` at +`half`.
pub fn capsule(radius: f32, end: f32, half: f32) -> RigidMesh {
    let mut profile = Vec::new();
    for k in 0..=5 {
        let (s, c) = libm::sincosf(std::f32::consts::FRAC_PI_2 * k as f32 / 5.0);
        profile.push((radius * s, -half - radius * c, 0));
    }
    for k in 0..=5 {
        let (s, c) = libm::sincosf(std::f32::consts::FRAC_PI_2 * k as f32 / 5.0);
        profile.push((end * c, half + end * s, 0));
    }
    let mut mesh = lathe(&profile, 16);
    // From around z to along y, without mirroring.
    for p in mesh.points.iter_mut().chain(mesh.normals.iter_mut()) {
        *p = v3(p.y, p.z, p.x);
    }
    mesh.painted_at(|p| p)
}

/// A surface of revolution around z: profile of (radius, z, part) from below to above, seen from outside.
pub fn lathe(profile: &[(f32, f32, u8)], segments: usize) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    for pair in profile.windows(2) {
        let [(r0, z0, part), (r1, z1, _)] = [pair[0], pair[1]];
        let (dr, dz) = (r1 - r0, z1 - z0);
        let slope = (dr * dr + dz * dz).sqrt();
        if slope < 1e-7 {
            continue;
        }
        let start = mesh.points.len() as u32;
        for i in 0..=segments {
            let a = TAU * i as f32 / segments as f32;
            let (s, c) = libm::sincosf(a);
            let n = v3(c * dz / slope, s * dz / slope, -dr / slope);
            mesh.point(v3(c * r0, s * r0, z0), n);
            mesh.point(v3(c * r1, s * r1, z1), n);
        }
        for i in 0..segments as u32 {
            let a = start + 2 * i;
            mesh.triangles.push(([a, a + 2, a + 3], part));
            mesh.triangles.push(([a, a + 3, a + 1], part));
        }
    }
    mesh
}

/// A cylinder or cone frustum around z with a small bevel; parts: 0 wall, 1 top, 2 bottom.
pub fn frustum(bottom: f32, top: f32, half_height: f32) -> RigidMesh {
    let e = (0.12 * bottom.min(top)).min(0.0015).min(half_height);
    let h = half_height;
    lathe(
        &[(0.0, -h, 2), ((bottom - e).max(0.0), -h, 2), (bottom, -h + e, 0), (top, h - e, 0), ((top - e).max(0.0), h, 1), (0.0, h, 1)],
        if bottom.max(top) > 0.012 { 28 } else { 14 },
    )
}

/// A cup: a frustum that is open above, with a wall of `wall` metres and a floor; parts: 0 outside, 1 inside, 2 below.
pub fn cup(bottom: f32, top: f32, half_height: f32, wall: f32) -> RigidMesh {
    let h = half_height;
    let (ib, it) = ((bottom - wall).max(1e-3), (top - wall).max(1e-3));
    lathe(&[(0.0, -h, 2), (bottom, -h, 0), (top, h, 0), (it, h, 1), (ib, -h + wall, 1), (0.0, -h + wall, 1)], 28)
}

/// A box that is open above (+z); parts: 0 outside, 1 inside, 2 below.
pub fn tray(half: V3, wall: f32) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    let [hx, hy, hz] = [half.x, half.y, half.z];
    let (ix, iy, iz) = (hx - wall, hy - wall, -hz + wall);
    let c = |x: f32, y: f32, z: f32| v3(x, y, z);
    mesh.quad([c(-hx, -hy, -hz), c(-hx, hy, -hz), c(hx, hy, -hz), c(hx, -hy, -hz)], 2);
    let outer = [(-hx, -hy), (hx, -hy), (hx, hy), (-hx, hy)];
    let inner = [(-ix, -iy), (ix, -iy), (ix, iy), (-ix, iy)];
    for k in 0..4 {
        let (a, b, p, q) = (outer[k], outer[(k + 1) % 4], inner[k], inner[(k + 1) % 4]);
        mesh.quad([c(a.0, a.1, -hz), c(b.0, b.1, -hz), c(b.0, b.1, hz), c(a.0, a.1, hz)], 0);
        mesh.quad([c(q.0, q.1, iz), c(p.0, p.1, iz), c(p.0, p.1, hz), c(q.0, q.1, hz)], 1);
        mesh.quad([c(a.0, a.1, hz), c(b.0, b.1, hz), c(q.0, q.1, hz), c(p.0, p.1, hz)], 0);
    }
    mesh.quad([c(-ix, -iy, iz), c(ix, -iy, iz), c(ix, iy, iz), c(-ix, iy, iz)], 1);
    mesh
}

/// An ellipsoid around the origin.
pub fn ellipsoid(radii: V3, segments: usize, rings: usize) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    for j in 0..=rings {
        let (sb, cb) = libm::sincosf(std::f32::consts::PI * (j as f32 / rings as f32 - 0.5));
        for i in 0..=segments {
            let (s, c) = libm::sincosf(TAU * i as f32 / segments as f32);
            let d = v3(cb * c, cb * s, sb);
            mesh.point(d.times(radii), v3(d.x / radii.x, d.y / radii.y, d.z / radii.z).unit());
        }
    }
    let row = segments as u32 + 1;
    for j in 0..rings as u32 {
        for i in 0..segments as u32 {
            let a = j * row + i;
            mesh.triangles.push(([a, a + 1, a + row + 1], 0));
            mesh.triangles.push(([a, a + row + 1, a + row], 0));
        }
    }
    mesh
}

/// A ring around y.
pub fn torus(radius: f32, tube: f32, flat: f32) -> RigidMesh {
    let mut mesh = RigidMesh::default();
    let (segments, around) = (24u32, 8u32);
    for i in 0..=segments {
        let (s, c) = libm::sincosf(TAU * i as f32 / segments as f32);
        for j in 0..=around {
            let (st, ct) = libm::sincosf(TAU * j as f32 / around as f32);
            let n = v3(c * ct, st, s * ct);
            mesh.point(v3(c * (radius + tube * ct), flat * tube * st, s * (radius + tube * ct)), n);
        }
    }
    for i in 0..segments {
        for j in 0..around {
            let a = i * (around + 1) + j;
            let b = a + around + 1;
            mesh.triangles.push(([a, a + 1, b + 1], 0));
            mesh.triangles.push(([a, b + 1, b], 0));
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(mesh: &RigidMesh) -> f32 {
        mesh.triangles
            .iter()
            .map(|(t, _)| {
                let [a, b, c] = t.map(|i| mesh.points[i as usize]);
                a.dot(b.cross(c)) / 6.0
            })
            .sum()
    }

    #[test]
    fn solids_face_outwards_and_have_their_volume() {
        let pi = std::f32::consts::PI;
        for (mesh, want) in [
            (round_box(v3(0.1, 0.05, 0.02), 0.0001), 8.0 * 0.1 * 0.05 * 0.02),
            (block(v3(0.1, 0.05, 0.02)), 8.0 * 0.1 * 0.05 * 0.02),
            (capsule(0.05, 0.05, 0.1), pi * 0.05 * 0.05 * 0.2 + 4.0 / 3.0 * pi * 0.05f32.powi(3)),
            (frustum(0.05, 0.05, 0.1), pi * 0.05 * 0.05 * 0.2),
            (ellipsoid(v3(0.1, 0.05, 0.02), 48, 24), 4.0 / 3.0 * pi * 0.1 * 0.05 * 0.02),
            (torus(0.01, 0.002, 1.0), 2.0 * pi * pi * 0.01 * 0.002 * 0.002),
            (tray(v3(0.05, 0.05, 0.05), 0.01), 0.001 - 0.08 * 0.08 * 0.09),
        ] {
            let v = volume(&mesh);
            assert!((v / want - 1.0).abs() < 0.12, "{v} against {want}");
            for ((t, _), _) in mesh.triangles.iter().zip(0..) {
                let [a, b, c] = t.map(|i| mesh.points[i as usize]);
                let n = (b - a).cross(c - a);
                assert!(n.norm() < 1e-9 || n.unit().dot(mesh.normals[t[0] as usize]) > 0.2);
            }
        }
    }
}
