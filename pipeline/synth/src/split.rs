//! Training and test casts: disjoint people, objects (sizes and prints), rooms, and verb-object pairs.
//!
//! Objects of a class differ by the clip's seed; seeds of the two casts never meet because each is drawn from its own half.

use crate::cast::{ACTIONS, Action, UNSEEN_PAIRS};
use crate::clip::PEOPLE;
use crate::recipe::ROOMS;
use crate::rng::Rng;
use crate::script::Script;

/// Which part of the cast plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Three quarters of people and rooms, the 36 actions.
    Train,
    /// An eighth of people and rooms, the 36 actions.
    Val,
    /// The last eighth of people and rooms, the 36 actions.
    Test,
    /// People and rooms of the test cast with verb-object pairs that no other split has.
    Unseen,
}

impl Split {
    /// All of them.
    pub const ALL: [Split; 4] = [Split::Train, Split::Val, Split::Test, Split::Unseen];

    /// The word used in options and folders.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Val => "val",
            Split::Test => "test",
            Split::Unseen => "unseen",
        }
    }

    /// The split with this name.
    pub fn from_name(name: &str) -> Option<Split> {
        Split::ALL.into_iter().find(|s| s.name() == name)
    }

    /// First number, and number after the last, of `all` people or rooms that belong to it.
    pub fn share(self, all: u32) -> (u32, u32) {
        let (train, val) = (all * 3 / 4, all * 7 / 8);
        match self {
            Split::Train => (0, train),
            Split::Val => (train, val),
            Split::Test | Split::Unseen => (val, all),
        }
    }

    /// Pairs that it plays, in a fixed order.
    pub fn actions(self) -> Vec<Action> {
        match self {
            Split::Unseen => UNSEEN_PAIRS.iter().map(|&(verb, noun)| Action { verb, noun }).collect(),
            _ => (1..=ACTIONS as u32).filter_map(Action::from_id).collect(),
        }
    }

    /// The seed of clip number `index` of this split; different splits never share one.
    pub fn seed(self, seed: u64, index: u64) -> u64 {
        let mixed = Rng::new(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).split("clip").next_u64();
        // The two lowest bits name the split: disjoint by construction.
        (mixed & !3) | Split::ALL.iter().position(|s| *s == self).unwrap_or(0) as u64
    }

    /// Seed and script of clip number `index`: `base` with this split's people, rooms and, when `base` names no step, the next action
    /// of a balanced round. Over each round of all actions, both hands lead equally often.
    pub fn clip(self, seed: u64, index: u64, base: &Script) -> (u64, Script) {
        let clip_seed = self.seed(seed, index);
        let mut script = base.clone();
        let mut rng = Rng::new(clip_seed).split("cast");
        let (first, end) = self.share(PEOPLE);
        script.person.get_or_insert(first + rng.below((end - first) as usize) as u32);
        script.look.rooms.get_or_insert(self.share(ROOMS));
        if script.steps.is_empty() {
            let actions = self.actions();
            let count = actions.len() as u64;
            let round = index / count;
            // Another order each round, the same for everybody.
            let mut order: Vec<usize> = (0..actions.len()).collect();
            let mut shuffle = Rng::new(seed ^ round).split("order");
            for i in (1..order.len()).rev() {
                order.swap(i, shuffle.below(i + 1));
            }
            let chosen = order.get((index % count) as usize).copied().unwrap_or(0);
            script.steps = actions.get(chosen).map(|a| crate::script::Step::Play(*a)).into_iter().collect();
            if script.main.is_none() {
                // Sides alternate for each action from round to round, and between actions within a round.
                let left = (chosen as u64 + round).is_multiple_of(2);
                script.main = Some(if left { ego_core::hands::Side::Left } else { ego_core::hands::Side::Right });
            }
        }
        (clip_seed, script)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::script::Step;

    #[test]
    fn casts_share_nobody() {
        let base = Script::default();
        let used = |split: Split| -> (BTreeSet<u32>, BTreeSet<u64>, BTreeSet<(u32, u32)>) {
            let clips: Vec<(u64, Script)> = (0..400).map(|i| split.clip(1, i, &base)).collect();
            (
                clips.iter().filter_map(|(_, s)| s.person).collect(),
                clips.iter().map(|(seed, _)| *seed).collect(),
                clips.iter().filter_map(|(_, s)| s.look.rooms).collect(),
            )
        };
        let (train, val, test) = (used(Split::Train), used(Split::Val), used(Split::Test));
        for (a, b) in [(&train, &val), (&train, &test), (&val, &test)] {
            assert!(a.0.is_disjoint(&b.0) && a.1.is_disjoint(&b.1) && a.2.is_disjoint(&b.2));
        }
        assert!(train.0.len() > 40 && test.0.len() == 8);
        assert_eq!(train.1.len(), 400, "seeds do not repeat");
        assert!(Split::Unseen.actions().iter().all(|a| a.id().is_none()));
    }

    #[test]
    fn actions_and_hands_are_balanced() {
        let mut counts: BTreeMap<(u32, bool), u32> = BTreeMap::new();
        for index in 0..720 {
            let (_, s) = Split::Train.clip(9, index, &Script::default());
            let Some(Step::Play(a)) = s.steps.first() else { panic!("no step") };
            *counts.entry((a.id().unwrap_or(0), s.main == Some(ego_core::hands::Side::Left))).or_default() += 1;
        }
        assert_eq!(counts.len(), 72);
        assert!(counts.values().all(|c| *c == 10), "{counts:?}");
    }
}
