//! Marks on top of a picture: lines, discs, squares, diamonds, plates and text, anti-aliased, in every raw layout.
//!
//! What goes in: shapes in pixels of the picture, colours as red, green and blue. What comes out: the picture with the
//! marks on it. The way there has two steps, so that shapes know nothing of pixel layouts and layouts nothing of shapes:
//!
//! 1. Shapes and text are drawn on a [`Canvas`], a transparent sheet of the picture's size that already uses the
//!    picture's own colour components (RGB or YUV by its colorimetry). A later mark *replaces* an earlier one where it
//!    covers it, so that half-transparent strokes do not add up where they cross.
//! 2. [`Canvas::compose`] lays the sheet over a [`Target`], the planes of the picture, and wipes it. Only the blocks that
//!    were drawn on are visited.
//!
//! Layers (`hands`, `bodies`, `objects`, `action`, `status`, `truth`) are functions that draw one kind of result on a canvas. Maps go
//! straight into the planes: `depth` here, and `range::darken` for what a mask does not want.
//! After [`Canvas::new`] nothing in here allocates.

pub mod action;
pub mod bodies;
mod canvas;
mod colour;
mod compose;
pub mod depth;
pub mod hands;
mod label;
pub mod objects;
mod shapes;
pub mod status;
mod text;
pub mod truth;

pub use canvas::{Canvas, Paint};
pub use colour::{ColourModel, Rgb};
pub use compose::{PlaneMut, Target};
pub use label::Placer;
pub use shapes::{Ink, Rect};
pub use text::{Glyph, Glyphs};
