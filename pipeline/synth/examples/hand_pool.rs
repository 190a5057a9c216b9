//! Pictures of hands for training, as raw rows: `hand_pool OUT COUNT [--split train] [--seed 1] [--held]`, or
//! `hand_pool OUT.npy COUNT --backgrounds` for pictures without hands (rooms, tables, things, faces).
//!
//! With `--held`, every second picture shows something in a hand of the wearer, if its clip has such a moment, and its window shows
//! that hand: what a hand holds hides its fingers, and which side it is.
//!
//! Row formats are those of `models/training/hands/pool.py`: for each row a whole picture (256 x 144) with up to four hands
//! (the wearer's left and right, a bystander's left and right), and a square window (128 x 128) of a camera turned towards one of
//! them. Pixels count from the middle of the first one; joints are in camera space, metres. Lens, noise and movement are left out:
//! training adds them.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use ego_core::camera::Intrinsics;
use ego_core::hands::{JOINTS, Side};
use ego_synth::clip::Clip;
use ego_synth::moment::{HandState, InHand, Moment, Owner};
use ego_synth::raster::geometry::Label;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::rng::Rng;
use ego_synth::script::Script;
use ego_synth::space::{Vec3, place, pose, turn, turn_from_axes, unit, vec3};
use ego_synth::split::Split;

const FRAME: (usize, usize) = (256, 144);
const WINDOW: usize = 128;
const BACKGROUND: (usize, usize) = (320, 240);
/// Hands a picture can have: left and right of the wearer, left and right of a bystander.
const HANDS: usize = 4;
/// Pictures of one clip, spread over its time.
const FRAMES_A_CLIP: u64 = 4;
/// Moments that are looked at for one with something in a hand.
const TRIES: u32 = 6;
/// A hand counts as there with this many joints inside the picture and not hidden by something else.
const THERE: (usize, usize) = (10, 6);

const USAGE: &str = "usage: hand_pool OUT COUNT [--split train|val|test] [--seed N] [--held] [--backgrounds]";

fn main() -> Result<(), Box<dyn Error>> {
    let (mut plain, mut split, mut seed, mut backgrounds, mut held) = (Vec::new(), Split::Train, 1, false, false);
    let mut args = std::env::args().skip(1);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--split" => split = args.next().and_then(|s| Split::from_name(&s)).ok_or("--split train|val|test")?,
            "--seed" => seed = args.next().ok_or("--seed needs a number")?.parse()?,
            "--backgrounds" => backgrounds = true,
            "--held" => held = true,
            _ if a.starts_with("--") => return Err(format!("{a} is not known; {USAGE}").into()),
            _ => plain.push(a),
        }
    }
    let (out, count) = (plain.first().ok_or(USAGE)?, plain.get(1).ok_or(USAGE)?.parse::<u64>()?);
    if backgrounds { write_backgrounds(Path::new(out), count, split, seed) } else { write_pool(Path::new(out), count, split, seed, held) }
}

/// The clip that row number `row` comes from, and the times of its rows; somebody sits opposite with probability `company`.
fn clip_of(row: u64, split: Split, seed: u64, size: (usize, usize), company: f64) -> Result<(Clip, Vec<f64>), Box<dyn Error>> {
    let index = row / FRAMES_A_CLIP;
    let (clip_seed, mut script) = split.clip(seed, index, &Script::default());
    let mut rng = Rng::new(clip_seed).split("hand pool");
    script.look.clean = true;
    script.bystander = Some(rng.chance(company));
    script.one_handed = rng.chance(0.15);
    (script.camera.width, script.camera.height) = (size.0 as u32, size.1 as u32);
    script.camera.hfov_deg = Some(rng.range(55.0, 120.0));
    let clip = Clip::new(clip_seed, &script)?;
    let length = clip.frames() as f64 / clip.fps();
    let times = (0..FRAMES_A_CLIP).map(|k| (k as f64 + rng.unit()) / FRAMES_A_CLIP as f64 * length).collect();
    Ok((clip, times))
}

