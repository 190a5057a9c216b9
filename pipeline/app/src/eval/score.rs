//! One clip's results against its truth.
//!
//! Frames are paired by time stamp, nearest first and within half a frame of the truth; a truth without time stamps takes those of the
//! results' frames of the same numbers. Boxes and joints of the truth are brought to the size of the results' frames. Results count as
//! shown: one that is carried on to later frames is compared with the truth of those. Actions count for the moment that they are about, and their segments from
//! where they are said to have begun; how late a label is, counts from the frame that first tells it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ego_core::hands::Side;
use ego_core::metrics::action::{AnswerTally, IdleTally, Labelled, SegmentTally, delays_s, idle_tally, segment_tally, stretches};
use ego_core::metrics::detection::{BoxTally, Boxed};
use ego_core::metrics::pose::{HandPose, HandTally};
use ego_core::objects::InHand;
use ego_outputs::{ActionRecord, FrameRecord, HandRecord, LabelSegment, ObjectRecord, Segments, names_nothing};

/// Overlaps at which segments are scored.
pub(super) const OVERLAPS: [f64; 3] = [0.1, 0.25, 0.5];

/// What is counted in one clip; clips add up.
#[derive(Clone, Debug, Default)]
pub(super) struct ClipScore {
    pub(super) name: String,
    /// Frames that were compared.
    pub(super) frames: u64,
    pub(super) hands: Option<HandTally>,
    pub(super) boxes: Option<BoxTally>,
    pub(super) held: Option<HeldTally>,
    pub(super) mask: Option<MaskTally>,
    pub(super) action: Option<ActionScore>,
    /// Ages by stage, nanoseconds.
    pub(super) ages_ns: BTreeMap<String, Vec<u64>>,
}

/// Which object is in which hand, a thing in both hands counting twice: right when class and side are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HeldTally {
    pub(super) truths: u64,
    pub(super) found: u64,
    pub(super) right: u64,
}

impl HeldTally {
    fn frame(&mut self, known: &[ObjectRecord], found: &[ObjectRecord]) {
        let mut open: Vec<(&str, Side)> = held(known).collect();
        self.truths += open.len() as u64;
        for claim in held(found) {
            self.found += 1;
            if let Some(at) = open.iter().position(|fact| *fact == claim) {
                open.swap_remove(at);
                self.right += 1;
            }
        }
    }
}

fn held(objects: &[ObjectRecord]) -> impl Iterator<Item = (&str, Side)> {
    objects.iter().flat_map(|object| {
        let sides: &[Side] = match object.in_hand {
            InHand::None => &[],
            InHand::Left => &[Side::Left],
            InHand::Right => &[Side::Right],
            InHand::Both => &[Side::Left, Side::Right],
        };
        sides.iter().map(|side| (object.label.as_str(), *side))
    })
}

/// What the range mask did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaskTally {
    pub(super) frames: u64,
    pub(super) kept: f64,
    pub(super) relaxed: u64,
}

/// Labels against the truth.
#[derive(Clone, Debug, Default)]
pub(super) struct ActionScore {
    pub(super) answers: AnswerTally,
    /// At [`OVERLAPS`].
    pub(super) segments: [SegmentTally; 3],
    pub(super) delays_s: Vec<f64>,
    pub(super) idle: IdleTally,
    /// Segments of actions that no model knows, and how many of them were given no label.
    pub(super) unseen: u64,
    pub(super) unseen_refused: u64,
}

impl ClipScore {
    /// Adds the counts of another clip.
    pub(super) fn add(&mut self, other: &ClipScore) {
        self.frames += other.frames;
        if let Some(hands) = &other.hands {
            self.hands.get_or_insert_default().add(hands);
        }
        if let Some(boxes) = &other.boxes {
            self.boxes.get_or_insert_default().add(boxes);
        }
        if let Some(held) = &other.held {
            let mine = self.held.get_or_insert_default();
            mine.truths += held.truths;
            mine.found += held.found;
            mine.right += held.right;
        }
        if let Some(mask) = &other.mask {
            let mine = self.mask.get_or_insert_default();
            mine.frames += mask.frames;
            mine.kept += mask.kept;
            mine.relaxed += mask.relaxed;
        }
        if let Some(action) = &other.action {
            let mine = self.action.get_or_insert_default();
            mine.answers.add(&action.answers);
            mine.segments.iter_mut().zip(&action.segments).for_each(|(a, b)| a.add(b));
            mine.delays_s.extend_from_slice(&action.delays_s);
            mine.idle.add(&action.idle);
            mine.unseen += action.unseen;
            mine.unseen_refused += action.unseen_refused;
        }
        for (stage, ages) in &other.ages_ns {
            self.ages_ns.entry(stage.clone()).or_default().extend_from_slice(ages);
        }
    }
}

