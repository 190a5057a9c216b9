//! The classifiers as an analysis, and actions as its result.

use std::sync::{Arc, Mutex, PoisonError};

use ego_core::action::ActionResult;
use ego_meta::{ActionMeta, MetaError, Stamp};
use gst::glib;
use gst::prelude::*;

use super::classifier::{Classifier, Notes, Told};
use super::cues::Cues;
use super::settings::Settings;
use super::watch::Watch;
use crate::worker::{AnalysisError, Analyzer, Frame, Outcome};

/// Stands in for the time between frames that have no time stamps.
const FRAME_NS: u64 = 33_333_333;

/// Labels that have begun and not ended, with the time of the newest frame: ended when the stream does.
#[derive(Debug, Default)]
pub(super) struct Open {
    labels: Vec<Told>,
    newest_ns: u64,
}

/// What the element and its worker thread share.
pub(super) type Shared<T> = Arc<Mutex<T>>;

/// All classifiers on the worker thread.
pub(super) struct Deciding {
    pub(super) element: glib::WeakRef<super::EgoAction>,
    pub(super) settings: Shared<Settings>,
    pub(super) open: Shared<Open>,
    pub(super) model: String,
    pub(super) classifiers: Vec<Classifier>,
    pub(super) watch: Watch,
}

impl Analyzer for Deciding {
    fn model(&self) -> &str {
        &self.model
    }

    fn provider(&self) -> &str {
        self.classifiers.first().map_or("", |c| c.network().provider())
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        let settings = lock(&self.settings).clone();
        let pts_ns = frame.pts_ns().unwrap_or_else(|| frame.number().saturating_mul(FRAME_NS));
        let cues = Cues::read(frame.buffer(), settings.input).map_err(|e| AnalysisError::Frame(e.to_string()))?;
        let mut notes = Notes { warnings: self.watch.look(pts_ns, frame.live(), &cues), ..Notes::default() };
        drop(frame);
        let looked = self.classifiers.iter_mut().try_for_each(|c| c.look(pts_ns, &cues, &settings, &mut notes));
        lock(&self.open).newest_ns = pts_ns;
        self.pass_on(notes);
        looked?;
        let said = self.classifiers.iter().flat_map(|c| c.said().map(|said| (c.spec().model.clone(), said.clone()))).collect();
        Ok(Box::new(Said { said }))
    }

    fn reset(&mut self) {
        let told = self.classifiers.iter_mut().flat_map(Classifier::reset).collect();
        self.pass_on(Notes { told, ..Notes::default() });
    }
}

impl Deciding {
    /// Posts what has happened, in the order in which it has.
    fn pass_on(&self, notes: Notes) {
        let Some(element) = self.element.upgrade() else { return };
        for warning in notes.warnings {
            gst::element_warning!(element, gst::StreamError::Failed, ("{warning}"));
        }
        for told in notes.told {
            lock(&self.open).note(&told);
            post(&element, &told);
        }
    }
}

impl Open {
    fn note(&mut self, told: &Told) {
        self.labels.retain(|open| (open.head, &open.subject, &open.model) != (told.head, &told.subject, &told.model));
        if told.segment.until_ns.is_none() {
            self.labels.push(told.clone());
        }
    }

    /// Labels that end with the stream.
    pub(super) fn close(&mut self) -> Vec<Told> {
        let until = self.newest_ns;
        let mut ended = std::mem::take(&mut self.labels);
        ended.iter_mut().for_each(|told| told.segment.until_ns = Some(until.max(told.segment.since_ns)));
        ended
    }
}

/// Posts the message `ego-action`.
pub(super) fn post(element: &super::EgoAction, told: &Told) {
    let event = if told.segment.until_ns.is_some() { "end" } else { "begin" };
    let structure = gst::Structure::builder("ego-action")
        .field("event", event)
        .field("label", told.label.as_str())
        .field("class", told.segment.class)
        .field("head", told.head.name())
        .field("subject", told.subject.as_str())
        .field("model", told.model.as_str())
        .field("since", told.segment.since_ns)
        .field_if_some("until", told.segment.until_ns)
        .build();
    // Fails when nobody listens to the bus any more.
    let _ = element.post_message(gst::message::Element::builder(structure).src(element).build());
}

/// The data of a lock, also after a panic elsewhere: it is plain and always whole.
pub(super) fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was said about all subjects, with the models that said it.
struct Said {
    said: Vec<(String, ActionResult)>,
}

impl Outcome for Said {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        for (model, action) in &self.said {
            let stamp = Stamp { model: model.clone(), ..stamp.clone() };
            ego_meta::attach_action(buffer, &ActionMeta { stamp, action: action.clone() })?;
        }
        Ok(())
    }
}
