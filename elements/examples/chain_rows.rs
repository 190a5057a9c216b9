//! What the elements make of streams of the synthetic camera, as rows for training and measuring `ego-action-stream`.
//!
//! ```text
//! cargo run --release -p gst-plugin-ego --example chain_rows -- OUT SECONDS [SEED] [CAST] [PATTERN] [FPS] [WxH] [ELEMENTS]
//! ```
//!
//! Writes OUT, raw little-endian f32, one row of 320 numbers a frame: the 159 numbers of `ego_core::action::vector::frame_row` from what
//! ELEMENTS found, the same from the truth, the number of the action (0 none, 1..=36), and the number of the recording. PATTERN is one of
//! `egotestsrc`: `chains` (four actions in a row with idle moments between, as `action_stream` plays them) unless given; `actions` has one
//! action a recording. ELEMENTS are `egohands model=ego-hands ! egoobjects` unless given, the networks of the preset `live-cpu`.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use ego_core::action::vector::{SeenObjects, VectorLayout, frame_row, wearer_hands};
use ego_core::hands::Hand;
use ego_core::objects::Detection;
use ego_synth::cast::NOUNS;
use gst::prelude::*;

/// Objects of a row.
const OBJECTS: usize = NOUNS.len() - 1;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: chain_rows OUT SECONDS [SEED] [CAST] [PATTERN] [FPS] [WxH] [ELEMENTS]";
    let out = args.first().ok_or(usage)?;
    let seconds: f64 = args.get(1).ok_or(usage)?.parse()?;
    let seed: u64 = args.get(2).map_or(Ok(1), |v| v.parse())?;
    let cast = args.get(3).map_or("train", String::as_str);
    let pattern = args.get(4).map_or("chains", String::as_str);
    let fps: u32 = args.get(5).map_or(Ok(15), |v| v.parse())?;
    let (width, height) = args.get(6).and_then(|v| v.split_once('x')).unwrap_or(("640", "360"));
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    let elements = args.get(7).map_or("egohands model=ego-hands ! egoobjects", String::as_str);
    gst::init()?;
    gstego::plugin_register_static()?;
    let frames = (seconds * f64::from(fps)) as u64;
    let text = format!(
        "egotestsrc pattern={pattern} cast={cast} seed={seed} depth=false num-buffers={frames} ! \
         video/x-raw,width={width},height={height},framerate={fps}/1 ! {elements} ! appsink name=end sync=false"
    );
    let pipeline = gst::parse::launch(&text)?.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    let sink = pipeline.by_name("end").ok_or("no sink")?;
    let mut file = BufWriter::new(File::create(out)?);
    pipeline.set_state(gst::State::Playing)?;
    while let Some(sample) = sink.emit_by_name::<Option<gst::Sample>>("pull-sample", &[]) {
        let Some(buffer) = sample.buffer() else { continue };
        for number in row(buffer, width as f32 / height as f32)? {
            file.write_all(&number.to_le_bytes())?;
        }
    }
    pipeline.set_state(gst::State::Null)?;
    if let Some(message) = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]))
        && let gst::MessageView::Error(e) = message.view()
    {
        return Err(e.error().to_string().into());
    }
    Ok(file.flush()?)
}

/// The 320 numbers of a frame.
fn row(buffer: &gst::BufferRef, aspect: f32) -> Result<Vec<f32>, Box<dyn Error>> {
    let truth = ego_meta::truth(buffer)?.ok_or("a frame without truth")?;
    let mut hands: Vec<Hand> = Vec::new();
    for meta in ego_meta::all_hands(buffer) {
        hands.extend(meta?.hands.hands);
    }
    let mut numbers = match ego_meta::all_detections(buffer).next().transpose()? {
        Some(meta) => {
            let labels = meta.detections.labels;
            let code = |class: u32| {
                let name = labels.get(class as usize)?;
                NOUNS.iter().position(|noun| noun == name).map(|at| at as u32)
            };
            of(&hands, &meta.detections.detections, aspect, code)
        }
        None => of(&hands, &[], aspect, |_| None),
    };
    let objects: Vec<Detection> = truth.detections().collect();
    numbers.extend(of(truth.wearer_hands(), &objects, aspect, |class| Some(class + 1)));
    numbers.extend([truth.action.id as f32, truth.clip.number as f32]);
    Ok(numbers)
}

fn of<'a>(hands: impl IntoIterator<Item = &'a Hand>, objects: &[Detection], aspect: f32, code: impl Fn(u32) -> Option<u32>) -> Vec<f32> {
    let hands = wearer_hands(hands);
    frame_row(hands, &SeenObjects::new(objects, hands, aspect, OBJECTS, code), VectorLayout::ImageAndDepth)
}
