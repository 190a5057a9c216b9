//! The files that egostream writes, and the only crate that knows their shapes.
//!
//! - [`FrameRecord`] and [`EndRecord`]: one JSON line a frame, schemas `ego.frame/1` and `ego.end/1`; the types are the contract.
//!   [`JsonLinesWriter`] writes them, [`read_json_lines`] and [`JsonLinesReader`] read them.
//! - [`RunReport`]: `run.json`, what a run was made with and how it went, schema `ego.run/1`.
//!
//! Writers leave files that can be read whatever happens to the process: whole lines only, and reports that appear complete or not
//! at all.

mod error;
mod frame;
mod numbers;
mod read;
mod report;
mod schema;
mod write;

pub use error::{Action, OutputError};
pub use frame::{
    ActionRecord, BodyRecord, EndRecord, FrameRecord, HandRecord, InHand, MaskRecord, ObjectRecord, RankedLabel, depth_source, side,
};
pub use read::{JsonLines, JsonLinesReader, Line, LineFault, read_json_lines};
pub use report::{InputReport, InputStatus, ModelUse, RunReport, Timing, Totals};
pub use schema::{EndSchema, FrameSchema, RunSchema};
pub use write::JsonLinesWriter;
