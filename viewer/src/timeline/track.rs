//! Rows in order of time with sums over stretches of 16, 256, 4096 ... rows.
//!
//! A track of a file grows with the file. A track of a live stream has a limit: all its memory, rows and sums, is there and written to
//! from the beginning, the oldest rows give way, and it never asks for more.

use super::rows::Row;

/// Rows or nodes that one node of the next level sums up.
const FAN: usize = 16;
/// Labels that a sum keeps apart; the rarest of more is forgotten.
const KEPT: usize = 4;
/// Rows nearer to each other than this are the same frame, seen again after a jump, nanoseconds.
const SAME_NS: u64 = 1_000_000;
/// So many of the oldest rows give way at once when a limited track is full: whole nodes of the first levels, whose sums stay right.
const GIVE_WAY: usize = FAN * FAN * FAN;
/// Classes with a strip of their own.
pub(crate) const STRIPS: usize = 64;

/// An empty list whose memory has been written to, so that the system gives it now and not by and by. The value must not be all zeros:
/// those are handed out without memory behind them.
fn taken<T: Clone>(count: usize, value: T) -> Vec<T> {
    let mut list = vec![value; count];
    list.clear();
    list
}

/// What a stretch of rows has in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows in the stretch.
    pub rows: u32,
    /// Most frequent decision and the rows that have it; 0 = none.
    decisions: Tally,
    truths: Tally,
    held: Tally,
    /// Highest wrist speeds, as in [`Row::speed`].
    pub speed: [u8; 2],
    /// Flags of all rows together.
    pub any_flags: u8,
    /// Flags that every row has.
    pub all_flags: u8,
}

/// The most frequent labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally([(u16, u32); KEPT]);

impl Tally {
    fn add(&mut self, label: u16, count: u32) {
        if count == 0 {
            return;
        }
        if let Some(entry) = self.0.iter_mut().find(|(l, c)| *l == label && *c > 0) {
            entry.1 += count;
            return;
        }
        if let Some(least) = self.0.iter_mut().min_by_key(|(_, c)| *c)
            && least.1 < count
        {
            *least = (label, count);
        }
    }

    fn merge(&mut self, other: &Tally) {
        for (label, count) in other.0 {
            self.add(label, count);
        }
    }

    fn best(&self) -> u16 {
        self.0.iter().max_by_key(|(_, c)| *c).map_or(0, |(l, _)| *l)
    }
}

impl Summary {
    /// The decision that most rows have; 0 = none.
    pub fn decision(&self) -> u16 {
        self.decisions.best()
    }

    /// What most rows really show.
    pub fn truth(&self) -> u16 {
        self.truths.best()
    }

    /// The object that most rows have in a hand.
    pub fn held(&self) -> u16 {
        self.held.best()
    }

    fn add_row(&mut self, row: &Row) {
        self.decisions.add(row.decision, 1);
        self.truths.add(row.truth, 1);
        self.held.add(row.held, 1);
        self.all_flags = if self.rows == 0 { row.flags } else { self.all_flags & row.flags };
        self.any_flags |= row.flags;
        self.rows += 1;
        self.speed = [self.speed[0].max(row.speed[0]), self.speed[1].max(row.speed[1])];
    }

    fn merge(&mut self, other: &Summary) {
        self.decisions.merge(&other.decisions);
        self.truths.merge(&other.truths);
        self.held.merge(&other.held);
        self.all_flags = if self.rows == 0 { other.all_flags } else { self.all_flags & other.all_flags };
        self.any_flags |= other.any_flags;
        self.rows += other.rows;
        self.speed = [self.speed[0].max(other.speed[0]), self.speed[1].max(other.speed[1])];
    }
}

/// Sums of one level: node `n` covers rows `n * size .. (n + 1) * size`.
#[derive(Clone, Debug, Default)]
struct Level {
    nodes: Vec<Summary>,
    /// For each node, the highest probability of each class.
    strips: Vec<[u8; STRIPS]>,
}

/// All rows of a stream.
#[derive(Clone, Debug, Default)]
pub struct Track {
    rows: Vec<Row>,
    levels: Vec<Level>,
    /// Most rows that are kept; older ones give way. 0 = all.
    limit: usize,
    /// Sums are right for the rows before this one.
    clean: usize,
}

