//! What somebody does, as a classifier says it.

pub mod decide;
pub mod evidence;
pub mod vector;
pub mod window;

use std::sync::Arc;

/// Which kind of classifier speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Head {
    /// Actions with objects over seconds (SHARP's transformer).
    #[default]
    Slow,
    /// Movements over a few frames (HAPTICS' kinematics).
    Fast,
    /// Poses and movements of one hand.
    Gesture,
}

impl Head {
    /// The word used in every output: `slow`, `fast`, `gesture`.
    pub fn name(self) -> &'static str {
        match self {
            Head::Slow => "slow",
            Head::Fast => "fast",
            Head::Gesture => "gesture",
        }
    }

    /// The head with this name; anything else is `Slow`.
    pub fn from_name(name: &str) -> Head {
        [Head::Fast, Head::Gesture].into_iter().find(|head| head.name() == name).unwrap_or(Head::Slow)
    }
}

/// The action of one subject at one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionResult {
    /// Which kind of classifier.
    pub head: Head,
    /// Whose action: `wearer`, `left`, `right`, or `body:3` for the person of track 3.
    pub subject: String,
    /// Names of the model's classes, in the order of its class numbers.
    pub labels: Arc<[String]>,
    /// Best classes with their probabilities, best first; never empty in a result that is attached.
    pub top: Vec<(u32, f32)>,
    /// None of the classes fits.
    pub unknown: bool,
    /// Share of the evidence that is missing, 0..1.
    pub uncertainty: f32,
    /// The label has held long enough to be shown.
    pub stable: bool,
    /// First and last presentation time of the frames it was made from, nanoseconds.
    pub window_ns: [u64; 2],
    /// The moment that it is about, nanoseconds of presentation time: some models answer for a moment before their window's end.
    pub about_ns: u64,
    /// When the label that is told began, nanoseconds of presentation time; `None` while none is told.
    pub since_ns: Option<u64>,
}

impl ActionResult {
    /// Name of a class; empty when the model has no name for it.
    pub fn label(&self, class: u32) -> &str {
        self.labels.get(class as usize).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_heads_come_back() {
        for head in [Head::Slow, Head::Fast, Head::Gesture] {
            assert_eq!(Head::from_name(head.name()), head);
        }
    }
}
