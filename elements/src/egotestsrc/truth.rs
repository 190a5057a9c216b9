//! The truth of `ego-synth` in the words of `ego-meta`.

use ego_core::camera::Intrinsics;
use ego_core::hands::{Hand, Side};
use ego_meta::{ClipPosition, JointSeen, Stamp, TrueAction, TrueHand, TrueObject, TruthMeta};
use ego_synth::cast::{action_name, noun_name, verb_name};
use ego_synth::effects::distortion::Distortion;
use ego_synth::moment::{InHand, Owner};
use ego_synth::truth::{HandTruth, ObjectTruth, Truth, Visibility};

/// Everything that is known about a frame.
///
/// `truth` is what the picture shows ([`Truth::seen_through`] its `lens`).
pub(super) fn meta(truth: &Truth, lens: &Distortion, clip: ClipPosition, stamp: Stamp) -> TruthMeta {
    let camera = &truth.intrinsics;
    let hands = truth.hands.iter().zip(1..).map(|(hand, track)| true_hand(hand, track, camera)).collect();
    let objects: Vec<TrueObject> = truth.objects.iter().map(|o| true_object(o, camera, lens)).collect();
    let action = truth.action;
    let acted = |o: &&TrueObject| action.is_none_or(|a| a.noun == o.class) && o.in_hand != InHand::None;
    let action = TrueAction {
        label: action.map_or_else(|| action_name(0), |a| a.name()),
        id: action.and_then(|a| a.id()).unwrap_or(0),
        verb: verb_name(action.map_or(0, |a| a.verb)).to_owned(),
        noun: noun_name(action.map_or(0, |a| a.noun)).to_owned(),
        phase: truth.phase.name().to_owned(),
        in_hand: objects.iter().find(acted).map(|o| o.in_hand).unwrap_or_default(),
    };
    let pose = truth.world_from_camera.to_homogeneous();
    let world_from_camera = std::array::from_fn(|row| std::array::from_fn(|column| pose[(row, column)]));
    TruthMeta { stamp, hands, objects, action, intrinsics: truth.intrinsics, world_from_camera, clip }
}

fn true_hand(truth: &HandTruth, track: u32, camera: &Intrinsics) -> TrueHand {
    let seen = truth.visibility.map(|v| match v {
        Visibility::Unknown => JointSeen::Unknown,
        Visibility::Visible => JointSeen::Visible,
        Visibility::Occluded => JointSeen::Occluded,
        Visibility::Outside => JointSeen::Outside,
    });
    TrueHand {
        hand: Hand {
            side: truth.side,
            score: if truth.side == Side::Unknown { 0.0 } else { 1.0 },
            presence: f32::from(u8::from(truth.present)),
            track,
            image_norm: truth.image_px.map(|px| norm(px, camera)),
            camera_m: Some(truth.camera_m.map(|p| p.map(|v| v as f32))),
            joint_score: seen.map(JointSeen::score),
        },
        bystander: truth.owner == Owner::Bystander,
        holds: truth.holds,
        seen,
    }
}

/// Pixels as shares of the picture; NaN for what is not seen.
fn norm(px: Option<[f64; 2]>, camera: &Intrinsics) -> [f32; 2] {
    px.map_or([f32::NAN; 2], |[x, y]| [(x / f64::from(camera.width)) as f32, (y / f64::from(camera.height)) as f32])
}

fn true_object(truth: &ObjectTruth, camera: &Intrinsics, lens: &Distortion) -> TrueObject {
    let (w, h) = (f64::from(camera.width), f64::from(camera.height));
    let rect = truth.box_px.map(|[left, top, right, bottom]| [left / w, top / h, right / w, bottom / h].map(|v| v as f32));
    let pose = truth.camera_from_body.to_homogeneous();
    TrueObject {
        class: truth.class,
        name: noun_name(truth.class).to_owned(),
        in_hand: truth.in_hand,
        rect_norm: rect,
        box_norm: truth.box_camera_m.map(|p| norm(camera.project(p).and_then(|px| lens.seen_px(camera, px)), camera)),
        box_camera_m: truth.box_camera_m.map(|p| p.map(|v| v as f32)),
        camera_from_object: std::array::from_fn(|row| std::array::from_fn(|column| pose[(row, column)] as f32)),
    }
}
