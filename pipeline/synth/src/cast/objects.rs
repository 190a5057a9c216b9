//! The shapes of the eight objects, each of a random size that the hand can hold.

use super::noun;
use crate::rng::Rng;
use crate::shape::{MAX_PARTS, ObjectModel, Part, PartRole, Piece, Solid};
use crate::space::{Pose, Turn, Vec3, pose, vec3};

/// Share of a hand's length that thumb and fingers span in a firm grasp.
const SPAN: f64 = 0.40;

/// Where a box may be opened and where its contents show: how far an item stands out of its container, metres.
pub const ITEM_SHOWS_M: f64 = 0.024;

fn at(x: f64, y: f64, z: f64) -> Pose {
    pose(vec3(x, y, z), Turn::identity())
}

fn part(role: PartRole, pieces: Vec<Piece>) -> Part {
    Part { role, pieces }
}

fn block(centre: Vec3, half: [f64; 3], round: f64) -> Piece {
    let round_m = round.min(half[0]).min(half[1]).min(half[2]);
    Piece { part_from_solid: pose(centre, Turn::identity()), solid: Solid::RoundBox { half_m: half, round_m }, open_top: false }
}

fn tube(centre: Vec3, bottom_m: f64, top_m: f64, height: f64) -> Piece {
    Piece {
        part_from_solid: pose(centre, Turn::identity()),
        solid: Solid::Frustum { bottom_m, top_m, half_height_m: height / 2.0 },
        open_top: false,
    }
}

fn hollow(mut piece: Piece) -> Piece {
    piece.open_top = true;
    piece
}

fn model(class: u32, half_m: [f64; 3], parts: Vec<(Part, Pose)>, look_seed: u64) -> ObjectModel {
    let mut closed = [Pose::identity(); MAX_PARTS];
    for (slot, (_, at)) in closed.iter_mut().zip(&parts) {
        *slot = *at;
    }
    ObjectModel { class, parts: parts.into_iter().map(|(p, _)| p).collect(), half_m, closed, look_seed }
}

/// The object of this class (1..=8; anything else gives the cup) for a hand of `hand_m` length.
pub fn draw(class: u32, hand_m: f64, rng: &mut Rng) -> ObjectModel {
    let look = rng.next_u64();
    let span = SPAN * hand_m;
    // Sizes of the things themselves; small hands get small editions.
    let small = (hand_m / 0.18).clamp(0.72, 1.0);
    match class {
        noun::BOOK => book(look, small, rng),
        noun::ESPRESSO => {
            carton(class, look, [rng.range(0.10, 0.13) * small, rng.range(0.055, 0.075), rng.range(0.085, 0.11) * small], span, true)
        }
        noun::LOTION => lotion(look, span, small, rng),
        noun::SPRAY => spray(look, span, small, rng),
        noun::MILK => milk(look, span, small, rng),
        noun::COCOA => {
            carton(class, look, [rng.range(0.09, 0.11) * small, rng.range(0.05, 0.065), rng.range(0.12, 0.15) * small], span, false)
        }
        noun::CHIPS => chips(look, span, small, rng),
        noun::CAPPUCCINO => {
            carton(class, look, [rng.range(0.12, 0.15) * small, rng.range(0.05, 0.07), rng.range(0.09, 0.115) * small], span, false)
        }
        _ => cup(look, small, rng),
    }
}

fn book(look: u64, small: f64, rng: &mut Rng) -> ObjectModel {
    // It stands, its front cover towards the wearer, its spine at the left.
    let [w, t, h] = [rng.range(0.105, 0.135) * small, rng.range(0.016, 0.032), rng.range(0.16, 0.20) * small];
    let board = 0.0012;
    let body = part(PartRole::Body, vec![block(vec3(0.0, board, 0.0), [w / 2.0, t / 2.0 - board, h / 2.0], 0.0015)]);
    let cover = part(PartRole::Cover, vec![block(vec3(w / 2.0, 0.0, 0.0), [w / 2.0, board, h / 2.0], 0.0008)]);
    model(noun::BOOK, [w / 2.0, t / 2.0, h / 2.0], vec![(body, Pose::identity()), (cover, at(-w / 2.0, board - t / 2.0, 0.0))], look)
}

fn carton(class: u32, look: u64, [w, d, h]: [f64; 3], span: f64, capsules: bool) -> ObjectModel {
    let d = d.min(span);
    let half = [w / 2.0, d / 2.0, h / 2.0];
    let body = part(PartRole::Body, vec![hollow(block(Vec3::zeros(), half, 0.001))]);
    let (item, below) = if capsules {
        (part(PartRole::Item, vec![tube(Vec3::zeros(), 0.0125, 0.0165, 0.034)]), 0.017)
    } else {
        let tall = 0.085_f64.min(h);
        (part(PartRole::Item, vec![block(Vec3::zeros(), [0.021, 0.004, tall / 2.0], 0.003)]), tall / 2.0)
    };
    let rests = at(0.0, 0.0, h / 2.0 + ITEM_SHOWS_M - below);
    model(class, half, vec![(body, Pose::identity()), (item, rests)], look)
}

