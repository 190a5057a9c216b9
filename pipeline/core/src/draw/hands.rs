//! The hand layer: skeletons in colours and shapes that tell the sides apart without colour vision, and their labels.
//!
//! In: [`Hands`] with joints divided by the picture's width and height. Out: marks on a [`Canvas`]. Sizes are given at a
//! picture height of 720 and grow with it; colours are of Okabe and Ito's set (2008, "Color Universal Design").

use std::fmt::Write;

use super::canvas::Canvas;
use super::colour::Rgb;
use super::label::Placer;
use super::shapes::{Ink, Rect};
use super::text::Glyphs;
use crate::hands::{BONES, BoneKind, DepthSource, Hand, Hands, JOINTS, Side, TIPS, WRIST};

const LEFT: Rgb = Rgb(0x56, 0xB4, 0xE9);
const RIGHT: Rgb = Rgb(0xE6, 0x9F, 0x00);
const UNKNOWN: Rgb = Rgb(0xBB, 0xBB, 0xBB);
/// Palm bones of hands, neutral.
pub const PALM: Rgb = Rgb(0xE8, 0xE8, 0xE8);
/// The rim around every mark, so that it reads on any background.
pub const OUTLINE: Rgb = Rgb(0x10, 0x10, 0x10);
/// Colours of thumb, index, middle, ring and little finger.
pub const FINGERS: [Rgb; 5] =
    [Rgb(0xD5, 0x5E, 0x00), Rgb(0xE6, 0x9F, 0x00), Rgb(0x00, 0x9E, 0x73), Rgb(0x00, 0x72, 0xB2), Rgb(0xCC, 0x79, 0xA7)];
/// MediaPipe 0.10.21, `python/solutions/drawing_styles.py`: the same five fingers, then palm joints and palm bones.
const MEDIAPIPE_FINGERS: [Rgb; 5] = [Rgb(255, 229, 180), Rgb(128, 64, 128), Rgb(255, 204, 0), Rgb(48, 255, 48), Rgb(21, 101, 192)];
const MEDIAPIPE_PALM_JOINT: Rgb = Rgb(255, 48, 48);
const MEDIAPIPE_PALM_BONE: Rgb = Rgb(128, 128, 128);

/// Height of the picture that the sizes below are for, pixels.
pub(super) const REFERENCE_HEIGHT: f32 = 720.0;
const BONE_PX: f32 = 2.0;
const PALM_BONE_PX: f32 = 1.5;
/// MediaPipe draws the palm thicker than the fingers.
const MEDIAPIPE_PALM_BONE_PX: f32 = 3.0;
const JOINT_RADIUS_PX: f32 = 4.0;
const OUTLINE_PX: f32 = 1.0;
/// A hand smaller than this would vanish under its own joints: its marks shrink with it.
const SMALL_HAND_PX: f32 = 140.0;
/// Below these, strokes and joints dissolve into grey or cannot be told apart by shape.
const LEAST_BONE_PX: f32 = 1.2;
const LEAST_JOINT_RADIUS_PX: f32 = 1.8;
const LEAST_OUTLINE_PX: f32 = 0.8;

/// What the colour of a bone means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandColours {
    /// The side: left sky blue, right orange, unknown grey.
    #[default]
    Side,
    /// The finger, with one to five dots at its tip; the side shows in the shape of the joints.
    Finger,
    /// The finger, in MediaPipe's colours, to compare pictures.
    MediaPipe,
}

/// How skeletons are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandStyle {
    /// What colours mean.
    pub colours: HandColours,
    /// Factor on all sizes; 1 is made for looking at the whole picture.
    pub line_scale: f32,
    /// Joints less certain than this are not drawn, 0..1; opacity grows from 0.35 here to 1 at certainty.
    pub threshold: f32,
}

impl Default for HandStyle {
    fn default() -> HandStyle {
        HandStyle { colours: HandColours::Side, line_scale: 1.0, threshold: 0.3 }
    }
}

