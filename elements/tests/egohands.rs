//! `egohands` in real pipelines: settings, errors, and hands in every pixel format.
//!
//! What needs the imported models (`./x setup`) fails without them when EGO_REQUIRE_MODELS is set and is skipped otherwise. The
//! picture is models/tests/data/frame-075.png, which shows a left and a right hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use ego_core::hands::{Hand, Side};
use ego_meta::HandsMeta;
use gst::prelude::*;

const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/tests/data/frame-075.png");

fn init() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        gstego::plugin_register_static().unwrap();
    });
}

/// The element with properties set from text, and its bus.
fn egohands(properties: &[(&str, &str)]) -> (gst::Element, gst::Bus) {
    init();
    let element = gst::ElementFactory::make("egohands").build().unwrap();
    for (name, value) in properties {
        element.set_property_from_str(name, value);
    }
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    (element, bus)
}

fn errors(bus: &gst::Bus) -> Vec<String> {
    std::iter::from_fn(|| bus.pop())
        .filter_map(|m| if let gst::MessageView::Error(e) = m.view() { Some(e.error().message().to_owned()) } else { None })
        .collect()
}

fn warnings(messages: impl Iterator<Item = gst::Message>) -> Vec<String> {
    messages.filter_map(|m| if let gst::MessageView::Warning(w) = m.view() { Some(w.error().message().to_owned()) } else { None }).collect()
}

/// Whether the models are here; without them the test is skipped, or fails when they are required.
fn models_are_here() -> bool {
    let (element, bus) = egohands(&[("model", "mediapipe-hands")]);
    let started = element.set_state(gst::State::Paused).is_ok();
    element.set_state(gst::State::Null).unwrap();
    if !started {
        let why = errors(&bus).join("; ");
        assert!(std::env::var_os("EGO_REQUIRE_MODELS").is_none(), "{why}");
        println!("skipped: {why}");
    }
    started
}

#[test]
fn what_is_wrong_with_a_setting_is_one_error_and_a_failed_start() {
    let camera = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(camera.path(), "this is no camera").unwrap();
    let camera = camera.path().to_str().unwrap();
    for (properties, words) in [
        (&[("model", "no-such-model")][..], &["no-such-model", "mediapipe-hands"][..]),
        (&[("model", "/nowhere/mine.toml")], &["/nowhere/mine.toml"]),
        (&[("detector", "no-such-palms")], &["no-such-palms"]),
        (&[("alternative", "no-such-hands")], &["no-such-hands"]),
        (&[("device", "quantum")], &["quantum", "auto, gpu, cpu"]),
        (&[("intrinsics", "600,600,320")], &["600,600,320", "fx,fy,cx,cy,width,height"]),
        (&[("intrinsics", "600,600,320,240,640,480"), ("camera", "h2o.txt")], &["camera", "intrinsics", "unset one"]),
        (&[("camera", "/nowhere/camera.toml")], &["/nowhere/camera.toml"]),
        (&[("camera", camera)], &[camera]),
        (&[("hfov", "5")], &["hfov", "10 to 170"]),
    ] {
        let (element, bus) = egohands(properties);
        assert!(element.set_state(gst::State::Paused).is_err(), "{properties:?}");
        element.set_state(gst::State::Null).unwrap();
        let errors = errors(&bus);
        assert_eq!(errors.len(), 1, "{properties:?}: {errors:?}");
        for word in words {
            assert!(errors[0].contains(word), "{properties:?}: {:?} does not say {word:?}", errors[0]);
        }
    }
}

