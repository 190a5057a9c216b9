//! One classifier with all subjects that it follows.

use std::sync::Arc;

use ego_core::action::decide::Segment;
use ego_core::action::evidence::Answer;
use ego_core::action::vector::{LEFT, RIGHT, SeenObjects, VectorLayout, frame_row, wearer_hands, window_vectors};
use ego_core::action::window::Sampled;
use ego_core::action::{ActionResult, Head};
use ego_core::features::Features;
use ego_models::action::{ActionNetwork, ActionSpec, ObjectCodes, Rows};
use ego_models::manifest::WindowSpec;
use ego_models::{ModelError, SessionOptions, paths};

use super::cues::{Cues, Objects};
use super::settings::Settings;
use super::subjects::{Subject, Words};

/// Share of a window's newest rows with a hand below which nothing happens, and the time that counts as such, seconds.
const HANDS_IN_WINDOW: f64 = 0.25;
const HANDS_S: f64 = 2.0;
/// A subject that was not seen for so long has gone.
const GONE_NS: u64 = 1_000_000_000;
/// Whose hands a frame vector holds.
const WEARER: &str = "wearer";

/// A label that begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) head: Head,
    pub(super) subject: String,
    pub(super) label: String,
    pub(super) model: String,
    pub(super) segment: Segment,
}

/// What a look at a frame has brought, beside results.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) told: Vec<Told>,
    pub(super) warnings: Vec<String>,
}

/// A classifier on the worker thread.
pub(super) struct Classifier {
    network: ActionNetwork,
    words: Words,
    subjects: Vec<Subject>,
    codes: Option<ObjectCodes>,
    /// Objects are looked for in this stream.
    has_objects: bool,
}

impl Classifier {
    pub(super) fn open(model: &str, options: &SessionOptions) -> Result<Classifier, ModelError> {
        let network = ActionNetwork::open(&paths::find_model(model)?, options)?;
        let words = Words { head: network.spec().head, labels: Arc::from(network.spec().labels.clone()) };
        Ok(Classifier { network, words, subjects: Vec::new(), codes: None, has_objects: false })
    }

    pub(super) fn spec(&self) -> &ActionSpec {
        self.network.spec()
    }

    pub(super) fn network(&self) -> &ActionNetwork {
        &self.network
    }

    /// What is known about each subject after the last look.
    pub(super) fn said(&self) -> impl Iterator<Item = &ActionResult> {
        self.subjects.iter().filter_map(|s| s.said.as_ref())
    }

    /// Forgets the past; labels that end thereby.
    pub(super) fn reset(&mut self) -> Vec<Told> {
        let mut ended = Vec::new();
        for mut subject in std::mem::take(&mut self.subjects) {
            ended.extend(subject.reset().map(|segment| self.told(&subject.name, segment)));
        }
        ended
    }

    /// Looks at a frame.
    pub(super) fn look(&mut self, pts_ns: u64, cues: &Cues, settings: &Settings, notes: &mut Notes) -> Result<(), ModelError> {
        let (rows, time_ns) = match &self.network.spec().rows {
            Rows::Vectors { layout, objects } | Rows::Frames { layout, objects } => {
                let row = self.vector(*layout, objects.len(), cues, notes);
                (vec![(WEARER.to_owned(), row)], pts_ns.saturating_sub(cues.age_ns))
            }
            Rows::Features { .. } => (self.features(cues)?, pts_ns.saturating_sub(cues.features_age_ns)),
        };
        for (name, row) in rows {
            let at = match self.subjects.iter().position(|s| s.name == name) {
                Some(at) => at,
                None => {
                    self.subjects.push(Subject::new(&name, self.network.spec()));
                    self.subjects.len() - 1
                }
            };
            if let Some(subject) = self.subjects.get_mut(at) {
                subject.seen_ns = pts_ns;
                subject.window.push(time_ns, row);
            }
        }
        self.let_go(pts_ns, notes);
        self.classify(settings, notes)
    }

