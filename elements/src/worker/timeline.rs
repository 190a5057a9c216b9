//! Where a frame lies in time: how old a result is for it, and whether it continues the frame before it.

/// A forward jump longer than this breaks the stream, nanoseconds. Shorter ones are lost frames: a leaky queue or a camera marks
/// each of them with DISCONT, and trackers that forgot everything then would never get going on a busy machine.
const BREAK_AFTER_NS: u64 = 1_000_000_000;

/// A frame's place in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Running number in the element, from 0.
    pub(crate) number: u64,
    /// Presentation time, nanoseconds.
    pub(crate) pts_ns: Option<u64>,
}

impl Place {
    /// Nanoseconds from `result` to this frame: by time stamps, else (none, or running backwards) by counting frames, else 0.
    pub(crate) fn age_ns(self, result: Place, frame_duration_ns: Option<u64>) -> u64 {
        let by_pts = self.pts_ns.zip(result.pts_ns).and_then(|(now, then)| now.checked_sub(then));
        by_pts.unwrap_or_else(|| self.number.saturating_sub(result.number).saturating_mul(frame_duration_ns.unwrap_or(0)))
    }

    /// Whether nothing that was learnt from `previous` holds for this frame.
    pub(crate) fn breaks_from(self, previous: Place, discont: bool) -> bool {
        discont && self.pts_ns.zip(previous.pts_ns).is_none_or(|(now, then)| now < then || now - then > BREAK_AFTER_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn place(number: u64, pts_ms: Option<u64>) -> Place {
        Place { number, pts_ns: pts_ms.map(|ms| ms * MS) }
    }

    #[test]
    fn age_goes_by_time_stamps_then_by_frames_then_is_zero() {
        let then = place(10, Some(400));
        for (now, duration, want_ms) in [
            (place(13, Some(520)), Some(40 * MS), 120),
            (place(13, None), Some(40 * MS), 120),
            (place(13, Some(399)), Some(40 * MS), 120),
            (place(13, None), None, 0),
            (place(10, Some(400)), Some(40 * MS), 0),
        ] {
            assert_eq!(now.age_ns(then, duration), want_ms * MS, "{now:?}");
        }
    }

    #[test]
    fn lost_frames_do_not_break_a_stream_and_jumps_do() {
        let then = place(0, Some(5000));
        for (now, discont, want) in [
            (Some(5033), false, false),
            (Some(5100), true, false),
            (Some(6000), true, false),
            (Some(6001), true, true),
            (Some(4999), true, true),
            (Some(4999), false, false),
            (None, true, true),
            (None, false, false),
        ] {
            assert_eq!(place(1, now).breaks_from(then, discont), want, "{now:?} discont {discont}");
        }
    }
}
