//! From a camera picture straight into an input tensor: rotate, resize, convert colours and normalise in one pass.
//!
//! The numbers are those of OpenCV's `warpAffine` with bilinear interpolation (positions in 1/32 pixel, results rounded to 8
//! bits), which MediaPipe uses on the CPU: a crop from an RGB picture equals OpenCV's byte for byte. YUV pictures are
//! interpolated plane by plane and converted at the output pixel, so they are never converted as a whole.

mod picture;
mod upright;

use ego_core::image::{ImageView, MaskView, PixelFormat};
use ego_core::region::Region;

use crate::manifest::{Border, Channels, Input, Layout, Resize};
use picture::{Packed, Picture, yuv};
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
    /// What the tables are made of, for whole rows at once.
    mean: [f32; 3],
    std: [f32; 3],
    /// Steps along a row, fine units: (dx, dy) for each column.
    columns: Vec<[i32; 2]>,
    /// Of an upright picture.
    across: Box<Across>,
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
            mean: input.mean,
            std: input.std,
            columns: vec![[0; 2]; input.size[0]],
            across: Box::default(),
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
