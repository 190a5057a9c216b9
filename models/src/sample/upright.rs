//! Whole pictures in planes, upright: where a column of the tensor lies is the same in all of its rows, so two rows of a plane are mixed as
//! a whole, then the columns are picked, and a row of colours is made at once. The same integers as pixel by pixel.

use super::picture::{Coefficients, Samples, Yuv};
use super::{BITS, Keep, ONE, Position, Sampler, Window, position, put, start};
use crate::manifest::Layout;
use crate::widest::widest;

/// Where a column of the tensor lies in a row of a plane: two neighbours, and how much the second one counts, of 32.
#[derive(Clone, Copy, Debug)]
struct Pair {
    at: u32,
    part: i32,
}

/// Where the columns of a window lie in the planes, and a row of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Across {
    /// 1/32 pixel of brightness.
    x: Vec<i32>,
    brightness: Vec<Pair>,
    colour: Vec<Pair>,
    /// Two rows of each plane, mixed, 1/32.
    mixed: [Vec<u16>; 3],
    /// Brightness and colour differences of the columns, 1/1024.
    picked: [Vec<i32>; 3],
}

impl Sampler {
    /// [`Sampler::masked`] for a map `m` that turns nothing; the picture's edge goes on for ever.
    pub(super) fn upright(&mut self, picture: &Yuv<'_>, m: [[f64; 3]; 2], keep: Option<&Keep<'_>>, window: Window, out: &mut [f32]) {
        self.steps(m);
        let [w, h] = self.size;
        let begin = start(m, 0);
        let Yuv { y, u, v, last, last_colour, .. } = *picture;
        let columns = self.columns.get(window.columns[0]..window.columns[1]).unwrap_or_default();
        let across = &mut self.across;
        across.x.clear();
        across.x.extend(columns.iter().map(|step| position(begin, step).x));
        across.brightness.clear();
        across.brightness.extend(across.x.iter().map(|x| y.across(*x, last[0])));
        across.colour.clear();
        let colour_x = |x: i32| picture.colour_position(Position { x, y: 0 }).x;
        across.colour.extend(across.x.iter().map(|x| u.across(colour_x(*x), last_colour[0])));
        let Sampler { across, levels, layout, swap_colours, mean, std, .. } = self;
        let Across { x, brightness, colour, mixed, picked } = &mut **across;
        let ([y_line, u_line, v_line], [y_row, u_row, v_row]) = (mixed, picked);
        // Both colours of a plane that has both are in the same bytes.
        let shared = std::ptr::eq(u.plane.data, v.plane.data);
        for row in window.rows[0]..window.rows[1] {
            let p = position(start(m, row), &[0, 0]);
            let c = picture.colour_position(p);
            mix_row(&y, p.y, last, brightness, y_line, y_row);
            mix_row(&u, c.y, last_colour, colour, u_line, u_row);
            if shared {
                v.pick(u_line, colour, last_colour[0], v_row);
            } else {
                mix_row(&v, c.y, last_colour, colour, v_line, v_row);
            }
            let at = row * w + window.columns[0];
            let rows = [&*y_row, u_row, v_row].map(Vec::as_slice);
            if *layout == Layout::Nhwc {
                let colours = y_row.iter().zip(&*u_row).zip(&*v_row).map(|((y, u), v)| picture.to_rgb([*y, *u, *v]));
                put(levels, *layout, *swap_colours, w * h, at, colours, out);
            } else {
                put_planes(&picture.matrix, rows, *swap_colours, mean, std, w * h, at, out);
            }
            let Some(keep) = keep else { continue };
            for (n, _) in x.iter().enumerate().filter(|(_, x)| !keep.wants(Position { x: **x, y: p.y })) {
                put(levels, *layout, *swap_colours, w * h, at + n, std::iter::once([0; 3]), out);
            }
        }
    }
}

widest! {
    /// The row of a plane around `y` (1/32), and its columns.
    fn mix_row(samples: &Samples<'_>, y: i32, last: [i32; 2], pairs: &[Pair], mixed: &mut Vec<u16>, picked: &mut Vec<i32>) {
        samples.mix_rows(y, last[1], mixed);
        samples.pick(mixed, pairs, last[0], picked);
    }
}

