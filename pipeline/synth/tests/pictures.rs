//! Pictures agree with the truth, with themselves whatever the number of threads, and show what was asked for.

use ego_core::hands::{BONES, Side};
use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::moment::{HandState, Moment, Owner};
use ego_synth::raster::geometry::Label;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::script::Script;
use ego_synth::space::{Vec3, place};
use ego_synth::truth::flesh_m;

const WIDTH: usize = 320;
const HEIGHT: usize = 180;

/// A clip with a clean camera, and moments spread over it.
#[allow(clippy::expect_used)]
fn clip(id: u32, seed: u64, clean: bool) -> (Clip, Vec<Moment>) {
    let mut script = Script::of(Action::from_id(id).expect("an action"));
    script.look.clean = clean;
    (script.camera.width, script.camera.height) = (WIDTH as u32, HEIGHT as u32);
    let clip = Clip::new(seed, &script).expect("a clip");
    let seconds = clip.frames() as f64 / clip.fps();
    let moments = (1..6).map(|k| clip.moment_at(seconds * f64::from(k) / 6.0)).collect();
    (clip, moments)
}

fn label(hand: &HandState) -> Label {
    match (hand.owner, hand.side) {
        (Owner::Bystander, _) => Label::Bystander,
        (Owner::Wearer, Side::Left) => Label::LeftArm,
        _ => Label::RightArm,
    }
}

/// Joints in the picture: hand, joint number, pixel index, z.
fn joints(moment: &Moment) -> Vec<(&HandState, usize, usize, f64)> {
    let mut out = Vec::new();
    for hand in &moment.hands {
        for (j, at) in hand.pose.joints_m.iter().enumerate() {
            let m = place(&moment.camera.camera_from_world, *at);
            let Some([x, y]) = moment.camera.intrinsics.project([m.x, m.y, m.z]) else { continue };
            // Pixel centres are whole numbers: from the edge of the first pixel it is half a pixel more.
            let (x, y) = (x + 0.5, y + 0.5);
            if x >= 0.0 && y >= 0.0 && x < WIDTH as f64 && y < HEIGHT as f64 {
                out.push((hand, j, y as usize * WIDTH + x as usize, m.z));
            }
        }
    }
    out
}

/// How far the line of sight to a joint runs through the hand before it reaches it, metres: the flesh around the joint, or more
/// where it meets the back of the hand at a flat angle, as it does across the row of knuckles.
fn flesh_before(hand: &HandState, joint: usize, eye: Vec3) -> f64 {
    const STEP_M: f64 = 0.001;
    const REACH: usize = 120;
    let at = |j: usize| hand.pose.joints_m[j];
    let mut rods: Vec<(Vec3, Vec3, [f64; 2])> =
        BONES.into_iter().map(|(a, b, _)| (at(a), at(b) - at(a), [flesh_m(hand, a.max(1)), flesh_m(hand, b)])).collect();
    // The palm has no gaps: a fan of rods from the wrist to the row of knuckles.
    for (a, b) in [(5, 9), (9, 13), (13, 17)] {
        rods.extend((0..=6).map(|k| {
            let share = f64::from(k) / 6.0;
            let flesh = flesh_m(hand, a) + (flesh_m(hand, b) - flesh_m(hand, a)) * share;
            (at(0), at(a).lerp(&at(b), share) - at(0), [hand.anatomy.palm_half_m, flesh])
        }));
    }
    let way = (eye - at(joint)).normalize() * STEP_M;
    let in_flesh = |p: Vec3| {
        rods.iter().any(|(start, rod, [first, last])| {
            let along = ((p - start).dot(rod) / rod.norm_squared()).clamp(0.0, 1.0);
            (p - start - rod * along).norm() < first + (last - first) * along
        })
    };
    (0..REACH).rev().map(|k| k as f64).find(|k| in_flesh(at(joint) + way * *k)).unwrap_or(0.0) * STEP_M
}

#[test]
fn depth_at_a_joint_that_shows_its_own_skin_is_its_depth_within_the_flesh() {
    let mut renderer = Renderer::new(WIDTH, HEIGHT, 1);
    let mut frame = Frame::default();
    let (mut seen, mut close, mut behind) = (0, 0, 0);
    for id in [1, 12, 17, 25, 33] {
        let (clip, moments) = clip(id, u64::from(id), true);
        for moment in &moments {
            renderer.render(moment, None, clip.recipe(), &mut frame);
            for (hand, joint, i, z) in joints(moment) {
                let depth = f64::from(frame.depth_m[i]);
                assert!(depth > 0.0, "the room has a hole");
                if frame.label[i] != label(hand) as u8 {
                    continue;
                }
                // Half a pixel of a slanted surface is added to the flesh.
                let flesh = flesh_m(hand, joint) + 0.004;
                behind += i32::from(depth - z > flesh);
                // Knuckles seen from behind: nothing but the hand's own back lies before them.
                let back = hand.pose.bones[0].rotation * Vec3::z();
                let eye = place(&moment.camera.camera_from_world.inverse(), Vec3::zeros());
                let to_eye = eye - hand.pose.joints_m[joint];
                if matches!(joint, 5 | 9 | 13 | 17) && back.dot(&to_eye) > 0.5 * to_eye.norm() {
                    seen += 1;
                    close += i32::from((z - depth - flesh_before(hand, joint, eye)).abs() < 0.006);
                }
            }
        }
    }
    assert!(seen > 60, "only {seen} knuckles seen");
    assert!(f64::from(close) > 0.95 * f64::from(seen), "{close} of {seen} knuckles lie as deep as their skin says");
    assert!(behind * 50 < seen, "{behind} joints lie in front of their own skin");
}

