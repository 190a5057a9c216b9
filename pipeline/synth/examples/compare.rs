//! The rasteriser's pictures beside those of the graphics device: `compare OUT.png [COUNT] [WIDTH] [SEED] [--clean]`.
//!
//! Each row is a random frame: by the processor, by the device, and twenty times their difference. Prints how well they agree.
//! `--clean` leaves out what the camera does to the light.

use std::error::Error;
use std::io::Write as _;

use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::raster::Frame;
use ego_synth::renderer::{AnyRenderer, RendererKind};
use ego_synth::rng::Rng;
use ego_synth::script::Script;

fn main() -> Result<(), Box<dyn Error>> {
    let (plain, flags): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| !a.starts_with("--"));
    let out = plain.first().ok_or("usage: compare OUT.png [COUNT] [WIDTH] [SEED] [--clean]")?;
    let number = |i: usize, default: u64| plain.get(i).map_or(Ok(default), |v| v.parse::<u64>());
    let (count, width, seed) = (number(1, 8)? as usize, number(2, 256)? as usize, number(3, 1)?);
    let height = width * 9 / 16;
    let mut cpu = AnyRenderer::new(RendererKind::Cpu, width, height, 2)?;
    let mut gpu = AnyRenderer::new(RendererKind::Wgpu, width, height, 2)?;
    let (mut a, mut b) = (Frame::new(width, height), Frame::new(width, height));
    let mut sheet = image::RgbImage::new(3 * width as u32, (count * height) as u32);
    let mut print = std::io::stdout();
    writeln!(print, "{} and {}, {width}x{height}", cpu.name(), gpu.name())?;
    for i in 0..count {
        let mut rng = Rng::new(seed).split(&format!("frame {i}"));
        let mut script = Script::of(Action::from_id(1 + (i as u32 * 5) % 36).ok_or("no such action")?);
        (script.camera.width, script.camera.height) = (width as u32, height as u32);
        script.look.clean = flags.iter().any(|f| f == "--clean");
        let clip = Clip::new(rng.next_u64(), &script)?;
        let at = rng.range(0.1, 0.9) * clip.frames() as f64 / clip.fps();
        let (moment, before) = (clip.moment_at(at), clip.moment_at(at - 1.0 / clip.fps()));
        cpu.render(&moment, Some(&before), clip.recipe(), &mut a)?;
        gpu.render(&moment, Some(&before), clip.recipe(), &mut b)?;
        let off: Vec<u8> = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
        let mean = off.iter().map(|d| f64::from(*d)).sum::<f64>() / off.len() as f64;
        let share = |n: usize| 100.0 * n as f64 / (width * height) as f64;
        let close = share(off.chunks_exact(3).filter(|p| p.iter().all(|d| *d <= 2)).count());
        let labels = share(a.label.iter().zip(&b.label).filter(|(a, b)| a == b).count());
        let mut depths: Vec<f32> = a.depth_m.iter().zip(&b.depth_m).map(|(a, b)| (a - b).abs()).collect();
        depths.sort_by(f32::total_cmp);
        let deep = |q: f64| 1e3 * depths.get((q * depths.len() as f64) as usize).copied().unwrap_or(0.0);
        writeln!(
            print,
            "{i}: mean difference {mean:.3}, {close:.2} % of pixels within 2, labels {labels:.2} %, depth median {:.4} mm, 99 % {:.3} mm",
            deep(0.5),
            deep(0.99)
        )?;
        let loud = off.iter().map(|d| d.saturating_mul(20)).collect();
        for (column, rgb) in [a.rgb.clone(), b.rgb.clone(), loud].into_iter().enumerate() {
            let picture = image::RgbImage::from_raw(width as u32, height as u32, rgb).ok_or("a frame of the wrong size")?;
            image::imageops::replace(&mut sheet, &picture, (column * width) as i64, (i * height) as i64);
        }
    }
    sheet.save(out)?;
    Ok(())
}
