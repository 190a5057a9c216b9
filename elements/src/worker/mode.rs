//! How frames and analyses are brought together.

use gst::glib;

/// The property `mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoAnalysisMode")]
#[repr(i32)]
pub enum Mode {
    /// `latest` when upstream is live, else `sync`.
    #[default]
    #[enum_value(name = "Latest when upstream is live, else sync", nick = "auto")]
    Auto = 0,
    /// Each frame waits for its own analysis.
    #[enum_value(name = "Every frame is analysed and waits for its result", nick = "sync")]
    Sync = 1,
    /// Frames never wait; the newest finished result is attached with its age.
    #[enum_value(name = "Frames never wait, the newest result is attached with its age", nick = "latest")]
    Latest = 2,
    /// Every frame is analysed; up to `queue-depth` frames are under way.
    #[enum_value(name = "Every frame is analysed, several are under way, order is kept", nick = "pipelined")]
    Pipelined = 3,
}

/// What the mode comes to for one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Frames pass at once.
    Latest,
    /// Frames come out in order with their own result, when more than this many wait behind.
    InOrder { waiting: usize },
}

impl Mode {
    /// Whether the policy depends on upstream.
    pub(crate) fn needs_live(self) -> bool {
        self == Mode::Auto
    }

    /// The policy for an upstream that is live or not.
    pub(crate) fn policy(self, live: bool, queue_depth: u32) -> Policy {
        match self {
            Mode::Auto if live => Policy::Latest,
            Mode::Latest => Policy::Latest,
            Mode::Auto | Mode::Sync => Policy::InOrder { waiting: 0 },
            Mode::Pipelined => Policy::InOrder { waiting: queue_depth as usize },
        }
    }
}

impl Policy {
    /// By how much frames come out later than they came in, nanoseconds, on a live stream.
    pub(crate) fn delay_ns(self, analysis_ns: u64, frame_duration_ns: u64) -> u64 {
        match self {
            Policy::Latest => 0,
            Policy::InOrder { waiting } => analysis_ns.saturating_add(frame_duration_ns.saturating_mul(waiting as u64)),
        }
    }

    /// Frames that are kept from upstream's buffer pool, at most.
    pub(crate) fn held_frames(self) -> u32 {
        match self {
            Policy::Latest => 2, // one in the mailbox, one under analysis
            Policy::InOrder { waiting } => u32::try_from(waiting).unwrap_or(u32::MAX).saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_follows_upstream_and_the_others_do_not() {
        let waiting = |n| Policy::InOrder { waiting: n };
        for (mode, live, want) in [
            (Mode::Auto, true, Policy::Latest),
            (Mode::Auto, false, waiting(0)),
            (Mode::Sync, true, waiting(0)),
            (Mode::Latest, false, Policy::Latest),
            (Mode::Pipelined, true, waiting(3)),
        ] {
            assert_eq!(mode.policy(live, 3), want, "{mode:?} live {live}");
        }
    }

    #[test]
    fn only_frames_that_wait_are_delayed() {
        assert_eq!(Policy::Latest.delay_ns(100, 33), 0);
        assert_eq!(Policy::InOrder { waiting: 0 }.delay_ns(100, 33), 100);
        assert_eq!(Policy::InOrder { waiting: 2 }.delay_ns(100, 33), 166);
    }
}