impl Track {
    /// A track that keeps the newest rows, at least `limit` of them, in memory that is taken now and stays as it is.
    pub fn limited(limit: usize) -> Track {
        let most = limit + GIVE_WAY;
        let mut levels = Vec::new();
        let mut size = FAN;
        while levels.is_empty() || most > size / FAN {
            let nodes = most.div_ceil(size);
            levels.push(Level {
                nodes: taken(nodes, Summary { rows: u32::MAX, ..Summary::default() }),
                strips: taken(nodes, [u8::MAX; STRIPS]),
            });
            size *= FAN;
        }
        Track { rows: taken(most, Row { place: u64::MAX, ..Row::default() }), levels, limit, clean: 0 }
    }

    /// All rows, in order of time.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Bytes that rows and sums occupy, used or not.
    pub fn bytes(&self) -> usize {
        let level = |level: &Level| level.nodes.capacity() * size_of::<Summary>() + level.strips.capacity() * STRIPS;
        self.rows.capacity() * size_of::<Row>() + self.levels.iter().map(level).sum::<usize>()
    }

    /// Puts a row in its place; it takes the place of one of the same frame.
    pub fn push(&mut self, row: Row) {
        if self.limit > 0 && self.rows.len() == self.limit + GIVE_WAY {
            self.give_way();
        }
        match self.rows.last() {
            Some(last) if last.pts_ns + SAME_NS > row.pts_ns => {
                let at = self.place_of(row.pts_ns);
                match self.rows.get_mut(at) {
                    Some(same) if same.pts_ns.abs_diff(row.pts_ns) < SAME_NS => *same = Row { pts_ns: same.pts_ns, ..row },
                    _ => self.rows.insert(at, row),
                }
                self.clean = self.clean.min(at);
            }
            _ => self.rows.push(row),
        }
    }

    /// The row of the frame that has this time.
    pub fn same(&self, pts_ns: u64) -> Option<&Row> {
        self.rows.get(self.place_of(pts_ns)).filter(|row| row.pts_ns.abs_diff(pts_ns) < SAME_NS)
    }

    /// Index of the row of the frame that has this time, or of the first one after it.
    fn place_of(&self, pts_ns: u64) -> usize {
        self.rows.partition_point(|row| row.pts_ns + SAME_NS <= pts_ns)
    }

    /// Lets go of the oldest rows.
    fn give_way(&mut self) {
        self.rows.drain(..GIVE_WAY);
        let mut size = FAN;
        for level in &mut self.levels {
            // Nodes that reach over the border are made anew.
            let gone = if GIVE_WAY.is_multiple_of(size) { (GIVE_WAY / size).min(level.nodes.len()) } else { level.nodes.len() };
            level.nodes.drain(..gone);
            level.strips.drain(..gone);
            size *= FAN;
        }
        self.clean = self.clean.saturating_sub(GIVE_WAY);
    }

    /// Brings the sums up to date; call it once before drawing.
    pub fn settle(&mut self) {
        if self.clean >= self.rows.len() {
            return;
        }
        let from = self.clean;
        let mut size = FAN;
        let mut depth = 0;
        while depth == 0 || self.rows.len() > size / FAN {
            if self.levels.len() == depth {
                self.levels.push(Level::default());
            }
            let (below, rest) = self.levels.split_at_mut(depth);
            let Some(level) = rest.first_mut() else { break };
            let first = (from / size).min(level.nodes.len());
            let count = self.rows.len().div_ceil(size);
            level.nodes.truncate(first);
            level.strips.truncate(first);
            for node in first..count {
                let mut sum = Summary::default();
                let mut strip = [0; STRIPS];
                if depth == 0 {
                    for row in self.rows.iter().skip(node * FAN).take(FAN) {
                        sum.add_row(row);
                        add_strip(&mut strip, row);
                    }
                } else if let Some(below) = below.last() {
                    for child in node * FAN..((node + 1) * FAN).min(below.nodes.len()) {
                        sum.merge(&below.nodes[child]);
                        for (a, b) in strip.iter_mut().zip(&below.strips[child]) {
                            *a = (*a).max(*b);
                        }
                    }
                }
                level.nodes.push(sum);
                level.strips.push(strip);
            }
            depth += 1;
            size *= FAN;
        }
        self.clean = self.rows.len();
    }

