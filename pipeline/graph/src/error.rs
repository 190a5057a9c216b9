//! What can go wrong between the settings and the last frame, in words that name the thing and the remedy.

use std::path::PathBuf;

/// What an error means to whoever started the graph; the program turns it into its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself is wrong: a setting, a name, an output that cannot be made.
    Usage,
    /// This input failed; others may work.
    Input,
    /// A model, a library, a plugin or a device that is needed is not on this machine.
    Missing,
}

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// GStreamer itself does not start.
    #[error("cannot start GStreamer: {0}")]
    Init(String),
    /// A GStreamer element that the graph needs is not installed.
    #[error("the GStreamer element `{factory}` is not installed")]
    NoElement {
        /// Factory name.
        factory: String,
    },
    /// Elements do not fit together.
    #[error("cannot build the graph: {0}")]
    Build(String),

    /// `--config` names neither a preset nor a file.
    #[error("there is no preset named `{name}`")]
    NoPreset {
        /// What was asked for.
        name: String,
        /// The nearest preset, or all of them.
        hint: String,
    },
    /// A settings file cannot be read.
    #[error("cannot read the settings in {path}: {source}")]
    ReadSettings {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// Settings that are not TOML, or not of the expected shape.
    #[error("{origin}: {reason}")]
    Settings {
        /// Preset, file or `--set`.
        origin: String,
        /// What is wrong, with the line where known.
        reason: String,
    },
    /// A key that no stage has.
    #[error("unknown key `{key}` ({origin})")]
    UnknownKey {
        /// Full key.
        key: String,
        /// Where it was written.
        origin: String,
        /// "did you mean", or the keys that exist.
        hint: String,
    },
    /// A value of the wrong type or outside its range.
    #[error("`{key}` should be {expected}, found {found} ({origin})")]
    BadValue {
        /// Full key.
        key: String,
        /// Type and range.
        expected: String,
        /// What was written.
        found: String,
        /// Where it was written.
        origin: String,
    },

    /// An input file or folder does not exist.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The input.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A pattern that matches nothing.
    #[error("no file matches {pattern}")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A file without content.
    #[error("{input} is empty (0 bytes)")]
    EmptyFile {
        /// The input.
        input: String,
    },
    /// A folder without pictures.
    #[error("{folder} holds no pictures (.png, .jpg, .jpeg)")]
    NoPictures {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder with pictures of several types.
    #[error("{folder} mixes PNG and JPEG pictures")]
    MixedPictures {
        /// The folder.
        folder: PathBuf,
    },
    /// The input has streams, but no moving picture.
    #[error("{input} has no video in it")]
    NoVideo {
        /// The input.
        input: String,
    },
    /// The input has a video stream without a single frame.
    #[error("{input} has a video stream but not one frame in it")]
    NoFrames {
        /// The input.
        input: String,
    },
    /// The file ends before its own index says.
    #[error("{input} is cut short: {reason}; the first {frames} frames are kept")]
    Truncated {
        /// The input.
        input: String,
        /// What gives it away.
        reason: String,
        /// Frames that were computed.
        frames: u64,
    },
    /// The input is not a video that can be read, or not to its end.
    #[error("cannot read {input}{}: {reason}", after(*.frames))]
    Decode {
        /// The input.
        input: String,
        /// GStreamer's words.
        reason: String,
        /// Frames that were computed before.
        frames: u64,
        /// What would help.
        hint: String,
    },
    /// A camera or stream that is not there.
    #[error("cannot open the source {source_name}: {reason}")]
    Source {
        /// The source as the user named it.
        source_name: String,
        /// Why.
        reason: String,
        /// What would help.
        hint: String,
    },
    /// A result file that cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
        /// Whether the disk is full.
        full: bool,
    },
    /// The window cannot be opened.
    #[error("cannot open a window: {0}")]
    Window(String),
    /// An analysis stage failed.
    #[error("{stage}: {reason}")]
    Stage {
        /// Stage as named in the settings.
        stage: String,
        /// The element's words.
        reason: String,
        /// Whether a model or device is missing, the settings are wrong, or analysing failed.
        kind: ErrorKind,
    },
    /// The graph stopped moving.
    #[error("{what} did not finish within {seconds} s")]
    Stuck {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
}

fn after(frames: u64) -> String {
    if frames == 0 { String::new() } else { format!(" after {frames} frames (they are kept)") }
}

impl GraphError {
    /// What it means to whoever started the graph.
    pub fn kind(&self) -> ErrorKind {
        match self {
            GraphError::Init(_) | GraphError::NoElement { .. } | GraphError::Source { .. } => ErrorKind::Missing,
            GraphError::Stage { kind, .. } => *kind,
            GraphError::Build(_)
            | GraphError::NoPreset { .. }
            | GraphError::ReadSettings { .. }
            | GraphError::Settings { .. }
            | GraphError::UnknownKey { .. }
            | GraphError::BadValue { .. }
            | GraphError::Window(_) => ErrorKind::Usage,
            GraphError::Open { .. }
            | GraphError::NoMatch { .. }
            | GraphError::EmptyFile { .. }
            | GraphError::NoPictures { .. }
            | GraphError::MixedPictures { .. }
            | GraphError::NoVideo { .. }
            | GraphError::NoFrames { .. }
            | GraphError::Truncated { .. }
            | GraphError::Decode { .. }
            | GraphError::Write { .. }
            | GraphError::Stuck { .. } => ErrorKind::Input,
        }
    }

    /// What the user can do about it, as one sentence without a full stop.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            GraphError::Init(_) => "run `./x setup`, which installs GStreamer",
            GraphError::NoElement { factory } => return Some(element_hint(factory)),
            GraphError::NoPreset { hint, .. } | GraphError::UnknownKey { hint, .. } => return Some(hint.clone()),
            GraphError::Decode { hint, .. } | GraphError::Source { hint, .. } => return Some(hint.clone()),
            GraphError::ReadSettings { .. } => "`ego config show` prints the preset in use, a good start for a file of your own",
            GraphError::BadValue { .. } => "`ego config show` lists every key with its value",
            GraphError::Open { .. } => "check the path; an address needs its scheme, as in https://",
            GraphError::NoMatch { .. } => "check the folder; patterns know *, ? and [...]",
            GraphError::EmptyFile { .. } => "the copy or recording failed; get the file again",
            GraphError::NoPictures { .. } => "for the videos in a folder give a pattern, as in 'FOLDER/*.mp4'",
            GraphError::MixedPictures { .. } => "give a pattern for one kind, as in 'FOLDER/*.png'",
            GraphError::NoVideo { .. } => "give a file with a video stream; this one holds sound or text alone",
            GraphError::NoFrames { .. } => "the recording was stopped before the first frame; record it again",
            GraphError::Truncated { .. } => "the copy or recording was interrupted; get the file again for the rest",
            GraphError::Write { full: true, .. } => "free some space or give another folder with --out, then run again with --overwrite",
            GraphError::Write { .. } => "check the folder's permissions or give another one with --out",
            GraphError::Window(_) => "use --headless where there is no screen",
            GraphError::Stuck { .. } => "run again with GST_DEBUG=3 and report what it prints",
            GraphError::Build(_) | GraphError::Settings { .. } | GraphError::Stage { .. } => return None,
        };
        Some(text.to_owned())
    }
}

/// Which Debian or Ubuntu package brings an element.
fn element_hint(factory: &str) -> String {
    let package = match factory {
        "x264enc" => "gstreamer1.0-plugins-ugly",
        "videoconvert" | "videoscale" | "uridecodebin" | "decodebin" | "appsrc" | "tcpclientsrc" | "videotestsrc" => {
            "gstreamer1.0-plugins-base"
        }
        "matroskamux" | "mp4mux" | "videoflip" | "jpegdec" | "pngdec" | "autovideosink" | "souphttpsrc" | "v4l2src" => {
            "gstreamer1.0-plugins-good"
        }
        "h264parse" | "jpegparse" => "gstreamer1.0-plugins-bad",
        _ if factory.starts_with("ego") => return format!("`gst-inspect-1.0 {factory}` must find it; set GST_PLUGIN_PATH to its folder"),
        _ => return "run `./x setup`, which installs the GStreamer plugins".to_owned(),
    };
    format!("install {package}, or run `./x setup`")
}

/// Short form used inside the crate.
pub(crate) type Result<T, E = GraphError> = std::result::Result<T, E>;
