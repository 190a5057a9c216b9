//! Which object is in which hand: fingers inside its box, at its distance, for a while.
//!
//! In: the objects of a frame with track numbers and the hands of the same moment, and a depth map if there is one. Out: `in_hand` of
//! each object. Boxes alone take a hand that passes in front of an object for one that holds it; the depth map tells them apart, and
//! so does time.

use crate::depth::{DepthScale, DepthView};
use crate::hands::{Hand, JOINTS, Side};
use crate::objects::{Detection, InHand};
use crate::region::Box2;

/// Joints that touch what a hand holds: the outer halves of the fingers.
const TOUCHING: [usize; 14] = [3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20];
/// A box is widened by this share of its size: detectors cut corners, fingers lie on edges.
const MARGIN: f32 = 0.08;
/// Two boxes that overlap by more than this are one object that was taken for two.
const SAME_IOU: f64 = 0.5;
/// Smallest share of the touching joints inside the box.
const MIN_INSIDE: f32 = 0.35;
/// Largest ratio of the distances of fingers and object; 1.2 at half a metre are 10 cm.
const MAX_DEPTH_RATIO: f32 = 1.2;
/// A hand takes hold when it has touched for this long, nanoseconds ...
const HOLD_NS: u64 = 150_000_000;
/// ... and lets go when it has not for this long.
const RELEASE_NS: u64 = 300_000_000;
/// Longest time that one frame counts for, nanoseconds.
const MAX_STEP_NS: u64 = 150_000_000;
/// Assumed time between frames that carry no time stamp, nanoseconds.
const FRAME_NS: u64 = 33_333_333;

/// How surely one hand holds one object.
#[derive(Clone, Copy, Debug)]
struct Hold {
    track: u32,
    side: Side,
    /// 0 surely not ... 1 surely.
    belief: f32,
    holds: bool,
}

/// The holds of a stream.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    holds: Vec<Hold>,
    now_ns: Option<u64>,
    /// Scratch: what one hand touches, and how much.
    touched: Vec<(Detection, f32)>,
}

impl Contacts {
    /// Forgets everything.
    pub fn reset(&mut self) {
        self.holds.clear();
        self.now_ns = None;
    }

    /// Writes `in_hand` of each object, and `depth_m` where the map is metric.
    ///
    /// A hand holds one object at most: of several that it touches the one with most fingers inside, the smaller of equals, and at one
    /// place the likeliest. It lets go of the last one when it takes hold of another, and of what is not where its joints are.
    pub fn update(&mut self, objects: &mut [Detection], hands: &[Hand], depth: Option<&DepthView<'_>>, pts_ns: Option<u64>) {
        let now = pts_ns.unwrap_or_else(|| self.now_ns.map_or(0, |then| then.saturating_add(FRAME_NS)));
        let step_ns = self.now_ns.map_or(FRAME_NS, |then| now.saturating_sub(then).min(MAX_STEP_NS));
        self.now_ns = Some(now);
        for object in objects.iter_mut() {
            object.in_hand = InHand::None;
            if let Some(depth) = depth.filter(|depth| depth.scale == DepthScale::Metric) {
                object.depth_m = depth.median_in(inner(object.box_norm), 9).map(|step| (f64::from(step) * depth.unit) as f32);
            }
        }
        for side in [Side::Left, Side::Right] {
            let hand = hands.iter().filter(|hand| hand.side == side).max_by(|a, b| a.presence.total_cmp(&b.presence));
            self.touched.clear();
            if let Some(hand) = hand {
                let tracked = objects.iter().filter(|object| object.track.is_some());
                self.touched.extend(tracked.filter_map(|object| Some((*object, touch(object, hand, depth)?))));
            }
            let likeliest =
                |object: &Detection| !self.touched.iter().any(|(other, _)| other.score > object.score && same_place(other, object));
            let candidates = self.touched.iter().filter(|(object, _)| likeliest(object));
            let best = candidates.max_by(|a, b| a.1.total_cmp(&b.1)).and_then(|(object, _)| object.track);
            if let Some(track) = best.filter(|track| !self.holds.iter().any(|hold| hold.track == *track && hold.side == side)) {
                self.holds.push(Hold { track, side, belief: 0.0, holds: false });
            }
            // Of what is not among the objects, too: what comes back after a while has to be touched anew.
            let mut taken = None;
            for hold in self.holds.iter_mut().filter(|hold| hold.side == side) {
                if hold.weigh(best == Some(hold.track), step_ns) {
                    taken = Some(hold.track);
                }
            }
            self.holds.retain(|hold| hold.side != side || (hold.belief > 0.0 && taken.is_none_or(|track| track == hold.track)));
            for object in objects.iter_mut() {
                let holds = |hold: &Hold| Some(hold.track) == object.track && hold.side == side && hold.holds;
                if self.holds.iter().any(holds) && hand.is_none_or(|hand| reaches(object, hand)) {
                    object.in_hand = object.in_hand.and(side);
                }
            }
        }
    }
}

