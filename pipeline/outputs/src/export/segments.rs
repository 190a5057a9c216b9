//! Labels of all classifiers as stretches of time.

use ego_core::action::Head;

use crate::frame::{ActionRecord, FrameRecord};

/// Whether a label is one of the words for "no action" that models and truths use.
pub fn names_nothing(label: &str) -> bool {
    ["background", "nothing", "none", "idle"].contains(&label)
}

/// A label from its beginning to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSegment {
    /// Which kind of classifier.
    pub head: Head,
    /// Whose action.
    pub subject: String,
    /// The label.
    pub label: String,
    /// When it began, nanoseconds: where results do not say so, the first frame that shows it.
    pub since_ns: u64,
    /// When it ended, nanoseconds: the moment that the first frame without it is about, or the last frame.
    pub until_ns: u64,
    /// Mean probability over its frames.
    pub score: f32,
}

/// A segment that grows.
#[derive(Clone, Debug)]
struct Growing {
    segment: LabelSegment,
    frames: u32,
    /// When it began, as the results say.
    began_ns: Option<u64>,
    /// The moment that its last answer was about.
    about_ns: Option<u64>,
}

/// Joins the labels of frames to segments.
#[derive(Debug, Default)]
pub struct Segments {
    done: Vec<Growing>,
    open: Vec<Growing>,
    /// Time of the last frame, and how many were done when time last went back.
    last_ns: u64,
    earlier: usize,
}

/// What one classifier says of one subject in a frame.
type Said<'a> = (Head, &'a str, &'a ActionRecord);

impl Segments {
    /// Takes the next frame. Frames without a time stamp are 1/30 s apart.
    pub fn frame(&mut self, record: &FrameRecord) {
        let others = record.fast.iter().flatten().map(|f| (f.head, f.subject.as_str(), &f.action));
        self.said(record.time_ns(), &wearers(record).chain(others).collect::<Vec<_>>());
    }

    /// Takes the next frame, of which only what the first classifier says of the wearer.
    pub fn wearer(&mut self, record: &FrameRecord) {
        self.said(record.time_ns(), &wearers(record).collect::<Vec<_>>());
    }

    fn said(&mut self, time_ns: u64, said: &[Said<'_>]) {
        if time_ns < self.last_ns {
            // Another recording, or the same one again.
            self.done.append(&mut self.open);
            self.earlier = self.done.len();
        }
        self.last_ns = time_ns;
        for mut growing in std::mem::take(&mut self.open) {
            let of_it = || said.iter().filter(|(head, subject, _)| growing.segment.is_of(*head, subject)).map(|(.., action)| action);
            let goes_on = of_it().find(|a| a.tells() == Some(&growing.segment.label));
            if let Some(action) = goes_on {
                growing.add(time_ns, action);
                self.open.push(growing);
            } else {
                let about_ns = of_it().next().map_or(growing.about_ns, |action| action.about_ns);
                growing.segment.until_ns = about_ns.unwrap_or(time_ns).max(growing.segment.since_ns);
                self.done.push(growing);
            }
        }
        for (head, subject, action) in said {
            let Some(label) = action.tells().filter(|_| !self.open.iter().any(|g| g.segment.is_of(*head, subject))) else { continue };
            let before = self.done.iter().enumerate().skip(self.earlier).rfind(|(_, g)| g.segment.is_of(*head, subject));
            // The stage was silent for a while.
            let goes_on = before.filter(|(_, g)| g.segment.label == label && g.began_ns.is_some() && g.began_ns == action.since_ns);
            let mut growing = if let Some((at, _)) = goes_on {
                self.done.remove(at)
            } else {
                // No segment of a subject begins before the one before it has ended.
                let free_ns = before.map_or(0, |(_, g)| g.segment.until_ns);
                let segment = LabelSegment {
                    head: *head,
                    subject: (*subject).to_owned(),
                    label: label.to_owned(),
                    since_ns: action.since_ns.unwrap_or(time_ns).min(time_ns).max(free_ns),
                    until_ns: time_ns.max(free_ns),
                    score: 0.0,
                };
                Growing { segment, frames: 0, began_ns: action.since_ns, about_ns: None }
            };
            growing.add(time_ns, action);
            self.open.push(growing);
        }
    }

    /// All segments in the order of their beginning.
    pub fn finish(mut self) -> Vec<LabelSegment> {
        self.done.append(&mut self.open);
        let mut all: Vec<LabelSegment> = self.done.into_iter().map(Growing::close).collect();
        all.sort_by(|a, b| (a.since_ns, a.head.name(), &a.subject).cmp(&(b.since_ns, b.head.name(), &b.subject)));
        all
    }
}

/// What the first classifier says of the wearer.
fn wearers(record: &FrameRecord) -> impl Iterator<Item = Said<'_>> {
    record.action.iter().map(|action| (Head::Slow, "wearer", action))
}

impl Growing {
    fn add(&mut self, time_ns: u64, action: &ActionRecord) {
        self.frames += 1;
        self.segment.score += action.score;
        self.segment.until_ns = self.segment.until_ns.max(time_ns);
        self.about_ns = action.about_ns;
    }

