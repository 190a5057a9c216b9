//! The element: negotiation, time, seeking, and one drawn buffer after another.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ego_meta::Stamp;
use ego_synth::error::SynthError;
use ego_synth::mesh::import::HandMesh;
use ego_synth::renderer::RendererKind;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::ahead::Drawn;
use super::caps;
use super::live::time_ns;
use super::settings::Settings;
use super::state::State;

static CAT: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egotestsrc", gst::DebugColorFlags::empty(), Some("Synthetic head camera")));

/// Skipped frames after which the user should know.
const MANY_SKIPPED: u64 = 30;

/// What the streaming thread waits for.
#[derive(Default)]
struct Wait {
    flushing: bool,
    clock_id: Option<gst::SingleShotClockId>,
}

#[derive(Clone, Copy, Default)]
struct Stats {
    frames: u64,
    skipped: u64,
    clips: u64,
    draw_ms: f64,
}

/// See the module's documentation.
#[derive(Default)]
pub struct EgoTestSrc {
    settings: Mutex<Settings>,
    state: Mutex<Option<State>>,
    wait: Mutex<Wait>,
    stats: Mutex<Stats>,
}

/// The data of a lock, also after a panic elsewhere: it is plain and always whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[glib::object_subclass]
impl ObjectSubclass for EgoTestSrc {
    const NAME: &'static str = "EgoTestSrc";
    type Type = super::EgoTestSrc;
    type ParentType = gst_base::BaseSrc;
}

impl ObjectImpl for EgoTestSrc {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(Settings::specifications);
        &PROPERTIES
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let live = {
            let mut settings = lock(&self.settings);
            settings.set(pspec.name(), value);
            settings.live
        };
        if pspec.name() == "is-live" {
            self.obj().set_live(live);
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == "stats" {
            let stats = *lock(&self.stats);
            let stats = gst::Structure::builder("stats")
                .field("frames", stats.frames)
                .field("skipped", stats.skipped)
                .field("clips", stats.clips)
                .field("draw-ms", stats.draw_ms);
            return stats.build().to_value();
        }
        let value = lock(&self.settings).get(pspec.name());
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for EgoTestSrc {}

impl ElementImpl for EgoTestSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Synthetic head camera",
                "Source/Video",
                "Draws hands that do things with objects, and attaches joints, boxes, actions, camera and depth as they truly are",
                "egostream",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template = gst::PadTemplate::new("src", gst::PadDirection::Src, gst::PadPresence::Always, &caps::offer());
            template.into_iter().collect()
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for EgoTestSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let refused = |e: SynthError| gst::error_msg!(gst::ResourceError::Settings, ("{e}"));
        let plan = settings.plan().map_err(refused)?;
        RendererKind::from(settings.renderer).check().map_err(refused)?;
        let hand_mesh = settings.hand_mesh.as_deref().map(|p| HandMesh::load(Path::new(p))).transpose().map_err(refused)?.map(Arc::new);
        *lock(&self.stats) = Stats::default();
        *lock(&self.wait) = Wait::default();
        *lock(&self.state) = Some(State::new(settings, plan, hand_mesh));
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = None;
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        !lock(&self.settings).live
    }

