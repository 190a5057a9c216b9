//! `EgoActionMeta`: what somebody does, as one classifier says it for one subject; a buffer may carry several.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use ego_core::action::{ActionResult, Head};
use gst::glib;

use crate::detections::strings;
use crate::kind::{self, ACTION};
use crate::stamp::Stamp;
use crate::table::{self, Row, Table};
use crate::{MetaError, fields};

/// The action of one subject and what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionMeta {
    /// Who made it, when, from which frame.
    pub stamp: Stamp,
    /// The classifier's word.
    pub action: ActionResult,
}

/// One class with its probability on the wire, 8 bytes: layout `action-v1`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct ActionRow {
    /// Number of the class, an index into `labels`.
    pub class: i32,
    /// Its probability, 0..1.
    pub prob: f32,
}

impl Row for ActionRow {
    const LAYOUT: &'static str = "action-v1";
}

/// Puts the action of one subject on a buffer.
///
/// # Errors
/// When [`crate::init`] was not called.
pub fn attach_action(buffer: &mut gst::BufferRef, meta: &ActionMeta) -> Result<(), MetaError> {
    kind::attach(buffer, ACTION, |s| {
        let action = &meta.action;
        meta.stamp.write(s);
        let row = |&(class, prob): &(u32, f32)| ActionRow { class: i32::try_from(class).unwrap_or(i32::MAX), prob };
        table::write(s, &action.top.iter().map(row).collect::<Vec<_>>());
        fields::LABELS.put(s, fields::texts(&action.labels));
        fields::HEAD.put(s, action.head.name());
        fields::SUBJECT.put(s, action.subject.as_str());
        fields::UNKNOWN.put(s, action.unknown);
        fields::UNCERTAINTY.put(s, f64::from(action.uncertainty));
        fields::STABLE.put(s, action.stable);
        fields::WINDOW_START.put(s, action.window_ns[0]);
        fields::WINDOW_END.put(s, action.window_ns[1]);
        fields::ABOUT.put(s, action.about_ns);
        if let Some(since) = action.since_ns {
            fields::SINCE.put(s, since);
        }
    })
}

/// The actions on a buffer, oldest first; told apart by `action.head`, `action.subject` and `stamp.source`.
pub fn all_actions(buffer: &gst::BufferRef) -> impl Iterator<Item = Result<ActionMeta, MetaError>> + '_ {
    kind::read_all(buffer, ACTION, read)
}

fn read(s: &gst::StructureRef) -> Result<ActionMeta, MetaError> {
    let rows = Table::<ActionRow>::read(s, ACTION)?.rows();
    let labels: Vec<String> = fields::LABELS.get::<glib::StrV>(s, ACTION)?.map(strings).unwrap_or_default();
    let window_ns = [fields::WINDOW_START.get(s, ACTION)?.unwrap_or_default(), fields::WINDOW_END.get(s, ACTION)?.unwrap_or_default()];
    let action = ActionResult {
        head: Head::from_name(fields::HEAD.get(s, ACTION)?.unwrap_or_default()),
        subject: fields::SUBJECT.get::<&str>(s, ACTION)?.unwrap_or_default().to_owned(),
        labels: Arc::from(labels),
        top: rows.map(|row| (u32::try_from(row.class).unwrap_or(u32::MAX), row.prob)).collect(),
        unknown: fields::UNKNOWN.get(s, ACTION)?.unwrap_or_default(),
        uncertainty: fields::UNCERTAINTY.get::<f64>(s, ACTION)?.unwrap_or_default() as f32,
        stable: fields::STABLE.get(s, ACTION)?.unwrap_or_default(),
        window_ns,
        about_ns: fields::ABOUT.get(s, ACTION)?.unwrap_or(window_ns[1]),
        since_ns: fields::SINCE.get(s, ACTION)?,
    };
    Ok(ActionMeta { stamp: Stamp::read(s, ACTION)?, action })
}
