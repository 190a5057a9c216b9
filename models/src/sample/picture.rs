//! Colours of a picture at positions between its pixels, whichever way it lies in memory: bilinear, in integers, as OpenCV's.

use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};

use super::{BITS, ONE, Position};

/// Bilinear mix of four samples with weights in 1/32; exact in integers, rounded half up.
#[inline(always)]
pub(super) fn mix(a: u8, b: u8, c: u8, d: u8, fx: i32, fy: i32) -> i32 {
    let top = i32::from(a) * (ONE - fx) + i32::from(b) * fx;
    let bottom = i32::from(c) * (ONE - fx) + i32::from(d) * fx;
    top * (ONE - fy) + bottom * fy
}

pub(super) const HALF: i32 = 1 << (2 * BITS - 1);
/// Width of a channel where three share a register.
pub(super) const LANE: u32 = 21;

/// A picture that gives an interpolated colour at a position.
pub(super) trait Picture {
    /// Whether all four neighbours lie inside the picture.
    fn holds(&self, p: Position) -> bool;
    /// Whether none of the four neighbours does.
    fn misses(&self, p: Position) -> bool;
    /// Colour where [`Picture::holds`] is true.
    fn inside(&self, p: Position) -> [u8; 3];
    /// Colour anywhere, edge pixels going on for ever.
    fn replicated(&self, p: Position) -> [u8; 3];
    /// Colour anywhere, black outside.
    fn fading(&self, p: Position) -> [u8; 3];
}

/// Interleaved colours: `STEP` bytes a pixel, red, green and blue at these bytes.
pub(super) struct Packed<'a, const STEP: usize, const R: usize, const G: usize, const B: usize> {
    pub(super) plane: Plane<'a>,
    width: i32,
    height: i32,
}

impl<'a, const STEP: usize, const R: usize, const G: usize, const B: usize> Packed<'a, STEP, R, G, B> {
    pub(super) fn new(view: &ImageView<'a>) -> Self {
        Packed { plane: view.planes[0], width: view.width as i32, height: view.height as i32 }
    }

    fn texel(&self, x: i32, y: i32) -> [u8; 3] {
        let at = y as usize * self.plane.stride + x as usize * STEP;
        self.plane.data.get(at..at + STEP).map_or([0; 3], |p| [p[R], p[G], p[B]])
    }

    fn blend(p: Position, t: [[u8; 3]; 4]) -> [u8; 3] {
        let (fx, fy) = (p.x & (ONE - 1), p.y & (ONE - 1));
        std::array::from_fn(|k| ((mix(t[0][k], t[1][k], t[2][k], t[3][k], fx, fy) + HALF) >> (2 * BITS)) as u8)
    }

    fn four(&self, p: Position, texel: impl Fn(i32, i32) -> [u8; 3]) -> [u8; 3] {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        Self::blend(p, [texel(x, y), texel(x + 1, y), texel(x, y + 1), texel(x + 1, y + 1)])
    }
}

impl<const STEP: usize, const R: usize, const G: usize, const B: usize> Picture for Packed<'_, STEP, R, G, B> {
    #[inline(always)]
    fn holds(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        x >= 0 && y >= 0 && x + 1 < self.width && y + 1 < self.height
    }

    fn misses(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        x < -1 || y < -1 || x >= self.width || y >= self.height
    }

    #[inline(always)]
    fn inside(&self, p: Position) -> [u8; 3] {
        let at = (p.y >> BITS) as usize * self.plane.stride + (p.x >> BITS) as usize * STEP;
        let below = at + self.plane.stride;
        let (Some(a), Some(b)) = (self.plane.data.get(at..at + 2 * STEP), self.plane.data.get(below..below + 2 * STEP)) else {
            return [0; 3];
        };
        let (fx, fy) = (p.x & (ONE - 1), p.y & (ONE - 1));
        if STEP == 1 {
            return [((mix(a[0], a[1], b[0], b[1], fx, fy) + HALF) >> (2 * BITS)) as u8; 3];
        }
        // Three channels in one register, 21 bits each: a mix needs 18.
        let lanes = |t: &[u8], at: usize| u64::from(t[at + R]) | u64::from(t[at + G]) << LANE | u64::from(t[at + B]) << (2 * LANE);
        let (fx, fy) = (fx as u64, fy as u64);
        let (gx, gy) = (ONE as u64 - fx, ONE as u64 - fy);
        let top = lanes(a, 0) * gx + lanes(a, STEP) * fx;
        let bottom = lanes(b, 0) * gx + lanes(b, STEP) * fx;
        let mixed = (top * gy + bottom * fy + HALF as u64 * (1 | 1 << LANE | 1 << (2 * LANE))) >> (2 * BITS);
        [mixed as u8, (mixed >> LANE) as u8, (mixed >> (2 * LANE)) as u8]
    }

    fn replicated(&self, p: Position) -> [u8; 3] {
        self.four(p, |x, y| self.texel(x.clamp(0, self.width - 1), y.clamp(0, self.height - 1)))
    }

    fn fading(&self, p: Position) -> [u8; 3] {
        self.four(p, |x, y| if x >= 0 && y >= 0 && x < self.width && y < self.height { self.texel(x, y) } else { [0; 3] })
    }
}

