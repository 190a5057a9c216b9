//! Samples with time stamps, resampled to a fixed step, so that a window means the same at every frame rate.

use std::collections::VecDeque;

/// What was left out of the features, and why. Counts only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skips {
    /// Frames that were offered.
    pub frames: u64,
    /// Frames whose time stamp stood still or jumped back.
    pub time: u64,
    /// Subjects with coordinates that are not finite, or beyond any picture.
    pub not_finite: u64,
    /// Bodies without neck or hips, or without size.
    pub rejected: u64,
    /// Joints that were carried over from the frame before.
    pub filled: u64,
    /// Windows that started anew: after a gap, a rejected frame, another track or a jump in time.
    pub restarts: u64,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// It is the newest now.
    Taken,
    /// It is the first of a new window.
    Restarted,
    /// Its time stamp is not after the newest one: left out.
    Skipped,
}

/// A pause longer than this, seconds, starts a new window: nobody knows what happened in it.
const MAX_GAP_S: f64 = 0.5;
/// A time stamp that lies further back than this, seconds, is a jump in the stream and not a frame out of order.
const JUMP_BACK_S: f64 = 0.5;
/// After so many frames out of order in a row the clock itself has changed.
const MAX_OUT_OF_ORDER: u32 = 5;
/// Stamps nearer than this, seconds, count as standing still: differences between them are noise divided by nothing.
const MIN_STEP_S: f64 = 5e-4;
/// The oldest instant of a window may lie before the oldest sample by this share of a step, for the sake of jittering stamps.
const SLACK: f64 = 0.05;

/// Samples of equal width, oldest first.
#[derive(Clone, Debug)]
pub struct History {
    span_s: f64,
    samples: VecDeque<(f64, Vec<f64>)>,
    out_of_order: u32,
}

