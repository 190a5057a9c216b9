//! Upright windows of a picture, axis by axis: each tensor pixel is the mean of `k x k` bilinear samples.
//!
//! A mean of bilinear samples on an upright grid is a weighted sum of rows, and of columns of that. Rows are summed first, byte by byte
//! whatever a byte means, then each channel is read from the sums. Colours are converted once a tensor pixel.

use ego_core::image::{ImageView, MaskView, PixelFormat, YuvToRgb};

use crate::widest::widest;

/// Weights of one tensor row or column sum up to this, so that a weighted sum of bytes fits 16 bits.
const WHOLE: u16 = 256;

/// Which picture rows or columns a tensor row or column is made of.
#[derive(Debug, Default)]
struct Axis {
    /// First of them.
    first: Vec<u32>,
    /// How many each one is made of, and their weights, one after the other; those that are not needed weigh nothing and may lie
    /// beyond the picture.
    taps: usize,
    weights: Vec<u16>,
    /// Share of the samples that lies inside the picture, 0 to 1.
    inside: Vec<f32>,
    /// Scratch.
    sums: Vec<f64>,
}

/// Tensor positions along one axis: `first + n * step` for its fine samples, `samples` of them to one of `count` tensor pixels.
#[derive(Clone, Copy)]
struct Grid {
    first: f64,
    step: f64,
    samples: usize,
    count: usize,
    /// From the last to the first.
    mirrored: bool,
}

impl Axis {
    /// For a line of `length` pixels, in which the grid's position `p` is `p * scale + shift`. Beyond its ends they go on when it
    /// `extends`, and are black otherwise.
    fn set(&mut self, grid: Grid, length: usize, scale: f64, shift: f64, extends: bool) {
        let last = length.saturating_sub(1) as f64;
        let clamped = |v: f64| v.clamp(0.0, last) as usize;
        let at = |n: usize, sample: usize| {
            let n = if grid.mirrored { grid.count - 1 - n } else { n };
            (grid.first + (n * grid.samples + sample) as f64 * grid.step) * scale + shift
        };
        let ends = |n: usize| [clamped(at(n, 0).floor()), clamped(at(n, grid.samples - 1).floor() + 1.0) + 1];
        self.taps = (0..grid.count).map(|n| ends(n)[1] - ends(n)[0]).max().unwrap_or(0);
        self.first.clear();
        self.weights.clear();
        self.inside.clear();
        for n in 0..grid.count {
            let [begin, _] = ends(n);
            self.sums.clear();
            self.sums.resize(self.taps, 0.0);
            let mut inside = 0.0;
            for sample in 0..grid.samples {
                let low = at(n, sample).floor();
                let part = at(n, sample) - low;
                for (tap, weight) in [(low, 1.0 - part), (low + 1.0, part)] {
                    let is_inside = (0.0..=last).contains(&tap);
                    inside += if is_inside { weight } else { 0.0 };
                    if let Some(sum) = self.sums.get_mut(clamped(tap).saturating_sub(begin)).filter(|_| is_inside || extends) {
                        *sum += weight;
                    }
                }
            }
            let (mut sum, mut given) = (0.0, 0u16);
            for tap in &self.sums {
                // What rounding leaves goes to the next one: together they are exact.
                sum += tap / grid.samples as f64 * f64::from(WHOLE);
                let weight = (sum.round() as u16).min(WHOLE) - given;
                given += weight;
                self.weights.push(weight);
            }
            self.first.push(begin as u32);
            self.inside.push((inside / grid.samples as f64) as f32);
        }
    }

    /// The first picture row of tensor row `n`, the weights from it on, and how much of it lies inside.
    fn part(&self, n: usize) -> (usize, &[u16], f32) {
        let weights = self.weights.get(n * self.taps..(n + 1) * self.taps).unwrap_or_default();
        let at = |values: &[f32]| values.get(n).copied().unwrap_or(0.0);
        (self.first.get(n).map_or(0, |first| *first as usize), weights, at(&self.inside))
    }

