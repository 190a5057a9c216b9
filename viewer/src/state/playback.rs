//! Where a stream is and how it goes on.

/// The player's side of the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Playback {
    /// It goes on by itself.
    pub playing: bool,
    /// A file was played to its end, which may come before its length says so.
    pub ended: bool,
    /// Time of the picture on the screen, or of the one that was asked for last, nanoseconds.
    pub position_ns: u64,
    /// Length of a file, nanoseconds.
    pub duration_ns: Option<u64>,
    /// So many times as fast.
    pub rate: f64,
    /// From where to where the person has selected.
    pub selection: [Option<u64>; 2],
    /// The selection is played over and over.
    pub looping: Option<[u64; 2]>,
    /// Live only: the person looks at an older picture.
    pub looking_back: bool,
    /// Live only: time of the newest picture, nanoseconds.
    pub live_ns: u64,
    /// A jump is under way: pictures of other places do not move the cursor.
    pub jumping_to: Option<u64>,
}

impl Default for Playback {
    fn default() -> Playback {
        Playback {
            playing: false,
            ended: false,
            position_ns: 0,
            duration_ns: None,
            rate: 1.0,
            selection: [None; 2],
            looping: None,
            looking_back: false,
            live_ns: 0,
            jumping_to: None,
        }
    }
}

impl Playback {
    /// The selection, in order; `None` unless both ends are set.
    pub fn selected(&self) -> Option<[u64; 2]> {
        match self.selection {
            [Some(a), Some(b)] if a != b => Some([a.min(b), a.max(b)]),
            _ => None,
        }
    }

    /// How far behind the live picture, seconds.
    pub fn behind_s(&self) -> f64 {
        self.live_ns.saturating_sub(self.position_ns) as f64 * 1e-9
    }
}
