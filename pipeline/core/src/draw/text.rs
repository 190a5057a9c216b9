//! Text from glyphs that somebody else has drawn: this crate knows coverage, not fonts.

use super::canvas::{Canvas, LANES, Paint};

/// Where a glyph's coverage lies and how far the pen moves on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// From this pen position to the next, pixels.
    pub advance_px: f32,
    /// From the pen position to the first column, pixels.
    pub left_px: i32,
    /// From the base line to the first row, pixels, negative upwards.
    pub top_px: i32,
    /// Columns of coverage.
    pub width: usize,
}

/// The glyphs of one font at one size.
#[derive(Clone, Debug, Default)]
pub struct Glyphs {
    ascent_px: f32,
    descent_px: f32,
    /// Sorted by character; with where the coverage begins and ends.
    glyphs: Vec<(char, Glyph, usize, usize)>,
    coverage: Vec<u8>,
}

impl Glyphs {
    /// An empty set for a font that reaches `ascent_px` above and `descent_px` (positive) below its base line.
    pub fn new(ascent_px: f32, descent_px: f32) -> Glyphs {
        Glyphs { ascent_px, descent_px, ..Glyphs::default() }
    }

    /// Adds a character with its coverage, 0..255, row by row.
    pub fn insert(&mut self, character: char, glyph: Glyph, coverage: &[u8]) {
        let start = self.coverage.len();
        self.coverage.extend_from_slice(coverage);
        let entry = (character, glyph, start, self.coverage.len());
        match self.glyphs.binary_search_by_key(&character, |entry| entry.0) {
            Ok(at) => self.glyphs[at] = entry,
            Err(at) => self.glyphs.insert(at, entry),
        }
    }

    /// Height of the characters above the base line, pixels.
    pub fn ascent_px(&self) -> f32 {
        self.ascent_px
    }

    /// Height of a line, pixels.
    pub fn height_px(&self) -> f32 {
        self.ascent_px + self.descent_px
    }

    /// Width of a text, pixels.
    pub fn width_px(&self, text: &str) -> f32 {
        text.chars().filter_map(|c| self.get(c)).map(|(glyph, _)| glyph.advance_px).sum()
    }

    /// The glyph and its coverage; `?` stands in for characters that are not there.
    fn get(&self, character: char) -> Option<(&Glyph, &[u8])> {
        let find = |character| self.glyphs.binary_search_by_key(&character, |entry| entry.0);
        let (_, glyph, start, end) = self.glyphs.get(find(character).or_else(|_| find('?')).ok()?)?;
        Some((glyph, self.coverage.get(*start..*end)?))
    }
}

impl Canvas {
    /// Writes a text whose base line begins at `(x, y)`, moved to whole pixels: small letters blur between them.
    pub fn text(&mut self, glyphs: &Glyphs, [x, y]: [f32; 2], text: &str, paint: &Paint) {
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let mut pen = x;
        for character in text.chars() {
            let Some((glyph, coverage)) = glyphs.get(character) else { continue };
            // Far beyond any picture and still far from the ends of an i64.
            let whole = |v: f32| v.round().clamp(-1e9, 1e9) as i64;
            let (left, top) = (whole(pen) + i64::from(glyph.left_px), whole(y) + i64::from(glyph.top_px));
            for (row, coverage) in coverage.chunks_exact(glyph.width.max(1)).enumerate() {
                self.cover_row(left, top + row as i64, coverage, paint);
            }
            pen += glyph.advance_px;
        }
    }

    /// Covers the pixels of row `y` from column `x` on, cut at the borders of the picture.
    fn cover_row(&mut self, x: i64, y: i64, coverage: &[u8], paint: &Paint) {
        let (columns, rows) = self.extent();
        let Ok(y) = usize::try_from(y) else { return };
        let coverage = coverage.get(usize::try_from(-x).unwrap_or(0)..).unwrap_or_default();
        let x = usize::try_from(x).unwrap_or(0);
        let end = x.saturating_add(coverage.len()).min(columns);
        if y >= rows || x >= end {
            return;
        }
        let Some(mut row) = self.row(y, x, end) else { return };
        for (at, part) in (x..end).step_by(LANES).zip(coverage.chunks(LANES)) {
            let mut lanes = [0; LANES];
            for (lane, coverage) in lanes.iter_mut().zip(part) {
                *lane = u16::from(*coverage);
            }
            row.cover(at, &lanes, paint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::{ColourModel, Rgb};
    use super::super::compose::{PlaneMut, Target};
    use super::*;
    use proptest::prelude::*;

    /// Two characters: `?` is a 2 x 2 block above the base line, `i` a column of three that hangs one below it.
    fn two_glyphs() -> Glyphs {
        let mut glyphs = Glyphs::new(2.0, 1.0);
        glyphs.insert('i', Glyph { advance_px: 2.0, left_px: 0, top_px: -2, width: 1 }, &[255, 128, 64]);
        glyphs.insert('?', Glyph { advance_px: 3.0, left_px: 0, top_px: -2, width: 2 }, &[255; 4]);
        glyphs
    }

    fn written(text: &str, at: [f32; 2]) -> [[u8; 8]; 6] {
        let mut canvas = Canvas::new(8, 6, ColourModel::RGB);
        let paint = canvas.paint(Rgb(255, 255, 255), 1.0);
        canvas.text(&two_glyphs(), at, text, &paint);
        let mut data = vec![0; 48];
        canvas.compose(&mut Target::Grey(PlaneMut { data: &mut data, stride: 8 }));
        let mut out = [[0; 8]; 6];
        for (out, row) in out.iter_mut().zip(data.chunks(8)) {
            out.copy_from_slice(row);
        }
        out
    }

    #[test]
    fn glyphs_land_on_the_base_line_and_unknown_characters_become_question_marks() {
        let out = written("ix", [1.2, 3.0]);
        assert_eq!(out[1], [0, 255, 0, 255, 255, 0, 0, 0]);
        assert_eq!(out[2], [0, 128, 0, 255, 255, 0, 0, 0]);
        assert_eq!(out[3], [0, 64, 0, 0, 0, 0, 0, 0]);
        assert!(out[0] == [0; 8] && out[4] == [0; 8]);
        assert!((two_glyphs().width_px("ix") - 5.0).abs() < 1e-6 && (two_glyphs().height_px() - 3.0).abs() < 1e-6);
    }

    #[test]
    fn text_is_cut_at_every_border() {
        assert_eq!(written("x", [-1.0, 1.0])[0], [255, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(written("xx", [4.0, 6.0])[5], [0, 0, 0, 0, 255, 255, 0, 255]);
        assert_eq!(written("x", [3.0, 7.0])[5], [0, 0, 0, 255, 255, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn no_position_is_too_wild(x in any::<f32>(), y in any::<f32>(), near in -20.0..20.0f32) {
            for at in [[x, y], [near, y], [x, near], [near, near]] {
                written("i?ü", at);
            }
            assert_eq!(written("i", [f32::NAN, 1.0]), [[0; 8]; 6]);
        }
    }
}
