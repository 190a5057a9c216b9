//! The command line: parsed and checked here, nothing is opened.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Real-time understanding of first-person video: hands in pixels and metres, from files, cameras and streams.
#[derive(Debug, Parser)]
#[command(name = "ego", version, propagate_version = true, arg_required_else_help = true, after_help = STATUS_HELP)]
pub(crate) struct Cli {
    /// Print results as JSON, one object a line, on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const STATUS_HELP: &str = "\
Data goes to standard output, everything for people to standard error.
Exit status: 0 good, 1 some inputs failed, 2 usage or settings, 3 a model or device is missing, 130 interrupted.";

const RUN_HELP: &str = "\
An INPUT is a video file, a folder of numbered pictures (one stream), a quoted pattern ('clips/*.mp4' is one input for each
match, 'frames/*.png' one stream of pictures), or an address (https://, rtsp://, file://).

For clip.mp4 the results are DIR/clip.jsonl (one line a frame), DIR/run.json (versions, models, settings, counts, timings,
failures) and with --annotate DIR/clip.annotated.mp4. Every frame is analysed, in order. Ctrl-C finishes the frames under way
and leaves valid files; a second Ctrl-C ends at once.

Examples:
  ego run clip.mp4 --out results --annotate
  ego run frames/ --fps 30 --out results
  ego run 'clips/*.mp4' --out results --set hands.threads=2";

const LIVE_HELP: &str = "\
A SOURCE is the id, device file or name of a camera (see `ego devices`; without SOURCE the first camera), an address (rtsp://,
http://, tcp://HOST:PORT), a file that is played at its own pace, or test:PATTERN for a test picture (test:ball, test:smpte).

Frames never wait: the newest finished result is attached with its age. A source that goes away is tried again with growing
pauses, and results go on in the same file. With --out the results are DIR/live-DATE-TIME.jsonl and .run.json; --record adds
the pictures as they come, .mkv. With --json and without --out the result lines go to standard output.

Examples:
  ego live
  ego live rtsp://camera.local/main --headless --out results --record
  ego live test:ball --headless --duration 5 --json";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Analyse every frame of files, folders of pictures, patterns or addresses
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Analyse a camera, a stream or a test picture as it comes
    #[command(after_help = LIVE_HELP)]
    Live(LiveArgs),
    /// List, check, import and download models
    #[command(subcommand)]
    Models(ModelsVerb),
    /// Show and check settings
    #[command(subcommand)]
    Config(ConfigVerb),
    /// List the cameras of this machine with their stable ids
    Devices,
}

/// Where the settings come from.
#[derive(Clone, Debug, Args)]
pub(crate) struct SettingsArgs {
    /// Preset, or a settings file (a path, or a name that ends in .toml)
    #[arg(long, value_name = "NAME|FILE", default_value = ego_graph::DEFAULT_PRESET)]
    pub(crate) config: String,
    /// Override one value, as in hands.threads=2; may be repeated
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON line a frame
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Video files, folders of numbered pictures, patterns or addresses
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,
    /// Folder for the results; made when it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Also write a video with the results drawn on it
    #[arg(long)]
    pub(crate) annotate: bool,
    /// Result formats, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "jsonl")]
    pub(crate) formats: Vec<Format>,
    /// Frames per second of pictures and of videos without time stamps [default: 30]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) fps: Option<f64>,
    /// Replace results that are there already
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LiveArgs {
    /// Camera, address, file, or test:PATTERN [default: the first camera]
    pub(crate) source: Option<String>,
    /// Open no window
    #[arg(long)]
    pub(crate) headless: bool,
    /// Folder for the results; made when it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Also record the pictures as they come (needs --out)
    #[arg(long, requires = "out")]
    pub(crate) record: bool,
    /// End so long after the first frame
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<std::time::Duration>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List the known models and whether their files are on this machine
    List,
    /// Check model files against their manifests and run each once
    Verify {
        /// Names or paths; none means all that are on this machine
        #[arg(value_name = "MODEL")]
        models: Vec<String>,
    },
    /// Convert the models of another package
    #[command(subcommand)]
    Import(ImportVerb),
    /// Download a model whose manifest names an address; goes on where an interrupted download stopped
    Pull {
        /// Name, or path of a manifest
        #[arg(value_name = "MODEL")]
        model: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportVerb {
    /// Hand and body models of the Python package mediapipe 0.10.21 (Apache-2.0)
    Mediapipe {
        /// The package's wheel; without it pip downloads the pinned one
        #[arg(long, value_name = "FILE")]
        wheel: Option<PathBuf>,
        /// Folder for the models [default: models/ in the data folder]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print every value in force with where it comes from
    Show(SettingsArgs),
    /// Check stages, keys, types and ranges; print nothing when all is well
    Check(SettingsArgs),
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if rate > 0.0 && rate <= 10_000.0 { Ok(rate) } else { Err("should be above 0 and at most 10000".to_owned()) }
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let positive = (seconds > 0.0).then(|| std::time::Duration::try_from_secs_f64(seconds).ok()).flatten();
    positive.ok_or_else(|| "should be a number of seconds above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rates_and_durations_that_make_no_sense_are_refused() {
        assert_eq!(rate("29.97"), Ok(29.97));
        for text in ["0", "-1", "inf", "nan", "fast"] {
            assert!(rate(text).is_err(), "{text}");
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
