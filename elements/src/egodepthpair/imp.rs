/**
 * SECTION:element-egodepthpair
 * @see_also: egodepth, egosharp
 *
 * Puts depth pictures on colour pictures: each frame of `sink` leaves with the depth picture of `depth` that is nearest in time, as
 * `EgoDepthMeta`; frames without one within `tolerance` leave as they are. The depth must be registered to the colour camera; it may
 * have another size. Depth cameras give `GRAY16_LE`; `GRAY16_BE`, as `pngdec` gives it, is turned round.
 *
 * |[
 * gst-launch-1.0 v4l2src device=/dev/video0 ! queue ! egodepthpair name=pair ! egosharp apply=true ! videoconvert ! autovideosink v4l2src device=/dev/video2 ! video/x-raw,format=GRAY16_LE ! queue ! pair.depth
 * ]| A colour and a depth camera: what is farther away than 0.7 m is black.
 *
 * |[
 * gst-launch-1.0 multifilesrc location=rgb/%06d.png caps=image/png,framerate=30/1 ! pngdec ! queue ! egodepthpair name=pair ! egojson location=out.jsonl ! fakesink multifilesrc location=depth/%06d.png caps=image/png,framerate=30/1 ! pngdec ! queue ! pair.depth
 * ]| A recording of H2O.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_core::depth::DepthScale;
use ego_meta::{DepthMeta, Stamp};
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::AggregatorPad;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::{VideoCapsBuilder, VideoFormat, VideoInfo};

use crate::maps::Maps;

static LOG: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egodepthpair", gst::DebugColorFlags::empty(), Some("Pairs depth with colour pictures")));

const DEFAULT_TOLERANCE_NS: u64 = 50_000_000;
const DEFAULT_UNIT_M: f64 = 0.001;
const VIDEO: &str = "sink";
const DEPTH: &str = "depth";

#[derive(Clone, Copy, Debug)]
struct Settings {
    tolerance_ns: u64,
    unit_m: f64,
}

/// What the two streams have brought so far.
#[derive(Default)]
struct State {
    video: Option<VideoInfo>,
    depth: Option<VideoInfo>,
    /// Memory for maps.
    maps: Option<Maps>,
    /// The newest depth picture that is not later than the last frame, with its running time.
    earlier: Option<(gst::Buffer, u64)>,
    /// The map of the depth picture that was used last, to be used again without copying.
    used: Option<(gst::Buffer, gst::Sample)>,
    frames: u64,
    paired: u64,
    warned: bool,
}

pub struct EgoDepthPair {
    settings: Mutex<Settings>,
    state: Mutex<State>,
    video: AggregatorPad,
    depth: AggregatorPad,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[glib::object_subclass]
impl ObjectSubclass for EgoDepthPair {
    const NAME: &'static str = "GstEgoDepthPair";
    type Type = super::EgoDepthPair;
    type ParentType = gst_base::Aggregator;

    fn with_class(class: &Self::Class) -> Self {
        let pad = |name: &str| match class.pad_template(name) {
            Some(template) => gst::PadBuilder::<AggregatorPad>::from_template(&template).build(),
            None => gst::PadBuilder::<AggregatorPad>::new(gst::PadDirection::Sink).name(name).build(),
        };
        let settings = Settings { tolerance_ns: DEFAULT_TOLERANCE_NS, unit_m: DEFAULT_UNIT_M };
        EgoDepthPair { settings: Mutex::new(settings), state: Mutex::default(), video: pad(VIDEO), depth: pad(DEPTH) }
    }
}

impl ObjectImpl for EgoDepthPair {
    fn constructed(&self) {
        self.parent_constructed();
        for pad in [&self.video, &self.depth] {
            if let Err(e) = self.obj().add_pad(pad) {
                gst::error!(LOG, imp = self, "cannot add the pad {}: {e}", pad.name());
            }
        }
    }

    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecUInt64::builder("tolerance")
                    .nick("Tolerance")
                    .blurb("Largest distance in time between a frame and its depth picture (ns)")
                    .default_value(DEFAULT_TOLERANCE_NS)
                    .mutable_playing()
                    .build(),
                glib::ParamSpecDouble::builder("unit")
                    .nick("Unit")
                    .blurb("Metres a step of the depth pictures")
                    .minimum(1e-6)
                    .maximum(1.0)
                    .default_value(DEFAULT_UNIT_M)
                    .mutable_playing()
                    .build(),
                glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                    .nick("Statistics")
                    .blurb("Counts of frames and of those that were paired, since the element started")
                    .read_only()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = lock(&self.settings);
        match pspec.name() {
            "tolerance" => settings.tolerance_ns = value.get().unwrap_or(settings.tolerance_ns),
            "unit" => settings.unit_m = value.get().unwrap_or(settings.unit_m),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = *lock(&self.settings);
        match pspec.name() {
            "tolerance" => settings.tolerance_ns.to_value(),
            "unit" => settings.unit_m.to_value(),
            "stats" => {
                let state = lock(&self.state);
                let stats = gst::Structure::builder("application/x-ego-stats");
                stats.field("frames", state.frames).field("paired", state.paired).build().to_value()
            }
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoDepthPair {}

impl ElementImpl for EgoDepthPair {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Depth pairing",
                "Muxer/Video",
                "Puts the pictures of a depth camera on those of a colour camera as EgoDepthMeta, by time stamp",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let video = gst::Caps::builder("video/x-raw").any_features().build();
            let depth = VideoCapsBuilder::new().format_list([VideoFormat::Gray16Le, VideoFormat::Gray16Be]).build();
            let kind = AggregatorPad::static_type();
            [(VIDEO, gst::PadDirection::Sink, &video), (DEPTH, gst::PadDirection::Sink, &depth), ("src", gst::PadDirection::Src, &video)]
                .into_iter()
                .filter_map(|(name, direction, caps)| {
                    gst::PadTemplate::with_gtype(name, direction, gst::PadPresence::Always, caps, kind).ok()
                })
                .collect()
        });
        &TEMPLATES
    }
}

impl AggregatorImpl for EgoDepthPair {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = State::default();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let mut state = lock(&self.state);
        (state.earlier, state.used, state.maps) = (None, None, None);
        Ok(())
    }

    fn flush(&self) -> Result<gst::FlowSuccess, gst::FlowError> {
        lock(&self.state).earlier = None;
        Ok(gst::FlowSuccess::Ok)
    }

    /// The caps of the output are those of the pictures, set when they come.
    fn negotiate(&self) -> bool {
        true
    }

    fn next_time(&self) -> Option<gst::ClockTime> {
        self.obj().simple_get_next_time()
    }

    fn sink_event(&self, pad: &AggregatorPad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) if *pad == self.video => {
                lock(&self.state).video = VideoInfo::from_caps(caps.caps()).ok();
                self.obj().set_src_caps(&caps.caps_owned());
            }
            gst::EventView::Caps(caps) => {
                let mut state = lock(&self.state);
                state.depth = VideoInfo::from_caps(caps.caps()).ok();
                let size = state.depth.as_ref().map(|info| (info.width(), info.height()));
                state.maps = size.and_then(|(width, height)| Maps::new(VideoFormat::Gray16Le, width, height));
                (state.earlier, state.used) = (None, None);
            }
            gst::EventView::Segment(segment) if *pad == self.video => {
                if let Some(segment) = segment.segment().downcast_ref::<gst::ClockTime>() {
                    self.obj().update_segment(segment);
                }
            }
            _ => {}
        }
        self.parent_sink_event(pad, event)
    }

    fn sink_query(&self, pad: &AggregatorPad, query: &mut gst::QueryRef) -> bool {
        // What the pictures may be is for downstream to say; nothing else is asked of the depth.
        if *pad == self.video
            && matches!(query.view(), gst::QueryView::Caps(_) | gst::QueryView::AcceptCaps(_) | gst::QueryView::Allocation(_))
        {
            return self.obj().src_pad().peer_query(query);
        }
        self.parent_sink_query(pad, query)
    }

    fn aggregate(&self, timeout: bool) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(frame) = self.video.peek_buffer() else {
            return if self.video.is_eos() { Err(gst::FlowError::Eos) } else { Err(gst_base::AGGREGATOR_FLOW_NEED_DATA) };
        };
        let Some(at) = running_time(&self.video, &frame) else {
            return self.send(None);
        };
        // Depth pictures up to the frame, so that the last of them and the first later one are known.
        let later = loop {
            match self.depth.peek_buffer() {
                None if self.depth.is_eos() || timeout => break None,
                None => return Err(gst_base::AGGREGATOR_FLOW_NEED_DATA),
                Some(depth) => match running_time(&self.depth, &depth) {
                    Some(then) if then > at => break Some((depth, then)),
                    then => {
                        self.depth.drop_buffer();
                        if let Some(then) = then {
                            lock(&self.state).earlier = Some((depth, then));
                        }
                    }
                },
            }
        };
        let earlier = lock(&self.state).earlier.clone();
        let nearest = [earlier, later].into_iter().flatten().min_by_key(|(_, then)| then.abs_diff(at));
        let tolerance = lock(&self.settings).tolerance_ns;
        self.send(nearest.map(|(depth, then)| (depth, then.abs_diff(at))).filter(|(_, apart)| *apart <= tolerance))
    }
}

/// Running time of a buffer, nanoseconds.
fn running_time(pad: &AggregatorPad, buffer: &gst::Buffer) -> Option<u64> {
    let segment = pad.segment();
    let segment = segment.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(buffer.pts()?).map(gst::ClockTime::nseconds)
}

impl EgoDepthPair {
    /// Sends the frame that is next, with a depth picture that is so many nanoseconds away in time.
    fn send(&self, depth: Option<(gst::Buffer, u64)>) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(mut frame) = self.video.pop_buffer() else { return Err(gst_base::AGGREGATOR_FLOW_NEED_DATA) };
        let result = self.pair(frame.make_mut(), depth);
        if let Err(e) = result {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Failed,
                ("{e}. The frame passes without depth; further ones are not reported")
            );
        }
        if let Some(pts) = frame.pts() {
            self.obj().set_position(pts);
        }
        self.finish_buffer(frame)
    }

    /// # Errors
    /// A sentence for the first thing that goes wrong.
    fn pair(&self, frame: &mut gst::BufferRef, depth: Option<(gst::Buffer, u64)>) -> Result<(), String> {
        let unit = lock(&self.settings).unit_m;
        let mut state = lock(&self.state);
        let number = state.frames;
        state.frames += 1;
        let Some((depth, apart)) = depth else { return Ok(()) };
        let attached = state.map(&depth).and_then(|map| {
            let video = state.video.as_ref();
            let stamp = Stamp {
                source: self.obj().name().into(),
                model: "sensor".into(),
                frame: number,
                pts: depth.pts().map(gst::ClockTime::nseconds),
                age_ns: apart,
                infer_ns: 0,
                ref_width: video.map_or(0, VideoInfo::width),
                ref_height: video.map_or(0, VideoInfo::height),
            };
            let meta = DepthMeta { stamp, map, unit, scale: DepthScale::Metric };
            ego_meta::attach_depth(frame, &meta).map_err(|e| e.to_string())
        });
        match attached {
            Ok(()) => {
                state.paired += 1;
                Ok(())
            }
            Err(e) if !std::mem::replace(&mut state.warned, true) => Err(e),
            Err(_) => Ok(()),
        }
    }
}

impl State {
    /// The depth picture as a map, little-endian; a copy, because a camera lends only a few buffers.
    fn map(&mut self, depth: &gst::Buffer) -> Result<gst::Sample, String> {
        if let Some((_, map)) = self.used.as_ref().filter(|(buffer, _)| buffer == depth) {
            return Ok(map.clone());
        }
        let info = self.depth.as_ref().ok_or("depth pictures have come without caps")?;
        let maps = self.maps.as_ref().ok_or("there is no memory for depth maps")?;
        let stride = usize::try_from(info.stride().first().copied().unwrap_or(0)).unwrap_or(0);
        let bytes = depth.map_readable().map_err(|_| "a depth picture cannot be read")?;
        let row_bytes = 2 * info.width() as usize;
        if bytes.len() < stride * (info.height() as usize).saturating_sub(1) + row_bytes {
            return Err(format!("a depth picture of {} bytes is too small for {}x{}", bytes.len(), info.width(), info.height()));
        }
        let turn = info.format() == VideoFormat::Gray16Be;
        let rows = |y: usize, out: &mut [u8]| {
            let row = bytes.get(y * stride..y * stride + row_bytes).unwrap_or_default();
            for (out, step) in out.as_chunks_mut::<2>().0.iter_mut().zip(row.as_chunks::<2>().0) {
                *out = if turn { [step[1], step[0]] } else { *step };
            }
        };
        let map = maps.sample(rows).map_err(|_| "there is no memory for a depth map")?;
        self.used = Some((depth.clone(), map.clone()));
        Ok(map)
    }
}
