//! What the timeline keeps of a frame: 40 bytes, so that eight hours fit into 35 MB.

use std::collections::HashMap;

use ego_core::hands::{Side, WRIST};
use ego_core::objects::InHand;
use ego_outputs::FrameRecord;

/// Names of actions and objects, as small numbers; 0 is "nothing".
#[derive(Clone, Debug, Default)]
pub struct Labels {
    names: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Labels {
    /// The number of a name, a new one when it was never seen; 0 when there are too many.
    pub fn number(&mut self, name: &str) -> u16 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.names.len() + 1) else { return 0 };
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The number of a name that was seen; 0 for others.
    pub fn find(&self, name: &str) -> u16 {
        self.numbers.get(name).copied().unwrap_or(0)
    }

    /// The colour of a number; what is no action is grey.
    pub fn colour(&self, number: u16) -> egui::Color32 {
        crate::theme::class_colour(if is_nothing(self.name(number)) { 0 } else { number })
    }

    /// The name of a number; empty for 0.
    pub fn name(&self, number: u16) -> &str {
        usize::from(number).checked_sub(1).and_then(|at| self.names.get(at)).map_or("", String::as_str)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Whether a label says that nothing is being done.
pub fn is_nothing(label: &str) -> bool {
    matches!(label, "background" | "nothing" | "none" | "idle")
}

/// What a row says beside its numbers.
pub mod flags {
    /// The hand stage ran and found no hand.
    pub const NO_HAND: u8 = 1;
    /// The result is so old that it says little about this frame.
    pub const STALE: u8 = 2;
    /// Frames are missing before this one.
    pub const DROPPED: u8 = 4;
    /// The decision is not certain enough to be shown as one.
    pub const UNSURE: u8 = 8;
    /// None of the known actions fits.
    pub const UNKNOWN: u8 = 16;
    /// The range mask was relaxed.
    pub const RELAXED: u8 = 32;
    /// No stage has looked at this frame.
    pub const NOT_ANALYSED: u8 = 64;
}

/// Results that are older than this count as stale, nanoseconds.
const STALE_NS: u64 = 400_000_000;
/// A step of the stored wrist speed, widths of the picture a second.
const SPEED_STEP: f32 = 0.02;

/// One frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Presentation time, nanoseconds.
    pub pts_ns: u64,
    /// Place of the full record in its file; `u64::MAX` when there is no file.
    pub place: u64,
    /// Action that was decided; 0 = none.
    pub decision: u16,
    /// Action that really takes place; 0 = not known.
    pub truth: u16,
    /// Object in a hand; 0 = none.
    pub held: u16,
    /// Best three classes.
    pub top: [u16; 3],
    /// Their probabilities, 255 = 1.
    pub top_score: [u8; 3],
    /// Probability of the decision, 255 = 1.
    pub score: u8,
    /// Speed of the left and right wrist in steps of 0.02 picture widths a second.
    pub speed: [u8; 2],
    /// See [`flags`].
    pub flags: u8,
}

impl Row {
    /// Speed of the left (0) or right (1) wrist, picture widths a second.
    pub fn wrist_speed(&self, side: usize) -> f32 {
        self.speed.get(side).map_or(0.0, |v| f32::from(*v) * SPEED_STEP)
    }

