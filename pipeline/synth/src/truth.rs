//! Everything that is known about a frame, in the spaces that results use.

use ego_core::camera::Intrinsics;
use ego_core::hands::{JOINTS, Side};

use crate::cast::Action;
use crate::clip::Clip;
use crate::effects::distortion::Distortion;
use crate::moment::{HandState, InHand, Moment, ObjectState, Owner};
use crate::motion::stage::Phase;
use crate::space::{Pose, Vec3, place, vec3};

/// Whether a joint can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Inside the picture; whether something hides it has not been looked up (no picture was drawn).
    #[default]
    Unknown,
    /// Nothing is in front of its flesh.
    Visible,
    /// Something else, or another part of the hand, is in front.
    Occluded,
    /// Outside the picture or behind the camera.
    Outside,
}

impl Visibility {
    /// The word used in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Visibility::Unknown => "unknown",
            Visibility::Visible => "visible",
            Visibility::Occluded => "occluded",
            Visibility::Outside => "outside",
        }
    }
}

/// Joints inside the picture from which on a hand counts as present.
pub const PRESENT_JOINTS: usize = 8;

/// The truth about one hand.
#[derive(Clone, Debug, PartialEq)]
pub struct HandTruth {
    /// The wearer's or a bystander's.
    pub owner: Owner,
    /// The owner's own left or right.
    pub side: Side,
    /// Joints in camera space, metres.
    pub camera_m: [[f64; 3]; JOINTS],
    /// Joints in the picture, pixels; `None` behind the camera.
    pub image_px: [Option<[f64; 2]>; JOINTS],
    /// Whether each joint can be seen; the renderer fills in what hides what.
    pub visibility: [Visibility; JOINTS],
    /// At least [`PRESENT_JOINTS`] joints lie inside the picture.
    pub present: bool,
    /// Which object (index into `objects`) it holds.
    pub holds: Option<usize>,
}

/// Points of an object box: centre, 8 corners, 12 edge middles, in the order of H2O.
pub const BOX_POINTS: usize = 21;

/// Ends of the edges whose middles are points 9 to 20 of H2O's box, as point numbers.
pub const BOX_EDGES: [(usize, usize); 12] =
    [(1, 2), (5, 6), (7, 8), (3, 4), (1, 5), (2, 6), (3, 7), (4, 8), (1, 4), (2, 3), (6, 7), (5, 8)];

/// The truth about one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectTruth {
    /// Class number of H2O, 1..=8.
    pub class: u32,
    /// The 21 points of the closed object's box in camera space, metres.
    pub box_camera_m: [[f64; 3]; BOX_POINTS],
    /// Left, top, right, bottom of the visible part of the box in the picture, pixels; `None` when it is outside.
    pub box_px: Option<[f64; 4]>,
    /// `camera_from_body`.
    pub camera_from_body: Pose,
    /// Who holds it.
    pub in_hand: InHand,
}

/// The truth about one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Since the beginning of the clip, seconds.
    pub time_s: f64,
    /// The wearer's hands first (left before right), then a bystander's; hands out of view included.
    pub hands: Vec<HandTruth>,
    /// Objects with a class; props are left out.
    pub objects: Vec<ObjectTruth>,
    /// What happens; `None` is background.
    pub action: Option<Action>,
    /// Phase of the motion.
    pub phase: Phase,
    /// The camera.
    pub intrinsics: Intrinsics,
    /// `world_from_camera`: H2O's cam_pose.
    pub world_from_camera: Pose,
}

impl Truth {
    /// The truth about a frame of a clip.
    pub fn of(clip: &Clip, frame: u64) -> Truth {
        let moment = clip.moment(frame);
        Truth::of_moment(clip, &moment)
    }