    /// First and one past the last position that may be asked for, weighing something or not.
    fn range(&self) -> (usize, usize) {
        let begin = self.first.iter().min().map_or(0, |first| *first as usize);
        (begin, self.first.iter().max().map_or(0, |first| *first as usize) + self.taps)
    }
}

/// A channel of a picture: which plane, bytes from one pixel to the next, the first byte, and how much coarser it is than the picture.
#[derive(Clone, Copy)]
struct Channel {
    plane: usize,
    step: usize,
    first: usize,
    coarse: [bool; 2],
}

/// Makes windows; keeps its memory between frames.
#[derive(Debug, Default)]
pub(super) struct Shrinker {
    columns: [Axis; 2],
    rows: [Axis; 2],
    /// The bytes of each plane's rows that are needed.
    spans: [(usize, usize); 3],
    /// Weighted sums of the rows of each plane, and of the columns of each channel.
    sums: [Vec<u16>; 3],
    lines: [Vec<f32>; 3],
}

/// What to sample: the middle in picture pixels (the first one's middle is 0, 0), picture pixels to one tensor pixel, samples along each
/// side of one.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) middle: [f64; 2],
    pub(super) scale: f64,
    pub(super) samples: usize,
    pub(super) mirrored: bool,
}

/// A tensor's planes of red, green and blue, and what becomes of a colour of 0 to 255 in them: (colour - mean) x per level.
pub(super) struct Planes<'a> {
    pub(super) planes: [&'a mut [f32]; 3],
    pub(super) mean: [f32; 3],
    pub(super) per_level: [f32; 3],
}

impl Shrinker {
    /// Fills the planes of a tensor of this width and height; black outside the picture and where the mask does not want it.
    pub(super) fn fill(
        &mut self,
        view: &ImageView<'_>,
        mask: Option<&MaskView<'_>>,
        window: Window,
        size: [usize; 2],
        mut out: Planes<'_>,
    ) {
        let (channels, is_yuv) = channels(view.format);
        let step = window.scale / window.samples as f64;
        let picture = [view.width as usize, view.height as usize];
        let grid = |axis: usize| Grid {
            first: window.middle[axis] - ((size[axis] * window.samples) as f64 - 1.0) / 2.0 * step,
            step,
            samples: window.samples,
            count: size[axis],
            mirrored: window.mirrored && axis == 0,
        };
        let half = |length: usize| length.div_ceil(2);
        self.columns[0].set(grid(0), picture[0], 1.0, 0.0, is_yuv);
        self.rows[0].set(grid(1), picture[1], 1.0, 0.0, is_yuv);
        if is_yuv {
            // Colour sits on every second column and, at half height, between two rows (MPEG-2 siting).
            let coarse = channels[1].coarse;
            self.columns[1].set(grid(0), half(picture[0]), 0.5, 0.0, true);
            if coarse[1] {
                self.rows[1].set(grid(1), half(picture[1]), 0.5, -0.25, true);
            }
        }
        self.spans = [(usize::MAX, 0); 3];
        for channel in &channels {
            let (begin, end) = self.columns[usize::from(channel.coarse[0])].range();
            let span = &mut self.spans[channel.plane];
            *span = (span.0.min(begin * channel.step), span.1.max(end * channel.step));
        }
        let wanted =
            mask.map(|mask| Wanted { mask, scale: [mask.width as f64 / picture[0] as f64, mask.height as f64 / picture[1] as f64] });
        for line in &mut self.lines {
            line.resize(size[0], 0.0);
        }
        let [x_grid, y_grid] = [grid(0), grid(1)];
        let centre = |grid: Grid, n: usize| {
            let n = if grid.mirrored { grid.count - 1 - n } else { n };
            grid.first + ((n * grid.samples) as f64 + (grid.samples as f64 - 1.0) / 2.0) * grid.step
        };
        let [black_r, black_g, black_b] = std::array::from_fn(|channel| -out.mean[channel] * out.per_level[channel]);
        for v in 0..size[1] {
            let rows = out.planes.each_mut().map(|plane| plane.get_mut(v * size[0]..(v + 1) * size[0]));
            let [Some(red), Some(green), Some(blue)] = rows else { return };
            let covered = self.rows[0].part(v).2;
            if covered <= 0.0 {
                red.fill(black_r);
                green.fill(black_g);
                blue.fill(black_b);
                continue;
            }
            let yuv = is_yuv.then_some((&view.yuv, covered));
            self.sum_rows(view, &channels, v);
            let (lines, inside) = (self.lines.each_ref().map(Vec::as_slice), self.columns[0].inside.as_slice());
            colour(lines, inside, yuv, [&mut *red, &mut *green, &mut *blue], out.mean, out.per_level);
            let Some(wanted) = &wanted else { continue };
            let y = centre(y_grid, v);
            for (u, ((red, green), blue)) in red.iter_mut().zip(green).zip(blue).enumerate() {
                if !wanted.at(centre(x_grid, u), y) {
                    (*red, *green, *blue) = (black_r, black_g, black_b);
                }
            }
        }
    }

