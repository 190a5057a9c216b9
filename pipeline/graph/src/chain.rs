//! The part that batch and live share: pictures in, stages in the order of the settings, results out.
//!
//! ```text
//! entry queue ! videoconvert ! videoflip ! stage ! queue ! stage ... ! egojson
//! ```
//!
//! `videoconvert` passes pictures through untouched when the first stage takes their format, and brings 10-bit and other formats
//! into one that it does. `videoflip` turns the picture as its orientation tag says, so that coordinates are those of the picture
//! that players show.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;

use crate::error::{GraphError, Result};
use crate::properties::{make, make_stage};
use crate::settings::Settings;
use crate::upright;

/// Frames that may wait between two stages.
pub(crate) const STAGE_QUEUE: u32 = 2;
/// Bytes that may wait in a roomy queue, unless they are one frame's.
const QUEUE_BYTES: u32 = 32 << 20;
/// Property of `egosharp`.
const HANDS_DELAY: &str = "hands-delay";

/// Counts what leaves the last stage.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    frames: AtomicU64,
    /// End of the newest frame, nanoseconds plus one; 0 = none.
    newest: AtomicU64,
}

impl Counter {
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(crate) fn position(&self) -> Option<std::time::Duration> {
        self.newest.load(Ordering::Relaxed).checked_sub(1).map(std::time::Duration::from_nanos)
    }