    /// The truth about a moment of a clip.
    pub fn of_moment(clip: &Clip, moment: &Moment) -> Truth {
        let camera = &moment.camera;
        // Objects without a class are not counted.
        let number = |object: usize| {
            let classed = moment.objects.get(object).is_some_and(|o| o.model.class > 0);
            classed.then(|| moment.objects[..object].iter().filter(|o| o.model.class > 0).count())
        };
        let hands = moment
            .hands
            .iter()
            .map(|h| {
                let holds = h.held.and_then(|held| number(held.object));
                hand_truth(h, &camera.camera_from_world, &camera.intrinsics, holds)
            })
            .collect();
        let objects = moment
            .objects
            .iter()
            .filter(|o| o.model.class > 0)
            .map(|o| object_truth(o, &camera.camera_from_world, &camera.intrinsics))
            .collect();
        Truth {
            time_s: moment.time_s,
            hands,
            objects,
            action: clip.label_at(moment.time_s),
            phase: clip.phase_at(moment.time_s),
            intrinsics: camera.intrinsics,
            world_from_camera: camera.camera_from_world.inverse(),
        }
    }

    /// The same truth as a picture through this lens shows it: pixels of joints and boxes, and what is outside.
    ///
    /// To be called before [`Truth::look_up_visibility`]. What lies so far out that the lens never shows it has no pixel.
    #[must_use]
    pub fn seen_through(mut self, lens: &Distortion) -> Truth {
        let k = self.intrinsics;
        let bend = |px: [f64; 2]| lens.seen_px(&k, px);
        for hand in &mut self.hands {
            hand.image_px = hand.camera_m.map(|m| k.project(m).and_then(bend));
            (hand.visibility, hand.present) = in_view(&hand.image_px, &k);
        }
        for object in &mut self.objects {
            object.box_px = bounds(object.box_camera_m[1..].iter().map(|p| k.project(*p).and_then(bend)), &k);
        }
        self
    }

    /// The wearer's hand of a side, when it takes part.
    pub fn wearer(&self, side: Side) -> Option<&HandTruth> {
        self.hands.iter().find(|h| h.owner == Owner::Wearer && h.side == side)
    }

    /// Fills in what hides what: `seen(camera_m, px, radius_m)` says whether nothing is in front of a joint inside the picture.
    pub fn look_up_visibility(&mut self, moment: &Moment, mut seen: impl FnMut([f64; 3], [f64; 2], f64) -> bool) {
        for (truth, state) in self.hands.iter_mut().zip(&moment.hands) {
            for joint in 0..JOINTS {
                if let (Visibility::Unknown | Visibility::Visible | Visibility::Occluded, Some(px)) =
                    (truth.visibility[joint], truth.image_px[joint])
                {
                    let radius = flesh_m(state, joint);
                    let free = seen(truth.camera_m[joint], px, radius);
                    truth.visibility[joint] = if free { Visibility::Visible } else { Visibility::Occluded };
                }
            }
        }
    }
}

/// Radius of the flesh around a joint, metres.
pub fn flesh_m(hand: &HandState, joint: usize) -> f64 {
    match joint.checked_sub(1) {
        None => hand.anatomy.wrist_radius_m,
        Some(k) => hand.anatomy.radii_m.get(k / 4).map_or(0.0, |r| r[k % 4]),
    }
}

fn inside(px: Option<[f64; 2]>, k: &Intrinsics) -> bool {
    px.is_some_and(|[x, y]| (-0.5..f64::from(k.width) - 0.5).contains(&x) && (-0.5..f64::from(k.height) - 0.5).contains(&y))
}

fn in_view(image_px: &[Option<[f64; 2]>; JOINTS], k: &Intrinsics) -> ([Visibility; JOINTS], bool) {
    let visibility = image_px.map(|px| if inside(px, k) { Visibility::Unknown } else { Visibility::Outside });
    let present = visibility.iter().filter(|v| **v != Visibility::Outside).count() >= PRESENT_JOINTS;
    (visibility, present)
}

/// Left, top, right, bottom of these points as far as the picture goes, pixels.
fn bounds(points: impl Iterator<Item = Option<[f64; 2]>>, k: &Intrinsics) -> Option<[f64; 4]> {
    let mut rect: Option<[f64; 4]> = None;
    for point in points {
        let [x, y] = point?;
        let r = rect.get_or_insert([x, y, x, y]);
        *r = [r[0].min(x), r[1].min(y), r[2].max(x), r[3].max(y)];
    }
    let (right, bottom) = (f64::from(k.width) - 0.5, f64::from(k.height) - 0.5);
    rect.map(|[a, b, c, d]| [a.max(-0.5), b.max(-0.5), c.min(right), d.min(bottom)]).filter(|r| r[2] > r[0] && r[3] > r[1])
}

