//! Everything that rides on a buffer, gathered into one record.

use ego_meta::{MetaError, Stamp};
use ego_outputs::FrameRecord;

/// What was learnt about a frame while its results were gathered.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Number that an analysing element gave to this very frame, when one analysed it.
    pub(super) exact: Option<u64>,
    /// The first result that could not be read.
    pub(super) damaged: Option<MetaError>,
}

impl Found {
    /// Notes where a result comes from, or that it cannot be read.
    fn take<T>(&mut self, result: Result<T, MetaError>, stamp: impl Fn(&T) -> &Stamp) -> Option<T> {
        match result {
            Ok(meta) => {
                let stamp = stamp(&meta);
                if stamp.age_ns == 0 {
                    self.exact = self.exact.or(Some(stamp.frame));
                }
                Some(meta)
            }
            Err(e) => {
                self.damaged.get_or_insert(e);
                None
            }
        }
    }
}

/// Adds every result on the buffer to the record. Results that cannot be read are left out; how long the stages worked is left out
/// unless `times` are asked for, so that two runs of one recording write the same bytes.
pub(super) fn collect(buffer: &gst::BufferRef, record: &mut FrameRecord, times: bool) -> Found {
    let mut found = Found::default();
    for meta in ego_meta::all_hands(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp) {
            record.add_hands(&meta.hands, meta.stamp.age_ns);
            trace(record, "hands", &meta.stamp, times);
        }
    }
    for meta in ego_meta::all_bodies(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp) {
            record.add_bodies(&meta.bodies, meta.stamp.age_ns);
            trace(record, "bodies", &meta.stamp, times);
        }
    }
    for meta in ego_meta::all_detections(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp) {
            record.add_objects(&meta.detections, meta.stamp.age_ns);
            trace(record, "objects", &meta.stamp, times);
        }
    }
    for meta in ego_meta::masks(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp)
            && let Some(range) = &meta.range
        {
            record.set_mask(range, meta.stamp.age_ns);
            trace(record, "mask", &meta.stamp, times);
        }
    }
    for meta in ego_meta::all_features(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp) {
            record.add_features(&meta.features, meta.stamp.age_ns);
        }
    }
    for meta in ego_meta::all_actions(buffer) {
        if let Some(meta) = found.take(meta, |m| &m.stamp) {
            record.add_action(&meta.action, meta.stamp.age_ns);
            trace(record, meta.action.head.name(), &meta.stamp, times);
        }
    }
    found
}

/// Notes how long a stage worked on this very frame.
fn trace(record: &mut FrameRecord, stage: &str, stamp: &Stamp, times: bool) {
    if times && stamp.age_ns == 0 && stamp.infer_ns > 0 {
        *record.trace_ns.entry(stage.to_owned()).or_default() += stamp.infer_ns;
    }
}
