//! The transparent sheet that shapes are drawn on, and the record of which parts of it are in use.

use super::colour::{ColourModel, Rgb};

/// Pixels that are covered at once: small enough for thin strokes, wide enough for SIMD.
pub(super) const LANES: usize = 8;
/// Width of a block of the used-parts record; its height is two rows, so that 4:2:0 colour needs no neighbours.
pub(super) const BLOCK: usize = 16;

/// What a shape is filled with: the components of the picture, times opacity, and the opacity, 0..255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(pub(super) [u8; 4]);

/// A transparent sheet of a picture's size in that picture's own colour components.
///
/// Rows hold four runs of bytes: three components (each times opacity) and the opacity. Sides are rounded up to even
/// numbers, so that the colour samples of an odd picture's last column and row see whole strokes.
pub struct Canvas {
    width: usize,
    height: usize,
    stride: usize,
    model: ColourModel,
    rows: Vec<u8>,
    /// One bit a block, `words` words for every two rows.
    used: Vec<u64>,
    words: usize,
}

/// One row of a canvas while a shape is drawn on it.
pub(super) struct Row<'a> {
    runs: [&'a mut [u8]; 4],
}

/// A used block: for its two rows, three components and the opacity of 16 pixels.
pub(super) struct Block<'a> {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) rows: [[&'a [u8; BLOCK]; 4]; 2],
}

impl Canvas {
    /// An empty sheet for a picture of `width` x `height` pixels that stores colours by `model`.
    pub fn new(width: u32, height: u32, model: ColourModel) -> Canvas {
        let (width, height) = (width as usize, height as usize);
        let stride = width.next_multiple_of(BLOCK) + BLOCK;
        let words = (stride / BLOCK).div_ceil(64);
        let pairs = height.div_ceil(2);
        Canvas { width, height, stride, model, rows: vec![0; pairs * 2 * 4 * stride], used: vec![0; pairs * words], words }
    }

    /// Width of the picture, pixels.
    pub fn width(&self) -> u32 {
        self.width as u32
    }

    /// Height of the picture, pixels.
    pub fn height(&self) -> u32 {
        self.height as u32
    }

    /// Whether nothing has been drawn since the last [`Canvas::compose`].
    pub fn is_blank(&self) -> bool {
        self.used.iter().all(|word| *word == 0)
    }

    /// Wipes everything that has been drawn.
    pub fn clear(&mut self) {
        self.drain(|_| {});
    }

    /// A colour at an opacity of 0..1 (clamped), in the components of this picture.
    pub fn paint(&self, colour: Rgb, opacity: f32) -> Paint {
        let opacity = if opacity > 0.0 { opacity.min(1.0) } else { 0.0 };
        let [a, b, c] = self.model.encode(colour).map(|v| (v * opacity).round() as u8);
        let alpha = (255.0 * opacity).round() as u8;
        // Rounding must not lift a component above the opacity: composing relies on the sum staying within 255.
        Paint([a.min(alpha), b.min(alpha), c.min(alpha), alpha])
    }

    /// Columns and rows that can be drawn on: the picture's, rounded up to even numbers.
    pub(super) fn extent(&self) -> (usize, usize) {
        (self.width.next_multiple_of(2), self.height.next_multiple_of(2))
    }

    /// Row `y` for drawing on columns `x0..x1`, rounded up to a multiple of [`LANES`] from `x0`.
    pub(super) fn row(&mut self, y: usize, x0: usize, x1: usize) -> Option<Row<'_>> {
        let last = x0 + (x1 - x0).next_multiple_of(LANES) - 1;
        let used = self.used.get_mut(y / 2 * self.words..(y / 2 + 1) * self.words)?;
        let (first, last) = (x0 / BLOCK, last / BLOCK);
        for word in first / 64..=last / 64 {
            let low = if word == first / 64 { u64::MAX << (first % 64) } else { u64::MAX };
            let high = if word == last / 64 { u64::MAX >> (63 - last % 64) } else { u64::MAX };
            *used.get_mut(word)? |= low & high;
        }
        let row = self.rows.get_mut(y * 4 * self.stride..(y + 1) * 4 * self.stride)?;
        let (ab, cd) = row.split_at_mut(2 * self.stride);
        let (a, b) = ab.split_at_mut(self.stride);
        let (c, d) = cd.split_at_mut(self.stride);
        Some(Row { runs: [a, b, c, d] })
    }

    /// Hands out every used block, top to bottom, and wipes it.
    #[inline(always)]
    pub(super) fn drain(&mut self, mut each: impl FnMut(&Block<'_>)) {
        let Canvas { stride, words, rows, used, .. } = self;
        let pairs = used.chunks_exact_mut(*words).zip(rows.chunks_exact_mut(2 * 4 * *stride));
        for (pair, (words, rows)) in pairs.enumerate() {
            for (index, word) in words.iter_mut().enumerate() {
                while *word != 0 {
                    let x = BLOCK * (64 * index + word.trailing_zeros() as usize);
                    *word &= *word - 1;
                    let mut runs = [[&[0; BLOCK]; 4]; 2];
                    for (run, row) in runs.as_flattened_mut().iter_mut().zip(rows.chunks_exact(*stride)) {
                        if let Some(block) = row.get(x..).and_then(|row| row.first_chunk()) {
                            *run = block;
                        }
                    }
                    each(&Block { x, y: 2 * pair, rows: runs });
                    for row in rows.chunks_exact_mut(*stride) {
                        if let Some(block) = row.get_mut(x..).and_then(|row| row.first_chunk_mut::<BLOCK>()) {
                            *block = [0; BLOCK];
                        }
                    }
                }
            }
        }
    }
}

