//! `ego synth`: labelled recordings made by the synthetic head camera.
//!
//! `plan` knows which clips there are and where they go, `poses`, `recording` and `video` write one clip each, `truth` brings what the
//! camera knows into the types that `ego-outputs` writes, `workers` has them made side by side.

mod picture;
mod plan;
mod poses;
mod recording;
mod sensors;
mod stats;
mod truth;
mod video;
mod workers;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use ego_outputs::h2o::{ActionRow, Place, write_action_list, write_pose_list};
use ego_outputs::{ClipRecord, SeriesRecord};

use crate::cli::SynthArgs;
use crate::console;
use crate::failure::{Status, describe, usage};
use crate::interrupt::Interrupt;
use crate::run::make_folder;
use plan::{Layout, Plan};
use workers::{Made, Outcome};

pub(crate) fn synth(args: &SynthArgs, json: bool) -> anyhow::Result<Status> {
    let plan = Plan::new(args)?;
    let Some(folder) = args.out.as_deref() else {
        return only_stats(&plan, args, json);
    };
    make_folder(folder)?;
    let _alone = lock(folder)?;
    begin(&plan, folder)?;
    if plan.layout == Layout::Video {
        gst::init().map_err(|e| ego_graph::GraphError::Init(e.to_string()))?;
    }
    let interrupt = Interrupt::listen()?;
    if json {
        let data = serde_json::json!({ "out": folder, "clips": plan.clips, "series": plan.series() });
        console::json("begin", data)?;
    }
    let began = Instant::now();
    let bar = console::clips_bar(plan.split.name(), plan.clips);
    let mut frames = 0;
    let outcome = workers::run(&plan, Some(folder), args, &interrupt, |made| {
        frames += if made.kept { 0 } else { made.record.frames };
        bar.set_message(format!("{:.1} frames/s", frames as f64 / began.elapsed().as_secs_f64().max(1e-3)));
        bar.inc(1);
        tell_clip(folder, made, json, &bar)
    });
    bar.finish_and_clear();
    let outcome = outcome?;
    let clips: Vec<ClipRecord> = outcome.made.iter().map(|m| m.record.clone()).collect();
    let listed = lists(&plan, folder, &clips);
    tell_end(&plan, &outcome, began, json)?;
    if let Some(counts) = &outcome.stats {
        stats::tell(counts, json)?;
    }
    let mut status = if interrupt.wanted() { Status::Interrupted } else { Status::Good };
    for error in [outcome.failure, listed.err()].into_iter().flatten() {
        status = status.max(fail(&error, json)?);
    }
    Ok(status)
}

/// Counts what would be made.
fn only_stats(plan: &Plan, args: &SynthArgs, json: bool) -> anyhow::Result<Status> {
    let interrupt = Interrupt::listen()?;
    let bar = console::clips_bar(plan.split.name(), plan.clips);
    let outcome = workers::run(plan, None, args, &interrupt, |_| {
        bar.inc(1);
        Ok(())
    });
    bar.finish_and_clear();
    let outcome = outcome?;
    if let Some(error) = outcome.failure {
        return Err(error);
    }
    if interrupt.wanted() {
        return Ok(Status::Interrupted);
    }
    if let Some(counts) = &outcome.stats {
        stats::tell(counts, json)?;
    }
    Ok(Status::Good)
}

