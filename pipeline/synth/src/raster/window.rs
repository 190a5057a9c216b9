//! The rows of samples that are drawn but not yet shaded, with those around them that shading looks at: few enough to stay in the
//! processor's cache, where a whole picture's would not.

use std::ops::Range;

use super::geometry::Geometry;
use super::visibility::{Band, ceil};

/// Rows of samples that are drawn together, and the rows of pixels that they make.
pub(super) const STRIP: usize = 16;
/// Rows above and below a sample that its shading may look at; whole strips.
pub(super) const REACH: usize = 48;
/// Rows whose nearness is kept: a strip with what is looked at around it. A power of two.
const NEAR_ROWS: usize = 128;
/// Rows whose triangles are kept: a strip and what is drawn ahead of it. A power of two.
const ID_ROWS: usize = 64;

const _: () = assert!(REACH.is_multiple_of(STRIP) && NEAR_ROWS >= STRIP + 2 * REACH && ID_ROWS >= STRIP + REACH);

/// A window that moves down over the sample grid.
pub(super) struct Window {
    width: usize,
    height: usize,
    near: Vec<f32>,
    id: Vec<u32>,
    bins: Bins,
    /// The strips that are to be drawn, and the next of them, in rows.
    rows: Range<usize>,
    next: usize,
}

impl Window {
    /// A window over a grid of so many samples.
    pub(super) fn new(width: usize, height: usize) -> Window {
        let (near, id) = (vec![0.0; NEAR_ROWS * width], vec![0; ID_ROWS * width]);
        Window { width, height, near, id, bins: Bins::default(), rows: 0..0, next: 0 }
    }

    /// Samples in a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Begins above these rows, which begin with a whole strip.
    pub(super) fn begin(&mut self, geometry: &Geometry, rows: Range<usize>) {
        self.rows = rows.start.saturating_sub(REACH)..(rows.end + REACH).min(self.height).next_multiple_of(STRIP);
        self.next = self.rows.start;
        self.bins.sort(&geometry.extents, &self.rows);
    }

    /// Draws all that is needed to shade the strip that begins at this row.
    pub(super) fn draw_for(&mut self, geometry: &Geometry, row: usize) {
        let end = (row + STRIP + REACH).min(self.rows.end);
        while self.next < end {
            let near = (self.next % NEAR_ROWS) * self.width..(self.next % NEAR_ROWS + STRIP) * self.width;
            let id = (self.next % ID_ROWS) * self.width..(self.next % ID_ROWS + STRIP) * self.width;
            let mut band = Band { near: &mut self.near[near], id: &mut self.id[id], width: self.width, first: self.next };
            band.clear();
            for i in self.bins.of((self.next - self.rows.start) / STRIP) {
                let corners = geometry.triangles[*i as usize].corners;
                band.triangle(*i, corners.map(|c| geometry.projected[c as usize].into()));
            }
            self.next += STRIP;
        }
    }

    /// Nearness of a row.
    #[inline(always)]
    pub(super) fn near_row(&self, y: usize) -> &[f32] {
        &self.near[(y % NEAR_ROWS) * self.width..][..self.width]
    }

    /// Triangles of a row.
    #[inline(always)]
    pub(super) fn id_row(&self, y: usize) -> &[u32] {
        &self.id[(y % ID_ROWS) * self.width..][..self.width]
    }

    /// Whether all samples this far around one are inside of the grid.
    #[inline(always)]
    pub(super) fn has_around(&self, x: i32, y: i32, reach: i32) -> bool {
        x >= reach && y >= reach && x + reach < self.width as i32 && y + reach < self.height as i32
    }

    /// Nearness of a sample inside of the grid.
    #[inline(always)]
    pub(super) fn near_inside(&self, x: i32, y: i32) -> f32 {
        self.near[(y as usize % NEAR_ROWS) * self.width + x as usize]
    }

    /// Nearness of a sample; those beyond the edges are like the last ones.
    #[inline(always)]
    pub(super) fn near_at(&self, x: i32, y: i32) -> f32 {
        let (x, y) = (x.clamp(0, self.width as i32 - 1) as usize, y.clamp(0, self.height as i32 - 1) as usize);
        self.near[(y % NEAR_ROWS) * self.width + x]
    }
}

