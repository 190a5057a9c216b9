//! What can go wrong in this crate.

use std::path::PathBuf;

/// Errors of the synthetic camera; each says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A prompt holds a word outside the grammar.
    #[error("the prompt's word \"{word}\" is not known{}; known words are: {known}", .hint.as_ref().map(|h| format!(" (did you mean \"{h}\"?)")).unwrap_or_default())]
    UnknownWord {
        /// The word as it was written.
        word: String,
        /// The nearest known word.
        hint: Option<String>,
        /// All known words.
        known: String,
    },
    /// A verb without its object, or an object without a verb.
    #[error("the prompt says \"{said}\" but not {missing}; write for example \"{example}\"")]
    Incomplete {
        /// What is there.
        said: String,
        /// What is not.
        missing: &'static str,
        /// A prompt that works.
        example: String,
    },
    /// A verb and an object that no programme can bring together.
    #[error("nobody can {verb} a {noun} here; \"{verb}\" goes with: {possible}")]
    Impossible {
        /// The verb.
        verb: &'static str,
        /// The object.
        noun: &'static str,
        /// Objects that the verb goes with.
        possible: String,
    },
    /// Two wishes of a prompt contradict each other.
    #[error("the prompt asks for \"{first}\" and for \"{second}\"; leave one of them out")]
    Contradiction {
        /// What was read first.
        first: String,
        /// What it does not go with.
        second: String,
    },
    /// A script without any step.
    #[error("the script has no step: name an action (\"pour milk\") or \"idle\"")]
    EmptyScript,
    /// A script with more steps than a clip may have.
    #[error("the script has {steps} steps; a clip has at most {limit}, so divide it into several clips")]
    TooManySteps {
        /// Steps of the script.
        steps: usize,
        /// The most that are allowed.
        limit: usize,
    },
    /// A picture size or rate that no camera has.
    #[error("{what} {value} is not possible; use {allowed}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What was asked for.
        value: f64,
        /// What may be asked for.
        allowed: &'static str,
    },
    /// A hand mesh that cannot be used.
    #[error("{}: {problem}; {remedy}", .path.display())]
    HandMesh {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A renderer that nobody knows.
    #[error("there is no renderer \"{word}\"; there are auto, cpu and wgpu")]
    UnknownRenderer {
        /// What was asked for.
        word: String,
    },
    /// No Vulkan at all.
    #[error(
        "there is no Vulkan device to draw with; install a driver (package mesa-vulkan-drivers on Debian and Ubuntu), or choose the renderer cpu"
    )]
    NoGraphics,
    /// A library without the feature `gpu`.
    #[error("this build cannot draw with wgpu; build ego-synth with its feature gpu, or choose the renderer cpu")]
    BuiltWithoutGraphics,
    /// A graphics device that does not do what it is told.
    #[error("cannot draw with {device}: {problem}; {remedy}")]
    Graphics {
        /// What it calls itself.
        device: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
}