impl Hold {
    /// Returns whether the hand has taken hold just now.
    fn weigh(&mut self, touched: bool, step_ns: u64) -> bool {
        let held = self.holds;
        let step = step_ns as f32;
        let change = if touched { step / HOLD_NS as f32 } else { -step / RELEASE_NS as f32 };
        self.belief = (self.belief + change).clamp(0.0, 1.0);
        if self.belief >= 1.0 {
            self.holds = true;
        } else if self.belief <= 0.0 {
            self.holds = false;
        }
        self.holds && !held
    }
}

/// The box, wider by [`MARGIN`] on each side, as a test of points.
fn widened([x0, y0, x1, y1]: [f32; 4]) -> impl Fn(&[f32; 2]) -> bool {
    let (mx, my) = (MARGIN * (x1 - x0), MARGIN * (y1 - y0));
    move |p| (x0 - mx..=x1 + mx).contains(&p[0]) && (y0 - my..=y1 + my).contains(&p[1])
}

/// Whether any joint of a hand is at an object.
fn reaches(object: &Detection, hand: &Hand) -> bool {
    hand.image_norm.iter().any(widened(object.box_norm))
}

/// Whether two boxes are one object, whatever their classes.
fn same_place(a: &Detection, b: &Detection) -> bool {
    let [a, b] = [a, b].map(|object| Box2::from(object.box_norm.map(f64::from)));
    a.iou(&b) > SAME_IOU
}

/// How much a hand touches an object, `None` when it does not.
fn touch(object: &Detection, hand: &Hand, depth: Option<&DepthView<'_>>) -> Option<f32> {
    let [x0, y0, x1, y1] = object.box_norm;
    let (w, h) = (x1 - x0, y1 - y0);
    let within = widened(object.box_norm);
    let fingers = || TOUCHING.into_iter().filter_map(|i| hand.image_norm.get(i)).filter(|p| within(p));
    let share = fingers().count() as f32 / TOUCHING.len() as f32;
    if share < MIN_INSIDE {
        return None;
    }
    if let Some(ratio) = depth.and_then(|depth| {
        let mut steps = [0u16; JOINTS];
        let mut count = 0;
        for (slot, step) in steps.iter_mut().zip(fingers().filter_map(|p| depth.at(*p))) {
            *slot = step;
            count += 1;
        }
        let steps = steps.get_mut(..count).filter(|steps| !steps.is_empty())?;
        let finger = f32::from(*steps.select_nth_unstable(count / 2).1);
        let body = f32::from(depth.median_in(inner(object.box_norm), 9)?);
        Some((finger / body).max(body / finger))
    }) && ratio > MAX_DEPTH_RATIO
    {
        return None;
    }
    Some(share - 0.1 * w * h)
}

