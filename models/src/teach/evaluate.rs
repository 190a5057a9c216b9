//! How good a classifier is: accuracy with an interval, confusion, and each group held out in turn.

use super::classifier::{FitSettings, KinematicClassifier};
use super::dataset::{Dataset, TeachError};
use super::random::Random;

/// What a classifier said about labelled windows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Class names.
    pub labels: Vec<String>,
    /// (true class, predicted class, group) of each window.
    pub windows: Vec<(usize, usize, usize)>,
}

/// Two-sided 95 % of the normal distribution.
const Z95: f64 = 1.959_964;
/// Resamplings of the bootstrap.
const RESAMPLINGS: usize = 1000;

impl Outcome {
    /// The classifier's answers on the data.
    ///
    /// # Errors
    /// When the features are of another layout.
    pub fn of(classifier: &KinematicClassifier, data: &Dataset) -> Result<Outcome, TeachError> {
        let predicted = classifier.classify(data)?;
        let windows = data.samples.iter().zip(predicted).map(|(s, p)| (s.class, p, s.group)).collect();
        Ok(Outcome { labels: data.labels.clone(), windows })
    }

    /// Share of the windows that are right, 0..1; NaN without windows.
    pub fn accuracy(&self) -> f64 {
        self.hits() as f64 / self.windows.len() as f64
    }

    /// Number of windows that are right.
    pub fn hits(&self) -> usize {
        self.windows.iter().filter(|(t, p, _)| t == p).count()
    }

    /// 95 % interval of the accuracy. Windows of one group are not independent, so whole groups are drawn (bootstrap, seeded); with
    /// fewer than five groups, or none that differ, Wilson's interval with the number of groups as the number of trials.
    pub fn interval(&self) -> [f64; 2] {
        let mut groups: Vec<(usize, f64, f64)> = Vec::new();
        for (t, p, g) in &self.windows {
            let hit = f64::from(u8::from(t == p));
            match groups.iter_mut().find(|(id, _, _)| id == g) {
                Some((_, hits, count)) => (*hits, *count) = (*hits + hit, *count + 1.0),
                None => groups.push((*g, hit, 1.0)),
            }
        }
        let perfect = groups.iter().all(|(_, hits, count)| hits == count);
        if groups.len() < 5 || perfect {
            return wilson(self.accuracy(), groups.len() as f64);
        }
        let mut random = Random::new(95);
        let mut means: Vec<f64> = (0..RESAMPLINGS)
            .map(|_| {
                let (mut hits, mut count) = (0.0, 0.0);
                for _ in 0..groups.len() {
                    let (_, h, c) = groups[random.below(groups.len())];
                    (hits, count) = (hits + h, count + c);
                }
                hits / count
            })
            .collect();
        means.sort_by(f64::total_cmp);
        [means[RESAMPLINGS / 40], means[RESAMPLINGS - 1 - RESAMPLINGS / 40]]
    }

    /// `confusion[t][p]`: windows of class `t` that were called `p`.
    pub fn confusion(&self) -> Vec<Vec<usize>> {
        let n = self.labels.len();
        let mut table = vec![vec![0; n]; n];
        for (t, p, _) in &self.windows {
            if let Some(cell) = table.get_mut(*t).and_then(|row| row.get_mut(*p)) {
                *cell += 1;
            }
        }
        table
    }

    /// Pairs of classes of which more than `share` of the windows are taken for each other: (first, second, share).
    pub fn too_alike(&self, share: f64) -> Vec<(usize, usize, f64)> {
        let table = self.confusion();
        let total = |k: usize| table[k].iter().sum::<usize>() as f64;
        let pairs = (0..table.len()).flat_map(|a| (a + 1..table.len()).map(move |b| (a, b)));
        let mixed = pairs.map(|(a, b)| (a, b, (table[a][b] + table[b][a]) as f64 / (total(a) + total(b)).max(1.0)));
        mixed.filter(|(_, _, mixed)| *mixed > share).collect()
    }

    /// Adds the answers of another test.
    pub fn add(&mut self, other: Outcome) {
        if self.labels.is_empty() {
            self.labels = other.labels;
        }
        self.windows.extend(other.windows);
    }
}