/// Everything a row says about a hand.
struct Seen {
    px: [[f32; 2]; JOINTS],
    camera_m: [[f32; 3]; JOINTS],
    presence: i8,
    size_px: f32,
}

impl Seen {
    const NOBODY: Seen = Seen { px: [[0.0; 2]; JOINTS], camera_m: [[0.0; 3]; JOINTS], presence: 0, size_px: 0.0 };

    fn of(hand: &HandState, moment: &Moment, frame: &Frame) -> Seen {
        let k = &moment.camera.intrinsics;
        let joints = hand.pose.joints_m.map(|j| place(&moment.camera.camera_from_world, j));
        let label = match (hand.owner, hand.side) {
            (Owner::Bystander, _) => Label::Bystander,
            (_, Side::Left) => Label::LeftArm,
            _ => Label::RightArm,
        };
        let px = joints.map(|j| k.project([j.x, j.y, j.z.max(0.03)]).unwrap_or([-1e4; 2]));
        let (w, h) = (frame.width as f64 - 0.5, frame.height as f64 - 0.5);
        let inside = px.iter().filter(|p| (-0.5..w).contains(&p[0]) && (-0.5..h).contains(&p[1])).count();
        let clear = px.iter().filter(|p| frame.joint_visible(**p, 0.0, label, 9.0)).count();
        let presence = match (inside, clear) {
            (0, _) => 0,
            (i, c) if i >= THERE.0 && c >= THERE.1 => 1,
            _ => -1,
        };
        Seen {
            px: px.map(|p| p.map(|v| v as f32)),
            camera_m: joints.map(|j| [j.x as f32, j.y as f32, j.z as f32]),
            presence,
            size_px: (k.fx * 0.1 / joints.first().map_or(1.0, |j| j.z.max(0.03))) as f32,
        }
    }
}

/// The number of a hand in a row: left before right, the wearer's before a bystander's.
fn slot(hand: &HandState) -> usize {
    usize::from(hand.side == Side::Right) + 2 * usize::from(hand.owner == Owner::Bystander)
}

/// The same moment through a camera of this many pixels that looks at `target` (camera space), rolled by `roll` radians.
fn turned(moment: &Moment, target: Vec3, roll: f64, focal: f64, shift_px: [f64; 2], size: (usize, usize)) -> Moment {
    let ahead = unit(target);
    let across = unit(vec3(0.0, 1.0, 0.0).cross(&ahead));
    let camera_from_view = turn(ahead, roll) * turn_from_axes(across, ahead.cross(&across), ahead);
    let mut m = moment.clone();
    m.camera.camera_from_world = pose(Vec3::zeros(), camera_from_view.inverse()) * moment.camera.camera_from_world;
    let (w, h) = (size.0 as f64, size.1 as f64);
    m.camera.intrinsics = Intrinsics {
        fx: focal,
        fy: focal,
        cx: (w - 1.0) / 2.0 + shift_px[0],
        cy: (h - 1.0) / 2.0 + shift_px[1],
        width: size.0 as u32,
        height: size.1 as u32,
    };
    m
}

/// A window on one hand: the joints' box takes 1/1.3 to 1/2.3 of it, a little off the middle.
fn window_on(hand: &HandState, moment: &Moment, rng: &mut Rng) -> Option<Moment> {
    let joints = hand.pose.joints_m.map(|j| place(&moment.camera.camera_from_world, j));
    let middle = joints.iter().sum::<Vec3>() / JOINTS as f64;
    if joints.iter().any(|j| j.z < 0.05) {
        return None;
    }
    // Extent seen along the ray to the middle, at a focal length of one.
    let ahead = unit(middle);
    let extent = joints
        .iter()
        .flat_map(|a| joints.iter().map(move |b| (a, b)))
        .map(|(a, b)| {
            let (a, b) = (a / a.dot(&ahead), b / b.dot(&ahead));
            (a - b).norm()
        })
        .fold(0.0, f64::max);
    let focal = WINDOW as f64 / (extent.max(1e-3) * rng.range(1.15, 2.1));
    let shift = [0.08 * WINDOW as f64 * rng.normal(), 0.08 * WINDOW as f64 * rng.normal()];
    Some(turned(moment, middle, 0.2 * rng.normal(), focal, shift, (WINDOW, WINDOW)))
}