#[test]
fn the_middle_of_each_pixel_sees_what_the_intrinsics_say() {
    let (mut on_table, mut exact) = (0, 0);
    // The same camera at twice its size sees the same.
    for scale in [1, 2] {
        let mut renderer = Renderer::new(scale * WIDTH, scale * HEIGHT, 1);
        let mut frame = Frame::default();
        let (clip, moments) = clip(9, 4, true);
        let k = clip.intrinsics().scaled_to((scale * WIDTH) as u32, (scale * HEIGHT) as u32).expect("the same shape");
        renderer.render(&moments[1], None, clip.recipe(), &mut frame);
        let world = moments[1].camera.camera_from_world.inverse();
        for (i, depth) in frame.depth_m.iter().map(|d| f64::from(*d)).enumerate() {
            let ray = k.ray([(i % frame.width) as f64, (i / frame.width) as f64]);
            let at = place(&world, Vec3::from(ray) * (depth / ray[2]));
            // The table's top is the plane z = 0; a ray half a pixel aside misses its depth by half a millimetre and more.
            if frame.label[i] == Label::Surroundings as u8 && at.z.abs() < 0.003 {
                on_table += 1;
                exact += i32::from(at.z.abs() < 0.0001);
            }
        }
    }
    assert!(on_table > 20_000, "only {on_table} pixels of the table");
    assert!(exact * 50 > on_table * 49, "{exact} of {on_table} pixels of the table lie on it");
}

#[test]
fn an_arm_in_the_picture_is_where_its_joints_are() {
    let mut renderer = Renderer::new(WIDTH, HEIGHT, 1);
    let mut frame = Frame::default();
    let (clip, moments) = clip(5, 3, true);
    for moment in &moments {
        renderer.render(moment, None, clip.recipe(), &mut frame);
        for side in [Label::LeftArm, Label::RightArm] {
            let own: Vec<usize> = joints(moment).iter().filter(|(h, ..)| label(h) == side).map(|j| j.2).collect();
            let area = frame.label.iter().filter(|l| **l == side as u8).count();
            assert_eq!(own.len() > 10, area > 300, "{side:?}: {} joints in the picture and {area} pixels", own.len());
            if own.len() == 21 {
                let hits = own.iter().filter(|i| frame.label[**i] != Label::Surroundings as u8).count();
                assert!(hits >= 19, "{side:?}: the background shows at {} joints", 21 - hits);
            }
        }
        let masked = frame.arm_mask().filter(|m| *m == 255).count();
        let labelled = frame.label.iter().filter(|l| matches!(**l, 1 | 2)).count();
        assert_eq!(masked, labelled);
    }
}

#[test]
fn threads_and_reuse_change_nothing() {
    let (clip, moments) = clip(20, 8, false);
    let draw = |threads: usize| {
        let mut renderer = Renderer::new(WIDTH, HEIGHT, threads);
        let mut frame = Frame::new(WIDTH, HEIGHT);
        let pairs = moments.windows(2).map(|pair| {
            renderer.render(&pair[1], Some(&pair[0]), clip.recipe(), &mut frame);
            frame.clone()
        });
        pairs.collect::<Vec<Frame>>()
    };
    let one = draw(1);
    // Bands begin with whole strips of eight rows: three of 180 rows end on an odd one, seven are fewer than asked for.
    for threads in [2, 3, 7] {
        assert!(one == draw(threads), "{threads} threads draw another picture");
    }
    let mut fresh = Frame::default();
    Renderer::new(WIDTH, HEIGHT, 1).render(&moments[4], Some(&moments[3]), clip.recipe(), &mut fresh);
    assert_eq!(Some(&fresh), one.last(), "a renderer remembers earlier frames");
}

#[test]
fn movement_blurs_and_stillness_does_not() {
    let (clip, moments) = clip(9, 2, false);
    let mut recipe = clip.recipe().clone();
    (recipe.effects.noise, recipe.effects.rolling_s, recipe.effects.shutter) = (0.0, 0.0, 1.0);
    let mut renderer = Renderer::new(WIDTH, HEIGHT, 1);
    let detail = |frame: &Frame| -> u64 { frame.rgb.chunks_exact(6).map(|p| u64::from(p[1].abs_diff(p[4]))).sum() };
    let (mut still, mut same, mut moved) = (Frame::default(), Frame::default(), Frame::default());
    renderer.render(&moments[2], None, &recipe, &mut still);
    renderer.render(&moments[2], Some(&moments[2]), &recipe, &mut same);
    assert_eq!(still, same);
    let mut before = moments[2].clone();
    let turned = ego_synth::space::turn_y(0.06);
    before.camera.camera_from_world =
        ego_synth::space::pose(ego_synth::space::vec3(0.0, 0.0, 0.0), turned) * before.camera.camera_from_world;
    renderer.render(&moments[2], Some(&before), &recipe, &mut moved);
    assert!(detail(&moved) * 10 < detail(&still) * 8, "{} after a turn of the head, {} before", detail(&moved), detail(&still));
}

#[test]
fn sizes_without_sense_do_no_harm() {
    let (clip, moments) = clip(1, 1, false);
    for (w, h) in [(0, 0), (1, 1), (3, 5), (17, 1), (2, 33)] {
        let mut frame = Frame::default();
        Renderer::new(w, h, 4).render(&moments[0], Some(&moments[1]), clip.recipe(), &mut frame);
        assert_eq!(frame.rgb.len(), 3 * frame.width * frame.height);
    }
}
