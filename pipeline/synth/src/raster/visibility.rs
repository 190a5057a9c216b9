//! Which triangle is seen at each sample: a scan-line pass over a buffer of nearness.

/// A band of rows of a sample grid.
pub struct Band<'a> {
    /// Nearness of the nearest surface so far (inverse depth); 0 where nothing is.
    pub near: &'a mut [f32],
    /// Index of the triangle that is seen.
    pub id: &'a mut [u32],
    /// Samples in a row.
    pub width: usize,
    /// First row of the band.
    pub first: usize,
}

/// Upwards to a whole number, for magnitudes below four million; the library's `ceil` is a call on plain x86-64.
#[inline]
pub(super) fn ceil(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let near = (x + SHIFT) - SHIFT;
    if near < x { near + 1.0 } else { near }
}

/// No triangle.
pub const NOTHING: u32 = u32::MAX;

impl Band<'_> {
    /// Forgets what was drawn.
    pub fn clear(&mut self) {
        self.near.fill(0.0);
        self.id.fill(NOTHING);
    }

    /// Draws triangle `id` with corners (x, y, nearness) in samples; a sample lies at half-integer coordinates.
    #[inline]
    pub fn triangle(&mut self, id: u32, corners: [[f32; 3]; 3]) {
        let rows = self.near.len() / self.width;
        // The corners in order of y make both triangles at an edge cut it at the same places.
        let [mut a, mut b, mut c] = corners;
        if b[1] < a[1] {
            std::mem::swap(&mut a, &mut b);
        }
        if c[1] < b[1] {
            std::mem::swap(&mut b, &mut c);
            if b[1] < a[1] {
                std::mem::swap(&mut a, &mut b);
            }
        }
        let (top, bottom) = (self.first as f32, (self.first + rows) as f32);
        if c[1] <= top || a[1] >= bottom {
            return;
        }
        let first = ceil(a[1] - 0.5).max(top);
        let last = ceil(c[1] - 0.5).min(bottom);
        if first >= last {
            return;
        }
        let left = ceil(a[0].min(b[0]).min(c[0]) - 0.5).max(0.0);
        if left >= ceil(a[0].max(b[0]).max(c[0]) - 0.5).min(self.width as f32) {
            return;
        }
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-7 {
            return;
        }
        let inverse = 1.0 / area;
        let dwdx = ((b[2] - a[2]) * (c[1] - a[1]) - (c[2] - a[2]) * (b[1] - a[1])) * inverse;
        let dwdy = ((c[2] - a[2]) * (b[0] - a[0]) - (b[2] - a[2]) * (c[0] - a[0])) * inverse;
        let slope = |p: [f32; 3], q: [f32; 3]| (q[0] - p[0]) / (q[1] - p[1]);
        let long = slope(a, c);
        let (upper, lower) = (slope(a, b), slope(b, c));
        let limit = self.width as f32;
        let mut y = first;
        while y < last {
            let centre = y + 0.5;
            let x_long = a[0] + (centre - a[1]) * long;
            let x_short = if centre < b[1] { a[0] + (centre - a[1]) * upper } else { b[0] + (centre - b[1]) * lower };
            let (left, right) = if x_long < x_short { (x_long, x_short) } else { (x_short, x_long) };
            let x0 = ceil(left - 0.5).clamp(0.0, limit);
            let x1 = ceil(right - 0.5).clamp(0.0, limit);
            if x0 < x1 {
                let row = (y as usize - self.first) * self.width;
                let w = a[2] + (x0 + 0.5 - a[0]) * dwdx + (centre - a[1]) * dwdy;
                let span = row + x0 as usize..row + x1 as usize;
                let samples = self.near[span.clone()].iter_mut().zip(&mut self.id[span]);
                // Written without a branch: the compiler draws four samples at a time.
                for (i, (near, seen)) in (0i32..).zip(samples) {
                    let w = w + dwdx * i as f32;
                    let nearer = w > *near;
                    *near = if nearer { w } else { *near };
                    *seen = if nearer { id } else { *seen };
                }
            }
            y += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn triangles_that_share_edges_cover_every_sample_once() {
        let mut r = Rng::new(9);
        for _ in 0..200 {
            // A fan around a point inside the grid, its rim outside: every sample belongs to exactly one triangle.
            let centre = [r.range(5.0, 35.0) as f32, r.range(5.0, 15.0) as f32, 1.0];
            let rim: Vec<[f32; 3]> = (0..7)
                .map(|k| {
                    let a = f64::from(k) * std::f64::consts::TAU / 7.0 + 0.1;
                    [(20.0 + 90.0 * libm::cos(a)) as f32, (10.0 + 90.0 * libm::sin(a)) as f32, 1.0]
                })
                .collect();
            let mut hits = vec![0; 40 * 20];
            for k in 0..7 {
                let (mut near, mut id) = (vec![0.0; 800], vec![NOTHING; 800]);
                let mut band = Band { near: &mut near, id: &mut id, width: 40, first: 0 };
                band.triangle(k as u32, [centre, rim[k], rim[(k + 1) % 7]]);
                id.iter().zip(&mut hits).for_each(|(i, h)| *h += i32::from(*i != NOTHING));
            }
            assert!(hits.iter().all(|h| *h == 1), "covered {:?} times", hits.iter().copied().collect::<std::collections::BTreeSet<_>>());
        }
    }

    #[test]
    fn bands_give_the_same_as_one_piece() {
        let mut r = Rng::new(4);
        let triangles: Vec<[[f32; 3]; 3]> = (0..50)
            .map(|_| std::array::from_fn(|_| [r.range(-20.0, 60.0) as f32, r.range(-20.0, 40.0) as f32, r.range(0.1, 2.0) as f32]))
            .collect();
        let draw = |bands: usize| {
            let (mut near, mut id) = (vec![0.0; 40 * 24], vec![NOTHING; 40 * 24]);
            let rows = 24 / bands;
            for (k, (n, i)) in near.chunks_mut(rows * 40).zip(id.chunks_mut(rows * 40)).enumerate() {
                let mut band = Band { near: n, id: i, width: 40, first: k * rows };
                triangles.iter().enumerate().for_each(|(t, c)| band.triangle(t as u32, *c));
            }
            id
        };
        assert_eq!(draw(1), draw(3));
    }

    #[test]
    fn the_nearer_triangle_wins_in_any_order() {
        let far = [[0.0, 0.0, 0.5], [40.0, 0.0, 0.5], [0.0, 40.0, 0.5]];
        let close = [[0.0, 0.0, 1.0], [20.0, 0.0, 1.0], [0.0, 20.0, 1.0]];
        for order in [[(0, far), (1, close)], [(1, close), (0, far)]] {
            let (mut near, mut id) = (vec![0.0; 100], vec![NOTHING; 100]);
            let mut band = Band { near: &mut near, id: &mut id, width: 10, first: 0 };
            order.iter().for_each(|(i, t)| band.triangle(*i, *t));
            assert_eq!((id[11], near[11]), (1, 1.0));
        }
    }
}
