//! `EgoBodiesMeta`: the people of one frame.
//!
//! Rows have the shape of a hand's row (`hand21-v1`) with another number of joints, under a layout name of their own.

use bytemuck::{Pod, Zeroable};
use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::hands::Side;

use crate::kind::{self, BODIES};
use crate::stamp::Stamp;
use crate::table::{self, Row, Table};
use crate::{MetaError, fields};

/// The people of one frame and what they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct BodiesMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// Joints divided by the size of the analysed frame, and in metres around the hips.
    pub bodies: Bodies,
}

macro_rules! body_row {
    ($(#[$doc:meta])* $row:ident, $joints:literal, $layout:expr, $name:literal) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
        pub struct $row {
            /// 2: a body has no side.
            pub side: u32,
            /// Confidence that there is a person, 0..1.
            pub score: f32,
            /// The same number again, where a hand's row has its presence.
            pub presence: f32,
            /// Number of the track, from 1; below 1 = not tracked.
            pub track: i32,
            /// Joints divided by width and height of the analysed frame.
            pub xy: [[f32; 2]; $joints],
            /// Joints in metres around the middle of the hips; all NaN when not known.
            pub xyz: [[f32; 3]; $joints],
            /// Confidence of each joint, 0..1.
            pub conf: [f32; $joints],
        }

        impl Row for $row {
            const LAYOUT: &'static str = $name;
        }

        impl From<&Body> for $row {
            fn from(body: &Body) -> $row {
                let mut row = $row {
                    side: Side::Unknown.code(),
                    score: body.score,
                    presence: body.score,
                    track: i32::try_from(body.track).unwrap_or(i32::MAX),
                    xy: [[f32::NAN; 2]; $joints],
                    xyz: [[f32::NAN; 3]; $joints],
                    conf: [0.0; $joints],
                };
                row.xy.iter_mut().zip(&body.image_norm).for_each(|(to, from)| *to = *from);
                row.xyz.iter_mut().zip(body.world_m.iter().flatten()).for_each(|(to, from)| *to = *from);
                row.conf.iter_mut().zip(&body.joint_score).for_each(|(to, from)| *to = *from);
                row
            }
        }

        impl From<$row> for Body {
            fn from(row: $row) -> Body {
                Body {
                    layout: $layout,
                    track: u32::try_from(row.track).unwrap_or(0),
                    score: row.score,
                    image_norm: row.xy.to_vec(),
                    world_m: row.xyz.as_flattened().iter().all(|v| v.is_finite()).then(|| row.xyz.to_vec()),
                    joint_score: row.conf.to_vec(),
                }
            }
        }
    };
}

body_row! {
    /// One person on the wire, 328 bytes: layout `body13-v1`.
    Body13Row, 13, BodyLayout::Body13, "body13-v1"
}
body_row! {
    /// One person on the wire, 808 bytes: layout `body33-v1`.
    Body33Row, 33, BodyLayout::Body33, "body33-v1"
}

/// Puts people on a buffer. The layout of the first one is that of all; without people it is `body33-v1`.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_bodies(buffer: &mut gst::BufferRef, meta: &BodiesMeta) -> Result<(), MetaError> {
    kind::attach(buffer, BODIES, |s| {
        meta.stamp.write(s);
        let bodies = &meta.bodies.bodies;
        match bodies.first().map(|body| body.layout) {
            Some(BodyLayout::Body13) => table::write(s, &bodies.iter().map(Body13Row::from).collect::<Vec<_>>()),
            _ => table::write(s, &bodies.iter().map(Body33Row::from).collect::<Vec<_>>()),
        }
    })
}

/// The people that every element has attached to a buffer, oldest first; told apart by `stamp.source`.
pub fn all_bodies(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<BodiesMeta, MetaError>> + '_ {
    kind::read_all(buffer, BODIES, read)
}

fn read(s: &gst::StructureRef) -> Result<BodiesMeta, MetaError> {
    let layout: &str = fields::LAYOUT.need(s, BODIES)?;
    let bodies = if layout == Body13Row::LAYOUT {
        Table::<Body13Row>::read(s, BODIES)?.rows().map(Body::from).collect()
    } else {
        Table::<Body33Row>::read(s, BODIES)?.rows().map(Body::from).collect()
    };
    Ok(BodiesMeta { stamp: Stamp::read(s, BODIES)?, bodies: Bodies { bodies } })
}
