//! `egooverlay` in real pipelines: every layout, odd and tiny sizes, shared buffers, age, properties while playing, bad input.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::sync::{Mutex, Once};

use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{HandsMeta, Stamp};
use gst::prelude::*;

const FORMATS: [&str; 18] = [
    "I420", "NV12", "YUY2", "RGB", "BGR", "RGBA", "BGRA", "RGBx", "BGRx", "GRAY8", "YV12", "NV21", "UYVY", "YVYU", "ARGB", "ABGR", "xRGB",
    "xBGR",
];
const SKY_BLUE: [u8; 3] = [0x56, 0xB4, 0xE9];
const ORANGE: [u8; 3] = [0xE6, 0x9F, 0x00];

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().expect("GStreamer");
        gstego::plugin_register_static().expect("the plugin");
    });
}

/// A hand over most of the picture: wrist at (x, 0.9), fingers up, their joints in rows and columns.
fn hand(side: Side, x: f32) -> Hand {
    let mut image_norm = [[x, 0.9]; JOINTS];
    for (i, [px, py]) in image_norm.iter_mut().enumerate().skip(1) {
        let (finger, along) = (((i - 1) / 4) as f32, ((i - 1) % 4) as f32);
        *px += 0.09 * (finger - 2.0);
        *py = 0.6 - 0.15 * along;
    }
    Hand { side, score: 0.9, presence: 1.0, track: 7, image_norm, camera_m: Some([[0.0, 0.3, 0.4]; JOINTS]), joint_score: [1.0; JOINTS] }
}

fn meta(hands: Vec<Hand>, width: u32, height: u32) -> HandsMeta {
    let stamp = Stamp { ref_width: width, ref_height: height, ..Stamp::default() };
    HandsMeta { stamp, hands: Hands { hands, depth_source: DepthSource::Measured }, intrinsics: None }
}

fn two_hands(width: u32, height: u32) -> HandsMeta {
    meta(vec![hand(Side::Left, 0.25), hand(Side::Right, 0.75)], width, height)
}

/// Runs `videotestsrc pattern=... ! caps ! (meta attached) ! egooverlay ! caps_out ! appsink` and returns the frames that come out.
fn run(
    pattern: &str,
    caps: &str,
    overlay: &str,
    caps_out: &str,
    frames: u32,
    mut attach: impl FnMut(u32, &gst::Element) -> Option<HandsMeta> + Send + 'static,
) -> Vec<gst::Sample> {
    init();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={frames} pattern={pattern} ! {caps} ! identity name=here ! egooverlay name=overlay {overlay} ! {caps_out} ! \
         appsink name=sink sync=false"
    ));
    let pipeline = pipeline.expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let pad = pipeline.by_name("here").expect("identity").static_pad("src").expect("its pad");
    let overlay = pipeline.by_name("overlay").expect("the overlay");
    let mut count = 0;
    let attach = Mutex::new(move |buffer: &mut gst::BufferRef| {
        if let Some(meta) = attach(count, &overlay) {
            ego_meta::attach_hands(buffer, &meta).expect("a writable buffer");
        }
        count += 1;
    });
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        (attach.lock().expect("attach"))(info.buffer_mut().expect("a buffer").make_mut());
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).expect("playing");
    let sink = pipeline.by_name("sink").expect("appsink").downcast::<gst_app::AppSink>().expect("appsink");
    let samples: Vec<_> = std::iter::from_fn(|| sink.pull_sample().ok()).collect();
    let error = pipeline.bus().expect("a bus").pop_filtered(&[gst::MessageType::Error]);
    assert!(error.is_none(), "{caps}: {error:?}");
    pipeline.set_state(gst::State::Null).expect("null");
    samples
}

/// Red, green, blue of a pixel of an RGB sample.
fn pixel(sample: &gst::Sample, at: [f32; 2]) -> [u8; 3] {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("video");
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer().expect("a buffer"), &info).expect("mapped");
    let (x, y) = ((at[0] * info.width() as f32) as usize, (at[1] * info.height() as f32) as usize);
    let start = y * info.stride()[0] as usize + 3 * x;
    frame.plane_data(0).expect("one plane")[start..start + 3].try_into().expect("three bytes")
}

