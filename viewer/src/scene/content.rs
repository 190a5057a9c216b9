//! What is drawn in space: floor, camera, picture, hands, trails.

use std::collections::VecDeque;

use ego_core::camera::Intrinsics;
use ego_core::draw::hands::{OUTLINE, PALM, side_colour};
use ego_core::hands::{BONES, BoneKind, JOINTS, Side, WRIST};
use ego_outputs::{FrameRecord, HandRecord};
use egui::{Align2, Color32, FontId, Mesh, Painter, Pos2, Rect, Stroke, pos2, vec2};

use super::eye::{Eye, EyeView, Projection};
use crate::theme::{Palette, colour};

/// Length of trails, nanoseconds.
const TRAIL_NS: u64 = 1_000_000_000;
/// Radius of a joint and thickness of bones, metres.
const JOINT_M: f32 = 0.0065;
const BONE_M: f32 = 0.006;
/// How far the camera's picture stands in front of it, metres.
const PICTURE_M: f32 = 0.2;
/// Points whose way is shown: wrist and index tip.
const TRACED: [usize; 2] = [WRIST, 8];
/// Length of the palm that stands for the size of a hand without metres.
const PALM_M: f32 = 0.09;

/// Where wrists and index tips have been in the last second.
#[derive(Clone, Debug, Default)]
pub struct Trail(VecDeque<(u64, Side, [[f32; 3]; 2])>);

impl Trail {
    /// Adds the hands of a frame; a jump in time begins anew.
    pub fn add(&mut self, pts_ns: u64, record: &FrameRecord) {
        if self.0.back().is_some_and(|(last, ..)| pts_ns < *last || pts_ns - last > TRAIL_NS / 2) {
            self.0.clear();
        }
        if self.0.back().is_some_and(|(last, ..)| *last == pts_ns) {
            return;
        }
        for hand in record.hands.iter().flatten() {
            if let Some(m) = &hand.camera_m {
                self.0.push_back((pts_ns, hand.side, TRACED.map(|joint| m[joint])));
            }
        }
        while self.0.front().is_some_and(|(first, ..)| pts_ns.saturating_sub(*first) > TRAIL_NS) {
            self.0.pop_front();
        }
    }
}

/// What the scene is drawn from.
pub struct SceneInput<'a> {
    /// The results.
    pub record: &'a FrameRecord,
    /// The camera, where it is known.
    pub camera: Option<Intrinsics>,
    /// The way of the last second, unless motion is to be reduced.
    pub trail: Option<&'a Trail>,
    /// The picture as a texture.
    pub picture: Option<egui::TextureId>,
    /// Colours of everything that is no hand.
    pub palette: Palette,
}

/// A mark with its distance.
enum Mark {
    Line { ends: [Pos2; 2], width: f32, tint: Color32, dashed: bool },
    Disc { at: Pos2, radius: f32, tint: Color32, side: Side, dashed: bool },
}

/// Draws the scene into a panel.
pub fn paint_scene(painter: &Painter, panel: Rect, eye: &Eye, input: &SceneInput<'_>) {
    let record = input.record;
    let camera = input.camera.or_else(|| super::camera_of(record));
    // Without a calibration, a field of view that most head cameras come near to.
    let lens = camera.unwrap_or_else(|| Intrinsics::from_hfov(75.0, record.width.max(1), record.height.max(1)));
    let hands: Vec<(&HandRecord, [[f32; 3]; JOINTS], bool)> = record
        .hands
        .iter()
        .flatten()
        .filter_map(|hand| match hand.camera_m {
            Some(m) => Some((hand, m, true)),
            None => nominal(hand, &lens).map(|m| (hand, m, false)),
        })
        .collect();
    let projection = Projection::new(eye, panel, &lens, middle(&hands));
    if eye.view != EyeView::FirstPerson {
        paint_floor(painter, &projection, &hands, input.palette.line);
        paint_camera(painter, &projection, &lens, input);
    } else if let Some(texture) = input.picture {
        let view = crate::paint::PictureView::new(panel, vec2(record.width as f32, record.height as f32), 1.0, [0.5, 0.5], false);
        painter.image(texture, view.rect, view.uv(), Color32::from_gray(110));
    }
    if let Some(trail) = input.trail {
        paint_trail(painter, &projection, trail);
    }
    let mut marks: Vec<(f32, Mark)> = Vec::new();
    for (hand, m, metric) in &hands {
        add_hand(&mut marks, &projection, hand, m, *metric);
    }
    marks.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, mark) in marks {
        paint_mark(painter, mark);
    }
    if hands.iter().any(|(_, _, metric)| !metric) {
        let at = panel.left_bottom() + vec2(10.0, -10.0);
        painter.text(at, Align2::LEFT_BOTTOM, "relative depth", FontId::proportional(11.0), input.palette.warning);
    }
    paint_gizmo(painter, panel, &projection, input.palette.weak);
}

