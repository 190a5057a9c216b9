//! The status line: how old the shown result is and where its depth comes from.

use std::fmt::Write;

use super::canvas::Canvas;
use super::colour::Rgb;
use super::label::Placer;
use super::shapes::Rect;
use super::text::Glyphs;
use crate::hands::DepthSource;

/// Okabe and Ito's bluish green.
const FRESH: Rgb = Rgb(0x00, 0x9E, 0x73);
/// Okabe and Ito's yellow; the text says the same with an exclamation mark.
const STALE: Rgb = Rgb(0xF0, 0xE4, 0x42);

/// What is written where a range mask was moved back.
const RELAXED: &str = "! range mask moved back: it would cut a hand";

/// What the status line says about one result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandStatus {
    /// How many hands the result holds.
    pub count: usize,
    /// Nanoseconds between the analysed frame and the shown one.
    pub age_ns: u64,
    /// Whether the result is too old to be shown.
    pub hidden: bool,
    /// Where camera-space positions come from.
    pub depth_source: DepthSource,
}

/// Writes the status line into the upper left corner, or below what lies there. `text` is scratch space.
pub fn draw_status(canvas: &mut Canvas, status: &HandStatus, glyphs: &Glyphs, placer: &mut Placer, text: &mut String) {
    text.clear();
    write_status(text, status);
    draw_line(canvas, text, if status.hidden { STALE } else { FRESH }, glyphs, placer);
}

/// Says below the status line that the mask shown lies further back than its threshold.
pub fn draw_relaxed(canvas: &mut Canvas, glyphs: &Glyphs, placer: &mut Placer) {
    draw_line(canvas, RELAXED, STALE, glyphs, placer);
}

fn draw_line(canvas: &mut Canvas, text: &str, colour: Rgb, glyphs: &Glyphs, placer: &mut Placer) {
    let [width, height] = Canvas::label_size(glyphs, text);
    let margin = (glyphs.height_px() * 0.4).round() - 0.5;
    let rect = placer.place(Rect { x: margin, y: margin, width, height }, canvas.width() as f32, canvas.height() as f32);
    canvas.label(glyphs, [rect.x, rect.y], text, colour);
}

fn write_status(text: &mut String, status: &HandStatus) {
    let age_ms = status.age_ns / 1_000_000;
    // Writing to a string cannot fail.
    let _ = if status.hidden {
        write!(text, "! hands: result is {age_ms} ms old, not shown")
    } else {
        let hands = if status.count == 1 { "hand" } else { "hands" };
        write!(text, "{} {hands} · {age_ms} ms old", status.count)
    };
    let _ = match status.depth_source {
        DepthSource::None => Ok(()),
        source => write!(text, " · {} depth", source.name()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_count_age_and_depth_source() {
        let fresh = HandStatus { count: 2, age_ns: 33_400_000, hidden: false, depth_source: DepthSource::Estimated };
        for (status, want) in [
            (fresh, "2 hands · 33 ms old · estimated depth"),
            (HandStatus { count: 1, age_ns: 0, depth_source: DepthSource::None, ..fresh }, "1 hand · 0 ms old"),
            (
                HandStatus { hidden: true, age_ns: 640_000_000, depth_source: DepthSource::Measured, ..fresh },
                "! hands: result is 640 ms old, not shown · measured depth",
            ),
        ] {
            let mut text = String::new();
            write_status(&mut text, &status);
            assert_eq!(text, want);
        }
    }
}
