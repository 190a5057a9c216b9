//! The hand tracker as an analysis, and hands as its result.

use std::path::Path;

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::Hands;
use ego_meta::{HandsMeta, MetaError, Stamp};
use ego_models::hands::HandTracker;

use super::Smoothing;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// A tracker on the worker thread.
pub(super) struct Tracking {
    pub(super) tracker: HandTracker,
    pub(super) model: String,
    pub(super) smoothing: Smoothing,
}

/// The name that results carry for a model: its own, or that of its file.
pub(super) fn model_name(name_or_path: &str) -> String {
    let stem = Path::new(name_or_path).file_stem().and_then(|s| s.to_str());
    stem.filter(|_| name_or_path.contains(['/', '.'])).unwrap_or(name_or_path).to_owned()
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
        let hands = self.tracker.process(&frame.image()?, frame.pts_ns())?;
        Ok(Box::new(Found { hands, intrinsics: self.tracker.intrinsics() }))
    }

    fn reset(&mut self) {
        self.tracker.reset();
    }
}

/// The hands of one frame.
struct Found {
    hands: Hands,
    intrinsics: Option<(Intrinsics, IntrinsicsSource)>,
}

impl Outcome for Found {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        let meta = HandsMeta { stamp: stamp.clone(), hands: self.hands.clone(), intrinsics: self.intrinsics };
        ego_meta::attach_hands(buffer, &meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_its_name_or_by_its_file() {
        for (given, want) in [("mediapipe-hands", "mediapipe-hands"), ("zoo/mine.toml", "mine"), ("my-hands.onnx", "my-hands")] {
            assert_eq!(model_name(given), want);
        }
    }
}
