//! The stages of a running graph: what they say about themselves, and the values that may change while they run.

use gst::glib;
use gst::prelude::*;

use crate::error::{GraphError, Result};
use crate::properties;
use crate::stats::{StageStats, stage_stats};

/// A handle on the analysis elements of one graph; it does not keep the graph running.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    elements: Vec<(String, gst::Element)>,
}

/// A value of a stage that may change while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjustable {
    /// Stage as named in the settings.
    pub stage: String,
    /// The element's property.
    pub key: String,
    /// Its short name for people.
    pub name: String,
    /// What it does, in a sentence.
    pub blurb: String,
    /// Its value and what it can be.
    pub value: AdjustableValue,
}

/// Value and range of an [`Adjustable`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AdjustableValue {
    /// On or off.
    Switch {
        /// Now.
        now: bool,
        /// Unless it is changed.
        default: bool,
    },
    /// A number in a range that is narrow enough for a slider.
    Number {
        /// Now.
        now: f64,
        /// Unless it is changed.
        default: f64,
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Only whole numbers.
        whole: bool,
    },
}

/// Ranges that are wider are not for a slider: time limits in nanoseconds, frame counts without end.
const WIDEST: f64 = 1000.0;

impl Stages {
    pub(crate) fn new(elements: Vec<(String, gst::Element)>) -> Stages {
        Stages { elements }
    }

    /// Names of the stages, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(name, _)| name.as_str())
    }

    /// The stage that an object is, or is part of.
    pub(crate) fn owner(&self, object: &gst::Object) -> Option<&str> {
        let is_in = |element: &gst::Element| object == element.upcast_ref::<gst::Object>() || object.has_as_ancestor(element);
        self.elements.iter().find(|(_, element)| is_in(element)).map(|(name, _)| name.as_str())
    }

    /// What each stage says about itself.
    pub fn stats(&self) -> Vec<StageStats> {
        self.elements.iter().map(|(name, element)| stage_stats(name, element)).collect()
    }

    /// Switches and numbers that may change while the graph runs, in the order of stages and properties.
    pub fn adjustable(&self) -> Vec<Adjustable> {
        let mut found = Vec::new();
        for (stage, element) in &self.elements {
            for spec in properties::settable(element) {
                if spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING)
                    && let Some(value) = adjustable(element, &spec)
                {
                    let blurb = spec.blurb().map(str::to_owned).unwrap_or_default();
                    found.push(Adjustable { stage: stage.clone(), key: spec.name().into(), name: spec.nick().into(), blurb, value });
                }
            }
        }
        found
    }

    /// Sets a property of a stage while it runs; `value` is written as on the command line.
    ///
    /// # Errors
    /// When there is no such stage or property, it cannot change while running, or the value does not fit.
    pub fn set(&self, stage: &str, key: &str, value: &str) -> Result<()> {
        let wrong = |expected: String| GraphError::BadValue {
            key: format!("{stage}.{key}"),
            expected,
            found: value.to_owned(),
            origin: "while running".to_owned(),
        };
        let element = self.elements.iter().find(|(name, _)| name == stage).map(|(_, element)| element);
        let spec = element.and_then(|e| e.find_property(key));
        let (Some(element), Some(spec)) = (element, spec) else { return Err(wrong("a property of a stage that runs".into())) };
        if !spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING) {
            return Err(wrong("left alone until the next start".into()));
        }
        let text = toml::Value::String(value.to_owned());
        element.set_property_from_value(key, &properties::to_property(&spec, &text, true).map_err(wrong)?);
        Ok(())
    }
}

fn adjustable(element: &gst::Element, spec: &glib::ParamSpec) -> Option<AdjustableValue> {
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecBoolean>() {
        return Some(AdjustableValue::Switch { now: element.property(spec.name()), default: s.default_value() });
    }
    let number = |now: f64, default: f64, min: f64, max: f64, whole: bool| {
        (max - min <= WIDEST).then_some(AdjustableValue::Number { now, default, min, max, whole })
    };
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecFloat>() {
        let now = element.property::<f32>(spec.name());
        return number(now.into(), s.default_value().into(), s.minimum().into(), s.maximum().into(), false);
    }
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecDouble>() {
        return number(element.property(spec.name()), s.default_value(), s.minimum(), s.maximum(), false);
    }
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        let now = element.property::<u32>(spec.name());
        return number(now.into(), s.default_value().into(), s.minimum().into(), s.maximum().into(), true);
    }
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecInt>() {
        let now = element.property::<i32>(spec.name());
        return number(now.into(), s.default_value().into(), s.minimum().into(), s.maximum().into(), true);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_while_running_and_wrong_ones_are_refused_by_name() {
        gst::init().expect("GStreamer");
        let element = properties::make("videobalance").expect("is part of the base plug-ins");
        let stages = Stages::new(vec![("look".into(), element.clone())]);
        let brightness = |s: &Stages| s.adjustable().into_iter().find(|a| a.key == "brightness");
        // videobalance says neither that its values may change nor that they may not.
        assert_eq!(brightness(&stages), None);
        assert!(stages.set("look", "nothing", "1").expect_err("refused").to_string().contains("look.nothing"));
        assert!(stages.set("none", "brightness", "1").is_err());
        assert!(stages.set("look", "brightness", "0.5").expect_err("refused").to_string().contains("next start"));

        let element = properties::make("identity").expect("is part of GStreamer");
        let stages = Stages::new(vec![("identity".into(), element)]);
        assert!(stages.names().eq(["identity"]));
    }
}
