//! Stages that join a running graph when their models are loaded; until then the pictures go past them.
//!
//! ```text
//! entry ----------------------------> tail      at first
//! entry -> [stages, being started]    tail
//! entry -> [stages] ----------------> tail      from the first picture after that
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;

use crate::error::{GraphError, Result};

/// The bin of the stages, with one pad on each side, and what it goes between.
#[derive(Clone)]
pub(crate) struct LateStages {
    bin: gst::Bin,
    entry: gst::Element,
    tail: gst::Element,
    /// The graph is being closed: nothing joins it any more.
    closed: Arc<Mutex<bool>>,
}

impl LateStages {
    /// Links `entry` to `tail` and holds `bin`, which is in the same pipeline, back from the pipeline's state.
    pub(crate) fn bypass(bin: gst::Bin, entry: gst::Element, tail: gst::Element) -> Result<LateStages> {
        bin.set_locked_state(true);
        crate::chain::link(&entry, &tail)?;
        Ok(LateStages { bin, entry, tail, closed: Arc::default() })
    }

    /// Starts the stages in a thread of its own, and lets them join. What fails is on the pipeline's bus.
    pub(crate) fn load(&self) -> Result<()> {
        let late = self.clone();
        let load = move || {
            if !late.is_closed() && late.bin.set_state(gst::State::Paused).is_ok() {
                late.join_before_a_picture();
            }
            if late.is_closed() {
                let _ = late.bin.set_state(gst::State::Null);
            }
        };
        let thread = std::thread::Builder::new().name("ego-load-stages".into()).spawn(load);
        thread.map(drop).map_err(|e| GraphError::Build(format!("cannot start a thread: {e}")))
    }

    /// Changes the links between two pictures, in the thread that pushes them. A probe of an idle pad would be called here at once, while
    /// that thread may look for its peer and find none: then the entry counts as not linked, and no picture ever passes again.
    fn join_before_a_picture(&self) {
        let Some(pad) = self.entry.static_pad("src") else { return };
        let late = self.clone();
        pad.add_probe(gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER, move |_, _| {
            let closed = late.closed.lock().unwrap_or_else(PoisonError::into_inner);
            if !*closed && late.join().is_err() {
                let text = "the stages cannot join the graph that is running";
                gst::element_error!(late.bin, gst::CoreError::Pad, ("{text}"));
            }
            gst::PadProbeReturn::Remove
        });
    }

    fn join(&self) -> std::result::Result<(), gst::glib::BoolError> {
        self.entry.unlink(&self.tail);
        self.bin.link(&self.tail)?;
        if let Some(pipeline) = self.bin.parent().and_downcast::<gst::Element>() {
            self.bin.set_base_time(pipeline.base_time().unwrap_or_default());
        }
        self.bin.set_locked_state(false);
        self.bin.sync_state_with_parent()?;
        self.entry.link(&self.bin)?;
        // Fails only while the graph is being closed.
        let _ = self.bin.post_message(gst::message::Latency::builder().src(&self.bin).build());
        Ok(())
    }

    fn is_closed(&self) -> bool {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of the stages, after a start that is under way.
    pub(crate) fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let _ = self.bin.set_state(gst::State::Null);
    }
}
