//! Where to look for palms: the whole picture in one square, or overlapping squares at the ends of its long side.

use ego_core::region::Region;

/// How the picture is searched for hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// Everything on the first frame; then `Turn` for wide pictures, `Whole` for nearly square ones.
    #[default]
    Auto,
    /// One square around the whole picture, black beyond it (what MediaPipe does).
    Whole,
    /// The two squares at the ends of the long side, both in each search: nearly twice the resolution at 16:9, twice the cost.
    Tiles,
    /// The whole picture, then one end, then the other, one in each search: the usual cost.
    Turn,
}

impl Search {
    /// The windows of the search number `turn` (from 0); `first` is the first search of a stream.
    pub(super) fn windows(self, width: u32, height: u32, turn: u64, first: bool) -> Windows {
        let (w, h) = (f64::from(width), f64::from(height));
        let (long, short) = (w.max(h), w.min(h));
        let square = |cx: f64, cy: f64, side: f64| Region { cx, cy, side, angle: 0.0 };
        let whole = square(w / 2.0, h / 2.0, long);
        let end = |along: f64| if w > h { square(along, h / 2.0, h) } else { square(w / 2.0, along, w) };
        let (near, far) = (end(short / 2.0), end(long - short / 2.0));
        // Below 4:3 the ends overlap so much that they show hardly more than the whole.
        let wide = long >= short * 1.3;
        match self {
            Search::Auto if !wide => Windows::of(&[whole]),
            Search::Auto if first => Windows::of(&[whole, near, far]),
            Search::Whole => Windows::of(&[whole]),
            Search::Tiles => Windows::of(&[near, far]),
            Search::Auto | Search::Turn => Windows::of(&[[whole, near, far][(turn % 3) as usize]]),
        }
    }
}

/// One to three windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    regions: [Region; 3],
    count: usize,
}

impl Windows {
    fn of(list: &[Region]) -> Windows {
        let mut regions = [Region { cx: 0.0, cy: 0.0, side: 1.0, angle: 0.0 }; 3];
        for (slot, region) in regions.iter_mut().zip(list) {
            *slot = *region;
        }
        Windows { regions, count: list.len() }
    }

    pub(super) fn as_slice(&self) -> &[Region] {
        self.regions.get(..self.count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_wide_and_of_a_tall_picture() {
        let w = Search::Tiles.windows(1280, 720, 0, false);
        assert_eq!(w.as_slice().iter().map(|r| (r.cx, r.cy, r.side)).collect::<Vec<_>>(), [(360.0, 360.0, 720.0), (920.0, 360.0, 720.0)]);
        let w = Search::Tiles.windows(720, 1280, 0, false);
        assert_eq!(w.as_slice().iter().map(|r| (r.cx, r.cy, r.side)).collect::<Vec<_>>(), [(360.0, 360.0, 720.0), (360.0, 920.0, 720.0)]);
    }

    #[test]
    fn auto_looks_everywhere_first_and_then_in_turn() {
        assert_eq!(Search::Auto.windows(1280, 720, 0, true).as_slice().len(), 3);
        let sides: Vec<f64> = (0..3).map(|t| Search::Auto.windows(1280, 720, t, false).as_slice()[0].side).collect();
        assert_eq!(sides, [1280.0, 720.0, 720.0]);
        assert_eq!(Search::Auto.windows(512, 512, 0, true).as_slice().len(), 1);
    }
}
