//! Labels over time against true labels: segments, delays, and what is said while nothing happens.

/// A stretch of time with one label; times in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The label.
    pub label: String,
    /// When it begins.
    pub since_ns: u64,
    /// When it ends.
    pub until_ns: u64,
}

impl Labelled {
    fn common_ns(&self, other: &Labelled) -> u64 {
        self.until_ns.min(other.until_ns).saturating_sub(self.since_ns.max(other.since_ns))
    }

    /// Intersection over union in time.
    pub fn overlap(&self, other: &Labelled) -> f64 {
        let both = self.common_ns(other);
        let all = self.until_ns.max(other.until_ns).saturating_sub(self.since_ns.min(other.since_ns));
        if all > 0 { both as f64 / all as f64 } else { 0.0 }
    }
}

/// Labels frame by frame joined to stretches; `None` is no label. A stretch ends where the next frame begins.
pub fn stretches<'a>(frames: impl IntoIterator<Item = (u64, Option<&'a str>)>) -> Vec<Labelled> {
    let mut all: Vec<Labelled> = Vec::new();
    let mut open = false;
    for (time_ns, label) in frames {
        if open && let Some(last) = all.last_mut() {
            last.until_ns = last.until_ns.max(time_ns);
            open = label == Some(last.label.as_str());
        }
        if let Some(label) = label
            && !open
        {
            all.push(Labelled { label: label.to_owned(), since_ns: time_ns, until_ns: time_ns });
            open = true;
        }
    }
    all
}

/// Right, wrong and missed segments; they add up over clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentTally {
    /// Found segments that are right.
    pub right: u64,
    /// Found segments that are not.
    pub wrong: u64,
    /// True segments without a found one.
    pub missed: u64,
}

impl SegmentTally {
    /// The segmental F1 (Lea et al., "Temporal convolutional networks for action segmentation", 2017).
    pub fn f1(&self) -> Option<f64> {
        let all = 2 * self.right + self.wrong + self.missed;
        (all > 0).then(|| 2.0 * self.right as f64 / all as f64)
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &SegmentTally) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
    }
}

/// Segments against true segments at an overlap in 0..1: a found one is right when the true one of its label with the largest overlap
/// has at least `at`, and no earlier one has taken it.
pub fn segment_tally(truth: &[Labelled], found: &[Labelled], at: f64) -> SegmentTally {
    let mut taken = vec![false; truth.len()];
    let mut tally = SegmentTally::default();
    for segment in found {
        let same = truth.iter().enumerate().filter(|(_, t)| t.label == segment.label);
        let nearest = same.map(|(i, t)| (t.overlap(segment), i)).max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest.filter(|(overlap, i)| *overlap >= at && *overlap > 0.0 && !taken[*i]) {
            Some((_, i)) => {
                taken[i] = true;
                tally.right += 1;
            }
            None => tally.wrong += 1,
        }
    }
    tally.missed = taken.iter().filter(|t| !**t).count() as u64;
    tally
}

/// For each true segment the time until its label was first told, seconds; infinite when it was not told before it ended.
///
/// `told` has each stable label with the time at which it was first shown, not the time at which it is said to have begun.
pub fn delays_s(truth: &[Labelled], told: &[Labelled]) -> Vec<f64> {
    let delay = |t: &Labelled| {
        let shown = told.iter().filter(|f| f.label == t.label && f.since_ns <= t.until_ns && f.until_ns >= t.since_ns);
        // A label that is already there when the action begins has no delay.
        let first = shown.map(|f| f.since_ns.saturating_sub(t.since_ns)).min();
        first.map_or(f64::INFINITY, |ns| ns as f64 / 1e9)
    };
    truth.iter().map(delay).collect()
}

/// What was said while nothing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IdleTally {
    /// Time without a true label, seconds.
    pub idle_s: f64,
    /// Labels of no action that they share time with, at least half of whose own time lies in it.
    pub labels: u64,
    /// Labels of no action that they share time with that began in it: also a wrong name for the next action that begins a moment early.
    pub begun: u64,
}

impl IdleTally {
    /// False labels a minute of idle time.
    pub fn per_minute(&self) -> Option<f64> {
        self.rate(self.labels)
    }

    /// Those that began in idle time, a minute of it.
    pub fn begun_per_minute(&self) -> Option<f64> {
        self.rate(self.begun)
    }

    fn rate(&self, labels: u64) -> Option<f64> {
        (self.idle_s > 0.0).then(|| labels as f64 * 60.0 / self.idle_s)
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &IdleTally) {
        self.idle_s += other.idle_s;
        self.labels += other.labels;
        self.begun += other.begun;
    }
}

