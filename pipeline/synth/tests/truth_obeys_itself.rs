//! Properties of the truth over 10,000 random frames: poses only, no pictures.

use ego_core::hands::{BONES, TIPS};
use ego_synth::cast::{Action, UNSEEN_PAIRS};
use ego_synth::clip::Clip;
use ego_synth::moment::{InHand, Moment, Owner};
use ego_synth::rng::Rng;
use ego_synth::script::{Script, Step};
use ego_synth::truth::{Truth, Visibility};

const FRAMES: usize = 10_000;

/// Clips of every action, of unseen pairs, of chains, of idle and leaving hands, a few frames of each.
fn for_random_frames(mut check: impl FnMut(&Clip, &Moment, &str)) {
    let mut rng = Rng::new(20_260_101);
    let mut seen = 0;
    let mut n = 0u64;
    while seen < FRAMES {
        let action = |rng: &mut Rng| match Action::from_id(1 + (rng.below(36)) as u32) {
            Some(a) => a,
            None => unreachable!("1..=36"),
        };
        let (verb, noun) = UNSEEN_PAIRS[rng.below(UNSEEN_PAIRS.len())];
        let mut script = match n % 8 {
            0 => Script { steps: vec![Step::Idle(Some(3.0)), Step::Leave(None)], ..Script::default() },
            1 => Script::of(Action { verb, noun }),
            2 => Script { steps: (0..4).map(|_| Step::Play(action(&mut rng))).collect(), ..Script::default() },
            _ => Script::of(Action::from_id(1 + (n % 36) as u32).expect("1..=36")),
        };
        script.one_handed = rng.chance(0.1);
        script.bystander = Some(rng.chance(0.3));
        let seed = rng.next_u64();
        let clip = Clip::new(seed, &script).expect("playable");
        let what = format!("seed {seed}, {:?}", script.steps);
        for _ in 0..25 {
            let frame = rng.below(clip.frames() as usize) as u64;
            check(&clip, &clip.moment(frame), &format!("{what}, frame {frame}"));
            seen += 1;
        }
        n += 1;
    }
}

#[test]
fn joints_in_pixels_are_projected_joints_and_all_numbers_are_finite() {
    for_random_frames(|clip, moment, what| {
        let truth = Truth::of_moment(clip, moment);
        for hand in &truth.hands {
            for j in 0..21 {
                let [x, y, z] = hand.camera_m[j];
                assert!(x.is_finite() && y.is_finite() && z.is_finite(), "{what}");
                let k = truth.intrinsics;
                match hand.image_px[j] {
                    Some([u, v]) => assert!((u - (k.fx * x / z + k.cx)).abs() < 1e-9 && (v - (k.fy * y / z + k.cy)).abs() < 1e-9, "{what}"),
                    None => assert!(z <= 1e-9 && hand.visibility[j] == Visibility::Outside, "{what}"),
                }
            }
        }
        for object in &truth.objects {
            assert!(object.box_camera_m.iter().flatten().all(|v| v.is_finite()), "{what}");
        }
    });
}

#[test]
fn bones_keep_their_length_and_joints_their_limits() {
    for_random_frames(|clip, moment, what| {
        let first = clip.moment(0);
        for (hand, then) in moment.hands.iter().zip(&first.hands) {
            for (a, b, _) in BONES {
                let (now, before) =
                    ((hand.pose.joints_m[a] - hand.pose.joints_m[b]).norm(), (then.pose.joints_m[a] - then.pose.joints_m[b]).norm());
                assert!((now - before).abs() < 1e-9, "{what}: bone {a}-{b} {before} -> {now}");
            }
            assert!(hand.angles.excess() < 0.018, "{what}: {} rad beyond a limit", hand.angles.excess());
            let forearm = (hand.forearm.elbow_m - hand.pose.joints_m[0]).norm();
            assert!((forearm - hand.anatomy.forearm_m).abs() < 1e-9, "{what}");
        }
    });
}

#[test]
fn tips_touch_what_they_hold() {
    let (mut held, mut worst) = (0usize, 0.0f64);
    for_random_frames(|_, moment, what| {
        for hand in &moment.hands {
            let Some(h) = hand.held else { continue };
            held += 1;
            let object = &moment.objects[h.object];
            let from_world = object.parts[h.part].inverse();
            assert!(h.contact[0] && h.contact[1..].iter().any(|c| *c), "{what}: {:?}", h.contact);
            for digit in 0..5 {
                if h.contact[digit] {
                    let tip = from_world * nalgebra::Point3::from(hand.pose.joints_m[TIPS[digit]]);
                    let gap = object.model.parts[h.part].distance_m(tip.coords) - hand.anatomy.pad_m(digit);
                    worst = worst.max(gap.abs());
                    assert!(gap.abs() < 0.005, "{what}: digit {digit} is {:.1} mm away", gap * 1e3);
                }
            }
            assert_ne!(object.in_hand, InHand::None, "{what}");
        }
    });
    println!("{held} held hands, worst gap {:.2} mm", worst * 1e3);
    assert!(held > FRAMES / 4, "only {held} hands held something");
}

#[test]
fn what_nobody_holds_stands_on_the_table() {
    for_random_frames(|_, moment, what| {
        for object in &moment.objects {
            let body = &object.parts[0];
            let touched = moment.hands.iter().any(|h| h.held.is_some_and(|held| std::ptr::eq(&moment.objects[held.object], object)));
            if !touched {
                let z = body.translation.vector.z - object.model.half_m[2];
                assert!(z.abs() < 1e-6, "{what}: class {} floats {:.1} mm above the table", object.model.class, z * 1e3);
            }
            assert!(body.translation.vector.z > object.model.half_m[2].min(0.03) - 0.02, "{what}: class {} sinks", object.model.class);
        }
    });
}

#[test]
fn wrists_are_where_a_head_camera_sees_wrists() {
    let (mut seen, mut near, mut inside_table) = (0, 0, 0);
    for_random_frames(|clip, moment, _| {
        let truth = Truth::of_moment(clip, moment);
        for (hand, state) in truth.hands.iter().zip(&moment.hands).filter(|(h, _)| h.owner == Owner::Wearer && h.present) {
            let d = hand.camera_m[0].iter().map(|v| v * v).sum::<f64>().sqrt();
            seen += 1;
            near += usize::from((0.25..0.70).contains(&d));
            inside_table += usize::from(state.pose.joints_m.iter().any(|j| j.z < -0.004 && j.y > 0.15));
        }
    });
    println!("{seen} wrists seen, {near} within 25-70 cm, {inside_table} hands in the table");
    assert!(near * 100 > seen * 93, "{near} of {seen} wrists are 25 to 70 cm away");
    assert!(inside_table * 100 < seen * 2, "{inside_table} of {seen} hands reach into the table");
}
