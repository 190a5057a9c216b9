//! A hand model that is opened when it looks for the first time: a stream whose hands are found never needs its alternative, and opening
//! one takes time and memory.

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::Hands;

use super::model::{HandInput, HandModel, open_one};
use super::tracker::HandTrackerConfig;
use crate::error::Result;

#[derive(Debug)]
pub(super) struct OnDemand {
    config: HandTrackerConfig,
    model: Option<Box<dyn HandModel>>,
}

impl OnDemand {
    pub(super) fn new(config: HandTrackerConfig) -> OnDemand {
        OnDemand { config, model: None }
    }
}

impl HandModel for OnDemand {
    /// Before it is open: nothing.
    fn provider(&self) -> &str {
        self.model.as_ref().map_or("", |model| model.provider())
    }

    fn fallback(&self) -> Option<&str> {
        self.model.as_ref().and_then(|model| model.fallback())
    }

    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands> {
        let model = match self.model.take() {
            Some(model) => model,
            None => open_one(&self.config)?,
        };
        self.model.insert(model).find(input)
    }

    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        self.model.as_ref().and_then(|model| model.intrinsics())
    }

    fn set_smoothing(&mut self, smoothing: bool) {
        self.config.smoothing = smoothing;
        if let Some(model) = &mut self.model {
            model.set_smoothing(smoothing);
        }
    }

    fn reset(&mut self) {
        if let Some(model) = &mut self.model {
            model.reset();
        }
    }
}
