//! Recordings in the folder layout of H2O (Kwon et al., "H2O: Two hands manipulating objects for first person interaction recognition",
//! ICCV 2021; github.com/taeinkwon/h2odataset), so that programs made for the data set read ours.
//!
//! ```text
//! ROOT/subject1/h1/0/cam4/rgb/000000.png           8-bit colour
//!                        /depth/000000.png         16-bit grey, millimetres, 0 = no reading
//!                        /hand_pose/000000.txt     left: 1 when annotated, 21 x (x y z); then right: 128 numbers
//!                        /obj_pose/000000.txt      class, 21 x (x y z): 64 numbers
//!                        /obj_pose_RT/000000.txt   class, 4 x 4 object to camera: 17 numbers
//!                        /cam_pose/000000.txt      4 x 4 camera to world: 16 numbers
//!                        /action_label/000000.txt  0..=36
//!                        /verb_label/000000.txt    0..=11
//!                        /cam_intrinsics.txt       fx fy cx cy width height
//! ROOT/action_labels/action_train.txt              id path action_label start_act end_act start_frame end_frame
//! ROOT/pose_lists/pose_train.txt                   one rgb path a line
//! ```
//!
//! Points are metres in camera space (x right, y down, z forward), matrices row-major, pixels `fx x / z + cx`. Not written: the four
//! fixed cameras, `rgb256` (a smaller copy) and `hand_pose_MANO` (parameters of a hand model that may not be passed on).

mod lists;
mod place;
mod read;
mod record;
mod write;

pub use lists::{ActionRow, read_action_list, read_pose_list, write_action_list, write_pose_list};
pub use place::{HEAD_CAMERA, Place, Split};
pub use read::{RecordingReader, read_depth_mm};
pub use record::{BOX_POINTS, FrameTruth, ObjectPose};
pub use write::{Picture, RecordingWriter};
