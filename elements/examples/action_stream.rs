//! How well `egoaction` names the actions of an endless stream of the synthetic camera: top-1, segment F1, delay, false labels in idle.
//!
//! ```text
//! cargo run --release -p gst-plugin-ego --example action_stream -- SECONDS [SEED] [WxH] [ELEMENTS] [MODEL] [CAST] [SETTINGS]
//! ```
//!
//! With `truth` for ELEMENTS the classifier sees the truth: the upper bound. With elements, e.g. "egohands model=ego-hands !
//! egoobjects", it sees what they find. Test cast, or another CAST (val: for choosing SETTINGS of egoaction, as in "enter=0.75"), four
//! actions in a row with idle moments between, 30 frames a second. Prints one JSON line: segments (F1, labels in idle) are those of the
//! messages `ego-action`, with the times that they name; the delay is that of the frames that carry a label, from the beginning of an action
//! and from the contact: the first frame of it with an object in hand.
#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::error::Error;

use ego_core::metrics::action::{AnswerTally, IdleTally, Labelled, SegmentTally, delays_s, idle_tally, segment_tally, stretches};
use ego_core::metrics::interval::{quantile, wilson};
use ego_core::objects::InHand;
use gst::prelude::*;

/// One frame.
struct Row {
    ns: u64,
    /// The moment that the answer of this frame is about.
    about_ns: u64,
    truth: Option<String>,
    /// Something is in a hand.
    holds: bool,
    told: Option<String>,
    /// Best classes with their probabilities.
    top: Vec<(String, f32)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let seconds: f64 = args.first().ok_or("usage: action_stream SECONDS [SEED] [WxH] [ELEMENTS] [MODEL] [CAST] [SETTINGS]")?.parse()?;
    let seed: u64 = args.get(1).map_or(Ok(1), |v| v.parse())?;
    let (width, height) = args.get(2).and_then(|v| v.split_once('x')).unwrap_or(("64", "36"));
    let (chain, input) = match args.get(3).map(String::as_str) {
        None | Some("truth") => (String::new(), "truth"),
        Some(elements) => (format!("{elements} ! "), "results"),
    };
    let model = args.get(4).map_or(String::new(), |model| format!("model={model}"));
    let cast = args.get(5).map_or("test", String::as_str);
    let settings = args.get(6).map_or("", String::as_str);
    gst::init()?;
    gstego::plugin_register_static()?;
    let frames = (seconds * 30.0) as u64;
    let text = format!(
        "egotestsrc pattern=chains cast={cast} seed={seed} depth=false num-buffers={frames} ! \
         video/x-raw,width={width},height={height},framerate=30/1 ! {chain}egoaction input={input} {model} {settings} ! appsink name=end sync=false"
    );
    let (rows, told) = play(&text)?;
    println!("{}", report(&rows, &told, input));
    Ok(())
}

/// Frames, and the labels that began and ended.
fn play(text: &str) -> Result<(Vec<Row>, Vec<Labelled>), Box<dyn Error>> {
    let pipeline = gst::parse::launch(text)?.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    let sink = pipeline.by_name("end").ok_or("no sink")?;
    pipeline.set_state(gst::State::Playing)?;
    let mut rows = Vec::new();
    while let Some(sample) = sink.emit_by_name::<Option<gst::Sample>>("pull-sample", &[]) {
        let Some(buffer) = sample.buffer() else { continue };
        let truth = ego_meta::truth(buffer)?.ok_or("a frame without truth")?;
        let action = ego_meta::all_actions(buffer).next().transpose()?.map(|meta| meta.action);
        let told = action.as_ref().filter(|a| a.stable && !a.unknown).and_then(|a| Some(a.label(a.top.first()?.0).to_owned()));
        let top = action.iter().flat_map(|a| a.top.iter().map(|(class, p)| (a.label(*class).to_owned(), *p))).collect();
        let label = (truth.action.label != "background").then_some(truth.action.label);
        let holds = truth.objects.iter().any(|o| o.in_hand != InHand::None);
        let ns = buffer.pts().map_or(0, gst::ClockTime::nseconds);
        rows.push(Row { ns, about_ns: action.as_ref().map_or(ns, |a| a.about_ns), truth: label, holds, told, top });
    }
    let bus = pipeline.bus().ok_or("no bus")?;
    let mut told = Vec::new();
    while let Some(message) = bus.pop_filtered(&[gst::MessageType::Error, gst::MessageType::Element]) {
        match message.view() {
            gst::MessageView::Error(e) => return Err(e.error().to_string().into()),
            _ => told.extend(message.structure().and_then(ended)),
        }
    }
    pipeline.set_state(gst::State::Null)?;
    told.sort_by_key(|segment| segment.since_ns);
    Ok((rows, told))
}

