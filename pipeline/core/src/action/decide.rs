//! From a row of probabilities to one label that does not flicker, with a beginning and an end.
//!
//! 1. Probabilities are smoothed over time: p += (1 - exp(-dt / `smoothing_s`)) (new - p), so that the rate of answers does not matter.
//! 2. A class is held from when its smoothed probability reaches `enter` until it falls below `leave`, or another one takes its place
//!    by reaching `enter` with more (hysteresis: `leave` < `enter`).
//! 3. It becomes stable once it has held for `min_duration_s`; only then is it told. What ends earlier was never there.
//! 4. It is told to have begun when its probability last rose to `leave`, though not before another one ended: what is sure only when it
//!    is half over has begun before (two thresholds, as Canny traces edges; 1986).
//! 5. The class `nothing` and windows that are too uncertain begin nothing; for them no label is stable.
//!
//! An answer is told at the latest one stride of the classifier plus `min_duration_s` after its probability has reached `enter`.

use super::evidence::Answer;

/// How probabilities become labels.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRules {
    /// Time constant of the smoothing, seconds; 0 = none.
    pub smoothing_s: f64,
    /// Smoothed probability at which a label is held.
    pub enter: f32,
    /// Smoothed probability from which on it has begun, and below which it ends.
    pub leave: f32,
    /// Time that a label must have held before it is told, seconds.
    pub min_duration_s: f64,
    /// The class that means that nothing happens.
    pub nothing: Option<u32>,
    /// Uncertainty from which on nothing is known; above 1 = never.
    pub unknown: f32,
    /// How far before its window's end an answer's moment lies, seconds: beginnings and ends are told by so much earlier.
    pub delay_s: f64,
}

impl Default for DecisionRules {
    fn default() -> DecisionRules {
        DecisionRules { smoothing_s: 0.2, enter: 0.5, leave: 0.3, min_duration_s: 0.2, nothing: None, unknown: 2.0, delay_s: 0.0 }
    }
}

/// A stretch of time with one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of the class.
    pub class: u32,
    /// When it began, nanoseconds.
    pub since_ns: u64,
    /// When it ended; `None` while it goes on.
    pub until_ns: Option<u64>,
}

/// What is known after an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The moment that the answer is about, nanoseconds.
    pub about_ns: u64,
    /// Smoothed probabilities.
    pub probabilities: Vec<f32>,
    /// The best class with `nothing` included.
    pub class: u32,
    /// Smoothed uncertainty.
    pub uncertainty: f32,
    /// Too uncertain for any class.
    pub unknown: bool,
    /// The label that is told, while there is one.
    pub stable: Option<Segment>,
    /// Told now for the first time.
    pub began: Option<Segment>,
    /// Told as ended now.
    pub ended: Option<Segment>,
}

impl Decision {
    /// The best classes with their smoothed probabilities, best first.
    pub fn top(&self, count: usize) -> Vec<(u32, f32)> {
        let mut all: Vec<(u32, f32)> = (0..).zip(self.probabilities.iter().copied()).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(count);
        all
    }
}

/// A class whose probability is high enough, told or not yet.
#[derive(Clone, Copy, Debug)]
struct Held {
    class: u32,
    /// When its probability rose to `leave`, and when it reached `enter`.
    since_ns: u64,
    entered_ns: u64,
    told: bool,
}

/// Decides for one subject of one classifier.
#[derive(Clone, Debug)]
pub struct Decider {
    rules: DecisionRules,
    smoothed: Option<(u64, Answer)>,
    held: Option<Held>,
    /// Since when each class has had `leave` or more; `None` while it has less.
    risen_ns: Vec<Option<u64>>,
    /// When the last label that was told ended.
    ended_ns: u64,
}

impl Decider {
    /// Without any past.
    pub fn new(rules: DecisionRules) -> Decider {
        Decider { rules, smoothed: None, held: None, risen_ns: Vec::new(), ended_ns: 0 }
    }

    /// The rules in force.
    pub fn rules(&self) -> &DecisionRules {
        &self.rules
    }