    /// Keeps what an earlier row of the same frame knows and this one cannot: after a jump a stage that looks back has not seen enough to
    /// decide, and there is no frame before from which a wrist could have moved.
    pub fn keep(&mut self, earlier: &Row) {
        const OF_DECISION: u8 = flags::UNSURE | flags::UNKNOWN;
        if self.decision == 0 && earlier.decision != 0 {
            (self.decision, self.score, self.top, self.top_score) = (earlier.decision, earlier.score, earlier.top, earlier.top_score);
            self.flags = (self.flags & !OF_DECISION) | (earlier.flags & OF_DECISION);
        }
        if self.speed == [0, 0] {
            self.speed = earlier.speed;
        }
    }
}

/// Makes rows of records that come in order.
#[derive(Clone, Debug, Default)]
pub struct RowMaker {
    before: Option<Before>,
}

#[derive(Clone, Debug)]
struct Before {
    pts_ns: u64,
    frame: u64,
    wrists: [Option<[f32; 2]>; 2],
}

impl RowMaker {
    /// The row of a record and, where it is known, of the truth of the same frame.
    pub fn row(&mut self, record: &FrameRecord, truth: Option<&FrameRecord>, place: u64, labels: &mut Labels) -> Row {
        let pts_ns = record.pts_ns.unwrap_or(0);
        let mut row = Row { pts_ns, place, ..Row::default() };
        if let Some(action) = &record.action {
            row.decision = labels.number(&action.label);
            row.score = byte(action.score);
            for (slot, ranked) in action.top.iter().take(3).enumerate() {
                row.top[slot] = labels.number(&ranked.0);
                row.top_score[slot] = byte(ranked.1);
            }
            set(&mut row.flags, flags::UNSURE, !action.stable);
            set(&mut row.flags, flags::UNKNOWN, action.unknown);
        }
        if let Some(action) = truth.and_then(|t| t.action.as_ref()) {
            row.truth = labels.number(&action.label);
        }
        let held = record.objects.iter().flatten().find(|o| o.in_hand != InHand::None);
        row.held = held.map_or(0, |o| labels.number(&o.label));
        set(&mut row.flags, flags::NO_HAND, record.hands.as_ref().is_some_and(Vec::is_empty));
        set(&mut row.flags, flags::STALE, record.age_ns.values().any(|age| *age > STALE_NS));
        set(&mut row.flags, flags::RELAXED, record.mask.as_ref().is_some_and(|m| m.relaxed));
        let analysed = record.hands.is_some() || record.objects.is_some() || record.action.is_some() || record.bodies.is_some();
        set(&mut row.flags, flags::NOT_ANALYSED, !analysed);
        let wrists = [Side::Left, Side::Right].map(|side| wrist(record, side));
        if let Some(before) = &self.before {
            set(&mut row.flags, flags::DROPPED, record.frame > before.frame + 1);
            let seconds = pts_ns.saturating_sub(before.pts_ns) as f32 * 1e-9;
            if seconds > 0.0 && seconds < 0.5 {
                for (step, (a, b)) in row.speed.iter_mut().zip(before.wrists.into_iter().zip(wrists)) {
                    if let (Some(a), Some(b)) = (a, b) {
                        let speed = (b[0] - a[0]).hypot(b[1] - a[1]) / seconds;
                        *step = (speed / SPEED_STEP).round().clamp(0.0, 255.0) as u8;
                    }
                }
            }
        }
        self.before = Some(Before { pts_ns, frame: record.frame, wrists });
        row
    }
}

/// The wrist of a side, both coordinates in widths of the picture.
fn wrist(record: &FrameRecord, side: Side) -> Option<[f32; 2]> {
    let hand = record.hands.as_ref()?.iter().find(|h| h.side == side)?;
    let width = record.width.max(1) as f32;
    Some(hand.image_px[WRIST].map(|v| v / width))
}

fn byte(score: f32) -> u8 {
    (score * 255.0).round().clamp(0.0, 255.0) as u8
}

fn set(flags: &mut u8, flag: u8, on: bool) {
    if on {
        *flags |= flag;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::hands::{DepthSource, JOINTS};
    use ego_outputs::{ActionRecord, HandRecord, ObjectRecord, RankedLabel};

    fn record(frame: u64, x: f32) -> FrameRecord {
        let mut record = FrameRecord::new("clip", frame, Some(frame * 100_000_000), 1000, 500);
        record.hands = Some(vec![HandRecord {
            side: Side::Right,
            score: 1.0,
            track: 1,
            image_px: [[x, 10.0]; JOINTS],
            camera_m: None,
            joint_score: [1.0; JOINTS],
            depth_source: DepthSource::None,
        }]);
        record
    }

    #[test]
    fn a_row_holds_what_the_lanes_need() {
        let (mut maker, mut labels) = (RowMaker::default(), Labels::default());
        maker.row(&record(0, 100.0), None, 0, &mut labels);
        let mut second = record(1, 200.0);
        second.action = Some(ActionRecord {
            label: "pour milk".into(),
            class: 23,
            score: 0.8,
            top: vec![RankedLabel("pour milk".into(), 0.8), RankedLabel("open milk".into(), 0.1)],
            unknown: false,
            uncertainty: 0.0,
            stable: false,
            window_ns: [0, 1],
            about_ns: None,
            since_ns: None,
            next: None,
        });
        second.objects =
            Some(vec![ObjectRecord { label: "milk".into(), class: 5, score: 0.9, track: None, box_px: [0.0; 4], in_hand: InHand::Both }]);
        let row = maker.row(&second, None, 77, &mut labels);
        assert_eq!((labels.name(row.decision), labels.name(row.held), labels.name(row.top[1])), ("pour milk", "milk", "open milk"));
        // 100 px of 1000 in 0.1 s: one picture width a second.
        assert!((row.wrist_speed(1) - 1.0).abs() < SPEED_STEP && row.wrist_speed(0) == 0.0);
        assert_eq!((row.flags, row.score, row.place), (flags::UNSURE, 204, 77));
        let row = maker.row(&record(5, 200.0), None, 0, &mut labels);
        assert_eq!(row.flags, flags::DROPPED);
        let bare = FrameRecord::new("clip", 6, Some(0), 10, 10);
        assert_eq!(maker.row(&bare, None, 0, &mut labels).flags, flags::NOT_ANALYSED);
        assert_eq!(size_of::<Row>(), 40);
    }
}
