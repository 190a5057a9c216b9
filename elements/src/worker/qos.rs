//! When downstream is late: skip the analysis, never the frame.

/// Running time between two QoS messages, nanoseconds.
const MESSAGE_EVERY_NS: u64 = 1_000_000_000;

/// Longest stretch of running time that may go by without any analysis, nanoseconds. A pipeline that is late by a constant (say,
/// because a sink was told a wrong latency) would otherwise never see a result.
const STARVED_AFTER_NS: u64 = 1_000_000_000;

/// A QoS event, in running time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The frame at this running time came to the sink late by this much (negative: early).
    Lateness { running_time_ns: u64, diff_ns: i64 },
    /// The sink wants at most one result in this time.
    Throttle { interval_ns: u64 },
}

/// Decides for each frame whether there is time to analyse it. All times are running times.
#[derive(Debug, Default)]
pub(crate) struct QosRule {
    earliest_ns: Option<u64>,
    throttle_ns: Option<u64>,
    analysed_at_ns: Option<u64>,
    message_at_ns: Option<u64>,
}

impl QosRule {
    /// Takes a QoS event from downstream.
    pub(crate) fn report(&mut self, report: Report) {
        match report {
            Report::Lateness { running_time_ns, diff_ns } => self.earliest_ns = Some(running_time_ns.saturating_add_signed(diff_ns)),
            Report::Throttle { interval_ns } => self.throttle_ns = (interval_ns > 0).then_some(interval_ns),
        }
    }

    /// Whether a frame would come too late if it were analysed first, or sooner than downstream asked for.
    pub(crate) fn skip(&self, running_time_ns: u64, latency_ns: u64) -> bool {
        let since = self.analysed_at_ns.and_then(|at| running_time_ns.checked_sub(at));
        if since.is_none_or(|since| since >= STARVED_AFTER_NS.max(self.throttle_ns.unwrap_or(0))) {
            return false;
        }
        let late = self.earliest_ns.is_some_and(|earliest| running_time_ns.saturating_add(latency_ns) < earliest);
        let too_soon = self.throttle_ns.zip(since).is_some_and(|(throttle, since)| since < throttle);
        late || too_soon
    }

    /// Remembers that the frame at this running time goes to the analysis.
    pub(crate) fn analysed(&mut self, running_time_ns: u64) {
        self.analysed_at_ns = Some(running_time_ns);
    }

    /// Whether a QoS message may be posted for a frame; at most one a second.
    pub(crate) fn message(&mut self, running_time_ns: u64) -> bool {
        let due = self.message_at_ns.and_then(|at| running_time_ns.checked_sub(at)).is_none_or(|since| since >= MESSAGE_EVERY_NS);
        if due {
            self.message_at_ns = Some(running_time_ns);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn late(at_ms: u64, by_ms: i64) -> Report {
        Report::Lateness { running_time_ns: at_ms * MS, diff_ns: by_ms * MS as i64 }
    }

    #[test]
    fn frames_that_would_be_late_are_skipped_until_the_pipeline_has_caught_up() {
        let mut rule = QosRule::default();
        rule.analysed(0);
        assert!(!rule.skip(33 * MS, 20 * MS), "nobody complained");
        rule.report(late(0, 100));
        assert!(rule.skip(33 * MS, 20 * MS));
        assert!(rule.skip(66 * MS, 20 * MS));
        assert!(!rule.skip(100 * MS, 20 * MS));
        rule.report(late(66, -10));
        assert!(!rule.skip(67 * MS, 0), "early again");
    }

    #[test]
    fn the_first_frame_and_one_frame_a_second_are_analysed_whatever_downstream_says() {
        let mut rule = QosRule::default();
        rule.report(late(0, 60_000));
        assert!(!rule.skip(0, 0), "there is no earlier result");
        rule.analysed(0);
        assert!(rule.skip(999 * MS, 0));
        assert!(!rule.skip(1000 * MS, 0));
        rule.analysed(5000 * MS);
        assert!(!rule.skip(100 * MS, 0), "running time went back");
    }

    #[test]
    fn a_throttle_limits_the_rate_until_it_is_lifted() {
        let mut rule = QosRule::default();
        rule.analysed(0);
        rule.report(Report::Throttle { interval_ns: 2000 * MS });
        assert!(rule.skip(1999 * MS, 0));
        assert!(!rule.skip(2000 * MS, 0));
        rule.report(Report::Throttle { interval_ns: 0 });
        assert!(!rule.skip(33 * MS, 0));
    }

    #[test]
    fn messages_are_a_second_apart() {
        let mut rule = QosRule::default();
        let posted: Vec<u64> = (0..90u64).map(|i| i * 33).filter(|ms| rule.message(ms * MS)).collect();
        assert_eq!(posted, [0, 1023, 2046]);
    }
}
