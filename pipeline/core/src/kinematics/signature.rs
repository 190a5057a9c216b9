//! Signatures of paths: iterated integrals up to a level, which do not depend on the speed of the motion (Chen; Shi et al., ICPR 2024).

/// The signature of a path in `D` dimensions up to level 3, without the constant 1: `D` + `D`^2 + `D`^3 numbers, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature<const D: usize> {
    /// The increment from the first to the last point.
    pub level1: [f64; D],
    /// Second iterated integrals; the antisymmetric half is the enclosed area.
    pub level2: [[f64; D]; D],
    /// Third iterated integrals.
    pub level3: [[[f64; D]; D]; D],
}

impl<const D: usize> Signature<D> {
    /// That of a path that stays where it is.
    pub fn of_point() -> Signature<D> {
        Signature { level1: [0.0; D], level2: [[0.0; D]; D], level3: [[[0.0; D]; D]; D] }
    }

    /// That of a straight segment: d, d (x) d / 2, d (x) d (x) d / 6.
    pub fn of_segment(d: [f64; D]) -> Signature<D> {
        Signature { level1: d, level2: d.map(|a| d.map(|b| a * b / 2.0)), level3: d.map(|a| d.map(|b| d.map(|c| a * b * c / 6.0))) }
    }

    /// That of a polygon through the points.
    pub fn of_path(points: &[[f64; D]]) -> Signature<D> {
        points.windows(2).fold(Signature::of_point(), |so_far, pair| {
            so_far.then(&Signature::of_segment(std::array::from_fn(|i| pair[1][i] - pair[0][i])))
        })
    }

    /// That of this path followed by another one (Chen's rule).
    #[must_use]
    pub fn then(&self, next: &Signature<D>) -> Signature<D> {
        let (a, b) = (self, next);
        Signature {
            level1: std::array::from_fn(|i| a.level1[i] + b.level1[i]),
            level2: std::array::from_fn(|i| std::array::from_fn(|j| a.level2[i][j] + a.level1[i] * b.level1[j] + b.level2[i][j])),
            level3: std::array::from_fn(|i| {
                std::array::from_fn(|j| {
                    std::array::from_fn(|k| {
                        a.level3[i][j][k] + a.level2[i][j] * b.level1[k] + a.level1[i] * b.level2[j][k] + b.level3[i][j][k]
                    })
                })
            }),
        }
    }

    /// All numbers, level by level.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let (two, three) = (self.level2.iter().flatten(), self.level3.iter().flatten().flatten());
        self.level1.iter().chain(two).chain(three).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_corner_has_the_published_numbers() {
        let s = Signature::of_path(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]);
        assert_eq!(s.level1, [1.0, 1.0]);
        assert_eq!(s.level2, [[0.5, 1.0], [0.0, 0.5]]);
        let want = [1.0 / 6.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0 / 6.0];
        for (got, want) in s.level3.iter().flatten().flatten().zip(want) {
            assert!((got - want).abs() < 1e-14, "{s:?}");
        }
    }

    proptest! {
        #[test]
        fn speed_does_not_matter_and_the_way_back_undoes_it(points in proptest::collection::vec(proptest::array::uniform2(-2.0..2.0f64), 2..12), cut in 0.01..0.99f64) {
            let s = Signature::of_path(&points);
            let dense: Vec<[f64; 2]> = points.windows(2)
                .flat_map(|p| [p[0], std::array::from_fn(|k| p[0][k] + cut * (p[1][k] - p[0][k]))])
                .chain(points.last().copied()).collect();
            for (a, b) in s.values().zip(Signature::of_path(&dense).values()) {
                prop_assert!((a - b).abs() < 1e-6 * (1.0 + a.abs()), "collinear points change nothing");
            }
            let back: Vec<[f64; 2]> = points.iter().copied().chain(points.iter().rev().copied()).collect();
            prop_assert!(Signature::of_path(&back).values().all(|v| v.abs() < 1e-6));
            for i in 0..2 { for j in 0..2 {
                let shuffle = s.level1[i] * s.level1[j] - s.level2[i][j] - s.level2[j][i];
                prop_assert!(shuffle.abs() < 1e-6, "shuffle identity");
            } }
        }
    }
}
