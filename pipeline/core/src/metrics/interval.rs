//! Intervals of 95 % around shares, means and anything else.

/// The standard normal's quantile of 0.975.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's interval of 95 % around `hits` of `total`; `None` without any (Wilson 1927).
pub fn wilson(hits: u64, total: u64) -> Option<[f64; 2]> {
    if total == 0 {
        return None;
    }
    let (n, p) = (total as f64, hits.min(total) as f64 / total as f64);
    let z2 = Z95 * Z95;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some([(centre - half).max(0.0), (centre + half).min(1.0)])
}

/// Percentile bootstrap of 95 %: `statistic` of `resamples` draws of whole `units` with replacement (Efron 1979). Frames of one clip
/// resemble one another, so the unit to draw is the clip.
///
/// The draws are the same for the same seed. `None` when there is no unit or the statistic has no value for any draw.
pub fn bootstrap<T>(units: &[T], statistic: impl Fn(&[&T]) -> Option<f64>, resamples: usize, seed: u64) -> Option<[f64; 2]> {
    bootstrap_all(units, |draw| vec![statistic(draw)], resamples, seed).pop().flatten()
}

/// [`bootstrap`] of several statistics of the same draws; as many intervals as `statistics` gives values.
pub fn bootstrap_all<T>(units: &[T], statistics: impl Fn(&[&T]) -> Vec<Option<f64>>, resamples: usize, seed: u64) -> Vec<Option<[f64; 2]>> {
    let mut state = seed;
    let mut drawn = Vec::with_capacity(units.len());
    let mut values: Vec<Vec<f64>> = Vec::new();
    for _ in 0..resamples {
        drawn.clear();
        drawn.extend((0..units.len()).filter_map(|_| units.get(below(&mut state, units.len()))));
        for (i, value) in statistics(&drawn).into_iter().enumerate() {
            if values.len() <= i {
                values.push(Vec::with_capacity(resamples));
            }
            values[i].extend(value.filter(|v| v.is_finite()));
        }
    }
    values.iter_mut().map(|v| Some([quantile(v, 0.025)?, quantile(v, 0.975)?])).collect()
}

/// The quantile of values, with linear interpolation between the two nearest (NumPy's default); `None` without values.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = q.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    // Equal ones first: two infinities have no difference.
    Some(if low == high { low } else { low + (high - low) * at.fract() })
}

/// The next number of SplitMix64 (Steele, Lea, Flood 2014), brought below `n`.
fn below(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    ((u128::from(z) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(k, n).proportion_ci(method="wilson")`, SciPy 1.17.
    #[test]
    fn wilson_is_that_of_scipy() {
        for (hits, total, low, high) in WILSON_OF_SCIPY {
            let [a, b] = wilson(hits, total).expect("some");
            assert!((a - low).abs() < 1e-9 && (b - high).abs() < 1e-9, "{hits}/{total}: {a} {b}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // np.quantile([3, 1, 2, 10], [0, .25, .5, .975, 1])
        for (q, want) in [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.975, 9.475), (1.0, 10.0)] {
            assert!((quantile(&mut [3.0, 1.0, 2.0, 10.0], q).expect("some") - want).abs() < 1e-12);
        }
        assert_eq!(quantile(&mut [], 0.5), None);
        assert_eq!(quantile(&mut [1.0, f64::INFINITY, f64::INFINITY], 0.75), Some(f64::INFINITY));
    }

    #[test]
    fn the_bootstrap_of_a_mean_is_as_wide_as_theory_says() {
        // 400 values 0 or 1, half and half: the mean's standard error is 0.5 / 20 = 0.025.
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let mean = |draw: &[&f64]| Some(draw.iter().copied().sum::<f64>() / draw.len() as f64);
        let [low, high] = bootstrap(&values, mean, 2000, 7).expect("some");
        assert!((low - (0.5 - Z95 * 0.025)).abs() < 0.006 && (high - (0.5 + Z95 * 0.025)).abs() < 0.006, "{low} {high}");
        assert_eq!(bootstrap(&values, mean, 2000, 7), Some([low, high]), "the same seed, the same draws");
        assert_eq!(bootstrap(&[5.0], mean, 10, 1), Some([5.0, 5.0]));
        assert_eq!(bootstrap(&[] as &[f64], mean, 10, 1).filter(|v| v[0].is_finite()), None);
    }

    /// Reference outputs for seed 1234567 (Vigna's splitmix64.c).
    #[test]
    fn numbers_are_those_of_splitmix64() {
        let mut state = 1_234_567;
        let first: Vec<usize> = (0..3).map(|_| below(&mut state, 1000)).collect();
        let reference = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, reference.map(|z| ((u128::from(z) * 1000) >> 64) as usize));
    }

    const WILSON_OF_SCIPY: [(u64, u64, f64, f64); 5] = [
        (222, 242, 0.8758026251100943, 0.9458651316995081),
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1.0),
        (1, 3, 0.06149194472039626, 0.7923403991979523),
        (660, 720, 0.8941998077954738, 0.9347109884685856),
    ];
}