#[test]
fn a_device_that_is_missing_is_an_error_and_auto_is_not() {
    if !models_are_here() {
        return;
    }
    let (element, bus) = egohands(&[("device", "tensorrt")]);
    if element.set_state(gst::State::Paused).is_ok() {
        println!("skipped: this machine has TensorRT");
    } else {
        let errors = errors(&bus);
        assert!(errors.len() == 1 && errors[0].contains("tensorrt") && errors[0].contains("device=auto"), "{errors:?}");
    }
    element.set_state(gst::State::Null).unwrap();
    let (element, _bus) = egohands(&[("device", "cpu")]);
    element.set_state(gst::State::Paused).unwrap();
    assert_eq!(element.property::<Option<String>>("provider").as_deref(), Some("cpu"));
    element.set_state(gst::State::Null).unwrap();
}

#[test]
fn every_property_is_documented_and_comes_back_as_set() {
    let (element, _bus) = egohands(&[]);
    let own: Vec<_> = element.list_properties().iter().filter(|s| s.owner_type().name() == "GstEgoHands").cloned().collect();
    assert_eq!(own.len(), 14);
    for spec in &own {
        assert!(spec.blurb().is_some_and(|b| b.len() > 20) && !spec.nick().is_empty(), "{}", spec.name());
    }
    for (name, value) in [
        ("alternative", "other-hands"),
        ("detector", "palms"),
        ("max-hands", "4"),
        ("mirrored", "true"),
        ("bystanders", "true"),
        ("search", "tiles"),
        ("detector-interval", "9"),
        ("min-detection-score", "0.25"),
        ("min-presence", "0.75"),
        ("smoothing", "on"),
        ("camera", "a.toml"),
        ("intrinsics", "1,2,3,4,5,6"),
        ("hfov", "90"),
        ("use-mask", "false"),
    ] {
        element.set_property_from_str(name, value);
        let spec = element.find_property(name).unwrap();
        let want = gst::glib::Value::deserialize_with_pspec(value, &spec).unwrap();
        assert_eq!(element.property_value(name).serialize().unwrap(), want.serialize().unwrap(), "{name}");
    }
}

#[test]
fn the_command_lines_of_the_documentation_can_be_typed() {
    init();
    let source = include_str!("../src/egohands/imp.rs");
    let lines: Vec<_> = source.lines().filter_map(|l| l.trim_start_matches(" * ").strip_prefix("gst-launch-1.0 ")).collect();
    assert!(lines.len() >= 3, "{lines:?}");
    for line in lines {
        match gst::parse::launch(line) {
            Ok(_) => {}
            Err(e) if e.matches(gst::ParseError::NoSuchElement) && !e.message().contains("ego") => println!("skipped {line}: {e}"),
            Err(e) => panic!("{line}: {e}"),
        }
    }
}

#[test]
fn a_second_copy_of_the_plugin_stays_out() {
    init();
    let own = gst::ElementFactory::find("egohands").unwrap();
    // Cargo builds the shared library beside the test programs.
    let library = std::env::current_exe().unwrap().with_file_name("libgstego.so");
    let log = Arc::new(Mutex::new(String::new()));
    let record = log.clone();
    gst::log::set_threshold_for_name("GST_PLUGIN_LOADING", gst::DebugLevel::Error);
    let logger = gst::log::add_log_function(move |_, _, _, _, _, _, message| {
        record.lock().unwrap().push_str(&message.get().unwrap_or_default());
    });
    assert!(gst::Plugin::load_file(&library).is_err(), "{}", library.display());
    gst::log::remove_log_function(logger);
    let log = log.lock().unwrap();
    assert!(log.contains("another copy of the plugin") && log.contains("GST_PLUGIN_PATH"), "{log}");
    gstego::plugin_register_static().unwrap();
    let still = gst::ElementFactory::find("egohands").unwrap();
    assert_eq!(still.create().build().unwrap().type_(), own.create().build().unwrap().type_());
}