/// The middle of all hands; without hands a place where hands usually are.
fn middle(hands: &[(&HandRecord, [[f32; 3]; JOINTS], bool)]) -> [f32; 3] {
    // A little before the hands, so that the camera stays in view.
    let points = || hands.iter().flat_map(|(_, m, _)| m.iter());
    let count = points().count().max(1) as f32;
    let sum = points().fold([0.0; 3], |s: [f32; 3], p| std::array::from_fn(|i| s[i] + p[i]));
    if hands.is_empty() { [0.0, 0.05, 0.3] } else { sum.map(|v| 0.85 * v / count) }
}

/// A hand without metres at the distance that an ordinary palm would have.
fn nominal(hand: &HandRecord, lens: &Intrinsics) -> Option<[[f32; 3]; JOINTS]> {
    let [a, b] = [hand.image_px[WRIST], hand.image_px[9]];
    let palm_px = (a[0] - b[0]).hypot(a[1] - b[1]);
    if !(palm_px > 1.0 && hand.image_px.as_flattened().iter().all(|v| v.is_finite())) {
        return None;
    }
    let z = PALM_M * lens.fx as f32 / palm_px;
    let place = |px: [f32; 2]| [(px[0] - lens.cx as f32) / lens.fx as f32 * z, (px[1] - lens.cy as f32) / lens.fy as f32 * z, z];
    Some(hand.image_px.map(place))
}

fn add_hand(marks: &mut Vec<(f32, Mark)>, projection: &Projection, hand: &HandRecord, m: &[[f32; 3]; JOINTS], metric: bool) {
    let tint = colour(side_colour(hand.side));
    for (from, to, kind) in BONES {
        let (Some((a, near)), Some((b, far))) = (projection.project(m[from]), projection.project(m[to])) else { continue };
        let distance = 0.5 * (near + far);
        let width = projection.size(BONE_M, distance).clamp(1.5, 14.0);
        let tint = if kind == BoneKind::Palm { colour(PALM) } else { tint };
        marks.push((distance + 0.002, Mark::Line { ends: [a, b], width, tint, dashed: !metric }));
    }
    for point in m {
        if let Some((at, distance)) = projection.project(*point) {
            let radius = projection.size(JOINT_M, distance).clamp(2.0, 12.0);
            marks.push((distance, Mark::Disc { at, radius, tint, side: hand.side, dashed: !metric }));
        }
    }
}

fn paint_mark(painter: &Painter, mark: Mark) {
    let rim = colour(OUTLINE).gamma_multiply(0.9);
    match mark {
        Mark::Line { ends, width, tint, dashed: false } => {
            painter.line_segment(ends, Stroke::new(width + 2.0, rim));
            painter.line_segment(ends, Stroke::new(width, tint.gamma_multiply(0.95)));
        }
        Mark::Line { ends, width, tint, dashed: true } => {
            painter.extend(egui::Shape::dashed_line(&ends, Stroke::new(0.6 * width, tint), 4.0, 3.0));
        }
        Mark::Disc { at, radius, tint, side, dashed } => {
            let fill = if dashed { Color32::TRANSPARENT } else { tint };
            let line = Stroke::new(1.0, if dashed { tint } else { rim });
            if side == Side::Right {
                let half = vec2(radius, radius) * 0.88;
                painter.rect(Rect::from_min_max(at - half, at + half), 0.0, fill, line, egui::StrokeKind::Middle);
            } else {
                painter.circle(at, radius, fill, line);
            }
        }
    }
}

/// Squares of ten centimetres below the hands.
fn paint_floor(painter: &Painter, projection: &Projection, hands: &[(&HandRecord, [[f32; 3]; JOINTS], bool)], tint: Color32) {
    let lowest = hands.iter().flat_map(|(_, m, _)| m.iter().map(|p| p[1])).fold(0.1_f32, f32::max);
    let y = (lowest * 20.0).ceil() / 20.0;
    for n in -4..=4 {
        let x = 0.1 * n as f32;
        segments(painter, projection, [x, y, 0.1], [x, y, 0.9], tint);
    }
    for n in 1..=9 {
        let z = 0.1 * n as f32;
        segments(painter, projection, [-0.4, y, z], [0.4, y, z], tint);
    }
}

/// A line in pieces, so that what is behind the eye does not take the rest with it.
fn segments(painter: &Painter, projection: &Projection, a: [f32; 3], b: [f32; 3], tint: Color32) {
    const PIECES: usize = 4;
    let at = |k: usize| std::array::from_fn(|i| a[i] + (b[i] - a[i]) * k as f32 / PIECES as f32);
    for k in 0..PIECES {
        if let (Some((p, _)), Some((q, _))) = (projection.project(at(k)), projection.project(at(k + 1))) {
            painter.line_segment([p, q], Stroke::new(1.0, tint));
        }
    }
}

