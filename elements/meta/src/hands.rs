//! `EgoHandsMeta`: the hands of one frame.

use std::sync::LazyLock;

use bytemuck::{Pod, Zeroable};
use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};

use crate::kind::{self, HANDS};
use crate::stamp::Stamp;
use crate::table::{self, Row, Table};
use crate::{MetaError, camera, fields};

/// The hands of one frame and what they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct HandsMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// Joints divided by the size of the analysed frame, and in camera space in metres.
    pub hands: Hands,
    /// The camera that `camera_m` was computed with, in pixels of the analysed frame.
    pub intrinsics: Option<(Intrinsics, IntrinsicsSource)>,
}

/// One hand on the wire, 520 bytes: layout `hand21-v1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct HandRow {
    /// 0 the wearer's left, 1 right, 2 unknown.
    pub side: u32,
    /// Confidence of `side`, 0..1.
    pub score: f32,
    /// Confidence that there is a hand, 0..1.
    pub presence: f32,
    /// Number of the track, from 1; below 1 = not tracked.
    pub track: i32,
    /// Joints divided by width and height of the analysed frame.
    pub xy: [[f32; 2]; JOINTS],
    /// Joints in camera space, metres, x right, y down, z forward; all NaN when not known.
    pub xyz: [[f32; 3]; JOINTS],
    /// Confidence of each joint, 0..1.
    pub conf: [f32; JOINTS],
}

impl Row for HandRow {
    const LAYOUT: &'static str = "hand21-v1";
}

impl From<&Hand> for HandRow {
    fn from(hand: &Hand) -> HandRow {
        HandRow {
            side: hand.side.code(),
            score: hand.score,
            presence: hand.presence,
            track: i32::try_from(hand.track).unwrap_or(i32::MAX),
            xy: hand.image_norm,
            xyz: hand.camera_m.unwrap_or([[f32::NAN; 3]; JOINTS]),
            conf: hand.joint_score,
        }
    }
}

impl From<HandRow> for Hand {
    fn from(row: HandRow) -> Hand {
        Hand {
            side: Side::from_code(row.side),
            score: row.score,
            presence: row.presence,
            track: u32::try_from(row.track).unwrap_or(0),
            image_norm: row.xy,
            camera_m: row.xyz.as_flattened().iter().all(|v| v.is_finite()).then_some(row.xyz),
            joint_score: row.conf,
        }
    }
}

/// Hands that a table is built for without a heap allocation of its own.
const USUAL_HANDS: usize = 4;

/// Puts hands on a buffer, beside those that other elements have put there.
///
/// # Errors
/// When [`crate::init`] was not called, or when the intrinsics are for a picture of another aspect ratio than the analysed frame.
pub fn attach_hands(buffer: &mut gst::BufferRef, meta: &HandsMeta) -> Result<(), MetaError> {
    let intrinsics = match meta.intrinsics {
        Some((camera, source)) => Some((camera.scaled_to(meta.stamp.ref_width, meta.stamp.ref_height)?, source)),
        None => None,
    };
    kind::attach(buffer, HANDS, |s| {
        meta.stamp.write(s);
        let hands = &meta.hands.hands;
        if hands.len() <= USUAL_HANDS {
            let mut rows = [HandRow::zeroed(); USUAL_HANDS];
            for (row, hand) in rows.iter_mut().zip(hands) {
                *row = HandRow::from(hand);
            }
            table::write(s, &rows[..hands.len()]);
        } else {
            table::write(s, &hands.iter().map(HandRow::from).collect::<Vec<_>>());
        }
        fields::DEPTH_SOURCE.put(s, meta.hands.depth_source.name());
        if meta.hands.depth_source != DepthSource::None {
            fields::SCALE_KIND.put(s, "metric");
        }
        if let Some((camera, source)) = intrinsics {
            camera::write(s, &camera, source);
        }
    })
}

/// The first hands attached to a buffer, `None` when there are none.
///
/// # Errors
/// When they were written by another version of egostream, or are damaged.
pub fn try_hands(buffer: &gst::BufferRef) -> Result<Option<HandsMeta>, MetaError> {
    all_hands(buffer).next().transpose()
}

/// The first hands attached to a buffer; `None` when there are none or, with a warning in GStreamer's log, when they cannot be
/// read. Elements that tell their user use [`try_hands`].
pub fn hands(buffer: &gst::BufferRef) -> Option<HandsMeta> {
    try_hands(buffer).unwrap_or_else(|e| {
        gst::warning!(LOG, "{e}");
        None
    })
}

/// The hands that every element has attached to a buffer, oldest first; told apart by `stamp.source`.
pub fn all_hands(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<HandsMeta, MetaError>> + '_ {
    kind::read_all(buffer, HANDS, read)
}

/// Puts changed hands in the place of those on a buffer, in the same order. Hands that cannot be read are left as they are.
///
/// # Errors
/// As [`attach_hands`].
pub fn replace_hands(buffer: &mut gst::BufferRef, change: impl FnMut(HandsMeta) -> HandsMeta) -> Result<(), MetaError> {
    let changed: Vec<HandsMeta> = all_hands(buffer).flatten().map(change).collect();
    kind::remove_all(buffer, HANDS, |structure| read(structure).is_ok());
    changed.iter().try_for_each(|meta| attach_hands(buffer, meta))
}

static LOG: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egometa", gst::DebugColorFlags::empty(), Some("egostream results on buffers")));

fn read(s: &gst::StructureRef) -> Result<HandsMeta, MetaError> {
    let table = Table::<HandRow>::read(s, HANDS)?;
    let stamp = Stamp::read(s, HANDS)?;
    let depth_source = fields::DEPTH_SOURCE.get::<&str>(s, HANDS)?.map(DepthSource::from_name).unwrap_or_default();
    let intrinsics = camera::read(s, &stamp, HANDS)?;
    Ok(HandsMeta { stamp, hands: Hands { hands: table.rows().map(Hand::from).collect(), depth_source }, intrinsics })
}
