//! The worker thread: takes frames from the desk, runs the analyzer, puts results back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use gst_video::VideoInfo;

use super::analyzer::{AnalysisError, Analyzer, Outcome};
use super::exchange::Exchange;
use super::frame::{Facts, Frame};
use super::stats::Stats;
use super::timeline::Place;

/// One frame to be analysed.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) buffer: gst::Buffer,
    pub(crate) info: Arc<VideoInfo>,
    pub(crate) facts: Facts,
    /// Forget everything before this frame.
    pub(crate) reset: bool,
    pub(crate) submitted: Instant,
}

/// One frame that was analysed, or could not be.
pub(crate) struct Finished {
    pub(crate) place: Place,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Duration of the analysis, nanoseconds.
    pub(crate) infer_ns: u64,
    /// From the moment when the job was put on the desk, nanoseconds.
    pub(crate) delay_ns: u64,
    /// `None` when the frame was bad.
    pub(crate) outcome: Option<Box<dyn Outcome>>,
}

pub(crate) type Desk = Exchange<Job, Finished>;

/// What the worker tells the element, from its own thread and without holding a lock.
pub(crate) enum Report {
    /// The first bad frame of this run; later ones are only counted.
    BadFrame(AnalysisError),
    /// The worker has given up.
    Failed(AnalysisError),
}

/// A worker thread and the ways to reach it.
pub(crate) struct Run {
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
    interrupt: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Run {
    /// Starts the thread.
    pub(crate) fn start(
        name: &str,
        analyzer: Box<dyn Analyzer>,
        stats: Arc<Mutex<Stats>>,
        report: impl Fn(Report) + Send + 'static,
    ) -> std::io::Result<Run> {
        let desk = Arc::new(Desk::new());
        let interrupt = analyzer.interrupter();
        let worker = Worker { analyzer, desk: desk.clone(), stats, bad_frame_seen: false };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || worker.work(report))?;
        Ok(Run { desk, thread, interrupt })
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Drops all jobs, lets nobody wait any more, and ends a running analysis if it can be ended.
    pub(crate) fn flush(&self) {
        self.desk.set_flushing(true);
        drop(self.desk.abandon());
        if let Some(interrupt) = &self.interrupt {
            interrupt();
        }
    }

    /// As `flush`, for good: the thread ends when a running analysis has ended.
    pub(crate) fn close(&self) {
        self.desk.close();
        self.flush();
    }

    /// Ends the thread; waits for a running analysis.
    pub(crate) fn stop(self) {
        self.close();
        // Panics of the analyzer were caught and reported by the thread itself.
        let _ = self.thread.join();
    }
}

struct Worker {
    analyzer: Box<dyn Analyzer>,
    desk: Arc<Desk>,
    stats: Arc<Mutex<Stats>>,
    bad_frame_seen: bool,
}

impl Worker {
    fn work(mut self, report: impl Fn(Report)) {
        while let Some((epoch, job)) = self.desk.take() {
            let started = Instant::now();
            let Job { buffer, info, facts, reset, submitted } = job;
            let analyzer = &mut self.analyzer;
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                if reset {
                    analyzer.reset();
                }
                analyzer.analyze(Frame::map(buffer, &info, facts)?)
            }))
            .unwrap_or_else(|panic| Err(AnalysisError::Failed(panicked(panic.as_ref()))));
            let (infer_ns, delay_ns) = (elapsed_ns(started), elapsed_ns(submitted));
            match &outcome {
                // An interrupted analysis fails, and nobody is there to care.
                Err(_) if !self.desk.wants(epoch) => continue,
                Err(e @ AnalysisError::Frame(_)) => {
                    self.count(|stats| stats.errors += 1);
                    if !std::mem::replace(&mut self.bad_frame_seen, true) {
                        report(Report::BadFrame(e.clone()));
                    }
                }
                Err(e) => {
                    self.count(|stats| stats.errors += 1);
                    report(Report::Failed(e.clone()));
                    // After the report, so that the reason comes first on the bus and upstream's "streaming stopped" second.
                    self.desk.fail();
                    return;
                }
                Ok(outcome) => self.count(|stats| {
                    stats.analysed += 1;
                    stats.empty += u64::from(outcome.is_empty());
                    stats.latency.push(infer_ns);
                }),
            }
            let place = Place { number: facts.number, pts_ns: facts.pts_ns };
            let finished = Finished { place, width: info.width(), height: info.height(), infer_ns, delay_ns, outcome: outcome.ok() };
            drop(self.desk.deliver(epoch, finished));
        }
    }

    fn count(&self, add: impl FnOnce(&mut Stats)) {
        add(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn elapsed_ns(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A panic's own words.
pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> String {
    let words = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("the analysis panicked ({}); this is a bug, please report it with the frame that caused it", words.unwrap_or("no message"))
}
