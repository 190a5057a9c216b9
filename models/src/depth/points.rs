//! Point maps: from points of which only the shape is known to depths.
//!
//! A network of the MoGe family gives for each pixel a point whose x and y are right up to a common factor and whose z is right up
//! to the same factor and a shift. With the pixel's place on the view plane, `focal * xy / (z + shift) = uv` holds for the right
//! shift and focal length; both are found by least squares (Wang et al., "MoGe", CVPR 2025, section 3.1; the view plane spans
//! -1..1 along the half diagonal).

/// Points that the fit looks at, along each side.
const GRID: usize = 64;
const ROUNDS: usize = 30;

/// What makes a point map a picture of a pinhole camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FocalShift {
    /// Focal length divided by half the diagonal of the map.
    pub focal: f64,
    /// To be added to every z.
    pub shift: f64,
}

/// Half the diagonal of a map, its pixels.
pub(super) fn half_diagonal([columns, rows]: [usize; 2]) -> f64 {
    (columns as f64).hypot(rows as f64) / 2.0
}

/// Pixel centres on the view plane.
fn view_plane([columns, rows]: [usize; 2], x: usize, y: usize) -> [f64; 2] {
    let half = half_diagonal([columns, rows]);
    [(x as f64 + 0.5 - columns as f64 / 2.0) / half, (y as f64 + 0.5 - rows as f64 / 2.0) / half]
}

/// A point and its place on the view plane.
type Sample = ([f64; 2], [f64; 3]);

/// Finds shift and, when it is not given, focal length of a point map (`rows` x `columns` x 3); `None` when there are too few points
/// or no shift brings them all in front of the camera.
pub fn recover(points: &[f32], mask: Option<&[f32]>, size: [usize; 2], focal: Option<f64>) -> Option<FocalShift> {
    let [columns, rows] = size;
    let step = |side: usize| side.div_ceil(GRID).max(1);
    let mut samples: Vec<Sample> = Vec::with_capacity(GRID * GRID);
    for y in (step(rows) / 2..rows).step_by(step(rows)) {
        for x in (step(columns) / 2..columns).step_by(step(columns)) {
            let at = y * columns + x;
            if mask.is_some_and(|mask| mask.get(at).is_none_or(|v| *v <= 0.5)) {
                continue;
            }
            let point: Option<&[f32; 3]> = points.get(3 * at..).and_then(|rest| rest.first_chunk());
            if let Some(point) = point.filter(|p| p.iter().all(|v| v.is_finite())) {
                samples.push((view_plane(size, x, y), point.map(f64::from)));
            }
        }
    }
    if samples.len() < 4 {
        return None;
    }
    // All points must lie in front: the shift is searched as its distance above the smallest possible one, so that it is positive.
    let nearest = samples.iter().map(|(_, p)| p[2]).fold(f64::INFINITY, f64::min);
    let spread = samples.iter().map(|(_, p)| p[2] - nearest).sum::<f64>() / samples.len() as f64;
    let width = samples.iter().map(|(_, p)| p[0].hypot(p[1])).sum::<f64>() / samples.len() as f64;
    let scale = spread.max(0.1 * width).max(f64::MIN_POSITIVE);
    // One unknown, log(gap), from the best of a few beginnings: Levenberg and Marquardt with a numerical slope.
    let begin = |gap: f64| residual(&samples, gap - nearest, focal).map(|(error, focal)| (error, focal, gap));
    let begins = [0.1, 0.5, 2.0, 10.0].into_iter().filter_map(|factor| begin(factor * scale));
    let (mut error, mut best, mut gap) = begins.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let mut damping = 1e-3;
    for _ in 0..ROUNDS {
        let Some([curvature, gradient]) = normal(&samples, gap, nearest, focal) else { break };
        let trial = gap * (-gradient / (curvature * (1.0 + damping))).clamp(-1.0, 1.0).exp();
        match begin(trial).filter(|(new, ..)| *new < error) {
            Some(better) => {
                let gained = error - better.0;
                (error, best, gap) = better;
                damping *= 0.3;
                if gained <= 1e-12 * error {
                    break;
                }
            }
            None => damping = (damping * 10.0).max(1e-6),
        }
    }
    Some(FocalShift { focal: best, shift: gap - nearest })
}

/// Best focal length for a shift: one linear unknown.
fn best_focal(samples: &[Sample], shift: f64) -> Option<f64> {
    let (mut top, mut bottom) = (0.0, 0.0);
    for (uv, [x, y, z]) in samples {
        let (px, py) = (x / (z + shift), y / (z + shift));
        top += px * uv[0] + py * uv[1];
        bottom += px * px + py * py;
    }
    Some(top / bottom).filter(|f| f.is_finite() && *f > 0.0)
}

