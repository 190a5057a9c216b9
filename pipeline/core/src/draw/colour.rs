//! Colours as people name them (red, green, blue) and as a picture stores them.

/// A colour on the screen: gamma-encoded red, green and blue, full range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Relative luminance of WCAG 2.1, 0..1, of an sRGB colour.
    pub fn luminance(self) -> f32 {
        let linear = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

/// How a picture stores a colour in its three components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColourModel {
    /// Red, green, blue; `full_range` is 0..255, else 16..235.
    Rgb {
        /// Whether black is 0 (and not 16).
        full_range: bool,
    },
    /// Brightness and two colour differences, from the luma weights of red and blue. Grey pictures use the brightness.
    Yuv {
        /// Luma weight of red: 0.299 for ITU-R BT.601, 0.2126 for BT.709.
        kr: f32,
        /// Luma weight of blue: 0.114 for ITU-R BT.601, 0.0722 for BT.709.
        kb: f32,
        /// Whether black is 0 (and not 16).
        full_range: bool,
    },
}

impl ColourModel {
    /// Red, green, blue of 0..255.
    pub const RGB: ColourModel = ColourModel::Rgb { full_range: true };
    /// ITU-R BT.601, studio range: standard definition.
    pub const BT601: ColourModel = ColourModel::Yuv { kr: 0.299, kb: 0.114, full_range: false };
    /// ITU-R BT.601, full range: JPEG, webcams, grey pictures.
    pub const BT601_FULL: ColourModel = ColourModel::Yuv { kr: 0.299, kb: 0.114, full_range: true };
    /// ITU-R BT.709, studio range: high definition.
    pub const BT709: ColourModel = ColourModel::Yuv { kr: 0.2126, kb: 0.0722, full_range: false };

    /// The three components of a colour, 0..255 and not rounded: R, G, B or Y, U, V.
    pub fn encode(self, Rgb(r, g, b): Rgb) -> [f32; 3] {
        let [r, g, b] = [r, g, b].map(|v| f32::from(v) / 255.0);
        match self {
            ColourModel::Rgb { full_range: true } => [r, g, b].map(|v| 255.0 * v),
            ColourModel::Rgb { full_range: false } => [r, g, b].map(|v| 16.0 + 219.0 * v),
            ColourModel::Yuv { kr, kb, full_range } => {
                let y = kr * r + (1.0 - kr - kb) * g + kb * b;
                let u = (b - y) / (2.0 * (1.0 - kb));
                let v = (r - y) / (2.0 * (1.0 - kr));
                let (offset, luma, chroma) = if full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
                [offset + luma * y, 128.0 + chroma * u, 128.0 + chroma * v].map(|c| c.clamp(0.0, 255.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_have_the_codes_of_the_standards() {
        // ITU-R BT.601-7 and BT.709-6: 8-bit codes of the primaries; JFIF for the full range.
        for (model, rgb, want) in [
            (ColourModel::BT601, Rgb(255, 255, 255), [235.0, 128.0, 128.0]),
            (ColourModel::BT601, Rgb(0, 0, 0), [16.0, 128.0, 128.0]),
            (ColourModel::BT601, Rgb(255, 0, 0), [81.0, 90.0, 240.0]),
            (ColourModel::BT601, Rgb(0, 255, 0), [145.0, 54.0, 34.0]),
            (ColourModel::BT709, Rgb(255, 0, 0), [63.0, 102.0, 240.0]),
            (ColourModel::BT709, Rgb(0, 0, 255), [32.0, 240.0, 118.0]),
            (ColourModel::BT601_FULL, Rgb(255, 0, 0), [76.0, 85.0, 255.0]),
            (ColourModel::RGB, Rgb(1, 2, 3), [1.0, 2.0, 3.0]),
            (ColourModel::Rgb { full_range: false }, Rgb(255, 0, 255), [235.0, 16.0, 235.0]),
        ] {
            let got = model.encode(rgb);
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 0.6), "{model:?} {rgb:?}: {got:?}, wanted {want:?}");
        }
    }

    #[test]
    fn luminance_of_black_white_and_mid_grey() {
        // WCAG 2.1: black 0, white 1; #777777 is the darkest grey that has 4.48:1 on white.
        assert!(Rgb(0, 0, 0).luminance() < 1e-6 && (Rgb(255, 255, 255).luminance() - 1.0).abs() < 1e-4);
        let contrast = 1.05 / (Rgb(0x77, 0x77, 0x77).luminance() + 0.05);
        assert!((contrast - 4.48).abs() < 0.01, "{contrast}");
    }
}
