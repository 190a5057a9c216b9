//! Files of pictures: the annotated MP4 of a batch run and the Matroska recording of a live source.
//!
//! Both keep the size and rate of their first frame, because neither container can change them; later sizes are scaled to fit,
//! with borders. Both stay readable when the program is cut off: the MP4 is written in fragments of one second and made an
//! ordinary file at the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gst::prelude::*;

use crate::chain::{add_and_link, expose_first, queue, static_pad, text};
use crate::error::Result;
use crate::properties::make;
use crate::settings::Settings;

/// Frames that wait for the encoder.
const ENCODE_QUEUE: u32 = 2;

/// `egooverlay ! ... ! x264enc ! mp4mux ! filesink` as one bin; without overlay where `egooverlay` is not registered.
pub(crate) fn annotated_mp4(path: &Path, settings: &Settings) -> Result<gst::Bin> {
    let overlay = make("egooverlay")?;
    settings.apply("overlay", &overlay)?;
    let bin = gst::Bin::with_name("annotated");
    let mut line = vec![overlay, queue(ENCODE_QUEUE)?];
    line.extend(fixed_size()?);
    let encoder = x264(settings, "annotate")?;
    if let Some(speed) = settings.program("annotate", "speed")?.as_str() {
        encoder.set_property_from_str("speed-preset", speed);
    }
    // One key frame a second at 30 frames per second: fragments begin at key frames.
    encoder.set_property("key-int-max", 30_u32);
    let mux = make("mp4mux")?;
    mux.set_property_from_str("fragment-mode", "first-moov-then-finalise");
    mux.set_property("fragment-duration", 1000_u32);
    line.extend([encoder, mux, file(path)?]);
    add_and_link(&bin, &line)?;
    expose_first(&bin, &line)?;
    Ok(bin)
}

/// `queue ! ... ! x264enc ! matroskamux ! filesink` as one bin; the queue drops old frames rather than hold up the camera.
pub(crate) fn recording_mkv(path: &Path, settings: &Settings) -> Result<(gst::Bin, gst::Element)> {
    let bin = gst::Bin::with_name("recording");
    let waiting = queue(settings.program_count("record", "queue-frames")?)?;
    waiting.set_property_from_str("leaky", "downstream");
    let mut line = vec![waiting.clone()];
    line.extend(fixed_size()?);
    let encoder = x264(settings, "record")?;
    encoder.set_property_from_str("speed-preset", "ultrafast");
    encoder.set_property_from_str("tune", "zerolatency");
    encoder.set_property("key-int-max", 30_u32);
    line.extend([encoder, make("matroskamux")?, file(path)?]);
    add_and_link(&bin, &line)?;
    expose_first(&bin, &line)?;
    Ok((bin, waiting))
}

fn x264(settings: &Settings, table: &str) -> Result<gst::Element> {
    let encoder = make("x264enc")?;
    encoder.set_property_from_str("pass", "qual");
    // No look-ahead and no picture a thread: by default x264 keeps over 40 pictures in two copies, 250 MB at 1080p.
    encoder.set_property("rc-lookahead", 0_i32);
    encoder.set_property("sync-lookahead", 0_i32);
    encoder.set_property("mb-tree", false);
    encoder.set_property("sliced-threads", true);
    // Without B-frames: with them and an uneven rate, mp4mux of GStreamer 1.22 promises too short a time and the last frames are lost.
    encoder.set_property("bframes", 0_u32);
    encoder.set_property("quantizer", settings.program_count(table, "quantizer")?);
    Ok(encoder)
}

fn file(path: &Path) -> Result<gst::Element> {
    let sink = make("filesink")?;
    sink.set_property("location", text(path)?);
    // A second sink must not hold up the first one's start.
    sink.set_property("async", false);
    sink.set_property("sync", false);
    Ok(sink)
}

/// Converter and scaler that bring every frame to the first one's size and nominal rate, in 4:2:0 with even sides.
fn fixed_size() -> Result<Vec<gst::Element>> {
    let convert = make("videoconvert")?;
    let scale = make("videoscale")?;
    scale.set_property("add-borders", true);
    // Only the nominal rate in the caps: the encoder would begin a new stream when it changes; time stamps are left alone.
    let rate = make("capssetter")?;
    let size = make("capsfilter")?;
    let frames_seen = Arc::new(AtomicBool::new(false));
    let watched = static_pad(&convert, "sink")?;
    let (filter, setter) = (size.clone(), rate.clone());
    watched.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        match &info.data {
            Some(gst::PadProbeData::Buffer(_)) => frames_seen.store(true, Ordering::Relaxed),
            Some(gst::PadProbeData::Event(event)) => {
                // Caps may come twice before the first frame: once as stored, once turned by the orientation tag.
                if let (gst::EventView::Caps(caps), false) = (event.view(), frames_seen.load(Ordering::Relaxed))
                    && let Some((fixed, nominal)) = fixed_caps(caps.caps())
                {
                    filter.set_property("caps", fixed);
                    setter.set_property("caps", nominal);
                }
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    Ok(vec![convert, scale, size, rate])
}

/// Caps with even sides for 4:2:0, and caps that carry only the nominal frame rate.
fn fixed_caps(caps: &gst::CapsRef) -> Option<(gst::Caps, gst::Caps)> {
    let s = caps.structure(0)?;
    let even = |v: i32| (v + v % 2).max(16);
    let (width, height) = (even(s.get::<i32>("width").ok()?), even(s.get::<i32>("height").ok()?));
    let aspect = s.get::<gst::Fraction>("pixel-aspect-ratio").unwrap_or(gst::Fraction::new(1, 1));
    let fixed = gst::Caps::builder("video/x-raw").field("format", "I420").field("width", width).field("height", height);
    let rate = s.get::<gst::Fraction>("framerate").unwrap_or(gst::Fraction::new(0, 1));
    let nominal = gst::Caps::builder("video/x-raw").field("framerate", rate).build();
    Some((fixed.field("pixel-aspect-ratio", aspect).build(), nominal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_become_even_and_tiny_ones_large_enough_for_the_encoder() {
        gst::init().expect("GStreamer");
        let caps = |w: i32, h: i32| gst::Caps::builder("video/x-raw").field("width", w).field("height", h).build();
        for ((w, h), want) in [((321, 241), (322, 242)), ((320, 240), (320, 240)), ((1, 2), (16, 16))] {
            let (fixed, _) = fixed_caps(&caps(w, h)).expect("has a size");
            let s = fixed.structure(0).expect("one structure");
            assert_eq!((s.get::<i32>("width"), s.get::<i32>("height")), (Ok(want.0), Ok(want.1)));
        }
        assert!(fixed_caps(&gst::Caps::new_empty_simple("audio/x-raw")).is_none());
    }
}
