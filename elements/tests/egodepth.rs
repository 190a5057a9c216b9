//! `egodepth` with tiny models and with a sensor's files, and `egodepthpair`, in real pipelines.
//!
//! What needs ONNX Runtime (`./x setup`) fails without it when EGO_REQUIRE_MODELS is set and is skipped otherwise.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

use ego_meta::{DepthMeta, DepthScale};
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

/// Runs a pipeline to its end: the depth on each frame, or the error.
fn run(line: &str) -> Result<Vec<Option<DepthMeta>>, String> {
    init();
    let pipeline = gst::parse::launch(&format!("{line} ! appsink name=out sync=false")).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    let mut found = Vec::new();
    let started = pipeline.set_state(gst::State::Playing);
    if started.is_ok() {
        while let Ok(sample) = sink.pull_sample() {
            found.push(ego_meta::depth(sample.buffer().unwrap()).unwrap());
        }
    }
    let error = pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    match error.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Error(e)) => Err(e.error().message().to_owned()),
        _ => Ok(found),
    }
}

/// [`run`] for what should work; `None` without ONNX Runtime.
fn works(line: &str) -> Option<Vec<Option<DepthMeta>>> {
    match run(line) {
        Err(e) if e.contains("ONNX Runtime cannot be loaded") && std::env::var_os("EGO_REQUIRE_MODELS").is_none() => {
            println!("skipped: {e}");
            None
        }
        result => Some(result.unwrap_or_else(|e| panic!("{line}: {e}"))),
    }
}

fn steps(meta: &DepthMeta) -> Vec<Vec<u16>> {
    let info = VideoInfo::from_caps(meta.map.caps().unwrap()).unwrap();
    assert_eq!(info.format(), VideoFormat::Gray16Le);
    let bytes = meta.map.buffer().unwrap().map_readable().unwrap();
    let rows = bytes.chunks(info.stride()[0] as usize).take(info.height() as usize);
    rows.map(|row| row.chunks(2).take(info.width() as usize).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()).collect()
}

#[test]
fn a_models_map_rides_on_every_frame_in_every_layout() {
    for format in ["RGB", "BGR", "RGBA", "BGRx", "I420", "NV12", "YUY2", "GRAY8"] {
        let line = format!(
            "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=322,height=182 ! egodepth model={FIXTURES}/depth-inverse.toml device=cpu"
        );
        let Some(found) = works(&line) else { return };
        assert_eq!(found.len(), 3, "{format}");
        for (n, meta) in found.iter().enumerate() {
            let meta = meta.as_ref().unwrap();
            assert_eq!(
                (meta.stamp.frame, meta.stamp.model.as_str(), meta.scale),
                (n as u64, "depth-inverse", DepthScale::Relative),
                "{format}"
            );
            assert_eq!((meta.stamp.ref_width, meta.stamp.ref_height), (322, 182));
            let rows = steps(meta);
            assert_eq!((rows.len(), rows[0].len()), (12, 16));
            // The fixture is brighter = nearer: the white bar of the test picture is the nearest.
            assert_eq!(rows[2][0], 65535, "{format}: {rows:?}");
            assert!(rows[2][12] < 30000, "{format}: {rows:?}");
            assert!(meta.unit > 0.0);
        }
    }
}

#[test]
fn frames_between_two_maps_carry_the_last_one_with_its_age() {
    let line = format!(
        "videotestsrc num-buffers=7 ! video/x-raw,format=RGB,width=64,height=48,framerate=30/1 ! egodepth interval=3 model={FIXTURES}/depth-inverse.toml"
    );
    let Some(found) = works(&line) else { return };
    let frames: Vec<_> = found.iter().map(|meta| meta.as_ref().map(|m| (m.stamp.frame, m.stamp.age_ns / 33_000_000))).collect();
    assert_eq!(frames, [(0, 0), (0, 1), (0, 2), (3, 0), (3, 1), (3, 2), (6, 0)].map(Some));
}

#[test]
fn metres_follow_the_cameras_focal_length() {
    let median = |properties: &str| {
        let line = format!(
            "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=64,height=48 ! egodepth model={FIXTURES}/depth-metric.toml {properties}"
        );
        works(&line).map(|found| {
            let meta = found[0].clone().unwrap();
            assert_eq!((meta.scale, meta.unit), (DepthScale::Metric, 0.001));
            let mut all: Vec<u16> = steps(&meta).concat().into_iter().filter(|s| *s > 0).collect();
            all.sort_unstable();
            f64::from(all[all.len() / 2])
        })
    };
    let (Some(near), Some(far)) = (median("intrinsics=250,250,32,24,64,48"), median("intrinsics=500,500,32,24,64,48")) else { return };
    assert!((far / near - 2.0).abs() < 0.02, "{near} mm, {far} mm");
}

#[test]
fn a_camera_described_for_another_size_or_not_at_all_is_scaled_or_guessed() {
    let map = |properties: &str| {
        let line = format!(
            "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=64,height=48 ! egodepth model={FIXTURES}/depth-metric.toml {properties}"
        );
        works(&line).map(|found| steps(found[0].as_ref().unwrap()))
    };
    let (Some(own), Some(larger)) = (map("intrinsics=250,250,32,24,64,48"), map("intrinsics=1000,1000,128,96,256,192")) else { return };
    assert_eq!(own, larger);
    assert_eq!(map(""), map("hfov=69"));
    assert_ne!(map(""), map("hfov=100"));
}

