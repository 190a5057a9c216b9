//! Recordings in the data set's layout, read back by code that shares nothing with the writer.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "the whole file is tests")]

use std::path::Path;

use ego_core::camera::Intrinsics;
use ego_core::hands::JOINTS;
use ego_outputs::h2o::{
    ActionRow, FrameTruth, ObjectPose, Picture, Place, RecordingReader, RecordingWriter, Split, read_action_list, read_depth_mm,
    read_pose_list, write_action_list, write_pose_list,
};
use proptest::prelude::*;

const CAMERA: Intrinsics = Intrinsics { fx: 636.6593, fy: 636.2519, cx: 635.2838, cy: 366.874, width: 4, height: 2 };
const RGB: [u8; 24] = [0, 1, 2, 255, 254, 253, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24];
const DEPTH_M: [f32; 8] = [0.0, 0.4321, 1.0, 65.535, 100.0, f32::NAN, -1.0, 0.0004];

fn joints(first: f64) -> [[f64; 3]; JOINTS] {
    std::array::from_fn(|j| std::array::from_fn(|k| first + 0.01 * j as f64 - 0.1 * k as f64))
}

fn truth() -> FrameTruth {
    let matrix = [[1.0, 0.0, 0.0, 0.25], [0.0, -0.5, 0.5, -0.125], [0.0, 0.5, 0.5, 1.5], [0.0, 0.0, 0.0, 1.0]];
    let object = ObjectPose { class: 5, box_camera_m: std::array::from_fn(|p| [p as f64, 0.5, -0.25]), camera_from_object: matrix };
    FrameTruth { hands: [None, Some(joints(0.3))], object: Some(object), world_from_camera: matrix, action: 23, verb: 5 }
}

fn write(root: &Path, path: &str, frames: &[FrameTruth]) -> u64 {
    let mut writer = RecordingWriter::create(root, path, &CAMERA).expect("a writable folder");
    for frame in frames {
        writer.frame(frame, &Picture { width: 4, height: 2, rgb: &RGB, depth_m: &DEPTH_M }).expect("writable");
    }
    assert!(!root.join(path).exists(), "nothing half-written under the final name");
    writer.finish().expect("can be renamed")
}

/// Numbers of a file the way the data set's users read them: split at spaces, slices by position.
fn numbers(root: &Path, folder: &str, frame: &str) -> Vec<f64> {
    let path = root.join("subject1/h1/0/cam4").join(folder).join(format!("{frame}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(text.lines().count(), 1, "one line");
    text.trim_end().split(' ').map(|w| w.parse().expect("a number")).collect()
}

#[test]
fn positions_in_the_files_are_those_of_the_data_set() {
    let dir = tempfile::tempdir().expect("temporary folder");
    assert_eq!(write(dir.path(), "subject1/h1/0", &[truth(), FrameTruth { hands: [Some(joints(-0.2)), None], ..truth() }]), 2);
    let hands = numbers(dir.path(), "hand_pose", "000000");
    assert_eq!((hands.len(), hands[0], hands[64]), (128, 0.0, 1.0));
    assert!(hands[1..64].iter().all(|v| *v == 0.0), "the left hand is not annotated");
    // Joint 8 of the right hand: x, y, z.
    assert!((hands[65 + 3 * 8] - 0.38).abs() < 1e-9 && (hands[65 + 3 * 8 + 2] - 0.18).abs() < 1e-9);
    assert_eq!(numbers(dir.path(), "hand_pose", "000001")[0], 1.0);
    let object = numbers(dir.path(), "obj_pose", "000000");
    assert_eq!((object.len(), object[0], object[1 + 3 * 20]), (64, 5.0, 20.0));
    let turned = numbers(dir.path(), "obj_pose_RT", "000000");
    assert_eq!((turned.len(), turned[0], turned[4], turned[8], turned[16]), (17, 5.0, 0.25, -0.125, 1.0));
    assert_eq!(numbers(dir.path(), "cam_pose", "000000")[11], 1.5);
    assert_eq!(numbers(dir.path(), "action_label", "000001"), [23.0]);
    assert_eq!(numbers(dir.path(), "verb_label", "000001"), [5.0]);
    let text = std::fs::read_to_string(dir.path().join("subject1/h1/0/cam4/cam_intrinsics.txt")).expect("is there");
    assert_eq!(text.trim_end(), "636.6593 636.2519 635.2838 366.874 4 2");
    let rgb = image::open(dir.path().join("subject1/h1/0/cam4/rgb/000001.png")).expect("a picture");
    assert_eq!((rgb.color(), rgb.as_bytes()), (image::ColorType::Rgb8, RGB.as_slice()));
    let depth = image::open(dir.path().join("subject1/h1/0/cam4/depth/000000.png")).expect("a picture");
    assert_eq!(depth.as_luma16().expect("16 bits").as_raw().as_slice(), [0, 432, 1000, 65535, 65535, 0, 0, 0]);
}

#[test]
fn our_reader_gives_back_what_was_written() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let empty = FrameTruth { hands: [None; 2], object: None, action: 0, verb: 0, ..truth() };
    write(dir.path(), "subject4/o2/3", &[truth(), empty.clone()]);
    let reader = RecordingReader::open(dir.path(), "subject4/o2/3").expect("is there");
    assert_eq!((reader.frames(), reader.intrinsics()), (2, CAMERA));
    assert_eq!(reader.truth(1).expect("readable"), empty);
    let first = reader.truth(0).expect("readable");
    let right = first.hands[1].expect("annotated");
    assert!(right.as_flattened().iter().zip(joints(0.3).as_flattened()).all(|(a, b)| (a - b).abs() < 1e-9));
    assert_eq!((first.object, first.action, first.verb), (truth().object, 23, 5));
    let (width, height, depth) = read_depth_mm(&reader.depth_path(1)).expect("readable");
    assert_eq!((width, height, depth[1]), (4, 2, 432));
    assert!(read_depth_mm(&reader.rgb_path(1)).expect_err("colour").to_string().contains("16-bit grey"));
}

#[test]
fn what_was_not_finished_leaves_nothing_behind() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = RecordingWriter::create(dir.path(), "subject1/h1/0", &CAMERA).expect("a writable folder");
    let picture = Picture { width: 4, height: 2, rgb: &RGB, depth_m: &DEPTH_M };
    writer.frame(&truth(), &picture).expect("writable");
    let short = writer.frame(&truth(), &Picture { rgb: &RGB[..9], ..picture }).expect_err("too short").to_string();
    assert!(short.contains("9 bytes of picture where 24 are needed"), "{short}");
    // As a killed program leaves it: the next attempt begins anew.
    std::mem::forget(writer);
    assert!(dir.path().join("subject1/h1/.0.part/cam4/rgb/000000.png").exists());
    drop(RecordingWriter::create(dir.path(), "subject1/h1/0", &CAMERA).expect("a writable folder"));
    assert_eq!(std::fs::read_dir(dir.path().join("subject1/h1")).expect("is there").count(), 0);
}

