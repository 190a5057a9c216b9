//! The object layer: boxes with a label, and which hand holds them.
//!
//! In: [`Detections`] with boxes divided by the picture's width and height. Boxes are green, yellow with thick corners while they are
//! held; sizes grow with the picture as those of the hand layer do.

use std::fmt::Write;

use super::canvas::Canvas;
use super::colour::Rgb;
use super::hands::{OUTLINE, REFERENCE_HEIGHT};
use super::label::Placer;
use super::shapes::{Ink, Rect};
use super::text::Glyphs;
use crate::objects::{Detection, Detections, InHand};

/// Okabe and Ito's bluish green.
const OBJECT: Rgb = Rgb(0x00, 0x9E, 0x73);
/// Okabe and Ito's yellow.
const HELD: Rgb = Rgb(0xF0, 0xE4, 0x42);
const LINE_PX: f32 = 1.6;
const CORNER_PX: f32 = 4.0;
/// Length of a held box's corners, as a share of its shorter side.
const CORNER_SHARE: f32 = 0.25;
const LEAST_LINE_PX: f32 = 1.0;

fn colour(object: &Detection) -> Rgb {
    if object.in_hand == InHand::None { OBJECT } else { HELD }
}

/// Corners in pixels; `None` for boxes without a place or an area.
fn corners(canvas: &Canvas, object: &Detection) -> Option<[f32; 4]> {
    let [w, h] = [canvas.width() as f32, canvas.height() as f32];
    let [x0, y0, x1, y1] = object.box_norm;
    let corners = [x0 * w - 0.5, y0 * h - 0.5, x1 * w - 0.5, y1 * h - 0.5];
    (corners.iter().all(|v| v.is_finite()) && corners[2] > corners[0] && corners[3] > corners[1]).then_some(corners)
}

/// Draws the boxes of all objects.
pub fn draw_objects(canvas: &mut Canvas, objects: &Detections, line_scale: f32) {
    let scale = canvas.height() as f32 / REFERENCE_HEIGHT * line_scale;
    for object in &objects.detections {
        let Some([x0, y0, x1, y1]) = corners(canvas, object) else { continue };
        let line = (LINE_PX * scale).max(LEAST_LINE_PX);
        let ink = |canvas: &Canvas| Ink { fill: canvas.paint(colour(object), 0.95), rim: Some((canvas.paint(OUTLINE, 0.5), 0.6 * line)) };
        let thin = ink(canvas);
        for (a, b) in [([x0, y0], [x1, y0]), ([x1, y0], [x1, y1]), ([x1, y1], [x0, y1]), ([x0, y1], [x0, y0])] {
            canvas.line(a, b, line, &thin);
        }
        if object.in_hand != InHand::None {
            let reach = CORNER_SHARE * (x1 - x0).min(y1 - y0);
            let thick = (CORNER_PX * scale).max(2.0 * LEAST_LINE_PX);
            for ([x, y], [dx, dy]) in [([x0, y0], [1.0, 1.0]), ([x1, y0], [-1.0, 1.0]), ([x1, y1], [-1.0, -1.0]), ([x0, y1], [1.0, -1.0])] {
                canvas.line([x, y], [x + dx * reach, y], thick, &thin);
                canvas.line([x, y], [x, y + dy * reach], thick, &thin);
            }
        }
    }
}

/// What a label says besides the class and the hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLabels {
    /// The distance, where it is known.
    pub depth: bool,
    /// The track number.
    pub track_ids: bool,
}

/// Writes the label of each object above its box. `text` is scratch space.
pub fn draw_object_labels(
    canvas: &mut Canvas,
    objects: &Detections,
    labels: ObjectLabels,
    glyphs: &Glyphs,
    placer: &mut Placer,
    text: &mut String,
) {
    for object in &objects.detections {
        let Some([x0, y0, ..]) = corners(canvas, object) else { continue };
        text.clear();
        write_label(text, objects.label(object.class), object, labels);
        let [width, height] = Canvas::label_size(glyphs, text);
        let rect = placer.place(Rect { x: x0, y: y0 - height - 2.0, width, height }, canvas.width() as f32, canvas.height() as f32);
        canvas.label(glyphs, [rect.x, rect.y], text, colour(object));
    }
}

