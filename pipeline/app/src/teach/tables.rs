//! `ego teach --table`: a table of key points, split into training and test, and the accuracy that comes of it.
//!
//! Rows become frames at the table's rate and go through the same features as a live stream. Frames that follow each other are one
//! sequence; it ends where the class, the clip or the use changes, or where the person jumps. No window reaches over such an end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::kinematics::{Extractor, FeatureSpec, Preset, Scene, from_openpose18};
use ego_models::teach::evaluate::Outcome;
use ego_models::teach::model_hand::aside;
use ego_models::teach::{Dataset, FitSettings, KinematicClassifier, Random, Sample};
use ego_outputs::{KeyPointTable, TableKind, read_table};

use super::split::{self, BLOCK, Use};
use super::{layout, poses, refused, save, tell};
use crate::cli::{TeachArgs, TeachKind, TeachSplit};
use crate::console;
use crate::failure::{Status, usage};

/// The neck moves further than this between two rows, in picture widths: another clip begins.
const JUMP: f64 = 0.15;
/// Speeds at which training paths are replayed, so that the classifier learns what speed does not change.
const TRAIN_SPEEDS: [f64; 5] = [0.5, 0.7, 1.0, 1.4, 2.0];
/// Hand size in picture widths that is assumed for a table of finger tips, which does not say.
const ASSUMED_HAND: f64 = 0.12;
/// Two rows of a path table follow each other when their shared steps agree to the table's own rounding.
const SAME_STEP: f64 = 2e-6;
/// Random rows in a test by windows: this share.
const TEST: f64 = 0.3;

/// Points of one frame, both axes in picture widths: 13 joints of a body, 21 of a hand, or one finger tip.
type Points = Vec<[f64; 2]>;

/// Where a window ends: sequence and frame.
type Place = (usize, usize);

/// Frames that follow each other.
struct Sequence {
    class: usize,
    usage: Use,
    /// Row of the table of each frame.
    rows: Vec<usize>,
    frames: Vec<Points>,
}

/// How a table is read.
struct Reading {
    spec: FeatureSpec,
    kind: TableKind,
    fps: f64,
    aspect: f64,
    /// Views of a model hand that are learnt from as well: class and joints.
    model_hands: Vec<(usize, [[f64; 2]; JOINTS])>,
}

/// How sequences are changed before they are described.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) speed: f64,
    /// Share of the joints that are taken away.
    pub(super) missing: f64,
    /// Hands are seen from a little aside.
    aside: bool,
    seed: u64,
}

const AS_IT_IS: Change = Change { speed: 1.0, missing: 0.0, aside: false, seed: 0 };

