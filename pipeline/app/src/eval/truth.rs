//! The truth of a clip, from result lines or from a recording in H2O's layout, in one form: result lines.

use std::path::{Path, PathBuf};

use ego_core::hands::{DepthSource, JOINTS, Side};
use ego_core::objects::InHand;
use ego_outputs::h2o::{FrameTruth, RecordingReader};
use ego_outputs::{ActionRecord, FrameRecord, HandRecord, ObjectRecord, RankedLabel, read_json_lines};
use ego_synth::cast::{action_name, noun_name};

/// Where a truth lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TruthPlace {
    /// A file of `ego.frame/1` lines.
    Lines(PathBuf),
    /// A folder with `cam4` in it.
    Recording(PathBuf),
}

impl TruthPlace {
    pub(super) fn is_there(&self) -> bool {
        match self {
            TruthPlace::Lines(path) => path.is_file(),
            TruthPlace::Recording(path) => path.join("cam4/hand_pose").is_dir(),
        }
    }
}

impl std::fmt::Display for TruthPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TruthPlace::Lines(path) => write!(f, "{}", path.display()),
            TruthPlace::Recording(path) => write!(f, "{}", path.join("cam4").display()),
        }
    }
}

/// Reads a truth.
///
/// # Errors
/// When it cannot be read, or a line of it is damaged: half a truth is none.
pub(super) fn read(place: &TruthPlace) -> anyhow::Result<Vec<FrameRecord>> {
    match place {
        TruthPlace::Lines(path) => {
            let lines = read_json_lines(path)?;
            if let Some(warning) = lines.warning() {
                anyhow::bail!("{}: {warning}", path.display());
            }
            Ok(lines.frames)
        }
        TruthPlace::Recording(path) => recording(path),
    }
}

fn recording(path: &Path) -> anyhow::Result<Vec<FrameRecord>> {
    let (root, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default().to_string_lossy());
    let reader = RecordingReader::open(root, &name)?;
    let k = reader.intrinsics();
    (0..reader.frames())
        .map(|number| {
            let truth = reader.truth(number)?;
            // Pictures have no time stamps: frames are told apart by number.
            let mut record = FrameRecord::new(name.as_ref(), number, None, k.width, k.height);
            let sides = [Side::Left, Side::Right].into_iter().zip(truth.hands);
            record.hands = Some(sides.filter_map(|(side, hand)| hand.map(|m| hand_record(side, &m, &k))).collect());
            record.objects = Some(object_record(&truth, &k).into_iter().collect());
            let name = action_name(truth.action);
            record.action = Some(ActionRecord {
                top: vec![RankedLabel(name.clone(), 1.0)],
                label: name,
                class: truth.action,
                score: 1.0,
                unknown: false,
                uncertainty: 0.0,
                stable: true,
                window_ns: [0; 2],
                about_ns: None,
                since_ns: None,
                next: None,
            });
            Ok(record)
        })
        .collect()
}

fn hand_record(side: Side, camera_m: &[[f64; 3]; JOINTS], k: &ego_core::camera::Intrinsics) -> HandRecord {
    let px = camera_m.map(|m| k.project(m));
    let inside = |p: &[f64; 2]| (-0.5..f64::from(k.width) - 0.5).contains(&p[0]) && (-0.5..f64::from(k.height) - 0.5).contains(&p[1]);
    HandRecord {
        side,
        score: 1.0,
        track: side.code() + 1,
        image_px: px.map(|p| p.unwrap_or([f64::NAN; 2]).map(|v| v as f32)),
        camera_m: Some(camera_m.map(|m| m.map(|v| v as f32))),
        joint_score: px.map(|p| f32::from(u8::from(p.is_some_and(|p| inside(&p))))),
        depth_source: DepthSource::Measured,
    }
}

/// The box around the points of the object's own box, as SHARP takes it for the true one.
fn object_record(truth: &FrameTruth, k: &ego_core::camera::Intrinsics) -> Option<ObjectRecord> {
    let object = truth.object.as_ref()?;
    let mut rect = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for point in object.box_camera_m {
        let [x, y] = k.project(point)?;
        rect = [rect[0].min(x), rect[1].min(y), rect[2].max(x), rect[3].max(y)];
    }
    let (right, bottom) = (f64::from(k.width), f64::from(k.height));
    let rect = [rect[0].max(0.0), rect[1].max(0.0), rect[2].min(right), rect[3].min(bottom)];
    let in_view = rect[2] > rect[0] && rect[3] > rect[1];
    in_view.then(|| ObjectRecord {
        label: noun_name(object.class).to_owned(),
        class: object.class,
        score: 1.0,
        track: None,
        box_px: rect.map(|v| v as f32),
        in_hand: InHand::None,
    })
}
