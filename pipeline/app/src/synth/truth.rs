//! What the synthetic camera knows, in the types that `ego-outputs` writes.

use ego_core::hands::{DepthSource, Side};
use ego_outputs::h2o::{FrameTruth, ObjectPose};
use ego_outputs::{ActionRecord, FrameRecord, HandRecord, ObjectRecord, RankedLabel};
use ego_synth::cast::{Action, action_name, noun_name};
use ego_synth::clip::Clip;
use ego_synth::moment::Owner;
use ego_synth::space::Pose;
use ego_synth::truth::{HandTruth, ObjectTruth, Truth, Visibility};

/// A frame in H2O's layout: the wearer's hands in view, and the object that the nearest action is about.
pub(super) fn h2o_frame(clip: &Clip, truth: &Truth) -> FrameTruth {
    let hand = |side| truth.wearer(side).filter(|h| h.present).map(|h| h.camera_m);
    let noun = nearest_action(clip, truth.time_s).map(|a| a.noun);
    let matters = truth.objects.iter().find(|o| Some(o.class) == noun);
    FrameTruth {
        hands: [hand(Side::Left), hand(Side::Right)],
        object: matters.map(|o| ObjectPose {
            class: o.class,
            box_camera_m: o.box_camera_m,
            camera_from_object: matrix(&o.camera_from_body),
        }),
        world_from_camera: matrix(&truth.world_from_camera),
        action: truth.action.and_then(Action::id).unwrap_or(0),
        verb: truth.action.map_or(0, |a| a.verb),
    }
}

/// The action now, or the one whose beginning or end is nearest in time.
fn nearest_action(clip: &Clip, t: f64) -> Option<Action> {
    let away = |l: &ego_synth::clip::Label| (l.start_s - t).max(t - l.end_s).max(0.0);
    clip.labels().iter().min_by(|a, b| away(a).total_cmp(&away(b))).map(|l| l.action)
}

/// A pose as a row-major 4 x 4 matrix.
pub(super) fn matrix(pose: &Pose) -> [[f64; 4]; 4] {
    let m = pose.to_homogeneous();
    std::array::from_fn(|row| std::array::from_fn(|column| m[(row, column)]))
}

/// A frame as a line of results: what a perfect analysis would have found in the picture.
///
/// The joint score is 1 where a joint is seen, 0.5 where something hides it and 0 outside the picture.
pub(super) fn frame_record(stream: &str, frame: u64, pts_ns: u64, clip: &Clip, truth: &Truth) -> FrameRecord {
    let k = &truth.intrinsics;
    let mut record = FrameRecord::new(stream, frame, Some(pts_ns), k.width, k.height);
    let hands = truth.hands.iter().enumerate().filter(|(_, h)| h.present);
    record.hands = Some(hands.map(|(track, h)| hand_record(track as u32, h)).collect());
    record.objects = Some(truth.objects.iter().enumerate().filter_map(|(track, o)| object_record(track as u32, o)).collect());
    record.action = Some(action_record(clip, truth));
    record
}

fn hand_record(track: u32, hand: &HandTruth) -> HandRecord {
    HandRecord {
        // A bystander's hand is neither of the wearer's.
        side: if hand.owner == Owner::Wearer { hand.side } else { Side::Unknown },
        score: 1.0,
        track,
        image_px: hand.image_px.map(|px| px.unwrap_or([f64::NAN; 2]).map(|v| v as f32)),
        camera_m: Some(hand.camera_m.map(|m| m.map(|v| v as f32))),
        joint_score: hand.visibility.map(|v| match v {
            Visibility::Visible | Visibility::Unknown => 1.0,
            Visibility::Occluded => 0.5,
            Visibility::Outside => 0.0,
        }),
        depth_source: DepthSource::Measured,
    }
}

fn object_record(track: u32, object: &ObjectTruth) -> Option<ObjectRecord> {
    let box_px = object.box_px?.map(|v| v as f32);
    Some(ObjectRecord {
        label: noun_name(object.class).to_owned(),
        class: object.class,
        score: 1.0,
        track: Some(track),
        box_px,
        in_hand: object.in_hand,
    })
}

fn action_record(clip: &Clip, truth: &Truth) -> ActionRecord {
    let t = truth.time_s;
    let label = clip.labels().iter().find(|l| (l.start_s..=l.end_s).contains(&t));
    let class = truth.action.and_then(Action::id).unwrap_or(0);
    let name = truth.action.map_or_else(|| action_name(0), Action::name);
    let ns = |seconds: f64| (seconds.max(0.0) * 1e9) as u64;
    ActionRecord {
        top: vec![RankedLabel(name.clone(), 1.0)],
        label: name,
        class,
        score: 1.0,
        // A pair outside the 36 is what a model should call unknown.
        unknown: truth.action.is_some() && class == 0,
        uncertainty: 0.0,
        stable: true,
        window_ns: label.map_or([ns(t); 2], |l| [ns(l.start_s), ns(l.end_s)]),
        about_ns: None,
        since_ns: None,
        next: None,
    }
}
