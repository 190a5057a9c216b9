//! The classifier: standardise, principal components, kernel features, logistic regression.
//!
//! Kernel features vanish far from everything that was taught, so a window that resembles nothing gets no confident class: it gets
//! the class "nothing" when there is one.

use nalgebra::{DMatrix, DVector};

use super::dataset::{Dataset, TeachError};
use super::kernel::{kernel, whitening};
use super::pca::{Scaling, components};
use super::random::Random;
use super::softmax;

/// Name of the class that is no action.
pub(super) const NOTHING: &str = "nothing";

/// How a classifier is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitSettings {
    /// Share of the features' number that is kept as principal components (HAPTICS keeps 30 %).
    pub components: f64,
    /// Most landmarks of the kernel.
    pub landmarks: usize,
    /// Width of the kernel: gamma times the total variance.
    pub gamma: f64,
    /// Inverse strength of the penalty, in samples.
    pub strength: f64,
    /// Seed of the choice of landmarks.
    pub seed: u64,
}

/// Kernel width and penalty were chosen by cross-validation over blocks of the labelled hand recordings.
impl Default for FitSettings {
    fn default() -> FitSettings {
        FitSettings { components: 0.3, landmarks: 256, gamma: 0.4, strength: 2.0, seed: 0 }
    }
}

/// Layouts with fewer features than this keep them all: there is nothing to win by leaving some out.
const FEWEST_COMPONENTS: usize = 32;
/// Most principal components.
const MOST_COMPONENTS: usize = 96;
/// Weight of made-up windows far from everything, which are "nothing".
const FAR_WEIGHT: f64 = 0.15;

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct KinematicClassifier {
    pub(super) labels: Vec<String>,
    pub(super) layout: String,
    pub(super) scaling: Scaling,
    /// Width x components.
    pub(super) components: DMatrix<f64>,
    /// Landmarks x components.
    pub(super) landmarks: DMatrix<f64>,
    pub(super) gamma: f64,
    /// Landmarks x classes.
    pub(super) weights: DMatrix<f64>,
    pub(super) bias: DVector<f64>,
}

impl KinematicClassifier {
    /// Fits a classifier. Classes weigh the same however many samples they have.
    ///
    /// # Errors
    /// As [`Dataset::check`].
    pub fn fit(data: &Dataset, settings: &FitSettings) -> Result<KinematicClassifier, TeachError> {
        data.check()?;
        let width = data.width();
        let rows: Vec<&[f32]> = data.samples.iter().map(|s| s.values.as_slice()).collect();
        let scaling = Scaling::of(&rows, width);
        let scaled = scaling.apply(&rows);
        let wanted = (width as f64 * settings.components) as usize;
        let directions = components(&scaled, wanted.clamp(FEWEST_COMPONENTS.min(width), MOST_COMPONENTS));
        let points = scaled * &directions;
        let variance = points.norm_squared() / points.nrows() as f64;
        if !variance.is_finite() || variance <= 0.0 {
            return Err(TeachError::Numbers("all windows are the same"));
        }
        let gamma = settings.gamma / variance;
        let chosen = landmarks(data, settings);
        let landmarks = DMatrix::from_fn(chosen.len(), points.ncols(), |i, k| points[(chosen[i], k)]);
        let white = whitening(&landmarks, gamma);
        let features = kernel(&points, &landmarks, gamma) * &white;
        let (features, classes, weights) = weighted(data, features);
        let penalty = 1.0 / (settings.strength * classes.len() as f64);
        let (w, bias) = softmax::fit(&features, &classes, &weights, data.labels.len(), penalty)?;
        Ok(KinematicClassifier {
            labels: data.labels.clone(),
            layout: data.layout.clone(),
            scaling,
            components: directions,
            landmarks,
            gamma,
            weights: white * w,
            bias,
        })
    }

    /// Class names.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Name of the feature layout.
    pub fn layout(&self) -> &str {
        &self.layout
    }

    /// Number of values it wants.
    pub fn width(&self) -> usize {
        self.scaling.mean.len()
    }

    /// Class probabilities of one window.
    ///
    /// # Errors
    /// When the number of values is another one.
    pub fn predict(&self, values: &[f32]) -> Result<Vec<f64>, TeachError> {
        if values.len() != self.width() {
            return Err(TeachError::Width { layout: self.layout.clone(), found: values.len(), expected: self.width() });
        }
        let points = self.scaling.apply(&[values]) * &self.components;
        let mut scores = kernel(&points, &self.landmarks, self.gamma) * &self.weights;
        for (score, bias) in scores.iter_mut().zip(self.bias.iter()) {
            *score += bias;
        }
        Ok(softmax::probabilities(scores).row(0).iter().copied().collect())
    }

    /// The most likely class of every sample.
    ///
    /// # Errors
    /// When the samples are of another layout.
    pub fn classify(&self, data: &Dataset) -> Result<Vec<usize>, TeachError> {
        if data.layout != self.layout {
            return Err(TeachError::Layout { expected: self.layout.clone(), found: data.layout.clone() });
        }
        data.samples.iter().map(|s| self.predict(&s.values).map(|p| best(&p))).collect()
    }
}

/// Index of the largest value.
pub(super) fn best(values: &[f64]) -> usize {
    values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
}

