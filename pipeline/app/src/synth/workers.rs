//! Clips are made side by side; each by one worker, so that its bytes do not depend on how many there are.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use ego_outputs::ClipRecord;
use ego_synth::stats::Stats;

use super::picture::Easel;
use super::plan::{Layout, Plan};
use super::poses::PoseMaker;
use super::{recording, stats, video};
use crate::cli::SynthArgs;
use crate::interrupt::Interrupt;

/// A finished clip.
pub(super) struct Made {
    pub(super) record: ClipRecord,
    /// It was there already.
    pub(super) kept: bool,
    pub(super) seconds: f64,
}

/// What came of a series.
pub(super) struct Outcome {
    /// Finished clips in order of their numbers.
    pub(super) made: Vec<Made>,
    pub(super) stats: Option<Stats>,
    /// The first error; clips that were being made then are not finished.
    pub(super) failure: Option<anyhow::Error>,
}

/// Makes all clips in `folder` (without one only counts them); `told` hears of each finished clip.
///
/// # Errors
/// Those of `told`, after which nothing more is begun.
pub(super) fn run(
    plan: &Plan,
    folder: Option<&Path>,
    args: &SynthArgs,
    interrupt: &Interrupt,
    mut told: impl FnMut(&Made) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or(cores, usize::from).min(usize::try_from(plan.clips).unwrap_or(usize::MAX)).max(1);
    let threads = (cores / jobs).max(1);
    let (next, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let mut outcome = Outcome { made: Vec::new(), stats: args.stats.then(Stats::default), failure: None };
    let refused = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                let (sender, next, ended) = (sender.clone(), &next, &ended);
                scope.spawn(move || {
                    let mut worker = Worker {
                        plan,
                        interrupt,
                        easel: Easel::new(plan.renderer, threads, plan.hand_mesh.clone()),
                        poses: PoseMaker::default(),
                        stats: args.stats.then(Stats::default),
                    };
                    while !ended.load(Ordering::Relaxed) && !interrupt.wanted() {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= plan.clips {
                            break;
                        }
                        let made = worker.make(index, folder).transpose();
                        // Nobody listens any more when the listener has failed.
                        if made.is_some_and(|made| sender.send(made).is_err()) {
                            break;
                        }
                    }
                    worker.stats
                })
            })
            .collect();
        drop(sender);
        let mut refused = None;
        for made in receiver {
            let heard = made.map(|made| {
                let heard = told(&made);
                outcome.made.push(made);
                heard
            });
            match heard {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => refused = refused.or(Some(error)),
                Err(error) => outcome.failure = outcome.failure.take().or(Some(error)),
            }
            ended.store(true, Ordering::Relaxed);
        }
        for counts in workers.into_iter().filter_map(|w| w.join().ok().flatten()) {
            if let Some(sum) = &mut outcome.stats {
                sum.merge(&counts);
            }
        }
        refused
    });
    outcome.made.sort_by_key(|m| m.record.index);
    refused.map_or(Ok(outcome), Err)
}

struct Worker<'a> {
    plan: &'a Plan,
    interrupt: &'a Interrupt,
    easel: Easel,
    poses: PoseMaker,
    stats: Option<Stats>,
}

impl Worker<'_> {
    /// Makes a clip unless it is there; `None` when the user stopped it.
    fn make(&mut self, index: u64, folder: Option<&Path>) -> anyhow::Result<Option<Made>> {
        let began = Instant::now();
        let clip = self.plan.clip(index)?;
        let record = self.plan.record(index, &clip);
        if let Some(stats) = &mut self.stats {
            stats.add(&clip, stats::STRIDE);
        }
        let mut kept = false;
        if let Some(folder) = folder {
            let path = folder.join(&record.path);
            kept = path.exists();
            let imu = self.plan.imu;
            let whole = kept
                || match self.plan.layout {
                    Layout::H2o => recording::write(folder, &record.path, &clip, imu, &mut self.easel, self.interrupt)?,
                    Layout::Video => {
                        let stem = self.plan.stem(index);
                        video::write(folder, &stem, &clip, imu, &mut self.easel, self.interrupt)?
                    }
                    Layout::Poses => self.poses.write(&path, &clip, imu).map(|()| true)?,
                };
            if !whole {
                return Ok(None);
            }
        }
        Ok(Some(Made { record, kept, seconds: began.elapsed().as_secs_f64() }))
    }
}
