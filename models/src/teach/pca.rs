//! Standardising and principal components.

use nalgebra::{DMatrix, DVector};

use super::random::Random;

/// Mean and deviation of each feature over the samples in which it is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scaling {
    pub(super) mean: DVector<f64>,
    /// 1 over the standard deviation; 0 for a feature that never changes.
    pub(super) inverse: DVector<f64>,
}

/// Standardised values beyond this are cut: a damaged number must not drown all others.
pub(super) const CLIP: f64 = 10.0;
/// Deviations below this are rounding.
const MIN_DEVIATION: f64 = 1e-6;

impl Scaling {
    pub(super) fn of(rows: &[&[f32]], width: usize) -> Scaling {
        let column = |k: usize| rows.iter().filter_map(move |r| r.get(k).copied()).filter(|v| v.is_finite()).map(f64::from);
        let mean = DVector::from_fn(width, |k, _| {
            let (sum, n) = column(k).fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
            if n > 0.0 { sum / n } else { 0.0 }
        });
        let inverse = DVector::from_fn(width, |k, _| {
            let (sum, n) = column(k).fold((0.0, 0.0), |(s, n), v| (s + (v - mean[k]).powi(2), n + 1.0));
            let deviation = if n > 0.0 { f64::sqrt(sum / n) } else { 0.0 };
            if deviation > MIN_DEVIATION { 1.0 / deviation } else { 0.0 }
        });
        Scaling { mean, inverse }
    }

    /// One row a sample; what is not known becomes the mean, which is 0.
    pub(super) fn apply(&self, rows: &[&[f32]]) -> DMatrix<f64> {
        DMatrix::from_fn(rows.len(), self.mean.len(), |i, k| {
            let value = rows.get(i).and_then(|r| r.get(k)).copied().map_or(f64::NAN, f64::from);
            let scaled = (value - self.mean[k]) * self.inverse[k];
            if scaled.is_finite() { scaled.clamp(-CLIP, CLIP) } else { 0.0 }
        })
    }
}

/// Rounds of subspace iteration; each squares the gap between what is kept and what is not.
const ROUNDS: usize = 8;
/// Directions beyond those asked for that the iteration carries along.
const SPARE: usize = 8;

/// The `count` directions of largest variance of centred rows, one a column, largest first, by subspace iteration: for 500 features
/// and 60 directions much faster than a full decomposition.
pub(super) fn components(rows: &DMatrix<f64>, count: usize) -> DMatrix<f64> {
    let (n, width) = rows.shape();
    let carried = (count + SPARE).min(width).min(n);
    let covariance = rows.tr_mul(rows) / n.max(1) as f64;
    let mut random = Random::new(1);
    let mut basis = DMatrix::from_fn(width, carried, |_, _| random.unit() - 0.5).qr().q();
    for _ in 0..ROUNDS {
        basis = (&covariance * &basis).qr().q();
    }
    // Inside the subspace the exact directions.
    let inner = (basis.transpose() * &covariance * &basis).symmetric_eigen();
    let mut order: Vec<usize> = (0..inner.eigenvalues.len()).collect();
    order.sort_by(|a, b| inner.eigenvalues[*b].total_cmp(&inner.eigenvalues[*a]));
    let kept = count.min(carried);
    let vectors = DMatrix::from_fn(carried, kept, |i, j| inner.eigenvectors[(i, order[j])]);
    basis * vectors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_axes_of_a_cloud_are_found_in_order() {
        let mut random = Random::new(7);
        let axes = DMatrix::from_fn(12, 12, |_, _| random.unit() - 0.5).qr().q();
        let rows =
            DMatrix::from_fn(400, 12, |_, k| (random.unit() - 0.5) * [9.0, 5.0, 3.0].get(k).copied().unwrap_or(0.1)) * axes.transpose();
        let found = components(&rows, 3);
        for k in 0..3 {
            let cosine = found.column(k).dot(&axes.column(k)).abs();
            assert!(cosine > 0.99, "axis {k}: {cosine}");
        }
        let gram = found.transpose() * &found;
        assert!((gram - DMatrix::<f64>::identity(3, 3)).norm() < 1e-9);
    }

    #[test]
    fn what_is_not_known_or_never_changes_counts_for_nothing() {
        let rows: [&[f32]; 3] = [&[1.0, 5.0, f32::NAN], &[3.0, 5.0, f32::NAN], &[f32::NAN, 5.0, f32::NAN]];
        let scaling = Scaling::of(&rows, 3);
        let z = scaling.apply(&rows);
        assert_eq!(z.row(0).iter().copied().collect::<Vec<_>>(), [-1.0, 0.0, 0.0]);
        assert_eq!(z.row(2).iter().copied().collect::<Vec<_>>(), [0.0, 0.0, 0.0]);
        assert_eq!(scaling.apply(&[&[1e9, 1e9, 1e9]])[(0, 0)], CLIP);
    }
}
