//! The properties that every analysis element has.

use std::sync::LazyLock;

use gst::glib;
use gst::prelude::*;

use super::mode::Mode;
use crate::values::take;

const DEFAULT_DEVICE: &str = "auto";
const DEFAULT_INTERVAL: u32 = 1;
const DEFAULT_MAX_AGE_NS: u64 = 500_000_000;
const DEFAULT_THREADS: u32 = 1;
const DEFAULT_LATENCY_NS: i64 = -1;
const DEFAULT_QUEUE_DEPTH: u32 = 2;

/// Values of the writable properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `None`: the default of the element.
    pub(crate) model: Option<String>,
    pub(crate) device: String,
    pub(crate) threads: u32,
    pub(crate) tuning: Tuning,
}

/// Values that may change at any moment; looked at for every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tuning {
    pub(crate) mode: Mode,
    pub(crate) interval: u32,
    pub(crate) max_age_ns: u64,
    /// -1: as measured.
    pub(crate) latency_ns: i64,
    pub(crate) queue_depth: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            model: None,
            device: DEFAULT_DEVICE.to_owned(),
            threads: DEFAULT_THREADS,
            tuning: Tuning {
                mode: Mode::default(),
                interval: DEFAULT_INTERVAL,
                max_age_ns: DEFAULT_MAX_AGE_NS,
                latency_ns: DEFAULT_LATENCY_NS,
                queue_depth: DEFAULT_QUEUE_DEPTH,
            },
        }
    }
}

/// Specifications of all common properties, read-only ones included.
pub(crate) fn specs() -> &'static [glib::ParamSpec] {
    static SPECS: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        vec![
            glib::ParamSpecString::builder("model")
                .nick("Model")
                .blurb("Name of an imported model, or path of a manifest (.toml); unset = the element's own default")
                .mutable_ready()
                .build(),
            glib::ParamSpecString::builder("device")
                .nick("Device")
                .blurb(
                    "Where the model runs: auto (a card if ONNX Runtime was built for one), gpu, cpu, cuda, tensorrt, openvino; auto and gpu \
                     fall back to cpu with a warning, the others fail",
                )
                .default_value(DEFAULT_DEVICE)
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("mode", Mode::default())
                .nick("Mode")
                .blurb("Whether frames wait for their results")
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("interval")
                .nick("Interval")
                .blurb("Analyse every Nth frame; those between carry the last result with its age, up to max-age")
                .minimum(1)
                .default_value(DEFAULT_INTERVAL)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt64::builder("max-age")
                .nick("Maximum age")
                .blurb("Do not attach results of frames that lie further back than this (ns); 18446744073709551615 = no limit")
                .default_value(DEFAULT_MAX_AGE_NS)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("threads")
                .nick("Threads")
                .blurb("Processor threads that one analysis may use")
                .minimum(1)
                .maximum(256)
                .default_value(DEFAULT_THREADS)
                .mutable_ready()
                .build(),
            glib::ParamSpecInt64::builder("latency")
                .nick("Latency")
                .blurb("Time by which analysis delays a live stream in modes sync and pipelined (ns); -1 = as measured")
                .minimum(-1)
                .default_value(DEFAULT_LATENCY_NS)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("queue-depth")
                .nick("Queue depth")
                .blurb("Frames under way behind the one that comes out, in mode pipelined")
                .minimum(1)
                .maximum(64)
                .default_value(DEFAULT_QUEUE_DEPTH)
                .mutable_playing()
                .build(),
            glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb("Counts of frames, analyses and errors, and latency and age (ns), since the element started")
                .read_only()
                .build(),
            glib::ParamSpecString::builder("provider")
                .nick("Provider")
                .blurb("What the model runs on; unset while the element is stopped")
                .read_only()
                .build(),
        ]
    });
    &SPECS
}

impl Settings {
    /// Takes the value of a writable property.
    pub(crate) fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "model" => {
                take(&mut self.model, value);
                self.model = self.model.take().filter(|m| !m.is_empty());
            }
            "device" => self.device = value.get::<Option<String>>().ok().flatten().unwrap_or_else(|| DEFAULT_DEVICE.to_owned()),
            "mode" => take(&mut self.tuning.mode, value),
            "interval" => take(&mut self.tuning.interval, value),
            "max-age" => take(&mut self.tuning.max_age_ns, value),
            "threads" => take(&mut self.threads, value),
            "latency" => take(&mut self.tuning.latency_ns, value),
            "queue-depth" => take(&mut self.tuning.queue_depth, value),
            _ => {}
        }
    }

    /// The value of a writable property.
    pub(crate) fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "model" => self.model.to_value(),
            "device" => self.device.to_value(),
            "mode" => self.tuning.mode.to_value(),
            "interval" => self.tuning.interval.to_value(),
            "max-age" => self.tuning.max_age_ns.to_value(),
            "threads" => self.threads.to_value(),
            "latency" => self.tuning.latency_ns.to_value(),
            "queue-depth" => self.tuning.queue_depth.to_value(),
            _ => return None,
        })
    }

    /// Whether a change of this property changes the answer to a LATENCY query.
    pub(crate) fn affects_latency(name: &str) -> bool {
        matches!(name, "mode" | "latency" | "queue-depth")
    }
}
