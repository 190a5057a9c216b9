//! The desk between the streaming thread and the worker thread: jobs go one way, results come back.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why there will be no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Upstream flushes, or the element stops.
    Flushing,
    /// The worker has given up.
    Failed,
}

/// Jobs of type `J` for one worker, results of type `R` from it. Every call returns at once, except [`Exchange::wait`] and
/// [`Exchange::take`]. Values that are no longer wanted are handed back, so that no frame is freed under the lock.
#[derive(Debug)]
pub(crate) struct Exchange<J, R> {
    desk: Mutex<Desk<J, R>>,
    work: Condvar,
    done: Condvar,
}

#[derive(Debug)]
struct Desk<J, R> {
    jobs: VecDeque<J>,
    results: VecDeque<R>,
    /// Counts upwards whenever running jobs become worthless; their results are then refused.
    epoch: u64,
    flushing: bool,
    failed: bool,
    closed: bool,
}

impl<J, R> Desk<J, R> {
    fn stopped(&self) -> Option<Stop> {
        if self.failed {
            Some(Stop::Failed)
        } else if self.flushing || self.closed {
            Some(Stop::Flushing)
        } else {
            None
        }
    }
}

impl<J, R> Exchange<J, R> {
    pub(crate) fn new() -> Exchange<J, R> {
        let desk = Desk { jobs: VecDeque::new(), results: VecDeque::new(), epoch: 0, flushing: false, failed: false, closed: false };
        Exchange { desk: Mutex::new(desk), work: Condvar::new(), done: Condvar::new() }
    }

    fn desk(&self) -> MutexGuard<'_, Desk<J, R>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Streaming thread: one more job, behind those that wait.
    pub(crate) fn enqueue(&self, job: J) -> Result<(), Stop> {
        let mut desk = self.desk();
        if let Some(stop) = desk.stopped() {
            return Err(stop);
        }
        desk.jobs.push_back(job);
        // Who is woken finds the desk free.
        drop(desk);
        self.work.notify_one();
        Ok(())
    }

    /// Streaming thread: one job instead of the one that waits, if any, which is returned; `inherit` sees both first.
    pub(crate) fn replace(&self, mut job: J, inherit: impl FnOnce(&J, &mut J)) -> Result<Option<J>, Stop> {
        let mut desk = self.desk();
        if let Some(stop) = desk.stopped() {
            return Err(stop);
        }
        let superseded = desk.jobs.pop_back();
        if let Some(old) = &superseded {
            inherit(old, &mut job);
        }
        desk.jobs.push_back(job);
        drop(desk);
        self.work.notify_one();
        Ok(superseded)
    }

    /// Streaming thread: the newest result; older ones are given up.
    pub(crate) fn newest(&self) -> Result<Option<R>, Stop> {
        let mut desk = self.desk();
        if let Some(stop) = desk.stopped() {
            return Err(stop);
        }
        let newest = desk.results.pop_back();
        let older = std::mem::take(&mut desk.results);
        drop(desk);
        drop(older);
        Ok(newest)
    }

    /// Streaming thread: the oldest result, if there is one yet.
    pub(crate) fn poll(&self) -> Result<Option<R>, Stop> {
        let mut desk = self.desk();
        match desk.stopped() {
            Some(stop) => Err(stop),
            None => Ok(desk.results.pop_front()),
        }
    }

