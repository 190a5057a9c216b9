//! Several regions of a picture are looked at side by side: copies of a network on a few threads that live as long as the tracker.
//!
//! The caller samples every region of the picture, so the picture is neither shared nor copied: a network travels to a thread with its
//! input filled and comes back with its answer. Every copy runs on one thread of its own, so the numbers do not depend on how many there
//! are.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use ego_core::image::ImageView;

use crate::error::{ModelError, Result};

/// A network that looks at one place of a picture at a time.
pub(crate) trait Lane: Send + Sized + 'static {
    /// Where to look, and as at what.
    type Place: Copy + Send + 'static;
    /// What is there.
    type Seen: Send + 'static;

    /// The model's name, for errors.
    fn name(&self) -> &str;

    /// Samples a place of the picture into the input.
    fn fill(&mut self, view: &ImageView<'_>, place: &Self::Place);

    /// Runs the network on the place that was sampled last.
    fn run(&mut self, place: &Self::Place) -> Result<Self::Seen>;
}

/// One thing to be looked at, in one look or in several, each of which may depend on the one before.
pub(crate) trait Task<L: Lane> {
    /// Where to look next.
    fn place(&self) -> L::Place;

    /// Takes what was seen there; true asks for another look.
    fn take(&mut self, seen: Result<L::Seen>) -> bool;
}

/// A network whose input shows a place, for the task of this number.
struct Job<L: Lane> {
    number: usize,
    place: L::Place,
    lane: L,
}

struct Done<L: Lane> {
    number: usize,
    lane: L,
    seen: Result<L::Seen>,
}

/// A network, and the threads that run copies of it.
pub(crate) struct Lanes<L: Lane> {
    /// For one task alone, with all threads inside.
    alone: L,
    /// For several tasks, each on one thread; empty without threads.
    resting: Vec<L>,
    /// `None` while the threads are told to end.
    jobs: Option<Sender<Job<L>>>,
    /// Jobs that no thread has begun: the caller takes from them as well.
    queued: Receiver<Job<L>>,
    done: Receiver<Done<L>>,
    threads: Vec<JoinHandle<()>>,
}

