//! Grasps: where a hand goes around a part, and joint angles that bring its tips onto the surface.
//!
//! Inverse kinematics by digit: a pattern search over the four angles of a digit lowers a cost made of the gap between pad and
//! surface, penetration, the direction of the pad, and the distance to a natural posture. Done once a grasp, never per frame.

use nalgebra::Matrix3;

use crate::hand::forward::digit_pose;
use crate::hand::{Anatomy, DigitAngles, HandAngles, Posture, angles};
use crate::rng::Rng;
use crate::shape::{Part, Solid};
use crate::space::{Pose, Turn, Vec3, deg, mix, place, pose, turn_from_yz, turn_x, turn_y, turn_z, unit, vec3};

/// Largest distance between pad and surface that counts as touching while a grasp is chosen, metres.
const TOUCHES_M: f64 = 0.0025;
/// How deep flesh may be pressed in, metres.
const SOFT_M: f64 = 0.0035;
/// How often a grasp is tried with another wrist pose.
const TRIES: usize = 8;

/// A hand around a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grasp {
    /// The wrist frame in the part's frame.
    pub part_from_hand: Pose,
    /// Angles while holding.
    pub angles: HandAngles,
    /// Angles just before and after.
    pub preshape: HandAngles,
    /// Which tips touch the part, thumb first.
    pub contact: [bool; 5],
    /// Direction in the part's frame in which the hand comes away.
    pub away: Vec3,
}

/// How a hand takes hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    /// From its own side around an upright thing, at this height above the part's origin (metres).
    Side {
        /// Height of the middle finger above the part's origin.
        height_m: f64,
        /// The index stays away, ready for a trigger.
        free_index: bool,
        /// How far the fingers point up, radians.
        raise: f64,
    },
    /// From above, thumb on the near side and fingers on the far side, palm this far above the top (metres).
    Top {
        /// Clearance between the palm and the top of the part.
        clearance_m: f64,
    },
    /// Thumb against index and middle finger, from above, at this height above the part's origin.
    Pinch {
        /// Height of the tips above the part's origin, metres.
        height_m: f64,
    },
}

