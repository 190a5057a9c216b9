//! The truth layer: hands, object boxes and the action as they really are, drawn so that nobody takes them for results.
//!
//! Bones are dashed and joints are rings: open where the picture shows the joint, dots where something hides it. In: points
//! divided by the picture's width and height. Sizes grow with the picture as those of the hand layer do.

use super::canvas::Canvas;
use super::colour::Rgb;
use super::hands::{OUTLINE, REFERENCE_HEIGHT, side_colour};
use super::label::Placer;
use super::shapes::{Ink, Rect};
use super::text::Glyphs;
use crate::hands::{BONES, Hand, JOINTS, Side};

/// Okabe and Ito's bluish green.
const OBJECT: Rgb = Rgb(0x00, 0x9E, 0x73);
/// Okabe and Ito's yellow.
const HELD: Rgb = Rgb(0xF0, 0xE4, 0x42);

const LINE_PX: f32 = 1.4;
const RING_RADIUS_PX: f32 = 3.4;
const DOT_RADIUS_PX: f32 = 1.6;
const DASH_PX: f32 = 6.0;
const GAP_PX: f32 = 4.0;
/// Below this, lines dissolve into grey.
const LEAST_LINE_PX: f32 = 1.0;
const LEAST_RING_PX: f32 = 2.2;

/// Joints with at least this score are seen; below [`HIDDEN`] they lie outside the picture.
const SEEN: f32 = 0.75;
const HIDDEN: f32 = 0.25;

/// Points of an object's box: centre, 8 corners, 12 edge middles.
pub const BOX_POINTS: usize = 21;
/// Corners that the edges of a box join: the lower face, the upper face, what is between them.
const BOX_EDGES: [(usize, usize); 12] = [(1, 2), (2, 3), (3, 4), (4, 1), (5, 6), (6, 7), (7, 8), (8, 5), (1, 5), (2, 6), (3, 7), (4, 8)];

/// An object to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObjectMark<'a> {
    /// Name of its class.
    pub name: &'a str,
    /// What holds it, `none` when nothing does.
    pub in_hand: &'a str,
    /// Points of its box, divided by the picture's width and height; NaN behind the camera.
    pub box_norm: &'a [[f32; 2]; BOX_POINTS],
    /// Left, top, right, bottom of what is in the picture, divided alike.
    pub rect_norm: Option<[f32; 4]>,
}

impl ObjectMark<'_> {
    fn held(&self) -> bool {
        self.in_hand != "none"
    }

    fn colour(&self) -> Rgb {
        if self.held() { HELD } else { OBJECT }
    }
}

fn scale(canvas: &Canvas, line_scale: f32) -> f32 {
    canvas.height() as f32 / REFERENCE_HEIGHT * line_scale
}

fn pixel(canvas: &Canvas, [x, y]: [f32; 2]) -> [f32; 2] {
    [x * canvas.width() as f32, y * canvas.height() as f32]
}

/// Draws a true hand; a bystander's is grey whatever its side. Joints that score 1 are seen, 0.5 hidden, 0 outside.
pub fn draw_true_hand(canvas: &mut Canvas, hand: &Hand, bystander: bool, line_scale: f32) {
    let scale = scale(canvas, line_scale);
    let colour = side_colour(if bystander { Side::Unknown } else { hand.side });
    let line = (LINE_PX * scale).max(LEAST_LINE_PX);
    let rim = line.max(LEAST_LINE_PX) * 0.7;
    let joint = |i: usize| hand.image_norm.get(i).map(|p| pixel(canvas, *p)).filter(|p| p.iter().all(|v| v.is_finite()));
    let joints: [Option<[f32; 2]>; JOINTS] = std::array::from_fn(joint);
    let ink = Ink { fill: canvas.paint(colour, 0.9), rim: Some((canvas.paint(OUTLINE, 0.6), rim)) };
    for (a, b, _) in BONES {
        if let (Some(a), Some(b)) = (joints[a], joints[b]) {
            dashes(canvas, a, b, line, [DASH_PX, GAP_PX].map(|v| v * scale), &ink);
        }
    }
    let ring = (RING_RADIUS_PX * scale).max(LEAST_RING_PX);
    for (at, score) in joints.into_iter().zip(hand.joint_score) {
        let Some(at) = at.filter(|_| score >= HIDDEN) else { continue };
        if score >= SEEN {
            canvas.disc(at, ring, &ink);
            let hole = canvas.paint(Rgb(0xFF, 0xFF, 0xFF), 1.0).into();
            canvas.disc(at, (ring - line).max(0.8), &hole);
        } else {
            canvas.disc(at, (DOT_RADIUS_PX * scale).max(1.0), &ink);
        }
    }
}

