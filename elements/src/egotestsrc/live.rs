//! Which frame a live source draws next, so that none comes late. Times in nanoseconds from the stream's first frame.

/// Time of frame `k` at `rate` frames (numerator, denominator) a second.
pub(super) fn time_ns(k: u64, rate: (u32, u32)) -> u64 {
    let ns = u128::from(k) * 1_000_000_000 * u128::from(rate.1) / u128::from(rate.0.max(1));
    u64::try_from(ns).unwrap_or(u64::MAX)
}

/// The first frame at or after `ns`.
pub(super) fn frame_at(ns: u64, rate: (u32, u32)) -> u64 {
    let frames = u128::from(ns) * u128::from(rate.0);
    let frame = u64::try_from(frames / (1_000_000_000 * u128::from(rate.1.max(1)))).unwrap_or(u64::MAX);
    if time_ns(frame, rate) < ns { frame.saturating_add(1) } else { frame }
}

/// How long drawing takes, as far as it can be foretold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Effort {
    mean_ns: f64,
}

impl Effort {
    /// Learns how long a frame took: slower ones at once, faster ones little by little.
    pub(super) fn learn(&mut self, took_ns: u64) {
        let took = took_ns as f64;
        let share = if took > self.mean_ns { 0.5 } else { 0.125 };
        self.mean_ns += share * (took - self.mean_ns);
    }

    /// What the next frame will probably take.
    pub(super) fn ns(&self) -> u64 {
        self.mean_ns as u64
    }

    /// The first frame from `next` on that can be done by the end of its own interval when drawing begins at `now`.
    pub(super) fn choose(&self, next: u64, now_ns: u64, rate: (u32, u32)) -> u64 {
        let done = now_ns.saturating_add(self.ns());
        next.max(frame_at(done.saturating_sub(time_ns(1, rate)), rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn frames_and_times_fit_together_at_every_rate() {
        for rate in [(30, 1), (30_000, 1001), (1, 1), (1000, 1), (7, 3)] {
            for k in [0, 1, 2, 29, 30, 1_000_003] {
                assert_eq!(frame_at(time_ns(k, rate), rate), k, "{rate:?}");
                assert_eq!(frame_at(time_ns(k, rate) + 1, rate), k + 1, "{rate:?}");
            }
        }
        assert_eq!(time_ns(30, (30_000, 1001)), 1_001_000_000);
    }

    /// Draws for a while with frames that take `took` and returns which ones were drawn and how late each was done.
    fn run(took_ms: u64, rate: (u32, u32)) -> Vec<(u64, i64)> {
        let mut effort = Effort::default();
        let (mut now, mut next) = (0, 0);
        (0..200)
            .map(|_| {
                let frame = effort.choose(next, now, rate);
                next = frame + 1;
                effort.learn(took_ms * MS);
                let done = now + took_ms * MS;
                let late = done as i64 - time_ns(frame + 1, rate) as i64;
                // Nothing leaves before its time.
                now = done.max(time_ns(frame, rate));
                (frame, late)
            })
            .collect()
    }

    #[test]
    fn a_fast_machine_draws_every_frame() {
        let drawn = run(20, (30, 1));
        assert!(drawn.iter().enumerate().all(|(i, (frame, late))| *frame == i as u64 && *late <= 0), "{drawn:?}");
    }

    #[test]
    fn a_slow_machine_skips_but_is_never_late_once_it_knows() {
        let drawn = run(80, (30, 1));
        assert!(drawn.windows(2).all(|w| w[1].0 > w[0].0));
        // 80 ms are 2.4 frames.
        let frames = drawn[199].0 as f64;
        assert!((frames / 199.0 - 2.4).abs() < 0.1, "{frames}");
        assert!(drawn.iter().skip(12).all(|(_, late)| *late <= MS as i64), "{drawn:?}");
    }
}
