//! Settings become GStreamer graphs, and graphs become events.
//!
//! [`run`] goes over one input from its first to its last frame, [`live`] follows a source that does not end. Both return a
//! [`Session`]: a thread that listens to the graph, a bounded channel of [`Event`]s, and an [`Outcome`] at the end.
//! [`Player`] is a file under a person's hands: play, pause, jump. A [`Tap`] hands the pictures of either to a program that shows them.
//! [`Film`] makes a video of pictures that a program draws itself, [`Recorder`] one of pictures that come as they like.
//! Elements are named by factory string only: whoever starts a graph registers them first. No ONNX Runtime, no files beside those that
//! the plan names, no console.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! gst::init()?;
//! let settings = ego_graph::Settings::load("hands-only", &["hands.threads=2".into()])?;
//! for input in ego_graph::resolve(&["clip.mp4".into()]).into_iter().flatten() {
//!     let plan = ego_graph::BatchPlan { input, settings: settings.clone(), fps: None, json: Some("clip.jsonl".into()), annotated: None };
//!     let outcome = ego_graph::run(&plan)?.finish();
//!     assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
//! }
//! # Ok(()) }
//! ```

mod batch;
mod chain;
mod container;
mod decoder;
mod devices;
mod encode;
mod error;
mod events;
mod fault;
mod film;
mod gate;
mod input;
mod late;
mod live;
mod live_source;
mod pictures;
mod player;
mod presets;
mod program_keys;
mod properties;
mod recorder;
mod rest;
mod session;
mod settings;
mod stages;
mod stats;
mod tap;
mod upright;

pub use batch::{BatchPlan, run};
pub use devices::{Camera, cameras};
pub use error::{ErrorKind, GraphError};
pub use events::{Event, Progress};
pub use film::Film;
pub use input::{BadInput, Input, InputKind, PictureFormat, resolve};
pub use live::{LivePlan, live};
pub use live_source::LiveSource;
pub use player::{PlayPlan, Player, PlayerEvent, RATES};
pub use presets::{DEFAULT_PRESET, LIVE_PRESET, preset_names};
pub use recorder::{Recorder, RecorderPlan, Recording};
pub use session::{Outcome, Session, Stopper};
pub use settings::{Origin, Settings, Shown};
pub use stages::{Adjustable, AdjustableValue, Stages};
pub use stats::{StageStats, Stat};
pub use tap::Tap;
