//! Two hand models for one stream: the second takes over while it sees hands that the first does not.
//!
//! No small network is best everywhere: `ego-hands` is made for a camera on the wearer's head, `mediapipe-hands` for people in front of a
//! camera. Which one a stream needs shows in its pictures. One model finds the hands of every frame; while a hand is missing, or one is
//! doubtful, the other one looks at a frame now and then, and takes over when it has seen more in [`VOTES`] of its looks in a row. More
//! is what counts as evidence: log-odds, so that one hand that is surely there outweighs two that are as likely to be a face.

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{Hand, Hands, JOINTS};
use ego_core::image::MaskView;
use ego_core::range::{BYSTANDER_SHARE, share_within};
use ego_core::region::Box2;

use super::model::{HandInput, HandModel, open_one};
use super::on_demand::OnDemand;
use super::tracker::HandTrackerConfig;
use crate::error::{ModelError, Result};
use crate::paths::find_model;

/// Looks of the other model in a row that must see more.
const VOTES: u32 = 3;
/// Looks of both models in a row that see nothing, after which the first model has the stream again.
const EMPTY: u32 = 6;
/// The first look, seconds after the beginning of a stream, when the model at work has settled, while no sure hand is seen.
const FIRST_S: f64 = 0.25;
/// Time between looks while a change is considered; it doubles after each look that sees no more.
const SOON_S: f64 = 0.5;
/// The longest time between looks while no sure hand is seen.
const NOBODY_S: f64 = 1.0;
/// The shortest and the longest time between looks that see no more, and the first look, while a sure hand is seen.
const SOMEBODY_S: [f64; 2] = [2.0, 4.0];
/// Assumed time between frames that carry no time stamp.
const FRAME_S: f64 = 1.0 / 30.0;
/// The other model sees more when the evidence of what it alone sees is larger by this than that of what it does not see.
const MARGIN: f32 = 1.0;
/// A hand with less evidence is doubtful.
const DOUBTFUL: f32 = 1.0;
/// The evidence of one hand is at most this (a presence of 0.95): what models say of sure hands cannot be compared.
const SURE: f32 = 3.0;
/// Two hands whose joints are nearer than this share of the smaller one's size, on average, are the same hand.
const SAME_HAND_DISTANCE: f32 = 0.25;

/// A model, and what its results are called.
#[derive(Debug)]
struct Voice {
    name: String,
    model: Box<dyn HandModel>,
    /// What is added to its track numbers, so that no number is reported twice.
    offset: u32,
}

/// The two models.
#[derive(Debug)]
pub(super) struct HandPair {
    at_work: Voice,
    other: Voice,
    /// Whether the model at work is the first of the settings.
    first_works: bool,
    max_hands: usize,
    now_s: f64,
    last_pts_ns: Option<u64>,
    /// When the other model looked last, if it has.
    looked_s: Option<f64>,
    wait_s: f64,
    /// The other model failed and is not asked again; why, until that is taken.
    other_failed: bool,
    trouble: Option<ModelError>,
    votes: u32,
    empty: u32,
    /// The highest track number that was reported.
    reported: u32,
}

impl HandPair {
    /// Opens the first; the second is opened when it is to look.
    ///
    /// # Errors
    /// As [`super::open`], and when the second model is not there.
    pub(super) fn open(config: &HandTrackerConfig, second: &str) -> Result<HandPair> {
        if let Some(detector) = find_model(second)?.manifest.detector {
            find_model(&detector)?;
        }
        let other = HandTrackerConfig { model: second.to_owned(), detector: None, ..config.clone() };
        let first = (config.model.clone(), open_one(config)?);
        Ok(HandPair::new(first, (second.to_owned(), Box::new(OnDemand::new(other))), config.max_hands))
    }

