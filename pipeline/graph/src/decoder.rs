//! Decoders of files and addresses.

use gst::prelude::*;

use crate::error::Result;
use crate::properties::make;

/// Up to so many processors the stages keep all of them busy.
const FEW_CORES: usize = 2;
/// How many frames a decoder of FFmpeg works on at once.
const MAX_THREADS: &str = "max-threads";

/// A decoder that leaves everything but pictures alone.
pub(crate) fn decoder(uri: &str) -> Result<gst::Element> {
    let decoder = make("uridecodebin")?;
    decoder.set_property("uri", uri);
    leave_sound_alone(&decoder);
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() <= FEW_CORES) {
        decode_on_one_thread(&decoder);
    }
    Ok(decoder)
}

/// Decoders of FFmpeg work on several frames at once, which costs a fifth more than one after the other: worth it only where a core has
/// nothing else to do. Pictures larger than full HD are decoded as the decoder likes.
fn decode_on_one_thread(decoder: &gst::Element) {
    let Some(bin) = decoder.downcast_ref::<gst::Bin>() else { return };
    bin.connect_deep_element_added(|_, _, element| {
        let is_decoder = element.factory().is_some_and(|factory| factory.has_type(gst::ElementFactoryType::DECODER));
        let Some(pad) =
            element.static_pad("sink").filter(|_| is_decoder && element.has_property_with_type(MAX_THREADS, i32::static_type()))
        else {
            return;
        };
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |pad, info| {
            if let Some(event) = info.event()
                && let gst::EventView::Caps(caps) = event.view()
                && let Some(element) = pad.parent_element()
                && is_at_most_full_hd(caps.caps())
            {
                element.set_property(MAX_THREADS, 1);
            }
            gst::PadProbeReturn::Ok
        });
    });
}

fn is_at_most_full_hd(caps: &gst::CapsRef) -> bool {
    let side = |name| caps.structure(0).and_then(|s| s.get::<i32>(name).ok());
    side("width").zip(side("height")).is_some_and(|(w, h)| i64::from(w) * i64::from(h) <= 1920 * 1088)
}

/// Sound and subtitles are not decoded: their pads appear as they are in the file and stay unlinked.
pub(crate) fn leave_sound_alone(decoder: &gst::Element) {
    decoder.connect("autoplug-continue", false, |arguments| {
        let caps = arguments.get(2).and_then(|v| v.get::<gst::Caps>().ok());
        let name = caps.as_ref().and_then(|c| c.structure(0)).map(|s| s.name().to_string()).unwrap_or_default();
        // An MP4 of sound alone is still a container that may hold pictures.
        let skip =
            name != "audio/x-m4a" && ["audio/", "text/", "subpicture/", "application/x-subtitle"].iter().any(|p| name.starts_with(p));
        Some((!skip).to_value())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_for_pictures_of_a_usual_size() {
        gst::init().expect("GStreamer");
        let caps = |w: i32, h: i32| gst::Caps::builder("video/x-h264").field("width", w).field("height", h).build();
        for (size, want) in [((1280, 720), true), ((1920, 1088), true), ((1080, 1920), true), ((2560, 1440), false)] {
            assert_eq!(is_at_most_full_hd(&caps(size.0, size.1)), want, "{size:?}");
        }
        assert!(!is_at_most_full_hd(&gst::Caps::new_empty_simple("video/x-h264")), "of unknown size");
    }

    #[test]
    fn a_decoder_is_told_before_it_opens() {
        gst::init().expect("GStreamer");
        let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-media/pour-milk.mp4");
        let decoder = make("uridecodebin").expect("a decoder");
        decoder.set_property("uri", gst::glib::filename_to_uri(clip, None).expect("a path"));
        decode_on_one_thread(&decoder);
        let sink = make("fakesink").expect("a sink");
        let pipeline = gst::Pipeline::new();
        pipeline.add_many([&decoder, &sink]).expect("elements");
        let target = sink.static_pad("sink").expect("a pad");
        decoder.connect_pad_added(move |_, pad| {
            let _ = pad.link(&target);
        });
        pipeline.set_state(gst::State::Paused).expect("starts");
        pipeline.state(gst::ClockTime::from_seconds(20)).0.expect("shows a picture");
        let threads = |element: gst::Element| Some((element.factory()?.name(), element.property::<i32>(MAX_THREADS)));
        let told: Vec<_> = pipeline
            .iterate_recurse()
            .into_iter()
            .flatten()
            .filter(|element| element.has_property_with_type(MAX_THREADS, i32::static_type()))
            .filter_map(threads)
            .collect();
        pipeline.set_state(gst::State::Null).expect("ends");
        assert!(told.iter().all(|(_, threads)| *threads == 1), "{told:?}");
        // Another decoder, of a graphics card for example, may have come first.
        if told.is_empty() {
            eprintln!("skipped: the clip was not decoded by FFmpeg");
        }
    }
}
