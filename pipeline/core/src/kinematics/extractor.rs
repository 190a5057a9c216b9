//! From the hands and people of one stream, frame by frame, to features: one set a subject.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cleaning::{self, BodyCleaner, Rejection, from_body33};
use super::geometry::P3;
use super::hands::HandWindow;
use super::history::{History, Push, Skips};
use super::spec::{FeatureSpec, Preset};
use super::{body, finger_path, hand_shape, hands};
use crate::bodies::{Bodies, Body, BodyLayout};
use crate::features::Features;
use crate::hands::{Hand, Hands, JOINTS, Side};
use crate::objects::{Detections, InHand};

/// What was found in one frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// Presentation time, nanoseconds; without one, frames count as 1/30 s apart.
    pub time_ns: Option<u64>,
    /// Width of the picture, pixels.
    pub width: u32,
    /// Height of the picture, pixels.
    pub height: u32,
    /// Hands, when somebody looked for them.
    pub hands: Option<&'a Hands>,
    /// People, when somebody looked for them.
    pub bodies: Option<&'a Bodies>,
    /// Objects, when somebody looked for them.
    pub objects: Option<&'a Detections>,
}

/// Time between frames without time stamps, seconds.
const FRAME_S: f64 = 1.0 / 30.0;
/// A hand whose presence is lower is not there.
const MIN_PRESENCE: f32 = 0.5;
/// A joint that is seen with a lower confidence counts as missing.
const MIN_JOINT_SCORE: f32 = 0.3;
/// Coordinates beyond this many pictures are damaged.
const BEYOND: f32 = 20.0;
/// A subject that was away for so long, seconds, is forgotten.
const FORGET_S: f64 = 1.0;
/// Index of the tip of the index finger.
const INDEX_TIP: usize = 8;

/// A person that is followed.
#[derive(Debug)]
struct Person {
    cleaner: BodyCleaner,
    history: History,
    last_s: f64,
}

/// A hand of one side: samples are 63 camera coordinates (NaN when not known) and 42 of the picture, in its widths.
#[derive(Debug)]
struct HandTrack {
    track: u32,
    history: History,
}

/// Turns frames into features.
#[derive(Debug)]
pub struct Extractor {
    spec: FeatureSpec,
    layout: Arc<str>,
    names: Arc<[String]>,
    people: BTreeMap<u32, Person>,
    hands: BTreeMap<Side, HandTrack>,
    last_s: Option<f64>,
    skips: Skips,
}

impl Extractor {
    /// An extractor at the start of a stream.
    pub fn new(spec: FeatureSpec) -> Extractor {
        let (layout, names) = (Arc::from(spec.id()), Arc::from(spec.names()));
        Extractor { spec, layout, names, people: BTreeMap::new(), hands: BTreeMap::new(), last_s: None, skips: Skips::default() }
    }

    /// Which features.
    pub fn spec(&self) -> FeatureSpec {
        self.spec
    }

    /// Name of the layout, as in the features.
    pub fn layout(&self) -> &Arc<str> {
        &self.layout
    }

    /// Names of the values, as in the features.
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// What was left out so far.
    pub fn skips(&self) -> Skips {
        self.skips
    }

    /// Forgets everything but the counts: the next frame is the first of something else.
    pub fn reset(&mut self) {
        self.people.clear();
        self.hands.clear();
        self.last_s = None;
    }

    /// The features of every subject of the next frame whose window is full, in order of subject.
    pub fn push(&mut self, scene: &Scene<'_>) -> Vec<Features> {
        self.skips.frames += 1;
        let time_s = match scene.time_ns {
            Some(ns) => ns as f64 * 1e-9,
            None => self.last_s.map_or(0.0, |t| t + FRAME_S),
        };
        self.last_s = Some(time_s);
        if self.spec.preset.is_body() {
            return self.push_bodies(scene, time_s);
        }
        self.push_hands(scene, time_s)
    }

    fn features(&self, subject: String, values: Vec<f32>) -> Features {
        Features { layout: Arc::clone(&self.layout), subject, names: Arc::clone(&self.names), values }
    }