/// Draws the box of an object: yellow while it is held, else green.
pub fn draw_true_object(canvas: &mut Canvas, object: &ObjectMark<'_>, line_scale: f32) {
    if object.rect_norm.is_none() {
        return;
    }
    let scale = scale(canvas, line_scale);
    let line = (LINE_PX * scale).max(LEAST_LINE_PX);
    let ink = Ink { fill: canvas.paint(object.colour(), 0.9), rim: Some((canvas.paint(OUTLINE, 0.5), 0.6 * line)) };
    for (a, b) in BOX_EDGES {
        let (a, b) = (pixel(canvas, object.box_norm[a]), pixel(canvas, object.box_norm[b]));
        canvas.line(a, b, line, &ink);
    }
}

/// Writes the name of an object above its box, with the hand that holds it. `text` is scratch space.
pub fn draw_true_object_label(canvas: &mut Canvas, object: &ObjectMark<'_>, glyphs: &Glyphs, placer: &mut Placer, text: &mut String) {
    let Some([left, top, ..]) = object.rect_norm else { return };
    text.clear();
    text.push_str(object.name);
    if object.held() {
        text.push_str(" · ");
        text.push_str(object.in_hand);
    }
    let [width, height] = Canvas::label_size(glyphs, text);
    let [x, y] = pixel(canvas, [left, top]);
    let rect = placer.place(Rect { x, y: y - height - 2.0, width, height }, canvas.width() as f32, canvas.height() as f32);
    canvas.label(glyphs, [rect.x, rect.y], text, object.colour());
}

/// Writes what happens into the lower left corner: `truth: pour milk · manipulate`. `text` is scratch space.
pub fn draw_true_action(canvas: &mut Canvas, action: &str, phase: &str, glyphs: &Glyphs, placer: &mut Placer, text: &mut String) {
    text.clear();
    for part in ["truth: ", action, " · ", phase] {
        text.push_str(part);
    }
    let [width, height] = Canvas::label_size(glyphs, text);
    let margin = (glyphs.height_px() * 0.4).round() - 0.5;
    let (w, h) = (canvas.width() as f32, canvas.height() as f32);
    let rect = placer.place(Rect { x: margin, y: h - 1.0 - margin - height, width, height }, w, h);
    canvas.label(glyphs, [rect.x, rect.y], text, OBJECT);
}

