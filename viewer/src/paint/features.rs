//! Named features of the motion over the picture, each at the joint that it belongs to: an arc where a joint is bent, an arrow where a
//! wrist or a finger tip goes, a dashed line where a distance is meant. In: `features` of a frame, whose names end in their unit.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ego_core::bodies::BodyLayout;
use ego_core::draw::hands::{FINGERS, OUTLINE, side_colour};
use ego_core::hands::{JOINT_NAMES, JOINTS, Side, TIPS, WRIST};
use ego_outputs::{BodyRecord, FrameRecord, HandRecord};
use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, vec2};

use super::labels::Labels;
use super::view::PictureView;
use crate::theme::colour;

/// An arrow ends where the joint would be after so long, seconds.
const AHEAD_S: f32 = 0.2;
/// Longest arrow, in hand sizes: a single wrong frame must not cross the picture.
const LONGEST: f32 = 1.5;
/// Shorter arrows say nothing, points.
const SHORTEST: f32 = 5.0;
/// Radius of an arc for a picture that is 720 points high, points; 0.3 of the bone at most.
const ARC: f32 = 13.0;
/// A joint that is bent less is stretched, radians.
const STRAIGHT_RAD: f32 = 0.1;
/// A hand whose fingers would be covered by their numbers has none, points from wrist to middle knuckle.
const ROOM_FOR_NUMBERS: f32 = 55.0;
/// The middle knuckle; with the wrist it spans a hand size, as in `ego_core::kinematics`.
const MIDDLE_KNUCKLE: usize = 9;
const THUMB_TIP: usize = 4;
const INDEX_TIP: usize = 8;
/// Joints of people that bend, with their neighbours.
const HINGES: [[&str; 3]; 4] = [
    ["right_shoulder", "right_elbow", "right_wrist"],
    ["left_shoulder", "left_elbow", "left_wrist"],
    ["right_hip", "right_knee", "right_ankle"],
    ["left_hip", "left_knee", "left_ankle"],
];

/// Names of the features of one hand, made once.
struct Names {
    /// By joint; empty for joints that do not bend.
    bent: [String; JOINTS],
    /// Whole fingers, thumb first.
    fingers: [String; 5],
    /// Across and down, of the wrist and then of the finger tips, hand sizes a second.
    velocities: [[String; 2]; 6],
    /// Speed of the wrist, the best name first, with its unit.
    speeds: [(String, &'static str); 3],
    pinch: String,
}

impl Names {
    fn of(side: &str) -> Names {
        let joint = |index: usize| JOINT_NAMES.get(index).copied().unwrap_or_default();
        let moving = |index: usize| ["x", "y"].map(|axis| format!("{side}.{}.v{axis}_h_per_s", joint(index)));
        Names {
            bent: std::array::from_fn(|index| format!("{side}.{}.flexion_rad", joint(index).replace('_', "."))),
            fingers: ["thumb", "index", "middle", "ring", "little"].map(|finger| format!("{side}.{finger}.flexion_rad")),
            velocities: [WRIST, TIPS[0], TIPS[1], TIPS[2], TIPS[3], TIPS[4]].map(moving),
            speeds: [("wrist.speed_m_per_s", "m/s"), ("wrist.speed_h_per_s", "hands/s"), ("wrist_speed_per_s", "/s")]
                .map(|(name, unit)| (format!("{side}.{name}"), unit)),
            pinch: format!("{side}.pinch_h"),
        }
    }
}

static NAMES: LazyLock<[Names; 2]> = LazyLock::new(|| ["left", "right"].map(Names::of));

type Values = BTreeMap<String, f64>;

fn value(values: &Values, name: &str) -> Option<f32> {
    values.get(name).map(|v| *v as f32).filter(|v| v.is_finite())
}

/// Draws the features of a frame at its hands and people; nothing where the frame has none.
pub fn paint_features(painter: &Painter, view: &PictureView, record: &FrameRecord, opacity: f32, labels: &mut Labels) {
    let Some(values) = record.features.as_ref().filter(|values| !values.is_empty()) else { return };
    let hands = record.hands.as_deref().unwrap_or(&[]);
    let mut wrists = [None; 2];
    for hand in hands {
        let index = match hand.side {
            Side::Left => 0,
            Side::Right => 1,
            Side::Unknown => continue,
        };
        let Some(names) = NAMES.get(index) else { continue };
        let marks = Marks { painter, view, values, opacity, tint: colour(side_colour(hand.side)) };
        marks.hand(hand, names, labels);
        if let Some(wrist) = wrists.get_mut(index) {
            *wrist = marks.joint(&hand.image_px, WRIST);
        }
    }
    let marks = Marks { painter, view, values, opacity, tint: Color32::WHITE };
    if let ([Some(left), Some(right)], Some(distance)) = (wrists, value(values, "hands.distance_h")) {
        marks.distance(left, right, &format!("{distance:.1} hands apart"), labels);
    }
    for body in record.bodies.iter().flatten() {
        marks.body(body, labels);
    }
}

struct Marks<'a> {
    painter: &'a Painter,
    view: &'a PictureView,
    values: &'a Values,
    opacity: f32,
    tint: Color32,
}

impl Marks<'_> {
    fn joint(&self, places: &[[f32; 2]], joint: usize) -> Option<Pos2> {
        places.get(joint).filter(|px| px.iter().all(|v| v.is_finite())).map(|px| self.view.to_screen(*px))
    }

