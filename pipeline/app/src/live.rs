//! `ego live`: a source that does not end.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ego_graph::{GraphError, LivePlan, LiveSource, Settings};

use crate::cli::LiveArgs;
use crate::commands::Commands;
use crate::console::{self, Bar};
use crate::failure::{Status, describe_graph, status_of_graph, usage};
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::run::{make_folder, tell_event, tell_outcome};

/// Result lines for whoever reads our standard output.
const STANDARD_OUTPUT: &str = "/dev/stdout";

pub(crate) fn live(args: &LiveArgs, json: bool) -> anyhow::Result<Status> {
    if args.headless && args.out.is_none() && !json {
        let hint = "give --out DIR for files, --json for lines on standard output, or leave out --headless for a window";
        return Err(usage("the results would go nowhere", hint));
    }
    if !args.headless && std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err(GraphError::Window("neither DISPLAY nor WAYLAND_DISPLAY is set".into()).into());
    }
    let settings = Settings::load(&args.settings.config, &args.settings.overrides)?;
    let mut report = Report::begin(&settings)?;
    let mut commands = Commands::new(settings.commands()?);
    let source = LiveSource::parse(args.source.as_deref())?;
    let name = args.source.clone().unwrap_or_else(|| source.name());
    let stream = stream_name();
    let file = |ending: &str| args.out.as_ref().map(|dir| dir.join(format!("{stream}.{ending}")));
    if let Some(folder) = &args.out {
        make_folder(folder)?;
    }
    let plan = LivePlan {
        source,
        settings,
        stream: stream.clone(),
        json: file("jsonl").or_else(|| json.then(|| PathBuf::from(STANDARD_OUTPUT))),
        record: file("mkv").filter(|_| args.record),
        window: !args.headless,
        tap: None,
        duration: args.duration,
    };
    // Lines on standard output are frames alone; otherwise they are what happens.
    let tell_json = json && args.out.is_some();
    let interrupt = Interrupt::listen()?;
    let session = ego_graph::live(&plan)?;
    interrupt.watch(session.stopper());
    if tell_json {
        console::json("begin", report.to_json()?)?;
    }
    let mut bar = Bar::new(&name);
    let began = Instant::now();
    for event in session.events() {
        if let Some(problem) = commands.hear(&event) {
            bar.tell(&format!("warning: {problem}"));
        }
        tell_event(&name, &event, tell_json, &mut bar, began)?;
    }
    drop(bar);
    let mut outcome = session.finish();
    if is_closed_pipe(outcome.failure.as_ref()) {
        outcome.failure = None;
    }
    let outputs: Vec<PathBuf> =
        plan.json.iter().chain(&plan.record).filter(|p| p.is_file() && *p != Path::new(STANDARD_OUTPUT)).cloned().collect();
    let failure = outcome.failure.as_ref().map(|e| describe_graph(&name, e));
    report.add_outcome(&name, &stream, &outputs, &outcome, failure.clone());
    tell_outcome(&name, &outputs, &outcome, failure.as_deref(), json)?;
    if outcome.recording_dropped > 0 {
        console::tell(&format!("warning: the recording lacks {} frames: the encoder was too slow", outcome.recording_dropped));
    }
    if let Some(path) = file("run.json") {
        report.write(&path, interrupt.wanted())?;
        if !json {
            console::data(&path.display().to_string())?;
        }
    }
    if tell_json {
        console::json("end", report.to_json()?)?;
    }
    let ended = outcome.failure.as_ref().map_or(Status::Good, status_of_graph);
    Ok(if interrupt.wanted() { Status::Interrupted } else { ended })
}

/// `live-20261121-093000`: sorts by time, never meets an older one.
fn stream_name() -> String {
    let now = gst::glib::DateTime::now_local().and_then(|now| now.format("%Y%m%d-%H%M%S"));
    now.map_or_else(|_| "live".to_owned(), |text| format!("live-{text}"))
}

/// Whoever reads our lines has read enough.
fn is_closed_pipe(failure: Option<&GraphError>) -> bool {
    matches!(failure, Some(GraphError::Write { path, reason, .. }) if path == Path::new(STANDARD_OUTPUT) && reason.to_lowercase().contains("broken pipe"))
}
