//! From a camera picture straight into an input tensor: rotate, resize, convert colours and normalise in one pass.
//!
//! The numbers are those of OpenCV's `warpAffine` with bilinear interpolation (positions in 1/32 pixel, results rounded to 8
//! bits), which MediaPipe uses on the CPU: a crop from an RGB picture equals OpenCV's byte for byte. YUV pictures are
//! interpolated plane by plane and converted at the output pixel, so they are never converted as a whole.

mod upright;

use ego_core::image::{ImageView, MaskView, PixelFormat, Plane, YuvToRgb};
use ego_core::region::Region;

use crate::manifest::{Border, Channels, Input, Layout, Resize};
use upright::Across;

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

/// What the YOLO family fills the rest of a letterbox with.
const GREY: u8 = 114;

/// Where a whole picture lies in the input tensor: tensor pixels = picture pixels x `scale` + `offset`, edges (not centres) of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Tensor pixels a picture pixel, x and y.
    pub scale: [f64; 2],
    /// Where the picture's upper left corner lies, tensor pixels.
    pub offset: [f64; 2],
}

impl Placement {
    /// From a position in the tensor to the picture, both in pixels measured from the upper left corner.
    pub fn to_picture(&self, p: [f64; 2]) -> [f64; 2] {
        [(p[0] - self.offset[0]) / self.scale[0], (p[1] - self.offset[1]) / self.scale[1]]
    }
}

/// The part of the tensor that a picture covers: columns and rows, end not included.
#[derive(Clone, Copy)]
struct Window {
    columns: [usize; 2],
    rows: [usize; 2],
}

/// Fills input tensors from pictures; keeps tables between frames.
#[derive(Clone, Debug)]
pub struct Sampler {
    size: [usize; 2],
    resize: Resize,
    layout: Layout,
    swap_colours: bool,
    border: Border,
    /// Value of each of the 256 codes of each channel after normalisation, tensor order.
    levels: Box<[[f32; 256]; 3]>,
    /// Steps along a row, fine units: (dx, dy) for each column.
    columns: Vec<[i32; 2]>,
    /// Where each column lies in the planes of an upright picture, and two rows of each plane, mixed.
    across: Vec<Across>,
    lines: [Vec<u16>; 3],
}

impl Sampler {
    /// A sampler for this input.
    pub fn new(input: &Input) -> Sampler {
        let mut levels = Box::new([[0.0; 256]; 3]);
        for (channel, table) in levels.iter_mut().enumerate() {
            for (code, value) in table.iter_mut().enumerate() {
                *value = (code as f32 - input.mean[channel]) / input.std[channel];
            }
        }
        Sampler {
            size: input.size,
            resize: input.resize,
            layout: input.layout,
            swap_colours: input.channels == Channels::Bgr,
            border: input.border,
            levels,
            columns: vec![[0; 2]; input.size[0]],
            across: Vec::new(),
            lines: Default::default(),
        }
    }

    /// Samples a rotated square of the picture into `out`, which has the input tensor's length.
    ///
    /// The square's upper left corner goes to the first pixel (MediaPipe's convention, no half-pixel shift). `view` must have
    /// been [checked](ImageView::checked).
    pub fn square(&mut self, view: &ImageView<'_>, region: &Region, out: &mut [f32]) {
        self.square_within(view, region, None, out);
    }

    /// [`Sampler::square`] with everything black that the mask does not want.
    pub fn square_within(&mut self, view: &ImageView<'_>, region: &Region, mask: Option<&MaskView<'_>>, out: &mut [f32]) {
        let [w, h] = self.size.map(|v| v as f64);
        let (s, c) = region.angle.sin_cos();
        let (dx, dy) = (region.side / w, region.side / h);
        let m = [
            [c * dx, -s * dy, region.cx - c * dx * w / 2.0 + s * dy * h / 2.0],
            [s * dx, c * dy, region.cy - s * dx * w / 2.0 - c * dy * h / 2.0],
        ];
        self.masked(view, m, mask, self.everything(), out);
    }