/// What a hand's label says besides its letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandLabels {
    /// The distance of the wrist from the camera in metres, with `~` in front when it is an estimate.
    pub depth: bool,
    /// The track number.
    pub track_ids: bool,
}

/// Sizes of one hand's marks, pixels of this picture.
#[derive(Clone, Copy)]
struct Sizes {
    bone: f32,
    palm_bone: f32,
    joint_radius: f32,
    outline: f32,
}

/// One hand in pixels, with the opacity of its joints; `None` for those that are not drawn.
struct Skeleton<'a> {
    hand: &'a Hand,
    joints: [Option<([f32; 2], f32)>; JOINTS],
    sizes: Sizes,
    colours: HandColours,
}

/// Size of text for a picture of this height, pixels from the top of a line to its bottom.
pub fn text_height_px(picture_height: u32, line_scale: f32) -> f32 {
    (17.0 * picture_height as f32 / REFERENCE_HEIGHT * line_scale).clamp(12.0, 200.0).round()
}

/// Draws the skeletons of all hands.
pub fn draw_skeletons(canvas: &mut Canvas, hands: &Hands, style: &HandStyle) {
    for hand in &hands.hands {
        let skeleton = Skeleton::new(hand, style, canvas.width(), canvas.height());
        skeleton.draw_bones(canvas);
        skeleton.draw_joints(canvas);
        if style.colours == HandColours::Finger {
            skeleton.draw_tip_dots(canvas);
        }
    }
}

/// Writes a label beside the wrist of each hand that has a joint in the picture. `text` is scratch space.
pub fn draw_labels(
    canvas: &mut Canvas,
    hands: &Hands,
    style: &HandStyle,
    labels: HandLabels,
    glyphs: &Glyphs,
    placer: &mut Placer,
    text: &mut String,
) {
    for hand in &hands.hands {
        let skeleton = Skeleton::new(hand, style, canvas.width(), canvas.height());
        text.clear();
        write_label(text, hand, hands.depth_source, labels);
        let size = Canvas::label_size(glyphs, text);
        if let Some(rect) = skeleton.label_place(size, canvas.width() as f32, canvas.height() as f32) {
            let rect = placer.place(rect, canvas.width() as f32, canvas.height() as f32);
            canvas.label(glyphs, [rect.x, rect.y], text, side_colour(hand.side));
        }
    }
}

/// `L`, `R` or `?`, then what was asked for and is known: `L #3 ~0.42 m`.
fn write_label(text: &mut String, hand: &Hand, depth_source: DepthSource, labels: HandLabels) {
    text.push(match hand.side {
        Side::Left => 'L',
        Side::Right => 'R',
        Side::Unknown => '?',
    });
    // Writing to a string cannot fail.
    if labels.track_ids {
        let _ = write!(text, " #{}", hand.track);
    }
    if let Some(wrist_m) = hand.camera_m.map(|joints| joints[WRIST]).filter(|_| labels.depth) {
        let distance_m = wrist_m.iter().map(|v| v * v).sum::<f32>().sqrt();
        if distance_m.is_finite() {
            let mark = if depth_source == DepthSource::Measured { "" } else { "~" };
            let _ = write!(text, " {mark}{distance_m:.2} m");
        }
    }
}

/// The colour of a side.
pub fn side_colour(side: Side) -> Rgb {
    match side {
        Side::Left => LEFT,
        Side::Right => RIGHT,
        Side::Unknown => UNKNOWN,
    }
}

/// 0 thumb ... 4 little finger; `None` for the wrist.
fn finger_of(joint: usize) -> Option<usize> {
    joint.checked_sub(1).map(|joint| joint / 4)
}