/// Every `step`-th byte of a plane, beginning at `first`.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub(super) plane: Plane<'a>,
    pub(super) step: usize,
    pub(super) first: usize,
}

impl<'a> Samples<'a> {
    pub(super) fn new(plane: Plane<'a>, step: usize, first: usize) -> Self {
        Samples { plane, step, first }
    }

    #[inline(always)]
    pub(super) fn at(&self, x: usize, y: usize) -> u8 {
        self.plane.data.get(y * self.plane.stride + x * self.step + self.first).copied().unwrap_or(0)
    }

    /// Mix in 1/1024 where all four neighbours are known to exist.
    #[inline(always)]
    pub(super) fn mix_inside(&self, p: Position) -> i32 {
        let at = (p.y >> BITS) as usize * self.plane.stride + (p.x >> BITS) as usize * self.step + self.first;
        let below = at + self.plane.stride;
        let (Some(a), Some(b)) = (self.plane.data.get(at..=at + self.step), self.plane.data.get(below..=below + self.step)) else {
            return 0;
        };
        mix(a[0], a[self.step], b[0], b[self.step], p.x & (ONE - 1), p.y & (ONE - 1))
    }

    /// Mix in 1/1024, neighbours clamped to `last` column and row.
    pub(super) fn mix(&self, p: Position, last: [i32; 2]) -> i32 {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        let (fx, fy) = (p.x & (ONE - 1), p.y & (ONE - 1));
        let (xa, xb) = (x.clamp(0, last[0]) as usize, (x + 1).clamp(0, last[0]) as usize);
        let (ya, yb) = (y.clamp(0, last[1]) as usize, (y + 1).clamp(0, last[1]) as usize);
        mix(self.at(xa, ya), self.at(xb, ya), self.at(xa, yb), self.at(xb, yb), fx, fy)
    }
}

/// Brightness and colour differences in separate planes; colour at half width and, with `half_height` 1, half height.
pub(super) struct Yuv<'a> {
    pub(super) y: Samples<'a>,
    pub(super) u: Samples<'a>,
    pub(super) v: Samples<'a>,
    half_height: u32,
    pub(super) last: [i32; 2],
    pub(super) last_colour: [i32; 2],
    pub(super) matrix: Coefficients,
}

/// A picture whose brightness and colour are apart.
pub(super) fn yuv<'a>(view: &ImageView<'a>) -> Option<Yuv<'a>> {
    let [first, second, third] = view.planes;
    let (y, u, v, half_height) = match view.format {
        PixelFormat::I420 => (Samples::new(first, 1, 0), Samples::new(second, 1, 0), Samples::new(third, 1, 0), 1),
        PixelFormat::Nv12 => (Samples::new(first, 1, 0), Samples::new(second, 2, 0), Samples::new(second, 2, 1), 1),
        PixelFormat::Yuy2 => (Samples::new(first, 2, 0), Samples::new(first, 4, 1), Samples::new(first, 4, 3), 0),
        _ => return None,
    };
    Some(Yuv::new(view, y, u, v, half_height, view.yuv))
}

impl<'a> Yuv<'a> {
    pub(super) fn new(view: &ImageView<'a>, y: Samples<'a>, u: Samples<'a>, v: Samples<'a>, half_height: u32, matrix: YuvToRgb) -> Self {
        let (w, h) = (view.width as i32, view.height as i32);
        let colour_h = if half_height == 1 { (h + 1) / 2 } else { h };
        Yuv { y, u, v, half_height, last: [w - 1, h - 1], last_colour: [(w + 1) / 2 - 1, colour_h - 1], matrix: Coefficients::new(&matrix) }
    }

