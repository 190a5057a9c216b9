//! People over the picture: thin bones, so that hands stay in front.

use ego_core::bodies::BodyLayout;
use ego_core::draw::hands::OUTLINE;
use ego_outputs::BodyRecord;
use egui::{Color32, Painter, Pos2, Stroke};

use super::labels::Labels;
use super::view::PictureView;
use crate::theme::colour;

/// Reddish purple of Okabe and Ito: no hand and no object has it.
const BODY: Color32 = Color32::from_rgb(0xCC, 0x79, 0xA7);

/// Draws people with their track numbers.
pub fn paint_bodies(painter: &Painter, view: &PictureView, bodies: &[BodyRecord], opacity: f32, labels: &mut Labels) {
    let scale = view.mark_scale();
    for body in bodies {
        let Some(layout) = BodyLayout::from_name(&body.layout) else { continue };
        let at = |joint: usize| body.image_px.get(joint).filter(|px| px.iter().all(|v| v.is_finite())).map(|px| view.to_screen(*px));
        for (a, b) in layout.bones() {
            if let (Some(a), Some(b)) = (at(*a), at(*b)) {
                painter.line_segment([a, b], Stroke::new(2.0 * scale + 2.0, colour(OUTLINE).gamma_multiply(0.8 * opacity)));
                painter.line_segment([a, b], Stroke::new(2.0 * scale, BODY.gamma_multiply(opacity)));
            }
        }
        let joints: Vec<Pos2> = (0..body.image_px.len()).filter_map(at).collect();
        for joint in &joints {
            painter.circle(*joint, 3.0 * scale, BODY.gamma_multiply(opacity), Stroke::new(1.0, colour(OUTLINE).gamma_multiply(opacity)));
        }
        if let Some(top) = joints.iter().filter(|p| painter.clip_rect().contains(**p)).min_by(|a, b| a.y.total_cmp(&b.y)) {
            labels.write(painter, *top - egui::vec2(0.0, 10.0), &format!("person {}", body.track), BODY, opacity);
        }
    }
}
