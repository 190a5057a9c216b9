//! What is drawn on one frame: the results on its buffer, layer by layer.

use ego_core::action::Head;
use ego_core::draw::action::{ACTION_TEXT_SCALE, draw_action};
use ego_core::draw::bodies::draw_bodies;
use ego_core::draw::hands::{draw_labels, draw_skeletons, text_height_px};
use ego_core::draw::objects::{draw_object_labels, draw_objects};
use ego_core::draw::status::{HandStatus, draw_relaxed, draw_status};
use ego_core::draw::truth::{ObjectMark, draw_true_action, draw_true_hand, draw_true_object, draw_true_object_label};
use ego_core::draw::{Canvas, ColourModel, Glyphs, Placer};
use ego_meta::{ActionMeta, BodiesMeta, DetectionsMeta, HandsMeta, MetaError, Stamp, TrueObject, TruthMeta};

use super::font;
use super::settings::Settings;

/// The results of one frame. The lists keep their memory from frame to frame.
#[derive(Default)]
pub(super) struct Marks {
    hands: Vec<HandsMeta>,
    bodies: Vec<BodiesMeta>,
    objects: Vec<DetectionsMeta>,
    actions: Vec<ActionMeta>,
    truth: Option<TruthMeta>,
}

/// What drawing needs between frames: made for a picture size and colour model.
pub(super) struct Sheet {
    pub(super) canvas: Canvas,
    glyphs: Glyphs,
    /// Height of the lines that `glyphs` was made for.
    glyphs_px: f32,
    /// Larger ones for the action, made when there is one.
    large: Option<Glyphs>,
    text: String,
}

impl Sheet {
    pub(super) fn new(width: u32, height: u32, model: ColourModel) -> Sheet {
        Sheet { canvas: Canvas::new(width, height, model), glyphs: Glyphs::default(), glyphs_px: 0.0, large: None, text: String::new() }
    }
}

impl Marks {
    /// Takes the results that the settings ask for from a buffer; `trouble` hears about those that cannot be read.
    pub(super) fn read(&mut self, buffer: &gst::BufferRef, settings: &Settings, mut trouble: impl FnMut(MetaError)) {
        gather(&mut self.hands, settings.hands, || ego_meta::all_hands(buffer), &mut trouble);
        gather(&mut self.bodies, settings.bodies, || ego_meta::all_bodies(buffer), &mut trouble);
        gather(&mut self.objects, settings.objects, || ego_meta::all_detections(buffer), &mut trouble);
        gather(&mut self.actions, settings.action, || ego_meta::all_actions(buffer), &mut trouble);
        self.truth = None;
        if settings.truth {
            self.truth = ego_meta::truth(buffer).unwrap_or_else(|e| {
                trouble(e);
                None
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stamps().next().is_none()
    }

    fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        let hands = self.hands.iter().map(|meta| &meta.stamp);
        let bodies = self.bodies.iter().map(|meta| &meta.stamp);
        let objects = self.objects.iter().map(|meta| &meta.stamp);
        let actions = self.actions.iter().map(|meta| &meta.stamp);
        hands.chain(bodies).chain(objects).chain(actions).chain(self.truth.as_ref().map(|meta| &meta.stamp))
    }

    /// Sizes of the frames that the results were made from, pixels.
    pub(super) fn analysed_sizes(&self) -> impl Iterator<Item = (u32, u32)> {
        self.stamps().map(|stamp| (stamp.ref_width, stamp.ref_height))
    }

    /// Draws the layers, bottom to top; `relaxed`: the range mask that is shown was moved back.
    pub(super) fn draw(&self, sheet: &mut Sheet, settings: &Settings, relaxed: bool) {
        let (style, labels) = (settings.hand_style(), settings.hand_labels());
        let recent = |stamp: &Stamp| stamp.age_ns <= settings.max_age_ns;
        let fresh = |meta: &&HandsMeta| recent(&meta.stamp);
        let objects = || self.objects.iter().filter(|meta| recent(&meta.stamp));
        if let Some(truth) = &self.truth {
            for object in &truth.objects {
                draw_true_object(&mut sheet.canvas, &mark(object), style.line_scale);
            }
            for hand in truth.hands.iter().filter(|hand| hand.hand.presence > 0.0) {
                draw_true_hand(&mut sheet.canvas, &hand.hand, hand.bystander, style.line_scale);
            }
        }
        for meta in self.bodies.iter().filter(|meta| recent(&meta.stamp)) {
            draw_bodies(&mut sheet.canvas, &meta.bodies, style.line_scale, style.threshold);
        }
        for meta in objects() {
            draw_objects(&mut sheet.canvas, &meta.detections, style.line_scale);
        }
        for meta in self.hands.iter().filter(fresh) {
            draw_skeletons(&mut sheet.canvas, &meta.hands, &style);
        }
        if settings.labels || settings.status || relaxed || !self.actions.is_empty() {
            let glyphs_px = text_height_px(sheet.canvas.height(), style.line_scale);
            if glyphs_px != sheet.glyphs_px {
                (sheet.glyphs, sheet.glyphs_px, sheet.large) = (font::glyphs(glyphs_px), glyphs_px, None);
            }
        }
        let Sheet { canvas, glyphs, glyphs_px, large, text } = sheet;
        let mut placer = Placer::default();
        for meta in self.actions.iter().filter(|meta| recent(&meta.stamp)) {
            let slow = meta.action.head == Head::Slow;
            let glyphs = if slow { large.get_or_insert_with(|| font::glyphs((*glyphs_px * ACTION_TEXT_SCALE).round())) } else { &*glyphs };
            draw_action(canvas, &meta.action, glyphs, &mut placer, text);
        }
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
        if relaxed {
            draw_relaxed(canvas, glyphs, &mut placer);
        }
        if settings.labels {
            for meta in objects() {
                draw_object_labels(canvas, &meta.detections, settings.object_labels(), glyphs, &mut placer, text);
            }
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

/// Takes the results of one kind into a list that keeps its memory.
fn gather<T, I: Iterator<Item = Result<T, MetaError>>>(
    list: &mut Vec<T>,
    wanted: bool,
    metas: impl FnOnce() -> I,
    trouble: &mut impl FnMut(MetaError),
) {
    list.clear();
    if wanted {
        for meta in metas() {
            match meta {
                Ok(meta) => list.push(meta),
                Err(e) => trouble(e),
            }
        }
    }
}
