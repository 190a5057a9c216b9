//! `egotestsrc` in real pipelines: layouts, sizes, time, seeking, truth that fits the picture, bad settings.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::sync::Once;

use ego_core::hands::JOINTS;
use ego_meta::{JointSeen, TruthMeta};
use gst::prelude::*;
use gst_video::{VideoFrameRef, VideoInfo};

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().expect("GStreamer");
        gstego::plugin_register_static().expect("the plugin");
    });
}

/// `egotestsrc SETTINGS ! rest ! appsink`, stopped when it goes.
struct Camera {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

impl Camera {
    fn new(settings: &str, rest: &str) -> Camera {
        init();
        let pipeline = gst::parse::launch(&format!("egotestsrc name=camera {settings} ! {rest} ! appsink name=sink sync=false"));
        let pipeline = pipeline.expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
        let sink = pipeline.by_name("sink").and_downcast::<gst_app::AppSink>().expect("appsink");
        Camera { pipeline, sink }
    }

    fn play(&self) -> &Camera {
        self.pipeline.set_state(gst::State::Playing).expect("playing");
        self
    }

    fn element(&self) -> gst::Element {
        self.pipeline.by_name("camera").expect("the camera")
    }

    /// All frames until the end of the stream.
    fn frames(&self) -> Vec<gst::Sample> {
        let frames: Vec<_> = std::iter::from_fn(|| self.sink.pull_sample().ok()).collect();
        assert_eq!(self.errors(), [""; 0]);
        frames
    }

    fn errors(&self) -> Vec<String> {
        let bus = self.pipeline.bus().expect("a bus");
        bus.iter_filtered(&[gst::MessageType::Error])
            .filter_map(|m| if let gst::MessageView::Error(e) = m.view() { Some(e.error().message().to_owned()) } else { None })
            .collect()
    }

    /// The first error of a pipeline that must not work.
    fn error(settings: &str, rest: &str) -> String {
        let camera = Camera::new(settings, rest);
        if camera.pipeline.set_state(gst::State::Playing).is_ok() {
            assert!(camera.sink.pull_sample().is_err(), "{settings} ! {rest}: a frame came");
        }
        camera.errors().into_iter().next().unwrap_or_else(|| panic!("{settings} ! {rest}: no error"))
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).expect("null");
    }
}

fn bytes(sample: &gst::Sample) -> Vec<u8> {
    sample.buffer().expect("a buffer").map_readable().expect("mapped").to_vec()
}

fn truth(sample: &gst::Sample) -> TruthMeta {
    ego_meta::truth(sample.buffer().expect("a buffer")).expect("readable").expect("truth on every buffer")
}

fn pts_ms(sample: &gst::Sample) -> u64 {
    sample.buffer().expect("a buffer").pts().expect("a time").mseconds()
}

const SMALL: &str = "video/x-raw,format=RGB,width=96,height=54,framerate=10/1";

#[test]
fn every_layout_and_odd_sizes_carry_the_same_truth() {
    for (width, height) in [(64, 36), (65, 37), (16, 16), (17, 33), (200, 16)] {
        let of = |format: &str| {
            let caps = format!("video/x-raw,format={format},width={width},height={height}");
            let frames = Camera::new("num-buffers=2 mask=true", &format!("{caps} ! videoconvert ! video/x-raw,format=RGB")).play().frames();
            assert_eq!(frames.len(), 2, "{caps}");
            frames
        };
        let [rgb, nv12, i420] = ["RGB", "NV12", "I420"].map(of);
        assert_eq!(truth(&rgb[1]).hands.len(), truth(&nv12[1]).hands.len());
        // Brightness survives 4:2:0; a channel mixed up with another would be far off.
        let mean = |frames: &[gst::Sample]| -> Vec<f64> {
            let info = VideoInfo::from_caps(frames[1].caps().expect("caps")).expect("video");
            let frame = VideoFrameRef::from_buffer_ref_readable(frames[1].buffer().expect("a buffer"), &info).expect("mapped");
            let (data, stride) = (frame.plane_data(0).expect("one plane"), info.stride()[0] as usize);
            let sum =
                |c: usize| -> f64 { (0..height).map(|y| (0..width).map(|x| f64::from(data[y * stride + 3 * x + c])).sum::<f64>()).sum() };
            (0..3).map(|c| sum(c) / (width * height) as f64).collect()
        };
        let want = mean(&rgb);
        for (name, got) in [("NV12", mean(&nv12)), ("I420", mean(&i420))] {
            assert!(got.iter().zip(&want).all(|(g, w)| (g - w).abs() < 4.0), "{name} {width}x{height}: {got:?}, not {want:?}");
        }
    }
}

