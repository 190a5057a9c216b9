//! The properties of `egoaction` and the rules that they make.

use ego_core::action::Head;
use ego_core::action::decide::DecisionRules;
use ego_models::action::ActionSpec;
use gst::glib;
use gst::prelude::*;

use super::Input;
use crate::values::{take, text};

const SECOND_NS: u64 = 1_000_000_000;

/// Values of all properties but those of the base class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) input: Input,
    /// Names or paths, separated by commas.
    pub(super) fast_model: Option<String>,
    pub(super) stride_ns: u64,
    pub(super) smoothing_ns: u64,
    pub(super) min_duration_ns: u64,
    pub(super) fast_smoothing_ns: u64,
    pub(super) fast_min_duration_ns: u64,
    /// Negative: as the model's manifest says.
    pub(super) enter: f32,
    pub(super) leave: f32,
    /// Negative: as the model's manifest says.
    pub(super) unknown: f32,
    pub(super) top: u32,
}

/// Probability at which a label begins of a model whose manifest names none.
const USUAL_ENTER: f32 = 0.5;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            input: Input::default(),
            fast_model: None,
            stride_ns: SECOND_NS / 10,
            smoothing_ns: SECOND_NS / 10,
            min_duration_ns: SECOND_NS / 10,
            fast_smoothing_ns: SECOND_NS / 10,
            fast_min_duration_ns: SECOND_NS / 10,
            enter: -1.0,
            leave: 0.3,
            unknown: -1.0,
            top: 5,
        }
    }
}

