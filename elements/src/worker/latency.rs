//! How long an analysis delays a frame, and when that is worth a LATENCY message.

use super::ring::Ring;

/// Analyses that the estimate looks back on.
const WINDOW: usize = 128;

/// Estimate of the delay: 95th percentile of the last analyses plus 5 %, announced with hysteresis.
///
/// The rule is nnstreamer's (tensor_filter `latency-report`): announce again when a measurement exceeds what was announced, or
/// falls below three quarters of it. So an application recalculates its latency twice in a run, not at every frame.
#[derive(Debug)]
pub(crate) struct LatencyEstimate {
    delays: Ring,
    measured_ns: u64,
    announced_ns: Option<u64>,
}

impl LatencyEstimate {
    pub(crate) fn new() -> LatencyEstimate {
        LatencyEstimate { delays: Ring::new(WINDOW), measured_ns: 0, announced_ns: None }
    }

    /// Takes the delay of one more frame.
    pub(crate) fn add(&mut self, delay_ns: u64) {
        self.delays.push(delay_ns);
        self.measured_ns = self.delays.percentile(95);
    }

    /// Frames measured, at most the window.
    pub(crate) fn samples(&self) -> usize {
        self.delays.len()
    }

    /// 95th percentile of the delays, without headroom.
    pub(crate) fn measured_ns(&self) -> u64 {
        self.measured_ns
    }

    /// What to answer to a LATENCY query.
    pub(crate) fn with_headroom_ns(&self) -> u64 {
        self.measured_ns.saturating_add(self.measured_ns / 20)
    }

    /// Remembers that a query was answered with the present estimate.
    pub(crate) fn answered(&mut self) {
        self.announced_ns = Some(self.with_headroom_ns());
    }

    /// Whether to post a LATENCY message now; remembers that it was posted.
    pub(crate) fn announce(&mut self) -> bool {
        let worth = match self.announced_ns {
            None => self.measured_ns > 0,
            Some(announced) => self.measured_ns > announced || self.measured_ns < announced / 4 * 3,
        };
        if worth {
            self.answered();
        }
        worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn five_per_cent_are_added_to_the_95th_percentile() {
        let mut e = LatencyEstimate::new();
        (1..=100).for_each(|ms| e.add(ms * MS));
        assert_eq!((e.measured_ns(), e.with_headroom_ns()), (95 * MS, 95 * MS + 95 * MS / 20));
    }

    #[test]
    fn small_changes_are_not_announced_and_large_ones_once() {
        let mut e = LatencyEstimate::new();
        let mut announce = |ms: u64| {
            e.add(ms * MS);
            e.announce()
        };
        assert!(announce(100), "the first measurement");
        assert!(!announce(104), "within the headroom of 105 ms");
        assert!(announce(106), "above it");
        assert!(!announce(106) && !announce(111), "once");
        // 128 short ones push the long ones out of the window, so that the estimate falls to 82 ms, then to 70 ms.
        assert_eq!((0..WINDOW).filter(|_| announce(84)).count(), 0, "84 > 3/4 of 111.3");
        assert_eq!((0..WINDOW).filter(|_| announce(70)).count(), 1, "70 < 3/4 of 111.3");
    }

    #[test]
    fn an_answer_counts_as_an_announcement() {
        let mut e = LatencyEstimate::new();
        assert!(!e.announce(), "nothing measured");
        e.add(10 * MS);
        e.answered();
        assert!(!e.announce());
        assert_eq!(e.samples(), 1);
    }
}
