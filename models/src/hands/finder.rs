//! Family `ego-hand-finder`: where in a whole picture hands may be, how large they are, and which side they look like.
//!
//! The network gives one map [1, 5, rows, columns] of cells of [`STRIDE`] input pixels: scores of a left and of a right hand whose
//! middle lies in the cell (before the logistic function), offset of the middle in cells, and ln(larger side of the box around the
//! joints / [`SIDE_PX`]). Trained and described in `models/training/hands`.

use ego_core::image::{ImageView, MaskView};

use super::window::WindowSampler;
use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;

/// Input pixels to one cell.
const STRIDE: f64 = 8.0;
/// The box side that the size map gives as zero.
const SIDE_PX: f64 = 32.0;
/// Most places of one picture.
pub(super) const MOST_PLACES: usize = 6;
/// Two places nearer than this share of the smaller one's side are one.
const APART: f64 = 0.35;

/// A place where a hand may be, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Middle of the box around the joints.
    pub middle: [f64; 2],
    /// Larger side of that box.
    pub side: f64,
    /// Scores of a left and of a right hand, 0..1, as the picture shows them.
    pub score: [f32; 2],
}

impl Place {
    /// The better of the two scores.
    pub fn best(&self) -> f32 {
        self.score[0].max(self.score[1])
    }
}

/// The finder: network and sampler.
#[derive(Debug)]
pub struct HandFinder {
    network: Network,
    sampler: WindowSampler,
    size: [usize; 2],
    map: usize,
    lowest: f32,
}

impl HandFinder {
    /// Opens the finder.
    ///
    /// # Errors
    /// As [`Network::open`]; and when the manifest's family or the size of the map is another one.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<HandFinder> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "ego-hand-finder")?;
        let network = Network::open(located, options)?;
        let map = network.output_index("map")?;
        let size = manifest.input.size;
        let cells = cells(size);
        if network.output(map).len() != 5 * cells[0] * cells[1] {
            return Err(ModelError::Contradiction {
                model: manifest.name.clone(),
                field: "map".into(),
                expected: format!("5 x {} x {} numbers", cells[1], cells[0]),
                found: network.output(map).len().to_string(),
            });
        }
        let lowest = manifest.threshold("score").unwrap_or(0.2) as f32;
        Ok(HandFinder { network, sampler: WindowSampler::new(&manifest.input), size, map, lowest })
    }

    /// The network, for its provider and name.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The score from which on places are worth a look, by the manifest.
    pub fn lowest_score(&self) -> f32 {
        self.lowest
    }

    /// Places with at least this score in the whole picture, best first.
    ///
    /// # Errors
    /// When the network fails.
    pub fn find(&mut self, view: &ImageView<'_>, lowest: f32) -> Result<Vec<Place>> {
        self.find_within(view, None, lowest)
    }

    /// [`HandFinder::find`] with everything black that the mask does not want.
    ///
    /// # Errors
    /// When the network fails.
    pub fn find_within(&mut self, view: &ImageView<'_>, mask: Option<&MaskView<'_>>, lowest: f32) -> Result<Vec<Place>> {
        let (w, h) = (f64::from(view.width), f64::from(view.height));
        let scale = (w / self.size[0] as f64).max(h / self.size[1] as f64);
        let middle = [(w - 1.0) / 2.0, (h - 1.0) / 2.0];
        self.sampler.fill(view, mask, middle, scale, false, self.network.input_mut());
        self.network.run()?;
        let mut places = decode(self.network.output(self.map), cells(self.size), lowest);
        let centre = self.size.map(|v| (v as f64 - 1.0) / 2.0);
        for place in &mut places {
            place.middle = std::array::from_fn(|k| (place.middle[k] - centre[k]) * scale + middle[k]);
            place.side *= scale;
        }
        Ok(places)
    }
}

fn cells(size: [usize; 2]) -> [usize; 2] {
    size.map(|v| v / STRIDE as usize)
}

/// Peaks of the map, best first, in input pixels.
fn decode(map: &[f32], [columns, rows]: [usize; 2], lowest: f32) -> Vec<Place> {
    let cells = columns * rows;
    let at = |channel: usize, cell: usize| map.get(channel * cells + cell).copied().unwrap_or(f32::NEG_INFINITY);
    let raw = |cell: usize| at(0, cell).max(at(1, cell));
    let logistic = |v: f32| 1.0 / (1.0 + (-v).exp());
    let mut peaks: Vec<(f32, usize)> = Vec::new();
    for cell in 0..cells {
        let (x, y) = (cell % columns, cell / columns);
        let score = logistic(raw(cell));
        if score < lowest {
            continue;
        }
        let around =
            (y.saturating_sub(1)..(y + 2).min(rows)).flat_map(|j| (x.saturating_sub(1)..(x + 2).min(columns)).map(move |i| (i, j)));
        if around.map(|(i, j)| raw(j * columns + i)).all(|v| v <= raw(cell)) {
            peaks.push((score, cell));
        }
    }
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut places: Vec<Place> = Vec::new();
    for (_, cell) in peaks {
        let offset = [at(2, cell), at(3, cell)].map(f64::from);
        let corner = [(cell % columns) as f64, (cell / columns) as f64];
        let place = Place {
            middle: std::array::from_fn(|k| (corner[k] + offset[k] + 0.5) * STRIDE - 0.5),
            side: SIDE_PX * f64::from(at(4, cell).clamp(-2.0, 3.0)).exp(),
            score: [logistic(at(0, cell)), logistic(at(1, cell))],
        };
        let apart = |p: &Place| {
            let gap = (p.middle[0] - place.middle[0]).hypot(p.middle[1] - place.middle[1]);
            gap > APART * p.side.min(place.side)
        };
        if places.len() < MOST_PLACES && place.middle.iter().all(|v| v.is_finite()) && places.iter().all(apart) {
            places.push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_becomes_a_place_and_its_neighbours_do_not() {
        let (columns, rows) = (8, 5);
        let mut map = vec![-6.0f32; 5 * columns * rows];
        let mut set = |channel: usize, x: usize, y: usize, v: f32| map[channel * columns * rows + y * columns + x] = v;
        (2..5).for_each(|c| (0..rows).for_each(|y| (0..columns).for_each(|x| set(c, x, y, 0.0))));
        // A right hand at (3, 2) with a weaker neighbour, a left one at (6, 0), a faint one at (0, 4).
        set(1, 3, 2, 2.0);
        set(0, 3, 2, -1.0);
        set(1, 4, 2, 1.0);
        set(0, 6, 0, 1.0);
        set(0, 0, 4, -2.0);
        set(2, 3, 2, 0.25);
        set(3, 3, 2, -0.5);
        set(4, 3, 2, 2f32.ln());
        let places = decode(&map, [columns, rows], 0.3);
        assert_eq!(places.len(), 2, "{places:?}");
        let best = places[0];
        assert!((best.middle[0] - (3.75 * 8.0 - 0.5)).abs() < 1e-6 && (best.middle[1] - (2.0 * 8.0 - 0.5)).abs() < 1e-6, "{best:?}");
        assert!((best.side - 64.0).abs() < 1e-4);
        assert!((best.score[1] - 0.880_797).abs() < 1e-5 && (best.score[0] - 0.268_941).abs() < 1e-5);
        assert!(places[1].score[0] > places[1].score[1]);
        assert_eq!(decode(&map, [columns, rows], 0.9).len(), 0);
        assert_eq!(decode(&[], [columns, rows], 0.3).len(), 0, "a map that did not come");
    }
}
