//! A graph over a source that does not end: frames never wait, a source that goes away is tried again, results go on in one file.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::chain;
use crate::encode;
use crate::error::{GraphError, Result};
use crate::events::Event;
use crate::gate::Gate;
use crate::late::LateStages;
use crate::live_source::{LiveSource, SourceWishes};
use crate::properties::make;
use crate::session::{Graph, Session, Source, Writer};
use crate::settings::Settings;
use crate::tap::Tap;

/// What one live run does.
#[derive(Clone, Debug)]
pub struct LivePlan {
    /// Where the frames come from.
    pub source: LiveSource,
    /// Stages and their properties.
    pub settings: Settings,
    /// Name of the stream in the results.
    pub stream: String,
    /// JSON lines go here.
    pub json: Option<PathBuf>,
    /// A Matroska file with the pictures as they come goes here.
    pub record: Option<PathBuf>,
    /// Show the pictures with results drawn on them.
    pub window: bool,
    /// Every picture that leaves the last stage also goes here; takes the place of `window`.
    pub tap: Option<Tap>,
    /// Pictures go to the tap from the start, and through the stages from the moment that these have loaded their models. Results and
    /// recordings that are written have every frame, so this counts only without `json` and `record`.
    pub pictures_first: bool,
    /// End by itself so long after the first frame.
    pub duration: Option<Duration>,
}

/// Builds the graph and sets it going.
///
/// # Errors
/// When settings are wrong, an element is not installed, or there is no such camera; everything later is in the
/// [`Outcome`](crate::Outcome).
pub fn live(plan: &LivePlan) -> Result<Session> {
    plan.settings.check()?;
    let settings = &plan.settings;
    let add = |pipeline: &gst::Pipeline, element: &gst::Element| pipeline.add(element).map_err(|e| GraphError::Build(e.to_string()));
    let pipeline = gst::Pipeline::new();
    let entry = chain::queue(settings.program_count("live", "queue-frames")?)?;
    entry.set_property_from_str("leaky", "downstream");
    add(&pipeline, &entry)?;
    let json = plan.json.as_deref().map(|path| (path, plan.stream.as_str()));
    let stages = gst::Bin::with_name("stages");
    let chain = chain::build(&stages, settings, json, chain::STAGE_QUEUE)?;
    chain::expose_first(&stages, std::slice::from_ref(&chain.first))?;
    chain::expose_last(&stages, std::slice::from_ref(&chain.last))?;
    add(&pipeline, stages.upcast_ref())?;
    let mut writers = Vec::new();
    if let (Some(element), Some(path)) = (&chain.json, &plan.json) {
        writers.push(Writer { element: element.clone(), path: path.clone() });
    }

    let mut line = Vec::new();
    if let Some(tap) = &plan.tap {
        line.extend(tap.elements(false)?);
    } else if plan.window {
        let overlay = make("egooverlay")?;
        settings.apply("overlay", &overlay)?;
        line.extend([overlay, make("videoconvert")?, make("autovideosink")?]);
    } else {
        let sink = make("fakesink")?;
        sink.set_property("enable-last-sample", false);
        sink.set_property("async", false);
        line.push(sink);
    }
    chain::add_and_link(&pipeline, &line)?;
    let late = if plan.pictures_first && plan.tap.is_some() && plan.json.is_none() && plan.record.is_none() {
        Some(LateStages::bypass(stages, entry.clone(), line[0].clone())?)
    } else {
        chain::link(&entry, stages.upcast_ref())?;
        chain::link(stages.upcast_ref(), &line[0])?;
        None
    };
    let window = (plan.window && plan.tap.is_none()).then(|| line.pop()).flatten();

    let waiting = LeakyQueue::watch(&entry)?;
    let mut recording_queue = None;
    let after_pacing = match &plan.record {
        Some(path) => {
            let (recording, queue) = encode::recording_mkv(path, settings)?;
            let tee = make("tee")?;
            add(&pipeline, &tee)?;
            add(&pipeline, recording.upcast_ref())?;
            chain::link(&tee, &entry)?;
            chain::link(&tee, recording.upcast_ref())?;
            recording_queue = Some(LeakyQueue::watch(&queue)?);
            writers.push(Writer { element: recording.upcast(), path: path.clone() });
            tee
        }
        None => entry,
    };
    // Plays files and downloads at their own pace, which makes them live for everything behind; cameras pass without delay.
    let first = make("clocksync")?;
    add(&pipeline, &first)?;
    chain::link(&first, &after_pacing)?;
    let gate = Gate::new(chain::static_pad(&first, "sink")?, true, None);
    let connection = Connection::open(&pipeline, first, plan, waiting)?;
    let source = Source::Live(connection);
    Graph { pipeline, gate, chain, late, source, writers, window, recording_queue, duration: plan.duration }.start()
}

/// A queue that drops its oldest frame when it is full, and how many it has dropped.
pub(crate) struct LeakyQueue {
    queue: gst::Element,
    entered: Arc<AtomicU64>,
    left: Arc<AtomicU64>,
}

impl LeakyQueue {
    pub(crate) fn watch(queue: &gst::Element) -> Result<LeakyQueue> {
        let count = |pad: &str| -> Result<Arc<AtomicU64>> {
            let counter = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&counter);
            chain::static_pad(queue, pad)?.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                counted.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
            Ok(counter)
        };
        Ok(LeakyQueue { queue: queue.clone(), entered: count("sink")?, left: count("src")? })
    }

    /// Frames that went in and neither came out nor wait; a frame between two counters may be counted for a moment.
    pub(crate) fn dropped(&self) -> u64 {
        let left = self.left.load(Ordering::Relaxed);
        let waiting = u64::from(self.queue.property::<u32>("current-level-buffers"));
        self.entered.load(Ordering::Relaxed).saturating_sub(left + waiting)
    }
}

