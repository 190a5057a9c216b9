//! How fast pictures are drawn, all effects on: frames a second by wall clock and milliseconds of processor time a frame.
//!
//! `render [SECONDS] [THREADS] [WIDTH]` prints one JSON line a size (of all, or of that width); `lanes` is two renderers of one thread each side by side, as in
//! batch work, `bands` one renderer of two threads, as in live work.

use std::io::Write as _;
use std::time::{Duration, Instant};

use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::moment::Moment;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::script::Script;

/// Processor time of this process, seconds (user and system, hundredths; Linux).
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

/// Draws until the time is over; returns frames.
fn draw(scenes: &[Scene], width: usize, height: usize, threads: usize, until: Instant) -> u64 {
    let mut renderer = Renderer::new(width, height, threads);
    let mut frame = Frame::new(width, height);
    let mut frames = 0;
    'all: loop {
        for scene in scenes {
            for (now, before) in &scene.moments {
                if Instant::now() >= until {
                    break 'all;
                }
                renderer.render(now, Some(before), scene.clip.recipe(), &mut frame);
                frames += 1;
            }
        }
    }
    frames
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: f64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(4.0);
    let threads: usize = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(2);
    let only: Option<usize> = std::env::args().nth(3).and_then(|a| a.parse().ok());
    let mut out = std::io::stdout();
    for (width, height) in [(256, 144), (640, 360), (1280, 720)].into_iter().filter(|s| only.is_none_or(|w| w == s.0)) {
        let scenes = scenes(width as u32, height as u32)?;
        // The hand's mesh is made on first use.
        draw(&scenes, width, height, 1, Instant::now() + Duration::from_millis(300));
        for mode in ["bands", "lanes"] {
            let (wall, cpu) = (Instant::now(), cpu_s());
            let until = wall + Duration::from_secs_f64(seconds);
            let frames: u64 = if mode == "bands" {
                draw(&scenes, width, height, threads, until)
            } else {
                std::thread::scope(|s| {
                    let lanes: Vec<_> = (0..threads).map(|_| s.spawn(|| draw(&scenes, width, height, 1, until))).collect();
                    lanes.into_iter().map(|l| l.join().unwrap_or(0)).sum()
                })
            };
            let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
            writeln!(
                out,
                "{{\"bench\":\"synth.render\",\"size\":\"{width}x{height}\",\"mode\":\"{mode}\",\"threads\":{threads},\"frames\":{frames},\"frames_per_s\":{:.1},\"cpu_ms_per_frame\":{:.2},\"frames_per_cpu_s\":{:.1}}}",
                frames as f64 / wall,
                cpu * 1e3 / frames.max(1) as f64,
                frames as f64 / cpu.max(1e-3)
            )?;
        }
    }
    Ok(())
}
