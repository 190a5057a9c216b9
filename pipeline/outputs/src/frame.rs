//! One line a frame (`ego.frame/1`) and the last line (`ego.end/1`).
//!
//! Pixels carry 2 decimals, metres and features 5, scores 4. Numbers are finite or null. The key of a stage that did not run is
//! left out; a stage that ran and found nothing leaves an empty list. A key that is not listed here is an error when reading:
//! new keys come with a new schema number.

use std::collections::BTreeMap;

use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use serde::{Deserialize, Serialize};

use crate::numbers;
use crate::schema::{EndSchema, FrameSchema};

/// The results of one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameRecord {
    /// Always `ego.frame/1`.
    pub schema: FrameSchema,
    /// Name of the stream, e.g. the file name without its ending.
    pub stream: String,
    /// Number of the frame in the stream, from 0; frames that were dropped on the way are counted.
    pub frame: u64,
    /// Presentation time, nanoseconds; null when the stream has none.
    pub pts_ns: Option<u64>,
    /// Width of the frame, pixels.
    pub width: u32,
    /// Height of the frame, pixels.
    pub height: u32,
    /// Hands, in order of track number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands: Option<Vec<HandRecord>>,
    /// Bodies, in order of track number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Vec<BodyRecord>>,
    /// Objects, best first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<ObjectRecord>>,
    /// What the range mask kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<MaskRecord>,
    /// Features by name, e.g. `right.wrist_speed_per_s`; the unit is the end of the name.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "numbers::fine", deserialize_with = "numbers::read")]
    pub features: Option<BTreeMap<String, f64>>,
    /// The action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionRecord>,
    /// For each stage, nanoseconds between the frame that was analysed and this one; 0 = this very frame.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub age_ns: BTreeMap<String, u64>,
    /// For each stage, nanoseconds that it worked on this frame.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trace_ns: BTreeMap<String, u64>,
}

/// One hand of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandRecord {
    /// The wearer's `left` or `right`, or `unknown`.
    #[serde(with = "side")]
    pub side: Side,
    /// Confidence of `side`, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub score: f32,
    /// Number that stays the same while the hand is followed.
    pub track: u32,
    /// Joints in pixels of this frame, wrist first (order of `ego_core::hands::JOINT_NAMES`).
    #[serde(serialize_with = "numbers::px", deserialize_with = "numbers::read")]
    pub image_px: [[f32; 2]; JOINTS],
    /// Joints in camera space, metres, x right, y down, z forward; null when not known.
    #[serde(serialize_with = "numbers::fine", deserialize_with = "numbers::read")]
    pub camera_m: Option<[[f32; 3]; JOINTS]>,
    /// Confidence of each joint, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub joint_score: [f32; JOINTS],
    /// Where `camera_m` comes from: `estimated`, `measured`, or `none`.
    #[serde(with = "depth_source")]
    pub depth_source: DepthSource,
}

/// One person of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyRecord {
    /// Number that stays the same while the person is followed.
    pub track: u32,
    /// Which joints, e.g. `body13`.
    pub layout: String,
    /// Joints in pixels of this frame, in the order of the layout.
    #[serde(serialize_with = "numbers::px", deserialize_with = "numbers::read")]
    pub image_px: Vec<[f32; 2]>,
    /// Confidence, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub score: f32,
}

/// One object of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRecord {
    /// Name of its class.
    pub label: String,
    /// Number of its class in the model.
    pub class: u32,
    /// Confidence, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub score: f32,
    /// Number that stays the same while the object is followed; null when it is not.
    pub track: Option<u32>,
    /// Left, top, right and bottom edge, pixels of this frame.
    #[serde(serialize_with = "numbers::px", deserialize_with = "numbers::read")]
    pub box_px: [f32; 4],
    /// Which of the wearer's hands holds it.
    pub in_hand: InHand,
}

/// Which of the wearer's hands holds an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InHand {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// Both.
    Both,
    /// Neither.
    #[default]
    None,
}

