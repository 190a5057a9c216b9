//! The extractors as an analysis, and features as its result.

use std::sync::{Arc, Mutex, PoisonError};

use ego_core::bodies::Bodies;
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hands};
use ego_core::kinematics::{Extractor, Scene, Skips};
use ego_core::objects::Detections;
use ego_meta::{FeatureNames, FeaturesMeta, MetaError, Stamp};

use super::Input;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// What the element and its worker thread share.
pub(super) type SharedSkips = Arc<Mutex<Skips>>;

/// One layout on the worker thread.
pub(super) struct Layout {
    extractor: Extractor,
    names: FeatureNames,
    /// Time stamp of the result that was described last.
    last_ns: Option<Option<u64>>,
    features: Vec<Features>,
}

impl Layout {
    pub(super) fn new(extractor: Extractor) -> Layout {
        let names = FeatureNames::new(extractor.names());
        Layout { extractor, names, last_ns: None, features: Vec::new() }
    }
}

/// All layouts on the worker thread.
pub(super) struct Describing {
    pub(super) input: Input,
    pub(super) name: String,
    pub(super) layouts: Vec<Layout>,
    pub(super) skips: SharedSkips,
}

/// What a frame carries.
#[derive(Default)]
struct Found {
    hands: Option<(Stamp, Hands)>,
    bodies: Option<(Stamp, Bodies)>,
    objects: Option<Detections>,
}

impl Analyzer for Describing {
    fn model(&self) -> &str {
        &self.name
    }

    fn provider(&self) -> &str {
        "cpu"
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        let found = match self.input {
            Input::Results => results(frame.buffer()),
            Input::Truth => truth(frame.buffer()),
        }
        .map_err(|e| AnalysisError::Frame(e.to_string()))?;
        let pts_ns = frame.pts_ns();
        drop(frame);
        let mut sum = Skips::default();
        for layout in &mut self.layouts {
            layout.look(&found, pts_ns);
            let skips = layout.extractor.skips();
            sum.frames += skips.frames;
            sum.time += skips.time;
            sum.not_finite += skips.not_finite;
            sum.rejected += skips.rejected;
            sum.filled += skips.filled;
            sum.restarts += skips.restarts;
        }
        *self.skips.lock().unwrap_or_else(PoisonError::into_inner) = sum;
        let described = self.layouts.iter().map(|l| (l.names.clone(), l.features.clone())).collect();
        Ok(Box::new(Described { described }))
    }

    fn reset(&mut self) {
        for layout in &mut self.layouts {
            layout.extractor.reset();
            layout.features.clear();
            layout.last_ns = None;
        }
    }
}

impl Layout {
    /// Describes what was found, unless it has been described already.
    fn look(&mut self, found: &Found, pts_ns: Option<u64>) {
        let stamp = if self.extractor.spec().preset.is_body() {
            found.bodies.as_ref().map(|(stamp, _)| stamp)
        } else {
            found.hands.as_ref().map(|(stamp, _)| stamp)
        };
        // Without a result there is nobody, at the time of this frame.
        let (time_ns, aged) = stamp.map_or((pts_ns, false), |s| (s.pts.or(pts_ns), s.age_ns > 0));
        if aged && self.last_ns == Some(time_ns) {
            return;
        }
        self.last_ns = Some(time_ns);
        let size = stamp.filter(|s| s.ref_width > 0 && s.ref_height > 0).map_or((16, 9), |s| (s.ref_width, s.ref_height));
        self.features = self.extractor.push(&Scene {
            time_ns,
            width: size.0,
            height: size.1,
            hands: found.hands.as_ref().map(|(_, hands)| hands),
            bodies: found.bodies.as_ref().map(|(_, bodies)| bodies),
            objects: found.objects.as_ref(),
        });
    }
}

fn results(buffer: &gst::BufferRef) -> Result<Found, MetaError> {
    let mut found = Found::default();
    for meta in ego_meta::all_hands(buffer) {
        let meta = meta?;
        let (_, hands) = found.hands.get_or_insert_with(|| (meta.stamp.clone(), Hands::default()));
        hands.depth_source = meta.hands.depth_source;
        hands.hands.extend(meta.hands.hands);
    }
    for meta in ego_meta::all_bodies(buffer) {
        let meta = meta?;
        let (_, bodies) = found.bodies.get_or_insert_with(|| (meta.stamp.clone(), Bodies::default()));
        bodies.bodies.extend(meta.bodies.bodies);
    }
    // The first detector counts: another one has classes of its own.
    found.objects = ego_meta::all_detections(buffer).next().transpose()?.map(|meta| meta.detections);
    Ok(found)
}

fn truth(buffer: &gst::BufferRef) -> Result<Found, MetaError> {
    let Some(meta) = ego_meta::truth(buffer)? else { return Ok(Found::default()) };
    let hands = meta.hands.into_iter().filter(|h| !h.bystander).map(|h| h.hand).collect();
    let hands = Hands { hands, depth_source: DepthSource::Measured };
    Ok(Found { hands: Some((meta.stamp, hands)), ..Found::default() })
}

/// Features of all subjects of a frame.
struct Described {
    described: Vec<(FeatureNames, Vec<Features>)>,
}

impl Outcome for Described {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        for (names, all) in &self.described {
            for features in all {
                ego_meta::attach_features(buffer, &FeaturesMeta { stamp: stamp.clone(), features: features.clone() }, names)?;
            }
        }
        Ok(())
    }
}