/// Compares the frames of a clip. Stages that the results lack are left out.
pub(super) fn score(name: &str, results: &[FrameRecord], truth: &[FrameRecord]) -> ClipScore {
    let mut clip = ClipScore { name: name.to_owned(), ..ClipScore::default() };
    let truth = &*with_times(results, truth);
    let paired = pair(results, truth);
    // A truth that never says so does not know.
    let knows_held = truth.iter().flat_map(|f| f.objects.iter().flatten()).any(|object| object.in_hand != InHand::None);
    for (result, true_frame) in &paired {
        clip.frames += 1;
        let scale = [ratio(result.width, true_frame.width), ratio(result.height, true_frame.height)];
        if let (Some(found), Some(known)) = (&result.hands, &true_frame.hands) {
            let known: Vec<HandPose> = known.iter().map(|h| hand(h, scale)).collect();
            let found: Vec<HandPose> = found.iter().map(|h| hand(h, [1.0; 2])).collect();
            clip.hands.get_or_insert_default().frame(&known, &found);
        }
        if let (Some(found), Some(known)) = (&result.objects, &true_frame.objects) {
            if knows_held {
                clip.held.get_or_insert_default().frame(known, found);
            }
            let known: Vec<Boxed> = known.iter().map(|o| boxed(o, scale)).collect();
            let found: Vec<Boxed> = found.iter().map(|o| boxed(o, [1.0; 2])).collect();
            clip.boxes.get_or_insert_default().frame(&known, &found);
        }
        if let Some(mask) = &result.mask {
            let tally = clip.mask.get_or_insert_default();
            tally.frames += 1;
            tally.kept += f64::from(mask.kept);
            tally.relaxed += u64::from(mask.relaxed);
        }
        for (stage, age) in &result.age_ns {
            clip.ages_ns.entry(stage.clone()).or_default().push(*age);
        }
    }
    let has_actions = |frames: &[FrameRecord]| frames.iter().any(|f| f.action.is_some());
    if has_actions(results) && has_actions(truth) {
        clip.action = Some(actions(&paired, truth));
    }
    clip
}

fn ratio(to: u32, from: u32) -> f32 {
    if from > 0 { to as f32 / from as f32 } else { 1.0 }
}

/// The truth with the times of the results' frames of the same numbers, when it has none of its own: delays are told in seconds.
fn with_times<'a>(results: &[FrameRecord], truth: &'a [FrameRecord]) -> Cow<'a, [FrameRecord]> {
    let times: BTreeMap<u64, u64> = results.iter().filter_map(|r| Some((r.frame, r.pts_ns?))).collect();
    let step = interval_ns(times.values().copied());
    let Some((&first, &began)) = times.first_key_value().filter(|_| step > 0 && truth.iter().all(|t| t.pts_ns.is_none())) else {
        return Cow::Borrowed(truth);
    };
    // Frames before the first and after the last result lie on its grid.
    let time = |frame: u64| {
        let known = times.get(&frame).copied();
        known.unwrap_or_else(|| began.saturating_add(frame.saturating_mul(step)).saturating_sub(first.saturating_mul(step)))
    };
    truth.iter().map(|t| FrameRecord { pts_ns: Some(time(t.frame)), ..t.clone() }).collect()
}

