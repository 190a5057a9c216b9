//! Fewer triangles for the same shape: edges collapsed in order of quadric error (Garland and Heckbert 1997).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::vec3::V3;

/// Sum of squared distances to planes, as the upper half of a symmetric 4x4 matrix.
#[derive(Clone, Copy, Default)]
struct Quadric([f64; 10]);

impl Quadric {
    fn of_plane(n: V3, d: f32, weight: f32) -> Quadric {
        let [a, b, c, d, w] = [n.x, n.y, n.z, d, weight].map(f64::from);
        Quadric([a * a * w, a * b * w, a * c * w, a * d * w, b * b * w, b * c * w, b * d * w, c * c * w, c * d * w, d * d * w])
    }

    fn plus(&self, o: &Quadric) -> Quadric {
        let mut sum = *self;
        for (s, v) in sum.0.iter_mut().zip(o.0) {
            *s += v;
        }
        sum
    }

    fn error(&self, p: V3) -> f64 {
        let [x, y, z] = [p.x, p.y, p.z].map(f64::from);
        let q = &self.0;
        q[0] * x * x
            + 2.0 * q[1] * x * y
            + 2.0 * q[2] * x * z
            + 2.0 * q[3] * x
            + q[4] * y * y
            + 2.0 * q[5] * y * z
            + 2.0 * q[6] * y
            + q[7] * z * z
            + 2.0 * q[8] * z
            + q[9]
    }
}

struct Collapse {
    cost: f64,
    from: u32,
    to: u32,
    stamp: u32,
}

impl PartialEq for Collapse {
    fn eq(&self, o: &Collapse) -> bool {
        self.cmp(o) == Ordering::Equal
    }
}
impl Eq for Collapse {}
impl PartialOrd for Collapse {
    fn partial_cmp(&self, o: &Collapse) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}
impl Ord for Collapse {
    fn cmp(&self, o: &Collapse) -> Ordering {
        o.cost.total_cmp(&self.cost).then(o.from.cmp(&self.from)).then(o.to.cmp(&self.to))
    }
}

/// Collapses edges until about `target` triangles are left. `weight` says how much a vertex's surroundings matter (1 = usual).
pub fn decimate(points: &[V3], triangles: &[[u32; 3]], target: usize, weight: impl Fn(V3) -> f32) -> (Vec<V3>, Vec<[u32; 3]>) {
    let mut points = points.to_vec();
    let mut faces: Vec<Option<[u32; 3]>> = triangles.iter().copied().map(Some).collect();
    let mut around: Vec<Vec<u32>> = vec![Vec::new(); points.len()];
    let mut quadrics = vec![Quadric::default(); points.len()];
    for (f, t) in triangles.iter().enumerate() {
        let [a, b, c] = t.map(|i| points[i as usize]);
        let area = (b - a).cross(c - a);
        let n = area.unit();
        let q = Quadric::of_plane(n, -n.dot(a), area.norm() * weight((a + b + c) * (1.0 / 3.0)));
        for &i in t {
            around[i as usize].push(f as u32);
            quadrics[i as usize] = quadrics[i as usize].plus(&q);
        }
    }
    let mut stamps = vec![0u32; points.len()];
    let mut heap = BinaryHeap::new();
    let propose = |heap: &mut BinaryHeap<Collapse>, points: &[V3], quadrics: &[Quadric], stamps: &[u32], a: u32, b: u32| {
        let q = quadrics[a as usize].plus(&quadrics[b as usize]);
        let length = f64::from((points[a as usize] - points[b as usize]).norm());
        // A little of the edge length keeps triangles in flat places from growing without bound.
        let regular = 2e-5 * length * length * length * f64::from(weight(points[b as usize]));
        for (from, to) in [(a, b), (b, a)] {
            heap.push(Collapse {
                cost: q.error(points[to as usize]).max(0.0) + regular * length,
                from,
                to,
                stamp: stamps[a as usize] + stamps[b as usize],
            });
        }
    };
    for t in triangles {
        for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
            if a < b {
                propose(&mut heap, &points, &quadrics, &stamps, a, b);
            }
        }
    }
    let mut left = triangles.len();
    while left > target {
        let Some(c) = heap.pop() else { break };
        if stamps[c.from as usize] + stamps[c.to as usize] != c.stamp
            || around[c.from as usize].is_empty()
            || around[c.to as usize].is_empty()
        {
            continue;
        }
        if !may_collapse(&points, &faces, &around, c.from, c.to) {
            continue;
        }
        let moved = std::mem::take(&mut around[c.from as usize]);
        for f in moved {
            let Some(t) = faces[f as usize] else { continue };
            if t.contains(&c.to) {
                faces[f as usize] = None;
                left -= 1;
                for i in t {
                    around[i as usize].retain(|&g| g != f);
                }
            } else {
                faces[f as usize] = Some(t.map(|i| if i == c.from { c.to } else { i }));
                around[c.to as usize].push(f);
            }
        }
        quadrics[c.to as usize] = quadrics[c.to as usize].plus(&quadrics[c.from as usize]);
        stamps[c.to as usize] += 1;
        stamps[c.from as usize] += 1;
        let mut ring: Vec<u32> = around[c.to as usize].iter().filter_map(|&f| faces[f as usize]).flatten().filter(|&i| i != c.to).collect();
        ring.sort_unstable();
        ring.dedup();
        for i in ring {
            propose(&mut heap, &points, &quadrics, &stamps, c.to, i);
        }
    }
    compact(&mut points, &faces)
}

