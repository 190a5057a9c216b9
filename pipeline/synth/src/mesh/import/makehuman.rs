//! The right hand and fore-arm of the MakeHuman base body (`base.obj`, `default.mhskel`, `default_weights.mhw`, all CC0).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Trouble;
use super::rigged::{ARM, PALM, PARTS, Rigged, part};
use crate::mesh::vec3::{V3, v3};

#[derive(Deserialize)]
struct Skeleton {
    bones: BTreeMap<String, Bone>,
    /// Points whose mean is the joint.
    joints: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Bone {
    head: String,
    tail: String,
}

#[derive(Deserialize)]
struct Weights {
    /// (point, share) of each bone.
    weights: BTreeMap<String, Vec<(f64, f32)>>,
}

const TOGETHER: &str = "take base.obj, default.mhskel and default_weights.mhw from one release of MakeHuman";

fn parse<'a, T: Deserialize<'a>>(what: &str, bytes: &'a [u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|e| Trouble::new(format!("its {what} cannot be read ({e})"), TOGETHER))
}

/// The part of the right hand that a bone is.
fn part_of(bone: &str) -> Option<usize> {
    let name = bone.strip_suffix(".R")?;
    if name.starts_with("lowerarm") {
        return Some(ARM);
    }
    if name == "wrist" || name.starts_with("metacarpal") {
        return Some(PALM);
    }
    let (finger, bone) = name.strip_prefix("finger")?.split_once('-')?;
    match (finger.parse(), bone.parse()) {
        (Ok(f @ 1..=5), Ok(b @ 1..=3)) => Some(part(f - 1, b - 1)),
        _ => None,
    }
}

/// The hand out of the three files.
pub(super) fn read(mesh: &[u8], skeleton: &[u8], weights: &[u8]) -> Result<Rigged, Trouble> {
    let (points, triangles) = body(mesh)?;
    let skeleton: Skeleton = parse("default.mhskel", skeleton)?;
    let shares: Weights = parse("default_weights.mhw", weights)?;
    let place = |bone: &str, tail: bool| -> Result<V3, Trouble> {
        let lacking = || Trouble::new(format!("its skeleton lacks the bone {bone}"), TOGETHER);
        let b = skeleton.bones.get(bone).ok_or_else(lacking)?;
        let around = skeleton.joints.get(if tail { &b.tail } else { &b.head }).ok_or_else(lacking)?;
        let sum = around.iter().try_fold(V3::ZERO, |sum, &i| points.get(i).map(|p| sum + *p));
        Ok(sum.ok_or_else(lacking)? * (1.0 / around.len().max(1) as f32))
    };
    let mut joints = [[V3::ZERO; 4]; 5];
    for (f, finger) in joints.iter_mut().enumerate() {
        for (k, joint) in finger.iter_mut().enumerate() {
            *joint = place(&format!("finger{}-{}.R", f + 1, k.min(2) + 1), k == 3)?;
        }
    }
    let mut by_part = vec![[0.0; PARTS]; points.len()];
    let mut outside = vec![0.0; points.len()];
    for (bone, list) in &shares.weights {
        let part = part_of(bone);
        for &(i, share) in list {
            let i = i as usize;
            let (Some(inside), Some(other)) = (by_part.get_mut(i), outside.get_mut(i)) else {
                return Err(Trouble::new(format!("its weights name the point {i}, base.obj has {}", points.len()), TOGETHER));
            };
            match part {
                Some(p) => inside[p] += share,
                None => *other += share,
            }
        }
    }
    let (wrist, elbow) = (place("wrist.R", false)?, Some(place("lowerarm01.R", false)?));
    Rigged { points, triangles, weights: by_part, wrist, joints, elbow, left: Some(false) }.trimmed(&outside)
}

/// Points of everything and triangles of the group `body`.
fn body(obj: &[u8]) -> Result<(Vec<V3>, Vec<[u32; 3]>), Trouble> {
    let text = std::str::from_utf8(obj).map_err(|_| Trouble::new("its base.obj is not text", TOGETHER))?;
    let (mut points, mut triangles, mut inside) = (Vec::new(), Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        let bad = || Trouble::new(format!("its base.obj cannot be read in line {}", number + 1), TOGETHER);
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("v") => {
                let mut next = || words.next().and_then(|w| w.parse::<f32>().ok()).filter(|v| v.is_finite()).ok_or_else(bad);
                points.push(v3(next()?, next()?, next()?));
            }
            Some("g") => inside = words.next() == Some("body"),
            Some("f") if inside => {
                let corner = |w: &str| w.split('/').next().and_then(|n| n.parse::<u32>().ok()).filter(|n| *n > 0).map(|n| n - 1);
                let corners: Option<Vec<u32>> = words.map(corner).collect();
                let corners = corners.filter(|c| c.len() >= 3).ok_or_else(bad)?;
                triangles.extend(corners.windows(2).skip(1).map(|w| [corners[0], w[0], w[1]]));
            }
            _ => {}
        }
    }
    if triangles.iter().flatten().any(|&i| i as usize >= points.len()) {
        return Err(Trouble::new("a face of its base.obj names a point that is not there", TOGETHER));
    }
    Ok((points, triangles))
}
