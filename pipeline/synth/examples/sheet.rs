//! A contact sheet of random frames: `sheet OUT.png [COUNT] [WIDTH] [SEED] [--truth] [--still] [--dump DIR] [--hand-mesh DIR]`.
//!
//! `--truth` draws skeletons and boxes, `--still` leaves out motion blur, `--hand-mesh DIR` draws with a mesh from files.
//! `--dump DIR` also writes each frame as PNG, its truth as one JSON line in `DIR/truth.jsonl`, and depth and arm mask as grey PNG:
//! what `tests/peer/realism.py` reads.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use ego_core::hands::{BONES, Side};
use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::effects::distortion::Distortion;
use ego_synth::mesh::import::HandMesh;
use ego_synth::moment::Owner;
use ego_synth::raster::geometry::Label;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::rng::Rng;
use ego_synth::script::Script;
use ego_synth::truth::{Truth, Visibility};

fn main() -> Result<(), Box<dyn Error>> {
    let mut plain = Vec::new();
    let (mut draw, mut still, mut dump, mut hand) = (false, false, None, None);
    let mut args = std::env::args().skip(1);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--truth" => draw = true,
            "--still" => still = true,
            "--dump" => dump = Some(PathBuf::from(args.next().ok_or("--dump needs a folder")?)),
            "--hand-mesh" => hand = Some(PathBuf::from(args.next().ok_or("--hand-mesh needs a folder")?)),
            _ => plain.push(a),
        }
    }
    let out = plain.first().ok_or("usage: sheet OUT.png [COUNT] [WIDTH] [SEED] [--truth] [--still] [--dump DIR] [--hand-mesh DIR]")?;
    let number = |i: usize, default: u64| plain.get(i).map_or(Ok(default), |v| v.parse::<u64>());
    let (count, width, seed) = (number(1, 64)? as usize, number(2, 256)? as usize, number(3, 1)?);
    let height = width * 9 / 16;
    let columns = (count as f64).sqrt().ceil().min(8.0) as usize;
    let mut sheet = image::RgbImage::new((columns * width) as u32, (count.div_ceil(columns) * height) as u32);
    let mut lines = match &dump {
        Some(dir) => {
            fs::create_dir_all(dir)?;
            Some(fs::File::create(dir.join("truth.jsonl"))?)
        }
        None => None,
    };
    let mut renderer = Renderer::new(width, height, 2);
    if let Some(folder) = hand {
        renderer = renderer.with_hand_mesh(Arc::new(HandMesh::load(&folder)?));
    }
    let mut frame = Frame::new(width, height);
    for i in 0..count {
        let mut rng = Rng::new(seed).split(&format!("frame {i}"));
        let action = Action::from_id(1 + (i as u32) % 36).ok_or("no such action")?;
        let mut script = Script::of(action);
        (script.camera.width, script.camera.height) = (width as u32, height as u32);
        let clip = Clip::new(rng.next_u64(), &script)?;
        let at = rng.range(0.1, 0.9) * clip.frames() as f64 / clip.fps();
        let (moment, before) = (clip.moment_at(at), clip.moment_at(at - 1.0 / clip.fps()));
        renderer.render(&moment, Some(&before).filter(|_| !still), clip.recipe(), &mut frame);
        let mut truth = Truth::of_moment(&clip, &moment);
        let k = truth.intrinsics;
        let lens = Distortion::of(clip.recipe().effects.distortion, &k);
        truth.look_up_visibility(&moment, |m, px, flesh| {
            let px = lens.distorted_px(&k, px);
            [Label::LeftArm, Label::RightArm, Label::Bystander].iter().any(|l| frame.joint_visible(px, m[2], *l, flesh + 0.006))
        });
        let mut picture = image::RgbImage::from_raw(width as u32, height as u32, frame.rgb.clone()).ok_or("frame of the wrong size")?;
        if let (Some(dir), Some(file)) = (&dump, &mut lines) {
            let name = format!("{i:05}.png");
            picture.save(dir.join(&name))?;
            let mask: Vec<u8> = frame.arm_mask().collect();
            image::save_buffer(dir.join(format!("{i:05}-arm.png")), &mask, width as u32, height as u32, image::ColorType::L8)?;
            writeln!(file, "{}", record(&name, &clip, &truth, &lens, &frame))?;
        }
        if draw {
            draw_truth(&mut picture, &truth, &lens);
        }
        image::imageops::replace(&mut sheet, &picture, ((i % columns) * width) as i64, ((i / columns) * height) as i64);
    }
    sheet.save(out)?;
    Ok(())
}

