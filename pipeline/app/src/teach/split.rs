//! Which rows of a table are for training and which for the test.

use ego_models::teach::Random;

use crate::cli::TeachSplit;

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Train,
    Test,
    /// Between the two, so that no window reaches from one to the other.
    Gap,
}

/// Share of the test.
const TEST: f64 = 0.3;
/// Rows of a block.
pub(super) const BLOCK: usize = 100;

/// The use of every row, given their classes in the order of the file; `gap` rows are left out between training and test.
///
/// `Time`: the last 30 % of each class. `Blocks`: 30 % of the blocks of 100 rows of each class, chosen by the seed. `Random`: every row is
/// both, windows are drawn later.
pub(super) fn rows(split: TeachSplit, classes: &[usize], gap: usize, seed: u64) -> Vec<Use> {
    let mut uses = vec![Use::Train; classes.len()];
    if split == TeachSplit::Random {
        return uses;
    }
    let count = classes.iter().max().map_or(0, |m| m + 1);
    for class in 0..count {
        let own: Vec<usize> = (0..classes.len()).filter(|i| classes[*i] == class).collect();
        match split {
            TeachSplit::Blocks => {
                let mut blocks: Vec<usize> = own.iter().map(|i| i / BLOCK).collect();
                blocks.dedup();
                Random::new(seed ^ (class as u64) << 32).shuffle(&mut blocks);
                blocks.truncate(((blocks.len() as f64 * TEST).round() as usize).max(1));
                own.iter().filter(|i| blocks.contains(&(*i / BLOCK))).for_each(|i| uses[*i] = Use::Test);
            }
            _ => {
                let first = own.len() - (own.len() as f64 * TEST).round() as usize;
                own.iter().skip(first).for_each(|i| uses[*i] = Use::Test);
            }
        }
    }
    // Training rows near a test row of their own class.
    let near = |i: usize| {
        let reach = i.saturating_sub(gap)..=(i + gap).min(classes.len() - 1);
        reach.into_iter().any(|j| uses[j] == Use::Test && classes[j] == classes[i])
    };
    (0..classes.len()).map(|i| if uses[i] == Use::Train && near(i) { Use::Gap } else { uses[i] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_blocks_keep_their_distance() {
        let classes: Vec<usize> = (0..2000).map(|i| i / 1000).collect();
        let uses = rows(TeachSplit::Time, &classes, 5, 0);
        assert_eq!(uses[694], Use::Train);
        assert_eq!(uses[695], Use::Gap);
        assert_eq!((uses[700], uses[999], uses[1000], uses[1700]), (Use::Test, Use::Test, Use::Train, Use::Test));
        for seed in 0..3 {
            let uses = rows(TeachSplit::Blocks, &classes, 7, seed);
            assert_eq!(uses.iter().filter(|u| **u == Use::Test).count(), 600);
            for (i, used) in uses.iter().enumerate().filter(|(_, u)| **u == Use::Train) {
                let reach = i.saturating_sub(7)..(i + 8).min(2000);
                assert!(reach.into_iter().all(|j| uses[j] != Use::Test || classes[j] != classes[i]), "row {i} {used:?}");
            }
        }
        assert_ne!(rows(TeachSplit::Blocks, &classes, 0, 0), rows(TeachSplit::Blocks, &classes, 0, 1));
    }
}
