//! Training rows of random frames: `rows DIR COUNT [SEED] [SPLIT] [WIDTH] [held] [bystander]`, about 80 a second and core at 320 pixels.
//!
//! With `held`, every second frame shows an object in a hand, if its clip has such a moment: hands hide what they hold, which is
//! what a detector finds hardest. With `bystander`, somebody sits opposite in every clip, beyond the wearer's reach, and acts as well.
//!
//! Each array is a raw file without header that grows row by row, so that a reader may begin before the writer ends, and the same
//! command goes on where it was interrupted:
//!
//! | file | type, row | meaning |
//! |---|---|---|
//! | `rgb.u8` | u8 H,W,3 | the picture, sRGB |
//! | `depth.u16` | u16 H/2,W/2 | depth along the camera's axis of every second pixel, millimetres; 0 where nothing is |
//! | `label.u8` | u8 H/2,W/2 | what that pixel shows, numbers of `Label` |
//! | `boxes.f32` | f4 12,7 | class 1..8 (0: row unused), left, top, right, bottom (pixels), share of the box's area that shows the object, hand 0..3 |
//! | `hands.f32` | f4 2,21,5 | joints of the wearer's left and right hand: x, y, z (camera, metres), u, v (pixels, lens included); 0 for a hand that is not in view |
//! | `camera.f32` | f4 4 | fx, fy, cx, cy, pixels |
//! | `size.txt` | | W and H |

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use ego_core::hands::{JOINTS, Side};
use ego_synth::clip::Clip;
use ego_synth::effects::distortion::Distortion;
use ego_synth::moment::{InHand, Owner};
use ego_synth::raster::geometry::Label;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::rng::Rng;
use ego_synth::script::{Script, Step};
use ego_synth::split::Split;
use ego_synth::truth::{ObjectTruth, Truth};

/// Most boxes of a frame.
const BOXES: usize = 12;
/// Numbers of a box.
const FIELDS: usize = 7;
/// Numbers of a joint.
const JOINT: usize = 5;
/// Frames taken from one clip: playing a clip costs about as much as drawing half a frame.
const FRAMES_A_CLIP: u64 = 2;
/// Moments that are looked at for one with an object in a hand.
const TRIES: u32 = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: rows DIR COUNT [SEED] [SPLIT] [WIDTH] [held] [bystander]";
    let (dir, count) = (Path::new(args.first().ok_or(usage)?), args.get(1).ok_or(usage)?.parse::<u64>()?);
    let seed = args.get(2).map_or(Ok(1), |v| v.parse::<u64>())?;
    let split = Split::from_name(args.get(3).map_or("train", String::as_str)).ok_or("SPLIT is train, val, test or unseen")?;
    let width = args.get(4).map_or(Ok(320), |v| v.parse::<usize>())? & !1;
    let height = (width * 9 / 16) & !1;
    let (mut held, mut bystander) = (false, None);
    for wish in args.iter().skip(5) {
        match wish.as_str() {
            "held" => held = true,
            "bystander" => bystander = Some(true),
            other => return Err(format!("{other} is not known; {usage}").into()),
        }
    }
    fs::create_dir_all(dir)?;
    fs::write(dir.join("size.txt"), format!("{width} {height}\n"))?;
    let half = width * height / 4;
    let mut files = Files {
        rgb: open(dir, "rgb.u8")?,
        depth: open(dir, "depth.u16")?,
        label: open(dir, "label.u8")?,
        boxes: open(dir, "boxes.f32")?,
        hands: open(dir, "hands.f32")?,
        camera: open(dir, "camera.f32")?,
    };
    let done = files.keep_whole_rows([3 * width * height, 2 * half, half, 4 * BOXES * FIELDS, 4 * 2 * JOINTS * JOINT, 4 * 4])?;
    let mut renderer = Renderer::new(width, height, 1);
    let mut frame = Frame::new(width, height);
    for number in done / FRAMES_A_CLIP..count.div_ceil(FRAMES_A_CLIP) {
        let clip = clip(split, seed, number, [width, height], bystander)?;
        let mut rng = Rng::new(seed).split(&format!("times {number}"));
        for k in 0..FRAMES_A_CLIP {
            let mut at = rng.unit() * clip.frames() as f64 / clip.fps();
            for _ in 0..if held && k % 2 == 1 { TRIES } else { 0 } {
                if clip.moment_at(at).objects.iter().any(|o| o.in_hand != InHand::None) {
                    break;
                }
                at = rng.unit() * clip.frames() as f64 / clip.fps();
            }
            if number * FRAMES_A_CLIP + k < done {
                continue;
            }
            let (moment, before) = (clip.moment_at(at), clip.moment_at(at - 1.0 / clip.fps()));
            renderer.render(&moment, Some(&before), clip.recipe(), &mut frame);
            let plain = Truth::of_moment(&clip, &moment);
            let lens = Distortion::of(clip.recipe().effects.distortion, &plain.intrinsics);
            files.write(&frame, &plain.seen_through(&lens))?;
        }
    }
    Ok(())
}