    fn push_bodies(&mut self, scene: &Scene<'_>, time_s: f64) -> Vec<Features> {
        let aspect = f64::from(scene.height) / f64::from(scene.width.max(1));
        let mut found = Vec::new();
        let mut late = false;
        for person in scene.bodies.map_or(&[][..], |b| &b.bodies) {
            let Some(joints) = joints13(person, aspect) else {
                self.skips.rejected += 1;
                continue;
            };
            let span = self.spec.span_s();
            let state = self.people.entry(person.track).or_insert_with(|| Person {
                cleaner: BodyCleaner::default(),
                history: History::new(span),
                last_s: time_s,
            });
            state.last_s = time_s;
            let clean = match state.cleaner.clean(&joints) {
                Ok(clean) => clean,
                Err(reason) => {
                    if reason == Rejection::NotFinite {
                        self.skips.not_finite += 1;
                    } else {
                        self.skips.rejected += 1;
                    }
                    self.skips.restarts += u64::from(!state.history.is_empty());
                    state.history.clear();
                    continue;
                }
            };
            match state.history.push(time_s, clean.joints.iter().flatten().copied().collect()) {
                Push::Skipped => {
                    late = true;
                    continue;
                }
                Push::Restarted => self.skips.restarts += 1,
                Push::Taken => {}
            }
            self.skips.filled += clean.filled.iter().filter(|f| **f).count() as u64;
            if let Some(window) = state.history.window(self.spec.frames, self.spec.step_s) {
                let window: Vec<body::Joints> = window.iter().map(|row| joints_of(row)).collect();
                let values = match self.spec.preset {
                    Preset::Body5x314 => body::features_5x314(&window, self.spec.step_s),
                    _ => body::features(&window, self.spec.step_s),
                };
                found.push((person.track, values));
            }
        }
        self.skips.time += u64::from(late);
        self.people.retain(|_, person| (time_s - person.last_s).abs() <= FORGET_S);
        found.sort_by_key(|(track, _)| *track);
        found.into_iter().map(|(track, values)| self.features(format!("body:{track}"), values)).collect()
    }

    fn push_hands(&mut self, scene: &Scene<'_>, time_s: f64) -> Vec<Features> {
        let aspect = scene.height as f32 / scene.width.max(1) as f32;
        let mut late = false;
        let mut here: BTreeMap<Side, &Hand> = BTreeMap::new();
        for hand in scene.hands.map_or(&[][..], |h| &h.hands).iter().filter(|h| h.presence >= MIN_PRESENCE) {
            if !is_sound(hand) {
                self.skips.not_finite += 1;
                continue;
            }
            // Of two hands that claim one side, the surer one is the wearer's.
            let best = here.entry(hand.side).or_insert(hand);
            if hand.score > best.score {
                *best = hand;
            }
        }
        if self.spec.preset == Preset::HandShape {
            return here.iter().filter_map(|(side, hand)| self.shape(*side, hand, aspect)).collect();
        }
        for (side, hand) in &here {
            let span = self.spec.span_s();
            let state = self.hands.entry(*side).or_insert_with(|| HandTrack { track: hand.track, history: History::new(span) });
            if state.track != hand.track {
                // Another hand took over this side.
                self.skips.restarts += u64::from(!state.history.is_empty());
                state.history.clear();
                state.track = hand.track;
            }
            match state.history.push(time_s, sample(hand, aspect)) {
                Push::Skipped => late = true,
                Push::Restarted => self.skips.restarts += 1,
                Push::Taken => {}
            }
        }
        self.skips.time += u64::from(late);
        if late {
            return Vec::new();
        }
        if self.spec.preset == Preset::Hands {
            return self.wearer(&here, scene.objects).into_iter().collect();
        }
        here.keys().filter_map(|side| self.path(*side)).collect()
    }

    fn shape(&self, side: Side, hand: &Hand, aspect: f32) -> Option<Features> {
        let joints = hand.image_norm.map(|[x, y]| [f64::from(x), f64::from(y * aspect)]);
        hand_shape::features(&joints).map(|values| self.features(side.name().to_owned(), values))
    }

