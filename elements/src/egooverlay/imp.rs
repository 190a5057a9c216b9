//! The element: one buffer in, the same buffer out, copied only when it is shared and something is drawn.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_core::draw::Target;
use gst::glib;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use gst_base::subclass::prelude::*;
use gst_video::prelude::*;
use gst_video::{VideoCapsBuilder, VideoFrameRef, VideoInfo};

use super::maps::MapLayer;
use super::marks::{Marks, Sheet};
use super::settings::Settings;
use crate::raw_video;

static LOG: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egooverlay", gst::DebugColorFlags::empty(), Some("Draws results into pictures")));

/// Results of another shape than this are from before a crop: a rounded scale stays below.
const ASPECT_TOLERANCE: f64 = 0.01;

/// The negotiated stream and what is kept between its frames.
struct State {
    info: VideoInfo,
    marks: Marks,
    maps: MapLayer,
    /// Made when something is drawn for the first time.
    sheet: Option<Sheet>,
    warned_aspect: bool,
    warned_meta: bool,
    warned_map: bool,
}

/// Private part of [`super::EgoOverlay`].
#[derive(Default)]
pub struct EgoOverlay {
    settings: Mutex<Settings>,
    state: Mutex<Option<State>>,
}

/// A panic elsewhere leaves plain values behind that are still good to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[glib::object_subclass]
impl ObjectSubclass for EgoOverlay {
    const NAME: &'static str = "EgoOverlay";
    type Type = super::EgoOverlay;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EgoOverlay {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(Settings::specifications);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let value = lock(&self.settings).get(pspec.name());
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for EgoOverlay {}

impl ElementImpl for EgoOverlay {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "First-person results overlay",
                "Filter/Editor/Video",
                "Draws hands, bodies, objects, the action, range masks and depth into the picture, legible on any background",
                "egostream",
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

impl BaseTransformImpl for EgoOverlay {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(incaps).map_err(|_| gst::loggable_error!(LOG, "cannot read the caps {incaps}"))?;
        gst::debug!(LOG, imp = self, "drawing on {incaps} by {:?}", raw_video::colour_model(&info));
        *lock(&self.state) = Some(State {
            info,
            marks: Marks::default(),
            maps: MapLayer::default(),
            sheet: None,
            warned_aspect: false,
            warned_meta: false,
            warned_map: false,
        });
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = None;
        Ok(())
    }

    /// Buffers go through as they are, so upstream may use whatever downstream offers.
    fn propose_allocation(
        &self,
        _decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(None, query)
    }

    /// In place of `transform_ip`, for which the base class would copy every shared buffer, drawn on or not.
    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        let Some(buffer) = self.take_queued_buffer() else { return Ok(GenerateOutputSuccess::NoOutput) };
        let settings = *lock(&self.settings);
        let mut state = lock(&self.state);
        let state = state.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        Ok(GenerateOutputSuccess::Buffer(self.annotate(buffer, &settings, state)))
    }
}

impl EgoOverlay {
    /// The buffer with its results drawn on it; the very same one when there is nothing to draw.
    fn annotate(&self, mut buffer: gst::Buffer, settings: &Settings, state: &mut State) -> gst::Buffer {
        let State { info, marks, maps, sheet, warned_aspect, warned_meta, warned_map } = state;
        marks.read(&buffer, settings, |e| {
            self.once(warned_meta, &format!("cannot draw the results on this stream's frames: {e}"));
        });
        maps.read(&buffer, settings, &mut |e| {
            self.once(warned_meta, &format!("cannot draw the maps on this stream's frames: {e}"));
        });
        if marks.is_empty() && maps.is_empty() {
            return buffer;
        }
        let (width, height) = (info.width(), info.height());
        for (w, h) in marks.analysed_sizes() {
            if differs(f64::from(w) / f64::from(h), f64::from(width) / f64::from(height)) {
                let hint = "crop or flip before the analysing element, not between it and the overlay";
                self.once(warned_aspect, &format!("results are for {w}x{h}, which is not the shape of {width}x{height}: {hint}"));
            }
        }
        let model = raw_video::colour_model(info);
        let sheet = sheet.get_or_insert_with(|| Sheet::new(width, height, model));
        marks.draw(sheet, settings, maps.is_relaxed());
        if sheet.canvas.is_blank() && maps.is_empty() {
            return buffer;
        }
        let drawn = on_planes(buffer.make_mut(), info, |target| {
            let maps = maps.draw(target, [width, height], model, settings);
            sheet.canvas.compose(target);
            maps
        });
        if let Err(e) = drawn {
            sheet.canvas.clear();
            self.once(warned_map, &e);
        }
        buffer
    }

    /// Warns on the bus for the first time, in the log ever after.
    fn once(&self, warned: &mut bool, text: &str) {
        if std::mem::replace(warned, true) {
            gst::log!(LOG, imp = self, "{text}");
        } else {
            gst::element_imp_warning!(self, gst::StreamError::Format, ["{text}"]);
        }
    }
}

/// Lets `draw` have the planes of a frame.
fn on_planes(
    buffer: &mut gst::BufferRef,
    info: &VideoInfo,
    draw: impl FnOnce(&mut Target<'_>) -> Result<(), String>,
) -> Result<(), String> {
    buffer.unset_flags(gst::BufferFlags::GAP);
    let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, info)
        .map_err(|_| "cannot write to the memory of a frame; it passes without drawing".to_owned())?;
    let format = frame.format();
    let mut strides = [0; 4];
    for (stride, plane) in strides.iter_mut().zip(frame.plane_stride()) {
        *stride = *plane;
    }
    let mut target = raw_video::target(format, &strides, frame.planes_data_mut())
        .ok_or_else(|| format!("cannot draw on a frame of layout {format} with rows from bottom to top; it passes without drawing"))?;
    draw(&mut target)
}

/// Whether two aspect ratios differ; an unknown one (0/0) does not.
fn differs(a: f64, b: f64) -> bool {
    a.is_finite() && (a / b - 1.0).abs() > ASPECT_TOLERANCE
}
