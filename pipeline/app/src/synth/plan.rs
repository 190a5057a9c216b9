//! Which clips a series has, what each of them plays, and where it goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use ego_outputs::h2o::{self, Place};
use ego_outputs::{ClipLabel, ClipRecord, SeriesRecord};
use ego_synth::clip::Clip;
use ego_synth::error::SynthError;
use ego_synth::mesh::import::HandMesh;
use ego_synth::moment::Owner;
use ego_synth::renderer::RendererKind;
use ego_synth::script::{Script, prompt};
use ego_synth::split::Split;

use crate::cli::{SplitName, SynthArgs, SynthLayout, SynthRenderer};
use crate::failure::usage;

/// What is written for each clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    H2o,
    Video,
    Poses,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Layout::H2o => "h2o",
            Layout::Video => "video",
            Layout::Poses => "poses",
        }
    }
}

/// A series of clips.
pub(super) struct Plan {
    pub(super) split: Split,
    pub(super) seed: u64,
    pub(super) clips: u64,
    pub(super) layout: Layout,
    pub(super) imu: bool,
    /// Drawn instead of the built-in hand.
    pub(super) hand_mesh: Option<Arc<HandMesh>>,
    hand_mesh_name: String,
    pub(super) renderer: RendererKind,
    prompt: String,
    base: Script,
}

impl Plan {
    /// Checks everything that can be checked before anything is written.
    pub(super) fn new(args: &SynthArgs) -> anyhow::Result<Plan> {
        let layout = match (args.poses_only, args.layout) {
            (true, _) => Layout::Poses,
            (false, SynthLayout::H2o) => Layout::H2o,
            (false, SynthLayout::Video) => Layout::Video,
        };
        let split = match args.split {
            SplitName::Train => Split::Train,
            SplitName::Val => Split::Val,
            SplitName::Test => Split::Test,
            SplitName::Unseen => Split::Unseen,
        };
        let (width, height) = args.size.unwrap_or(if layout == Layout::Video { (640, 360) } else { (1280, 720) });
        if layout == Layout::Video && (width % 2 == 1 || height % 2 == 1) {
            let even = format!("give even numbers, as in --size {}x{}", width + width % 2, height + height % 2);
            return Err(usage(format!("an H.264 video cannot have {width}x{height} pixels"), even));
        }
        let mut base = Script::default();
        base.camera.width = width;
        base.camera.height = height;
        base.camera.fps = args.fps;
        let words = args.prompt.clone().unwrap_or_default();
        let base = prompt::parse(&words, &base).map_err(refused)?;
        let clips = args.clips.unwrap_or(if base.steps.is_empty() { 36 } else { 1 });
        let hand_mesh = args.hand_mesh.as_deref().map(HandMesh::load).transpose().map_err(refused)?.map(Arc::new);
        let hand_mesh_name = args.hand_mesh.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
        let renderer = match args.renderer {
            SynthRenderer::Auto => RendererKind::Auto,
            SynthRenderer::Cpu => RendererKind::Cpu,
            SynthRenderer::Wgpu => RendererKind::Wgpu,
        };
        renderer.check().map_err(refused)?;
        let plan = Plan { split, seed: args.seed, clips, layout, imu: args.imu, hand_mesh, hand_mesh_name, renderer, prompt: words, base };
        plan.clip(0)?;
        Ok(plan)
    }

    /// Plays clip number `index`.
    pub(super) fn clip(&self, index: u64) -> anyhow::Result<Clip> {
        let (seed, script) = self.split.clip(self.seed, index, &self.base);
        Clip::new(seed, &script).map_err(refused)
    }

    /// What decides the clips of this series.
    pub(super) fn series(&self) -> SeriesRecord {
        let camera = &self.base.camera;
        SeriesRecord {
            schema: ego_outputs::SeriesSchema,
            split: self.split.name().to_owned(),
            seed: self.seed,
            prompt: self.prompt.clone(),
            layout: self.layout.name().to_owned(),
            width: camera.width,
            height: camera.height,
            fps: camera.fps,
            imu: self.imu,
            hand_mesh: self.hand_mesh_name.clone(),
        }
    }