/// Triangles by the strips that they touch, in their order.
#[derive(Default)]
struct Bins {
    /// Where the triangles of each strip begin, and where those of the last one end.
    starts: Vec<u32>,
    triangles: Vec<u32>,
}

impl Bins {
    /// `extents` are the first and last row of each triangle before rounding.
    fn sort(&mut self, extents: &[[f32; 2]], rows: &Range<usize>) {
        let count = rows.len() / STRIP;
        // Samples lie in the middle of rows.
        let strips = |[low, high]: &[f32; 2]| {
            let (first, end) = (ceil(low - 0.5).max(rows.start as f32), ceil(high - 0.5).min(rows.end as f32));
            (first < end).then(|| (first as usize - rows.start) / STRIP..(end as usize - rows.start).div_ceil(STRIP))
        };
        self.starts.clear();
        self.starts.resize(count + 1, 0);
        for strip in extents.iter().filter_map(strips).flatten() {
            self.starts[strip] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        // From the last to the first, each start moves from the end of its triangles to their beginning.
        self.triangles.resize(sum as usize, 0);
        for (i, extent) in extents.iter().enumerate().rev() {
            for strip in strips(extent).into_iter().flatten() {
                self.starts[strip] -= 1;
                self.triangles[self.starts[strip] as usize] = i as u32;
            }
        }
    }

    fn of(&self, strip: usize) -> &[u32] {
        &self.triangles[self.starts[strip] as usize..self.starts[strip + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Triangle;
    use super::super::visibility::NOTHING;
    use super::*;
    use crate::mesh::vec3::v3;
    use crate::rng::Rng;

    #[test]
    fn a_moving_window_sees_what_is_drawn_in_one_piece() {
        const SIZE: [usize; 2] = [40, 330];
        let mut r = Rng::new(4);
        let mut g = Geometry::default();
        for i in 0..300 {
            let [x, y] = [r.range(-20.0, 60.0), r.range(-40.0, 370.0)];
            let size = if i % 10 == 0 { 200.0 } else { 12.0 };
            let mut near = |v: f64| (v + r.range(-size, size)) as f32;
            let corners: [[f32; 2]; 3] = std::array::from_fn(|_| [near(x), near(y)]);
            g.triangles.push(Triangle { corners: [3 * i, 3 * i + 1, 3 * i + 2], surface: 0 });
            g.projected.extend(corners.map(|[x, y]| v3(x, y, r.range(0.1, 2.0) as f32)));
            let ys = corners.map(|c| c[1]);
            g.extents.push([ys.into_iter().fold(f32::MAX, f32::min), ys.into_iter().fold(f32::MIN, f32::max)]);
        }
        let (mut near, mut id) = (vec![0.0; SIZE[0] * SIZE[1]], vec![0; SIZE[0] * SIZE[1]]);
        let mut whole = Band { near: &mut near, id: &mut id, width: SIZE[0], first: 0 };
        whole.clear();
        (0..).zip(&g.triangles).for_each(|(i, t)| whole.triangle(i, t.corners.map(|c| g.projected[c as usize].into())));
        assert!(id.iter().filter(|i| **i != NOTHING).count() > 1000);
        let mut window = Window::new(SIZE[0], SIZE[1]);
        for rows in [0..330, 0..160, 160..330, 32..48, 320..330] {
            window.begin(&g, rows.clone());
            for strip in rows.clone().step_by(STRIP) {
                window.draw_for(&g, strip);
                for y in strip..(strip + STRIP).min(rows.end) {
                    assert_eq!(window.id_row(y), &id[y * SIZE[0]..][..SIZE[0]], "row {y} of {rows:?}");
                }
                for y in strip as i32 - REACH as i32..(strip + STRIP + REACH) as i32 {
                    let row = y.clamp(0, SIZE[1] as i32 - 1) as usize;
                    let all: Vec<f32> = (0..SIZE[0] as i32).map(|x| window.near_at(x, y)).collect();
                    assert_eq!(all, &near[row * SIZE[0]..][..SIZE[0]], "around row {y} of {rows:?}");
                }
            }
        }
    }
}
