//! Kernel features: how near a point is to each of a number of landmarks (Nystroem, Williams and Seeger 2001).

use nalgebra::{DMatrix, DVector};

/// exp(-gamma |x - c|^2) for every row of `points` and every landmark.
pub(super) fn kernel(points: &DMatrix<f64>, landmarks: &DMatrix<f64>, gamma: f64) -> DMatrix<f64> {
    let squares = |m: &DMatrix<f64>| DVector::from_iterator(m.nrows(), m.row_iter().map(|r| r.norm_squared()));
    let (p2, c2) = (squares(points), squares(landmarks));
    let mut products = points * landmarks.transpose();
    for j in 0..products.ncols() {
        for i in 0..products.nrows() {
            products[(i, j)] = (-gamma * (p2[i] + c2[j] - 2.0 * products[(i, j)]).max(0.0)).exp();
        }
    }
    products
}

/// Directions of the landmarks' own kernel matrix with less than this share of the largest are rounding.
const MIN_EIGENVALUE: f64 = 1e-4;

/// The matrix that makes kernel features orthonormal: features times it have the inner products of the kernel.
pub(super) fn whitening(landmarks: &DMatrix<f64>, gamma: f64) -> DMatrix<f64> {
    let eigen = kernel(landmarks, landmarks, gamma).symmetric_eigen();
    let largest = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
    let kept: Vec<usize> = (0..eigen.eigenvalues.len()).filter(|i| eigen.eigenvalues[*i] > MIN_EIGENVALUE * largest).collect();
    DMatrix::from_fn(landmarks.nrows(), kept.len(), |i, j| {
        let k = kept[j];
        eigen.eigenvectors[(i, k)] / eigen.eigenvalues[k].sqrt()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_features_of_the_landmarks_have_the_kernel_as_inner_products() {
        let points = DMatrix::from_fn(20, 3, |i, k| ((i * 7 + k * 3) % 11) as f64 / 3.0);
        let k = kernel(&points, &points, 0.4);
        assert!((0..20).all(|i| (k[(i, i)] - 1.0).abs() < 1e-12));
        let features = &k * whitening(&points, 0.4);
        assert!((&features * features.transpose() - &k).amax() < 1e-2, "{}", (&features * features.transpose() - &k).amax());
        let far = DMatrix::from_element(1, 3, 1e3);
        assert_eq!(kernel(&far, &points, 0.4).amax(), 0.0);
    }
}
