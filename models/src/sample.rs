//! From a camera picture straight into an input tensor: rotate, resize, convert colours and normalise in one pass.
//!
//! The numbers are those of OpenCV's `warpAffine` with bilinear interpolation (positions in 1/32 pixel, results rounded to 8
//! bits), which MediaPipe uses on the CPU: a crop from an RGB picture equals OpenCV's byte for byte. YUV pictures are
//! interpolated plane by plane and converted at the output pixel, so they are never converted as a whole.

use ego_core::image::{ImageView, PixelFormat, Plane, YuvToRgb};
use ego_core::region::Region;

use crate::manifest::{Border, Channels, Input, Layout};

/// Fractional bits of a source position: 1/32 pixel.
const BITS: i32 = 5;
const ONE: i32 = 1 << BITS;
/// Fractional bits of the products that positions are summed from.
const FINE_BITS: i32 = 10;

/// Position in a picture, in 1/32 pixel.
#[derive(Clone, Copy)]
struct Position {
    x: i32,
    y: i32,
}

/// Fills input tensors from pictures; keeps tables between frames.
#[derive(Clone, Debug)]
pub struct Sampler {
    size: [usize; 2],
    layout: Layout,
    swap_colours: bool,
    border: Border,
    /// Value of each of the 256 codes of each channel after normalisation, tensor order.
    levels: Box<[[f32; 256]; 3]>,
    /// Steps along a row, fine units: (dx, dy) for each column.
    columns: Vec<[i32; 2]>,
}

impl Sampler {
    /// A sampler for this input; `border` replaces the manifest's when given.
    pub fn new(input: &Input) -> Sampler {
        let mut levels = Box::new([[0.0; 256]; 3]);
        for (channel, table) in levels.iter_mut().enumerate() {
            for (code, value) in table.iter_mut().enumerate() {
                *value = (code as f32 - input.mean[channel]) / input.std[channel];
            }
        }
        Sampler {
            size: input.size,
            layout: input.layout,
            swap_colours: input.channels == Channels::Bgr,
            border: input.border,
            levels,
            columns: vec![[0; 2]; input.size[0]],
        }
    }

    /// Samples a rotated square of the picture into `out`, which has the input tensor's length.
    ///
    /// The square's upper left corner goes to the first pixel (MediaPipe's convention, no half-pixel shift). `view` must have
    /// been [checked](ImageView::checked).
    pub fn square(&mut self, view: &ImageView<'_>, region: &Region, out: &mut [f32]) {
        let [w, h] = self.size.map(|v| v as f64);
        let (s, c) = region.angle.sin_cos();
        let (dx, dy) = (region.side / w, region.side / h);
        let m = [
            [c * dx, -s * dy, region.cx - c * dx * w / 2.0 + s * dy * h / 2.0],
            [s * dx, c * dy, region.cy - s * dx * w / 2.0 - c * dy * h / 2.0],
        ];
        self.affine(view, m, out);
    }