    fn hand(&self, hand: &HandRecord, names: &Names, labels: &mut Labels) {
        let at = |joint| self.joint(&hand.image_px, joint);
        let (Some(wrist), Some(knuckle)) = (at(WRIST), at(MIDDLE_KNUCKLE)) else { return };
        let size = (knuckle - wrist).length();
        for (joint, name) in names.bent.iter().enumerate().skip(1).filter(|(joint, _)| !TIPS.contains(joint)) {
            // The first joint of a finger hangs at the wrist.
            let before = if (joint - 1).is_multiple_of(4) { WRIST } else { joint - 1 };
            if let (Some(bent), Some(a), Some(b), Some(c)) = (value(self.values, name), at(before), at(joint), at(joint + 1)) {
                self.arc([a, b, c], bent);
            }
        }
        let moving = [WRIST, TIPS[0], TIPS[1], TIPS[2], TIPS[3], TIPS[4]];
        for (joint, [across, down]) in moving.into_iter().zip(&names.velocities) {
            let (Some(from), Some(vx), Some(vy)) = (at(joint), value(self.values, across), value(self.values, down)) else { continue };
            let mut ahead = vec2(vx, vy) * AHEAD_S;
            ahead *= (LONGEST / ahead.length().max(LONGEST)) * size;
            if self.view.mirror {
                ahead.x = -ahead.x;
            }
            self.arrow(from, ahead, if joint == WRIST { 2.6 } else { 1.6 });
        }
        let numbers = size >= ROOM_FOR_NUMBERS;
        for ((finger, name), tip) in names.fingers.iter().enumerate().zip(TIPS) {
            let (Some(bent), Some(end), Some(before)) = (value(self.values, name), at(tip), at(tip - 1)) else { continue };
            if numbers {
                let away = (end - before).normalized() * 14.0 + vec2(-16.0, 6.0);
                let tint = FINGERS.get(finger).map_or(self.tint, |rgb| colour(*rgb));
                labels.write(self.painter, end + away, &format!("{:.0}°", bent.to_degrees()), tint, self.opacity);
            }
        }
        if let Some((speed, unit)) = names.speeds.iter().find_map(|(name, unit)| Some((value(self.values, name)?, unit))) {
            let away = (wrist - knuckle).normalized() * 30.0 + vec2(-18.0, 26.0);
            labels.write(self.painter, wrist + away, &format!("{speed:.2} {unit}"), self.tint, self.opacity);
        }
        if let (Some(pinch), Some(thumb), Some(index)) = (value(self.values, &names.pinch), at(THUMB_TIP), at(INDEX_TIP)) {
            let text = if numbers { format!("pinch {pinch:.2}") } else { String::new() };
            self.distance(thumb, index, &text, labels);
        }
    }

    fn body(&self, body: &BodyRecord, labels: &mut Labels) {
        let Some(layout) = BodyLayout::from_name(&body.layout) else { return };
        let at = |name: &str| {
            let joint = layout.joints().iter().position(|n| *n == name)?;
            self.joint(&body.image_px, joint)
        };
        let mut name = String::new();
        for [a, hinge, c] in HINGES {
            name.clear();
            // Writing into a text cannot fail.
            let _ = std::fmt::Write::write_fmt(&mut name, format_args!("body:{}.{hinge}.flexion_rad", body.track));
            if let (Some(bent), Some(a), Some(b), Some(c)) = (value(self.values, &name), at(a), at(hinge), at(c)) {
                self.arc([a, b, c], bent);
                labels.write(self.painter, b + vec2(10.0, -6.0), &format!("{:.0}°", bent.to_degrees()), self.tint, self.opacity);
            }
        }
    }

