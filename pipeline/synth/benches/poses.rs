//! How fast poses are made: frames a second on one core, without and with their truth, and 36 actions x 100 clips.
//! `poses [CLIPS]` prints one JSON line; CLIPS (100) are those of each action.

use std::time::Instant;

use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::moment::Moment;
use ego_synth::script::Script;
use ego_synth::truth::Truth;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let per_action: u64 = std::env::args().filter(|a| a != "--bench").nth(1).and_then(|a| a.parse().ok()).unwrap_or(100);
    let whole = Instant::now();
    let (mut frames_s, mut truth_s) = (0.0, 0.0);
    let (mut frames, mut clips, mut check) = (0u64, 0u64, 0.0f64);
    let mut moment: Option<Moment> = None;
    for id in 1..=36 {
        let Some(action) = Action::from_id(id) else { continue };
        for seed in 0..per_action {
            let clip = Clip::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(id)), &Script::of(action))?;
            let begin = Instant::now();
            for frame in 0..clip.frames() {
                let m = moment.get_or_insert_with(|| clip.moment(0));
                clip.moment_into(clip.time_s(frame), m);
                check += m.hands.first().map_or(0.0, |h| h.pose.joints_m[8].x);
            }
            frames_s += begin.elapsed().as_secs_f64();
            let begin = Instant::now();
            for frame in 0..clip.frames() {
                let m = moment.get_or_insert_with(|| clip.moment(0));
                clip.moment_into(clip.time_s(frame), m);
                check += Truth::of_moment(&clip, m).hands.first().map_or(0.0, |h| h.camera_m[8][0]);
            }
            truth_s += begin.elapsed().as_secs_f64();
            frames += clip.frames();
            clips += 1;
        }
    }
    let all = whole.elapsed().as_secs_f64();
    let line = format!(
        "{{\"bench\":\"synth.poses\",\"clips\":{clips},\"frames\":{frames},\"seconds\":{all:.3},\"frames_per_s\":{:.0},\"with_truth_per_s\":{:.0},\"with_setup_per_s\":{:.0},\"clip_setup_ms\":{:.3},\"checksum\":{check:.6}}}\n",
        frames as f64 / frames_s,
        frames as f64 / truth_s,
        frames as f64 / (all - frames_s),
        (all - frames_s - truth_s) * 1e3 / clips as f64
    );
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes())?;
    Ok(())
}
