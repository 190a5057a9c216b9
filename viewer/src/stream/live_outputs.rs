//! What `ego live` writes of a source while the window shows it, and what it hears of it.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::Sender;
use ego_graph::{Event, Outcome, Stopper};

/// Files of the first live source, and somebody who listens.
#[derive(Clone, Debug)]
pub struct LiveOutputs {
    /// Name of the stream in the results.
    pub stream: String,
    /// JSON lines go here.
    pub json: Option<PathBuf>,
    /// A Matroska file with the pictures as they come goes here.
    pub record: Option<PathBuf>,
    /// End by itself so long after the first frame.
    pub duration: Option<Duration>,
    /// Who listens; closed after the last word.
    pub tell: Sender<LiveNews>,
}

/// What a listener hears.
#[derive(Debug)]
pub enum LiveNews {
    /// It runs, and this ends it.
    Started(Stopper),
    /// An event of the graph.
    Event(Event),
    /// It has ended, and its files are closed.
    Ended(Box<Outcome>),
}

impl LiveOutputs {
    /// Tells; a listener that has stopped listening is given up after a second.
    pub(super) fn tell(&self, news: LiveNews) {
        let _ = self.tell.send_timeout(news, Duration::from_secs(1));
    }
}
