//! The action layer: what somebody does, large in the upper left corner.
//!
//! A stable label stands with a green bar, one that is not sure yet with a yellow one and a question mark, and an unknown action with
//! a grey one: never only by colour.

use std::fmt::Write;

use super::canvas::Canvas;
use super::colour::Rgb;
use super::label::Placer;
use super::shapes::Rect;
use super::text::Glyphs;
use crate::action::{ActionResult, Head};

/// Okabe and Ito's bluish green, yellow, and grey.
const STABLE: Rgb = Rgb(0x00, 0x9E, 0x73);
const UNSURE: Rgb = Rgb(0xF0, 0xE4, 0x42);
const UNKNOWN: Rgb = Rgb(0xBB, 0xBB, 0xBB);

/// Letters of the action against those of other labels.
pub const ACTION_TEXT_SCALE: f32 = 1.7;

/// Writes an action into the upper left corner, or below what lies there. `glyphs` are large for the action with objects, of the
/// usual size for others; `text` is scratch space.
pub fn draw_action(canvas: &mut Canvas, action: &ActionResult, glyphs: &Glyphs, placer: &mut Placer, text: &mut String) {
    text.clear();
    let colour = write_action(text, action);
    let [width, height] = Canvas::label_size(glyphs, text);
    let margin = (glyphs.height_px() * 0.3).round() - 0.5;
    let rect = placer.place(Rect { x: margin, y: margin, width, height }, canvas.width() as f32, canvas.height() as f32);
    canvas.label(glyphs, [rect.x, rect.y], text, colour);
}

fn write_action(text: &mut String, action: &ActionResult) -> Rgb {
    let best = action.top.first();
    let name = best.map_or("", |(class, _)| action.label(*class));
    // Writing to a string cannot fail.
    if action.head != Head::Slow || action.subject != "wearer" {
        let _ = write!(text, "{}: ", action.subject);
    }
    let Some((class, probability)) = best.filter(|_| !action.unknown) else {
        text.push_str("unknown action");
        if let Some((_, probability)) = best.filter(|_| !name.is_empty()) {
            let _ = write!(text, " ({name} {:.0} %?)", 100.0 * probability);
        }
        return UNKNOWN;
    };
    let _ = if name.is_empty() { write!(text, "class {class}") } else { write!(text, "{name}") };
    if !action.stable {
        text.push('?');
    }
    let _ = write!(text, " {:.0} %", 100.0 * probability);
    if action.stable { STABLE } else { UNSURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_unsure_and_unknown_actions_read_and_look_different() {
        let action = ActionResult {
            head: Head::Slow,
            subject: "wearer".into(),
            labels: vec!["pour milk".to_owned(), "open milk".to_owned()].into(),
            top: vec![(0, 0.82), (1, 0.1)],
            unknown: false,
            uncertainty: 0.05,
            stable: true,
            window_ns: [0, 1],
            about_ns: 0,
            since_ns: Some(0),
        };
        let said = |action: &ActionResult| {
            let mut text = String::new();
            let colour = write_action(&mut text, action);
            (text, colour)
        };
        assert_eq!(said(&action), ("pour milk 82 %".into(), STABLE));
        assert_eq!(said(&ActionResult { stable: false, ..action.clone() }), ("pour milk? 82 %".into(), UNSURE));
        assert_eq!(said(&ActionResult { unknown: true, ..action.clone() }), ("unknown action (pour milk 82 %?)".into(), UNKNOWN));
        assert_eq!(said(&ActionResult { top: vec![], ..action.clone() }), ("unknown action".into(), UNKNOWN));
        let other = ActionResult { head: Head::Gesture, subject: "left".into(), top: vec![(7, 0.5)], ..action };
        assert_eq!(said(&other), ("left: class 7 50 %".into(), STABLE));
    }
}
