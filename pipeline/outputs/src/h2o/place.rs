//! Where recordings lie: subjects, places, numbers, and which of them belong to which split.

/// The folder of the head camera.
pub const HEAD_CAMERA: &str = "cam4";

/// Sets of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Subjects 1 and 2, and subject 3 at h1, h2 and k1.
    Train,
    /// Subject 3 at k2, o1 and o2.
    Val,
    /// Subject 4.
    Test,
    /// Subject 5, which the data set does not have: recordings of actions outside its list.
    Unseen,
}

/// The places of each subject.
const PLACES: [&str; 6] = ["h1", "h2", "k1", "k2", "o1", "o2"];

impl Split {
    /// The word in the names of lists.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Val => "val",
            Split::Test => "test",
            Split::Unseen => "unseen",
        }
    }

    /// Subjects and places in turn: one sequence of recordings each.
    pub fn sequences(self) -> Vec<(u32, &'static str)> {
        let whole = |subject: u32| PLACES.into_iter().map(move |place| (subject, place));
        match self {
            Split::Train => whole(1).chain(whole(2)).chain(whole(3).take(3)).collect(),
            Split::Val => whole(3).skip(3).collect(),
            Split::Test => whole(4).collect(),
            Split::Unseen => whole(5).collect(),
        }
    }
}

/// The place of one recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Number of the subject.
    pub subject: u32,
    /// Name of the place, e.g. `h1`.
    pub place: String,
    /// Number of the recording there.
    pub number: u64,
}

impl Place {
    /// The place of recording `index` of a split: its sequences take turns, so that a longer series extends a shorter one.
    pub fn of(split: Split, index: u64) -> Place {
        let sequences = split.sequences();
        let count = sequences.len().max(1) as u64;
        let (subject, place) = sequences.get((index % count) as usize).copied().unwrap_or((1, PLACES[0]));
        Place { subject, place: place.to_owned(), number: index / count }
    }

    /// The path below the root as lists have it: `subject1/h1/0`.
    pub fn path(&self) -> String {
        format!("subject{}/{}/{}", self.subject, self.place, self.number)
    }

    /// The path of a picture below the root as lists have it.
    pub fn picture_path(&self, frame: u64) -> String {
        format!("{}/{HEAD_CAMERA}/rgb/{frame:06}.png", self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_those_of_the_data_set() {
        // The sequence lists of the data set's README.
        let names = |s: Split| s.sequences().iter().map(|(n, p)| format!("subject{n}/{p}")).collect::<Vec<_>>();
        let train = names(Split::Train);
        assert_eq!(train.len(), 15);
        assert_eq!((train[0].as_str(), train[11].as_str(), train[14].as_str()), ("subject1/h1", "subject2/o2", "subject3/k1"));
        assert_eq!(names(Split::Val), ["subject3/k2", "subject3/o1", "subject3/o2"]);
        assert!(names(Split::Test).iter().all(|n| n.starts_with("subject4/")));
        assert_eq!(Place::of(Split::Val, 7).picture_path(12), "subject3/o1/2/cam4/rgb/000012.png");
    }

    #[test]
    fn no_two_recordings_share_a_place() {
        let all: std::collections::BTreeSet<Place> = [Split::Train, Split::Val, Split::Test, Split::Unseen]
            .into_iter()
            .flat_map(|split| (0..200).map(move |index| Place::of(split, index)))
            .collect();
        assert_eq!(all.len(), 800);
    }
}
