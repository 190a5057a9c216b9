//! The One-Euro filter: smooth when slow, quick when fast (Casiez, Roussel, Vogel, CHI 2012).

/// How much to smooth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneEuro {
    /// Cutoff for a value at rest, Hz: lower is smoother.
    pub min_cutoff_hz: f64,
    /// Cutoff gained per unit of speed (value units a second): higher lags less.
    pub beta: f64,
    /// Cutoff of the speed estimate, Hz.
    pub derivative_cutoff_hz: f64,
}

/// State of the filter for `N` values that share one clock.
#[derive(Clone, Debug, PartialEq)]
pub struct OneEuroFilter<const N: usize> {
    settings: OneEuro,
    last: Option<([f64; N], [f64; N])>,
}

/// Weight of a new sample in an exponential filter of this cutoff.
fn alpha(cutoff_hz: f64, dt_s: f64) -> f64 {
    let tau = 1.0 / (2.0 * std::f64::consts::PI * cutoff_hz);
    1.0 / (1.0 + tau / dt_s)
}

impl<const N: usize> OneEuroFilter<N> {
    /// A filter without history: the first sample passes unchanged.
    pub fn new(settings: OneEuro) -> Self {
        OneEuroFilter { settings, last: None }
    }

    /// Forgets the history.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// Filters a sample taken `dt_s` seconds after the last one.
    ///
    /// `unit` is the length that `beta` is measured in (for a hand its size), so that near and far hands are treated alike. A
    /// sample that is not finite passes and starts the history anew, as does a step in time that is not positive.
    pub fn filter(&mut self, sample: [f64; N], dt_s: f64, unit: f64) -> [f64; N] {
        let finite = sample.iter().all(|v| v.is_finite());
        let usable = finite && dt_s.is_finite() && dt_s > 0.0 && unit.is_finite() && unit > 0.0;
        let Some((value, speed)) = self.last.filter(|_| usable) else {
            self.last = finite.then_some((sample, [0.0; N]));
            return sample;
        };
        let ad = alpha(self.settings.derivative_cutoff_hz, dt_s);
        let mut next = (value, speed);
        for i in 0..N {
            let raw = (sample[i] - value[i]) / dt_s;
            next.1[i] = speed[i] + ad * (raw - speed[i]);
            let cutoff = self.settings.min_cutoff_hz + self.settings.beta * next.1[i].abs() / unit;
            next.0[i] = value[i] + alpha(cutoff, dt_s) * (sample[i] - value[i]);
        }
        self.last = Some(next);
        next.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: OneEuro = OneEuro { min_cutoff_hz: 1.0, beta: 0.0, derivative_cutoff_hz: 1.0 };

    #[test]
    fn without_beta_it_is_the_exponential_filter_of_its_cutoff() {
        // Known answer: dt = 1/(2 pi) s at 1 Hz gives alpha = 1/2.
        let mut f = OneEuroFilter::<1>::new(SETTINGS);
        let dt = 1.0 / (2.0 * std::f64::consts::PI);
        let out: Vec<f64> = [0.0, 1.0, 1.0, 1.0].iter().map(|v| f.filter([*v], dt, 1.0)[0]).collect();
        for (got, want) in out.iter().zip([0.0, 0.5, 0.75, 0.875]) {
            assert!((got - want).abs() < 1e-12, "{out:?}");
        }
    }

    #[test]
    fn speed_opens_the_filter_and_rest_closes_it() {
        let mut slow = OneEuroFilter::<1>::new(SETTINGS);
        let mut quick = OneEuroFilter::<1>::new(OneEuro { beta: 1.0, ..SETTINGS });
        let (mut a, mut b) = (0.0, 0.0);
        for i in 0..30 {
            let x = f64::from(i) * 0.2;
            a = slow.filter([x], 1.0 / 30.0, 1.0)[0];
            b = quick.filter([x], 1.0 / 30.0, 1.0)[0];
        }
        let end = 29.0 * 0.2;
        assert!(end - b < (end - a) / 3.0, "lag with beta {} against {}", end - b, end - a);
    }

    #[test]
    fn a_gap_or_a_bad_sample_starts_anew() {
        let mut f = OneEuroFilter::<2>::new(SETTINGS);
        f.filter([0.0, 0.0], 0.1, 1.0);
        assert!(f.filter([f64::NAN, 1.0], 0.1, 1.0)[0].is_nan());
        assert_eq!(f.filter([5.0, 5.0], 0.1, 1.0), [5.0, 5.0]);
        assert_eq!(f.filter([7.0, 7.0], 0.0, 1.0), [7.0, 7.0]);
    }
}
