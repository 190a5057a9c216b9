//! Properties of the truth over 10,000 random frames: poses only, no pictures.

use ego_core::hands::{BONES, TIPS};
use ego_synth::cast::{ACTION_PAIRS, Action, UNSEEN_PAIRS, noun, verb};
use ego_synth::clip::Clip;
use ego_synth::moment::{InHand, Moment, Owner};
use ego_synth::rng::Rng;
use ego_synth::script::{Script, Step};
use ego_synth::truth::{Truth, Visibility};

const FRAMES: usize = 10_000;

/// One of the 36 actions.
fn listed(n: u64) -> Action {
    let (verb, noun) = ACTION_PAIRS[1 + (n % 36) as usize];
    Action { verb, noun }
}

/// Clips of every action, of unseen pairs, of chains, of idle and leaving hands, a few frames of each.
fn for_random_frames(mut check: impl FnMut(&Clip, &Moment, &str)) {
    let mut rng = Rng::new(20_260_101);
    let mut seen = 0;
    let mut n = 0u64;
    while seen < FRAMES {
        let (verb, noun) = UNSEEN_PAIRS[rng.below(UNSEEN_PAIRS.len())];
        let mut script = match n % 8 {
            0 => Script { steps: vec![Step::Idle(Some(3.0)), Step::Leave(None)], ..Script::default() },
            1 => Script::of(Action { verb, noun }),
            2 => Script { steps: (0..4).map(|_| Step::Play(listed(rng.below(36) as u64))).collect(), ..Script::default() },
            _ => Script::of(listed(n)),
        };
        script.one_handed = rng.chance(0.1);
        script.bystander = Some(rng.chance(0.3));
        let seed = rng.next_u64();
        let Ok(clip) = Clip::new(seed, &script) else { unreachable!("{:?} is playable", script.steps) };
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
    let (mut held, mut worst, mut deep) = (0usize, 0.0f64, 0usize);
    for_random_frames(|_, moment, what| {
        for hand in &moment.hands {
            let Some(h) = hand.held else { continue };
            held += 1;
            let object = &moment.objects[h.object];
            let from_world = object.parts[h.part].inverse();
            assert!(h.contact[0] && h.contact[1..].iter().any(|c| *c), "{what}: {:?}", h.contact);
            for (digit, joint) in TIPS.into_iter().enumerate() {
                if h.contact[digit] {
                    let tip = from_world * nalgebra::Point3::from(hand.pose.joints_m[joint]);
                    let gap = object.model.parts[h.part].distance_m(tip.coords) - hand.anatomy.pad_m(digit);
                    worst = worst.max(gap.abs());
                    assert!(gap.abs() < 0.005, "{what}: digit {digit} is {:.1} mm away", gap * 1e3);
                }
            }
            // Middle joints lie outside, as far as flesh does not give way.
            deep += usize::from((0..15).any(|k| {
                let joint = from_world * nalgebra::Point3::from(hand.pose.joints_m[1 + k / 3 * 4 + k % 3]);
                hand.anatomy.radii_m[k / 3][k % 3] - object.model.parts[h.part].distance_m(joint.coords) > 0.006
            }));
            assert_ne!(object.in_hand, InHand::None, "{what}");
        }
    });
    println!("{held} held hands, worst gap {:.2} mm, {deep} with a joint more than 6 mm too deep", worst * 1e3);
    assert!(deep * 50 < held, "{deep} of {held} hands sink into what they hold");
    assert!(held > FRAMES / 4, "only {held} hands held something");
}

#[test]
fn a_hand_that_moves_a_cap_or_a_cover_has_the_object_in_hand() {
    for action in (0..36).map(listed).filter(|a| a.verb == verb::OPEN || a.verb == verb::CLOSE) {
        let mut moved = 0;
        for seed in 0..6 {
            let clip = Clip::new(seed, &Script::of(action)).unwrap();
            let before = clip.moment(0);
            let target = before.objects.iter().position(|o| o.model.class == action.noun);
            let target = target.unwrap_or_else(|| panic!("{}: its object is not there", action.name()));
            let apart = |m: &Moment| m.objects[target].parts[0].inverse() * m.objects[target].parts[1];
            let (mut last, mut held) = (apart(&before), false);
            for frame in 1..clip.frames() {
                let moment = clip.moment(frame);
                let now = apart(&moment);
                let way = (now.translation.vector - last.translation.vector).norm() + now.rotation.angle_to(&last.rotation) * 0.02;
                last = now;
                let holds = moment.objects[target].in_hand != InHand::None;
                // The part moved against its body since the last frame: somebody did that.
                if way > 1e-4 {
                    moved += 1;
                    assert!(holds || held, "{} seed {seed} frame {frame}: {way} m and nobody has it in hand", action.name());
                }
                held = holds;
            }
        }
        assert!(moved > 20, "{}: a part moved in only {moved} frames", action.name());
    }
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

#[test]
fn nothing_jumps() {
    let step = 0.002;
    let (mut fastest, mut checked) = (0.0f64, 0);
    for_random_frames(|clip, moment, what| {
        let next = clip.moment_at(moment.time_s + step);
        checked += 1;
        for (a, b) in moment.hands.iter().zip(&next.hands) {
            for j in 0..21 {
                let speed = (a.pose.joints_m[j] - b.pose.joints_m[j]).norm() / step;
                fastest = fastest.max(speed);
                // Everyday reaching stays below 2 m/s at the wrist (Atkeson and Hollerbach 1985), tips add their own.
                assert!(speed < 4.5, "{what}: joint {j} at {speed:.1} m/s, phase {}", clip.phase_at(moment.time_s).name());
            }
        }
        for (a, b) in moment.objects.iter().zip(&next.objects) {
            for (p, q) in a.parts.iter().zip(&b.parts) {
                let speed = (p.translation.vector - q.translation.vector).norm() / step;
                assert!(speed < 3.0, "{what}: class {} at {speed:.1} m/s", a.model.class);
            }
        }
        assert!(
            (moment.camera.camera_from_world.inverse().translation.vector - next.camera.camera_from_world.inverse().translation.vector)
                .norm()
                < 0.5 * step
        );
    });
    println!("{checked} steps, fastest joint {fastest:.2} m/s");
}

#[test]
fn a_clip_is_the_same_whichever_way_it_is_asked() {
    let script = Script::of(Action { verb: 5, noun: 5 });
    let (a, b) = (Clip::new(77, &script).expect("playable"), Clip::new(77, &script).expect("playable"));
    let last = a.frames() - 1;
    let backwards: Vec<Moment> = (0..=last).rev().map(|f| b.moment(f)).collect();
    let mut reused = a.moment(0);
    for frame in 0..=last {
        a.moment_into(a.time_s(frame), &mut reused);
        assert_eq!(reused, backwards[(last - frame) as usize]);
    }
    assert_ne!(Clip::new(78, &script).expect("playable").moment(10), a.moment(10), "another seed, another clip");
}

/// Poses are the same bits everywhere only as long as no elementary function of the platform is called.
#[test]
fn pose_code_calls_no_mathematics_of_the_platform() {
    let forbidden = [
        ".sin()",
        ".cos()",
        ".tan()",
        ".sin_cos()",
        ".asin()",
        ".acos()",
        ".atan()",
        ".atan2(",
        ".exp()",
        ".ln()",
        ".powf(",
        ".powi(",
        ".mul_add(",
        ".hypot(",
        ".cbrt(",
        "from_axis_angle",
        "from_euler_angles",
        ".slerp(",
        "from_rotation_matrix",
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<_> = ["hand", "motion", "cast", "script"].iter().map(|f| root.join(f)).collect();
    let mut files: Vec<_> = ["clip.rs", "people.rs", "imu.rs", "truth.rs", "space.rs", "shape.rs", "rng.rs", "split.rs", "moment.rs"]
        .iter()
        .map(|f| root.join(f))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a source folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 15);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for word in forbidden {
            assert!(!code.contains(word), "{} uses {word}: take it from libm or space.rs", file.display());
        }
    }
}

#[test]
fn an_item_that_went_to_the_lap_is_followed_by_the_next_one() {
    let noun = noun::CAPPUCCINO;
    let [out, grab, into] = [verb::TAKE_OUT, verb::GRAB, verb::PUT_IN].map(|verb| Step::Play(Action { verb, noun }));
    for steps in [vec![out, grab, out], vec![out, grab, into, out], vec![out, out, out]] {
        let played = steps.len();
        let script = Script { steps, ..Script::default() };
        for seed in 0..20 {
            let clip = Clip::new(seed, &script).expect("plays");
            assert_eq!(clip.labels().iter().filter(|l| l.asked).count(), played, "seed {seed}");
        }
    }
}

#[test]
fn what_has_to_come_first_has_a_label_too() {
    let [close, open, grab, place] = [verb::CLOSE, verb::OPEN, verb::GRAB, verb::PLACE].map(|verb| Action { verb, noun: noun::MILK });
    let read = Action { verb: verb::READ, noun: noun::BOOK };
    let take = Action { verb: verb::GRAB, noun: noun::BOOK };
    for (asked, all) in [
        (vec![close, close], vec![close, open, close]),
        (vec![open, open], vec![open, close, open]),
        (vec![grab, read], vec![grab, place, take, read]),
        (vec![place, place], vec![place, grab, place]),
    ] {
        let script = Script { steps: asked.iter().copied().map(Step::Play).collect(), one_handed: false, ..Script::default() };
        for seed in 0..20 {
            let clip = Clip::new(seed, &script).expect("plays");
            let names = |labels: Vec<Action>| labels.into_iter().map(Action::name).collect::<Vec<_>>();
            let played: Vec<Action> = clip.labels().iter().map(|l| l.action).collect();
            assert_eq!(names(clip.labels().iter().filter(|l| l.asked).map(|l| l.action).collect()), names(asked.clone()), "seed {seed}");
            assert_eq!(names(played), names(all.clone()), "seed {seed}");
        }
    }
}

#[test]
fn labels_follow_each_other_and_lids_open_and_shut_in_turn() {
    let mut rng = Rng::new(5);
    for seed in 0..150 {
        let mut any = |_| {
            let (verb, noun) = if rng.chance(0.2) { UNSEEN_PAIRS[rng.below(UNSEEN_PAIRS.len())] } else { ACTION_PAIRS[1 + rng.below(36)] };
            Step::Play(Action { verb, noun })
        };
        let steps = (0..2 + seed as usize % 6).map(&mut any).collect();
        let script = Script { steps, one_handed: rng.chance(0.2), ..Script::default() };
        let clip = Clip::new(seed, &script).expect("plays");
        let labels = clip.labels();
        for pair in labels.windows(2) {
            assert!(pair[0].start_s < pair[0].end_s && pair[0].end_s <= pair[1].start_s + 1e-9, "seed {seed}: {pair:?}");
        }
        for noun in [noun::BOOK, noun::LOTION, noun::MILK, noun::CHIPS] {
            let turns = labels.iter().filter(|l| l.action.noun == noun && [verb::OPEN, verb::CLOSE].contains(&l.action.verb));
            let verbs: Vec<u32> = turns.map(|l| l.action.verb).collect();
            assert!(verbs.windows(2).all(|w| w[0] != w[1]), "seed {seed}, {}: {verbs:?}", ego_synth::cast::noun_name(noun));
        }
    }
}
