//! What a hand tracker further down tells `egosharp`: an upstream event with the joints of the hands that it follows.
//!
//! Elements between the two pass it on, as they do with every custom event; elements that do not know it ignore it.

use std::collections::VecDeque;

use ego_core::hands::{Hands, JOINTS};
use ego_core::range::Joints;
use gst::glib;

const NAME: &str = "ego-hands-seen";
const JOINTS_FIELD: &str = "joints";
const PTS_FIELD: &str = "pts";
/// `GST_CLOCK_TIME_NONE`.
const NO_PTS: u64 = u64::MAX;
/// Largest value of the property `hands-delay`, frames.
pub(super) const MAX_DELAY: u32 = 60;

/// Hands that a tracker follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HandsSeen {
    /// Time stamp of the frame that they were seen in, nanoseconds.
    pub(crate) pts_ns: Option<u64>,
    /// Their joints, divided by the picture's width and height.
    pub(crate) hands: Vec<Joints>,
}

impl HandsSeen {
    /// The event that tells of these hands.
    pub(crate) fn event(hands: &Hands, pts_ns: Option<u64>) -> gst::Event {
        let numbers = hands.hands.iter().flat_map(|hand| hand.image_norm.as_flattened()).flat_map(|v| v.to_le_bytes());
        let joints = glib::Bytes::from_owned(numbers.collect::<Vec<u8>>());
        let structure = gst::Structure::builder(NAME).field(JOINTS_FIELD, joints).field(PTS_FIELD, pts_ns.unwrap_or(NO_PTS)).build();
        gst::event::CustomUpstream::new(structure)
    }

    /// The hands that an event tells of; `None` for other events.
    pub(crate) fn of(event: &gst::EventRef) -> Option<HandsSeen> {
        let structure = event.structure().filter(|s| s.name() == NAME)?;
        let bytes = structure.get::<glib::Bytes>(JOINTS_FIELD).ok()?;
        let pts_ns = structure.get::<u64>(PTS_FIELD).ok().filter(|pts| *pts != NO_PTS);
        let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let hands = numbers.as_chunks::<2>().0.as_chunks::<JOINTS>().0.to_vec();
        Some(HandsSeen { pts_ns, hands })
    }
}

/// What has been told lately, and the frames that came meanwhile.
#[derive(Debug, Default)]
pub(super) struct Told {
    hands: VecDeque<HandsSeen>,
    /// Time stamps of the last frames, newest last.
    frames: VecDeque<Option<u64>>,
}

impl Told {
    pub(super) fn hear(&mut self, seen: HandsSeen) {
        push(&mut self.hands, seen);
    }

    pub(super) fn forget(&mut self) {
        self.hands.clear();
        self.frames.clear();
    }

    /// A frame comes: the hands that count for it, with how old they are beyond the delay that was asked for, nanoseconds.
    ///
    /// Without a delay these are the newest. With one they are the newest of those that were seen so many frames ago or earlier:
    /// when later ones have come already, or not, makes no difference.
    pub(super) fn at(&mut self, pts_ns: Option<u64>, delay: u32) -> Option<(&HandsSeen, u64)> {
        push(&mut self.frames, pts_ns);
        if delay == 0 {
            let seen = self.hands.back()?;
            return Some((seen, pts_ns.zip(seen.pts_ns).map_or(0, |(now, then)| now.abs_diff(then))));
        }
        let then = (*self.frames.iter().rev().nth(delay as usize)?)?;
        let seen = self.hands.iter().rev().find(|seen| seen.pts_ns.is_some_and(|pts| pts <= then))?;
        Some((seen, then - seen.pts_ns?))
    }
}

/// As many are kept as the longest delay can ask for, twice: frames and hands need not come in turns.
fn push<T>(line: &mut VecDeque<T>, value: T) {
    if line.len() > 2 * MAX_DELAY as usize {
        line.pop_front();
    }
    line.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::hands::{DepthSource, Hand, Side};

    #[test]
    fn hands_come_back_from_their_event_and_other_events_say_nothing() {
        gst::init().unwrap();
        let image_norm = std::array::from_fn(|i| [i as f32 * 0.01, 1.0 - i as f32]);
        let hand = Hand { side: Side::Left, score: 1.0, presence: 1.0, track: 1, image_norm, camera_m: None, joint_score: [1.0; JOINTS] };
        let hands = Hands { hands: vec![hand.clone(), hand], depth_source: DepthSource::None };
        for pts_ns in [None, Some(7)] {
            let seen = HandsSeen::of(&HandsSeen::event(&hands, pts_ns)).unwrap();
            assert_eq!(seen, HandsSeen { pts_ns, hands: vec![image_norm; 2] });
        }
        let other = gst::event::CustomUpstream::new(gst::Structure::new_empty("other"));
        assert_eq!(HandsSeen::of(&other), None);
        assert_eq!(HandsSeen::of(&gst::event::Reconfigure::new()), None);
    }

    fn seen(pts_ns: u64) -> HandsSeen {
        HandsSeen { pts_ns: Some(pts_ns), hands: vec![[[pts_ns as f32; 2]; JOINTS]] }
    }

    #[test]
    fn with_a_delay_it_does_not_matter_when_later_hands_come() {
        // Each schedule: how many frames of hands have come before each frame; the hands of frame n never later than frame n + 3.
        let schedules: [fn(u64) -> u64; 4] =
            [|n| n.saturating_sub(2), |n| n, |n| n - n % 3, |n| if n > 50 { n } else { n.saturating_sub(2) }];
        let answers = schedules.map(|come| {
            let (mut told, mut heard) = (Told::default(), 0);
            let at = |n: u64| {
                for k in heard..come(n) {
                    told.hear(seen(k));
                }
                heard = heard.max(come(n));
                told.at(Some(n), 3).map(|(seen, age)| (seen.pts_ns, age))
            };
            (0..300).map(at).collect::<Vec<_>>()
        });
        assert_eq!(answers[0][..5], [None, None, None, Some((Some(0), 0)), Some((Some(1), 0))]);
        assert!(answers.iter().all(|a| *a == answers[0]));
    }

    #[test]
    fn without_a_delay_the_newest_count_and_a_flush_forgets_all() {
        let mut told = Told::default();
        assert_eq!(told.at(Some(0), 0), None);
        told.hear(seen(10));
        told.hear(seen(7));
        assert_eq!(told.at(Some(20), 0), Some((&seen(7), 13)));
        // Hands without a time stamp are taken for new ones, where no delay asks for their time.
        told.hear(HandsSeen { pts_ns: None, hands: Vec::new() });
        assert_eq!(told.at(Some(30), 0).map(|(seen, age)| (seen.pts_ns, age)), Some((None, 0)));
        assert_eq!(told.at(Some(31), 1), Some((&seen(7), 23)));
        told.forget();
        assert!(told.at(Some(40), 0).is_none() && told.at(Some(41), 1).is_none());
    }
}
