//! What the element knows about time on its stream: whether it is live, and what to answer to a LATENCY query.

use super::latency::LatencyEstimate;
use super::mode::Policy;

/// Analyses before a verdict about the model's speed; the first ones are slow everywhere.
const WARM_UP: usize = 5;

/// Filled by the streaming thread and by LATENCY queries.
#[derive(Debug)]
pub(crate) struct Answer {
    /// From upstream's last answer; `None` before the first.
    pub(crate) live: Option<bool>,
    /// 0 when not known.
    pub(crate) frame_duration_ns: u64,
    estimate: LatencyEstimate,
    warned: bool,
}

impl Answer {
    pub(crate) fn new() -> Answer {
        Answer { live: None, frame_duration_ns: 0, estimate: LatencyEstimate::new(), warned: false }
    }

    /// Takes the delay of a frame by its analysis.
    pub(crate) fn add(&mut self, delay_ns: u64) {
        self.estimate.add(delay_ns);
    }

    /// Time that one analysis takes: the property `latency` (-1: as measured).
    pub(crate) fn analysis_ns(&self, property_ns: i64) -> u64 {
        u64::try_from(property_ns).unwrap_or_else(|_| self.estimate.with_headroom_ns())
    }

    /// By how much frames of a live stream are delayed; remembers that somebody was told.
    pub(crate) fn delay_ns(&mut self, policy: Policy, property_ns: i64) -> u64 {
        self.estimate.answered();
        policy.delay_ns(self.analysis_ns(property_ns), self.frame_duration_ns)
    }

    /// Whether a LATENCY message is due.
    pub(crate) fn announce(&mut self, policy: Policy, property_ns: i64) -> bool {
        policy != Policy::Latest && property_ns < 0 && self.live == Some(true) && self.estimate.announce()
    }

    /// Whether to warn, once, that frames wait longer for their results than live frames can: the time of an analysis, when it is
    /// longer than `interval` frames.
    pub(crate) fn too_slow(&mut self, policy: Policy, interval: u32) -> Option<u64> {
        let time_ns = self.frame_duration_ns.saturating_mul(u64::from(interval));
        let slow = policy != Policy::Latest
            && self.live == Some(true)
            && time_ns > 0
            && self.estimate.samples() >= WARM_UP
            && self.estimate.measured_ns() > time_ns;
        (slow && !std::mem::replace(&mut self.warned, true)).then(|| self.estimate.measured_ns())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const SYNC: Policy = Policy::InOrder { waiting: 0 };

    fn live(delay_ms: u64) -> Answer {
        let mut answer = Answer { live: Some(true), frame_duration_ns: 33 * MS, ..Answer::new() };
        (0..WARM_UP).for_each(|_| answer.add(delay_ms * MS));
        answer
    }

    #[test]
    fn the_property_overrules_the_measurement() {
        let mut answer = live(100);
        assert_eq!(answer.delay_ns(SYNC, -1), 105 * MS);
        assert_eq!(answer.delay_ns(SYNC, 7), 7);
        assert_eq!(answer.delay_ns(Policy::InOrder { waiting: 2 }, 0), 66 * MS);
        assert_eq!(answer.delay_ns(Policy::Latest, 7), 0);
    }

    #[test]
    fn only_live_frames_that_wait_are_worth_a_message() {
        assert!(live(100).announce(SYNC, -1));
        assert!(!live(100).announce(SYNC, 5), "the user has said how long");
        assert!(!live(100).announce(Policy::Latest, -1), "no frame waits");
        assert!(!Answer { live: Some(false), ..live(100) }.announce(SYNC, -1), "not live");
    }

    #[test]
    fn a_slow_model_is_reported_once_and_only_when_it_cannot_keep_up() {
        let mut slow = live(50);
        assert_eq!((slow.too_slow(SYNC, 1), slow.too_slow(SYNC, 1)), (Some(50 * MS), None));
        assert_eq!(live(50).too_slow(SYNC, 2), None, "every second frame is slow enough");
        assert_eq!(live(50).too_slow(Policy::Latest, 1), None);
        assert_eq!(live(30).too_slow(SYNC, 1), None);
        assert_eq!(Answer { live: Some(false), ..live(50) }.too_slow(SYNC, 1), None);
        let mut cold = Answer { live: Some(true), frame_duration_ns: 33 * MS, ..Answer::new() };
        cold.add(500 * MS);
        assert_eq!(cold.too_slow(SYNC, 1), None, "the first analysis says nothing");
    }
}
