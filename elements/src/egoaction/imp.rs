/**
 * SECTION:element-egoaction
 * @see_also: egohands, egoobjects, egokinematics, egooverlay, egojson
 *
 * Names what the wearer does, from the hands and objects on the frames: `EgoActionMeta`, and a message `ego-action` when a label
 * begins or ends.
 *
 * |[
 * gst-launch-1.0 filesrc location=sample-media/pour-milk.mp4 ! decodebin ! egohands ! egoobjects ! egoaction ! egooverlay ! videoconvert ! autovideosink
 * ]| The action over the picture.
 *
 * |[
 * gst-launch-1.0 -m egotestsrc num-buffers=300 ! egoaction input=truth ! fakesink
 * ]| What the classifier says when hands and objects are known exactly; its labels are printed as messages.
 */
use std::sync::LazyLock;

use ego_models::SessionOptions;
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::base_transform::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::classifier::Classifier;
use super::deciding::{Deciding, Open, Shared, lock, post};
use super::settings::Settings;
use super::watch::Watch;
use crate::worker::{AnalysisError, AnalysisImpl, EgoAnalysis, OpenSettings, Opened};

#[derive(Default)]
pub struct EgoAction {
    settings: Shared<Settings>,
    open: Shared<Open>,
}

#[glib::object_subclass]
impl ObjectSubclass for EgoAction {
    const NAME: &'static str = "GstEgoAction";
    type Type = super::EgoAction;
    type ParentType = EgoAnalysis;
}

impl ObjectImpl for EgoAction {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(Settings::specifications);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        lock(&self.settings).get(pspec.name()).unwrap_or_else(|| pspec.default_value().clone())
    }

    fn constructed(&self) {
        self.parent_constructed();
        // The end of the stream leaves when all frames have: labels that are still held end with it.
        let element = self.obj().downgrade();
        let Some(pad) = self.obj().static_pad("src") else { return };
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if info.event().is_some_and(|e| e.type_() == gst::EventType::Eos)
                && let Some(element) = element.upgrade()
            {
                let ended = lock(&EgoAction::from_obj(&element).open).close();
                ended.iter().for_each(|told| post(&element, told));
            }
            gst::PadProbeReturn::Ok
        });
    }
}

impl GstObjectImpl for EgoAction {}

impl ElementImpl for EgoAction {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Action recogniser",
                "Filter/Analyzer/Video",
                "Names what the wearer does from the hands and objects on the frames, attached as EgoActionMeta",
                env!("CARGO_PKG_NAME"),
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for EgoAction {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalysisImpl for EgoAction {
    const DEFAULT_MODEL: &'static str = "ego-action";

    fn open(&self, common: &OpenSettings) -> Result<Opened, AnalysisError> {
        let settings = lock(&self.settings).clone();
        let options = SessionOptions { device: common.device.parse()?, threads: common.threads };
        let models = std::iter::once(common.model.as_str()).chain(settings.fast_models());
        let classifiers: Vec<Classifier> = models.map(|model| Classifier::open(model, &options)).collect::<Result<_, _>>()?;
        let fallback = classifiers.iter().find_map(|c| c.network().fallback());
        let warning = fallback.map(|why| format!("the action models run on the CPU: {why}"));
        let specs: Vec<_> = classifiers.iter().map(Classifier::spec).collect();
        let watch = Watch::new(&specs, settings.input);
        let model = specs.first().map(|s| s.model.clone()).unwrap_or_default();
        *lock(&self.open) = Open::default();
        let analyzer = Deciding {
            element: self.obj().downgrade(),
            settings: Shared::clone(&self.settings),
            open: Shared::clone(&self.open),
            model,
            classifiers,
            watch,
        };
        Ok(Opened { analyzer: Box::new(analyzer), warning })
    }
}