fn lotion(look: u64, span: f64, small: f64, rng: &mut Rng) -> ObjectModel {
    let r = rng.range(0.022, 0.029).min(span / 2.0);
    let h = rng.range(0.12, 0.16) * small;
    let cap_h = 0.024;
    let (cap_r, body_h) = (0.58 * r + 0.002, h - cap_h);
    let body = part(PartRole::Body, vec![tube(vec3(0.0, 0.0, -cap_h / 2.0), r, 0.82 * r, body_h)]);
    // The cap turns up around its far rim.
    let cap = part(PartRole::Lid, vec![tube(vec3(0.0, -cap_r, cap_h / 2.0), cap_r, 0.92 * cap_r, cap_h)]);
    let hinge = at(0.0, cap_r, h / 2.0 - cap_h);
    model(noun::LOTION, [r, r, h / 2.0], vec![(body, Pose::identity()), (cap, hinge)], look)
}

fn spray(look: u64, span: f64, small: f64, rng: &mut Rng) -> ObjectModel {
    let r = rng.range(0.024, 0.031).min(span / 2.0);
    let h = rng.range(0.17, 0.21) * small;
    let (head_h, neck_h) = (0.026, 0.016);
    let body_h = h - head_h - neck_h;
    let bottom = -h / 2.0;
    let pieces = vec![
        tube(vec3(0.0, 0.0, bottom + body_h / 2.0), r, 0.92 * r, body_h),
        tube(vec3(0.0, 0.0, bottom + body_h + neck_h / 2.0), 0.012, 0.012, neck_h),
        // The head looks ahead: its nozzle is at +y.
        block(vec3(0.0, 0.012, h / 2.0 - head_h / 2.0), [0.0125, 0.034, head_h / 2.0], 0.006),
    ];
    let trigger = part(PartRole::Trigger, vec![block(vec3(0.0, 0.0, -0.014), [0.006, 0.004, 0.017], 0.003)]);
    let hung = at(0.0, 0.030, h / 2.0 - head_h);
    model(noun::SPRAY, [r, 0.046_f64.max(r), h / 2.0], vec![(part(PartRole::Body, pieces), Pose::identity()), (trigger, hung)], look)
}

fn milk(look: u64, span: f64, small: f64, rng: &mut Rng) -> ObjectModel {
    let d = rng.range(0.056, 0.074).min(span);
    let w = (d * rng.range(0.95, 1.25)).min(0.09);
    let h = rng.range(0.16, 0.215) * small;
    let cap_h = 0.018;
    let body_h = h - cap_h;
    let body = part(PartRole::Body, vec![block(vec3(0.0, 0.0, -cap_h / 2.0), [w / 2.0, d / 2.0, body_h / 2.0], 0.002)]);
    let cap = part(PartRole::Lid, vec![tube(Vec3::zeros(), 0.0165, 0.0155, cap_h)]);
    model(noun::MILK, [w / 2.0, d / 2.0, h / 2.0], vec![(body, Pose::identity()), (cap, at(0.0, 0.0, h / 2.0 - cap_h / 2.0))], look)
}

fn chips(look: u64, span: f64, small: f64, rng: &mut Rng) -> ObjectModel {
    let r = rng.range(0.030, 0.037).min(span / 2.0);
    let h = rng.range(0.19, 0.25) * small;
    let lid_h = 0.013;
    let body = part(PartRole::Body, vec![hollow(tube(Vec3::zeros(), r, r, h))]);
    let lid = part(PartRole::Lid, vec![tube(Vec3::zeros(), r + 0.0012, r + 0.0008, lid_h)]);
    let chip = part(PartRole::Item, vec![block(Vec3::zeros(), [0.7 * r, 0.0025, 0.020], 0.002)]);
    // The lid sits over the rim; the first chip reaches up to it.
    let parts =
        vec![(body, Pose::identity()), (lid, at(0.0, 0.0, h / 2.0 + 0.001 - lid_h / 2.0 + 0.004)), (chip, at(0.0, 0.0, h / 2.0 - 0.017))];
    model(noun::CHIPS, [r + 0.0012, r + 0.0012, h / 2.0 + 0.005], parts, look)
}

fn cup(look: u64, small: f64, rng: &mut Rng) -> ObjectModel {
    let (r, h) = (rng.range(0.032, 0.042) * small, rng.range(0.075, 0.11) * small);
    let body = part(PartRole::Body, vec![hollow(tube(Vec3::zeros(), rng.range(0.75, 1.0) * r, r, h))]);
    model(0, [r, r, h / 2.0], vec![(body, Pose::identity())], look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::place;

    #[test]
    fn every_part_lies_inside_the_box_that_the_truth_will_name() {
        for class in 0..=8 {
            for seed in 0..50 {
                let mut r = Rng::new(seed);
                let hand = r.range(0.13, 0.2);
                let m = draw(class, hand, &mut r);
                assert_eq!(m.class, class);
                assert!(m.parts.len() <= MAX_PARTS && m.parts[0].role == PartRole::Body);
                for (part, at) in m.parts.iter().zip(&m.closed) {
                    if matches!(part.role, PartRole::Item | PartRole::Trigger) {
                        continue;
                    }
                    for piece in &part.pieces {
                        let [hx, hy, hz] = piece.solid.half_extents_m();
                        for (x, y, z) in
                            [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)]
                        {
                            let p = place(at, place(&piece.part_from_solid, vec3(x * hx, y * hy, z * hz)));
                            assert!((0..3).all(|k| p[k].abs() <= m.half_m[k] + 1e-3), "class {class}: {p} outside {:?}", m.half_m);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn children_get_things_they_can_hold() {
        for class in 2..=8 {
            let m = draw(class, 0.13, &mut Rng::new(9));
            assert!(2.0 * m.half_m[1] < 0.093, "class {class} is {} m deep", 2.0 * m.half_m[1]);
        }
    }
}