#[test]
fn lists_have_the_columns_of_the_data_set() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let rows = [
        ActionRow { path: "subject3/k2/0".into(), action: Some(16), act: [20, 113], frames: [0, 493] },
        ActionRow { path: "subject3/k2/0".into(), action: Some(8), act: [141, 218], frames: [0, 493] },
    ];
    let path = write_action_list(dir.path(), Split::Val, &rows).expect("writable");
    // The first lines of the data set's action_val.txt.
    let want = "id path action_label start_act end_act start_frame end_frame\n\
                1 subject3/k2/0 16 20 113 0 493\n\
                2 subject3/k2/0 8 141 218 0 493\n";
    assert_eq!(std::fs::read_to_string(path).expect("is there"), want);
    assert_eq!(read_action_list(dir.path(), Split::Val).expect("readable"), rows);
    let path = write_action_list(dir.path(), Split::Test, &rows[..1]).expect("writable");
    let text = std::fs::read_to_string(&path).expect("is there");
    assert_eq!(text, "id path start_act end_act start_frame end_frame\n1 subject3/k2/0 20 113 0 493\n");
    assert_eq!(read_action_list(dir.path(), Split::Test).expect("readable")[0].action, None);
    std::fs::write(&path, text + "2 subject3/k2/1 20\n").expect("writable");
    let error = read_action_list(dir.path(), Split::Test).expect_err("a short row").to_string();
    assert!(error.contains("line 3") && error.contains("action_test.txt"), "{error}");
    let place = Place::of(Split::Val, 0);
    write_pose_list(dir.path(), Split::Val, &[(place, 2)]).expect("writable");
    let want = ["subject3/k2/0/cam4/rgb/000000.png", "subject3/k2/0/cam4/rgb/000001.png"];
    assert_eq!(read_pose_list(dir.path(), Split::Val).expect("readable"), want);
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), "subject1/h1/0", &[truth()]);
    let camera = dir.path().join("subject1/h1/0/cam4");
    let reader = RecordingReader::open(dir.path(), "subject1/h1/0").expect("is there");
    let check = |file: &str, text: &str, words: &[&str]| {
        let path = camera.join(file);
        let good = std::fs::read(&path).expect("is there");
        std::fs::write(&path, text).expect("writable");
        let error = reader.truth(0).expect_err("not right").to_string();
        assert!(words.iter().chain([&file]).all(|w| error.contains(w)), "{error}");
        std::fs::write(&path, good).expect("writable");
    };
    check("hand_pose/000000.txt", "1 2 3", &["3 numbers where 128 are needed"]);
    check("obj_pose/000000.txt", "5 milk", &["\"milk\" is not a number"]);
    check("action_label/000000.txt", "37", &["action 37", "0 to 36"]);
    check("cam_pose/000000.txt", "inf", &["not a finite number"]);
    // Doubled spaces occur in the data set.
    std::fs::write(camera.join("verb_label/000000.txt"), "  5  \n").expect("writable");
    assert_eq!(reader.truth(0).expect("readable").verb, 5);
    assert!(RecordingReader::open(dir.path(), "subject1/h1/1").expect_err("not there").to_string().contains("cam_intrinsics.txt"));
}

#[test]
fn recordings_of_a_real_camera_can_be_read() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        eprintln!("skipped: EGO_SHARED is not set");
        return;
    };
    let root = Path::new(&shared).join("data/aria-gen2-hands/h2o-layout");
    let reader = RecordingReader::open(&root, "rgb/0").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((reader.frames(), reader.intrinsics().width), (3, 1280));
    let truth = reader.truth(0).expect("readable");
    let wrist = truth.hands.iter().flatten().next().expect("a hand")[0];
    assert!((0.1..1.0).contains(&wrist[2]), "a wrist at {wrist:?}");
    assert_eq!((truth.object, truth.action), (None, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_joint_survives_to_a_nanometre(values in prop::collection::vec(-5.0..5.0f64, 3 * JOINTS)) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut hand = [[0.0; 3]; JOINTS];
        hand.as_flattened_mut().copy_from_slice(&values);
        write(dir.path(), "subject1/h1/0", &[FrameTruth { hands: [Some(hand), None], ..truth() }]);
        let back = numbers(dir.path(), "hand_pose", "000000");
        prop_assert!(back[1..64].iter().zip(&values).all(|(a, b)| (a - b).abs() <= 0.51e-9));
    }
}
