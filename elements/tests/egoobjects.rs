//! `egoobjects` with tiny models in real pipelines: boxes, tracks, who holds what, and what is wrong.
//!
//! Needs ONNX Runtime (`./x setup`); without it these tests fail when EGO_REQUIRE_MODELS is set and are skipped otherwise.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::objects::InHand;
use ego_meta::{DetectionsMeta, HandsMeta, Stamp};
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/tests/fixtures");

fn init() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        gstego::plugin_register_static().unwrap();
    });
}

/// A pipeline that frames are pushed into one by one.
struct Rig {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    frames: u64,
}

impl Rig {
    /// `Err` with the error on the bus; `Ok(None)` without ONNX Runtime.
    fn new(properties: &str) -> Result<Option<Rig>, String> {
        init();
        let line = format!("appsrc name=in format=time ! egoobjects device=cpu {properties} ! appsink name=out sync=false");
        let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
        let source = pipeline.by_name("in").unwrap().downcast::<gst_app::AppSrc>().unwrap();
        let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
        if pipeline.set_state(gst::State::Playing).is_err() {
            let message = pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]).unwrap();
            pipeline.set_state(gst::State::Null).unwrap();
            let gst::MessageView::Error(e) = message.view() else { panic!() };
            let e = e.error().message().to_owned();
            if e.contains("ONNX Runtime cannot be loaded") && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
                println!("skipped: {e}");
                return Ok(None);
            }
            return Err(e);
        }
        Ok(Some(Rig { pipeline, source, sink, frames: 0 }))
    }

    fn push(&mut self, format: VideoFormat, size: [u32; 2], hands: &[Hand]) -> DetectionsMeta {
        let info = VideoInfo::builder(format, size[0], size[1]).fps(gst::Fraction::new(30, 1)).build().unwrap();
        let mut buffer = gst::Buffer::from_mut_slice(vec![90; info.size()]);
        let writable = buffer.get_mut().unwrap();
        writable.set_pts(gst::ClockTime::from_mseconds(33 * self.frames));
        self.frames += 1;
        let stamp = Stamp { ref_width: size[0], ref_height: size[1], ..Stamp::default() };
        let hands = Hands { hands: hands.to_vec(), depth_source: DepthSource::None };
        ego_meta::attach_hands(writable, &HandsMeta { stamp, hands, intrinsics: None }).unwrap();
        let sample = gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().unwrap()).build();
        self.source.push_sample(&sample).unwrap();
        let sample = self.sink.pull_sample().unwrap();
        let mut all = ego_meta::all_detections(sample.buffer().unwrap()).map(Result::unwrap);
        let meta = all.next().unwrap();
        assert!(all.next().is_none());
        meta
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn boxes_have_labels_and_keep_their_numbers_in_every_layout_and_size() {
    let Some(mut rig) = Rig::new(&format!("model={FIXTURES}/objects-dfine.toml")).unwrap() else { return };
    let formats = [VideoFormat::I420, VideoFormat::Nv12, VideoFormat::Yuy2, VideoFormat::Rgb, VideoFormat::Bgrx, VideoFormat::Gray8];
    for (format, size) in formats.into_iter().zip([[100, 60], [640, 480], [63, 47], [1280, 720], [2, 2], [100, 60]]) {
        let meta = rig.push(format, size, &[]);
        let objects = &meta.detections.detections;
        assert_eq!(objects.len(), 2, "{format:?}");
        let first = &objects[0];
        assert_eq!((meta.detections.label(first.class), first.in_hand, first.depth_m), ("book", InHand::None, None));
        // The network is told the picture's size: its boxes mean the same part of every picture.
        for (got, want) in first.box_norm.iter().zip([0.1, 0.2, 0.5, 0.9]) {
            assert!((got - want).abs() < 1e-4, "{format:?}: {objects:?}");
        }
        assert_eq!((meta.stamp.model.as_str(), meta.stamp.ref_width), ("objects-dfine", size[0]));
    }
    // Caps have changed each time, so each picture began anew; within one stream numbers stay.
    let numbers = |meta: DetectionsMeta| meta.detections.detections.iter().map(|o| o.track.unwrap()).collect::<Vec<_>>();
    let first = numbers(rig.push(VideoFormat::Rgb, [100, 60], &[]));
    for _ in 0..3 {
        assert_eq!(numbers(rig.push(VideoFormat::Rgb, [100, 60], &[])), first);
    }
}

