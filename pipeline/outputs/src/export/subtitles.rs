//! Labels as subtitles: WebVTT (W3C) and SubRip.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::segments::{LabelSegment, Segments};
use super::{Exporter, clock, close};
use crate::frame::FrameRecord;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Vtt,
    Srt,
}

/// One cue a label.
pub(super) struct Subtitles {
    file: BufWriter<File>,
    kind: Kind,
    segments: Segments,
}

impl Subtitles {
    pub(super) fn new(file: BufWriter<File>, kind: Kind) -> Subtitles {
        Subtitles { file, kind, segments: Segments::default() }
    }
}

/// The text of a cue; in WebVTT `&`, `<` and `>` have a meaning of their own.
fn text(segment: &LabelSegment, kind: Kind) -> String {
    let tier = segment.tier();
    let plain = if tier == "action" { segment.label.clone() } else { format!("{tier}: {}", segment.label) };
    let plain = plain.replace(['\n', '\r'], " ");
    if kind == Kind::Vtt { plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") } else { plain }
}

impl Exporter for Subtitles {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        self.segments.frame(record);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let separator = if self.kind == Kind::Vtt { '.' } else { ',' };
        if self.kind == Kind::Vtt {
            writeln!(self.file, "WEBVTT\n")?;
        }
        for (number, segment) in (1..).zip(self.segments.finish()) {
            // A cue must end after it has begun.
            let until_ns = segment.until_ns.max(segment.since_ns + 1_000_000);
            let (from, to) = (clock(segment.since_ns, separator), clock(until_ns, separator));
            writeln!(self.file, "{number}\n{from} --> {to}\n{}\n", text(&segment, self.kind))?;
        }
        close(self.file)
    }
}
