/**
 * SECTION:element-egokinematics
 * @see_also: egohands, egobody, egoaction, egojson
 *
 * Describes the motion of hands and people by named numbers over a short window: speeds, finger angles, bone lengths, attached as
 * `EgoFeaturesMeta`, one for each layout and subject.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/pour-milk.mp4 ! decodebin ! egohands ! egokinematics ! egojson location=features.jsonl ! fakesink
 * ]| What both hands do, as numbers.
 *
 * |[
 * gst-launch-1.0 v4l2src ! decodebin ! egohands ! egokinematics layout=hand-shape,finger-path ! egoaction model=ego-gestures-static fast-model=ego-gestures-moving ! egooverlay ! videoconvert ! autovideosink
 * ]| Gestures in front of a camera.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_core::kinematics::{Extractor, FeatureSpec, Preset};
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::Input;
use super::describing::{Describing, Layout, SharedSkips};
use crate::values::take;
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

const DEFAULT_LAYOUT: &str = "hands";

#[derive(Clone, Debug)]
struct Settings {
    input: Input,
    layout: String,
    /// 0 = the layout's own.
    window: u32,
    /// Milliseconds; 0 = the layout's own.
    step_ms: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { input: Input::default(), layout: DEFAULT_LAYOUT.to_owned(), window: 0, step_ms: 0 }
    }
}

impl Settings {
    /// The features that are asked for.
    fn specs(&self) -> Result<Vec<FeatureSpec>, AnalysisError> {
        let wrong = |e: ego_core::kinematics::SpecError| AnalysisError::Setting(format!("layout={:?}: {e}", self.layout));
        let mut specs = Vec::new();
        for id in self.layout.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let mut spec = FeatureSpec::parse(id).map_err(wrong)?;
            if spec.preset != Preset::HandShape && (self.window, self.step_ms) != (0, 0) {
                let frames = if self.window == 0 { spec.frames } else { self.window as usize };
                let step_s = if self.step_ms == 0 { spec.step_s } else { f64::from(self.step_ms) * 1e-3 };
                spec = spec.with_window(frames, step_s).map_err(wrong)?;
            }
            if !specs.contains(&spec) {
                specs.push(spec);
            }
        }
        if specs.is_empty() {
            return Err(AnalysisError::Setting(format!("layout={:?} names no layout: give one, as in layout=hands", self.layout)));
        }
        Ok(specs)
    }
}

#[derive(Default)]
pub struct EgoKinematics {
    settings: Mutex<Settings>,
    skips: SharedSkips,
}

impl EgoKinematics {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was left out, as a structure.
    fn skips(&self) -> gst::Structure {
        let skips = *self.skips.lock().unwrap_or_else(PoisonError::into_inner);
        gst::Structure::builder("skips")
            .field("frames", skips.frames)
            .field("time", skips.time)
            .field("not-finite", skips.not_finite)
            .field("rejected", skips.rejected)
            .field("filled", skips.filled)
            .field("restarts", skips.restarts)
            .build()
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EgoKinematics {
    const NAME: &'static str = "GstEgoKinematics";
    type Type = super::EgoKinematics;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoKinematics {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("layout")
                    .nick("Layout")
                    .blurb("Which features: hands, body, body-5x314, hand-shape, finger-path, finger-track; several separated by commas")
                    .default_value(DEFAULT_LAYOUT)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("window")
                    .nick("Window")
                    .blurb("Frames of a window; 0 = the layout's own")
                    .maximum(120)
                    .default_value(0)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("step")
                    .nick("Step")
                    .blurb("Milliseconds between the frames of a window, whatever the frame rate; 0 = the layout's own")
                    .maximum(1000)
                    .default_value(0)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecEnum::builder_with_default("input", Input::default())
                    .nick("Input")
                    .blurb("What is described: results of other elements, or the truth of egotestsrc")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoxed::builder::<gst::Structure>("skips")
                    .nick("Skips")
                    .blurb("What was left out so far: frames with bad time stamps, damaged or rejected subjects, filled joints, restarts")
                    .read_only()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "layout" => {
                let text = value.get::<Option<String>>().ok().flatten();
                settings.layout = text.unwrap_or_else(|| DEFAULT_LAYOUT.to_owned());
            }
            "window" => take(&mut settings.window, value),
            "step" => take(&mut settings.step_ms, value),
            "input" => take(&mut settings.input, value),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "layout" => settings.layout.to_value(),
            "window" => settings.window.to_value(),
            "step" => settings.step_ms.to_value(),
            "input" => settings.input.to_value(),
            "skips" => self.skips().to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for EgoKinematics {}

impl ElementImpl for EgoKinematics {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Kinematic features",
                "Filter/Analyzer/Video",
                "Describes the motion of hands and people by named numbers, attached as EgoFeaturesMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoKinematics {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoKinematics {
    const DEFAULT_MODEL: &'static str = "kinematics";

    fn open(&self, _common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = self.settings().clone();
        let specs = settings.specs()?;
        let layouts = specs.iter().map(|spec| Layout::new(Extractor::new(*spec))).collect();
        let name = specs.iter().map(FeatureSpec::id).collect::<Vec<_>>().join(",");
        let analyzer = Describing { input: settings.input, name, layouts, skips: SharedSkips::clone(&self.skips) };
        Ok(Opened { analyzer: Box::new(analyzer), warning: None })
    }
}