/// What the range mask kept of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskRecord {
    /// Smallest pseudo-depth (relative inverse depth, 0..1) that counts as within reach.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub threshold: f32,
    /// Part of the picture that was kept, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub kept: f32,
    /// The threshold was lowered because too little was left.
    pub relaxed: bool,
}

/// The action at a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionRecord {
    /// Name of the best class.
    pub label: String,
    /// Number of the best class in the model.
    pub class: u32,
    /// Its probability, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub score: f32,
    /// Best classes with their probabilities, best first.
    pub top: Vec<RankedLabel>,
    /// None of the classes fits.
    pub unknown: bool,
    /// Share of the evidence that is missing, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub uncertainty: f32,
    /// The label has held long enough to be shown.
    pub stable: bool,
    /// First and last presentation time of the frames it was made from, nanoseconds.
    pub window_ns: [u64; 2],
}

/// A class and its probability, written as `["pour milk", 0.82]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedLabel(
    /// Name of the class.
    pub String,
    /// Its probability, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub f32,
);

/// The last line of a file; a file without it was cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndRecord {
    /// Always `ego.end/1`.
    pub schema: EndSchema,
    /// Lines of frames.
    pub frames: u64,
    /// Frames that were lost before they reached the writer.
    pub dropped: u64,
    /// Frames with results that could not be read.
    pub errors: u64,
}

impl FrameRecord {
    /// A frame without results.
    pub fn new(stream: impl Into<String>, frame: u64, pts_ns: Option<u64>, width: u32, height: u32) -> FrameRecord {
        FrameRecord {
            schema: FrameSchema,
            stream: stream.into(),
            frame,
            pts_ns,
            width,
            height,
            hands: None,
            bodies: None,
            objects: None,
            mask: None,
            features: None,
            action: None,
            age_ns: BTreeMap::new(),
            trace_ns: BTreeMap::new(),
        }
    }

    /// Adds the hands of a stage to those that are there, in pixels of this frame, with the age of the result (nanoseconds).
    pub fn add_hands(&mut self, hands: &Hands, age_ns: u64) {
        let (width, height, depth) = (self.width, self.height, hands.depth_source);
        self.hands.get_or_insert_default().extend(hands.hands.iter().map(|hand| HandRecord::new(hand, depth, width, height)));
        let age = self.age_ns.entry("hands".to_owned()).or_default();
        *age = (*age).max(age_ns);
    }

    /// The line, without a line feed.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl EndRecord {
    /// The line, without a line feed.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// Cannot fail: keys are texts, numbers finite or null, and memory takes every byte.
fn to_json(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

impl HandRecord {
    /// A hand in pixels of a picture of this size.
    pub fn new(hand: &Hand, depth_source: DepthSource, width: u32, height: u32) -> HandRecord {
        HandRecord {
            side: hand.side,
            score: hand.score,
            track: hand.track,
            image_px: hand.image_px(width, height),
            camera_m: hand.camera_m,
            joint_score: hand.joint_score,
            depth_source: if hand.camera_m.is_some() { depth_source } else { DepthSource::None },
        }
    }
}

/// [`Side`] as `left`, `right` or `unknown`.
pub mod side {
    use ego_core::hands::Side;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the name.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(side: &Side, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(side.name())
    }

    /// Reads the name.
    ///
    /// # Errors
    /// When it is none of the three.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Side, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let side = Side::from_name(&name);
        if side.name() == name { Ok(side) } else { Err(D::Error::unknown_variant(&name, &["left", "right", "unknown"])) }
    }
}

/// [`DepthSource`] as `estimated`, `measured` or `none`.
pub mod depth_source {
    use ego_core::hands::DepthSource;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the name.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(source: &DepthSource, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(source.name())
    }

    /// Reads the name.
    ///
    /// # Errors
    /// When it is none of the three.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DepthSource, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let source = DepthSource::from_name(&name);
        if source.name() == name { Ok(source) } else { Err(D::Error::unknown_variant(&name, &["estimated", "measured", "none"])) }
    }
}