/// A line of dashes; `on_off` are their length and what is between them, pixels.
fn dashes(canvas: &mut Canvas, a: [f32; 2], b: [f32; 2], width: f32, [on, off]: [f32; 2], ink: &Ink) {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx.hypot(dy);
    // What is longer than that is far outside: nobody would see the dashes, and there would be too many.
    let reach = 4.0 * (canvas.width() + canvas.height()) as f32;
    if !(length > 0.0 && length < reach) {
        return;
    }
    let step = (on + off).max(2.0);
    let at = |t: f32| [a[0] + dx * t / length, a[1] + dy * t / length];
    let mut t = 0.0;
    while t < length {
        canvas.line(at(t), at((t + on).min(length)), width, ink);
        t += step;
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::ColourModel;
    use super::super::compose::{PlaneMut, Target};
    use super::*;

    const SIZE: u32 = 720;

    /// The picture on black, as rows of RGB.
    fn drawn(draw: impl FnOnce(&mut Canvas)) -> Vec<Vec<[u8; 3]>> {
        let mut canvas = Canvas::new(SIZE, SIZE, ColourModel::RGB);
        draw(&mut canvas);
        let stride = 3 * SIZE as usize;
        let mut data = vec![0; stride * SIZE as usize];
        let plane = PlaneMut { data: &mut data, stride };
        canvas.compose(&mut Target::Packed { plane, bytes: 3, rgb: [0, 1, 2], alpha: None });
        data.chunks(stride).map(|row| row.chunks(3).map(|p| [p[0], p[1], p[2]]).collect()).collect()
    }

    /// Fingers up, spread out; 40 pixels from joint to joint.
    fn open_hand(score: f32) -> Hand {
        let mut image_norm = [[0.5, 0.7]; JOINTS];
        for (i, point) in image_norm.iter_mut().enumerate().skip(1) {
            let (finger, along) = ((i - 1) / 4, (i - 1) % 4);
            *point = [0.2 + 0.15 * finger as f32, 0.55 - 40.0 / 720.0 * along as f32];
        }
        Hand { side: Side::Left, score: 1.0, presence: 1.0, track: 1, image_norm, camera_m: None, joint_score: [score; JOINTS] }
    }

    #[test]
    fn bones_are_dashed_and_rings_tell_what_is_seen() {
        let hand = open_hand(1.0);
        let picture = drawn(|canvas| draw_true_hand(canvas, &hand, false, 1.0));
        let [x, y] = hand.image_px(SIZE, SIZE)[8].map(|v| v.round() as usize);
        assert_eq!(picture[y][x], [255; 3], "a joint that is seen has a white middle");
        // Along a bone there are both dashes and gaps.
        let along: Vec<u8> = (8..33).map(|d| picture[y + d][x][2]).collect();
        assert!(along.iter().any(|v| *v > 180) && along.iter().any(|v| *v < 40), "{along:?}");

        let hidden = drawn(|canvas| draw_true_hand(canvas, &open_hand(0.5), false, 1.0));
        assert!(hidden[y][x] != [255; 3] && hidden[y][x][2] > 180, "a hidden joint is a dot: {:?}", hidden[y][x]);
        let outside = drawn(|canvas| draw_true_hand(canvas, &open_hand(0.0), false, 1.0));
        assert!(outside.iter().flatten().filter(|p| p[2] > 0).count() < hidden.iter().flatten().filter(|p| p[2] > 0).count());
        let other = drawn(|canvas| draw_true_hand(canvas, &open_hand(1.0), true, 1.0));
        assert!(other.iter().flatten().all(|p| p[0].abs_diff(p[2]) < 8), "a bystander's hand is grey");
    }

    #[test]
    fn points_behind_the_camera_or_far_away_are_no_trouble() {
        let mut hand = open_hand(1.0);
        hand.image_norm[4] = [f32::NAN; 2];
        hand.image_norm[8] = [1e30, -1e30];
        hand.image_norm[12] = [f32::INFINITY, 0.0];
        let picture = drawn(|canvas| draw_true_hand(canvas, &hand, false, 1.0));
        assert!(picture.iter().flatten().any(|p| *p != [0; 3]));
    }

    #[test]
    fn boxes_change_colour_with_the_hand_that_holds_them() {
        let mut box_norm = [[0.5; 2]; BOX_POINTS];
        for (k, [x, y]) in [[0.3, 0.6], [0.6, 0.6], [0.7, 0.7], [0.4, 0.7]].into_iter().enumerate() {
            (box_norm[1 + k], box_norm[5 + k]) = ([x, y], [x, y - 0.3]);
        }
        let of = |in_hand, rect_norm| {
            drawn(|canvas| draw_true_object(canvas, &ObjectMark { name: "milk", in_hand, box_norm: &box_norm, rect_norm }, 1.0))
        };
        let rect = Some([0.3, 0.3, 0.7, 0.7]);
        let middle = |picture: &[Vec<[u8; 3]>]| picture[432][324];
        assert!(middle(&of("none", rect))[0] < 40 && middle(&of("none", rect))[1] > 120);
        assert!(middle(&of("both", rect))[0] > 180, "{:?}", middle(&of("both", rect)));
        assert_eq!(middle(&of("both", None)), [0; 3], "nothing of it is in the picture");
    }
}
