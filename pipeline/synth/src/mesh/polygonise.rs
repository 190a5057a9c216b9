//! A closed triangle mesh from a signed distance field: surface nets on a grid (Gibson 1998), vertices pulled onto the surface.

use super::vec3::{V3, v3};

/// A signed distance in metres, negative inside; need not be exact, but must not overestimate by much.
pub trait Field {
    /// Distance at a point.
    fn distance(&self, p: V3) -> f32;

    /// Outward unit normal by central differences.
    fn normal(&self, p: V3) -> V3 {
        let e = 4e-4;
        let d = |o: V3| self.distance(p + o) - self.distance(p - o);
        v3(d(v3(e, 0.0, 0.0)), d(v3(0.0, e, 0.0)), d(v3(0.0, 0.0, e))).unit()
    }
}

/// Vertices (metres) and triangles (counter-clockwise from outside) of the zero surface inside the box `low..high`.
pub fn surface_nets(field: &impl Field, low: V3, high: V3, step: f32) -> (Vec<V3>, Vec<[u32; 3]>) {
    let size = high - low;
    let n = [size.x, size.y, size.z].map(|s| (s / step).ceil() as usize + 1);
    let at = |i: usize, j: usize, k: usize| (k * n[1] + j) * n[0] + i;
    let place = |i: usize, j: usize, k: usize| low + v3(i as f32, j as f32, k as f32) * step;
    // Blocks whose centre is far from the surface are filled without asking at each corner.
    const BLOCK: usize = 6;
    let mut values = vec![1.0f32; n[0] * n[1] * n[2]];
    let reach = step * BLOCK as f32 * 0.9 + step;
    for bk in (0..n[2]).step_by(BLOCK) {
        for bj in (0..n[1]).step_by(BLOCK) {
            for bi in (0..n[0]).step_by(BLOCK) {
                let half = BLOCK as f32 * 0.5 - 0.5;
                let centre = place(bi, bj, bk) + v3(half, half, half) * step;
                let d = field.distance(centre);
                for k in bk..(bk + BLOCK).min(n[2]) {
                    for j in bj..(bj + BLOCK).min(n[1]) {
                        for i in bi..(bi + BLOCK).min(n[0]) {
                            values[at(i, j, k)] = if d.abs() > 1.5 * reach { d } else { field.distance(place(i, j, k)) };
                        }
                    }
                }
            }
        }
    }
    let mut index = vec![u32::MAX; values.len()];
    let mut points = Vec::new();
    for k in 0..n[2] - 1 {
        for j in 0..n[1] - 1 {
            for i in 0..n[0] - 1 {
                if let Some(p) = cell_vertex(&values, &at, i, j, k) {
                    index[at(i, j, k)] = points.len() as u32;
                    points.push(low + p * step);
                }
            }
        }
    }
    for p in &mut points {
        for _ in 0..3 {
            let d = field.distance(*p);
            *p = *p - field.normal(*p) * (d * 0.8).clamp(-step, step);
        }
    }
    let mut triangles = Vec::new();
    let mut quad = |a: u32, b: u32, c: u32, d: u32, flip: bool| {
        if [a, b, c, d].contains(&u32::MAX) {
            return;
        }
        let (b, d) = if flip { (d, b) } else { (b, d) };
        triangles.push([a, b, c]);
        triangles.push([a, c, d]);
    };
    for k in 1..n[2] - 1 {
        for j in 1..n[1] - 1 {
            for i in 1..n[0] - 1 {
                let inside = values[at(i, j, k)] < 0.0;
                if inside != (values[at(i + 1, j, k)] < 0.0) {
                    quad(index[at(i, j - 1, k - 1)], index[at(i, j, k - 1)], index[at(i, j, k)], index[at(i, j - 1, k)], !inside);
                }
                if inside != (values[at(i, j + 1, k)] < 0.0) {
                    quad(index[at(i - 1, j, k - 1)], index[at(i - 1, j, k)], index[at(i, j, k)], index[at(i, j, k - 1)], !inside);
                }
                if inside != (values[at(i, j, k + 1)] < 0.0) {
                    quad(index[at(i - 1, j - 1, k)], index[at(i, j - 1, k)], index[at(i, j, k)], index[at(i - 1, j, k)], !inside);
                }
            }
        }
    }
    (points, triangles)
}

/// Mean of the edge crossings of one grid cell, in cells; `None` when the surface does not pass.
fn cell_vertex(values: &[f32], at: &impl Fn(usize, usize, usize) -> usize, i: usize, j: usize, k: usize) -> Option<V3> {
    let corner = |c: usize| values[at(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2))];
    let mut sum = V3::ZERO;
    let mut count = 0.0;
    for c in 0..8usize {
        for axis in [1usize, 2, 4] {
            if c & axis != 0 {
                continue;
            }
            let (a, b) = (corner(c), corner(c | axis));
            if (a < 0.0) == (b < 0.0) {
                continue;
            }
            let t = a / (a - b);
            let start = v3((c & 1) as f32, (c >> 1 & 1) as f32, (c >> 2) as f32);
            let step = v3((axis == 1) as u8 as f32, (axis == 2) as u8 as f32, (axis == 4) as u8 as f32);
            sum += start + step * t;
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum * (1.0 / count) + v3(i as f32, j as f32, k as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ball;
    impl Field for Ball {
        fn distance(&self, p: V3) -> f32 {
            p.norm() - 0.05
        }
    }

    #[test]
    fn a_ball_is_closed_round_and_faces_outwards() {
        let (points, triangles) = surface_nets(&Ball, v3(-0.06, -0.06, -0.06), v3(0.06, 0.06, 0.06), 0.005);
        // Euler's formula for a surface without holes: V - E + F = 2, and E = 3 F / 2.
        assert_eq!(points.len() as i64 - triangles.len() as i64 / 2, 2);
        assert!(points.iter().all(|p| (p.norm() - 0.05).abs() < 2e-4));
        let volume: f32 = triangles
            .iter()
            .map(|t| {
                let [a, b, c] = t.map(|i| points[i as usize]);
                a.dot(b.cross(c)) / 6.0
            })
            .sum();
        let true_volume = 4.0 / 3.0 * std::f32::consts::PI * 0.05f32.powi(3);
        assert!((volume / true_volume - 1.0).abs() < 0.03, "{volume} against {true_volume}");
    }
}
