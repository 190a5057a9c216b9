//! One clip as motion alone.

use std::path::Path;

use ego_core::hands::{JOINTS, Side};
use ego_outputs::{ClipPoses, ObjectTrack, OutputError};
use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::moment::{InHand, Moment};
use ego_synth::motion::stage::Phase;
use ego_synth::truth::{ObjectTruth, Truth};

use super::{sensors, truth};

/// Buffers that are kept from clip to clip.
#[derive(Default)]
pub(super) struct PoseMaker {
    poses: ClipPoses,
    moment: Option<Moment>,
}

impl PoseMaker {
    /// Writes the file.
    pub(super) fn write(&mut self, path: &Path, clip: &Clip, imu: bool) -> Result<(), OutputError> {
        self.fill(clip);
        if imu {
            self.poses.imu = sensors::tracks(clip);
            self.poses.imu_rate_hz = sensors::RATE_HZ;
        }
        self.poses.write(path)
    }

    fn fill(&mut self, clip: &Clip) {
        let poses = &mut self.poses;
        poses.clear();
        (poses.seed, poses.fps, poses.intrinsics) = (clip.seed(), clip.fps(), Some(clip.intrinsics()));
        let moment = self.moment.get_or_insert_with(|| clip.moment(0));
        for frame in 0..clip.frames() {
            clip.moment_into(clip.time_s(frame), moment);
            if frame == 0 {
                let classed = moment.objects.iter().filter(|o| o.model.class > 0);
                poses.objects =
                    classed.map(|o| ObjectTrack { class: o.model.class as u8, half_m: o.model.half_m.map(|v| v as f32) }).collect();
            }
            add(poses, &Truth::of_moment(clip, moment));
        }
    }
}

fn add(poses: &mut ClipPoses, known: &Truth) {
    let mut hands = [[[0.0; 3]; JOINTS]; 2];
    let mut seen = [0; 2];
    for (k, side) in [Side::Left, Side::Right].into_iter().enumerate() {
        if let Some(hand) = known.wearer(side) {
            hands[k] = hand.camera_m.map(|m| m.map(|v| v as f32));
            seen[k] = u8::from(hand.present);
        }
    }
    poses.hands_m.push(hands);
    poses.hands_seen.push(seen);
    for object in &known.objects {
        poses.objects_rt.push(single(&truth::matrix(&object.camera_from_body)));
        poses.objects_box_px.push(object.box_px.unwrap_or_default().map(|v| v as f32));
        poses.objects_in_hand.push(in_hand(object));
    }
    let action = known.action;
    poses.action.push(action.and_then(Action::id).unwrap_or(0) as u8);
    poses.verb.push(action.map_or(0, |a| a.verb) as u8);
    poses.noun.push(action.map_or(0, |a| a.noun) as u8);
    poses.phase.push(match known.phase {
        Phase::Idle => 0,
        Phase::Approach => 1,
        Phase::Contact => 2,
        Phase::Manipulate => 3,
        Phase::Release => 4,
    });
    poses.cam_pose.push(single(&truth::matrix(&known.world_from_camera)));
}

fn in_hand(object: &ObjectTruth) -> u8 {
    match object.in_hand {
        InHand::None => 0,
        InHand::Left => 1,
        InHand::Right => 2,
        InHand::Both => 3,
    }
}

fn single(matrix: &[[f64; 4]; 4]) -> [[f32; 4]; 4] {
    matrix.map(|row| row.map(|v| v as f32))
}
