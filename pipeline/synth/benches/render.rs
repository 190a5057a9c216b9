//! How fast pictures are drawn, all effects on: frames a second by wall clock, milliseconds of processor time a frame, and what
//! that makes on that many idle cores.
//!
//! `render [ROUNDS] [THREADS] [WIDTH]` draws so many rounds of 84 frames of 12 clips (fewer of large pictures) and prints one JSON
//! line a size (of all, or of that width); `lanes` is two renderers of one thread each side by side, as in batch work, `bands` one
//! renderer of two threads, as in live work, `wgpu` one on the graphics device that is named (with `--features gpu`, where there is
//! one; lavapipe takes all cores). Processor time hardly depends on what else the machine does; wall time does.

use std::io::Write as _;
use std::time::Instant;

use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::error::SynthError;
use ego_synth::moment::Moment;
use ego_synth::raster::Frame;
use ego_synth::renderer::{AnyRenderer, RendererKind};
use ego_synth::script::Script;

/// Processor time of this process with its finished threads, seconds (user and system, hundredths; Linux).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |n: usize| after_name.split_whitespace().nth(n).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
    (field(11) + field(12)) / 100.0
}

struct Scene {
    clip: Clip,
    moments: Vec<(Moment, Moment)>,
}

/// A few frames of each of several clips: looks and motion of all kinds.
fn scenes(width: u32, height: u32) -> Result<Vec<Scene>, Box<dyn std::error::Error>> {
    (0..12u32)
        .map(|i| {
            let mut script = Script::of(Action::from_id(1 + i * 3 % 36).ok_or("no such action")?);
            (script.camera.width, script.camera.height) = (width, height);
            let clip = Clip::new(u64::from(i), &script)?;
            let step = clip.frames() as f64 / clip.fps() / 9.0;
            let moments =
                (1..8).map(|k| (clip.moment_at(f64::from(k) * step), clip.moment_at(f64::from(k) * step - 1.0 / clip.fps()))).collect();
            Ok(Scene { clip, moments })
        })
        .collect()
}

/// Which pictures are drawn.
#[derive(Clone, Copy)]
struct Plan<'a> {
    scenes: &'a [Scene],
    size: (usize, usize),
    rounds: usize,
    /// Every so manieth frame.
    stride: usize,
}

impl Plan<'_> {
    /// Draws them; returns their number.
    fn draw(&self, renderer: &mut AnyRenderer) -> Result<usize, SynthError> {
        let mut frame = Frame::new(self.size.0, self.size.1);
        let mut frames = 0;
        for _ in 0..self.rounds {
            let all = self.scenes.iter().flat_map(|scene| scene.moments.iter().map(move |m| (scene.clip.recipe(), m)));
            for (recipe, (now, before)) in all.step_by(self.stride) {
                renderer.render(now, Some(before), recipe, &mut frame)?;
                frames += 1;
            }
        }
        Ok(frames)
    }

    fn renderer(&self, kind: RendererKind, threads: usize) -> Result<AnyRenderer, SynthError> {
        AnyRenderer::new(kind, self.size.0, self.size.1, threads)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = |n: usize| std::env::args().filter(|a| a != "--bench").nth(n).and_then(|a| a.parse::<usize>().ok());
    let (rounds, threads, only) = (argument(1).unwrap_or(2), argument(2).unwrap_or(2), argument(3));
    let mut out = std::io::stdout();
    let sizes = [(256, 144, 1), (640, 360, 1), (1280, 720, 3)];
    for (width, height, stride) in sizes.into_iter().filter(|s| only.is_none_or(|w| w == s.0)) {
        let scenes = scenes(width as u32, height as u32)?;
        let size = (width, height);
        let plan = Plan { scenes: &scenes, size, rounds, stride };
        // The hand's mesh is made on first use.
        Plan { rounds: 1, stride: 60, ..plan }.draw(&mut plan.renderer(RendererKind::Cpu, 1)?)?;
        let mut device = match plan.renderer(RendererKind::Wgpu, 1) {
            Ok(device) => Some(device),
            Err(e) => {
                writeln!(std::io::stderr(), "no row for wgpu: {e}")?;
                None
            }
        };
        for mode in ["bands", "lanes", "wgpu"] {
            if let ("wgpu", Some(device)) = (mode, &mut device) {
                Plan { rounds: 1, stride: 60, ..plan }.draw(device)?;
            }
            let (wall, cpu) = (Instant::now(), cpu_s());
            let (frames, name): (usize, String) = match (mode, &mut device) {
                ("bands", _) => (plan.draw(&mut plan.renderer(RendererKind::Cpu, threads)?)?, "cpu".into()),
                ("lanes", _) => {
                    let lane = || plan.draw(&mut plan.renderer(RendererKind::Cpu, 1)?);
                    let frames = std::thread::scope(|s| {
                        let lanes: Vec<_> = (0..threads).map(|_| s.spawn(lane)).collect();
                        lanes.into_iter().filter_map(|l| l.join().ok()).sum::<Result<usize, SynthError>>()
                    });
                    (frames?, "cpu".into())
                }
                (_, Some(device)) => (plan.draw(device)?, device.name().into()),
                (_, None) => continue,
            };
            let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
            let (frames, count) = (frames.max(1) as f64, frames);
            writeln!(
                out,
                "{{\"bench\":\"synth.render\",\"size\":\"{width}x{height}\",\"mode\":\"{mode}\",\"device\":\"{name}\",\"threads\":{threads},\"frames\":{count},\"frames_per_s\":{:.1},\"cpu_ms_per_frame\":{:.2},\"frames_per_s_on_idle_cores\":{:.1}}}",
                frames / wall,
                cpu * 1e3 / frames,
                threads as f64 * frames / cpu.max(1e-3)
            )?;
        }
    }
    Ok(())
}
