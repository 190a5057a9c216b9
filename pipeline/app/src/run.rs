//! `ego run`: every frame of every input, results in one folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use ego_graph::{BadInput, BatchPlan, Event, GraphError, Input, InputKind, Outcome, Settings};
use ego_outputs::Format;

use crate::cli::{RunArgs, RunFormat};
use crate::console::{self, Bar};
use crate::export;
use crate::failure::{Status, describe, describe_graph, status_of_graph, usage};
use crate::interrupt::Interrupt;
use crate::report::{Report, count};

/// One frame in so many with a hand is hardly any.
const HARDLY_ANY: u64 = 10;
/// Too few frames to wonder that no hand is in them.
const FEW_FRAMES: u64 = 30;

/// What comes of one input.
struct Job {
    input: Input,
    json: PathBuf,
    annotated: Option<PathBuf>,
    /// Made of the lines when these are whole.
    exports: Vec<(Format, PathBuf)>,
}

impl Job {
    fn new(input: Input, args: &RunArgs) -> Job {
        let file = |ending: &str| args.out.join(format!("{}.{ending}", input.stem));
        let others = args.formats.iter().filter_map(|f| match f {
            RunFormat::Other(format) => Some(format.0),
            RunFormat::Jsonl => None,
        });
        let exports = others.map(|format| (format, file(format.ending()))).collect();
        Job { json: file("jsonl"), annotated: args.annotate.then(|| file("annotated.mp4")), exports, input }
    }

    fn outputs(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.json).chain(&self.annotated).chain(self.exports.iter().map(|(_, path)| path))
    }
}

pub(crate) fn run(args: &RunArgs, json: bool) -> anyhow::Result<Status> {
    let settings = Settings::load(&args.settings.config, &args.settings.overrides)?;
    let mut report = Report::begin(&settings)?;
    let jobs: Vec<Result<Job, BadInput>> = ego_graph::resolve(&args.inputs).into_iter().map(|i| i.map(|i| Job::new(i, args))).collect();
    let report_path = prepare(args, &jobs)?;
    let interrupt = Interrupt::listen()?;
    if json {
        console::json("begin", report.to_json()?)?;
    }
    let mut status = Status::Good;
    let total = jobs.len();
    for (number, job) in jobs.into_iter().enumerate() {
        if interrupt.wanted() {
            break;
        }
        let ended = match job {
            Ok(job) => {
                let title = if total > 1 { format!("[{}/{total}] {}", number + 1, job.input.given) } else { job.input.given.clone() };
                one(&job, args, &settings, &title, json, &interrupt, &mut report)?
            }
            Err(bad) => {
                fail(&bad.given, "", &bad.error, json, &mut report)?;
                status_of_graph(&bad.error)
            }
        };
        status = status.max(ended);
        if matches!(ended, Status::Usage | Status::Missing) {
            // What is wrong with the settings or the machine is wrong for every input.
            break;
        }
    }
    if interrupt.wanted() {
        status = Status::Interrupted;
    }
    report.write(&report_path, status == Status::Interrupted)?;
    if json {
        console::json("end", report.to_json()?)?;
    } else {
        console::data(&report_path.display().to_string())?;
    }
    Ok(status)
}

/// Makes the folder and makes sure that nothing is overwritten by accident; gives the path of the report.
fn prepare(args: &RunArgs, jobs: &[Result<Job, BadInput>]) -> anyhow::Result<PathBuf> {
    make_folder(&args.out)?;
    let inputs: Vec<PathBuf> = jobs.iter().flatten().filter_map(|job| own_path(&job.input)).collect();
    for path in jobs.iter().flatten().flat_map(Job::outputs) {
        if path.canonicalize().is_ok_and(|p| inputs.contains(&p)) {
            return Err(usage(format!("{} is an input and would be overwritten", path.display()), "give another folder with --out"));
        }
        if !args.overwrite && path.exists() {
            let hint = "--overwrite replaces it, or give another folder with --out";
            return Err(usage(format!("{} is there already", path.display()), hint));
        }
    }
    Ok(report_path(&args.out, args.overwrite))
}

