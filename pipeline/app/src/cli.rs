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

const EVAL_HELP: &str = "\
RESULT is a .jsonl file or a folder that `ego run` has written. The truth of out/clip.jsonl is clip.truth.jsonl or clip.jsonl beside
the input that out/run.json names (as `ego synth --layout video` leaves it), or the recording in H2O's layout whose cam4/rgb was
the input; --truth names another file, folder or recording.

Figures: hands found, on the right side, PCK@0.2, mean joint error in camera space (MPJPE) and relative to the wrist, hands that
are not there; objects: precision and recall at score 0.5, AP at overlap 0.5; actions: top-1 over each true segment (`nothing` left
out), segment F1 at overlaps 0.1, 0.25 and 0.5, time from the beginning of an action to its label, false labels a minute while
nothing happens; ages of results. Intervals of 95 %: bootstrap over clips, Wilson's for top-1.

Examples:
  ego synth --out set --layout video --split test --clips 36
  ego run 'set/*.mp4' --out results
  ego eval results
  ego eval results/clip.jsonl --truth set/clip.jsonl --json";

const EXPORT_HELP: &str = "\
csv       one row a frame and hand: pixels and metres of every joint        CLIP.csv
segments  one row a label: when it began and ended                          CLIP.segments.csv
vtt, srt  labels as subtitles                                               CLIP.vtt, CLIP.srt
eaf       labels as tiers of ELAN                                           CLIP.eaf
coco      hands as key-points, objects as boxes                             CLIP.coco.json
npz       arrays for numpy.load                                             CLIP.npz

Example: ego export results/clip.jsonl --to vtt,csv";

const TEACH_HELP: &str = "\
Marks say what is done when: {\"schema\":\"ego.marks/1\",\"marks\":[{\"recording\":\"clip\",\"label\":\"open jar\",\"start_ns\":0,\"end_ns\":900000000}]}.
`ego view` writes such a file while a key is held. RECORDINGS are videos or result files (.jsonl) of `ego run`; `recording` is their name
without the ending. Give five or more examples a class, best from several recordings: the accuracy that is printed is that of
recordings which were left out. Stretches that nobody marked teach \"nothing\".

The model goes to the folder of models and is known to `ego run`, `ego live` and `ego view` by its name.

Layouts (--layout): hands, both hands over 0.2 s; body, people in view; hand-shape, the pose of one hand; finger-path, the way of the
index finger's tip over 0.5 s; body-5x314. Another window is part of the name: hands/6x0.100s is 6 frames, 0.1 s apart.

Tables (--table): body-csv, 18 OpenPose joints and a class a row; hand-csv, a class and 21 joints; track-csv, a class and the path of a
finger tip. They are split, never by neighbouring rows unless --split random is asked for, and the accuracy is printed; with --name the
model of all rows is written.

Examples:
  ego teach --marks marks.json --name my-actions monday.mp4 tuesday.mp4
  ego teach --check my-actions --marks friday.json friday.mp4
  ego teach --table keypoint.csv --kind hand-csv --split blocks --seeds 5";

const SYNTH_HELP: &str = "\
Two hands do what the 36 actions of the data set H2O name, seen from the head; every picture comes with its exact truth. The same
seed gives the same motion everywhere. A finished clip is kept, so the same command goes on where it was interrupted, and a larger
--clips adds to what is there. Splits share no people, rooms or seeds; `unseen` plays verb-object pairs outside the 36.

Layouts: h2o, the folders of that data set (rgb, depth, hand_pose, obj_pose, cam_pose, labels, lists), in its 1280x720 pixels about
2 MB a frame; video, DIR/SPLIT-NUMBER.mp4 with one ego.frame/1 line a frame in .jsonl; with --poses-only one .npz a clip for numpy.load. DIR/clips-SPLIT.jsonl has one line a
clip: seed, intrinsics, labels, people, room.