/// Keeps a second program out of the folder for as long as the result lives.
fn lock(folder: &Path) -> anyhow::Result<Option<File>> {
    let handle = File::open(folder).with_context(|| format!("open the folder {}", folder.display()))?;
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => {
            let what = format!("another `ego synth` is writing into {}", folder.display());
            Err(usage(what, "wait for it, or give another folder with --out"))
        }
        // File systems without locks exist; then nobody is kept out.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Makes sure that what is there belongs to the same series, and notes what the series is made with.
fn begin(plan: &Plan, folder: &Path) -> anyhow::Result<()> {
    let path = plan.series_path(folder);
    let series = plan.series();
    if path.exists() {
        let before = SeriesRecord::read(&path)?;
        if let Some((option, mine, theirs)) = series.difference(&before) {
            let what = format!("{} holds clips made with --{option} {theirs}, not {mine}", folder.display());
            return Err(usage(what, format!("give --{option} as before, or another folder with --out")));
        }
        return Ok(());
    }
    let stranger = (0..plan.clips).map(|index| folder.join(plan.path(index))).find(|p| p.exists());
    if let Some(path) = stranger {
        let what = format!("{} is there already and was not made by `ego synth`", path.display());
        return Err(usage(what, "give another folder with --out"));
    }
    Ok(series.write(&path)?)
}

fn tell_clip(folder: &Path, made: &Made, json: bool, bar: &indicatif::ProgressBar) -> anyhow::Result<()> {
    let path = folder.join(&made.record.path);
    if json {
        let data = serde_json::json!({ "path": path, "kept": made.kept, "seconds": made.seconds, "clip": made.record });
        return console::json("clip", data);
    }
    if made.kept {
        return Ok(());
    }
    bar.suspend(|| console::data(&path.display().to_string()))
}

/// The lists of what is finished: one line a clip, and for H2O's layout its action and picture lists.
fn lists(plan: &Plan, folder: &Path, clips: &[ClipRecord]) -> anyhow::Result<Vec<PathBuf>> {
    let path = folder.join(format!("clips-{}.jsonl", plan.split.name()));
    ClipRecord::write_all(clips, &path)?;
    if plan.layout != Layout::H2o {
        return Ok(vec![path]);
    }
    let split = plan.h2o_split();
    let rows: Vec<ActionRow> = clips
        .iter()
        .flat_map(|clip| {
            let frames = [0, clip.frames.saturating_sub(1)];
            let row = move |l: &ego_outputs::ClipLabel| ActionRow {
                path: clip.path.clone(),
                action: l.action,
                act: [l.first_frame, l.last_frame],
                frames,
            };
            // H2O has no number for a pair outside the 36: one that only had to come first is in no list.
            clip.labels.iter().filter(|l| l.asked || l.action.is_some()).map(row)
        })
        .collect();
    let places: Vec<(Place, u64)> = clips.iter().map(|clip| (Place::of(split, clip.index), clip.frames)).collect();
    Ok(vec![path, write_action_list(folder, split, &rows)?, write_pose_list(folder, split, &places)?])
}

fn tell_end(plan: &Plan, outcome: &Outcome, began: Instant, json: bool) -> anyhow::Result<()> {
    let kept = outcome.made.iter().filter(|m| m.kept).count();
    let made = outcome.made.len() - kept;
    let frames: u64 = outcome.made.iter().filter(|m| !m.kept).map(|m| m.record.frames).sum();
    let seconds = began.elapsed().as_secs_f64();
    let rate = frames as f64 / seconds.max(1e-9);
    let missing = plan.clips - outcome.made.len() as u64;
    let mut text = format!("{}: {made} clips, {frames} frames in {seconds:.1} s, {rate:.1} frames/s", plan.split.name());
    if kept > 0 {
        text += &format!("; {kept} clips were there already");
    }
    if missing > 0 {
        text += &format!("; {missing} are missing: the same command goes on with them");
    }
    console::tell(&text);
    if json {
        let data = serde_json::json!({
            "clips": made, "kept": kept, "missing": missing, "frames": frames, "wall_s": seconds, "frames_per_s": rate,
        });
        console::json("end", data)?;
    }
    Ok(())
}

fn fail(error: &anyhow::Error, json: bool) -> anyhow::Result<Status> {
    let text = describe(error);
    let status = crate::failure::status_of(error);
    if status != Status::Good {
        console::tell(&text);
        if json {
            console::json("failure", serde_json::json!({ "text": text }))?;
        }
    }
    Ok(status)
}
