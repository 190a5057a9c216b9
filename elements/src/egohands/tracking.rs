//! The hand tracker as an analysis, and hands as its result.

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{Hands, Side};
use ego_core::range::{BYSTANDER_SHARE, share_within};
use ego_meta::{HandsMeta, MaskMeta, MetaError, Stamp};
use ego_models::hands::{HandBox, HandInput, HandModel};
use gst::glib;
use gst::prelude::*;

use super::Smoothing;
use crate::egosharp::HandsSeen;
use crate::maps::MappedMap;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// A range mask that keeps less than this of the picture is taken for a failure of the depth and not looked at.
const LEAST_KEPT: f32 = 0.002;

/// A tracker on the worker thread.
pub(super) struct Tracking {
    pub(super) tracker: Box<dyn HandModel>,
    pub(super) model: String,
    /// Which of several models found the hands of the last frame.
    pub(super) at_work: Option<String>,
    pub(super) smoothing: Smoothing,
    /// Whether range masks on the frames are used.
    pub(super) use_mask: bool,
    /// To tell `egosharp` further up which hands are followed.
    pub(super) element: glib::WeakRef<super::EgoHands>,
}

impl Analyzer for Tracking {
    fn model(&self) -> &str {
        &self.model
    }

    fn provider(&self) -> &str {
        self.tracker.provider()
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        self.tracker.set_smoothing(match self.smoothing {
            Smoothing::Auto => frame.live(),
            Smoothing::On => true,
            Smoothing::Off => false,
        });
        let buffer = frame.buffer();
        let mask = if self.use_mask { range_mask(buffer) } else { None };
        let mapped = mask.as_ref().map(MappedMap::mask).transpose().map_err(AnalysisError::Frame)?;
        let view = mapped.as_ref().map(MappedMap::mask_view).transpose().map_err(AnalysisError::Frame)?;
        let boxes = hand_boxes(buffer);
        let input = HandInput { view: frame.image()?, pts_ns: frame.pts_ns(), mask: view, boxes: &boxes };
        let mut hands = self.tracker.find(&input)?;
        self.warn_of_trouble();
        if let Some(view) = &view {
            // Before hands are dropped: the mask may be what is wrong.
            let sink = self.element.upgrade().and_then(|element| element.static_pad("sink"));
            if let Some(pad) = sink {
                pad.push_event(HandsSeen::event(&hands, frame.pts_ns()));
            }
            hands.hands.retain(|hand| share_within(view, &hand.image_norm).is_none_or(|share| share >= BYSTANDER_SHARE));
        }
        self.notice_change();
        Ok(Box::new(Found { hands, intrinsics: self.tracker.intrinsics(), model: self.at_work.clone() }))
    }

    fn reset(&mut self) {
        self.tracker.reset();
    }
}

impl Tracking {
    fn warn_of_trouble(&mut self) {
        if let (Some(trouble), Some(element)) = (self.tracker.take_trouble(), self.element.upgrade()) {
            gst::element_warning!(element, gst::LibraryError::Failed, ("goes on without its alternative model: {trouble}"));
        }
    }

    /// Says so when another model has taken over.
    fn notice_change(&mut self) {
        let now = self.tracker.at_work();
        if now == self.at_work.as_deref() {
            return;
        }
        if let (Some(now), Some(_), Some(element)) = (now, &self.at_work, self.element.upgrade()) {
            let text = format!("{now} finds the hands from here on: it has seen more of them");
            gst::element_info!(element, gst::LibraryError::Settings, ("{text}"));
        }
        self.at_work = now.map(str::to_owned);
    }
}

/// The range mask of a frame, if it has one that says something.
fn range_mask(buffer: &gst::BufferRef) -> Option<MaskMeta> {
    let mut masks = ego_meta::masks(buffer).flatten();
    masks.find(|mask| mask.kind == "range" && mask.range.is_none_or(|range| range.kept >= LEAST_KEPT))
}

/// The hands among the objects of a frame: classes whose name holds the word "hand", with "left" or "right" if it tells.
fn hand_boxes(buffer: &gst::BufferRef) -> Vec<HandBox> {
    let mut boxes = Vec::new();
    for meta in ego_meta::all_detections(buffer).flatten() {
        for object in &meta.detections.detections {
            let label = meta.detections.label(object.class).to_lowercase();
            let words = || label.split(|c: char| !c.is_alphanumeric());
            if words().any(|word| word == "hand") {
                let side = words().find_map(|word| match word {
                    "left" => Some(Side::Left),
                    "right" => Some(Side::Right),
                    _ => None,
                });
                boxes.push(HandBox { side: side.unwrap_or_default(), score: object.score, box_norm: object.box_norm });
            }
        }
    }
    boxes
}

/// The hands of one frame.
struct Found {
    hands: Hands,
    intrinsics: Option<(Intrinsics, IntrinsicsSource)>,
    /// Which of several models found them.
    model: Option<String>,
}

impl Outcome for Found {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        let mut stamp = stamp.clone();
        if let Some(model) = &self.model {
            stamp.model.clone_from(model);
        }
        let meta = HandsMeta { stamp, hands: self.hands.clone(), intrinsics: self.intrinsics };
        ego_meta::attach_hands(buffer, &meta)
    }

    fn is_empty(&self) -> bool {
        self.hands.hands.is_empty()
    }
}