/// A clip of one to four actions in a row, so that one to seven objects stand on the table; `None` leaves to chance whether somebody
/// sits opposite.
fn clip(split: Split, seed: u64, number: u64, [width, height]: [usize; 2], bystander: Option<bool>) -> Result<Clip, Box<dyn Error>> {
    let mut rng = Rng::new(seed).split(&format!("script {number}"));
    let actions = split.actions();
    let steps = (0..1 + rng.below(4)).filter_map(|_| actions.get(rng.below(actions.len())).map(|a| Step::Play(*a))).collect();
    let mut base = Script { steps, bystander, ..Script::default() };
    (base.camera.width, base.camera.height) = (width as u32, height as u32);
    let (clip_seed, script) = split.clip(seed, number, &base);
    Ok(Clip::new(clip_seed, &script)?)
}

fn open(dir: &Path, name: &str) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(dir.join(name))
}

/// The growing arrays.
struct Files {
    rgb: File,
    depth: File,
    label: File,
    boxes: File,
    hands: File,
    camera: File,
}

impl Files {
    /// Cuts all files to the rows that every one of them has in full; returns their number. `bytes` are the sizes of a row.
    fn keep_whole_rows(&mut self, bytes: [usize; 6]) -> std::io::Result<u64> {
        let files = [&self.rgb, &self.depth, &self.label, &self.boxes, &self.hands, &self.camera];
        let mut rows = u64::MAX;
        for (file, bytes) in files.into_iter().zip(bytes) {
            rows = rows.min(file.metadata()?.len() / bytes as u64);
        }
        for (file, bytes) in files.into_iter().zip(bytes) {
            file.set_len(rows * bytes as u64)?;
        }
        Ok(rows)
    }

    fn write(&mut self, frame: &Frame, truth: &Truth) -> std::io::Result<()> {
        let second = |i: &usize| (i % frame.width).is_multiple_of(2) && (i / frame.width).is_multiple_of(2);
        let kept: Vec<usize> = (0..frame.width * frame.height).filter(second).collect();
        let depth: Vec<u8> = kept.iter().flat_map(|i| ((frame.depth_m[*i] * 1000.0).clamp(0.0, 65535.0) as u16).to_le_bytes()).collect();
        let label: Vec<u8> = kept.iter().map(|i| frame.label[*i]).collect();
        let mut boxes = vec![[0.0f32; FIELDS]; BOXES];
        let seen = truth.objects.iter().filter_map(|o| o.box_px.map(|b| (o, b)));
        for (row, (object, b)) in boxes.iter_mut().zip(seen) {
            let hand = match object.in_hand {
                InHand::None => 0.0,
                InHand::Left => 1.0,
                InHand::Right => 2.0,
                InHand::Both => 3.0,
            };
            let [x0, y0, x1, y1] = b.map(|v| v as f32);
            *row = [object.class as f32, x0, y0, x1, y1, shown(frame, object, b), hand];
        }
        let boxes = floats(boxes.as_flattened());
        self.rgb.write_all(&frame.rgb)?;
        self.depth.write_all(&depth)?;
        self.label.write_all(&label)?;
        self.boxes.write_all(&boxes)?;
        self.hands.write_all(&floats(joints(truth).as_flattened().as_flattened()))?;
        let i = &truth.intrinsics;
        self.camera.write_all(&floats(&[i.fx, i.fy, i.cx, i.cy].map(|v| v as f32)))
    }
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Joints of the wearer's left and right hand.
fn joints(truth: &Truth) -> [[[f32; JOINT]; JOINTS]; 2] {
    let mut rows = [[[0.0; JOINT]; JOINTS]; 2];
    for hand in truth.hands.iter().filter(|h| h.owner == Owner::Wearer && h.present) {
        let row = &mut rows[usize::from(hand.side == Side::Right)];
        for ((joint, [x, y, z]), px) in row.iter_mut().zip(hand.camera_m).zip(hand.image_px) {
            let [u, v] = px.unwrap_or_default();
            *joint = [x, y, z, u, v].map(|n| n as f32);
        }
    }
    rows
}

/// Share of a box's pixels that show an object at this object's depth: near 0 when it is hidden.
fn shown(frame: &Frame, object: &ObjectTruth, b: [f64; 4]) -> f32 {
    let z = object.box_camera_m.iter().map(|p| p[2] as f32);
    let (near, far) = z.fold((f32::MAX, 0.0f32), |(a, b), z| (a.min(z), b.max(z)));
    let range = |low: f64, high: f64, end: usize| (low.max(0.0) as usize)..(high.max(0.0).ceil() as usize).min(end);
    let (mut all, mut mine) = (0u32, 0u32);
    for y in range(b[1], b[3], frame.height) {
        for x in range(b[0], b[2], frame.width) {
            let i = y * frame.width + x;
            all += 1;
            mine += u32::from(frame.label[i] == Label::Object as u8 && (near - 0.004..=far + 0.004).contains(&frame.depth_m[i]));
        }
    }
    mine as f32 / all.max(1) as f32
}