#[test]
fn open_caps_become_the_usual_picture_and_a_width_alone_its_shape() {
    for (caps, want) in [("video/x-raw", (640, 360)), ("video/x-raw,width=320", (320, 180)), ("video/x-raw,height=90", (640, 90))] {
        let frames = Camera::new("num-buffers=1", caps).play().frames();
        let info = VideoInfo::from_caps(frames[0].caps().expect("caps")).expect("video");
        assert_eq!((info.width(), info.height()), want, "{caps}");
        assert_eq!(info.fps(), gst::Fraction::new(30, 1));
    }
}

#[test]
fn frames_follow_one_another_without_gap_and_the_first_is_marked() {
    let frames = Camera::new("num-buffers=7", "video/x-raw,width=32,height=18,framerate=30000/1001").play().frames();
    assert_eq!(frames.len(), 7);
    let mut at = gst::ClockTime::ZERO;
    for (k, sample) in frames.iter().enumerate() {
        let buffer = sample.buffer().expect("a buffer");
        assert_eq!((buffer.pts(), buffer.offset()), (Some(at), k as u64));
        assert_eq!(buffer.flags().contains(gst::BufferFlags::DISCONT), k == 0);
        let stamp = truth(sample).stamp;
        assert_eq!((stamp.frame, stamp.pts, stamp.age_ns), (k as u64, Some(at.nseconds()), 0));
        assert_eq!((stamp.ref_width, stamp.ref_height, stamp.source.as_str()), (32, 18, "camera"));
        at += buffer.duration().expect("a duration");
    }
    assert_eq!(at.nseconds(), 7 * 1_001_000_000 / 30);
}

#[test]
fn joints_and_boxes_lie_where_the_camera_projects_them() {
    let settings = "num-buffers=40 seed=5 hfov=80 pattern=chains prompt=\"bystander\"";
    let frames = Camera::new(settings, "video/x-raw,width=96,height=54,framerate=4/1").play().frames();
    let (mut joints, mut corners) = (0, 0);
    for sample in &frames {
        let truth = truth(sample);
        let k = truth.intrinsics;
        assert!((k.fx - 48.0 / 40f64.to_radians().tan()).abs() < 1e-6, "hfov is 80 degrees: {k:?}");
        let check = |camera_m: &[[f32; 3]], norm: &[[f32; 2]], count: &mut u32| {
            for (p, [x, y]) in camera_m.iter().zip(norm) {
                let Some([u, v]) = k.project(p.map(f64::from)) else {
                    assert!(x.is_nan() && y.is_nan());
                    continue;
                };
                // Points near the camera's plane project far outside, where floats are coarse.
                if p[2] > 0.05 {
                    assert!((u - f64::from(*x) * 96.0).abs() < 0.01 && (v - f64::from(*y) * 54.0).abs() < 0.01, "{p:?} at {x} {y}");
                    *count += 1;
                }
            }
        };
        for hand in &truth.hands {
            check(&hand.hand.camera_m.expect("known"), &hand.hand.image_norm, &mut joints);
            assert_eq!(hand.hand.joint_score, hand.seen.map(JointSeen::score));
            assert!(hand.holds.is_none_or(|row| row < truth.objects.len()));
        }
        for object in &truth.objects {
            check(&object.box_camera_m, &object.box_norm, &mut corners);
            assert!((1..=8).contains(&object.class) && !object.name.is_empty());
        }
        assert!(truth.hands.iter().any(|hand| hand.bystander));
    }
    assert!(joints > 40 * JOINTS as u32 && corners > 40 * 21, "{joints} joints, {corners} box points");
    assert!(frames.iter().any(|f| truth(f).action.id > 0) && frames.iter().any(|f| truth(f).action.label == "background"));
}

