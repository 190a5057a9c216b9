//! `ego live`: a source that does not end.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ego_graph::{Event, GraphError, LivePlan, LiveSource, Outcome, Settings};

use crate::cli::{Display, LiveArgs};
use crate::commands::Commands;
use crate::console::{self, Bar};
use crate::failure::{Status, describe_graph, status_of_graph, usage};
use crate::interrupt::Interrupt;
use crate::live_window;
use crate::report::Report;
use crate::run::{make_folder, tell_event, tell_outcome};

/// Result lines for whoever reads our standard output.
const STANDARD_OUTPUT: &str = "/dev/stdout";

pub(crate) fn live(args: &LiveArgs, json: bool) -> anyhow::Result<Status> {
    let display = display(args, json)?;
    if display == Display::Viewer {
        crate::view::without_asking_in_vain();
    }
    let settings = Settings::load(&args.settings.config, &args.settings.overrides)?;
    let mut report = Report::begin(&settings)?;
    let commands = Commands::new(settings.commands()?);
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
        window: display == Display::Plain,
        tap: None,
        pictures_first: false,
        duration: args.duration,
    };
    // Lines on standard output are frames alone; otherwise they are what happens.
    let tell_json = json && args.out.is_some();
    let interrupt = Interrupt::listen()?;
    if tell_json {
        console::json("begin", report.to_json()?)?;
    }
    let mut listener = Listener { name: &name, commands, tell_json, bar: Bar::new(&name), began: Instant::now() };
    let shown = (display == Display::Viewer).then(|| live_window::show(&plan, args, &mut listener, &interrupt));
    let mut outcome = match shown {
        Some(Ok(outcome)) => outcome,
        // A screen without graphics: better a plain window than none, unless the viewer was asked for.
        Some(Err(error)) if args.display.is_none() => {
            listener.bar.tell(&format!("warning: {error}; a plain window opens instead"));
            run(&LivePlan { window: true, ..plan.clone() }, &mut listener, &interrupt)?
        }
        Some(Err(error)) => return Err(crate::view::told(error)),
        None => run(&plan, &mut listener, &interrupt)?,
    };
    for problem in listener.commands.ended() {
        listener.bar.tell(&format!("warning: {problem}"));
    }
    drop(listener);
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

/// Where pictures show: where the user says, else in the viewer where there is a screen.
fn display(args: &LiveArgs, json: bool) -> anyhow::Result<Display> {
    let screen = std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some();
    let goes_somewhere = args.out.is_some() || json;
    let display = match args.display {
        _ if args.headless => Display::None,
        Some(display) => display,
        None if !screen && goes_somewhere => {
            console::tell("there is no screen, so no window opens (--display none says so beforehand)");
            Display::None
        }
        None => Display::Viewer,
    };
    if display == Display::None && !goes_somewhere {
        let hint = "give --out DIR for files, --json for lines on standard output, or leave out --headless for a window";
        return Err(usage("the results would go nowhere", hint));
    }
    if display != Display::None && !screen {
        return Err(GraphError::Window("neither DISPLAY nor WAYLAND_DISPLAY is set".into()).into());
    }
    Ok(display)
}

/// Runs without the viewer.
fn run(plan: &LivePlan, listener: &mut Listener<'_>, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
    let session = ego_graph::live(plan)?;
    interrupt.watch(session.stopper());
    for event in session.events() {
        listener.hear(&event)?;
    }
    Ok(session.finish())
}

/// Tells the user what happens, and starts the commands of labels.
pub(crate) struct Listener<'a> {
    name: &'a str,
    commands: Commands,
    tell_json: bool,
    bar: Bar,
    began: Instant,
}

impl Listener<'_> {
    pub(crate) fn hear(&mut self, event: &Event) -> anyhow::Result<()> {
        for problem in self.commands.hear(event) {
            self.bar.tell(&format!("warning: {problem}"));
        }
        tell_event(self.name, event, self.tell_json, &mut self.bar, self.began)
    }
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
