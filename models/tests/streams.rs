//! People of real multi-person recordings (`skeleton-actions/tracked-streams` in $EGO_SHARED), followed by their boxes and described:
//! numbers hold as far as the recordings say who is who, and no window mixes two people.
//!
//! Skips when EGO_SHARED is not set, fails when it is set and the recordings are missing. Needs no model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::features::Features;
use ego_core::kinematics::{Extractor, FeatureSpec, Preset, Scene};
use ego_core::objects::{Detection, InHand};
use ego_core::region::Box2;
use ego_core::tracks::BoxTracks;

/// The recordings have 10 pictures a second.
const FRAME_NS: u64 = 100_000_000;
/// Overlap of somebody's boxes in two pictures from which on this is the same person, whatever else moves.
const STAYS: f64 = 0.5;

/// Somebody in one picture: the number that the recording's own tracker gave, and 18 OpenPose joints, NaN where not found.
struct Person {
    theirs: u64,
    joints: [[f32; 2]; 18],
}

impl Person {
    /// The box around the joints that were found; `None` without any.
    fn detection(&self) -> Option<Detection> {
        let found = self.joints.iter().filter(|j| !j[0].is_nan());
        let none = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        let b = found.fold(none, |b, [x, y]| [b[0].min(*x), b[1].min(*y), b[2].max(*x), b[3].max(*y)]);
        let whole = b.iter().all(|v| v.is_finite());
        whole.then_some(Detection { class: 0, score: 0.9, track: None, box_norm: b, depth_m: None, in_hand: InHand::None })
    }

    /// The joints after the nose are those of `BodyLayout::Body13`, in order.
    fn body(&self, track: u32) -> Body {
        let image_norm: Vec<[f32; 2]> = self.joints[1..14].to_vec();
        Body { layout: BodyLayout::Body13, track, score: 0.9, joint_score: vec![0.9; 13], image_norm, world_m: None }
    }
}

/// The pictures of a recording; `None` after a message when recordings are not at hand.
fn recording(name: &str) -> Option<Vec<Vec<Person>>> {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        println!("skipped: EGO_SHARED is not set");
        return None;
    };
    let path = std::path::Path::new(&shared).join(format!("data/skeleton-actions/tracked-streams/{name}.jsonl.gz"));
    let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().expect("gzip runs");
    assert!(unpacked.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&unpacked.stderr));
    let text = String::from_utf8(unpacked.stdout).expect("text");
    let person = |p: &serde_json::Value| {
        let xy: Vec<f32> = p["xy"].as_array().expect("joints").iter().map(|v| v.as_f64().expect("a number") as f32).collect();
        let joint = |j: usize| if xy[2 * j] == 0.0 && xy[2 * j + 1] == 0.0 { [f32::NAN; 2] } else { [xy[2 * j], xy[2 * j + 1]] };
        Person { theirs: p["id"].as_u64().expect("a number"), joints: std::array::from_fn(joint) }
    };
    let picture = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        line["people"].as_array().expect("people").iter().map(person).collect()
    };
    Some(text.lines().map(picture).collect())
}

/// Numbers that our tracker gives to the people of each picture, in their order; people of whom nothing is seen have none.
fn followed(pictures: &[Vec<Person>]) -> Vec<Vec<Option<u32>>> {
    let mut tracks = BoxTracks::default();
    let numbers = |(n, people): (usize, &Vec<Person>)| {
        let seen: Vec<Option<Detection>> = people.iter().map(Person::detection).collect();
        let mut boxes: Vec<Detection> = seen.iter().flatten().copied().collect();
        tracks.follow(&mut boxes, Some(n as u64 * FRAME_NS), 0.0);
        // Boxes that the tracker adds for people missed for a moment come after those that were given.
        let mut given = boxes.into_iter();
        seen.iter().map(|s| s.as_ref().and_then(|_| given.next()?.track)).collect()
    };
    pictures.iter().enumerate().map(numbers).collect()
}

fn box_of(detection: &Detection) -> Box2 {
    let [x0, y0, x1, y1] = detection.box_norm.map(f64::from);
    Box2 { x0, y0, x1, y1 }
}

fn described(extractor: &mut Extractor, n: usize, bodies: Vec<Body>) -> Vec<Features> {
    let bodies = Bodies { bodies };
    let time_ns = Some(n as u64 * FRAME_NS);
    extractor.push(&Scene { time_ns, width: 656, height: 368, bodies: Some(&bodies), ..Scene::default() })
}

