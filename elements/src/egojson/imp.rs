use std::io;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ego_outputs::{EndRecord, FrameRecord, JsonLinesWriter, OutputError};
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::collect::collect;
use super::count::Count;
use crate::values::text;

const DEFAULT_APPEND: bool = false;
const DEFAULT_TRACE: bool = false;
/// Name of a stream that has neither a `stream` nor a `location`.
const DEFAULT_STREAM: &str = "stream";

static CAT: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("egojson", gst::DebugColorFlags::empty(), Some("results as JSON lines")));

#[derive(Clone, Debug, Default)]
struct Settings {
    location: Option<String>,
    stream: Option<String>,
    /// `None`: as the location says.
    post_messages: Option<bool>,
    append: bool,
    trace: bool,
}

impl Settings {
    fn post_messages(&self) -> bool {
        self.post_messages.unwrap_or(self.location.is_none())
    }

    fn stream(&self) -> String {
        let stem = || Path::new(self.location.as_deref()?).file_stem()?.to_str();
        self.stream.as_deref().or_else(stem).unwrap_or(DEFAULT_STREAM).to_owned()
    }
}

/// From start to stop.
struct Run {
    writer: Option<JsonLinesWriter>,
    post_messages: bool,
    trace: bool,
    stream: String,
    /// Width and height of the frames, pixels.
    size: Option<(u32, u32)>,
    count: Count,
    /// The last line was written.
    ended: bool,
    /// A frame could not be written or passed on: there must be no last line.
    broken: bool,
    warned: bool,
}

/// See the module's documentation.
#[derive(Default)]
pub struct EgoJson {
    settings: Mutex<Settings>,
    run: Mutex<Option<Run>>,
}

/// What is posted once the locks are free.
#[derive(Default)]
struct Posts {
    message: Option<gst::Structure>,
    warning: Option<String>,
}

