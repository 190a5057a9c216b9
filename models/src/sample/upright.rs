//! Whole pictures in planes, upright: where a column of the tensor lies is the same in all of its rows, so two rows of a plane are mixed as
//! a whole, many bytes at once, before columns are picked. The same integers as pixel by pixel.

use super::picture::{Samples, Yuv};
use super::{BITS, Keep, ONE, Position, Sampler, Window, position, put, start};

/// Where a column of the tensor lies in a row of each plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Across {
    x: i32,
    parts: [Pair; 3],
}

/// Two neighbours in a row of mixed bytes, and how much the second one counts, of 32.
#[derive(Clone, Copy, Debug)]
struct Pair {
    at: [usize; 2],
    part: i32,
}

impl Pair {
    /// Mix in 1/1024.
    #[inline(always)]
    fn of(&self, line: &[u16]) -> i32 {
        let [a, b] = self.at.map(|at| line.get(at).copied().map_or(0, i32::from));
        a * (ONE - self.part) + b * self.part
    }
}

impl Sampler {
    /// [`Sampler::masked`] for a map `m` that turns nothing; the picture's edge goes on for ever.
    pub(super) fn upright(&mut self, picture: &Yuv<'_>, m: [[f64; 3]; 2], keep: Option<&Keep<'_>>, window: Window, out: &mut [f32]) {
        self.steps(m);
        let [w, h] = self.size;
        let begin = start(m, 0);
        let columns = self.columns.get(window.columns[0]..window.columns[1]).unwrap_or_default();
        self.across.clear();
        self.across.extend(columns.iter().map(|step| {
            let p = position(begin, step);
            let c = picture.colour_position(p);
            Across {
                x: p.x,
                parts: [
                    picture.y.across(p.x, picture.last[0]),
                    picture.u.across(c.x, picture.last_colour[0]),
                    picture.v.across(c.x, picture.last_colour[0]),
                ],
            }
        }));
        let Sampler { across, lines, levels, layout, swap_colours, .. } = self;
        let [y_line, u_line, v_line] = lines;
        for v in window.rows[0]..window.rows[1] {
            let p = position(start(m, v), &[0, 0]);
            let c = picture.colour_position(p);
            picture.y.mix_rows(p.y, picture.last[1], y_line);
            picture.u.mix_rows(c.y, picture.last_colour[1], u_line);
            // Both colours of a plane that has both are in the same bytes.
            let shared = std::ptr::eq(picture.u.plane.data, picture.v.plane.data);
            if !shared {
                picture.v.mix_rows(c.y, picture.last_colour[1], v_line);
            }
            let v_line = if shared { &*u_line } else { &*v_line };
            let colour = |across: &Across| {
                if keep.is_some_and(|keep| !keep.wants(Position { x: across.x, y: p.y })) {
                    return [0; 3];
                }
                let [y, u, v] = &across.parts;
                picture.to_rgb([y.of(y_line), u.of(u_line), v.of(v_line)])
            };
            let at = v * w + window.columns[0];
            put(levels, *layout, *swap_colours, w * h, at, across.iter().map(colour), out);
        }
    }
}

impl Samples<'_> {
    /// Where column `x` (1/32) lies in a row that [`Samples::mix_rows`] has made, neighbours clamped to the last column.
    fn across(&self, x: i32, last: i32) -> Pair {
        let at = |x: i32| x.clamp(0, last) as usize * self.step + self.first;
        Pair { at: [at(x >> BITS), at((x >> BITS) + 1)], part: x & (ONE - 1) }
    }

    /// The two rows around `y` (1/32), mixed in 1/32, neighbours clamped to the last row.
    fn mix_rows(&self, y: i32, last: i32, out: &mut Vec<u16>) {
        let row = |y: i32| {
            let at = y.clamp(0, last) as usize * self.plane.stride;
            self.plane.data.get(at..(at + self.plane.stride).min(self.plane.data.len())).unwrap_or_default()
        };
        let part = (y & (ONE - 1)) as u16;
        let rest = ONE as u16 - part;
        out.clear();
        out.extend(row(y >> BITS).iter().zip(row((y >> BITS) + 1)).map(|(a, b)| u16::from(*a) * rest + u16::from(*b) * part));
    }
}
