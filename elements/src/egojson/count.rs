//! Numbers of frames: how many passed, and how many were lost before they came here.

/// Counts the frames of a stream.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// Frames that passed.
    pub(super) frames: u64,
    /// Frames that were lost.
    pub(super) dropped: u64,
    /// Frames with results that could not be read.
    pub(super) errors: u64,
    /// Number that an exact result on the next frame would have.
    expected: Option<u64>,
}

impl Count {
    /// Counts a frame and returns its number in the stream. `exact` is the number that the analysing element gave to this very
    /// frame, when it analysed it.
    pub(super) fn frame(&mut self, exact: Option<u64>) -> u64 {
        if let (Some(exact), Some(expected)) = (exact, self.expected) {
            // A smaller number is a repeated frame, or an element that began anew.
            self.dropped = self.dropped.saturating_add(exact.saturating_sub(expected));
        }
        self.expected = exact.or(self.expected).map(|number| number.wrapping_add(1));
        let number = self.frames.saturating_add(self.dropped);
        self.frames += 1;
        number
    }

    /// The frames to come do not follow those before: a seek, a new segment or a new stream.
    pub(super) fn discontinuity(&mut self) {
        self.expected = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exact: &[Option<u64>], numbers: &[u64], dropped: u64) {
        let mut count = Count::default();
        let got: Vec<u64> = exact.iter().map(|e| count.frame(*e)).collect();
        assert_eq!((got.as_slice(), count.dropped, count.frames), (numbers, dropped, exact.len() as u64), "{exact:?}");
    }

    #[test]
    fn gaps_between_exact_results_are_losses() {
        check(&[None, None, None], &[0, 1, 2], 0);
        check(&[Some(0), Some(1), Some(2)], &[0, 1, 2], 0);
        check(&[Some(0), Some(3), Some(4)], &[0, 3, 4], 2);
        // Every third frame analysed, nothing lost; then one of the frames between is lost.
        check(&[Some(0), None, None, Some(3), None, Some(6)], &[0, 1, 2, 3, 4, 6], 1);
        // Joining late is no loss; neither is a frame shown twice, nor an element that began anew.
        check(&[Some(7), Some(8)], &[0, 1], 0);
        check(&[Some(0), Some(0), Some(1)], &[0, 1, 2], 0);
        check(&[Some(8), Some(9), Some(0), Some(1)], &[0, 1, 2, 3], 0);
    }

    #[test]
    fn nothing_is_lost_by_a_seek() {
        let mut count = Count::default();
        count.frame(Some(1));
        count.discontinuity();
        assert_eq!((count.frame(Some(50)), count.dropped), (1, 0));
    }
}