/// The camera as a pyramid with its picture as a see-through plane.
fn paint_camera(painter: &Painter, projection: &Projection, lens: &Intrinsics, input: &SceneInput<'_>) {
    let corner = |u: f32, v: f32| -> [f32; 3] {
        let x = (u * lens.width as f32 - lens.cx as f32) / lens.fx as f32;
        let y = (v * lens.height as f32 - lens.cy as f32) / lens.fy as f32;
        [x * PICTURE_M, y * PICTURE_M, PICTURE_M]
    };
    if let Some(texture) = input.picture {
        // In small patches, because textures are stretched without perspective.
        const PATCHES: usize = 10;
        let mut mesh = Mesh::with_texture(texture);
        let mut whole = true;
        for row in 0..=PATCHES {
            for column in 0..=PATCHES {
                let (u, v) = (column as f32 / PATCHES as f32, row as f32 / PATCHES as f32);
                match projection.project(corner(u, v)) {
                    Some((pos, _)) => {
                        mesh.vertices.push(egui::epaint::Vertex { pos, uv: pos2(u, v), color: Color32::from_white_alpha(110) })
                    }
                    None => whole = false,
                }
            }
        }
        if whole {
            let n = PATCHES as u32 + 1;
            for row in 0..PATCHES as u32 {
                for column in 0..PATCHES as u32 {
                    let first = row * n + column;
                    mesh.add_triangle(first, first + 1, first + n);
                    mesh.add_triangle(first + 1, first + n, first + n + 1);
                }
            }
            painter.add(mesh);
        }
    }
    let corners = [corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0)];
    let tint = input.palette.weak;
    for (k, from) in corners.into_iter().enumerate() {
        segments(painter, projection, [0.0; 3], from, tint);
        segments(painter, projection, from, corners[(k + 1) % 4], tint);
    }
    if let Some((at, _)) = projection.project([0.0; 3]) {
        painter.circle_filled(at, 3.0, tint);
        painter.text(at + vec2(6.0, 4.0), Align2::LEFT_TOP, "camera", FontId::proportional(11.0), tint);
    }
}

fn paint_trail(painter: &Painter, projection: &Projection, trail: &Trail) {
    let Some(newest) = trail.0.back().map(|(pts, ..)| *pts) else { return };
    for side in [Side::Left, Side::Right, Side::Unknown] {
        let tint = colour(side_colour(side));
        let points: Vec<_> = trail.0.iter().filter(|(_, s, _)| *s == side).collect();
        for pair in points.windows(2) {
            let age = newest.saturating_sub(pair[0].0) as f32 / TRAIL_NS as f32;
            for point in 0..TRACED.len() {
                if let (Some((a, _)), Some((b, _))) = (projection.project(pair[0].2[point]), projection.project(pair[1].2[point])) {
                    painter.line_segment([a, b], Stroke::new(1.6, tint.gamma_multiply(0.7 * (1.0 - age).max(0.0))));
                }
            }
        }
    }
}

/// Which way the camera's axes point.
fn paint_gizmo(painter: &Painter, panel: Rect, projection: &Projection, tint: Color32) {
    let at = panel.right_bottom() - vec2(34.0, 34.0);
    for (direction, name) in projection.directions().into_iter().zip(["x", "y", "z"]) {
        let end = at + direction * 20.0;
        painter.line_segment([at, end], Stroke::new(1.5, tint));
        painter.text(at + direction * 28.0, Align2::CENTER_CENTER, name, FontId::proportional(10.0), tint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_lasts_a_second_and_ends_at_a_jump() {
        let camera = Intrinsics::from_hfov(70.0, 640, 360);
        let record = super::super::tests::record_with_hand(&camera);
        let mut trail = Trail::default();
        for n in 0..100 {
            trail.add(n * 33_000_000, &record);
            trail.add(n * 33_000_000, &record);
        }
        assert!((30..=31).contains(&trail.0.len()), "{}", trail.0.len());
        trail.add(0, &record);
        assert_eq!(trail.0.len(), 1);
    }

    #[test]
    fn a_hand_without_metres_gets_the_distance_of_an_ordinary_palm() {
        let camera = Intrinsics { fx: 500.0, fy: 500.0, cx: 320.0, cy: 180.0, width: 640, height: 360 };
        let mut record = super::super::tests::record_with_hand(&camera);
        let hand = &mut record.hands.as_mut().expect("one")[0];
        hand.camera_m = None;
        hand.image_px[WRIST] = [320.0, 180.0];
        hand.image_px[9] = [320.0, 90.0];
        let m = nominal(hand, &camera).expect("finite");
        assert!((m[WRIST][2] - 0.5).abs() < 1e-4 && (m[9][1] + 0.09).abs() < 1e-4, "{:?}", m[9]);
    }
}