/// The segment of a message `ego-action` that tells an end.
fn ended(message: &gst::StructureRef) -> Option<Labelled> {
    let ends = message.name() == "ego-action" && message.get::<&str>("event").ok()? == "end";
    let (label, since_ns, until_ns) = (message.get("label").ok()?, message.get("since").ok()?, message.get("until").ok()?);
    ends.then_some(Labelled { label, since_ns, until_ns })
}

fn report(rows: &[Row], segments: &[Labelled], input: &str) -> serde_json::Value {
    let truth = stretches(rows.iter().map(|r| (r.ns, r.truth.as_deref())));
    let told = stretches(rows.iter().map(|r| (r.ns, r.told.as_deref())));
    let f1: Vec<Option<f64>> = [0.1, 0.25, 0.5].iter().map(|at| SegmentTally::f1(&segment_tally(&truth, segments, *at))).collect();
    let mut delays = delays_s(&truth, &told);
    // A label that comes before the contact has no delay after it.
    let after_contact = delays.iter().zip(&truth).map(|(delay, t)| (delay - contact_s(rows, t)).max(0.0));
    let mut after_contact: Vec<f64> = after_contact.collect();
    let late = delays.iter().filter(|d| !d.is_finite()).count();
    let span = [rows.first().map_or(0, |r| r.ns), rows.last().map_or(0, |r| r.ns)];
    let idle: IdleTally = idle_tally(&truth, segments, span);
    let mut answers = AnswerTally::default();
    for segment in &truth {
        answers.answer(answer(rows, segment).as_deref() == Some(segment.label.as_str()), false);
    }
    serde_json::json!({
        "bench": "action.stream", "input": input, "seconds": span[1] as f64 / 1e9, "segments": truth.len(),
        "top1": answers.top1(), "top1_interval": wilson(answers.right, answers.total), "f1_10_25_50": f1,
        "delay_median_s": quantile(&mut delays, 0.5).filter(|d| d.is_finite()), "delay_after_contact_median_s": quantile(&mut after_contact, 0.5).filter(|d| d.is_finite()), "never_told": late,
        "false_in_idle_per_minute": idle.per_minute(), "false_begun_in_idle_per_minute": idle.begun_per_minute(), "idle_s": idle.idle_s, "told": segments.len(),
    })
}

/// The frames of a segment.
fn within<'a>(rows: &'a [Row], segment: &Labelled) -> impl Iterator<Item = &'a Row> {
    let (since, until) = (segment.since_ns, segment.until_ns);
    rows.iter().filter(move |r| (since..=until).contains(&r.ns))
}

/// Seconds from the beginning of a segment to its contact.
fn contact_s(rows: &[Row], segment: &Labelled) -> f64 {
    within(rows, segment).find(|r| r.holds).map_or(0.0, |r| (r.ns - segment.since_ns) as f64 / 1e9)
}

/// The class with the highest probability in all that is said about a segment, "nothing" left out.
fn answer(rows: &[Row], segment: &Labelled) -> Option<String> {
    let mut sums = std::collections::BTreeMap::<&str, f64>::new();
    let about = rows.iter().filter(|r| (segment.since_ns..=segment.until_ns).contains(&r.about_ns));
    for (label, p) in about.flat_map(|r| &r.top).filter(|(label, _)| label != "nothing") {
        *sums.entry(label).or_default() += f64::from(*p);
    }
    sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(label, _)| label.to_owned())
}