    /// The channels of tensor row `v`, 0 to 255, into `lines`.
    fn sum_rows(&mut self, view: &ImageView<'_>, channels: &[Channel; 3], v: usize) {
        let Shrinker { columns, rows, spans, sums, lines } = self;
        let mut summed = [false; 3];
        for (channel, line) in channels.iter().zip(lines) {
            let [x_axis, y_axis] = [&columns[usize::from(channel.coarse[0])], &rows[usize::from(channel.coarse[1])]];
            let (from, to) = spans[channel.plane];
            let sum = &mut sums[channel.plane];
            // A plane of several channels is summed once.
            if !std::mem::replace(&mut summed[channel.plane], true) {
                sum.clear();
                sum.resize(to - from, 0);
                let plane = &view.planes[channel.plane];
                let (first, weights, _) = y_axis.part(v);
                for (row, weight) in (first..).zip(weights).filter(|(_, weight)| **weight > 0) {
                    let at = row * plane.stride;
                    let Some(bytes) = plane.data.get(at + from..(at + to).min(plane.data.len())) else { continue };
                    add(sum, bytes, *weight);
                }
            }
            // Where the channel's first value lies, if the picture's first column did.
            let origin = channel.first as isize - from as isize;
            match (channel.step, x_axis.taps) {
                (1, 2) => weigh::<2>(sum, x_axis, origin, line),
                (1, 3) => weigh::<3>(sum, x_axis, origin, line),
                (1, 4) => weigh::<4>(sum, x_axis, origin, line),
                (1, 5) => weigh::<5>(sum, x_axis, origin, line),
                (1, 6) => weigh::<6>(sum, x_axis, origin, line),
                (1, 7) => weigh::<7>(sum, x_axis, origin, line),
                (1, 8) => weigh::<8>(sum, x_axis, origin, line),
                (step, taps) => weigh_any(sum, x_axis, origin, step, taps, line),
            }
        }
    }
}

widest! {
    fn add(sums: &mut [u16], bytes: &[u8], weight: u16) {
        for (sum, byte) in sums.iter_mut().zip(bytes) {
            *sum += u16::from(*byte) * weight;
        }
    }
}

/// One over the product of the weights of rows and columns.
const ONE: f32 = 1.0 / (WHOLE as f32 * WHOLE as f32);

/// The pixels of a line from weighted sums of the picture's rows, one after the other; each is made of `TAPS` of them.
#[inline(always)]
fn weigh<const TAPS: usize>(sums: &[u16], axis: &Axis, origin: isize, line: &mut [f32]) {
    let (weights, _) = axis.weights.as_chunks::<TAPS>();
    for ((first, weights), value) in axis.first.iter().zip(weights).zip(line) {
        let at = (*first as isize + origin) as usize;
        let Some(taps) = sums.get(at..at + TAPS).and_then(|taps| taps.first_chunk::<TAPS>()) else { continue };
        let total: u32 = taps.iter().zip(weights).map(|(tap, weight)| u32::from(*tap) * u32::from(*weight)).sum();
        *value = total as f32 * ONE;
    }
}