/// The hands on the picture, as seen in one pixel format.
fn hands(format: &str, properties: &str) -> HandsMeta {
    init();
    assert!(Path::new(PICTURE).exists(), "{PICTURE}");
    let line = format!(
        "filesrc location=\"{PICTURE}\" ! pngdec ! videoconvert ! video/x-raw,format={format} ! egohands {properties} ! appsink name=out \
         sync=false"
    );
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let out = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let sample = out.pull_sample().unwrap_or_else(|_| panic!("{line}: {:?}", errors(&pipeline.bus().unwrap())));
    let meta = ego_meta::hands(sample.buffer().unwrap()).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    meta
}

fn side(meta: &HandsMeta, side: Side) -> &Hand {
    meta.hands.hands.iter().find(|h| h.side == side).unwrap_or_else(|| panic!("no {} hand", side.name()))
}

#[test]
fn both_hands_are_found_in_every_pixel_format() {
    if !models_are_here() {
        return;
    }
    // A network that does not count in steps: formats differ by the rounding of colours alone.
    let rgb = hands("RGB", "model=mediapipe-hands");
    assert_eq!(rgb.hands.hands.len(), 2);
    let (width, height) = (rgb.stamp.ref_width, rgb.stamp.ref_height);
    assert_eq!((rgb.stamp.model.as_str(), rgb.stamp.frame, rgb.stamp.age_ns), ("mediapipe-hands", 0, 0));
    for format in ["BGR", "RGBA", "BGRA", "RGBx", "BGRx", "I420", "NV12", "YUY2", "GRAY8"] {
        let other = hands(format, "model=mediapipe-hands");
        assert_eq!(other.hands.hands.len(), 2, "{format}");
        // Grey pictures show the hands less clearly; the others differ by the rounding of colours.
        let limit = if format == "GRAY8" { 0.10 } else { 0.02 };
        for which in [Side::Left, Side::Right] {
            let (a, b) = (side(&rgb, which), side(&other, which));
            let size = a.size_px(width, height);
            let apart = a.image_px(width, height).into_iter().zip(b.image_px(width, height));
            let mean = apart.map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1])).sum::<f32>() / 21.0;
            assert!(mean < limit * size, "{format} {}: joints {mean} px apart, hand of {size} px", which.name());
        }
    }
}

#[test]
fn the_camera_is_published_with_the_hands_it_placed() {
    if !models_are_here() {
        return;
    }
    let guessed = hands("RGB", "hfov=90");
    assert_eq!(guessed.stamp.model, "ego-hands", "the default");
    let (k, source) = guessed.intrinsics.unwrap();
    assert_eq!((source.name(), k.fx.round()), ("guess", f64::from(guessed.stamp.ref_width) / 2.0));
    let numbers = format!("500,500,320,180,{},{}", guessed.stamp.ref_width, guessed.stamp.ref_height);
    let given = hands("RGB", &format!("intrinsics={numbers}"));
    let (k, source) = given.intrinsics.unwrap();
    assert_eq!((source.name(), k.fx, k.cx), ("property", 500.0, 320.0));
    // The same picture through a longer lens: the hands are farther away by the ratio of the focal lengths.
    let depth = |m: &HandsMeta| side(m, Side::Right).camera_m.unwrap()[0][2];
    let (ratio, want) = (depth(&given) / depth(&guessed), 500.0 / (guessed.stamp.ref_width as f32 / 2.0));
    assert!((ratio / want - 1.0).abs() < 0.1, "{ratio} times as far, expected about {want}");
}

#[test]
fn a_camera_of_another_shape_stops_the_pipeline_with_a_reason() {
    if !models_are_here() {
        return;
    }
    init();
    let line = format!("filesrc location=\"{PICTURE}\" ! pngdec ! videoconvert ! egohands intrinsics=500,500,320,320,640,640 ! fakesink");
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(30), &ends).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    let gst::MessageView::Error(e) = end.view() else { panic!("{end:?}") };
    assert!(e.error().message().contains("640x640") && e.error().message().contains("aspect"), "{}", e.error());
}