    fn new(first: (String, Box<dyn HandModel>), second: (String, Box<dyn HandModel>), max_hands: usize) -> HandPair {
        let voice = |(name, model)| Voice { name, model, offset: 0 };
        HandPair {
            at_work: voice(first),
            other: voice(second),
            first_works: true,
            max_hands,
            now_s: 0.0,
            last_pts_ns: None,
            looked_s: None,
            wait_s: SOON_S,
            other_failed: false,
            trouble: None,
            votes: 0,
            empty: 0,
            reported: 0,
        }
    }

    /// Goes on in time; frames that come out of order do not turn it back.
    fn tick(&mut self, pts_ns: Option<u64>) {
        self.now_s += match (pts_ns, self.last_pts_ns) {
            (Some(now), Some(then)) => now.saturating_sub(then) as f64 * 1e-9,
            _ => FRAME_S,
        };
        self.last_pts_ns = pts_ns;
    }

    /// Whether the other model is to look at a frame in which these hands were found.
    fn due(&self, found: &Hands) -> bool {
        let nobody = nobody_sure(found);
        let waited = match self.looked_s {
            Some(then) => self.now_s - then >= self.wait_s.min(longest(nobody)),
            None => self.now_s >= if nobody { FIRST_S } else { SOMEBODY_S[0] },
        };
        let missing = found.hands.len() < self.max_hands;
        waited && (missing || found.hands.iter().any(is_doubtful)) && !self.other_failed
    }

    /// The other model looks at the frame. Tells whether it is to take over.
    fn considers(&mut self, found: &Hands, theirs: &Hands, mask: Option<&MaskView<'_>>) -> bool {
        let gain = alone(theirs, found, mask) - alone(found, theirs, mask);
        self.votes = if gain > MARGIN { self.votes + 1 } else { 0 };
        let nobody = nobody_sure(found);
        self.empty = if found.hands.is_empty() && theirs.hands.is_empty() { self.empty.saturating_add(1) } else { 0 };
        let shortest = if nobody { SOON_S } else { SOMEBODY_S[0] };
        self.wait_s = if self.votes > 0 { SOON_S } else { (2.0 * self.wait_s).clamp(shortest, longest(nobody)) };
        self.looked_s = Some(self.now_s);
        self.votes >= VOTES || (self.empty >= EMPTY && !self.first_works)
    }

    fn change(&mut self) {
        std::mem::swap(&mut self.at_work, &mut self.other);
        self.first_works = !self.first_works;
        (self.votes, self.empty) = (0, 0);
        self.at_work.offset = self.reported;
    }

    fn report(&mut self, mut hands: Hands) -> Hands {
        for hand in &mut hands.hands {
            hand.track = hand.track.wrapping_add(self.at_work.offset);
            self.reported = self.reported.max(hand.track);
        }
        hands
    }
}

impl HandModel for HandPair {
    fn provider(&self) -> &str {
        self.at_work.model.provider()
    }

    fn fallback(&self) -> Option<&str> {
        self.at_work.model.fallback().or_else(|| self.other.model.fallback())
    }

    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands> {
        self.tick(input.pts_ns);
        let mut hands = self.at_work.model.find(input)?;
        if self.due(&hands) {
            // Where its hands were at its last look tells nothing, and the first search of a stream is the most thorough one.
            self.other.model.reset();
            match self.other.model.find(input) {
                Ok(theirs) if self.considers(&hands, &theirs, input.mask.as_ref()) => {
                    self.change();
                    hands = theirs;
                }
                Ok(_) => {}
                Err(error) => (self.other_failed, self.trouble) = (true, Some(error)),
            }
        }
        Ok(self.report(hands))
    }

    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        self.at_work.model.intrinsics()
    }

    fn set_smoothing(&mut self, smoothing: bool) {
        self.at_work.model.set_smoothing(smoothing);
        self.other.model.set_smoothing(smoothing);
    }

    /// Whose turn it is stays: it is the same camera.
    fn reset(&mut self) {
        self.at_work.model.reset();
        self.other.model.reset();
        (self.now_s, self.last_pts_ns) = (0.0, None);
        (self.looked_s, self.wait_s) = (None, SOON_S);
        (self.votes, self.empty) = (0, 0);
    }

    fn at_work(&self) -> Option<&str> {
        Some(&self.at_work.name)
    }

    fn take_trouble(&mut self) -> Option<ModelError> {
        self.trouble.take()
    }
}

