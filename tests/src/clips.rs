//! Clips made by GStreamer on the spot, and counting the frames of a file without any of our own code.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;

/// Runs a pipeline description to its end.
pub fn launch(description: &str) {
    gst::init().expect("GStreamer starts");
    let pipeline = gst::parse::launch(description).unwrap_or_else(|e| panic!("{description}: {e}"));
    to_the_end(&pipeline, description);
}

fn to_the_end(pipeline: &gst::Element, description: &str) {
    pipeline.set_state(gst::State::Playing).unwrap_or_else(|e| panic!("{description}: {e}"));
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &[gst::MessageType::Eos, gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).expect("stops");
    match message.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        Some(gst::MessageView::Error(e)) => panic!("{description}: {} ({:?})", e.error(), e.debug()),
        _ => panic!("{description}: no end within a minute"),
    }
}

/// An encoder that is quick and gives the same bytes every time.
pub const X264: &str = "x264enc speed-preset=ultrafast threads=1 key-int-max=10";

/// A clip of a moving ball: `frames` pictures of `size` in `format` at 30 per second, H.264 in the container of the extension.
pub fn ball(path: &Path, frames: u32, size: (u32, u32), format: &str) -> PathBuf {
    let mux = match path.extension().and_then(|e| e.to_str()) {
        Some("mp4") => "mp4mux",
        Some("mkv") => "matroskamux",
        Some("ts") => "mpegtsmux",
        other => panic!("no container for {other:?}"),
    };
    let (w, h) = size;
    launch(&format!(
        "videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,format={format},width={w},height={h},framerate=30/1 ! {X264} ! h264parse ! {mux} ! filesink location=\"{}\"",
        path.display()
    ));
    path.to_path_buf()
}

/// An ordinary clip: 320x240, 8 bits.
pub fn plain(folder: &Path, name: &str, frames: u32) -> PathBuf {
    ball(&folder.join(name), frames, (320, 240), "I420")
}

/// An MP4 whose frames have these times, milliseconds.
pub fn with_times(path: &Path, times_ms: &[u64]) {
    gst::init().expect("GStreamer starts");
    let description = format!(
        "videotestsrc num-buffers={} ! video/x-raw,width=320,height=240,framerate=30/1 ! identity name=stamp ! {X264} ! mp4mux ! filesink location=\"{}\"",
        times_ms.len(),
        path.display()
    );
    let pipeline = gst::parse::launch(&description).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let times = times_ms.to_vec();
    let mut times = times.into_iter().peekable();
    let mut stamp = move |buffer: &mut gst::BufferRef| {
        let now = times.next().expect("a time for every frame");
        buffer.set_pts(gst::ClockTime::from_mseconds(now));
        buffer.set_duration(gst::ClockTime::from_mseconds(times.peek().map_or(33, |next| next - now)));
    };
    let stamp = std::sync::Mutex::new(move |buffer: &mut gst::BufferRef| stamp(buffer));
    let pad = pipeline.by_name("stamp").and_then(|e| e.static_pad("src")).expect("a pad");
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            (stamp.lock().expect("not poisoned"))(buffer.make_mut());
        }
        gst::PadProbeReturn::Ok
    });
    to_the_end(pipeline.upcast_ref(), &description);
}

/// An MP4 that is to be shown turned by 90 degrees clockwise, as phones write it.
pub fn turned_mp4(folder: &Path, name: &str, frames: u32) -> PathBuf {
    let path = plain(folder, name, frames);
    let mut bytes = std::fs::read(&path).expect("read");
    // ISO/IEC 14496-12, section 8.3.2: the matrix of a track header of version 0, nine numbers from byte 44 after its size.
    let at = bytes.windows(4).position(|w| w == b"tkhd").expect("a track header") + 44;
    let matrix: [i32; 9] = [0, 0x1_0000, 0, -0x1_0000, 0, 0, 240 << 16, 0, 0x4000_0000];
    for (place, number) in bytes[at..at + 36].chunks_exact_mut(4).zip(matrix) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    std::fs::write(&path, bytes).expect("write");
    path
}

/// An MP4 whose video track has not one sample: all of the box with the samples' places says zero.
pub fn frameless_mp4(folder: &Path, name: &str) -> PathBuf {
    let path = plain(folder, name, 1);
    let mut bytes = std::fs::read(&path).expect("read");
    // ISO/IEC 14496-12: stts, stsc, stco, ctts and stss begin with version and flags, then the number of entries; stsz has its
    // number of samples one word later.
    for (kind, offset) in [(b"stts", 8), (b"stsc", 8), (b"stco", 8), (b"stss", 8), (b"ctts", 8), (b"stsz", 12)] {
        if let Some(at) = bytes.windows(4).position(|w| w == kind) {
            bytes[at + offset..at + offset + 4].fill(0);
        }
    }
    std::fs::write(&path, bytes).expect("write");
    path
}

/// Frames that a decoder finds in a file.
pub fn frames_in(path: &Path) -> u64 {
    decode(path).0
}

/// Frames that a decoder finds before the file ends or breaks off.
pub fn frames_readable(path: &Path) -> u64 {
    count(path, true).0
}

/// Frames of a file and the size of its last one.
pub fn decode(path: &Path) -> (u64, (i32, i32)) {
    count(path, false)
}

fn count(path: &Path, may_break_off: bool) -> (u64, (i32, i32)) {
    gst::init().expect("GStreamer starts");
    let description = format!("filesrc location=\"{}\" ! decodebin ! fakesink name=end sync=false", path.display());
    let pipeline = gst::parse::launch(&description).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let pad = pipeline.by_name("end").and_then(|e| e.static_pad("sink")).expect("a sink");
    let frames = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&frames);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).expect("plays");
    let bus = pipeline.bus().expect("a bus");
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &[gst::MessageType::Eos, gst::MessageType::Error]);
    if let (Some(gst::MessageView::Error(e)), false) = (end.as_ref().map(|m| m.view()), may_break_off) {
        panic!("{}: {} ({:?})", path.display(), e.error(), e.debug());
    }
    assert!(end.is_some(), "{}: does not end", path.display());
    let caps = pad.current_caps();
    pipeline.set_state(gst::State::Null).expect("stops");
    let size = caps.as_ref().and_then(|c| c.structure(0)).map_or((0, 0), |s| (s.get("width").unwrap_or(0), s.get("height").unwrap_or(0)));
    (frames.load(Ordering::Relaxed), size)
}
