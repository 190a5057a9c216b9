//! Places that a search has proposed and that showed nothing like a hand: what the searching network mistakes it mistakes again in the
//! next frame, and a look costs as much as at a hand.

use ego_core::region::Region;

/// A proposed place whose presence is not above this is cold: not looked at again for [`COLD_FRAMES`], as long as the proposal stays
/// within [`DISTANCE`] of its side and [`RATIO`] of its size. Chosen on the validation cast, where it leaves out half of the looks in
/// vain and delays 2 of 133 finds.
const COLD_PRESENCE: f32 = 0.02;
const COLD_FRAMES: u64 = 16;
const DISTANCE: f64 = 0.175;
const RATIO: f64 = 1.4;
/// As many are remembered.
const MOST: usize = 32;

/// The cold places of a stream.
#[derive(Debug, Default)]
pub(super) struct ColdPlaces(Vec<ColdPlace>);

#[derive(Debug)]
struct ColdPlace {
    region: Region,
    as_left: Option<bool>,
    frame: u64,
}

impl ColdPlaces {
    /// Notes what a look at a proposed place has shown in this frame.
    pub(super) fn note(&mut self, region: &Region, as_left: Option<bool>, presence: f32, frame: u64) {
        self.0.retain(|place| frame.saturating_sub(place.frame) <= COLD_FRAMES);
        if presence <= COLD_PRESENCE && self.0.len() < MOST {
            self.0.push(ColdPlace { region: *region, as_left, frame });
        }
    }

    /// Whether a look at this proposal would be in vain.
    pub(super) fn hold(&self, region: &Region, as_left: Option<bool>, frame: u64) -> bool {
        self.0.iter().any(|place| {
            let side = place.region.side;
            let off = (place.region.cx - region.cx).hypot(place.region.cy - region.cy);
            let near = off < DISTANCE * side && (1.0 / RATIO..RATIO).contains(&(region.side / side));
            near && place.as_left == as_left && frame.saturating_sub(place.frame) <= COLD_FRAMES
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Region = Region { cx: 100.0, cy: 80.0, side: 60.0, angle: 0.0 };

    #[test]
    fn a_place_stays_cold_for_half_a_second() {
        let mut cold = ColdPlaces::default();
        cold.note(&AT, None, 0.001, 10);
        let near = Region { cx: 105.0, side: 70.0, ..AT };
        assert!(cold.hold(&near, None, 11) && cold.hold(&near, None, 26));
        assert!(!cold.hold(&near, None, 27), "looked at again after a while");
        assert!(!cold.hold(&Region { cx: 115.0, ..AT }, None, 11), "elsewhere");
        assert!(!cold.hold(&Region { side: 90.0, ..AT }, None, 11), "another size");
        assert!(!cold.hold(&near, Some(true), 11), "as a hand of a certain side");
    }

    #[test]
    fn what_may_be_a_hand_is_looked_at_again() {
        let mut cold = ColdPlaces::default();
        cold.note(&AT, None, 0.03, 10);
        assert!(!cold.hold(&AT, None, 11));
    }

    #[test]
    fn memory_is_bounded() {
        let mut cold = ColdPlaces::default();
        (0..1000).for_each(|n| cold.note(&Region { cx: 100.0 * f64::from(n), ..AT }, None, 0.0, 5));
        assert_eq!(cold.0.len(), MOST);
        cold.note(&AT, None, 0.9, 5 + COLD_FRAMES + 1);
        assert!(cold.0.is_empty());
    }
}
