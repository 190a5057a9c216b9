//! The base class of all elements that run a model: `GstEgoAnalysis`, a `GstBaseTransform` with one worker thread.
//!
//! It looks after everything that does not depend on the model: caps, modes, LATENCY, QoS, flush, EOS, caps changes, stopping,
//! statistics and errors. A subclass implements [`AnalysisImpl::open`], which returns an [`Analyzer`]. See `README.md`.

mod analyzer;
mod answer;
mod exchange;
mod frame;
mod imp;
mod latency;
mod mode;
mod properties;
mod qos;
mod ring;
mod stats;
mod stream;
mod thread;
mod timeline;

pub use analyzer::{AnalysisError, Analyzer, OpenSettings, Opened, Outcome, Stamp};
pub use frame::Frame;
pub use mode::Mode;

use gst::glib;
use gst::glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

glib::wrapper! {
    /// Abstract base of the analysis elements; see the module's documentation.
    pub struct EgoAnalysis(ObjectSubclass<imp::EgoAnalysis>) @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// What a subclass of [`EgoAnalysis`] has to say. It implements [`BaseTransformImpl`] with its constants only: the base class
/// keeps the methods of `BaseTransform` to itself.
pub trait AnalysisImpl: BaseTransformImpl + ObjectSubclass<Type: IsA<EgoAnalysis>> {
    /// The model that is used when the property `model` is not set.
    const DEFAULT_MODEL: &'static str;

    /// Loads the model. Called while the element goes from READY to PAUSED; an error fails this state change and is posted.
    ///
    /// # Errors
    /// Whatever keeps the model from running, in words that name the thing and the remedy.
    fn open(&self, settings: &OpenSettings) -> Result<Opened, AnalysisError>;
}

type OpenFn = fn(&EgoAnalysis, &OpenSettings) -> Result<Opened, AnalysisError>;

/// Class structure: what differs between subclasses.
#[repr(C)]
pub struct EgoAnalysisClass {
    parent_class: <gst_base::BaseTransform as glib::object::ObjectType>::GlibClassType,
    open: Option<OpenFn>,
    default_model: Option<&'static str>,
}

// Sound: the structure is `repr(C)` and begins with the parent's class structure; GObject fills the rest with zeros, which is
// `None` for both fields.
#[allow(unsafe_code, reason = "GObject inheritance from Rust has no safe form")]
unsafe impl ClassStruct for EgoAnalysisClass {
    type Type = imp::EgoAnalysis;
}

// Sound: the parent's `class_init` is called first, as the trait demands; all that is written afterwards are our own fields and
// methods that GObject had copied from our own class.
#[allow(unsafe_code, reason = "GObject inheritance from Rust has no safe form")]
unsafe impl<T: AnalysisImpl> IsSubclassable<T> for EgoAnalysis {
    fn class_init(class: &mut glib::Class<Self>) {
        let inherited = class.as_ref().parent_class;
        Self::parent_class_init::<T>(class);
        let class = class.as_mut();
        // The methods of BaseTransform are ours alone. Through the subclass they would call ours all the same, but report each
        // failure once more ("Parent function `start` failed").
        let element_class = class.parent_class.parent_class;
        class.parent_class = gst_base::ffi::GstBaseTransformClass { parent_class: element_class, ..inherited };
        class.open = Some(open::<T>);
        class.default_model = Some(T::DEFAULT_MODEL);
    }
}

fn open<T: AnalysisImpl>(element: &EgoAnalysis, settings: &OpenSettings) -> Result<Opened, AnalysisError> {
    match element.dynamic_cast_ref::<T::Type>() {
        Some(element) => T::from_obj(element).open(settings),
        None => Err(AnalysisError::Failed(format!("{} is not a {}", element.type_(), T::NAME))),
    }
}