/// Makes a folder for results and tries whether files can be made in it.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let hint = "check its permissions or give another folder with --out";
    let refused = |e: std::io::Error| usage(format!("cannot write into the folder {}: {e}", folder.display()), hint);
    std::fs::create_dir_all(folder).map_err(refused)?;
    let probe = folder.join(format!(".ego-{}.part", std::process::id()));
    std::fs::File::create(&probe).map_err(refused)?;
    std::fs::remove_file(&probe).map_err(refused)
}

fn own_path(input: &Input) -> Option<PathBuf> {
    match &input.kind {
        InputKind::File(path) => path.canonicalize().ok(),
        _ => None,
    }
}

/// `run.json`, or `run-2.json` ... beside the reports of earlier runs.
fn report_path(folder: &Path, overwrite: bool) -> PathBuf {
    let first = folder.join("run.json");
    if overwrite || !first.exists() {
        return first;
    }
    (2_u32..).map(|n| folder.join(format!("run-{n}.json"))).find(|p| !p.exists()).unwrap_or(first)
}

/// Runs one input to its end.
fn one(
    job: &Job,
    args: &RunArgs,
    settings: &Settings,
    title: &str,
    json: bool,
    interrupt: &Interrupt,
    report: &mut Report,
) -> anyhow::Result<Status> {
    let (given, stem) = (&job.input.given, &job.input.stem);
    let plan = BatchPlan {
        input: job.input.clone(),
        settings: settings.clone(),
        fps: args.fps,
        json: Some(job.json.clone()),
        annotated: job.annotated.clone(),
    };
    let session = match ego_graph::run(&plan) {
        Ok(session) => session,
        Err(error) => {
            fail(given, stem, &error, json, report)?;
            return Ok(status_of_graph(&error));
        }
    };
    interrupt.watch(session.stopper());
    let mut bar = Bar::new(title);
    let began = Instant::now();
    for event in session.events() {
        tell_event(given, &event, json, &mut bar, began)?;
    }
    drop(bar);
    let outcome = session.finish();
    let mut ended = outcome.failure.as_ref().map_or(Status::Good, status_of_graph);
    for (format, path) in job.exports.iter().filter(|_| outcome.frames > 0) {
        if let Err(error) = export::one(&job.json, *format, path) {
            ended = ended.max(Status::Inputs);
            console::tell(&describe(&error));
            if json {
                console::json("failure", serde_json::json!({ "input": given, "text": describe(&error) }))?;
            }
        }
    }
    let outputs: Vec<PathBuf> = job.outputs().filter(|p| p.exists()).cloned().collect();
    let failure = outcome.failure.as_ref().map(|e| describe_graph(given, e));
    report.add_outcome(given, stem, &outputs, &outcome, failure.clone());
    tell_outcome(given, &outputs, &outcome, failure.as_deref(), json)?;
    Ok(ended)
}

