//! The last few durations, with their exact mean, maximum and quantiles.

/// A window over the newest `capacity` values, nanoseconds.
#[derive(Debug)]
pub(crate) struct Ring {
    values: Vec<u64>,
    capacity: usize,
    next: usize,
    sorted: Vec<u64>,
}

impl Ring {
    /// An empty window; allocates everything it will ever need.
    pub(crate) fn new(capacity: usize) -> Ring {
        let capacity = capacity.max(1);
        Ring { values: Vec::with_capacity(capacity), capacity, next: 0, sorted: Vec::with_capacity(capacity) }
    }

    /// Adds a value; the oldest one leaves when the window is full.
    pub(crate) fn push(&mut self, value: u64) {
        match self.values.get_mut(self.next) {
            Some(slot) => *slot = value,
            None => self.values.push(value),
        }
        self.next = (self.next + 1) % self.capacity;
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Mean, rounded down; 0 when empty.
    pub(crate) fn mean(&self) -> u64 {
        let sum: u128 = self.values.iter().map(|v| u128::from(*v)).sum();
        u64::try_from(sum / self.values.len().max(1) as u128).unwrap_or(u64::MAX)
    }

    /// Largest value; 0 when empty.
    pub(crate) fn max(&self) -> u64 {
        self.values.iter().copied().max().unwrap_or(0)
    }

    /// The smallest value that at least `per_cent` of all values do not exceed (nearest rank); 0 when empty.
    pub(crate) fn percentile(&mut self, per_cent: usize) -> u64 {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.values);
        let rank = (self.sorted.len() * per_cent.min(100)).div_ceil(100).max(1) - 1;
        if rank >= self.sorted.len() {
            return 0;
        }
        *self.sorted.select_nth_unstable(rank).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_ranks_of_a_textbook_example() {
        // Nearest-rank example from Wikipedia, "Percentile": 15 20 35 40 50.
        let mut ring = Ring::new(16);
        for v in [35, 20, 15, 50, 40] {
            ring.push(v);
        }
        for (p, want) in [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)] {
            assert_eq!(ring.percentile(p), want, "percentile {p}");
        }
        assert_eq!((ring.mean(), ring.max()), (32, 50));
    }

    #[test]
    fn the_oldest_value_leaves() {
        let mut ring = Ring::new(3);
        for v in [100, 1, 2, 3] {
            ring.push(v);
        }
        assert_eq!((ring.len(), ring.max(), ring.mean()), (3, 3, 2));
    }

    #[test]
    fn an_empty_window_answers_zero() {
        let mut ring = Ring::new(4);
        assert_eq!((ring.percentile(95), ring.mean(), ring.max()), (0, 0, 0));
        ring.push(u64::MAX);
        ring.push(u64::MAX);
        assert_eq!((ring.percentile(0), ring.mean()), (u64::MAX, u64::MAX));
    }
}
