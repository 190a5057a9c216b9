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
    /// First frame that shows it, nanoseconds.
    pub since_ns: u64,
    /// First frame that shows it no more, or the last frame, nanoseconds.
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
        let time_ns = record.pts_ns.unwrap_or(record.frame * 33_333_333);
        let wearer = record.action.iter().map(|a| (Head::Slow, "wearer", a));
        let others = record.fast.iter().flatten().map(|f| (f.head, f.subject.as_str(), &f.action));
        let told = wearer.chain(others).filter(|(_, _, a)| a.stable && !a.unknown && !names_nothing(&a.label));
        let told: Vec<(Head, &str, &ActionRecord)> = told.collect();
        let goes_on =
            |g: &Growing| told.iter().find(|(h, s, a)| *h == g.segment.head && *s == g.segment.subject && a.label == g.segment.label);
        let (mut still, mut ended) = (Vec::new(), Vec::new());
        for mut growing in std::mem::take(&mut self.open) {
            growing.segment.until_ns = growing.segment.until_ns.max(time_ns);
            match goes_on(&growing) {
                Some((_, _, action)) => {
                    growing.frames += 1;
                    growing.segment.score += action.score;
                    still.push(growing);
                }
                None => ended.push(growing),
            }
        }
        self.done.extend(ended.into_iter().map(Growing::close));
        for (head, subject, action) in told {
            if still.iter().all(|g| (g.segment.head, g.segment.subject.as_str()) != (head, subject)) {
                let segment = LabelSegment {
                    head,
                    subject: subject.to_owned(),
                    label: action.label.clone(),
                    since_ns: time_ns,
                    until_ns: time_ns,
                    score: action.score,
                };
                still.push(Growing { segment, frames: 1 });
            }
        }
        self.open = still;
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

impl LabelSegment {
    /// Head and subject where they are not the wearer's slow action: `gesture left`.
    pub fn tier(&self) -> String {
        if self.head == Head::Slow && self.subject == "wearer" {
            "action".to_owned()
        } else {
            format!("{} {}", self.head.name(), self.subject)
        }
    }
}
