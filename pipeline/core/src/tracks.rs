//! Following boxes from one analysis to the next: overlap with where a steady motion would have brought them.
//!
//! In: the objects of a frame and its time, also unlikely ones. Out: the likely ones and those unlikely ones that continue a track, with
//! track numbers, those that were missed for a moment added, and the speed of each track, so that boxes can be moved along until the
//! next analysis. That a weak box continues what was followed but begins nothing is the idea of ByteTrack (Zhang et al., ECCV 2022);
//! a hand that closes around an object makes its score small and not its place unknown. Where the detector gives two boxes of a class for
//! one object, the second begins no track.

use crate::objects::Detection;
use crate::region::Box2;

/// Smallest overlap of a box with the predicted one of its track.
const MIN_IOU: f64 = 0.1;
/// A box of another class takes over a track only with this overlap.
const OTHER_CLASS_IOU: f64 = 0.6;
/// Without overlap: largest distance of the centres, in longer sides of the box. Only a box that might begin a track continues one so.
const MAX_JUMP: f64 = 0.8;
/// Two boxes of one class that overlap by more than this are one object seen twice.
const DOUBLE_IOU: f64 = 0.5;
/// A track without a box for longer than this has ended.
const LOST_NS: u64 = 500_000_000;
/// A track with at least this many boxes is shown on without one ...
const SURE_HITS: u32 = 3;
/// ... for as long as this ...
const COAST_NS: u64 = 200_000_000;
/// ... and loses this much of its score each time.
const COAST_SCORE: f32 = 0.8;
/// ... until less than this share of the score it was seen with is left.
const COAST_LEAST: f32 = 0.5;
/// Most evidence that a track gathers for its class, in summed scores: so much must another class show to take its place.
const MOST_EVIDENCE: f32 = 2.5;
/// What an analysis without it leaves of another class's evidence.
const RIVAL_FADES: f32 = 0.7;
/// Least likeness of a box that overlaps with the predicted one.
const OVERLAPS: f64 = 1.0;
/// A box that continues a track counts this much less than any that might begin one.
const AFTER_CERTAIN: f64 = 10.0;
/// Share of a surprise that becomes speed (the beta of an alpha-beta filter).
const SPEED_GAIN: f64 = 0.4;
/// Boxes are not moved along for longer than this, nanoseconds: speeds are estimates.
const MAX_AHEAD_NS: u64 = 250_000_000;
/// Assumed time between frames that carry no time stamp, nanoseconds.
const FRAME_NS: u64 = 33_333_333;

/// Speed of a box: left, top, right, bottom, divided by the picture's width and height, a second.
pub type BoxSpeed = [f32; 4];

/// A box that is followed.
#[derive(Clone, Debug)]
struct Track {
    id: u32,
    object: Detection,
    /// When `object.box_norm` was.
    at_ns: u64,
    /// When it was last seen.
    seen_ns: u64,
    /// Score of the box when it was last seen.
    seen_score: f32,
    speed: [f64; 4],
    hits: u32,
    taken: bool,
    /// How surely it is of its class, in summed scores.
    evidence: f32,
    /// Another class that it was taken for, and how surely.
    rival: (u32, f32),
}

/// The boxes that are followed.
#[derive(Clone, Debug, Default)]
pub struct BoxTracks {
    tracks: Vec<Track>,
    ids: u32,
    now_ns: u64,
    /// Scratch: overlaps of tracks and boxes.
    pairs: Vec<(f64, usize, usize)>,
}

