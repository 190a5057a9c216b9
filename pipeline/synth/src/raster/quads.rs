//! Which places are shaded together: two by two pixels where one surface fills them, else one place for each surface in each pixel.

use wide::f32x4;

use super::geometry::Label;
use super::shade::{OCCLUSION_ROWS, Places, Seen, Shaded, Shader};
use super::visibility::NOTHING;
use super::window::{STRIP, Window};
use crate::effects::develop::{Drift, TILE};
use crate::mesh::vec3::V3;

const _: () = assert!(2 * TILE == STRIP, "a strip is a row of the squares that share a direction of movement");

/// The darkening of the last shaded place of a block.
#[derive(Clone, Copy)]
struct Hollow {
    surface: u32,
    open: f32,
}

/// A share of a pixel that one surface at one depth covers.
#[derive(Clone, Copy)]
struct Piece {
    pixel: usize,
    surface: u32,
    id: u32,
    px: f32,
    py: f32,
    /// Samples, of four.
    count: u8,
}

/// A finished pixel.
#[derive(Clone, Copy)]
struct Pixel {
    colour: V3,
    z: f32,
    label: Label,
    flow: [f32; 2],
    /// Samples of the surface that `z`, `label` and `flow` are of.
    count: u8,
}

const EMPTY: Pixel = Pixel { colour: V3::ZERO, z: 0.0, label: Label::Surroundings, flow: [0.0; 2], count: 0 };

/// Writes two by two pixels, the first of which is number `i` of a band `pixels` wide.
#[inline]
fn put(out: &mut Shaded<'_>, i: usize, pixels: usize, seen: &Seen) {
    let light = f32x4::transpose([seen.colour.x, seen.colour.y, seen.colour.z, seen.z]);
    let [fx, fy] = [seen.flow[0].to_array(), seen.flow[1].to_array()];
    for (k, i) in [(0, i), (2, i + pixels)] {
        let (Some(c), Some(l), Some(f)) = (out.light.get_mut(i..i + 2), out.label.get_mut(i..i + 2), out.flow.get_mut(i..i + 2)) else {
            return;
        };
        c.copy_from_slice(&light[k..k + 2]);
        l.fill(seen.label as u8);
        f.copy_from_slice(&[[fx[k], fy[k]], [fx[k + 1], fy[k + 1]]]);
    }
}

impl Shader<'_> {
    /// Draws and shades a band of pixel rows, which begins with a whole strip, two by two pixels at a time.
    pub(super) fn band(&self, window: &mut Window, out: &mut Shaded<'_>) {
        let pixels = window.width() / 2;
        let rows = out.light.len() / pixels.max(1);
        window.begin(self.geometry, 2 * out.first..2 * (out.first + rows));
        // Hollows change slowly: the pixels of a block share the darkening of the first one of each surface.
        let block = if pixels >= 1000 { OCCLUSION_ROWS } else { 2 };
        let mut hollows = vec![Hollow { surface: u32::MAX, open: 1.0 }; pixels.div_ceil(block)];
        for row in (0..rows).step_by(2) {
            let y = 2 * (out.first + row);
            if y.is_multiple_of(STRIP) {
                window.draw_for(self.geometry, y);
            }
            if row % block == 0 {
                hollows.iter_mut().for_each(|h| h.surface = u32::MAX);
            }
            let samples = Samples {
                shader: self,
                window,
                y,
                id: [window.id_row(y), window.id_row(y + 1), window.id_row(y + 2), window.id_row(y + 3)],
                near: [window.near_row(y), window.near_row(y + 1), window.near_row(y + 2), window.near_row(y + 3)],
            };
            for x in (0..pixels).step_by(2) {
                let size = [(pixels - x).min(2), (rows - row).min(2)];
                let hollow = &mut hollows[x / block];
                if size == [2, 2]
                    && let Some(places) = samples.smooth(2 * x)
                {
                    let open = samples.hollow(hollow, &places);
                    put(out, row * pixels + x, pixels, &self.shade(&places, open));
                    continue;
                }
                let found = samples.pieced(2 * x, size, hollow);
                for (k, pixel) in found.iter().enumerate().filter(|(k, _)| k & 1 < size[0] && k >> 1 < size[1]) {
                    let i = (row + (k >> 1)) * pixels + x + (k & 1);
                    let [r, g, b, _] = pixel.colour.lanes();
                    (out.light[i], out.label[i], out.flow[i]) = (f32x4::new([r, g, b, pixel.z]), pixel.label as u8, pixel.flow);
                }
            }
            if self.motion && (row + 2 >= rows || (y + 4).is_multiple_of(STRIP)) {
                let across = pixels.div_ceil(TILE);
                let first = row / TILE;
                let (Some(flow), Some(drifts)) = (out.flow.get(first * TILE * pixels..), out.drifts.get_mut(first * across..)) else {
                    return;
                };
                Drift::measure(&flow[..flow.len().min(TILE * pixels)], pixels, drifts);
            }
        }
    }
}

