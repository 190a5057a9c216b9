/**
 * SECTION:element-egodepth
 * @see_also: egosharp, egodepthpair, egooverlay
 *
 * Tells how far away what each pixel shows is, from a single picture: relative inverse depth (DPT, MiDaS, Depth Anything) or metres
 * (metric models, MoGe), whatever the model's manifest says. The map has the size of the model's output and is attached to each frame
 * as `EgoDepthMeta`; the picture is not changed. Depth changes slowly: `interval=3` makes every third map, and the frames between
 * carry the last one with its age.
 *
 * With `sensor-location` the maps are read from files, one a frame from the first on (H2O and other RGB-D recordings), and no model
 * is needed. A live depth camera is paired by `egodepthpair`.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/two-hands.mp4 ! decodebin ! egodepth ! egooverlay depth-map=true ! videoconvert ! autovideosink
 * ]| Every frame of a file, its depth drawn over it.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! egodepth interval=3 ! egosharp ! egohands ! egooverlay ! videoconvert ! autovideosink
 * ]| A camera; hands are looked for within reach.
 *
 * |[
 * gst-launch-1.0 multifilesrc location=rgb/%06d.png caps=image/png,framerate=30/1 ! pngdec ! videoconvert ! egodepth sensor-location=depth/%06d.png ! egosharp ! fakesink
 * ]| A recording of H2O with its own depth.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_models::depth::DepthNetwork;
use ego_models::hands::Camera;
use ego_models::network::SessionOptions;
use ego_models::paths::find_model;
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::looking::{Looking, Source};
use super::sensor::SensorFiles;
use crate::camera;
use crate::values::text;
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

const DEFAULT_SENSOR_UNIT_M: f64 = 0.001;

#[derive(Clone, Debug)]
struct Settings {
    sensor_location: Option<String>,
    sensor_unit_m: f64,
    camera: Option<String>,
    intrinsics: Option<String>,
    hfov_deg: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { sensor_location: None, sensor_unit_m: DEFAULT_SENSOR_UNIT_M, camera: None, intrinsics: None, hfov_deg: 0.0 }
    }
}

#[derive(Default)]
pub struct EgoDepth {
    settings: Mutex<Settings>,
}

impl EgoDepth {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoDepth {
    const NAME: &'static str = "GstEgoDepth";
    type Type = super::EgoDepth;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoDepth {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("sensor-location")
                    .nick("Sensor files")
                    .blurb("Read depth from 16-bit grey PNG files of this pattern, e.g. depth/%06d.png, numbered by frame from 0; no model then")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecDouble::builder("sensor-unit")
                    .nick("Sensor unit")
                    .blurb("Metres a step in the sensor's files")
                    .minimum(1e-6)
                    .maximum(1.0)
                    .default_value(DEFAULT_SENSOR_UNIT_M)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecString::builder("camera")
                    .nick("Camera file")
                    .blurb("File with fx, fy, cx, cy, width and height of the camera, TOML or plain numbers; for models that use the focal length")
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
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let number = |old: f64| value.get().unwrap_or(old);
        let mut settings = self.settings();
        match pspec.name() {
            "sensor-location" => settings.sensor_location = text(value),
            "sensor-unit" => settings.sensor_unit_m = number(settings.sensor_unit_m),
            "camera" => settings.camera = text(value),
            "intrinsics" => settings.intrinsics = text(value),
            "hfov" => settings.hfov_deg = number(settings.hfov_deg),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "sensor-location" => settings.sensor_location.to_value(),
            "sensor-unit" => settings.sensor_unit_m.to_value(),
            "camera" => settings.camera.to_value(),
            "intrinsics" => settings.intrinsics.to_value(),
            "hfov" => settings.hfov_deg.to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoDepth {}

impl ElementImpl for EgoDepth {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Depth estimator",
                "Filter/Analyzer/Video",
                "Tells how far away what each pixel shows is, from one picture or a sensor's files, attached to the frames as EgoDepthMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoDepth {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoDepth {
    const DEFAULT_MODEL: &'static str = "ego-depth";

    fn open(&self, common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = self.settings().clone();
        if let Some(pattern) = &settings.sensor_location {
            let source = Source::Sensor { files: SensorFiles::of(pattern)?, unit_m: settings.sensor_unit_m };
            return Ok(Opened { analyzer: Box::new(Looking { source, model: "sensor".into(), maps: None }), warning: None });
        }
        let described = settings.camera.is_some() || settings.intrinsics.is_some() || settings.hfov_deg != 0.0;
        let choice = camera::choose(settings.camera.as_deref(), settings.intrinsics.as_deref(), settings.hfov_deg)?;
        let camera = Camera::open(&choice)?;
        let located = find_model(&common.model)?;
        let options = SessionOptions { device: common.device.parse()?, threads: common.threads };
        let network = DepthNetwork::open(&located, &options)?;
        let mut warnings: Vec<String> =
            network.network().fallback().map(|why| format!("depth runs on the CPU: {why}")).into_iter().collect();
        if network.needs_camera() && !described {
            warnings.push(
                "this depth model reckons with the camera's focal length, which is guessed: set camera, intrinsics or hfov".to_owned(),
            );
        }
        let camera = Some(camera).filter(|_| described || network.needs_camera());
        let model = located.manifest.name.clone();
        let source = Source::Network { network: Box::new(network), camera };
        let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
        Ok(Opened { analyzer: Box::new(Looking { source, model, maps: None }), warning })
    }
}
