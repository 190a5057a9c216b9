//! Pictures turned as their orientation tag says, so that coordinates are those of the picture that players show.

use gst::prelude::*;
use gst_base::prelude::*;

use crate::error::Result;
use crate::properties::make;

/// The value of an orientation tag that asks for nothing.
const UPRIGHT: &str = "rotate-0";

/// `videoflip`, which GStreamer 1.22 lets copy each picture even when there is nothing to turn: here it passes them on untouched.
pub(crate) fn videoflip() -> Result<gst::Element> {
    let flip = make("videoflip")?;
    flip.set_property_from_str("video-direction", "auto");
    if let Some(pad) = flip.static_pad("sink") {
        // A stream begins without a tag; tags come before its first picture, or later.
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |pad, info| {
            let turned = info.event().and_then(|event| match event.view() {
                gst::EventView::StreamStart(_) => Some(false),
                gst::EventView::Tag(tags) => tags.tag().get::<gst::tags::ImageOrientation>().map(|tag| tag.get() != UPRIGHT),
                _ => None,
            });
            if let Some(turned) = turned
                && let Some(flip) = pad.parent_element().and_then(|element| element.downcast::<gst_base::BaseTransform>().ok())
            {
                flip.set_passthrough(!turned);
            }
            gst::PadProbeReturn::Ok
        });
    }
    Ok(flip)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of pictures of 64x32 whose tags are these, each before a picture: width, and whether the picture was passed on as it is.
    fn turned(tags: &[&str]) -> Vec<(u32, bool)> {
        gst::init().expect("GStreamer");
        let flip = videoflip().expect("is part of the good plug-ins");
        let sink = gst_app::AppSink::builder().sync(false).build();
        let source = gst_app::AppSrc::builder()
            .format(gst::Format::Time)
            .caps(
                &gst::Caps::builder("video/x-raw")
                    .field("format", "GRAY8")
                    .field("width", 64)
                    .field("height", 32)
                    .field("framerate", gst::Fraction::new(30, 1))
                    .build(),
            )
            .build();
        let pipeline = gst::Pipeline::new();
        pipeline.add_many([source.upcast_ref(), &flip, sink.upcast_ref()]).expect("elements");
        gst::Element::link_many([source.upcast_ref(), &flip, sink.upcast_ref()]).expect("links");
        pipeline.set_state(gst::State::Playing).expect("starts");
        let mut seen = Vec::new();
        for (number, tag) in tags.iter().enumerate() {
            if !tag.is_empty() {
                let mut list = gst::TagList::new();
                list.make_mut().add::<gst::tags::ImageOrientation>(tag, gst::TagMergeMode::Replace);
                assert!(source.send_event(gst::event::Tag::new(list)));
            }
            let mut buffer = gst::Buffer::from_slice(vec![0_u8; 64 * 32]);
            buffer.make_mut().set_pts(gst::ClockTime::from_mseconds(33 * number as u64));
            let sent = buffer.peek_memory(0).as_ptr();
            source.push_buffer(buffer).expect("taken");
            let sample = sink.pull_sample().expect("a picture");
            let width = sample.caps().and_then(|caps| caps.structure(0)?.get::<i32>("width").ok()).expect("a width");
            seen.push((width as u32, sample.buffer().expect("a buffer").peek_memory(0).as_ptr() == sent));
        }
        pipeline.set_state(gst::State::Null).expect("ends");
        seen
    }

    #[test]
    fn pictures_are_turned_as_their_tag_says_and_untouched_without_one() {
        assert_eq!(turned(&["", ""]), [(64, true), (64, true)]);
        assert_eq!(turned(&["rotate-0", ""]), [(64, true), (64, true)]);
        assert_eq!(turned(&["rotate-90", ""]), [(32, false), (32, false)]);
        assert_eq!(turned(&["rotate-180", "rotate-0"]), [(64, false), (64, true)]);
        assert_eq!(turned(&["", "rotate-270"]), [(64, true), (32, false)]);
    }
}
