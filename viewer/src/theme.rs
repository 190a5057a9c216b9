//! Colours, sizes and contrasts of everything that is not the picture. Marks on the picture have the colours of `ego_core::draw`, which
//! burnt-in videos have as well.

use ego_core::draw::Rgb;
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Vec2};

/// Ten steps of cividis (Nuñez, Anderton and Renslow 2018), which reads the same with and without colour vision.
const CIVIDIS_STEPS: [[u8; 3]; 10] = [
    [0, 32, 77],
    [0, 51, 111],
    [57, 72, 107],
    [87, 92, 109],
    [112, 113, 115],
    [138, 135, 121],
    [166, 157, 117],
    [196, 181, 108],
    [228, 207, 91],
    [255, 234, 70],
];

/// Cividis with a colour for every byte.
pub const CIVIDIS: [[u8; 3]; 256] = {
    let mut table = [[0; 3]; 256];
    let mut at = 0;
    while at < 256 {
        let place = at * 9;
        let (step, part) = (place / 255, place % 255);
        let next = if step < 9 { step + 1 } else { 9 };
        let mut c = 0;
        while c < 3 {
            let (a, b) = (CIVIDIS_STEPS[step][c] as usize, CIVIDIS_STEPS[next][c] as usize);
            table[at][c] = ((a * (255 - part) + b * part + 127) / 255) as u8;
            c += 1;
        }
        at += 1;
    }
    table
};

/// Colours that stand for something; each goes with a word or a shape as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// Behind everything.
    pub back: Color32,
    /// Panels.
    pub panel: Color32,
    /// Fields and lanes inside panels.
    pub field: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text that matters less.
    pub weak: Color32,
    /// What can be acted on, and what is chosen.
    pub accent: Color32,
    /// Well.
    pub good: Color32,
    /// Look at it.
    pub warning: Color32,
    /// Broken.
    pub error: Color32,
}

impl Palette {
    /// The ordinary palette, or the one of strong contrasts.
    pub fn of(high_contrast: bool) -> Palette {
        let rgb = Color32::from_rgb;
        if high_contrast {
            return Palette {
                back: Color32::BLACK,
                panel: Color32::BLACK,
                field: rgb(24, 24, 24),
                line: rgb(170, 170, 170),
                text: Color32::WHITE,
                weak: rgb(220, 220, 220),
                accent: rgb(120, 205, 255),
                good: rgb(60, 225, 165),
                warning: rgb(255, 240, 80),
                error: rgb(255, 140, 70),
            };
        }
        Palette {
            back: rgb(13, 15, 18),
            panel: rgb(24, 27, 31),
            field: rgb(35, 39, 45),
            line: rgb(54, 60, 68),
            text: rgb(229, 232, 236),
            weak: rgb(155, 164, 174),
            accent: rgb(86, 180, 233),
            good: rgb(38, 188, 146),
            warning: rgb(240, 228, 66),
            error: rgb(240, 120, 50),
        }
    }
}

/// A colour of the drawing library.
pub fn colour(rgb: Rgb) -> Color32 {
    Color32::from_rgb(rgb.0, rgb.1, rgb.2)
}

/// Colours of classes on the timeline: those of Okabe and Ito, then lighter and darker ones of the same hues.
pub fn class_colour(number: u16) -> Color32 {
    const COLOURS: [[u8; 3]; 14] = [
        [86, 180, 233],
        [230, 159, 0],
        [0, 158, 115],
        [204, 121, 167],
        [0, 114, 178],
        [213, 94, 0],
        [240, 228, 66],
        [150, 210, 245],
        [245, 200, 110],
        [110, 205, 175],
        [230, 180, 205],
        [100, 165, 210],
        [235, 155, 100],
        [190, 190, 190],
    ];
    match usize::from(number).checked_sub(1) {
        Some(at) => {
            let [r, g, b] = COLOURS[at % COLOURS.len()];
            Color32::from_rgb(r, g, b)
        }
        None => Color32::from_rgb(88, 96, 106),
    }
}