fn hand_truth(hand: &HandState, camera_from_world: &Pose, k: &Intrinsics, holds: Option<usize>) -> HandTruth {
    let camera_m = hand.pose.joints_m.map(|j| <[f64; 3]>::from(place(camera_from_world, j)));
    let image_px = camera_m.map(|m| k.project(m));
    let (visibility, present) = in_view(&image_px, k);
    HandTruth { owner: hand.owner, side: hand.side, camera_m, image_px, visibility, present, holds }
}

/// The 21 points of a box of these half extents, in its own frame.
pub fn box_points(half_m: [f64; 3]) -> [Vec3; BOX_POINTS] {
    let [x, y, z] = half_m;
    let mut points = [Vec3::zeros(); BOX_POINTS];
    for (k, (sx, sy)) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].into_iter().enumerate() {
        points[1 + k] = vec3(sx * x, sy * y, -z);
        points[5 + k] = vec3(sx * x, sy * y, z);
    }
    for (k, (a, b)) in BOX_EDGES.into_iter().enumerate() {
        points[9 + k] = (points[a] + points[b]) / 2.0;
    }
    points
}

fn object_truth(object: &ObjectState, camera_from_world: &Pose, k: &Intrinsics) -> ObjectTruth {
    let camera_from_body = camera_from_world * object.parts[0];
    let box_camera_m = box_points(object.model.half_m).map(|p| <[f64; 3]>::from(place(&camera_from_body, p)));
    let box_px = bounds(box_camera_m[1..9].iter().map(|p| k.project(*p)), k);
    ObjectTruth { class: object.model.class, box_camera_m, box_px, camera_from_body, in_hand: object.in_hand }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_points_are_ordered_as_in_the_data_set() {
        let p = box_points([1.0, 2.0, 3.0]);
        // 1-5, 2-6, 3-7, 4-8 join the two faces and are parallel.
        for k in 1..5 {
            assert_eq!(p[k + 4] - p[k], p[5] - p[1]);
        }
        for (middle, a, b) in
            [(9, 1, 2), (10, 5, 6), (11, 7, 8), (12, 3, 4), (13, 1, 5), (16, 4, 8), (17, 1, 4), (18, 2, 3), (19, 6, 7), (20, 5, 8)]
        {
            assert_eq!(p[middle], (p[a] + p[b]) / 2.0);
        }
        assert_eq!(p[0], Vec3::zeros());
    }

    #[test]
    fn a_lens_moves_joints_as_its_formula_says_and_none_of_them_in_space() {
        let script = crate::script::Script::of(Action::from_id(1).expect("an action"));
        let clip = Clip::new(3, &script).expect("a clip");
        let plain = Truth::of(&clip, clip.frames() / 2);
        let k = plain.intrinsics;
        let lens = Distortion { k: [-0.05, 0.0] };
        let bent = plain.clone().seen_through(&lens);
        assert_eq!(plain.clone().seen_through(&Distortion::default()).hands, plain.hands);
        let mut moved = 0;
        for (p, b) in plain.hands.iter().zip(&bent.hands) {
            assert_eq!(p.camera_m, b.camera_m);
            for (m, px) in p.camera_m.iter().zip(b.image_px) {
                let (x, y) = (m[0] / m[2], m[1] / m[2]);
                let Some(px) = px else { continue };
                let stretch = 1.0 - 0.05 * (x * x + y * y);
                let want = [k.fx * x * stretch + k.cx, k.fy * y * stretch + k.cy];
                assert!(libm::hypot(px[0] - want[0], px[1] - want[1]) < 1e-6, "{px:?}, not {want:?}");
                moved += i32::from(stretch < 0.999);
            }
        }
        assert!(moved > 10, "only {moved} joints moved");
    }
}
