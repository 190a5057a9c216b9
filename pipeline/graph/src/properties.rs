//! Settings meet the properties of elements: the element's own specifications are the only list of keys, types and ranges.

use gst::prelude::*;

use crate::error::{GraphError, Result};

/// Properties that every GStreamer object has; they are not settings.
const NOT_SETTINGS: [&str; 3] = ["name", "parent", "qos"];

/// The factory of a stage: `egohands` for `hands`; any other GStreamer filter by its own name.
pub(crate) fn stage_factory(stage: &str) -> Result<gst::ElementFactory> {
    let own = format!("ego{stage}");
    gst::ElementFactory::find(&own).or_else(|| gst::ElementFactory::find(stage)).ok_or(GraphError::NoElement { factory: own })
}

/// Makes an element; a missing factory is an error that names the package.
pub(crate) fn make(factory: &str) -> Result<gst::Element> {
    let found = gst::ElementFactory::find(factory).ok_or_else(|| GraphError::NoElement { factory: factory.to_owned() })?;
    found.create().build().map_err(|e| GraphError::Build(format!("cannot make a `{factory}` element: {e}")))
}

/// Makes the element of a stage, named like the stage.
pub(crate) fn make_stage(stage: &str) -> Result<gst::Element> {
    let factory = stage_factory(stage)?;
    factory.create().name(stage).build().map_err(|e| GraphError::Build(format!("cannot make stage `{stage}`: {e}")))
}

/// The properties of an element that can be set, in alphabetical order.
pub(crate) fn settable(element: &gst::Element) -> Vec<gst::glib::ParamSpec> {
    let mut specs: Vec<_> = element
        .list_properties()
        .iter()
        .filter(|p| p.flags().contains(gst::glib::ParamFlags::WRITABLE) && !NOT_SETTINGS.contains(&p.name()))
        .cloned()
        .collect();
    specs.sort_by(|a, b| a.name().cmp(b.name()));
    specs
}

/// The value of a setting in the type of a property, or a description of what it should be.
///
/// `from_text`: the setting came from the command line, where everything is text.
pub(crate) fn to_property(spec: &gst::glib::ParamSpec, setting: &toml::Value, from_text: bool) -> Result<gst::glib::Value, String> {
    let value = match setting {
        toml::Value::String(text) if spec.value_type() == gst::glib::Type::STRING => Some(text.to_value()),
        // Enumerations, fractions, caps and structures are written as text in files too; numbers and switches are not.
        toml::Value::String(text) if from_text || !is_plain(spec) => gst::glib::Value::deserialize_with_pspec(text, spec).ok(),
        toml::Value::Boolean(v) => v.to_value().transform_with_type(spec.value_type()).ok().filter(|_| is_switch(spec)),
        toml::Value::Integer(v) if is_plain(spec) && !is_switch(spec) => whole(spec, *v),
        toml::Value::Float(v) if is_fractional(spec) => v.to_value().transform_with_type(spec.value_type()).ok(),
        _ => None,
    };
    value.filter(|v| is_in_range(spec, v)).ok_or_else(|| expected(spec))
}

/// Whether a value of the property's type is one that GObject would not silently clamp.
fn is_in_range(spec: &gst::glib::ParamSpec, value: &gst::glib::Value) -> bool {
    use gst::glib;
    macro_rules! range {
        ($($spec:ty => $number:ty),* $(,)?) => {
            $(if let (Some(s), Ok(v)) = (spec.downcast_ref::<$spec>(), value.get::<$number>()) {
                return (s.minimum()..=s.maximum()).contains(&v);
            })*
        };
    }
    range!(
        glib::ParamSpecInt => i32,
        glib::ParamSpecUInt => u32,
        glib::ParamSpecInt64 => i64,
        glib::ParamSpecUInt64 => u64,
        glib::ParamSpecFloat => f32,
        glib::ParamSpecDouble => f64,
    );
    // Switches, texts and enumerations have no range beside their type.
    true
}

fn is_switch(spec: &gst::glib::ParamSpec) -> bool {
    spec.value_type() == gst::glib::Type::BOOL
}

fn is_fractional(spec: &gst::glib::ParamSpec) -> bool {
    [gst::glib::Type::F32, gst::glib::Type::F64].contains(&spec.value_type())
}

