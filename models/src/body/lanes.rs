//! Several people are looked at side by side: copies of the landmark network on a few threads that live as long as the tracker.
//!
//! The caller samples every region of the picture, so the picture is neither shared nor copied: a network travels to a thread with its
//! input filled and comes back with its answer. Every copy runs on one thread of its own, so the numbers do not depend on how many there are.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use ego_core::image::ImageView;
use ego_core::region::Region;

use super::landmarks::{PoseLandmarks, PoseNetwork};
use crate::error::{ModelError, Result};
use crate::network::SessionOptions;
use crate::paths::Located;

/// A region on its way: its number, and a network whose input shows it.
struct Job {
    number: usize,
    region: Region,
    network: PoseNetwork,
}

struct Done {
    number: usize,
    network: PoseNetwork,
    seen: Result<PoseLandmarks>,
}

/// The landmark network, and the threads that run copies of it.
#[derive(Debug)]
pub(super) struct Lanes {
    /// For one region alone, with all threads inside.
    alone: PoseNetwork,
    /// For several regions, each on one thread; empty without threads.
    resting: Vec<PoseNetwork>,
    /// `None` while the threads are told to end.
    jobs: Option<Sender<Job>>,
    /// Jobs that no thread has begun: the caller takes from them as well.
    queued: Receiver<Job>,
    done: Receiver<Done>,
    threads: Vec<JoinHandle<()>>,
}

impl Lanes {
    /// Opens the network, and with two threads or more its copies; no more threads than regions are of use.
    pub(super) fn open(model: &Located, options: &SessionOptions, most: usize) -> Result<Lanes> {
        let helpers = options.threads.min(most).saturating_sub(1);
        // One for each thread, and one for each helper that waits filled, so that none stands still while the caller runs its own.
        let copies = if helpers > 0 { (2 * helpers + 1).min(most) } else { 0 };
        let single = SessionOptions { threads: 1, ..options.clone() };
        let alone = PoseNetwork::open(model, options)?;
        let resting = (0..copies).map(|_| PoseNetwork::open(model, &single)).collect::<Result<Vec<_>>>()?;
        let (jobs, queued) = bounded::<Job>(copies);
        let (finished, done) = bounded(copies);
        let mut threads = Vec::with_capacity(helpers);
        for number in 0..helpers {
            let (taken, finished) = (queued.clone(), finished.clone());
            let thread = std::thread::Builder::new().name(format!("ego-body-{number}")).spawn(move || {
                for Job { number, region, mut network } in taken {
                    // A network that panics is answered as well, or the caller would wait for ever.
                    let run = std::panic::AssertUnwindSafe(|| network.run(&region));
                    let seen = std::panic::catch_unwind(run).unwrap_or_else(|_| {
                        let model = network.network().name().to_owned();
                        Err(ModelError::Run { model, reason: "its thread panicked".into() })
                    });
                    if finished.send(Done { number, network, seen }).is_err() {
                        break;
                    }
                }
            });
            let reason = |e: std::io::Error| format!("no further thread can be started: {e}");
            threads.push(thread.map_err(|e| ModelError::Setting { setting: "threads", reason: reason(e) })?);
        }
        Ok(Lanes { alone, resting, jobs: Some(jobs), queued, done, threads })
    }

    /// The network, for its provider and name.
    pub(super) fn network(&self) -> &PoseNetwork {
        &self.alone
    }

    /// Looks at every region; the answers are in their order.
    pub(super) fn look(&mut self, view: &ImageView<'_>, regions: &[Region]) -> Vec<Result<PoseLandmarks>> {
        let jobs = self.jobs.as_ref().filter(|_| regions.len() > 1 && !self.threads.is_empty());
        let Some(jobs) = jobs else { return regions.iter().map(|region| self.alone.look(view, region)).collect() };
        let mut answers: Vec<Option<Result<PoseLandmarks>>> = regions.iter().map(|_| None).collect();
        let mut waiting = regions.iter().copied().enumerate();
        let mut under_way = 0usize;
        loop {
            while let Ok(done) = self.done.try_recv() {
                under_way -= 1;
                take(done, &mut answers, &mut self.resting);
            }
            // Something always waits for a thread that becomes free; then the caller runs one itself.
            if let Some(mut network) = self.resting.pop() {
                if let Some((number, region)) = waiting.next() {
                    network.fill(view, &region);
                    if jobs.send(Job { number, region, network }).is_err() {
                        break;
                    }
                    under_way += 1;
                    continue;
                }
                self.resting.push(network);
            }
            if let Ok(Job { number, region, mut network }) = self.queued.try_recv() {
                let seen = network.run(&region);
                under_way -= 1;
                take(Done { number, network, seen }, &mut answers, &mut self.resting);
            } else if under_way == 0 {
                break;
            } else if let Ok(done) = self.done.recv() {
                under_way -= 1;
                take(done, &mut answers, &mut self.resting);
            } else {
                break;
            }
        }
        let lost = || ModelError::Run { model: self.alone.network().name().to_owned(), reason: "a thread of it ended".into() };
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(lost()))).collect()
    }
}

fn take(done: Done, answers: &mut [Option<Result<PoseLandmarks>>], resting: &mut Vec<PoseNetwork>) {
    resting.push(done.network);
    if let Some(answer) = answers.get_mut(done.number) {
        *answer = Some(done.seen);
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}