A prompt is a list of actions (\"open lotion then squeeze lotion\"), idle times (idle, long idle, hand leaves) and wishes: slowly,
quickly, hesitantly, left hand, right hand, one handed, dim light, bright light, warm light, cold light, shaky, steady, dark skin,
medium skin, light skin, gloves, sleeves, ring, child, small hands, large hands, bystander, alone, clean picture ... An unknown word
is an error that lists all. What has to come first, as milk is opened before it is closed again, is played and has its own label.
Without an action every action is played in turn, equally often, led by left and right hands alike.

Examples:
  ego synth --out set --clips 360 --split train --size 640x360
  ego synth --out motion --clips 3600 --poses-only --imu --stats
  ego synth --out clips --layout video --prompt \"slowly pour milk with the left hand, dim light, shaky\"";

const VIEW_HELP: &str = "\
An INPUT is a video file, a folder of pictures, a file of results (.jsonl), or any SOURCE of `ego live`; synth: is the synthetic
camera (synth:slowly pour milk, dim light). Without INPUT a page offers the sources of this machine; files can be dropped onto it.

A video is shown at once and analysed while it plays, unless results lie beside it (clip.jsonl) or in --results DIR: then no model
is needed. clip.truth.jsonl beside a video is shown as truth. In the window F1 lists all keys and Ctrl+P finds every command.

Examples:
  ego view clip.mp4
  ego view --results results
  ego view synth:
  ego view clip.mp4 --screenshot-to picture.png --at 2.5 --show truth";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Analyse every frame of files, folders of pictures, patterns or addresses
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Analyse a camera, a stream or a test picture as it comes
    #[command(after_help = LIVE_HELP)]
    Live(LiveArgs),
    /// Open the window on a file, its results, a camera or the synthetic camera
    #[command(after_help = VIEW_HELP)]
    View(ViewArgs),
    /// Make labelled recordings with the synthetic head camera
    #[command(after_help = SYNTH_HELP)]
    Synth(SynthArgs),
    /// Score results against the truth
    #[command(after_help = EVAL_HELP)]
    Eval(EvalArgs),
    /// Write results in the formats of other programs
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Teach actions and gestures by examples
    #[command(after_help = TEACH_HELP)]
    Teach(Box<TeachArgs>),
    /// Measure what settings cost on a recording: time a stage, processor time a frame, memory
    Bench(BenchArgs),
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

/// A format of `ego-outputs` as a word of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExportFormat(pub(crate) ego_outputs::Format);

impl ValueEnum for ExportFormat {
    fn value_variants<'a>() -> &'a [ExportFormat] {
        const ALL: [ExportFormat; 7] = {
            let all = ego_outputs::Format::ALL;
            [
                ExportFormat(all[0]),
                ExportFormat(all[1]),
                ExportFormat(all[2]),
                ExportFormat(all[3]),
                ExportFormat(all[4]),
                ExportFormat(all[5]),
                ExportFormat(all[6]),
            ]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

/// What `ego run` writes: its own lines always, other formats on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunFormat {
    Jsonl,
    Other(ExportFormat),
}

impl RunFormat {
    fn parse(word: &str) -> Result<RunFormat, String> {
        if word == "jsonl" {
            return Ok(RunFormat::Jsonl);
        }
        ExportFormat::from_str(word, false).map(RunFormat::Other).map_err(|_| {
            let names: Vec<&str> = ego_outputs::Format::ALL.iter().map(|f| f.name()).collect();
            format!("the formats are jsonl (always written), {}", names.join(", "))
        })
    }
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
    /// Formats beside the result lines, separated by commas: csv, segments, vtt, srt, eaf, coco, npz (see `ego export --help`)
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "jsonl", value_parser = RunFormat::parse)]
    pub(crate) formats: Vec<RunFormat>,
    /// Frames per second of pictures and of videos without time stamps [default: 30]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) fps: Option<f64>,
    /// Replace results that are there already
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Where `ego live` shows its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Display {
    /// The window of `ego view`.
    Viewer,
    /// A plain window with the results drawn into the picture.
    Plain,
    /// Nowhere.
    None,
}

#[derive(Debug, Args)]
#[command(mut_arg("config", |arg| arg.default_value(ego_graph::LIVE_PRESET)))]
pub(crate) struct LiveArgs {
    /// Camera, address, file, or test:PATTERN [default: the first camera]
    pub(crate) source: Option<String>,
    /// Where the pictures show [default: the viewer; without a screen nowhere]
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(crate) display: Option<Display>,
    /// Open no window, as --display none
    #[arg(long, conflicts_with = "display")]
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

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Result files or folders
    #[arg(required = true, value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// The truth: a file, a folder with a file of the same name for each result, or a recording (or root) in H2O's layout
    #[arg(long, value_name = "PATH")]
    pub(crate) truth: Option<PathBuf>,
    /// Also print the figures of each clip
    #[arg(long)]
    pub(crate) per_clip: bool,
    /// Draws of the bootstrap; 0 = no intervals
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) resamples: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Files of result lines (.jsonl)
    #[arg(required = true, value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// Formats, separated by commas
    #[arg(long, required = true, value_name = "LIST", value_delimiter = ',', value_enum)]
    pub(crate) to: Vec<ExportFormat>,
    /// Folder for the exports [default: beside the results]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace exports that are there already
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A recording; with --live any source of `ego live`
    #[arg(value_name = "INPUT")]
    pub(crate) input: String,
    /// Play it at its own pace, as a camera would
    #[arg(long)]
    pub(crate) live: bool,
    /// With --live: end so long after the first frame
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "live")]
    pub(crate) duration: Option<std::time::Duration>,
    /// How often to measure
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// What a screenshot shows beside the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// What is really there, dashed
    Truth,
    /// Pseudo-depth over the picture
    Depth,
    /// Features of the motion at their joints
    Features,
    /// Latency, drops, models
    Trust,
    /// Strips of single classes on the timeline
    Classes,
    /// Hands in space through the camera's own eye
    FirstPerson,
    /// The page of all keys
    Help,
    /// Strong contrasts
    HighContrast,
}

