//! One line a frame (`ego.frame/1`) and the last line (`ego.end/1`).
//!
//! Pixels carry 2 decimals, metres and features 5, scores 4. Numbers are finite or null. The key of a stage that did not run is
//! left out; a stage that ran and found nothing leaves an empty list. A key that is not listed here is an error when reading:
//! lines of older programs are read by newer ones, not the other way round.

use std::collections::BTreeMap;

use ego_core::action::{ActionResult, Head};
use ego_core::bodies::Bodies;
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::objects::{Detections, InHand};
use ego_core::range::RangeInfo;
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
    /// What other classifiers say: short movements, gestures, other subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fast: Option<Vec<FastRecord>>,
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
    /// How likely each joint is in view, 0..1; lines of older versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub joint_score: Vec<f32>,
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
    #[serde(with = "in_hand")]
    pub in_hand: InHand,
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
    /// The moment that it is about, nanoseconds of presentation time: some models answer for a moment before their window's end. Left
    /// out by truths, and by programs that did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_ns: Option<u64>,
    /// When the label began that is told, nanoseconds of presentation time; left out while none is, and by what does not look back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ns: Option<u64>,
    /// What is expected afterwards, by models that look ahead; left out by all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextRecord>,
}

/// The action that a model expects after the present one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextRecord {
    /// Name of its class.
    pub label: String,
    /// Its probability, 0..1.
    #[serde(serialize_with = "numbers::score", deserialize_with = "numbers::read")]
    pub probability: f32,
}