    /// Where the series is noted.
    pub(super) fn series_path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("series-{}.json", self.split.name()))
    }

    /// The split of H2O's layout.
    pub(super) fn h2o_split(&self) -> h2o::Split {
        match self.split {
            Split::Train => h2o::Split::Train,
            Split::Val => h2o::Split::Val,
            Split::Test => h2o::Split::Test,
            Split::Unseen => h2o::Split::Unseen,
        }
    }

    /// What there is of a finished clip, below the folder of the series: a folder, or the file that is written last.
    pub(super) fn path(&self, index: u64) -> String {
        match self.layout {
            Layout::H2o => Place::of(self.h2o_split(), index).path(),
            Layout::Video => format!("{}.mp4", self.stem(index)),
            Layout::Poses => format!("{}.npz", self.stem(index)),
        }
    }

    /// Name of a clip's files without ending.
    pub(super) fn stem(&self, index: u64) -> String {
        format!("{}-{index:05}", self.split.name())
    }

    /// The line about a clip.
    pub(super) fn record(&self, index: u64, clip: &Clip) -> ClipRecord {
        let k = clip.intrinsics();
        let recipe = clip.recipe();
        ClipRecord {
            schema: ego_outputs::ClipSchema,
            index,
            path: self.path(index),
            seed: clip.seed(),
            frames: clip.frames(),
            fps: clip.fps(),
            intrinsics: [k.fx, k.fy, k.cx, k.cy, f64::from(k.width), f64::from(k.height)],
            labels: labels(clip),
            main: clip.main().name().to_owned(),
            pace: clip.speed(),
            room: recipe.room.number,
            skin_tone: recipe.wearer.skin_tone,
            gloves: recipe.wearer.glove.is_some(),
            bystander: clip.moment(0).hands.iter().any(|h| h.owner == Owner::Bystander),
        }
    }
}

/// The frames of each label: those whose own label it is.
fn labels(clip: &Clip) -> Vec<ClipLabel> {
    let mut labels: Vec<ClipLabel> = Vec::new();
    for label in clip.labels() {
        let within = |frame: &u64| (label.start_s..=label.end_s).contains(&clip.time_s(*frame));
        let around = (label.start_s * clip.fps()).floor().max(0.0) as u64;
        let taken = labels.last().map_or(0, |l| l.last_frame + 1);
        let Some(first) = (around.max(taken)..clip.frames()).take(3).find(within) else { continue };
        let last = (first..clip.frames()).take_while(within).last().unwrap_or(first);
        labels.push(ClipLabel {
            label: label.action.name(),
            action: label.action.id(),
            verb: label.action.verb,
            noun: label.action.noun,
            first_frame: first,
            last_frame: last,
            asked: label.asked,
        });
    }
    labels
}

/// An error of the script in the words of this program.
fn refused(error: SynthError) -> anyhow::Error {
    match error {
        SynthError::UnknownWord { word, hint, known } => {
            let meant = hint.map(|h| format!(" (did you mean \"{h}\"?)")).unwrap_or_default();
            usage(format!("the prompt's word \"{word}\" is not known{meant}"), format!("known words are: {known}"))
        }
        SynthError::Range { .. } => usage(error.to_string(), "change --size or --fps"),
        SynthError::Incomplete { .. }
        | SynthError::Impossible { .. }
        | SynthError::Contradiction { .. }
        | SynthError::TooManySteps { .. } => usage(error.to_string(), "`ego synth --help` explains prompts"),
        SynthError::HandMesh { path, problem, remedy } => usage(format!("{}: {problem}", path.display()), remedy),
        other => anyhow!(other),
    }
}