#[glib::object_subclass]
impl ObjectSubclass for EgoJson {
    const NAME: &'static str = "GstEgoJson";
    type Type = super::EgoJson;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EgoJson {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("location")
                    .nick("Location")
                    .blurb("File for the JSON lines, replaced unless append is set; none: only messages")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecString::builder("stream")
                    .nick("Stream")
                    .blurb("Name of the stream in every line; none: the name of the file without its ending")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("post-messages")
                    .nick("Post messages")
                    .blurb("Post every line on the bus as an element message ego-frame; unless set, true exactly when there is no location")
                    .default_value(true)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("append")
                    .nick("Append")
                    .blurb("Continue the file instead of replacing it")
                    .default_value(DEFAULT_APPEND)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("trace")
                    .nick("Trace")
                    .blurb("Also write how long each stage worked on a frame (trace_ns); two runs then differ in their bytes")
                    .default_value(DEFAULT_TRACE)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                    .nick("Statistics")
                    .blurb("frames (written), dropped (lost before they came here), errors (frames with unreadable results), all uint64")
                    .read_only()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = lock(&self.settings);
        match pspec.name() {
            "location" => settings.location = text(value),
            "stream" => settings.stream = text(value),
            "post-messages" => settings.post_messages = value.get().ok(),
            "trace" => settings.trace = value.get().unwrap_or(DEFAULT_TRACE),
            "append" => settings.append = value.get().unwrap_or(DEFAULT_APPEND),
            name => gst::error!(CAT, imp = self, "no property {name} to set"),
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = lock(&self.settings).clone();
        match pspec.name() {
            "location" => settings.location.to_value(),
            "stream" => settings.stream.to_value(),
            "post-messages" => settings.post_messages().to_value(),
            "append" => settings.append.to_value(),
            "trace" => settings.trace.to_value(),
            "stats" => self.stats().to_value(),
            name => {
                gst::error!(CAT, imp = self, "no property {name} to get");
                pspec.default_value().clone()
            }
        }
    }
}

impl GstObjectImpl for EgoJson {}

impl ElementImpl for EgoJson {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Results as JSON lines",
                "Filter/Analyzer/Video",
                "Writes the hands, objects and actions on every buffer as one JSON line, to a file or to the bus",
                "egostream",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst::Caps::builder("video/x-raw").any_features().build();
            [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                .into_iter()
                .filter_map(|(name, direction)| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok())
                .collect()
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for EgoJson {
    const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let open = if settings.append { JsonLinesWriter::append } else { JsonLinesWriter::create };
        let writer = settings.location.as_deref().map(|location| open(Path::new(location))).transpose();
        let writer = writer.map_err(|e| gst::error_msg!(gst::ResourceError::OpenWrite, ("{e}")))?;
        *lock(&self.run) = Some(Run {
            writer,
            post_messages: settings.post_messages(),
            trace: settings.trace,
            stream: settings.stream(),
            size: None,
            count: Count::default(),
            ended: false,
            broken: false,
            warned: false,
        });
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        if let Some(run) = lock(&self.run).take()
            && let Some(writer) = run.writer
            && !run.ended
        {
            gst::info!(CAT, imp = self, "stopped before the end of the stream: {} has no last line", writer.path().display());
        }
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let side = |name| incaps.structure(0).and_then(|s| s.get::<i32>(name).ok()).and_then(|v| u32::try_from(v).ok());
        let size = side("width").zip(side("height"));
        if size.is_none() {
            return Err(gst::loggable_error!(CAT, "caps without width and height: {incaps}"));
        }
        if let Some(run) = lock(&self.run).as_mut() {
            run.size = size;
        }
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Eos(_) => self.end(),
            gst::EventView::FlushStop(_) | gst::EventView::Segment(_) | gst::EventView::StreamStart(_) => {
                if let Some(run) = lock(&self.run).as_mut() {
                    run.count.discontinuity();
                }
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let pts_ns = self.stream_time(buffer).map(gst::ClockTime::nseconds);
        let result = match lock(&self.run).as_mut() {
            Some(run) => run.frame(buffer, pts_ns),
            None => return Err(gst::FlowError::Flushing),
        };
        let posts = result.map_err(|e| self.fail(&e))?;
        self.post(posts);
        Ok(gst::FlowSuccess::Ok)
    }
}

impl EgoJson {
    fn stats(&self) -> gst::Structure {
        let run = lock(&self.run);
        let [frames, dropped, errors] = run.as_ref().map_or([0; 3], |run| [run.count.frames, run.count.dropped, run.count.errors]);
        gst::Structure::builder("stats").field("frames", frames).field("dropped", dropped).field("errors", errors).build()
    }

    /// The position of a frame in its recording. A buffer's own time stamp need not begin at zero (files with B-frames, streams).
    fn stream_time(&self, buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
        let pts = buffer.pts()?;
        let segment = self.obj().segment();
        segment.downcast_ref::<gst::ClockTime>().and_then(|s| s.to_stream_time(pts)).or(Some(pts))
    }

    /// Writes the last line, unless the stream ends because of an error or a stop further down.
    fn end(&self) {
        let cut = !matches!(self.obj().src_pad().last_flow_result(), Ok(_) | Err(gst::FlowError::Eos));
        let result = match lock(&self.run).as_mut() {
            Some(run) if cut => {
                run.broken = true;
                Ok(Posts::default())
            }
            Some(run) => run.end(),
            None => return,
        };
        match result {
            Ok(posts) => self.post(posts),
            // The flow return is for the next buffer, and there is none.
            Err(e) => _ = self.fail(&e),
        }
    }

    fn post(&self, posts: Posts) {
        if let Some(warning) = posts.warning {
            gst::element_imp_warning!(self, gst::StreamError::Format, ("{warning}"));
        }
        if let Some(structure) = posts.message {
            let message = gst::message::Element::builder(structure).src(&*self.obj()).build();
            if self.obj().post_message(message).is_err() {
                gst::debug!(CAT, imp = self, "nobody listens to the bus");
            }
        }
    }

    fn fail(&self, error: &OutputError) -> gst::FlowError {
        let kind = match error {
            OutputError::Io { source, .. } => source.kind(),
            OutputError::Json { .. } | OutputError::Layout { .. } => io::ErrorKind::InvalidData,
        };
        if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            gst::element_imp_error!(self, gst::ResourceError::NoSpaceLeft, ("{error}"));
        } else {
            gst::element_imp_error!(self, gst::ResourceError::Write, ("{error}"));
        }
        gst::FlowError::Error
    }
}

impl Run {
    fn frame(&mut self, buffer: &gst::BufferRef, pts_ns: Option<u64>) -> Result<Posts, OutputError> {
        let (width, height) = self.size.unwrap_or_default();
        let mut record = FrameRecord::new(self.stream.as_str(), 0, pts_ns, width, height);
        let mut posts = Posts::default();
        let found = collect(buffer, &mut record, self.trace);
        if let Some((stream_time, pts)) = pts_ns.zip(buffer.pts()) {
            record.shift_action_times(stream_time as i64 - pts.nseconds() as i64);
        }
        record.frame = self.count.frame(found.exact);
        self.count.errors += u64::from(found.damaged.is_some());
        if let Some(e) = found.damaged
            && !std::mem::replace(&mut self.warned, true)
        {
            posts.warning = Some(e.to_string());
        }
        self.ended = false;
        if let Some(writer) = &mut self.writer {
            writer.frame(&record).inspect_err(|_| self.broken = true)?;
        }
        if self.post_messages {
            posts.message = Some(self.message("ego-frame", record.frame, record.to_json()));
        }
        Ok(posts)
    }

    fn end(&mut self) -> Result<Posts, OutputError> {
        let mut posts = Posts::default();
        if self.broken || std::mem::replace(&mut self.ended, true) {
            return Ok(posts);
        }
        let end = EndRecord { frames: self.count.frames, dropped: self.count.dropped, errors: self.count.errors, ..EndRecord::default() };
        if let Some(writer) = &mut self.writer {
            writer.end(&end)?;
        }
        if self.post_messages {
            posts.message = Some(self.message("ego-end", end.frames, end.to_json()));
        }
        Ok(posts)
    }

    fn message(&self, name: &str, frame: u64, json: String) -> gst::Structure {
        gst::Structure::builder(name).field("json", json).field("stream", self.stream.as_str()).field("frame", frame).build()
    }
}

/// The data of a lock, also after a panic elsewhere: it is plain and always whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