/// Depth and mask at each joint that is seen agree with the truth; returns the frames.
fn arms_are_where_the_truth_has_them(settings: &str) -> Vec<gst::Sample> {
    let frames = Camera::new(settings, "video/x-raw,width=320,height=180,framerate=3/1").play().frames();
    let map = |sample: &gst::Sample, at: [f32; 2]| -> u32 {
        let info = VideoInfo::from_caps(sample.caps().expect("caps")).expect("video");
        let frame = VideoFrameRef::from_buffer_ref_readable(sample.buffer().expect("a buffer"), &info).expect("mapped");
        // The nearest pixel: their centres are whole numbers.
        let (x, y) = ((at[0] * info.width() as f32 + 0.5) as usize, (at[1] * info.height() as f32 + 0.5) as usize);
        let (data, width) = (frame.plane_data(0).expect("one plane"), info.comp_pstride(0) as usize);
        let start = y * info.stride()[0] as usize + x * width;
        data[start..start + width].iter().rev().fold(0, |v, b| v << 8 | u32::from(*b))
    };
    let (mut seen, mut marked) = (0, 0);
    for sample in &frames {
        let buffer = sample.buffer().expect("a buffer");
        let depth = ego_meta::depth(buffer).expect("readable").expect("depth is on");
        let masks: Vec<_> = ego_meta::masks(buffer).map(|mask| mask.expect("readable")).collect();
        assert_eq!((masks.len(), masks[0].kind.as_str(), depth.unit), (1, "arms", 0.001));
        for hand in truth(sample).hands.iter().filter(|hand| !hand.bystander) {
            let camera_m = hand.hand.camera_m.expect("known");
            for joint in (0..JOINTS).filter(|j| hand.seen[*j] == JointSeen::Visible) {
                let at = hand.hand.image_norm[joint];
                let skin_m = f64::from(map(&depth.map, at)) * depth.unit;
                let behind_m = f64::from(camera_m[joint][2]) - skin_m;
                assert!((-0.03..0.05).contains(&behind_m), "joint {joint} lies {behind_m} m behind the skin");
                seen += 1;
                marked += u32::from(map(&masks[0].map, at) == 255);
            }
        }
    }
    assert!(seen > 100, "only {seen} joints were seen");
    assert_eq!(marked, seen, "joints that are seen are on an arm");
    frames
}

#[test]
fn a_rigged_hand_lies_where_the_truth_has_it() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        println!("skipped: EGO_SHARED does not say where the shared data are");
        return;
    };
    let meshes = std::path::Path::new(&shared).join("data/hand-mesh");
    assert!(meshes.is_dir(), "EGO_SHARED holds no {}", meshes.display());
    let settings = "num-buffers=12 seed=4 difficulty=easy mask=true";
    let built_in = arms_are_where_the_truth_has_them(settings);
    for mesh in ["makehuman-base", "godot-xr-tools-hands"] {
        let frames = arms_are_where_the_truth_has_them(&format!("{settings} hand-mesh={}", meshes.join(mesh).display()));
        assert_eq!(truth(&frames[5]).hands[0].hand.camera_m, truth(&built_in[5]).hands[0].hand.camera_m, "{mesh}: a mesh changes no pose");
        assert_ne!(bytes(&frames[5]), bytes(&built_in[5]), "{mesh} is drawn");
    }
}