/// What one of the other classifiers says of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FastRecord {
    /// Which kind of classifier: `fast`, `gesture`, or `slow` for another subject than the wearer.
    #[serde(with = "head")]
    pub head: Head,
    /// Whose action: `wearer`, `left`, `right`, or `body:3` for the person of track 3.
    pub subject: String,
    /// What it says.
    pub action: ActionRecord,
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
            fast: None,
            age_ns: BTreeMap::new(),
            trace_ns: BTreeMap::new(),
        }
    }

    /// Adds the hands of a stage to those that are there, in pixels of this frame, with the age of the result (nanoseconds).
    pub fn add_hands(&mut self, hands: &Hands, age_ns: u64) {
        let (width, height, depth) = (self.width, self.height, hands.depth_source);
        self.hands.get_or_insert_default().extend(hands.hands.iter().map(|hand| HandRecord::new(hand, depth, width, height)));
        self.add_age("hands", age_ns);
    }

    /// Adds the people of a stage to those that are there, in pixels of this frame, with the age of the result (nanoseconds).
    pub fn add_bodies(&mut self, bodies: &Bodies, age_ns: u64) {
        let (width, height) = (self.width as f32, self.height as f32);
        let record = |body: &ego_core::bodies::Body| BodyRecord {
            track: body.track,
            layout: body.layout.name().to_owned(),
            image_px: body.image_norm.iter().map(|[x, y]| [x * width, y * height]).collect(),
            score: body.score,
            joint_score: body.joint_score.clone(),
        };
        self.bodies.get_or_insert_default().extend(bodies.bodies.iter().map(record));
        self.add_age("bodies", age_ns);
    }

    /// Adds the objects of a stage to those that are there, in pixels of this frame, with the age of the result (nanoseconds).
    pub fn add_objects(&mut self, found: &Detections, age_ns: u64) {
        let (width, height) = (self.width as f32, self.height as f32);
        let record = |d: &ego_core::objects::Detection| {
            let [x0, y0, x1, y1] = d.box_norm;
            ObjectRecord {
                label: found.label(d.class).to_owned(),
                class: d.class,
                score: d.score,
                track: d.track,
                box_px: [x0 * width, y0 * height, x1 * width, y1 * height],
                in_hand: d.in_hand,
            }
        };
        self.objects.get_or_insert_default().extend(found.detections.iter().map(record));
        self.add_age("objects", age_ns);
    }

    /// Sets what the range mask kept, with the age of the mask (nanoseconds).
    pub fn set_mask(&mut self, range: &RangeInfo, age_ns: u64) {
        self.mask = Some(MaskRecord { threshold: range.threshold, kept: range.kept, relaxed: range.relaxed });
        self.add_age("mask", age_ns);
    }

    /// Adds the features of a subject. Names that do not say whose they are get the subject in front, as in
    /// `body:3.right_elbow.flexion_rad`. Values of earlier steps of the window (`@1`, `@2` ...) are left out: earlier lines have them.
    pub fn add_features(&mut self, features: &Features, age_ns: u64) {
        let map = self.features.get_or_insert_default();
        for (name, value) in features.names.iter().zip(&features.values).filter(|(name, _)| !name.contains('@')) {
            let key = if features.subject == "wearer" { name.clone() } else { format!("{}.{name}", features.subject) };
            map.insert(key, f64::from(*value));
        }
        self.add_age("features", age_ns);
    }

    /// Adds what a classifier says: the wearer's slow action becomes `action`, everything else goes to `fast`.
    pub fn add_action(&mut self, action: &ActionResult, age_ns: u64) {
        let Some(record) = ActionRecord::new(action) else { return };
        if action.head == Head::Slow && action.subject == "wearer" && self.action.is_none() {
            self.action = Some(record);
            self.add_age("action", age_ns);
        } else {
            self.fast.get_or_insert_default().push(FastRecord { head: action.head, subject: action.subject.clone(), action: record });
            self.add_age("fast", age_ns);
        }
    }

    /// Presentation time, nanoseconds; frames without one are 1/30 s apart.
    pub fn time_ns(&self) -> u64 {
        self.pts_ns.unwrap_or(self.frame * 33_333_333)
    }

    /// Moves the times in actions, nanoseconds. Results on buffers count in the buffers' time stamps, a line from the stream's beginning.
    pub fn shift_action_times(&mut self, by_ns: i64) {
        for action in self.action.iter_mut().chain(self.fast.iter_mut().flatten().map(|fast| &mut fast.action)) {
            for ns in action.window_ns.iter_mut().chain(&mut action.about_ns).chain(&mut action.since_ns) {
                *ns = ns.saturating_add_signed(by_ns);
            }
        }
    }

    /// The oldest result of a stage counts.
    fn add_age(&mut self, stage: &str, age_ns: u64) {
        if let Some(age) = self.age_ns.get_mut(stage) {
            *age = (*age).max(age_ns);
        } else {
            self.age_ns.insert(stage.to_owned(), age_ns);
        }
    }

    /// The line, without a line feed.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl ActionRecord {
    /// What a classifier says; `None` when it names no class.
    pub fn new(action: &ActionResult) -> Option<ActionRecord> {
        let &(class, score) = action.top.first()?;
        Some(ActionRecord {
            label: action.label(class).to_owned(),
            class,
            score,
            top: action.top.iter().map(|(class, score)| RankedLabel(action.label(*class).to_owned(), *score)).collect(),
            unknown: action.unknown,
            uncertainty: action.uncertainty,
            stable: action.stable,
            window_ns: action.window_ns,
            about_ns: Some(action.about_ns),
            since_ns: action.since_ns,
            next: None,
        })
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

/// [`InHand`] as `left`, `right`, `both` or `none`.
pub mod in_hand {
    use ego_core::objects::InHand;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the name.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(held: &InHand, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(held.name())
    }

    /// Reads the name.
    ///
    /// # Errors
    /// When it is none of the four.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<InHand, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let held = InHand::from_name(&name);
        if held.name() == name { Ok(held) } else { Err(D::Error::unknown_variant(&name, &["left", "right", "both", "none"])) }
    }
}

/// [`Head`] as `slow`, `fast` or `gesture`.
pub mod head {
    use ego_core::action::Head;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the name.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(head: &Head, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(head.name())
    }

    /// Reads the name.
    ///
    /// # Errors
    /// When it is none of the three.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Head, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let head = Head::from_name(&name);
        if head.name() == name { Ok(head) } else { Err(D::Error::unknown_variant(&name, &["slow", "fast", "gesture"])) }
    }
}
