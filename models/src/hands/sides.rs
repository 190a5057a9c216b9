//! Which hand is the left one: evidence gathered over frames, and a choice for all hands together.

use ego_core::hands::Side;

/// Share of the old evidence that is kept with each frame: about five frames of memory.
const KEEP: f64 = 0.8;
/// Probabilities beyond this count as this, so that one sure frame cannot outweigh many.
const CLIP: f64 = 0.99;
/// Evidence (log odds) against a side from which on a hand is not given that side just because the other one is taken.
const STRONG: f64 = 3.0;

/// Evidence that a hand is the wearer's left one, as log odds; positive is left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct SideEvidence {
    log_odds: f64,
    weight: f64,
}

impl SideEvidence {
    /// Adds what one frame says.
    pub(super) fn add(&mut self, probability_left: f64) {
        let p = if probability_left.is_finite() { probability_left.clamp(1.0 - CLIP, CLIP) } else { 0.5 };
        self.log_odds = KEEP * self.log_odds + (p / (1.0 - p)).ln();
        self.weight = KEEP * self.weight + 1.0;
    }

    /// Log odds of an average frame.
    pub(super) fn mean_log_odds(&self) -> f64 {
        if self.weight > 0.0 { self.log_odds / self.weight } else { 0.0 }
    }

    /// The likelier side and its probability, 0.5..1.
    pub(super) fn side(&self) -> (Side, f32) {
        let l = self.mean_log_odds();
        let p = 1.0 / (1.0 + (-l.abs()).exp());
        (if l >= 0.0 { Side::Left } else { Side::Right }, p as f32)
    }
}

/// Gives at most one hand each side: the pairing with the most evidence; of two hands that are surely the same side the
/// `larger` one is the wearer's. Returns a side for each hand, `None` for those that are left out.
pub(super) fn one_per_side(hands: &[(SideEvidence, f64)]) -> Vec<Option<Side>> {
    let mut sides = vec![None; hands.len()];
    let cost = |i: usize, side: Side| {
        let l = hands[i].0.mean_log_odds();
        if side == Side::Left { l } else { -l }
    };
    // Every pairing of (left hand, right hand), either of which may be nobody; few hands, so all are tried.
    let choices = || (0..hands.len()).map(Some).chain([None]);
    let mut best: Option<(f64, Option<usize>, Option<usize>)> = None;
    for left in choices() {
        for right in choices() {
            if left.is_some() && left == right {
                continue;
            }
            let mut total = 0.0;
            for (choice, side) in [(left, Side::Left), (right, Side::Right)] {
                if let Some(i) = choice {
                    let evidence = cost(i, side);
                    // Being there counts more than any weak doubt; size decides between equals.
                    total += evidence + STRONG + 1e-3 * hands[i].1;
                }
            }
            if best.is_none_or(|(t, _, _)| total > t) {
                best = Some((total, left, right));
            }
        }
    }
    if let Some((_, left, right)) = best {
        for (choice, side) in [(left, Side::Left), (right, Side::Right)] {
            if let Some(slot) = choice.and_then(|i| sides.get_mut(i)) {
                *slot = Some(side);
            }
        }
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(p_left: f64) -> SideEvidence {
        let mut e = SideEvidence::default();
        for _ in 0..10 {
            e.add(p_left);
        }
        e
    }

    #[test]
    fn one_wrong_frame_does_not_turn_a_hand() {
        let mut e = sure(0.95);
        e.add(0.1);
        assert_eq!(e.side().0, Side::Left);
        e.add(f64::NAN);
        assert_eq!(e.side().0, Side::Left);
        for _ in 0..10 {
            e.add(0.05);
        }
        assert_eq!(e.side().0, Side::Right);
    }

    #[test]
    fn a_doubtful_hand_yields_to_a_sure_one() {
        let sides = one_per_side(&[(sure(0.97), 100.0), (sure(0.6), 100.0)]);
        assert_eq!(sides, [Some(Side::Left), Some(Side::Right)]);
    }

    #[test]
    fn of_two_sure_left_hands_the_larger_is_the_wearers() {
        let sides = one_per_side(&[(sure(0.98), 80.0), (sure(0.98), 200.0)]);
        assert_eq!(sides, [None, Some(Side::Left)]);
    }

    #[test]
    fn nobody_and_one_hand() {
        assert!(one_per_side(&[]).is_empty());
        assert_eq!(one_per_side(&[(sure(0.2), 50.0)]), [Some(Side::Right)]);
    }
}