#[test]
fn without_its_alternative_the_element_goes_on_and_says_so() {
    init();
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("other.toml");
    let text = include_str!("../../models/zoo/mediapipe-hands.toml").replace("hand_landmark_full.onnx", "not-here.onnx");
    std::fs::write(&manifest, text).unwrap();
    let (element, bus) = egohands(&[("alternative", manifest.to_str().unwrap())]);
    element.set_state(gst::State::Paused).unwrap();
    element.set_state(gst::State::Null).unwrap();
    let warnings = warnings(std::iter::from_fn(|| bus.pop()));
    assert!(warnings.len() == 1 && warnings[0].contains("not-here.onnx") && warnings[0].contains("alternative"), "{warnings:?}");
}

#[test]
fn an_alternative_that_cannot_be_opened_is_a_warning_when_it_is_needed() {
    if !models_are_here() {
        return;
    }
    init();
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("other.toml");
    let text = include_str!("../../models/zoo/mediapipe-hands.toml").replace("hand_landmark_full.onnx", "broken.onnx");
    std::fs::write(&manifest, text).unwrap();
    std::fs::write(folder.path().join("broken.onnx"), "no network").unwrap();
    let line = format!(
        "videotestsrc num-buffers=40 ! video/x-raw,width=320,height=240,framerate=30/1 ! egohands alternative=\"{}\" ! fakesink",
        manifest.display()
    );
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error, gst::MessageType::Warning];
    let bus = pipeline.bus().unwrap();
    let messages: Vec<gst::Message> = std::iter::from_fn(|| bus.timed_pop_filtered(gst::ClockTime::from_seconds(2), &wanted)).collect();
    pipeline.set_state(gst::State::Null).unwrap();
    let warnings = warnings(messages.iter().cloned());
    assert!(warnings.len() == 1 && warnings[0].contains("without its alternative") && warnings[0].contains("broken.onnx"), "{messages:?}");
    assert!(messages.iter().any(|m| m.type_() == gst::MessageType::Eos), "the stream goes on to its end: {messages:?}");
}

/// Which model found hands in each frame of a clip, and how many.
fn by_model(clip: &Path, properties: &str) -> Vec<(String, usize)> {
    init();
    assert!(clip.exists(), "there is no {}", clip.display());
    let line = format!("filesrc location=\"{}\" ! decodebin ! egohands {properties} ! appsink name=out sync=false", clip.display());
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let out = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut found = Vec::new();
    while let Ok(sample) = out.pull_sample() {
        let meta = ego_meta::hands(sample.buffer().unwrap()).unwrap();
        found.push((meta.stamp.model, meta.hands.hands.len()));
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(!found.is_empty(), "{line}: {:?}", errors(&pipeline.bus().unwrap()));
    found
}

#[test]
fn the_alternative_takes_over_in_front_of_a_webcam() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        println!("skipped: EGO_SHARED is not set");
        return;
    };
    if !models_are_here() {
        return;
    }
    let clip = Path::new(&shared).join("data/mediapipe-samples-hands/open_palm.mp4");
    let found = by_model(&clip, "alternative=mediapipe-hands");
    let with_hand = found.iter().filter(|(_, hands)| *hands > 0).count();
    let from = found.iter().position(|(model, _)| model == "mediapipe-hands").unwrap_or(found.len());
    let before = found.iter().take(from).all(|(model, _)| model == "ego-hands");
    // Three looks, half a second apart, of a clip of seven seconds.
    assert!(
        before && from < found.len() / 3 && with_hand * 10 > found.len() * 7,
        "from frame {from}, a hand in {with_hand} of {}",
        found.len()
    );
}

#[test]
fn the_alternative_leaves_the_wearers_hands_to_the_model() {
    if !models_are_here() {
        return;
    }
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-media/both-hands.mp4");
    let found = by_model(&clip, "alternative=mediapipe-hands");
    assert!(found.iter().all(|(model, _)| model == "ego-hands") && found.iter().any(|(_, hands)| *hands == 2));
}