/// A time of the clip at which the wearer holds something, or `t` when none of a few has one.
fn held_time(clip: &Clip, t: f64, rng: &mut Rng) -> f64 {
    let length = clip.frames() as f64 / clip.fps();
    let tries = std::iter::once(t).chain((1..TRIES).map(|_| rng.unit() * length));
    tries.into_iter().find(|t| clip.moment_at(*t).objects.iter().any(|o| o.in_hand != InHand::None)).unwrap_or(t)
}

/// A hand of the wearer that holds something; of two that do, either.
fn holding<'a>(moment: &'a Moment, rng: &mut Rng) -> Option<&'a HandState> {
    let holds = |side: Side| {
        let in_hand = |i: InHand| i == InHand::Both || i == if side == Side::Left { InHand::Left } else { InHand::Right };
        moment.objects.iter().any(|o| in_hand(o.in_hand))
    };
    let hands: Vec<&HandState> = moment.hands.iter().filter(|h| h.owner == Owner::Wearer && holds(h.side)).collect();
    hands.get(rng.below(hands.len().max(1))).copied()
}

fn write_pool(out: &Path, count: u64, split: Split, seed: u64, held: bool) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(out)?;
    fs::write(out.join("n"), count.to_string())?;
    fs::write(out.join("hands"), HANDS.to_string())?;
    let (pixels, window) = ((FRAME.0 * FRAME.1) as u64, (WINDOW * WINDOW) as u64);
    let (hands, joints) = (HANDS as u64, JOINTS as u64);
    let sizes = [
        ("rgb", 3 * pixels),
        ("alpha", pixels),
        ("uv", hands * joints * 8),
        ("J3", hands * joints * 12),
        ("pres", hands),
        ("size", hands * 4),
        ("K", 16),
        ("crgb", 3 * window),
        ("calpha", window),
        ("cuv", joints * 8),
        ("cJ3", joints * 12),
        ("cmeta", 16),
    ];
    let mut files = Vec::new();
    for (name, bytes) in sizes {
        let file = File::create(out.join(name))?;
        // Whole from the start, so that training can read the first rows while the last are drawn.
        file.set_len(count.next_multiple_of(FRAMES_A_CLIP) * bytes)?;
        files.push(BufWriter::new(file));
    }
    let [rgb, alpha, uv, j3, pres, size, k, crgb, calpha, cuv, cj3, cmeta] = files.as_mut_slice() else {
        return Err("twelve files".into());
    };
    let (mut wide, mut close) = (Renderer::new(FRAME.0, FRAME.1, 1), Renderer::new(WINDOW, WINDOW, 1));
    let (mut picture, mut window) = (Frame::new(FRAME.0, FRAME.1), Frame::new(WINDOW, WINDOW));
    let mut row = 0;
    while row < count {
        let (clip, times) = clip_of(row, split, seed, FRAME, 0.4)?;
        let mut rng = Rng::new(clip.seed()).split("windows");
        for (n, t) in times.into_iter().enumerate() {
            let wanted = held && n % 2 == 1;
            let moment = clip.moment_at(if wanted { held_time(&clip, t, &mut rng) } else { t });
            wide.render(&moment, None, clip.recipe(), &mut picture);
            let mut seen: [Seen; HANDS] = [Seen::NOBODY; HANDS];
            for hand in &moment.hands {
                seen[slot(hand)] = Seen::of(hand, &moment, &picture);
            }
            rgb.write_all(&picture.rgb)?;
            alpha.write_all(&vec![255; FRAME.0 * FRAME.1])?;
            for s in &seen {
                floats(uv, s.px.as_flattened())?;
                floats(j3, s.camera_m.as_flattened())?;
                floats(size, &[s.size_px])?;
                pres.write_all(&s.presence.to_le_bytes())?;
            }
            let i = &moment.camera.intrinsics;
            floats(k, &[i.fx as f32, i.fy as f32, i.cx as f32, i.cy as f32])?;
            let full = if wanted { holding(&moment, &mut rng) } else { None };
            let target = full.or_else(|| moment.hands.get(rng.below(moment.hands.len().max(1))));
            let view = target.and_then(|h| window_on(h, &moment, &mut rng));
            let (mut mark, mut side) = (Seen::NOBODY, 1.0);
            match (&view, target) {
                (Some(view), Some(hand)) => {
                    close.render(view, None, clip.recipe(), &mut window);
                    // The same hand in the turned camera.
                    let of = view.hands.iter().find(|h| slot(h) == slot(hand)).unwrap_or(hand);
                    mark = Seen::of(of, view, &window);
                    side = if hand.side == Side::Right { 1.0 } else { 0.0 };
                }
                _ => mark.presence = -1,
            }
            crgb.write_all(&window.rgb)?;
            calpha.write_all(&[255; WINDOW * WINDOW])?;
            floats(cuv, mark.px.as_flattened())?;
            floats(cj3, mark.camera_m.as_flattened())?;
            floats(cmeta, &[side, f32::from(mark.presence), mark.size_px, 0.0])?;
        }
        row += FRAMES_A_CLIP;
    }
    files.iter_mut().try_for_each(Write::flush)?;
    Ok(())
}