/// `milk 93 % #2 0.54 m · right`.
fn write_label(text: &mut String, name: &str, object: &Detection, labels: ObjectLabels) {
    // Writing to a string cannot fail.
    let _ = if name.is_empty() { write!(text, "class {}", object.class) } else { write!(text, "{name}") };
    let _ = write!(text, " {:.0} %", 100.0 * object.score);
    if let Some(track) = object.track.filter(|_| labels.track_ids) {
        let _ = write!(text, " #{track}");
    }
    if let Some(depth_m) = object.depth_m.filter(|d| labels.depth && d.is_finite()) {
        let _ = write!(text, " {depth_m:.2} m");
    }
    if object.in_hand != InHand::None {
        let _ = write!(text, " · {}", object.in_hand.name());
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::ColourModel;
    use super::super::compose::{PlaneMut, Target};
    use super::*;

    const SIZE: u32 = 360;

    fn drawn(objects: &Detections) -> Vec<[u8; 3]> {
        let mut canvas = Canvas::new(SIZE, SIZE, ColourModel::RGB);
        draw_objects(&mut canvas, objects, 1.0);
        let mut data = vec![0; (3 * SIZE * SIZE) as usize];
        let plane = PlaneMut { data: &mut data, stride: 3 * SIZE as usize };
        canvas.compose(&mut Target::Packed { plane, bytes: 3, rgb: [0, 1, 2], alpha: None });
        data.as_chunks::<3>().0.to_vec()
    }

    fn object(in_hand: InHand, box_norm: [f32; 4]) -> Detections {
        let object = Detection { class: 0, score: 0.934, track: Some(2), box_norm, depth_m: Some(0.538), in_hand };
        Detections { detections: vec![object], labels: vec!["milk".to_owned()].into() }
    }

    #[test]
    fn a_box_has_four_sides_and_is_yellow_with_thick_corners_when_held() {
        let at = |picture: &[[u8; 3]], x: u32, y: u32| picture[(y * SIZE + x) as usize];
        let free = drawn(&object(InHand::None, [0.25, 0.25, 0.75, 0.75]));
        for (x, y) in [(180, 90), (180, 270), (90, 180), (270, 180)] {
            // A side passes between two rows or columns of pixels.
            let [r, g, _] = at(&free, x, y);
            assert!(g > 60 && r < 20, "({x}, {y}): {r} {g}");
        }
        assert_eq!(at(&free, 180, 180), [0; 3], "nothing inside");
        let held = drawn(&object(InHand::Left, [0.25, 0.25, 0.75, 0.75]));
        assert!(at(&held, 180, 90)[0] > 100, "{:?}", at(&held, 180, 90));
        // Near a corner the line fills both rows that a thin one halves; a free box is the same all along.
        for (x, y) in [(100, 90), (260, 270), (90, 100), (270, 260)] {
            let [corner, side] = [at(&held, x, y)[1], at(&held, 180, 90)[1]];
            assert!(corner > side + side / 2, "({x}, {y}): {corner} {side}");
            assert!(at(&free, x, y)[1].abs_diff(at(&free, 180, 90)[1]) < 4);
        }
    }

    #[test]
    fn labels_say_class_score_hand_and_what_is_asked_for() {
        let objects = object(InHand::Both, [0.0; 4]);
        let label = |labels, name: &str| {
            let mut text = String::new();
            write_label(&mut text, name, &objects.detections[0], labels);
            text
        };
        assert_eq!(label(ObjectLabels::default(), "milk"), "milk 93 % · both");
        assert_eq!(label(ObjectLabels { depth: true, track_ids: true }, ""), "class 0 93 % #2 0.54 m · both");
    }

    #[test]
    fn impossible_boxes_are_not_drawn() {
        for wrong in [[f32::NAN, 0.0, 1.0, 1.0], [0.5, 0.5, 0.4, 0.6], [f32::INFINITY; 4], [0.2; 4]] {
            assert!(drawn(&object(InHand::Left, wrong)).iter().all(|p| *p == [0; 3]), "{wrong:?}");
        }
    }
}