    fn do_seek(&self, segment: &mut gst::Segment) -> bool {
        let Some(segment) = segment.downcast_mut::<gst::ClockTime>() else { return false };
        if segment.rate() <= 0.0 {
            gst::warning!(CAT, imp = self, "cannot play backwards");
            return false;
        }
        let start = segment.start().unwrap_or_default();
        segment.set_position(start);
        if let Some(state) = lock(&self.state).as_mut() {
            state.seek_to(start.nseconds());
        }
        true
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        let mut wait = lock(&self.wait);
        wait.flushing = true;
        if let Some(id) = wait.clock_id.take() {
            id.unschedule();
        }
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.wait).flushing = false;
        Ok(())
    }

    fn fixate(&self, caps: gst::Caps) -> gst::Caps {
        self.parent_fixate(caps::usual(caps))
    }

    fn negotiate(&self) -> Result<(), gst::LoggableError> {
        let pad = self.obj().src_pad().clone();
        let wanted = pad.peer_query_caps(None);
        if !wanted.can_intersect(&pad.pad_template_caps()) {
            gst::element_imp_error!(
                self,
                gst::StreamError::Format,
                (
                    "what comes next takes only {wanted}; egotestsrc makes {}: ask for one of these, or put a videoconvert after it",
                    caps::offer()
                )
            );
            return Err(gst::loggable_error!(CAT, "nothing in common with {wanted}"));
        }
        self.parent_negotiate()
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let refused = |why: String| {
            gst::element_imp_error!(self, gst::StreamError::Format, ("{why}"));
            gst::loggable_error!(CAT, "{why}")
        };
        let info = VideoInfo::from_caps(caps).map_err(|_| gst::loggable_error!(CAT, "cannot read the caps {caps}"))?;
        caps::check_size(&info).map_err(refused)?;
        self.obj().set_blocksize(u32::try_from(info.size()).unwrap_or(u32::MAX));
        if let Some(state) = lock(&self.state).as_mut() {
            let again = state.set_format(&info).map_err(|e| refused(e.to_string()))?;
            lock(&self.stats).frames -= again;
            let renderer = state.stream.as_ref().map(|s| s.picture.renderer()).unwrap_or_default();
            gst::debug!(CAT, imp = self, "drawing {caps} with {renderer}, {} threads", state.settings.threads());
        }
        if self.obj().is_live() {
            // The answer to LATENCY depends on the rate. Nobody may listen yet.
            let _ = self.obj().post_message(gst::message::Latency::builder().src(&*self.obj()).build());
        }
        Ok(())
    }

    fn decide_allocation(&self, query: &mut gst::query::Allocation) -> Result<(), gst::LoggableError> {
        let (caps, _) = query.get_owned();
        let caps = caps.ok_or_else(|| gst::loggable_error!(CAT, "an allocation without caps"))?;
        let info = VideoInfo::from_caps(&caps).map_err(|_| gst::loggable_error!(CAT, "cannot read the caps {caps}"))?;
        let offered = query.allocation_pools().next();
        let update = offered.is_some();
        let size = u32::try_from(info.size()).unwrap_or(u32::MAX);
        let (pool, size, min, max) = match offered {
            Some((Some(pool), offered, min, max)) => (pool, size.max(offered), min, max),
            Some((None, offered, min, max)) => (gst_video::VideoBufferPool::new().upcast(), size.max(offered), min, max),
            None => (gst_video::VideoBufferPool::new().upcast(), size, 0, 0),
        };
        let mut config = pool.config();
        config.set_params(Some(&caps), size, min, max);
        if query.find_allocation_meta::<gst_video::VideoMeta>().is_some() {
            config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        }
        pool.set_config(config).map_err(|e| gst::loggable_error!(CAT, "the pool refuses its settings: {e}"))?;
        if update {
            query.set_nth_allocation_pool(0, Some(&pool), size, min, max);
        } else {
            query.add_allocation_pool(Some(&pool), size, min, max);
        }
        self.parent_decide_allocation(query)
    }

    fn query(&self, query: &mut gst::QueryRef) -> bool {
        if let gst::QueryViewMut::Latency(latency) = query.view_mut()
            && self.obj().is_live()
        {
            // A frame that is due now may be drawn until the next one is due. There is no place where others could wait.
            let frame = self.frame_duration();
            latency.set(true, frame, frame);
            return true;
        }
        if let gst::QueryViewMut::Scheduling(scheduling) = query.view_mut() {
            // As `GstPushSrc` says, whose `fill` the bindings cannot reach.
            scheduling.set(gst::SchedulingFlags::SEQUENTIAL, 1, -1, 0);
            scheduling.add_scheduling_modes([gst::PadMode::Push]);
            return true;
        }
        BaseSrcImplExt::parent_query(self, query)
    }

    fn fill(&self, _offset: u64, _length: u32, buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let (due, _) = self.draw(buffer)?;
        if self.obj().is_live() {
            self.wait_until(due)?;
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn create(&self, offset: u64, buffer: Option<&mut gst::BufferRef>, length: u32) -> Result<CreateSuccess, gst::FlowError> {
        if !self.obj().is_live() || buffer.is_some() {
            return self.parent_create(offset, buffer, length);
        }
        let drawn = self.next_live()?;
        self.wait_until(drawn.due)?;
        Ok(CreateSuccess::NewBuffer(drawn.buffer))
    }
}

impl EgoTestSrc {
    /// The frame of a live stream that leaves next, after as many of those that follow as there is time for have been drawn.
    fn next_live(&self) -> Result<Drawn, gst::FlowError> {
        loop {
            let now = self.obj().current_running_time().unwrap_or_default();
            let (first, time_left) = {
                let mut state = lock(&self.state);
                let state = state.as_mut().ok_or(gst::FlowError::Flushing)?;
                let late = state.ahead.drop_old(now);
                state.discont |= late > 0 && state.ahead.is_empty();
                let mut stats = lock(&self.stats);
                (stats.frames, stats.skipped) = (stats.frames - late, stats.skipped + late);
                (state.ahead.is_empty(), state.ahead.has_time(now, gst::ClockTime::from_nseconds(state.effort.ns())))
            };
            // Only the frame that leaves next is worth waiting for memory.
            let buffer = match self.obj().buffer_pool() {
                _ if !first && !time_left => None,
                Some(pool) if first => Some(pool.acquire_buffer(None)?),
                Some(pool) => {
                    let params = gst::BufferPoolAcquireParams::with_flags(gst::BufferPoolAcquireFlags::DONTWAIT);
                    pool.acquire_buffer(Some(&params)).ok()
                }
                None if first => Some(self.parent_alloc(u64::MAX, self.obj().blocksize())?),
                None => None,
            };
            let Some(mut buffer) = buffer else {
                let drawn = lock(&self.state).as_mut().and_then(|state| state.ahead.pop());
                return drawn.ok_or(gst::FlowError::Flushing);
            };
            let writable = buffer.get_mut().ok_or(gst::FlowError::Error)?;
            let (due, duration) = self.draw(writable)?;
            lock(&self.state).as_mut().ok_or(gst::FlowError::Flushing)?.ahead.push(Drawn { buffer, due, duration });
        }
    }

    /// Draws the next frame, or a later one of a live stream when there is no time for it; says when it is on, and for how long.
    fn draw(&self, buffer: &mut gst::BufferRef) -> Result<(gst::ClockTime, gst::ClockTime), gst::FlowError> {
        let live = self.obj().is_live();
        let mut guard = lock(&self.state);
        let state = guard.as_mut().ok_or(gst::FlowError::Flushing)?;
        let stream = state.stream.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        let mut frame = state.next;
        if live {
            let start = match state.live_start {
                Some(start) => start,
                None => {
                    // The first frame takes longest by far; time begins when the source is ready.
                    stream.picture.expose(&stream.show, frame);
                    *state.live_start.insert(self.obj().current_running_time().unwrap_or_default())
                }
            };
            let now = self.obj().current_running_time().unwrap_or_default();
            frame = state.effort.choose(frame, now.saturating_sub(start).nseconds(), stream.rate);
        }
        let skipped = frame - state.next;
        let begin = Instant::now();
        match stream.show.go_to(frame, || !lock(&self.wait).flushing) {
            Ok(true) => {}
            Ok(false) => return Err(gst::FlowError::Flushing),
            Err(e) => {
                gst::element_imp_error!(self, gst::StreamError::Failed, ("{e}"));
                return Err(gst::FlowError::Error);
            }
        }
        let (start_ns, end_ns) = (time_ns(frame, stream.rate), time_ns(frame + 1, stream.rate));
        let offset = state.live_start.unwrap_or_default();
        let (ref_width, ref_height) = stream.picture.size();
        let stamp = Stamp {
            source: self.obj().name().into(),
            model: concat!("ego-synth ", env!("CARGO_PKG_VERSION")).to_owned(),
            frame,
            pts: Some(offset.nseconds() + start_ns),
            ref_width,
            ref_height,
            ..Stamp::default()
        };
        if let Err(e) = stream.picture.draw(&stream.show, frame, stamp, buffer) {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{e}"));
            return Err(gst::FlowError::Error);
        }
        let took = begin.elapsed();
        state.effort.learn(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        let due = offset + gst::ClockTime::from_nseconds(start_ns);
        buffer.set_pts(due);
        buffer.set_duration(gst::ClockTime::from_nseconds(end_ns - start_ns));
        buffer.set_offset(frame);
        buffer.set_offset_end(frame + 1);
        if std::mem::take(&mut state.discont) || skipped > 0 {
            buffer.set_flags(gst::BufferFlags::DISCONT);
        }
        state.next = frame + 1;
        let stats = self.count(skipped, stream.show.clip().1, took.as_secs_f64() * 1e3);
        let slow = stats.skipped >= MANY_SKIPPED && stats.skipped * 10 > stats.frames && !std::mem::replace(&mut state.warned, true);
        drop(guard);
        if slow {
            gst::element_imp_warning!(
                self,
                gst::CoreError::Clock,
                (
                    "drawing takes {:.0} ms a frame and there are {:.0}: {} of {} frames were skipped; ask for smaller pictures or a lower rate",
                    stats.draw_ms,
                    (end_ns - start_ns) as f64 / 1e6,
                    stats.skipped,
                    stats.skipped + stats.frames
                )
            );
        }
        Ok((due, gst::ClockTime::from_nseconds(end_ns - start_ns)))
    }

    fn count(&self, skipped: u64, clip: u64, draw_ms: f64) -> Stats {
        let mut stats = lock(&self.stats);
        stats.frames += 1;
        stats.skipped += skipped;
        stats.clips = stats.clips.max(clip + 1);
        stats.draw_ms += (draw_ms - stats.draw_ms) / stats.frames.min(100) as f64;
        *stats
    }

    /// Waits for a running time, unless the element has no clock.
    fn wait_until(&self, due: gst::ClockTime) -> Result<(), gst::FlowError> {
        let (Some(clock), Some(base)) = (self.obj().clock(), self.obj().base_time()) else { return Ok(()) };
        if clock.time() >= base + due {
            return Ok(());
        }
        let id = clock.new_single_shot_id(base + due);
        {
            let mut wait = lock(&self.wait);
            if wait.flushing {
                return Err(gst::FlowError::Flushing);
            }
            wait.clock_id = Some(id.clone());
        }
        let (result, _) = id.wait();
        lock(&self.wait).clock_id = None;
        match result {
            Err(gst::ClockError::Unscheduled) => Err(gst::FlowError::Flushing),
            _ => Ok(()),
        }
    }

    /// Of the negotiated rate, or of the one that would be chosen.
    fn frame_duration(&self) -> gst::ClockTime {
        let rate = self.obj().src_pad().current_caps().as_deref().and_then(caps::rate).unwrap_or(caps::USUAL_RATE);
        gst::ClockTime::from_nseconds(time_ns(1, rate))
    }
}
