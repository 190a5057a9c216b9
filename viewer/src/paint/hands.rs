//! Hands over the picture: sides told by colour and by the shape of the joints, certainty by opacity.

use ego_core::draw::hands::{FINGERS, OUTLINE, PALM, joint_opacity, side_colour};
use ego_core::hands::{BONES, BoneKind, Side, TIPS, WRIST};
use ego_outputs::HandRecord;
use egui::{Color32, Painter, Pos2, Shape, Stroke, vec2};

use super::labels::Labels;
use super::view::PictureView;
use crate::state::layers::HandColour;
use crate::theme::colour;

/// Widths and radii for a picture that is 720 points high, points.
const BONE: f32 = 2.4;
const PALM_BONE: f32 = 1.7;
const JOINT: f32 = 4.0;
const RIM: f32 = 1.2;
/// A hand that is smaller on the screen has smaller marks.
const SMALL: f32 = 140.0;

/// How hands are drawn.
#[derive(Clone, Copy, Debug)]
pub struct HandPaint {
    /// Of the whole layer, 0..1.
    pub opacity: f32,
    /// What colours mean.
    pub colour: HandColour,
    /// Joints less certain than this are not drawn.
    pub threshold: f32,
    /// Dashed, with rings: the truth, which nobody should take for a result.
    pub truth: bool,
    /// The joint that was picked: track and index.
    pub picked: Option<(u32, usize)>,
}

/// Draws hands and their labels.
pub fn paint_hands(painter: &Painter, view: &PictureView, hands: &[HandRecord], paint: &HandPaint, labels: &mut Labels) {
    for hand in hands {
        let skeleton = Skeleton::new(view, hand, paint);
        if paint.truth {
            skeleton.paint_truth(painter);
        } else {
            skeleton.paint(painter);
            skeleton.paint_label(painter, labels);
        }
    }
}

struct Skeleton<'a> {
    hand: &'a HandRecord,
    paint: &'a HandPaint,
    joints: [Option<(Pos2, f32)>; 21],
    scale: f32,
}

/// 0 thumb ... 4 little finger; `None` for the wrist.
fn finger_of(joint: usize) -> Option<usize> {
    joint.checked_sub(1).map(|joint| joint / 4)
}