widest! {
    /// [`put`] for planes of a tensor, from a row of brightness and colour differences in 1/1024.
    fn put_planes(
        matrix: &Coefficients,
        row: [&[i32]; 3],
        swap_colours: bool,
        mean: &[f32; 3],
        std: &[f32; 3],
        plane: usize,
        at: usize,
        out: &mut [f32],
    ) {
        let (c0, rest) = out.split_at_mut(plane.min(out.len()));
        let (c1, c2) = rest.split_at_mut(plane.min(rest.len()));
        let [y, u, v] = row;
        let planes = [c0, c1, c2].map(|c| c.get_mut(at..at + y.len()));
        let [Some(c0), Some(c1), Some(c2)] = planes else { return };
        // The planes as red, green and blue go into them.
        let (c0, c2) = if swap_colours { (c2, c0) } else { (c0, c2) };
        let [r, b] = if swap_colours { [2, 0] } else { [0, 2] };
        let ([mean_r, mean_g, mean_b], [std_r, std_g, std_b]) = ([mean[r], mean[1], mean[b]], [std[r], std[1], std[b]]);
        for (((((c0, c1), c2), y), u), v) in c0.iter_mut().zip(c1).zip(c2).zip(y).zip(u).zip(v) {
            let [red, green, blue] = matrix.to_rgb([*y, *u, *v]).map(|v| v as f32);
            *c0 = (red - mean_r) / std_r;
            *c1 = (green - mean_g) / std_g;
            *c2 = (blue - mean_b) / std_b;
        }
    }
}

/// `a * (ONE - part) + b * part`
#[inline(always)]
fn between(a: u16, b: u16, part: i32) -> i32 {
    i32::from(a) * ONE + (i32::from(b) - i32::from(a)) * part
}

impl Samples<'_> {
    /// Where column `x` (1/32) lies in a row of samples, neighbours clamped to the last column.
    fn across(&self, x: i32, last: i32) -> Pair {
        // Of two neighbours that are one, the second one in front of the edge, all of it or nothing.
        let (column, part) = match x >> BITS {
            before if before < 0 => (0, 0),
            beyond if beyond >= last => ((last - 1).max(0), if last > 0 { ONE } else { 0 }),
            inside => (inside, x & (ONE - 1)),
        };
        Pair { at: (column as usize * self.step) as u32, part }
    }

    /// The two rows around `y` (1/32), mixed in 1/32, neighbours clamped to the last row.
    #[inline(always)]
    fn mix_rows(&self, y: i32, last: i32, out: &mut Vec<u16>) {
        let row = |y: i32| {
            let at = y.clamp(0, last) as usize * self.plane.stride;
            self.plane.data.get(at..(at + self.plane.stride).min(self.plane.data.len())).unwrap_or_default()
        };
        let part = (y & (ONE - 1)) as u16;
        let rest = ONE as u16 - part;
        let (above, below) = (row(y >> BITS), row((y >> BITS) + 1));
        out.resize(above.len().min(below.len()), 0);
        for ((out, a), b) in out.iter_mut().zip(above).zip(below) {
            *out = u16::from(*a) * rest + u16::from(*b) * part;
        }
    }

    /// Columns of a row that [`Samples::mix_rows`] has made, mixed in 1/1024.
    #[inline(always)]
    fn pick(&self, mixed: &[u16], pairs: &[Pair], last: i32, out: &mut Vec<i32>) {
        // A plane of one column has no neighbours.
        let step = if last > 0 { self.step } else { 0 };
        let mixed = mixed.get(self.first..).unwrap_or_default();
        out.resize(pairs.len(), 0);
        let columns = out.iter_mut().zip(pairs);
        if step == 1 {
            for (out, Pair { at, part }) in columns {
                let pair = mixed.get(*at as usize..).and_then(<[u16]>::first_chunk);
                *out = pair.map_or(0, |[a, b]| between(*a, *b, *part));
            }
        } else {
            for (out, Pair { at, part }) in columns {
                let pair = mixed.get(*at as usize).zip(mixed.get(*at as usize + step));
                *out = pair.map_or(0, |(a, b)| between(*a, *b, *part));
            }
        }
    }
}
