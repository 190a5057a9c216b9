//! Multinomial logistic regression with a quadratic penalty, by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4).

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector};

use super::dataset::TeachError;

/// Steps that the approximation of the curvature remembers.
const MEMORY: usize = 12;
const MAX_STEPS: usize = 300;
/// The gradient at which a fit is good enough, relative to the number of classes.
const TOLERANCE: f64 = 1e-5;

/// Class probabilities for every row of scores.
pub(super) fn probabilities(mut scores: DMatrix<f64>) -> DMatrix<f64> {
    for mut row in scores.row_iter_mut() {
        let most = row.max();
        row.apply(|v| *v = (*v - most).exp());
        let sum = row.sum();
        row /= sum;
    }
    scores
}

/// What is minimised: weighted mean of the negative log likelihood, plus `penalty` / 2 times the squared weights (not the bias).
struct Objective<'a> {
    features: &'a DMatrix<f64>,
    classes: &'a [usize],
    weights: &'a [f64],
    count: usize,
    penalty: f64,
}

impl Objective<'_> {
    /// Value and gradient; `x` holds one column of weights a class, then the biases.
    fn at(&self, x: &DVector<f64>) -> (f64, DVector<f64>) {
        let (n, m, k) = (self.features.nrows(), self.features.ncols(), self.count);
        let w = DMatrix::from_column_slice(m, k, &x.as_slice()[..m * k]);
        let mut scores = self.features * &w;
        for (j, mut column) in scores.column_iter_mut().enumerate() {
            column.add_scalar_mut(x[m * k + j]);
        }
        let mut residual = probabilities(scores);
        let mut loss = 0.0;
        for i in 0..n {
            let class = self.classes[i];
            loss -= self.weights[i] * residual[(i, class)].max(1e-300).ln();
            residual[(i, class)] -= 1.0;
            residual.row_mut(i).scale_mut(self.weights[i]);
        }
        let mut gradient = DVector::zeros(x.len());
        let slope = self.features.tr_mul(&residual) + &w * self.penalty;
        gradient.as_mut_slice()[..m * k].copy_from_slice(slope.as_slice());
        for j in 0..k {
            gradient[m * k + j] = residual.column(j).sum();
        }
        (loss + self.penalty / 2.0 * w.norm_squared(), gradient)
    }
}

/// Weights (features x classes) and biases.
///
/// `weights` of the samples sum to 1.
pub(super) fn fit(
    features: &DMatrix<f64>,
    classes: &[usize],
    weights: &[f64],
    count: usize,
    penalty: f64,
) -> Result<(DMatrix<f64>, DVector<f64>), TeachError> {
    let m = features.ncols();
    let objective = Objective { features, classes, weights, count, penalty };
    let mut x = DVector::zeros(m * count + count);
    let (mut value, mut gradient) = objective.at(&x);
    let mut memory: VecDeque<(DVector<f64>, DVector<f64>, f64)> = VecDeque::new();
    for _ in 0..MAX_STEPS {
        if gradient.amax() < TOLERANCE / count as f64 {
            break;
        }
        let direction = descent(&gradient, &memory);
        let slope = direction.dot(&gradient);
        if !slope.is_finite() || slope >= 0.0 {
            break;
        }
        // Backtracking until the value falls as much as the slope promises.
        let mut step = 1.0;
        let next = loop {
            let candidate = &x + &direction * step;
            let (v, g) = objective.at(&candidate);
            if v <= value + 1e-4 * step * slope {
                break Some((candidate, v, g));
            }
            step /= 2.0;
            if step < 1e-10 {
                break None;
            }
        };
        let Some((candidate, v, g)) = next else { break };
        let (s, y) = (&candidate - &x, &g - &gradient);
        let curvature = s.dot(&y);
        if curvature > 1e-12 {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back((s, y, 1.0 / curvature));
        }
        (x, value, gradient) = (candidate, v, g);
    }
    if !value.is_finite() || x.iter().any(|v| !v.is_finite()) {
        return Err(TeachError::Numbers("the weights became infinite; are there infinite features?"));
    }
    let w = DMatrix::from_column_slice(m, count, &x.as_slice()[..m * count]);
    Ok((w, DVector::from_column_slice(&x.as_slice()[m * count..])))
}

/// The two-loop recursion: minus the inverse curvature times the gradient.
fn descent(gradient: &DVector<f64>, memory: &VecDeque<(DVector<f64>, DVector<f64>, f64)>) -> DVector<f64> {
    let mut q = gradient.clone();
    let mut alphas = Vec::with_capacity(memory.len());
    for (s, y, rho) in memory.iter().rev() {
        let alpha = rho * s.dot(&q);
        q.axpy(-alpha, y, 1.0);
        alphas.push(alpha);
    }
    if let Some((_, y, rho)) = memory.back() {
        q /= rho * y.norm_squared();
    }
    for ((s, y, rho), alpha) in memory.iter().zip(alphas.iter().rev()) {
        let beta = rho * y.dot(&q);
        q.axpy(alpha - beta, s, 1.0);
    }
    -q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_features_the_biases_are_the_log_odds_of_the_classes() {
        // Known answer: probabilities equal the frequencies 1/4 and 3/4.
        let features = DMatrix::zeros(4, 1);
        let (w, b) = fit(&features, &[0, 1, 1, 1], &[0.25; 4], 2, 0.1).unwrap();
        assert!(w.amax() < 1e-6);
        assert!((b[1] - b[0] - 3f64.ln()).abs() < 1e-3, "{b}");
    }

    #[test]
    fn the_gradient_is_that_of_the_value_and_the_end_is_a_minimum() {
        let mut random = super::super::Random::new(3);
        let features = DMatrix::from_fn(30, 4, |_, _| random.unit() - 0.5);
        let classes: Vec<usize> = (0..30).map(|i| if features[(i, 0)] > 0.1 { 2 } else { i % 2 }).collect();
        let weights = vec![1.0 / 30.0; 30];
        let objective = Objective { features: &features, classes: &classes, weights: &weights, count: 3, penalty: 0.01 };
        let x = DVector::from_fn(15, |_, _| random.unit());
        let (_, gradient) = objective.at(&x);
        for i in 0..15 {
            let mut ahead = x.clone();
            ahead[i] += 1e-6;
            let mut behind = x.clone();
            behind[i] -= 1e-6;
            let slope = (objective.at(&ahead).0 - objective.at(&behind).0) / 2e-6;
            assert!((slope - gradient[i]).abs() < 1e-6, "{i}: {slope} {}", gradient[i]);
        }
        let (w, b) = fit(&features, &classes, &weights, 3, 0.01).unwrap();
        let end = DVector::from_iterator(15, w.iter().chain(b.iter()).copied());
        assert!(objective.at(&end).1.amax() < 1e-5);
        let hits = probabilities(&features * &w + DMatrix::from_fn(30, 3, |_, j| b[j]));
        let good = (0..30).filter(|i| classes[*i] != 2 || hits[(*i, 2)] > 0.5).count();
        assert!(good >= 26, "{good} of 30");
    }
}
