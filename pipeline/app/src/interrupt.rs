//! Ctrl-C (and SIGTERM): the first ends the graph and finishes its files, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use ego_graph::Stopper;

use crate::console;
use crate::failure::Status;

/// Knows whether the user wants to stop, and what is running now.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    wanted: Arc<AtomicBool>,
    running: Mutex<Option<Stopper>>,
}

impl Interrupt {
    /// Begins to listen for signals; once a process.
    pub(crate) fn listen() -> anyhow::Result<Interrupt> {
        let interrupt = Interrupt::default();
        let shared = Arc::clone(&interrupt.shared);
        ctrlc::set_handler(move || {
            if shared.wanted.swap(true, Ordering::SeqCst) {
                // Files stay readable up to their last whole line or fragment.
                std::process::exit(i32::from(Status::Interrupted.code()));
            }
            console::tell("stopping: finishing the files (Ctrl-C again ends at once)");
            if let Some(stopper) = &*shared.running.lock().unwrap_or_else(PoisonError::into_inner) {
                stopper.stop();
            }
        })
        .context("listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Whether the user wants to stop.
    pub(crate) fn wanted(&self) -> bool {
        self.shared.wanted.load(Ordering::SeqCst)
    }

    /// Becomes true when the user wants to stop.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.shared.wanted)
    }

    /// From now on a signal stops this graph, at once if there was one already.
    pub(crate) fn watch(&self, stopper: Stopper) {
        let mut running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        if self.wanted() {
            stopper.stop();
        }
        *running = Some(stopper);
    }
}