/// Counts labels given while nothing happened. `span_ns` is the time that was watched.
pub fn idle_tally(truth: &[Labelled], found: &[Labelled], span_ns: [u64; 2]) -> IdleTally {
    let busy: u64 = truth.iter().map(|t| t.until_ns.min(span_ns[1]).saturating_sub(t.since_ns.max(span_ns[0]))).sum();
    let idle = span_ns[1].saturating_sub(span_ns[0]).saturating_sub(busy);
    let of_none = |f: &&Labelled| !truth.iter().any(|t| t.label == f.label && t.common_ns(f) > 0);
    let mostly = |f: &&Labelled| 2 * truth.iter().map(|t| t.common_ns(f)).sum::<u64>() <= f.until_ns.saturating_sub(f.since_ns);
    let begun = |f: &&Labelled| !truth.iter().any(|t| (t.since_ns..t.until_ns).contains(&f.since_ns));
    let false_ones = || found.iter().filter(of_none);
    IdleTally {
        idle_s: idle as f64 / 1e9,
        labels: false_ones().filter(mostly).count() as u64,
        begun: false_ones().filter(begun).count() as u64,
    }
}

/// Answers that are known against all: accuracy is among those that were not called unknown, coverage how many those are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerTally {
    /// Questions.
    pub total: u64,
    /// Best class right, unknown or not.
    pub right: u64,
    /// Answers not called unknown.
    pub known: u64,
    /// Of these, right.
    pub known_right: u64,
}

impl AnswerTally {
    /// Adds an answer.
    pub fn answer(&mut self, right: bool, unknown: bool) {
        self.total += 1;
        self.right += u64::from(right);
        self.known += u64::from(!unknown);
        self.known_right += u64::from(right && !unknown);
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &AnswerTally) {
        self.total += other.total;
        self.right += other.right;
        self.known += other.known;
        self.known_right += other.known_right;
    }

    /// Share of right answers among all.
    pub fn top1(&self) -> Option<f64> {
        (self.total > 0).then(|| self.right as f64 / self.total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn labelled(label: &str, since: u64, until: u64) -> Labelled {
        Labelled { label: label.into(), since_ns: since * S, until_ns: until * S }
    }

    /// Two of three right by hand: "pour" overlaps 8/12, "grab" 4/10 only, the second "pour" meets a segment that is taken.
    #[test]
    fn f1_by_hand() {
        let truth = [labelled("pour", 0, 10), labelled("grab", 20, 30), labelled("open", 40, 50)];
        let found = [labelled("pour", 2, 12), labelled("pour", 8, 12), labelled("grab", 26, 30), labelled("open", 40, 50)];
        let tally = segment_tally(&truth, &found, 0.5);
        assert_eq!(tally, SegmentTally { right: 2, wrong: 2, missed: 1 });
        assert_eq!(tally.f1(), Some(4.0 / 7.0));
        let loose = segment_tally(&truth, &found, 0.25);
        assert_eq!(loose, SegmentTally { right: 3, wrong: 1, missed: 0 });
        assert_eq!(segment_tally(&[], &[], 0.5).f1(), None);
        assert_eq!(segment_tally(&truth, &[], 0.5).f1(), Some(0.0));
        assert_eq!(segment_tally(&truth, &truth, 0.9).f1(), Some(1.0));
    }

    #[test]
    fn frames_join_to_stretches() {
        let frames = [(0, None), (1, Some("a")), (2, Some("a")), (3, Some("b")), (4, None), (5, Some("b")), (6, Some("b"))];
        let all: Vec<_> = stretches(frames).into_iter().map(|s| (s.label, s.since_ns, s.until_ns)).collect();
        assert_eq!(all, [("a".into(), 1, 3), ("b".into(), 3, 4), ("b".into(), 5, 6)]);
        assert!(stretches([]).is_empty());
    }

    #[test]
    fn delays_count_from_the_beginning_of_the_action() {
        let truth = [labelled("pour", 10, 20), labelled("grab", 30, 40), labelled("open", 50, 60)];
        let told = [labelled("pour", 11, 22), labelled("grab", 41, 42), labelled("open", 49, 55), labelled("open", 57, 58)];
        assert_eq!(delays_s(&truth, &told), [1.0, f64::INFINITY, 0.0]);
    }

    #[test]
    fn what_is_said_while_nothing_happens_is_counted() {
        let truth = [labelled("pour", 10, 20)];
        // Early but right; wrong while something happens; wrong and early; wrong for longer than something happens; and two out of nothing.
        let told = [("pour", 9, 15), ("grab", 12, 14), ("open", 9, 12), ("open", 18, 23), ("grab", 25, 26), ("pour", 30, 31)]
            .map(|(label, since, until)| labelled(label, since, until));
        let tally = idle_tally(&truth, &told, [0, 70 * S]);
        assert_eq!(tally, IdleTally { idle_s: 60.0, labels: 3, begun: 3 });
        assert_eq!((tally.per_minute(), tally.begun_per_minute()), (Some(3.0), Some(3.0)));
        let early = idle_tally(&truth, &told[2..3], [0, 70 * S]);
        assert_eq!((early.labels, early.begun), (0, 1));
        assert_eq!(IdleTally::default().per_minute(), None);
    }

    #[test]
    fn accuracy_and_coverage() {
        let mut tally = AnswerTally::default();
        for (right, unknown) in [(true, false), (true, true), (false, true), (false, false)] {
            tally.answer(right, unknown);
        }
        assert_eq!(tally, AnswerTally { total: 4, right: 2, known: 2, known_right: 1 });
        assert_eq!(tally.top1(), Some(0.5));
    }
}
