//! One subject of one classifier: its window, its label, and what was last said about it.

use std::sync::Arc;

use ego_core::action::decide::{Decider, Decision, DecisionRules, Segment};
use ego_core::action::window::{Sampled, Start, Window};
use ego_core::action::{ActionResult, Head};
use ego_models::action::{ActionSpec, Rows};

/// Somebody whose action is followed.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) window: Window,
    decider: Decider,
    /// When a window was last classified.
    ran_ns: Option<u64>,
    /// Last result.
    pub(super) said: Option<ActionResult>,
    /// When it was last on a frame.
    pub(super) seen_ns: u64,
}

impl Subject {
    pub(super) fn new(name: &str, spec: &ActionSpec) -> Subject {
        Subject {
            name: name.to_owned(),
            window: Window::new(spec.window.frames, spec.window.seconds).starting(start(&spec.rows)),
            decider: Decider::new(DecisionRules::default()),
            ran_ns: None,
            said: None,
            seen_ns: 0,
        }
    }

    /// The window, when it is time to classify it: something new has come and the last time was a stride ago.
    pub(super) fn due(&mut self, stride_ns: u64) -> Option<Sampled> {
        let newest = self.window.newest_ns()?;
        // A millisecond less: time stamps are rounded.
        let due = self.ran_ns.is_none_or(|ran| newest < ran || (newest > ran && newest - ran + 1_000_000 >= stride_ns));
        let sampled = self.window.sample().filter(|_| due)?;
        self.ran_ns = Some(newest);
        Some(sampled)
    }

    /// Takes an answer; the labels that begin and end with it.
    pub(super) fn decide(
        &mut self,
        answer: ego_core::action::evidence::Answer,
        window_ns: [u64; 2],
        rules: DecisionRules,
        words: &Words,
        top: usize,
    ) -> [Option<Segment>; 2] {
        self.decider.set_rules(rules);
        let decision = self.decider.update(window_ns[1], answer);
        self.said = Some(result(&self.name, &decision, window_ns, words, top));
        [decision.ended, decision.began]
    }

    /// Forgets the past; the label that ends thereby.
    pub(super) fn reset(&mut self) -> Option<Segment> {
        self.window.clear();
        (self.ran_ns, self.said) = (None, None);
        self.decider.reset()
    }
}

/// A network that is taught rows at fixed distances has learnt what a stream's beginning looks like.
fn start(rows: &Rows) -> Start {
    if matches!(rows, Rows::Frames { .. }) { Start::Zeros } else { Start::Stretched }
}

/// Names that all results of a classifier share.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) head: Head,
    pub(super) labels: Arc<[String]>,
}

/// A decision in the form that rides on frames. A label that is told comes first, also while another class is just above it.
fn result(subject: &str, decision: &Decision, window_ns: [u64; 2], words: &Words, count: usize) -> ActionResult {
    let mut top = decision.top(usize::MAX);
    if let Some(at) = decision.stable.and_then(|s| top.iter().position(|(class, _)| *class == s.class)) {
        top[..=at].rotate_right(1);
    }
    top.truncate(count.max(1));
    ActionResult {
        head: words.head,
        subject: subject.to_owned(),
        labels: Arc::clone(&words.labels),
        top,
        unknown: decision.unknown,
        uncertainty: decision.uncertainty,
        stable: decision.stable.is_some(),
        window_ns,
        about_ns: decision.about_ns,
        since_ns: decision.stable.map(|s| s.since_ns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::action::evidence::Answer;

    #[test]
    fn a_told_label_comes_first_while_it_is_held() {
        let words = Words { head: Head::Slow, labels: Arc::from(["a".to_owned(), "b".to_owned(), "c".to_owned()]) };
        let decision = Decision {
            about_ns: 9,
            probabilities: vec![0.35, 0.2, 0.45],
            class: 2,
            uncertainty: 0.5,
            unknown: false,
            stable: Some(Segment { class: 0, since_ns: 7, until_ns: None }),
            began: None,
            ended: None,
        };
        let said = result("wearer", &decision, [1, 9], &words, 2);
        assert_eq!((said.top, said.stable, said.since_ns), (vec![(0, 0.35), (2, 0.45)], true, Some(7)));
        let said = result("wearer", &Decision { stable: None, ..decision }, [1, 9], &words, 5);
        assert_eq!((said.top, said.since_ns), (vec![(2, 0.45), (0, 0.35), (1, 0.2)], None));
    }

    #[test]
    fn a_window_is_classified_once_a_stride_and_only_when_something_is_new() {
        let text = include_str!("../../../models/tests/data/tiny-action.toml");
        let manifest = ego_models::manifest::Manifest::parse(text, std::path::Path::new("tiny-action.toml")).expect("a manifest");
        let spec = ActionSpec::of(&manifest).expect("an action model");
        let mut subject = Subject::new("wearer", &spec);
        let mut ran = Vec::new();
        for frame in 0..40_u64 {
            let time = frame * 33_333_333;
            // Every frame twice, as when a result is carried on.
            for _ in 0..2 {
                subject.window.push(time, vec![0.0; 135]);
                ran.extend(subject.due(100_000_000).map(|_| frame));
            }
        }
        let first = ran.first().copied().expect("it ran");
        assert!(ran.iter().enumerate().all(|(i, frame)| *frame == first + 3 * i as u64), "{ran:?}");
        let words = Words { head: Head::Slow, labels: Arc::from(spec.labels.clone()) };
        let rules = DecisionRules { min_duration_s: 0.0, ..DecisionRules::default() };
        let told = subject.decide(Answer { probabilities: vec![0.1, 0.9, 0.0], uncertainty: 0.1 }, [0, 5], rules, &words, 5);
        assert_eq!(told[1].map(|s| s.class), Some(1));
        assert_eq!(subject.reset().map(|s| (s.class, s.until_ns)), Some((1, Some(5))));
    }
}
