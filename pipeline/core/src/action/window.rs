//! The last seconds of a stream as a fixed number of rows, by time stamps and not by counting frames.
//!
//! A clip of the data set is cut where its action begins and ends and read at evenly spaced frames. A stream has no cuts, and its
//! frames come when they come: here the rows are taken at evenly spaced instants of the last `seconds`, each from the nearest frame.
//! Nothing is blended: half a hand that comes into view, or the mean of two object numbers, means nothing.

use std::collections::VecDeque;

/// Share of a window that must have passed before the first answer of a stream, and of one that begins with zeros.
const FIRST_ANSWER: f64 = 0.25;
const FIRST_OF_ZEROS: f64 = 0.125;

/// What the rows of the time before a stream's first one are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// There are none: rows are spread over the time that there is, once a quarter of the window has passed.
    #[default]
    Stretched,
    /// Zeros: rows keep their distance from the first one on. There is an answer once an eighth of the window has passed.
    Zeros,
}

/// Rows with their times, oldest first, as long as a window needs them.
#[derive(Clone, Debug)]
pub struct Window {
    frames: usize,
    span_ns: u64,
    start: Start,
    rows: VecDeque<(u64, Vec<f32>)>,
}

/// A window that is ready to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// `frames` rows one after the other.
    pub rows: Vec<f32>,
    /// Times of the oldest and the newest row, nanoseconds.
    pub window_ns: [u64; 2],
}

impl Window {
    /// A window of `frames` rows over `seconds`; over 0 seconds it is the newest `frames` rows, whenever they came.
    pub fn new(frames: usize, seconds: f64) -> Window {
        Window { frames: frames.max(1), span_ns: (seconds.max(0.0) * 1e9) as u64, start: Start::default(), rows: VecDeque::new() }
    }

    /// The same window with another beginning.
    pub fn starting(self, start: Start) -> Window {
        Window { start, ..self }
    }

    /// Forgets everything: the next row belongs to another stream.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Time of the newest row, nanoseconds.
    pub fn newest_ns(&self) -> Option<u64> {
        self.rows.back().map(|(time, _)| *time)
    }

    /// Adds the row of a frame. A row with the time of an earlier one takes its place; one that lies before the newest begins anew, as
    /// time does when a stream jumps back.
    pub fn push(&mut self, time_ns: u64, row: Vec<f32>) {
        match self.rows.back_mut() {
            Some((newest, old)) if *newest == time_ns => {
                *old = row;
                return;
            }
            Some((newest, _)) if *newest > time_ns => self.rows.clear(),
            _ => {}
        }
        self.rows.push_back((time_ns, row));
        if self.span_ns == 0 {
            let surplus = self.rows.len().saturating_sub(self.frames);
            self.rows.drain(..surplus);
            return;
        }
        // One row before the window's beginning stays: it may be the nearest to it.
        let start = time_ns.saturating_sub(self.span_ns);
        while self.rows.get(1).is_some_and(|(t, _)| *t <= start) {
            self.rows.pop_front();
        }
    }

    /// The window that ends with the newest row; `None` until there is enough of it.
    pub fn sample(&self) -> Option<Sampled> {
        let (&(oldest, _), &(end, _)) = (self.rows.front()?, self.rows.back()?);
        if self.span_ns == 0 {
            let rows = self.rows.iter().flat_map(|(_, row)| row.iter().copied()).collect();
            return (self.rows.len() == self.frames).then_some(Sampled { rows, window_ns: [oldest, end] });
        }
        let start = oldest.max(end.saturating_sub(self.span_ns));
        let (least, span) = match self.start {
            Start::Stretched => (FIRST_ANSWER, end - start),
            Start::Zeros => (FIRST_OF_ZEROS, self.span_ns),
        };
        if ((end - start) as f64) < least * self.span_ns as f64 {
            return None;
        }
        let width = self.rows.front()?.1.len();
        let mut rows = Vec::with_capacity(self.frames * width);
        let mut at = 0;
        for i in 0..self.frames {
            // In u128: nanoseconds times frames.
            let back = u128::from(span) * (self.frames - 1 - i) as u128 / (self.frames.max(2) - 1) as u128;
            let wanted = end.checked_sub(back as u64).filter(|wanted| *wanted >= oldest);
            let Some(wanted) = wanted else {
                rows.resize(rows.len() + width, 0.0);
                continue;
            };
            while self.rows.get(at + 1).is_some_and(|(next, _)| next.abs_diff(wanted) <= self.rows[at].0.abs_diff(wanted)) {
                at += 1;
            }
            rows.extend_from_slice(&self.rows[at].1);
        }
        Some(Sampled { rows, window_ns: [start, end] })
    }
}