/// Black or white, whichever reads better on a colour.
pub fn ink_on(back: Color32) -> Color32 {
    if Rgb(back.r(), back.g(), back.b()).luminance() > 0.2 { Color32::from_rgb(15, 17, 20) } else { Color32::WHITE }
}

/// Gives egui the look of the viewer.
pub fn apply(context: &egui::Context, high_contrast: bool, reduced_motion: bool) {
    let p = Palette::of(high_contrast);
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, 11.0),
            (TextStyle::Body, 13.0),
            (TextStyle::Button, 13.0),
            (TextStyle::Monospace, 12.0),
            (TextStyle::Heading, 17.0),
        ]
        .into_iter()
        .map(|(name, size)| {
            let family = if name == TextStyle::Monospace { FontFamily::Monospace } else { FontFamily::Proportional };
            (name, FontId::new(size, family))
        })
        .collect();
        style.spacing.item_spacing = Vec2::new(8.0, 6.0);
        style.spacing.button_padding = Vec2::new(8.0, 4.0);
        style.spacing.interact_size = Vec2::new(24.0, 24.0);
        style.spacing.slider_width = 96.0;
        style.spacing.window_margin = Margin::same(12);
        style.animation_time = if reduced_motion { 0.0 } else { 0.08 };
        let v = &mut style.visuals;
        v.dark_mode = true;
        v.panel_fill = p.panel;
        v.window_fill = p.panel;
        v.extreme_bg_color = p.field;
        v.faint_bg_color = p.field;
        v.window_stroke = Stroke::new(1.0, p.line);
        v.override_text_color = Some(p.text);
        v.weak_text_color = Some(p.weak);
        v.hyperlink_color = p.accent;
        v.selection.bg_fill = p.accent.gamma_multiply(0.35);
        v.selection.stroke = Stroke::new(1.5, p.accent);
        v.warn_fg_color = p.warning;
        v.error_fg_color = p.error;
        let radius = CornerRadius::same(4);
        let states = [
            (&mut v.widgets.noninteractive, p.panel, p.line),
            (&mut v.widgets.inactive, p.field, if high_contrast { p.line } else { Color32::TRANSPARENT }),
            (&mut v.widgets.hovered, p.field.lerp_to_gamma(p.accent, 0.15), p.accent.gamma_multiply(0.6)),
            (&mut v.widgets.active, p.field.lerp_to_gamma(p.accent, 0.3), p.accent),
            (&mut v.widgets.open, p.field, p.line),
        ];
        for (state, fill, line) in states {
            state.corner_radius = radius;
            state.bg_fill = fill;
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, line);
            state.fg_stroke = Stroke::new(1.0, p.text);
            state.expansion = 0.0;
        }
        v.widgets.noninteractive.fg_stroke = Stroke::new(1.0, p.weak);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(a: Color32, b: Color32) -> f32 {
        let light = |c: Color32| Rgb(c.r(), c.g(), c.b()).luminance() + 0.05;
        light(a).max(light(b)) / light(a).min(light(b))
    }

    #[test]
    fn text_reads_on_every_background() {
        for high in [false, true] {
            let p = Palette::of(high);
            // WCAG 2.1, success criteria 1.4.3 and (for strong contrasts) 1.4.6.
            let least = if high { 7.0 } else { 4.5 };
            for text in [p.text, p.weak, p.accent, p.good, p.warning, p.error] {
                for back in [p.back, p.panel, p.field] {
                    assert!(contrast(text, back) >= least, "{text:?} on {back:?}: {}", contrast(text, back));
                }
            }
        }
        for number in 0..30 {
            let back = class_colour(number);
            assert!(contrast(ink_on(back), back) >= 4.0, "{number}: {}", contrast(ink_on(back), back));
        }
    }

    #[test]
    fn cividis_grows_brighter_all_the_way() {
        let light: Vec<f32> = CIVIDIS.iter().map(|[r, g, b]| Rgb(*r, *g, *b).luminance()).collect();
        assert!(light.windows(2).all(|pair| pair[1] >= pair[0] - 3e-3));
        assert_eq!((CIVIDIS[0], CIVIDIS[255]), ([0, 32, 77], [255, 234, 70]));
    }
}
