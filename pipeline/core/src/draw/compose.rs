//! Laying a canvas over the planes of a picture, for every raw layout.

use super::canvas::{BLOCK, Block, Canvas, div255};

/// One plane of a picture that is drawn on: bytes and the distance between two rows.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// Rows from top to bottom.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// The planes of a picture that is drawn on; the picture has the size of the canvas.
///
/// Rows or planes that are shorter than the size promises are drawn on as far as they go.
#[derive(Debug)]
pub enum Target<'a> {
    /// Red, green, blue in 3 or 4 bytes a pixel.
    Packed {
        /// The pixels.
        plane: PlaneMut<'a>,
        /// Bytes a pixel: 3 or 4.
        bytes: usize,
        /// Where red, green and blue lie in a pixel.
        rgb: [usize; 3],
        /// Where the opacity lies in a pixel, if it has one. Not multiplied into the colours.
        alpha: Option<usize>,
    },
    /// Brightness alone.
    Grey(PlaneMut<'a>),
    /// Y, U, V in planes of their own, colour at half width and half height (I420, YV12).
    Planar420 {
        /// Brightness.
        y: PlaneMut<'a>,
        /// First colour difference.
        u: PlaneMut<'a>,
        /// Second colour difference.
        v: PlaneMut<'a>,
    },
    /// Y in a plane, U and V in turn in another, at half width and half height (NV12, NV21).
    SemiPlanar420 {
        /// Brightness.
        y: PlaneMut<'a>,
        /// Colour differences.
        uv: PlaneMut<'a>,
        /// Whether V comes first (NV21).
        v_first: bool,
    },
    /// Two pixels in 4 bytes, colour at half width (YUY2, UYVY, YVYU).
    Packed422 {
        /// The pixels.
        plane: PlaneMut<'a>,
        /// Where the first pixel's Y lies; the second's is two bytes further.
        y: usize,
        /// Where U and V lie.
        uv: [usize; 2],
    },
}

impl PlaneMut<'_> {
    /// Bytes `from..to` of row `y`, as far as they exist and lie within the row.
    pub(crate) fn part(&mut self, y: usize, from: usize, to: usize) -> &mut [u8] {
        let to = to.min(self.stride);
        let start = y.saturating_mul(self.stride);
        let end = start.saturating_add(to).min(self.data.len());
        self.data.get_mut(start.saturating_add(from)..end).unwrap_or_default()
    }
}

impl Canvas {
    /// Lays everything drawn so far over the picture and wipes the canvas.
    ///
    /// Colour samples that stand for several pixels take the mean of these pixels' marks.
    pub fn compose(&mut self, target: &mut Target<'_>) {
        let (width, height) = (self.width() as usize, self.height() as usize);
        match target {
            Target::Packed { plane, bytes, rgb, alpha } => self.drain(|block| {
                for (y, row) in block.visible_rows(height) {
                    let pixels = plane.part(y, *bytes * block.x, *bytes * block.end(width));
                    over_packed(pixels, *bytes, *rgb, *alpha, row);
                }
            }),
            Target::Grey(plane) => self.drain(|block| block.over_luma(plane, width, height)),
            Target::Planar420 { y, u, v } => self.drain(|block| {
                block.over_luma(y, width, height);
                let (from, to) = (block.x / 2, block.end(width).div_ceil(2));
                let [first, second, alpha] = block.mean_colours();
                over(u.part(block.y / 2, from, to), &first, &alpha);
                over(v.part(block.y / 2, from, to), &second, &alpha);
            }),
            Target::SemiPlanar420 { y, uv, v_first } => self.drain(|block| {
                block.over_luma(y, width, height);
                let (from, to) = (block.x, block.end(width).next_multiple_of(2));
                let [mut first, mut second, alpha] = block.mean_colours();
                if *v_first {
                    std::mem::swap(&mut first, &mut second);
                }
                over(uv.part(block.y / 2, from, to), &in_turn(&first, &second), &in_turn(&alpha, &alpha));
            }),
            Target::Packed422 { plane, y: luma, uv } => self.drain(|block| {
                for (y, row) in block.visible_rows(height) {
                    let pixels = plane.part(y, 2 * block.x, 2 * block.end(width).next_multiple_of(2));
                    over_packed422(pixels, *luma, *uv, row);
                }
            }),
        }
    }
}

impl Block<'_> {
    /// Where this block ends in a row of `width` pixels (never before it begins).
    fn end(&self, width: usize) -> usize {
        (self.x + BLOCK).min(width).max(self.x)
    }

    /// The rows of this block that are in the picture and not transparent, with their numbers.
    fn visible_rows(&self, height: usize) -> impl Iterator<Item = (usize, &[&[u8; BLOCK]; 4])> {
        (self.y..height).zip(&self.rows).filter(|(_, row)| *row[3] != [0; BLOCK])
    }

    #[inline(always)]
    fn over_luma(&self, plane: &mut PlaneMut<'_>, width: usize, height: usize) {
        for (y, row) in self.visible_rows(height) {
            over(plane.part(y, self.x, self.end(width)), row[0], row[3]);
        }
    }

    /// Second and third component and opacity, each the mean of 2 x 2 pixels.
    fn mean_colours(&self) -> [[u8; BLOCK / 2]; 3] {
        let [[_, b, c, alpha], [_, lower_b, lower_c, lower_alpha]] = &self.rows;
        [mean_of_four(b, lower_b), mean_of_four(c, lower_c), mean_of_four(alpha, lower_alpha)]
    }
}