#[test]
fn truth_is_bent_as_a_wide_lens_bends_the_picture() {
    let wide = "num-buffers=12 seed=2 hfov=110 mask=true prompt=\"pour milk, both hands\"";
    let frames = arms_are_where_the_truth_has_them(&format!("{wide} lens-distortion=true"));
    // Joints and box points lie on the line from the principal point through where the ideal camera sees them, most of them nearer.
    let (mut bent, mut boxes) = (0, 0);
    for sample in &frames {
        let truth = truth(sample);
        let k = truth.intrinsics;
        let check = |camera_m: [f32; 3], norm: [f32; 2], count: &mut u32| {
            let Some([u, v]) = k.project(camera_m.map(f64::from)).filter(|_| camera_m[2] > 0.05) else { return };
            let (x, y) = (f64::from(norm[0]) * 320.0, f64::from(norm[1]) * 180.0);
            if x.is_nan() {
                return;
            }
            let (ideal, seen) = ([u - k.cx, v - k.cy], [x - k.cx, y - k.cy]);
            let across = (ideal[0] * seen[1] - ideal[1] * seen[0]) / ideal[0].hypot(ideal[1]).max(1.0);
            assert!(across.abs() < 0.05, "{seen:?} is beside the line through {ideal:?}");
            *count += u32::from((ideal[0] - seen[0]).hypot(ideal[1] - seen[1]) > 0.05);
        };
        for hand in &truth.hands {
            let camera_m = hand.hand.camera_m.expect("known");
            camera_m.into_iter().zip(hand.hand.image_norm).for_each(|(p, at)| check(p, at, &mut bent));
        }
        for object in &truth.objects {
            object.box_camera_m.into_iter().zip(object.box_norm).for_each(|(p, at)| check(p, at, &mut boxes));
            // The box around the object holds all its points that are seen.
            if let Some([left, top, right, bottom]) = object.rect_norm {
                let inside = |[x, y]: [f32; 2]| (0.0..0.99).contains(&x) && (0.0..0.99).contains(&y);
                for [x, y] in object.box_norm.into_iter().filter(|p| inside(*p)) {
                    assert!(x > left - 1e-4 && x < right + 1e-4 && y > top - 1e-4 && y < bottom + 1e-4, "{x} {y} outside the box");
                }
            }
        }
    }
    assert!(bent > 200 && boxes > 40, "only {bent} joints and {boxes} box points moved");
}

#[test]
fn depth_and_mask_show_the_hand_where_the_truth_has_it() {
    arms_are_where_the_truth_has_them("num-buffers=12 seed=2 difficulty=easy mask=true prompt=\"pour milk, both hands\"");

    let plain = Camera::new("num-buffers=1 depth=false", SMALL).play().frames();
    let buffer = plain[0].buffer().expect("a buffer");
    assert!(ego_meta::depth(buffer).expect("nothing there").is_none() && ego_meta::masks(buffer).next().is_none());
}