fn close(got: [u8; 3], want: [u8; 3], tolerance: u8) -> bool {
    got.iter().zip(want).all(|(g, w)| g.abs_diff(w) <= tolerance)
}

#[test]
fn sides_have_their_colours_in_every_layout_and_colorimetry() {
    let check = |caps: &str, grey: bool| {
        let samples = run("black", caps, "line-scale=4", "videoconvert ! video/x-raw,format=RGB,colorimetry=sRGB", 2, |_, _| {
            Some(two_hands(320, 240))
        });
        assert_eq!(samples.len(), 2, "{caps}");
        for (x, want) in [(0.25, SKY_BLUE), (0.75, ORANGE)] {
            // BT.601 weights, which GStreamer takes for grey.
            let luma = (0.299 * f32::from(want[0]) + 0.587 * f32::from(want[1]) + 0.114 * f32::from(want[2])).round() as u8;
            let want = if grey { [luma; 3] } else { want };
            let got = pixel(&samples[1], [x, 0.6]);
            assert!(close(got, want, 6), "{caps}: joint is {got:?}, wanted {want:?}");
            // Grey black is 16 in videotestsrc and 0 in videoconvert.
            assert!(close(pixel(&samples[1], [x, 0.02]), [0; 3], 16), "{caps}: something is drawn where no hand is");
        }
    };
    for format in FORMATS {
        check(&format!("video/x-raw,format={format},width=320,height=240"), format == "GRAY8");
    }
    for colorimetry in ["bt709", "bt601", "smpte240m", "1:4:0:0", "1:3:5:1"] {
        for format in ["I420", "YUY2"] {
            check(&format!("videoconvert ! video/x-raw,format={format},width=320,height=240,colorimetry={colorimetry}"), false);
        }
    }
}

#[test]
fn odd_and_tiny_pictures_are_drawn_on() {
    for format in FORMATS {
        for (width, height) in [(1, 1), (3, 5), (5, 3), (17, 9), (1, 64), (64, 1), (33, 47)] {
            let caps = format!("video/x-raw,format={format},width={width},height={height}");
            let plain = run("white", &caps, "", "identity", 1, |_, _| None);
            let drawn = run("white", &caps, "status=true depth=true", "identity", 1, move |_, _| Some(two_hands(width, height)));
            let bytes = |samples: &[gst::Sample]| samples[0].buffer().expect("a buffer").map_readable().expect("mapped").to_vec();
            let (plain, drawn) = (bytes(&plain), bytes(&drawn));
            assert_eq!(plain.len(), drawn.len(), "{caps}");
            assert_ne!(plain, drawn, "{caps}: nothing was drawn");
        }
    }
}

/// An `egooverlay` between two pads of the test.
struct Bench {
    harness: gst_check::Harness,
    bus: gst::Bus,
}

const CAPS: &str = "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1";

impl Bench {
    fn new() -> Bench {
        init();
        let mut harness = gst_check::Harness::new("egooverlay");
        let bus = gst::Bus::new();
        harness.element().expect("an element").set_bus(Some(&bus));
        harness.set_src_caps_str(CAPS);
        Bench { harness, bus }
    }

    fn set(&self, name: &str, value: &str) {
        self.harness.element().expect("an element").set_property_from_str(name, value);
    }

    fn pass(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        self.harness.push_and_pull(buffer).expect("a buffer back")
    }

    fn warnings(&self) -> usize {
        self.bus.iter_filtered(&[gst::MessageType::Warning]).count()
    }
}

/// A grey frame of [`CAPS`] with these results.
fn frame(meta: Option<&HandsMeta>) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(vec![100u8; 320 * 240]);
    if let Some(meta) = meta {
        ego_meta::attach_hands(buffer.make_mut(), meta).expect("a writable buffer");
    }
    buffer
}

fn bytes(buffer: &gst::Buffer) -> Vec<u8> {
    buffer.map_readable().expect("mapped").to_vec()
}

fn is_plain(buffer: &gst::Buffer) -> bool {
    bytes(buffer).iter().all(|v| *v == 100)
}