    /// Changes the rules from the next answer on.
    pub fn set_rules(&mut self, rules: DecisionRules) {
        self.rules = rules;
    }

    /// Forgets the past; gives the label that was told and thereby ends, at the time of the last answer.
    pub fn reset(&mut self) -> Option<Segment> {
        let last = self.smoothed.take().map(|(time, _)| time);
        let ended = self.end(last.unwrap_or(0));
        self.risen_ns.clear();
        self.ended_ns = 0;
        ended
    }

    /// Takes the answer for the window that ends at `time_ns`.
    pub fn update(&mut self, time_ns: u64, answer: Answer) -> Decision {
        // The moment that the answer is about.
        let time_ns = time_ns.saturating_sub((self.rules.delay_s * 1e9) as u64);
        let now = self.smooth(time_ns, answer);
        let unknown = now.uncertainty >= self.rules.unknown;
        self.rise(time_ns, &now, unknown);
        let best = best(&now.probabilities);
        let p = |class: u32| now.probabilities.get(class as usize).copied().unwrap_or(0.0);
        let candidate = Some(best).filter(|c| !unknown && Some(*c) != self.rules.nothing && p(*c) >= self.rules.enter);
        let keeps = self.held.is_some_and(|h| {
            !unknown && p(h.class) >= self.rules.leave && candidate.is_none_or(|c| c == h.class) && !self.nothing_wins(&now)
        });
        let mut ended = None;
        if !keeps {
            ended = self.end(time_ns);
            self.held = candidate.map(|class| Held { class, since_ns: self.since(class, time_ns), entered_ns: time_ns, told: false });
        }
        let mut began = None;
        if let Some(held) = &mut self.held
            && !held.told
            && (time_ns - held.entered_ns.min(time_ns)) as f64 >= self.rules.min_duration_s * 1e9
        {
            held.told = true;
            began = Some(Segment { class: held.class, since_ns: held.since_ns, until_ns: None });
        }
        let stable = self.held.filter(|h| h.told).map(|h| Segment { class: h.class, since_ns: h.since_ns, until_ns: None });
        let probabilities = now.probabilities;
        Decision { about_ns: time_ns, class: best, uncertainty: now.uncertainty, unknown, probabilities, stable, began, ended }
    }

    /// Notes which classes have risen to `leave` and which have fallen below; of what is unknown none has.
    fn rise(&mut self, time_ns: u64, now: &Answer, unknown: bool) {
        self.risen_ns.resize(now.probabilities.len(), None);
        for (risen, p) in self.risen_ns.iter_mut().zip(&now.probabilities) {
            // Also where time has jumped back.
            *risen = (*p >= self.rules.leave && !unknown).then(|| risen.map_or(time_ns, |then| then.min(time_ns)));
        }
    }

    /// When a class began that reaches `enter` at `time_ns`.
    fn since(&self, class: u32, time_ns: u64) -> u64 {
        let risen = self.risen_ns.get(class as usize).copied().flatten().unwrap_or(time_ns);
        risen.max(self.ended_ns).min(time_ns)
    }

    /// Whether `nothing` has reached `enter`: then a label ends although its own probability is still above `leave`.
    fn nothing_wins(&self, now: &Answer) -> bool {
        let p = self.rules.nothing.and_then(|n| now.probabilities.get(n as usize));
        p.is_some_and(|p| *p >= self.rules.enter)
    }

    fn smooth(&mut self, time_ns: u64, answer: Answer) -> Answer {
        let tau_ns = self.rules.smoothing_s * 1e9;
        let smoothed = match self.smoothed.take() {
            Some((before, old)) if time_ns >= before && tau_ns > 0.0 && old.probabilities.len() == answer.probabilities.len() => {
                let k = -((-((time_ns - before) as f64) / tau_ns).exp_m1()) as f32;
                let mix = |old: f32, new: f32| old + k * (new - old);
                Answer {
                    probabilities: old.probabilities.iter().zip(&answer.probabilities).map(|(o, n)| mix(*o, *n)).collect(),
                    uncertainty: mix(old.uncertainty, answer.uncertainty),
                }
            }
            _ => answer,
        };
        self.smoothed = Some((time_ns, smoothed.clone()));
        smoothed
    }

