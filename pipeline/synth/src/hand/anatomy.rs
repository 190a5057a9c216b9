//! Bone lengths and widths of one person's hand.

use ego_core::hands::Side;

use crate::rng::Rng;
use crate::space::{Vec3, vec3};

/// Metacarpal of the thumb, then the three phalanges of each finger, millimetres: means of Buryanov and Kotiuk,
/// "Proportions of hand segments", Int. J. Morphol. 28(3), 2010. The last phalanx reaches half-way into the soft tip.
const SEGMENTS_MM: [[f64; 3]; 5] = [[46.2, 31.6, 24.5], [39.8, 22.4, 17.7], [44.6, 26.3, 19.4], [41.4, 25.7, 19.3], [32.7, 18.1, 17.8]];

/// Base of each digit in the hand frame of a right hand, millimetres.
const BASES_MM: [[f64; 3]; 5] = [[-22.0, 22.0, -11.0], [-25.0, 90.0, -1.0], [-2.0, 90.0, 2.5], [19.0, 83.0, 0.0], [37.0, 72.0, -5.0]];

/// Radius of the soft tissue around the joints base, middle, last and tip of each digit, millimetres.
const RADII_MM: [[f64; 4]; 5] =
    [[13.0, 11.0, 10.0, 8.0], [11.0, 9.0, 7.8, 6.6], [11.0, 9.2, 8.0, 6.8], [10.5, 8.7, 7.6, 6.5], [9.5, 7.6, 6.6, 5.7]];

/// Wrist to middle finger tip of the hand that the tables describe, metres.
const TABLE_LENGTH_M: f64 = 0.1828;

/// Smallest hand that is drawn: a child of five (Snyder 1977, 5th percentile), wrist crease to middle finger tip, metres.
pub const SMALLEST_M: f64 = 0.120;
/// Largest hand that is drawn: 99th percentile of men (NASA-STD-3000), metres.
pub const LARGEST_M: f64 = 0.212;

/// Everything about a hand that does not change while it moves. Metres; lengths along the bones, radii of the flesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anatomy {
    /// Whose hand: the owner's own left or right, never unknown.
    pub side: Side,
    /// Wrist to middle finger tip, all joints straight.
    pub length_m: f64,
    /// Where each digit begins in the hand frame, thumb first: thumb CMC and the four MCP joints.
    pub bases_m: [Vec3; 5],
    /// Lengths of the three bones of each digit, base to tip.
    pub segments_m: [[f64; 3]; 5],
    /// Radius of the flesh around the four joints of each digit, base to tip.
    pub radii_m: [[f64; 4]; 5],
    /// Half the thickness of the palm.
    pub palm_half_m: f64,
    /// Wrist to elbow.
    pub forearm_m: f64,
    /// Radius of the forearm at the wrist, seen from above (its thickness is three quarters of that).
    pub wrist_radius_m: f64,
}

impl Anatomy {
    /// The mean hand of this length (metres, clamped to [`SMALLEST_M`]..[`LARGEST_M`]); an unknown side becomes a right hand.
    pub fn mean(side: Side, length_m: f64) -> Anatomy {
        Anatomy::shaped(side, length_m, 1.0, 1.0, [1.0; 5])
    }

    /// A random person's hand of about this length: fingers, width and flesh vary on their own.
    pub fn draw(side: Side, length_m: f64, rng: &mut Rng) -> Anatomy {
        let fingers = 1.0 + 0.025 * rng.normal().clamp(-2.0, 2.0);
        let each: [f64; 5] = std::array::from_fn(|_| fingers * (1.0 + 0.015 * rng.normal().clamp(-2.0, 2.0)));
        let width = 1.0 + 0.045 * rng.normal().clamp(-2.0, 2.0);
        let flesh = 1.0 + 0.07 * rng.normal().clamp(-2.0, 2.0);
        Anatomy::shaped(side, length_m, width, flesh, each)
    }

    fn shaped(side: Side, length_m: f64, width: f64, flesh: f64, fingers: [f64; 5]) -> Anatomy {
        let side = if side == Side::Left { Side::Left } else { Side::Right };
        let length_m = length_m.clamp(SMALLEST_M, LARGEST_M);
        // Children's fingers are shorter and thicker for their hand than those of adults.
        let young = ((0.165 - length_m) / 0.045).clamp(0.0, 1.0);
        let scale = length_m / TABLE_LENGTH_M / 1000.0;
        let sign = if side == Side::Left { -1.0 } else { 1.0 };
        let bases_m = BASES_MM.map(|[x, y, z]| vec3(sign * x * width, y, z) * scale);
        let mut segments_m = SEGMENTS_MM.map(|lengths| lengths.map(|mm| mm * scale * (1.0 - 0.03 * young)));
        for (digit, factor) in segments_m.iter_mut().zip(fingers) {
            digit.iter_mut().for_each(|s| *s *= factor);
        }
        let radii_m = RADII_MM.map(|r| r.map(|mm| mm * scale * flesh * (1.0 + 0.08 * young)));
        let middle: f64 = segments_m[2].iter().sum();
        Anatomy {
            side,
            length_m: bases_m[2].norm() + middle,
            bases_m,
            segments_m,
            radii_m,
            palm_half_m: 13.5 * scale * flesh,
            forearm_m: 1.38 * length_m,
            wrist_radius_m: 29.0 * scale * width * flesh,
        }
    }

    /// +1 for a right hand, -1 for a left one: the sign of everything that mirrors.
    pub fn sign(&self) -> f64 {
        if self.side == Side::Left { -1.0 } else { 1.0 }
    }

    /// The other hand of the same person.
    #[must_use]
    pub fn mirrored(&self) -> Anatomy {
        Anatomy { side: self.side.mirrored(), bases_m: self.bases_m.map(|b| vec3(-b.x, b.y, b.z)), ..*self }
    }

    /// Distance from a finger tip's joint to the skin of its pad.
    pub fn pad_m(&self, digit: usize) -> f64 {
        self.radii_m.get(digit).map_or(0.0, |r| r[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_hand_has_the_length_that_was_asked_for() {
        for length in [0.125, 0.150, 0.175, 0.190, 0.205] {
            let a = Anatomy::mean(Side::Right, length);
            assert!((a.length_m - length).abs() < 0.004, "asked for {length}, got {}", a.length_m);
        }
    }

    #[test]
    fn lengths_order_as_in_real_hands() {
        let a = Anatomy::mean(Side::Right, 0.19);
        for digit in a.segments_m {
            assert!(digit[0] > digit[1] && digit[1] > digit[2]);
        }
        let reach: Vec<f64> = (1..5).map(|d| a.bases_m[d].norm() + a.segments_m[d].iter().sum::<f64>()).collect();
        assert!(reach[1] > reach[0] && reach[1] > reach[2] && reach[3] < reach[0] && reach[3] < reach[2], "{reach:?}");
    }

    #[test]
    fn mirroring_twice_is_the_same_hand() {
        let a = Anatomy::draw(Side::Left, 0.18, &mut Rng::new(1));
        assert_eq!(a.mirrored().mirrored(), a);
        assert!(a.mirrored().bases_m[1].x < 0.0, "the index finger of a right hand lies at negative x");
    }
}
