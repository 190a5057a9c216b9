//! Plain data and pure functions that every other room of egostream shares.
//!
//! No input or output, threads, clock, GStreamer or ONNX Runtime in here: what goes in comes out, the same on every machine.
//!
//! Conventions: pixels are measured from the upper left corner of the picture, x to the right, y down, with the centre of the
//! first pixel at (0, 0), as in OpenCV and in calibration files; camera space has x right, y down, z forward, in metres; angles
//! are radians, clockwise in the picture; names carry their unit or space (`_px`, `_m`, `_norm` = divided by the picture's width
//! and height).

pub mod action;
pub mod bodies;
pub mod camera;
pub mod contact;
pub mod depth;
pub mod draw;
pub mod features;
pub mod hands;
pub mod image;
pub mod kinematics;
pub mod lift;
pub mod metrics;
pub mod objects;
pub mod one_euro;
pub mod range;
pub mod region;
pub mod tracks;
