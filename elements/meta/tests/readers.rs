//! `egometa.h`, `egometa.py` and a second plugin with its own copy of this crate read what Rust wrote, bit for bit.
#![allow(clippy::expect_used, clippy::print_stderr, unsafe_code)]

use std::ffi::CStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, Side};
use ego_meta::{HandRow, HandsMeta, Stamp, attach_hands, init, try_hands};
use gst::glib;
use gst::meta::CustomMeta;
use gst::prelude::*;

#[path = "readers/stand_in.rs"]
mod stand_in;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn start() {
    gst::init().expect("GStreamer");
    init();
}

/// The hands of `examples/prepared_hands.rs`.
fn prepared(frame: u64, pts: Option<u64>) -> HandsMeta {
    let hand = |side: Side, track: u32, placed: bool| Hand {
        side,
        score: 0.875,
        presence: 0.9375,
        track,
        image_norm: std::array::from_fn(|i| [i as f32 / 32.0, track as f32 / 4.0]),
        camera_m: placed.then(|| std::array::from_fn(|i| [-0.125, i as f32 / 64.0, 0.5])),
        joint_score: std::array::from_fn(|i| 1.0 - i as f32 / 64.0),
    };
    HandsMeta {
        stamp: Stamp {
            source: "egoprepared0".to_owned(),
            model: "prepared".to_owned(),
            frame,
            pts,
            age_ns: 5,
            infer_ns: 6_000_000,
            ref_width: 640,
            ref_height: 480,
        },
        hands: Hands { hands: vec![hand(Side::Left, 1, true), hand(Side::Right, 2, false)], depth_source: DepthSource::Estimated },
        intrinsics: Some((Intrinsics { fx: 600.5, fy: 601.5, cx: 319.5, cy: 239.5, width: 640, height: 480 }, IntrinsicsSource::Property)),
    }
}

fn bits(values: &[f32]) -> String {
    values.iter().fold(String::new(), |mut text, v| {
        let _ = write!(text, " {:08x}", v.to_bits());
        text
    })
}

const HEAD: &str = "estimated metric property 600.5 601.5 319.5 239.5\n";

/// Compiles the C reader and returns its text for a buffer.
fn read_with_c(buffers: &[&gst::Buffer]) -> Option<Vec<String>> {
    let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gstreamer-1.0"]).output().ok().filter(|o| o.status.success());
    let Some(flags) = flags else {
        eprintln!("skipped: pkg-config knows no gstreamer-1.0 here");
        return None;
    };
    let folder = tempfile::tempdir().expect("temp folder");
    let library = folder.path().join("print_hands.so");
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I"])
        .arg(here("include"))
        .arg(here("tests/readers/print_hands.c"))
        .arg("-o")
        .arg(&library)
        .args(String::from_utf8_lossy(&flags.stdout).split_whitespace())
        .output();
    let Ok(compiled) = compiled else {
        eprintln!("skipped: no C compiler here");
        return None;
    };
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    // SAFETY: the library is the one just compiled; the function takes a buffer and returns a text for g_free.
    unsafe {
        let library = libloading::Library::new(&library).expect("loads");
        let print: libloading::Symbol<'_, unsafe extern "C" fn(*mut gst::ffi::GstBuffer) -> *mut std::ffi::c_char> =
            library.get(b"print_hands").expect("symbol");
        let read = |buffer: &&gst::Buffer| {
            let text = print(buffer.as_mut_ptr());
            let copy = CStr::from_ptr(text).to_str().expect("text").to_owned();
            glib::ffi::g_free(text.cast());
            copy
        };
        Some(buffers.iter().map(read).collect())
    }
}

#[test]
fn c_reads_every_field_and_refuses_what_it_does_not_know() {
    start();
    let attached = |meta: &HandsMeta| {
        let mut buffer = gst::Buffer::new();
        attach_hands(buffer.get_mut().expect("ours"), meta).expect("attaches");
        buffer
    };
    let whole = attached(&prepared(41, None));
    let mut plain = prepared(0, Some(3));
    plain.hands = Hands::default();
    plain.intrinsics = None;
    let plain = attached(&plain);
    let changed = |change: fn(&mut gst::StructureRef)| {
        let mut buffer = whole.copy();
        change(CustomMeta::from_mut_buffer(buffer.get_mut().expect("ours"), "EgoHandsMeta").expect("there").mut_structure());
        buffer
    };
    let newer = changed(|s| s.set("layout", "hand21-v2"));
    let short = changed(|s| s.set("count", 3u32));
    let narrow = changed(|s| s.set("stride", 519u32));
    let texts = read_with_c(&[&whole, &plain, &newer, &short, &narrow, &gst::Buffer::new()]);
    let Some([whole, plain, rest @ ..]) = texts.as_deref() else { return };

    let mut expected = format!("1 egoprepared0 prepared 41 {} 5 6000000 640x480\n{HEAD}", u64::MAX);
    for hand in prepared(41, None).hands.hands {
        let row = HandRow::from(&hand);
        let floats = [&[row.score, row.presence], row.xy.as_flattened(), row.xyz.as_flattened(), &row.conf].concat();
        let _ = writeln!(expected, "{} {}{}", row.side, row.track, bits(&floats));
    }
    assert_eq!(*whole, expected);
    assert_eq!(plain, "1 egoprepared0 prepared 0 3 5 6000000 640x480\nnone - - 0 0 0 0\n");
    assert_eq!(rest, ["unknown layout hand21-v2\n", "damaged\n", "damaged\n", "absent\n"]);
}