/// Opacity of a mark of this confidence: 0.35 at the threshold, 1 at certainty, `None` below the threshold.
pub fn joint_opacity(confidence: f32, threshold: f32) -> Option<f32> {
    let threshold = threshold.clamp(0.0, 1.0);
    if confidence.is_nan() || confidence < threshold {
        return None;
    }
    let above = if threshold < 1.0 { (confidence.min(1.0) - threshold) / (1.0 - threshold) } else { 1.0 };
    Some(0.35 + 0.65 * above)
}

impl Sizes {
    fn new(picture_height: f32, line_scale: f32, hand_px: f32) -> Sizes {
        let picture = picture_height / REFERENCE_HEIGHT;
        let small = if hand_px.is_finite() { (hand_px / (SMALL_HAND_PX * picture)).clamp(0.45, 1.0) } else { 1.0 };
        let scale = picture * line_scale * small;
        Sizes {
            bone: (BONE_PX * scale).max(LEAST_BONE_PX),
            palm_bone: (PALM_BONE_PX * scale).max(LEAST_BONE_PX),
            joint_radius: (JOINT_RADIUS_PX * scale).max(LEAST_JOINT_RADIUS_PX),
            outline: (OUTLINE_PX * scale).max(LEAST_OUTLINE_PX),
        }
    }
}

