//! What the frames carry that a classifier can use.

use std::sync::Arc;

use ego_core::features::Features;
use ego_core::hands::Hand;
use ego_core::objects::Detection;
use ego_meta::{MetaError, Stamp};
use ego_synth::cast::NOUNS;

use super::Input;

/// Width / height where nobody has said it.
const USUAL_ASPECT: f32 = 16.0 / 9.0;

/// Everything that was found on one frame.
#[derive(Debug)]
pub(super) struct Cues {
    /// `None`: no stage has put hands on this frame; empty: no hand is in view.
    pub(super) hands: Option<Vec<Hand>>,
    /// `None`: no stage has put objects on this frame.
    pub(super) objects: Option<Objects>,
    /// One for each subject.
    pub(super) features: Vec<Features>,
    /// By how much the hands are older than the frame, nanoseconds.
    pub(super) age_ns: u64,
    /// Width / height of the frame.
    pub(super) aspect: f32,
    /// By how much the features are older than the frame, nanoseconds.
    pub(super) features_age_ns: u64,
}

/// Objects with the names of their classes.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) detections: Vec<Detection>,
    pub(super) labels: Arc<[String]>,
    pub(super) model: String,
}

impl Default for Cues {
    fn default() -> Cues {
        Cues { hands: None, objects: None, features: Vec::new(), age_ns: 0, aspect: USUAL_ASPECT, features_age_ns: 0 }
    }
}

impl Cues {
    /// Reads a buffer.
    pub(super) fn read(buffer: &gst::BufferRef, input: Input) -> Result<Cues, MetaError> {
        let mut cues = match input {
            Input::Results => found(buffer)?,
            Input::Truth => truth(buffer)?,
        };
        for meta in ego_meta::all_features(buffer) {
            let meta = meta?;
            cues.features_age_ns = cues.features_age_ns.max(meta.stamp.age_ns);
            cues.features.push(meta.features);
        }
        Ok(cues)
    }
}

fn aspect(stamp: &Stamp) -> f32 {
    if stamp.ref_width > 0 && stamp.ref_height > 0 { stamp.ref_width as f32 / stamp.ref_height as f32 } else { USUAL_ASPECT }
}

fn found(buffer: &gst::BufferRef) -> Result<Cues, MetaError> {
    let mut cues = Cues::default();
    for meta in ego_meta::all_hands(buffer) {
        let meta = meta?;
        cues.age_ns = cues.age_ns.max(meta.stamp.age_ns);
        cues.aspect = aspect(&meta.stamp);
        cues.hands.get_or_insert_default().extend(meta.hands.hands);
    }
    // The first detector counts: another one has classes of its own.
    if let Some(meta) = ego_meta::all_detections(buffer).next().transpose()? {
        let labels = meta.detections.labels;
        cues.objects = Some(Objects { detections: meta.detections.detections, labels, model: meta.stamp.model });
    }
    Ok(cues)
}

fn truth(buffer: &gst::BufferRef) -> Result<Cues, MetaError> {
    let Some(meta) = ego_meta::truth(buffer)? else { return Ok(Cues::default()) };
    let aspect = aspect(&meta.stamp);
    let (hands, detections) = (meta.wearer_hands().cloned().collect(), meta.detections().collect());
    let labels = NOUNS[1..].iter().map(|name| (*name).to_owned()).collect();
    Ok(Cues { hands: Some(hands), objects: Some(Objects { detections, labels, model: "truth".into() }), aspect, ..Cues::default() })
}