impl BoxTracks {
    /// Forgets all boxes; numbers go on.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.now_ns = 0;
    }

    /// Gives each object the number and the class of its track, and adds objects that were missed for a moment.
    ///
    /// Objects with a score below `certain` that continue no track are taken out, and so are those that double another of their class.
    pub fn follow(&mut self, objects: &mut Vec<Detection>, pts_ns: Option<u64>, certain: f32) {
        self.now_ns = pts_ns.unwrap_or(self.now_ns.saturating_add(FRAME_NS));
        let now = self.now_ns;
        self.tracks.retain_mut(|track| {
            track.taken = false;
            now.abs_diff(track.seen_ns) <= LOST_NS
        });
        self.pairs.clear();
        for (t, track) in self.tracks.iter().enumerate() {
            let predicted = track.predicted(now);
            for (o, object) in objects.iter().enumerate() {
                let score = likeness(&predicted, object, track.object.class);
                if object.score >= certain && score > 0.0 {
                    self.pairs.push((score, t, o));
                } else if object.score < certain && track.hits >= SURE_HITS && object.class == track.object.class && score >= OVERLAPS {
                    self.pairs.push((score - AFTER_CERTAIN, t, o));
                }
            }
        }
        self.pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, t, o) in &self.pairs {
            if let (Some(track), Some(object)) = (self.tracks.get_mut(*t), objects.get_mut(*o))
                && !track.taken
                && object.track.is_none()
            {
                track.update(object, now);
                (object.track, object.class) = (Some(track.id), track.object.class);
            }
        }
        take_out_doubles(objects, certain);
        for object in objects.iter_mut().filter(|object| object.track.is_none()) {
            self.ids = self.ids.wrapping_add(1).max(1);
            object.track = Some(self.ids);
            let new = Track {
                id: self.ids,
                object: *object,
                at_ns: now,
                seen_ns: now,
                seen_score: object.score,
                speed: [0.0; 4],
                hits: 1,
                taken: true,
                evidence: object.score,
                rival: (object.class, 0.0),
            };
            self.tracks.push(new);
        }
        // What the detector sees as one object now goes on as one.
        self.tracks.retain(|track| {
            let there = Detection { box_norm: track.predicted(now).map(|v| v as f32), ..track.object };
            track.taken || !objects.iter().any(|object| double(object, &there))
        });
        for track in self.tracks.iter_mut().filter(|track| !track.taken) {
            let left = track.object.score * COAST_SCORE;
            if track.hits >= SURE_HITS && now.abs_diff(track.seen_ns) <= COAST_NS && left >= COAST_LEAST * track.seen_score {
                track.object.box_norm = track.predicted(now).map(|v| v as f32);
                track.at_ns = now;
                track.object.score = left;
                objects.push(track.object);
            }
        }
    }

    /// Speed of the box of a track.
    pub fn speed(&self, id: Option<u32>) -> BoxSpeed {
        let track = self.tracks.iter().find(|track| Some(track.id) == id && track.hits >= SURE_HITS);
        track.map_or([0.0; 4], |track| track.speed.map(|v| v as f32))
    }
}

impl Track {
    fn predicted(&self, now_ns: u64) -> [f64; 4] {
        let dt = (now_ns as f64 - self.at_ns as f64) * 1e-9;
        std::array::from_fn(|i| f64::from(self.object.box_norm[i]) + self.speed[i] * dt)
    }

    fn update(&mut self, object: &Detection, now_ns: u64) {
        let predicted = self.predicted(now_ns);
        let dt = (now_ns as f64 - self.at_ns as f64) * 1e-9;
        if dt < 0.0 || Box2::from(predicted).iou(&Box2::from(object.box_norm.map(f64::from))) < MIN_IOU {
            // How a box got from one place to another far away says nothing of where it goes next.
            self.speed = [0.0; 4];
        } else if dt > 1e-6 {
            for (speed, (new, old)) in self.speed.iter_mut().zip(object.box_norm.iter().zip(predicted)) {
                *speed += SPEED_GAIN * (f64::from(*new) - old) / dt;
            }
        }
        let class = self.class_with(object);
        self.object = Detection { track: Some(self.id), class, ..*object };
        (self.at_ns, self.seen_ns, self.seen_score) = (now_ns, now_ns, object.score);
        self.hits = self.hits.saturating_add(1);
        self.taken = true;
    }

    /// The class of the track after a box of this class: one wrong look changes nothing, several do.
    fn class_with(&mut self, object: &Detection) -> u32 {
        let class = self.object.class;
        if object.class == class {
            self.evidence = (self.evidence + object.score).min(MOST_EVIDENCE);
            self.rival.1 *= RIVAL_FADES;
            return class;
        }
        let before = if self.rival.0 == object.class { self.rival.1 } else { 0.0 };
        self.rival = (object.class, before + object.score);
        if self.rival.1 < self.evidence {
            return class;
        }
        let taken_over = (class, self.evidence);
        (self.evidence, self.rival) = (self.rival.1.min(MOST_EVIDENCE), taken_over);
        object.class
    }
}

/// Whether two boxes are one object seen twice.
fn double(a: &Detection, b: &Detection) -> bool {
    a.class == b.class && Box2::from(a.box_norm.map(f64::from)).iou(&Box2::from(b.box_norm.map(f64::from))) > DOUBLE_IOU
}