#[test]
fn renderers_make_the_same_truth_and_nearly_the_same_pictures() {
    let show = |renderer: &str| Camera::new(&format!("num-buffers=3 seed=5 renderer={renderer}"), SMALL).play().frames();
    for (cpu, wgpu) in show("cpu").iter().zip(&show("wgpu")) {
        let text = |frame| {
            let t: TruthMeta = truth(frame);
            // Which joints are seen is read from the picture.
            let hands: Vec<_> = t.hands.iter().map(|h| (h.hand.side, h.hand.image_norm, h.hand.camera_m)).collect();
            format!("{hands:?} {:?} {:?} {:?} {:?}", t.objects, t.action, t.intrinsics, t.world_from_camera)
        };
        assert_eq!(text(cpu), text(wgpu));
        let (cpu, wgpu) = (bytes(cpu), bytes(wgpu));
        let close = cpu.iter().zip(&wgpu).filter(|(a, b)| a.abs_diff(**b) <= 2).count();
        assert!(close * 100 > 97 * cpu.len(), "{close} of {} values agree", cpu.len());
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_one_others() {
    let show = |settings: &str| {
        let frames = Camera::new(&format!("num-buffers=3 {settings}"), SMALL).play().frames();
        frames.iter().map(|f| (bytes(f), truth(f))).collect::<Vec<_>>()
    };
    let (first, again, threads, other) = (show("seed=11"), show("seed=11"), show("seed=11 threads=3"), show("seed=12"));
    // NaN is not equal to itself: texts are compared.
    let text = |frames: &[(Vec<u8>, TruthMeta)]| frames.iter().map(|(_, truth)| format!("{truth:?}")).collect::<Vec<_>>();
    assert_eq!(text(&first), text(&again));
    assert!(first.iter().zip(&again).all(|(a, b)| a.0 == b.0), "pixels differ from run to run");
    assert!(first.iter().zip(&threads).all(|(a, b)| a.0 == b.0), "pixels differ with the number of threads");
    assert_ne!(text(&first), text(&other));
    assert!(first[0].0 != other[0].0);
    assert!(show("seed=11 cast=test")[0].0 != first[0].0, "casts share a room or person");
}

#[test]
fn a_seek_shows_what_going_on_would_have_shown() {
    let whole = Camera::new("num-buffers=130", SMALL).play().frames();
    assert!(truth(&whole[129]).clip.number >= 1, "one recording only");
    let camera = Camera::new("", SMALL);
    camera.pipeline.set_state(gst::State::Paused).expect("paused");
    camera.sink.pull_preroll().expect("a first frame");
    let (flush, key) = (gst::SeekFlags::FLUSH, gst::SeekFlags::ACCURATE);
    let ms = gst::ClockTime::from_mseconds;
    for (start, stop) in [(12_550, 12_900), (200, 400), (0, 100)] {
        let seek = camera.pipeline.seek(1.0, flush | key, gst::SeekType::Set, ms(start), gst::SeekType::Set, ms(stop));
        seek.expect("seekable");
        camera.play();
        let frames = camera.frames();
        let first = (start / 100) as usize;
        assert_eq!(pts_ms(&frames[0]), first as u64 * 100, "the frame that is on at {start} ms");
        for (k, frame) in frames.iter().enumerate() {
            assert!(bytes(frame) == bytes(&whole[first + k]), "frame {} after a seek to {start} ms", first + k);
        }
        assert_eq!(first + frames.len(), stop as usize / 100, "until {stop} ms");
    }
    assert!(camera.pipeline.seek_simple(flush | key, ms(700)).is_ok());
    assert!(camera.element().seek(-1.0, flush, gst::SeekType::Set, ms(0), gst::SeekType::Set, ms(100)).is_err(), "backwards");
}

#[test]
fn a_far_seek_can_be_interrupted() {
    let camera = Camera::new("", SMALL);
    camera.pipeline.set_state(gst::State::Paused).expect("paused");
    camera.sink.pull_preroll().expect("a first frame");
    let far = gst::ClockTime::from_seconds(1_000_000_000);
    camera.pipeline.seek_simple(gst::SeekFlags::FLUSH, far).expect("taken");
    // Stopping must not wait until thirty years of recordings have been gone through; the test would not end.
    camera.pipeline.set_state(gst::State::Null).expect("null");
}

#[test]
fn a_new_size_while_playing_goes_on_with_the_same_recording() {
    let camera = Camera::new("", "capsfilter name=filter caps=video/x-raw,format=RGB,width=96,height=54,framerate=10/1");
    camera.pipeline.by_name("sink").expect("the sink").set_property("max-buffers", 1u32);
    camera.play();
    let before = truth(&camera.sink.pull_sample().expect("a frame"));
    let caps: gst::Caps = "video/x-raw,format=RGB,width=64,height=64,framerate=10/1".parse().expect("caps");
    camera.pipeline.by_name("filter").expect("the filter").set_property("caps", &caps);
    let after = std::iter::from_fn(|| camera.sink.pull_sample().ok()).find(|s| truth(s).stamp.ref_width == 64).expect("a frame");
    let (buffer, after) = (after.buffer().expect("a buffer"), truth(&after));
    assert_eq!((after.clip.seed, after.clip.number), (before.clip.seed, 0));
    assert_eq!(buffer.size(), 3 * 64 * 64);
    assert_eq!(buffer.pts().map(gst::ClockTime::mseconds), Some(after.stamp.frame * 100), "time goes on");
    assert!((after.clip.time_s - after.stamp.frame as f64 / 10.0).abs() < 1e-9);
}

#[test]
fn a_live_camera_says_so_and_promises_one_frame_of_latency() {
    let camera = Camera::new("is-live=true", "video/x-raw,width=32,height=18,framerate=25/1");
    let change = camera.pipeline.set_state(gst::State::Paused).expect("paused");
    assert_eq!(change, gst::StateChangeSuccess::NoPreroll);
    let mut query = gst::query::Latency::new();
    camera.play();
    camera.sink.pull_sample().expect("a frame");
    assert!(camera.element().static_pad("src").expect("a pad").query(&mut query));
    let frame = gst::ClockTime::from_mseconds(40);
    assert_eq!(query.result(), (true, frame, Some(frame)));
    assert!(camera.pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO).is_err(), "nobody seeks in what is happening now");

    let recorded = Camera::new("num-buffers=1", SMALL);
    recorded.play().frames();
    let mut query = gst::query::Latency::new();
    assert!(recorded.element().static_pad("src").expect("a pad").query(&mut query));
    assert!(!query.result().0);
}

/// A harness with a clock of its own, which the test moves.
fn live(rate: &str) -> gst_check::Harness {
    init();
    let camera = gst::ElementFactory::make("egotestsrc").property("is-live", true).build().expect("the camera");
    let mut harness = gst_check::Harness::with_element(&camera, None, Some("src"));
    harness.use_testclock();
    harness.set_sink_caps_str(&format!("video/x-raw,format=RGB,width=32,height=18,framerate={rate}"));
    harness.play();
    harness
}

fn skipped(harness: &gst_check::Harness) -> (u64, u64) {
    let stats = harness.element().expect("the camera").property::<gst::Structure>("stats");
    (stats.get("frames").expect("frames"), stats.get("skipped").expect("skipped"))
}

// One frame a second: a machine so busy that drawing 32x18 pixels takes longer would skip frames, rightly.

#[test]
fn a_live_camera_keeps_the_clocks_time() {
    let mut harness = live("1/1");
    // The first frame is due at once, each other one only when the clock has come so far.
    let first = harness.pull().expect("the first frame").pts().expect("a time");
    for k in 1..4u64 {
        harness.wait_for_clock_id_waits(1, 20).expect("the camera waits for its time");
        assert_eq!(harness.buffers_in_queue(), 0, "frame {k} came before its time");
        harness.crank_single_clock_wait().expect("cranked");
        let buffer = harness.pull().expect("a frame");
        assert_eq!(buffer.pts(), Some(first + k * gst::ClockTime::SECOND));
        assert!(!buffer.flags().contains(gst::BufferFlags::DISCONT));
    }
    assert_eq!(skipped(&harness).1, 0);
}

#[test]
fn a_live_camera_that_was_held_up_skips_to_now() {
    let mut harness = live("1/1");
    let first = harness.pull().expect("the first frame").pts().expect("a time");
    harness.wait_for_clock_id_waits(1, 20).expect("the camera waits");
    // Twenty seconds pass while frame 1 waits: it leaves late, and what follows is what is due then.
    let clock = harness.testclock().expect("a test clock");
    clock.set_time(clock.time() + gst::ClockTime::from_seconds(20));
    harness.crank_single_clock_wait().expect("frame 1 was waiting");
    assert_eq!(harness.pull().expect("frame 1").pts(), Some(first + gst::ClockTime::SECOND));
    let next = harness.pull().expect("the next frame");
    assert_eq!(next.pts(), Some(first + 20 * gst::ClockTime::SECOND));
    assert!(next.flags().contains(gst::BufferFlags::DISCONT));
    assert_eq!(truth_of(&next).stamp.frame, next.offset());
    harness.wait_for_clock_id_waits(1, 20).expect("and it waits again");
    assert_eq!(skipped(&harness).1, 18);
}

#[test]
fn a_live_camera_whose_size_changes_misses_and_counts_no_frame_twice() {
    let mut harness = live("1/1");
    let first = harness.pull().expect("the first frame").pts().expect("a time");
    // While it waits for frame 1, the next ones are drawn ahead in the old size.
    harness.wait_for_clock_id_waits(1, 20).expect("the camera waits");
    harness.set_sink_caps_str("video/x-raw,format=RGB,width=48,height=27,framerate=1/1");
    let mut sizes = Vec::new();
    for k in 1..6u64 {
        harness.wait_for_clock_id_waits(1, 20).expect("the camera waits");
        harness.crank_single_clock_wait().expect("cranked");
        let buffer = harness.pull().expect("a frame");
        assert_eq!((buffer.pts(), buffer.offset()), (Some(first + k * gst::ClockTime::SECOND), k));
        assert!(!buffer.flags().contains(gst::BufferFlags::DISCONT), "frame {k}");
        sizes.push(buffer.size());
    }
    assert_eq!((sizes[0], sizes[4]), (32 * 18 * 3, 48 * 27 * 3));
    harness.wait_for_clock_id_waits(1, 20).expect("and it waits again");
    let (frames, skipped) = skipped(&harness);
    // Six left, one waits, up to two are ready behind it.
    assert!((7..=9).contains(&frames), "{frames} frames");
    assert_eq!(skipped, 0);
}

fn truth_of(buffer: &gst::BufferRef) -> TruthMeta {
    ego_meta::truth(buffer).expect("readable").expect("truth")
}

#[test]
fn a_live_camera_stops_while_it_waits() {
    let mut harness = live("1/1");
    harness.pull().expect("the first frame");
    harness.wait_for_clock_id_waits(1, 20).expect("the camera waits");
    // The clock stands still: without `unlock` this would never end.
    drop(harness);
}

#[test]
fn what_cannot_be_is_one_readable_error() {
    for (settings, rest, words) in [
        ("prompt=\"pour mlik\"", SMALL, &["\"mlik\"", "did you mean \"milk\"", "cappuccino", "shaky"][..]),
        ("prompt=\"pour book\"", SMALL, &["pour", "book", "milk"]),
        ("prompt=\"pour\"", SMALL, &["pour", "which object"]),
        ("hand-mesh=/nowhere", SMALL, &["/nowhere", "cannot be read", "MakeHuman"]),
        ("hfov=3", SMALL, &["field of view 3", "20 to 150"]),
        ("", "video/x-raw,width=8192,height=8192", &["8192x8192", "67 million", "7680x4320"]),
    ] {
        let error = Camera::error(settings, rest);
        assert!(words.iter().all(|word| error.contains(word)), "{settings} ! {rest}: {error}");
    }
}

#[test]
fn a_neighbour_that_takes_nothing_of_ours_is_named() {
    init();
    let camera = Camera::new("", "identity name=other");
    // Links while anything goes, and only then asks for what cannot be.
    let caps: gst::Caps = "video/x-raw,format=RGB,width=4,height=4".parse().expect("caps");
    camera.sink.set_caps(Some(&caps));
    let _ = camera.pipeline.set_state(gst::State::Playing);
    assert!(camera.sink.pull_sample().is_err());
    let error = camera.errors().into_iter().next().expect("an error");
    assert!(error.contains("width=(int)4") && error.contains("[ 16, 8192 ]") && error.contains("videoconvert"), "{error}");
}

#[test]
fn the_overlay_draws_truth_only_when_asked_to() {
    let with = |overlay: &str| {
        let rest = format!("video/x-raw,format=RGB,width=320,height=180,framerate=3/1 ! {overlay}");
        Camera::new("num-buffers=3 seed=4", &rest).play().frames().iter().map(bytes).collect::<Vec<_>>()
    };
    let (plain, off, on) = (with("identity"), with("egooverlay"), with("egooverlay truth=true"));
    assert!(plain == off, "truth is not drawn unless asked for");
    assert!(plain.iter().zip(&on).all(|(a, b)| a != b), "nothing was drawn");
    let few = with("egooverlay truth=true labels=false");
    assert!(few.iter().zip(&on).all(|(a, b)| a != b), "labels are part of the truth");
}