/// The four rows of samples of two rows of pixels.
struct Samples<'a> {
    shader: &'a Shader<'a>,
    window: &'a Window,
    /// The first of them.
    y: usize,
    id: [&'a [u32]; 4],
    near: [&'a [f32]; 4],
}

/// Four samples side by side.
#[inline(always)]
fn four<T: Copy>(row: &[T], x: usize) -> Option<[T; 4]> {
    row.get(x..x + 4)?.first_chunk::<4>().copied()
}

impl Samples<'_> {
    /// The darkening of a surface in a block; looked up where it is not known yet.
    #[inline]
    fn hollow(&self, hollow: &mut Hollow, places: &Places) -> f32x4 {
        let surface = places.surface;
        if hollow.surface != surface {
            let (px, py) = (places.px.to_array()[0], places.py.to_array()[0]);
            let near = self.near[py as usize - self.y][px as usize];
            *hollow = Hollow { surface, open: self.window.crevice(px, py, 1.0 / near.max(1e-3), self.shader.lens.focal[0]) };
        }
        f32x4::splat(hollow.open)
    }

    /// The middles of two by two pixels, the first sample of which is in column `x`, where one surface, without steps in depth,
    /// fills all of them.
    #[inline]
    fn smooth(&self, x: usize) -> Option<Places> {
        let [a, b, c, d] = self.id;
        let ids = [four(a, x)?, four(b, x)?, four(c, x)?, four(d, x)?];
        let first = ids[0][0];
        if first == NOTHING {
            return None;
        }
        let (left, y) = (x as f32, self.y as f32);
        let px = f32x4::splat(left) + f32x4::new([1.0, 3.0, 1.0, 3.0]);
        let py = f32x4::splat(y) + f32x4::new([1.0, 1.0, 3.0, 3.0]);
        let triangles = &self.shader.geometry.triangles;
        let surface = triangles[first as usize].surface;
        let differ = |r: &[u32; 4]| (r[0] ^ first) | (r[1] ^ first) | (r[2] ^ first) | (r[3] ^ first);
        if differ(&ids[0]) | differ(&ids[1]) | differ(&ids[2]) | differ(&ids[3]) == 0 {
            return Some(Places { surface, count: 4, id: [first; 4], one: true, px, py, together: true });
        }
        let mut last = first;
        for id in ids.iter().flat_map(|r| r.iter()) {
            if *id != last {
                if *id == NOTHING || triangles[*id as usize].surface != surface {
                    return None;
                }
                last = *id;
            }
        }
        let [a, b, c, d] = self.near;
        let [a, b, c, d] = [four(a, x)?, four(b, x)?, four(c, x)?, four(d, x)?].map(f32x4::new);
        let (low, high) = (a.fast_min(b).fast_min(c.fast_min(d)).to_array(), a.fast_max(b).fast_max(c.fast_max(d)).to_array());
        let (low, high) = (low.into_iter().fold(f32::INFINITY, f32::min), high.into_iter().fold(0.0, f32::max));
        if high - low > 0.03 * high {
            return None;
        }
        // Where triangles meet the pixel's middle may lie outside of this one; its first sample does not.
        let aside = |i: usize, j: usize| {
            let id = ids[j][i];
            if (ids[j][i + 1] ^ id) | (ids[j + 1][i] ^ id) | (ids[j + 1][i + 1] ^ id) != 0 { 0.5 } else { 0.0 }
        };
        let aside = f32x4::new([aside(0, 0), aside(2, 0), aside(0, 2), aside(2, 2)]);
        let id = [first, ids[0][2], ids[2][0], ids[2][2]];
        let one = (id[1] ^ first) | (id[2] ^ first) | (id[3] ^ first) == 0;
        Some(Places { surface, count: 4, id, one, px: px - aside, py: py - aside, together: true })
    }

    /// Pixels in which surfaces meet: each surface is shaded once a pixel, and four of one surface together.
    fn pieced(&self, x: usize, size: [usize; 2], hollow: &mut Hollow) -> [Pixel; 4] {
        let mut out = [EMPTY; 4];
        let mut pieces = [Piece { pixel: 0, surface: 0, id: NOTHING, px: 0.0, py: 0.0, count: 0 }; 16];
        let mut count = 0;
        for pixel in (0..4).filter(|k| k & 1 < size[0] && k >> 1 < size[1]) {
            self.pieces_of(pixel, x + 2 * (pixel & 1), |piece| {
                if piece.id == NOTHING {
                    out[pixel].colour += self.shader.light.sky * f32::from(piece.count);
                } else {
                    pieces[count] = piece;
                    count += 1;
                }
            });
        }
        let mut done = [false; 16];
        for first in 0..count {
            if done[first] {
                continue;
            }
            let surface = pieces[first].surface;
            let mut of = [first; 4];
            let mut n = 0;
            for i in first..count {
                if n < 4 && !done[i] && pieces[i].surface == surface {
                    (of[n], done[i]) = (i, true);
                    n += 1;
                }
            }
            let of = of.map(|i| pieces[i]);
            let id = of.map(|p| p.id);
            let one = (id[1] ^ id[0]) | (id[2] ^ id[0]) | (id[3] ^ id[0]) == 0;
            let (px, py) = (f32x4::new(of.map(|p| p.px)), f32x4::new(of.map(|p| p.py)));
            let places = Places { surface, count: n, id, one, px, py, together: false };
            let open = self.hollow(hollow, &places);
            let seen = self.shader.shade(&places, open);
            let (colour, z, flow) = (seen.colour.rows(), seen.z.to_array(), [seen.flow[0].to_array(), seen.flow[1].to_array()]);
            for k in 0..n {
                let piece = &of[k];
                let pixel = &mut out[piece.pixel];
                pixel.colour += colour[k] * f32::from(piece.count);
                if piece.count > pixel.count || (piece.count == pixel.count && z[k] < pixel.z) {
                    *pixel = Pixel { z: z[k], label: seen.label, flow: [flow[0][k], flow[1][k]], count: piece.count, colour: pixel.colour };
                }
            }
        }
        out.map(|p| Pixel { colour: p.colour * 0.25, ..p })
    }

    /// The surfaces of a pixel of the two by two whose first sample is in column `x`: samples of one surface at about one depth
    /// belong together.
    #[inline]
    fn pieces_of(&self, pixel: usize, x: usize, mut each: impl FnMut(Piece)) {
        let row = 2 * (pixel >> 1);
        let y = self.y + row;
        let (above, below) = (self.id[row], self.id[row + 1]);
        let ids = [above[x], above[x + 1], below[x], below[x + 1]];
        let surface = |id: u32| if id == NOTHING { u32::MAX } else { self.shader.geometry.triangles[id as usize].surface };
        if (ids[1] ^ ids[0]) | (ids[2] ^ ids[0]) | (ids[3] ^ ids[0]) == 0 {
            let (px, py) = (x as f32 + 1.0, y as f32 + 1.0);
            each(Piece { pixel, surface: surface(ids[0]), id: ids[0], px, py, count: 4 });
            return;
        }
        let (above, below) = (self.near[row], self.near[row + 1]);
        let nears = [above[x], above[x + 1], below[x], below[x + 1]];
        let mut done = [false; 4];
        for k in 0..4 {
            if done[k] {
                continue;
            }
            let (of, near) = (surface(ids[k]), nears[k]);
            let mut count = 0;
            for j in k..4 {
                if surface(ids[j]) == of && (nears[j] - near).abs() <= 0.02 * near {
                    done[j] = true;
                    count += 1;
                }
            }
            let (px, py) = ((x + (k & 1)) as f32 + 0.5, (y + (k >> 1)) as f32 + 0.5);
            each(Piece { pixel, surface: of, id: ids[k], px, py, count });
        }
    }
}