/// Takes out what neither continues nor begins a track: unlikely boxes, and boxes at the place of another of their class that continues
/// a track or is likelier. Two tracks whose boxes come together both stay while both boxes are likely: two objects may pass each other.
fn take_out_doubles(objects: &mut Vec<Detection>, certain: f32) {
    objects.retain(|object| object.track.is_some() || object.score >= certain);
    let mut at = 0;
    while let Some(object) = objects.get(at) {
        let hidden = |(o, other): (usize, &Detection)| {
            let goes_before = match (object.track, other.track) {
                (None, None) => other.score > object.score || (other.score == object.score && o < at),
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(_), Some(_)) => object.score < certain && object.score < other.score,
            };
            o != at && goes_before && double(object, other)
        };
        if objects.iter().enumerate().any(hidden) {
            objects.remove(at);
        } else {
            at += 1;
        }
    }
}

/// How well a box continues a track, 0 = not at all.
fn likeness(predicted: &[f64; 4], object: &Detection, class: u32) -> f64 {
    let (a, b) = (Box2::from(*predicted), Box2::from(object.box_norm.map(f64::from)));
    let iou = a.iou(&b);
    if object.class != class {
        return if iou >= OTHER_CLASS_IOU { 0.5 * iou } else { 0.0 };
    }
    if iou >= MIN_IOU {
        return OVERLAPS + iou;
    }
    let [dx, dy] = [a.centre()[0] - b.centre()[0], a.centre()[1] - b.centre()[1]];
    let side = a.width().max(a.height()).max(b.width()).max(b.height());
    let jump = if side > 0.0 { dx.hypot(dy) / side } else { f64::INFINITY };
    // Boxes of very different size are not one object.
    let ratio = (a.width() * a.height()) / (b.width() * b.height()).max(1e-9);
    if jump < MAX_JUMP && (0.4..2.5).contains(&ratio) { 0.5 * (1.0 - jump) } else { 0.0 }
}

