//! The motion of a clip without pictures: one `.npz` file a clip, which `numpy.load` opens.
//!
//! A file for each frame, as H2O has them, would take a hundred times as long as the motion itself. Arrays (T frames, N objects):
//!
//! | name | type, shape | meaning |
//! |---|---|---|
//! | `hands_m` | f4 T,2,21,3 | left and right joints in camera space, metres; 0 for a hand that the person does not have |
//! | `hands_seen` | u1 T,2 | 1 when the hand is in view |
//! | `objects_class` | u1 N | class 1..8 |
//! | `objects_half_m` | f4 N,3 | half extents of the box, metres |
//! | `objects_rt` | f4 T,N,4,4 | object to camera, metres |
//! | `objects_box_px` | f4 T,N,4 | left, top, right, bottom of the part in view, pixels; 0 outside |
//! | `objects_in_hand` | u1 T,N | 0 none, 1 left, 2 right, 3 both |
//! | `action`, `verb`, `noun`, `phase` | u1 T | numbers; phase 0 idle, 1 approach, 2 contact, 3 manipulate, 4 release |
//! | `cam_pose` | f4 T,4,4 | camera to world, metres |
//! | `intrinsics` | f8 6 | fx fy cx cy width height, pixels |
//! | `fps`, `seed` | f8, u8 1 | frames a second; the clip's seed |
//! | `imu_head`, `imu_left_wrist`, `imu_right_wrist` | f4 M,6 | specific force (m/s2) and angular rate (rad/s), when asked for |
//! | `imu_rate_hz` | f8 1 | readings a second |

use std::io;
use std::path::Path;

use ego_core::camera::Intrinsics;
use ego_core::hands::JOINTS;

use crate::error::{Action, OutputError};
use crate::npz::{Element, NpzReader, NpzWriter};

/// One object over the whole clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectTrack {
    /// Class number.
    pub class: u8,
    /// Half extents of its box, metres.
    pub half_m: [f32; 3],
}

/// One sensor over the whole clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImuTrack {
    /// `head`, `left_wrist` or `right_wrist`.
    pub sensor: String,
    /// Specific force (metres per square second), then angular rate (radians per second).
    pub readings: Vec<[f32; 6]>,
}

/// The motion of a clip. All vectors of frames are equally long; those of objects have as many entries a frame as there are objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipPoses {
    /// The clip's seed.
    pub seed: u64,
    /// Frames a second.
    pub fps: f64,
    /// The camera; `None` only in an empty value.
    pub intrinsics: Option<Intrinsics>,
    /// Left and right joints of each frame in camera space, metres.
    pub hands_m: Vec<[[[f32; 3]; JOINTS]; 2]>,
    /// Whether they are in view.
    pub hands_seen: Vec<[u8; 2]>,
    /// The objects.
    pub objects: Vec<ObjectTrack>,
    /// Object to camera, metres.
    pub objects_rt: Vec<[[f32; 4]; 4]>,
    /// Boxes, pixels.
    pub objects_box_px: Vec<[f32; 4]>,
    /// Which hands hold them.
    pub objects_in_hand: Vec<u8>,
    /// Action of each frame.
    pub action: Vec<u8>,
    /// Verb of each frame.
    pub verb: Vec<u8>,
    /// Object class of each frame's action.
    pub noun: Vec<u8>,
    /// Phase of each frame.
    pub phase: Vec<u8>,
    /// Camera to world of each frame, metres.
    pub cam_pose: Vec<[[f32; 4]; 4]>,
    /// Readings a second of the sensors.
    pub imu_rate_hz: f64,
    /// The sensors, when asked for.
    pub imu: Vec<ImuTrack>,
}

/// Sensors by the names of their arrays.
const SENSORS: [&str; 3] = ["head", "left_wrist", "right_wrist"];

