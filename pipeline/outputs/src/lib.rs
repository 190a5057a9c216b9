//! The files that egostream writes, and the only crate that knows their shapes.
//!
//! - [`FrameRecord`] and [`EndRecord`]: one JSON line a frame, schemas `ego.frame/1` and `ego.end/1`; the types are the contract.
//!   [`JsonLinesWriter`] writes them, [`read_json_lines`] and [`JsonLinesReader`] read them.
//! - [`RunReport`]: `run.json`, what a run was made with and how it went, schema `ego.run/1`.
//! - [`Marks`]: labelled stretches of recordings, schema `ego.marks/1`; [`read_table`]: key points of other people's tables.
//! - [`h2o`]: recordings in the folder layout of the H2O data set.
//! - [`ClipPoses`]: the motion of a synthetic clip without pictures, one `.npz` file a clip.
//! - [`export`]: result lines in the formats of other programs: tables, subtitles, ELAN, COCO, NumPy.
//! - [`SeriesRecord`] and [`ClipRecord`]: what a series of synthetic clips was made with, schemas `ego.series/1` and `ego.clip/1`;
//!   [`write_imu`]: inertial sensors as comma-separated values.
//!
//! Writers leave files that can be read whatever happens to the process: whole lines only, and reports that appear complete or not
//! at all.

mod error;
mod export;
mod frame;
pub mod h2o;
mod imu;
mod marks;
mod npz;
mod numbers;
mod poses;
mod read;
mod report;
mod schema;
mod series;
mod tables;
mod whole;
mod write;

pub use error::{Action, OutputError};
pub use export::{Exported, Format, LabelSegment, Segments, export, names_nothing};
pub use frame::{
    ActionRecord, BodyRecord, EndRecord, FastRecord, FrameRecord, HandRecord, MaskRecord, NextRecord, ObjectRecord, RankedLabel,
    depth_source, head, in_hand, side,
};
pub use imu::{IMU_COLUMNS, ImuRow, write_imu};
pub use marks::{Mark, Marks};
pub use poses::{ClipPoses, ImuTrack, ObjectTrack};
pub use read::{JsonLines, JsonLinesReader, Line, LineFault, read_json_lines};
pub use report::{InputReport, InputStatus, ModelUse, RunReport, Timing, Totals};
pub use schema::{ClipSchema, EndSchema, FrameSchema, MarksSchema, RunSchema, SeriesSchema};
pub use series::{ClipLabel, ClipRecord, SeriesRecord};
pub use tables::{KeyPointTable, TableKind, TableRow, read_table};
pub use write::JsonLinesWriter;
