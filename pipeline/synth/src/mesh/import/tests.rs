//! A tiny hand made here, damaged in every way; and the real meshes, when they are at hand.

use std::f32::consts::PI;
use std::path::PathBuf;
use std::sync::Arc;

use ego_core::hands::Side;

use super::*;
use crate::clip::Clip;
use crate::mesh::skeleton::BonePoses;
use crate::mesh::vec3::{Affine, v3};
use crate::raster::{Frame, Renderer};
use crate::rng::Rng;
use crate::script::Script;
use crate::stage::{affine, bone_poses};

const NAMES: [[&str; 4]; 5] = [
    ["thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal", "thumb-tip"],
    ["index-finger-phalanx-proximal", "index-finger-phalanx-intermediate", "index-finger-phalanx-distal", "index-finger-tip"],
    ["middle-finger-phalanx-proximal", "middle-finger-phalanx-intermediate", "middle-finger-phalanx-distal", "middle-finger-tip"],
    ["ring-finger-phalanx-proximal", "ring-finger-phalanx-intermediate", "ring-finger-phalanx-distal", "ring-finger-tip"],
    ["pinky-finger-phalanx-proximal", "pinky-finger-phalanx-intermediate", "pinky-finger-phalanx-distal", "pinky-finger-tip"],
];

/// The place of the tiny hand in its file: turned, moved, and larger than life.
fn file_from_rest(left: bool) -> Affine {
    let turned = Affine::looking(v3(3.0, -1.0, 2.0), v3(0.3, -0.8, 0.4), v3(0.1, 0.3, 0.9));
    let sides = v3(if left { -13.0 } else { 13.0 }, 13.0, 13.0);
    turned.stretched(sides)
}