    /// Counts every buffer that passes `pad`.
    pub(crate) fn watch(self: &Arc<Counter>, pad: &gst::Pad) {
        let counter = Arc::clone(self);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer() {
                counter.frames.fetch_add(1, Ordering::Relaxed);
                if let Some(pts) = buffer.pts() {
                    counter.newest.fetch_max(pts.nseconds().saturating_add(1), Ordering::Relaxed);
                }
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// The shared part of a graph, inside its bin and linked from `first` to `last`.
pub(crate) struct Chain {
    pub(crate) first: gst::Element,
    pub(crate) stages: Vec<(String, gst::Element)>,
    pub(crate) json: Option<gst::Element>,
    pub(crate) last: gst::Element,
    pub(crate) counter: Arc<Counter>,
}

/// Builds the stages; whoever calls links them to what is in front and behind. `waiting` frames may wait in front of a stage, fewer where
/// stages tell others further up what they saw.
pub(crate) fn build(bin: &impl IsA<gst::Bin>, settings: &Settings, json: Option<(&Path, &str)>, waiting: u32) -> Result<Chain> {
    let mut line = vec![make("videoconvert")?, upright::videoflip()?];
    let mut stages = Vec::new();
    for stage in settings.stages() {
        let element = make_stage(stage)?;
        settings.apply(stage, &element)?;
        stages.push((stage.clone(), element));
    }
    let told_back = stages.iter().rposition(|(_, element)| is_a(element, "egohands")).unwrap_or(0);
    for (number, (_, element)) in stages.iter().enumerate() {
        if number > 0 {
            line.push(if number <= told_back { queue(STAGE_QUEUE)? } else { roomy_queue(waiting)? });
        }
        line.push(element.clone());
    }
    let mut writer = None;
    if let Some((path, stream)) = json {
        let element = make("egojson")?;
        settings.apply("json", &element)?;
        element.set_property_from_str("location", text(path)?);
        if element.find_property("stream").is_some() {
            element.set_property_from_str("stream", stream);
        }
        line.push(element.clone());
        writer = Some(element);
    }
    add_and_link(bin, &line)?;
    let (Some(first), Some(last)) = (line.first().cloned(), line.pop()) else {
        return Err(GraphError::Build("the graph is empty".into()));
    };
    let counter = Arc::new(Counter::default());
    counter.watch(&static_pad(&last, "src")?);
    Ok(Chain { first, stages, json: writer, last, counter })
}

/// Where every frame is analysed, the mask of one must not depend on how fast the threads of others are: hands that `egohands` tells to
/// `egosharp` in front of it count as many frames later as can be on their way between the two. What the settings say stands.
pub(crate) fn fix_hands_delay(chain: &Chain, settings: &Settings) {
    let of = |kind: &str| chain.stages.iter().position(|(_, element)| is_a(element, kind));
    let (Some(sharp), Some(hands)) = (of("egosharp"), of("egohands")) else { return };
    let Some(between) = chain.stages.get(sharp + 1..=hands) else { return };
    let under_way = |element: &gst::Element| match element.find_property("mode").map(|_| element.property_value("mode")) {
        Some(mode) if mode.serialize().is_ok_and(|mode| mode == "pipelined") => element.property::<u32>("queue-depth"),
        _ => 0,
    };
    // In front of each stage a full queue, and in it one frame besides those that it may have under way.
    let delay: u32 = 1 + between.iter().map(|(_, element)| STAGE_QUEUE + 1 + under_way(element)).sum::<u32>();
    if let Some((stage, element)) = chain.stages.get(sharp).filter(|(stage, _)| settings.written(stage, HANDS_DELAY).is_none()) {
        // Beyond the property's range GObject would refuse it.
        let most = element.find_property(HANDS_DELAY).and_then(|spec| spec.downcast::<gst::glib::ParamSpecUInt>().ok());
        let delay = most.map_or(delay, |spec| delay.min(spec.maximum()));
        gst::debug!(gst::CAT_DEFAULT, obj = element, "the hands that {stage} is told of count {delay} frames later");
        element.set_property(HANDS_DELAY, delay);
    }
}

/// Sets a pipeline going with its stages started side by side: opening a network keeps one core busy, and each stage has its own. Tells
/// whether all went well; what has not has left its reason on the bus.
pub(crate) fn start(pipeline: &gst::Pipeline, stages: &[(String, gst::Element)], to: gst::State) -> bool {
    // From here on the stages may be ahead of the pipeline: it leaves those alone that are where it goes.
    if pipeline.set_state(gst::State::Ready).is_err() {
        return false;
    }
    let all_started = std::thread::scope(|scope| {
        let starts: Vec<_> = stages.iter().map(|(_, stage)| scope.spawn(|| stage.set_state(gst::State::Paused).is_ok())).collect();
        starts.into_iter().all(|start| start.join().unwrap_or(false))
    });
    all_started && pipeline.set_state(to).is_ok()
}

/// Whether an element is made by this factory.
fn is_a(element: &gst::Element, factory: &str) -> bool {
    element.factory().is_some_and(|made_by| made_by.name() == factory)
}

/// A queue that is bounded by frames alone.
pub(crate) fn queue(frames: u32) -> Result<gst::Element> {
    let queue = make("queue")?;
    queue.set_property("max-size-buffers", frames);
    queue.set_property("max-size-bytes", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    Ok(queue)
}

/// A queue that holds fewer frames where they are large: one may have 50 million bytes.
pub(crate) fn roomy_queue(frames: u32) -> Result<gst::Element> {
    let queue = queue(frames)?;
    queue.set_property("max-size-bytes", QUEUE_BYTES);
    Ok(queue)
}

/// A path as GStreamer takes it.
pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| GraphError::Write { path: path.into(), reason: "its name is not UTF-8".into(), full: false })
}

/// Puts elements into a bin and links each to the next.
pub(crate) fn add_and_link(bin: &impl IsA<gst::Bin>, elements: &[gst::Element]) -> Result<()> {
    bin.add_many(elements).map_err(|e| GraphError::Build(e.to_string()))?;
    elements.windows(2).try_for_each(|pair| link(&pair[0], &pair[1]))
}

pub(crate) fn link(from: &gst::Element, to: &gst::Element) -> Result<()> {
    from.link(to).map_err(|_| GraphError::Build(format!("`{}` cannot feed `{}`: their formats do not fit", from.name(), to.name())))
}

pub(crate) fn static_pad(element: &gst::Element, name: &str) -> Result<gst::Pad> {
    element.static_pad(name).ok_or_else(|| GraphError::Build(format!("`{}` has no pad `{name}`: it is not a video filter", element.name())))
}

/// Gives a bin the source pad of its last element.
pub(crate) fn expose_last(bin: &gst::Bin, elements: &[gst::Element]) -> Result<()> {
    let Some(last) = elements.last() else { return Ok(()) };
    expose(bin, &static_pad(last, "src")?, "src")
}

/// Gives a bin the sink pad of its first element.
pub(crate) fn expose_first(bin: &gst::Bin, elements: &[gst::Element]) -> Result<()> {
    let Some(first) = elements.first() else { return Ok(()) };
    expose(bin, &static_pad(first, "sink")?, "sink")
}

fn expose(bin: &gst::Bin, pad: &gst::Pad, name: &str) -> Result<()> {
    let ghost = gst::GhostPad::builder_with_target(pad).map_err(|e| GraphError::Build(e.to_string()))?.name(name).build();
    bin.add_pad(&ghost).map_err(|e| GraphError::Build(e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, LazyLock, Mutex};
    use std::time::Duration;

    use gst::glib;
    use gst::subclass::prelude::*;

    use super::*;

    /// How many stages are starting.
    static STARTING: LazyLock<(Mutex<usize>, Condvar)> = LazyLock::new(Default::default);

    /// A stage that has started when another one has begun to: alone it waits in vain.
    #[derive(Default)]
    pub struct Sociable;

    #[glib::object_subclass]
    impl ObjectSubclass for Sociable {
        const NAME: &'static str = "EgoTestSociable";
        type Type = SociableElement;
        type ParentType = gst::Element;
    }

    glib::wrapper! {
        pub struct SociableElement(ObjectSubclass<Sociable>) @extends gst::Element, gst::Object;
    }

    impl ObjectImpl for Sociable {}
    impl GstObjectImpl for Sociable {}
    impl ElementImpl for Sociable {
        fn change_state(&self, change: gst::StateChange) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
            if change == gst::StateChange::ReadyToPaused {
                let (starting, begun) = &*STARTING;
                let mut count = starting.lock().map_err(|_| gst::StateChangeError)?;
                *count += 1;
                begun.notify_all();
                let alone = |count: &mut usize| *count < 2;
                let met = begun.wait_timeout_while(count, Duration::from_secs(10), alone).map_err(|_| gst::StateChangeError)?;
                if met.1.timed_out() {
                    return Err(gst::StateChangeError);
                }
            }
            self.parent_change_state(change)
        }
    }

    #[test]
    fn stages_start_side_by_side() {
        gst::init().expect("GStreamer");
        let pipeline = gst::Pipeline::new();
        let stages: Vec<(String, gst::Element)> =
            ["a", "b"].map(|name| (name.to_owned(), glib::Object::new::<SociableElement>().upcast())).into();
        pipeline.add_many(stages.iter().map(|(_, stage)| stage)).expect("elements");
        assert!(start(&pipeline, &stages, gst::State::Paused), "each waits until the other starts");
        pipeline.set_state(gst::State::Null).expect("ends");
    }
}
