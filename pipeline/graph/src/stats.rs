//! What analysis elements say about themselves in their read-only property `stats`.

use gst::prelude::*;

/// One number or word of a stage's statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum Stat {
    /// A count, or nanoseconds.
    Whole(i64),
    /// A measure.
    Number(f64),
    /// A name, such as the provider in use.
    Text(String),
}

/// Statistics of one stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageStats {
    /// Stage as named in the settings.
    pub stage: String,
    /// The element's factory.
    pub element: String,
    /// Value of its property `model`, if it has one.
    pub model: Option<String>,
    /// What it runs on, as its property `provider` says: `cpu`, `cuda` ...
    pub provider: Option<String>,
    /// Fields of its property `stats`, in the element's order.
    pub values: Vec<(String, Stat)>,
}

/// Reads the statistics of a stage; empty for elements that have none.
pub(crate) fn stage_stats(stage: &str, element: &gst::Element) -> StageStats {
    let has = |name: &str, readable_as: gst::glib::Type| {
        element.find_property(name).is_some_and(|p| p.flags().contains(gst::glib::ParamFlags::READABLE) && p.value_type() == readable_as)
    };
    let model = has("model", gst::glib::Type::STRING).then(|| element.property::<Option<String>>("model")).flatten();
    let provider = has("provider", gst::glib::Type::STRING).then(|| element.property::<Option<String>>("provider")).flatten();
    let stats = has("stats", gst::Structure::static_type()).then(|| element.property::<Option<gst::Structure>>("stats")).flatten();
    let values = stats.map(|s| s.iter().filter_map(|(key, value)| Some((key.to_string(), stat(value)?))).collect()).unwrap_or_default();
    let element = element.factory().map(|f| f.name().to_string()).unwrap_or_default();
    StageStats { stage: stage.to_owned(), element, model, provider, values }
}

fn stat(value: &gst::glib::SendValue) -> Option<Stat> {
    use gst::glib::Type;
    match value.type_() {
        Type::STRING => value.get::<Option<String>>().ok().flatten().map(Stat::Text),
        Type::F32 | Type::F64 => value.transform::<f64>().ok()?.get().ok().map(Stat::Number),
        Type::BOOL => value.get::<bool>().ok().map(|b| Stat::Whole(i64::from(b))),
        Type::U64 => value.get::<u64>().ok().and_then(|v| i64::try_from(v).ok()).map(Stat::Whole),
        _ => value.transform::<i64>().ok()?.get().ok().map(Stat::Whole),
    }
}