    /// Samples with an affine map from tensor pixels to picture pixels: `x = m00 u + m01 v + m02`, `y = m10 u + m11 v + m12`.
    pub fn affine(&mut self, view: &ImageView<'_>, m: [[f64; 3]; 2], out: &mut [f32]) {
        let fine = f64::from(1 << FINE_BITS);
        // Ties go to the even number, as in the C library's rounding that OpenCV uses.
        let round = |v: f64| (v * fine).round_ties_even() as i32;
        for (u, step) in self.columns.iter_mut().enumerate() {
            *step = [round(m[0][0] * u as f64), round(m[1][0] * u as f64)];
        }
        let half_step = 1 << (FINE_BITS - BITS - 1);
        let start = |v: usize, row: [f64; 3]| round(row[1] * v as f64 + row[2]).saturating_add(half_step);
        let rows = |v: usize| [start(v, m[0]), start(v, m[1])];
        let yuv = view.yuv;
        match view.format {
            PixelFormat::Rgb => self.fill(rows, &Packed::<3, 0, 1, 2>::new(view), out),
            PixelFormat::Bgr => self.fill(rows, &Packed::<3, 2, 1, 0>::new(view), out),
            PixelFormat::Rgbx => self.fill(rows, &Packed::<4, 0, 1, 2>::new(view), out),
            PixelFormat::Bgrx => self.fill(rows, &Packed::<4, 2, 1, 0>::new(view), out),
            PixelFormat::Gray8 => self.fill(rows, &Packed::<1, 0, 0, 0>::new(view), out),
            PixelFormat::I420 => {
                let [y, u, v] = view.planes.map(|p| p);
                self.fill(rows, &Yuv::new(view, Samples::new(y, 1, 0), Samples::new(u, 1, 0), Samples::new(v, 1, 0), 1, yuv), out);
            }
            PixelFormat::Nv12 => {
                let [y, uv, _] = view.planes;
                self.fill(rows, &Yuv::new(view, Samples::new(y, 1, 0), Samples::new(uv, 2, 0), Samples::new(uv, 2, 1), 1, yuv), out);
            }
            PixelFormat::Yuy2 => {
                let p = view.planes[0];
                self.fill(rows, &Yuv::new(view, Samples::new(p, 2, 0), Samples::new(p, 4, 1), Samples::new(p, 4, 3), 0, yuv), out);
            }
        }
    }