/// Which frames of a cut clip of `length` frames are read: `frames` evenly spaced ones, first and last included; a shorter clip repeats
/// frames. Both as the published code of SHARP has it: trunc(linspace(0, n - 1, frames)) and trunc(i n / frames).
pub fn clip_frames(length: usize, frames: usize) -> Vec<usize> {
    let last = length.saturating_sub(1);
    (0..frames).map(|i| if length < frames { i * length / frames } else { i * last / (frames.max(2) - 1) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn filled(times_ms: impl IntoIterator<Item = u64>, frames: usize, seconds: f64) -> Window {
        let mut window = Window::new(frames, seconds);
        times_ms.into_iter().for_each(|t| window.push(t * MS, vec![t as f32]));
        window
    }

    #[test]
    fn rows_are_the_frames_nearest_to_evenly_spaced_instants() {
        // Frames every 40 ms; five rows over 0.4 s ending at 1000 ms: instants 600, 700, 800, 900, 1000.
        let window = filled((0..=25).map(|i| i * 40), 5, 0.4);
        let sampled = window.sample().expect("full");
        // 700 lies between 680 and 720: the later one; 900 likewise.
        assert_eq!(sampled.rows, [600.0, 720.0, 800.0, 920.0, 1000.0]);
        assert_eq!(sampled.window_ns, [600 * MS, 1000 * MS]);
    }

    #[test]
    fn the_rate_of_the_frames_does_not_matter() {
        let slow = filled((0..=8).map(|i| i * 250), 5, 2.0).sample().expect("full");
        let fast = filled((0..=2000).filter(|t| t % 10 == 0), 5, 2.0).sample().expect("full");
        assert_eq!(slow.rows, [0.0, 500.0, 1000.0, 1500.0, 2000.0]);
        assert_eq!(fast.rows, slow.rows);
        // Uneven times: the same instants as near as frames come.
        let uneven = filled([0, 30, 480, 505, 990, 1600, 1980, 2000], 5, 2.0).sample().expect("full");
        assert_eq!(uneven.rows, [0.0, 505.0, 990.0, 1600.0, 2000.0]);
    }

    #[test]
    fn a_stream_answers_after_a_quarter_of_the_window_with_what_there_is() {
        assert_eq!(filled([0, 100, 200, 300, 400], 20, 2.0).sample(), None);
        let sampled = filled([0, 100, 200, 300, 400, 500], 6, 2.0).sample().expect("a quarter has passed");
        assert_eq!(sampled.rows, [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]);
        assert_eq!(filled([], 6, 2.0).sample(), None);
    }

    #[test]
    fn a_stream_may_begin_with_zeros() {
        let started = |times: std::ops::Range<u64>| filled(times.map(|i| i * 100), 5, 0.4).starting(Start::Zeros);
        assert_eq!(started(1..3).sample().map(|s| s.rows), Some(vec![0.0, 0.0, 0.0, 100.0, 200.0]));
        assert_eq!(started(1..2).sample(), None, "too little to say anything");
        let full = started(1..20).sample().map(|s| s.rows);
        assert_eq!(full, filled((1..20).map(|i| i * 100), 5, 0.4).sample().map(|s| s.rows), "later there is no difference");
        assert_eq!(started(0..0).sample(), None);
    }

    #[test]
    fn time_that_runs_back_begins_anew_and_the_same_time_replaces() {
        let mut window = filled([0, 500, 1000, 1500, 2000], 5, 2.0);
        window.push(2000 * MS, vec![9.0]);
        assert_eq!(window.sample().expect("full").rows.last(), Some(&9.0));
        window.push(100 * MS, vec![1.0]);
        assert_eq!(window.rows.len(), 1);
        assert_eq!(window.sample(), None);
    }

    #[test]
    fn a_window_without_length_is_the_newest_rows() {
        assert_eq!(filled([7], 1, 0.0).sample().map(|s| s.rows), Some(vec![7.0]));
        assert_eq!(filled([1, 2], 3, 0.0).sample(), None);
        let sampled = filled([1, 2, 50, 51], 3, 0.0).sample().expect("three rows");
        assert_eq!((sampled.rows, sampled.window_ns), (vec![2.0, 50.0, 51.0], [2 * MS, 51 * MS]));
    }

    #[test]
    fn memory_does_not_grow() {
        let window = filled(0..100_000, 20, 0.05);
        assert_eq!(window.rows.len(), 51);
    }

    /// Known answers: `np.trunc(np.linspace(0, n - 1, 20))` and `np.trunc(np.arange(20) * n / 20)`.
    #[test]
    fn frames_of_a_cut_clip_are_those_of_the_published_code() {
        assert_eq!(clip_frames(22, 20), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21]);
        assert_eq!(clip_frames(98, 20), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 51, 56, 61, 66, 71, 76, 81, 86, 91, 97]);
        assert_eq!(clip_frames(7, 20), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6]);
        assert_eq!(clip_frames(20, 20), (0..20).collect::<Vec<_>>());
    }
}
