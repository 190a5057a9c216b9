//! Who and what plays: the 8 objects, 11 verbs and 36 actions of H2O by their names and numbers.
//!
//! Numbers and names as in Kwon et al., "H2O: Two hands manipulating objects", ICCV 2021, so that labels of synthetic clips and of
//! the data set mean the same.

pub mod objects;

/// Object names by class number; 0 is no object.
pub const NOUNS: [&str; 9] = ["none", "book", "espresso", "lotion", "spray", "milk", "cocoa", "chips", "cappuccino"];

/// Verb names by number; 0 is no verb.
pub const VERBS: [&str; 12] = ["none", "grab", "place", "open", "close", "pour", "take out", "put in", "apply", "read", "spray", "squeeze"];

/// Verb numbers.
pub mod verb {
    /// Take an object from the table.
    pub const GRAB: u32 = 1;
    /// Put an object on the table.
    pub const PLACE: u32 = 2;
    /// Take off or flip up a lid.
    pub const OPEN: u32 = 3;
    /// Put on or flip down a lid.
    pub const CLOSE: u32 = 4;
    /// Pour into a cup.
    pub const POUR: u32 = 5;
    /// Take something out of a container.
    pub const TAKE_OUT: u32 = 6;
    /// Put something into a container.
    pub const PUT_IN: u32 = 7;
    /// Rub into the hands.
    pub const APPLY: u32 = 8;
    /// Hold before the eyes.
    pub const READ: u32 = 9;
    /// Press the trigger.
    pub const SPRAY: u32 = 10;
    /// Press the contents out.
    pub const SQUEEZE: u32 = 11;
}

/// Class numbers of the objects.
pub mod noun {
    /// A paperback.
    pub const BOOK: u32 = 1;
    /// A box of coffee capsules.
    pub const ESPRESSO: u32 = 2;
    /// A bottle with a hinged cap.
    pub const LOTION: u32 = 3;
    /// A bottle with a trigger.
    pub const SPRAY: u32 = 4;
    /// A carton with a screw cap.
    pub const MILK: u32 = 5;
    /// A box of sachets.
    pub const COCOA: u32 = 6;
    /// A tube with a lid.
    pub const CHIPS: u32 = 7;
    /// A box of sachets.
    pub const CAPPUCCINO: u32 = 8;
}

/// Number of actions, background not counted.
pub const ACTIONS: usize = 36;

/// Verb and object of each action; index 0 is the background.
pub const ACTION_PAIRS: [(u32, u32); ACTIONS + 1] = [
    (0, 0),
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (1, 6),
    (1, 7),
    (1, 8),
    (2, 1),
    (2, 2),
    (2, 3),
    (2, 4),
    (2, 5),
    (2, 6),
    (2, 7),
    (2, 8),
    (3, 3),
    (3, 5),
    (3, 7),
    (4, 3),
    (4, 5),
    (4, 7),
    (5, 5),
    (6, 2),
    (6, 6),
    (6, 7),
    (6, 8),
    (7, 2),
    (7, 6),
    (7, 8),
    (8, 3),
    (8, 4),
    (9, 1),
    (9, 2),
    (10, 4),
    (11, 3),
];

/// Verb-object pairs that are not among the 36 but can be played: kept for open-set tests, never in training clips.
pub const UNSEEN_PAIRS: [(u32, u32); 14] =
    [(3, 1), (4, 1), (5, 3), (5, 7), (7, 7), (9, 3), (9, 5), (9, 6), (9, 7), (9, 8), (8, 5), (10, 3), (11, 5), (11, 4)];

/// A verb with its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// Verb number, 1..=11.
    pub verb: u32,
    /// Object class, 1..=8.
    pub noun: u32,
}

impl Action {
    /// The action with this number, 1..=36.
    pub fn from_id(id: u32) -> Option<Action> {
        ACTION_PAIRS.get(id as usize).filter(|_| id > 0).map(|&(verb, noun)| Action { verb, noun })
    }

    /// Its number among the 36; `None` for an unseen pair.
    pub fn id(self) -> Option<u32> {
        ACTION_PAIRS.iter().skip(1).position(|&p| p == (self.verb, self.noun)).map(|i| i as u32 + 1)
    }

    /// Whether a programme can play it: the 36 and the unseen pairs.
    pub fn playable(self) -> bool {
        self.id().is_some() || UNSEEN_PAIRS.contains(&(self.verb, self.noun))
    }

    /// "pour milk".
    pub fn name(self) -> String {
        format!("{} {}", verb_name(self.verb), noun_name(self.noun))
    }
}

/// The verb with this number; "none" beyond the list.
pub fn verb_name(verb: u32) -> &'static str {
    VERBS.get(verb as usize).copied().unwrap_or(VERBS[0])
}

/// The object with this class number; "none" beyond the list.
pub fn noun_name(noun: u32) -> &'static str {
    NOUNS.get(noun as usize).copied().unwrap_or(NOUNS[0])
}

/// The name of an action number as label lists have it; "background" for 0 and beyond the list.
pub fn action_name(id: u32) -> String {
    Action::from_id(id).map_or_else(|| "background".to_owned(), Action::name)
}

/// Objects that a verb can be played with, in class order.
pub fn nouns_of(verb: u32) -> Vec<u32> {
    (1..NOUNS.len() as u32).filter(|&noun| Action { verb, noun }.playable()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_data_set() {
        // Known answers from the action list of the data set's repository.
        for (id, name) in [
            (0, "background"),
            (1, "grab book"),
            (8, "grab cappuccino"),
            (9, "place book"),
            (16, "place cappuccino"),
            (17, "open lotion"),
            (18, "open milk"),
            (19, "open chips"),
            (20, "close lotion"),
            (22, "close chips"),
            (23, "pour milk"),
            (24, "take out espresso"),
            (25, "take out cocoa"),
            (27, "take out cappuccino"),
            (28, "put in espresso"),
            (30, "put in cappuccino"),
            (31, "apply lotion"),
            (32, "apply spray"),
            (33, "read book"),
            (34, "read espresso"),
            (35, "spray spray"),
            (36, "squeeze lotion"),
        ] {
            assert_eq!(action_name(id), name);
        }
    }

    #[test]
    fn numbers_come_back_and_unseen_pairs_are_unseen() {
        for id in 1..=36 {
            assert_eq!(Action::from_id(id).and_then(Action::id), Some(id));
        }
        for (verb, noun) in UNSEEN_PAIRS {
            let a = Action { verb, noun };
            assert!(a.id().is_none() && a.playable(), "{}", a.name());
        }
        assert!(Action::from_id(0).is_none() && Action::from_id(37).is_none());
        assert!(!Action { verb: verb::POUR, noun: noun::BOOK }.playable());
    }
}