#[test]
fn a_network_that_gives_no_numbers_gives_no_depth() {
    let folder = tempfile::tempdir().unwrap();
    for family in ["inverse", "relative", "metric", "point-map"] {
        std::fs::copy(format!("{FIXTURES}/depth-{family}.onnx"), folder.path().join(format!("depth-{family}.onnx"))).unwrap();
        let text = std::fs::read_to_string(format!("{FIXTURES}/depth-{family}.toml")).unwrap();
        // Every colour becomes NaN, and so does everything that is reckoned from it.
        let broken = |line: &str| if line.starts_with("mean = ") { "mean = [nan, nan, nan]".to_owned() } else { line.to_owned() };
        let manifest = folder.path().join(format!("depth-{family}.toml"));
        std::fs::write(&manifest, text.lines().map(|line| broken(line) + "\n").collect::<String>()).unwrap();
        let line =
            format!("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=64,height=48 ! egodepth model={}", manifest.display());
        let Some(found) = works(&line) else { return };
        let nothing = |meta: &Option<DepthMeta>| meta.as_ref().is_none_or(|meta| steps(meta).concat().iter().all(|step| *step == 0));
        assert!(found.len() == 3 && found.iter().all(nothing), "{family}");
    }
}

#[test]
fn what_is_wrong_is_one_error_that_names_it() {
    let source = "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=64,height=48";
    for (properties, words) in [
        (format!("model={FIXTURES}/objects-yolov8.toml"), &["task", "depth", "objects"][..]),
        ("model=no-such-depth".to_owned(), &["no-such-depth"]),
        ("sensor-location=depth.png".to_owned(), &["depth.png", "%06d"]),
        (format!("model={FIXTURES}/depth-metric.toml intrinsics=1,2,3"), &["1,2,3", "fx,fy"]),
        (format!("model={FIXTURES}/depth-metric.toml intrinsics=500,500,32,32,64,64"), &["64x64", "aspect"]),
    ] {
        let Err(e) = run(&format!("{source} ! egodepth {properties}")) else { panic!("{properties} works") };
        if e.contains("ONNX Runtime cannot be loaded") && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
            println!("skipped: {e}");
            continue;
        }
        assert!(words.iter().all(|word| e.contains(word)), "{properties}: {e}");
    }
}

/// Depth pictures of 4 x 3 whose steps are 100 times the frame number plus the column, the last of three missing.
fn sensor_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..3u16 {
        let values = (0..12).map(|i| 100 * (n + 1) + i % 4).collect();
        let picture = image::ImageBuffer::<image::Luma<u16>, Vec<u16>>::from_raw(4, 3, values).unwrap();
        picture.save(folder.path().join(format!("{n:06}.png"))).unwrap();
    }
    folder
}

#[test]
fn a_sensors_files_need_no_model_and_a_missing_one_leaves_its_frame_without_depth() {
    let folder = sensor_files();
    let line = format!(
        "videotestsrc num-buffers=4 ! video/x-raw,format=NV12,width=64,height=48,framerate=30/1 ! egodepth sensor-location={}/%06d.png max-age=0",
        folder.path().display()
    );
    let found = run(&line).unwrap();
    assert_eq!(found.len(), 4);
    for (n, meta) in found[..3].iter().enumerate() {
        let meta = meta.as_ref().unwrap();
        let row: Vec<u16> = (0..4).map(|i| 100 * (n as u16 + 1) + i).collect();
        assert_eq!(steps(meta), vec![row; 3]);
        assert_eq!((meta.scale, meta.unit, meta.stamp.model.as_str()), (DepthScale::Metric, 0.001, "sensor"));
    }
    assert!(found[3].is_none());
}

#[test]
fn pictures_are_paired_with_the_depth_that_is_nearest_in_time() {
    let folder = sensor_files();
    // Three depth pictures at 15 a second (as pngdec gives them, big-endian) for six frames at 30 a second.
    let line = format!(
        "multifilesrc location={0}/%06d.png stop-index=2 caps=image/png,framerate=15/1 ! pngdec ! queue ! pair.depth \
         videotestsrc num-buffers=6 ! video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! queue ! egodepthpair name=pair tolerance=40000000",
        folder.path().display()
    );
    let found = run(&line).unwrap();
    let first: Vec<_> = found.iter().map(|meta| meta.as_ref().map(|m| steps(m)[0][0])).collect();
    assert_eq!(first.len(), 6);
    assert_eq!((first[0], first[2], first[4]), (Some(100), Some(200), Some(300)), "{first:?}");
    assert!(first[1] == Some(100) || first[1] == Some(200), "{first:?}");
    let last = found[5].as_ref().unwrap();
    assert_eq!((last.stamp.source.as_str(), last.stamp.age_ns / 1_000_000, last.stamp.ref_width), ("pair", 33, 64));
}

#[test]
fn frames_without_depth_in_time_pass_as_they_are() {
    let folder = sensor_files();
    let line = format!(
        "multifilesrc location={}/%06d.png stop-index=1 caps=image/png,framerate=30/1 ! pngdec ! queue ! pair.depth \
         videotestsrc num-buffers=20 ! video/x-raw,format=RGB,width=64,height=48,framerate=30/1 ! queue ! egodepthpair name=pair",
        folder.path().display()
    );
    let found = run(&line).unwrap();
    assert_eq!(found.len(), 20);
    assert!(found[..2].iter().all(Option::is_some) && found[5..].iter().all(Option::is_none));
}