impl<'a> Skeleton<'a> {
    fn new(hand: &'a Hand, style: &HandStyle, width: u32, height: u32) -> Skeleton<'a> {
        let points = hand.image_px(width, height);
        let mut joints = [None; JOINTS];
        for ((joint, point), score) in joints.iter_mut().zip(points).zip(hand.joint_score) {
            if point.iter().all(|v| v.is_finite()) {
                *joint = joint_opacity(score, style.threshold).map(|opacity| (point, opacity));
            }
        }
        let mut sizes = Sizes::new(height as f32, style.line_scale, hand.size_px(width, height));
        if style.colours == HandColours::MediaPipe {
            sizes.palm_bone *= MEDIAPIPE_PALM_BONE_PX / PALM_BONE_PX;
        }
        Skeleton { hand, joints, sizes, colours: style.colours }
    }

    /// The drawn bones: ends, width, colour, opacity. A bone is as certain as its less certain end.
    fn bones(&self) -> impl Iterator<Item = ([f32; 2], [f32; 2], f32, Rgb, f32)> {
        BONES.into_iter().filter_map(|(from, to, kind)| {
            let ((a, a_opacity), (b, b_opacity)) = (self.joints[from]?, self.joints[to]?);
            let (width, colour) = match (kind, self.colours, finger_of(to)) {
                (BoneKind::Palm, HandColours::MediaPipe, _) => (self.sizes.palm_bone, MEDIAPIPE_PALM_BONE),
                (BoneKind::Palm, _, _) => (self.sizes.palm_bone, PALM),
                (BoneKind::Finger, HandColours::Finger, Some(finger)) => (self.sizes.bone, FINGERS[finger]),
                (BoneKind::Finger, HandColours::MediaPipe, Some(finger)) => (self.sizes.bone, MEDIAPIPE_FINGERS[finger]),
                (BoneKind::Finger, _, _) => (self.sizes.bone, side_colour(self.hand.side)),
            };
            Some((a, b, width, colour, a_opacity.min(b_opacity)))
        })
    }

    /// A later bone passes over an earlier one; its rim tells the two apart.
    fn draw_bones(&self, canvas: &mut Canvas) {
        for (a, b, width, colour, opacity) in self.bones() {
            let ink = self.ink(canvas, colour, opacity);
            canvas.line(a, b, width, &ink);
        }
    }

    /// Round for the left hand, square for the right, diamond for neither; all of about the same area.
    fn draw_joints(&self, canvas: &mut Canvas) {
        let radius = self.sizes.joint_radius;
        for (joint, (at, opacity)) in self.joints.iter().enumerate().filter_map(|(i, joint)| joint.map(|joint| (i, joint))) {
            let ink = self.ink(canvas, self.joint_colour(joint), opacity);
            match self.hand.side {
                Side::Left => canvas.disc(at, radius, &ink),
                Side::Right => canvas.square(at, 0.88 * radius, &ink),
                Side::Unknown => canvas.diamond(at, 1.25 * radius, &ink),
            }
        }
    }

    fn ink(&self, canvas: &Canvas, colour: Rgb, opacity: f32) -> Ink {
        Ink { fill: canvas.paint(colour, opacity), rim: Some((canvas.paint(OUTLINE, opacity), self.sizes.outline)) }
    }

    fn joint_colour(&self, joint: usize) -> Rgb {
        // In MediaPipe's style the base of each finger belongs to the palm.
        let palm = joint == WRIST || joint % 4 == 1;
        match (self.colours, finger_of(joint)) {
            (HandColours::Finger, Some(finger)) => FINGERS[finger],
            (HandColours::MediaPipe, _) if palm => MEDIAPIPE_PALM_JOINT,
            (HandColours::MediaPipe, Some(finger)) => MEDIAPIPE_FINGERS[finger],
            _ => side_colour(self.hand.side),
        }
    }

    /// One dot for the thumb to five for the little finger, in a row across the finger, just beyond its tip.
    fn draw_tip_dots(&self, canvas: &mut Canvas) {
        for (finger, tip) in TIPS.into_iter().enumerate() {
            let (Some((at, opacity)), Some((before, _))) = (self.joints[tip], self.joints[tip - 1]) else { continue };
            let (dx, dy) = (at[0] - before[0], at[1] - before[1]);
            let length = dx.hypot(dy);
            let [ux, uy] = if length > 0.1 { [dx / length, dy / length] } else { [0.0, -1.0] };
            let radius = 0.42 * self.sizes.joint_radius;
            let (beyond, apart) = (self.sizes.joint_radius * 2.2 + self.sizes.outline, 2.0 * radius + self.sizes.outline);
            let dots = finger + 1;
            let place = |dot: usize| {
                let across = (dot as f32 - finger as f32 / 2.0) * apart;
                [at[0] + ux * beyond - uy * across, at[1] + uy * beyond + ux * across]
            };
            // A dark band first: the rims of neighbours would eat into each other.
            let band = canvas.paint(OUTLINE, opacity).into();
            canvas.line(place(0), place(dots - 1), 2.0 * (radius + self.sizes.outline), &band);
            let fill = canvas.paint(FINGERS[finger], opacity).into();
            for dot in 0..dots {
                canvas.disc(place(dot), radius, &fill);
            }
        }
    }

    /// Beyond the wrist, seen from the fingers; `None` when no joint is in the picture.
    fn label_place(&self, [label_width, label_height]: [f32; 2], width: f32, height: f32) -> Option<Rect> {
        let drawn = || self.joints.iter().flatten().map(|(at, _)| *at);
        if !drawn().any(|[x, y]| x >= 0.0 && y >= 0.0 && x < width && y < height) {
            return None;
        }
        let (sum, count) = drawn().fold(([0.0; 2], 0.0), |(sum, n), at| ([sum[0] + at[0], sum[1] + at[1]], n + 1.0));
        let middle = sum.map(|v| v / count);
        // Without a wrist, below the middle of what there is.
        let wrist = self.joints[WRIST].map_or(middle, |(at, _)| at);
        let (dx, dy) = (wrist[0] - middle[0], wrist[1] - middle[1]);
        let length = dx.hypot(dy);
        let [ux, uy] = if length > 1.0 { [dx / length, dy / length] } else { [0.0, 1.0] };
        let gap = self.sizes.joint_radius * 1.6 + self.sizes.outline;
        let out = gap + (ux * label_width / 2.0).abs() + (uy * label_height / 2.0).abs();
        let (x, y) = (wrist[0] + ux * out - label_width / 2.0, wrist[1] + uy * out - label_height / 2.0);
        Some(Rect { x: x.round() - 0.5, y: y.round() - 0.5, width: label_width, height: label_height })
    }
}

#[cfg(test)]
mod tests;
