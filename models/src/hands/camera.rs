//! The camera of a stream of pictures: what the user said about it, for pictures of any size.

use std::path::{Path, PathBuf};

use ego_core::camera::{Intrinsics, IntrinsicsError, IntrinsicsSource};

use crate::error::{ModelError, Result};

/// Where the camera's focal length and axis come from.
#[derive(Clone, Debug, PartialEq)]
pub enum IntrinsicsChoice {
    /// A guess: this horizontal field of view, degrees.
    Hfov(f64),
    /// Given numbers.
    Given(Intrinsics),
    /// A file: TOML with fx, fy, cx, cy, width, height, or those six numbers as text (H2O's `cam_intrinsics.txt`).
    File(PathBuf),
}

/// Intrinsics for pictures as they come.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    choice: Choice,
    current: Option<(Intrinsics, IntrinsicsSource)>,
}

/// A [`IntrinsicsChoice`] that has been read and checked.
#[derive(Clone, Debug, PartialEq)]
enum Choice {
    Hfov(f64),
    Known(Intrinsics, IntrinsicsSource),
}

impl Camera {
    /// Reads and checks the choice.
    ///
    /// # Errors
    /// When the file cannot be read or the numbers are impossible.
    pub fn open(choice: &IntrinsicsChoice) -> Result<Camera> {
        let choice = match choice {
            IntrinsicsChoice::File(path) => Choice::Known(read_camera(path)?, IntrinsicsSource::File),
            IntrinsicsChoice::Given(k) => Choice::Known(k.checked().map_err(wrong)?, IntrinsicsSource::Property),
            IntrinsicsChoice::Hfov(deg) if !(10.0..=170.0).contains(deg) => {
                let reason = "give the horizontal field of view in degrees, 10 to 170".to_owned();
                return Err(ModelError::Setting { setting: "hfov", reason });
            }
            IntrinsicsChoice::Hfov(deg) => Choice::Hfov(*deg),
        };
        Ok(Camera { choice, current: None })
    }

    /// Intrinsics for a picture of this size, and from then on [`Camera::current`].
    ///
    /// # Errors
    /// When they were given for a picture of another aspect ratio.
    pub fn of_size(&mut self, width: u32, height: u32) -> Result<Intrinsics> {
        if let Some((k, _)) = self.current.filter(|(k, _)| k.width == width && k.height == height) {
            return Ok(k);
        }
        let camera = match &self.choice {
            Choice::Hfov(deg) => (Intrinsics::from_hfov(*deg, width, height), IntrinsicsSource::Guess),
            Choice::Known(k, source) => (k.scaled_to(width, height).map_err(wrong)?, *source),
        };
        self.current = Some(camera);
        Ok(camera.0)
    }

    /// The camera of the last picture and where its numbers come from.
    pub fn current(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        self.current
    }
}

fn wrong(e: IntrinsicsError) -> ModelError {
    ModelError::Setting { setting: "intrinsics", reason: e.to_string() }
}

/// Reads a camera file, see [`IntrinsicsChoice::File`].
fn read_camera(path: &Path) -> Result<Intrinsics> {
    let wrong = |reason: String| ModelError::Setting { setting: "camera", reason: format!("{}: {reason}", path.display()) };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("{e}; give a file with fx, fy, cx, cy, width and height")))?;
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        fx: f64,
        fy: f64,
        cx: f64,
        cy: f64,
        width: u32,
        height: u32,
    }
    let k = if path.extension().is_some_and(|e| e == "toml") {
        let f: File = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        Intrinsics { fx: f.fx, fy: f.fy, cx: f.cx, cy: f.cy, width: f.width, height: f.height }
    } else {
        let numbers: Vec<f64> = text.split_whitespace().map_while(|w| w.parse().ok()).collect();
        let &[fx, fy, cx, cy, w, h] = numbers.as_slice() else {
            return Err(wrong("six numbers are needed: fx fy cx cy width height".into()));
        };
        Intrinsics { fx, fy, cx, cy, width: w as u32, height: h as u32 }
    };
    k.checked().map_err(|e| wrong(e.to_string()))
}
