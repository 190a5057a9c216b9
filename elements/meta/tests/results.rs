//! Objects, people, features and actions come off a buffer as they were put on it.
#![allow(clippy::expect_used)]

use std::sync::Arc;

use ego_core::action::{ActionResult, Head};
use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::features::Features;
use ego_core::objects::{Detection, Detections, InHand};
use ego_core::range::RangeInfo;
use ego_meta::{
    ActionMeta, ActionRow, BodiesMeta, Body13Row, Body33Row, DepthMeta, DepthScale, DetectionRow, DetectionsMeta, FeatureNames,
    FeaturesMeta, MaskMeta, MetaError, Stamp, all_actions, all_bodies, all_detections, all_features, attach_action, attach_bodies,
    attach_depth, attach_detections, attach_features, attach_mask, depth, init, masks,
};

fn buffer() -> gst::Buffer {
    gst::init().expect("GStreamer");
    init();
    gst::Buffer::new()
}

fn stamp(source: &str) -> Stamp {
    Stamp { source: source.into(), model: "m".into(), frame: 7, pts: Some(5), ref_width: 640, ref_height: 360, ..Stamp::default() }
}

fn names(names: &[&str]) -> Arc<[String]> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

#[test]
fn rows_have_the_sizes_of_the_field_list() {
    assert_eq!([size_of::<DetectionRow>(), size_of::<Body13Row>(), size_of::<Body33Row>(), size_of::<ActionRow>()], [36, 328, 808, 8]);
}

#[test]
fn objects_come_back_from_every_element() {
    let mut buffer = buffer();
    let detection = |track, in_hand| Detection { class: 1, score: 0.5, track, box_norm: [0.25, 0.5, 0.75, 1.0], depth_m: None, in_hand };
    let meta = |source: &str, track, held| DetectionsMeta {
        stamp: stamp(source),
        detections: Detections { detections: vec![detection(track, held)], labels: names(&["book", "milk"]) },
    };
    let (one, two) = (meta("a", Some(3), InHand::Left), meta("b", None, InHand::Both));
    for meta in [&one, &two] {
        attach_detections(buffer.get_mut().expect("ours"), meta).expect("attaches");
    }
    let found: Vec<_> = all_detections(&buffer).map(|m| m.expect("whole")).collect();
    assert_eq!(found[0].detections.label(1), "milk");
    assert_eq!(found, [one, two]);
}

#[test]
fn people_of_both_layouts_come_back() {
    for (layout, world) in [(BodyLayout::Body13, false), (BodyLayout::Body33, true)] {
        let joints = layout.joints().len();
        let body = Body {
            layout,
            track: 2,
            score: 0.75,
            image_norm: (0..joints).map(|i| [i as f32 / 64.0, 0.5]).collect(),
            world_m: world.then(|| vec![[0.5, -0.25, 1.0]; joints]),
            joint_score: vec![0.5; joints],
        };
        let meta = BodiesMeta { stamp: stamp("b"), bodies: Bodies { bodies: vec![body.clone(), Body { track: 5, ..body }] } };
        let mut buffer = buffer();
        attach_bodies(buffer.get_mut().expect("ours"), &meta).expect("attaches");
        assert_eq!(all_bodies(&buffer).next(), Some(Ok(meta)));
    }
}

#[test]
fn features_come_back_and_a_wrong_number_of_names_is_an_error() {
    let labels = names(&["right.wrist_speed_per_s", "left.wrist_speed_per_s"]);
    let features =
        Features { layout: Arc::from("hands"), subject: "wearer".into(), names: Arc::clone(&labels), values: vec![1.5, f32::NAN] };
    let meta = FeaturesMeta { stamp: stamp("k"), features };
    let mut good = buffer();
    attach_features(good.get_mut().expect("ours"), &meta, &FeatureNames::new(&labels)).expect("attaches");
    let read = all_features(&good).next().expect("there").expect("whole").features;
    assert_eq!((read.value("right.wrist_speed_per_s"), read.value("left.wrist_speed_per_s"), read.value("no")), (Some(1.5), None, None));
    assert_eq!((&*read.layout, read.subject.as_str(), &read.names), ("hands", "wearer", &labels));
    let mut bad = buffer();
    attach_features(bad.get_mut().expect("ours"), &meta, &FeatureNames::new(&labels[..1])).expect("attaches");
    let error = all_features(&bad).next().expect("there").expect_err("one name for two values");
    assert_eq!(error.to_string(), "EgoFeaturesMeta is damaged: its field `names` holds 1 names for 2 values");
    assert!(matches!(error, MetaError::Field { .. }));
}

fn action(head: Head, subject: &str, since_ns: Option<u64>) -> ActionResult {
    ActionResult {
        head,
        subject: subject.into(),
        labels: names(&["nothing", "pour milk"]),
        top: vec![(1, 0.75), (0, 0.25)],
        unknown: false,
        uncertainty: 0.125,
        stable: since_ns.is_some(),
        window_ns: [10, 20],
        about_ns: 15,
        since_ns,
    }
}

#[test]
fn actions_of_several_heads_come_back() {
    let metas = [action(Head::Slow, "wearer", Some(12)), action(Head::Gesture, "right", None)];
    let metas = metas.map(|action| ActionMeta { stamp: stamp("a"), action });
    let mut buffer = buffer();
    for meta in &metas {
        attach_action(buffer.get_mut().expect("ours"), meta).expect("attaches");
    }
    assert_eq!(all_actions(&buffer).collect::<Result<Vec<_>, _>>().expect("whole"), metas);
}

#[test]
fn range_masks_say_how_they_were_cut_and_depth_what_it_counts() {
    let mut buffer = buffer();
    let caps = gst::Caps::builder("video/x-raw").field("format", "GRAY8").field("width", 1).field("height", 1).build();
    let map = || gst::Sample::builder().buffer(&gst::Buffer::from_mut_slice(vec![255_u8])).caps(&caps).build();
    let range = RangeInfo { threshold: 0.47, kept: 0.25, relaxed: true };
    let target = buffer.get_mut().expect("ours");
    attach_mask(target, &MaskMeta { stamp: stamp("s"), map: map(), kind: "range".into(), range: Some(range) }).expect("attaches");
    attach_depth(target, &DepthMeta { stamp: stamp("d"), map: map(), unit: 0.5, scale: DepthScale::Relative }).expect("attaches");
    assert_eq!(masks(&buffer).next().expect("there").expect("whole").range, Some(range));
    assert_eq!(depth(&buffer).expect("whole").expect("there").scale, DepthScale::Relative);
    // A stage's own map counts and not the one that the source brought.
    let target = buffer.get_mut().expect("ours");
    attach_depth(target, &DepthMeta { stamp: stamp("e"), map: map(), unit: 0.001, scale: DepthScale::Metric }).expect("attaches");
    assert_eq!(depth(&buffer).expect("whole").expect("there").stamp.source, "e");
}

#[test]
fn an_action_of_an_older_program_is_about_the_end_of_its_window() {
    let mut buffer = buffer();
    let action = action(Head::Slow, "wearer", None);
    attach_action(buffer.get_mut().expect("ours"), &ActionMeta { stamp: stamp("a"), action }).expect("attaches");
    let writable = buffer.get_mut().expect("ours");
    let mut meta = gst::meta::CustomMeta::from_mut_buffer(writable, "EgoActionMeta").expect("a meta");
    meta.mut_structure().remove_field("about");
    let found = all_actions(&buffer).next().expect("there").expect("whole");
    assert_eq!(found.action.about_ns, 20);
}
