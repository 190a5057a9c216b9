//! `EgoTruthMeta`: what is really in a frame, for sources that know.
//!
//! Its main table begins with the rows of `EgoHandsMeta` (`hand21-v1`), so that whatever reads hands reads true hands.

use bytemuck::{Pod, Zeroable};
use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, JOINTS};
use ego_core::objects::{Detection, InHand};
use gst::glib;

use crate::hands::HandRow;
use crate::kind::{self, TRUTH};
use crate::stamp::Stamp;
use crate::table::{self, OBJECTS, Row, Table};
use crate::{MetaError, camera, fields};

/// Points of an object's box: centre, 8 corners, 12 edge middles, in the order of H2O.
pub const BOX_POINTS: usize = 21;

/// Everything that is known about one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthMeta {
    /// Who made it, from which frame.
    pub stamp: Stamp,
    /// All hands of the scene, in view or not: the wearer's first.
    pub hands: Vec<TrueHand>,
    /// All objects with a class, in view or not.
    pub objects: Vec<TrueObject>,
    /// What happens.
    pub action: TrueAction,
    /// The camera, pixels of the frame; exact.
    pub intrinsics: Intrinsics,
    /// Takes camera points into the world, metres, rows of a 4 x 4 matrix: H2O's `cam_pose`.
    pub world_from_camera: [[f64; 4]; 4],
    /// Which part of which recording.
    pub clip: ClipPosition,
}

impl TruthMeta {
    /// The wearer's hands, in view or not: what a perfect hand tracker would find.
    pub fn wearer_hands(&self) -> impl Iterator<Item = &Hand> {
        self.hands.iter().filter(|h| !h.bystander).map(|h| &h.hand)
    }

    /// The objects in the picture as a perfect detector would find them: class i stands for number i + 1 of H2O.
    pub fn detections(&self) -> impl Iterator<Item = Detection> {
        self.objects.iter().filter_map(|o| {
            let (class, box_norm) = (o.class.checked_sub(1)?, o.rect_norm?);
            Some(Detection { class, score: 1.0, track: None, box_norm, depth_m: None, in_hand: o.in_hand })
        })
    }
}

/// Where in a stream of recordings a frame lies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClipPosition {
    /// Running number of the recording in its stream, from 0.
    pub number: u64,
    /// Seed that makes it again.
    pub seed: u64,
    /// Seconds since its beginning.
    pub time_s: f64,
}

/// What happens in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueAction {
    /// `pour milk`, or `background`.
    pub label: String,
    /// Its number in H2O's list; 0 for the background and for actions outside the list.
    pub id: u32,
    /// `pour`, or `none`.
    pub verb: String,
    /// `milk`, or `none`.
    pub noun: String,
    /// Part of the motion: `idle`, `approach`, `contact`, `manipulate`, `release`.
    pub phase: String,
    /// Which of the wearer's hands hold the object of the action, or anything when there is none.
    pub in_hand: InHand,
}

/// Whether a joint can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JointSeen {
    /// Not looked up.
    #[default]
    Unknown,
    /// Nothing is in front of its flesh.
    Visible,
    /// Something, or another part of the hand, is in front.
    Occluded,
    /// Outside the picture.
    Outside,
}

impl JointSeen {
    /// What stands for it as a joint's confidence: 1 seen, 0.5 hidden or not known, 0 outside.
    pub fn score(self) -> f32 {
        match self {
            JointSeen::Visible => 1.0,
            JointSeen::Unknown | JointSeen::Occluded => 0.5,
            JointSeen::Outside => 0.0,
        }
    }

    fn from_code(code: u8) -> JointSeen {
        let known = [JointSeen::Visible, JointSeen::Occluded, JointSeen::Outside];
        known.into_iter().find(|seen| *seen as u8 == code).unwrap_or(JointSeen::Unknown)
    }
}

/// One true hand.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueHand {
    /// Side, joints and camera space; `presence` is 1 when the hand is in view, else 0; `joint_score` as [`JointSeen::score`] says.
    /// Joints behind the camera are NaN in the picture.
    pub hand: Hand,
    /// Somebody else's.
    pub bystander: bool,
    /// Which object it holds, as an index into [`TruthMeta::objects`].
    pub holds: Option<usize>,
    /// Whether each joint can be seen.
    pub seen: [JointSeen; JOINTS],
}

