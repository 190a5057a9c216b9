//! What a running graph tells whoever started it, through one bounded channel.

use std::time::Duration;

use gst::prelude::*;

/// How far a graph is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Frames that left the last stage.
    pub frames: u64,
    /// Frames that were dropped in front of the analysis (live only; never in batch).
    pub dropped: u64,
    /// Time stamp of the newest frame that left the last stage.
    pub position: Option<Duration>,
    /// Length of the input, when it is known.
    pub duration: Option<Duration>,
}

/// One message from a running graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// At most ten a second; left out when nobody listens fast enough.
    Progress(Progress),
    /// Recovered, slow, or likely misuse; each text once.
    Warning(String),
    /// The live source went away; it is tried again after `retry_in`.
    SourceLost {
        /// What the source said.
        reason: String,
        /// Time until the next attempt.
        retry_in: Duration,
    },
    /// The live source delivers frames again.
    SourceBack {
        /// How long it was away.
        away: Duration,
    },
    /// A label of `egoaction` begins or ends.
    Action {
        /// It begins; else it ends.
        begins: bool,
        /// Name of the class.
        label: String,
        /// `slow`, `fast` or `gesture`.
        head: String,
        /// `wearer`, `left`, `right`, or `body:3`.
        subject: String,
    },
}

/// Messages that may wait before the sender does.
pub(crate) const EVENT_QUEUE: usize = 64;

/// The message in which `egoaction` says that a label begins or ends.
pub(crate) const ACTION: &str = "ego-action";

impl Event {
    /// The event of an element message `ego-action`.
    pub(crate) fn of_action(note: &gst::StructureRef) -> Option<Event> {
        let text = |field: &str| note.get::<String>(field).ok();
        let begins = text("event")? == "begin";
        Some(Event::Action { begins, label: text("label")?, head: text("head")?, subject: text("subject")? })
    }
}

/// What an element says in a warning, or in a note about what it does from here on, with its name.
pub(crate) fn said_by(message: &gst::Message, error: &gst::glib::Error) -> String {
    let name = message.src().map(|s| s.name().to_string()).unwrap_or_default();
    format!("{name}: {}", error.message())
}

/// Different warnings that are kept; a stream that warns more often than this is told apart by the logs only.
const MOST_WARNINGS: usize = 50;

/// The sending side: drops progress rather than waiting, never anything else.
pub(crate) struct Events {
    sender: crossbeam_channel::Sender<Event>,
    warnings: Vec<String>,
}

impl Events {
    pub(crate) fn new(sender: crossbeam_channel::Sender<Event>) -> Events {
        Events { sender, warnings: Vec::new() }
    }

    pub(crate) fn progress(&self, progress: Progress) {
        // Full: the next one says more. Closed: nobody wants to know.
        let _ = self.sender.try_send(Event::Progress(progress));
    }

    /// Sends something that must not be lost; waits while the queue is full.
    pub(crate) fn tell(&self, event: Event) {
        // Closed: the listener has gone on purpose, the outcome still holds everything.
        let _ = self.sender.send(event);
    }

    pub(crate) fn warn(&mut self, text: String) {
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&text) {
            self.warnings.push(text.clone());
            self.tell(Event::Warning(text));
        }
    }

    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_gives_way_and_warnings_come_once() {
        let (sender, receiver) = crossbeam_channel::bounded(2);
        let mut events = Events::new(sender);
        events.progress(Progress { frames: 1, ..Progress::default() });
        events.warn("slow".into());
        events.progress(Progress { frames: 2, ..Progress::default() });
        events.warn("slow".into());
        let got: Vec<_> = receiver.try_iter().collect();
        assert_eq!(got, [Event::Progress(Progress { frames: 1, ..Progress::default() }), Event::Warning("slow".into())]);
        drop(receiver);
        events.tell(Event::SourceBack { away: Duration::ZERO });
        assert_eq!(events.into_warnings(), ["slow"]);
    }
}
