//! The numbers that come out, each with its unit, how many things it counts, and an interval of 95 %.
//!
//! Intervals are bootstrapped over clips; with one clip there is none, but for top-1, which has Wilson's.

use std::collections::BTreeMap;

use ego_core::metrics::interval::{bootstrap_all, quantile, wilson};
use ego_core::metrics::pose::SideTally;

use super::score::{ActionScore, ClipScore};

/// Seed of the bootstrap: the same results give the same intervals.
const SEED: u64 = 1;
/// Score from which on a box counts for precision and recall.
const BOX_SCORE: f32 = 0.5;

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) key: String,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    pub(super) interval: Option<[f64; 2]>,
    pub(super) count: u64,
}

/// Everything that these clips have numbers for; `resamples` = 0 leaves out the bootstrap.
pub(super) fn measure(clips: &[ClipScore], resamples: usize) -> Vec<Measured> {
    let all: Vec<&ClipScore> = clips.iter().collect();
    let total = sum(&all);
    let mut figures = values(&total);
    let keys: Vec<String> = figures.iter().map(|f| f.key.clone()).collect();
    if clips.len() > 1 && resamples > 0 {
        let statistics = |draw: &[&ClipScore]| {
            let drawn: BTreeMap<String, f64> = values(&sum(draw)).into_iter().map(|f| (f.key, f.value)).collect();
            keys.iter().map(|key| drawn.get(key).copied()).collect()
        };
        for (figure, interval) in figures.iter_mut().zip(bootstrap_all(clips, statistics, resamples, SEED)) {
            figure.interval = interval;
        }
    }
    if let (Some(top1), Some(action)) = (figures.iter_mut().find(|f| f.key == "action.top1"), &total.action) {
        top1.interval = wilson(action.answers.right, action.answers.total).map(|i| i.map(|v| 100.0 * v));
    }
    figures
}

/// Average precision of every class, percent.
pub(super) fn ap50_by_class(clips: &[ClipScore]) -> BTreeMap<String, f64> {
    let total = sum(&clips.iter().collect::<Vec<_>>());
    let boxes = total.boxes.unwrap_or_default();
    boxes.ap50().into_iter().map(|(label, ap)| (label.to_owned(), 100.0 * ap)).collect()
}

fn sum(clips: &[&ClipScore]) -> ClipScore {
    let mut total = ClipScore::default();
    clips.iter().for_each(|clip| total.add(clip));
    total
}

/// Collects figures that have a value.
#[derive(Default)]
struct List(Vec<Measured>);

impl List {
    fn add(&mut self, key: impl Into<String>, unit: &'static str, value: Option<f64>, count: u64) {
        self.0.extend(value.map(|value| Measured { key: key.into(), value, unit, interval: None, count }));
    }

    fn percent(&mut self, key: impl Into<String>, value: Option<f64>, count: u64) {
        self.add(key, "%", value.map(|v| 100.0 * v), count);
    }

    fn share(&mut self, key: impl Into<String>, part: u64, whole: u64) {
        self.percent(key, (whole > 0).then(|| part as f64 / whole as f64), whole);
    }
}

fn values(total: &ClipScore) -> Vec<Measured> {
    let mut list = List::default();
    if let Some(hands) = &total.hands {
        for (name, side) in [("left", hands.left), ("right", hands.right), ("both", hands.both())] {
            side_values(&mut list, name, &side);
        }
        list.add("hands.invented_per_100_frames", "", ratio(100 * hands.invented, hands.frames), hands.frames);
        list.share("hands.bystanders_taken", hands.bystanders_taken, hands.bystanders);
    }
    if let Some(boxes) = &total.boxes {
        list.percent("objects.precision", boxes.precision(BOX_SCORE), boxes.found(BOX_SCORE));
        list.percent("objects.recall", boxes.recall(BOX_SCORE), boxes.truths());
        list.percent("objects.map50", boxes.mean_ap50(), boxes.truths());
    }
    if let Some(held) = &total.held {
        list.share("objects.in_hand_precision", held.right, held.found);
        list.share("objects.in_hand_recall", held.right, held.truths);
    }
    if let Some(mask) = &total.mask {
        list.percent("mask.kept", (mask.frames > 0).then(|| mask.kept / mask.frames as f64), mask.frames);
        list.share("mask.relaxed", mask.relaxed, mask.frames);
    }
    if let Some(action) = &total.action {
        action_values(&mut list, action);
    }
    for (stage, ages) in &total.ages_ns {
        let mut ms: Vec<f64> = ages.iter().map(|ns| *ns as f64 / 1e6).collect();
        list.add(format!("age.{stage}.mean"), "ms", Some(ms.iter().sum::<f64>() / ms.len().max(1) as f64), ages.len() as u64);
        list.add(format!("age.{stage}.p95"), "ms", quantile(&mut ms, 0.95), ages.len() as u64);
    }
    list.0
}

