//! A running graph: one thread that listens to the bus, tells the listener, and ends the graph so that every file is readable.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use gst::prelude::*;

use crate::batch::NO_VIDEO;
use crate::chain::{self, Chain};
use crate::container;
use crate::error::{GraphError, Result};
use crate::events::{self, EVENT_QUEUE, Event, Events, Progress};
use crate::fault::{self, Fault};
use crate::gate::{CONNECTED, CONNECTION_ENDED, Gate, NOTE};
use crate::input::{Input, InputKind};
use crate::late::LateStages;
use crate::live::Connection;
use crate::rest::Rest;
use crate::stages::Stages;
use crate::stats::{StageStats, stage_stats};

/// Time between two looks at the clock, and between two progress events.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// Without a frame for so long after the end was asked for, the graph is given up.
const DRAIN_PATIENCE: Duration = Duration::from_secs(20);
/// The name of the application message that ends a graph early.
const STOP: &str = "ego-stop";

/// A graph that is running in its own thread. Dropping it without [`Session::finish`] stops it and waits.
#[derive(Debug)]
pub struct Session {
    events: Receiver<Event>,
    stopper: Stopper,
    stages: Stages,
    thread: Option<JoinHandle<Outcome>>,
}

/// Ends a graph from anywhere: frames that are inside are finished, files are closed properly.
#[derive(Clone, Debug)]
pub struct Stopper {
    bus: gst::Bus,
}

impl Stopper {
    /// Asks once or often; returns at once.
    pub fn stop(&self) {
        // Only refused when the graph has already ended.
        let _ = self.bus.post(gst::message::Application::new(gst::Structure::new_empty(STOP)));
    }
}

/// What came of a graph.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Frames that left the last stage.
    pub frames: u64,
    /// Frames that were dropped in front of the analysis (live only).
    pub dropped: u64,
    /// Frames that the recorder had to leave out (live only).
    pub recording_dropped: u64,
    /// Time stamp of the last frame.
    pub position: Option<Duration>,
    /// From start to end on the wall clock.
    pub wall: Duration,
    /// Width and height of the last picture, pixels.
    pub size: Option<(u32, u32)>,
    /// Whether it was ended by [`Stopper::stop`] or by closing the window.
    pub stopped: bool,
    /// Times the live source was lost.
    pub reconnects: u64,
    /// Why it failed; results up to there are kept.
    pub failure: Option<GraphError>,
    /// Each different warning once.
    pub warnings: Vec<String>,
    /// What each analysis element says about itself.
    pub stages: Vec<StageStats>,
}

