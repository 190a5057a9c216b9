//! Poses, clips and sensors, read back by others where others exist.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "the whole file is tests")]

use std::process::Command;

use ego_core::camera::Intrinsics;
use ego_outputs::{ClipPoses, ImuRow, ImuTrack, ObjectTrack, SeriesRecord, write_imu};

fn poses() -> ClipPoses {
    let t = 3;
    let matrix = |k: usize| std::array::from_fn(|r| std::array::from_fn(|c| (k * 16 + r * 4 + c) as f32));
    ClipPoses {
        seed: u64::MAX - 3,
        fps: 29.97,
        intrinsics: Some(Intrinsics { fx: 500.0, fy: 501.0, cx: 320.5, cy: 180.0, width: 640, height: 360 }),
        hands_m: (0..t).map(|f| std::array::from_fn(|s| std::array::from_fn(|j| [f as f32, s as f32, j as f32]))).collect(),
        hands_seen: vec![[0, 1]; t],
        objects: vec![ObjectTrack { class: 5, half_m: [0.1, 0.2, 0.3] }, ObjectTrack { class: 8, half_m: [0.4; 3] }],
        objects_rt: (0..2 * t).map(matrix).collect(),
        objects_box_px: vec![[1.0, 2.0, 3.0, 4.5]; 2 * t],
        objects_in_hand: vec![0, 1, 2, 3, 0, 1],
        action: vec![0, 23, 23],
        verb: vec![0, 5, 5],
        noun: vec![0, 5, 5],
        phase: vec![0, 1, 3],
        cam_pose: (0..t).map(matrix).collect(),
        imu_rate_hz: 100.0,
        imu: vec![ImuTrack { sensor: "head".into(), readings: vec![[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]; 7] }],
    }
}

#[test]
fn poses_come_back_and_are_the_same_bytes_each_time() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let (first, second) = (dir.path().join("a.npz"), dir.path().join("b.npz"));
    poses().write(&first).expect("writable");
    poses().write(&second).expect("writable");
    assert_eq!(ClipPoses::read(&first).expect("readable"), poses());
    assert_eq!(std::fs::read(&first).expect("there"), std::fs::read(&second).expect("there"));
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 2, "no half file is left");
    std::fs::write(&second, &std::fs::read(&first).expect("there")[..900]).expect("writable");
    assert!(ClipPoses::read(&second).expect_err("cut off").to_string().contains("b.npz"));
}

#[test]
fn numpy_reads_the_poses() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("clip.npz");
    poses().write(&path).expect("writable");
    let script = "\
import sys, numpy as np
z = np.load(sys.argv[1])
assert z['hands_m'].shape == (3, 2, 21, 3) and z['hands_m'][2, 1, 20].tolist() == [2, 1, 20]
assert z['objects_rt'].shape == (3, 2, 4, 4) and z['objects_rt'][1, 1, 3, 3] == 3 * 16 + 15
assert z['objects_in_hand'].tolist() == [[0, 1], [2, 3], [0, 1]] and z['objects_class'].tolist() == [5, 8]
assert int(z['seed'][0]) == 2**64 - 4 and z['fps'][0] == 29.97 and z['intrinsics'][2] == 320.5
assert z['imu_head'].shape == (7, 6) and z['cam_pose'].dtype == np.float32
print('read', len(z.files))
";
    let run = Command::new(std::env::var("EGO_PYTHON").unwrap_or_else(|_| "python3".into())).arg("-c").arg(script).arg(&path).output();
    let Ok(output) = run else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("No module named 'numpy'") {
        eprintln!("skipped: python3 has no numpy");
        return;
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "read 17", "{error}");
}

#[test]
fn sensors_are_comma_separated() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("imu.csv");
    let row = ImuRow { sensor: "left_wrist", time_s: 0.01, accel: [0.0, -1.5, 9.80665], gyro: [0.25, 0.0, 0.0] };
    write_imu(&path, [row, row]).expect("writable");
    let text = std::fs::read_to_string(&path).expect("there");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    assert_eq!(lines[1], "left_wrist,0.010000,0.000000,-1.500000,9.806650,0.250000,0.000000,0.000000");
}

#[test]
fn the_first_difference_between_series_is_named() {
    let series = SeriesRecord {
        schema: Default::default(),
        split: "train".into(),
        seed: 1,
        prompt: String::new(),
        layout: "h2o".into(),
        width: 640,
        height: 360,
        fps: 30.0,
        imu: false,
        hand_mesh: String::new(),
    };
    assert_eq!(series.difference(&series), None);
    let other = SeriesRecord { width: 320, ..series.clone() };
    assert_eq!(series.difference(&other), Some(("size", "640x360".into(), "320x360".into())));
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("series.json");
    series.write(&path).expect("writable");
    assert_eq!(SeriesRecord::read(&path).expect("readable"), series);
    std::fs::write(&path, "{}").expect("writable");
    assert!(SeriesRecord::read(&path).expect_err("empty").to_string().contains("series.json"));
}
