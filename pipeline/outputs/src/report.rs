//! `run.json`: what a run was made with and how it went (`ego.run/1`).

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Action, OutputError};
use crate::schema::RunSchema;
use crate::whole::write_whole;

/// A run over one or more inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport {
    /// Always `ego.run/1`.
    pub schema: RunSchema,
    /// Versions by name: `egostream`, `gstreamer`, `onnxruntime` ...
    pub versions: BTreeMap<String, String>,
    /// The command line.
    pub command: Vec<String>,
    /// When it began, milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: u64,
    /// How long it took, seconds.
    pub wall_s: f64,
    /// The user stopped it.
    pub interrupted: bool,
    /// Models in use.
    pub models: Vec<ModelUse>,
    /// Every setting by its dotted name.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// One entry an input, in the order in which they were worked on.
    pub inputs: Vec<InputReport>,
    /// Sums over `inputs`.
    pub totals: Totals,
}

/// A model in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelUse {
    /// Name in its manifest.
    pub name: String,
    /// Version in its manifest.
    pub version: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// What it ran on: `cpu`, `cuda` ...
    pub provider: String,
}

/// How an input ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputStatus {
    /// To its end.
    Done,
    /// With an error; what was computed before it is kept.
    #[default]
    Failed,
    /// Stopped by the user.
    Interrupted,
}

/// One input of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputReport {
    /// File, folder or URI as the user named it.
    pub input: String,
    /// Name of the stream in the JSON lines.
    pub stream: String,
    /// How it ended.
    pub status: InputStatus,
    /// Why it failed, with the remedy; null when it did not.
    pub failure: Option<String>,
    /// Files that were written.
    pub outputs: Vec<String>,
    /// Frames with a line.
    pub frames: u64,
    /// Frames that were lost.
    pub dropped: u64,
    /// Frames with results that could not be read.
    pub errors: u64,
    /// How long it took, seconds.
    pub wall_s: f64,
    /// Frames per second.
    pub fps: f64,
    /// Time of each stage.
    pub timings: BTreeMap<String, Timing>,
    /// What each stage counted, by its own names (`gst-inspect-1.0` of its element, property `stats`): frames analysed, masks relaxed ...
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
}

/// How long a stage took per frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Frames that were measured.
    pub count: u64,
    /// Mean, milliseconds.
    pub mean_ms: f64,
    /// 95 of 100 frames were faster, milliseconds.
    pub p95_ms: f64,
    /// Slowest frame, milliseconds.
    pub max_ms: f64,
}

/// Sums over all inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Inputs.
    pub inputs: u64,
    /// Inputs that failed.
    pub failed: u64,
    /// Frames with a line.
    pub frames: u64,
    /// Frames that were lost.
    pub dropped: u64,
    /// Frames with results that could not be read.
    pub errors: u64,
}

impl RunReport {
    /// Adds an input to the list and to the totals.
    pub fn add(&mut self, input: InputReport) {
        self.totals.inputs += 1;
        self.totals.failed += u64::from(input.status == InputStatus::Failed);
        self.totals.frames += input.frames;
        self.totals.dropped += input.dropped;
        self.totals.errors += input.errors;
        self.inputs.push(input);
    }

    /// Writes the report so that `path` holds the old or the new one, never a part.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), OutputError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| OutputError::io(Action::Write, path)(e.into()))?;
        text.push(b'\n');
        write_whole(path, &text)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// When the file cannot be read or is no report.
    pub fn read(path: &Path) -> Result<RunReport, OutputError> {
        let text = std::fs::read(path).map_err(OutputError::io(Action::Read, path))?;
        serde_json::from_slice(&text).map_err(|source| OutputError::Json { path: path.to_owned(), source })
    }
}