/// Wilson's score interval of a share seen in `n` independent trials.
pub fn wilson(share: f64, n: f64) -> [f64; 2] {
    if n <= 0.0 || !share.is_finite() {
        return [0.0, 1.0];
    }
    let z2 = Z95 * Z95;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

/// Mean and half-width of the 95 % interval of a few runs (Student's t); `None` for fewer than two.
pub fn mean_interval(runs: &[f64]) -> Option<(f64, f64)> {
    // Two-sided 95 % quantiles for 1, 2 ... degrees of freedom.
    const T: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
    let n = runs.len();
    let t = T.get(n.checked_sub(2)?).copied().unwrap_or(Z95);
    let mean = runs.iter().sum::<f64>() / n as f64;
    let deviation = (runs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt();
    Some((mean, t * deviation / (n as f64).sqrt()))
}

/// Holds out each group in turn and adds up what the classifier of the others says about it. Groups without which a class would be
/// empty are left out; their number is returned.
///
/// # Errors
/// As [`KinematicClassifier::fit`] on the whole.
pub fn leave_one_group_out(data: &Dataset, settings: &FitSettings) -> Result<(Outcome, usize), TeachError> {
    data.check()?;
    let mut sum = Outcome { labels: data.labels.clone(), ..Outcome::default() };
    let mut left_out = 0;
    for group in data.groups() {
        let train = data.part(|s| s.group != group);
        if train.check().is_err() {
            left_out += 1;
            continue;
        }
        let classifier = KinematicClassifier::fit(&train, settings)?;
        sum.add(Outcome::of(&classifier, &data.part(|s| s.group == group))?);
    }
    Ok((sum, left_out))
}

#[cfg(test)]
mod tests {
    use super::super::classifier::tests::rings;
    use super::*;

    #[test]
    fn wilson_and_student_have_the_published_numbers() {
        // 8 of 10: 0.490 to 0.943 (Newcombe 1998, method 3 gives these for r = 8, n = 10).
        let [low, high] = wilson(0.8, 10.0);
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3, "{low} {high}");
        assert_eq!(wilson(f64::NAN, 0.0), [0.0, 1.0]);
        // 1, 2, 3: mean 2, deviation 1, t(2) = 4.303: 4.303 / sqrt 3.
        let (mean, half) = mean_interval(&[1.0, 2.0, 3.0]).unwrap();
        assert!((mean - 2.0).abs() < 1e-12 && (half - 2.4843).abs() < 1e-3, "{half}");
        assert_eq!(mean_interval(&[1.0]), None);
    }

    #[test]
    fn confusion_counts_and_names_classes_that_are_too_alike() {
        let labels = ["a", "b", "c"].map(str::to_owned).to_vec();
        let windows = vec![(0, 0, 1), (0, 1, 1), (1, 0, 2), (1, 1, 2), (2, 2, 3)];
        let outcome = Outcome { labels, windows };
        assert_eq!(outcome.confusion(), [[1, 1, 0], [1, 1, 0], [0, 0, 1]]);
        assert_eq!(outcome.too_alike(0.2), [(0, 1, 0.5)]);
        assert_eq!((outcome.hits(), outcome.accuracy()), (3, 0.6));
    }

    #[test]
    fn the_interval_is_that_of_groups_and_not_of_windows() {
        // Twenty groups of 100 equal windows, half of them wrong: the interval must be that of about 20 trials.
        let windows = (0..2000).map(|i| (0, usize::from(i / 100 % 2 == 0), i / 100)).collect();
        let [low, high] = Outcome { labels: vec!["a".into(), "b".into()], windows }.interval();
        assert!(low < 0.35 && low > 0.2 && high > 0.65 && high < 0.8, "{low} {high}");
    }

    #[test]
    fn every_group_is_held_out_once() {
        let data = rings(5, &["a", "b"]);
        let (outcome, left_out) = leave_one_group_out(&data, &FitSettings::default()).unwrap();
        assert_eq!((outcome.windows.len(), left_out), (data.samples.len(), 0));
        assert!(outcome.accuracy() > 0.95);
        let mut lonely = data;
        lonely.samples.iter_mut().filter(|s| s.class == 1).for_each(|s| s.group = 99);
        assert_eq!(leave_one_group_out(&lonely, &FitSettings::default()).unwrap().1, 1, "without it there is one class");
    }
}