    /// Brings the whole picture to the input size as the manifest's `resize` says, as OpenCV's `resize` does (bilinear, centres of
    /// pixels on centres), everything black that the mask does not want, and tells where it lies.
    ///
    /// `crop` is taken as `stretch`. `view` must have been [checked](ImageView::checked).
    pub fn whole(&mut self, view: &ImageView<'_>, mask: Option<&MaskView<'_>>, out: &mut [f32]) -> Placement {
        let [w, h] = self.size;
        let picture = [f64::from(view.width.max(1)), f64::from(view.height.max(1))];
        let (covered, corner) = match self.resize {
            Resize::Stretch | Resize::Crop => ([w, h], [0, 0]),
            Resize::Letterbox | Resize::LetterboxCorner => {
                let scale = (w as f64 / picture[0]).min(h as f64 / picture[1]);
                let covered = [(picture[0] * scale).round() as usize, (picture[1] * scale).round() as usize];
                let covered = [covered[0].clamp(1, w), covered[1].clamp(1, h)];
                let centred = self.resize == Resize::Letterbox;
                (covered, if centred { [(w - covered[0]) / 2, (h - covered[1]) / 2] } else { [0, 0] })
            }
        };
        let window = Window { columns: [corner[0], corner[0] + covered[0]], rows: [corner[1], corner[1] + covered[1]] };
        let scale = [covered[0] as f64 / picture[0], covered[1] as f64 / picture[1]];
        let start = |axis: usize| 0.5 / scale[axis] - 0.5 - corner[axis] as f64 / scale[axis];
        let m = [[1.0 / scale[0], 0.0, start(0)], [0.0, 1.0 / scale[1], start(1)]];
        if covered != [w, h] {
            self.pad(out);
        }
        // Inside the window the picture's edge goes on: what OpenCV's resize does.
        let border = std::mem::replace(&mut self.border, Border::Replicate);
        match yuv(view) {
            Some(picture) => self.upright(&picture, m, mask.and_then(|mask| Keep::new(view, mask)).as_ref(), window, out),
            None => self.masked(view, m, mask, window, out),
        }
        self.border = border;
        Placement { scale, offset: corner.map(|v| v as f64) }
    }

    /// Fills the tensor with the border's colour.
    fn pad(&self, out: &mut [f32]) {
        let code = if self.border == Border::Grey { GREY } else { 0 };
        let colour = self.levels.each_ref().map(|channel| channel[code as usize]);
        match self.layout {
            Layout::Nhwc => out.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour)),
            Layout::Nchw => {
                for (plane, value) in out.chunks_exact_mut((self.size[0] * self.size[1]).max(1)).zip(colour) {
                    plane.fill(value);
                }
            }
        }
    }

    fn everything(&self) -> Window {
        Window { columns: [0, self.size[0]], rows: [0, self.size[1]] }
    }

    /// Samples with an affine map from tensor pixels to picture pixels: `x = m00 u + m01 v + m02`, `y = m10 u + m11 v + m12`.
    pub fn affine(&mut self, view: &ImageView<'_>, m: [[f64; 3]; 2], out: &mut [f32]) {
        self.affine_within(view, m, None, out);
    }

    /// [`Sampler::affine`] with everything black that the mask does not want.
    pub fn affine_within(&mut self, view: &ImageView<'_>, m: [[f64; 3]; 2], mask: Option<&MaskView<'_>>, out: &mut [f32]) {
        self.masked(view, m, mask, self.everything(), out);
    }

    /// [`Sampler::affine`] into a part of the tensor, black where the mask does not want the picture.
    fn masked(&mut self, view: &ImageView<'_>, m: [[f64; 3]; 2], mask: Option<&MaskView<'_>>, window: Window, out: &mut [f32]) {
        self.steps(m);
        let rows = |v: usize| start(m, v);
        match mask.and_then(|mask| Keep::new(view, mask)) {
            None => self.formats(view, rows, |_| true, window, out),
            Some(keep) => self.formats(view, rows, |p| keep.wants(p), window, out),
        }
    }

    /// The steps along a row of the tensor.
    fn steps(&mut self, m: [[f64; 3]; 2]) {
        for (u, step) in self.columns.iter_mut().enumerate() {
            *step = [fine(m[0][0] * u as f64), fine(m[1][0] * u as f64)];
        }
    }

    fn formats(
        &self,
        view: &ImageView<'_>,
        rows: impl Fn(usize) -> [i32; 2],
        keep: impl Fn(Position) -> bool + Copy,
        window: Window,
        out: &mut [f32],
    ) {
        match view.format {
            PixelFormat::Rgb => self.fill(rows, keep, window, &Packed::<3, 0, 1, 2>::new(view), out),
            PixelFormat::Bgr => self.fill(rows, keep, window, &Packed::<3, 2, 1, 0>::new(view), out),
            PixelFormat::Rgbx => self.fill(rows, keep, window, &Packed::<4, 0, 1, 2>::new(view), out),
            PixelFormat::Bgrx => self.fill(rows, keep, window, &Packed::<4, 2, 1, 0>::new(view), out),
            PixelFormat::Gray8 => self.fill(rows, keep, window, &Packed::<1, 0, 0, 0>::new(view), out),
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Yuy2 => {
                if let Some(picture) = yuv(view) {
                    self.fill(rows, keep, window, &picture, out);
                }
            }
        }
    }

    fn fill(
        &self,
        rows: impl Fn(usize) -> [i32; 2],
        keep: impl Fn(Position) -> bool + Copy,
        window: Window,
        picture: &impl Picture,
        out: &mut [f32],
    ) {
        let [w, h] = self.size;
        let columns = self.columns.get(window.columns[0]..window.columns[1]).unwrap_or_default();
        for v in window.rows[0]..window.rows[1] {
            let start = rows(v);
            let inside = match (columns.first(), columns.last()) {
                (Some(first), Some(last)) => picture.holds(position(start, first)) && picture.holds(position(start, last)),
                _ => false,
            };
            // A row whose two ends lie inside does so throughout: most rows take the branch without any checks.
            let row = Row { sampler: self, columns, start, at: v * w + window.columns[0], plane: w * h };
            if inside {
                row.fill(out, |p| if keep(p) { picture.inside(p) } else { [0; 3] });
            } else if self.border == Border::Replicate {
                row.fill(out, |p| {
                    if !keep(p) {
                        [0; 3]
                    } else if picture.holds(p) {
                        picture.inside(p)
                    } else {
                        picture.replicated(p)
                    }
                });
            } else {
                row.fill(out, |p| {
                    if !keep(p) {
                        [0; 3]
                    } else if picture.holds(p) {
                        picture.inside(p)
                    } else if picture.misses(p) {
                        [0; 3]
                    } else {
                        picture.fading(p)
                    }
                });
            }
        }
    }
}

