//! Making what a mask does not want dark or black, straight in the planes of a picture of any layout.

use crate::draw::{ColourModel, Rgb, Target};
use crate::image::MaskView;

/// Colour sample without colour.
const NO_COLOUR: u8 = 128;

/// Scales the light of everything that the mask does not want: 0 is black, 256 leaves it as it is.
///
/// The mask covers the whole picture of `size` (width, height), whatever its own size; the nearest of its pixels counts. With 0
/// nothing of the picture is left there, not even colour: a colour sample that stands for several pixels is cleared as soon as one
/// of them is cut.
pub fn darken(target: &mut Target<'_>, size: [u32; 2], mask: &MaskView<'_>, model: ColourModel, light: u16) {
    let [width, height] = size.map(|v| v as usize);
    let [mask_width, mask_height] = [mask.width, mask.height].map(|v| v as usize);
    if width == 0 || height == 0 || mask_width == 0 || mask_height == 0 {
        return;
    }
    let black = model.encode(Rgb(0, 0, 0)).map(|v| v.round() as u8);
    let pen = Pen { black, light: light.min(256) };
    for y in 0..height {
        let start = (2 * y + 1) * mask_height / (2 * height) * mask.plane.stride;
        let Some(row) = mask.plane.data.get(start..start + mask_width) else { continue };
        let mut at = 0;
        while let Some(from) = row.get(at..).and_then(|rest| rest.iter().position(|v| *v == 0)).map(|n| at + n) {
            let to = row.get(from..).and_then(|rest| rest.iter().position(|v| *v != 0)).map_or(mask_width, |n| from + n);
            // Pixel x has its centre in mask column (2x + 1) mask_width / 2 width.
            let first = |column: usize| (2 * width * column).saturating_sub(mask_width).div_ceil(2 * mask_width).min(width);
            let end = if to == mask_width { width } else { first(to) };
            if first(from) < end {
                pen.run(target, y, first(from), end);
            }
            at = to;
        }
    }
}

/// Black in the picture's components, and how much light is left.
struct Pen {
    black: [u8; 3],
    light: u16,
}

impl Pen {
    #[inline]
    fn scaled(&self, sample: u8, dark: u8) -> u8 {
        let (sample, dark) = (i32::from(sample), i32::from(dark));
        (dark + (((sample - dark) * i32::from(self.light)) >> 8)) as u8
    }

    fn samples(&self, samples: &mut [u8], dark: u8) {
        if self.light == 0 {
            samples.fill(dark);
        } else {
            samples.iter_mut().for_each(|sample| *sample = self.scaled(*sample, dark));
        }
    }

    /// Colour at half height belongs to two rows: black needs both, dimming must not happen twice.
    fn colour_row(&self, y: usize) -> bool {
        self.light == 0 || y.is_multiple_of(2)
    }

    /// Pixels `from..to` of row `y`.
    fn run(&self, target: &mut Target<'_>, y: usize, from: usize, to: usize) {
        let (half_from, half_to) = (from / 2, to.div_ceil(2));
        match target {
            Target::Packed { plane, bytes, rgb, alpha } => {
                let pixels = plane.part(y, *bytes * from, *bytes * to);
                if self.light == 0 && alpha.is_none() && self.black == [0; 3] {
                    pixels.fill(0);
                    return;
                }
                for pixel in pixels.chunks_exact_mut(*bytes) {
                    for (at, dark) in rgb.iter().zip(self.black) {
                        if let Some(sample) = pixel.get_mut(*at) {
                            *sample = self.scaled(*sample, dark);
                        }
                    }
                }
            }
            Target::Grey(plane) => self.samples(plane.part(y, from, to), self.black[0]),
            Target::Planar420 { y: luma, u, v } => {
                self.samples(luma.part(y, from, to), self.black[0]);
                if self.colour_row(y) {
                    self.samples(u.part(y / 2, half_from, half_to), NO_COLOUR);
                    self.samples(v.part(y / 2, half_from, half_to), NO_COLOUR);
                }
            }
            Target::SemiPlanar420 { y: luma, uv, .. } => {
                self.samples(luma.part(y, from, to), self.black[0]);
                if self.colour_row(y) {
                    self.samples(uv.part(y / 2, 2 * half_from, 2 * half_to), NO_COLOUR);
                }
            }
            Target::Packed422 { plane, y: luma, uv } => {
                for (pair, x) in plane.part(y, 4 * half_from, 4 * half_to).chunks_exact_mut(4).zip((2 * half_from..).step_by(2)) {
                    for (at, x) in [(*luma, x), (*luma + 2, x + 1)] {
                        if let Some(sample) = pair.get_mut(at).filter(|_| (from..to).contains(&x)) {
                            *sample = self.scaled(*sample, self.black[0]);
                        }
                    }
                    for at in uv.iter() {
                        if let Some(sample) = pair.get_mut(*at) {
                            *sample = self.scaled(*sample, NO_COLOUR);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