#[test]
fn a_frame_without_anything_to_draw_is_the_same_buffer_even_when_shared() {
    let mut bench = Bench::new();
    let outside = meta(vec![hand(Side::Left, 7.0)], 320, 240);
    for results in [None, Some(&meta(vec![], 320, 240)), Some(&outside)] {
        let buffer = frame(results);
        let shared = buffer.clone();
        let out = bench.pass(buffer);
        assert_eq!(out.as_ptr(), shared.as_ptr(), "copied although nothing was drawn: {results:?}");
        assert!(is_plain(&out));
    }
}

#[test]
fn a_shared_frame_is_copied_before_it_is_drawn_on_and_an_own_one_is_not() {
    let mut bench = Bench::new();
    let buffer = frame(Some(&two_hands(320, 240)));
    let shared = buffer.clone();
    let out = bench.pass(buffer);
    assert!(is_plain(&shared), "the other holder's picture was drawn on");
    assert!(!is_plain(&out));
    assert!(ego_meta::hands(&out).is_some(), "the results must go on downstream");

    let mut buffer = frame(Some(&two_hands(320, 240)));
    buffer.make_mut().set_flags(gst::BufferFlags::GAP);
    let before = buffer.as_ptr();
    let out = bench.pass(buffer);
    assert_eq!(out.as_ptr(), before, "an own buffer was copied");
    assert!(!is_plain(&out) && !out.flags().contains(gst::BufferFlags::GAP));
}

#[test]
fn old_results_are_hidden_and_the_limit_can_change_while_playing() {
    let mut bench = Bench::new();
    let mut shown = |age_ms: u64, max_age: Option<&str>| {
        let mut results = two_hands(320, 240);
        results.stamp.age_ns = age_ms * 1_000_000;
        if let Some(max_age) = max_age {
            bench.set("max-age", max_age);
        }
        !is_plain(&bench.pass(frame(Some(&results))))
    };
    assert!(shown(500, None) && !shown(501, None));
    assert!(!shown(1, Some("0")) && shown(0, None));
    assert!(shown(3_600_000, Some("18446744073709551615")));

    bench.set("max-age", "0");
    bench.set("status", "true");
    let mut results = two_hands(320, 240);
    results.stamp.age_ns = 1;
    let out = bytes(&bench.pass(frame(Some(&results))));
    let changed: Vec<usize> = (0..240).filter(|y| out[y * 320..(y + 1) * 320].iter().any(|v| *v != 100)).collect();
    assert!(!changed.is_empty() && changed.iter().all(|y| *y < 40), "only the status line may be there: rows {changed:?}");
}

#[test]
fn every_property_shows_and_takes_effect_on_the_next_frame() {
    let mut bench = Bench::new();
    let mut results = two_hands(320, 240);
    results.hands.hands[0].joint_score[8] = 0.6;
    let usual = bytes(&bench.pass(frame(Some(&results))));
    for (name, value, back) in [
        ("hands", "false", "true"),
        ("hand-colours", "finger", "side"),
        ("hand-colours", "mediapipe", "side"),
        ("labels", "false", "true"),
        ("depth", "true", "false"),
        ("track-ids", "true", "false"),
        ("status", "true", "false"),
        ("line-scale", "2", "1"),
        ("threshold", "0.7", "0.3"),
        ("max-age", "0", "500000000"),
    ] {
        bench.set(name, value);
        results.stamp.age_ns = 1;
        let changed = bytes(&bench.pass(frame(Some(&results))));
        assert_ne!(usual, changed, "{name}={value} makes no difference");
        bench.set(name, back);
        results.stamp.age_ns = 0;
        assert!(usual == bytes(&bench.pass(frame(Some(&results)))), "{name}={back} does not bring the picture back");
    }
    for property in bench.harness.element().expect("an element").list_properties().iter().filter(|p| p.owner_type().name() == "EgoOverlay")
    {
        assert!(property.blurb().is_some_and(|blurb| blurb.len() > 20), "{}: no description", property.name());
        assert!(property.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING), "{}: not changeable while playing", property.name());
    }
}