/// The middle of a box, where the object fills it.
fn inner([x0, y0, x1, y1]: [f32; 4]) -> [f32; 4] {
    let (mx, my) = (0.2 * (x1 - x0), 0.2 * (y1 - y0));
    [x0 + mx, y0 + my, x1 - mx, y1 - my]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Plane;

    const STEP: u64 = 33_000_000;

    fn object(track: u32, box_norm: [f32; 4]) -> Detection {
        Detection { class: 0, score: 0.9, track: Some(track), box_norm, depth_m: None, in_hand: InHand::None }
    }

    /// A hand whose fingers all end at a point.
    fn hand(side: Side, at: [f32; 2]) -> Hand {
        let mut image_norm = [at; JOINTS];
        image_norm[0] = [at[0], at[1] + 0.3];
        Hand { side, score: 0.9, presence: 0.9, track: 1, image_norm, camera_m: None, joint_score: [1.0; JOINTS] }
    }

    const MILK: [f32; 4] = [0.4, 0.4, 0.6, 0.8];

    /// States of one object over frames in which hands are at these places.
    fn run(contacts: &mut Contacts, from: u64, frames: u64, hands: &[Hand], depth: Option<&DepthView<'_>>) -> Vec<InHand> {
        (from..from + frames)
            .map(|n| {
                let mut objects = [object(1, MILK)];
                contacts.update(&mut objects, hands, depth, Some(n * STEP));
                objects[0].in_hand
            })
            .collect()
    }

    #[test]
    fn a_hand_takes_hold_after_a_while_and_lets_go_after_a_while() {
        let mut contacts = Contacts::default();
        let taken = run(&mut contacts, 0, 12, &[hand(Side::Right, [0.5, 0.6])], None);
        let first = taken.iter().position(|h| *h == InHand::Right).expect("taken");
        assert!((3..7).contains(&first) && taken[first..].iter().all(|h| *h == InHand::Right), "{taken:?}");
        // The wrist is still there.
        let left = run(&mut contacts, 12, 20, &[hand(Side::Right, [0.5, 0.3])], None);
        let gone = left.iter().position(|h| *h == InHand::None).expect("let go");
        assert!((7..12).contains(&gone) && left[gone..].iter().all(|h| *h == InHand::None), "{left:?}");
    }

    #[test]
    fn a_hand_that_flickers_does_not_let_go() {
        let mut contacts = Contacts::default();
        run(&mut contacts, 0, 12, &[hand(Side::Left, [0.5, 0.6])], None);
        for n in 12..40 {
            let hands = if n % 4 == 0 { vec![] } else { vec![hand(Side::Left, [0.5, 0.6])] };
            assert_eq!(run(&mut contacts, n, 1, &hands, None), [InHand::Left], "frame {n}");
        }
        // A hand that only sweeps by does not take hold.
        let mut contacts = Contacts::default();
        assert!(run(&mut contacts, 0, 3, &[hand(Side::Left, [0.5, 0.6])], None).iter().all(|h| *h == InHand::None));
    }

    #[test]
    fn both_hands_hold_one_object_and_one_hand_holds_one_of_two() {
        let mut contacts = Contacts::default();
        let hands = [hand(Side::Left, [0.42, 0.6]), hand(Side::Right, [0.58, 0.6])];
        assert_eq!(run(&mut contacts, 0, 12, &hands, None).last(), Some(&InHand::Both));
        let mut contacts = Contacts::default();
        let mut objects = [object(1, [0.0, 0.0, 1.0, 1.0]), object(2, MILK)];
        for n in 0..12 {
            contacts.update(&mut objects, &hands[..1], None, Some(n * STEP));
        }
        assert_eq!(objects.map(|o| o.in_hand), [InHand::None, InHand::Left], "the smaller box of two around a hand");
    }

    #[test]
    fn a_hand_that_takes_hold_of_another_object_lets_go_of_the_first() {
        let mut contacts = Contacts::default();
        let cup = [0.5, 0.45, 0.7, 0.8];
        let mut held = Vec::new();
        // The fingers stay inside the first box and are inside the second, smaller one from frame 12 on.
        for n in 0..30u64 {
            let mut objects = [object(1, [0.3, 0.2, 0.7, 0.9]), object(2, if n < 12 { [0.8, 0.45, 1.0, 0.8] } else { cup })];
            contacts.update(&mut objects, &[hand(Side::Left, [0.6, 0.6])], None, Some(n * STEP));
            held.push(objects.map(|o| o.in_hand));
        }
        assert!(held.iter().all(|of| of.iter().filter(|h| **h != InHand::None).count() <= 1), "{held:?}");
        assert_eq!(held[11], [InHand::Left, InHand::None]);
        let taken = held.iter().position(|of| *of == [InHand::None, InHand::Left]).expect("taken");
        assert!((14..19).contains(&taken) && held[taken..].iter().all(|of| *of == held[taken]), "{held:?}");
    }

    #[test]
    fn of_two_boxes_at_one_place_a_hand_holds_the_likelier() {
        let mut contacts = Contacts::default();
        // As many fingers in both; the second is smaller and fades, as boxes that are shown on without being seen do.
        for n in 0..12u64 {
            let fading = Detection { score: 0.5 * 0.8f32.powi(n as i32), ..object(2, [0.41, 0.41, 0.59, 0.79]) };
            let mut objects = [object(1, MILK), fading];
            contacts.update(&mut objects, &[hand(Side::Left, [0.5, 0.6])], None, Some(n * STEP));
            assert_eq!(objects[1].in_hand, InHand::None, "frame {n}");
            assert_eq!(objects[0].in_hand != InHand::None, n >= 4, "frame {n}");
        }
    }

    #[test]
    fn what_comes_back_after_a_while_has_to_be_touched_anew() {
        for (missing, comes_back) in [(5, InHand::Right), (10, InHand::None)] {
            let mut contacts = Contacts::default();
            let holding = [hand(Side::Right, [0.5, 0.6])];
            run(&mut contacts, 0, 12, &holding, None);
            for n in 12..12 + missing {
                contacts.update(&mut [], &holding, None, Some(n * STEP));
            }
            assert_eq!(run(&mut contacts, 12 + missing, 1, &[], None), [comes_back], "missing for {missing} frames");
        }
    }

    #[test]
    fn a_hand_that_is_seen_elsewhere_holds_nothing_here() {
        let mut contacts = Contacts::default();
        let holding = [hand(Side::Right, [0.5, 0.6])];
        assert_eq!(run(&mut contacts, 0, 12, &holding, None).last(), Some(&InHand::Right));
        assert_eq!(run(&mut contacts, 12, 1, &[hand(Side::Right, [0.1, 0.1])], None), [InHand::None]);
        // One wrong place of a hand ends nothing, nor does a hand that is not seen.
        assert_eq!(run(&mut contacts, 13, 1, &holding, None), [InHand::Right]);
        assert_eq!(run(&mut contacts, 14, 1, &[], None), [InHand::Right]);
    }

    #[test]
    fn a_hand_in_front_of_an_object_does_not_hold_it() {
        // The object fills the map at 0.9 m, the fingers are on the left at 0.5 m; in the second map they are at its distance.
        let far: Vec<u8> = (0..100u16).flat_map(|i| (if i % 10 < 5 { 500u16 } else { 900 }).to_le_bytes()).collect();
        let near: Vec<u8> = (0..100u16).flat_map(|i| (if i % 10 < 5 { 860u16 } else { 900 }).to_le_bytes()).collect();
        let view = |data| DepthView { width: 10, height: 10, plane: Plane { data, stride: 20 }, unit: 0.001, scale: DepthScale::Metric };
        let hands = [hand(Side::Right, [0.42, 0.6])];
        let mut contacts = Contacts::default();
        let passes = run(&mut contacts, 0, 20, &hands, Some(&view(&far)));
        assert!(passes.iter().all(|h| *h == InHand::None), "{passes:?}");
        let mut contacts = Contacts::default();
        assert_eq!(run(&mut contacts, 0, 20, &hands, Some(&view(&near))).last(), Some(&InHand::Right));
        let mut objects = [object(1, MILK)];
        contacts.update(&mut objects, &[], Some(&view(&near)), None);
        assert!(objects[0].depth_m.is_some_and(|d| (0.8..=0.9).contains(&d)), "{objects:?}");
    }

    #[test]
    fn objects_without_hands_and_hands_without_objects() {
        let mut contacts = Contacts::default();
        assert!(run(&mut contacts, 0, 5, &[], None).iter().all(|h| *h == InHand::None));
        contacts.update(&mut [], &[hand(Side::Left, [f32::NAN, 0.0])], None, None);
        let mut untracked = [Detection { track: None, ..object(1, MILK) }];
        contacts.update(&mut untracked, &[hand(Side::Left, [0.5, 0.6])], None, None);
        assert_eq!(untracked[0].in_hand, InHand::None);
    }
}
