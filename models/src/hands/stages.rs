//! The searching stage of hand tracking, whichever network does it: where to look.
//!
//! Searchers are the families `mediapipe-palm` and `ego-hand-finder`; each goes with each network that looks ([`super::looks`]).

use ego_core::image::{ImageView, MaskView};
use ego_core::region::Region;

use super::crop::window;
use super::finder::{HandFinder, MOST_PLACES};
use super::palm::PalmDetector;
use super::search::Search;
use crate::error::{ModelError, Result};
use crate::network::SessionOptions;
use crate::paths::Located;

/// A side that scores this many times the other is not questioned before the first look.
const SURE: f32 = 4.0;

/// Where a hand may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) score: f32,
    pub(super) region: Region,
    /// Whether the picture shows a left hand, if that is known.
    pub(super) as_left: Option<bool>,
}

/// The searching stage.
#[derive(Debug)]
pub(super) enum Searcher {
    Palms(PalmDetector),
    Places(HandFinder),
}

/// Which search of a stream it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) number: u64,
    pub(super) first: bool,
}

impl Searcher {
    pub(super) fn open(located: &Located, options: &SessionOptions) -> Result<Searcher> {
        match located.manifest.family.as_str() {
            "mediapipe-palm" => Ok(Searcher::Palms(PalmDetector::open(located, options)?)),
            "ego-hand-finder" => Ok(Searcher::Places(HandFinder::open(located, options)?)),
            other => Err(unknown(located, "mediapipe-palm or ego-hand-finder", other)),
        }
    }

    /// Candidates with at least this score (0.5 is what the model's maker recommends), best first; none where the mask does not want
    /// the picture. Adds its runs to `runs`.
    pub(super) fn find(
        &mut self,
        view: &ImageView<'_>,
        mask: Option<&MaskView<'_>>,
        how: Search,
        turn: Turn,
        lowest: f32,
        runs: &mut u64,
    ) -> Result<Vec<Candidate>> {
        let mut found = Vec::new();
        match self {
            Searcher::Palms(palms) => {
                let windows = how.windows(view.width, view.height, turn.number, turn.first);
                for window in windows.as_slice() {
                    *runs += 1;
                    let palms = palms.detect_within(view, window, mask, lowest)?;
                    found.extend(palms.iter().map(|p| Candidate { score: p.score, region: p.hand_region(), as_left: None }));
                }
            }
            Searcher::Places(finder) => {
                *runs += 1;
                let recommended = finder.lowest_score();
                for place in finder.find_within(view, mask, uncalibrated(lowest, recommended))? {
                    let [left, right] = place.score;
                    let as_left = if left > SURE * right {
                        Some(true)
                    } else if right > SURE * left {
                        Some(false)
                    } else {
                        None
                    };
                    let region = window(place.middle[0], place.middle[1], place.side);
                    found.push(Candidate { score: calibrated(place.best(), recommended), region, as_left });
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(found)
    }

    /// Whether its regions are so rough that a first look only serves to place the second one.
    pub(super) fn is_rough(&self) -> bool {
        matches!(self, Searcher::Places(_))
    }

    /// How many tracks may be looked at when `wanted` hands are asked for: a finder names places that only the look can judge.
    pub(super) fn most_tracks(&self, wanted: usize) -> usize {
        match self {
            Searcher::Palms(_) => wanted,
            Searcher::Places(_) => wanted.max(MOST_PLACES),
        }
    }
}

/// A score 0..1 on the scale on which `recommended` is one half.
pub(super) fn calibrated(score: f32, recommended: f32) -> f32 {
    score.clamp(0.0, 1.0).powf(0.5f32.ln() / recommended.clamp(0.01, 0.99).ln())
}

/// The inverse of [`calibrated`].
fn uncalibrated(score: f32, recommended: f32) -> f32 {
    score.clamp(0.0, 1.0).powf(recommended.clamp(0.01, 0.99).ln() / 0.5f32.ln())
}

pub(super) fn unknown(located: &Located, expected: &str, found: &str) -> ModelError {
    ModelError::Contradiction {
        model: located.manifest.name.clone(),
        field: "family".into(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recommended_score_is_one_half_and_order_stays() {
        for recommended in [0.15, 0.5, 0.8] {
            assert!((calibrated(recommended, recommended) - 0.5).abs() < 1e-6);
            assert_eq!((calibrated(0.0, recommended), calibrated(1.0, recommended)), (0.0, 1.0));
            for score in [0.05f32, 0.3, 0.77] {
                assert!((uncalibrated(calibrated(score, recommended), recommended) - score).abs() < 1e-5);
                assert!(calibrated(score, recommended) < calibrated(score + 0.1, recommended));
            }
        }
    }
}