/// Every set of features that a stream gives is what an extractor gives that has seen this person alone, and its window lies within
/// one unbroken stay. Returns how many sets there were.
fn check_windows(name: &str, pictures: &[Vec<Person>], numbers: &[Vec<Option<u32>>]) -> usize {
    let spec = FeatureSpec::new(Preset::Body);
    let mut together = Extractor::new(spec);
    let mut alone: BTreeMap<u32, Extractor> = BTreeMap::new();
    let mut stays: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut sets = 0;
    for (n, (people, numbers)) in pictures.iter().zip(numbers).enumerate() {
        let here: Vec<(u32, &Person)> = people.iter().zip(numbers).filter_map(|(p, id)| Some(((*id)?, p))).collect();
        let found = described(&mut together, n, here.iter().map(|(id, p)| p.body(*id)).collect());
        let mut wanted = Vec::new();
        for (id, person) in &here {
            stays.entry(*id).or_default().push(n);
            let extractor = alone.entry(*id).or_insert_with(|| Extractor::new(spec));
            wanted.extend(described(extractor, n, vec![person.body(*id)]));
        }
        wanted.sort_by(|a, b| a.subject.len().cmp(&b.subject.len()).then_with(|| a.subject.cmp(&b.subject)));
        assert_eq!(found, wanted, "{name}, picture {n}: somebody else is in a window");
        for features in &found {
            let id: u32 = features.subject.strip_prefix("body:").and_then(|id| id.parse().ok()).expect("a person");
            let stay = &stays[&id];
            assert_eq!(stay.last(), Some(&n), "{name}, picture {n}: {} is not in it", features.subject);
            let first = n.checked_sub(spec.frames - 1).expect("a full window");
            assert!(stay.iter().any(|m| *m <= first), "{name}, picture {n}: the window begins before {}", features.subject);
            assert!(features.values.iter().all(|v| v.is_finite()));
        }
        sets += found.len();
    }
    sets
}

#[test]
fn people_keep_their_numbers_and_their_windows() {
    // Least sets of features, and most numbers that our tracker may spend; the recordings' own trackers spent 2, 94 and 39.
    for (name, least, most) in [("apple", 90, 2), ("punch_video", 550, 16), ("home_cam", 150, 26)] {
        let Some(pictures) = recording(name) else { return };
        let numbers = followed(&pictures);
        let ours: BTreeSet<u32> = numbers.iter().flatten().flatten().copied().collect();
        // The recordings' own tracker hands numbers on to other people now and then (in picture 105 of punch_video two people change
        // theirs without moving), so it counts where somebody stays in place: there ours must not change, and a number never goes over
        // to a box that overlaps its last one less than another box of the picture does.
        let (mut kept, mut lost, mut swapped) = (0, 0, 0);
        for n in 1..pictures.len() {
            let of = |n: usize| -> Vec<(u64, u32, Box2)> {
                let people = pictures[n].iter().zip(&numbers[n]);
                people.filter_map(|(p, id)| Some((p.theirs, (*id)?, box_of(&p.detection()?)))).collect()
            };
            let (before, now) = (of(n - 1), of(n));
            for (theirs, id, place) in &now {
                match before.iter().find(|(t, _, b)| t == theirs && b.iou(place) >= STAYS) {
                    Some((_, old, _)) if old == id => kept += 1,
                    Some(_) => lost += 1,
                    None => {}
                }
                let nearer = |last: &Box2| now.iter().any(|(_, _, other)| other.iou(last) > place.iou(last));
                swapped += usize::from(before.iter().any(|(_, old, last)| old == id && nearer(last)));
            }
        }
        let sets = check_windows(name, &pictures, &numbers);
        println!("{name}: {} numbers, kept {kept}, lost {lost}, swapped {swapped}, {sets} sets of features", ours.len());
        assert!(ours.len() <= most, "{name}: {} numbers", ours.len());
        assert_eq!(swapped, 0, "{name}");
        assert!(lost * 100 <= kept && kept > 50, "{name}: lost {lost} of {}", kept + lost);
        assert!(sets >= least, "{name}: {sets} sets of features");
        // With the recording's own numbers, too.
        let theirs: Vec<Vec<Option<u32>>> = pictures.iter().map(|p| p.iter().map(|p| Some(p.theirs as u32)).collect()).collect();
        assert!(check_windows(name, &pictures, &theirs) > 0);
    }
}