/// `samples`, at most `N`, under marks of these colours (times opacity) and opacities.
fn over<const N: usize>(samples: &mut [u8], colour: &[u8; N], alpha: &[u8; N]) {
    match <&mut [u8; N]>::try_from(&mut *samples) {
        Ok(samples) => over_all(samples, colour, alpha),
        Err(_) => {
            for ((sample, colour), alpha) in samples.iter_mut().zip(colour).zip(alpha) {
                *sample = over_one(*sample, *colour, *alpha);
            }
        }
    }
}

/// Not inlined: only as arguments are the three known not to overlap, which SIMD needs.
#[inline(never)]
fn over_all<const N: usize>(samples: &mut [u8; N], colour: &[u8; N], alpha: &[u8; N]) {
    for ((sample, colour), alpha) in samples.iter_mut().zip(colour).zip(alpha) {
        *sample = over_one(*sample, *colour, *alpha);
    }
}

/// Never overflows, because `colour <= alpha`.
#[inline]
fn over_one(sample: u8, colour: u8, alpha: u8) -> u8 {
    (div255(u16::from(sample) * (255 - u16::from(alpha))) as u8).wrapping_add(colour)
}

/// Means of 2 x 2 samples, rounded. Not inlined for the same reason as `over_all`.
#[inline(never)]
fn mean_of_four(upper: &[u8; BLOCK], lower: &[u8; BLOCK]) -> [u8; BLOCK / 2] {
    let mut means = [0; BLOCK / 2];
    for ((mean, up), low) in means.iter_mut().zip(upper.as_chunks().0).zip(lower.as_chunks().0) {
        let (up, low) = (u16::from_le_bytes(*up), u16::from_le_bytes(*low));
        *mean = (((up & 255) + (up >> 8) + (low & 255) + (low >> 8) + 2) / 4) as u8;
    }
    means
}

fn in_turn(a: &[u8; BLOCK / 2], b: &[u8; BLOCK / 2]) -> [u8; BLOCK] {
    let mut out = [0; BLOCK];
    for ((out, a), b) in out.chunks_exact_mut(2).zip(a).zip(b) {
        out.copy_from_slice(&[*a, *b]);
    }
    out
}

fn over_packed(pixels: &mut [u8], bytes: usize, rgb: [usize; 3], alpha: Option<usize>, row: &[&[u8; BLOCK]; 4]) {
    for (i, pixel) in pixels.chunks_exact_mut(bytes).enumerate().take(BLOCK) {
        let mark = [row[0][i], row[1][i], row[2][i]];
        let opacity = row[3][i];
        if opacity == 0 {
            continue;
        }
        let ground = alpha.and_then(|at| pixel.get(at).copied()).unwrap_or(255);
        let left = 255 - u16::from(opacity);
        if ground == 255 {
            for (at, mark) in rgb.into_iter().zip(mark) {
                if let Some(sample) = pixel.get_mut(at) {
                    *sample = over_one(*sample, mark, opacity);
                }
            }
            continue;
        }
        // A picture that is itself transparent: Porter and Duff's "over" with colours that are not multiplied.
        let under = div255(u16::from(ground) * left) as u8;
        let sum = f32::from(under) + f32::from(opacity);
        for (at, mark) in rgb.into_iter().zip(mark) {
            if let Some(sample) = pixel.get_mut(at) {
                *sample = ((f32::from(*sample) * f32::from(under) + 255.0 * f32::from(mark)) / sum).round() as u8;
            }
        }
        if let Some(sample) = alpha.and_then(|at| pixel.get_mut(at)) {
            *sample = under.saturating_add(opacity);
        }
    }
}

fn over_packed422(pixels: &mut [u8], luma: usize, uv: [usize; 2], row: &[&[u8; BLOCK]; 4]) {
    for (i, pair) in pixels.chunks_exact_mut(4).enumerate().take(BLOCK / 2) {
        let Ok(pair) = <&mut [u8; 4]>::try_from(pair) else { continue };
        let mean = |c: usize| ((u16::from(row[c][2 * i]) + u16::from(row[c][2 * i + 1])).div_ceil(2)) as u8;
        let marks = [
            (luma, row[0][2 * i], row[3][2 * i]),
            (luma + 2, row[0][2 * i + 1], row[3][2 * i + 1]),
            (uv[0], mean(1), mean(3)),
            (uv[1], mean(2), mean(3)),
        ];
        for (at, colour, alpha) in marks {
            if let Some(sample) = pair.get_mut(at) {
                *sample = over_one(*sample, colour, alpha);
            }
        }
    }
}

#[cfg(test)]
mod tests;