#[derive(Debug, Args)]
#[command(mut_arg("config", |arg| arg.default_value(ego_graph::LIVE_PRESET)))]
pub(crate) struct ViewArgs {
    /// Video, pictures, results, camera, address, test:PATTERN or synth: with or without a prompt
    pub(crate) input: Option<String>,
    /// Folder with results of `ego run`; without INPUT every recording in it is offered
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Write the window as a picture instead of opening it; needs no screen
    #[arg(long, value_name = "PNG")]
    pub(crate) screenshot_to: Option<PathBuf>,
    /// Time of the picture, as in 12.4 or 1:02.5 (needs --screenshot-to)
    #[arg(long, value_name = "TIME", requires = "screenshot_to", value_parser = clock_time)]
    pub(crate) at: Option<f64>,
    /// What shows beside the usual, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) show: Vec<Show>,
    /// Size of the window or picture
    #[arg(long, value_name = "WxH", value_parser = window_size, default_value = "1280x800")]
    pub(crate) size: (u32, u32),
    /// Show the pictures without looking for anything in them
    #[arg(long)]
    pub(crate) no_analysis: bool,
    /// Folder for recordings, screenshots and marks
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Close the window after so long
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<std::time::Duration>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Part of the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitName {
    Train,
    Val,
    Test,
    /// Verb-object pairs outside the 36, with the people and rooms of `test`
    Unseen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SynthLayout {
    /// Folders of pictures and text files as in the data set H2O
    H2o,
    /// H.264 videos with one JSON line a frame
    Video,
}

/// What draws the synthetic camera's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SynthRenderer {
    /// The graphics card where there is one, else the processor
    Auto,
    /// The processor
    Cpu,
    /// A graphics device (Vulkan), a software one if there is no other
    Wgpu,
}

#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// Folder for the clips; made when it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "stats")]
    pub(crate) out: Option<PathBuf>,
    /// Number of clips, those included that are there already [default: 36, or 1 for a prompt with an action]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) clips: Option<u64>,
    /// Seed of all choices
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Which people, rooms and actions play
    #[arg(long, value_enum, default_value = "train")]
    pub(crate) split: SplitName,
    /// Clips that are made at the same time [default: one a processor]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Picture size [default: 1280x720 for h2o and poses, 640x360 for video]
    #[arg(long, value_name = "WxH", value_parser = picture_size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Frames a second
    #[arg(long, value_name = "F", default_value_t = 30.0, value_parser = frame_rate)]
    pub(crate) fps: f64,
    /// What happens, who does it and how it looks, in words (see below)
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Write motion without pictures, one .npz file a clip
    #[arg(long, conflicts_with = "layout")]
    pub(crate) poses_only: bool,
    /// Draw this rigged hand instead of the built-in one: a folder or file (glTF, or MakeHuman's base mesh)
    #[arg(long, value_name = "DIR", conflicts_with = "poses_only")]
    pub(crate) hand_mesh: Option<PathBuf>,
    /// What draws; pictures differ by a few grey levels at edges
    #[arg(long, value_enum, default_value = "auto", conflicts_with = "poses_only")]
    pub(crate) renderer: SynthRenderer,
    /// Add virtual inertial sensors on head and wrists, 100 readings a second
    #[arg(long)]
    pub(crate) imu: bool,
    /// How clips are written
    #[arg(long, value_enum, default_value = "h2o")]
    pub(crate) layout: SynthLayout,
    /// Print how actions, hands, views and speeds are distributed; without --out nothing is written
    #[arg(long)]
    pub(crate) stats: bool,
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
// The words of the command line.
#[allow(clippy::enum_variant_names)]
pub(crate) enum TeachKind {
    /// 18 OpenPose joints x, y, then the class (or a JSON list with clip numbers)
    BodyCsv,
    /// Class number, then 21 joints x, y of a hand
    HandCsv,
    /// Class number, then x, y of a finger tip in successive frames
    TrackCsv,
}

/// How a table is split into training and test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TeachSplit {
    /// The last 30 % of each class are the test
    Time,
    /// 30 % of the windows, at random: neighbours on both sides, not to be believed
    Random,
    /// 30 % of the blocks of 100 rows
    Blocks,
}

