//! The names of the metas, and how one is put on and found on a buffer.

use std::ops::ControlFlow;
use std::sync::Once;

use gst::buffer::BufferMetaForeachAction;
use gst::meta::CustomMeta;

use crate::MetaError;

/// Names of all kinds of results, in the order of the pipeline.
pub const NAMES: [&str; 8] = [DEPTH, MASK, HANDS, BODIES, DETECTIONS, FEATURES, ACTION, TRUTH];

pub(crate) const DEPTH: &str = "EgoDepthMeta";
pub(crate) const MASK: &str = "EgoMaskMeta";
pub(crate) const HANDS: &str = "EgoHandsMeta";
pub(crate) const BODIES: &str = "EgoBodiesMeta";
pub(crate) const DETECTIONS: &str = "EgoDetectionsMeta";
pub(crate) const FEATURES: &str = "EgoFeaturesMeta";
pub(crate) const ACTION: &str = "EgoActionMeta";
pub(crate) const TRUTH: &str = "EgoTruthMeta";

/// Registers every name of [`NAMES`] that nobody has registered yet; call it after `gst::init`, as often as you like.
///
/// Several plugins that each contain this crate may live in one process: the first registers, the others find the names taken.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for name in NAMES {
            if !CustomMeta::is_registered(name) {
                CustomMeta::register(name, &[]);
            }
        }
    });
}

/// Adds a meta of this name and lets `fill` write its structure.
pub(crate) fn attach(buffer: &mut gst::BufferRef, name: &'static str, fill: impl FnOnce(&mut gst::StructureRef)) -> Result<(), MetaError> {
    let mut meta = CustomMeta::add(buffer, name).map_err(|_| MetaError::NotRegistered { meta: name })?;
    fill(meta.mut_structure());
    Ok(())
}

/// Calls `read` on the structure of every meta of this kind, in the order in which they were attached.
pub(crate) fn read_all<'a, T: 'a>(
    buffer: &'a gst::BufferRef,
    name: &'static str,
    read: impl Fn(&gst::StructureRef) -> T + 'a,
) -> impl Iterator<Item = T> + 'a {
    buffer.iter_meta::<gst::Meta>().filter_map(move |meta| {
        let structure = meta.try_as_custom_meta()?.structure();
        (structure.name() == name).then(|| read(structure))
    })
}

/// Takes the metas of this kind off a buffer for which `wanted` is true.
pub(crate) fn remove_all(buffer: &mut gst::BufferRef, name: &'static str, wanted: impl Fn(&gst::StructureRef) -> bool) {
    buffer.foreach_meta_mut(|meta| {
        let ours = meta.try_as_custom_meta().is_some_and(|meta| meta.structure().name() == name && wanted(meta.structure()));
        ControlFlow::Continue(if ours { BufferMetaForeachAction::Remove } else { BufferMetaForeachAction::Keep })
    });
}
