//! `run.json`: what a run was made with and how it went.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use ego_graph::{Outcome, Settings, Shown, StageStats, Stat};
use ego_models::paths::{Located, find_model};
use ego_outputs::{InputReport, InputStatus, ModelUse, RunReport, Timing};

/// A report in the making.
pub(crate) struct Report {
    report: RunReport,
    models: Vec<StageModel>,
    began: Instant,
}

/// The model of a stage.
struct StageModel {
    stage: String,
    located: Located,
}

impl Report {
    /// Finds the models of all stages, so that a missing one is told before anything starts.
    ///
    /// # Errors
    /// When the settings are wrong or a model is missing.
    pub(crate) fn begin(settings: &Settings) -> anyhow::Result<Report> {
        let shown = settings.describe()?;
        let mut models = Vec::new();
        for stage in settings.stages() {
            let Some(name) = text_of(&shown, stage, "model") else { continue };
            let located = find_model(&name)?;
            // The model that finds the regions: as set, else as the manifest says.
            let detector = text_of(&shown, stage, "detector").or_else(|| located.manifest.detector.clone());
            models.push(StageModel { stage: stage.clone(), located });
            // The element goes on without it, and says so.
            let second = text_of(&shown, stage, "alternative").and_then(|name| find_model(&name).ok());
            let its_detector = second.as_ref().and_then(|second| second.manifest.detector.clone());
            models.extend(second.map(|located| StageModel { stage: stage.clone(), located }));
            // Some stages run further models beside it, named in one text.
            let further = text_of(&shown, stage, "fast-model").unwrap_or_default();
            let further = further.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
            for name in detector.into_iter().chain(its_detector).chain(further) {
                models.push(StageModel { stage: stage.clone(), located: find_model(&name)? });
            }
        }
        let mut report = RunReport { command: std::env::args().collect(), ..RunReport::default() };
        report.started_unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
        report.versions.insert("egostream".into(), env!("CARGO_PKG_VERSION").into());
        let (major, minor, micro, _) = gst::version();
        report.versions.insert("gstreamer".into(), format!("{major}.{minor}.{micro}"));
        report.settings.insert("config".into(), settings.name().into());
        for line in &shown {
            let name = if line.table.is_empty() { line.key.clone() } else { format!("{}.{}", line.table, line.key) };
            report.settings.insert(name, to_json(&line.value));
        }
        Ok(Report { report, models, began: Instant::now() })
    }

    /// Adds an input that ran.
    pub(crate) fn add_outcome(&mut self, input: &str, stream: &str, outputs: &[PathBuf], outcome: &Outcome, failure: Option<String>) {
        for stage in &outcome.stages {
            self.note_model(stage);
        }
        // The file's name carries the version; ONNX Runtime is loaded with the first model.
        if let Some(library) = ego_models::runtime::library() {
            let name = library.file_name().unwrap_or(library.as_os_str()).to_string_lossy().into_owned();
            self.report.versions.insert("onnxruntime".into(), name);
        }
        let status = match (&failure, outcome.stopped) {
            (Some(_), _) => InputStatus::Failed,
            (None, true) => InputStatus::Interrupted,
            (None, false) => InputStatus::Done,
        };
        let wall_s = outcome.wall.as_secs_f64();
        self.report.add(InputReport {
            input: input.to_owned(),
            stream: stream.to_owned(),
            status,
            failure,
            outputs: outputs.iter().map(|p| p.display().to_string()).collect(),
            frames: outcome.frames,
            dropped: outcome.dropped,
            errors: outcome.stages.iter().map(|s| count(s, "errors")).sum(),
            wall_s,
            fps: if wall_s > 0.0 { outcome.frames as f64 / wall_s } else { 0.0 },
            counts: outcome.stages.iter().map(|s| (s.stage.clone(), counts(s))).filter(|(_, counts)| !counts.is_empty()).collect(),
            timings: outcome.stages.iter().filter_map(|s| Some((s.stage.clone(), timing(s)?))).collect(),
        });
    }

    /// Adds an input that never ran.
    pub(crate) fn add_failure(&mut self, input: &str, stream: &str, failure: String) {
        let failure = Some(failure);
        self.report.add(InputReport { input: input.to_owned(), stream: stream.to_owned(), failure, ..InputReport::default() });
    }

    fn note_model(&mut self, stats: &StageStats) {
        for model in self.models.iter().filter(|m| m.stage == stats.stage) {
            let manifest = &model.located.manifest;
            let in_use = ModelUse {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                sha256: manifest.sha256.clone().unwrap_or_default(),
                provider: stats.provider.clone().unwrap_or_default(),
            };
            if !self.report.models.contains(&in_use) {
                self.report.models.push(in_use);
            }
        }
    }

    /// The report as it stands, as JSON.
    pub(crate) fn to_json(&self) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::to_value(&self.report)?)
    }

    /// Writes the report.
    pub(crate) fn write(&mut self, path: &Path, interrupted: bool) -> anyhow::Result<()> {
        self.report.interrupted = interrupted;
        self.report.wall_s = self.began.elapsed().as_secs_f64();
        self.report.write(path).context("write the report of the run")
    }
}

/// A text in force for a stage, unless it is empty.
fn text_of(shown: &[Shown], stage: &str, key: &str) -> Option<String> {
    let line = shown.iter().find(|s| s.table == stage && s.key == key)?;
    line.value.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// A count among the statistics of a stage; 0 when it has none.
pub(crate) fn count(stats: &StageStats, key: &str) -> u64 {
    let value = stats.values.iter().find(|(k, _)| k == key);
    value.map_or(0, |(_, v)| if let Stat::Whole(n) = v { u64::try_from(*n).unwrap_or(0) } else { 0 })
}

/// Everything that a stage counts; times are in [`Timing`].
fn counts(stats: &StageStats) -> BTreeMap<String, u64> {
    let is_count = |key: &str| !key.starts_with("latency-") && !key.starts_with("age-") && key != "queued";
    let whole = |value: &Stat| if let Stat::Whole(n) = value { u64::try_from(*n).ok() } else { None };
    stats.values.iter().filter(|(key, _)| is_count(key)).filter_map(|(key, value)| Some((key.clone(), whole(value)?))).collect()
}

fn timing(stats: &StageStats) -> Option<Timing> {
    let ms = |key| count(stats, key) as f64 / 1e6;
    let measured = count(stats, "analysed");
    (measured > 0).then(|| Timing { count: measured, mean_ms: ms("latency-mean"), p95_ms: ms("latency-p95"), max_ms: ms("latency-max") })
}

/// A setting as JSON.
pub(crate) fn to_json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(v) => v.as_str().into(),
        toml::Value::Integer(v) => (*v).into(),
        toml::Value::Float(v) => (*v).into(),
        toml::Value::Boolean(v) => (*v).into(),
        toml::Value::Datetime(v) => v.to_string().into(),
        toml::Value::Array(v) => v.iter().map(to_json).collect(),
        toml::Value::Table(v) => v.iter().map(|(k, v)| (k.clone(), to_json(v))).collect::<BTreeMap<_, _>>().into_iter().collect(),
    }
}