/// A Python that can do `import`, or a line that says that there is none.
fn python(import: &str) -> Option<&'static str> {
    let found = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| Command::new(python).args(["-c", import]).stderr(Stdio::null()).status().is_ok_and(|status| status.success()));
    if found.is_none() {
        eprintln!("skipped: no python3 that can do \"{import}\"");
    }
    found
}

fn python_row(hand: &Hand) -> String {
    let camera = hand.camera_m.map_or(" -".to_owned(), |m| bits(m.as_flattened()));
    format!(
        "{} {}{}{}{camera}{}\n",
        hand.side.name(),
        hand.track,
        bits(&[hand.score, hand.presence]),
        bits(hand.image_norm.as_flattened()),
        bits(&hand.joint_score)
    )
}

#[test]
fn python_reads_every_field_from_a_pipeline() {
    let Some(python) = python("import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst") else { return };
    let folder = tempfile::tempdir().expect("temp folder");
    let plugins = stand_in::stand_in();
    let run = |properties: &str| {
        let output = Command::new(python)
            .arg(here("tests/readers/print_hands.py"))
            .arg(here("python"))
            .arg(format!(
                "videotestsrc num-buffers=2 ! video/x-raw,framerate=10/1 ! egoprepared {properties} ! appsink name=out sync=false"
            ))
            .env("GST_PLUGIN_PATH", plugins.parent().expect("folder"))
            .env("GST_REGISTRY", folder.path().join("registry"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let mut expected = String::new();
    for frame in 0..2 {
        let _ = write!(expected, "1 egoprepared0 prepared {frame} {} 5 6000000 640x480\n{HEAD}", frame * 100_000_000);
        expected.extend(prepared(frame, None).hands.hands.iter().map(python_row));
    }
    assert_eq!(run(""), expected);
    let refused = run("layout=hand21-v2");
    assert_eq!(refused.lines().filter(|l| l.starts_with("error: ") && l.contains("hand21-v2") && l.contains("same version")).count(), 2);
}

#[test]
fn python_reads_rows_with_and_without_numpy() {
    let hands = prepared(0, None).hands.hands;
    let rows: Vec<u8> = hands.iter().flat_map(|hand| bytemuck::bytes_of(&HandRow::from(hand)).to_vec()).collect();
    let expected: String = hands.iter().map(python_row).collect();
    for (import, hide) in [("import numpy", false), ("import struct", true)] {
        let Some(python) = python(import) else { continue };
        let folder = tempfile::tempdir().expect("temp folder");
        if hide {
            std::fs::write(folder.path().join("numpy.py"), "raise ImportError\n").expect("writes");
        }
        let mut child = Command::new(python)
            .arg(here("tests/readers/print_hands.py"))
            .arg(here("python"))
            .arg("--rows")
            .env("PYTHONPATH", folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("runs");
        child.stdin.take().expect("stdin").write_all(&rows).expect("writes");
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(text, format!("{}\n{expected}", if hide { "no numpy" } else { "numpy" }));
    }
}

#[test]
fn two_plugins_with_their_own_copy_of_the_crate_share_a_process() {
    static CRITICALS: AtomicUsize = AtomicUsize::new(0);
    start();
    glib::log_set_default_handler(|_, level, text| {
        if matches!(level, glib::LogLevel::Critical | glib::LogLevel::Error) {
            CRITICALS.fetch_add(1, Ordering::SeqCst);
            eprintln!("{text}");
        }
    });
    gst::Plugin::load_file(stand_in::stand_in()).expect("loads");
    let prepare = gst::ElementFactory::make("egoprepared").name("egoprepared0").build().expect("element");
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("videotestsrc").property("num-buffers", 1).build().expect("videotestsrc");
    let sink = gst_app::AppSink::builder().sync(false).build();
    pipeline.add_many([&source, &prepare, sink.upcast_ref()]).expect("adds");
    gst::Element::link_many([&source, &prepare, sink.upcast_ref()]).expect("links");
    pipeline.set_state(gst::State::Playing).expect("plays");
    let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(30)).expect("a frame");
    pipeline.set_state(gst::State::Null).expect("stops");
    assert_eq!(try_hands(sample.buffer().expect("buffer")), Ok(Some(prepared(0, Some(0)))));
    init();
    assert_eq!(CRITICALS.load(Ordering::SeqCst), 0);
}