/// Refuses collapses that fold a triangle over, make a sliver or pinch the surface.
fn may_collapse(points: &[V3], faces: &[Option<[u32; 3]>], around: &[Vec<u32>], from: u32, to: u32) -> bool {
    let ring = |v: u32| {
        let mut r: Vec<u32> = around[v as usize].iter().filter_map(|&f| faces[f as usize]).flatten().filter(|&i| i != v).collect();
        r.sort_unstable();
        r.dedup();
        r
    };
    let (a, b) = (ring(from), ring(to));
    if a.iter().filter(|i| b.contains(i)).count() != 2 || b.len() + a.len() > 18 {
        return false;
    }
    around[from as usize].iter().filter_map(|&f| faces[f as usize]).filter(|t| !t.contains(&to)).all(|t| {
        let corner = |t: [u32; 3]| t.map(|i| points[i as usize]);
        let before = corner(t);
        let after = corner(t.map(|i| if i == from { to } else { i }));
        let normal = |c: [V3; 3]| (c[1] - c[0]).cross(c[2] - c[0]);
        let (n0, n1) = (normal(before), normal(after));
        let longest = (after[1] - after[0]).norm().max((after[2] - after[1]).norm()).max((after[0] - after[2]).norm());
        n0.unit().dot(n1.unit()) > 0.5 && n1.norm() > 0.12 * longest * longest
    })
}

fn compact(points: &mut [V3], faces: &[Option<[u32; 3]>]) -> (Vec<V3>, Vec<[u32; 3]>) {
    let mut index = vec![u32::MAX; points.len()];
    let mut kept = Vec::new();
    let mut triangles = Vec::new();
    for t in faces.iter().flatten() {
        triangles.push(t.map(|i| {
            let slot = &mut index[i as usize];
            if *slot == u32::MAX {
                *slot = kept.len() as u32;
                kept.push(points[i as usize]);
            }
            *slot
        }));
    }
    (kept, triangles)
}

#[cfg(test)]
mod tests {
    use super::super::polygonise::{Field, surface_nets};
    use super::super::vec3::v3;
    use super::*;

    struct Ball;
    impl Field for Ball {
        fn distance(&self, p: V3) -> f32 {
            p.norm() - 0.05
        }
    }

    #[test]
    fn a_ball_of_few_triangles_is_still_closed_and_a_ball() {
        let (points, triangles) = surface_nets(&Ball, v3(-0.06, -0.06, -0.06), v3(0.06, 0.06, 0.06), 0.003);
        let (p, t) = decimate(&points, &triangles, 400, |_| 1.0);
        assert!(t.len() <= 401 && t.len() > 350, "{} triangles", t.len());
        assert_eq!(p.len() as i64 - t.len() as i64 / 2, 2);
        let volume: f32 = t
            .iter()
            .map(|t| {
                let [a, b, c] = t.map(|i| p[i as usize]);
                a.dot(b.cross(c)) / 6.0
            })
            .sum();
        assert!((volume / (4.0 / 3.0 * std::f32::consts::PI * 0.05f32.powi(3)) - 1.0).abs() < 0.05);
    }
}
