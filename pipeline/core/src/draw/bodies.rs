//! The body layer: skeletons of people, thin and pale so that hands stay in front.
//!
//! In: [`Bodies`] with joints divided by the picture's width and height. The person's left is sky blue with round joints, the right
//! orange with square ones, as with hands.

use super::canvas::Canvas;
use super::colour::Rgb;
use super::hands::{OUTLINE, REFERENCE_HEIGHT, side_colour};
use super::shapes::Ink;
use crate::bodies::{Bodies, Body};
use crate::hands::Side;

const MIDDLE: Rgb = Rgb(0xE8, 0xE8, 0xE8);
const BONE_PX: f32 = 2.0;
const JOINT_RADIUS_PX: f32 = 3.0;
const LEAST_BONE_PX: f32 = 1.0;

/// Draws the skeletons of all people; joints less certain than `threshold` are left out.
pub fn draw_bodies(canvas: &mut Canvas, bodies: &Bodies, line_scale: f32, threshold: f32) {
    for body in &bodies.bodies {
        draw_body(canvas, body, line_scale, threshold);
    }
}

fn draw_body(canvas: &mut Canvas, body: &Body, line_scale: f32, threshold: f32) {
    let scale = canvas.height() as f32 / REFERENCE_HEIGHT * line_scale;
    let [w, h] = [canvas.width() as f32, canvas.height() as f32];
    let joint = |i: usize| {
        let [x, y] = *body.image_norm.get(i)?;
        let sure = body.joint_score.get(i).is_none_or(|score| *score >= threshold);
        (sure && x.is_finite() && y.is_finite()).then_some([x * w, y * h])
    };
    let side = |i: usize| match body.layout.joints().get(i) {
        Some(name) if name.starts_with("left") || name.ends_with("left") => Side::Left,
        Some(name) if name.starts_with("right") || name.ends_with("right") => Side::Right,
        _ => Side::Unknown,
    };
    let line = (BONE_PX * scale).max(LEAST_BONE_PX);
    let ink = |canvas: &Canvas, colour| Ink { fill: canvas.paint(colour, 0.8), rim: Some((canvas.paint(OUTLINE, 0.5), 0.5 * line)) };
    for (a, b) in body.layout.bones() {
        if let (Some(from), Some(to)) = (joint(*a), joint(*b)) {
            let colour = if side(*a) == side(*b) && side(*a) != Side::Unknown { side_colour(side(*a)) } else { MIDDLE };
            let ink = ink(canvas, colour);
            canvas.line(from, to, line, &ink);
        }
    }
    let radius = (JOINT_RADIUS_PX * scale).max(1.5 * LEAST_BONE_PX);
    for i in 0..body.layout.joints().len() {
        let Some(at) = joint(i) else { continue };
        let colour = if side(i) == Side::Unknown { MIDDLE } else { side_colour(side(i)) };
        let ink = ink(canvas, colour);
        match side(i) {
            Side::Right => canvas.square(at, 0.88 * radius, &ink),
            _ => canvas.disc(at, radius, &ink),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::ColourModel;
    use super::super::compose::{PlaneMut, Target};
    use super::*;
    use crate::bodies::BodyLayout;

    fn drawn(bodies: &Bodies) -> Vec<u8> {
        let mut canvas = Canvas::new(200, 200, ColourModel::RGB);
        draw_bodies(&mut canvas, bodies, 1.0, 0.3);
        let mut data = vec![0; 3 * 200 * 200];
        canvas.compose(&mut Target::Packed { plane: PlaneMut { data: &mut data, stride: 600 }, bytes: 3, rgb: [0, 1, 2], alpha: None });
        data
    }

    #[test]
    fn both_layouts_are_drawn_and_uncertain_or_absent_joints_are_not() {
        for layout in [BodyLayout::Body13, BodyLayout::Body33] {
            let joints = layout.joints().len();
            let image_norm: Vec<[f32; 2]> =
                (0..joints).map(|i| [0.1 + 0.8 * (i as f32 * 0.37).fract(), 0.1 + 0.8 * (i as f32 * 0.61).fract()]).collect();
            let body = Body { layout, track: 1, score: 1.0, image_norm, world_m: None, joint_score: vec![1.0; joints] };
            assert!(drawn(&Bodies { bodies: vec![body.clone()] }).iter().any(|v| *v > 100), "{}", layout.name());
            let unsure = Body { joint_score: vec![0.1; joints], ..body.clone() };
            assert!(drawn(&Bodies { bodies: vec![unsure] }).iter().all(|v| *v == 0));
            let wrong = Body { image_norm: vec![[f32::NAN, 0.0]; 3], joint_score: vec![], ..body };
            assert!(drawn(&Bodies { bodies: vec![wrong] }).iter().all(|v| *v == 0));
        }
    }
}
