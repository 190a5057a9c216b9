//! Where to cut: the paper's threshold, made fit for live use.
//!
//! * The nearest point of a picture, which the relative threshold is measured from, is the median of the last second's, so that
//!   something that flashes past the lens does not move the cut.
//! * A cut can be anchored on the hands that are followed.
//! * A cut that would remove a hand that is followed is relaxed, up to a bound that keeps bystanders out.

use super::RangeInfo;
use super::cut::Limit;
use crate::depth::{DepthScale, DepthView};
use crate::hands::JOINTS;

/// Threshold of Mucha et al., ICPR 2024: smallest relative inverse depth, divided by that of the nearest point.
pub const PAPER_THRESHOLD: f32 = 0.47;
/// Largest distance that the same paper keeps with a depth sensor, metres.
pub const PAPER_REACH_M: f32 = 0.7;

/// How far a relaxed or anchored cut may go: inverse depth down to this share of the threshold's, distance up to its inverse.
/// 0.7 m become 0.82 m. The synthetic wearer's hands end at 0.62 m from the camera, those of somebody opposite begin at 0.79 m
/// (1,056 and 116 hands of 24 clips).
const BOUND: f32 = 0.85;
/// A hand with more than this share of its joints beyond the cut would be cut.
const CUT_SHARE: f32 = 0.25;
/// Joint that an anchored or relaxed cut keeps: the tenth part of the joints that is farthest away may be outliers beside the hand.
const FAR_JOINT: f32 = 0.1;
/// Room behind that joint: flesh, and the fore-arm.
const ROOM: f32 = 0.9;
/// Nearest points that are remembered.
const REMEMBERED: usize = 64;

/// Joints of a hand that is followed, divided by the picture's width and height.
pub type Joints = [[f32; 2]; JOINTS];

/// What decides about the cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeRule {
    /// Cut by relative inverse depth or by distance.
    pub by: DepthScale,
    /// Smallest inverse depth, divided by that of the nearest point, that is within reach.
    pub threshold: f32,
    /// Largest distance that is within reach, metres.
    pub reach_m: f32,
    /// How long nearest points are remembered, nanoseconds; 0 takes each picture's own.
    pub memory_ns: u64,
    /// Whether the cut follows the hands.
    pub anchored: bool,
    /// Whether a cut that would remove a hand is relaxed.
    pub relaxing: bool,
}

impl Default for RangeRule {
    fn default() -> RangeRule {
        RangeRule {
            by: DepthScale::Relative,
            threshold: PAPER_THRESHOLD,
            reach_m: PAPER_REACH_M,
            memory_ns: 1_000_000_000,
            anchored: false,
            relaxing: true,
        }
    }
}

/// Where one picture is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// In steps of its depth map.
    pub limit: Limit,
    /// `kept` is still 0: it is known when the mask has been made.
    pub info: RangeInfo,
}

/// Finds the cut of each picture of a stream.
#[derive(Clone, Debug)]
pub struct RangeFinder {
    /// Time stamps and inverse depths of nearest points; a ring.
    nearest: [(u64, f32); REMEMBERED],
    count: usize,
    next: usize,
}

impl Default for RangeFinder {
    fn default() -> RangeFinder {
        RangeFinder { nearest: [(0, 0.0); REMEMBERED], count: 0, next: 0 }
    }
}

impl RangeFinder {
    /// Forgets earlier pictures.
    pub fn reset(&mut self) {
        *self = RangeFinder::default();
    }

