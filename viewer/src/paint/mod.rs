//! Marks over the picture: the same for the window and for screenshots. Colours, sizes and rules are those of `ego_core::draw`, so that
//! burnt-in videos look alike; strokes are drawn by egui, so that they stay crisp at every zoom.

mod bodies;
mod features;
mod hands;
mod labels;
mod objects;
mod view;

pub use bodies::paint_bodies;
pub use features::paint_features;
pub use hands::{HandPaint, paint_hands};
pub use labels::Labels;
pub use objects::{ObjectPaint, paint_objects};
pub use view::PictureView;

/// Colours of the left and the right hand.
pub const SIDES: [egui::Color32; 2] = [egui::Color32::from_rgb(0x56, 0xB4, 0xE9), egui::Color32::from_rgb(0xE6, 0x9F, 0x00)];