    /// Streaming thread: the oldest result, as soon as there is one. A job must be under way.
    pub(crate) fn wait(&self) -> Result<R, Stop> {
        let mut desk = self.desk();
        loop {
            if let Some(stop) = desk.stopped() {
                return Err(stop);
            }
            if let Some(result) = desk.results.pop_front() {
                return Ok(result);
            }
            desk = self.done.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Any thread: forgets jobs and results, and refuses the result of the job that runs. Returns the jobs.
    pub(crate) fn abandon(&self) -> VecDeque<J> {
        let mut desk = self.desk();
        desk.epoch += 1;
        let results = std::mem::take(&mut desk.results);
        let jobs = std::mem::take(&mut desk.jobs);
        drop(desk);
        drop(results);
        jobs
    }

    /// Any thread: lets nobody wait from now on, or lets them wait again.
    pub(crate) fn set_flushing(&self, flushing: bool) {
        self.desk().flushing = flushing;
        self.done.notify_all();
    }

    /// Any thread: ends the worker when it has finished its job.
    pub(crate) fn close(&self) {
        self.desk().closed = true;
        self.work.notify_all();
        self.done.notify_all();
    }

    /// Worker thread: the next job and its epoch, as soon as there is one; `None` at the end.
    pub(crate) fn take(&self) -> Option<(u64, J)> {
        let mut desk = self.desk();
        loop {
            if desk.closed {
                return None;
            }
            if let Some(job) = desk.jobs.pop_front() {
                return Some((desk.epoch, job));
            }
            desk = self.work.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Worker thread: the result of a job. Handed back when nobody wants it any more.
    pub(crate) fn deliver(&self, epoch: u64, result: R) -> Result<(), R> {
        let mut desk = self.desk();
        if desk.epoch != epoch || desk.stopped().is_some() {
            return Err(result);
        }
        desk.results.push_back(result);
        drop(desk);
        self.done.notify_all();
        Ok(())
    }

    /// Worker thread: whether results of this epoch are still wanted.
    pub(crate) fn wants(&self, epoch: u64) -> bool {
        let desk = self.desk();
        desk.epoch == epoch && desk.stopped().is_none()
    }

    /// Worker thread: there will be no further result.
    pub(crate) fn fail(&self) {
        self.desk().failed = true;
        self.done.notify_all();
    }

    /// Jobs that wait, without the one that runs.
    pub(crate) fn waiting(&self) -> usize {
        self.desk().jobs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    type Desk = Exchange<(u32, bool), u32>;

    fn inherit(old: &(u32, bool), new: &mut (u32, bool)) {
        new.1 |= old.1;
    }

    #[test]
    fn the_mailbox_keeps_the_newest_job_and_what_the_older_ones_asked_for() {
        let desk = Desk::new();
        assert_eq!(desk.replace((1, true), inherit), Ok(None));
        assert_eq!(desk.replace((2, false), inherit), Ok(Some((1, true))));
        assert_eq!(desk.replace((3, false), inherit), Ok(Some((2, true))));
        assert_eq!(desk.take(), Some((0, (3, true))));
        assert_eq!(desk.waiting(), 0);
    }

    #[test]
    fn jobs_and_results_keep_their_order() {
        let desk = Desk::new();
        for n in 0..3 {
            desk.enqueue((n, false)).unwrap();
        }
        while desk.waiting() > 0 {
            let (epoch, (n, _)) = desk.take().unwrap();
            desk.deliver(epoch, n * 10).unwrap();
        }
        assert_eq!((desk.poll(), desk.wait(), desk.newest(), desk.poll()), (Ok(Some(0)), Ok(10), Ok(Some(20)), Ok(None)));
    }

    #[test]
    fn the_newest_result_retires_older_ones() {
        let desk = Desk::new();
        desk.deliver(0, 1).unwrap();
        desk.deliver(0, 2).unwrap();
        assert_eq!((desk.newest(), desk.newest()), (Ok(Some(2)), Ok(None)));
    }

    #[test]
    fn results_of_abandoned_jobs_are_refused() {
        let desk = Desk::new();
        desk.enqueue((1, false)).unwrap();
        desk.enqueue((2, false)).unwrap();
        let (epoch, _) = desk.take().unwrap();
        assert!(desk.wants(epoch));
        assert_eq!(desk.abandon(), [(2, false)]);
        assert!(!desk.wants(epoch));
        assert_eq!(desk.deliver(epoch, 1), Err(1));
        assert_eq!(desk.poll(), Ok(None));
    }

    #[test]
    fn flush_close_and_failure_each_end_a_wait() {
        type End = (fn(&Desk), Stop);
        let ends: [End; 3] = [(|d| d.set_flushing(true), Stop::Flushing), (Desk::close, Stop::Flushing), (Desk::fail, Stop::Failed)];
        for (end, want) in ends {
            let desk = Arc::new(Desk::new());
            let waiter = std::thread::spawn({
                let desk = desk.clone();
                move || desk.wait()
            });
            end(&desk);
            assert_eq!(waiter.join().unwrap(), Err(want));
            assert_eq!((desk.enqueue((0, false)), desk.replace((0, false), inherit)), (Err(want), Err(want)));
            assert_eq!((desk.poll(), desk.newest()), (Err(want), Err(want)));
        }
    }

    #[test]
    fn a_flush_ends_and_closing_ends_the_worker() {
        let desk = Arc::new(Desk::new());
        desk.set_flushing(true);
        desk.set_flushing(false);
        let worker = std::thread::spawn({
            let desk = desk.clone();
            move || std::iter::from_fn(|| desk.take().map(|(epoch, (n, _))| desk.deliver(epoch, n))).count()
        });
        desk.enqueue((7, false)).unwrap();
        assert_eq!(desk.wait(), Ok(7));
        desk.close();
        assert_eq!(worker.join().unwrap(), 1);
    }
}
