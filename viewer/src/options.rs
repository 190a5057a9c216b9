//! What the command line asks of the viewer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ego_graph::Settings;

use crate::error::ViewError;
use crate::stream::{LiveOutputs, Opening, What, runs_in};

/// What to show, and how.
#[derive(Clone, Debug)]
pub struct ViewOptions {
    /// What is opened first; nothing = the welcome page.
    pub opening: Option<Opening>,
    /// Recordings with results that the source picker lists.
    pub runs: Vec<(String, Opening)>,
    /// Stages for sources that are opened from the window.
    pub settings: Option<Settings>,
    /// Nothing that is opened is analysed, neither the first source nor one that is opened later.
    pub no_analysis: bool,
    /// Folder for recordings, screenshots and marks.
    pub folder: PathBuf,
    /// The window closes by itself after so long.
    pub duration: Option<Duration>,
    /// The window closes when the source ends.
    pub close_at_end: bool,
    /// The window closes when somebody sets this.
    pub quit: Option<Arc<AtomicBool>>,
    /// What is written of the first live source.
    pub outputs: Option<LiveOutputs>,
    /// Memory for the pictures of the last seconds of a live stream, bytes.
    pub look_back_bytes: usize,
    /// Size of the window or the screenshot, points.
    pub size: [f32; 2],
}

/// Memory for the look-back: with textures and everything else below half a gigabyte.
pub const LOOK_BACK_BYTES: usize = 256 << 20;
/// Size of the window when nothing else is asked for, points.
pub const SIZE: [f32; 2] = [1280.0, 800.0];

impl Default for ViewOptions {
    fn default() -> ViewOptions {
        ViewOptions {
            opening: None,
            runs: Vec::new(),
            settings: None,
            no_analysis: false,
            folder: PathBuf::from("."),
            duration: None,
            close_at_end: false,
            quit: None,
            outputs: None,
            look_back_bytes: LOOK_BACK_BYTES,
            size: SIZE,
        }
    }
}

impl ViewOptions {
    /// `ego view [INPUT] [--results DIR]`: a word and a folder of results, each of which may be missing.
    ///
    /// # Errors
    /// When the input names nothing, or the folder holds no results (of this input).
    pub fn new(word: Option<&str>, results: Option<&Path>, settings: Settings) -> Result<ViewOptions, ViewError> {
        let mut options = ViewOptions { settings: Some(settings.clone()), ..ViewOptions::default() };
        let opening = word.map(|word| Opening::word(word, Some(settings.clone())));
        if let Some(Opening { what: What::Bad(bad), .. }) = &opening {
            return Err(ViewError::Input { reason: bad.reason.clone(), hint: bad.hint.clone() });
        }
        options.opening = opening;
        if let Some(folder) = results {
            options.runs = runs_in(folder, options.opening.as_ref(), Some(&settings))?;
            options.opening = options.runs.first().map(|(_, opening)| opening.clone());
        }
        Ok(options)
    }
}