#[test]
fn a_hand_on_the_frame_takes_hold_and_without_hands_nothing_is_held() {
    let Some(mut rig) = Rig::new(&format!("model={FIXTURES}/objects-dfine.toml")).unwrap() else { return };
    let at = |side, x: f32| Hand {
        side,
        score: 0.9,
        presence: 0.9,
        track: 1,
        image_norm: [[x, 0.5]; JOINTS],
        camera_m: None,
        joint_score: [1.0; JOINTS],
    };
    let mut held = |hands: &[Hand], frames: usize| {
        let states: Vec<_> = (0..frames).map(|_| rig.push(VideoFormat::Rgb, [100, 60], hands).detections.detections[0].in_hand).collect();
        states
    };
    assert!(held(&[], 10).iter().all(|h| *h == InHand::None));
    assert_eq!(held(&[at(Side::Left, 0.3)], 15).last(), Some(&InHand::Left));
    assert_eq!(held(&[at(Side::Left, 0.3), at(Side::Right, 0.25)], 15).last(), Some(&InHand::Both));
    assert_eq!(held(&[], 30).last(), Some(&InHand::None));
}

#[test]
fn settings_count() {
    let Some(mut few) = Rig::new(&format!("model={FIXTURES}/objects-dfine.toml max-objects=1 min-score=0.7 in-hand=false")).unwrap() else {
        return;
    };
    assert_eq!(few.push(VideoFormat::Rgb, [100, 60], &[]).detections.detections.len(), 1);
    let Some(mut all) = Rig::new(&format!("model={FIXTURES}/objects-dfine.toml min-score=0.1")).unwrap() else { return };
    assert_eq!(all.push(VideoFormat::Rgb, [100, 60], &[]).detections.detections.len(), 3);
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("mine.txt");
    std::fs::write(&labels, "# three\ncup of tea\nmilk\nnovel\n").unwrap();
    let Some(mut named) = Rig::new(&format!("model={FIXTURES}/objects-dfine.toml labels={}", labels.display())).unwrap() else { return };
    let meta = named.push(VideoFormat::Rgb, [100, 60], &[]);
    assert_eq!(meta.detections.label(meta.detections.detections[0].class), "novel");
}

#[test]
fn what_is_wrong_is_one_error_that_names_it() {
    for (properties, words) in [
        (format!("model={FIXTURES}/objects-yolov8.toml labels=coco-80"), &["[1, 84, 84]", "[1, 7, 84]", "80 labels"][..]),
        (format!("model={FIXTURES}/depth-inverse.toml"), &["task", "objects", "depth"]),
        (format!("model={FIXTURES}/objects-yolov8.toml labels=/nowhere/names.txt"), &["/nowhere/names.txt", "coco-80"]),
        ("model=no-such-detector".to_owned(), &["no-such-detector"]),
    ] {
        match Rig::new(&properties) {
            Ok(None) => {}
            Ok(Some(_)) => panic!("{properties} works"),
            Err(e) => assert!(words.iter().all(|word| e.contains(word)), "{properties}: {e}"),
        }
    }
}

#[test]
fn every_property_is_documented_and_comes_back_as_set() {
    init();
    let element = gst::ElementFactory::make("egoobjects").build().unwrap();
    let own: Vec<_> = element.list_properties().iter().filter(|s| s.owner_type().name() == "GstEgoObjects").cloned().collect();
    assert_eq!(own.len(), 5);
    assert!(own.iter().all(|spec| spec.blurb().is_some_and(|b| b.len() > 20) && !spec.nick().is_empty()));
    for (name, value) in [("labels", "h2o"), ("min-score", "0.25"), ("follow-score", "0.125"), ("max-objects", "9"), ("in-hand", "false")] {
        element.set_property_from_str(name, value);
        let spec = element.find_property(name).unwrap();
        let want = gst::glib::Value::deserialize_with_pspec(value, &spec).unwrap();
        assert_eq!(element.property_value(name).serialize().unwrap(), want.serialize().unwrap(), "{name}");
    }
}