/// Samples that serve as landmarks: as many of each class, at random.
fn landmarks(data: &Dataset, settings: &FitSettings) -> Vec<usize> {
    let mut random = Random::new(settings.seed);
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); data.labels.len()];
    for (i, sample) in data.samples.iter().enumerate() {
        if let Some(list) = of_class.get_mut(sample.class) {
            list.push(i);
        }
    }
    of_class.iter_mut().for_each(|list| random.shuffle(list));
    let most = settings.landmarks.max(data.labels.len()).min(data.samples.len());
    let mut chosen = Vec::with_capacity(most);
    for turn in 0.. {
        let before = chosen.len();
        for list in &of_class {
            if chosen.len() < most
                && let Some(i) = list.get(turn)
            {
                chosen.push(*i);
            }
        }
        if chosen.len() == before {
            break;
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Features, classes and weights that sum to 1, with windows far from everything added to "nothing".
fn weighted(data: &Dataset, features: DMatrix<f64>) -> (DMatrix<f64>, Vec<usize>, Vec<f64>) {
    let counts = data.counts();
    let classes: Vec<usize> = data.samples.iter().map(|s| s.class).collect();
    let each = 1.0 / data.labels.len().max(1) as f64;
    let weights: Vec<f64> = classes.iter().map(|c| each / counts.get(*c).copied().unwrap_or(1).max(1) as f64).collect();
    let Some(nothing) = data.labels.iter().position(|l| l == NOTHING) else { return (features, classes, weights) };
    let rows = features.nrows();
    let features = features.insert_row(rows, 0.0);
    let weights = weights.iter().map(|w| w * (1.0 - FAR_WEIGHT)).chain([FAR_WEIGHT]).collect();
    (features, classes.into_iter().chain([nothing]).collect(), weights)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::dataset::Sample;
    use super::*;

    /// Three rings around the origin in the first two of 40 features; the others are noise, some of them not known.
    pub(in super::super) fn rings(seed: u64, labels: &[&str]) -> Dataset {
        let mut random = Random::new(seed);
        let samples = (0..90 * labels.len())
            .map(|i| {
                let class = i % labels.len();
                let (radius, angle) = (1.0 + 2.0 * class as f64, random.unit() * std::f64::consts::TAU);
                let values = (0..40)
                    .map(|k| match k {
                        0 => radius * angle.cos(),
                        1 => radius * angle.sin(),
                        _ if random.unit() < 0.05 => f64::NAN,
                        _ => 0.05 * (random.unit() - 0.5) * radius,
                    } as f32)
                    .collect();
                Sample { values, class, group: i / 30 }
            })
            .collect();
        Dataset { layout: "test".into(), labels: labels.iter().map(|l| (*l).to_owned()).collect(), samples }
    }

    #[test]
    fn classes_that_no_plane_can_part_are_learnt() {
        // Two features of forty tell: a narrow kernel is needed.
        let settings = FitSettings { gamma: 1.0, strength: 10.0, ..FitSettings::default() };
        let classifier = KinematicClassifier::fit(&rings(1, &["a", "b", "c"]), &settings).unwrap();
        let test = rings(2, &["a", "b", "c"]);
        let hits = classifier.classify(&test).unwrap().iter().zip(&test.samples).filter(|(p, s)| **p == s.class).count();
        assert!(hits * 100 >= 95 * test.samples.len(), "{hits} of {}", test.samples.len());
    }

    #[test]
    fn what_resembles_nothing_is_nothing() {
        let classifier = KinematicClassifier::fit(&rings(1, &["a", "nothing", "c"]), &FitSettings::default()).unwrap();
        let mut far = vec![0.0f32; 40];
        far.iter_mut().step_by(2).for_each(|v| *v = 1e6);
        let p = classifier.predict(&far).unwrap();
        assert_eq!(best(&p), 1, "{p:?}");
        let unknown = classifier.predict(&[f32::NAN; 40]).unwrap();
        assert!(unknown.iter().all(|p| p.is_finite()));
    }

    #[test]
    fn what_cannot_be_learnt_is_refused_with_its_reason() {
        let data = rings(1, &["a", "b"]);
        let fit = |d: &Dataset| KinematicClassifier::fit(d, &FitSettings::default()).map(|_| ()).unwrap_err();
        assert_eq!(fit(&Dataset { samples: vec![], ..data.clone() }), TeachError::Empty);
        assert!(matches!(fit(&rings(1, &["a"])), TeachError::OneClass { .. }));
        assert!(matches!(fit(&data.part(|s| s.class == 0)), TeachError::NoSamples { label, .. } if label == "b"));
        let mut narrow = data.clone();
        narrow.samples[3].values.pop();
        assert!(matches!(fit(&narrow), TeachError::Width { found: 39, expected: 40, .. }));
        let mut same = data.clone();
        same.samples.iter_mut().for_each(|s| s.values.fill(1.0));
        assert!(matches!(fit(&same), TeachError::Numbers(_)));
        let good = KinematicClassifier::fit(&data, &FitSettings::default()).unwrap();
        assert!(matches!(good.predict(&[0.0; 3]), Err(TeachError::Width { found: 3, expected: 40, .. })));
        assert!(matches!(good.classify(&Dataset { layout: "other".into(), ..data }), Err(TeachError::Layout { .. })));
    }
}
