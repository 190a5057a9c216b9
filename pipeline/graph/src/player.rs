//! A graph over a file that a person moves about in: play, pause, jump, step, faster, slower.
//!
//! ```text
//! uridecodebin ! queue ! [stages] ! queue ! videoconvert ! appsink (paced by the clock)
//! ```
//!
//! Every picture that the person sees has been through all stages; a stage that is slower than the video slows it down. Without
//! stages the first picture comes at once, because no model is loaded.
//!
//! A [`Player`] has no thread of its own: whoever owns it asks [`Player::poll`] for news, and its functions may wait for GStreamer,
//! so they belong into a thread beside the one that draws.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::batch;
use crate::chain;
use crate::error::{GraphError, Result};
use crate::events::said_by;
use crate::fault;
use crate::gate::Gate;
use crate::input::{Input, InputKind};
use crate::rest::Rest;
use crate::settings::Settings;
use crate::stages::Stages;
use crate::tap::Tap;

/// Slowest and fastest speed.
pub const RATES: [f64; 2] = [0.1, 8.0];

/// What is played.
#[derive(Clone, Debug)]
pub struct PlayPlan {
    /// Where the frames come from.
    pub input: Input,
    /// Stages and their properties; `None` = pictures only.
    pub settings: Option<Settings>,
    /// Rate of pictures and of streams without time stamps, frames per second.
    pub fps: Option<f64>,
    /// Where the pictures go.
    pub tap: Tap,
}

/// News of a player.
#[derive(Debug)]
pub enum PlayerEvent {
    /// The picture that was jumped or stepped to has been handed over.
    Arrived,
    /// The end was reached.
    Ended,
    /// An element warns.
    Warning(String),
    /// It cannot go on.
    Failed(GraphError),
}

/// A file under a person's hands.
pub struct Player {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    stages: Stages,
    input: Input,
    gate: Gate,
    source: gst::Element,
    rest: Mutex<Rest>,
    rate: f64,
}

