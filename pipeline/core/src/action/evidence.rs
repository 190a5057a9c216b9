//! How sure a classifier is: evidence where it gives evidence, spread of the probabilities where it gives probabilities.
//!
//! An evidential classifier gives e_k >= 0 for each of K classes. Its Dirichlet distribution has alpha_k = e_k + 1 and strength
//! S = sum alpha_k; the expected probability is alpha_k / S, the uncertainty u = K / S, the belief e_k / S; beliefs and u add up to 1
//! (Sensoy et al., "Evidential deep learning", 2018; for actions: "OpenEAR", ICPR 2024).
//!
//! A softmax says nothing about evidence: its probabilities can be sharp on something never seen. What we call its uncertainty is
//! the normalised entropy of the probabilities, 0 = one class has all, 1 = all alike. It orders answers by how undecided they are
//! and needs a threshold of its own, chosen on validation data.

/// What the numbers of a classifier's output are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scores {
    /// Any numbers; the softmax makes probabilities of them.
    #[default]
    Logits,
    /// Numbers that add up to 1.
    Probabilities,
    /// Evidence for each class, not negative.
    Evidence,
}

impl Scores {
    /// The word used in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Scores::Logits => "logits",
            Scores::Probabilities => "probabilities",
            Scores::Evidence => "evidence",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Scores> {
        [Scores::Logits, Scores::Probabilities, Scores::Evidence].into_iter().find(|kind| kind.name() == name)
    }

    /// Probabilities and uncertainty of one output; `None` when it holds anything that is not a finite number.
    pub fn read(self, output: &[f32]) -> Option<Answer> {
        if output.is_empty() || output.iter().any(|v| !v.is_finite()) {
            return None;
        }
        Some(match self {
            Scores::Logits => Answer::from_probabilities(softmax(output)),
            Scores::Probabilities => {
                let sum: f32 = output.iter().map(|p| p.max(0.0)).sum();
                if sum <= 0.0 {
                    return None;
                }
                Answer::from_probabilities(output.iter().map(|p| p.max(0.0) / sum).collect())
            }
            Scores::Evidence => {
                let opinion = Opinion::new(output);
                Answer { uncertainty: opinion.uncertainty(), probabilities: opinion.probabilities() }
            }
        })
    }
}

/// What a classifier says about one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// One for each class; they add up to 1.
    pub probabilities: Vec<f32>,
    /// 0 sure .. 1 knows nothing.
    pub uncertainty: f32,
}

impl Answer {
    fn from_probabilities(probabilities: Vec<f32>) -> Answer {
        Answer { uncertainty: normalised_entropy(&probabilities), probabilities }
    }
}

/// Probabilities of logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let e: Vec<f32> = logits.iter().map(|v| (v - most).exp()).collect();
    let sum: f32 = e.iter().sum();
    e.into_iter().map(|v| v / sum).collect()
}

/// Entropy of probabilities divided by that of K equal ones: 0..1; 0 for a single class.
pub fn normalised_entropy(probabilities: &[f32]) -> f32 {
    if probabilities.len() < 2 {
        return 0.0;
    }
    let entropy: f32 = probabilities.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
    (entropy / (probabilities.len() as f32).ln()).clamp(0.0, 1.0)
}

/// A Dirichlet distribution over classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// e_k + 1.
    pub alpha: Vec<f32>,
    /// Their sum.
    pub strength: f32,
}

impl Opinion {
    /// From evidence; what is negative counts as none.
    pub fn new(evidence: &[f32]) -> Opinion {
        let alpha: Vec<f32> = evidence.iter().map(|e| e.max(0.0) + 1.0).collect();
        Opinion { strength: alpha.iter().sum(), alpha }
    }

    /// Expected probability of each class: alpha_k / S.
    pub fn probabilities(&self) -> Vec<f32> {
        self.alpha.iter().map(|a| a / self.strength).collect()
    }

    /// K / S: 1 without any evidence.
    pub fn uncertainty(&self) -> f32 {
        self.alpha.len() as f32 / self.strength
    }

    /// Loss when this class is the true one: ln S - ln alpha.
    pub fn loss(&self, class: usize) -> Option<f32> {
        self.alpha.get(class).map(|a| self.strength.ln() - a.ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers worked out by hand from the definitions.
    #[test]
    fn evidence_of_three_classes() {
        let opinion = Opinion::new(&[8.0, 1.0, 0.0]);
        assert_eq!((opinion.alpha.as_slice(), opinion.strength), (&[9.0, 2.0, 1.0][..], 12.0));
        let answer = Scores::Evidence.read(&[8.0, 1.0, 0.0]).expect("finite");
        for (p, want) in answer.probabilities.iter().zip([0.75, 2.0 / 12.0, 1.0 / 12.0]) {
            assert!((p - want).abs() < 1e-6, "{p}, not {want}");
        }
        assert_eq!(answer.uncertainty, 0.25);
        assert!((opinion.loss(0).expect("is there") - 0.287_682).abs() < 1e-5, "ln 12 - ln 9");
        assert_eq!(opinion.loss(3), None);

        let trusted = Scores::Evidence.read(&[97.0, 0.0, 0.0]).expect("finite");
        assert!((trusted.uncertainty - 0.03).abs() < 1e-7);
        let nothing = Scores::Evidence.read(&[0.0; 3]).expect("finite");
        assert_eq!((nothing.uncertainty, nothing.probabilities), (1.0, vec![1.0 / 3.0; 3]));
    }

    #[test]
    fn beliefs_and_uncertainty_add_up() {
        for evidence in [[8.0, 1.0, 0.0], [0.0, 0.0, 0.0], [100.0, 20.0, 3.0]] {
            let opinion = Opinion::new(&evidence);
            let belief: f32 = evidence.iter().map(|e| e / opinion.strength).sum();
            assert!((belief + opinion.uncertainty() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn entropy_is_zero_for_one_and_one_for_all_alike() {
        assert_eq!(normalised_entropy(&[1.0, 0.0, 0.0]), 0.0);
        assert!((normalised_entropy(&[0.25; 4]) - 1.0).abs() < 1e-6);
        // Half and half of four classes: ln 2 / ln 4.
        assert!((normalised_entropy(&[0.5, 0.5, 0.0, 0.0]) - 0.5).abs() < 1e-6);
        assert_eq!(normalised_entropy(&[1.0]), 0.0);
    }

    #[test]
    fn logits_of_any_size_become_probabilities() {
        let answer = Scores::Logits.read(&[1000.0, 1000.0, 0.0]).expect("finite");
        assert_eq!(answer.probabilities, [0.5, 0.5, 0.0]);
        // softmax(1, 2, 3), known from any textbook.
        for (p, want) in softmax(&[1.0, 2.0, 3.0]).iter().zip([0.090_030_57, 0.244_728_47, 0.665_240_94]) {
            assert!((p - want).abs() < 1e-6);
        }
    }

    #[test]
    fn what_is_no_number_is_no_answer() {
        for kind in [Scores::Logits, Scores::Probabilities, Scores::Evidence] {
            assert_eq!(kind.read(&[f32::NAN, 1.0]), None);
            assert_eq!(kind.read(&[f32::INFINITY, 1.0]), None);
            assert_eq!(kind.read(&[]), None);
            assert_eq!(Scores::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Scores::Probabilities.read(&[0.0, 0.0]), None);
        assert_eq!(Scores::Probabilities.read(&[2.0, 2.0]).map(|a| a.probabilities), Some(vec![0.5, 0.5]));
    }
}
