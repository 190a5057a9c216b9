//! Features of whole streams: frame rates, jitter, people that come and go, and input that is damaged.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::features::Features;
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::kinematics::{Extractor, FeatureSpec, Preset, Scene};

/// Neck, right arm, left arm, right leg, left leg of somebody who waves the right arm and sways, picture widths.
fn waving(t: f64, x: f64) -> Vec<[f32; 2]> {
    let swing = 0.8 * (2.0 * std::f64::consts::PI * 0.8 * t).sin();
    let sway = 0.02 * (2.0 * std::f64::consts::PI * 0.5 * t).cos();
    let neck = [x + sway + 0.03 * t, 0.25];
    let at = |dx: f64, dy: f64| [neck[0] + dx, neck[1] + dy];
    let elbow = at(-0.09 - 0.06 * swing.sin(), 0.02 + 0.1 * swing.cos());
    let wrist = [elbow[0] - 0.09 * (1.3 * swing).sin(), elbow[1] - 0.09 * (1.3 * swing).cos()];
    let joints = [
        neck,
        at(-0.06, 0.01),
        elbow,
        wrist,
        at(0.06, 0.01),
        at(0.08, 0.11),
        at(0.08, 0.2),
        at(-0.04, 0.2),
        at(-0.04, 0.34),
        at(-0.04, 0.48),
        at(0.04, 0.2),
        at(0.04, 0.34),
        at(0.04, 0.48),
    ];
    joints.iter().map(|[x, y]| [*x as f32, (*y * 16.0 / 9.0) as f32]).collect()
}

fn person(track: u32, joints: Vec<[f32; 2]>) -> Body {
    Body { layout: BodyLayout::Body13, track, score: 0.9, joint_score: vec![0.9; joints.len()], image_norm: joints, world_m: None }
}

fn push(extractor: &mut Extractor, time_s: f64, people: Vec<Body>) -> Vec<Features> {
    let bodies = Bodies { bodies: people };
    let time_ns = Some((time_s * 1e9).round() as u64);
    extractor.push(&Scene { time_ns, width: 1280, height: 720, bodies: Some(&bodies), ..Scene::default() })
}

fn body_features(preset: Preset, times: &[f64]) -> Vec<f32> {
    let mut extractor = Extractor::new(FeatureSpec::new(preset));
    let last = times.iter().map(|t| push(&mut extractor, *t, vec![person(1, waving(*t, 0.4))])).last();
    last.unwrap().pop().expect("a full window").values
}

/// One hand that closes and opens while it circles; metres and picture agree with a pinhole of 900 px.
fn hand_at(side: Side, t: f64) -> Hand {
    let bend = 0.7 + 0.6 * (2.0 * std::f64::consts::PI * 0.7 * t).sin();
    let wrist = [0.05 * (4.0 * t).cos() + if side == Side::Left { -0.12 } else { 0.12 }, 0.05 * (4.0 * t).sin(), 0.45];
    let camera: [[f32; 3]; JOINTS] = std::array::from_fn(|j| {
        let (finger, k) = (j.saturating_sub(1) / 4, j.saturating_sub(1) % 4);
        let mut p = [0.02 * (finger as f64 - 2.0), if j == 0 { 0.0 } else { -0.09 }, 0.0];
        for bone in 0..k {
            let angle = bend * (bone as f64 + 1.0);
            p = [p[0], p[1] - 0.03 * angle.cos(), p[2] + 0.03 * angle.sin()];
        }
        if j == 0 {
            p[0] = 0.0;
        }
        std::array::from_fn(|i| (p[i] + wrist[i]) as f32)
    });
    Hand {
        side,
        score: 0.9,
        presence: 0.99,
        track: if side == Side::Left { 1 } else { 2 },
        image_norm: camera.map(|[x, y, z]| [0.5 + x / z * 900.0 / 1280.0, 0.5 + y / z * 900.0 / 720.0]),
        camera_m: Some(camera),
        joint_score: [0.9; JOINTS],
    }
}

fn push_hands(extractor: &mut Extractor, time_ns: Option<u64>, hands: Vec<Hand>) -> Vec<Features> {
    let hands = Hands { hands, depth_source: DepthSource::Measured };
    extractor.push(&Scene { time_ns, width: 1280, height: 720, hands: Some(&hands), ..Scene::default() })
}

fn hand_features(preset: Preset, times: &[f64]) -> Vec<f32> {
    let mut extractor = Extractor::new(FeatureSpec::new(preset));
    let ns = |t: f64| Some((t * 1e9) as u64);
    let last = times.iter().map(|t| push_hands(&mut extractor, ns(*t), vec![hand_at(Side::Left, *t), hand_at(Side::Right, *t)])).last();
    last.unwrap().pop().expect("a full window").values
}