impl TeachSplit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            TeachSplit::Time => "time",
            TeachSplit::Random => "random",
            TeachSplit::Blocks => "blocks",
        }
    }
}

/// What the new model's results are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TeachHead {
    /// Movements over a few frames
    Fast,
    /// Poses and movements of one hand
    Gesture,
}

impl TeachHead {
    pub(crate) fn name(self) -> &'static str {
        match self {
            TeachHead::Fast => "fast",
            TeachHead::Gesture => "gesture",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TeachArgs {
    /// Videos or result files (.jsonl) that the marks are in
    #[arg(value_name = "RECORDING")]
    pub(crate) recordings: Vec<String>,
    /// File of marks, schema ego.marks/1; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) marks: Vec<PathBuf>,
    /// Name of the new model
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Features to learn from [default: hands, or what a table gives]
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<String>,
    /// Frames in a window [default: that of the layout]
    #[arg(long, value_name = "N")]
    pub(crate) window: Option<usize>,
    /// Folder for the model [default: models/ in the data folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What the results are called [default: fast, or gesture for layouts of one hand]
    #[arg(long, value_enum)]
    pub(crate) head: Option<TeachHead>,
    /// Licence that the model's manifest names, as an SPDX name
    #[arg(long, value_name = "NAME", default_value = "LicenseRef-own")]
    pub(crate) licence: String,
    /// Do not learn "nothing" from stretches that nobody marked
    #[arg(long)]
    pub(crate) no_nothing: bool,
    /// Write the model without the test by left-out recordings
    #[arg(long)]
    pub(crate) no_test: bool,
    /// Score this model on marked recordings instead of teaching one
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["name", "table"])]
    pub(crate) check: Option<String>,
    /// Learn from a table of key points instead of recordings
    #[arg(long, value_name = "FILE", conflicts_with_all = ["marks", "recordings"])]
    pub(crate) table: Option<PathBuf>,
    /// What the rows of the table are
    #[arg(long, value_enum, requires = "table")]
    pub(crate) kind: Option<TeachKind>,
    /// File with the class names of the table, one a line [default: TABLE_classifier_label.csv, if there is one]
    #[arg(long, value_name = "FILE", requires = "table")]
    pub(crate) names: Option<PathBuf>,
    /// How the table is split
    #[arg(long, value_enum, default_value = "time", requires = "table")]
    pub(crate) split: TeachSplit,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100), requires = "table")]
    pub(crate) seeds: u64,
    /// Rows a second [default: 10 for bodies, 30 for hands and tracks]
    #[arg(long, value_name = "N", value_parser = rate, requires = "table")]
    pub(crate) fps: Option<f64>,
    /// Unit of y over unit of x: height over width of the pictures for numbers divided by both [default: 0.75 bodies, 1 hands, 0.5625 tracks]
    #[arg(long, value_name = "RATIO", value_parser = ratio, requires = "table")]
    pub(crate) aspect: Option<f64>,
    /// Learn also from views of a model hand: the fingers that each class stretches, thumb first, 1 stretched, 0 bent, ? either, as in
    /// Fist=00000,One=?1000; none for none [default: by their names, when all classes are known ones such as Open, Fist, Pointer]
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "table")]
    pub(crate) poses: Vec<String>,
    /// Also test with these shares of the joints missing, as in 0.1,0.3,0.5
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = share, requires = "table")]
    pub(crate) missing: Vec<f64>,
    /// Also test the paths replayed at these speeds, as in 0.5,2
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = ratio, requires = "table")]
    pub(crate) speeds: Vec<f64>,
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
    Show(ConfigArgs),
    /// Check stages, keys, types and ranges; print nothing when all is well
    Check(ConfigArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The same as --config
    #[arg(value_name = "NAME|FILE", conflicts_with = "config")]
    pub(crate) named: Option<String>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

impl ConfigArgs {
    /// Settings by the name that was given, either way.
    pub(crate) fn load(&self) -> Result<ego_graph::Settings, ego_graph::GraphError> {
        ego_graph::Settings::load(self.named.as_deref().unwrap_or(&self.settings.config), &self.settings.overrides)
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if rate > 0.0 && rate <= 10_000.0 { Ok(rate) } else { Err("should be above 0 and at most 10000".to_owned()) }
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.05..=20.0).contains(&ratio) { Ok(ratio) } else { Err("should be 0.05 to 20".to_owned()) }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("should be from 0 to below 1".to_owned()) }
}