impl Session {
    /// Messages in order; ends when the graph has ended. Listen, or drop the session: progress is left out when nobody listens,
    /// warnings wait.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// A handle that ends the graph.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The stages that run.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Outcome {
        self.join()
    }

    fn join(&mut self) -> Outcome {
        let Some(thread) = self.thread.take() else { return Outcome::default() };
        // Unheard messages must not block the thread that we wait for.
        self.events = crossbeam_channel::never();
        thread.join().unwrap_or_else(|_| Outcome {
            failure: Some(GraphError::Build("the graph's thread panicked; please report what it printed".into())),
            ..Outcome::default()
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stopper.stop();
        self.join();
    }
}

/// Where the frames of a graph come from.
pub(crate) enum Source {
    Batch { element: gst::Element, input: Input },
    Live(Connection),
}

/// An element (or bin) that writes a file.
pub(crate) struct Writer {
    pub(crate) element: gst::Element,
    pub(crate) path: PathBuf,
}

/// A graph that is built and linked, not yet started.
pub(crate) struct Graph {
    pub(crate) pipeline: gst::Pipeline,
    pub(crate) gate: Gate,
    pub(crate) chain: Chain,
    /// The stages, when pictures do not wait for them.
    pub(crate) late: Option<LateStages>,
    pub(crate) source: Source,
    pub(crate) writers: Vec<Writer>,
    pub(crate) window: Option<gst::Element>,
    /// The recorder's queue with its counter of frames that went in.
    pub(crate) recording_queue: Option<crate::live::LeakyQueue>,
    /// Ends by itself so long after the first frame.
    pub(crate) duration: Option<Duration>,
}

impl Graph {
    /// Starts the graph in a thread of its own.
    pub(crate) fn start(self) -> Result<Session> {
        let bus = self.pipeline.bus().ok_or_else(|| GraphError::Build("the pipeline has no bus".into()))?;
        let (sender, events) = crossbeam_channel::bounded(EVENT_QUEUE);
        let stopper = Stopper { bus: bus.clone() };
        let stages = Stages::new(self.chain.stages.clone());
        let run = Run {
            graph: self,
            events: Events::new(sender),
            outcome: Outcome::default(),
            started: Instant::now(),
            first_frame: None,
            draining: None,
            rest: Rest::default(),
            length: None,
        };
        let thread = std::thread::Builder::new()
            .name("ego-graph".into())
            .spawn(move || run.listen(&bus))
            .map_err(|e| GraphError::Build(format!("cannot start a thread: {e}")))?;
        Ok(Session { events, stopper, stages, thread: Some(thread) })
    }
}

/// The end was asked for: since when nothing has moved, and how many frames there were then.
struct Draining {
    since: Instant,
    frames: u64,
}

struct Run {
    graph: Graph,
    events: Events,
    outcome: Outcome,
    started: Instant,
    first_frame: Option<Instant>,
    draining: Option<Draining>,
    /// Of a file that has delivered nothing.
    rest: Rest,
    length: Option<Duration>,
}

/// Whether to go on listening.
type Flow = std::ops::ControlFlow<()>;
const GO_ON: Flow = Flow::Continue(());
const DONE: Flow = Flow::Break(());

impl Run {
    fn listen(mut self, bus: &gst::Bus) -> Outcome {
        // A refused start has left its reason on the bus.
        let Graph { pipeline, chain, late, .. } = &self.graph;
        // Late stages are in a bin of their own.
        let stages = if late.is_some() { &[][..] } else { &chain.stages };
        let refused = !chain::start(pipeline, stages, gst::State::Playing);
        if let Some(late) = &self.graph.late
            && let Err(error) = late.load()
        {
            self.fail(error);
            return self.close();
        }
        let mut flow = GO_ON;
        while flow.is_continue() {
            let wait = if refused { gst::ClockTime::ZERO } else { TICK };
            flow = match bus.timed_pop(wait) {
                Some(message) => self.message(&message),
                None if refused => {
                    self.fail(GraphError::Build("the graph does not start, and no element says why".into()));
                    DONE
                }
                None => GO_ON,
            };
            if flow.is_continue() {
                flow = self.tick();
            }
        }
        self.close()
    }

    fn close(mut self) -> Outcome {
        self.progress();
        let graph = &self.graph;
        let outcome = &mut self.outcome;
        outcome.frames = graph.chain.counter.frames();
        outcome.position = graph.chain.counter.position();
        outcome.size = graph.gate.size();
        outcome.stages = graph.chain.stages.iter().map(|(name, element)| stage_stats(name, element)).collect();
        if let Source::Live(connection) = &graph.source {
            outcome.reconnects = connection.times_lost();
            outcome.dropped = connection.dropped();
        }
        outcome.recording_dropped = graph.recording_queue.as_ref().map_or(0, crate::live::LeakyQueue::dropped);
        if let Some(late) = &graph.late {
            late.close();
        }
        // Cannot fail downwards; the worst case is an element that does not come back, and then nothing else helps either.
        let _ = graph.pipeline.set_state(gst::State::Null);
        outcome.wall = self.started.elapsed();
        if outcome.frames == 0 && outcome.failure.is_some() {
            // Only files that this run has made and that hold nothing.
            for writer in &graph.writers {
                let _ = std::fs::remove_file(&writer.path);
            }
        }
        self.outcome.warnings = self.events.into_warnings();
        self.outcome
    }

    fn message(&mut self, message: &gst::Message) -> Flow {
        use gst::MessageView;
        match message.view() {
            MessageView::Eos(_) => self.end_of_stream(),
            MessageView::Error(error) => {
                let fault = fault::of_error(&self.graph, error);
                self.fault(fault)
            }
            MessageView::Warning(warning) => {
                self.events.warn(events::said_by(message, &warning.error()));
                GO_ON
            }
            MessageView::Info(info) => {
                self.events.warn(events::said_by(message, &info.error()));
                GO_ON
            }
            MessageView::Latency(_) => {
                // Fails only while elements are still starting; they ask again.
                let _ = self.graph.pipeline.recalculate_latency();
                GO_ON
            }
            MessageView::Application(note) => self.note(note.structure()),
            MessageView::Element(note) => {
                let ours = note.structure().filter(|s| s.name() == events::ACTION);
                if let Some(event) = ours.and_then(Event::of_action) {
                    self.events.tell(event);
                }
                GO_ON
            }
            _ => GO_ON,
        }
    }

    fn note(&mut self, note: Option<&gst::StructureRef>) -> Flow {
        let Some(note) = note else { return GO_ON };
        let text = note.get::<String>("text").unwrap_or_default();
        match note.name().as_str() {
            STOP => {
                self.outcome.stopped = true;
                self.drain()
            }
            NOTE => {
                self.events.warn(text);
                GO_ON
            }
            NO_VIDEO => match &self.graph.source {
                Source::Batch { input, .. } => self.fault(Fault::Fatal(GraphError::NoVideo { input: input.given.clone() })),
                Source::Live(_) => self.fault(Fault::Source("it has no video in it".into())),
            },
            CONNECTED => {
                if let Source::Live(connection) = &mut self.graph.source
                    && let Some(away) = connection.connected()
                {
                    self.events.tell(Event::SourceBack { away });
                }
                GO_ON
            }
            CONNECTION_ENDED if matches!(&self.graph.source, Source::Live(c) if c.ends_for_good()) => self.drain(),
            CONNECTION_ENDED => self.fault(Fault::Source(text)),
            _ => GO_ON,
        }
    }

    /// What an error means for the rest of the run.
    fn fault(&mut self, fault: Fault) -> Flow {
        match fault {
            Fault::Stale => GO_ON,
            Fault::WindowClosed => {
                self.outcome.stopped = true;
                self.drain()
            }
            // The source of an ended stream may complain about its own end.
            Fault::Source(_) if self.draining.is_some() => GO_ON,
            Fault::Source(reason) => match &mut self.graph.source {
                Source::Live(connection) => {
                    match connection.lost(&self.graph.pipeline, &self.graph.gate, reason) {
                        Ok(Some(event)) => self.events.tell(event),
                        Ok(None) => {}
                        Err(error) => {
                            self.fail(error);
                            return DONE;
                        }
                    }
                    GO_ON
                }
                Source::Batch { input, .. } => {
                    let error = fault::of_input(input, self.graph.gate.frames(), reason, "");
                    self.fail(error);
                    self.keep_what_there_is()
                }
            },
            Fault::Input(error) => {
                self.fail(error);
                self.keep_what_there_is()
            }
            Fault::Fatal(error) => {
                self.fail(error);
                DONE
            }
        }
    }

    /// The first failure counts: later ones are its consequences.
    fn fail(&mut self, error: GraphError) {
        self.outcome.failure.get_or_insert(error);
    }

    /// After a failure of the input: finish the files when there is something in them.
    fn keep_what_there_is(&mut self) -> Flow {
        if self.graph.gate.frames() == 0 { DONE } else { self.drain() }
    }

    /// Ends the stream in front of the first stage and waits for the frames behind it.
    fn drain(&mut self) -> Flow {
        if self.draining.is_some() {
            return GO_ON;
        }
        self.draining = Some(Draining { since: Instant::now(), frames: self.graph.chain.counter.frames() });
        if let Source::Live(connection) = &mut self.graph.source {
            connection.disconnect(&self.graph.pipeline);
        }
        self.graph.gate.close();
        // Nothing has ever come in: no end of stream can travel through elements that do not know a stream.
        if self.graph.gate.frames() == 0 { DONE } else { GO_ON }
    }

    fn end_of_stream(&mut self) -> Flow {
        if self.outcome.failure.is_some() || self.draining.is_some() {
            return DONE;
        }
        if let Source::Batch { input, .. } = &self.graph.source {
            let frames = self.graph.chain.counter.frames();
            let given = input.given.clone();
            let cut = match &input.kind {
                InputKind::File(path) => container::cut_short(path),
                _ => None,
            };
            match cut {
                Some(reason) => self.fail(GraphError::Truncated { input: given, reason, frames }),
                None if frames == 0 => self.fail(GraphError::NoFrames { input: given }),
                None => self.warn_of_early_end(&given),
            }
        }
        DONE
    }

    fn warn_of_early_end(&mut self, given: &str) {
        let (Some(end), Some(promised)) = (self.graph.chain.counter.position(), self.length) else { return };
        // Sound may go on a little longer than the picture.
        if end.mul_f64(1.05) + Duration::from_secs(1) < promised {
            let (end, promised) = (end.as_secs_f64(), promised.as_secs_f64());
            self.events.warn(format!("{given}: the last frame is at {end:.1} s, the file promises {promised:.1} s: it may be cut short"));
        }
    }

    fn tick(&mut self) -> Flow {
        if self.first_frame.is_none() && self.graph.gate.frames() > 0 {
            self.first_frame = Some(Instant::now());
        }
        self.progress();
        if let Some(draining) = &mut self.draining {
            let frames = self.graph.chain.counter.frames();
            if frames != draining.frames {
                *draining = Draining { since: Instant::now(), frames };
            } else if draining.since.elapsed() > DRAIN_PATIENCE {
                self.fail(GraphError::Stuck { what: "the last frames".into(), seconds: DRAIN_PATIENCE.as_secs() });
                return DONE;
            }
            return GO_ON;
        }
        if let (Some(limit), Some(first)) = (self.graph.duration, self.first_frame)
            && first.elapsed() >= limit
        {
            return self.drain();
        }
        if let Source::Batch { element, input } = &self.graph.source
            && self.rest.never_begins(&input.kind, element, &self.graph.gate)
        {
            return self.end_of_stream();
        }
        if let Source::Live(connection) = &mut self.graph.source {
            match connection.look_after(&self.graph.pipeline, &self.graph.gate) {
                Ok(Some(event)) => self.events.tell(event),
                Ok(None) => {}
                Err(error) => {
                    self.fail(error);
                    return DONE;
                }
            }
        }
        GO_ON
    }

    fn progress(&mut self) {
        if self.length.is_none() && self.graph.gate.frames() > 0 {
            let length = self.graph.gate.pad().peer_query_duration::<gst::ClockTime>();
            self.length = length.filter(|_| matches!(self.graph.source, Source::Batch { .. })).map(Duration::from);
        }
        let dropped = match &self.graph.source {
            Source::Live(connection) => connection.dropped(),
            Source::Batch { .. } => 0,
        };
        let counter = &self.graph.chain.counter;
        self.events.progress(Progress { frames: counter.frames(), dropped, position: counter.position(), duration: self.length });
    }
}
