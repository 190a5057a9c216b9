//! Light on surfaces: colour, depth and movement at four places of one surface at a time.

use wide::f32x4;

use super::geometry::{Geometry, Label, Lens, Vertex};
use super::material::{Material, Painter, Pattern, Texels};
use super::shadow::ShadowMap;
use crate::effects::develop::Drift;
use crate::mesh::lanes::V3x4;
use crate::mesh::vec3::{V3, v3};

/// A lamp in camera space.
#[derive(Clone, Copy, Debug)]
pub struct CameraLamp {
    /// Unit vector to the lamp.
    pub towards: V3,
    /// Colour times strength.
    pub colour: V3,
}

/// All light in camera space.
#[derive(Clone, Debug, Default)]
pub struct CameraLight {
    /// The first one throws the shadow.
    pub lamps: Vec<CameraLamp>,
    /// From above.
    pub sky: V3,
    /// From below.
    pub ground: V3,
    /// Unit vector upwards.
    pub up: V3,
}

/// How far light creeps around, and what keeps the sum the same: 1 / (1 + wrap).
const SKIN_WRAP: (V3, V3) = (v3(0.34, 0.18, 0.12), v3(1.0 / 1.34, 1.0 / 1.18, 1.0 / 1.12));
const PLAIN_WRAP: (V3, V3) = (v3(0.04, 0.04, 0.04), v3(1.0 / 1.04, 1.0 / 1.04, 1.0 / 1.04));

/// What shading reads.
pub struct Shader<'a> {
    /// Triangles with projected corners (in samples).
    pub geometry: &'a Geometry,
    /// Materials.
    pub painter: &'a Painter,
    /// Lamps.
    pub light: &'a CameraLight,
    /// Shadow of the first lamp; none when it throws none.
    pub shadow: Option<&'a ShadowMap>,
    /// Lens of the sample grid.
    pub lens: Lens,
    /// Lens of the picture.
    pub picture_lens: Lens,
    /// Share of the way from `before` to now that the shutter sees; 0 leaves out motion.
    pub motion: bool,
}

/// A band of finished pixels.
pub struct Shaded<'a> {
    /// Linear colour, and depth along the camera's axis, metres; 0 where nothing is.
    pub light: &'a mut [f32x4],
    /// What is seen.
    pub label: &'a mut [u8],
    /// Movement since the shutter opened, pixels.
    pub flow: &'a mut [[f32; 2]],
    /// Movement in squares of pixels.
    pub drifts: &'a mut [Drift],
    /// First pixel row.
    pub first: usize,
}

/// Rows of the largest block whose pixels share their darkening; bands are made of whole ones.
pub const OCCLUSION_ROWS: usize = 4;

/// Highlights of this strength and less are not seen.
const DULL: f32 = 0.05;

/// Places on one surface that are shaded together; those from `count` on repeat the first.
pub(super) struct Places {
    pub(super) surface: u32,
    pub(super) count: usize,
    /// Triangles.
    pub(super) id: [u32; 4],
    /// They are all on the first one's triangle.
    pub(super) one: bool,
    /// Where on the sample grid.
    pub(super) px: f32x4,
    pub(super) py: f32x4,
    /// They lie side by side and share one look at the shadow.
    pub(super) together: bool,
}

/// What was found at four places.
pub(super) struct Seen {
    pub(super) colour: V3x4,
    pub(super) z: f32x4,
    pub(super) flow: [f32x4; 2],
    pub(super) label: Label,
}

#[inline]
fn number(x: f32) -> f32x4 {
    f32x4::splat(x)
}

