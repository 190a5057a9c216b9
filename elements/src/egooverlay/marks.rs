//! What is drawn on one frame: the results on its buffer, layer by layer.

use ego_core::draw::hands::{draw_labels, draw_skeletons, text_height_px};
use ego_core::draw::status::{HandStatus, draw_status};
use ego_core::draw::truth::{ObjectMark, draw_true_action, draw_true_hand, draw_true_object, draw_true_object_label};
use ego_core::draw::{Canvas, ColourModel, Glyphs, Placer};
use ego_meta::{HandsMeta, MetaError, TrueObject, TruthMeta};

use super::font;
use super::settings::Settings;

/// The results of one frame. The lists keep their memory from frame to frame.
#[derive(Default)]
pub(super) struct Marks {
    hands: Vec<HandsMeta>,
    truth: Option<TruthMeta>,
}

/// What drawing needs between frames: made for a picture size and colour model.
pub(super) struct Sheet {
    pub(super) canvas: Canvas,
    glyphs: Glyphs,
    /// Height of the lines that `glyphs` was made for.
    glyphs_px: f32,
    text: String,
}

impl Sheet {
    pub(super) fn new(width: u32, height: u32, model: ColourModel) -> Sheet {
        Sheet { canvas: Canvas::new(width, height, model), glyphs: Glyphs::default(), glyphs_px: 0.0, text: String::new() }
    }
}

impl Marks {
    /// Takes the results that the settings ask for from a buffer; `trouble` hears about those that cannot be read.
    pub(super) fn read(&mut self, buffer: &gst::BufferRef, settings: &Settings, mut trouble: impl FnMut(MetaError)) {
        self.hands.clear();
        if settings.hands {
            for meta in ego_meta::all_hands(buffer) {
                match meta {
                    Ok(meta) => self.hands.push(meta),
                    Err(e) => trouble(e),
                }
            }
        }
        self.truth = None;
        if settings.truth {
            self.truth = ego_meta::truth(buffer).unwrap_or_else(|e| {
                trouble(e);
                None
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hands.is_empty() && self.truth.is_none()
    }

    /// Sizes of the frames that the results were made from, pixels.
    pub(super) fn analysed_sizes(&self) -> impl Iterator<Item = (u32, u32)> {
        let stamps = self.hands.iter().map(|meta| &meta.stamp).chain(self.truth.as_ref().map(|meta| &meta.stamp));
        stamps.map(|stamp| (stamp.ref_width, stamp.ref_height))
    }

    /// Draws the layers, bottom to top.
    pub(super) fn draw(&self, sheet: &mut Sheet, settings: &Settings) {
        let (style, labels) = (settings.hand_style(), settings.hand_labels());
        let fresh = |meta: &&HandsMeta| meta.stamp.age_ns <= settings.max_age_ns;
        if let Some(truth) = &self.truth {
            for object in &truth.objects {
                draw_true_object(&mut sheet.canvas, &mark(object), style.line_scale);
            }
            for hand in truth.hands.iter().filter(|hand| hand.hand.presence > 0.0) {
                draw_true_hand(&mut sheet.canvas, &hand.hand, hand.bystander, style.line_scale);
            }
        }
        for meta in self.hands.iter().filter(fresh) {
            draw_skeletons(&mut sheet.canvas, &meta.hands, &style);
        }
        if settings.labels || settings.status {
            let glyphs_px = text_height_px(sheet.canvas.height(), style.line_scale);
            if glyphs_px != sheet.glyphs_px {
                (sheet.glyphs, sheet.glyphs_px) = (font::glyphs(glyphs_px), glyphs_px);
            }
        }
        let Sheet { canvas, glyphs, text, .. } = sheet;
        let mut placer = Placer::default();
        if settings.status {
            for meta in &self.hands {
                let status = HandStatus {
                    count: meta.hands.hands.len(),
                    age_ns: meta.stamp.age_ns,
                    hidden: !fresh(&meta),
                    depth_source: meta.hands.depth_source,
                };
                draw_status(canvas, &status, glyphs, &mut placer, text);
            }
        }
        if settings.labels {
            for meta in self.hands.iter().filter(fresh) {
                draw_labels(canvas, &meta.hands, &style, labels, glyphs, &mut placer, text);
            }
            if let Some(truth) = &self.truth {
                draw_true_action(canvas, &truth.action.label, &truth.action.phase, glyphs, &mut placer, text);
                for object in &truth.objects {
                    draw_true_object_label(canvas, &mark(object), glyphs, &mut placer, text);
                }
            }
        }
    }
}

fn mark(object: &TrueObject) -> ObjectMark<'_> {
    ObjectMark { name: &object.name, in_hand: object.in_hand.name(), box_norm: &object.box_norm, rect_norm: object.rect_norm }
}
