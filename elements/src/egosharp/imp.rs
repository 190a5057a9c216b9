/**
 * SECTION:element-egosharp
 * @see_also: egodepth, egodepthpair, egohands, egooverlay
 *
 * Cuts each frame by range, as SHARP does (Mucha et al., ICPR 2024): pixels within the wearer's reach are kept, the rest is not
 * wanted. It needs `EgoDepthMeta` on the frames (`egodepth`, `egodepthpair`) and attaches the mask as `EgoMaskMeta` of kind `range`;
 * the picture changes only with `apply=true`, which blackens what is beyond reach and, where no depth is known, everything.
 *
 * In front of `egohands` the mask makes the rest of the picture black for networks that look at the whole picture, and hands with
 * most joints beyond it are not reported. Behind `egohands` hands beyond reach are removed (or marked) here. Either way a hand
 * that is followed is not cut: the cut is moved back a little, and `stats` and the mask tell.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! egodepth interval=3 ! egosharp ! egohands ! egooverlay mask=dim ! videoconvert ! autovideosink
 * ]| Hands within reach; what is beyond is shown darker.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/bystander.mp4 ! decodebin ! egodepth ! egosharp apply=true ! videoconvert ! autovideosink
 * ]| Other people and the room disappear.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use gst_base::subclass::prelude::*;
use gst_video::{VideoCapsBuilder, VideoInfo};

use super::feedback::{HandsSeen, Told};
use super::settings::Settings;
use super::sharpen::Sharpener;
use crate::raw_video;

static LOG: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egosharp", gst::DebugColorFlags::empty(), Some("Cuts pictures by range")));

/// Stream time without any depth map after which its stage counts as missing; at the end of a shorter stream it counts as such, too.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(4);

/// The negotiated stream and what is kept between its frames.
#[derive(Default)]
struct State {
    info: Option<VideoInfo>,
    sharpener: Sharpener,
    warned: bool,
    /// Time stamp of the first frame.
    began: Option<gst::ClockTime>,
    /// Depth has come, or its absence was told.
    depth_settled: bool,
}

impl State {
    /// Whether it is time to say, once, that there is no depth.
    fn misses_depth(&mut self, patient: bool) -> bool {
        self.depth_settled |= self.sharpener.depth_seen;
        let missing = !self.depth_settled && !patient && self.sharpener.counts.frames > 0;
        self.depth_settled |= missing;
        missing
    }
}

/// Private part of [`super::EgoSharp`].
#[derive(Default)]
pub struct EgoSharp {
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// What a tracker further down tells.
    told: Mutex<Told>,
}

/// A panic elsewhere leaves plain values behind that are still good to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[glib::object_subclass]
impl ObjectSubclass for EgoSharp {
    const NAME: &'static str = "GstEgoSharp";
    type Type = super::EgoSharp;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EgoSharp {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut all = Settings::specifications();
            all.push(
                glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                    .nick("Statistics")
                    .blurb("Counts of frames, masks, relaxed cuts, frames without depth and rejected hands, since the element started")
                    .read_only()
                    .build(),
            );
            all
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
        lock(&self.state).sharpener.forget_mask();
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == "stats" {
            let counts = lock(&self.state).sharpener.counts;
            return gst::Structure::builder("application/x-ego-stats")
                .field("frames", counts.frames)
                .field("masked", counts.masked)
                .field("relaxed", counts.relaxed)
                .field("without-depth", counts.without_depth)
                .field("hands-rejected", counts.rejected)
                .field("errors", counts.errors)
                .build()
                .to_value();
        }
        let value = lock(&self.settings).get(pspec.name());
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for EgoSharp {}

impl ElementImpl for EgoSharp {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Range mask",
                "Filter/Analyzer/Video",
                "Keeps what is within the wearer's reach: a mask as EgoMaskMeta, hands beyond it rejected, the rest blackened on request",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = VideoCapsBuilder::new().format_list(raw_video::FORMATS).build();
            [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                .into_iter()
                .filter_map(|(name, direction)| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok())
                .collect()
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for EgoSharp {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = State::default();
        lock(&self.told).forget();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(incaps).map_err(|_| gst::loggable_error!(LOG, "cannot read the caps {incaps}"))?;
        let mut state = lock(&self.state);
        state.info = Some(info);
        state.sharpener.reset();
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if matches!(event.view(), gst::EventView::FlushStop(_) | gst::EventView::Segment(_)) {
            lock(&self.state).sharpener.reset();
            lock(&self.told).forget();
        }
        if matches!(event.view(), gst::EventView::Eos(_)) && lock(&self.state).misses_depth(false) {
            self.tell_missing_depth();
        }
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        match HandsSeen::of(&event) {
            Some(seen) => {
                lock(&self.told).hear(seen);
                true
            }
            None => self.parent_src_event(event),
        }
    }

    /// Buffers go through as they are, so upstream may use whatever downstream offers.
    fn propose_allocation(
        &self,
        _decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(None, query)
    }

    /// In place of `transform_ip`, for which the base class would copy every shared buffer, pixels and all.
    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        let Some(mut buffer) = self.take_queued_buffer() else { return Ok(GenerateOutputSuccess::NoOutput) };
        let settings = *lock(&self.settings);
        let mut state = lock(&self.state);
        let State { info, sharpener, warned, began, .. } = &mut *state;
        let info = info.as_ref().ok_or(gst::FlowError::NotNegotiated)?;
        let pts = buffer.pts();
        sharpener.listen(lock(&self.told).at(pts.map(gst::ClockTime::nseconds), settings.hands_delay), settings.max_age_ns);
        let patient = pts.is_none_or(|pts| pts.saturating_sub(*began.get_or_insert(pts)) < PATIENCE);
        let trouble = sharpener.sharpen(&mut buffer, info, &self.obj().name(), &settings).err();
        if let Some(trouble) = trouble {
            sharpener.counts.errors += 1;
            let first = !std::mem::replace(warned, true);
            drop(state);
            if first {
                gst::element_imp_warning!(self, gst::StreamError::Failed, ("{trouble} (further such frames are counted in `stats`)"));
            }
        } else if state.misses_depth(patient) {
            drop(state);
            self.tell_missing_depth();
        }
        Ok(GenerateOutputSuccess::Buffer(buffer))
    }
}

impl EgoSharp {
    fn tell_missing_depth(&self) {
        let meanwhile = if lock(&self.settings).apply { "everything is black" } else { "nothing is cut off" };
        gst::element_imp_warning!(
            self,
            gst::StreamError::Failed,
            ("the range mask waits for depth and none has come, so {meanwhile}: put the stage depth before it \
                 (egodepth or egodepthpair in front of egosharp), or see what it says where it is there")
        );
    }
}