impl Settings {
    pub(super) fn specifications() -> Vec<glib::ParamSpec> {
        let default = Settings::default();
        let time = |name: &'static str, nick: &'static str, blurb: &'static str, default: u64| {
            glib::ParamSpecUInt64::builder(name).nick(nick).blurb(blurb).default_value(default).mutable_playing().build()
        };
        let score = |name: &'static str, nick: &'static str, blurb: &'static str, least: f32, default: f32| {
            let spec = glib::ParamSpecFloat::builder(name).nick(nick).blurb(blurb);
            spec.minimum(least).maximum(1.0).default_value(default).mutable_playing().build()
        };
        vec![
            glib::ParamSpecEnum::builder_with_default("input", default.input)
                .nick("Input")
                .blurb("What is looked at: results of other elements, or the truth of egotestsrc")
                .mutable_ready()
                .build(),
            glib::ParamSpecString::builder("fast-model")
                .nick("Fast model")
                .blurb("Classifiers of short movements and gestures beside the model, by name or path, separated by commas")
                .mutable_ready()
                .build(),
            time("stride", "Stride", "Time between two windows that are classified (ns); 0 = every frame", default.stride_ns),
            time("smoothing", "Smoothing", "Time constant of the probabilities' smoothing (ns); 0 = none", default.smoothing_ns),
            time("min-duration", "Minimum duration", "A label is told once it has held so long (ns)", default.min_duration_ns),
            time("fast-smoothing", "Fast smoothing", "The same as smoothing for fast models (ns)", default.fast_smoothing_ns),
            time(
                "fast-min-duration",
                "Fast minimum duration",
                "The same as min-duration for fast models (ns)",
                default.fast_min_duration_ns,
            ),
            score(
                "enter",
                "Enter",
                "Smoothed probability at which a label is held, 0 to 1; -1 = as the model's manifest says, else 0.5",
                -1.0,
                default.enter,
            ),
            score(
                "leave",
                "Leave",
                "Smoothed probability above which a label has begun, and below which it ends, 0 to 1",
                0.0,
                default.leave,
            ),
            score(
                "unknown",
                "Unknown",
                "Uncertainty from which on nothing is known, 0 to 1; -1 = as the model's manifest says",
                -1.0,
                default.unknown,
            ),
            glib::ParamSpecUInt::builder("top")
                .nick("Top")
                .blurb("Classes that a result lists")
                .minimum(1)
                .maximum(1000)
                .default_value(default.top)
                .mutable_playing()
                .build(),
        ]
    }

    pub(super) fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "input" => take(&mut self.input, value),
            "fast-model" => self.fast_model = text(value),
            "stride" => take(&mut self.stride_ns, value),
            "smoothing" => take(&mut self.smoothing_ns, value),
            "min-duration" => take(&mut self.min_duration_ns, value),
            "fast-smoothing" => take(&mut self.fast_smoothing_ns, value),
            "fast-min-duration" => take(&mut self.fast_min_duration_ns, value),
            "enter" => take(&mut self.enter, value),
            "leave" => take(&mut self.leave, value),
            "unknown" => take(&mut self.unknown, value),
            "top" => take(&mut self.top, value),
            _ => {}
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "input" => self.input.to_value(),
            "fast-model" => self.fast_model.to_value(),
            "stride" => self.stride_ns.to_value(),
            "smoothing" => self.smoothing_ns.to_value(),
            "min-duration" => self.min_duration_ns.to_value(),
            "fast-smoothing" => self.fast_smoothing_ns.to_value(),
            "fast-min-duration" => self.fast_min_duration_ns.to_value(),
            "enter" => self.enter.to_value(),
            "leave" => self.leave.to_value(),
            "unknown" => self.unknown.to_value(),
            "top" => self.top.to_value(),
            _ => return None,
        })
    }

    /// Names of the fast models.
    pub(super) fn fast_models(&self) -> impl Iterator<Item = &str> {
        self.fast_model.iter().flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty())
    }

    /// The rules for a classifier.
    pub(super) fn rules(&self, spec: &ActionSpec) -> DecisionRules {
        let (smoothing_ns, min_duration_ns) = match spec.head {
            Head::Slow => (self.smoothing_ns, self.min_duration_ns),
            Head::Fast | Head::Gesture => (self.fast_smoothing_ns, self.fast_min_duration_ns),
        };
        let enter = if self.enter >= 0.0 { self.enter } else { spec.enter.unwrap_or(USUAL_ENTER) };
        DecisionRules {
            smoothing_s: smoothing_ns as f64 / 1e9,
            enter,
            leave: self.leave.min(enter),
            min_duration_s: min_duration_ns as f64 / 1e9,
            nothing: spec.nothing,
            unknown: if self.unknown >= 0.0 { self.unknown } else { spec.unknown.unwrap_or(f32::INFINITY) },
            delay_s: spec.window.delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_set_and_read_and_its_default_is_the_default() {
        let mut settings = Settings::default();
        for spec in Settings::specifications() {
            let value = settings.get(spec.name()).unwrap_or_else(|| panic!("{} cannot be read", spec.name()));
            assert_eq!(value.type_(), spec.value_type(), "{}", spec.name());
            settings.set(spec.name(), spec.default_value());
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn fast_heads_have_rules_of_their_own_and_the_property_overrules_the_manifest() {
        let text = include_str!("../../../models/tests/data/tiny-action.toml");
        let manifest = ego_models::manifest::Manifest::parse(text, std::path::Path::new("tiny-action.toml")).expect("a manifest");
        let slow = ActionSpec::of(&manifest).expect("an action model");
        let fast = ActionSpec { head: Head::Fast, unknown: None, ..slow.clone() };
        let mut settings = Settings { fast_smoothing_ns: 7_000_000, ..Settings::default() };
        assert_eq!((settings.rules(&fast).smoothing_s, settings.rules(&slow).smoothing_s), (0.007, 0.1));
        assert_eq!((settings.rules(&slow).unknown, settings.rules(&fast).unknown), (0.9, f32::INFINITY));
        let sure = ActionSpec { enter: Some(0.75), ..slow.clone() };
        assert_eq!((settings.rules(&slow).enter, settings.rules(&sure).enter), (0.5, 0.75));
        (settings.unknown, settings.enter) = (0.4, 0.2);
        let rules = settings.rules(&sure);
        assert_eq!((rules.unknown, rules.enter, rules.leave), (0.4, 0.2, 0.2), "no label ends later than it began");
        settings.fast_model = Some("a, b,".into());
        assert_eq!(settings.fast_models().collect::<Vec<_>>(), ["a", "b"]);
    }
}