/// Times up to `end` at this rate, each but the last moved by up to `jitter` of a frame.
fn times(fps: f64, jitter: f64, end: f64) -> Vec<f64> {
    let count = (1.2 * fps) as i32;
    (0..=count)
        .rev()
        .map(|back| {
            let noise = if back == 0 { 0.0 } else { jitter * (f64::from(back * 7919 % 97) / 48.5 - 1.0) };
            end - (f64::from(back) + noise) / fps
        })
        .collect()
}

/// Root mean square of each feature over the motion, from a fast camera: what 5 % is taken of.
fn scale(of: &dyn Fn(&[f64]) -> Vec<f32>) -> Vec<f32> {
    let rows: Vec<Vec<f32>> = (0..24).map(|i| of(&times(120.0, 0.0, 2.0 + 0.11 * f64::from(i)))).collect();
    let count = rows.len() as f32;
    (0..rows[0].len()).map(|k| (rows.iter().map(|r| r[k] * r[k]).sum::<f32>() / count).sqrt()).collect()
}

#[test]
fn the_same_motion_gives_the_same_features_at_every_frame_rate() {
    type Of<'a> = (&'a str, Box<dyn Fn(&[f64]) -> Vec<f32>>);
    let all: [Of<'_>; 4] = [
        ("body", Box::new(|t| body_features(Preset::Body, t))),
        ("body-5x314", Box::new(|t| body_features(Preset::Body5x314, t))),
        ("hands", Box::new(|t| hand_features(Preset::Hands, t))),
        ("finger-path", Box::new(|t| hand_features(Preset::FingerPath, t))),
    ];
    for (name, of) in &all {
        let scale = scale(of);
        let largest = scale.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max);
        let mut worst = 0.0f32;
        for end in [2.0, 2.31, 2.77, 3.3] {
            let want = of(&times(120.0, 0.0, end));
            for (fps, jitter) in [(10.0, 0.0), (15.0, 0.0), (30.0, 0.0), (60.0, 0.0), (15.0, 0.2), (30.0, 0.3), (60.0, 0.3)] {
                for (k, (a, b)) in want.iter().zip(of(&times(fps, jitter, end))).enumerate() {
                    if a.is_nan() && b.is_nan() {
                        continue;
                    }
                    // Features that hardly move at all are compared on the scale of the others.
                    let error = (a - b).abs() / scale[k].max(0.05 * largest);
                    worst = worst.max(error);
                    assert!(error < 0.05, "{name}, feature {k} at {fps} fps, jitter {jitter}: {a} against {b}, {error}");
                }
            }
        }
        assert!(worst > 0.0, "{name}: different rates cannot agree to the last bit");
    }
}

#[test]
fn two_people_never_share_a_window() {
    let mut extractor = Extractor::new(FeatureSpec::new(Preset::Body));
    let mut alone = Extractor::new(FeatureSpec::new(Preset::Body));
    for i in 0..40 {
        let t = 0.1 * f64::from(i);
        let mut people = vec![person(3, waving(t, 0.3))];
        // The second person comes, leaves and comes back under a new number, standing where the first one was.
        if (8..16).contains(&i) || i >= 20 {
            people.push(person(if i < 16 { 5 } else { 9 }, waving(0.37 * t, 0.6)));
        }
        let found = push(&mut extractor, t, people);
        let want = push(&mut alone, t, vec![person(3, waving(t, 0.3))]);
        let first: Vec<&Features> = found.iter().filter(|f| f.subject == "body:3").collect();
        assert_eq!(first.first().map(|f| &f.values), want.first().map(|f| &f.values), "frame {i}");
        let subjects: Vec<&str> = found.iter().map(|f| f.subject.as_str()).collect();
        let expected = match i {
            0..2 => vec![],
            10..16 => vec!["body:3", "body:5"],
            22.. => vec!["body:3", "body:9"],
            _ => vec!["body:3"],
        };
        assert_eq!(subjects, expected, "frame {i}: a window needs its own three frames");
    }
}

