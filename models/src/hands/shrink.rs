//! Upright windows of a picture, axis by axis: each tensor pixel is the mean of `k x k` bilinear samples.
//!
//! A mean of bilinear samples on an upright grid is a weighted sum of rows, and of columns of that. Rows are summed first, byte by byte
//! whatever a byte means, then each channel is read from the sums. Colours are converted once a tensor pixel.

use ego_core::image::{ImageView, MaskView, PixelFormat};

/// Weights of one tensor row or column sum up to this, so that a weighted sum of bytes fits 16 bits.
const WHOLE: u16 = 256;

/// Which picture rows or columns a tensor row or column is made of.
#[derive(Debug, Default)]
struct Axis {
    /// First of them, and where its weights begin and end.
    parts: Vec<(usize, usize, usize)>,
    weights: Vec<u16>,
    /// Share of the samples that lies inside the picture, 0 to 1.
    inside: Vec<f32>,
    /// Scratch.
    taps: Vec<f64>,
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
        self.parts.clear();
        self.weights.clear();
        self.inside.clear();
        let last = length.saturating_sub(1) as f64;
        for n in 0..grid.count {
            let n = if grid.mirrored { grid.count - 1 - n } else { n };
            let at = |sample: usize| (grid.first + (n * grid.samples + sample) as f64 * grid.step) * scale + shift;
            let clamped = |v: f64| v.clamp(0.0, last) as usize;
            let begin = clamped(at(0).floor());
            let end = clamped(at(grid.samples - 1).floor() + 1.0) + 1;
            self.taps.clear();
            self.taps.resize(end - begin, 0.0);
            let mut inside = 0.0;
            for sample in 0..grid.samples {
                let (low, part) = (at(sample).floor(), at(sample) - at(sample).floor());
                for (tap, weight) in [(low, 1.0 - part), (low + 1.0, part)] {
                    let is_inside = (0.0..=last).contains(&tap);
                    inside += if is_inside { weight } else { 0.0 };
                    if let Some(sum) = self.taps.get_mut(clamped(tap).saturating_sub(begin)).filter(|_| is_inside || extends) {
                        *sum += weight;
                    }
                }
            }
            let from = self.weights.len();
            let (mut sum, mut given) = (0.0, 0u16);
            for tap in &self.taps {
                // What rounding leaves goes to the next one: together they are exact.
                sum += tap / grid.samples as f64 * f64::from(WHOLE);
                let weight = (sum.round() as u16).min(WHOLE) - given;
                given += weight;
                self.weights.push(weight);
            }
            self.parts.push((begin, from, self.weights.len()));
            self.inside.push((inside / grid.samples as f64) as f32);
        }
    }

    fn part(&self, n: usize) -> (usize, &[u16], f32) {
        let Some((begin, from, to)) = self.parts.get(n).copied() else { return (0, &[], 0.0) };
        (begin, self.weights.get(from..to).unwrap_or_default(), self.inside.get(n).copied().unwrap_or(0.0))
    }

    /// First and one past the last position that is needed.
    fn range(&self) -> (usize, usize) {
        let begin = self.parts.iter().map(|part| part.0).min().unwrap_or(0);
        let end = self.parts.iter().map(|(begin, from, to)| begin + to - from).max().unwrap_or(0);
        (begin, end)
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

impl Shrinker {
    /// Calls `put` with the tensor pixel's number and its colour, 0 to 255; black outside the picture and where the mask does not want it.
    pub(super) fn fill(
        &mut self,
        view: &ImageView<'_>,
        mask: Option<&MaskView<'_>>,
        window: Window,
        size: [usize; 2],
        mut put: impl FnMut(usize, [f32; 3]),
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
        for v in 0..size[1] {
            let covered = self.rows[0].part(v).2;
            if covered > 0.0 {
                self.sum_rows(view, &channels, v);
            }
            for u in 0..size[0] {
                let inside = covered * self.columns[0].part(u).2;
                let keeps = |wanted: &Wanted<'_>| wanted.at(centre(x_grid, u), centre(y_grid, v));
                let colour = if inside <= 0.0 || !wanted.as_ref().is_none_or(keeps) {
                    [0.0; 3]
                } else {
                    let [a, b, c] = self.lines.each_ref().map(|line| line.get(u).copied().unwrap_or(0.0));
                    if is_yuv {
                        let m = &view.yuv;
                        let (y, cb, cr) = ((a - m.y_offset) * m.y, b - 128.0, c - 128.0);
                        // Black is not zero here: how much of it there is comes last.
                        [y + m.rv * cr, y + m.gu * cb + m.gv * cr, y + m.bu * cb].map(|v| v.clamp(0.0, 255.0) * inside)
                    } else {
                        [a, b, c]
                    }
                };
                put(v * size[0] + u, colour);
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
                    for (sum, byte) in sum.iter_mut().zip(bytes) {
                        *sum += u16::from(*byte) * weight;
                    }
                }
            }
            let from_first = |begin: usize| begin * channel.step + channel.first - from;
            match channel.step {
                1 => weigh::<1>(sum, x_axis, from_first, line),
                2 => weigh::<2>(sum, x_axis, from_first, line),
                3 => weigh::<3>(sum, x_axis, from_first, line),
                _ => weigh::<4>(sum, x_axis, from_first, line),
            }
        }
    }
}

/// The pixels of a line from weighted sums of the picture's rows, `STEP` bytes from one to the next of a channel; `at` tells where the
/// picture's column lies in them.
fn weigh<const STEP: usize>(sums: &[u16], axis: &Axis, at: impl Fn(usize) -> usize, line: &mut [f32]) {
    let one = 1.0 / (f32::from(WHOLE) * f32::from(WHOLE));
    for ((begin, from, to), value) in axis.parts.iter().zip(line) {
        let weights = axis.weights.get(*from..*to).unwrap_or_default();
        let taps = sums.get(at(*begin)..).unwrap_or_default().chunks(STEP);
        let total: u32 = taps.zip(weights).map(|(tap, weight)| tap.first().map_or(0, |sum| u32::from(*sum) * u32::from(*weight))).sum();
        *value = total as f32 * one;
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