impl Row<'_> {
    /// Replaces [`LANES`] pixels from column `x` on by `paint` where they are covered (0..255).
    #[inline]
    pub(super) fn cover(&mut self, x: usize, coverage: &[u16; LANES], paint: &Paint) {
        for (run, paint) in self.runs.iter_mut().zip(paint.0) {
            if let Some(pixels) = run.get_mut(x..).and_then(|run| run.first_chunk_mut()) {
                mix(pixels, coverage, paint);
            }
        }
    }

    /// [`Row::cover`] by `rim`, then by `fill`, in one pass.
    #[inline]
    pub(super) fn cover_twice(&mut self, x: usize, rim: (&[u16; LANES], &Paint), fill: (&[u16; LANES], &Paint)) {
        for (run, paints) in self.runs.iter_mut().zip(rim.1.0.into_iter().zip(fill.1.0)) {
            if let Some(pixels) = run.get_mut(x..).and_then(|run| run.first_chunk_mut()) {
                mix_twice(pixels, (rim.0, paints.0), (fill.0, paints.1));
            }
        }
    }
}

/// Not inlined: only as arguments are the arrays known not to overlap, which SIMD needs.
#[inline(never)]
fn mix(pixels: &mut [u8; LANES], coverage: &[u16; LANES], paint: u8) {
    for (pixel, cover) in pixels.iter_mut().zip(coverage) {
        *pixel = div255(u16::from(*pixel) * (255 - cover) + u16::from(paint) * cover) as u8;
    }
}

/// Not inlined for the same reason as [`mix`].
#[inline(never)]
fn mix_twice(pixels: &mut [u8; LANES], rim: (&[u16; LANES], u8), fill: (&[u16; LANES], u8)) {
    for ((pixel, rim_cover), fill_cover) in pixels.iter_mut().zip(rim.0).zip(fill.0) {
        let under = div255(u16::from(*pixel) * (255 - rim_cover) + u16::from(rim.1) * rim_cover);
        *pixel = div255(under * (255 - fill_cover) + u16::from(fill.1) * fill_cover) as u8;
    }
}

/// `v / 255`, rounded; exact for every product of two bytes.
#[inline]
pub(super) fn div255(v: u16) -> u16 {
    let v = v + 128;
    (v + (v >> 8)) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn div255_is_rounded_division() {
        for v in 0..=255u32 * 255 {
            assert_eq!(u32::from(div255(v as u16)), (v * 2 + 255) / 510, "{v}");
        }
    }

    #[test]
    fn only_the_blocks_that_were_drawn_on_come_out_and_only_once() {
        let mut canvas = Canvas::new(2000, 10, ColourModel::RGB);
        assert!(canvas.is_blank());
        let paint = canvas.paint(Rgb(10, 20, 30), 1.0);
        for (y, x) in [(0, 0), (3, 1023), (9, 1999)] {
            canvas.row(y, x, x + 1).expect("inside").cover(x, &[255, 0, 0, 0, 0, 0, 0, 0], &paint);
        }
        let mut seen = Vec::new();
        canvas.drain(|block| {
            for (dy, row) in block.rows.iter().enumerate() {
                for dx in (0..BLOCK).filter(|dx| row[3][*dx] > 0) {
                    assert_eq!([row[0][dx], row[1][dx], row[2][dx], row[3][dx]], [10, 20, 30, 255]);
                    seen.push((block.y + dy, block.x + dx));
                }
            }
        });
        assert_eq!(seen, [(0, 0), (3, 1023), (9, 1999)]);
        assert!(canvas.is_blank());
        canvas.drain(|block| panic!("block at {}, {} came out twice", block.x, block.y));
    }

    #[test]
    fn a_later_mark_replaces_an_earlier_one_and_half_opaque_marks_do_not_add_up() {
        let mut canvas = Canvas::new(8, 2, ColourModel::RGB);
        let half = canvas.paint(Rgb(200, 100, 0), 0.5);
        for _ in 0..3 {
            canvas.row(0, 0, 8).expect("inside").cover(0, &[255; 8], &half);
        }
        canvas.drain(|block| assert_eq!([0, 1, 2, 3].map(|c| block.rows[0][c][0]), [100, 50, 0, 128]));
    }

    #[test]
    fn opacity_outside_its_range_is_clamped() {
        let canvas = Canvas::new(1, 1, ColourModel::RGB);
        assert_eq!(canvas.paint(Rgb(255, 255, 255), 7.0), Paint([255; 4]));
        for none in [-1.0, f32::NAN, f32::NEG_INFINITY] {
            assert_eq!(canvas.paint(Rgb(255, 255, 255), none), Paint([0; 4]));
        }
    }
}
