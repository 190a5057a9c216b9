//! `EgoDetectionsMeta`: the objects of one frame.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use ego_core::objects::{Detection, Detections, InHand};
use gst::glib;

use crate::kind::{self, DETECTIONS};
use crate::stamp::Stamp;
use crate::table::{self, Row, Table};
use crate::{MetaError, fields};

/// The objects of one frame and what they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectionsMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// Boxes divided by the size of the analysed frame.
    pub detections: Detections,
}

/// One object on the wire, 36 bytes: layout `det-v1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct DetectionRow {
    /// Left edge divided by the width of the analysed frame.
    pub x: f32,
    /// Upper edge divided by the height.
    pub y: f32,
    /// Width divided by the width of the analysed frame.
    pub w: f32,
    /// Height divided by the height.
    pub h: f32,
    /// Confidence, 0..1.
    pub score: f32,
    /// Number of the class, an index into `labels`.
    pub class: i32,
    /// Number of the track, from 1; below 1 = not tracked.
    pub track: i32,
    /// Distance along the camera's axis, metres; NaN = not known.
    pub depth_m: f32,
    /// 0 nobody, 1 the wearer's left, 2 right, 3 both.
    pub in_hand: u32,
}

impl Row for DetectionRow {
    const LAYOUT: &'static str = "det-v1";
}

impl From<&Detection> for DetectionRow {
    fn from(d: &Detection) -> DetectionRow {
        let [x0, y0, x1, y1] = d.box_norm;
        DetectionRow {
            x: x0,
            y: y0,
            w: x1 - x0,
            h: y1 - y0,
            score: d.score,
            class: i32::try_from(d.class).unwrap_or(i32::MAX),
            track: d.track.and_then(|t| i32::try_from(t).ok()).unwrap_or(0),
            depth_m: d.depth_m.unwrap_or(f32::NAN),
            in_hand: d.in_hand.code(),
        }
    }
}

impl From<DetectionRow> for Detection {
    fn from(row: DetectionRow) -> Detection {
        Detection {
            class: u32::try_from(row.class).unwrap_or(u32::MAX),
            score: row.score,
            track: u32::try_from(row.track).ok().filter(|t| *t > 0),
            box_norm: [row.x, row.y, row.x + row.w, row.y + row.h],
            depth_m: Some(row.depth_m).filter(|d| d.is_finite()),
            in_hand: InHand::from_code(row.in_hand),
        }
    }
}

/// Puts objects on a buffer, beside those that other elements have put there.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_detections(buffer: &mut gst::BufferRef, meta: &DetectionsMeta) -> Result<(), MetaError> {
    kind::attach(buffer, DETECTIONS, |s| {
        meta.stamp.write(s);
        table::write(s, &meta.detections.detections.iter().map(DetectionRow::from).collect::<Vec<_>>());
        fields::LABELS.put(s, fields::texts(&meta.detections.labels));
    })
}

/// The objects that every element has attached to a buffer, oldest first; told apart by `stamp.source`.
pub fn all_detections(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<DetectionsMeta, MetaError>> + '_ {
    kind::read_all(buffer, DETECTIONS, read)
}

fn read(s: &gst::StructureRef) -> Result<DetectionsMeta, MetaError> {
    let detections = Table::<DetectionRow>::read(s, DETECTIONS)?.rows().map(Detection::from).collect();
    let labels: Vec<String> = fields::LABELS.get::<glib::StrV>(s, DETECTIONS)?.map(strings).unwrap_or_default();
    Ok(DetectionsMeta { stamp: Stamp::read(s, DETECTIONS)?, detections: Detections { detections, labels: Arc::from(labels) } })
}

/// The texts of a `GStrv`.
pub(crate) fn strings(texts: glib::StrV) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}
