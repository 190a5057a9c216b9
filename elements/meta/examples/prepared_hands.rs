//! A plugin for tests of programs that read results, without models: `egoprepared` attaches the same two hands to every buffer.
//!
//! ```text
//! cargo build -p ego-meta --example prepared_hands
//! GST_PLUGIN_PATH=target/debug/examples gst-launch-1.0 videotestsrc num-buffers=3 ! egoprepared ! fakesink
//! ```
//!
//! Not part of the product: nothing installs it. It also stands for a second plugin that contains its own copy of `ego-meta`, and,
//! with its property `layout`, for a plugin of another version.
#![allow(missing_docs, unreachable_pub, reason = "made by gst::plugin_define")]

use gst::glib;
use gst::prelude::*;

glib::wrapper! {
    pub struct EgoPrepared(ObjectSubclass<imp::EgoPrepared>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

mod imp {
    use std::sync::{LazyLock, Mutex, PoisonError};

    use ego_core::camera::{Intrinsics, IntrinsicsSource};
    use ego_core::hands::{DepthSource, Hand, Hands, Side};
    use ego_meta::{HandsMeta, Stamp, attach_hands};
    use gst::glib;
    use gst::meta::CustomMeta;
    use gst::prelude::*;
    use gst::subclass::prelude::*;
    use gst_base::subclass::prelude::*;

    #[derive(Default)]
    pub struct EgoPrepared {
        frame: Mutex<u64>,
        layout: Mutex<Option<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for EgoPrepared {
        const NAME: &'static str = "GstEgoPrepared";
        type Type = super::EgoPrepared;
        type ParentType = gst_base::BaseTransform;
    }

    impl ObjectImpl for EgoPrepared {
        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
                vec![
                    glib::ParamSpecString::builder("layout")
                        .nick("Layout")
                        .blurb("Name of the layout to claim; none: the true one")
                        .build(),
                ]
            });
            &PROPERTIES
        }

        fn set_property(&self, _id: usize, value: &glib::Value, _pspec: &glib::ParamSpec) {
            *self.layout.lock().unwrap_or_else(PoisonError::into_inner) = value.get().ok().flatten();
        }

        fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
            self.layout.lock().unwrap_or_else(PoisonError::into_inner).to_value()
        }
    }

    impl GstObjectImpl for EgoPrepared {}

    impl ElementImpl for EgoPrepared {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Prepared hands",
                    "Filter/Analyzer/Video",
                    "Attaches the same hands, for tests",
                    "egostream",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let caps = gst::Caps::builder("video/x-raw").any_features().build();
                [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                    .into_iter()
                    .filter_map(|(name, direction)| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok())
                    .collect()
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for EgoPrepared {
        const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn transform_ip(&self, buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
            let frame = {
                let mut next = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
                *next += 1;
                *next - 1
            };
            let pts = buffer.pts().map(gst::ClockTime::nseconds);
            let meta = prepared(self.obj().name().to_string(), frame, pts);
            attach_hands(buffer, &meta).map_err(|_| gst::FlowError::Error)?;
            if let Some(layout) = self.layout.lock().unwrap_or_else(PoisonError::into_inner).as_deref()
                && let Ok(mut meta) = CustomMeta::from_mut_buffer(buffer, "EgoHandsMeta")
            {
                meta.mut_structure().set("layout", layout);
            }
            Ok(gst::FlowSuccess::Ok)
        }
    }

    /// A placed left and an unplaced right hand; every number is an exact binary fraction.
    fn prepared(source: String, frame: u64, pts: Option<u64>) -> HandsMeta {
        let hand = |side: Side, track: u32, placed: bool| Hand {
            side,
            score: 0.875,
            presence: 0.9375,
            track,
            image_norm: std::array::from_fn(|i| [i as f32 / 32.0, track as f32 / 4.0]),
            camera_m: placed.then(|| std::array::from_fn(|i| [-0.125, i as f32 / 64.0, 0.5])),
            joint_score: std::array::from_fn(|i| 1.0 - i as f32 / 64.0),
        };
        HandsMeta {
            stamp: Stamp {
                source,
                model: "prepared".to_owned(),
                frame,
                pts,
                age_ns: 5,
                infer_ns: 6_000_000,
                ref_width: 640,
                ref_height: 480,
            },
            hands: Hands { hands: vec![hand(Side::Left, 1, true), hand(Side::Right, 2, false)], depth_source: DepthSource::Estimated },
            intrinsics: Some((
                Intrinsics { fx: 600.5, fy: 601.5, cx: 319.5, cy: 239.5, width: 640, height: 480 },
                IntrinsicsSource::Property,
            )),
        }
    }
}

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    ego_meta::init();
    gst::Element::register(Some(plugin), "egoprepared", gst::Rank::NONE, EgoPrepared::static_type())
}

gst::plugin_define!(
    prepared_hands,
    "Prepared results for tests",
    plugin_init,
    env!("CARGO_PKG_VERSION"),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "egostream",
    "2026-01-01"
);