impl<L: Lane> std::fmt::Debug for Lanes<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lanes").field("name", &self.alone.name()).field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl<L: Lane> Lanes<L> {
    /// Opens a network that uses `threads` inside, and with two or more its copies; no more than `most` tasks are expected at once.
    /// `open` gets the number of threads inside.
    pub(crate) fn open(threads: usize, most: usize, open: impl Fn(usize) -> Result<L> + Sync) -> Result<Lanes<L>> {
        let helpers = threads.min(most).saturating_sub(1);
        // One for each thread, and one for each helper that waits filled, so that none stands still while the caller runs its own.
        let copies = if helpers > 0 { (2 * helpers + 1).min(most) } else { 0 };
        let (alone, resting) = std::thread::scope(|scope| {
            let others: Vec<_> = (0..copies).map(|_| scope.spawn(|| open(1))).collect();
            let alone = open(threads);
            let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            (alone, others.collect::<Result<Vec<L>>>())
        });
        let (alone, resting) = (alone?, resting?);
        let (jobs, queued) = bounded::<Job<L>>(copies);
        let (finished, done) = bounded(copies);
        let mut lanes = Lanes { alone, resting, jobs: Some(jobs), queued, done, threads: Vec::with_capacity(helpers) };
        for number in 0..helpers {
            let (taken, finished) = (lanes.queued.clone(), finished.clone());
            let thread = std::thread::Builder::new().name(format!("ego-lane-{number}")).spawn(move || {
                for job in taken {
                    if finished.send(run(job)).is_err() {
                        break;
                    }
                }
            });
            let reason = |e: std::io::Error| format!("no further thread can be started: {e}");
            lanes.threads.push(thread.map_err(|e| ModelError::Setting { setting: "threads", reason: reason(e) })?);
        }
        Ok(lanes)
    }

    /// The network, for its provider and name.
    pub(crate) fn one(&self) -> &L {
        &self.alone
    }

    /// Looks until no task asks for more. Each gets its own answers, an error among them.
    ///
    /// # Errors
    /// When a thread has ended.
    pub(crate) fn look(&mut self, view: &ImageView<'_>, tasks: &mut [impl Task<L>]) -> Result<()> {
        if self.threads.is_empty() || tasks.len() < 2 {
            for task in tasks {
                loop {
                    let place = task.place();
                    self.alone.fill(view, &place);
                    if !task.take(self.alone.run(&place)) {
                        break;
                    }
                }
            }
            return Ok(());
        }
        Round { lanes: self, view, begun: 0, under_way: 0 }.finish(tasks)
    }

    /// [`Lanes::look`] while the caller does something else: beside it with threads, after it without.
    ///
    /// # Errors
    /// When a thread has ended.
    pub(crate) fn look_beside<R>(&mut self, view: &ImageView<'_>, tasks: &mut [impl Task<L>], work: impl FnOnce() -> R) -> Result<R> {
        if self.threads.is_empty() || tasks.is_empty() {
            let result = work();
            return self.look(view, tasks).map(|()| result);
        }
        let mut round = Round { lanes: self, view, begun: 0, under_way: 0 };
        while round.begin(tasks)? {}
        // The networks must come home even from a panic, or the next round would get this one's answers.
        let result = catch_unwind(AssertUnwindSafe(work));
        round.finish(tasks)?;
        Ok(result.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

/// The way of some tasks through the lanes.
struct Round<'a, L: Lane> {
    lanes: &'a mut Lanes<L>,
    view: &'a ImageView<'a>,
    /// Tasks from this one on were not begun.
    begun: usize,
    under_way: usize,
}

impl<L: Lane> Round<'_, L> {
    /// Begins the next task if there is one, and a network for it.
    fn begin(&mut self, tasks: &[impl Task<L>]) -> Result<bool> {
        let Some(task) = tasks.get(self.begun) else { return Ok(false) };
        let Some(lane) = self.lanes.resting.pop() else { return Ok(false) };
        self.begun += 1;
        self.send(self.begun - 1, task.place(), lane)?;
        Ok(true)
    }

    fn send(&mut self, number: usize, place: L::Place, mut lane: L) -> Result<()> {
        lane.fill(self.view, &place);
        let sent = self.lanes.jobs.as_ref().is_some_and(|jobs| jobs.send(Job { number, place, lane }).is_ok());
        self.under_way += usize::from(sent);
        if sent { Ok(()) } else { Err(self.ended()) }
    }

    /// Gives a task its answer; a task that asks for more goes on with the same network.
    fn take(&mut self, done: Done<L>, tasks: &mut [impl Task<L>]) -> Result<()> {
        self.under_way -= 1;
        if let Some(task) = tasks.get_mut(done.number)
            && task.take(done.seen)
        {
            return self.send(done.number, task.place(), done.lane);
        }
        self.lanes.resting.push(done.lane);
        Ok(())
    }

    fn finish(mut self, tasks: &mut [impl Task<L>]) -> Result<()> {
        loop {
            while let Ok(done) = self.lanes.done.try_recv() {
                self.take(done, tasks)?;
            }
            // Something always waits for a thread that becomes free; then the caller runs one itself.
            if self.begin(tasks)? {
                continue;
            }
            if let Ok(job) = self.lanes.queued.try_recv() {
                self.take(run(job), tasks)?;
            } else if self.under_way == 0 {
                return Ok(());
            } else {
                let done = self.lanes.done.recv().map_err(|_| self.ended())?;
                self.take(done, tasks)?;
            }
        }
    }

    fn ended(&self) -> ModelError {
        ModelError::Run { model: self.lanes.alone.name().to_owned(), reason: "a thread of it ended".into() }
    }
}

/// A network that panics is answered as well, or the caller would wait for ever.
fn run<L: Lane>(job: Job<L>) -> Done<L> {
    let Job { number, place, mut lane } = job;
    let seen = catch_unwind(AssertUnwindSafe(|| lane.run(&place)))
        .unwrap_or_else(|_| Err(ModelError::Run { model: lane.name().to_owned(), reason: "its thread panicked".into() }));
    Done { number, lane, seen }
}

impl<L: Lane> Drop for Lanes<L> {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use ego_core::image::PixelFormat;

    /// Sees twice the place, through what was filled in; 1013 is an error, 1014 a panic.
    struct Doubling {
        filled: u32,
        alive: Arc<()>,
        runs: Arc<AtomicUsize>,
    }

    impl Lane for Doubling {
        type Place = u32;
        type Seen = u32;

        fn name(&self) -> &str {
            "doubling"
        }

        fn fill(&mut self, _: &ImageView<'_>, place: &u32) {
            self.filled = *place;
        }

        fn run(&mut self, place: &u32) -> Result<u32> {
            self.runs.fetch_add(1, Ordering::Relaxed);
            match place {
                1013 => Err(ModelError::Run { model: "doubling".into(), reason: "unlucky".into() }),
                1014 => panic!("a test of panics"),
                _ => Ok(self.filled + place),
            }
        }
    }

