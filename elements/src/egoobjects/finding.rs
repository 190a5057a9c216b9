//! The object detector as an analysis, and followed objects as its result.

use std::sync::Arc;

use ego_core::contact::Contacts;
use ego_core::hands::Hand;
use ego_core::objects::{Detection, Detections};
use ego_core::tracks::{BoxSpeed, BoxTracks, moved};
use ego_meta::{DetectionsMeta, MetaError, Stamp};
use ego_models::objects::ObjectDetector;

use crate::maps::MappedMap;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// A detector on the worker thread.
pub(super) struct Finding {
    pub(super) detector: ObjectDetector,
    pub(super) model: String,
    pub(super) max_objects: usize,
    /// Lowest score of a box that begins a track.
    pub(super) certain: f32,
    pub(super) tracks: BoxTracks,
    /// `None`: nobody asks who holds what.
    pub(super) contacts: Option<Contacts>,
    /// Scratch.
    pub(super) hands: Vec<Hand>,
}

impl Finding {
    /// Which object is in which hand, by the hands and the depth that are on the frame.
    fn hold(&mut self, objects: &mut [Detection], buffer: &gst::BufferRef, pts_ns: Option<u64>) -> Result<(), AnalysisError> {
        let Some(contacts) = &mut self.contacts else { return Ok(()) };
        let unreadable = |e: String| AnalysisError::Frame(format!("what holds the objects is not known: {e}"));
        self.hands.clear();
        if let Some(meta) = ego_meta::all_hands(buffer).next() {
            self.hands.extend(meta.map_err(|e| unreadable(e.to_string()))?.hands.hands);
        }
        let depth = ego_meta::depth(buffer).map_err(|e| unreadable(e.to_string()))?;
        let mapped = depth.as_ref().map(MappedMap::depth).transpose().map_err(unreadable)?;
        let view = match (&mapped, &depth) {
            (Some(mapped), Some(depth)) => Some(mapped.depth_view(depth).map_err(unreadable)?),
            _ => None,
        };
        contacts.update(objects, &self.hands, view.as_ref(), pts_ns);
        Ok(())
    }
}

impl Analyzer for Finding {
    fn model(&self) -> &str {
        &self.model
    }

    fn provider(&self) -> &str {
        self.detector.network().provider()
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        let mut objects = Vec::new();
        self.detector.detect(&frame.image()?, None, &mut objects)?;
        self.tracks.follow(&mut objects, frame.pts_ns(), self.certain);
        objects.truncate(self.max_objects);
        self.hold(&mut objects, frame.buffer(), frame.pts_ns())?;
        let objects = objects.into_iter().map(|object| (object, self.tracks.speed(object.track))).collect();
        Ok(Box::new(Found { objects, labels: self.detector.labels().clone() }))
    }

    fn reset(&mut self) {
        self.tracks.reset();
        if let Some(contacts) = &mut self.contacts {
            contacts.reset();
        }
    }
}

/// The objects of one frame and how they move.
struct Found {
    objects: Vec<(Detection, BoxSpeed)>,
    labels: Arc<[String]>,
}

impl Outcome for Found {
    /// On later frames the boxes lie where their motion will have brought them.
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        let at = |(object, speed): &(Detection, BoxSpeed)| Detection { box_norm: moved(object.box_norm, *speed, stamp.age_ns), ..*object };
        let detections = Detections { detections: self.objects.iter().map(at).collect(), labels: self.labels.clone() };
        ego_meta::attach_detections(buffer, &DetectionsMeta { stamp: stamp.clone(), detections })
    }

    fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}
