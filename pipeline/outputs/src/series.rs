//! What a series of synthetic clips was made with (`ego.series/1`), and what each clip holds (`ego.clip/1`, one line a clip).

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Action, OutputError};
use crate::schema::{ClipSchema, SeriesSchema};
use crate::whole::write_whole;

/// Everything that decides what the clips of a folder hold. Two equal ones give the same clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesRecord {
    /// Always `ego.series/1`.
    pub schema: SeriesSchema,
    /// Name of the split.
    pub split: String,
    /// Seed of the series.
    pub seed: u64,
    /// The script in words; empty: every action in turn.
    pub prompt: String,
    /// `h2o`, `video` or `poses`.
    pub layout: String,
    /// Width of pictures, pixels.
    pub width: u32,
    /// Height of pictures, pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: f64,
    /// With inertial sensors.
    pub imu: bool,
    /// Rigged hand that was drawn, as given; empty: the built-in one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hand_mesh: String,
}

impl SeriesRecord {
    /// The first setting in which the other one differs: its option, its value here and its value there.
    pub fn difference(&self, other: &SeriesRecord) -> Option<(&'static str, String, String)> {
        let size = |r: &SeriesRecord| format!("{}x{}", r.width, r.height);
        let quoted = |text: &str| format!("\"{text}\"");
        [
            ("layout", self.layout.clone(), other.layout.clone()),
            ("seed", self.seed.to_string(), other.seed.to_string()),
            ("prompt", quoted(&self.prompt), quoted(&other.prompt)),
            ("size", size(self), size(other)),
            ("fps", self.fps.to_string(), other.fps.to_string()),
            ("imu", self.imu.to_string(), other.imu.to_string()),
            ("hand-mesh", quoted(&self.hand_mesh), quoted(&other.hand_mesh)),
            ("split", self.split.clone(), other.split.clone()),
        ]
        .into_iter()
        .find(|(_, mine, theirs)| mine != theirs)
    }

    /// Writes it so that `path` holds the old or the new one, never a part.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), OutputError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| OutputError::io(Action::Write, path)(e.into()))?;
        text.push(b'\n');
        write_whole(path, &text)
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the file cannot be read or is something else.
    pub fn read(path: &Path) -> Result<SeriesRecord, OutputError> {
        let text = std::fs::read(path).map_err(OutputError::io(Action::Read, path))?;
        serde_json::from_slice(&text).map_err(|source| OutputError::Json { path: path.to_owned(), source })
    }
}

/// A stretch of frames with one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipLabel {
    /// Verb and object, e.g. `pour milk`.
    pub label: String,
    /// Its number, 1..=36; null for a pair outside the list.
    pub action: Option<u32>,
    /// Number of the verb.
    pub verb: u32,
    /// Class of the object.
    pub noun: u32,
    /// First frame.
    pub first_frame: u64,
    /// Last frame.
    pub last_frame: u64,
    /// The script asks for it; otherwise it had to come first, as milk is opened before it can be closed again. Series of before have
    /// no such key and only labels that were asked for.
    #[serde(default = "asked")]
    pub asked: bool,
}

fn asked() -> bool {
    true
}

/// One clip of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipRecord {
    /// Always `ego.clip/1`.
    pub schema: ClipSchema,
    /// Number in the series.
    pub index: u64,
    /// Path below the folder of the series: a folder (h2o) or a file.
    pub path: String,
    /// The clip's own seed.
    pub seed: u64,
    /// Number of frames.
    pub frames: u64,
    /// Frames a second.
    pub fps: f64,
    /// fx, fy, cx, cy (pixels), width, height.
    pub intrinsics: [f64; 6],
    /// What happens.
    pub labels: Vec<ClipLabel>,
    /// The hand that does the main part, `left` or `right`.
    pub main: String,
    /// Pace of the motion, 1 = everyday.
    pub pace: f64,
    /// Number of the room.
    pub room: u32,
    /// Skin tone of the wearer, 0 light .. 1 dark.
    pub skin_tone: f32,
    /// Whether the wearer has gloves.
    pub gloves: bool,
    /// Whether somebody else sits at the table.
    pub bystander: bool,
}

impl ClipRecord {
    /// Replaces a file of clips, one JSON line each.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_all(clips: &[ClipRecord], path: &Path) -> Result<(), OutputError> {
        let mut text = Vec::new();
        for clip in clips {
            serde_json::to_writer(&mut text, clip).map_err(|e| OutputError::io(Action::Write, path)(e.into()))?;
            text.push(b'\n');
        }
        write_whole(path, &text)
    }

    /// Reads a file of clips.
    ///
    /// # Errors
    /// When the file cannot be read or a line is something else.
    pub fn read_all(path: &Path) -> Result<Vec<ClipRecord>, OutputError> {
        let text = std::fs::read_to_string(path).map_err(OutputError::io(Action::Read, path))?;
        text.lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(|source| OutputError::Json { path: path.to_owned(), source })
    }
}
