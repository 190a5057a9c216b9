//! What every family of hand models looks like from outside, and which one a manifest asks for.

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{Hands, Side};
use ego_core::image::{ImageView, MaskView};

use super::camera::Camera;
use super::effhandegonet::EffHandEgoNet;
use super::pair::HandPair;
use super::rtmpose::RtmPoseHand;
use super::tracker::{HandTracker, HandTrackerConfig};
use crate::error::{ModelError, Result};
use crate::paths::find_model;

/// What a hand model may look at.
#[derive(Clone, Copy, Debug)]
pub struct HandInput<'a> {
    /// The picture.
    pub view: ImageView<'a>,
    /// Its time stamp, nanoseconds.
    pub pts_ns: Option<u64>,
    /// What lies within the wearer's reach, when that is known: the rest is black for networks that look at the whole picture.
    pub mask: Option<MaskView<'a>>,
    /// Hands that an object detector has found in this picture, best first.
    pub boxes: &'a [HandBox],
}

impl<'a> HandInput<'a> {
    /// A picture about which nothing else is known.
    pub fn of(view: ImageView<'a>, pts_ns: Option<u64>) -> HandInput<'a> {
        HandInput { view, pts_ns, mask: None, boxes: &[] }
    }
}

/// A hand that an object detector has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandBox {
    /// The wearer's left or right, if the detector tells.
    pub side: Side,
    /// Confidence, 0..1.
    pub score: f32,
    /// Left, top, right, bottom, divided by the picture's width and height.
    pub box_norm: [f32; 4],
}

/// One way to find the hands in a stream of pictures. Every family gives the same results; what it does not know is `None`,
/// [`Side::Unknown`] or `DepthSource::None`.
pub trait HandModel: Send + std::fmt::Debug {
    /// The execution provider that the networks run on, e.g. `cpu`.
    fn provider(&self) -> &str;

    /// Why `device=auto` fell back to the CPU, when it did.
    fn fallback(&self) -> Option<&str>;

    /// Finds the hands of the next picture.
    ///
    /// # Errors
    /// When the picture or the camera cannot be used, or a network fails. The model can go on with the next picture.
    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands>;

    /// The camera of the last picture and where its numbers come from.
    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)>;

    /// Turns the smoothing of joints on or off, from the next picture on.
    fn set_smoothing(&mut self, smoothing: bool);

    /// Forgets all hands, as at the start of a stream; track numbers go on.
    fn reset(&mut self);

    /// Which model found the last hands, when there are several.
    fn at_work(&self) -> Option<&str> {
        None
    }

    /// What went wrong since the last call that did not keep it from going on.
    fn take_trouble(&mut self) -> Option<ModelError> {
        None
    }
}

/// Families of hand models that find hands in whole pictures, as manifests name them.
pub const FAMILIES: [&str; 4] = ["mediapipe-hands", "ego-crop-hands", "effhandegonet3d", "rtmpose-hand"];

/// Opens the model that the settings name, whatever its family, and the one that may take over.
///
/// # Errors
/// When a model or ONNX Runtime is missing or not what it should be, when the family is not one of [`FAMILIES`], or when a setting
/// makes no sense.
pub fn open(config: &HandTrackerConfig) -> Result<Box<dyn HandModel>> {
    match &config.alternative {
        Some(second) if *second != config.model => Ok(Box::new(HandPair::open(config, second)?)),
        _ => open_one(config),
    }
}

pub(super) fn open_one(config: &HandTrackerConfig) -> Result<Box<dyn HandModel>> {
    // What is wrong with a setting is said before a missing model is.
    Camera::open(&config.intrinsics)?;
    let located = find_model(&config.model)?;
    match located.manifest.family.as_str() {
        "mediapipe-hands" | "ego-crop-hands" => Ok(Box::new(HandTracker::open(config)?)),
        "effhandegonet3d" => Ok(Box::new(EffHandEgoNet::open(&located, config)?)),
        "rtmpose-hand" => Ok(Box::new(RtmPoseHand::open(&located, config)?)),
        other => Err(ModelError::Contradiction {
            model: located.manifest.name.clone(),
            field: "family".into(),
            expected: format!("one of {}", FAMILIES.join(", ")),
            found: other.to_owned(),
        }),
    }
}