/// Fine units. Ties go to the even number, as in the C library's rounding that OpenCV uses.
fn fine(v: f64) -> i32 {
    (v * f64::from(1 << FINE_BITS)).round_ties_even() as i32
}

/// Where a row of the tensor begins, fine units.
fn start(m: [[f64; 3]; 2], v: usize) -> [i32; 2] {
    let half_step = 1 << (FINE_BITS - BITS - 1);
    m.map(|row| fine(row[1] * v as f64 + row[2]).saturating_add(half_step))
}

/// Where a step from the start of a row leads.
#[inline(always)]
fn position(start: [i32; 2], step: &[i32; 2]) -> Position {
    let shift = FINE_BITS - BITS;
    Position { x: start[0].wrapping_add(step[0]) >> shift, y: start[1].wrapping_add(step[1]) >> shift }
}

/// A mask as positions of the picture see it.
struct Keep<'a> {
    mask: &'a MaskView<'a>,
    /// Mask columns and rows for each 1/32 pixel, times 2^32.
    step: [i64; 2],
}

impl<'a> Keep<'a> {
    /// `None` for a picture or a mask without pixels.
    fn new(view: &ImageView<'_>, mask: &'a MaskView<'a>) -> Option<Keep<'a>> {
        let step = |mask: u32, picture: u32| (i64::from(mask) << 32).checked_div(i64::from(picture) * i64::from(ONE));
        Some(Keep { mask, step: [step(mask.width, view.width)?, step(mask.height, view.height)?] })
    }

    /// By the nearest pixel of the picture; outside the picture everything is wanted, the border says what is there.
    #[inline(always)]
    fn wants(&self, p: Position) -> bool {
        let at = |position: i32, step: i64| (i64::from(position.saturating_add(ONE / 2)) * step) >> 32;
        let (x, y) = (at(p.x, self.step[0]), at(p.y, self.step[1]));
        if x < 0 || y < 0 || x >= i64::from(self.mask.width) || y >= i64::from(self.mask.height) {
            return true;
        }
        self.mask.plane.data.get(y as usize * self.mask.plane.stride + x as usize).is_none_or(|v| *v != 0)
    }
}

/// One row of the input tensor, or a part of it.
struct Row<'a> {
    sampler: &'a Sampler,
    columns: &'a [[i32; 2]],
    start: [i32; 2],
    /// Where the part begins, pixels from the tensor's first.
    at: usize,
    plane: usize,
}

impl Row<'_> {
    #[inline(always)]
    fn fill(&self, out: &mut [f32], colour: impl Fn(Position) -> [u8; 3]) {
        let Sampler { levels, swap_colours, layout, .. } = self.sampler;
        let colours = self.columns.iter().map(|step| colour(position(self.start, step)));
        put(levels, *layout, *swap_colours, self.plane, self.at, colours, out);
    }
}

