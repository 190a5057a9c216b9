//! Which part of the graph an error message is about, and what it means there.

use gst::prelude::*;

use crate::container;
use crate::error::{ErrorKind, GraphError};
use crate::input::{Input, InputKind};
use crate::session::{Graph, Source};

/// What an error message means for the run.
pub(crate) enum Fault {
    /// The source has failed: live sources come back.
    Source(String),
    /// The input of a batch run has failed; frames that came through can be kept.
    Input(GraphError),
    /// Nothing can go on.
    Fatal(GraphError),
    /// From a source that has been taken out already.
    Stale,
    /// The user has closed the window.
    WindowClosed,
}

/// Finds the part that an error comes from.
pub(crate) fn of_error(graph: &Graph, message: &gst::message::Error) -> Fault {
    let error = message.error();
    let mut reason = error.message().trim_end_matches('.').to_owned();
    let debug = message.debug().unwrap_or_default();
    let Some(from) = message.src() else { return Fault::Fatal(GraphError::Build(reason)) };
    let is_in = |part: &gst::Element| from == part.upcast_ref::<gst::Object>() || from.has_as_ancestor(part);

    if !is_in(graph.pipeline.upcast_ref()) {
        return Fault::Stale;
    }
    for writer in &graph.writers {
        if is_in(&writer.element) {
            let full = error.matches(gst::ResourceError::NoSpaceLeft) || debug.contains("No space left");
            if full {
                reason = "no space left on the disk".into();
            } else if let Some(detail) = system_error(&debug) {
                reason = detail;
            }
            return Fault::Fatal(GraphError::Write { path: writer.path.clone(), reason, full });
        }
    }
    if let Some((stage, _)) = graph.chain.stages.iter().find(|(_, element)| is_in(element)) {
        return Fault::Fatal(of_stage(stage, &error, reason));
    }
    if graph.window.as_ref().is_some_and(is_in) {
        // The sinks of GStreamer report a closed window as a lost resource.
        let closed = graph.chain.counter.frames() > 0 && error.matches(gst::ResourceError::NotFound);
        return if closed { Fault::WindowClosed } else { Fault::Fatal(GraphError::Window(reason)) };
    }
    match &graph.source {
        Source::Batch { element, input } if is_in(element) => {
            Fault::Input(of_input(input, graph.gate.frames(), reason, hint(&error, input)))
        }
        Source::Live(connection) if connection.owns(from) => Fault::Source(reason),
        _ => Fault::Fatal(GraphError::Build(format!("{}: {reason}", from.name()))),
    }
}

/// The failure of a stage, by the errors of the analysis elements: see `AnalysisError` in the plugin.
pub(crate) fn of_stage(stage: &str, error: &gst::glib::Error, reason: String) -> GraphError {
    let kind = if error.matches(gst::ResourceError::NotFound) {
        ErrorKind::Missing
    } else if error.matches(gst::ResourceError::Settings) || error.matches(gst::StreamError::WrongType) {
        ErrorKind::Usage
    } else {
        ErrorKind::Input
    };
    GraphError::Stage { stage: stage.to_owned(), reason, kind }
}

/// The failure of an input, in the words that fit best.
pub(crate) fn of_input(input: &Input, frames: u64, reason: String, hint: &str) -> GraphError {
    if let InputKind::File(path) = &input.kind
        && let Some(reason) = container::cut_short(path)
    {
        return GraphError::Truncated { input: input.given.clone(), reason, frames };
    }
    let hint = if hint.is_empty() { "see whether a player shows it; converting it to H.264 in MP4 often helps" } else { hint };
    GraphError::Decode { input: input.given.clone(), reason, frames, hint: hint.to_owned() }
}

/// What helps against an error of an input's decoder; empty when that is not known.
pub(crate) fn hint(error: &gst::glib::Error, input: &Input) -> &'static str {
    if error.matches(gst::StreamError::TypeNotFound) || error.matches(gst::StreamError::WrongType) {
        "this is not a video file that GStreamer knows"
    } else if error.matches(gst::StreamError::CodecNotFound) || error.matches(gst::CoreError::MissingPlugin) {
        "install gstreamer1.0-libav and gstreamer1.0-plugins-bad, or convert it to H.264 in MP4"
    } else if matches!(input.kind, InputKind::Uri(_)) {
        "check the address and that its server answers"
    } else {
        ""
    }
}

/// The operating system's words at the end of GStreamer's debug text, as in `system error: Permission denied`.
fn system_error(debug: &str) -> Option<String> {
    let (_, words) = debug.split_once("system error: ")?;
    Some(words.lines().next().unwrap_or(words).trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_words_are_found_in_gstreamer_s_debug_text() {
        let debug = "../gst/gstfilesink.c(492): gst_file_sink_open_file (): /filesink0:\nsystem error: Permission denied\nmore";
        assert_eq!(system_error(debug).as_deref(), Some("permission denied"));
        assert_eq!(system_error("streaming stopped, reason error (-5)"), None);
    }
}
