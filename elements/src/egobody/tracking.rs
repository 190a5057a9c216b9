//! The body tracker as an analysis, and people as its result.

use ego_core::bodies::Bodies;
use ego_meta::{BodiesMeta, MetaError, Stamp};
use ego_models::body::BodyTracker;

use super::Smoothing;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// A tracker on the worker thread.
pub(super) struct Tracking {
    pub(super) tracker: BodyTracker,
    pub(super) model: String,
    pub(super) smoothing: Smoothing,
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
        let bodies = self.tracker.process(&frame.image()?, frame.pts_ns())?;
        Ok(Box::new(Found { bodies }))
    }

    fn reset(&mut self) {
        self.tracker.reset();
    }
}

/// The people of one frame.
struct Found {
    bodies: Bodies,
}

impl Outcome for Found {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        ego_meta::attach_bodies(buffer, &BodiesMeta { stamp: stamp.clone(), bodies: self.bodies.clone() })
    }

    fn is_empty(&self) -> bool {
        self.bodies.bodies.is_empty()
    }
}