    /// Index of the first row at or after a time.
    pub fn index_at(&self, ns: f64) -> usize {
        self.rows.partition_point(|row| (row.pts_ns as f64) < ns)
    }

    /// The row that is on the screen at a time: the last one that is not later.
    pub fn row_at(&self, ns: u64) -> Option<&Row> {
        let after = self.rows.partition_point(|row| row.pts_ns <= ns);
        after.checked_sub(1).and_then(|at| self.rows.get(at))
    }

    /// The sum of the rows `from..to`; [`Track::settle`] must have been called.
    pub fn sum(&self, from: usize, to: usize) -> Summary {
        let mut sum = Summary::default();
        self.walk(from, to, &mut |part| match part {
            Part::Row(row) => sum.add_row(row),
            Part::Node(level, node) => sum.merge(&level.nodes[node]),
        });
        sum
    }

    /// The highest probability of each class in the rows `from..to`.
    pub fn strip(&self, from: usize, to: usize) -> [u8; STRIPS] {
        let mut strip = [0; STRIPS];
        self.walk(from, to, &mut |part| match part {
            Part::Row(row) => add_strip(&mut strip, row),
            Part::Node(level, node) => {
                for (a, b) in strip.iter_mut().zip(&level.strips[node]) {
                    *a = (*a).max(*b);
                }
            }
        });
        strip
    }

