//! The numbers of one frame and their text.

use std::fmt::Write as _;

use ego_core::hands::JOINTS;

/// Points of an object's box: centre, 8 corners, 12 edge middles.
pub const BOX_POINTS: usize = 21;

/// Where an object is.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPose {
    /// Class number, 1..=8.
    pub class: u32,
    /// The 21 points of its box in camera space, metres.
    pub box_camera_m: [[f64; 3]; BOX_POINTS],
    /// Object to camera, metres.
    pub camera_from_object: [[f64; 4]; 4],
}

/// What is known about one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameTruth {
    /// Left and right hand in camera space, metres; `None` where a hand is not annotated.
    pub hands: [Option<[[f64; 3]; JOINTS]>; 2],
    /// The object that matters; `None` is class 0.
    pub object: Option<ObjectPose>,
    /// Camera to world, metres.
    pub world_from_camera: [[f64; 4]; 4],
    /// Action number, 0 = background.
    pub action: u32,
    /// Verb number, 0 = none.
    pub verb: u32,
}

/// A folder with one text file a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Hands,
    Object,
    ObjectMatrix,
    Camera,
    Action,
    Verb,
}

impl Field {
    pub(crate) const ALL: [Field; 6] = [Field::Hands, Field::Object, Field::ObjectMatrix, Field::Camera, Field::Action, Field::Verb];

    /// Name of the folder and how many numbers each of its files has.
    pub(crate) fn shape(self) -> (&'static str, usize) {
        match self {
            Field::Hands => ("hand_pose", 2 * (1 + 3 * JOINTS)),
            Field::Object => ("obj_pose", 1 + 3 * BOX_POINTS),
            Field::ObjectMatrix => ("obj_pose_RT", 17),
            Field::Camera => ("cam_pose", 16),
            Field::Action => ("action_label", 1),
            Field::Verb => ("verb_label", 1),
        }
    }

    /// The line of a frame, without a line feed.
    pub(crate) fn write(self, frame: &FrameTruth, line: &mut String) {
        line.clear();
        let object = frame.object.as_ref();
        match self {
            Field::Hands => {
                for hand in &frame.hands {
                    whole(line, u32::from(hand.is_some()));
                    numbers(line, hand.unwrap_or_default().as_flattened());
                }
            }
            Field::Object => {
                whole(line, object.map_or(0, |o| o.class));
                numbers(line, object.map_or([[0.0; 3]; BOX_POINTS], |o| o.box_camera_m).as_flattened());
            }
            Field::ObjectMatrix => {
                whole(line, object.map_or(0, |o| o.class));
                numbers(line, object.map_or([[0.0; 4]; 4], |o| o.camera_from_object).as_flattened());
            }
            Field::Camera => numbers(line, frame.world_from_camera.as_flattened()),
            Field::Action => whole(line, frame.action),
            Field::Verb => whole(line, frame.verb),
        }
    }
}

fn space(line: &mut String) {
    if !line.is_empty() {
        line.push(' ');
    }
}

fn whole(line: &mut String, value: u32) {
    space(line);
    // Writing to a text cannot fail.
    let _ = write!(line, "{value}");
}

/// Nine decimals: nanometres. Adding 0 turns -0 into 0.
fn numbers(line: &mut String, values: &[f64]) {
    for value in values {
        space(line);
        let rounded = (value * 1e9).round() / 1e9 + 0.0;
        let _ = write!(line, "{rounded:.9}");
    }
}

/// Six numbers of `cam_intrinsics.txt`.
pub(crate) fn intrinsics_line(k: &ego_core::camera::Intrinsics) -> String {
    format!("{} {} {} {} {} {}", k.fx, k.fy, k.cx, k.cy, k.width, k.height)
}

/// Numbers apart by any white space.
///
/// # Errors
/// Says what is there when it is not `count` finite numbers.
pub(crate) fn parse(text: &str, count: usize) -> Result<Vec<f64>, String> {
    let mut values = Vec::with_capacity(count);
    for word in text.split_whitespace() {
        let value: f64 = word.parse().map_err(|_| format!("\"{word}\" is not a number"))?;
        if !value.is_finite() {
            return Err(format!("\"{word}\" is not a finite number"));
        }
        values.push(value);
    }
    if values.len() == count { Ok(values) } else { Err(format!("{} numbers where {count} are needed", values.len())) }
}

/// The reverse of [`Field::write`] for points: rows of three numbers.
pub(crate) fn points<const N: usize>(values: &[f64]) -> [[f64; 3]; N] {
    let mut rows = [[0.0; 3]; N];
    rows.as_flattened_mut().iter_mut().zip(values).for_each(|(to, from)| *to = *from);
    rows
}

/// The same for a matrix.
pub(crate) fn matrix(values: &[f64]) -> [[f64; 4]; 4] {
    let mut rows = [[0.0; 4]; 4];
    rows.as_flattened_mut().iter_mut().zip(values).for_each(|(to, from)| *to = *from);
    rows
}

/// A number that counts or names something.
pub(crate) fn index(value: f64, what: &str, highest: u32) -> Result<u32, String> {
    let good = value.fract() == 0.0 && (0.0..=f64::from(highest)).contains(&value);
    if good { Ok(value as u32) } else { Err(format!("{what} {value} is not a whole number from 0 to {highest}")) }
}
