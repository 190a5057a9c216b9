//! Results over time: a compact row a frame, sums over stretches of rows, and the axis that they are drawn on.
//!
//! Hours of results must be drawn in milliseconds, so nothing here ever looks at every row: [`Track`] keeps sums over 16, 256 ...
//! rows, and the cost of drawing follows the pixels of the window.

mod axis;
mod rows;
mod track;

pub use axis::{TimeView, format_time, ticks};
pub use rows::{Labels, Row, RowMaker, flags, is_nothing};
pub use track::{Summary, Track};
