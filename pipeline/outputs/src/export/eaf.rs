//! Labels as an annotation document of ELAN (EAF 2.8): one tier for each classifier and subject.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::segments::{LabelSegment, Segments};
use super::{Exporter, close};
use crate::frame::FrameRecord;

/// Collects labels and writes the document at the end.
pub(super) struct Eaf {
    file: BufWriter<File>,
    segments: Segments,
    stream: String,
}

impl Eaf {
    pub(super) fn new(file: BufWriter<File>) -> Eaf {
        Eaf { file, segments: Segments::default(), stream: String::new() }
    }
}

/// A text inside an element or an attribute; characters that XML 1.0 does not have are left out.
fn escape(text: &str) -> String {
    let kept: String = text.chars().filter(|c| *c >= ' ' || ['\t', '\n', '\r'].contains(c)).collect();
    kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn ms(ns: u64) -> u64 {
    (ns + 500_000) / 1_000_000
}

impl Exporter for Eaf {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        if self.stream.is_empty() {
            self.stream.clone_from(&record.stream);
        }
        self.segments.frame(record);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Eaf { mut file, segments, stream } = *self;
        let segments = segments.finish();
        let mut tiers: BTreeMap<String, Vec<(usize, &LabelSegment)>> = BTreeMap::from([("action".to_owned(), Vec::new())]);
        for (number, segment) in segments.iter().enumerate() {
            tiers.entry(segment.tier()).or_default().push((number, segment));
        }
        writeln!(file, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(
            file,
            r#"<ANNOTATION_DOCUMENT AUTHOR="egostream" DATE="1970-01-01T00:00:00+00:00" FORMAT="2.8" VERSION="2.8" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv2.8.xsd">"#
        )?;
        writeln!(file, r#"  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">"#)?;
        writeln!(file, r#"    <PROPERTY NAME="stream">{}</PROPERTY>"#, escape(&stream))?;
        writeln!(file, "  </HEADER>\n  <TIME_ORDER>")?;
        for (number, segment) in segments.iter().enumerate() {
            for (which, ns) in [(1, segment.since_ns), (2, segment.until_ns.max(segment.since_ns + 1_000_000))] {
                writeln!(file, r#"    <TIME_SLOT TIME_SLOT_ID="ts{}" TIME_VALUE="{}"/>"#, 2 * number + which, ms(ns))?;
            }
        }
        writeln!(file, "  </TIME_ORDER>")?;
        for (tier, segments) in tiers {
            writeln!(file, r#"  <TIER LINGUISTIC_TYPE_REF="label" TIER_ID="{}">"#, escape(&tier))?;
            for (number, segment) in segments {
                writeln!(
                    file,
                    r#"    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{}" TIME_SLOT_REF1="ts{}" TIME_SLOT_REF2="ts{}"><ANNOTATION_VALUE>{}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"#,
                    number + 1,
                    2 * number + 1,
                    2 * number + 2,
                    escape(&segment.label)
                )?;
            }
            writeln!(file, "  </TIER>")?;
        }
        writeln!(file, r#"  <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="label" TIME_ALIGNABLE="true"/>"#)?;
        writeln!(file, "</ANNOTATION_DOCUMENT>")?;
        close(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_safe_in_xml() {
        assert_eq!(escape("a < b & \"c\"\u{1}"), "a &lt; b &amp; &quot;c&quot;");
    }
}
