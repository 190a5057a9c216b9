//! A graph over one input from its first to its last frame: nothing is dropped, nothing depends on the clock.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use crate::chain;
use crate::decoder::decoder;
use crate::encode;
use crate::error::{GraphError, Result};
use crate::gate::{ASSUMED_RATE, Gate};
use crate::input::{Input, InputKind};
use crate::pictures::picture_source;
use crate::properties::make;
use crate::session::{Graph, Session, Source, Writer};
use crate::settings::Settings;

/// Frames that wait for the analysis, and for a stage of it: a stage that takes longer for some of them, as a search for hands does, then
/// leaves those before and behind it something to do.
const DECODE_QUEUE: u32 = 12;
const ROOMY_QUEUE: u32 = 24;

/// The application message of a source without video.
pub(crate) const NO_VIDEO: &str = "ego-no-video";

/// What one batch run does.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    /// Where the frames come from.
    pub input: Input,
    /// Stages and their properties.
    pub settings: Settings,
    /// Rate of pictures and of streams without time stamps, frames per second; `None` = 30 or what the stream says.
    pub fps: Option<f64>,
    /// JSON lines go here.
    pub json: Option<PathBuf>,
    /// An MP4 with the results drawn on the pictures goes here.
    pub annotated: Option<PathBuf>,
}

/// Builds the graph and sets it going.
///
/// # Errors
/// When settings are wrong, an element is not installed, or the input is not there; everything later is in the
/// [`Outcome`](crate::Outcome).
pub fn run(plan: &BatchPlan) -> Result<Session> {
    plan.settings.check()?;
    if let InputKind::File(path) = &plan.input.kind {
        let meta = std::fs::metadata(path).map_err(|source| GraphError::Open { path: path.clone(), source })?;
        if meta.len() == 0 {
            return Err(GraphError::EmptyFile { input: plan.input.given.clone() });
        }
    }
    let rate = plan.fps.and_then(gst::Fraction::approximate_f64);
    let pipeline = gst::Pipeline::new();
    let entry = chain::roomy_queue(DECODE_QUEUE)?;
    pipeline.add(&entry).map_err(|e| GraphError::Build(e.to_string()))?;
    let gate = Gate::new(chain::static_pad(&entry, "sink")?, false, rate);
    let json = plan.json.as_deref().map(|path| (path, plan.input.stem.as_str()));
    let chain = chain::build(&pipeline, &plan.settings, json, ROOMY_QUEUE)?;
    chain::fix_hands_delay(&chain, &plan.settings);
    chain::link(&entry, &chain.first)?;
    let mut writers = Vec::new();
    if let (Some(element), Some(path)) = (&chain.json, &plan.json) {
        writers.push(Writer { element: element.clone(), path: path.clone() });
    }
    match &plan.annotated {
        Some(path) => {
            let bin: gst::Element = encode::annotated_mp4(path, &plan.settings)?.upcast();
            pipeline.add(&bin).map_err(|e| GraphError::Build(e.to_string()))?;
            chain::link(&chain.last, &bin)?;
            writers.push(Writer { element: bin, path: path.clone() });
        }
        None => {
            let sink = make("fakesink")?;
            sink.set_property("enable-last-sample", false);
            // Without waiting for a first frame: an early error of the source would keep the graph paused for ever.
            sink.set_property("async", false);
            pipeline.add(&sink).map_err(|e| GraphError::Build(e.to_string()))?;
            chain::link(&chain.last, &sink)?;
        }
    }
    let source = source(&plan.input.kind, rate)?;
    pipeline.add(&source).map_err(|e| GraphError::Build(e.to_string()))?;
    link_source(&source, &entry)?;
    let source = Source::Batch { element: source, input: plan.input.clone() };
    Graph { pipeline, gate, chain, late: None, source, writers, window: None, recording_queue: None, duration: None }.start()
}

/// Links a source of [`source`] to the first element of a graph, now or when its pictures are found.
pub(crate) fn link_source(source: &gst::Element, entry: &gst::Element) -> Result<()> {
    if source.static_pad("src").is_some() { chain::link(source, entry) } else { link_video_when_found(source, entry) }
}

/// The element that delivers the frames of an input.
pub(crate) fn source(kind: &InputKind, rate: Option<gst::Fraction>) -> Result<gst::Element> {
    match kind {
        InputKind::Pictures { files, format } => {
            let rate = rate.unwrap_or(gst::Fraction::new(ASSUMED_RATE, 1));
            picture_source(files.clone(), *format, rate).map(|bin| bin.upcast())
        }
        InputKind::File(path) => decoder(&file_uri(path)?),
        InputKind::Uri(uri) => decoder(uri),
        InputKind::Blank { width, height, fps } => {
            let rate = gst::Fraction::approximate_f64(*fps).unwrap_or(gst::Fraction::new(ASSUMED_RATE, 1));
            let source = make("videotestsrc")?;
            source.set_property_from_str("pattern", "black");
            let size = make("capsfilter")?;
            let caps = gst::Caps::builder("video/x-raw").field("format", "I420").field("framerate", rate);
            size.set_property("caps", caps.field("width", *width as i32).field("height", *height as i32).build());
            let bin = gst::Bin::with_name("source");
            let line = [source, size];
            chain::add_and_link(&bin, &line)?;
            chain::expose_last(&bin, &line)?;
            Ok(bin.upcast())
        }
    }
}

fn file_uri(path: &Path) -> Result<String> {
    let open = |e: std::io::Error| GraphError::Open { path: path.into(), source: e };
    let absolute = std::path::absolute(path).map_err(open)?;
    let uri = gst::glib::filename_to_uri(&absolute, None).map_err(|e| open(std::io::Error::other(e.to_string())))?;
    Ok(uri.to_string())
}

/// Whether a decoder's pad carries pictures in memory.
pub(crate) fn is_video(pad: &gst::Pad) -> bool {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    caps.structure(0).is_some_and(|s| s.name() == "video/x-raw")
}

fn link_video_when_found(decoder: &gst::Element, entry: &gst::Element) -> Result<()> {
    let sink = chain::static_pad(entry, "sink")?;
    let target = sink.clone();
    decoder.connect_pad_added(move |_, pad| {
        // The first video stream counts; covers and second cameras in the same file are left out.
        if is_video(pad) && !target.is_linked() {
            let _ = pad.link(&target);
        }
    });
    decoder.connect_no_more_pads(move |decoder| {
        if !sink.is_linked() {
            let message = gst::message::Application::builder(gst::Structure::new_empty(NO_VIDEO)).src(decoder).build();
            let _ = decoder.post_message(message);
        }
    });
    Ok(())
}