/// Pairs frames of results and truth.
fn pair<'a>(results: &'a [FrameRecord], truth: &'a [FrameRecord]) -> Vec<(&'a FrameRecord, &'a FrameRecord)> {
    let timed = |frames: &[FrameRecord]| frames.iter().all(|f| f.pts_ns.is_some());
    if !(timed(results) && timed(truth)) {
        let by_number: BTreeMap<u64, &FrameRecord> = truth.iter().map(|t| (t.frame, t)).collect();
        return results.iter().filter_map(|r| Some((r, *by_number.get(&r.frame)?))).collect();
    }
    let by_time: BTreeMap<u64, &FrameRecord> = truth.iter().filter_map(|t| Some((t.pts_ns?, t))).collect();
    let within = interval_ns(by_time.keys().copied()) / 2 + 1;
    let nearest = |time: u64| {
        let before = by_time.range(..=time).next_back();
        let after = by_time.range(time..).next();
        before.into_iter().chain(after).min_by_key(|(t, _)| t.abs_diff(time)).filter(|(t, _)| t.abs_diff(time) <= within)
    };
    results.iter().filter_map(|r| Some((r, *nearest(r.pts_ns?)?.1))).collect()
}

/// The middle time between two frames.
fn interval_ns(times: impl Iterator<Item = u64> + Clone) -> u64 {
    let mut gaps: Vec<u64> = times.clone().zip(times.skip(1)).map(|(a, b)| b - a).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0)
}

fn hand(record: &HandRecord, [sx, sy]: [f32; 2]) -> HandPose {
    HandPose {
        side: record.side,
        image_px: record.image_px.map(|[x, y]| [x * sx, y * sy]),
        camera_m: record.camera_m,
        joint_score: record.joint_score,
    }
}

fn boxed(record: &ObjectRecord, [sx, sy]: [f32; 2]) -> Boxed {
    let [x0, y0, x1, y1] = record.box_px;
    Boxed { label: record.label.clone(), score: record.score, rect: [x0 * sx, y0 * sy, x1 * sx, y1 * sy] }
}

/// The label of a frame, when it is an action.
fn acted(action: &ActionRecord) -> Option<&str> {
    Some(action.label.as_str()).filter(|label| !names_nothing(label))
}

fn actions(paired: &[(&FrameRecord, &FrameRecord)], truth: &[FrameRecord]) -> ActionScore {
    let time = FrameRecord::time_ns;
    let true_action = |f: &FrameRecord| f.action.as_ref().and_then(|a| acted(a).map(|l| (l.to_owned(), a.unknown)));
    let unseen: Vec<String> = truth.iter().filter_map(true_action).filter(|(_, unknown)| *unknown).map(|(label, _)| label).collect();
    let known: Vec<(u64, Option<String>)> = truth.iter().map(|f| (time(f), true_action(f).map(|(l, _)| l))).collect();
    let segments = stretches(known.iter().map(|(t, l)| (*t, l.as_deref())));
    let told = stretches(paired.iter().map(|(r, t)| (time(t), r.action.as_ref().and_then(ActionRecord::tells))));
    let found = found_segments(paired);
    let (foreign, ours): (Vec<Labelled>, Vec<Labelled>) = segments.into_iter().partition(|s| unseen.contains(&s.label));
    let mut score = ActionScore { unseen: foreign.len() as u64, ..ActionScore::default() };
    score.unseen_refused = foreign.iter().filter(|s| !found.iter().any(|f| f.overlap(s) > 0.0)).count() as u64;
    for (tally, at) in score.segments.iter_mut().zip(OVERLAPS) {
        // What is said about an action that no model knows is counted apart.
        let of_ours: Vec<Labelled> = found.iter().filter(|f| !foreign.iter().any(|s| f.overlap(s) > 0.0)).cloned().collect();
        *tally = segment_tally(&ours, &of_ours, at);
    }
    score.delays_s = delays_s(&ours, &told);
    let all: Vec<Labelled> = ours.iter().chain(&foreign).cloned().collect();
    if let (Some(first), Some(last)) = (paired.first(), paired.last()) {
        score.idle = idle_tally(&all, &found, [time(first.1), time(last.1)]);
    }
    let clock = Clock(paired);
    for segment in &ours {
        let inside = paired.iter().filter(|(r, t)| {
            let about = r.action.as_ref().and_then(|a| a.about_ns).map_or(time(t), |ns| clock.truth_ns(ns));
            (segment.since_ns..=segment.until_ns).contains(&about)
        });
        let frames: Vec<&ActionRecord> = inside.filter_map(|(r, _)| r.action.as_ref()).collect();
        let unknown = 2 * frames.iter().filter(|a| a.unknown).count() >= frames.len();
        score.answers.answer(answer(&frames).as_deref() == Some(segment.label.as_str()), unknown);
    }
    score
}

