//! A fore-arm for hands that end at the wrist: a tube from the open edge of the mesh to the elbow.

use super::Trouble;
use crate::mesh::vec3::{V3, smoothstep, v3};

/// Where the tube ends behind the wrist, metres: past the elbow.
const END: f32 = 0.29;
/// Distance of its rings, metres.
const STEP: f32 = 0.02;
/// Over this distance the wrist's outline becomes that of an arm, metres.
const SEAM: f32 = 0.06;
/// So much of the wrist's own edge is cut off, metres: files round it or flare it.
const TRIM: f32 = 0.006;

/// Half breadth and half thickness of the resting arm at a distance (metres) from the wrist, as in the generated skin.
pub(crate) fn section(t: f32) -> (f32, f32) {
    let grow = smoothstep(0.0, 0.22, t);
    (0.0270 + 0.0190 * grow, 0.0185 + 0.0220 * grow)
}

/// Below this height above the wrist, what does not face outwards closes the mesh and is taken away, metres.
const CAP: f32 = 0.020;

/// Brings the arm of a mesh to where sleeves and watches expect it: on the axis of the rest arm and nowhere beyond its skin.
pub(super) fn fit(points: &mut [V3]) {
    // The bone that the file has in the arm need not be in the middle of it.
    let (mut sum, mut count) = (V3::ZERO, 0.0);
    for p in points.iter().filter(|p| (-0.20..-0.04).contains(&p.y)) {
        sum += v3(p.x, 0.0, p.z + 0.001);
        count += 1.0;
    }
    let off = if count > 0.0 { sum * (1.0 / count) } else { V3::ZERO };
    for p in points.iter_mut().filter(|p| p.y < 0.0) {
        *p = *p - off * smoothstep(0.0, 0.06, -p.y);
        let (w, h) = section(-p.y);
        let ring = ((p.x / w).powi(2) + ((p.z + 0.001) / h).powi(2)).sqrt();
        if ring > 1.0 {
            let k = 1.0 + (1.0 / ring - 1.0) * smoothstep(0.0, 0.020, -p.y);
            *p = v3(p.x * k, p.y, (p.z + 0.001) * k - 0.001);
        }
    }
}

/// Adds the tube to a right hand in rest space.
pub(super) fn join(points: &mut Vec<V3>, triangles: &mut Vec<[u32; 3]>) -> Result<(), Trouble> {
    triangles.retain(|t| {
        let [a, b, c] = t.map(|i| points[i as usize]);
        let (middle, normal) = ((a + b + c) * (1.0 / 3.0), (b - a).cross(c - a).unit());
        middle.y > CAP || normal.dot(v3(middle.x, 0.0, middle.z).unit()) > 0.25
    });
    let lowest = triangles.iter().flatten().fold(CAP, |low, &i| low.min(points[i as usize].y));
    triangles.retain(|t| t.iter().all(|&i| points[i as usize].y > lowest + TRIM));
    let edge = open_edge(points, triangles);
    if edge.len() < 6 {
        return Err(Trouble::new("its wrist has no edge that a fore-arm could be joined to", "take a mesh that ends at the wrist"));
    }
    let n = edge.len();
    let start: Vec<V3> = edge.iter().map(|&i| points[i as usize]).collect();
    let centre = start.iter().fold(V3::ZERO, |s, p| s + *p) * (1.0 / n as f32);
    let length = END + centre.y;
    let rings = (length / STEP).ceil().max(2.0) as usize;
    let mut before = edge;
    for k in 1..=rings {
        let behind = length * k as f32 / rings as f32;
        let blend = smoothstep(0.0, SEAM, behind);
        let ring: Vec<u32> = start
            .iter()
            .map(|p| {
                let (w, h) = section(behind - centre.y);
                let out = v3(p.x - centre.x, 0.0, p.z - centre.z).unit();
                let radius = 1.0 / ((out.x / w).powi(2) + (out.z / h).powi(2)).sqrt().max(1e-6);
                let arm = v3(out.x * radius, centre.y - behind, out.z * radius - 0.001);
                points.push(v3(p.x, p.y - behind, p.z).lerp(arm, blend));
                points.len() as u32 - 1
            })
            .collect();
        for i in 0..n {
            let (a, b, c, d) = (before[i], before[(i + 1) % n], ring[i], ring[(i + 1) % n]);
            triangles.push([b, a, c]);
            triangles.push([b, c, d]);
        }
        before = ring;
    }
    points.push(v3(0.0, -END - 0.01, 0.0));
    let end = points.len() as u32 - 1;
    triangles.extend((0..n).map(|i| [before[(i + 1) % n], before[i], end]));
    Ok(())
}

/// The longest closed edge of the surface at the wrist, in the direction of its triangles.
fn open_edge(points: &[V3], triangles: &[[u32; 3]]) -> Vec<u32> {
    let sides = |t: &[u32; 3]| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])];
    let all: std::collections::HashSet<(u32, u32)> = triangles.iter().flat_map(sides).collect();
    // Where two loops touch in a point either way on is taken once.
    let mut onward: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
    for (a, b) in triangles.iter().flat_map(sides).filter(|(a, b)| !all.contains(&(*b, *a))) {
        onward.entry(a).or_default().push(b);
    }
    let mut best: Vec<u32> = Vec::new();
    let mut length = 0.0;
    while let Some(first) = onward.iter().find(|(_, to)| !to.is_empty()).map(|(a, _)| *a) {
        let (mut path, mut at) = (vec![first], first);
        while let Some(next) = onward.get_mut(&at).and_then(Vec::pop) {
            if let Some(k) = path.iter().position(|&p| p == next) {
                let closed = path.split_off(k);
                let place = |i: usize| points[closed[i % closed.len()] as usize];
                let around: f32 = (0..closed.len()).map(|i| (place(i + 1) - place(i)).norm()).sum();
                if around > length && place(0).y < 0.03 {
                    (best, length) = (closed, around);
                }
            }
            path.push(next);
            at = next;
        }
    }
    best
}
