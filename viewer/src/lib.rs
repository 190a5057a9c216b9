//! The window of egostream: what the camera sees, what the models think, and whether to trust them.
//!
//! In: a camera, a stream or the synthetic camera; a file that is analysed while it plays; a file with the results of an earlier run;
//! results alone. Out: pictures on a screen, or in a PNG without one. Results are always those of `ego.frame/1`
//! ([`ego_outputs::FrameRecord`]), whether they come on buffers or from a file, in pixels and metres as defined there.
//!
//! - [`state`]: everything that shows, as plain data, changed by plain functions;
//! - [`stream`]: the thread that opens and plays sources, and the bounded channels from there;
//! - [`gpu`], [`paint`], [`scene`], [`timeline`]: pictures, marks over them, hands in space, results over time;
//! - [`panel`]: the parts of the window; [`app`] puts them together, [`open_window`] and [`screenshot()`] give it a screen.
//!
//! The viewer names elements by their factories and reads results from metas: it knows neither ONNX Runtime nor OpenCV.

pub mod app;
mod error;
pub mod frame;
pub mod gpu;
mod options;
pub mod paint;
pub mod panel;
pub mod scene;
pub mod screenshot;
pub mod slot;
pub mod state;
pub mod stream;
pub mod theme;
pub mod timeline;
mod window;

pub use app::Viewer;
pub use error::ViewError;
pub use options::{LOOK_BACK_BYTES, SIZE, ViewOptions};
pub use screenshot::screenshot;
pub use window::open_window;
