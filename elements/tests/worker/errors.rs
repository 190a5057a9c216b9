//! Models that cannot be opened, bad frames, broken devices, panics; and properties.

use crate::fake::{Act, EgoFake, Opening};
use crate::rig::{Rig, frame, init};
use gst::prelude::*;
use gstego::worker::{AnalysisError, Mode, OpenSettings};

/// Starts an element and returns whether it did, and the errors and warnings on its bus.
fn start(opening: Opening) -> (EgoFake, bool, Vec<(gst::MessageType, glib_error::Kind, String)>) {
    init();
    let fake = EgoFake::new(&[]);
    let bus = gst::Bus::new();
    fake.set_bus(Some(&bus));
    fake.control().open_by(opening);
    let started = fake.set_state(gst::State::Paused).is_ok();
    let said = std::iter::from_fn(|| bus.pop()).filter_map(|m| glib_error::of(&m)).collect();
    (fake, started, said)
}

mod glib_error {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Kind {
        Resource(gst::ResourceError),
        Stream(gst::StreamError),
        Library(gst::LibraryError),
    }

    pub(crate) fn of(message: &gst::Message) -> Option<(gst::MessageType, Kind, String)> {
        let error = match message.view() {
            gst::MessageView::Error(e) => e.error(),
            gst::MessageView::Warning(w) => w.error(),
            _ => return None,
        };
        let kind = (error.kind().map(Kind::Resource))
            .or_else(|| error.kind().map(Kind::Stream))
            .or_else(|| error.kind().map(Kind::Library))
            .unwrap();
        Some((message.type_(), kind, error.message().to_owned()))
    }
}
use glib_error::Kind;