    fn close(self) -> LabelSegment {
        LabelSegment { score: self.segment.score / self.frames.max(1) as f32, ..self.segment }
    }
}

impl ActionRecord {
    /// The label that is told, when it is an action.
    pub fn tells(&self) -> Option<&str> {
        Some(self.label.as_str()).filter(|label| self.stable && !self.unknown && !names_nothing(label))
    }
}

impl LabelSegment {
    fn is_of(&self, head: Head, subject: &str) -> bool {
        self.head == head && self.subject == subject
    }

    /// Head and subject where they are not the wearer's slow action: `gesture left`.
    pub fn tier(&self) -> String {
        if self.head == Head::Slow && self.subject == "wearer" {
            "action".to_owned()
        } else {
            format!("{} {}", self.head.name(), self.subject)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{FastRecord, RankedLabel};

    const FRAME: u64 = 100;

    /// Frame `n` of a stream whose label, where there is one, is told and began in frame `since`.
    fn frame(n: u64, label: Option<&str>, since: Option<u64>, about: Option<u64>) -> FrameRecord {
        let mut record = FrameRecord::new("clip", n, Some(n * FRAME), 640, 360);
        let name = label.unwrap_or("nothing").to_owned();
        record.action = Some(ActionRecord {
            top: vec![RankedLabel(name.clone(), 0.5)],
            label: name,
            class: 0,
            score: 0.5,
            unknown: false,
            uncertainty: 0.0,
            stable: label.is_some(),
            window_ns: [0, n * FRAME],
            about_ns: about.map(|n| n * FRAME),
            since_ns: since.map(|n| n * FRAME),
            next: None,
        });
        record
    }

    fn joined(frames: impl IntoIterator<Item = FrameRecord>) -> Vec<(String, u64, u64)> {
        let mut segments = Segments::default();
        frames.into_iter().for_each(|f| segments.frame(&f));
        segments.finish().into_iter().map(|s| (s.label, s.since_ns / FRAME, s.until_ns / FRAME)).collect()
    }

    #[test]
    fn a_segment_begins_and_ends_where_the_results_say() {
        // Told from frame 9 on; each answer is about the moment three frames ago.
        let told = |n| (9..15).contains(&n);
        let found = joined((0..20).map(|n| frame(n, told(n).then_some("pour milk"), told(n).then_some(4), Some(n.saturating_sub(3)))));
        assert_eq!(found, [("pour milk".to_owned(), 4, 12)]);
    }

    #[test]
    fn results_that_say_nothing_of_time_begin_and_end_in_their_frames() {
        let found = joined((0..20).map(|n| frame(n, (9..15).contains(&n).then_some("pour milk"), None, None)));
        assert_eq!(found, [("pour milk".to_owned(), 9, 15)]);
    }

    #[test]
    fn no_segment_lies_over_another_and_the_last_one_ends_with_the_stream() {
        // The second says that it began before the first one had ended, and in a time that is still to come it cannot have.
        let label = |n| if n < 10 { "open milk" } else { "pour milk" };
        let found = joined((2..20).map(|n| frame(n, Some(label(n)), Some(if n < 10 { 40 } else { 3 }), Some(n))));
        assert_eq!(found, [("open milk".to_owned(), 2, 10), ("pour milk".to_owned(), 10, 19)]);
    }

    fn silent(n: u64) -> FrameRecord {
        FrameRecord::new("clip", n, Some(n * FRAME), 640, 360)
    }

    #[test]
    fn a_stage_that_falls_silent_ends_its_label_with_its_last_answer_and_may_go_on() {
        let told = |n: u64| frame(n, Some("pour milk"), Some(0), Some(n.saturating_sub(2)));
        assert_eq!(joined((0..12).map(told).chain([silent(20)])), [("pour milk".to_owned(), 0, 9)]);
        let resumes = (0..12).map(told).chain((12..15).map(silent)).chain((15..18).map(told));
        assert_eq!(joined(resumes), [("pour milk".to_owned(), 0, 17)]);
        let unknown = |n: u64| frame(n, Some("pour milk"), None, None);
        assert_eq!(joined((0..12).map(unknown).chain([silent(20)])), [("pour milk".to_owned(), 0, 20)]);
    }

    #[test]
    fn where_time_goes_back_segments_end_and_others_begin() {
        let told = |n: u64| frame(n, (5..10).contains(&n).then_some("pour milk"), Some(3), Some(n));
        let twice = (0..10).map(told).chain((0..12).map(told));
        assert_eq!(joined(twice), [("pour milk".to_owned(), 3, 9), ("pour milk".to_owned(), 3, 10)]);
    }

    #[test]
    fn of_two_classifiers_of_one_subject_either_may_tell() {
        let two = |n: u64| {
            let said = |label: Option<&str>| FastRecord {
                head: Head::Gesture,
                subject: "left".to_owned(),
                action: frame(n, label, None, None).action.expect("made"),
            };
            FrameRecord { fast: Some(vec![said(None), said((5..10).contains(&n).then_some("wave"))]), ..silent(n) }
        };
        assert_eq!(joined((0..12).map(two)), [("wave".to_owned(), 5, 10)]);
    }
}