    /// Visits the fewest rows and nodes that make up `from..to`.
    fn walk(&self, mut from: usize, to: usize, visit: &mut dyn FnMut(Part<'_>)) {
        let to = to.min(self.clean);
        while from < to {
            let mut depth = 0;
            let mut size = 1;
            while depth < self.levels.len() && from.is_multiple_of(size * FAN) && from + size * FAN <= to {
                size *= FAN;
                depth += 1;
            }
            match depth.checked_sub(1).and_then(|d| self.levels.get(d)) {
                Some(level) => visit(Part::Node(level, from / size)),
                None => visit(Part::Row(&self.rows[from])),
            }
            from += size;
        }
    }

    /// Time of the first row after (or before) a time whose decision differs from its predecessor's.
    pub fn edge(&self, ns: u64, forward: bool) -> Option<u64> {
        let is_edge = |at: usize| at == 0 || self.rows[at].decision != self.rows[at - 1].decision;
        if forward {
            let from = self.rows.partition_point(|row| row.pts_ns <= ns);
            (from..self.rows.len()).find(|at| is_edge(*at)).map(|at| self.rows[at].pts_ns)
        } else {
            let to = self.rows.partition_point(|row| row.pts_ns < ns);
            (0..to).rev().find(|at| is_edge(*at)).map(|at| self.rows[at].pts_ns)
        }
    }

    /// Beginning and end of the decision around a time.
    pub fn segment(&self, ns: u64) -> Option<[u64; 2]> {
        let at = self.rows.partition_point(|row| row.pts_ns <= ns).checked_sub(1)?;
        let label = self.rows[at].decision;
        let first = (0..=at).rev().take_while(|i| self.rows[*i].decision == label).last()?;
        let last = (at..self.rows.len()).take_while(|i| self.rows[*i].decision == label).last()?;
        Some([self.rows[first].pts_ns, self.rows.get(last + 1).map_or(self.rows[last].pts_ns, |r| r.pts_ns)])
    }
}

enum Part<'a> {
    Row(&'a Row),
    Node(&'a Level, usize),
}

fn add_strip(strip: &mut [u8; STRIPS], row: &Row) {
    for (class, score) in row.top.into_iter().zip(row.top_score) {
        if let Some(slot) = usize::from(class).checked_sub(1).and_then(|at| strip.get_mut(at)) {
            *slot = (*slot).max(score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS10: u64 = 10_000_000;

    fn row(n: u64) -> Row {
        Row {
            pts_ns: n * MS10,
            decision: (n / 100) as u16 % 5,
            top: [(n % 7) as u16 + 1, 0, 0],
            top_score: [(n % 251) as u8, 0, 0],
            speed: [(n % 200) as u8, 3],
            flags: u8::from(n.is_multiple_of(2)) | 8,
            ..Row::default()
        }
    }

    /// The same sum without any tree.
    fn plain(rows: &[Row]) -> Summary {
        let mut sum = Summary::default();
        rows.iter().for_each(|r| sum.add_row(r));
        sum
    }

    #[test]
    fn sums_are_those_of_the_rows() {
        let mut track = Track::default();
        (0..5000).for_each(|n| track.push(row(n)));
        track.settle();
        for (from, to) in [(0, 5000), (1, 4999), (16, 32), (255, 257), (4090, 4700), (7, 7), (300, 399)] {
            let (sum, want) = (track.sum(from, to), plain(&track.rows()[from..to]));
            assert_eq!((sum.rows, sum.speed, sum.any_flags, sum.all_flags), (want.rows, want.speed, want.any_flags, want.all_flags));
            assert_eq!(sum.decision(), want.decision(), "{from}..{to}");
            let strip = track.strip(from, to);
            let highest = |class: u16| track.rows()[from..to].iter().filter(|r| r.top[0] == class).map(|r| r.top_score[0]).max();
            assert!((1..8).all(|c| strip[c as usize - 1] == highest(c).unwrap_or(0)), "{from}..{to}");
        }
    }

    #[test]
    fn rows_that_come_late_take_their_place_and_sums_follow() {
        let mut track = Track::default();
        (0..1000).filter(|n| n % 3 != 0).for_each(|n| track.push(row(n)));
        track.settle();
        (0..1000).filter(|n| n % 3 == 0).for_each(|n| track.push(row(n)));
        track.push(Row { flags: 64, pts_ns: 500 * MS10 + 400_000, ..row(500) });
        track.settle();
        assert_eq!(track.rows().len(), 1000);
        assert!(track.rows().windows(2).all(|pair| pair[0].pts_ns < pair[1].pts_ns));
        assert_eq!(track.sum(0, 1000).any_flags, 1 | 8 | 64);
        assert_eq!((track.row_at(500 * MS10 + 5).map(|r| r.pts_ns), track.index_at((500 * MS10 + 5) as f64)), (Some(500 * MS10), 501));
    }

    #[test]
    fn a_limited_track_stays_in_its_memory_and_its_sums_are_those_of_its_rows() {
        let mut track = Track::limited(10_000);
        let memory = track.bytes();
        for n in 0..60_000 {
            track.push(row(n));
            // As a window does, in odd steps so that nodes are seen half full.
            if n % 997 == 0 {
                track.settle();
                let (rows, to) = (track.rows(), track.rows().len());
                assert_eq!(track.bytes(), memory);
                assert!(rows.last() == Some(&row(n)) && to <= 10_000 + GIVE_WAY && to >= 10_000.min(n as usize + 1), "{n}: {to}");
                for (from, to) in [(0, to), (to / 3, to), (5, to.saturating_sub(7))] {
                    let (sum, want) = (track.sum(from, to), plain(track.rows().get(from..to).unwrap_or(&[])));
                    assert_eq!((sum.rows, sum.speed, sum.any_flags), (want.rows, want.speed, want.any_flags), "{n}: {from}..{to}");
                }
            }
        }
        // Rows that come late ask for no more either.
        (0..20_000).rev().for_each(|n| track.push(Row { pts_ns: n * MS10 + MS10 / 2, ..row(n) }));
        track.settle();
        assert_eq!((track.bytes(), track.sum(0, track.rows().len()).rows as usize), (memory, track.rows().len()));
    }

    #[test]
    fn a_row_of_the_same_frame_is_found() {
        let mut track = Track::default();
        (0..10).for_each(|n| track.push(row(n)));
        assert_eq!(track.same(5 * MS10 + 400_000), Some(&row(5)));
        assert_eq!(track.same(5 * MS10 - 400_000), Some(&row(5)));
        assert_eq!((track.same(5 * MS10 + MS10 / 2), track.same(90 * MS10)), (None, None));
    }

    #[test]
    fn edges_and_segments_are_found_in_both_directions() {
        let mut track = Track::default();
        (0..1000).for_each(|n| track.push(row(n)));
        assert_eq!(
            (track.edge(150 * MS10, true), track.edge(150 * MS10, false), track.edge(999 * MS10 + 5, true)),
            (Some(200 * MS10), Some(100 * MS10), None)
        );
        assert_eq!(track.segment(150 * MS10), Some([100 * MS10, 200 * MS10]));
        assert_eq!(track.segment(999 * MS10 + 5), Some([900 * MS10, 999 * MS10]));
    }
}
