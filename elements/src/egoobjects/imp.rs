/**
 * SECTION:element-egoobjects
 * @see_also: egohands, egodepth, egooverlay
 *
 * Finds objects with a detector of any of the families YOLOv7, YOLOv8, YOLO26, YOLOX, D-FINE/DEIM, RF-DETR and DETR (the model's
 * manifest says which), follows them from frame to frame, and tells which is in which hand: behind `egohands` by the joints inside
 * the box, with `egodepth` also by distance, both over time. The results are attached as `EgoDetectionsMeta`; frames between two
 * analyses carry the boxes moved along. The picture is not changed.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/pour-milk.mp4 ! decodebin ! egohands ! egoobjects ! egooverlay ! videoconvert ! autovideosink
 * ]| Objects and who holds them.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! egoobjects model=yolox-nano min-score=0.4 ! egojson location=objects.jsonl ! fakesink
 * ]| The classes of COCO from a camera.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! egoobjects model=./mine.toml labels=./classes.txt ! egooverlay ! videoconvert ! autovideosink
 * ]| A detector of your own.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_core::contact::Contacts;
use ego_core::tracks::BoxTracks;
use ego_models::network::SessionOptions;
use ego_models::objects::{ObjectDetector, read_labels};
use ego_models::paths::find_model;
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::finding::Finding;
use crate::values::text;
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

const DEFAULT_MAX_OBJECTS: u32 = 20;
/// As the manifest says.
const DEFAULT_MIN_SCORE: f32 = -1.0;

#[derive(Clone, Debug)]
struct Settings {
    labels: Option<String>,
    min_score: f32,
    follow_score: f32,
    max_objects: u32,
    in_hand: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            labels: None,
            min_score: DEFAULT_MIN_SCORE,
            follow_score: DEFAULT_MIN_SCORE,
            max_objects: DEFAULT_MAX_OBJECTS,
            in_hand: true,
        }
    }
}

#[derive(Default)]
pub struct EgoObjects {
    settings: Mutex<Settings>,
}

impl EgoObjects {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoObjects {
    const NAME: &'static str = "GstEgoObjects";
    type Type = super::EgoObjects;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoObjects {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("labels")
                    .nick("Labels")
                    .blurb("Class names: coco-80, coco-91, h2o, or a text file with one a line; unset = those of the model's manifest")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecFloat::builder("min-score")
                    .nick("Minimum score")
                    .blurb("Lowest score that counts as an object, 0 to 1; -1 = as the model's manifest says")
                    .minimum(-1.0)
                    .maximum(1.0)
                    .default_value(DEFAULT_MIN_SCORE)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecFloat::builder("follow-score")
                    .nick("Follow score")
                    .blurb("Lowest score of a box that continues an object that is followed, 0 to 1, at most min-score; -1 = as the model's manifest says")
                    .minimum(-1.0)
                    .maximum(1.0)
                    .default_value(DEFAULT_MIN_SCORE)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("max-objects")
                    .nick("Maximum objects")
                    .blurb("Report at most this many objects, those with the best scores")
                    .minimum(1)
                    .maximum(300)
                    .default_value(DEFAULT_MAX_OBJECTS)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("in-hand")
                    .nick("In hand")
                    .blurb("Tell which object is in which hand, by the hands and the depth that are on the frame")
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
            "labels" => settings.labels = text(value),
            "min-score" => settings.min_score = value.get().unwrap_or(settings.min_score),
            "follow-score" => settings.follow_score = value.get().unwrap_or(settings.follow_score),
            "max-objects" => settings.max_objects = value.get().unwrap_or(settings.max_objects),
            "in-hand" => settings.in_hand = value.get().unwrap_or(settings.in_hand),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "labels" => settings.labels.to_value(),
            "min-score" => settings.min_score.to_value(),
            "follow-score" => settings.follow_score.to_value(),
            "max-objects" => settings.max_objects.to_value(),
            "in-hand" => settings.in_hand.to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoObjects {}

impl ElementImpl for EgoObjects {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Object detector",
                "Filter/Analyzer/Video",
                "Finds objects, follows them and tells which is in which hand, attached to the frames as EgoDetectionsMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoObjects {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoObjects {
    const DEFAULT_MODEL: &'static str = "ego-objects";

    fn open(&self, common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = self.settings().clone();
        let labels = settings.labels.as_deref().map(read_labels).transpose()?;
        let located = find_model(&common.model)?;
        let options = SessionOptions { device: common.device.parse()?, threads: common.threads };
        let asked = |score: f32| Some(score).filter(|score| *score >= 0.0);
        let mut detector = ObjectDetector::open(&located, labels, asked(settings.min_score), &options)?;
        let certain = detector.min_score();
        detector.report_from(asked(settings.follow_score).unwrap_or(detector.follow_score()).min(certain));
        let warning = detector.network().fallback().map(|why| format!("objects are found on the CPU: {why}"));
        let finding = Finding {
            detector,
            model: located.manifest.name.clone(),
            max_objects: settings.max_objects as usize,
            certain,
            tracks: BoxTracks::default(),
            contacts: settings.in_hand.then(Contacts::default),
            hands: Vec::new(),
        };
        Ok(Opened { analyzer: Box::new(finding), warning })
    }
}