fn side_values(list: &mut List, name: &str, side: &SideTally) {
    list.share(format!("hands.{name}.found"), side.found, side.present);
    list.share(format!("hands.{name}.right_side"), side.right_side, side.found);
    list.percent(format!("hands.{name}.pck20"), side.pck(), side.joints);
    list.add(format!("hands.{name}.image_error"), "px", side.mean_px(), side.joints);
    let mm = |metres: Option<f64>| metres.map(|m| 1000.0 * m);
    list.add(format!("hands.{name}.mpjpe"), "mm", mm(side.mpjpe_m()), side.hands_3d);
    list.add(format!("hands.{name}.mpjpe_wrist"), "mm", mm(side.relative_mpjpe_m()), side.hands_3d);
}

fn action_values(list: &mut List, action: &ActionScore) {
    let answers = &action.answers;
    list.share("action.top1", answers.right, answers.total);
    list.share("action.covered", answers.known, answers.total);
    list.share("action.top1_of_covered", answers.known_right, answers.known);
    for (name, tally) in ["action.f1_10", "action.f1_25", "action.f1_50"].into_iter().zip(&action.segments) {
        list.percent(name, tally.f1(), tally.right + tally.missed);
    }
    let mut delays = action.delays_s.clone();
    let count = delays.len() as u64;
    list.add("action.delay.median", "s", quantile(&mut delays, 0.5), count);
    list.share("action.told", delays.iter().filter(|d| d.is_finite()).count() as u64, count);
    list.add("action.false_labels_in_idle", "1/min", action.idle.per_minute(), action.idle.idle_s.round() as u64);
    list.share("action.unseen_refused", action.unseen_refused, action.unseen);
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::metrics::action::AnswerTally;
    use ego_core::metrics::pose::HandTally;

    fn clip(found: u64, right: bool) -> ClipScore {
        let mut hands = HandTally { frames: 10, invented: 1, ..HandTally::default() };
        (hands.left.present, hands.left.found) = (10, found);
        let mut answers = AnswerTally::default();
        answers.answer(right, false);
        let action = ActionScore { answers, delays_s: vec![if right { 0.5 } else { f64::INFINITY }], ..ActionScore::default() };
        ClipScore { frames: 10, hands: Some(hands), action: Some(action), ..ClipScore::default() }
    }

    fn figure<'a>(figures: &'a [Measured], key: &str) -> &'a Measured {
        figures.iter().find(|f| f.key == key).unwrap_or_else(|| panic!("no {key}"))
    }

    #[test]
    fn clips_add_up_and_have_intervals() {
        let figures = measure(&[clip(10, true), clip(5, true), clip(6, false)], 200);
        let found = figure(&figures, "hands.left.found");
        assert_eq!((found.value, found.count), (70.0, 30));
        let [low, high] = found.interval.expect("an interval");
        assert!((50.0..70.0).contains(&low) && (70.0..=100.0).contains(&high), "{low} {high}");
        assert_eq!(figure(&figures, "hands.invented_per_100_frames").value, 10.0);
        let top1 = figure(&figures, "action.top1");
        let want = wilson(2, 3).map(|i| i.map(|v| 100.0 * v));
        assert_eq!(top1.interval, want);
        assert_eq!(figure(&figures, "action.delay.median").value, 0.5);
        assert!(figures.iter().all(|f| !f.key.starts_with("objects")), "what was not measured has no number");
    }

    #[test]
    fn one_clip_has_no_bootstrap() {
        let figures = measure(&[clip(10, true)], 200);
        assert_eq!(figure(&figures, "hands.left.found").interval, None);
        assert!(figure(&figures, "action.top1").interval.is_some());
    }
}