    /// Where to cut this depth map; `None` when it knows no distance, or none in metres where the rule asks for metres.
    ///
    /// `hands` are those that are followed, from this picture or a recent one.
    pub fn find(&mut self, depth: &DepthView<'_>, pts_ns: Option<u64>, hands: &[Joints], rule: &RangeRule) -> Option<Cut> {
        let [largest, least] = depth.extremes()?;
        // Everything is reckoned in inverse depth, of the network's unit or of 1/m.
        let inverse = |step: u16| match depth.scale {
            DepthScale::Relative => (f64::from(step) * depth.unit) as f32,
            DepthScale::Metric => (1.0 / (f64::from(step) * depth.unit)) as f32,
        };
        let own = inverse(if depth.scale == DepthScale::Relative { largest } else { least });
        let reference = match (rule.by, depth.scale) {
            (DepthScale::Metric, DepthScale::Relative) => return None,
            // The threshold then is the inverse of the reach in 1/m.
            (DepthScale::Metric, DepthScale::Metric) => 1.0,
            (DepthScale::Relative, _) => self.settled(own, pts_ns, rule.memory_ns),
        };
        let threshold = match rule.by {
            DepthScale::Relative => rule.threshold,
            DepthScale::Metric => 1.0 / rule.reach_m,
        };
        if !(reference > 0.0 && reference.is_finite() && threshold.is_finite()) {
            return None;
        }
        let plain = threshold * reference;
        let bound = BOUND * plain;
        let mut at = plain;
        let reachable = |hand: &Joints| far_joint(depth, hand, inverse).filter(|(far, _)| *far >= bound);
        if rule.anchored {
            let farthest = hands.iter().filter_map(reachable).map(|(far, _)| far * ROOM).fold(f32::INFINITY, f32::min);
            if farthest.is_finite() {
                at = farthest.max(bound);
            }
        }
        let mut relaxed = false;
        if rule.relaxing {
            let before = at;
            for (far, cut) in hands.iter().filter_map(|hand| Some((reachable(hand)?.0, cut_share(depth, hand, inverse, before)))) {
                if cut > CUT_SHARE {
                    at = at.min((far * ROOM).max(bound));
                    relaxed = true;
                }
            }
        }
        let limit = match depth.scale {
            // A hundredth of a step, so that thresholds that are whole numbers of steps survive rounding.
            DepthScale::Relative => Limit::AtLeast((f64::from(at) / depth.unit - 1e-2).ceil().clamp(0.0, 1e9) as u32),
            DepthScale::Metric => Limit::AtMost((1.0 / (f64::from(at) * depth.unit) + 1e-2).floor().clamp(0.0, 1e9) as u32),
        };
        let threshold = if rule.by == DepthScale::Metric { 1.0 / at } else { at / reference };
        Some(Cut { limit, info: RangeInfo { threshold, kept: 0.0, relaxed } })
    }

    /// The median of the nearest points that are remembered, this picture's among them; of an even number the farther one.
    fn settled(&mut self, own: f32, pts_ns: Option<u64>, memory_ns: u64) -> f32 {
        let Some(now) = pts_ns.filter(|_| memory_ns > 0) else { return own };
        if let Some(slot) = self.nearest.get_mut(self.next) {
            *slot = (now, own);
        }
        self.next = (self.next + 1) % REMEMBERED;
        self.count = (self.count + 1).min(REMEMBERED);
        let mut recent = [0.0; REMEMBERED];
        let mut count = 0;
        for (then, value) in self.nearest.iter().take(self.count) {
            if now.abs_diff(*then) <= memory_ns {
                recent[count] = *value;
                count += 1;
            }
        }
        let recent = &mut recent[..count];
        if recent.is_empty() { own } else { *recent.select_nth_unstable_by((count - 1) / 2, f32::total_cmp).1 }
    }
}

/// Inverse depth of the far end of a hand, and how many of its joints are known; `None` when less than half of those in the picture
/// are, or none is.
fn far_joint(depth: &DepthView<'_>, hand: &Joints, inverse: impl Fn(u16) -> f32) -> Option<(f32, usize)> {
    let mut known = [0.0; JOINTS];
    let mut count = 0;
    let mut inside = 0;
    for joint in hand {
        inside += usize::from(joint.iter().all(|v| (0.0..1.0).contains(v)));
        if let (Some(step), Some(slot)) = (depth.at(*joint), known.get_mut(count)) {
            *slot = inverse(step);
            count += 1;
        }
    }
    let known = known.get_mut(..count).filter(|_| count > 0 && 2 * count >= inside)?;
    let at = (FAR_JOINT * count as f32) as usize;
    Some((*known.select_nth_unstable_by(at, f32::total_cmp).1, count))
}