#[test]
fn properties_change_while_a_pipeline_plays() {
    let samples = run("black", "video/x-raw,format=I420,width=320,height=240", "", "identity", 5, |frame, overlay| {
        match frame {
            1 => overlay.set_property("line-scale", 3.0f32),
            2 => overlay.set_property("hands", false),
            4 => overlay.set_properties(&[("hands", &true), ("line-scale", &1.0f32)]),
            _ => {}
        }
        Some(two_hands(320, 240))
    });
    let brightness = |sample: &gst::Sample| -> i64 {
        let map = sample.buffer().expect("a buffer").map_readable().expect("mapped");
        map[..320 * 240].iter().map(|v| i64::from(*v) - 16).sum()
    };
    let [usual, thick, none, still_none, again] = samples.iter().map(brightness).collect::<Vec<_>>()[..] else { panic!("five frames") };
    assert!(2 * thick > 3 * usual && usual > 0, "{usual} {thick}");
    assert!(none.abs() < 9 && still_none == none && again == usual, "{none} {still_none} {again}");
}

#[test]
fn results_of_another_shape_are_drawn_and_warned_about_once() {
    let mut bench = Bench::new();
    // A quarter of the size is a scale; 320 x 180 is a crop; 0 x 0 is not known.
    for (width, height) in [(320, 240), (160, 120), (0, 0)] {
        bench.pass(frame(Some(&two_hands(width, height))));
    }
    assert_eq!(bench.warnings(), 0);
    for _ in 0..3 {
        assert!(!is_plain(&bench.pass(frame(Some(&two_hands(320, 180))))));
    }
    assert_eq!(bench.warnings(), 1);
}

#[test]
fn results_that_cannot_be_read_leave_the_picture_alone_and_are_warned_about_once() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        let mut buffer = frame(None);
        let mut meta = gst::meta::CustomMeta::add(buffer.make_mut(), "EgoHandsMeta").expect("a registered name");
        meta.mut_structure().set("layout", "hand99-v9");
        assert!(is_plain(&bench.pass(buffer)));
    }
    assert_eq!(bench.warnings(), 1);
}

#[test]
fn a_frame_that_is_too_small_for_its_caps_passes_with_one_warning() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        let mut buffer = gst::Buffer::from_mut_slice(vec![100u8; 1000]);
        ego_meta::attach_hands(buffer.make_mut(), &two_hands(320, 240)).expect("a writable buffer");
        let out = bench.pass(buffer);
        assert!(is_plain(&out) && out.size() == 1000);
    }
    assert_eq!(bench.warnings(), 1);
}

#[test]
fn rows_with_padding_are_respected() {
    let mut bench = Bench::new();
    let (stride, offset) = (352, 64);
    let mut buffer = gst::Buffer::from_mut_slice(vec![100u8; offset + stride * 240]);
    let writable = buffer.make_mut();
    let format = gst_video::VideoFormat::Gray8;
    let flags = gst_video::VideoFrameFlags::empty();
    gst_video::VideoMeta::add_full(writable, flags, format, 320, 240, &[offset], &[stride as i32]).expect("a video meta");
    ego_meta::attach_hands(writable, &two_hands(320, 240)).expect("a writable buffer");
    let padded = bytes(&bench.pass(buffer));
    let packed = bytes(&bench.pass(frame(Some(&two_hands(320, 240)))));
    assert!(padded[..offset].iter().all(|v| *v == 100));
    for (y, row) in padded[offset..].chunks(stride).enumerate() {
        assert!(row[..320] == packed[y * 320..(y + 1) * 320], "row {y} differs");
        assert!(row[320..].iter().all(|v| *v == 100), "padding of row {y} was written");
    }
}

#[test]
fn the_size_may_change_in_mid_stream() {
    let mut bench = Bench::new();
    assert!(!is_plain(&bench.pass(frame(Some(&two_hands(320, 240))))));
    bench.harness.set_src_caps_str("video/x-raw,format=RGB,width=33,height=21,framerate=30/1");
    let mut buffer = gst::Buffer::from_mut_slice(vec![100u8; 100 * 21]);
    ego_meta::attach_hands(buffer.make_mut(), &two_hands(33, 21)).expect("a writable buffer");
    let out = bench.pass(buffer);
    assert!(!is_plain(&out) && out.size() == 2100);
}
