//! Pictures for a program that shows them itself: what leaves the last stage, with its results on it, goes to a function.
//!
//! The function runs in a streaming thread: it takes what it needs and returns at once.

use std::sync::Arc;

use gst::prelude::*;

use crate::chain::queue;
use crate::error::Result;
use crate::properties::make;

/// Layouts that a tap delivers; everything else is converted to one of them.
const FORMATS: [&str; 2] = ["NV12", "I420"];

/// Takes a picture, and the graph's running time at that moment.
type Take = dyn Fn(&gst::Sample, Option<gst::ClockTime>) + Send + Sync;

/// Hears of every picture at the end of a graph: raw video in NV12 or I420, results attached as metas.
#[derive(Clone)]
pub struct Tap(Arc<Take>);

impl Tap {
    /// Calls `take` with every picture and the graph's running time at that moment: of a live source, the difference to the
    /// picture's time stamp is how old it is.
    pub fn new(take: impl Fn(&gst::Sample, Option<gst::ClockTime>) + Send + Sync + 'static) -> Tap {
        Tap(Arc::new(take))
    }

    /// `queue ! videoconvert ! appsink`. `sync`: pictures come when they are due by the clock, not as soon as they are ready.
    ///
    /// The queue holds one picture, so that the conversion and the function have a thread of their own.
    pub(crate) fn elements(&self, sync: bool) -> Result<Vec<gst::Element>> {
        let formats = gst::List::new(FORMATS);
        let (prerolled, came) = (self.clone(), self.clone());
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_preroll(move |sink| {
                let sample = sink.pull_preroll().map_err(|_| gst::FlowError::Eos)?;
                (prerolled.0)(&sample, None);
                Ok(gst::FlowSuccess::Ok)
            })
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                (came.0)(&sample, sink.current_running_time());
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let sink = gst_app::AppSink::builder()
            .caps(&gst::Caps::builder("video/x-raw").field("format", formats).build())
            .max_buffers(1)
            .sync(sync)
            .callbacks(callbacks)
            .build();
        sink.set_property("enable-last-sample", false);
        Ok(vec![queue(1)?, make("videoconvert")?, sink.upcast()])
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tap")
    }
}