impl<'a> Skeleton<'a> {
    fn new(view: &PictureView, hand: &'a HandRecord, paint: &'a HandPaint) -> Skeleton<'a> {
        let threshold = if paint.truth { 0.25 } else { paint.threshold };
        let mut joints = [None; 21];
        for ((joint, px), score) in joints.iter_mut().zip(hand.image_px).zip(hand.joint_score) {
            if px.iter().all(|v| v.is_finite()) {
                *joint = joint_opacity(score, threshold).map(|o| (view.to_screen(px), o * paint.opacity));
            }
        }
        let places = || joints.iter().flatten().map(|(at, _)| *at);
        let bounds = places().fold(egui::Rect::NOTHING, |mut rect, at| {
            rect.extend_with(at);
            rect
        });
        let small = (bounds.size().max_elem() / SMALL).clamp(0.45, 1.0);
        Skeleton { hand, paint, joints, scale: view.mark_scale() * if small.is_finite() { small } else { 1.0 } }
    }

    fn rim(&self, opacity: f32) -> Color32 {
        colour(OUTLINE).gamma_multiply(0.85 * opacity)
    }

    fn colour_of(&self, joint: usize) -> Color32 {
        match (self.paint.colour, finger_of(joint)) {
            (HandColour::Finger, Some(finger)) => colour(FINGERS[finger]),
            _ => colour(side_colour(self.hand.side)),
        }
    }

    fn paint(&self, painter: &Painter) {
        for (from, to, kind) in BONES {
            let (Some((a, a_opacity)), Some((b, b_opacity))) = (self.joints[from], self.joints[to]) else { continue };
            let opacity = a_opacity.min(b_opacity);
            let (width, tint) = match kind {
                BoneKind::Palm => (PALM_BONE, colour(PALM)),
                BoneKind::Finger => (BONE, self.colour_of(to)),
            };
            let width = width * self.scale;
            painter.line_segment([a, b], Stroke::new(width + 2.0 * RIM, self.rim(opacity)));
            painter.line_segment([a, b], Stroke::new(width, tint.gamma_multiply(opacity)));
        }
        for (index, joint) in self.joints.iter().enumerate() {
            if let Some((at, opacity)) = joint {
                self.paint_joint(painter, *at, self.colour_of(index), *opacity);
                if self.paint.picked == Some((self.hand.track, index)) {
                    painter.circle_stroke(*at, 2.4 * JOINT * self.scale, Stroke::new(2.0, Color32::WHITE));
                }
            }
        }
        if self.paint.colour == HandColour::Finger {
            self.paint_tip_dots(painter);
        }
    }

    /// Round for the left hand, square for the right, a diamond for neither; all of about the same area.
    fn paint_joint(&self, painter: &Painter, at: Pos2, tint: Color32, opacity: f32) {
        let radius = JOINT * self.scale;
        let (fill, rim) = (tint.gamma_multiply(opacity), Stroke::new(RIM, self.rim(opacity)));
        match self.hand.side {
            Side::Left => painter.circle(at, radius, fill, rim),
            Side::Right => {
                let half = vec2(radius, radius) * 0.88;
                painter.rect(egui::Rect::from_min_max(at - half, at + half), 0.0, fill, rim, egui::StrokeKind::Outside)
            }
            Side::Unknown => {
                let r = 1.25 * radius;
                let corners = [vec2(0.0, -r), vec2(r, 0.0), vec2(0.0, r), vec2(-r, 0.0)].map(|v| at + v);
                painter.add(Shape::convex_polygon(corners.to_vec(), fill, rim))
            }
        };
    }

    /// One dot for the thumb to five for the little finger, across the finger just beyond its tip.
    fn paint_tip_dots(&self, painter: &Painter) {
        for (finger, tip) in TIPS.into_iter().enumerate() {
            let (Some((at, opacity)), Some((before, _))) = (self.joints[tip], self.joints[tip - 1]) else { continue };
            let along = (at - before).normalized();
            let radius = 0.42 * JOINT * self.scale;
            let middle = at + along * (2.4 * JOINT * self.scale);
            for dot in 0..=finger {
                let across = (dot as f32 - finger as f32 / 2.0) * (2.0 * radius + 1.5);
                let fill = colour(FINGERS[finger]).gamma_multiply(opacity);
                painter.circle(middle + along.rot90() * across, radius, fill, Stroke::new(RIM, self.rim(opacity)));
            }
        }
    }

    fn paint_truth(&self, painter: &Painter) {
        let tint = colour(side_colour(self.hand.side));
        for (from, to, _) in BONES {
            let (Some((a, _)), Some((b, _))) = (self.joints[from], self.joints[to]) else { continue };
            let width = 1.4 * self.scale.max(0.7);
            let (dash, gap) = (5.0 * self.scale, 4.0 * self.scale);
            painter.extend(Shape::dashed_line(&[a, b], Stroke::new(width + RIM, self.rim(0.6 * self.paint.opacity)), dash, gap));
            painter.extend(Shape::dashed_line(&[a, b], Stroke::new(width, tint.gamma_multiply(self.paint.opacity)), dash, gap));
        }
        for (joint, score) in self.joints.iter().zip(self.hand.joint_score) {
            let Some((at, _)) = joint else { continue };
            if score >= 0.75 {
                painter.circle(*at, 3.0 * self.scale, Color32::WHITE.gamma_multiply(self.paint.opacity), Stroke::new(1.5, tint));
            } else {
                painter.circle_filled(*at, 1.8 * self.scale, tint.gamma_multiply(self.paint.opacity));
            }
        }
    }

    fn paint_label(&self, painter: &Painter, labels: &mut Labels) {
        let drawn: Vec<Pos2> = self.joints.iter().flatten().map(|(at, _)| *at).collect();
        if !drawn.iter().any(|at| painter.clip_rect().contains(*at)) {
            return;
        }
        let middle = drawn.iter().fold(vec2(0.0, 0.0), |sum, at| sum + at.to_vec2()) / drawn.len().max(1) as f32;
        let wrist = self.joints[WRIST].map_or(middle.to_pos2(), |(at, _)| at);
        let away = (wrist - middle.to_pos2()).normalized();
        let at = wrist + away * (16.0 * self.scale) + vec2(-18.0, 10.0);
        labels.write(painter, at, &label(self.hand), colour(side_colour(self.hand.side)), self.paint.opacity);
    }
}

/// `L 0.42 m`, with `~` in front of an estimate.
pub(crate) fn label(hand: &HandRecord) -> String {
    let letter = match hand.side {
        Side::Left => "L",
        Side::Right => "R",
        Side::Unknown => "?",
    };
    let distance = hand.camera_m.map(|joints| joints[WRIST].iter().map(|v| v * v).sum::<f32>().sqrt()).filter(|d| d.is_finite());
    let mark = if hand.depth_source == ego_core::hands::DepthSource::Measured { "" } else { "~" };
    distance.map_or_else(|| letter.to_owned(), |d| format!("{letter}  {mark}{d:.2} m"))
}