/// Widths and heights that the synthetic camera draws in reasonable time and memory, pixels.
const SIZES: std::ops::RangeInclusive<u32> = 16..=4096;

fn picture_size(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.trim().parse::<u32>().ok()?, h.trim().parse::<u32>().ok()?)));
    match numbers {
        Some((w, h)) if SIZES.contains(&w) && SIZES.contains(&h) => Ok((w, h)),
        Some(_) => Err(format!("width and height should be {} to {} pixels", SIZES.start(), SIZES.end())),
        None => Err("should be width x height in pixels, as in 640x360".to_owned()),
    }
}

/// Widths and heights that a window can have, points.
const WINDOW_SIZES: std::ops::RangeInclusive<u32> = 320..=8192;

fn window_size(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.trim().parse::<u32>().ok()?, h.trim().parse::<u32>().ok()?)));
    numbers
        .filter(|(w, h)| WINDOW_SIZES.contains(w) && WINDOW_SIZES.contains(h))
        .ok_or_else(|| "should be width x height, each from 320 to 8192, as in 1280x800".to_owned())
}

/// Seconds, or hours, minutes and seconds with colons between them.
fn clock_time(text: &str) -> Result<f64, String> {
    let wrong = || "should be seconds, as in 12.4, or minutes and seconds, as in 1:02.5".to_owned();
    let parts: Vec<f64> = text.split(':').map(|p| p.trim().parse::<f64>().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    let whole = parts.iter().all(|p| p.is_finite() && *p >= 0.0) && parts.len() <= 3 && parts.iter().skip(1).all(|p| *p < 60.0);
    if whole { Ok(parts.iter().fold(0.0, |sum, p| sum * 60.0 + p)) } else { Err(wrong()) }
}

fn frame_rate(text: &str) -> Result<f64, String> {
    rate(text).ok().filter(|r| (1.0..=1000.0).contains(r)).ok_or_else(|| "should be 1 to 1000 frames a second".to_owned())
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
    fn files_and_live_sources_have_presets_of_their_own() {
        let config = |words: &[&str]| match Cli::parse_from(words).verb {
            Verb::Run(args) => args.settings.config,
            Verb::Live(args) => args.settings.config,
            other => panic!("{other:?}"),
        };
        assert_eq!(config(&["ego", "run", "clip.mp4", "--out", "out"]), ego_graph::DEFAULT_PRESET);
        assert_eq!(config(&["ego", "live"]), ego_graph::LIVE_PRESET);
        assert_eq!(config(&["ego", "live", "--config", "paper"]), "paper");
    }

    #[test]
    fn picture_sizes_that_no_camera_has_are_refused() {
        assert_eq!(picture_size("640x360"), Ok((640, 360)));
        for (text, words) in [("0x0", "16 to 4096"), ("640x99999", "16 to 4096"), ("640", "as in 640x360"), ("ax3", "as in 640x360")] {
            assert!(picture_size(text).expect_err("refused").contains(words), "{text}");
        }
        assert!(frame_rate("0.5").is_err() && frame_rate("nan").is_err() && frame_rate("30") == Ok(30.0));
    }

    #[test]
    fn times_are_seconds_or_have_colons() {
        assert_eq!((clock_time("12.4"), clock_time("1:02.5"), clock_time("1:00:00")), (Ok(12.4), Ok(62.5), Ok(3600.0)));
        for text in ["", "a", "-1", "1:99", "1:2:3:4", "inf"] {
            assert!(clock_time(text).is_err(), "{text}");
        }
        assert!(window_size("1280x800").is_ok() && window_size("1x1").is_err());
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