/// The live source as it comes and goes.
pub(crate) struct Connection {
    source: LiveSource,
    wishes: SourceWishes,
    /// The first element after the source.
    first: gst::Element,
    waiting: LeakyQueue,
    silence: Duration,
    retry_first: Duration,
    retry_most: Duration,
    /// The present source; `None` while waiting for the next attempt.
    bin: Option<gst::Element>,
    /// When the present source was made, or when the next attempt is due.
    since_or_due: Instant,
    /// Time to wait after the next failure.
    next_wait: Duration,
    ever_connected: bool,
    lost_at: Option<Instant>,
    times_lost: u64,
    finished: bool,
}

impl Connection {
    fn open(pipeline: &gst::Pipeline, first: gst::Element, plan: &LivePlan, waiting: LeakyQueue) -> Result<Connection> {
        let retry_first = plan.settings.program_secs("live", "retry-first-s")?;
        let silence = plan.settings.program_secs("live", "silence-s")?;
        let mut connection = Connection {
            source: plan.source.clone(),
            wishes: SourceWishes::from_settings(&plan.settings)?,
            first,
            waiting,
            silence,
            retry_first,
            retry_most: plan.settings.program_secs("live", "retry-most-s")?.max(retry_first),
            bin: None,
            since_or_due: Instant::now(),
            next_wait: retry_first,
            ever_connected: false,
            lost_at: None,
            times_lost: 0,
            finished: false,
        };
        connection.attach(pipeline)?;
        Ok(connection)
    }

    fn attach(&mut self, pipeline: &gst::Pipeline) -> Result<()> {
        let bin = self.source.open(&self.wishes)?;
        pipeline.add(&bin).map_err(|e| GraphError::Build(e.to_string()))?;
        chain::link(&bin, &self.first)?;
        self.since_or_due = Instant::now();
        self.bin = Some(bin);
        Ok(())
    }

    /// Whether an element is part of the present source.
    pub(crate) fn owns(&self, element: &gst::Object) -> bool {
        self.bin.as_ref().is_some_and(|bin| element == bin.upcast_ref::<gst::Object>() || element.has_as_ancestor(bin))
    }

    /// Whether the end of this source is the end of the run: a file, not a camera.
    pub(crate) fn ends_for_good(&self) -> bool {
        self.source.ends_for_good()
    }

    pub(crate) fn times_lost(&self) -> u64 {
        self.times_lost
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.waiting.dropped()
    }

    /// The first frame has come; says for how long there was none, unless it is the very first.
    pub(crate) fn connected(&mut self) -> Option<Duration> {
        self.ever_connected = true;
        self.next_wait = self.retry_first;
        self.lost_at.take().map(|at| at.elapsed())
    }

    /// Takes the source out for good.
    pub(crate) fn disconnect(&mut self, pipeline: &gst::Pipeline) {
        self.finished = true;
        self.detach(pipeline);
    }

    fn detach(&mut self, pipeline: &gst::Pipeline) {
        if let Some(bin) = self.bin.take() {
            bin.unlink(&self.first);
            // Stops its threads; a failure leaves an element that nothing refers to.
            let _ = bin.set_state(gst::State::Null);
            let _ = pipeline.remove(&bin);
        }
    }

    /// The source has failed: takes it out and plans the next attempt.
    ///
    /// # Errors
    /// When it never worked: then the user's words are wrong rather than the cable loose.
    pub(crate) fn lost(&mut self, pipeline: &gst::Pipeline, gate: &Gate, reason: String) -> Result<Option<Event>> {
        if self.bin.is_none() || self.finished {
            return Ok(None);
        }
        self.detach(pipeline);
        if !self.ever_connected {
            return Err(self.source.cannot_open(reason));
        }
        gate.expect_connection();
        Ok(Some(self.plan_attempt(reason)))
    }

    fn plan_attempt(&mut self, reason: String) -> Event {
        if self.lost_at.is_none() {
            self.lost_at = Some(Instant::now());
            self.times_lost += 1;
        }
        let retry_in = self.next_wait;
        self.since_or_due = Instant::now() + retry_in;
        self.next_wait = (retry_in * 2).min(self.retry_most);
        Event::SourceLost { reason, retry_in }
    }

    /// Makes the next attempt when it is due, and counts a silent source as lost.
    ///
    /// # Errors
    /// As [`Connection::lost`].
    pub(crate) fn look_after(&mut self, pipeline: &gst::Pipeline, gate: &Gate) -> Result<Option<Event>> {
        if self.finished {
            return Ok(None);
        }
        let Some(bin) = &self.bin else {
            if Instant::now() < self.since_or_due {
                return Ok(None);
            }
            if let Err(error) = self.attach(pipeline) {
                return Ok(Some(self.plan_attempt(error.to_string())));
            }
            if let Some(bin) = &self.bin {
                // A refusal leaves an error on the bus, which comes back as `lost`.
                let _ = bin.sync_state_with_parent();
            }
            return Ok(None);
        };
        let newest = gate.last_arrival().unwrap_or(self.since_or_due);
        // Time in a state change is not silence.
        if newest.elapsed() > self.silence && bin.current_state() >= gst::State::Ready {
            let reason = format!("no frame for {} s", self.silence.as_secs_f64());
            return self.lost(pipeline, gate, reason);
        }
        Ok(None)
    }
}