impl ClipPoses {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.hands_m.len()
    }

    /// Empties everything and keeps the memory.
    pub fn clear(&mut self) {
        self.hands_m.clear();
        self.hands_seen.clear();
        self.objects.clear();
        self.objects_rt.clear();
        self.objects_box_px.clear();
        self.objects_in_hand.clear();
        for numbers in [&mut self.action, &mut self.verb, &mut self.noun, &mut self.phase] {
            numbers.clear();
        }
        self.cam_pose.clear();
        self.imu.clear();
    }

    /// Writes the file; `path` holds the whole clip or nothing new.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), OutputError> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or("poses.npz".as_ref()));
        name.push(".part");
        let part = path.with_file_name(name);
        let written = self.write_arrays(&part).and_then(|()| std::fs::rename(&part, path));
        written.map_err(|e| {
            // What cannot be removed either is replaced by the next attempt.
            let _ = std::fs::remove_file(&part);
            OutputError::io(Action::Write, path)(e)
        })
    }

    fn write_arrays(&self, path: &Path) -> io::Result<()> {
        let (t, n) = (self.frames(), self.objects.len());
        let mut file = NpzWriter::create(path)?;
        file.array("hands_m", &[t, 2, JOINTS, 3], self.hands_m.as_flattened().as_flattened().as_flattened())?;
        file.array("hands_seen", &[t, 2], self.hands_seen.as_flattened())?;
        let classes: Vec<u8> = self.objects.iter().map(|o| o.class).collect();
        file.array("objects_class", &[n], &classes)?;
        let halves: Vec<f32> = self.objects.iter().flat_map(|o| o.half_m).collect();
        file.array("objects_half_m", &[n, 3], &halves)?;
        file.array("objects_rt", &[t, n, 4, 4], self.objects_rt.as_flattened().as_flattened())?;
        file.array("objects_box_px", &[t, n, 4], self.objects_box_px.as_flattened())?;
        file.array("objects_in_hand", &[t, n], &self.objects_in_hand)?;
        for (name, values) in [("action", &self.action), ("verb", &self.verb), ("noun", &self.noun), ("phase", &self.phase)] {
            file.array(name, &[t], values)?;
        }
        file.array("cam_pose", &[t, 4, 4], self.cam_pose.as_flattened().as_flattened())?;
        if let Some(k) = &self.intrinsics {
            file.array("intrinsics", &[6], &[k.fx, k.fy, k.cx, k.cy, f64::from(k.width), f64::from(k.height)])?;
        }
        file.array("fps", &[1], &[self.fps])?;
        file.array("seed", &[1], &[self.seed])?;
        if !self.imu.is_empty() {
            file.array("imu_rate_hz", &[1], &[self.imu_rate_hz])?;
        }
        for track in &self.imu {
            file.array(&format!("imu_{}", track.sensor), &[track.readings.len(), 6], track.readings.as_flattened())?;
        }
        file.finish()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or an array is missing or of another shape.
    pub fn read(path: &Path) -> Result<ClipPoses, OutputError> {
        read(path).map_err(OutputError::io(Action::Read, path))
    }
}

fn read(path: &Path) -> io::Result<ClipPoses> {
    let mut file = NpzReader::open(path)?;
    let (shape, hands) = file.array::<f32>("hands_m")?;
    let t = shape.first().copied().unwrap_or(0);
    let (_, classes) = file.array::<u8>("objects_class")?;
    let n = classes.len();
    let mut poses = ClipPoses {
        hands_m: chunks(&chunks(&chunks(&hands))),
        hands_seen: chunks(&shaped::<u8>(&mut file, "hands_seen", &[t, 2])?),
        objects_rt: chunks(&chunks(&shaped::<f32>(&mut file, "objects_rt", &[t, n, 4, 4])?)),
        objects_box_px: chunks(&shaped::<f32>(&mut file, "objects_box_px", &[t, n, 4])?),
        objects_in_hand: shaped(&mut file, "objects_in_hand", &[t, n])?,
        action: shaped(&mut file, "action", &[t])?,
        verb: shaped(&mut file, "verb", &[t])?,
        noun: shaped(&mut file, "noun", &[t])?,
        phase: shaped(&mut file, "phase", &[t])?,
        cam_pose: chunks(&chunks(&shaped::<f32>(&mut file, "cam_pose", &[t, 4, 4])?)),
        ..ClipPoses::default()
    };
    let halves: Vec<[f32; 3]> = chunks(&shaped::<f32>(&mut file, "objects_half_m", &[n, 3])?);
    poses.objects = classes.into_iter().zip(halves).map(|(class, half_m)| ObjectTrack { class, half_m }).collect();
    if let [fx, fy, cx, cy, width, height] = shaped::<f64>(&mut file, "intrinsics", &[6])?[..] {
        poses.intrinsics = Some(Intrinsics { fx, fy, cx, cy, width: width as u32, height: height as u32 });
    }
    poses.fps = shaped(&mut file, "fps", &[1])?.first().copied().unwrap_or(0.0);
    poses.seed = shaped(&mut file, "seed", &[1])?.first().copied().unwrap_or(0);
    if file.has("imu_rate_hz") {
        poses.imu_rate_hz = shaped(&mut file, "imu_rate_hz", &[1])?.first().copied().unwrap_or(0.0);
    }
    for sensor in SENSORS {
        let name = format!("imu_{sensor}");
        if file.has(&name) {
            poses.imu.push(ImuTrack { sensor: sensor.to_owned(), readings: chunks(&file.array::<f32>(&name)?.1) });
        }
    }
    Ok(poses)
}

/// An array that must have this shape.
fn shaped<T: Element>(file: &mut NpzReader, name: &str, shape: &[usize]) -> io::Result<Vec<T>> {
    let (found, values) = file.array(name)?;
    if found == shape {
        return Ok(values);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name}.npy has the shape {found:?} where {shape:?} is needed")))
}

fn chunks<T: Copy, const N: usize>(values: &[T]) -> Vec<[T; N]> {
    values.as_chunks().0.to_vec()
}