    /// The row of a frame; complains once about a detector whose labels do not fit.
    fn vector(&mut self, layout: VectorLayout, count: usize, cues: &Cues, notes: &mut Notes) -> Vec<f32> {
        let hands = wearer_hands(cues.hands.iter().flatten());
        let seen = match &cues.objects {
            // An empty list may be without labels.
            Some(objects) if !objects.detections.is_empty() => {
                let codes = self.codes_of(objects, notes);
                SeenObjects::new(&objects.detections, hands, cues.aspect, count, |class| codes.code(class))
            }
            _ => SeenObjects { boxes: vec![None; count], chosen: 0 },
        };
        self.has_objects |= cues.objects.is_some();
        frame_row(hands, &seen, layout)
    }

    fn codes_of(&mut self, objects: &Objects, notes: &mut Notes) -> &ObjectCodes {
        if self.codes.as_ref().is_some_and(|codes| !codes.is_for(&objects.labels)) {
            self.codes = None;
        }
        self.codes.get_or_insert_with(|| {
            let spec = self.network.spec();
            let codes = ObjectCodes::new(spec.rows.objects().unwrap_or_default(), &objects.labels);
            notes.warnings.extend(codes.complaint(&spec.model, &objects.model));
            codes
        })
    }

    /// The features of every subject, those that are not known filled in.
    ///
    /// # Errors
    /// When features of the model's layout have another number of values.
    fn features(&self, cues: &Cues) -> Result<Vec<(String, Vec<f32>)>, ModelError> {
        let spec = self.network.spec();
        let Rows::Features { layout, count, fill } = &spec.rows else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for features in cues.features.iter().filter(|f| *f.layout == **layout) {
            if features.values.len() != *count {
                return Err(ModelError::Contradiction {
                    model: spec.model.clone(),
                    field: format!("number of features of the layout {layout:?}"),
                    expected: count.to_string(),
                    found: format!("{} on the frames; is it a model of another version?", features.values.len()),
                });
            }
            rows.extend(filled(features, fill).map(|row| (features.subject.clone(), row)));
        }
        Ok(rows)
    }

    /// Forgets subjects that have not been seen for a while.
    fn let_go(&mut self, pts_ns: u64, notes: &mut Notes) {
        let (gone, here) = std::mem::take(&mut self.subjects).into_iter().partition(|s| pts_ns.saturating_sub(s.seen_ns) > GONE_NS);
        self.subjects = here;
        for mut subject in gone {
            notes.told.extend(subject.reset().map(|segment| self.told(&subject.name, segment)));
        }
    }

    fn classify(&mut self, settings: &Settings, notes: &mut Notes) -> Result<(), ModelError> {
        let spec = self.network.spec();
        let rules = settings.rules(spec);
        let stride_ns = if spec.head == Head::Slow { settings.stride_ns } else { 0 };
        let (nothing, window, wants_hands) = (spec.nothing, spec.window, spec.rows.objects().is_some());
        let vectors = if let Rows::Vectors { objects, layout } = &spec.rows { Some((objects.len(), *layout)) } else { None };
        // Of a detector of other things nothing follows.
        let sees_objects = self.has_objects && self.codes.as_ref().is_none_or(ObjectCodes::knows_any);
        let mut told = Vec::new();
        for subject in &mut self.subjects {
            let Some(sampled) = subject.due(stride_ns) else { continue };
            let Sampled { rows, window_ns } = sampled;
            let rows = if let Some((objects, layout)) = vectors { window_vectors(&rows, objects, layout) } else { rows };
            let idle = wants_hands && share_with_hand(&rows, window) < HANDS_IN_WINDOW;
            let answer = match (idle, nothing) {
                (false, _) => {
                    let mut answer = self.network.run(&rows)?;
                    if let Some(about) = self.network.spec().about.as_ref().filter(|_| sees_objects) {
                        about.keep_seen(&rows, &mut answer.probabilities);
                    }
                    answer
                }
                (true, Some(nothing)) => certain(nothing, self.words.labels.len()),
                (true, None) => {
                    // The model has no word for it.
                    told.extend(subject.reset().map(|segment| (subject.name.clone(), segment)));
                    continue;
                }
            };
            let segments = subject.decide(answer, window_ns, rules.clone(), &self.words, settings.top as usize);
            told.extend(segments.into_iter().flatten().map(|segment| (subject.name.clone(), segment)));
        }
        notes.told.extend(told.into_iter().map(|(subject, segment)| self.told(&subject, segment)));
        Ok(())
    }

