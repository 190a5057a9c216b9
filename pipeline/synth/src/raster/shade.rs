//! Light on surfaces: one pass over the samples, one shading a pixel where one surface fills it.

use super::geometry::{Geometry, Label, Lens};
use super::material::{Painter, Pattern};
use super::shadow::ShadowMap;
use super::visibility::NOTHING;
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
    /// Samples in a row (twice the pixels).
    pub width: usize,
    /// Sample rows.
    pub height: usize,
    /// Nearness of all samples.
    pub near: &'a [f32],
    /// Triangles of all samples.
    pub id: &'a [u32],
    /// Share of the way from `before` to now that the shutter sees; 0 leaves out motion.
    pub motion: bool,
}

/// A band of finished pixels.
pub struct Shaded<'a> {
    /// Linear colour.
    pub colour: &'a mut [V3],
    /// Depth along the camera's axis, metres; 0 where nothing is.
    pub depth_m: &'a mut [f32],
    /// What is seen.
    pub label: &'a mut [u8],
    /// Movement since the shutter opened, pixels.
    pub flow: &'a mut [[f32; 2]],
    /// First pixel row.
    pub first: usize,
}

/// Rows of the largest block whose pixels share their darkening; bands are made of whole ones.
pub const OCCLUSION_ROWS: usize = 4;

/// The darkening of the last shaded place of a block.
#[derive(Clone, Copy)]
struct Hollow {
    surface: u32,
    open: f32,
}