impl Player {
    /// Builds the graph and begins to load its first picture; it stays on that until [`Player::play`].
    ///
    /// # Errors
    /// When settings are wrong, an element is not installed, or the input is not there.
    pub fn open(plan: &PlayPlan) -> Result<Player> {
        if let InputKind::File(path) = &plan.input.kind {
            let meta = std::fs::metadata(path).map_err(|source| GraphError::Open { path: path.clone(), source })?;
            if meta.len() == 0 {
                return Err(GraphError::EmptyFile { input: plan.input.given.clone() });
            }
        }
        let rate = plan.fps.and_then(gst::Fraction::approximate_f64);
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| GraphError::Build("the pipeline has no bus".into()))?;
        let entry = chain::queue(2)?;
        pipeline.add(&entry).map_err(|e| GraphError::Build(e.to_string()))?;
        let gate = Gate::new(chain::static_pad(&entry, "sink")?, false, rate);
        let settings = plan.settings.clone().unwrap_or_else(Settings::empty);
        settings.check()?;
        let chain = chain::build(&pipeline, &settings, None, chain::STAGE_QUEUE)?;
        chain::fix_hands_delay(&chain, &settings);
        chain::link(&entry, &chain.first)?;
        let tail = plan.tap.elements(true)?;
        chain::add_and_link(&pipeline, &tail)?;
        if let Some(first) = tail.first() {
            chain::link(&chain.last, first)?;
        }
        let source = batch::source(&plan.input.kind, rate)?;
        pipeline.add(&source).map_err(|e| GraphError::Build(e.to_string()))?;
        batch::link_source(&source, &entry)?;
        // A refused start leaves its reason on the bus, and `poll` tells it.
        let _ = chain::start(&pipeline, &chain.stages, gst::State::Paused);
        let stages = Stages::new(chain.stages);
        let player = Player { pipeline, bus, stages, input: plan.input.clone(), gate, source, rest: Mutex::default(), rate: 1.0 };
        Ok(player)
    }

    /// The stages that run.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// Goes on from where it is.
    pub fn play(&self) {
        let _ = self.pipeline.set_state(gst::State::Playing);
    }

    /// Stays on the present picture.
    pub fn pause(&self) {
        let _ = self.pipeline.set_state(gst::State::Paused);
    }

    /// Jumps to the picture that is shown at this time; [`PlayerEvent::Arrived`] follows. Returns whether the input can do that.
    pub fn seek(&self, to: Duration) -> bool {
        self.seek_at(to, self.rate)
    }

    /// Plays so many times as fast, within [`RATES`]. Returns whether the input can do that.
    pub fn set_rate(&mut self, rate: f64) -> bool {
        let rate = rate.clamp(RATES[0], RATES[1]);
        let done = self.position().is_some_and(|at| self.seek_at(at, rate));
        if done {
            self.rate = rate;
        }
        done
    }

    fn seek_at(&self, to: Duration, rate: f64) -> bool {
        let to = gst::ClockTime::try_from(to).unwrap_or(gst::ClockTime::ZERO);
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        self.pipeline.seek(rate, flags, gst::SeekType::Set, to, gst::SeekType::End, gst::ClockTime::ZERO).is_ok()
            || self.pipeline.seek(rate, flags, gst::SeekType::Set, to, gst::SeekType::None, gst::ClockTime::NONE).is_ok()
    }

    /// Goes to the next picture of a paused player; [`PlayerEvent::Arrived`] follows.
    pub fn step(&self) {
        self.pipeline.send_event(gst::event::Step::new(gst::format::Buffers::ONE, 1.0, true, false));
    }

    /// Length of the input, when it is known.
    pub fn duration(&self) -> Option<Duration> {
        self.pipeline.query_duration::<gst::ClockTime>().map(Duration::from)
    }

    /// Where it is.
    pub fn position(&self) -> Option<Duration> {
        self.pipeline.query_position::<gst::ClockTime>().map(Duration::from)
    }

    /// The next piece of news, waiting so long for one.
    pub fn poll(&self, wait: Duration) -> Option<PlayerEvent> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Some(message) = self.bus.timed_pop(gst::ClockTime::try_from(left).unwrap_or(gst::ClockTime::ZERO)) else {
                let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
                let never = rest.never_begins(&self.input.kind, &self.source, &self.gate);
                return never.then(|| PlayerEvent::Failed(GraphError::NoFrames { input: self.input.given.clone() }));
            };
            // Most messages are no news: a graph that starts has a hundred of them.
            if let Some(event) = self.event(&message) {
                return Some(event);
            }
        }
    }

    fn event(&self, message: &gst::Message) -> Option<PlayerEvent> {
        use gst::MessageView;
        match message.view() {
            MessageView::AsyncDone(_) | MessageView::StepDone(_) => Some(PlayerEvent::Arrived),
            MessageView::Eos(_) if self.gate.frames() == 0 => {
                Some(PlayerEvent::Failed(GraphError::NoFrames { input: self.input.given.clone() }))
            }
            MessageView::Eos(_) => Some(PlayerEvent::Ended),
            MessageView::Warning(warning) => Some(PlayerEvent::Warning(said_by(message, &warning.error()))),
            MessageView::Info(info) => Some(PlayerEvent::Warning(said_by(message, &info.error()))),
            MessageView::Error(error) => Some(PlayerEvent::Failed(self.failure(error))),
            MessageView::Application(note) if note.structure().is_some_and(|s| s.name() == batch::NO_VIDEO) => {
                Some(PlayerEvent::Failed(GraphError::NoVideo { input: self.input.given.clone() }))
            }
            MessageView::Latency(_) => {
                let _ = self.pipeline.recalculate_latency();
                None
            }
            _ => None,
        }
    }

    fn failure(&self, message: &gst::message::Error) -> GraphError {
        let error = message.error();
        let reason = error.message().trim_end_matches('.').to_owned();
        match message.src().and_then(|source| self.stages.owner(source)) {
            Some(stage) => fault::of_stage(stage, &error, reason),
            None => fault::of_input(&self.input, self.gate.frames(), reason, fault::hint(&error, &self.input)),
        }
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("input", &self.input.given).field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // Nothing that this could say changes what there is.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