    /// How far a joint is bent: from where the bone before it would go on, towards the bone after it.
    fn arc(&self, [a, b, c]: [Pos2; 3], bent: f32) {
        let (before, after) = (b - a, c - b);
        if bent.abs() < STRAIGHT_RAD || before.length() < 1.0 || after.length() < 1.0 {
            return;
        }
        let radius = (ARC * self.view.mark_scale()).min(0.45 * after.length());
        let points = arc_points(b, before, after, bent, radius);
        self.lines(points, 1.8);
    }

    fn arrow(&self, from: Pos2, along: Vec2, width: f32) {
        let length = along.length();
        if length < SHORTEST {
            return;
        }
        let (to, unit) = (from + along, along / length);
        let head = (0.4 * length).min(9.0 * self.view.mark_scale());
        let wing = |side: f32| to - unit * head + unit.rot90() * (0.55 * head * side);
        self.lines(vec![from, to], width);
        self.lines(vec![wing(1.0), to, wing(-1.0)], width);
    }

    fn distance(&self, a: Pos2, b: Pos2, text: &str, labels: &mut Labels) {
        let scale = self.view.mark_scale();
        for (width, tint) in [(3.0, colour(OUTLINE).gamma_multiply(0.7 * self.opacity)), (1.2, self.tint.gamma_multiply(self.opacity))] {
            self.painter.extend(Shape::dashed_line(&[a, b], Stroke::new(width, tint), 4.0 * scale, 4.0 * scale));
        }
        if !text.is_empty() {
            labels.write(self.painter, a + (b - a) * 0.5 + vec2(-24.0, 8.0), text, self.tint, self.opacity);
        }
    }

    /// A line with a dark rim, which reads on every background.
    fn lines(&self, points: Vec<Pos2>, width: f32) {
        let width = width * self.view.mark_scale();
        self.painter.add(Shape::line(points.clone(), Stroke::new(width + 2.0, colour(OUTLINE).gamma_multiply(0.8 * self.opacity))));
        self.painter
            .add(Shape::line(points, Stroke::new(width, Color32::WHITE.lerp_to_gamma(self.tint, 0.35).gamma_multiply(self.opacity))));
    }
}

/// Points of an arc of `bent` radians around `b`, from the direction of `before` to the side on which `after` lies.
fn arc_points(b: Pos2, before: Vec2, after: Vec2, bent: f32, radius: f32) -> Vec<Pos2> {
    const STEPS: usize = 10;
    let side = if before.x * after.y - before.y * after.x < 0.0 { -1.0 } else { 1.0 };
    let start = before.angle();
    (0..=STEPS).map(|step| b + Vec2::angled(start + side * bent * step as f32 / STEPS as f32) * radius).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn names_are_those_of_the_kinematics() {
        let spec = ego_core::kinematics::FeatureSpec::new(ego_core::kinematics::Preset::Hands);
        let known = spec.names();
        for names in NAMES.iter() {
            let bent = names.bent.iter().enumerate().filter(|(joint, _)| *joint > 0 && !TIPS.contains(joint)).map(|(_, name)| name);
            let others = names.fingers.iter().chain(names.velocities.iter().flatten()).chain([&names.pinch]);
            let speeds = names.speeds.iter().take(2).map(|(name, _)| name);
            for name in bent.chain(others).chain(speeds) {
                assert!(known.contains(name), "{name}");
            }
        }
        assert!(known.iter().any(|name| name == "hands.distance_h"));
    }

    #[test]
    fn hinges_of_people_are_those_of_the_kinematics() {
        let names = ego_core::kinematics::FeatureSpec::new(ego_core::kinematics::Preset::Body).names();
        for [_, hinge, _] in HINGES {
            assert!(names.contains(&format!("{hinge}.flexion_rad")), "{hinge}");
            assert!(BodyLayout::Body13.joints().contains(&hinge), "{hinge}");
        }
    }

    #[test]
    fn an_arc_begins_where_the_bone_would_go_on_and_ends_at_the_next_one() {
        let right_angle = std::f32::consts::FRAC_PI_2;
        for after in [vec2(0.0, 9.0), vec2(0.0, -9.0)] {
            let points = arc_points(Pos2::ZERO, vec2(5.0, 0.0), after, right_angle, 10.0);
            let (first, last) = (points[0], points[10]);
            assert!((first - pos2(10.0, 0.0)).length() < 1e-3, "{first:?}");
            assert!((last - (after.normalized() * 10.0).to_pos2()).length() < 1e-3, "{last:?}");
        }
    }
}
