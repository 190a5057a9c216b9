//! The newest-only slot between a streaming thread and the window: one value, the older one gives way and is counted.
//!
//! The wake-up is called on the edge from empty to full only, so that a fast sender does not flood the window with requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// Counts of a slot.
#[derive(Debug, Default)]
struct Counts {
    put: AtomicU64,
    replaced: AtomicU64,
}

/// The sending end; there is one.
pub struct SlotSender<T> {
    sender: Sender<T>,
    old: Receiver<T>,
    counts: Arc<Counts>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// The receiving end.
#[derive(Debug)]
pub struct SlotReceiver<T> {
    receiver: Receiver<T>,
    counts: Arc<Counts>,
}

/// A slot; `wake` is called when it becomes full.
pub fn slot<T>(wake: impl Fn() + Send + Sync + 'static) -> (SlotSender<T>, SlotReceiver<T>) {
    let (sender, receiver) = bounded(1);
    let counts = Arc::new(Counts::default());
    let sending = SlotSender { sender, old: receiver.clone(), counts: Arc::clone(&counts), wake: Box::new(wake) };
    (sending, SlotReceiver { receiver, counts })
}

impl<T> SlotSender<T> {
    /// Puts a value in; never waits.
    pub fn put(&self, mut value: T) {
        self.counts.put.fetch_add(1, Ordering::Relaxed);
        let mut was_empty = true;
        loop {
            match self.sender.try_send(value) {
                Ok(()) => break,
                Err(TrySendError::Full(back)) => {
                    // The receiver may have been quicker; then nothing was lost.
                    if self.old.try_recv().is_ok() {
                        self.counts.replaced.fetch_add(1, Ordering::Relaxed);
                        was_empty = false;
                    }
                    value = back;
                }
                // Nobody looks any more.
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
        if was_empty {
            (self.wake)();
        }
    }
}

impl<T> SlotReceiver<T> {
    /// The newest value, if there is one that was not taken yet.
    pub fn take(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// Values that were put in so far.
    pub fn put_count(&self) -> u64 {
        self.counts.put.load(Ordering::Relaxed)
    }

    /// Values that were replaced before anyone took them.
    pub fn replaced_count(&self) -> u64 {
        self.counts.replaced.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_wins_and_the_others_are_counted() {
        let wakes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&wakes);
        let (sender, receiver) = slot(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(receiver.take(), None);
        for n in 0..10 {
            sender.put(n);
        }
        assert_eq!((receiver.take(), receiver.take()), (Some(9), None));
        assert_eq!((receiver.put_count(), receiver.replaced_count()), (10, 9));
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
        sender.put(11);
        assert_eq!((receiver.take(), wakes.load(Ordering::Relaxed)), (Some(11), 2));
    }

    #[test]
    fn every_value_is_taken_or_counted_when_both_ends_run() {
        let (sender, receiver) = slot(|| {});
        const VALUES: u64 = 20_000;
        let taken = std::thread::scope(|scope| {
            scope.spawn(|| (0..VALUES).for_each(|n| sender.put(n)));
            let mut taken = Vec::new();
            while taken.last() != Some(&(VALUES - 1)) {
                taken.extend(receiver.take());
            }
            taken
        });
        assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(taken.len() as u64 + receiver.replaced_count(), VALUES);
    }
}