    /// The place in the colour planes: on every second column and, at half height, between two rows (MPEG-2 siting).
    #[inline(always)]
    pub(super) fn colour_position(&self, p: Position) -> Position {
        Position { x: p.x >> 1, y: if self.half_height == 1 { (p.y - ONE / 2) >> 1 } else { p.y } }
    }

    fn colour(&self, p: Position) -> [u8; 3] {
        let c = self.colour_position(p);
        self.to_rgb([self.y.mix(p, self.last), self.u.mix(c, self.last_colour), self.v.mix(c, self.last_colour)])
    }

    /// From interpolated samples in 1/1024 to bytes.
    #[inline(always)]
    pub(super) fn to_rgb(&self, yuv: [i32; 3]) -> [u8; 3] {
        self.matrix.to_rgb(yuv).map(|v| v as u8)
    }
}

/// Fractional bits of a sample and of a coefficient in the conversion to RGB.
pub(super) const SAMPLE_BITS: i32 = 6;
pub(super) const COEFFICIENT_BITS: i32 = 13;

/// A [`YuvToRgb`] in fixed point.
#[derive(Clone, Copy)]
pub(super) struct Coefficients {
    y: i32,
    rv: i32,
    gu: i32,
    gv: i32,
    bu: i32,
    /// What the offsets of brightness and colour come to for red, green and blue, with half a unit for rounding.
    bias: [i32; 3],
}

impl Coefficients {
    pub(super) fn new(m: &YuvToRgb) -> Coefficients {
        let fixed = |v: f32| (v * (1 << COEFFICIENT_BITS) as f32).round() as i32;
        let (y, rv, gu, gv, bu) = (fixed(m.y), fixed(m.rv), fixed(m.gu), fixed(m.gv), fixed(m.bu));
        let one = 1 << SAMPLE_BITS;
        let base = (1 << (SAMPLE_BITS + COEFFICIENT_BITS - 1)) - (m.y_offset * one as f32).round() as i32 * y;
        let grey = 128 * one;
        Coefficients { y, rv, gu, gv, bu, bias: [base - grey * rv, base - grey * (gu + gv), base - grey * bu] }
    }

    /// From interpolated samples in 1/1024 to whole levels, 0 to 255.
    #[inline(always)]
    pub(super) fn to_rgb(self, yuv: [i32; 3]) -> [i32; 3] {
        let Coefficients { y, rv, gu, gv, bu, bias } = self;
        // Six fractional bits are left, so that products stay within 32 bits.
        let [l, u, v] = yuv.map(|s| s >> (2 * BITS - SAMPLE_BITS));
        let l = l * y;
        let level = |sum: i32| (sum >> (SAMPLE_BITS + COEFFICIENT_BITS)).clamp(0, 255);
        [level(l + v * rv + bias[0]), level(l + u * gu + v * gv + bias[1]), level(l + u * bu + bias[2])]
    }
}

impl Picture for Yuv<'_> {
    #[inline(always)]
    fn holds(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        // One row and column more than brightness needs, so that the colour planes hold their neighbours too.
        x >= 0 && y >= 1 && x + 2 < self.last[0] && y + 2 < self.last[1]
    }

    fn misses(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        x < -1 || y < -1 || x > self.last[0] || y > self.last[1]
    }

    #[inline(always)]
    fn inside(&self, p: Position) -> [u8; 3] {
        let c = self.colour_position(p);
        self.to_rgb([self.y.mix_inside(p), self.u.mix_inside(c), self.v.mix_inside(c)])
    }

    fn replicated(&self, p: Position) -> [u8; 3] {
        self.colour(p)
    }

    fn fading(&self, p: Position) -> [u8; 3] {
        // The share of the four neighbours that lies inside, times the nearest colour.
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        let (fx, fy) = (p.x & (ONE - 1), p.y & (ONE - 1));
        let part =
            |i: i32, last: i32, f: i32| i32::from((0..=last).contains(&i)) * (ONE - f) + i32::from((0..=last).contains(&(i + 1))) * f;
        let share = part(x, self.last[0], fx) * part(y, self.last[1], fy);
        self.colour(p).map(|v| ((i32::from(v) * share + HALF) >> (2 * BITS)) as u8)
    }
}
