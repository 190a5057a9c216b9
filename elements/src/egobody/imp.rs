/**
 * SECTION:element-egobody
 * @see_also: egohands, egokinematics, egooverlay, egojson
 *
 * Finds up to six people and follows each: 33 landmarks (or the 13 joints of HAPTICS) in the picture and in metres around the hips, with
 * a track number that stays the same while the person is in view. The picture is not changed; the people are attached to each frame as
 * `EgoBodiesMeta`, drawn by `egooverlay` and written by `egojson`.
 *
 * The models are imported once with `ego models import mediapipe`.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! queue max-size-buffers=2 leaky=downstream ! egobody ! egooverlay ! videoconvert ! autovideosink
 * ]| People in front of a camera.
 *
 * |[
 * gst-launch-1.0 filesrc location=people.mp4 ! decodebin ! egobody layout=body13 ! egokinematics layout=body ! egojson location=people.jsonl ! fakesink
 * ]| Their motion as numbers, one line of JSON a frame.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_core::bodies::BodyLayout;
use ego_models::body::{BodyTracker, BodyTrackerConfig};
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::tracking::Tracking;
use super::{Layout, Smoothing};
use crate::values::{take, text};
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

const DEFAULT_MAX_BODIES: u32 = 6;
const DEFAULT_DETECTOR_INTERVAL: u32 = 15;
const DEFAULT_MIN_DETECTION: f32 = 0.5;
const DEFAULT_MIN_PRESENCE: f32 = 0.5;

#[derive(Clone, Debug)]
struct Settings {
    detector: Option<String>,
    max_bodies: u32,
    layout: Layout,
    detector_interval: u32,
    min_detection: f32,
    min_presence: f32,
    smoothing: Smoothing,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            detector: None,
            max_bodies: DEFAULT_MAX_BODIES,
            layout: Layout::default(),
            detector_interval: DEFAULT_DETECTOR_INTERVAL,
            min_detection: DEFAULT_MIN_DETECTION,
            min_presence: DEFAULT_MIN_PRESENCE,
            smoothing: Smoothing::default(),
        }
    }
}

#[derive(Default)]
pub struct EgoBody {
    settings: Mutex<Settings>,
}

impl EgoBody {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoBody {
    const NAME: &'static str = "GstEgoBody";
    type Type = super::EgoBody;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoBody {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let score = |name: &'static str, nick: &'static str, blurb: &'static str, default: f32| {
                let spec = glib::ParamSpecFloat::builder(name).nick(nick).blurb(blurb);
                spec.minimum(0.0).maximum(1.0).default_value(default).mutable_ready().build()
            };
            vec![
                glib::ParamSpecString::builder("detector")
                    .nick("Detector")
                    .blurb("Model that finds people, by name or path; unset = the one that the model's manifest names")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("max-bodies")
                    .nick("Maximum bodies")
                    .blurb("Follow at most this many people")
                    .minimum(1)
                    .maximum(16)
                    .default_value(DEFAULT_MAX_BODIES)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecEnum::builder_with_default("layout", Layout::default())
                    .nick("Layout")
                    .blurb("Which joints are reported")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("detector-interval")
                    .nick("Detector interval")
                    .blurb("With somebody in view and room for more, search every Nth frame")
                    .minimum(1)
                    .default_value(DEFAULT_DETECTOR_INTERVAL)
                    .mutable_ready()
                    .build(),
                score(
                    "min-detection-score",
                    "Minimum detection score",
                    "Lowest score that counts as a person, 0 to 1",
                    DEFAULT_MIN_DETECTION,
                ),
                score(
                    "min-presence",
                    "Minimum presence",
                    "A person is lost when the presence is not above this, 0 to 1",
                    DEFAULT_MIN_PRESENCE,
                ),
                glib::ParamSpecEnum::builder_with_default("smoothing", Smoothing::default())
                    .nick("Smoothing")
                    .blurb("Whether joints are smoothed over time (One-Euro filter)")
                    .mutable_ready()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "detector" => settings.detector = text(value),
            "max-bodies" => take(&mut settings.max_bodies, value),
            "layout" => take(&mut settings.layout, value),
            "detector-interval" => take(&mut settings.detector_interval, value),
            "min-detection-score" => take(&mut settings.min_detection, value),
            "min-presence" => take(&mut settings.min_presence, value),
            "smoothing" => take(&mut settings.smoothing, value),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "detector" => settings.detector.to_value(),
            "max-bodies" => settings.max_bodies.to_value(),
            "layout" => settings.layout.to_value(),
            "detector-interval" => settings.detector_interval.to_value(),
            "min-detection-score" => settings.min_detection.to_value(),
            "min-presence" => settings.min_presence.to_value(),
            "smoothing" => settings.smoothing.to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoBody {}

impl ElementImpl for EgoBody {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Body tracker",
                "Filter/Analyzer/Video",
                "Finds and follows people: 33 or 13 joints each, attached to the frames as EgoBodiesMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoBody {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoBody {
    const DEFAULT_MODEL: &'static str = "mediapipe-pose-landmark";

    fn open(&self, common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = self.settings().clone();
        let config = BodyTrackerConfig {
            model: common.model.clone(),
            detector: settings.detector,
            max_bodies: settings.max_bodies as usize,
            layout: match settings.layout {
                Layout::Body33 => BodyLayout::Body33,
                Layout::Body13 => BodyLayout::Body13,
            },
            detector_interval: settings.detector_interval,
            min_detection: settings.min_detection,
            min_presence: settings.min_presence,
            smoothing: settings.smoothing == Smoothing::On,
            device: common.device.parse()?,
            threads: common.threads,
        };
        let tracker = BodyTracker::open(&config)?;
        let warning = tracker.fallback().map(|why| format!("the body tracker runs on the CPU: {why}"));
        let model = common.model_name();
        Ok(Opened { analyzer: Box::new(Tracking { tracker, model, smoothing: settings.smoothing }), warning })
    }
}