/// One true object.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueObject {
    /// Class number of H2O, 1..=8.
    pub class: u32,
    /// Name of the class.
    pub name: String,
    /// Who holds it.
    pub in_hand: InHand,
    /// Left, top, right, bottom of what of its box lies in the picture, divided by width and height; `None` outside.
    pub rect_norm: Option<[f32; 4]>,
    /// The points of its box, divided by width and height; NaN behind the camera.
    pub box_norm: [[f32; 2]; BOX_POINTS],
    /// The points of its box in camera space, metres.
    pub box_camera_m: [[f32; 3]; BOX_POINTS],
    /// Takes its own points into camera space, metres: the upper three rows of a matrix.
    pub camera_from_object: [[f32; 4]; 3],
}

/// One true hand on the wire: layout `hand21-v1` with 32 bytes more.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct TrueHandRow {
    /// The hand.
    pub hand: HandRow,
    /// 0 the wearer, 1 somebody else.
    pub owner: u32,
    /// Row of the object that it holds; -1 = none.
    pub holds: i32,
    /// 0 unknown, 1 visible, 2 occluded, 3 outside.
    pub seen: [u8; JOINTS],
    /// Zero.
    pub padding: [u8; 3],
}

impl Row for TrueHandRow {
    const LAYOUT: &'static str = HandRow::LAYOUT;
}

/// One true object on the wire, 492 bytes: layout `objbox21-v1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct TrueObjectRow {
    /// Class number.
    pub class: u32,
    /// 0 nobody, 1 the wearer's left, 2 right, 3 both.
    pub in_hand: u32,
    /// Left, top, right, bottom divided by width and height; NaN outside the picture.
    pub rect: [f32; 4],
    /// Box points divided by width and height.
    pub xy: [[f32; 2]; BOX_POINTS],
    /// Box points in camera space, metres.
    pub xyz: [[f32; 3]; BOX_POINTS],
    /// Upper three rows of `camera_from_object`.
    pub pose: [[f32; 4]; 3],
}

impl Row for TrueObjectRow {
    const LAYOUT: &'static str = "objbox21-v1";
}

impl From<&TrueHand> for TrueHandRow {
    fn from(truth: &TrueHand) -> TrueHandRow {
        TrueHandRow {
            hand: HandRow::from(&truth.hand),
            owner: u32::from(truth.bystander),
            holds: truth.holds.and_then(|row| i32::try_from(row).ok()).unwrap_or(-1),
            seen: truth.seen.map(|seen| seen as u8),
            padding: [0; 3],
        }
    }
}

impl From<TrueHandRow> for TrueHand {
    fn from(row: TrueHandRow) -> TrueHand {
        TrueHand {
            hand: Hand::from(row.hand),
            bystander: row.owner != 0,
            holds: usize::try_from(row.holds).ok(),
            seen: row.seen.map(JointSeen::from_code),
        }
    }
}

impl From<&TrueObject> for TrueObjectRow {
    fn from(truth: &TrueObject) -> TrueObjectRow {
        TrueObjectRow {
            class: truth.class,
            in_hand: truth.in_hand.code(),
            rect: truth.rect_norm.unwrap_or([f32::NAN; 4]),
            xy: truth.box_norm,
            xyz: truth.box_camera_m,
            pose: truth.camera_from_object,
        }
    }
}

impl TrueObject {
    fn new(row: TrueObjectRow, name: String) -> TrueObject {
        TrueObject {
            class: row.class,
            name,
            in_hand: InHand::from_code(row.in_hand),
            rect_norm: row.rect.iter().all(|v| v.is_finite()).then_some(row.rect),
            box_norm: row.xy,
            box_camera_m: row.xyz,
            camera_from_object: row.pose,
        }
    }
}

