//! Counters of one run, shown by the property `stats`.

use super::ring::Ring;

/// Analyses and ages that the quantiles look back on.
const WINDOW: usize = 512;

/// What has happened since the element started.
#[derive(Debug)]
pub(crate) struct Stats {
    /// Frames that came in.
    pub(crate) frames: u64,
    /// Frames with a finished analysis.
    pub(crate) analysed: u64,
    /// Those of them in which nothing was found.
    pub(crate) empty: u64,
    /// Frames that were replaced in the mailbox by a newer one.
    pub(crate) superseded: u64,
    /// Frames not analysed because downstream was late.
    pub(crate) skipped_qos: u64,
    /// Frames not analysed because of the property `interval`.
    pub(crate) skipped_interval: u64,
    /// Frames whose analysis failed.
    pub(crate) errors: u64,
    /// Durations of analyses, nanoseconds.
    pub(crate) latency: Ring,
    /// Ages of results when they were attached, nanoseconds.
    pub(crate) age: Ring,
}

impl Stats {
    pub(crate) fn new() -> Stats {
        Stats {
            frames: 0,
            analysed: 0,
            empty: 0,
            superseded: 0,
            skipped_qos: 0,
            skipped_interval: 0,
            errors: 0,
            latency: Ring::new(WINDOW),
            age: Ring::new(WINDOW),
        }
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped_qos + self.skipped_interval
    }

    /// As the property shows it; durations in nanoseconds, `waiting` = jobs in the mailbox or queue.
    pub(crate) fn structure(&mut self, waiting: usize) -> gst::Structure {
        gst::Structure::builder("application/x-ego-stats")
            .field("frames", self.frames)
            .field("analysed", self.analysed)
            .field("empty", self.empty)
            .field("superseded", self.superseded)
            .field("skipped", self.skipped())
            .field("skipped-qos", self.skipped_qos)
            .field("skipped-interval", self.skipped_interval)
            .field("errors", self.errors)
            .field("queued", waiting as u64)
            .field("latency-mean", self.latency.mean())
            .field("latency-p95", self.latency.percentile(95))
            .field("latency-max", self.latency.max())
            .field("age-mean", self.age.mean())
            .field("age-p95", self.age.percentile(95))
            .field("age-max", self.age.max())
            .build()
    }
}
