//! Frames that a live source has drawn before they are due: what lies ahead is known, so time that is left over helps with frames that
//! take longer. None leaves before its time.

use std::collections::VecDeque;

/// Frames that wait at most.
const MOST: usize = 3;

/// A frame that was drawn, and when it is due.
pub(super) struct Drawn {
    pub(super) buffer: gst::Buffer,
    pub(super) due: gst::ClockTime,
    pub(super) duration: gst::ClockTime,
}

/// Frames in order of time.
#[derive(Default)]
pub(super) struct Ahead {
    frames: VecDeque<Drawn>,
}

impl Ahead {
    /// Whether one more can be drawn, in about `effort`, without making the first one late.
    pub(super) fn has_time(&self, now: gst::ClockTime, effort: gst::ClockTime) -> bool {
        self.frames.front().is_some_and(|first| self.frames.len() < MOST && now + effort * 2 <= first.due)
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds a frame.
    pub(super) fn push(&mut self, drawn: Drawn) {
        self.frames.push_back(drawn);
    }

    /// The first frame.
    pub(super) fn pop(&mut self) -> Option<Drawn> {
        self.frames.pop_front()
    }

    /// Drops what is over at `now`; returns how many. The frame that comes first then does not follow on the last one, and says so.
    pub(super) fn drop_old(&mut self, now: gst::ClockTime) -> u64 {
        let old = self.frames.iter().take_while(|d| d.due + d.duration <= now).count();
        self.frames.drain(..old);
        if let Some(first) = self.frames.front_mut().filter(|_| old > 0) {
            first.buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
        }
        old as u64
    }

    /// Drops all, which follow one another; returns how many, and whether the first one did not follow on what had left before.
    pub(super) fn clear(&mut self) -> (u64, bool) {
        let (all, first) = (self.frames.len() as u64, self.frames.front());
        let discont = first.is_some_and(|d| d.buffer.flags().contains(gst::BufferFlags::DISCONT));
        self.frames.clear();
        (all, discont)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: gst::ClockTime = gst::ClockTime::from_mseconds(1);

    fn frame(due_ms: u64) -> Drawn {
        Drawn { buffer: gst::Buffer::new(), due: due_ms * MS, duration: 33 * MS }
    }

    #[test]
    fn only_time_that_is_left_over_is_used() {
        assert!(gst::init().is_ok());
        let mut ahead = Ahead::default();
        assert!(!ahead.has_time(MS, MS), "the next frame itself is drawn whatever the time");
        ahead.push(frame(100));
        assert!(ahead.has_time(60 * MS, 20 * MS));
        assert!(!ahead.has_time(61 * MS, 20 * MS), "the first frame might be late");
        ahead.push(frame(133));
        ahead.push(frame(166));
        assert!(!ahead.has_time(MS, MS), "three are enough");
    }

    #[test]
    fn what_is_over_is_dropped_and_counted() {
        assert!(gst::init().is_ok());
        let mut ahead = Ahead::default();
        for k in 0..3 {
            ahead.push(frame(100 + 33 * k));
        }
        assert_eq!(ahead.drop_old(132 * MS), 0, "the first one is on");
        assert_eq!(ahead.drop_old(166 * MS), 2);
        let first = ahead.pop();
        assert_eq!(first.as_ref().map(|d| d.due), Some(166 * MS));
        assert!(first.is_some_and(|d| d.buffer.flags().contains(gst::BufferFlags::DISCONT)), "two frames are missing before it");
        assert!(ahead.is_empty());
        for k in 0..3 {
            ahead.push(frame(100 + 33 * k));
        }
        assert_eq!(ahead.drop_old(133 * MS), 1);
        assert_eq!(ahead.clear(), (2, true), "what is drawn instead has to say so as well");
        ahead.push(frame(1));
        assert_eq!(ahead.clear(), (1, false));
    }
}