/// Puts the truth on a buffer.
///
/// # Errors
/// When [`crate::init`] was not called, or when the intrinsics are for a picture of another aspect ratio than the frame.
pub fn attach_truth(buffer: &mut gst::BufferRef, meta: &TruthMeta) -> Result<(), MetaError> {
    let intrinsics = meta.intrinsics.scaled_to(meta.stamp.ref_width, meta.stamp.ref_height)?;
    let hands: Vec<TrueHandRow> = meta.hands.iter().map(TrueHandRow::from).collect();
    let objects: Vec<TrueObjectRow> = meta.objects.iter().map(TrueObjectRow::from).collect();
    let labels: glib::StrV = meta.objects.iter().map(|o| glib::GString::from(o.name.as_str())).collect();
    kind::attach(buffer, TRUTH, |s| {
        meta.stamp.write(s);
        table::write(s, &hands);
        table::write_to(s, &OBJECTS, &objects);
        fields::LABELS.put(s, labels);
        fields::DEPTH_SOURCE.put(s, DepthSource::Measured.name());
        fields::SCALE_KIND.put(s, "metric");
        camera::write(s, &intrinsics, IntrinsicsSource::Exact);
        fields::CAMERA_POSE.put(s, glib::Bytes::from(bytemuck::bytes_of(&meta.world_from_camera)));
        fields::ACTION.put(s, meta.action.label.as_str());
        fields::ACTION_ID.put(s, meta.action.id);
        fields::VERB.put(s, meta.action.verb.as_str());
        fields::NOUN.put(s, meta.action.noun.as_str());
        fields::PHASE.put(s, meta.action.phase.as_str());
        fields::IN_HAND.put(s, meta.action.in_hand.name());
        fields::CLIP.put(s, meta.clip.number);
        fields::CLIP_SEED.put(s, meta.clip.seed);
        fields::CLIP_TIME.put(s, meta.clip.time_s);
    })
}

/// The truth on a buffer, `None` when there is none.
///
/// # Errors
/// When it was written by another version of egostream, or is damaged.
pub fn truth(buffer: &gst::BufferRef) -> Result<Option<TruthMeta>, MetaError> {
    kind::read_all(buffer, TRUTH, read).next().transpose()
}

fn read(s: &gst::StructureRef) -> Result<TruthMeta, MetaError> {
    let hands = Table::<TrueHandRow>::read(s, TRUTH)?.rows().map(TrueHand::from).collect();
    let labels: Vec<String> = fields::LABELS.get(s, TRUTH)?.unwrap_or_default();
    let mut labels = labels.into_iter();
    let objects = Table::<TrueObjectRow>::read_from(s, &OBJECTS, TRUTH)?.rows();
    let objects = objects.map(|row| TrueObject::new(row, labels.next().unwrap_or_default())).collect();
    let stamp = Stamp::read(s, TRUTH)?;
    let problem = |field, problem: &str| MetaError::Field { meta: TRUTH, field, problem: problem.to_owned() };
    let (intrinsics, _) = camera::read(s, &stamp, TRUTH)?.ok_or_else(|| problem("intrinsics-source", "is missing"))?;
    let pose: &glib::Bytes = fields::CAMERA_POSE.need(s, TRUTH)?;
    let world_from_camera =
        bytemuck::try_pod_read_unaligned(&pose[..]).map_err(|_| problem("camera-pose", "does not hold 16 numbers of 8 bytes"))?;
    let text = |field: &fields::Field| Ok::<_, MetaError>(field.get::<&str>(s, TRUTH)?.unwrap_or_default().to_owned());
    let action = TrueAction {
        label: text(&fields::ACTION)?,
        id: fields::ACTION_ID.get(s, TRUTH)?.unwrap_or_default(),
        verb: text(&fields::VERB)?,
        noun: text(&fields::NOUN)?,
        phase: text(&fields::PHASE)?,
        in_hand: InHand::from_name(fields::IN_HAND.get(s, TRUTH)?.unwrap_or_default()),
    };
    let clip = ClipPosition {
        number: fields::CLIP.get(s, TRUTH)?.unwrap_or_default(),
        seed: fields::CLIP_SEED.get(s, TRUTH)?.unwrap_or_default(),
        time_s: fields::CLIP_TIME.get(s, TRUTH)?.unwrap_or_default(),
    };
    Ok(TruthMeta { stamp, hands, objects, action, intrinsics, world_from_camera, clip })
}