    fn told(&self, subject: &str, segment: Segment) -> Told {
        let label = self.words.labels.get(segment.class as usize).cloned().unwrap_or_default();
        Told { head: self.words.head, subject: subject.to_owned(), label, model: self.network.spec().model.clone(), segment }
    }
}

/// Share of the rows of the last [`HANDS_S`] with a hand in them.
fn share_with_hand(rows: &[f32], window: WindowSpec) -> f64 {
    let width = (rows.len() / window.frames.max(1)).max(RIGHT.end);
    let newest = (window.frames as f64 * (HANDS_S / window.seconds).min(1.0)).ceil() as usize;
    let rows = rows.rchunks_exact(width).take(newest);
    let all = rows.len().max(1);
    rows.filter(|row| row[LEFT.start..RIGHT.end].iter().any(|v| *v != 0.0)).count() as f64 / all as f64
}

/// All probability for one class.
fn certain(class: u32, classes: usize) -> Answer {
    let probabilities = (0..classes).map(|c| if c == class as usize { 1.0 } else { 0.0 }).collect();
    Answer { probabilities, uncertainty: 0.0 }
}

/// The values with the model's own in the place of unknown ones, where it has such; `None` when nothing is known: a subject of whom
/// nothing is known has no action.
fn filled(features: &Features, fill: &[f32]) -> Option<Vec<f32>> {
    let known = features.values.iter().any(|v| v.is_finite());
    let value = |(i, v): (usize, &f32)| if v.is_finite() { *v } else { fill.get(i).copied().unwrap_or(f32::NAN) };
    known.then(|| features.values.iter().enumerate().map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::action::vector::VECTOR;

    #[test]
    fn hands_in_a_window_are_counted_by_rows() {
        let window = |frames, seconds| WindowSpec { frames, seconds, delay: 0.0 };
        let mut rows = vec![0.0; 4 * VECTOR];
        rows[VECTOR + 3] = 0.5;
        assert_eq!(share_with_hand(&rows, window(4, 2.0)), 0.25);
        rows[2 * VECTOR + 130] = 0.5;
        assert_eq!(share_with_hand(&rows, window(4, 2.0)), 0.25, "a box is no hand");
        assert_eq!(share_with_hand(&rows, window(4, 4.0)), 0.0, "a hand more than two seconds ago");
        assert_eq!(share_with_hand(&[], window(4, 2.0)), 0.0);
    }

    #[test]
    fn unknown_features_are_filled_or_left_to_the_network() {
        let features =
            |values: &[f32]| Features { layout: "hands".into(), subject: "left".into(), names: Arc::from([]), values: values.to_vec() };
        assert_eq!(filled(&features(&[1.0, 2.0]), &[]), Some(vec![1.0, 2.0]));
        assert_eq!(filled(&features(&[1.0, f32::NAN]), &[7.0, 8.0]), Some(vec![1.0, 8.0]));
        assert!(filled(&features(&[1.0, f32::NAN]), &[]).is_some_and(|row| row[0] == 1.0 && row[1].is_nan()));
        assert_eq!(filled(&features(&[f32::NAN, f32::NAN]), &[7.0, 8.0]), None);
    }
}