fn record(name: &str, clip: &Clip, truth: &Truth, lens: &Distortion, frame: &Frame) -> String {
    let recipe = clip.recipe();
    let lamp: f32 = recipe.light.lamps.iter().map(|l| l.colour[1]).sum::<f32>() + recipe.light.sky[1];
    let mut line = format!(
        "{{\"file\":\"{name}\",\"tone\":{:.3},\"glove\":{},\"light\":{:.3},\"hands\":[",
        recipe.wearer.skin_tone,
        recipe.wearer.glove.is_some(),
        lamp * recipe.effects.exposure
    );
    for (n, h) in truth.hands.iter().enumerate() {
        let px: Vec<String> = h
            .image_px
            .iter()
            .map(|p| p.map(|p| lens.distorted_px(&truth.intrinsics, p)))
            .map(|p| p.map_or("null".into(), |p| format!("[{:.2},{:.2}]", p[0], p[1])))
            .collect();
        let seen: Vec<&str> = h.visibility.iter().map(|v| if *v == Visibility::Visible { "1" } else { "0" }).collect();
        let own = match (h.owner, h.side) {
            (Owner::Bystander, _) => Label::Bystander,
            (_, Side::Left) => Label::LeftArm,
            _ => Label::RightArm,
        };
        // Not hidden by anything but the hand itself.
        let clear: Vec<&str> = h
            .image_px
            .iter()
            .map(|p| p.is_some_and(|p| frame.joint_visible(lens.distorted_px(&truth.intrinsics, p), 0.0, own, 9.0)))
            .map(|c| if c { "1" } else { "0" })
            .collect();
        let _ = write!(
            line,
            "{}{{\"owner\":\"{}\",\"side\":\"{}\",\"present\":{},\"holds\":{},\"px\":[{}],\"seen\":[{}],\"clear\":[{}]}}",
            if n > 0 { "," } else { "" },
            if h.owner == Owner::Wearer { "wearer" } else { "bystander" },
            h.side.name(),
            h.present,
            h.holds.is_some(),
            px.join(","),
            seen.join(","),
            clear.join(",")
        );
    }
    line + "]}"
}

fn draw_truth(picture: &mut image::RgbImage, truth: &Truth, lens: &Distortion) {
    let k = truth.intrinsics;
    for hand in &truth.hands {
        let colour = match (hand.owner, hand.side) {
            (Owner::Bystander, _) => [230, 80, 230],
            (_, Side::Left) => [60, 130, 255],
            _ => [255, 70, 60],
        };
        for (a, b, _) in BONES {
            if let (Some(p), Some(q)) = (hand.image_px[a], hand.image_px[b]) {
                line(picture, lens.distorted_px(&k, p), lens.distorted_px(&k, q), colour);
            }
        }
        for (px, seen) in hand.image_px.iter().zip(hand.visibility) {
            if let Some(p) = px.map(|p| lens.distorted_px(&k, p)) {
                let dot = if seen == Visibility::Visible { [90, 255, 90] } else { [20, 20, 20] };
                for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
                    point(picture, [p[0] + dx, p[1] + dy], dot);
                }
            }
        }
    }
    for object in &truth.objects {
        if let Some([x0, y0, x1, y1]) = object.box_px {
            for (p, q) in [([x0, y0], [x1, y0]), ([x1, y0], [x1, y1]), ([x1, y1], [x0, y1]), ([x0, y1], [x0, y0])] {
                line(picture, p, q, [255, 220, 60]);
            }
        }
    }
}

fn point(picture: &mut image::RgbImage, p: [f64; 2], colour: [u8; 3]) {
    if p[0] >= 0.0 && p[1] >= 0.0 && p[0] < f64::from(picture.width()) && p[1] < f64::from(picture.height()) {
        picture.put_pixel(p[0] as u32, p[1] as u32, image::Rgb(colour));
    }
}

fn line(picture: &mut image::RgbImage, p: [f64; 2], q: [f64; 2], colour: [u8; 3]) {
    let steps = (p[0] - q[0]).abs().max((p[1] - q[1]).abs()).clamp(1.0, 4000.0) as u32;
    for i in 0..=steps {
        let t = f64::from(i) / f64::from(steps);
        point(picture, [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t], colour);
    }
}