    fn fill(&self, rows: impl Fn(usize) -> [i32; 2], picture: &impl Picture, out: &mut [f32]) {
        let [w, h] = self.size;
        let shift = FINE_BITS - BITS;
        let black = [0u8; 3];
        let [r, b] = if self.swap_colours { [2, 0] } else { [0, 2] };
        for v in 0..h {
            let [x0, y0] = rows(v);
            let at = |step: &[i32; 2]| Position { x: x0.saturating_add(step[0]) >> shift, y: y0.saturating_add(step[1]) >> shift };
            let inside = match (self.columns.first(), self.columns.last()) {
                (Some(first), Some(last)) => picture.holds(at(first)) && picture.holds(at(last)),
                _ => false,
            };
            let colour = |step: &[i32; 2]| {
                let p = at(step);
                if inside || picture.holds(p) {
                    picture.inside(p)
                } else if self.border == Border::Replicate {
                    picture.replicated(p)
                } else if picture.misses(p) {
                    black
                } else {
                    picture.fading(p)
                }
            };
            match self.layout {
                Layout::Nhwc => {
                    let Some(row) = out.get_mut(v * w * 3..(v + 1) * w * 3) else { return };
                    for (pixel, step) in row.chunks_exact_mut(3).zip(&self.columns) {
                        let rgb = colour(step);
                        pixel[0] = self.levels[0][rgb[r] as usize];
                        pixel[1] = self.levels[1][rgb[1] as usize];
                        pixel[2] = self.levels[2][rgb[b] as usize];
                    }
                }
                Layout::Nchw => {
                    let plane = w * h;
                    for (u, step) in self.columns.iter().enumerate() {
                        let rgb = colour(step);
                        for (channel, code) in [rgb[r], rgb[1], rgb[b]].into_iter().enumerate() {
                            if let Some(value) = out.get_mut(channel * plane + v * w + u) {
                                *value = self.levels[channel][code as usize];
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Bilinear mix of four samples with weights in 1/32; exact in integers, rounded half up.
#[inline(always)]
fn mix(a: u8, b: u8, c: u8, d: u8, fx: i32, fy: i32) -> i32 {
    let top = i32::from(a) * (ONE - fx) + i32::from(b) * fx;
    let bottom = i32::from(c) * (ONE - fx) + i32::from(d) * fx;
    top * (ONE - fy) + bottom * fy
}

const HALF: i32 = 1 << (2 * BITS - 1);

/// A picture that gives an interpolated colour at a position.
trait Picture {
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
struct Packed<'a, const STEP: usize, const R: usize, const G: usize, const B: usize> {
    plane: Plane<'a>,
    width: i32,
    height: i32,
}

impl<'a, const STEP: usize, const R: usize, const G: usize, const B: usize> Packed<'a, STEP, R, G, B> {
    fn new(view: &ImageView<'a>) -> Self {
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
        let channel = |k: usize| ((mix(a[k], a[k + STEP], b[k], b[k + STEP], fx, fy) + HALF) >> (2 * BITS)) as u8;
        if STEP == 1 { [channel(0); 3] } else { [channel(R), channel(G), channel(B)] }
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
struct Samples<'a> {
    plane: Plane<'a>,
    step: usize,
    first: usize,
}

impl<'a> Samples<'a> {
    fn new(plane: Plane<'a>, step: usize, first: usize) -> Self {
        Samples { plane, step, first }
    }

    #[inline(always)]
    fn at(&self, x: usize, y: usize) -> u8 {
        self.plane.data.get(y * self.plane.stride + x * self.step + self.first).copied().unwrap_or(0)
    }

    /// Mix in 1/1024, neighbours clamped to `last` column and row.
    #[inline(always)]
    fn mix(&self, p: Position, last: [i32; 2]) -> i32 {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        let (fx, fy) = (p.x & (ONE - 1), p.y & (ONE - 1));
        let (xa, xb) = (x.clamp(0, last[0]) as usize, (x + 1).clamp(0, last[0]) as usize);
        let (ya, yb) = (y.clamp(0, last[1]) as usize, (y + 1).clamp(0, last[1]) as usize);
        mix(self.at(xa, ya), self.at(xb, ya), self.at(xa, yb), self.at(xb, yb), fx, fy)
    }
}

/// Brightness and colour differences in separate planes; colour at half width and, with `half_height` 1, half height.
struct Yuv<'a> {
    y: Samples<'a>,
    u: Samples<'a>,
    v: Samples<'a>,
    half_height: u32,
    last: [i32; 2],
    last_colour: [i32; 2],
    to_rgb: YuvToRgb,
}

impl<'a> Yuv<'a> {
    fn new(view: &ImageView<'a>, y: Samples<'a>, u: Samples<'a>, v: Samples<'a>, half_height: u32, to_rgb: YuvToRgb) -> Self {
        let (w, h) = (view.width as i32, view.height as i32);
        let colour_h = if half_height == 1 { (h + 1) / 2 } else { h };
        Yuv { y, u, v, half_height, last: [w - 1, h - 1], last_colour: [(w + 1) / 2 - 1, colour_h - 1], to_rgb }
    }

    #[inline(always)]
    fn colour(&self, p: Position) -> [u8; 3] {
        // Colour samples sit on every second column and, at half height, between two rows (MPEG-2 siting).
        let c = Position { x: p.x >> 1, y: if self.half_height == 1 { (p.y - ONE / 2) >> 1 } else { p.y } };
        let scale = 1.0 / (1 << (2 * BITS)) as f32;
        let m = &self.to_rgb;
        let y = m.y * (self.y.mix(p, self.last) as f32 * scale - m.y_offset);
        let u = self.u.mix(c, self.last_colour) as f32 * scale - 128.0;
        let v = self.v.mix(c, self.last_colour) as f32 * scale - 128.0;
        // A float becomes a byte by saturation: no clamp is needed.
        [(y + m.rv * v + 0.5) as u8, (y + m.gu * u + m.gv * v + 0.5) as u8, (y + m.bu * u + 0.5) as u8]
    }
}

impl Picture for Yuv<'_> {
    #[inline(always)]
    fn holds(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        x >= 0 && y >= 0 && x < self.last[0] && y < self.last[1]
    }

    fn misses(&self, p: Position) -> bool {
        let (x, y) = (p.x >> BITS, p.y >> BITS);
        x < -1 || y < -1 || x > self.last[0] || y > self.last[1]
    }

    #[inline(always)]
    fn inside(&self, p: Position) -> [u8; 3] {
        self.colour(p)
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
