//! Hands in space: metres of the camera, seen from anywhere. A few hundred lines and discs, projected here and sorted by distance, so
//! that window, screenshot and test draw the very same without a depth buffer.
//!
//! Space is the camera's: x right, y down, z forward, metres.

mod content;
mod eye;

pub use content::{SceneInput, Trail, paint_scene};
pub use eye::{Eye, EyeView, Projection};

use ego_core::camera::Intrinsics;
use ego_outputs::FrameRecord;

/// The camera that results were made with, from the results themselves: joints in pixels are joints in metres through the lens, so the
/// two give focal length and axis by least squares. `None` without enough joints in metres.
pub fn camera_of(record: &FrameRecord) -> Option<Intrinsics> {
    let mut pairs: [Vec<(f64, f64)>; 2] = [Vec::new(), Vec::new()];
    for hand in record.hands.iter().flatten() {
        let Some(camera_m) = &hand.camera_m else { continue };
        for (px, m) in hand.image_px.iter().zip(camera_m) {
            if m[2] > 0.01 && px.iter().all(|v| v.is_finite()) {
                for (pairs, (m_axis, px)) in pairs.iter_mut().zip(m.iter().zip(px)) {
                    pairs.push((f64::from(*m_axis) / f64::from(m[2]), f64::from(*px)));
                }
            }
        }
    }
    let [(fx, cx), (fy, cy)] = [line(&pairs[0])?, line(&pairs[1])?];
    Intrinsics { fx, fy, cx, cy, width: record.width, height: record.height }.checked().ok()
}

/// Slope and value at zero of the line through points.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    if points.len() < 8 {
        return None;
    }
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in points {
        xx += (x - mx) * (x - mx);
        xy += (x - mx) * (y - my);
    }
    // A hand that covers less than a degree says nothing about the lens.
    (xx > 1e-4 * n).then(|| (xy / xx, my - xy / xx * mx))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::hands::{DepthSource, JOINTS, Side};
    use ego_outputs::HandRecord;

    pub(crate) fn record_with_hand(camera: &Intrinsics) -> FrameRecord {
        let mut record = FrameRecord::new("clip", 0, Some(0), camera.width, camera.height);
        let camera_m: [[f32; 3]; JOINTS] =
            std::array::from_fn(|j| [0.02 * (j / 4) as f32 - 0.05, 0.015 * (j % 5) as f32 - 0.02, 0.4 + 0.01 * (j % 3) as f32]);
        let image_px = camera_m.map(|m| camera.project(m.map(f64::from)).map_or([f32::NAN; 2], |p| p.map(|v| v as f32)));
        let hand = HandRecord {
            side: Side::Left,
            score: 1.0,
            track: 1,
            image_px,
            camera_m: Some(camera_m),
            joint_score: [1.0; JOINTS],
            depth_source: DepthSource::Measured,
        };
        record.hands = Some(vec![hand]);
        record
    }

    #[test]
    fn results_tell_their_camera() {
        let camera = Intrinsics { fx: 636.66, fy: 630.0, cx: 635.28, cy: 366.87, width: 1280, height: 720 };
        let found = camera_of(&record_with_hand(&camera)).expect("enough joints");
        assert!((found.fx - camera.fx).abs() < 0.1 && (found.fy - camera.fy).abs() < 0.1, "{found:?}");
        assert!((found.cx - camera.cx).abs() < 0.1 && (found.cy - camera.cy).abs() < 0.1, "{found:?}");
        assert_eq!(camera_of(&FrameRecord::new("clip", 0, None, 1, 1)), None);
    }

    #[test]
    fn first_person_puts_every_joint_where_the_overlay_has_it() {
        use crate::paint::PictureView;
        use egui::{Rect, pos2, vec2};
        let camera = Intrinsics { fx: 500.0, fy: 510.0, cx: 300.0, cy: 190.0, width: 640, height: 360 };
        let record = record_with_hand(&camera);
        let panel = Rect::from_min_size(pos2(30.0, 40.0), vec2(300.0, 260.0));
        let projection = Projection::new(&Eye::of(EyeView::FirstPerson), panel, &camera, [0.0, 0.0, 0.4]);
        let overlay = PictureView::new(panel, vec2(640.0, 360.0), 1.0, [0.5, 0.5], false);
        let hand = &record.hands.as_ref().expect("one")[0];
        for (px, m) in hand.image_px.iter().zip(hand.camera_m.expect("metres")) {
            let (at, depth) = projection.project(m).expect("in front");
            assert!((at - overlay.to_screen(*px)).length() < 0.01, "{at:?} {:?}", overlay.to_screen(*px));
            assert!((depth - m[2]).abs() < 1e-6);
        }
    }
}