impl Shader<'_> {
    /// Shades a band of pixel rows.
    pub fn band(&self, out: &mut Shaded<'_>) {
        let pixels = self.width / 2;
        // Hollows change slowly: the pixels of a block share the darkening of the first one of each surface.
        let block = if pixels >= 1000 { OCCLUSION_ROWS } else { 2 };
        let mut hollows = vec![Hollow { surface: u32::MAX, open: 1.0 }; pixels.div_ceil(block)];
        for (row, ((colour, depth), (label, flow))) in out
            .colour
            .chunks_exact_mut(pixels)
            .zip(out.depth_m.chunks_exact_mut(pixels))
            .zip(out.label.chunks_exact_mut(pixels).zip(out.flow.chunks_exact_mut(pixels)))
            .enumerate()
        {
            let y = 2 * (out.first + row);
            if row % block == 0 {
                hollows.iter_mut().for_each(|h| h.surface = u32::MAX);
            }
            let upper = &self.id[y * self.width..(y + 1) * self.width];
            let lower = &self.id[(y + 1) * self.width..(y + 2) * self.width];
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            let outputs = colour.iter_mut().zip(depth).zip(label.iter_mut().zip(flow));
            for (x, ((above, below), ((colour, depth), (label, flow)))) in pairs.zip(outputs).enumerate() {
                let ids = [above[0], above[1], below[0], below[1]];
                let (c, z, l, f) = self.pixel(2 * x, y, ids, &mut hollows[x / block]);
                *colour = c;
                *depth = z;
                *label = l as u8;
                *flow = f;
            }
        }
    }

    fn pixel(&self, x: usize, y: usize, ids: [u32; 4], hollow: &mut Hollow) -> (V3, f32, Label, [f32; 2]) {
        let place = |k: usize| (x + (k & 1), y + (k >> 1));
        let first = ids[0];
        if first == NOTHING && ids == [NOTHING; 4] {
            return (self.light.sky, 0.0, Label::Surroundings, [0.0; 2]);
        }
        if ids[1] == first && ids[2] == first && ids[3] == first {
            return self.at(first, x as f32 + 1.0, y as f32 + 1.0, hollow);
        }
        // Samples of one surface at about one depth share a shading.
        let group = |id: u32, k: usize| {
            if id == NOTHING {
                return (u32::MAX, 0.0);
            }
            let (sx, sy) = place(k);
            (self.geometry.triangles[id as usize].surface, self.near[sy * self.width + sx])
        };
        let mut done = [false; 4];
        let mut sum = V3::ZERO;
        let mut seen = (0, 0.0, Label::Surroundings, [0.0; 2]);
        for k in 0..4 {
            if done[k] {
                continue;
            }
            let (surface, near) = group(ids[k], k);
            let mut count = 0;
            for j in k..4 {
                let (other, w) = group(ids[j], j);
                if other == surface && (w - near).abs() <= 0.02 * near {
                    done[j] = true;
                    count += 1;
                }
            }
            if ids[k] == NOTHING {
                sum += self.light.sky * count as f32;
                continue;
            }
            let (sx, sy) = place(k);
            let (c, z, l, f) = self.at(ids[k], sx as f32 + 0.5, sy as f32 + 0.5, hollow);
            sum += c * count as f32;
            if count > seen.0 || (count == seen.0 && z < seen.1) {
                seen = (count, z, l, f);
            }
        }
        (sum * 0.25, seen.1, seen.2, seen.3)
    }

    /// Colour, depth, label and movement of triangle `id` at a place of the sample grid.
    fn at(&self, id: u32, px: f32, py: f32, hollow: &mut Hollow) -> (V3, f32, Label, [f32; 2]) {
        let g = self.geometry;
        let t = &g.triangles[id as usize];
        let [ia, ib, ic] = t.corners.map(|i| i as usize);
        let [pa, pb, pc] = [g.projected[ia], g.projected[ib], g.projected[ic]];
        let area = (pb[0] - pa[0]) * (pc[1] - pa[1]) - (pb[1] - pa[1]) * (pc[0] - pa[0]);
        let inverse = 1.0 / area;
        let lb = ((px - pa[0]) * (pc[1] - pa[1]) - (py - pa[1]) * (pc[0] - pa[0])) * inverse;
        let lc = ((pb[0] - pa[0]) * (py - pa[1]) - (pb[1] - pa[1]) * (px - pa[0])) * inverse;
        let (wa, wb, wc) = ((1.0 - lb - lc) * pa[2], lb * pb[2], lc * pc[2]);
        let z = 1.0 / (wa + wb + wc).max(1e-3);
        let (a, b, c) = (wa * z, wb * z, wc * z);
        let (va, vb, vc) = (&g.vertices[ia], &g.vertices[ib], &g.vertices[ic]);
        let surface = &g.surfaces[t.surface as usize];
        let material = &surface.material;
        let local = va.local * a + vb.local * b + vc.local * c;
        let at = v3((px - self.lens.centre[0]) / self.lens.focal[0] * z, (py - self.lens.centre[1]) / self.lens.focal[1] * z, z);
        let texel = self.painter.texel(material, local, z / self.picture_lens.focal[0]);
        let to_eye = (-at).unit();
        let mut smooth = va.normal * a + vb.normal * b + vc.normal * c;
        if surface.two_sided && smooth.dot(to_eye) < 0.0 {
            smooth = -smooth;
        }
        let normal = (smooth + texel.bump).unit();
        let openness = va.openness * a + vb.openness * b + vc.openness * c;
        if hollow.surface != t.surface {
            *hollow = Hollow { surface: t.surface, open: self.crevice(px, py, z) };
        }
        let reach = openness * hollow.open;
        let skin = matches!(material.pattern, Pattern::Skin(_) | Pattern::Face);
        // Light that enters skin comes out again further round, red most.
        let (wrap, share_of_wrap) = if skin { SKIN_WRAP } else { PLAIN_WRAP };
        let share = 0.5 + 0.5 * normal.dot(self.light.up);
        let mut diffuse = self.light.ground.lerp(self.light.sky, share) * reach;
        let mut highlight = V3::ZERO;
        // 2^(2 + 6 polish), straight between powers of two, from the bits of the exponent.
        let exponent = f32::from_bits(((129.0 + 6.0 * material.polish) * 8_388_608.0) as u32);
        for (k, lamp) in self.light.lamps.iter().enumerate() {
            let cos = normal.dot(lamp.towards);
            let wrapped = (wrap + V3::ONE * cos).times(share_of_wrap).max(V3::ZERO);
            if wrapped.x <= 0.0 {
                continue;
            }
            let lit = match self.shadow {
                Some(map) if k == 0 => map.light_at(at, smooth),
                _ => 0.6 + 0.4 * reach,
            };
            diffuse += lamp.colour.times(wrapped) * lit;
            if texel.gloss > if k == 0 { 0.02 } else { 0.15 } {
                let half = (lamp.towards + to_eye).unit();
                let h = normal.dot(half).max(0.0);
                // Schlick's rational form of the power.
                let power = h / (exponent - exponent * h + h);
                highlight += lamp.colour * (texel.gloss * power * lit * (0.35 + 0.65 * cos.max(0.0)));
            }
        }
        if texel.gloss > 0.05 {
            // The sky mirrored flat: strong only where one looks along the surface.
            let grazing = 1.0 - normal.dot(to_eye).clamp(0.0, 1.0);
            let fresnel = grazing * grazing * grazing * grazing;
            highlight += self.light.sky * (texel.gloss * reach * (0.06 + 0.5 * fresnel * material.polish));
        }
        let colour = texel.albedo.times(diffuse * (1.0 - texel.glow)) + texel.albedo * texel.glow + highlight;
        let flow = if self.motion {
            let before = va.before * a + vb.before * b + vc.before * c;
            let [bx, by, _] = self.picture_lens.project(v3(before.x, before.y, before.z.max(0.02)));
            [0.5 * px - bx, 0.5 * py - by]
        } else {
            [0.0; 2]
        };
        (colour, z, surface.label, flow)
    }

    /// 1 in the open, less in hollows: inverse depth is linear on planes, so that pairs of opposite samples that are nearer on
    /// average than their middle mean a hollow.
    #[inline]
    fn crevice(&self, px: f32, py: f32, z: f32) -> f32 {
        const RADIUS_M: f32 = 0.016;
        let r = RADIUS_M * self.lens.focal[0] / z;
        if r < 1.5 || z > 1.2 {
            return 1.0;
        }
        let r = r.min(48.0);
        let w = 1.0 / z;
        let (x, y) = (px as i32, py as i32);
        let read = |dx: f32, dy: f32| {
            let sx = (x + dx as i32).clamp(0, self.width as i32 - 1) as usize;
            let sy = (y + dy as i32).clamp(0, self.height as i32 - 1) as usize;
            self.near[sy * self.width + sx]
        };
        // A different radius at each of four neighbours keeps edges from being copied as lines.
        let r = r * [0.55, 1.0, 0.8, 0.35][((x >> 2) & 1 | (y >> 1) & 2) as usize];
        let radius_m = r / (self.lens.focal[0] * w);
        let mut lost = 0.0;
        for (dx, dy, k) in [(1.0, 0.25, 1.0), (-0.25, 1.0, 1.0), (0.42, 0.42, 2.0), (-0.42, 0.42, 2.0)] {
            let (a, b) = (read(dx * r, dy * r), read(-dx * r, -dy * r));
            // Metres nearer than the middle; what is much nearer floats in front and shades nothing.
            let (a, b) = ((a - w) * z * z, (b - w) * z * z);
            let near = 1.0 - a.max(b) * (1.0 / 0.030);
            if near > 0.0 {
                let hollow = (a.max(-0.02) + b.max(-0.02)) * k * (0.5 / radius_m);
                lost += (hollow - 0.06).clamp(0.0, 0.9) * near;
            }
        }
        1.0 - 0.8 * (lost * 0.25).min(0.9)
    }
}