#[test]
fn a_model_that_cannot_be_opened_is_one_error_and_a_failed_start() {
    let text = || "there is no model \"fake\"; run `ego models list`".to_owned();
    for (error, kind) in [
        (AnalysisError::Missing(text()), Kind::Resource(gst::ResourceError::NotFound)),
        (AnalysisError::Mismatch(text()), Kind::Stream(gst::StreamError::WrongType)),
        (AnalysisError::Setting(text()), Kind::Resource(gst::ResourceError::Settings)),
        (AnalysisError::Failed(text()), Kind::Library(gst::LibraryError::Failed)),
    ] {
        let (fake, started, said) = start(Opening::Fails(error.clone()));
        assert!(!started, "{error:?}");
        assert_eq!(said, [(gst::MessageType::Error, kind, text())], "{error:?}");
        assert_eq!(fake.property::<Option<String>>("provider"), None);
        // The same element works once the reason is gone.
        fake.set_state(gst::State::Null).unwrap();
        fake.control().open_by(Opening::Good);
        fake.set_state(gst::State::Paused).unwrap();
        fake.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn a_panic_while_opening_is_an_error_and_not_the_end() {
    let (fake, started, said) = start(Opening::Panics);
    assert!(!started);
    assert_eq!(said.len(), 1);
    assert!(said[0].2.contains("opening hit a bug") && said[0].2.contains("report it"), "{said:?}");
    fake.set_state(gst::State::Null).unwrap();
    fake.control().open_by(Opening::Good);
    fake.set_state(gst::State::Paused).unwrap();
    fake.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_fall_back_to_the_processor_is_a_warning() {
    let (fake, started, said) = start(Opening::Warns("no CUDA here: the model runs on the processor"));
    assert!(started);
    let want = "no CUDA here: the model runs on the processor".to_owned();
    assert_eq!(said, [(gst::MessageType::Warning, Kind::Resource(gst::ResourceError::NotFound), want)]);
    fake.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_bad_frame_passes_without_a_result_and_is_warned_about_once() {
    for mode in ["sync", "pipelined"] {
        let mut rig = Rig::new(false, &[("mode", mode)]);
        for n in [1, 3] {
            rig.control.act(n, Act::BadFrame);
        }
        (0..5).for_each(|n| rig.push(n));
        rig.harness.push_event(gst::event::Eos::new());
        let want: Vec<_> = (0..5).map(|n| (n, (n % 2 == 0).then_some((n, 0)))).collect();
        assert_eq!(rig.frames(), want, "{mode}");
        assert_eq!([rig.stat("errors"), rig.stat("analysed"), rig.stat("frames")], [2, 3, 5], "{mode}");
        let warnings = rig.texts(gst::MessageType::Warning);
        assert!(warnings.len() == 1 && warnings[0].contains("frame 1 is spoilt"), "{mode}: {warnings:?}");
    }
}

#[test]
fn a_bad_frame_does_not_replace_the_last_good_result() {
    let mut rig = Rig::new(true, &[]);
    rig.control.act(1, Act::BadFrame);
    rig.control.hold();
    for n in 0..3 {
        // When the next analysis has begun, the result of the one before has been delivered.
        rig.push(n);
        rig.control.release(n.min(1));
        rig.control.wait_begun(n as usize + 1);
    }
    rig.push(3);
    assert_eq!(rig.stat("errors"), 1);
    assert_eq!(rig.frames().iter().map(|(_, r)| r.map(|(of, _)| of)).collect::<Vec<_>>(), [None, None, Some(0), Some(0)]);
    rig.control.release_all();
}

#[test]
fn a_buffer_too_small_for_its_caps_is_a_bad_frame() {
    let mut rig = Rig::new(false, &[]);
    let mut short = gst::Buffer::with_size(100).unwrap();
    short.get_mut().unwrap().set_pts(gst::ClockTime::ZERO);
    rig.harness.push(short).unwrap();
    rig.push(1);
    assert_eq!(rig.frames(), [(0, None), (1, Some((1, 0)))]);
    let warnings = rig.texts(gst::MessageType::Warning);
    assert!(warnings.len() == 1 && warnings[0].contains("100 bytes"), "{warnings:?}");
}

#[test]
fn a_broken_device_or_a_panic_stops_the_element_with_one_error() {
    for (act, words) in [(Act::Fail, "broke the device; restart it"), (Act::Panic, "frame 1 hit a bug")] {
        for mode in ["sync", "pipelined", "latest"] {
            let mut rig = Rig::new(false, &[("mode", mode), ("queue-depth", "1")]);
            rig.control.act(1, act.clone());
            rig.push(0);
            rig.control.wait_begun(1);
            let waits = rig.harness.push(frame(1));
            rig.control.wait_begun(2);
            rig.control.wait_dropped();
            let next = rig.harness.push(frame(2));
            assert_eq!(next, Err(gst::FlowError::Error), "{act:?} {mode}");
            match mode {
                "sync" => assert_eq!(waits, Err(gst::FlowError::Error), "{act:?}"),
                "latest" => assert_eq!(waits, Ok(gst::FlowSuccess::Ok), "{act:?}"),
                _ => {} // either, by whether the model is faster than this thread
            }
            let errors = rig.texts(gst::MessageType::Error);
            assert!(errors.len() == 1 && errors[0].contains(words), "{act:?} {mode}: {errors:?}");
            assert_eq!(rig.stat("errors"), 1);

            // Restarted, it works.
            rig.fake.set_state(gst::State::Null).unwrap();
            rig.fake.set_state(gst::State::Playing).unwrap();
            assert_eq!(rig.stat("errors"), 0, "counted from the start");
            rig.fake.set_state(gst::State::Null).unwrap();
        }
    }
}

#[test]
fn the_model_gets_the_settings_and_the_provider_is_shown_while_it_runs() {
    init();
    let fake = EgoFake::new(&[]);
    assert_eq!(fake.property::<Option<String>>("model").as_deref(), Some("fake"), "the element's own default");
    fake.set_property("model", "other");
    fake.set_property("device", "cuda:1");
    fake.set_property("threads", 3u32);
    assert_eq!(fake.property::<Option<String>>("provider"), None);
    fake.set_state(gst::State::Paused).unwrap();
    assert_eq!(fake.property::<Option<String>>("provider").as_deref(), Some("nowhere"));
    let want = OpenSettings { model: "other".to_owned(), device: "cuda:1".to_owned(), threads: 3 };
    assert_eq!(fake.control().opened_with(), Some(want));
    fake.set_state(gst::State::Null).unwrap();
    assert_eq!(fake.property::<Option<String>>("provider"), None);
    fake.set_property("model", None::<&str>);
    assert_eq!(fake.property::<Option<String>>("model").as_deref(), Some("fake"));
}

#[test]
fn every_property_is_documented_and_comes_back_as_set() {
    init();
    let fake = EgoFake::new(&[]);
    for spec in fake.list_properties() {
        if spec.owner_type().name() == "GstEgoAnalysis" {
            assert!(spec.blurb().is_some_and(|b| b.len() > 20) && !spec.nick().is_empty(), "{}", spec.name());
        }
    }
    for (name, value) in [("interval", "7"), ("max-age", "1"), ("latency", "-1"), ("queue-depth", "9"), ("threads", "2")] {
        fake.set_property_from_str(name, value);
        let back = fake.property_value(name).transform::<String>().unwrap();
        assert_eq!(back.get::<String>().unwrap(), value, "{name}");
    }
    for mode in [Mode::Auto, Mode::Sync, Mode::Latest, Mode::Pipelined] {
        fake.set_property("mode", mode);
        assert_eq!(fake.property::<Mode>("mode"), mode);
    }
    assert!(!fake.property::<bool>("qos"), "the parent class must not drop frames");
}