/// Writes colours as the tensor wants them, from pixel `at` on; `plane` is how many pixels it has.
#[inline(always)]
fn put(
    levels: &[[f32; 256]; 3],
    layout: Layout,
    swap_colours: bool,
    plane: usize,
    at: usize,
    colours: impl ExactSizeIterator<Item = [u8; 3]>,
    out: &mut [f32],
) {
    let width = colours.len();
    let [r, b] = if swap_colours { [2, 0] } else { [0, 2] };
    let [first, second, third] = levels;
    match layout {
        Layout::Nhwc => {
            let Some(row) = out.get_mut(at * 3..(at + width) * 3) else { return };
            for (pixel, rgb) in row.chunks_exact_mut(3).zip(colours) {
                pixel[0] = first[rgb[r] as usize];
                pixel[1] = second[rgb[1] as usize];
                pixel[2] = third[rgb[b] as usize];
            }
        }
        Layout::Nchw => {
            let (c0, rest) = out.split_at_mut(plane.min(out.len()));
            let (c1, c2) = rest.split_at_mut(plane.min(rest.len()));
            let rows = [c0, c1, c2].map(|c| c.get_mut(at..at + width));
            let [Some(c0), Some(c1), Some(c2)] = rows else { return };
            for (((x, y), z), rgb) in c0.iter_mut().zip(c1).zip(c2).zip(colours) {
                *x = first[rgb[r] as usize];
                *y = second[rgb[1] as usize];
                *z = third[rgb[b] as usize];
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
/// Width of a channel where three share a register.
const LANE: u32 = 21;

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

    /// Mix in 1/1024 where all four neighbours are known to exist.
    #[inline(always)]
    fn mix_inside(&self, p: Position) -> i32 {
        let at = (p.y >> BITS) as usize * self.plane.stride + (p.x >> BITS) as usize * self.step + self.first;
        let below = at + self.plane.stride;
        let (Some(a), Some(b)) = (self.plane.data.get(at..=at + self.step), self.plane.data.get(below..=below + self.step)) else {
            return 0;
        };
        mix(a[0], a[self.step], b[0], b[self.step], p.x & (ONE - 1), p.y & (ONE - 1))
    }

    /// Mix in 1/1024, neighbours clamped to `last` column and row.
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
    matrix: Coefficients,
}

/// A picture whose brightness and colour are apart.
fn yuv<'a>(view: &ImageView<'a>) -> Option<Yuv<'a>> {
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
    fn new(view: &ImageView<'a>, y: Samples<'a>, u: Samples<'a>, v: Samples<'a>, half_height: u32, matrix: YuvToRgb) -> Self {
        let (w, h) = (view.width as i32, view.height as i32);
        let colour_h = if half_height == 1 { (h + 1) / 2 } else { h };
        Yuv { y, u, v, half_height, last: [w - 1, h - 1], last_colour: [(w + 1) / 2 - 1, colour_h - 1], matrix: Coefficients::new(&matrix) }
    }

    /// The place in the colour planes: on every second column and, at half height, between two rows (MPEG-2 siting).
    #[inline(always)]
    fn colour_position(&self, p: Position) -> Position {
        Position { x: p.x >> 1, y: if self.half_height == 1 { (p.y - ONE / 2) >> 1 } else { p.y } }
    }

    fn colour(&self, p: Position) -> [u8; 3] {
        let c = self.colour_position(p);
        self.to_rgb([self.y.mix(p, self.last), self.u.mix(c, self.last_colour), self.v.mix(c, self.last_colour)])
    }

    /// From interpolated samples in 1/1024 to bytes.
    #[inline(always)]
    fn to_rgb(&self, yuv: [i32; 3]) -> [u8; 3] {
        let Coefficients { y, rv, gu, gv, bu, bias } = self.matrix;
        // Six fractional bits are left, so that products stay within 32 bits.
        let [l, u, v] = yuv.map(|s| s >> (2 * BITS - SAMPLE_BITS));
        let l = l * y;
        let byte = |sum: i32| (sum >> (SAMPLE_BITS + COEFFICIENT_BITS)).clamp(0, 255) as u8;
        [byte(l + v * rv + bias[0]), byte(l + u * gu + v * gv + bias[1]), byte(l + u * bu + bias[2])]
    }
}

/// Fractional bits of a sample and of a coefficient in the conversion to RGB.
const SAMPLE_BITS: i32 = 6;
const COEFFICIENT_BITS: i32 = 13;

/// A [`YuvToRgb`] in fixed point.
#[derive(Clone, Copy)]
struct Coefficients {
    y: i32,
    rv: i32,
    gu: i32,
    gv: i32,
    bu: i32,
    /// What the offsets of brightness and colour come to for red, green and blue, with half a unit for rounding.
    bias: [i32; 3],
}

impl Coefficients {
    fn new(m: &YuvToRgb) -> Coefficients {
        let fixed = |v: f32| (v * (1 << COEFFICIENT_BITS) as f32).round() as i32;
        let (y, rv, gu, gv, bu) = (fixed(m.y), fixed(m.rv), fixed(m.gu), fixed(m.gv), fixed(m.bu));
        let one = 1 << SAMPLE_BITS;
        let base = (1 << (SAMPLE_BITS + COEFFICIENT_BITS - 1)) - (m.y_offset * one as f32).round() as i32 * y;
        let grey = 128 * one;
        Coefficients { y, rv, gu, gv, bu, bias: [base - grey * rv, base - grey * (gu + gv), base - grey * bu] }
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