/// A GLB with tubes around the bones of the rest hand, open at the wrist; `rename` may change bones' names.
fn tiny(left: bool, rename: impl Fn(&str) -> String) -> Vec<u8> {
    let (hand, place) = (rest_hand(), file_from_rest(left));
    let mut names = vec!["wrist".to_owned()];
    let mut heads = vec![V3::ZERO];
    let (mut points, mut bones, mut triangles) = (Vec::<V3>::new(), Vec::<u8>::new(), Vec::<[u16; 3]>::new());
    let mut tube = |rings: &[(V3, V3, V3, u8)]| {
        let start = points.len() as u16;
        for (at, x, z, bone) in rings {
            for k in 0..8 {
                let (s, c) = (PI * f32::from(k as u8) / 4.0).sin_cos();
                points.push(*at + *x * c + *z * s);
                bones.push(*bone);
            }
        }
        for r in 0..rings.len() as u16 - 1 {
            for k in 0..8 {
                let (a, b) = (start + 8 * r + k, start + 8 * r + (k + 1) % 8);
                triangles.push([a, a + 8, b]);
                triangles.push([b, a + 8, b + 8]);
            }
        }
        // The far end is closed.
        points.push(rings[rings.len() - 1].0);
        bones.push(rings[rings.len() - 1].3);
        let (last, tip) = (start + 8 * (rings.len() as u16 - 1), points.len() as u16 - 1);
        triangles.extend((0..8).map(|k| [last + k, tip, last + (k + 1) % 8]));
    };
    let (x, z) = (v3(1.0, 0.0, 0.0), v3(0.0, 0.0, 1.0));
    let palm = |y: f32, w: f32| (v3(0.003, y, 0.0), x * w, z * 0.014, 0);
    tube(&[palm(-0.02, 0.028), palm(-0.01, 0.028), palm(0.03, 0.034), palm(0.095, 0.045)]);
    for (f, finger) in hand.fingers.iter().enumerate() {
        let r = finger.radius;
        let [across, along, out] = finger.frame.columns;
        let ring = |y: f32, bone: usize| (finger.frame.origin + along * y, across * r, out * (0.8 * r), (1 + 4 * f + bone) as u8);
        let s = |j: usize| finger.station(j);
        tube(&[
            ring(-0.004, 0),
            ring(0.5 * s(1), 0),
            ring(s(1) + 0.001, 1),
            ring(0.5 * (s(1) + s(2)), 1),
            ring(s(2) + 0.001, 2),
            ring(s(3) + 0.0062, 2),
        ]);
        for (joint, name) in NAMES[f].iter().enumerate() {
            names.push((*name).to_owned());
            heads.push(finger.joint(joint));
        }
    }
    if left {
        triangles.iter_mut().for_each(|t| t.swap(1, 2));
    }
    let mut bin: Vec<u8> = Vec::new();
    let floats = |bin: &mut Vec<u8>, v: &[f32]| v.iter().for_each(|f| bin.extend(f.to_le_bytes()));
    let mut views = Vec::new();
    let mut view = |from: usize, to: usize| views.push(format!(r#"{{"buffer":0,"byteOffset":{from},"byteLength":{}}}"#, to - from));
    for p in &points {
        floats(&mut bin, &<[f32; 3]>::from(place.point(*p)));
    }
    let mut at = bin.len();
    view(0, at);
    bones.iter().for_each(|b| bin.extend([*b, 0, 0, 0]));
    view(at, bin.len());
    at = bin.len();
    bones.iter().for_each(|_| bin.extend([255u8, 0, 0, 0]));
    view(at, bin.len());
    at = bin.len();
    triangles.iter().flatten().for_each(|i| bin.extend(i.to_le_bytes()));
    view(at, bin.len());
    at = bin.len();
    for h in &heads {
        let h = place.point(*h);
        floats(&mut bin, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -h.x, -h.y, -h.z, 1.0]);
    }
    view(at, bin.len());
    let accessor = |view: usize, kind: u32, count: usize, shape: &str| {
        format!(r#"{{"bufferView":{view},"componentType":{kind},"count":{count},"type":"{shape}"}}"#)
    };
    let n = points.len();
    let accessors = [
        accessor(0, 5126, n, "VEC3"),
        accessor(1, 5121, n, "VEC4"),
        accessor(2, 5121, n, "VEC4"),
        accessor(3, 5123, 3 * triangles.len(), "SCALAR"),
        accessor(4, 5126, heads.len(), "MAT4"),
    ];
    let nodes: Vec<String> = names.iter().map(|n| format!(r#"{{"name":"{}"}}"#, rename(n))).collect();
    let joints: Vec<String> = (1..=names.len()).map(|i| i.to_string()).collect();
    let mut json = format!(
        r#"{{"asset":{{"version":"2.0"}},"buffers":[{{"byteLength":{}}}],"bufferViews":[{}],"accessors":[{}],
        "meshes":[{{"primitives":[{{"attributes":{{"POSITION":0,"JOINTS_0":1,"WEIGHTS_0":2}},"indices":3}}]}}],
        "nodes":[{{"mesh":0,"skin":0}},{}],"skins":[{{"joints":[{}],"inverseBindMatrices":4}}]}}"#,
        bin.len(),
        views.join(","),
        accessors.join(","),
        nodes.join(","),
        joints.join(",")
    );
    json.push_str(&" ".repeat((4 - json.len() % 4) % 4));
    bin.resize(bin.len().next_multiple_of(4), 0);
    let mut glb = b"glTF".to_vec();
    let word = |glb: &mut Vec<u8>, w: usize| glb.extend((w as u32).to_le_bytes());
    word(&mut glb, 2);
    word(&mut glb, 28 + json.len() + bin.len());
    word(&mut glb, json.len());
    glb.extend(b"JSON");
    glb.extend(json.as_bytes());
    word(&mut glb, bin.len());
    glb.extend(b"BIN\0");
    glb.extend(bin);
    glb
}

fn folder(file: &str, bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), bytes).unwrap();
    folder
}

fn message(path: &Path) -> String {
    HandMesh::load(path).err().expect("this must not load").to_string()
}

/// How often the surface goes around a point (1 inside, 0 outside): sum of solid angles, van Oosterom and Strackee 1983.
fn winding(points: &[V3], triangles: &[[u32; 3]], at: V3) -> f32 {
    let solid = |t: &[u32; 3]| {
        let [a, b, c] = t.map(|i| points[i as usize] - at);
        let (la, lb, lc) = (a.norm(), b.norm(), c.norm());
        2.0 * a.dot(b.cross(c)).atan2(la * lb * lc + a.dot(b) * lc + b.dot(c) * la + c.dot(a) * lb)
    };
    triangles.iter().map(solid).sum::<f32>() / (4.0 * PI)
}

fn weights_add_up(mesh: &SkinnedMesh) {
    for i in &mesh.influences {
        let sum: f32 = i.iter().map(|(_, w)| w).sum();
        assert!((sum - 1.0).abs() < 1e-5 && i.iter().all(|(b, w)| b < BONES && w > 0.0), "{i:?}");
    }
}