impl History {
    /// Keeps what a window of `span_s` seconds needs.
    pub fn new(span_s: f64) -> History {
        History { span_s, samples: VecDeque::new(), out_of_order: 0 }
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.out_of_order = 0;
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Time of the newest sample, seconds.
    pub fn newest_s(&self) -> Option<f64> {
        self.samples.back().map(|(t, _)| *t)
    }

    /// Adds a sample taken at `time_s`.
    pub fn push(&mut self, time_s: f64, values: Vec<f64>) -> Push {
        let mut outcome = Push::Taken;
        if let Some(newest) = self.newest_s() {
            let step = time_s - newest;
            if !(-JUMP_BACK_S..=MAX_GAP_S).contains(&step) || self.samples.back().is_some_and(|(_, v)| v.len() != values.len()) {
                outcome = Push::Restarted;
            } else if step < MIN_STEP_S {
                self.out_of_order += 1;
                if self.out_of_order <= MAX_OUT_OF_ORDER || step.abs() < MIN_STEP_S {
                    return Push::Skipped;
                }
                outcome = Push::Restarted;
            }
            if outcome == Push::Restarted {
                self.samples.clear();
            }
        }
        self.out_of_order = 0;
        self.samples.push_back((time_s, values));
        // One sample more than the span on the old side, for the slope of the interpolation.
        while self.samples.len() > 3 && self.samples.get(2).is_some_and(|(t, _)| time_s - t > self.span_s) {
            self.samples.pop_front();
        }
        outcome
    }

    /// `frames` samples that lie `step_s` apart and end with the newest, oldest first; `None` while the window is not full.
    pub fn window(&self, frames: usize, step_s: f64) -> Option<Vec<Vec<f64>>> {
        let (newest, oldest) = (self.newest_s()?, self.samples.front()?.0);
        (0..frames)
            .rev()
            .map(|back| {
                let time = newest - back as f64 * step_s;
                (time >= oldest - SLACK * step_s).then(|| self.at(time.max(oldest)))
            })
            .collect()
    }

    /// Values at an instant inside the history, by cubic Hermite interpolation with the slopes of parabolas through three samples.
    fn at(&self, time: f64) -> Vec<f64> {
        let next = self.samples.partition_point(|(t, _)| *t < time);
        let sample = |i: usize| self.samples.get(i);
        let (Some((t1, v1)), Some((t0, v0))) = (sample(next), sample(next.saturating_sub(1))) else {
            return self.samples.back().map(|(_, v)| v.clone()).unwrap_or_default();
        };
        let h = t1 - t0;
        if next == 0 || h <= 0.0 || t1 - time < 1e-9 {
            return v1.clone();
        }
        let (before, after) = (next.checked_sub(2).and_then(sample), sample(next + 1));
        let s = (time - t0) / h;
        let basis = [(1.0 + 2.0 * s) * (1.0 - s) * (1.0 - s), s * (1.0 - s) * (1.0 - s), s * s * (3.0 - 2.0 * s), s * s * (s - 1.0)];
        (0..v1.len())
            .map(|k| {
                let value = |of: Option<&(f64, Vec<f64>)>| of.and_then(|(t, v)| v.get(k).map(|v| (*t, *v))).filter(|(_, v)| v.is_finite());
                let (y0, y1) = (v0.get(k).copied().unwrap_or(f64::NAN), v1.get(k).copied().unwrap_or(f64::NAN));
                let secant = (y1 - y0) / h;
                let left = value(before).map(|(t, y)| (t0 - t, (y0 - y) / (t0 - t)));
                let right = value(after).map(|(t, y)| (t - t1, (y - y1) / (t - t1)));
                let (m0, m1) = slopes(secant, h, left, right);
                basis[0] * y0 + basis[1] * h * m0 + basis[2] * y1 + basis[3] * h * m1
            })
            .collect()
    }
}

/// Slopes at both ends of an interval of length `h`, from its own secant and (length, secant) of its neighbours.
fn slopes(secant: f64, h: f64, left: Option<(f64, f64)>, right: Option<(f64, f64)>) -> (f64, f64) {
    let inner = |(other_h, other): (f64, f64)| (other * h + secant * other_h) / (h + other_h);
    // Without a neighbour the parabola through the other three samples goes on.
    let end = |(other_h, other): (f64, f64)| secant + (secant - other) * h / (h + other_h);
    match (left, right) {
        (Some(l), Some(r)) => (inner(l), inner(r)),
        (Some(l), None) => (inner(l), end(l)),
        (None, Some(r)) => (end(r), inner(r)),
        (None, None) => (secant, secant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fed(times: &[f64], value: impl Fn(f64) -> f64) -> History {
        let mut history = History::new(1.0);
        times.iter().for_each(|t| {
            history.push(*t, vec![value(*t)]);
        });
        history
    }

    #[test]
    fn on_the_grid_the_samples_themselves_come_out() {
        let times: Vec<f64> = (0..20).map(|i| f64::from(i) * 0.1).collect();
        let window = fed(&times, |t| t.sin()).window(3, 0.1).unwrap();
        for (row, t) in window.iter().zip([1.7f64, 1.8, 1.9]) {
            assert!((row[0] - t.sin()).abs() < 1e-6, "{window:?}");
        }
    }

    #[test]
    fn a_window_is_given_only_when_it_is_full() {
        let mut history = History::new(0.2);
        assert_eq!(history.window(1, 0.1), None);
        assert_eq!(history.push(0.0, vec![1.0]), Push::Taken);
        assert_eq!(history.window(1, 0.1), Some(vec![vec![1.0]]));
        history.push(0.1, vec![2.0]);
        assert_eq!(history.window(3, 0.1), None);
        history.push(0.2, vec![3.0]);
        assert_eq!(history.window(3, 0.1), Some(vec![vec![1.0], vec![2.0], vec![3.0]]));
    }

    #[test]
    fn standing_and_backward_stamps_are_skipped_and_a_changed_clock_starts_anew() {
        let mut history = fed(&[10.0, 10.1, 10.2], |t| t);
        assert_eq!(history.push(10.2, vec![0.0]), Push::Skipped);
        assert_eq!(history.push(10.1, vec![0.0]), Push::Skipped);
        assert_eq!(history.window(2, 0.1).unwrap()[1], [10.2]);
        assert_eq!(history.push(10.3, vec![10.3]), Push::Taken);
        assert_eq!(history.push(4.0, vec![4.0]), Push::Restarted);
        assert_eq!(history.window(2, 0.1), None);
        assert_eq!(history.push(9.0, vec![9.0]), Push::Restarted, "a gap");
        // A clip of 0.4 s that is played in a loop must not be refused for ever.
        let outcomes: Vec<Push> = (0..7).map(|i| history.push(8.8 + 0.01 * f64::from(i), vec![0.0])).collect();
        assert!(outcomes.contains(&Push::Restarted), "{outcomes:?}");
        for _ in 0..20 {
            assert_eq!(history.push(history.newest_s().unwrap(), vec![0.0]), Push::Skipped, "a clock that stands is never time");
        }
    }

    proptest! {
        #[test]
        fn parabolas_are_met_exactly_whatever_the_stamps(a in -3.0..3.0f64, b in -3.0..3.0f64, c in -3.0..3.0f64,
                                                         steps in proptest::collection::vec(0.01..0.12f64, 8..20)) {
            let times: Vec<f64> = steps.iter().scan(0.0, |t, s| { *t += s; Some(*t) }).collect();
            let f = |t: f64| a + b * t + c * t * t;
            let history = fed(&times, f);
            let now = *times.last().unwrap();
            if let Some(window) = history.window(4, 0.07) {
                for (i, row) in window.iter().enumerate() {
                    let t = (now - 0.07 * (3 - i) as f64).max(times[0]);
                    prop_assert!((row[0] - f(t)).abs() < 1e-9, "{} {}", row[0], f(t));
                }
            }
        }
    }
}
