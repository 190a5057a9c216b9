//! Comma-separated values (RFC 4180, lines end in a line feed): hands frame by frame, and labels.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use ego_core::hands::JOINT_NAMES;

use super::segments::Segments;
use super::{Exporter, close};
use crate::frame::FrameRecord;

/// One row a frame and hand; a frame without hands has one row with nothing but its number and time.
pub(super) struct Hands {
    file: BufWriter<File>,
}

impl Hands {
    pub(super) fn new(mut file: BufWriter<File>) -> io::Result<Hands> {
        write!(file, "frame,time_s,side,track,score,depth_source")?;
        for name in JOINT_NAMES {
            write!(file, ",{name}_x_px,{name}_y_px,{name}_x_m,{name}_y_m,{name}_z_m,{name}_score")?;
        }
        writeln!(file)?;
        Ok(Hands { file })
    }
}

/// A number with so many decimals, nothing when it is none.
fn number(value: Option<f32>, decimals: usize) -> String {
    value.filter(|v| v.is_finite()).map_or_else(String::new, |v| format!("{v:.decimals$}"))
}

impl Exporter for Hands {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        let time = record.pts_ns.map_or_else(String::new, |ns| format!("{:.6}", ns as f64 / 1e9));
        let hands = record.hands.as_deref().unwrap_or_default();
        if hands.is_empty() {
            writeln!(self.file, "{},{time},,,,{}", record.frame, ",".repeat(6 * JOINT_NAMES.len()))?;
        }
        for hand in hands {
            let [side, source] = [hand.side.name(), hand.depth_source.name()];
            write!(self.file, "{},{time},{side},{},{},{source}", record.frame, hand.track, number(Some(hand.score), 4))?;
            for (joint, [x, y]) in hand.image_px.iter().enumerate() {
                let [mx, my, mz] = hand.camera_m.map_or([None; 3], |m| m[joint].map(Some));
                let metres = [number(mx, 5), number(my, 5), number(mz, 5)].join(",");
                write!(
                    self.file,
                    ",{},{},{metres},{}",
                    number(Some(*x), 2),
                    number(Some(*y), 2),
                    number(Some(hand.joint_score[joint]), 3)
                )?;
            }
            writeln!(self.file)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        close(self.file)
    }
}

/// One row a label.
pub(super) struct Labels {
    file: BufWriter<File>,
    segments: Segments,
}

impl Labels {
    pub(super) fn new(file: BufWriter<File>) -> Labels {
        Labels { file, segments: Segments::default() }
    }
}

/// A text in quotes where it needs them.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

impl Exporter for Labels {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        self.segments.frame(record);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        writeln!(self.file, "head,subject,label,start_s,end_s,duration_s,score")?;
        for s in self.segments.finish() {
            let [start, end] = [s.since_ns, s.until_ns].map(|ns| ns as f64 / 1e9);
            let (head, subject, label) = (s.head.name(), field(&s.subject), field(&s.label));
            writeln!(self.file, "{head},{subject},{label},{start:.3},{end:.3},{:.3},{:.4}", end - start, s.score)?;
        }
        close(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        assert_eq!(field("pour milk"), "pour milk");
        assert_eq!(field("say \"cut\", stop"), "\"say \"\"cut\"\", stop\"");
        assert_eq!((number(Some(f32::NAN), 2), number(Some(-0.126), 2), number(None, 1)), (String::new(), "-0.13".into(), String::new()));
    }
}