#[test]
fn a_hand_of_any_size_and_side_comes_to_rest_on_the_bones_of_this_crate() {
    let mut meshes = Vec::new();
    for left in [false, true] {
        // Told by the file's name for one of them; both sides have straight fingers.
        let folder = folder(if left { "left.glb" } else { "right.glb" }, &tiny(left, str::to_owned));
        let hand = HandMesh::load(folder.path()).unwrap();
        assert!(!hand.own_forearm());
        let mesh = hand.surface(true);
        weights_add_up(mesh);
        let rest = rest_hand();
        for f in &rest.fingers {
            // The bent place between two bones is the only one that may shrink.
            let tip = mesh
                .points
                .iter()
                .map(|p| f.local(*p))
                .filter(|l| l.x.abs().max(l.z.abs()) < 1.2 * f.radius)
                .fold(0.0f32, |t, l| t.max(l.y));
            assert!((tip - f.station(3) - 0.0062).abs() < 0.0008, "the tip ends {} m past its joint", tip - f.station(3));
        }
        let lowest = mesh.points.iter().fold(0.0f32, |y, p| y.min(p.y));
        assert!((-0.31..-0.28).contains(&lowest), "the joined fore-arm ends at {lowest}");
        for at in [v3(0.0, -0.05, 0.0), v3(0.0, -0.2, 0.0), v3(0.0, 0.02, 0.0)] {
            assert!(winding(&mesh.points, &mesh.triangles, at) > 0.9, "{at:?} is not inside");
        }
        meshes.push(mesh.clone());
    }
    let apart = meshes[0].points.iter().zip(&meshes[1].points).fold(0.0f32, |m, (a, b)| m.max((*a - *b).norm()));
    assert!(meshes[0].points.len() == meshes[1].points.len() && apart < 2e-5, "left and right differ by {apart} m");
}

#[test]
fn the_renderer_draws_the_imported_hand_and_always_the_same() {
    let folder = folder("right.glb", &tiny(false, str::to_owned));
    let hand = Arc::new(HandMesh::load(folder.path()).unwrap());
    let clip = Clip::new(5, &Script::of(crate::cast::Action::from_id(5).unwrap())).unwrap();
    let moment = clip.moment(clip.frames() / 2);
    let draw = |mut renderer: Renderer| {
        let mut frame = Frame::default();
        renderer.render(&moment, None, clip.recipe(), &mut frame);
        frame
    };
    let built_in = draw(Renderer::new(160, 90, 1));
    let imported = draw(Renderer::new(160, 90, 1).with_hand_mesh(Arc::clone(&hand)));
    assert_eq!(imported, draw(Renderer::new(160, 90, 1).with_hand_mesh(hand)));
    let arm = |f: &Frame| f.arm_mask().map(|m| m > 0).collect::<Vec<_>>();
    let (a, b) = (arm(&built_in), arm(&imported));
    let (either, both) = a.iter().zip(&b).fold((0, 0), |(e, n), (a, b)| (e + i32::from(*a || *b), n + i32::from(*a && *b)));
    // The same pose of another mesh: nearly the same outline, but not the same.
    assert!(a != b && both > 100 && 10 * both > 7 * either, "{both} of {either} pixels in common");
}

#[test]
fn damaged_files_are_refused_by_name_with_a_remedy() {
    let whole = tiny(false, str::to_owned);
    for length in [10, 19, 60, 2000, whole.len() - 5] {
        let folder = folder("hand.glb", &whole[..length]);
        let said = message(folder.path());
        assert!(said.contains("hand.glb") && said.contains("copy the file again"), "{said}");
    }
    // The length mended, but the data short.
    let mut short = whole[..whole.len() - 400].to_vec();
    let length = (short.len() as u32).to_le_bytes();
    short[8..12].copy_from_slice(&length);
    assert!(message(folder("hand.glb", &short).path()).contains("past its end"));
    let text = folder("hand.gltf", b"{\"skins\": [}");
    assert!(message(text.path()).contains("JSON"));
    assert!(message(folder("box.gltf", b"{\"meshes\": []}").path()).contains("no skin"));
}