    fn end(&mut self, time_ns: u64) -> Option<Segment> {
        let held = self.held.take().filter(|h| h.told)?;
        self.ended_ns = time_ns.max(held.since_ns);
        Some(Segment { class: held.class, since_ns: held.since_ns, until_ns: Some(self.ended_ns) })
    }
}

/// The class with the highest probability, the lowest number among equals.
fn best(probabilities: &[f32]) -> u32 {
    let better = |best: (u32, f32), (class, p): (u32, f32)| if p > best.1 { (class, p) } else { best };
    (0..).zip(probabilities.iter().copied()).fold((0, f32::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn rules() -> DecisionRules {
        DecisionRules { smoothing_s: 0.0, enter: 0.6, leave: 0.4, min_duration_s: 0.2, nothing: Some(0), unknown: 0.9, delay_s: 0.0 }
    }

    /// Three classes; the rest of the probability goes to class 0, which is `nothing`.
    fn answer(one: f32, two: f32) -> Answer {
        Answer { probabilities: vec![1.0 - one - two, one, two], uncertainty: 0.1 }
    }

    /// Feeds answers 100 ms apart; begun and ended segments.
    fn play(rules: DecisionRules, answers: &[(f32, f32)]) -> (Vec<Segment>, Vec<Segment>) {
        let mut decider = Decider::new(rules);
        let (mut began, mut ended) = (Vec::new(), Vec::new());
        for (i, (one, two)) in answers.iter().enumerate() {
            let decision = decider.update(i as u64 * 100 * MS, answer(*one, *two));
            began.extend(decision.began);
            ended.extend(decision.ended);
        }
        ended.extend(decider.reset());
        (began, ended)
    }

    fn segment(class: u32, since_ms: u64, until_ms: u64) -> Segment {
        Segment { class, since_ns: since_ms * MS, until_ns: Some(until_ms * MS) }
    }

    #[test]
    fn a_label_begins_at_enter_holds_to_leave_and_is_told_after_its_time() {
        let (began, ended) = play(rules(), &[(0.1, 0.0), (0.6, 0.0), (0.5, 0.0), (0.45, 0.0), (0.41, 0.0), (0.39, 0.0), (0.0, 0.0)]);
        assert_eq!(began, [Segment { until_ns: None, ..segment(1, 100, 0) }]);
        assert_eq!(ended, [segment(1, 100, 500)]);
    }

    #[test]
    fn a_flicker_is_never_told() {
        let (began, ended) = play(rules(), &[(0.0, 0.0), (0.9, 0.0), (0.9, 0.0), (0.0, 0.0), (0.0, 0.9), (0.0, 0.0)]);
        assert_eq!((began, ended), (vec![], vec![]));
    }

    #[test]
    fn one_label_takes_the_place_of_another_without_a_gap() {
        let (began, ended) = play(rules(), &[(0.9, 0.0), (0.9, 0.0), (0.9, 0.0), (0.2, 0.8), (0.2, 0.8), (0.2, 0.8)]);
        assert_eq!(began.iter().map(|s| (s.class, s.since_ns)).collect::<Vec<_>>(), [(1, 0), (2, 300 * MS)]);
        assert_eq!(ended, [segment(1, 0, 300), segment(2, 300, 500)]);
    }

    #[test]
    fn a_label_that_becomes_sure_late_has_begun_when_it_rose() {
        let rises = [(0.1, 0.0), (0.45, 0.0), (0.5, 0.0), (0.7, 0.0), (0.7, 0.0), (0.7, 0.0), (0.0, 0.0)];
        let (began, ended) = play(rules(), &rises);
        assert_eq!(began.iter().map(|s| s.since_ns).collect::<Vec<_>>(), [100 * MS], "told once it has held for 200 ms from 300 ms on");
        assert_eq!(ended, [segment(1, 100, 600)]);
        // Between the two rises it was below.
        let (_, ended) = play(rules(), &[(0.5, 0.0), (0.1, 0.0), (0.5, 0.0), (0.7, 0.0), (0.7, 0.0), (0.7, 0.0), (0.0, 0.0)]);
        assert_eq!(ended, [segment(1, 200, 600)]);
        // A flicker begins nothing, however long it had half of the probability before.
        assert_eq!(play(rules(), &[(0.5, 0.0), (0.5, 0.0), (0.5, 0.0), (0.7, 0.0), (0.1, 0.0)]), (vec![], vec![]));
    }

    #[test]
    fn a_label_does_not_begin_before_the_one_before_it_has_ended() {
        let answers = [(0.9, 0.0), (0.9, 0.0), (0.5, 0.45), (0.5, 0.45), (0.3, 0.45), (0.1, 0.8), (0.1, 0.8), (0.1, 0.8)];
        let (_, ended) = play(rules(), &answers);
        assert_eq!(ended, [segment(1, 0, 400), segment(2, 400, 700)]);
    }

    #[test]
    fn uncertain_and_idle_windows_have_no_label() {
        let mut decider = Decider::new(rules());
        for i in 0..5 {
            let sure = decider.update(i * 100 * MS, answer(0.9, 0.0));
            assert_eq!(sure.stable.is_some(), i >= 2);
        }
        let lost = decider.update(500 * MS, Answer { uncertainty: 0.95, ..answer(0.9, 0.0) });
        assert!(lost.unknown && lost.stable.is_none());
        assert_eq!((lost.class, lost.ended), (1, Some(segment(1, 0, 500))));
        let idle = decider.update(600 * MS, answer(0.0, 0.0));
        assert_eq!((idle.class, idle.unknown, idle.stable), (0, false, None));
    }

    #[test]
    fn smoothing_does_not_depend_on_the_rate() {
        let end = |step_ms: u64| {
            let mut decider = Decider::new(DecisionRules { smoothing_s: 0.5, ..rules() });
            decider.update(0, answer(0.0, 0.0));
            let mut last = 0.0;
            for t in (step_ms..=1000).step_by(step_ms as usize) {
                last = decider.update(t * MS, answer(1.0, 0.0)).probabilities[1];
            }
            last
        };
        // 1 - exp(-2).
        assert!((end(10) - 0.864_664_7).abs() < 1e-4 && (end(100) - end(10)).abs() < 1e-4 && (end(1000) - end(10)).abs() < 1e-4);
    }

    #[test]
    fn an_answer_about_an_earlier_moment_is_told_for_that_moment() {
        let (began, ended) = play(DecisionRules { delay_s: 0.3, min_duration_s: 0.0, ..rules() }, &[(0.0, 0.0); 5]);
        assert!(began.is_empty() && ended.is_empty());
        let mut decider = Decider::new(DecisionRules { delay_s: 0.3, min_duration_s: 0.0, ..rules() });
        let told = decider.update(1000 * MS, answer(0.9, 0.0)).began.expect("told");
        assert_eq!(told.since_ns, 700 * MS);
        assert_eq!(decider.update(1500 * MS, answer(0.0, 0.0)).ended.and_then(|s| s.until_ns), Some(1200 * MS));
    }

    #[test]
    fn the_best_classes_come_first() {
        let decision = Decider::new(rules()).update(0, answer(0.2, 0.5));
        assert_eq!(decision.top(2), [(2, 0.5), (0, 0.3)]);
        assert_eq!(decision.top(9).len(), 3);
    }

    #[test]
    fn time_that_stands_still_or_jumps_back_harms_nothing() {
        let mut decider = Decider::new(DecisionRules { smoothing_s: 0.5, ..rules() });
        decider.update(1000 * MS, answer(0.9, 0.0));
        decider.update(1000 * MS, answer(0.9, 0.0));
        let back = decider.update(10 * MS, answer(0.0, 0.9));
        assert!(back.probabilities.iter().all(|p| p.is_finite()));
        assert!(back.ended.is_none_or(|s| s.until_ns >= Some(s.since_ns)));
    }
}
