//! Pictures on the graphics device: planes go up as they are, one pass makes them red, green and blue.

mod offscreen;
mod picture;

pub use offscreen::Offscreen;
pub use picture::{PictureLook, PicturePass};