#[test]
fn missing_folders_hands_and_bones_are_told() {
    let empty = tempfile::tempdir().unwrap();
    assert!(message(empty.path()).contains("holds no hand mesh; give a folder"));
    assert!(message(&empty.path().join("nowhere")).contains("nowhere: cannot be read"));
    let said = message(folder("hand.glb", &tiny(false, |n| n.replace("middle-finger", "tentacle"))).path());
    assert!(said.contains("lacks the bones middle 1, middle 2, middle 3"), "{said}");
    // Two bones of the little finger have each other's names.
    let swapped = |n: &str| match n.strip_prefix("pinky-finger-phalanx-") {
        Some("distal") => "pinky-finger-phalanx-distal-2".to_owned(),
        Some("proximal") => "pinky-finger-tip-2".to_owned(),
        _ => n.replace("pinky-finger-tip", "pinky-finger-phalanx-proximal"),
    };
    let said = message(folder("hand.glb", &tiny(false, swapped)).path());
    assert!(said.contains("do not follow each other") && said.contains("check which bones"), "{said}");
    // A part of MakeHuman's three files.
    let part = folder("base.obj", b"v 0 0 0\n");
    fs::write(part.path().join("default.mhskel"), "{}").unwrap();
    assert!(message(part.path()).contains("default_weights.mhw: cannot be read"));
    fs::write(part.path().join("default_weights.mhw"), "{}").unwrap();
    assert!(message(part.path()).contains("one release of MakeHuman"));
    let outside = folder("hand.gltf", br#"{"buffers":[{"uri":"../secret.bin"}]}"#);
    assert!(message(outside.path()).contains("its buffer ../secret.bin cannot be read"));
}

#[test]
fn a_damaged_file_does_not_hide_a_good_one() {
    let both = folder("a_r.glb", b"glTF");
    fs::write(both.path().join("longer_name.glb"), tiny(false, str::to_owned)).unwrap();
    assert!(HandMesh::load(both.path()).unwrap().file().ends_with("longer_name.glb"));
}

#[test]
fn joints_of_real_meshes_lie_inside_them_in_every_pose() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        eprintln!("skipped: EGO_SHARED is not set");
        return;
    };
    let folder = PathBuf::from(shared).join("data/hand-mesh");
    for (name, own) in [("makehuman-base", true), ("godot-xr-tools-hands", false), ("webxr-generic-hand", false)] {
        let hand = HandMesh::load(&folder.join(name)).unwrap();
        let again = HandMesh::load(&folder.join(name)).unwrap();
        assert_eq!(hand.own_forearm(), own, "{name}");
        for fine in [true, false] {
            let mesh = hand.surface(fine);
            assert!(mesh.points == again.surface(fine).points && mesh.triangles == again.surface(fine).triangles, "{name} twice");
            weights_add_up(mesh);
        }
        let mesh = hand.surface(true);
        for p in mesh.points.iter().filter(|p| p.y < -0.021) {
            let (w, h) = arm_section(-p.y);
            assert!((p.x / w).powi(2) + ((p.z + 0.001) / h).powi(2) < 1.001, "{name}: {p:?} would come through a tight sleeve");
        }
        let mut rng = Rng::new(77);
        let (mut inside, mut all) = ([0usize; 21], 0usize);
        for n in 0..36u32 {
            let clip = Clip::new(rng.next_u64(), &Script::of(crate::cast::Action::from_id(1 + n).unwrap())).unwrap();
            let moment = clip.moment_at(rng.range(0.1, 0.9) * clip.frames() as f64 / clip.fps());
            let camera = moment.camera.camera_from_world;
            for h in &moment.hands {
                let left = h.side == Side::Left;
                let maps: [Affine; BONES] = bone_poses(h, &camera).maps(&rest_hand(), left);
                let mut points = vec![V3::ZERO; mesh.points.len()];
                mesh.pose(&maps, left, |i, at, _| points[i] = at);
                let towards = affine(&camera);
                all += 1;
                // Six centimetres off the back of the hand nothing is inside.
                let hand = affine(&(camera * h.pose.bones[0]));
                assert!(winding(&points, &mesh.triangles, hand.point(v3(0.0, 0.05, 0.06))).abs() < 0.5);
                for (count, joint) in inside.iter_mut().zip(h.pose.joints_m) {
                    let at = towards.point(v3(joint.x as f32, joint.y as f32, joint.z as f32));
                    let around = winding(&points, &mesh.triangles, at) * if left { -1.0 } else { 1.0 };
                    *count += usize::from(around > 0.5);
                }
            }
        }
        assert!(all > 30);
        for (joint, count) in inside.iter().enumerate() {
            assert!(*count == all, "{name}: joint {joint} lies inside in {count} of {all} poses");
        }
        let rest = BonePoses::rest(&rest_hand(), false).maps(&rest_hand(), false);
        mesh.pose(&rest, false, |i, at, _| assert!((at - mesh.points[i]).norm() < 1e-5));
    }
}
