//! Reading recordings: ours and the data set's own.

use std::path::{Path, PathBuf};

use ego_core::camera::Intrinsics;
use ego_core::hands::JOINTS;

use super::place::HEAD_CAMERA;
use super::record::{BOX_POINTS, Field, FrameTruth, ObjectPose, index, matrix, parse, points};
use crate::error::{Action, OutputError};

/// A recording in the head camera's view.
#[derive(Debug)]
pub struct RecordingReader {
    camera: PathBuf,
    intrinsics: Intrinsics,
    frames: u64,
    absent: Vec<Field>,
}

impl RecordingReader {
    /// Opens the recording whose place below `root` is `path`, and counts its frames. Objects and labels may be missing as whole
    /// folders, as in archives of hands alone: then no frame has any.
    ///
    /// # Errors
    /// When `cam_intrinsics.txt` or `hand_pose` is missing or cannot be read.
    pub fn open(root: &Path, path: &str) -> Result<RecordingReader, OutputError> {
        let camera = root.join(path).join(HEAD_CAMERA);
        let file = camera.join("cam_intrinsics.txt");
        let values = numbers(&file, 6)?;
        let size = |v: f64| index(v, "picture size", 1 << 20).map_err(|problem| OutputError::Layout { path: file.clone(), problem });
        let intrinsics =
            Intrinsics { fx: values[0], fy: values[1], cx: values[2], cy: values[3], width: size(values[4])?, height: size(values[5])? };
        let folder = camera.join(Field::Hands.shape().0);
        let entries = std::fs::read_dir(&folder).map_err(OutputError::io(Action::Read, &folder))?;
        let frames = entries.flatten().filter(|e| e.path().extension().is_some_and(|x| x == "txt")).count() as u64;
        let absent = Field::ALL.into_iter().filter(|f| *f != Field::Camera && !camera.join(f.shape().0).is_dir()).collect();
        Ok(RecordingReader { camera, intrinsics, frames, absent })
    }

    /// The camera's intrinsics.
    pub fn intrinsics(&self) -> Intrinsics {
        self.intrinsics
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Path of a frame's colour picture.
    pub fn rgb_path(&self, frame: u64) -> PathBuf {
        self.camera.join("rgb").join(format!("{frame:06}.png"))
    }

    /// Path of a frame's depth picture.
    pub fn depth_path(&self, frame: u64) -> PathBuf {
        self.camera.join("depth").join(format!("{frame:06}.png"))
    }

    /// What is known about a frame.
    ///
    /// # Errors
    /// Names the file that is missing or does not hold what it should.
    pub fn truth(&self, frame: u64) -> Result<FrameTruth, OutputError> {
        let read = |field: Field| {
            let (folder, count) = field.shape();
            let path = self.camera.join(folder).join(format!("{frame:06}.txt"));
            if self.absent.contains(&field) {
                return Ok((vec![0.0; count], path));
            }
            numbers(&path, count).map(|values| (values, path))
        };
        let whole = |value: f64, what: &str, highest: u32, path: &Path| {
            index(value, what, highest).map_err(|problem| OutputError::Layout { path: path.to_owned(), problem })
        };
        let (hands, path) = read(Field::Hands)?;
        let (left, right) = hands.split_at(1 + 3 * JOINTS);
        let mut both = [None; 2];
        for (to, from) in both.iter_mut().zip([left, right]) {
            if whole(from[0], "the annotation mark", 1, &path)? == 1 {
                *to = Some(points(&from[1..]));
            }
        }
        let (boxed, path) = read(Field::Object)?;
        let (turned, _) = read(Field::ObjectMatrix)?;
        let class = whole(boxed[0], "class", 8, &path)?;
        let object = (class > 0).then(|| ObjectPose {
            class,
            box_camera_m: points::<BOX_POINTS>(&boxed[1..]),
            camera_from_object: matrix(&turned[1..]),
        });
        let (camera, _) = read(Field::Camera)?;
        let (action, path) = read(Field::Action)?;
        let action = whole(action[0], "action", 36, &path)?;
        let (verb, path) = read(Field::Verb)?;
        let verb = whole(verb[0], "verb", 11, &path)?;
        Ok(FrameTruth { hands: both, object, world_from_camera: matrix(&camera), action, verb })
    }
}

/// As many numbers as the file must hold.
fn numbers(path: &Path, count: usize) -> Result<Vec<f64>, OutputError> {
    let text = std::fs::read_to_string(path).map_err(OutputError::io(Action::Read, path))?;
    parse(&text, count).map_err(|problem| OutputError::Layout { path: path.to_owned(), problem })
}

/// A depth picture: width, height, and millimetres row by row, 0 = no reading.
///
/// # Errors
/// When it cannot be read or is no 16-bit grey picture.
pub fn read_depth_mm(path: &Path) -> Result<(u32, u32, Vec<u16>), OutputError> {
    let problem = |problem: String| OutputError::Layout { path: path.to_owned(), problem };
    let bytes = std::fs::read(path).map_err(OutputError::io(Action::Read, path))?;
    match image::load_from_memory(&bytes).map_err(|e| problem(e.to_string()))? {
        image::DynamicImage::ImageLuma16(grey) => Ok((grey.width(), grey.height(), grey.into_raw())),
        other => Err(problem(format!("{:?} where 16-bit grey is needed", other.color()))),
    }
}
