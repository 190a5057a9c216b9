//! Which features: a preset and its window, with a name that models and results carry.

use super::{body, finger_path, hand_shape, hands};

/// What is described, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preset {
    /// Both hands of the wearer.
    Hands,
    /// People, the paper's 170 numbers.
    Body,
    /// People, the open project's 314 numbers.
    Body5x314,
    /// One hand in one frame.
    HandShape,
    /// Path of the index finger's tip, as a signature.
    FingerPath,
    /// The same, as points at even times.
    FingerTrack,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 6] =
        [Preset::Hands, Preset::Body, Preset::Body5x314, Preset::HandShape, Preset::FingerPath, Preset::FingerTrack];

    /// The word used in settings, results and manifests.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Hands => "hands",
            Preset::Body => "body",
            Preset::Body5x314 => "body-5x314",
            Preset::HandShape => "hand-shape",
            Preset::FingerPath => "finger-path",
            Preset::FingerTrack => "finger-track",
        }
    }

    /// Frames and step (seconds) of the window when nothing else is asked for.
    ///
    /// HAPTICS uses 3 frames of a recording at 10 a second, the open project 5.
    fn default_window(self) -> (usize, f64) {
        match self {
            Preset::Hands | Preset::Body => (3, 0.1),
            Preset::Body5x314 => (5, 0.1),
            Preset::HandShape => (1, 0.1),
            // 16 frames of a camera at 30 a second, as in the labelled recordings.
            Preset::FingerTrack => (16, 1.0 / 30.0),
            // One second: a slow finger goes its way in it.
            Preset::FingerPath => (30, 1.0 / 30.0),
        }
    }

    /// Whether people are described, not hands.
    pub fn is_body(self) -> bool {
        matches!(self, Preset::Body | Preset::Body5x314)
    }
}

/// Most frames in a window.
const MAX_FRAMES: usize = 120;
/// Shortest and longest step, seconds.
const STEPS_S: std::ops::RangeInclusive<f64> = 0.005..=1.0;

/// A preset with its window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureSpec {
    /// What is described.
    pub preset: Preset,
    /// Frames in the window.
    pub frames: usize,
    /// Seconds between them.
    pub step_s: f64,
}

/// Why there are no such features.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The name is not known.
    #[error(
        "there is no feature layout {name:?}: the layouts are {known}, each with a window of its own as in body/5x0.100s (frames x seconds)",
        known = Preset::ALL.map(Preset::name).join(", ")
    )]
    Unknown {
        /// As it was given.
        name: String,
    },
    /// The window makes no sense.
    #[error("a window of {frames} frames {step_ms} ms apart cannot be used: give {least} to {MAX_FRAMES} frames, 5 to 1000 ms apart")]
    Window {
        /// Frames.
        frames: usize,
        /// Milliseconds between them.
        step_ms: u64,
        /// Fewest frames of this layout.
        least: usize,
    },
}

impl FeatureSpec {
    /// A preset with its own window.
    pub fn new(preset: Preset) -> FeatureSpec {
        let (frames, step_s) = preset.default_window();
        FeatureSpec { preset, frames, step_s }
    }

    /// The same with another window.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn with_window(self, frames: usize, step_s: f64) -> Result<FeatureSpec, SpecError> {
        let least = match self.preset {
            Preset::HandShape => 1,
            Preset::FingerPath | Preset::FingerTrack => 4,
            _ => 2,
        };
        let most = if self.preset == Preset::HandShape { 1 } else { MAX_FRAMES };
        if !(least..=most).contains(&frames) || !STEPS_S.contains(&step_s) {
            return Err(SpecError::Window { frames, step_ms: (step_s * 1e3) as u64, least });
        }
        Ok(FeatureSpec { frames, step_s, ..self })
    }

    /// Reads what [`FeatureSpec::id`] writes.
    ///
    /// # Errors
    /// When the name or the window is none.
    pub fn parse(id: &str) -> Result<FeatureSpec, SpecError> {
        let unknown = || SpecError::Unknown { name: id.to_owned() };
        let (name, window) = id.split_once('/').map_or((id, None), |(name, window)| (name, Some(window)));
        let preset = Preset::ALL.into_iter().find(|p| p.name() == name).ok_or_else(unknown)?;
        let spec = FeatureSpec::new(preset);
        let Some(window) = window else { return Ok(spec) };
        let (frames, step) = window.strip_suffix('s').and_then(|w| w.split_once('x')).ok_or_else(unknown)?;
        spec.with_window(frames.parse().map_err(|_| unknown())?, step.parse().map_err(|_| unknown())?)
    }

    /// The name of the layout: that of the preset, and the window when it is another one, as in `body/5x0.100s`.
    pub fn id(&self) -> String {
        if *self == FeatureSpec::new(self.preset) {
            return self.preset.name().to_owned();
        }
        format!("{}/{}x{:.3}s", self.preset.name(), self.frames, self.step_s)
    }

    /// Time from the first to the last frame of a window, seconds.
    pub fn span_s(&self) -> f64 {
        self.step_s * self.frames.saturating_sub(1) as f64
    }

    /// Names of the values.
    pub fn names(&self) -> Vec<String> {
        match self.preset {
            Preset::Hands => hands::names(self.frames),
            Preset::Body => body::names(self.frames),
            Preset::Body5x314 => body::names_5x314(self.frames),
            Preset::HandShape => hand_shape::names(),
            Preset::FingerPath => finger_path::signature_names(),
            Preset::FingerTrack => finger_path::track_names(self.frames),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_carry_the_window() {
        for preset in Preset::ALL {
            let spec = FeatureSpec::new(preset);
            assert_eq!(spec.id(), preset.name());
            assert_eq!(FeatureSpec::parse(&spec.id()), Ok(spec));
        }
        let spec = FeatureSpec::new(Preset::Body).with_window(5, 0.05).unwrap();
        assert_eq!(spec.id(), "body/5x0.050s");
        assert_eq!(FeatureSpec::parse("body/5x0.050s"), Ok(spec));
        assert_eq!(FeatureSpec::parse("body/5x0.1s").unwrap().names().len(), body::width(5));
    }

    #[test]
    fn what_cannot_be_used_is_named_with_the_choices() {
        for (id, word) in
            [("arms", "finger-path"), ("body/5", "body/5x0.100s"), ("hands/1x0.1s", "2 to 120"), ("hands/3x9s", "5 to 1000 ms")]
        {
            let e = FeatureSpec::parse(id).unwrap_err().to_string();
            assert!(e.contains(word), "{id}: {e}");
        }
    }
}