/// Mixes what the corners of four places' triangles have.
struct Blend<'a> {
    first: [&'a Vertex; 3],
    /// Of the other places, where they are not all on the first one's triangle.
    others: Option<[[&'a Vertex; 3]; 3]>,
    /// Share of each corner at the four places.
    shares: [f32x4; 3],
}

impl Blend<'_> {
    #[inline(always)]
    fn vectors(&self, of: impl Fn(&Vertex) -> V3) -> V3x4 {
        let [sa, sb, sc] = self.shares;
        let Some(others) = &self.others else {
            let [a, b, c] = self.first;
            return V3x4::splat(of(a)) * sa + V3x4::splat(of(b)) * sb + V3x4::splat(of(c)) * sc;
        };
        let (sa, sb, sc) = (sa.to_array(), sb.to_array(), sc.to_array());
        let place = |[a, b, c]: [&Vertex; 3], k: usize| of(a) * sa[k] + of(b) * sb[k] + of(c) * sc[k];
        V3x4::of([place(self.first, 0), place(others[0], 1), place(others[1], 2), place(others[2], 3)])
    }

    #[inline(always)]
    fn numbers(&self, of: impl Fn(&Vertex) -> f32) -> f32x4 {
        let at = |c: usize| match &self.others {
            None => number(of(self.first[c])),
            Some([p, q, r]) => f32x4::new([of(self.first[c]), of(p[c]), of(q[c]), of(r[c])]),
        };
        at(0) * self.shares[0] + at(1) * self.shares[1] + at(2) * self.shares[2]
    }
}

impl Shader<'_> {
    /// What is seen at places of one surface; `open` is the share of light from all around that hollows leave.
    pub(super) fn shade(&self, places: &Places, open: f32x4) -> Seen {
        let g = self.geometry;
        let surface = &g.surfaces[places.surface as usize];
        let material = &surface.material;
        let triangle = |k: usize| g.triangles[places.id[k] as usize].corners;
        let vertices = |t: [u32; 3]| [&g.vertices[t[0] as usize], &g.vertices[t[1] as usize], &g.vertices[t[2] as usize]];
        let projected = |t: [u32; 3]| [g.projected[t[0] as usize], g.projected[t[1] as usize], g.projected[t[2] as usize]];
        let own = triangle(0);
        let first = vertices(own);
        let (others, [pa, pb, pc]) = if places.one {
            (None, projected(own).map(V3x4::splat))
        } else {
            let (p, q, r) = (triangle(1), triangle(2), triangle(3));
            let corners = [projected(own), projected(p), projected(q), projected(r)];
            let at = |c: usize| V3x4::of([corners[0][c], corners[1][c], corners[2][c], corners[3][c]]);
            (Some([vertices(p), vertices(q), vertices(r)]), [at(0), at(1), at(2)])
        };
        let (px, py) = (places.px, places.py);
        // Perspective-correct shares of the three corners.
        let (bx, by, cx, cy) = (pb.x - pa.x, pb.y - pa.y, pc.x - pa.x, pc.y - pa.y);
        let inverse = f32x4::ONE / (bx * cy - by * cx);
        let (dx, dy) = (px - pa.x, py - pa.y);
        let (lb, lc) = ((dx * cy - dy * cx) * inverse, (bx * dy - by * dx) * inverse);
        let (wa, wb, wc) = ((f32x4::ONE - lb - lc) * pa.z, lb * pb.z, lc * pc.z);
        let z = f32x4::ONE / (wa + wb + wc).fast_max(number(1e-3));
        let blend = Blend { first, others, shares: [wa * z, wb * z, wc * z] };
        let local = blend.vectors(|v| v.local);
        let openness = blend.numbers(|v| v.openness);
        let [fx, fy] = self.lens.focal;
        let at = V3x4 { x: (px - number(self.lens.centre[0])) * (1.0 / fx) * z, y: (py - number(self.lens.centre[1])) * (1.0 / fy) * z, z };
        let texels = self.painter.texels(material, local, z * (1.0 / self.picture_lens.focal[0]), places.count);
        // Dull surfaces look the same from everywhere.
        let to_eye = if surface.two_sided || material.gloss > DULL { (-at).unit() } else { V3x4::ZERO };
        let mut smooth = blend.vectors(|v| v.normal);
        if surface.two_sided {
            let away = f32x4::ZERO.simd_gt(smooth.dot(to_eye));
            let turned = -smooth;
            smooth = V3x4 {
                x: away.bitselect(turned.x, smooth.x),
                y: away.bitselect(turned.y, smooth.y),
                z: away.bitselect(turned.z, smooth.z),
            };
        }
        let reach = openness * open;
        let colour = self.lit(material, &texels, at, to_eye, smooth, reach, places);
        let flow = if self.motion {
            let before = blend.vectors(|v| v.before);
            let inverse = f32x4::ONE / before.z.fast_max(number(0.02));
            let [fx, fy] = self.picture_lens.focal;
            let [cx, cy] = self.picture_lens.centre;
            [px * 0.5 - before.x * inverse * fx - number(cx), py * 0.5 - before.y * inverse * fy - number(cy)]
        } else {
            [f32x4::ZERO; 2]
        };
        Seen { colour, z, flow, label: surface.label }
    }

    /// Light that leaves the places `at` (camera space) towards the eye; `reach` is the share of light from all around that comes there.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn lit(&self, material: &Material, texels: &Texels, at: V3x4, to_eye: V3x4, smooth: V3x4, reach: f32x4, places: &Places) -> V3x4 {
        let normal = (smooth + texels.bump).unit();
        let skin = matches!(material.pattern, Pattern::Skin(_) | Pattern::Face);
        // Light that enters skin comes out again further round, red most.
        let (wrap, share_of_wrap) = if skin { SKIN_WRAP } else { PLAIN_WRAP };
        let share = normal.dot_one(self.light.up) * 0.5 + number(0.5);
        let mut diffuse = V3x4::splat(self.light.ground).lerp_one(self.light.sky, share) * reach;
        let mut highlight = V3x4::ZERO;
        // 2^(2 + 6 polish), straight between powers of two, from the bits of the exponent.
        let exponent = f32::from_bits(((129.0 + 6.0 * material.polish) * 8_388_608.0) as u32);
        for (k, lamp) in self.light.lamps.iter().enumerate() {
            let cos = normal.dot_one(lamp.towards);
            let wrapped = if skin {
                (V3x4::splat(wrap) + V3x4 { x: cos, y: cos, z: cos }).times_one(share_of_wrap).positive()
            } else {
                let grey = ((cos + number(wrap.x)) * share_of_wrap.x).fast_max(f32x4::ZERO);
                V3x4 { x: grey, y: grey, z: grey }
            };
            if !wrapped.x.simd_gt(f32x4::ZERO).any() {
                continue;
            }
            let lit = match self.shadow {
                Some(map) if k == 0 => shadow_on(map, at, smooth, places),
                _ => reach * 0.4 + number(0.6),
            };
            diffuse += wrapped.times_one(lamp.colour) * lit;
            let seen = texels.gloss.simd_gt(number(if k == 0 { DULL } else { 0.15 }));
            if seen.any() {
                let h = normal.dot((V3x4::splat(lamp.towards) + to_eye).unit()).fast_max(f32x4::ZERO);
                // Schlick's rational form of the power.
                let power = h / (number(exponent) - h * exponent + h);
                let strength = (texels.gloss & seen) * power * lit * (cos.fast_max(f32x4::ZERO) * 0.65 + number(0.35));
                highlight += V3x4::splat(lamp.colour) * (strength & wrapped.x.simd_gt(f32x4::ZERO));
            }
        }
        let seen = texels.gloss.simd_gt(number(DULL));
        if seen.any() {
            // The sky mirrored flat: strong only where one looks along the surface.
            let grazing = f32x4::ONE - normal.dot(to_eye).fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
            let squared = grazing * grazing;
            let strength = (texels.gloss & seen) * reach * (squared * squared * (0.5 * material.polish) + number(0.06));
            highlight += V3x4::splat(self.light.sky) * strength;
        }
        texels.albedo.times(diffuse) * (f32x4::ONE - texels.glow) + texels.albedo * texels.glow + highlight
    }
}

/// Share of the first lamp's light that comes to each place.
#[inline]
fn shadow_on(map: &ShadowMap, at: V3x4, normal: V3x4, places: &Places) -> f32x4 {
    if !map.is_fine() {
        return map.coarse_light_at(at, normal);
    }
    let (at, normal) = (at.rows(), normal.rows());
    if places.together {
        // Pixels are smaller than the soft edge of a shadow.
        let middle = |v: [V3; 4]| (v[0] + v[1] + v[2] + v[3]) * 0.25;
        return f32x4::splat(map.light_at(middle(at), middle(normal)));
    }
    let lit = |k: usize| if k < places.count { map.light_at(at[k], normal[k]) } else { 1.0 };
    f32x4::new([lit(0), lit(1), lit(2), lit(3)])
}