/// Share of the known joints of a hand that lie beyond an inverse depth.
fn cut_share(depth: &DepthView<'_>, hand: &Joints, inverse: impl Fn(u16) -> f32, at: f32) -> f32 {
    let known = || hand.iter().filter_map(|joint| depth.at(*joint));
    let beyond = known().filter(|step| inverse(*step) < at).count();
    beyond as f32 / known().count().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Plane;
    use crate::range::cut::cut;

    fn bytes(steps: &[u16]) -> Vec<u8> {
        steps.iter().flat_map(|s| s.to_le_bytes()).collect()
    }

    fn view(data: &[u8], width: u32, scale: DepthScale) -> DepthView<'_> {
        let unit = if scale == DepthScale::Metric { 0.001 } else { 1.0 / 65535.0 };
        let height = (data.len() / 2) as u32 / width;
        DepthView { width, height, plane: Plane { data, stride: 2 * width as usize }, unit, scale }.checked().expect("large enough")
    }

    fn mask(depth: &DepthView<'_>, rule: &RangeRule, hands: &[Joints]) -> (Vec<bool>, RangeInfo) {
        let found = RangeFinder::default().find(depth, Some(0), hands, rule).expect("something is known");
        let mut mask = vec![0; (depth.width * depth.height) as usize];
        cut(depth, found.limit, &mut mask, depth.width as usize);
        (mask.iter().map(|v| *v == 255).collect(), found.info)
    }

    const METRIC: RangeRule = RangeRule {
        by: DepthScale::Metric,
        threshold: PAPER_THRESHOLD,
        reach_m: PAPER_REACH_M,
        memory_ns: 0,
        anchored: false,
        relaxing: true,
    };

    #[test]
    fn the_papers_relative_example() {
        // papers-a.md 1.7: [[1.0, 0.5], [0.46, 0.2]], max 1.0, t 0.47 keeps exactly the first two.
        let data = bytes(&[1.0, 0.5, 0.46, 0.2].map(|v: f64| (v * 65535.0).round() as u16));
        let (kept, info) = mask(&view(&data, 2, DepthScale::Relative), &RangeRule::default(), &[]);
        assert_eq!(kept, [true, true, false, false]);
        assert!((info.threshold - 0.47).abs() < 1e-6 && !info.relaxed);
    }

    #[test]
    fn the_papers_metric_example() {
        // papers-a.md 1.7: [[650, 700], [701, 0]] keeps 650 and 700; 0 is no measurement and never near.
        let data = bytes(&[650, 700, 701, 0]);
        let (kept, info) = mask(&view(&data, 2, DepthScale::Metric), &METRIC, &[]);
        assert_eq!(kept, [true, true, false, false]);
        assert!((info.threshold - 0.7).abs() < 1e-6);
    }

    #[test]
    fn eight_bit_thresholds_of_the_public_code() {
        // 120 of 255 is kept, 119 is not, as the public code compares; the map's maximum is 255.
        let data = bytes(&[255 * 257, 120 * 257, 119 * 257]);
        let rule = RangeRule { threshold: 120.0 / 255.0, ..RangeRule::default() };
        assert_eq!(mask(&view(&data, 3, DepthScale::Relative), &rule, &[]).0, [true, true, false]);
    }

    #[test]
    fn nothing_known_makes_no_cut_and_a_flat_map_keeps_all() {
        let rule = RangeRule::default();
        let zeros = bytes(&[0; 4]);
        for scale in [DepthScale::Relative, DepthScale::Metric] {
            assert_eq!(RangeFinder::default().find(&view(&zeros, 2, scale), Some(0), &[], &rule), None);
        }
        let flat = bytes(&[500; 4]);
        for scale in [DepthScale::Relative, DepthScale::Metric] {
            assert_eq!(mask(&view(&flat, 2, scale), &rule, &[]).0, [true; 4]);
        }
        assert_eq!(RangeFinder::default().find(&view(&flat, 2, DepthScale::Relative), Some(0), &[], &METRIC), None, "metres are not known");
    }

    #[test]
    fn a_metric_map_can_be_cut_by_the_relative_rule() {
        // Nearest 0.3 m: inverse depth at least 0.47 of its is at most 0.638 m.
        let data = bytes(&[300, 638, 639, 0]);
        assert_eq!(mask(&view(&data, 2, DepthScale::Metric), &RangeRule::default(), &[]).0, [true, true, false, false]);
    }

    #[test]
    fn a_near_flash_does_not_move_the_cut() {
        let rule = RangeRule::default();
        let mut finder = RangeFinder::default();
        let calm = bytes(&[30000, 10000, 0, 0]);
        // The lens cap swings by: twice as near for a fifth of a second.
        let flash = bytes(&[60000, 30000, 10000, 0]);
        let mut limits = Vec::new();
        for frame in 0..60u64 {
            let data = if (30..36).contains(&frame) { &flash } else { &calm };
            let depth = view(data, 2, DepthScale::Relative);
            limits.push(finder.find(&depth, Some(frame * 33_333_333), &[], &rule).expect("known").limit);
        }
        assert!(limits.iter().all(|limit| *limit == limits[0]), "{limits:?}");
        // Without memory the cut follows each picture, as the public code does.
        let own = RangeRule { memory_ns: 0, ..rule };
        let jump = finder.find(&view(&flash, 2, DepthScale::Relative), Some(3_000_000_000), &[], &own).expect("known").limit;
        assert_ne!(jump, limits[0]);
        // What stays near is followed within the memory.
        let later: Vec<_> = (0..40u64)
            .map(|n| {
                finder.find(&view(&flash, 2, DepthScale::Relative), Some(3_000_000_000 + n * 33_333_333), &[], &rule).expect("known").limit
            })
            .collect();
        assert_eq!(later[39], jump);
    }

    /// A hand whose joints all lie in column `column` of a map four columns wide.
    fn hand(column: usize) -> Joints {
        [[(column as f32 + 0.5) / 4.0, 0.5]; JOINTS]
    }

    #[test]
    fn a_cut_through_a_followed_hand_is_relaxed_and_told() {
        let data = bytes(&[650, 780, 1500, 980]);
        let depth = view(&data, 4, DepthScale::Metric);
        let (kept, info) = mask(&depth, &METRIC, &[hand(1)]);
        assert_eq!(kept, [true, true, false, false]);
        assert!(info.relaxed && info.threshold > 0.78 && info.threshold < 1.0, "{info:?}");
        // A hand at 1.5 m is somebody else's.
        let (kept, info) = mask(&depth, &METRIC, &[hand(2)]);
        assert_eq!((kept, info.relaxed), (vec![true, false, false, false], false));
        // A hand within reach changes nothing.
        assert!(!mask(&depth, &METRIC, &[hand(0)]).1.relaxed);
        let strict = RangeRule { relaxing: false, ..METRIC };
        assert_eq!(mask(&depth, &strict, &[hand(1)]).0, [true, false, false, false]);
    }

    #[test]
    fn an_anchored_cut_lies_just_behind_the_hand() {
        let data = bytes(&[400, 430, 500, 690]);
        let depth = view(&data, 4, DepthScale::Metric);
        let rule = RangeRule { anchored: true, ..METRIC };
        assert_eq!(mask(&depth, &rule, &[hand(0)]).0, [true, true, false, false]);
        assert_eq!(mask(&depth, &rule, &[hand(0), hand(2)]).0, [true, true, true, false]);
        assert_eq!(mask(&depth, &rule, &[]).0, [true; 4], "without hands the plain reach counts");
    }

    #[test]
    fn hands_outside_the_picture_or_without_depth_are_no_trouble() {
        let data = bytes(&[650, 0, 0, 0]);
        let depth = view(&data, 4, DepthScale::Metric);
        let outside = [[f32::NAN, 7.0]; JOINTS];
        let (kept, info) = mask(&depth, &RangeRule { anchored: true, ..METRIC }, &[outside, hand(2)]);
        assert_eq!((kept, info.relaxed), (vec![true, false, false, false], false));
    }
}
