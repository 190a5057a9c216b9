/**
 * SECTION:element-egohands
 * @see_also: egooverlay, egojson
 *
 * Finds the wearer's hands in first-person video: 21 joints of each hand in the picture and in metres in camera space, left or
 * right, with a track number that stays the same while the hand is in view. The picture is not changed; the hands are attached to
 * each frame as `EgoHandsMeta`, drawn by `egooverlay` and written by `egojson`.
 *
 * The default model, `ego-hands`, comes with the plug-in and is made for a camera on a head. For hands seen from the front, as by a
 * webcam, `model=mediapipe-hands` finds far more (imported once with `ego models import mediapipe`). With
 * `alternative=mediapipe-hands` the stream decides: while a hand is missing the other model looks at a frame now and then, and has
 * the stream when it has seen more three times in a row. Each result names its model, and a change is an INFO message. Other families of models
 * (`effhandegonet3d`, `rtmpose-hand`) give the same results; the model's manifest says which it is.
 *
 * Behind `egosharp` the range mask on the frames is used: what is beyond reach is black for networks that look at the whole picture
 * (for the palm detector too), and hands with most joints beyond it are not reported. The hands that are followed are told to
 * `egosharp` by an upstream event, so that it does not cut them.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/two-hands.mp4 ! decodebin ! egohands ! egooverlay ! videoconvert ! autovideosink
 * ]| Every frame of a file, with the hands drawn on it.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! queue max-size-buffers=2 leaky=downstream ! egohands ! egooverlay ! videoconvert ! autovideosink
 * ]| A camera: no frame waits, the newest hands are drawn.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/two-hands.mp4 ! decodebin ! egohands hfov=90 ! egojson location=hands.jsonl ! fakesink
 * ]| One line of JSON a frame.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_models::ModelError;
use ego_models::hands::HandTrackerConfig;
use ego_models::paths::find_model;
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::tracking::Tracking;
use super::{Search, Smoothing};
use crate::camera;
use crate::values::{take, text};
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

const DEFAULT_MAX_HANDS: u32 = 2;
const DEFAULT_DETECTOR_INTERVAL: u32 = 8;
const DEFAULT_MIN_DETECTION: f32 = 0.5;
const DEFAULT_MIN_PRESENCE: f32 = 0.5;

#[derive(Clone, Debug)]
struct Settings {
    alternative: Option<String>,
    detector: Option<String>,
    max_hands: u32,
    mirrored: bool,
    bystanders: bool,
    search: Search,
    detector_interval: u32,
    min_detection: f32,
    min_presence: f32,
    smoothing: Smoothing,
    camera: Option<String>,
    intrinsics: Option<String>,
    hfov_deg: f64,
    use_mask: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            alternative: None,
            detector: None,
            max_hands: DEFAULT_MAX_HANDS,
            mirrored: false,
            bystanders: false,
            search: Search::default(),
            detector_interval: DEFAULT_DETECTOR_INTERVAL,
            min_detection: DEFAULT_MIN_DETECTION,
            min_presence: DEFAULT_MIN_PRESENCE,
            smoothing: Smoothing::default(),
            camera: None,
            intrinsics: None,
            hfov_deg: 0.0,
            use_mask: true,
        }
    }
}

#[derive(Default)]
pub struct EgoHands {
    settings: Mutex<Settings>,
}

impl EgoHands {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoHands {
    const NAME: &'static str = "GstEgoHands";
    type Type = super::EgoHands;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoHands {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("alternative")
                    .nick("Alternative model")
                    .blurb("Second hand model, by name or path: takes over while it sees hands that the model does not; unset = none")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecString::builder("detector")
                    .nick("Detector")
                    .blurb("Model that finds where to look, by name or path; unset = the one that the model's manifest names")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("max-hands")
                    .nick("Maximum hands")
                    .blurb("Report at most this many hands")
                    .minimum(1)
                    .maximum(16)
                    .default_value(DEFAULT_MAX_HANDS)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("mirrored")
                    .nick("Mirrored")
                    .blurb("The picture is a mirror image, as selfie cameras show it: left and right change places")
                    .default_value(false)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("bystanders")
                    .nick("Bystanders")
                    .blurb("Also report hands that cannot be the wearer's: more than one left or right hand")
                    .default_value(false)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecEnum::builder_with_default("search", Search::default())
                    .nick("Search")
                    .blurb("Which part of the picture is searched when a hand is missing")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("detector-interval")
                    .nick("Detector interval")
                    .blurb("With one hand in view and one missing, search every Nth frame")
                    .minimum(1)
                    .default_value(DEFAULT_DETECTOR_INTERVAL)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecFloat::builder("min-detection-score")
                    .nick("Minimum detection score")
                    .blurb("Lowest palm score that counts as a hand, 0 to 1")
                    .minimum(0.0)
                    .maximum(1.0)
                    .default_value(DEFAULT_MIN_DETECTION)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecFloat::builder("min-presence")
                    .nick("Minimum presence")
                    .blurb("A hand is lost when its presence is not above this, 0 to 1")
                    .minimum(0.0)
                    .maximum(1.0)
                    .default_value(DEFAULT_MIN_PRESENCE)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecEnum::builder_with_default("smoothing", Smoothing::default())
                    .nick("Smoothing")
                    .blurb("Whether joints are smoothed over time (One-Euro filter)")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecString::builder("camera")
                    .nick("Camera file")
                    .blurb("File with fx, fy, cx, cy, width and height of the camera, TOML or plain numbers; excludes intrinsics")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecString::builder("intrinsics")
                    .nick("Intrinsics")
                    .blurb("The camera as fx,fy,cx,cy,width,height in pixels; excludes camera")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecDouble::builder("hfov")
                    .nick("Horizontal field of view")
                    .blurb("For a camera without file and intrinsics: horizontal field of view in degrees, 10 to 170; 0 = 69")
                    .minimum(0.0)
                    .maximum(170.0)
                    .default_value(0.0)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("use-mask")
                    .nick("Use mask")
                    .blurb("Behind egosharp: look for hands within reach only, and do not report those beyond it")
                    .default_value(true)
                    .mutable_ready()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "alternative" => settings.alternative = text(value),
            "detector" => settings.detector = text(value),
            "max-hands" => take(&mut settings.max_hands, value),
            "mirrored" => take(&mut settings.mirrored, value),
            "bystanders" => take(&mut settings.bystanders, value),
            "search" => take(&mut settings.search, value),
            "detector-interval" => take(&mut settings.detector_interval, value),
            "min-detection-score" => take(&mut settings.min_detection, value),
            "min-presence" => take(&mut settings.min_presence, value),
            "smoothing" => take(&mut settings.smoothing, value),
            "camera" => settings.camera = text(value),
            "intrinsics" => settings.intrinsics = text(value),
            "hfov" => take(&mut settings.hfov_deg, value),
            "use-mask" => take(&mut settings.use_mask, value),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "alternative" => settings.alternative.to_value(),
            "detector" => settings.detector.to_value(),
            "max-hands" => settings.max_hands.to_value(),
            "mirrored" => settings.mirrored.to_value(),
            "bystanders" => settings.bystanders.to_value(),
            "search" => settings.search.to_value(),
            "detector-interval" => settings.detector_interval.to_value(),
            "min-detection-score" => settings.min_detection.to_value(),
            "min-presence" => settings.min_presence.to_value(),
            "smoothing" => settings.smoothing.to_value(),
            "camera" => settings.camera.to_value(),
            "intrinsics" => settings.intrinsics.to_value(),
            "hfov" => settings.hfov_deg.to_value(),
            "use-mask" => settings.use_mask.to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoHands {}

impl ElementImpl for EgoHands {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Hand tracker",
                "Filter/Analyzer/Video",
                "Finds the wearer's hands: 21 joints each, in the picture and in metres, attached to the frames as EgoHandsMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoHands {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoHands {
    const DEFAULT_MODEL: &'static str = "ego-hands";

    fn open(&self, common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = self.settings().clone();
        let mut config = HandTrackerConfig {
            model: common.model.clone(),
            alternative: settings.alternative,
            detector: settings.detector,
            max_hands: settings.max_hands as usize,
            mirrored: settings.mirrored,
            bystanders: settings.bystanders,
            search: match settings.search {
                Search::Auto => ego_models::hands::Search::Auto,
                Search::Whole => ego_models::hands::Search::Whole,
                Search::Tiles => ego_models::hands::Search::Tiles,
                Search::Turn => ego_models::hands::Search::Turn,
            },
            detector_interval: settings.detector_interval,
            min_detection: settings.min_detection,
            min_presence: settings.min_presence,
            smoothing: settings.smoothing == Smoothing::On,
            intrinsics: camera::choose(settings.camera.as_deref(), settings.intrinsics.as_deref(), settings.hfov_deg)?,
            device: common.device.parse()?,
            threads: common.threads,
        };
        let absent = config.alternative.as_deref().and_then(|name| {
            let error = find_model(name).err().filter(|error| matches!(error, ModelError::NotImported { .. }))?;
            Some(format!("goes on without its alternative model: {error}"))
        });
        if absent.is_some() {
            config.alternative = None;
        }
        let tracker = ego_models::hands::open(&config)?;
        let warning = absent.or_else(|| tracker.fallback().map(|why| format!("the hand tracker runs on the CPU: {why}")));
        let model = common.model_name();
        let (smoothing, use_mask) = (settings.smoothing, settings.use_mask);
        let at_work = tracker.at_work().map(str::to_owned);
        let tracking = Tracking { tracker, model, at_work, smoothing, use_mask, element: self.obj().downgrade() };
        Ok(Opened { analyzer: Box::new(tracking), warning })
    }
}