fn floats(file: &mut impl Write, values: &[f32]) -> std::io::Result<()> {
    values.iter().try_for_each(|v| file.write_all(&v.to_le_bytes()))
}

/// Pictures in which nobody's hand can be seen, a third of them turned to a bystander's face; one `.npy` file.
fn write_backgrounds(out: &Path, count: u64, split: Split, seed: u64) -> Result<(), Box<dyn Error>> {
    let (w, h) = BACKGROUND;
    let mut file = BufWriter::new(File::create(out)?);
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {h}, {w}, 3), }}");
    // Magic, version and length take 10 bytes; the whole header is a multiple of 64 (NumPy format 1.0).
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let mut renderer = Renderer::new(w, h, 1);
    let mut picture = Frame::new(w, h);
    let (mut written, mut row) = (0, 0);
    while written < count {
        let (clip, times) = clip_of(row, split, seed ^ 0x6261_636b, BACKGROUND, 0.7)?;
        row += FRAMES_A_CLIP;
        let mut rng = Rng::new(clip.seed()).split("backgrounds");
        for t in times {
            let mut moment = clip.moment_at(t);
            moment.hands.retain(|h| h.owner == Owner::Bystander);
            let from_world = moment.camera.camera_from_world;
            let elbows: Vec<Vec3> = moment.hands.iter().map(|h| h.forearm.elbow_m).collect();
            let target = match elbows.first() {
                // A head is about half a metre above the elbows.
                Some(first) if rng.chance(0.8) => {
                    let middle = elbows.iter().sum::<Vec3>() / elbows.len() as f64;
                    place(&from_world, vec3(middle.x, middle.y, first.z + 0.5 + 0.06 * rng.normal()))
                }
                _ => vec3(0.5 * rng.normal(), 0.5 * rng.normal(), 1.0),
            };
            if target.z < 0.1 {
                continue;
            }
            let half_width = if moment.hands.is_empty() { rng.range(0.35, 1.2) } else { rng.range(0.1, 0.4) };
            let view = turned(&moment, target, 0.3 * rng.normal(), w as f64 / 2.0 / half_width, [0.0; 2], BACKGROUND);
            renderer.render(&view, None, clip.recipe(), &mut picture);
            let hand_seen =
                view.hands.iter().any(|hand| {
                    hand.pose.joints_m.iter().any(|j| {
                        let j = place(&view.camera.camera_from_world, *j);
                        let margin = 0.04 * w as f64;
                        j.z > 0.0
                            && view.camera.intrinsics.project([j.x, j.y, j.z]).is_some_and(|p| {
                                (-margin..w as f64 + margin).contains(&p[0]) && (-margin..h as f64 + margin).contains(&p[1])
                            })
                    })
                });
            if !hand_seen && written < count {
                file.write_all(&picture.rgb)?;
                written += 1;
            }
        }
    }
    file.flush()?;
    Ok(())
}
