//! Elements that stand in for those of the plugin: `egosharp` attaches a prepared mask, `egooverlay` lets pictures through.

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;

/// Whoever holds this keeps `egosharp` from starting, as a model does that is being loaded.
pub(crate) static LOADING: std::sync::RwLock<()> = std::sync::RwLock::new(());

/// Registers both.
pub(crate) fn register() {
    gst::Element::register(None, "egosharp", gst::Rank::NONE, SharpElement::static_type()).expect("registered");
    gst::Element::register(None, "egooverlay", gst::Rank::NONE, OverlayElement::static_type()).expect("registered");
}

fn templates() -> Vec<gst::PadTemplate> {
    let caps = gst::Caps::builder("video/x-raw").build();
    [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
        .map(|(name, direction)| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).expect("a template"))
        .into()
}

fn metadata() -> gst::subclass::ElementMetadata {
    gst::subclass::ElementMetadata::new("Stand-in", "Filter/Video", "Prepared results for tests", "egostream")
}

mod sharp {
    use super::*;
    use std::sync::{LazyLock, Mutex};

    /// Keeps as much of the picture as its threshold leaves.
    pub(crate) struct Sharp(Mutex<f32>);

    impl Default for Sharp {
        fn default() -> Sharp {
            Sharp(Mutex::new(0.5))
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Sharp {
        const NAME: &'static str = "StandInSharp";
        type Type = super::SharpElement;
        type ParentType = gst_base::BaseTransform;
    }

    impl ObjectImpl for Sharp {
        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
                let spec =
                    glib::ParamSpecFloat::builder("threshold").nick("Threshold").blurb("What counts as near").minimum(0.0).maximum(1.0);
                vec![spec.default_value(0.5).mutable_playing().build()]
            });
            &PROPERTIES
        }

        fn set_property(&self, _id: usize, value: &glib::Value, _pspec: &glib::ParamSpec) {
            *self.0.lock().expect("not poisoned") = value.get().expect("a number");
        }

        fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
            self.0.lock().expect("not poisoned").to_value()
        }
    }

    impl GstObjectImpl for Sharp {}

    impl ElementImpl for Sharp {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(metadata);
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(templates);
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for Sharp {
        const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn start(&self) -> Result<(), gst::ErrorMessage> {
            drop(super::LOADING.read().expect("not poisoned"));
            Ok(())
        }

        fn transform_ip(&self, buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
            let threshold = *self.0.lock().expect("not poisoned");
            let kept = 1.0 - threshold;
            // Four columns, the nearest on the right.
            let data: Vec<u8> = (0..4).map(|x| if x as f32 / 4.0 >= threshold { 255 } else { 0 }).collect();
            let caps = gst::Caps::builder("video/x-raw")
                .field("format", "GRAY8")
                .field("width", 4)
                .field("height", 1)
                .field("framerate", gst::Fraction::new(0, 1))
                .build();
            let map = gst::Sample::builder().buffer(&gst::Buffer::from_slice(data)).caps(&caps).build();
            let stamp =
                ego_meta::Stamp { source: "egosharp".into(), infer_ns: 1_000_000, ref_width: 320, ref_height: 240, ..Default::default() };
            let range = ego_core::range::RangeInfo { threshold, kept, relaxed: false };
            let meta = ego_meta::MaskMeta { stamp, map, kind: "range".into(), range: Some(range) };
            ego_meta::attach_mask(buffer, &meta).map_err(|_| gst::FlowError::Error)?;
            Ok(gst::FlowSuccess::Ok)
        }
    }
}

mod overlay {
    use super::*;
    use std::sync::LazyLock;

    /// Lets pictures through.
    #[derive(Default)]
    pub(crate) struct Overlay;

    #[glib::object_subclass]
    impl ObjectSubclass for Overlay {
        const NAME: &'static str = "StandInOverlay";
        type Type = super::OverlayElement;
        type ParentType = gst_base::BaseTransform;
    }

    impl ObjectImpl for Overlay {}
    impl GstObjectImpl for Overlay {}

    impl ElementImpl for Overlay {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(metadata);
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(templates);
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for Overlay {
        const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn transform_ip(&self, _buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
            Ok(gst::FlowSuccess::Ok)
        }
    }
}

glib::wrapper! {
    pub(crate) struct SharpElement(ObjectSubclass<sharp::Sharp>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

glib::wrapper! {
    pub(crate) struct OverlayElement(ObjectSubclass<overlay::Overlay>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}