pub(super) fn table(path: &Path, args: &TeachArgs, json: bool) -> anyhow::Result<Status> {
    let Some(kind) = args.kind else {
        return Err(usage("what the table holds is not known", "say --kind body-csv, hand-csv or track-csv"));
    };
    let (kind, preset, fps, aspect) = match kind {
        TeachKind::BodyCsv => (TableKind::Body, Preset::Body, 10.0, 0.75),
        TeachKind::HandCsv => (TableKind::Hand, Preset::HandShape, 30.0, 1.0),
        TeachKind::TrackCsv => (TableKind::Track, Preset::FingerPath, 30.0, 540.0 / 960.0),
    };
    let (fps, aspect) = (args.fps.unwrap_or(fps), args.aspect.unwrap_or(aspect));
    let mut reading = Reading { spec: layout(args, preset)?, kind, fps, aspect, model_hands: Vec::new() };
    let fits = match kind {
        TableKind::Body => reading.spec.preset.is_body(),
        TableKind::Hand => reading.spec.preset == Preset::HandShape,
        TableKind::Track => matches!(reading.spec.preset, Preset::FingerPath | Preset::FingerTrack),
    };
    if !fits {
        let what = format!("a table of this kind cannot give the features {}", reading.spec.id());
        return Err(usage(what, "leave --layout out for the one that fits"));
    }
    let names = args.names.clone().or_else(|| beside(path));
    let table = read_table(path, kind, names.as_deref())?;
    if kind == TableKind::Hand {
        match poses::of(&table.labels, &args.poses)? {
            Some(poses) => reading.model_hands = poses::views(&poses),
            None => console::tell("no model hands beside the rows: see --poses"),
        }
    } else if !args.poses.is_empty() {
        return Err(usage("--poses is for tables of hands", "leave it out"));
    }
    let window_rows = (reading.spec.span_s() * reading.fps).ceil() as usize + 1;
    tell::table(path, &table, &reading.spec, args.split, window_rows, json)?;
    if !reading.model_hands.is_empty() {
        console::tell(&format!("learnt from as well, never tested on: {} views of a model hand in each pose", poses::VIEWS));
    }
    let mut accuracies = Vec::new();
    let mut pooled = Outcome::default();
    let mut changed: Vec<Changed> = changes(args).into_iter().map(Changed::new).collect();
    for seed in 0..args.seeds {
        let run = one_seed(&table, &reading, args, window_rows, seed)?;
        tell::seed(seed, &run.outcome, run.trained_on, json)?;
        accuracies.push(run.outcome.accuracy());
        let told: BTreeMap<_, _> = if changed.is_empty() {
            BTreeMap::new()
        } else {
            let (plain, places) = run.test(&table, &reading, AS_IT_IS);
            places.into_iter().zip(run.classifier.classify(&plain).map_err(refused)?).collect()
        };
        for changed in &mut changed {
            let (test, places) = run.test(&table, &reading, Change { seed, ..changed.change });
            changed.add(&told, &test, &places, &run.classifier)?;
        }
        pooled.add(run.outcome);
    }
    tell::table_result(&accuracies, &pooled, args.split, json)?;
    for changed in &changed {
        tell::changed(changed, pooled.windows.len(), json)?;
    }
    if let Some(name) = &args.name {
        let classes: Vec<usize> = table.rows.iter().map(|r| r.class).collect();
        let all = sequences(&table, &reading, &vec![Use::Train; classes.len()]);
        let (data, _) = described(&table, &reading, &all, Use::Train, &training_changes(kind));
        let classifier = KinematicClassifier::fit(&data, &FitSettings::default()).map_err(refused)?;
        let head = if kind == TableKind::Body { "fast" } else { "gesture" };
        let source = format!("fitted to the {} rows of {}", table.rows.len(), file_name(path));
        let card = tell::card(path, &table, args.split, &accuracies, &pooled);
        save(&classifier, args, name, head, &source, card, json)?;
    }
    Ok(Status::Good)
}

