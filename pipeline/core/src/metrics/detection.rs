//! Boxes against true boxes: precision, recall, and average precision at an overlap of one half.
//!
//! A found box is right when its overlap with a true box of its class, which no better one has taken, is at least 0.5; boxes with a
//! higher score choose first, each the true box with the largest overlap (the rule of PASCAL VOC). Average precision is the whole area
//! under the precision envelope (VOC 2010 and later; COCO takes 101 points of the same curve).

use std::collections::BTreeMap;

/// Overlap from which on a box is the same.
pub const SAME_BOX: f64 = 0.5;

/// Intersection over union of two boxes: left, top, right, bottom.
pub fn overlap(a: [f32; 4], b: [f32; 4]) -> f64 {
    let [a, b] = [a, b].map(|r| r.map(f64::from));
    let side = |lo: usize| (a[lo + 2].min(b[lo + 2]) - a[lo].max(b[lo])).max(0.0);
    let area = |r: [f64; 4]| (r[2] - r[0]).max(0.0) * (r[3] - r[1]).max(0.0);
    let both = side(0) * side(1);
    let all = area(a) + area(b) - both;
    if all > 0.0 { both / all } else { 0.0 }
}

/// A box with its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxed {
    /// Name of the class.
    pub label: String,
    /// Confidence; not looked at in the truth.
    pub score: f32,
    /// Left, top, right, bottom.
    pub rect: [f32; 4],
}

/// The boxes of many frames against the truth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoxTally {
    /// By class: how many true boxes there are, and every found box as score and whether it is right.
    classes: BTreeMap<String, (u64, Vec<(f32, bool)>)>,
}