    fn wearer(&self, here: &BTreeMap<Side, &Hand>, objects: Option<&Detections>) -> Option<Features> {
        let window = |side: Side| -> Option<HandWindow> {
            here.get(&side)?;
            let rows = self.hands.get(&side)?.history.window(self.spec.frames, self.spec.step_s)?;
            let metric = rows.iter().all(|row| row.iter().take(3 * JOINTS).all(|v| v.is_finite()));
            let poses = rows.iter().map(|row| if metric { pose_3d(row) } else { pose_2d(row) }).collect();
            let holder = |held: InHand| held == InHand::Both || (held == InHand::Left) == (side == Side::Left) && held != InHand::None;
            let holds = objects.map(|o| o.detections.iter().any(|d| holder(d.in_hand)));
            Some(HandWindow { poses, metric, holds })
        };
        let (left, right) = (window(Side::Left), window(Side::Right));
        if left.is_none() && right.is_none() {
            return None;
        }
        let values = hands::features([left.as_ref(), right.as_ref()], self.spec.frames, self.spec.step_s);
        Some(self.features("wearer".to_owned(), values))
    }

    fn path(&self, side: Side) -> Option<Features> {
        let history = &self.hands.get(&side)?.history;
        let tip_and_size = |row: &[f64]| {
            let joints: [[f64; 2]; JOINTS] = std::array::from_fn(|j| [value(row, 63 + 2 * j), value(row, 64 + 2 * j)]);
            (joints[INDEX_TIP], hand_shape::palm_size(&joints))
        };
        let rows = history.window(self.spec.frames, self.spec.step_s)?;
        let points: Vec<_> = rows.iter().map(|row| tip_and_size(row)).collect();
        let path = in_hand_sizes(&points);
        let values = match self.spec.preset {
            Preset::FingerTrack => finger_path::track_features(&path),
            _ => finger_path::signature_features(&path),
        };
        Some(self.features(side.name().to_owned(), values))
    }
}

/// A path of the finger tip in mean hand sizes.
fn in_hand_sizes(points: &[([f64; 2], f64)]) -> Vec<[f64; 2]> {
    let size = points.iter().map(|(_, size)| size).sum::<f64>() / points.len().max(1) as f64;
    let size = if size > 0.0 { size } else { 1.0 };
    points.iter().map(|(p, _)| p.map(|v| v / size)).collect()
}

fn is_sound(hand: &Hand) -> bool {
    let inside = hand.image_norm.iter().flatten().all(|v| v.is_finite() && v.abs() <= BEYOND);
    inside && hand.camera_m.is_none_or(|joints| joints.iter().flatten().all(|v| v.is_finite()))
}

fn sample(hand: &Hand, aspect: f32) -> Vec<f64> {
    let mut row = Vec::with_capacity(5 * JOINTS);
    match &hand.camera_m {
        Some(joints) => row.extend(joints.iter().flatten().map(|v| f64::from(*v))),
        None => row.resize(3 * JOINTS, f64::NAN),
    }
    row.extend(hand.image_norm.iter().flat_map(|[x, y]| [f64::from(*x), f64::from(y * aspect)]));
    row
}

fn value(row: &[f64], index: usize) -> f64 {
    row.get(index).copied().unwrap_or(f64::NAN)
}

fn pose_3d(row: &[f64]) -> [P3; JOINTS] {
    std::array::from_fn(|j| std::array::from_fn(|k| value(row, 3 * j + k)))
}

fn pose_2d(row: &[f64]) -> [P3; JOINTS] {
    std::array::from_fn(|j| [value(row, 3 * JOINTS + 2 * j), value(row, 3 * JOINTS + 2 * j + 1), 0.0])
}

fn joints_of(row: &[f64]) -> body::Joints {
    std::array::from_fn(|j| [value(row, 2 * j), value(row, 2 * j + 1)])
}

/// The 13 joints of a person in picture widths, NaN where they are not seen; `None` when the table is shorter than its layout.
fn joints13(person: &Body, aspect: f64) -> Option<[[f64; 2]; cleaning::JOINTS]> {
    let seen = |i: usize| person.joint_score.get(i).is_none_or(|s| *s >= MIN_JOINT_SCORE || s.is_nan());
    let masked: Vec<[f32; 2]> = person.image_norm.iter().enumerate().map(|(i, p)| if seen(i) { *p } else { [f32::NAN; 2] }).collect();
    let joints: [[f32; 2]; cleaning::JOINTS] = match person.layout {
        BodyLayout::Body13 => masked.get(..cleaning::JOINTS)?.try_into().ok()?,
        BodyLayout::Body33 => from_body33(masked.get(..33)?.try_into().ok()?),
    };
    Some(joints.map(|[x, y]| [f64::from(x), f64::from(y) * aspect]))
}