/// The class names that some tables keep in a file of their own: `keypoint.csv` in `keypoint_classifier_label.csv`.
fn beside(path: &Path) -> Option<std::path::PathBuf> {
    let stem = path.file_stem()?.to_str()?;
    let names = path.with_file_name(format!("{stem}_classifier_label.csv"));
    names.is_file().then_some(names)
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The tests beside the plain one.
fn changes(args: &TeachArgs) -> Vec<Change> {
    let missing = args.missing.iter().map(|m| Change { missing: *m, ..AS_IT_IS });
    missing.chain(args.speeds.iter().map(|s| Change { speed: *s, ..AS_IT_IS })).collect()
}

fn training_changes(kind: TableKind) -> Vec<Change> {
    match kind {
        TableKind::Track => TRAIN_SPEEDS.iter().map(|s| Change { speed: *s, ..AS_IT_IS }).collect(),
        TableKind::Hand => vec![AS_IT_IS, Change { aside: true, ..AS_IT_IS }],
        TableKind::Body => vec![AS_IT_IS],
    }
}

/// What became of the test after a change.
pub(super) struct Changed {
    pub(super) change: Change,
    /// Accuracy of each seed.
    pub(super) accuracies: Vec<f64>,
    /// Windows that could still be described.
    pub(super) windows: usize,
    /// Of those that end where one of the unchanged test ends: how many, and how many got the same class as there.
    pub(super) same_end: usize,
    pub(super) kept: usize,
}

impl Changed {
    fn new(change: Change) -> Changed {
        Changed { change, accuracies: Vec::new(), windows: 0, same_end: 0, kept: 0 }
    }

    /// Adds one split; `told` is the class of each window of the unchanged test.
    fn add(
        &mut self,
        told: &BTreeMap<Place, usize>,
        test: &Dataset,
        places: &[Place],
        classifier: &KinematicClassifier,
    ) -> anyhow::Result<()> {
        let outcome = Outcome::of(classifier, test).map_err(refused)?;
        self.accuracies.push(outcome.accuracy());
        self.windows += test.samples.len();
        for (class, place) in classifier.classify(test).map_err(refused)?.iter().zip(places) {
            if let Some(before) = told.get(place) {
                self.same_end += 1;
                self.kept += usize::from(before == class);
            }
        }
        Ok(())
    }
}

/// One split and what was learnt on it.
struct Run {
    classifier: KinematicClassifier,
    outcome: Outcome,
    trained_on: usize,
    sequences: Vec<Sequence>,
    /// For a split by windows: where those of the test end.
    held_out: Option<BTreeSet<Place>>,
}

fn one_seed(table: &KeyPointTable, reading: &Reading, args: &TeachArgs, gap: usize, seed: u64) -> anyhow::Result<Run> {
    let classes: Vec<usize> = table.rows.iter().map(|r| r.class).collect();
    let uses = split::rows(args.split, &classes, gap, seed);
    let sequences = sequences(table, reading, &uses);
    let held_out = (args.split == TeachSplit::Random).then(|| {
        let (_, places) = described(table, reading, &sequences, Use::Train, &[AS_IT_IS]);
        let recorded = sequences.len() - reading.model_hands.len();
        let mut random = Random::new(seed);
        places.into_iter().filter(|(sequence, _)| *sequence < recorded).filter(|_| random.unit() < TEST).collect::<BTreeSet<Place>>()
    });
    let (train, places) = described(table, reading, &sequences, Use::Train, &training_changes(reading.kind));
    let train = match &held_out {
        Some(held_out) => only(&train, &places, |place| !held_out.contains(place)).0,
        None => train,
    };
    let classifier = KinematicClassifier::fit(&train, &FitSettings { seed, ..FitSettings::default() }).map_err(refused)?;
    let mut run = Run { classifier, outcome: Outcome::default(), trained_on: train.samples.len(), sequences, held_out };
    let (test, _) = run.test(table, reading, AS_IT_IS);
    run.outcome = Outcome::of(&run.classifier, &test).map_err(refused)?;
    Ok(run)
}

impl Run {
    /// The test windows of this split after a change, and where they end.
    fn test(&self, table: &KeyPointTable, reading: &Reading, change: Change) -> (Dataset, Vec<Place>) {
        let Some(held_out) = &self.held_out else { return described(table, reading, &self.sequences, Use::Test, &[change]) };
        let (all, places) = described(table, reading, &self.sequences, Use::Train, &[change]);
        only(&all, &places, |place| held_out.contains(place))
    }
}

/// The windows whose place `keep` chooses, and their places.
fn only(data: &Dataset, places: &[Place], keep: impl Fn(&Place) -> bool) -> (Dataset, Vec<Place>) {
    let (samples, places) = data.samples.iter().zip(places).filter(|(_, place)| keep(place)).map(|(s, p)| (s.clone(), *p)).unzip();
    (Dataset { samples, layout: data.layout.clone(), labels: data.labels.clone() }, places)
}

/// Cuts the rows into sequences; views of the model hand follow.
fn sequences(table: &KeyPointTable, reading: &Reading, uses: &[Use]) -> Vec<Sequence> {
    let mut all: Vec<Sequence> = Vec::new();
    for (i, (row, usage)) in table.rows.iter().zip(uses).enumerate() {
        let points: Points = match reading.kind {
            TableKind::Body => {
                let joints: [[f64; 2]; 18] = std::array::from_fn(|j| row.points.get(j).copied().unwrap_or_default());
                from_openpose18(&joints, reading.aspect).to_vec()
            }
            _ => row.points.iter().map(|[x, y]| [*x, y * reading.aspect]).collect(),
        };
        let before = i.checked_sub(1).and_then(|j| table.rows.get(j));
        let follows = before.is_some_and(|b| b.class == row.class && b.clip == row.clip && uses[i - 1] == *usage);
        let follows = follows
            && match (reading.kind, all.last().and_then(|s| s.frames.last())) {
                (TableKind::Body, Some(last)) => !jumps(last, &points),
                (TableKind::Track, Some(_)) => before.is_some_and(|b| continues(&b.points, &row.points)),
                // A hand of one row is a window by itself.
                (TableKind::Hand, _) => false,
                (_, None) => false,
            };
        match (reading.kind, all.last_mut().filter(|_| follows)) {
            (TableKind::Track, Some(sequence)) => {
                // The row has moved on by one frame.
                let (n, last) = (points.len(), sequence.frames.last().and_then(|f| f.first()).copied().unwrap_or_default());
                let step = [points[n - 1][0] - points[n - 2][0], points[n - 1][1] - points[n - 2][1]];
                sequence.frames.push(vec![[last[0] + step[0], last[1] + step[1]]]);
                sequence.rows.push(i);
            }
            (TableKind::Track, None) => {
                let frames: Vec<Points> = points.iter().map(|p| vec![*p]).collect();
                all.push(Sequence { class: row.class, usage: *usage, rows: vec![i; frames.len()], frames });
            }
            (_, Some(sequence)) => {
                sequence.frames.push(points);
                sequence.rows.push(i);
            }
            (_, None) => all.push(Sequence { class: row.class, usage: *usage, rows: vec![i], frames: vec![points] }),
        }
    }
    for (i, (class, joints)) in reading.model_hands.iter().enumerate() {
        let row = table.rows.len() + i;
        all.push(Sequence { class: *class, usage: Use::Train, rows: vec![row], frames: vec![joints.to_vec()] });
    }
    all
}

/// Whether somebody else, or another clip, follows. A neck that is missing is no jump: the frame is refused later.
fn jumps(last: &Points, next: &Points) -> bool {
    let (Some(a), Some(b)) = (last.first(), next.first()) else { return true };
    (a[0] - b[0]).abs() > JUMP || (a[1] - b[1]).abs() > JUMP
}

/// Whether a path is the one before it, one frame later.
fn continues(before: &[[f64; 2]], row: &[[f64; 2]]) -> bool {
    let step = |p: &[[f64; 2]], i: usize, k: usize| p[i + 1][k] - p[i][k];
    let n = before.len();
    n == row.len() && n > 2 && (0..n - 2).all(|i| (0..2).all(|k| (step(before, i + 1, k) - step(row, i, k)).abs() < SAME_STEP))
}

/// Every window of the sequences of this use, once for each change, and where it ends.
fn described(table: &KeyPointTable, reading: &Reading, sequences: &[Sequence], usage: Use, changes: &[Change]) -> (Dataset, Vec<Place>) {
    let mut extractor = Extractor::new(reading.spec);
    let (mut samples, mut places) = (Vec::new(), Vec::new());
    for change in changes {
        let mut random = Random::new(change.seed);
        for (number, sequence) in sequences.iter().enumerate().filter(|(_, s)| s.usage == usage) {
            extractor.reset();
            for (i, (points, row)) in sequence.frames.iter().zip(&sequence.rows).enumerate() {
                let mut points = points.clone();
                if let Some(joints) = points.first_chunk::<JOINTS>().filter(|_| change.aside) {
                    points = aside(joints, &mut random).to_vec();
                }
                points.iter_mut().for_each(|p| {
                    if change.missing > 0.0 && random.unit() < change.missing {
                        *p = [f64::NAN; 2];
                    }
                });
                let time_ns = Some((i as f64 / (reading.fps * change.speed) * 1e9) as u64);
                let found = match reading.kind {
                    TableKind::Body => {
                        let bodies = Bodies { bodies: vec![person(&points)] };
                        extractor.push(&Scene { time_ns, width: 1, height: 1, bodies: Some(&bodies), ..Scene::default() })
                    }
                    _ => {
                        let hands = Hands { hands: vec![hand(&points)], depth_source: DepthSource::None };
                        extractor.push(&Scene { time_ns, width: 1, height: 1, hands: Some(&hands), ..Scene::default() })
                    }
                };
                let group = row / BLOCK + sequence.class * table.rows.len();
                samples.extend(found.into_iter().map(|f| Sample { values: f.values, class: sequence.class, group }));
                places.resize(samples.len(), (number, i));
            }
        }
    }
    (Dataset { layout: reading.spec.id(), labels: table.labels.clone(), samples }, places)
}

fn person(points: &Points) -> Body {
    Body {
        layout: BodyLayout::Body13,
        track: 1,
        score: 1.0,
        image_norm: points.iter().map(|p| p.map(|v| v as f32)).collect(),
        world_m: None,
        joint_score: vec![1.0; points.len()],
    }
}

/// A hand of 21 joints; for a finger tip alone, a stiff hand of assumed size that goes with it.
fn hand(points: &Points) -> Hand {
    let joint = |j: usize| match points.as_slice() {
        [[x, y]] => [
            *x,
            y + if j == 0 {
                2.0 * ASSUMED_HAND
            } else if j == 8 {
                0.0
            } else {
                ASSUMED_HAND
            },
        ],
        all => all.get(j).copied().unwrap_or([f64::NAN; 2]),
    };
    Hand {
        side: Side::Right,
        score: 1.0,
        presence: 1.0,
        track: 1,
        image_norm: std::array::from_fn(|j| joint(j).map(|v| v as f32)),
        camera_m: None,
        joint_score: [1.0; JOINTS],
    }
}