/// Passes an event on to whoever listens.
pub(crate) fn tell_event(name: &str, event: &Event, json: bool, bar: &mut Bar, began: Instant) -> anyhow::Result<()> {
    match event {
        Event::Progress(progress) => {
            bar.update(progress, began.elapsed());
            if json && progress.frames > 0 {
                let position = progress.position.map(|p| p.as_secs_f64());
                let data = serde_json::json!({
                    "input": name, "frames": progress.frames, "dropped": progress.dropped,
                    "position_s": position, "duration_s": progress.duration.map(|d| d.as_secs_f64()),
                });
                console::json("progress", data)?;
            }
        }
        Event::Warning(text) => {
            bar.tell(&format!("warning: {name}: {text}"));
            if json {
                console::json("warning", serde_json::json!({ "input": name, "text": text }))?;
            }
        }
        Event::SourceLost { reason, retry_in } => {
            bar.tell(&format!("source lost: {reason}; next attempt in {:.1} s", retry_in.as_secs_f64()));
            if json {
                let data = serde_json::json!({ "input": name, "reason": reason, "retry_in_s": retry_in.as_secs_f64() });
                console::json("source-lost", data)?;
            }
        }
        Event::Action { begins, label, head, subject } => {
            if json {
                let data = serde_json::json!({ "input": name, "begins": begins, "label": label, "head": head, "subject": subject });
                console::json("action", data)?;
            }
        }
        Event::SourceBack { away } => {
            bar.tell(&format!("source back after {:.1} s", away.as_secs_f64()));
            if json {
                console::json("source-back", serde_json::json!({ "input": name, "away_s": away.as_secs_f64() }))?;
            }
        }
    }
    Ok(())
}

/// Says in one line how a graph ended.
pub(crate) fn tell_outcome(name: &str, outputs: &[PathBuf], outcome: &Outcome, failure: Option<&str>, json: bool) -> anyhow::Result<()> {
    let seconds = outcome.wall.as_secs_f64();
    let rate = outcome.frames as f64 / seconds.max(1e-9);
    if outcome.frames > 0 || failure.is_none() {
        let stopped = if outcome.stopped { ", stopped early" } else { "" };
        let dropped = if outcome.dropped > 0 { format!(", {} dropped", outcome.dropped) } else { String::new() };
        let errors = stage_errors(outcome);
        console::tell(&format!("{name}: {} frames in {seconds:.1} s, {rate:.1} frames/s{dropped}{errors}{stopped}", outcome.frames));
    }
    if let Some(failure) = failure {
        console::tell(failure);
        if json {
            console::json("failure", serde_json::json!({ "input": name, "text": failure }))?;
        }
    } else if let Some(note) = no_hands(outcome) {
        console::tell(&format!("note: {name}: {note}"));
        if json {
            console::json("warning", serde_json::json!({ "input": name, "text": note }))?;
        }
    }
    if !json {
        for path in outputs {
            console::data(&path.display().to_string())?;
        }
    }
    Ok(())
}

/// Frames that a stage could not use, by stage: the first of each is warned about, the rest only counted.
fn stage_errors(outcome: &Outcome) -> String {
    let counts = outcome.stages.iter().map(|stage| (&stage.stage, count(stage, "errors"))).filter(|(_, errors)| *errors > 0);
    counts.map(|(stage, errors)| format!(", {errors} {} of {stage}", if errors == 1 { "error" } else { "errors" })).collect()
}

/// What to try when hardly a hand was found in a whole input, which is rarely what was wanted.
fn no_hands(outcome: &Outcome) -> Option<String> {
    let stage = outcome.stages.iter().find(|stage| stage.element == "egohands")?;
    let looked = count(stage, "analysed");
    let found = looked.saturating_sub(count(stage, "empty"));
    if looked < FEW_FRAMES || found * HARDLY_ANY > looked {
        return None;
    }
    let (name, model) = (&stage.stage, stage.model.as_deref().unwrap_or_default());
    let other = if model == "ego-hands" { "mediapipe-hands" } else { "ego-hands" };
    Some(format!(
        "hands were found in {found} of {looked} frames. If there are more, try another model (--set {name}.model={other}), \
         --set {name}.bystanders=true for hands that are not the wearer's, or --set {name}.use-mask=false for hands beyond reach"
    ))
}

/// An input that never ran.
fn fail(given: &str, stem: &str, error: &GraphError, json: bool, report: &mut Report) -> anyhow::Result<()> {
    let text = describe_graph(given, error);
    report.add_failure(given, stem, text.clone());
    console::tell(&text);
    if json {
        console::json("failure", serde_json::json!({ "input": given, "text": text })).context("write to standard output")?;
    }
    Ok(())
}