/// What a grasp must reach and must not enter.
pub struct Setting<'a> {
    /// The part to hold and its pose in the world.
    pub target: (&'a Part, Pose),
    /// Half the extents of the target around its origin, metres.
    pub half_m: [f64; 3],
    /// Parts that are in the way.
    pub others: Vec<(&'a Part, Pose)>,
    /// Heading of the part around the vertical that the hand should assume (radians): 0 is ahead.
    pub heading: f64,
}

/// A solid near the hand.
struct Near {
    solid: Solid,
    /// `solid_from_hand`.
    turned: Matrix3<f64>,
    moved: Vec3,
    /// A sphere around it, in the hand frame.
    centre: Vec3,
    reach_m: f64,
}

impl Near {
    fn all(part: &Part, part_from_hand: Pose) -> impl Iterator<Item = Near> {
        part.pieces.iter().map(move |piece| {
            let at = piece.part_from_solid.inverse() * part_from_hand;
            let turned = at.rotation.to_rotation_matrix().into_inner();
            let [x, y, z] = piece.solid.half_extents_m();
            let centre = at.inverse().translation.vector;
            Near { solid: piece.solid, turned, moved: at.translation.vector, centre, reach_m: (x * x + y * y + z * z).sqrt() }
        })
    }

    #[inline]
    fn distance_m(&self, p: Vec3) -> f64 {
        self.solid.distance_m(self.turned * p + self.moved)
    }
}

/// What is around a hand, in its frame.
struct Space {
    target: Vec<Near>,
    others: Vec<Near>,
    /// Height above the table is `up . p + wrist_z` in the hand frame.
    up: Vec3,
    wrist_z: f64,
}

impl Space {
    fn gap(&self, p: Vec3) -> f64 {
        self.target.iter().fold(f64::INFINITY, |d, near| d.min(near.distance_m(p)))
    }

    /// How deep a ball of this radius around `p` is in what must not be entered; 0 where it is in nothing.
    fn depth(&self, p: Vec3, radius: f64) -> f64 {
        let mut free = radius.min(self.up.dot(&p) + self.wrist_z);
        for near in self.target.iter().chain(&self.others) {
            if (p - near.centre).norm_squared() < square((near.reach_m + free).max(0.0)) {
                free = free.min(near.distance_m(p));
            }
        }
        radius - free
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Cost of one digit's angles: below 1 is good. All terms only add, so what has reached `enough` is given back as it is then.
fn digit_cost(anatomy: &Anatomy, digit: usize, a: &DigitAngles, prior: &DigitAngles, space: &Space, touches: bool, enough: f64) -> f64 {
    let d = digit_pose(anatomy, digit, a);
    let radii = anatomy.radii_m[digit];
    let pad = radii[3];
    let mut cost = 0.0;
    if touches {
        cost += square((space.gap(d.tip_m) - pad) / 0.0012);
        if cost >= enough {
            return cost;
        }
        // The pad itself, half a radius down from the bone, should lie on the surface.
        let palmwards = d.bones[2].rotation * vec3(0.0, 0.0, -pad);
        cost += square(space.gap(d.tip_m + palmwards) / 0.008);
    }
    let starts = [d.bones[1].translation.vector, d.bones[2].translation.vector];
    let first = d.bones[0].translation.vector;
    let points = [
        ((first + starts[0]) / 2.0, (radii[0] + radii[1]) / 2.0),
        (starts[0], radii[1]),
        ((starts[0] + starts[1]) / 2.0, (radii[1] + radii[2]) / 2.0),
        (starts[1], radii[2]),
        (d.tip_m, pad),
    ];
    for (p, radius) in points {
        if cost >= enough {
            return cost;
        }
        cost += square((space.depth(p, radius) - 0.001).max(0.0) / 0.0015);
    }
    for k in 0..4 {
        cost += 0.12 * square((a[k] - prior[k]) / deg(if k == 0 { 10.0 } else { 25.0 }));
    }
    if digit > 0 {
        cost += 0.2 * square((a[3] - 0.55 * a[2]) / deg(12.0));
    }
    cost
}

/// Pattern search (Hooke and Jeeves 1961) from one start.
fn descend(cost: &dyn Fn(&DigitAngles, f64) -> f64, digit: usize, start: DigitAngles) -> (DigitAngles, f64) {
    let inside = |mut a: DigitAngles| {
        for (k, v) in a.iter_mut().enumerate() {
            let (low, high) = angles::limits(digit, k);
            *v = v.clamp(low, high);
        }
        if digit > 0 {
            let spread = angles::spread_limit(a[1]);
            a[0] = a[0].clamp(-spread, spread);
        }
        a
    };
    let mut best = inside(start);
    let mut lowest = cost(&best, f64::INFINITY);
    let mut step = deg(14.0);
    while step > deg(0.1) {
        let before = best;
        let mut better = false;
        for k in [1, 2, 3, 0] {
            for sign in [1.0, -1.0] {
                let mut trial = best;
                trial[k] += sign * step;
                let trial = inside(trial);
                let c = cost(&trial, lowest);
                if c < lowest {
                    (best, lowest, better) = (trial, c, true);
                    break;
                }
            }
        }
        if better {
            // Go on in the direction that helped.
            let trial = inside(std::array::from_fn(|k| 2.0 * best[k] - before[k]));
            let c = cost(&trial, lowest);
            if c < lowest {
                (best, lowest) = (trial, c);
            }
        } else {
            step *= 0.45;
        }
    }
    (best, lowest)
}

/// The wrist pose from which this style usually succeeds, in world space.
fn first_wrist(anatomy: &Anatomy, style: Style, setting: &Setting<'_>, rng: &mut Rng) -> (Pose, Vec3) {
    let sign = anatomy.sign();
    let length = anatomy.length_m;
    let scale = length / 0.18;
    let part = &setting.target.1;
    let [hx, hy, hz] = setting.half_m;
    let yaw = turn_z(setting.heading);
    let reach_y = |half_span: f64| 0.5 * length + 0.016 * scale - half_span;
    // Low things are picked from above, high ones from behind: the forearm comes from below either way.
    let high = (part.translation.vector.z / 0.2).clamp(0.0, 1.0);
    match style {
        Style::Side { height_m, raise, .. } => {
            let about = turn_z(-sign * rng.range(deg(-8.0), deg(14.0)));
            let tilt = turn_x(raise + rng.range(deg(-12.0), deg(10.0)));
            let outward = yaw * about * vec3(sign, 0.0, 0.0);
            let ahead = yaw * about * tilt * Vec3::y();
            let turned = turn_from_yz(ahead, outward);
            let gap = rng.range(0.004, 0.012) * scale;
            let centre = vec3(0.0, reach_y(hy), -(anatomy.palm_half_m + gap + hx));
            let target = place(part, vec3(0.0, 0.0, height_m));
            (pose(target - turned * centre, turned), unit(outward - ahead * 0.8))
        }
        Style::Top { clearance_m } => {
            let turned = turn_from_yz(
                yaw * turn_z(sign * rng.range(deg(-5.0), deg(22.0)))
                    * turn_x(mix(deg(-18.0), deg(12.0), high) + rng.range(deg(-6.0), deg(8.0)))
                    * Vec3::y(),
                Vec3::z(),
            );
            let centre = vec3(-sign * 0.006, reach_y(hy) - 0.004, -(anatomy.palm_half_m + clearance_m));
            let target = place(part, vec3(0.0, 0.0, hz));
            (pose(target - turned * centre, turned), unit(Vec3::z() - yaw * Vec3::y() * 0.5))
        }
        Style::Pinch { height_m } => {
            let heading = yaw * turn_z(sign * rng.range(deg(2.0), deg(30.0)));
            let turned = heading
                * turn_x(mix(deg(-34.0), deg(30.0), high) + rng.range(deg(-8.0), deg(8.0)))
                * turn_y(-sign * rng.range(deg(-5.0), deg(25.0)));
            let posture = HandAngles::posture(Posture::Pinch);
            let thumb = digit_pose(anatomy, 0, &posture.0[0]).tip_m;
            let index = digit_pose(anatomy, 1, &posture.0[1]).tip_m;
            let centre = thumb * 0.5 + index * 0.5;
            let target = place(part, vec3(0.0, 0.0, height_m));
            (pose(target - turned * centre, turned), unit(turned * vec3(0.0, -0.7, 0.75)))
        }
    }
}

fn prior(style: Style) -> HandAngles {
    match style {
        Style::Side { .. } => {
            let cup = HandAngles::posture(Posture::Cup);
            let mut a = cup.towards(&HandAngles::posture(Posture::Fist), 0.3);
            a.0[0] = [deg(38.0), deg(8.0), deg(14.0), deg(18.0)];
            a
        }
        Style::Top { .. } => {
            let mut a = HandAngles::posture(Posture::Wide).towards(&HandAngles::posture(Posture::Cup), 0.7);
            a.0[0] = [deg(40.0), deg(0.0), deg(14.0), deg(20.0)];
            a
        }
        Style::Pinch { .. } => HandAngles::posture(Posture::Pinch),
    }
}

/// Which digits a style asks to touch, and how many fingers beside the thumb must.
fn wanted(style: Style) -> ([bool; 5], usize) {
    match style {
        Style::Side { free_index: true, .. } => ([true, false, true, true, true], 2),
        Style::Side { .. } => ([true; 5], 2),
        Style::Top { .. } => ([true; 5], 2),
        Style::Pinch { .. } => ([true, true, true, false, false], 1),
    }
}

struct Attempt {
    wrist: Pose,
    angles: HandAngles,
    contact: [bool; 5],
    badness: f64,
}

/// Fingers around the part from this wrist pose; `None` as soon as thumb or fingers cannot touch, the palm is inside of something,
/// or it is no better than `limit`.
fn attempt(anatomy: &Anatomy, style: Style, setting: &Setting<'_>, wrist: Pose, limit: f64) -> Option<Attempt> {
    let space = Space {
        target: Near::all(setting.target.0, setting.target.1.inverse() * wrist).collect(),
        others: setting.others.iter().flat_map(|(part, at)| Near::all(part, at.inverse() * wrist)).collect(),
        up: wrist.rotation.inverse() * Vec3::z(),
        wrist_z: wrist.translation.vector.z,
    };
    // The palm and the finger bases stay outside.
    let mut inside = space.depth(vec3(0.0, 0.3 * anatomy.length_m, 0.0), anatomy.palm_half_m);
    for base in &anatomy.bases_m[1..] {
        inside = inside.max(space.depth(*base, anatomy.palm_half_m * 0.85));
    }
    if inside >= SOFT_M {
        return None;
    }
    let prior = prior(style);
    let (touch, needed) = wanted(style);
    let mut angles = prior;
    let mut contact = [false; 5];
    let mut badness = 0.0;
    for digit in 0..5 {
        let cost = |a: &DigitAngles, enough| digit_cost(anatomy, digit, a, &prior.0[digit], &space, touch[digit], enough);
        let open = HandAngles::posture(Posture::Wide).0[digit];
        let mut best = descend(&cost, digit, prior.0[digit]);
        if best.1 > 1.2 {
            let other = descend(&cost, digit, open);
            if other.1 < best.1 {
                best = other;
            }
        }
        angles.0[digit] = best.0;
        let d = digit_pose(anatomy, digit, &best.0);
        let gap = space.gap(d.tip_m) - anatomy.pad_m(digit);
        contact[digit] = touch[digit] && gap.abs() < TOUCHES_M;
        let important = if digit == 0 {
            6.0
        } else if touch[digit] {
            2.0
        } else {
            0.0
        };
        badness += best.1.min(60.0) * 0.2 + if contact[digit] { 0.0 } else { important };
        if !contact[0] || badness >= limit {
            return None;
        }
    }
    let fingers = contact[1..].iter().filter(|c| **c).count();
    (fingers >= needed).then_some(Attempt { wrist, angles, contact, badness })
}
/// A grasp of this style, or `None` when no attempt lets the thumb and enough fingers touch.
pub fn find(anatomy: &Anatomy, style: Style, setting: &Setting<'_>, rng: &mut Rng) -> Option<Grasp> {
    let mut best: Option<(Attempt, Vec3)> = None;
    for n in 0..TRIES {
        let (wrist, away) = first_wrist(anatomy, style, setting, rng);
        let spread = 0.003 * n as f64;
        let shift = vec3(rng.normal(), rng.normal(), rng.normal().abs()) * spread;
        let tilt = deg(1.5) * n as f64;
        let lean: Turn = turn_x(rng.normal() * tilt) * turn_y(rng.normal() * tilt) * turn_z(rng.normal() * tilt);
        let wrist = pose(wrist.translation.vector + shift, wrist.rotation * lean);
        let limit = best.as_ref().map_or(f64::INFINITY, |(b, _)| b.badness);
        if let Some(better) = attempt(anatomy, style, setting, wrist, limit) {
            let enough = better.badness < 4.0;
            best = Some((better, away));
            if enough {
                break;
            }
        }
    }
    let (a, away) = best?;
    let from_world = setting.target.1.inverse();
    Some(Grasp {
        part_from_hand: from_world * a.wrist,
        angles: a.angles,
        preshape: opened(&a.angles),
        contact: a.contact,
        away: from_world.rotation * away,
    })
}

/// The same posture with every digit lifted off the surface.
pub fn opened(held: &HandAngles) -> HandAngles {
    let mut a = *held;
    for (digit, angles) in a.0.iter_mut().enumerate() {
        if digit == 0 {
            angles[1] -= deg(16.0);
            angles[2] -= deg(8.0);
            angles[3] -= deg(8.0);
        } else {
            angles[1] -= deg(15.0);
            angles[2] -= deg(14.0);
            angles[3] -= deg(6.0);
        }
    }
    a.clamped()
}

#[cfg(test)]
mod tests {
    use ego_core::hands::Side;

    use super::*;
    use crate::cast::{noun, objects};
    use crate::hand::HandPose;

    fn check(class: u32, part: usize, style: fn(&crate::shape::ObjectModel) -> Style) {
        let (mut found, mut worst) = (0, 0.0f64);
        let runs = 40;
        for seed in 0..runs {
            let mut r = Rng::new(seed);
            let side = if seed % 2 == 0 { Side::Left } else { Side::Right };
            let anatomy = Anatomy::draw(side, r.range(0.135, 0.2), &mut r);
            let model = objects::draw(class, anatomy.length_m, &mut r);
            let body = pose(vec3(0.1, 0.3, model.half_m[2]), turn_z(r.range(-0.3, 0.3)));
            let at = body * model.closed[part];
            let half_m = if part == 0 { model.half_m } else { model.parts[part].pieces[0].solid.half_extents_m() };
            let others = if part == 0 { vec![] } else { vec![(&model.parts[0], body)] };
            let setting = Setting { target: (&model.parts[part], at), half_m, others, heading: 0.0 };
            let Some(g) = find(&anatomy, style(&model), &setting, &mut r) else { continue };
            found += 1;
            let hand = HandPose::new(&anatomy, &g.part_from_hand, &g.angles);
            for digit in 0..5 {
                if g.contact[digit] {
                    let gap = model.parts[part].distance_m(hand.joints_m[4 + 4 * digit]) - anatomy.pad_m(digit);
                    worst = worst.max(gap.abs());
                }
            }
            assert_eq!(g.angles.excess(), 0.0);
        }
        println!("class {class} part {part}: {found} of {runs}, worst gap {:.2} mm", worst * 1e3);
        assert!(found * 10 >= runs * 9, "class {class} part {part}: only {found} of {runs} grasps found");
        assert!(worst < 0.003);
    }

    #[test]
    fn bodies_are_grasped_from_the_side() {
        for class in 0..=8 {
            check(class, 0, |m| Style::Side { height_m: (0.052 - m.half_m[2]).max(0.0), free_index: false, raise: 0.0 });
        }
    }

    #[test]
    fn caps_and_items_are_pinched() {
        check(noun::MILK, 1, |_| Style::Pinch { height_m: 0.002 });
        check(noun::COCOA, 1, |m| Style::Pinch { height_m: m.parts[1].pieces[0].solid.half_extents_m()[2] - 0.008 });
        check(noun::ESPRESSO, 1, |_| Style::Pinch { height_m: 0.009 });
    }

    #[test]
    fn lids_are_taken_from_above() {
        check(noun::CHIPS, 1, |_| Style::Top { clearance_m: 0.03 });
    }
}
