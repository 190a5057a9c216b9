//! How often, and how deep, the wearer's two hands go through each other: `hands_meet [FRAMES] [SEED]` looks at so many (2000) random
//! frames of all actions and prints one JSON line.
//!
//! A hand is its bones with the flesh around their ends, and a fan of rods from the wrist to the knuckles for the palm; the depth is by
//! how much the two surfaces overlap where they do so most.

use std::io::Write as _;

use ego_core::hands::BONES;
use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::moment::{HandState, Owner};
use ego_synth::rng::Rng;
use ego_synth::script::Script;
use ego_synth::space::Vec3;
use ego_synth::truth::flesh_m;

/// A rod with a radius at each end.
type Rod = ([Vec3; 2], [f64; 2]);

fn rods(hand: &HandState) -> Vec<Rod> {
    let at = |j: usize| hand.pose.joints_m[j];
    // The wrist's radius is that of the fore-arm seen from above; the palm is thinner.
    let flesh = |j: usize| if j == 0 { hand.anatomy.palm_half_m } else { flesh_m(hand, j) };
    let mut rods: Vec<Rod> = BONES.into_iter().map(|(a, b, _)| ([at(a), at(b)], [flesh(a), flesh(b)])).collect();
    for (a, b) in [(5, 9), (9, 13), (13, 17)] {
        rods.push(([at(0), at(a).lerp(&at(b), 0.5)], [flesh(0), 0.5 * (flesh(a) + flesh(b))]));
    }
    rods
}

/// By how much two rods overlap, metres; negative where they are apart.
fn overlap(a: &Rod, b: &Rod) -> f64 {
    let gap = |s: f64| {
        let p = a.0[0].lerp(&a.0[1], s);
        let way = b.0[1] - b.0[0];
        let t = ((p - b.0[0]).dot(&way) / way.norm_squared().max(1e-12)).clamp(0.0, 1.0);
        (p - b.0[0].lerp(&b.0[1], t)).norm() - (a.1[0] + (a.1[1] - a.1[0]) * s) - (b.1[0] + (b.1[1] - b.1[0]) * t)
    };
    -(0..=16).map(|i| gap(f64::from(i) / 16.0)).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = |n: usize| std::env::args().nth(n).and_then(|a| a.parse::<u64>().ok());
    let (frames, mut rng) = (argument(1).unwrap_or(2000), Rng::new(argument(2).unwrap_or(1)));
    let (mut pairs, mut depths, mut by_verb) = (0u64, Vec::new(), std::collections::BTreeMap::<String, u64>::new());
    for i in 0..frames {
        let action = Action::from_id(1 + (i % 36) as u32).ok_or("no such action")?;
        let clip = Clip::new(rng.next_u64(), &Script::of(action))?;
        let moment = clip.moment(rng.below(clip.frames() as usize) as u64);
        let hands: Vec<_> = moment.hands.iter().filter(|h| h.owner == Owner::Wearer).map(rods).collect();
        let [left, right] = hands.as_slice() else { continue };
        pairs += 1;
        let depth = left.iter().flat_map(|a| right.iter().map(move |b| overlap(a, b))).fold(f64::NEG_INFINITY, f64::max);
        if depth > 0.0 {
            depths.push(depth * 1e3);
            *by_verb.entry(action.name()).or_default() += 1;
        }
    }
    depths.sort_by(f64::total_cmp);
    let count = depths.len();
    let share = |least: f64| 100.0 * depths.iter().filter(|d| **d > least).count() as f64 / pairs.max(1) as f64;
    let mean = depths.iter().sum::<f64>() / count.max(1) as f64;
    let median = depths.get(count / 2).copied().unwrap_or(0.0);
    let mut most: Vec<_> = by_verb.into_iter().collect();
    most.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    most.truncate(6);
    writeln!(
        std::io::stdout(),
        "{{\"frames\":{frames},\"with_both_hands\":{pairs},\"overlap_percent\":{:.2},\"over_5_mm_percent\":{:.2},\"over_10_mm_percent\":{:.2},\"mean_mm\":{mean:.1},\"median_mm\":{median:.1},\"worst_mm\":{:.1},\"most\":{}}}",
        share(0.0),
        share(5.0),
        share(10.0),
        depths.last().copied().unwrap_or(0.0),
        serde_json::to_string(&most)?
    )?;
    Ok(())
}