impl BoxTally {
    /// Adds one frame.
    pub fn frame(&mut self, truth: &[Boxed], found: &[Boxed]) {
        let mut order: Vec<&Boxed> = found.iter().collect();
        order.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut taken = vec![false; truth.len()];
        for t in truth {
            self.classes.entry(t.label.clone()).or_default().0 += 1;
        }
        for f in order {
            let free = truth.iter().enumerate().filter(|(i, t)| !taken[*i] && t.label == f.label);
            let nearest = free.map(|(i, t)| (overlap(t.rect, f.rect), i)).max_by(|a, b| a.0.total_cmp(&b.0));
            let hit = nearest.filter(|(o, _)| *o >= SAME_BOX);
            if let Some((_, i)) = hit {
                taken[i] = true;
            }
            self.classes.entry(f.label.clone()).or_default().1.push((f.score, hit.is_some()));
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &BoxTally) {
        for (label, (truths, scored)) in &other.classes {
            let mine = self.classes.entry(label.clone()).or_default();
            mine.0 += truths;
            mine.1.extend_from_slice(scored);
        }
    }

    /// True boxes.
    pub fn truths(&self) -> u64 {
        self.classes.values().map(|(truths, _)| truths).sum()
    }

    /// Found boxes with at least this score.
    pub fn found(&self, score: f32) -> u64 {
        self.count(score, false)
    }

    fn hits(&self, score: f32) -> u64 {
        self.count(score, true)
    }

    fn count(&self, score: f32, right_only: bool) -> u64 {
        let scored = self.classes.values().flat_map(|(_, scored)| scored);
        scored.filter(|(s, right)| *s >= score && (*right || !right_only)).count() as u64
    }

    /// Share of the found boxes with at least this score that are right.
    pub fn precision(&self, score: f32) -> Option<f64> {
        let found = self.found(score);
        (found > 0).then(|| self.hits(score) as f64 / found as f64)
    }

    /// Share of the true boxes that were found with at least this score.
    pub fn recall(&self, score: f32) -> Option<f64> {
        let truths = self.truths();
        (truths > 0).then(|| self.hits(score) as f64 / truths as f64)
    }

    /// Average precision of each class that the truth has.
    pub fn ap50(&self) -> BTreeMap<&str, f64> {
        let known = self.classes.iter().filter(|(_, (truths, _))| *truths > 0);
        known.map(|(label, (truths, scored))| (label.as_str(), average_precision(scored, *truths))).collect()
    }

    /// Mean of [`BoxTally::ap50`] over the classes.
    pub fn mean_ap50(&self) -> Option<f64> {
        let all = self.ap50();
        (!all.is_empty()).then(|| all.values().sum::<f64>() / all.len() as f64)
    }
}

/// Area under the precision envelope over recall; `scored` are found boxes in any order, `truths` how many true boxes there are.
pub fn average_precision(scored: &[(f32, bool)], truths: u64) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut curve = Vec::with_capacity(sorted.len());
    let mut hits = 0_u64;
    for (n, (_, right)) in (1_u64..).zip(&sorted) {
        hits += u64::from(*right);
        curve.push((hits, hits as f64 / n as f64));
    }
    let (mut area, mut best, mut next) = (0.0, 0.0_f64, None::<u64>);
    for (hits, precision) in curve.into_iter().rev() {
        if let Some(above) = next {
            area += (above - hits) as f64 * best;
        }
        best = best.max(precision);
        next = Some(hits);
    }
    // From the first found box down to recall 0.
    area += next.unwrap_or(0) as f64 * best;
    if truths > 0 { area / truths as f64 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(label: &str, score: f32, rect: [f32; 4]) -> Boxed {
        Boxed { label: label.into(), score, rect }
    }

    #[test]
    fn overlap_by_hand() {
        assert_eq!(overlap([0.0, 0.0, 10.0, 10.0], [5.0, 0.0, 15.0, 10.0]), 50.0 / 150.0);
        assert_eq!(overlap([0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 10.0]), 1.0);
        assert_eq!(overlap([0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 3.0]), 0.0);
        assert_eq!(overlap([0.0; 4], [0.0; 4]), 0.0);
    }

    /// Five boxes, right wrong right right wrong, four truths. Precisions at the hits 1, 2/3, 3/4; the envelope 1, 3/4, 3/4; recall
    /// steps of 1/4: (1 + 3/4 + 3/4) / 4 = 0.625.
    #[test]
    fn average_precision_by_hand() {
        let scored = [(0.9, true), (0.8, false), (0.7, true), (0.6, true), (0.5, false)];
        assert!((average_precision(&scored, 4) - 0.625).abs() < 1e-12);
        assert!((average_precision(&[scored[3], scored[0], scored[4], scored[2], scored[1]], 4) - 0.625).abs() < 1e-12, "any order");
        assert_eq!(average_precision(&[(0.9, true)], 1), 1.0);
        assert_eq!(average_precision(&[(0.9, false)], 1), 0.0);
        assert_eq!(average_precision(&[], 3), 0.0);
        // A wrong box in front of the only right one: precision 1/2 at recall 1.
        assert_eq!(average_precision(&[(0.9, false), (0.8, true)], 1), 0.5);
    }

    #[test]
    fn a_true_box_is_taken_once_and_only_by_its_class() {
        let rect = [0.0, 0.0, 10.0, 10.0];
        let mut tally = BoxTally::default();
        tally.frame(&[boxed("milk", 1.0, rect)], &[boxed("milk", 0.6, rect), boxed("milk", 0.9, rect), boxed("book", 0.99, rect)]);
        assert_eq!((tally.truths(), tally.found(0.0), tally.precision(0.0), tally.recall(0.0)), (1, 3, Some(1.0 / 3.0), Some(1.0)));
        assert_eq!((tally.precision(0.8), tally.recall(0.95)), (Some(0.5), Some(0.0)));
        assert_eq!(tally.ap50().into_iter().collect::<Vec<_>>(), [("milk", 1.0)], "a class without truth has no average precision");
        let mut sum = BoxTally::default();
        sum.add(&tally);
        sum.add(&tally);
        assert_eq!((sum.truths(), sum.mean_ap50()), (2, Some(1.0)));
        assert_eq!(BoxTally::default().mean_ap50(), None);
    }
}
