//! Letters as coverage, drawn once for a size.

use ab_glyph::{Font, FontRef, ScaleFont};
use ego_core::draw::{Glyph, Glyphs};

/// What labels are made of: ASCII and the western European letters of class names; everything else shows as `?`.
const CHARACTERS: [std::ops::RangeInclusive<char>; 2] = [' '..='~', '\u{a0}'..='\u{ff}'];

/// The glyphs of Hack Regular for lines of this height in pixels. Empty, so that no text is drawn, if the font cannot be read.
pub(super) fn glyphs(height_px: f32) -> Glyphs {
    let Ok(font) = FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR) else { return Glyphs::default() };
    let font = font.as_scaled(height_px);
    let mut glyphs = Glyphs::new(font.ascent(), -font.descent());
    for character in CHARACTERS.into_iter().flatten() {
        let id = font.glyph_id(character);
        let mut glyph = Glyph { advance_px: font.h_advance(id), left_px: 0, top_px: 0, width: 0 };
        let mut coverage = Vec::new();
        if let Some(outline) = font.outline_glyph(id.with_scale(height_px)) {
            let bounds = outline.px_bounds();
            (glyph.left_px, glyph.top_px, glyph.width) = (bounds.min.x as i32, bounds.min.y as i32, bounds.width() as usize);
            coverage = vec![0; glyph.width * bounds.height() as usize];
            outline.draw(|x, y, cover| {
                if let Some(pixel) = coverage.get_mut(y as usize * glyph.width + x as usize) {
                    *pixel = (cover * 255.0).round() as u8;
                }
            });
        }
        glyphs.insert(character, glyph, &coverage);
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monospaced_font_of_the_asked_height() {
        let glyphs = glyphs(20.0);
        assert!((glyphs.height_px() - 20.0).abs() < 0.01, "{}", glyphs.height_px());
        let (one, other) = (glyphs.width_px("0.42 m"), glyphs.width_px("iiiiii"));
        assert!((one - other).abs() < 0.01 && one > 50.0 && one < 80.0, "{one} {other}");
    }
}