fn longest(nobody: bool) -> f64 {
    if nobody { NOBODY_S } else { SOMEBODY_S[1] }
}

/// Evidence for the hands within reach that only the first of two results has.
fn alone(hands: &Hands, others: &Hands, mask: Option<&MaskView<'_>>) -> f32 {
    let within = |hand: &&Hand| mask.and_then(|mask| share_within(mask, &hand.image_norm)).is_none_or(|share| share >= BYSTANDER_SHARE);
    let only = |hand: &&Hand| !others.hands.iter().any(|other| same_hand(hand, other));
    hands.hands.iter().filter(within).filter(only).map(evidence).sum()
}

/// Log-odds that a hand is there.
fn evidence(hand: &Hand) -> f32 {
    let presence = hand.presence.clamp(0.5, 0.999);
    (presence / (1.0 - presence)).ln().min(SURE)
}

fn is_doubtful(hand: &Hand) -> bool {
    evidence(hand) < DOUBTFUL
}

/// Whether no hand is there but perhaps doubtful ones.
fn nobody_sure(found: &Hands) -> bool {
    found.hands.iter().all(is_doubtful)
}

fn same_hand(a: &Hand, b: &Hand) -> bool {
    let around = |hand: &Hand| Box2::around(hand.image_norm.iter().map(|p| p.map(f64::from)));
    let side = [a, b].into_iter().filter_map(around).map(|b| b.width().max(b.height())).fold(f64::MAX, f64::min) as f32;
    let gaps = a.image_norm.iter().zip(&b.image_norm).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
    gaps.sum::<f32>() < SAME_HAND_DISTANCE * side * JOINTS as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::hands::{DepthSource, Side};
    use ego_core::image::{ImageView, PixelFormat};

    /// Always reports hands at the same places, or cannot be opened.
    #[derive(Debug)]
    struct Fixed(Option<Vec<Hand>>);

    impl HandModel for Fixed {
        fn provider(&self) -> &str {
            "cpu"
        }

        fn fallback(&self) -> Option<&str> {
            None
        }

        fn find(&mut self, _: &HandInput<'_>) -> Result<Hands> {
            let hands = self.0.clone().ok_or_else(|| ModelError::Frame("broken".to_owned()))?;
            Ok(Hands { hands, depth_source: DepthSource::Estimated })
        }

        fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
            None
        }

        fn set_smoothing(&mut self, _: bool) {}

        fn reset(&mut self) {}
    }

    /// A hand of a tenth of the picture around this place.
    fn hand(track: u32, x: f32, presence: f32) -> Hand {
        let image_norm = std::array::from_fn(|i| [x + 0.005 * i as f32, 0.5 + 0.005 * (i % 7) as f32]);
        Hand { side: Side::Right, score: 1.0, presence, track, image_norm, camera_m: None, joint_score: [presence; JOINTS] }
    }

    fn pair(first: &[Hand], second: &[Hand]) -> HandPair {
        let fixed = |name: &str, hands: &[Hand]| (name.to_owned(), Box::new(Fixed(Some(hands.to_vec()))) as Box<dyn HandModel>);
        HandPair::new(fixed("first", first), fixed("second", second), 2)
    }

    /// Runs 30 frames a second; returns who was at work at the end, and the last result.
    fn run(pair: &mut HandPair, seconds: f64) -> (String, Hands) {
        let pixels = [0; 12];
        let mut last = Hands::default();
        for n in 0..(seconds * 30.0) as u64 {
            let view = ImageView::packed(PixelFormat::Rgb, 2, 2, &pixels).expect("twelve bytes are enough");
            last = pair.find(&HandInput::of(view, Some(n * 33_333_333))).expect("fixed hands are found");
        }
        (pair.at_work().unwrap_or_default().to_owned(), last)
    }

    #[test]
    fn the_model_that_sees_the_hand_takes_over_with_new_track_numbers() {
        let mut pair = pair(&[], &[hand(1, 0.3, 0.99)]);
        assert_eq!(run(&mut pair, 1.2).0, "first", "before it has seen it three times");
        let (at_work, hands) = run(&mut pair, 3.0);
        assert_eq!((at_work.as_str(), hands.hands.len()), ("second", 1));
    }

    #[test]
    fn a_sure_hand_outweighs_what_the_first_model_half_believes_elsewhere() {
        let (face, palm) = (hand(7, 0.7, 0.6), hand(1, 0.2, 0.99));
        let (at_work, hands) = run(&mut pair(&[face], &[palm]), 8.0);
        assert_eq!(at_work, "second");
        assert_eq!(hands.hands[0].track, 8, "above all numbers that were reported");
    }

    #[test]
    fn a_sure_hand_outweighs_two_doubtful_ones_even_where_it_is_mistaken_for_one() {
        // The first model has the hand's place and not its joints, and a face.
        let mut wrong = hand(1, 0.2, 0.6);
        wrong.image_norm.reverse();
        let (at_work, _) = run(&mut pair(&[wrong, hand(2, 0.6, 0.55)], &[hand(1, 0.2, 0.99)]), 8.0);
        assert_eq!(at_work, "second");
    }

    #[test]
    fn models_that_see_the_same_or_as_much_stay() {
        let both = [hand(1, 0.2, 0.9), hand(2, 0.6, 0.9)];
        assert_eq!(run(&mut pair(&both[..1], &both[..1]), 20.0).0, "first", "the same hand");
        assert_eq!(run(&mut pair(&both[..1], &both[1..]), 20.0).0, "first", "as much elsewhere");
        assert_eq!(run(&mut pair(&both, &[hand(3, 0.9, 1.0)]), 20.0).0, "first", "nothing is missing or doubtful");
        let doubtful = [hand(1, 0.2, 0.6), hand(2, 0.6, 0.6)];
        assert_eq!(run(&mut pair(&doubtful, &[]), 20.0).0, "first", "the other one sees nothing");
        assert_eq!(run(&mut pair(&[], &doubtful[..1]), 20.0).0, "first", "what is as likely to be a face");
        assert_eq!(run(&mut pair(&[], &[]), 20.0).0, "first", "nothing to see");
    }

    #[test]
    fn a_second_model_that_fails_is_told_once_and_left_alone() {
        let mut pair = pair(&[hand(1, 0.2, 0.9)], &[]);
        pair.other.model = Box::new(Fixed(None));
        assert_eq!(run(&mut pair, 3.0).1.hands.len(), 1, "the hands of the first stay");
        assert!(pair.take_trouble().is_some());
        run(&mut pair, 10.0);
        assert!(pair.take_trouble().is_none(), "not asked again");
    }

    #[test]
    fn beside_a_hand_the_second_model_looks_later() {
        let mut pair = pair(&[hand(1, 0.2, 0.9)], &[]);
        pair.other.model = Box::new(Fixed(None));
        run(&mut pair, SOMEBODY_S[0] - 0.1);
        assert!(pair.take_trouble().is_none(), "not yet");
        let mut pair = self::pair(&[], &[]);
        pair.other.model = Box::new(Fixed(None));
        run(&mut pair, FIRST_S + 0.1);
        assert!(pair.take_trouble().is_some(), "at once where nobody is seen");
    }

    #[test]
    fn an_empty_picture_gives_the_stream_back_to_the_first() {
        let mut pair = pair(&[], &[hand(1, 0.3, 0.99)]);
        run(&mut pair, 5.0);
        pair.at_work.model = Box::new(Fixed(Some(Vec::new())));
        assert_eq!(run(&mut pair, 2.0).0, "second");
        assert_eq!(run(&mut pair, 10.0).0, "first");
    }
}