fn is_plain(spec: &gst::glib::ParamSpec) -> bool {
    use gst::glib::Type;
    [Type::BOOL, Type::I32, Type::U32, Type::I64, Type::U64, Type::I_LONG, Type::U_LONG, Type::I8, Type::U8, Type::F32, Type::F64]
        .contains(&spec.value_type())
}

/// A whole number in the property's type; `None` when it does not fit, where a GValue transform would wrap around.
fn whole(spec: &gst::glib::ParamSpec, v: i64) -> Option<gst::glib::Value> {
    use gst::glib::Type;
    let value = match spec.value_type() {
        Type::I32 => i32::try_from(v).ok()?.to_value(),
        Type::U32 => u32::try_from(v).ok()?.to_value(),
        Type::I64 => v.to_value(),
        Type::U64 => u64::try_from(v).ok()?.to_value(),
        Type::I8 => i8::try_from(v).ok()?.to_value(),
        Type::U8 => u8::try_from(v).ok()?.to_value(),
        Type::F32 => (v as f32).to_value(),
        Type::F64 => (v as f64).to_value(),
        other => v.to_value().transform_with_type(other).ok()?,
    };
    Some(value)
}

/// Type and range of a property in words.
pub(crate) fn expected(spec: &gst::glib::ParamSpec) -> String {
    use gst::glib;
    macro_rules! range {
        ($($spec:ty => $what:literal),* $(,)?) => {
            $(if let Some(s) = spec.downcast_ref::<$spec>() {
                return format!(concat!($what, " from {} to {}"), s.minimum(), s.maximum());
            })*
        };
    }
    range!(
        glib::ParamSpecInt => "a whole number",
        glib::ParamSpecUInt => "a whole number",
        glib::ParamSpecInt64 => "a whole number",
        glib::ParamSpecUInt64 => "a whole number",
        glib::ParamSpecLong => "a whole number",
        glib::ParamSpecULong => "a whole number",
    );
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecFloat>() {
        return number_range(f64::from(s.minimum()), f64::from(s.maximum()), f64::from(f32::MAX));
    }
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecDouble>() {
        return number_range(s.minimum(), s.maximum(), f64::MAX);
    }
    if let Some(s) = spec.downcast_ref::<glib::ParamSpecEnum>() {
        let words: Vec<_> = s.enum_class().values().iter().map(|v| v.nick().to_owned()).collect();
        return format!("one of {}", words.join(", "));
    }
    if is_switch(spec) {
        return "true or false".to_owned();
    }
    if spec.value_type() == gst::glib::Type::STRING {
        return "a text in quotes".to_owned();
    }
    format!("a {}", spec.value_type().name())
}

fn number_range(low: f64, high: f64, most: f64) -> String {
    match (low > -most, high < most) {
        (true, true) => format!("a number from {low} to {high}"),
        (true, false) => format!("a number of at least {low}"),
        (false, true) => format!("a number of at most {high}"),
        (false, false) => "a number".to_owned(),
    }
}

/// A property value as it would be written in a settings file.
pub(crate) fn to_setting(value: &gst::glib::Value) -> toml::Value {
    if let Ok(v) = value.get::<bool>() {
        return toml::Value::Boolean(v);
    }
    if let Ok(v) = value.get::<Option<String>>() {
        return toml::Value::String(v.unwrap_or_default());
    }
    if let Ok(v) = value.get::<f32>() {
        // Through text, so that 0.1 stays 0.1.
        return toml::Value::Float(v.to_string().parse().unwrap_or(f64::from(v)));
    }
    if let Ok(v) = value.get::<f64>() {
        return toml::Value::Float(v);
    }
    if value.type_().is_a(gst::glib::Type::ENUM)
        && let Some((_, v)) = gst::glib::EnumValue::from_value(value)
    {
        return toml::Value::String(v.nick().to_owned());
    }
    if value.type_().is_a(gst::glib::Type::FLAGS) {
        return toml::Value::String(value.serialize().map(|s| s.to_string()).unwrap_or_default());
    }
    if let Ok(v) = value.transform::<i64>().and_then(|v| v.get::<i64>().map_err(|_| gst::glib::bool_error!("not a number"))) {
        return toml::Value::Integer(v);
    }
    toml::Value::String(value.serialize().map(|s| s.to_string()).unwrap_or_default())
}