/// [`weigh`] for any number of taps, `step` sums from one to the next.
fn weigh_any(sums: &[u16], axis: &Axis, origin: isize, step: usize, taps: usize, line: &mut [f32]) {
    for ((first, weights), value) in axis.first.iter().zip(axis.weights.chunks_exact(taps.max(1))).zip(line) {
        let at = ((*first as usize * step) as isize + origin) as usize;
        let of_channel = sums.get(at..).unwrap_or_default().iter().step_by(step);
        let total: u32 = of_channel.zip(weights).map(|(tap, weight)| u32::from(*tap) * u32::from(*weight)).sum();
        *value = total as f32 * ONE;
    }
}

widest! {
    /// A row of tensor pixels of the three planes from lines of its channels; of `yuv`, how it becomes red, green and blue, and how much of
    /// the row lies inside the picture.
    fn colour(
        lines: [&[f32]; 3],
        inside: &[f32],
        yuv: Option<(&YuvToRgb, f32)>,
        rows: [&mut [f32]; 3],
        mean: [f32; 3],
        per_level: [f32; 3],
    ) {
        let ([a, b, c], [red, green, blue]) = (lines, rows);
        let pixels = red.iter_mut().zip(green).zip(blue).zip(a.iter().zip(b).zip(c).zip(inside));
        let level = |channel: usize, v: f32| (v - mean[channel]) * per_level[channel];
        match yuv {
            Some((m, covered)) => {
                for (((red, green), blue), (((a, b), c), inside)) in pixels {
                    let (y, cb, cr) = ((a - m.y_offset) * m.y, b - 128.0, c - 128.0);
                    // Black is not zero here: how much of it there is comes last.
                    let share = covered * inside;
                    *red = level(0, (y + m.rv * cr).clamp(0.0, 255.0) * share);
                    *green = level(1, (y + m.gu * cb + m.gv * cr).clamp(0.0, 255.0) * share);
                    *blue = level(2, (y + m.bu * cb).clamp(0.0, 255.0) * share);
                }
            }
            None => {
                for (((red, green), blue), (((a, b), c), _)) in pixels {
                    (*red, *green, *blue) = (level(0, *a), level(1, *b), level(2, *c));
                }
            }
        }
    }
}

/// A mask as positions of the picture see it.
struct Wanted<'a> {
    mask: &'a MaskView<'a>,
    /// Mask pixels to one of the picture.
    scale: [f64; 2],
}

impl Wanted<'_> {
    /// By the nearest pixel of the picture; outside the picture everything is wanted, the border says what is there.
    fn at(&self, x: f64, y: f64) -> bool {
        let (x, y) = ((x + 0.5) * self.scale[0], (y + 0.5) * self.scale[1]);
        if x < 0.0 || y < 0.0 || x >= f64::from(self.mask.width) || y >= f64::from(self.mask.height) {
            return true;
        }
        self.mask.plane.data.get(y as usize * self.mask.plane.stride + x as usize).is_none_or(|v| *v != 0)
    }
}

/// The three channels of a layout, red, green, blue or Y, U, V, and whether they are the latter.
fn channels(format: PixelFormat) -> ([Channel; 3], bool) {
    let packed = |step: usize, first: [usize; 3]| (first.map(|first| Channel { plane: 0, step, first, coarse: [false; 2] }), false);
    let yuv = |y: (usize, usize, usize), u: (usize, usize, usize), v: (usize, usize, usize), coarse: [bool; 2]| {
        let channel = |(plane, step, first), coarse| Channel { plane, step, first, coarse };
        ([channel(y, [false; 2]), channel(u, coarse), channel(v, coarse)], true)
    };
    match format {
        PixelFormat::Rgb => packed(3, [0, 1, 2]),
        PixelFormat::Bgr => packed(3, [2, 1, 0]),
        PixelFormat::Rgbx => packed(4, [0, 1, 2]),
        PixelFormat::Bgrx => packed(4, [2, 1, 0]),
        PixelFormat::Gray8 => packed(1, [0; 3]),
        PixelFormat::I420 => yuv((0, 1, 0), (1, 1, 0), (2, 1, 0), [true, true]),
        PixelFormat::Nv12 => yuv((0, 1, 0), (1, 2, 0), (1, 2, 1), [true, true]),
        PixelFormat::Yuy2 => yuv((0, 2, 0), (0, 4, 1), (0, 4, 3), [true, false]),
    }
}
