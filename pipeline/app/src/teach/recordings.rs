//! A recording as frames with hands, people and objects: a result file, or a video that is analysed first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hand, Hands};
use ego_core::kinematics::{Extractor, Scene};
use ego_core::objects::{Detection, Detections};
use ego_graph::{BatchPlan, DEFAULT_PRESET, GraphError, Settings};
use ego_outputs::{FrameRecord, read_json_lines};

use crate::console;
use crate::failure::usage;

/// A recording that can be described.
pub(super) struct Recording {
    /// Name, as in marks.
    pub(super) name: String,
    pub(super) frames: Vec<FrameRecord>,
}

/// Reads result files and analyses videos, in the order given.
pub(super) fn read(words: &[String], detector: &str) -> anyhow::Result<Vec<Recording>> {
    let scratch = Scratch::new()?;
    let mut recordings = Vec::new();
    for input in ego_graph::resolve(words) {
        let input = input.map_err(|bad| anyhow::Error::from(bad.error))?;
        let results = match &input.kind {
            ego_graph::InputKind::File(path) if path.extension().is_some_and(|e| e == "jsonl") => path.clone(),
            _ => analyse(&input, detector, &scratch.0)?,
        };
        let lines = read_json_lines(&results).with_context(|| format!("read {}", results.display()))?;
        if let Some(warning) = lines.warning() {
            console::tell(&format!("warning: {}: {warning}", input.given));
        }
        if lines.frames.is_empty() {
            let hint = "give results of `ego run` (.jsonl) or a video";
            return Err(usage(format!("{} has no frame that can be read", input.given), hint));
        }
        let name = lines.frames.first().map_or(input.stem.clone(), |f| f.stream.clone());
        recordings.push(Recording { name, frames: lines.frames });
    }
    Ok(recordings)
}

/// Finds hands or people in every frame of a video.
fn analyse(input: &ego_graph::Input, detector: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    console::tell(&format!("{}: looking for {detector}", input.given));
    let json = folder.join(format!("{}.jsonl", input.stem));
    let settings = Settings::load(DEFAULT_PRESET, &[format!("stages={detector}")])?;
    let plan = BatchPlan { input: input.clone(), settings, fps: None, json: Some(json.clone()), annotated: None };
    let outcome = ego_graph::run(&plan)?.finish();
    match outcome.failure {
        Some(error) => Err(GraphError::into(error)),
        None => Ok(json),
    }
}

/// A folder of our own that goes away with its files.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Scratch> {
        let folder = std::env::temp_dir().join(format!("ego-teach-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("make the folder {}", folder.display()))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Recording {
    /// Features of every subject whose window is full, frame by frame, with their time in nanoseconds.
    pub(super) fn describe(&self, extractor: &mut Extractor) -> Vec<(u64, Features)> {
        extractor.reset();
        let mut described = Vec::new();
        for frame in &self.frames {
            let (hands, bodies, objects) = (hands_of(frame), bodies_of(frame), objects_of(frame));
            let scene = Scene {
                time_ns: frame.pts_ns,
                width: frame.width,
                height: frame.height,
                hands: Some(&hands),
                bodies: Some(&bodies),
                objects: objects.as_ref(),
            };
            let time = frame.pts_ns.unwrap_or(frame.frame * 1_000_000_000 / 30);
            described.extend(extractor.push(&scene).into_iter().map(|f| (time, f)));
        }
        described
    }
}

fn norm(frame: &FrameRecord, [x, y]: [f32; 2]) -> [f32; 2] {
    [x / frame.width.max(1) as f32, y / frame.height.max(1) as f32]
}

fn hands_of(frame: &FrameRecord) -> Hands {
    let hand = |record: &ego_outputs::HandRecord| Hand {
        side: record.side,
        score: record.score,
        presence: 1.0,
        track: record.track,
        image_norm: record.image_px.map(|p| norm(frame, p)),
        camera_m: record.camera_m,
        joint_score: record.joint_score,
    };
    let records = frame.hands.as_deref().unwrap_or_default();
    let depth_source = records.first().map_or(DepthSource::None, |r| r.depth_source);
    Hands { hands: records.iter().map(hand).collect(), depth_source }
}

fn bodies_of(frame: &FrameRecord) -> Bodies {
    let body = |record: &ego_outputs::BodyRecord| {
        let layout = BodyLayout::from_name(&record.layout)?;
        let image_norm: Vec<[f32; 2]> = record.image_px.iter().map(|p| norm(frame, *p)).collect();
        // Features leave out joints that are hardly seen, in a stream and here.
        let told = record.joint_score.len() == image_norm.len();
        let joint_score = if told { record.joint_score.clone() } else { vec![record.score; image_norm.len()] };
        Some(Body { layout, track: record.track, score: record.score, image_norm, world_m: None, joint_score })
    };
    Bodies { bodies: frame.bodies.as_deref().unwrap_or_default().iter().filter_map(body).collect() }
}

/// Only what the features ask for: which hand holds something.
fn objects_of(frame: &FrameRecord) -> Option<Detections> {
    let records = frame.objects.as_ref()?;
    let detection = |r: &ego_outputs::ObjectRecord| Detection {
        class: r.class,
        score: r.score,
        track: r.track,
        box_norm: [0.0; 4],
        depth_m: None,
        in_hand: r.in_hand,
    };
    Some(Detections { detections: records.iter().map(detection).collect(), labels: Arc::from([]) })
}