/// Sum of squares for a shift, and its focal length.
fn residual(samples: &[Sample], shift: f64, focal: Option<f64>) -> Option<(f64, f64)> {
    let focal = focal.or_else(|| best_focal(samples, shift))?;
    let error = samples.iter().map(|(uv, p)| {
        let [ex, ey] = miss(uv, p, shift, focal);
        ex * ex + ey * ey
    });
    Some((error.sum(), focal))
}

fn miss(uv: &[f64; 2], [x, y, z]: &[f64; 3], shift: f64, focal: f64) -> [f64; 2] {
    [focal * x / (z + shift) - uv[0], focal * y / (z + shift) - uv[1]]
}

/// `[J^T J, J^T r]` of the residuals by log(gap); `None` where they do not depend on it.
fn normal(samples: &[Sample], gap: f64, nearest: f64, focal: Option<f64>) -> Option<[f64; 2]> {
    const SMALL: f64 = 1e-4;
    let (shift, moved) = (gap - nearest, gap * (1.0 + SMALL) - nearest);
    let here = focal.or_else(|| best_focal(samples, shift))?;
    let there = focal.or_else(|| best_focal(samples, moved))?;
    let mut sums = [0.0; 2];
    for (uv, p) in samples {
        for (a, b) in miss(uv, p, shift, here).into_iter().zip(miss(uv, p, moved, there)) {
            let slope = (b - a) / SMALL;
            sums[0] += slope * slope;
            sums[1] += slope * a;
        }
    }
    (sums[0] > 0.0).then_some(sums)
}

/// Depths of a point map in its own unit; 0 where the mask does not want the point, or nothing fits.
pub(super) fn depths(points: &[f32], mask: Option<&[f32]>, size: [usize; 2], focal: Option<f64>, into: &mut Vec<f32>) {
    into.clear();
    let Some(FocalShift { shift, .. }) = recover(points, mask, size, focal) else {
        into.resize(size[0] * size[1], 0.0);
        return;
    };
    into.extend(points.as_chunks::<3>().0.iter().take(size[0] * size[1]).enumerate().map(|(at, point)| {
        let wanted = mask.is_none_or(|mask| mask.get(at).is_some_and(|v| *v > 0.5));
        if wanted { (f64::from(point[2]) + shift) as f32 } else { 0.0 }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bumpy surface seen by a pinhole camera, as a point map with its z moved by `-shift` and everything divided by `scale`.
    fn map(size: [usize; 2], focal: f64, shift: f64, scale: f64) -> (Vec<f32>, Vec<f64>) {
        let mut points = Vec::new();
        let mut depths = Vec::new();
        for y in 0..size[1] {
            for x in 0..size[0] {
                let [u, v] = view_plane(size, x, y);
                let z = 1.0 + 0.4 * (3.0 * u).sin() + 0.3 * (5.0 * v).cos();
                points.extend([u / focal * z / scale, v / focal * z / scale, z / scale - shift].map(|v| v as f32));
                depths.push(z / scale);
            }
        }
        (points, depths)
    }

    #[test]
    fn focal_length_and_shift_come_back() {
        for (focal, shift, scale) in [(1.2, 0.4, 1.0), (0.8, -0.3, 2.0), (2.5, 0.0, 0.5)] {
            let size = [96, 54];
            let (points, _) = map(size, focal, shift, scale);
            let found = recover(&points, None, size, None).expect("well posed");
            assert!((found.focal / focal - 1.0).abs() < 1e-3, "{found:?}, wanted focal {focal}");
            assert!((found.shift - shift).abs() < 2e-3 / scale, "{found:?}, wanted shift {shift}");
            let found = recover(&points, None, size, Some(focal)).expect("well posed");
            assert!((found.shift - shift).abs() < 2e-3 / scale, "{found:?}, wanted shift {shift} with the focal length given");
        }
    }

    #[test]
    fn depths_are_those_of_the_scene_and_masked_points_are_not_known() {
        let size = [40, 30];
        let (points, want) = map(size, 1.1, 0.25, 1.0);
        let mask: Vec<f32> = (0..1200).map(|i| if i % 7 == 0 { 0.0 } else { 1.0 }).collect();
        let mut got = Vec::new();
        depths(&points, Some(&mask), size, None, &mut got);
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            let want = if i % 7 == 0 { 0.0 } else { want };
            assert!((f64::from(*got) - want).abs() < 3e-3, "{i}: {got}, wanted {want}");
        }
    }

    #[test]
    fn nonsense_is_not_known() {
        let mut got = Vec::new();
        for points in [vec![f32::NAN; 300], vec![0.0; 300]] {
            depths(&points, None, [10, 10], None, &mut got);
            assert!(got.len() == 100 && got.iter().all(|v| v.is_finite()), "{got:?}");
        }
        depths(&[1.0; 300], Some(&[0.0; 100]), [10, 10], None, &mut got);
        assert_eq!(got, [0.0; 100]);
    }
}
