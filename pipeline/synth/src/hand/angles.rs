//! Joint angles of a hand, their limits, and natural whole-hand postures.

use crate::space::{deg, mix};

/// Angles of one digit, radians.
///
/// Fingers: `[abduction of the base towards the thumb, flexion of base, middle, last joint]`. Thumb: `[palmar abduction of the
/// CMC joint (away from the palm, with the pronation that goes with it), flexion of CMC, MCP, IP]`. Flexion bends towards the palm.
pub type DigitAngles = [f64; 4];

/// Smallest and largest value of each angle, degrees: thumb, then fingers. Active ranges of motion of the American Academy of
/// Orthopaedic Surgeons (1965), widened to what hands do under load.
const LIMITS_DEG: [[(f64, f64); 4]; 2] =
    [[(-12.0, 60.0), (-25.0, 50.0), (-12.0, 62.0), (-18.0, 82.0)], [(-22.0, 22.0), (-25.0, 92.0), (-2.0, 112.0), (-6.0, 82.0)]];

/// The 20 joint angles of a hand, thumb first, radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandAngles(pub [DigitAngles; 5]);

/// Smallest and largest value of an angle, radians.
pub fn limits(digit: usize, angle: usize) -> (f64, f64) {
    let (low, high) = LIMITS_DEG[usize::from(digit > 0)][angle.min(3)];
    (deg(low), deg(high))
}

/// A named whole-hand posture from which motion programmes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posture {
    /// As a hand hangs when nobody thinks of it.
    Relaxed,
    /// Fingers nearly straight and a little apart.
    Flat,
    /// All fingers curled in.
    Fist,
    /// Index straight, the others curled.
    Point,
    /// Wide open before a large object is taken.
    Wide,
    /// Thumb and index near each other, the others half curled.
    Pinch,
    /// Palm hollow, as if holding water.
    Cup,
}

impl HandAngles {
    /// A posture of a typical hand.
    pub fn posture(posture: Posture) -> HandAngles {
        let d = match posture {
            Posture::Relaxed => [
                [10.0, 8.0, 12.0, 14.0],
                [3.0, 22.0, 30.0, 14.0],
                [0.0, 27.0, 36.0, 16.0],
                [-2.0, 31.0, 38.0, 17.0],
                [-6.0, 33.0, 36.0, 16.0],
            ],
            Posture::Flat => {
                [[2.0, -6.0, 2.0, 2.0], [6.0, 2.0, 5.0, 3.0], [0.0, 2.0, 5.0, 3.0], [-5.0, 3.0, 6.0, 3.0], [-12.0, 3.0, 6.0, 4.0]]
            }
            Posture::Fist => [
                [26.0, 26.0, 36.0, 46.0],
                [0.0, 80.0, 100.0, 52.0],
                [0.0, 84.0, 102.0, 54.0],
                [0.0, 86.0, 102.0, 54.0],
                [0.0, 86.0, 98.0, 54.0],
            ],
            Posture::Point => {
                [[24.0, 22.0, 30.0, 40.0], [2.0, 6.0, 8.0, 4.0], [0.0, 68.0, 92.0, 46.0], [0.0, 74.0, 94.0, 48.0], [0.0, 74.0, 90.0, 48.0]]
            }
            Posture::Wide => [
                [38.0, -14.0, 4.0, 10.0],
                [8.0, 8.0, 18.0, 10.0],
                [1.0, 10.0, 20.0, 11.0],
                [-6.0, 11.0, 21.0, 11.0],
                [-15.0, 12.0, 20.0, 11.0],
            ],
            Posture::Pinch => [
                [42.0, 42.0, 2.0, 8.0],
                [2.0, 42.0, 46.0, 22.0],
                [0.0, 44.0, 52.0, 24.0],
                [-2.0, 48.0, 56.0, 26.0],
                [-4.0, 48.0, 54.0, 26.0],
            ],
            Posture::Cup => [
                [24.0, 8.0, 12.0, 14.0],
                [1.0, 34.0, 28.0, 14.0],
                [0.0, 34.0, 30.0, 14.0],
                [-1.0, 36.0, 30.0, 14.0],
                [-2.0, 38.0, 30.0, 14.0],
            ],
        };
        HandAngles(d.map(|digit| digit.map(deg)))
    }

    /// The same angles, each inside its limits; fingers that are bent at the base cannot spread.
    #[must_use]
    pub fn clamped(mut self) -> HandAngles {
        for (d, digit) in self.0.iter_mut().enumerate() {
            for (a, value) in digit.iter_mut().enumerate() {
                let (low, high) = limits(d, a);
                *value = value.clamp(low, high);
            }
            if d > 0 {
                let spread = spread_limit(digit[1]);
                digit[0] = digit[0].clamp(-spread, spread);
            }
        }
        self
    }

    /// How far the worst angle is outside its limits, radians; 0 when all are inside.
    pub fn excess(&self) -> f64 {
        let inside = self.clamped();
        let pairs = self.0.iter().flatten().zip(inside.0.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// A share `s` of the way to another posture.
    #[must_use]
    pub fn towards(&self, other: &HandAngles, s: f64) -> HandAngles {
        HandAngles(std::array::from_fn(|d| std::array::from_fn(|a| mix(self.0[d][a], other.0[d][a], s))))
    }
}

/// Largest sideways angle of a finger whose base is bent by `flexion` (the collateral ligaments tighten).
pub fn spread_limit(flexion: f64) -> f64 {
    let (_, widest) = limits(1, 0);
    mix(widest, deg(7.0), (flexion / deg(85.0)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Posture; 7] = [Posture::Relaxed, Posture::Flat, Posture::Fist, Posture::Point, Posture::Wide, Posture::Pinch, Posture::Cup];

    #[test]
    fn every_posture_is_possible() {
        for p in ALL {
            assert_eq!(HandAngles::posture(p).excess(), 0.0, "{p:?}");
        }
    }

    #[test]
    fn clamping_brings_any_angle_inside() {
        let wild = HandAngles([[9.0, -9.0, 9.0, -9.0]; 5]);
        assert!(wild.excess() > 1.0);
        assert_eq!(wild.clamped().excess(), 0.0);
    }

    #[test]
    fn half_way_between_possible_postures_is_possible() {
        for a in ALL {
            for b in ALL {
                for s in [0.2, 0.5, 0.9] {
                    // The spread limit is not convex: a degree is all it may cost.
                    assert!(HandAngles::posture(a).towards(&HandAngles::posture(b), s).excess() < deg(1.0), "{a:?} {b:?}");
                }
            }
        }
    }
}