#[test]
fn damaged_frames_are_counted_and_never_become_features() {
    let mut extractor = Extractor::new(FeatureSpec::new(Preset::Body));
    let mut t = 0.0;
    let mut next = |extractor: &mut Extractor, joints: Vec<[f32; 2]>| {
        t += 0.1;
        push(extractor, t, vec![person(1, joints)]).len()
    };
    for _ in 0..3 {
        next(&mut extractor, waving(1.0, 0.4));
    }
    assert_eq!(next(&mut extractor, waving(1.0, 0.4)), 1);
    let mut infinite = waving(1.0, 0.4);
    infinite[3] = [f32::INFINITY, 0.2];
    assert_eq!(next(&mut extractor, infinite), 0);
    assert_eq!(next(&mut extractor, waving(1.0, 0.4)), 0, "the window starts anew");
    assert_eq!((extractor.skips().not_finite, extractor.skips().restarts), (1, 1));
    let mut gap = waving(1.0, 0.4);
    gap[3] = [f32::NAN; 2];
    assert_eq!(next(&mut extractor, gap.clone()), 0);
    assert_eq!(next(&mut extractor, waving(1.0, 0.4)), 1);
    assert_eq!(extractor.skips().filled, 1);
    gap[0] = [f32::NAN; 2];
    assert_eq!(next(&mut extractor, gap), 0);
    assert_eq!(next(&mut extractor, vec![[0.0; 2]; 4]), 0, "a table that is too short");
    assert_eq!(extractor.skips().rejected, 2);
    assert!(push(&mut extractor, t + 0.1, vec![]).is_empty(), "no people");
}

#[test]
fn stamps_that_stand_or_jump_are_counted() {
    let spec = FeatureSpec::new(Preset::Hands);
    let mut extractor = Extractor::new(spec);
    let both = |t: f64| vec![hand_at(Side::Left, t), hand_at(Side::Right, t)];
    let ns = |t: f64| Some((t * 1e9) as u64);
    for i in 0..10 {
        push_hands(&mut extractor, ns(5.0 + f64::from(i) / 30.0), both(f64::from(i) / 30.0));
    }
    let same = ns(5.0 + 9.0 / 30.0);
    assert!(push_hands(&mut extractor, same, both(1.0)).is_empty());
    assert!(push_hands(&mut extractor, ns(5.2), both(1.0)).is_empty());
    assert_eq!(extractor.skips().time, 2);
    assert_eq!(push_hands(&mut extractor, ns(5.0 + 10.0 / 30.0), both(10.0 / 30.0)).len(), 1);
    assert!(push_hands(&mut extractor, ns(1.0), both(1.0)).is_empty(), "a jump back starts anew");
    assert_eq!(extractor.skips().restarts, 2, "one a hand");
    // Without stamps frames count as 1/30 s apart.
    let mut blind = Extractor::new(spec);
    let filled: Vec<usize> = (0..10).map(|i| push_hands(&mut blind, None, both(f64::from(i) / 30.0)).len()).collect();
    assert_eq!(filled, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
}

#[test]
fn one_hand_is_enough_and_the_other_is_not_known() {
    let mut extractor = Extractor::new(FeatureSpec::new(Preset::Hands));
    let mut last = Vec::new();
    for i in 0..10 {
        let t = f64::from(i) / 30.0;
        let mut broken = hand_at(Side::Left, t);
        broken.image_norm[4][0] = f32::NAN;
        last = push_hands(&mut extractor, Some((t * 1e9) as u64), vec![broken, hand_at(Side::Right, t)]);
    }
    assert_eq!(extractor.skips().not_finite, 10);
    let features = last.pop().expect("the right hand has a window");
    assert_eq!((features.subject.as_str(), &*features.layout), ("wearer", "hands"));
    assert_eq!(features.value("left.index.flexion_rad"), None);
    let bent = features.value("right.index.flexion_rad").expect("is known");
    assert!((0.0..6.0).contains(&bent), "{bent}");
    assert!(features.value("right.wrist.speed_m_per_s").expect("is known") > 0.1);
}

#[test]
fn shapes_and_paths_are_given_for_each_hand() {
    for (preset, first) in [(Preset::HandShape, 0), (Preset::FingerTrack, 15), (Preset::FingerPath, 29)] {
        let mut extractor = Extractor::new(FeatureSpec::new(preset));
        for i in 0..34 {
            let t = f64::from(i) / 30.0;
            let found = push_hands(&mut extractor, Some((t * 1e9) as u64), vec![hand_at(Side::Left, t), hand_at(Side::Right, t)]);
            let subjects: Vec<&str> = found.iter().map(|f| f.subject.as_str()).collect();
            let want: &[&str] = if i >= first { &["left", "right"] } else { &[] };
            assert_eq!(subjects, want, "{} frame {i}", preset.name());
            assert!(found.iter().all(|f| f.values.len() == f.names.len() && f.values.iter().all(|v| v.is_finite())));
        }
    }
}