/// Where a box will be `age_ns` later at this speed.
pub fn moved(box_norm: [f32; 4], speed: BoxSpeed, age_ns: u64) -> [f32; 4] {
    let dt = age_ns.min(MAX_AHEAD_NS) as f32 * 1e-9;
    std::array::from_fn(|i| (box_norm[i] + speed[i] * dt).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::InHand;
    use proptest::prelude::*;

    fn object(class: u32, x: f32, y: f32) -> Detection {
        Detection { class, score: 0.9, track: None, box_norm: [x, y, x + 0.1, y + 0.2], depth_m: None, in_hand: InHand::None }
    }

    const STEP: u64 = 125_000_000;
    const CERTAIN: f32 = 0.4;

    fn ids(objects: &[Detection]) -> Vec<u32> {
        objects.iter().filter_map(|o| o.track).collect()
    }

    #[test]
    fn two_objects_that_pass_each_other_keep_their_numbers() {
        let mut tracks = BoxTracks::default();
        for step in 0..20u64 {
            let x = step as f32 * 0.03;
            // Listed in turn, so that the order says nothing.
            let (a, b) = (object(1, 0.1 + x, 0.30), object(1, 0.8 - x, 0.42));
            let mut objects = if step % 2 == 0 { vec![a, b] } else { vec![b, a] };
            tracks.follow(&mut objects, Some(step * STEP), CERTAIN);
            let want = if step % 2 == 0 { [1, 2] } else { [2, 1] };
            assert_eq!(ids(&objects), want, "step {step}");
        }
        assert!((tracks.speed(Some(1))[0] - 0.24).abs() < 0.01, "{:?}", tracks.speed(Some(1)));
        let ahead = moved([0.5, 0.3, 0.6, 0.5], tracks.speed(Some(1)), STEP);
        assert!((ahead[0] - 0.53).abs() < 0.003 && (ahead[1] - 0.3).abs() < 0.003, "{ahead:?}");
    }

    #[test]
    fn a_box_that_is_missed_once_is_shown_on_and_keeps_its_number() {
        let mut tracks = BoxTracks::default();
        for step in 0..4u64 {
            tracks.follow(&mut vec![object(3, 0.1 + 0.02 * step as f32, 0.5)], Some(step * STEP), CERTAIN);
        }
        let mut none = Vec::new();
        tracks.follow(&mut none, Some(4 * STEP), CERTAIN);
        assert_eq!(ids(&none), [1]);
        assert!((none[0].box_norm[0] - 0.18).abs() < 0.01 && none[0].score < 0.9, "{none:?}");
        let mut back = vec![object(3, 0.2, 0.5)];
        tracks.follow(&mut back, Some(5 * STEP), CERTAIN);
        assert_eq!(ids(&back), [1]);
        // Gone for good: nothing is shown for longer than a moment, and the next one is new.
        let mut gone = Vec::new();
        tracks.follow(&mut gone, Some(8 * STEP), CERTAIN);
        assert!(gone.is_empty());
        let mut other = vec![object(3, 0.2, 0.5)];
        tracks.follow(&mut other, Some(30 * STEP), CERTAIN);
        assert_eq!(ids(&other), [2]);
    }

    #[test]
    fn a_false_alarm_is_not_shown_on() {
        let mut tracks = BoxTracks::default();
        tracks.follow(&mut vec![object(0, 0.1, 0.1)], Some(0), CERTAIN);
        let mut none = Vec::new();
        tracks.follow(&mut none, Some(STEP), CERTAIN);
        assert!(none.is_empty());
    }

    #[test]
    fn another_class_in_the_same_place_takes_over_and_elsewhere_it_does_not() {
        let mut tracks = BoxTracks::default();
        tracks.follow(&mut vec![object(1, 0.4, 0.4)], Some(0), CERTAIN);
        let mut same = vec![object(2, 0.405, 0.4)];
        tracks.follow(&mut same, Some(STEP), CERTAIN);
        assert_eq!((ids(&same), same[0].class), (vec![1], 2));
        let mut near = vec![object(7, 0.45, 0.45)];
        tracks.follow(&mut near, Some(2 * STEP), CERTAIN);
        assert_eq!(ids(&near), [2]);
    }

    #[test]
    fn a_weak_box_continues_a_track_and_begins_none() {
        let weak = |x| Detection { score: 0.15, ..object(3, x, 0.5) };
        let mut tracks = BoxTracks::default();
        for step in 0..8u64 {
            let mut objects = vec![weak(0.1)];
            tracks.follow(&mut objects, Some(step * STEP), CERTAIN);
            assert!(objects.is_empty(), "step {step}: {objects:?}");
        }
        for step in 8..11u64 {
            tracks.follow(&mut vec![object(3, 0.1, 0.5)], Some(step * STEP), CERTAIN);
        }
        for step in 11..40u64 {
            let x = 0.1 + 0.01 * (step - 11) as f32;
            let mut objects = vec![weak(0.8), weak(x)];
            tracks.follow(&mut objects, Some(step * STEP), CERTAIN);
            assert_eq!((ids(&objects), objects[0].box_norm[0]), (vec![1], x), "step {step}");
        }
        // One that could begin a track goes before one that only continues it.
        let mut both = vec![weak(0.38), object(3, 0.41, 0.5)];
        tracks.follow(&mut both, Some(40 * STEP), CERTAIN);
        assert_eq!((ids(&both), both[0].score), (vec![1], 0.9));
    }

    /// A track of four certain boxes that stands at (0.1, 0.5).
    fn standing() -> BoxTracks {
        let mut tracks = BoxTracks::default();
        for step in 0..4u64 {
            tracks.follow(&mut vec![object(3, 0.1, 0.5)], Some(step * STEP), CERTAIN);
        }
        tracks
    }

    #[test]
    fn a_weak_box_beside_a_track_is_not_its_own() {
        let mut tracks = standing();
        let mut objects = vec![Detection { score: 0.15, ..object(3, 0.22, 0.5) }];
        tracks.follow(&mut objects, Some(4 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1]);
        assert!((objects[0].box_norm[0] - 0.1).abs() < 0.001 && objects[0].score > 0.5, "shown on where it was: {objects:?}");
    }

    #[test]
    fn a_jump_keeps_the_number_and_gives_no_speed() {
        let mut tracks = standing();
        let mut objects = vec![object(3, 0.22, 0.5)];
        tracks.follow(&mut objects, Some(4 * STEP), CERTAIN);
        assert_eq!((ids(&objects), tracks.speed(Some(1))), (vec![1], [0.0; 4]));
        let mut none = Vec::new();
        tracks.follow(&mut none, Some(5 * STEP), CERTAIN);
        assert_eq!(none[0].box_norm, object(3, 0.22, 0.5).box_norm, "shown on where it jumped to");
    }

    #[test]
    fn a_second_box_for_one_object_begins_no_track() {
        let mut tracks = BoxTracks::default();
        let second = |score, y| Detection { score, ..object(3, 0.1, y) };
        // Without a track the likelier one counts, in whatever order; with one the one that continues it.
        let mut objects = vec![second(0.5, 0.55), object(3, 0.1, 0.5)];
        tracks.follow(&mut objects, Some(0), CERTAIN);
        assert_eq!(objects, [Detection { track: Some(1), ..object(3, 0.1, 0.5) }]);
        let mut objects = vec![second(0.95, 0.55), object(3, 0.1, 0.5)];
        tracks.follow(&mut objects, Some(STEP), CERTAIN);
        assert_eq!(objects, [Detection { track: Some(1), ..object(3, 0.1, 0.5) }]);
        // Another class, and another place, are other objects.
        let mut objects = vec![object(3, 0.1, 0.5), object(4, 0.1, 0.52), object(3, 0.1, 0.6)];
        tracks.follow(&mut objects, Some(2 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1, 2, 3]);
    }

    #[test]
    fn where_two_tracks_of_a_class_come_together_a_weak_box_is_not_shown_and_a_missed_one_ends() {
        let together = || {
            let mut tracks = BoxTracks::default();
            for step in 0..5u64 {
                let mut objects = vec![object(3, 0.1, 0.3), object(3, 0.1, 0.46 - 0.03 * step as f32)];
                tracks.follow(&mut objects, Some(step * STEP), CERTAIN);
                assert_eq!(ids(&objects), [1, 2], "both are likely, step {step}");
            }
            tracks
        };
        let mut tracks = together();
        let mut objects = vec![object(3, 0.1, 0.3), Detection { score: 0.2, ..object(3, 0.1, 0.33) }];
        tracks.follow(&mut objects, Some(5 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1]);
        let mut objects = vec![object(3, 0.1, 0.3), object(3, 0.1, 0.33)];
        tracks.follow(&mut objects, Some(6 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1, 2], "likely again");
        let mut tracks = together();
        let mut objects = vec![object(3, 0.1, 0.3)];
        tracks.follow(&mut objects, Some(5 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1], "not shown on");
        let mut objects = vec![object(3, 0.1, 0.3), object(3, 0.1, 0.45)];
        tracks.follow(&mut objects, Some(6 * STEP), CERTAIN);
        assert_eq!(ids(&objects), [1, 3], "not taken up again");
    }

    #[test]
    fn a_class_that_is_seen_now_and_then_does_not_change_a_track() {
        let mut tracks = BoxTracks::default();
        let mut class_at = |step: u64, class| {
            let mut objects = vec![object(class, 0.4, 0.4)];
            tracks.follow(&mut objects, Some(step * STEP), CERTAIN);
            assert_eq!(ids(&objects), [1], "step {step}");
            objects[0].class
        };
        for step in 0..19 {
            assert_eq!(class_at(step, if step % 4 == 3 { 6 } else { 2 }), 2, "step {step}");
        }
        let changed: Vec<u32> = (19..25).map(|step| class_at(step, 6)).collect();
        assert_eq!(changed, [2, 2, 6, 6, 6, 6]);
    }

    #[test]
    fn frames_without_time_stamps_and_time_that_runs_back_are_no_trouble() {
        let mut tracks = BoxTracks::default();
        for pts in [None, None, Some(900_000_000), Some(1_000), None] {
            let mut objects = vec![object(1, 0.3, 0.3)];
            tracks.follow(&mut objects, pts, CERTAIN);
            assert_eq!(objects.len(), 1);
            assert!(objects[0].box_norm.iter().all(|v| v.is_finite()));
        }
    }

    proptest! {
        #[test]
        fn every_object_has_a_number_of_its_own(
            frames in prop::collection::vec(prop::collection::vec((0u32..3, -0.2..1.0f32, -0.2..1.0f32), 0..6), 1..12),
        ) {
            let mut tracks = BoxTracks::default();
            for (step, frame) in frames.iter().enumerate() {
                let mut objects: Vec<Detection> = frame.iter().map(|(class, x, y)| object(*class, *x, *y)).collect();
                tracks.follow(&mut objects, Some(step as u64 * STEP), CERTAIN);
                for (class, x, y) in frame {
                    let given = object(*class, *x, *y);
                    prop_assert!(objects.iter().any(|o| o.box_norm == given.box_norm || double(o, &given)), "{given:?} is lost");
                }
                let mut numbers = ids(&objects);
                prop_assert_eq!(numbers.len(), objects.len());
                numbers.sort_unstable();
                numbers.dedup();
                prop_assert_eq!(numbers.len(), objects.len());
            }
        }
    }
}
