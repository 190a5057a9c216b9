//! The base class: connects GStreamer's events, queries and buffers with the stream and the worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use gst::glib;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_transform::{BaseTransformMode, GenerateOutputSuccess};
use gst_base::subclass::prelude::*;
use gst_video::{VideoCapsBuilder, VideoInfo};

use super::analyzer::{AnalysisError, OpenSettings, Opened};
use super::answer::Answer;
use super::exchange::Stop;
use super::frame::FORMATS;
use super::properties::{self, Settings};
use super::qos::{self, QosRule};
use super::stats::Stats;
use super::stream::{Complete, Next, Rules, Stream};
use super::thread::{Report, Run, panicked};

static CAT: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egoanalysis", gst::DebugColorFlags::empty(), Some("Base of the analysis elements")));

/// State of the element. A lock is held for a look or a change, never while posting, pushing or waiting.
pub struct EgoAnalysis {
    settings: Mutex<Settings>,
    stats: Arc<Mutex<Stats>>,
    run: Mutex<Option<Run>>,
    stream: Mutex<Option<Stream>>,
    answer: Mutex<Answer>,
    qos: Mutex<QosRule>,
    provider: Mutex<Option<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Stop> for gst::FlowError {
    fn from(stop: Stop) -> gst::FlowError {
        match stop {
            Stop::Flushing => gst::FlowError::Flushing,
            Stop::Failed => gst::FlowError::Error,
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoAnalysis {
    const NAME: &'static str = "GstEgoAnalysis";
    const ABSTRACT: bool = true;
    type Type = super::EgoAnalysis;
    type ParentType = gst_base::BaseTransform;
    type Class = super::EgoAnalysisClass;

    fn new() -> Self {
        EgoAnalysis {
            settings: Mutex::default(),
            stats: Arc::new(Mutex::new(Stats::new())),
            run: Mutex::default(),
            stream: Mutex::default(),
            answer: Mutex::new(Answer::new()),
            qos: Mutex::default(),
            provider: Mutex::default(),
        }
    }
}

impl ObjectImpl for EgoAnalysis {
    fn properties() -> &'static [glib::ParamSpec] {
        properties::specs()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
        if Settings::affects_latency(pspec.name()) && lock(&self.run).is_some() {
            self.post(gst::message::Latency::builder().src(&*self.obj()).build());
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => {
                let waiting = lock(&self.run).as_ref().map_or(0, |run| run.desk().waiting());
                lock(&self.stats).structure(waiting).to_value()
            }
            "provider" => lock(&self.provider).to_value(),
            "model" => {
                let set = lock(&self.settings).model.clone();
                set.or_else(|| self.obj().class().as_ref().default_model.map(str::to_owned)).to_value()
            }
            name => lock(&self.settings).get(name).unwrap_or_else(|| pspec.default_value().clone()),
        }
    }

    fn constructed(&self) {
        self.parent_constructed();
        // Late frames must not be dropped by the parent class: only their analysis is skipped.
        self.obj().set_qos(false);
    }
}

impl GstObjectImpl for EgoAnalysis {}

impl ElementImpl for EgoAnalysis {
    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = VideoCapsBuilder::new().format_list(FORMATS).build();
            [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                .into_iter()
                .filter_map(|(name, direction)| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok())
                .collect()
        });
        &TEMPLATES
    }

    fn change_state(&self, transition: gst::StateChange) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::PausedToReady {
            // The parent waits for the streaming thread, which may be waiting for a result.
            if let Some(run) = lock(&self.run).as_ref() {
                run.close();
            }
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for EgoAnalysis {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let Opened { analyzer, warning } = self.open().map_err(|e| e.message())?;
        let element = self.obj();
        gst::info!(CAT, imp = self, "model {} runs on {}", analyzer.model(), analyzer.provider());
        let (model, provider) = (analyzer.model().to_owned(), analyzer.provider().to_owned());
        *lock(&self.stats) = Stats::new();
        *lock(&self.answer) = Answer::new();
        *lock(&self.qos) = QosRule::default();
        let weak = element.downgrade();
        let report = move |report| {
            if let Some(element) = weak.upgrade() {
                element.imp().report(report);
            }
        };
        let run = Run::start(&element.name(), analyzer, self.stats.clone(), report)
            .map_err(|e| gst::error_msg!(gst::ResourceError::Failed, ("cannot start a worker thread: {e}")))?;
        *lock(&self.stream) = Some(Stream::new(run.desk().clone(), element.name().into(), model));
        *lock(&self.run) = Some(run);
        *lock(&self.provider) = Some(provider);
        if let Some(warning) = warning {
            gst::element_imp_warning!(self, gst::ResourceError::NotFound, ("{warning}"));
        }
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let run = lock(&self.run).take();
        if let Some(run) = run {
            run.stop();
        }
        let stream = lock(&self.stream).take();
        drop(stream);
        *lock(&self.provider) = None;
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(incaps).map_err(|e| gst::loggable_error!(CAT, "{e}: {incaps}"))?;
        let frame_duration_ns = self.with_stream(|stream| {
            stream.set_info(info);
            stream.frame_duration_ns()
        });
        lock(&self.answer).frame_duration_ns = frame_duration_ns.flatten().unwrap_or(0);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::FlushStart(_) => self.flush(),
            gst::EventView::FlushStop(_) => {
                self.with_stream(|stream| {
                    stream.forget();
                    stream.desk().set_flushing(false);
                });
                *lock(&self.qos) = QosRule::default();
            }
            // Tags may overtake frames; nothing else that is serialized may.
            gst::EventView::Tag(_) => {}
            view if event.is_serialized() => {
                self.drain();
                match view {
                    gst::EventView::Segment(segment) => {
                        let segment = segment.segment().downcast_ref::<gst::ClockTime>().cloned();
                        self.with_stream(|stream| stream.set_segment(segment));
                        *lock(&self.qos) = QosRule::default();
                    }
                    gst::EventView::StreamStart(_) => {
                        self.with_stream(Stream::forget);
                        lock(&self.answer).live = None;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        if let gst::EventView::Qos(event) = event.view() {
            let (kind, _proportion, diff_ns, running_time) = event.get();
            let report = match kind {
                gst::QOSType::Throttle => Some(qos::Report::Throttle { interval_ns: u64::try_from(diff_ns).unwrap_or(0) }),
                _ => running_time.map(|t| qos::Report::Lateness { running_time_ns: t.nseconds(), diff_ns }),
            };
            if let Some(report) = report {
                lock(&self.qos).report(report);
            }
        }
        self.parent_src_event(event)
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Latency(query) if direction == gst::PadDirection::Src => self.answer_latency(query),
            _ => BaseTransformImplExt::parent_query(self, direction, query),
        }
    }

    fn propose_allocation(
        &self,
        decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(decide_query, query)?;
        // Frames under analysis are missing in upstream's pool.
        let held = self.rules().policy.held_frames();
        let pools: Vec<_> = query.allocation_pools().collect();
        for (i, (pool, size, min, max)) in (0..).zip(pools) {
            let min = min.saturating_add(held);
            let max = if max == 0 { 0 } else { max.max(min) };
            query.set_nth_allocation_pool(i, pool.as_ref(), size, min, max);
        }
        Ok(())
    }

    fn submit_input_buffer(&self, is_discont: bool, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        // Negotiates if necessary, and keeps the buffer.
        self.parent_submit_input_buffer(is_discont, buffer)?;
        let Some(buffer) = self.take_queued_buffer() else {
            return Ok(gst::FlowSuccess::Ok);
        };
        let rules = self.rules();
        if self.with_stream(|stream| stream.must_drain_before(&buffer, rules.policy)) == Some(true) {
            self.drain();
        }
        self.accept(buffer, &rules)?;
        Ok(gst::FlowSuccess::Ok)
    }

    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        Ok(self.next(&self.rules(), false)?.map_or(GenerateOutputSuccess::NoOutput, GenerateOutputSuccess::Buffer))
    }

    fn transform_ip(&self, _buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        Ok(gst::FlowSuccess::Ok) // never called: generate_output does the work
    }
}

impl EgoAnalysis {
    fn with_stream<R>(&self, act: impl FnOnce(&mut Stream) -> R) -> Option<R> {
        lock(&self.stream).as_mut().map(act)
    }

    fn post(&self, message: gst::Message) {
        // Fails only without a bus, when nobody listens.
        let _ = self.obj().post_message(message);
    }

    /// Calls the subclass; a panic in there is an error like others.
    fn open(&self) -> Result<Opened, AnalysisError> {
        let element = self.obj();
        let class = element.class().as_ref();
        let settings = lock(&self.settings).clone();
        let settings = OpenSettings {
            model: settings.model.or_else(|| class.default_model.map(str::to_owned)).unwrap_or_default(),
            device: settings.device,
            threads: settings.threads as usize,
        };
        let Some(open) = class.open else {
            return Err(AnalysisError::Failed("the element's class has no model to open".to_owned()));
        };
        catch_unwind(AssertUnwindSafe(|| open(&element, &settings)))
            .unwrap_or_else(|panic| Err(AnalysisError::Failed(panicked(panic.as_ref()))))
    }

    /// What the worker thread has to say; called on that thread.
    fn report(&self, report: Report) {
        match report {
            Report::BadFrame(e) => {
                gst::element_imp_warning!(
                    self,
                    gst::StreamError::Failed,
                    ("{e}. The frame passes without a result; further bad frames are counted in `stats` and not reported")
                );
            }
            Report::Failed(e) => self.post_error_message(e.message()),
        }
    }

    fn flush(&self) {
        if let Some(run) = lock(&self.run).as_ref() {
            run.flush();
        }
    }

    fn rules(&self) -> Rules {
        let tuning = lock(&self.settings).tuning;
        let live = tuning.mode.needs_live() && self.is_live();
        Rules { policy: tuning.mode.policy(live, tuning.queue_depth), interval: tuning.interval, max_age_ns: tuning.max_age_ns }
    }

    /// Whether upstream is live, by its answer to a LATENCY query.
    fn is_live(&self) -> bool {
        let known = lock(&self.answer).live;
        known.unwrap_or_else(|| {
            let mut query = gst::query::Latency::new();
            let live = self.obj().sink_pad().peer_query(&mut query) && query.result().0;
            gst::debug!(CAT, imp = self, "upstream is {}", if live { "live" } else { "not live" });
            lock(&self.answer).live = Some(live);
            live
        })
    }

    fn answer_latency(&self, query: &mut gst::query::Latency) -> bool {
        if !self.obj().sink_pad().peer_query(query) {
            return false;
        }
        let (live, min, max) = query.result();
        lock(&self.answer).live = Some(live);
        if live {
            let property_ns = lock(&self.settings).tuning.latency_ns;
            let policy = self.rules().policy;
            let delay = gst::ClockTime::from_nseconds(lock(&self.answer).delay_ns(policy, property_ns));
            query.set(live, min.saturating_add(delay), max.map(|max| max.saturating_add(delay)));
        }
        true
    }

    /// One frame comes in.
    fn accept(&self, buffer: gst::Buffer, rules: &Rules) -> Result<(), gst::FlowError> {
        let (pts, duration) = (buffer.pts(), buffer.duration());
        let running_time_ns = self.with_stream(|stream| stream.running_time_ns(pts)).flatten();
        let latency_ns = lock(&self.settings).tuning.latency_ns;
        let analysis_ns = lock(&self.answer).analysis_ns(latency_ns);
        let late = running_time_ns.is_some_and(|t| lock(&self.qos).skip(t, analysis_ns));
        let accepted = self.with_stream(|stream| stream.accept(buffer, rules, late)).ok_or(gst::FlowError::Flushing)??;
        {
            let mut stats = lock(&self.stats);
            stats.frames += 1;
            stats.superseded += u64::from(accepted.superseded);
            stats.skipped_qos += u64::from(accepted.skipped_qos);
            stats.skipped_interval += u64::from(!accepted.analysed && !accepted.skipped_qos);
        }
        if let Some(t) = running_time_ns {
            if accepted.analysed {
                lock(&self.qos).analysed(t);
            }
            if accepted.skipped_qos && lock(&self.qos).message(t) {
                self.post_qos(t, pts, duration);
            }
        }
        Ok(())
    }

    fn post_qos(&self, running_time_ns: u64, pts: Option<gst::ClockTime>, duration: Option<gst::ClockTime>) {
        let stream_time = self.with_stream(|stream| stream.stream_time(pts)).flatten();
        let live = lock(&self.answer).live.unwrap_or(false);
        let (analysed, skipped) = {
            let stats = lock(&self.stats);
            (stats.analysed, stats.skipped_qos)
        };
        let message = gst::message::Qos::builder(live)
            .running_time(gst::ClockTime::from_nseconds(running_time_ns))
            .stream_time(stream_time)
            .timestamp(pts)
            .duration(duration)
            .stats(gst::format::Buffers::from_u64(analysed), gst::format::Buffers::from_u64(skipped))
            .src(&*self.obj())
            .build();
        self.post(message);
    }

    /// The next frame that goes out, if there is one; with `all` it waits for every one.
    fn next(&self, rules: &Rules, all: bool) -> Result<Option<gst::Buffer>, gst::FlowError> {
        let next = self.with_stream(|stream| stream.next(rules, all)).ok_or(gst::FlowError::Flushing)??;
        let complete = match next {
            Next::Nothing => return Ok(None),
            Next::Frame(complete) => complete,
            Next::Await(buffer) => {
                let desk = self.with_stream(|stream| stream.desk()).ok_or(gst::FlowError::Flushing)?;
                let finished = desk.wait()?;
                self.with_stream(|stream| stream.complete(buffer, finished)).ok_or(gst::FlowError::Flushing)?
            }
        };
        Ok(Some(self.take_note(complete, rules)))
    }

    /// Counts, announces and warns when a frame goes out.
    fn take_note(&self, complete: Complete, rules: &Rules) -> gst::Buffer {
        let Complete { buffer, age_ns, delay_ns, failure } = complete;
        if let Some(age_ns) = age_ns {
            lock(&self.stats).age.push(age_ns);
        }
        if let Some(failure) = failure {
            let first = {
                let mut stats = lock(&self.stats);
                stats.errors += 1;
                stats.errors == 1
            };
            if first {
                gst::element_imp_warning!(self, gst::StreamError::Failed, ("a result cannot be attached: {failure}"));
            }
        }
        if let Some(delay_ns) = delay_ns {
            self.delayed(delay_ns, rules);
        }
        buffer
    }

    fn delayed(&self, delay_ns: u64, rules: &Rules) {
        let property_ns = lock(&self.settings).tuning.latency_ns;
        let (announce, too_slow_ns) = {
            let mut answer = lock(&self.answer);
            answer.add(delay_ns);
            (answer.announce(rules.policy, property_ns), answer.too_slow(rules.policy, rules.interval))
        };
        if announce {
            self.post(gst::message::Latency::builder().src(&*self.obj()).build());
        }
        if let Some(ns) = too_slow_ns {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Failed,
                (
                    "one analysis takes {} ms, which is longer than {} frame(s) of this live stream, so frames will be late; \
                     set mode=latest, or a larger interval",
                    ns / 1_000_000,
                    rules.interval
                )
            );
        }
    }

    /// Sends everything that is under way downstream, on the streaming thread.
    fn drain(&self) {
        let rules = self.rules();
        loop {
            match self.next(&rules, true) {
                Ok(None) => return,
                Ok(Some(buffer)) => {
                    let Err(e) = self.obj().src_pad().push(buffer) else { continue };
                    gst::debug!(CAT, imp = self, "downstream refuses a drained frame: {e}");
                }
                Err(e) => gst::debug!(CAT, imp = self, "no more results: {e}"),
            }
            self.with_stream(Stream::forget);
            return;
        }
    }
}