    /// Looks at what it has seen until that is above 100.
    struct Growing {
        place: u32,
        seen: Vec<std::result::Result<u32, String>>,
    }

    impl Task<Doubling> for Growing {
        fn place(&self) -> u32 {
            self.place
        }

        fn take(&mut self, seen: Result<u32>) -> bool {
            self.place = *seen.as_ref().unwrap_or(&u32::MAX);
            self.seen.push(seen.map_err(|e| e.to_string()));
            self.place <= 100
        }
    }

    fn lanes(threads: usize, most: usize) -> (Lanes<Doubling>, Arc<()>, Arc<AtomicUsize>) {
        let (alive, runs) = (Arc::new(()), Arc::new(AtomicUsize::new(0)));
        let open = |_| Ok(Doubling { filled: 0, alive: alive.clone(), runs: runs.clone() });
        (Lanes::open(threads, most, open).expect("lanes"), alive, runs)
    }

    fn tasks(places: impl IntoIterator<Item = u32>) -> Vec<Growing> {
        places.into_iter().map(|place| Growing { place, seen: Vec::new() }).collect()
    }

    fn answers(tasks: &[Growing]) -> Vec<Vec<std::result::Result<u32, String>>> {
        tasks.iter().map(|task| task.seen.clone()).collect()
    }

    const DOT: [u8; 1] = [0];

    fn dot() -> ImageView<'static> {
        ImageView::packed(PixelFormat::Gray8, 1, 1, &DOT).expect("a picture")
    }

    #[test]
    fn every_task_gets_its_own_answers_on_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            let (mut lanes, ..) = lanes(threads, 4);
            for count in [0, 1, 2, 4, 9] {
                let mut some = tasks(1..=count);
                lanes.look(&dot(), &mut some).expect("all threads live");
                let want = (1..=count).map(|first| {
                    let doubles = std::iter::successors(Some(2 * first), |v| (*v <= 100).then_some(2 * v));
                    doubles.map(Ok).collect::<Vec<_>>()
                });
                assert_eq!(answers(&some), want.collect::<Vec<_>>(), "{threads} threads, {count} tasks");
            }
        }
    }

    #[test]
    fn an_error_and_a_panic_reach_their_task_and_no_other() {
        let (mut lanes, ..) = lanes(2, 4);
        for _ in 0..3 {
            let mut some = tasks([51, 1013, 1014, 60]);
            lanes.look(&dot(), &mut some).expect("all threads live");
            let [a, b, c, d] = answers(&some).try_into().expect("four");
            assert_eq!((a, d), (vec![Ok(102)], vec![Ok(120)]));
            assert!(b[0].as_ref().is_err_and(|e| e.contains("unlucky")), "{b:?}");
            assert!(c[0].as_ref().is_err_and(|e| e.contains("panicked")), "{c:?}");
        }
    }

    #[test]
    fn something_else_is_done_beside_and_a_panic_of_it_leaves_the_lanes_in_order() {
        for threads in [1, 2] {
            let (mut lanes, _, runs) = lanes(threads, 2);
            let mut one = tasks([40]);
            // With threads the look is made while the caller waits in here.
            let seen = lanes.look_beside(&dot(), &mut one, || {
                while threads > 1 && runs.load(Ordering::Relaxed) == 0 {
                    std::thread::yield_now();
                }
                runs.load(Ordering::Relaxed)
            });
            assert_eq!((seen.expect("all threads live") > 0, answers(&one)), (threads > 1, vec![vec![Ok(80), Ok(160)]]));
            let mut some = tasks([60, 70, 80]);
            let failed = catch_unwind(AssertUnwindSafe(|| lanes.look_beside(&dot(), &mut some, || panic!("a test of panics"))));
            assert!(failed.is_err());
            let mut some = tasks([61, 71, 81]);
            lanes.look(&dot(), &mut some).expect("all threads live");
            assert_eq!(answers(&some), [[Ok(122)], [Ok(142)], [Ok(162)]]);
        }
    }

    #[test]
    fn dropping_ends_the_threads_and_an_error_while_opening_is_told() {
        let (mut lanes, alive, _) = lanes(3, 4);
        lanes.look(&dot(), &mut tasks(1..4)).expect("all threads live");
        assert_eq!(Arc::strong_count(&alive), 1 + 1 + 4, "the one network and four copies");
        assert!(Arc::ptr_eq(&alive, &lanes.one().alive));
        drop(lanes);
        assert_eq!(Arc::strong_count(&alive), 1);
        let failed = Lanes::<Doubling>::open(2, 2, |_| Err(ModelError::Frame("no".into())));
        assert!(failed.is_err_and(|e| e.to_string().contains("no")));
    }
}
