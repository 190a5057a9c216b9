//! What a hand tracker further down tells `egosharp`: an upstream event with the joints of the hands that it follows.
//!
//! Elements between the two pass it on, as they do with every custom event; elements that do not know it ignore it.

use ego_core::hands::{Hands, JOINTS};
use ego_core::range::Joints;
use gst::glib;

const NAME: &str = "ego-hands-seen";
const JOINTS_FIELD: &str = "joints";
const PTS_FIELD: &str = "pts";
/// `GST_CLOCK_TIME_NONE`.
const NO_PTS: u64 = u64::MAX;

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
}
