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
#[derive(Debug)]
struct Growing {
    segment: LabelSegment,
    frames: u32,
}

/// Joins the labels of frames to segments.
#[derive(Debug, Default)]
pub struct Segments {
    done: Vec<LabelSegment>,
    open: Vec<Growing>,
}

impl Segments {
    /// Takes the next frame. Frames without a time stamp are 1/30 s apart.
    pub fn frame(&mut self, record: &FrameRecord) {
        let time_ns = record.time_ns();
        let wearer = record.action.iter().map(|a| (Head::Slow, "wearer", a));
        let others = record.fast.iter().flatten().map(|f| (f.head, f.subject.as_str(), &f.action));
        let said: Vec<(Head, &str, &ActionRecord)> = wearer.chain(others).collect();
        for mut growing in std::mem::take(&mut self.open) {
            let of_it = said.iter().find(|(head, subject, _)| growing.segment.is_of(*head, subject)).map(|(.., action)| action);
            if let Some(action) = of_it.filter(|a| a.tells() == Some(&growing.segment.label)) {
                growing.frames += 1;
                growing.segment.score += action.score;
                growing.segment.until_ns = growing.segment.until_ns.max(time_ns);
                self.open.push(growing);
            } else {
                let until_ns = of_it.and_then(|a| a.about_ns).unwrap_or(time_ns);
                growing.segment.until_ns = until_ns.max(growing.segment.since_ns);
                self.done.push(growing.close());
            }
        }
        for (head, subject, action) in said {
            let Some(label) = action.tells().filter(|_| !self.open.iter().any(|g| g.segment.is_of(head, subject))) else { continue };
            // No segment of a subject begins before the one before it has ended.
            let free_ns = self.done.iter().rev().find(|s| s.is_of(head, subject)).map_or(0, |s| s.until_ns);
            let segment = LabelSegment {
                head,
                subject: subject.to_owned(),
                label: label.to_owned(),
                since_ns: action.since_ns.unwrap_or(time_ns).max(free_ns).min(time_ns),
                until_ns: time_ns,
                score: action.score,
            };
            self.open.push(Growing { segment, frames: 1 });
        }
    }

    /// All segments in the order of their beginning.
    pub fn finish(mut self) -> Vec<LabelSegment> {
        self.done.extend(self.open.into_iter().map(Growing::close));
        self.done.sort_by(|a, b| (a.since_ns, a.head.name(), &a.subject).cmp(&(b.since_ns, b.head.name(), &b.subject)));
        self.done
    }
}

impl Growing {
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
    use crate::frame::RankedLabel;

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

    #[test]
    fn a_stage_that_falls_silent_ends_its_label() {
        let silent = FrameRecord::new("clip", 12, Some(12 * FRAME), 640, 360);
        let found = joined((0..12).map(|n| frame(n, Some("pour milk"), Some(0), Some(n))).chain([silent]));
        assert_eq!(found, [("pour milk".to_owned(), 0, 12)]);
    }
}
