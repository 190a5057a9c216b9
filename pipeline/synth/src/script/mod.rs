//! Scripts: what happens in a clip, and what is asked of people, camera and appearance. What a script leaves open, the seed decides.

pub mod prompt;

use ego_core::hands::Side;

use crate::cast::Action;
use crate::error::SynthError;
use crate::people::HandSize;
use crate::recipe::LookWish;

/// Most steps of one clip.
pub const MAX_STEPS: usize = 64;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// An action with its object.
    Play(Action),
    /// Nothing, for this long (seconds; the seed decides without).
    Idle(Option<f64>),
    /// A hand leaves the picture and comes back; either one without a side.
    Leave(Option<Side>),
}

/// How fast people move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// Whatever the seed gives.
    #[default]
    Any,
    /// About half the everyday pace.
    Slow,
    /// The everyday pace.
    Normal,
    /// About one and a half times the everyday pace.
    Quick,
}

/// How much the head moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shake {
    /// Whatever the seed gives.
    #[default]
    Any,
    /// As good as fixed.
    Steady,
    /// Someone who walks on the spot.
    Shaky,
}

/// The camera's picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraWish {
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// Pictures a second.
    pub fps: f64,
    /// Horizontal field of view, degrees; the seed decides without.
    pub hfov_deg: Option<f64>,
}

impl Default for CameraWish {
    fn default() -> CameraWish {
        CameraWish { width: 640, height: 360, fps: 30.0, hfov_deg: None }
    }
}

/// Everything that is decided before the seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// What happens, in this order.
    pub steps: Vec<Step>,
    /// Pace.
    pub speed: Speed,
    /// The hand that does the main part.
    pub main: Option<Side>,
    /// The person has (or uses) the main hand only.
    pub one_handed: bool,
    /// Hand size.
    pub hands: HandSize,
    /// Somebody sits across the table.
    pub bystander: Option<bool>,
    /// Pauses before contacts.
    pub hesitant: Option<bool>,
    /// Head motion.
    pub shake: Shake,
    /// Appearance.
    pub look: LookWish,
    /// Picture size and rate.
    pub camera: CameraWish,
    /// Number of the person of the cast; the seed decides without.
    pub person: Option<u32>,
}

impl Script {
    /// A clip of this one action.
    pub fn of(action: Action) -> Script {
        Script { steps: vec![Step::Play(action)], ..Script::default() }
    }

    /// A clip in which nobody does anything for so many seconds.
    pub fn idle(seconds: f64) -> Script {
        Script { steps: vec![Step::Idle(Some(seconds))], ..Script::default() }
    }

    /// Refuses what cannot be played.
    ///
    /// # Errors
    /// Names the step, size or rate that is not possible, and what is.
    pub fn checked(&self) -> Result<(), SynthError> {
        if self.steps.is_empty() {
            return Err(SynthError::EmptyScript);
        }
        if self.steps.len() > MAX_STEPS {
            return Err(SynthError::TooManySteps { steps: self.steps.len(), limit: MAX_STEPS });
        }
        for step in &self.steps {
            match step {
                Step::Play(action) if !action.playable() => return Err(prompt::impossible(*action)),
                Step::Idle(Some(s)) if !(0.0..=3600.0).contains(s) => {
                    return Err(SynthError::Range { what: "an idle time of seconds", value: *s, allowed: "0 to 3600" });
                }
                _ => {}
            }
        }
        let camera = &self.camera;
        for (what, value) in [("picture width", camera.width), ("picture height", camera.height)] {
            if !(16..=8192).contains(&value) {
                return Err(SynthError::Range { what, value: f64::from(value), allowed: "16 to 8192 pixels" });
            }
        }
        if !(1.0..=1000.0).contains(&camera.fps) {
            return Err(SynthError::Range { what: "frame rate", value: camera.fps, allowed: "1 to 1000 frames a second" });
        }
        if let Some(fov) = camera.hfov_deg
            && !(20.0..=150.0).contains(&fov)
        {
            return Err(SynthError::Range { what: "field of view", value: fov, allowed: "20 to 150 degrees" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::{noun, verb};

    #[test]
    fn impossible_scripts_are_refused_with_the_remedy() {
        let of = |verb, noun| Script::of(Action { verb, noun });
        assert!(of(verb::POUR, noun::MILK).checked().is_ok());
        let e = of(verb::POUR, noun::BOOK).checked().expect_err("books do not pour").to_string();
        assert!(e.contains("pour") && e.contains("book") && e.contains("milk"), "{e}");
        assert_eq!(Script::default().checked(), Err(SynthError::EmptyScript));
        let mut tiny = of(verb::GRAB, noun::BOOK);
        tiny.camera.width = 3;
        assert!(matches!(tiny.checked(), Err(SynthError::Range { what: "picture width", .. })));
        tiny.camera = CameraWish { fps: f64::NAN, ..CameraWish::default() };
        assert!(matches!(tiny.checked(), Err(SynthError::Range { what: "frame rate", .. })));
    }
}