/// The wearer's actions from when they are said to have begun, in the time of the truth.
fn found_segments(paired: &[(&FrameRecord, &FrameRecord)]) -> Vec<Labelled> {
    let (mut segments, clock) = (Segments::default(), Clock(paired));
    paired.iter().for_each(|(result, _)| segments.wearer(result));
    let labelled =
        |s: LabelSegment| Labelled { label: s.label, since_ns: clock.truth_ns(s.since_ns), until_ns: clock.truth_ns(s.until_ns) };
    segments.finish().into_iter().map(labelled).collect()
}

/// Paired frames as two clocks.
struct Clock<'a>(&'a [(&'a FrameRecord, &'a FrameRecord)]);

impl Clock<'_> {
    /// A time of the results in the time of the truth.
    fn truth_ns(&self, ns: u64) -> u64 {
        let after = self.0.partition_point(|(result, _)| result.time_ns() <= ns);
        let near = self.0.get(after.saturating_sub(1));
        near.map_or(ns, |(result, truth)| (truth.time_ns() + ns).saturating_sub(result.time_ns()))
    }
}

/// The action with the highest probability over a segment, "nothing" left out: what a classifier of cut clips would be asked.
fn answer(frames: &[&ActionRecord]) -> Option<String> {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for ranked in frames.iter().flat_map(|a| &a.top).filter(|r| !names_nothing(&r.0)) {
        *sums.entry(&ranked.0).or_default() += f64::from(ranked.1);
    }
    sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(label, _)| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_outputs::RankedLabel;

    const FRAME: u64 = 33_333_333;

    fn frame(number: u64, label: &str, stable: bool) -> FrameRecord {
        let mut record = FrameRecord::new("clip", number, Some(number * FRAME), 640, 360);
        record.action = Some(ActionRecord {
            label: label.into(),
            class: 1,
            score: 0.8,
            top: vec![RankedLabel(label.into(), 0.8), RankedLabel("read book".into(), 0.1)],
            unknown: false,
            uncertainty: 0.1,
            stable,
            window_ns: [0, 0],
            about_ns: None,
            since_ns: None,
            next: None,
        });
        record
    }

    /// 300 frames: "pour milk" from 100 to 199.
    fn truth() -> Vec<FrameRecord> {
        (0..300).map(|n| frame(n, if (100..200).contains(&n) { "pour milk" } else { "background" }, true)).collect()
    }

    #[test]
    fn a_label_that_is_late_and_short_is_scored_as_such() {
        // Told from 115 to 209, and something else from 250 to 259.
        let results: Vec<FrameRecord> = (0..300)
            .map(|n| match n {
                115..210 => frame(n, "pour milk", true),
                250..260 => frame(n, "grab book", true),
                100..115 => frame(n, "pour milk", false),
                _ => frame(n, "nothing", false),
            })
            .collect();
        let clip = score("clip", &results, &truth());
        let action = clip.action.expect("actions");
        assert_eq!(clip.frames, 300);
        assert_eq!((action.answers.total, action.answers.right), (1, 1));
        assert_eq!(action.segments[2], SegmentTally { right: 1, wrong: 1, missed: 0 });
        assert!((action.delays_s[0] - 0.5).abs() < 1e-6, "15 frames: {:?}", action.delays_s);
        assert_eq!(action.idle.labels, 1);
        assert!((action.idle.idle_s - 199.0 / 30.0).abs() < 0.01, "{}", action.idle.idle_s);
    }

    #[test]
    fn a_label_counts_from_where_it_is_said_to_have_begun_and_is_late_from_where_it_is_told() {
        // From 100 to 199, told from 190 to 219: each answer is about the moment 20 frames ago.
        let results: Vec<FrameRecord> = (0..300)
            .map(|n| {
                let told = (190..220).contains(&n);
                let mut record = frame(n, if told { "pour milk" } else { "nothing" }, told);
                let action = record.action.as_mut().expect("made");
                (action.about_ns, action.since_ns) = (Some(n.saturating_sub(20) * FRAME), told.then_some(100 * FRAME));
                record
            })
            .collect();
        // The truth's clock goes five frames ahead.
        let ahead: Vec<FrameRecord> = truth().into_iter().map(|f| FrameRecord { pts_ns: f.pts_ns.map(|ns| ns + 5 * FRAME), ..f }).collect();
        let pairs: Vec<(&FrameRecord, &FrameRecord)> = results.iter().zip(&ahead).collect();
        assert_eq!(found_segments(&pairs), [Labelled { label: "pour milk".into(), since_ns: 105 * FRAME, until_ns: 205 * FRAME }]);
        let action = score("clip", &results, &truth()).action.expect("actions");
        assert_eq!(action.segments, [SegmentTally { right: 1, wrong: 0, missed: 0 }; 3]);
        assert!((action.delays_s[0] - 3.0).abs() < 1e-6, "{:?}", action.delays_s);
    }

    #[test]
    fn an_action_that_no_model_knows_should_have_no_label() {
        let mut known = truth();
        known.iter_mut().filter_map(|f| f.action.as_mut()).filter(|a| a.label == "pour milk").for_each(|a| a.unknown = true);
        let silent: Vec<FrameRecord> = (0..300).map(|n| frame(n, "nothing", false)).collect();
        let action = score("clip", &silent, &known).action.expect("actions");
        assert_eq!((action.unseen, action.unseen_refused, action.answers.total, action.segments[2].missed), (1, 1, 0, 0));
        let loud: Vec<FrameRecord> = (0..300).map(|n| frame(n, "read book", (120..150).contains(&n))).collect();
        let action = score("clip", &loud, &known).action.expect("actions");
        assert_eq!((action.unseen, action.unseen_refused), (1, 0));
    }

    #[test]
    fn frames_are_paired_by_time_and_lost_ones_are_left_out() {
        let results: Vec<FrameRecord> = (0..300).filter(|n| n % 3 == 0).map(|n| frame(n, "nothing", false)).collect();
        let late: Vec<FrameRecord> =
            results.iter().cloned().map(|f| FrameRecord { pts_ns: f.pts_ns.map(|t| t + FRAME / 3), ..f }).collect();
        assert_eq!(pair(&late, &truth()).len(), 100);
        assert!(pair(&late, &truth()).iter().all(|(r, t)| r.frame == t.frame));
        let elsewhere: Vec<FrameRecord> =
            results.iter().cloned().map(|f| FrameRecord { pts_ns: f.pts_ns.map(|t| t + 100_000_000_000), ..f }).collect();
        assert!(pair(&elsewhere, &truth()).is_empty());
        let untimed: Vec<FrameRecord> = results.iter().cloned().map(|f| FrameRecord { pts_ns: None, ..f }).collect();
        assert_eq!(pair(&untimed, &truth()).len(), 100);
    }

    #[test]
    fn what_is_in_which_hand_is_compared_by_class_and_side() {
        let frame = |objects: &[(&str, InHand)]| {
            let object = |(label, in_hand): &(&str, InHand)| ObjectRecord {
                label: (*label).into(),
                class: 1,
                score: 0.9,
                track: None,
                box_px: [0.0, 0.0, 9.0, 9.0],
                in_hand: *in_hand,
            };
            let mut frame = FrameRecord::new("clip", 0, Some(0), 640, 360);
            frame.objects = Some(objects.iter().map(object).collect());
            frame
        };
        let known = frame(&[("milk", InHand::Both), ("book", InHand::Left), ("cup", InHand::None)]);
        let found = frame(&[("milk", InHand::Left), ("book", InHand::Right), ("cup", InHand::None)]);
        let clip = score("clip", std::slice::from_ref(&found), &[known]);
        assert_eq!(clip.held, Some(HeldTally { truths: 3, found: 2, right: 1 }));
        let silent = frame(&[("milk", InHand::None)]);
        assert_eq!(score("clip", &[found], &[silent]).held, None, "a truth that never says what is held");
    }

    #[test]
    fn the_truth_is_brought_to_the_size_of_the_results() {
        let object = |box_px| ObjectRecord { label: "milk".into(), class: 5, score: 0.9, track: None, box_px, in_hand: Default::default() };
        let mut large = FrameRecord::new("clip", 0, Some(0), 1280, 720);
        large.objects = Some(vec![object([200.0, 100.0, 400.0, 300.0])]);
        let mut small = FrameRecord::new("clip", 0, Some(0), 640, 360);
        small.objects = Some(vec![object([100.0, 50.0, 200.0, 150.0])]);
        let boxes = score("clip", &[large], &[small]).boxes.expect("objects");
        assert_eq!(boxes.recall(0.5), Some(1.0));
    }
}
