//! The keys that belong to the program, not to an element: `[live]`, `[annotate]`, `[record]`.

/// Type and range of one such key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A whole number in a range.
    Whole(i64, i64),
    /// A number in a range.
    Number(f64, f64),
    /// One of a few words.
    Word(&'static [&'static str]),
}

/// A default value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Default {
    Whole(i64),
    Number(f64),
    Word(&'static str),
}

/// One key of the program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProgramKey {
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: Default,
}

/// Presets of x264, fastest first.
const SPEEDS: &[&str] = &["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"];

const fn whole(table: &'static str, key: &'static str, default: i64, low: i64, high: i64) -> ProgramKey {
    ProgramKey { table, key, kind: Kind::Whole(low, high), default: Default::Whole(default) }
}

const fn number(table: &'static str, key: &'static str, default: f64, low: f64, high: f64) -> ProgramKey {
    ProgramKey { table, key, kind: Kind::Number(low, high), default: Default::Number(default) }
}

/// Every key of the program.
pub(crate) const PROGRAM_KEYS: &[ProgramKey] = &[
    // Frames that wait in front of the analysis before the oldest is dropped. Three ride out one slow frame at 30 per second.
    whole("live", "queue-frames", 3, 1, 60),
    // Size and rate that are asked of a camera or the test pattern; 0 leaves the choice to the camera.
    whole("live", "width", 0, 0, 16_384),
    whole("live", "height", 0, 0, 16_384),
    number("live", "fps", 0.0, 0.0, 1000.0),
    // Jitter buffer of an RTSP source.
    whole("live", "latency-ms", 200, 0, 10_000),
    // A source that is silent for so long counts as lost.
    number("live", "silence-s", 10.0, 0.1, 3600.0),
    // Waiting time before the first and before every later attempt to reconnect; doubles in between.
    number("live", "retry-first-s", 0.5, 0.01, 3600.0),
    number("live", "retry-most-s", 10.0, 0.01, 3600.0),
    // Quantiser of x264: 0 lossless, 51 worst.
    whole("annotate", "quantizer", 21, 0, 51),
    ProgramKey { table: "annotate", key: "speed", kind: Kind::Word(SPEEDS), default: Default::Word("veryfast") },
    whole("record", "quantizer", 21, 0, 51),
    // Frames that wait for the recorder before the oldest is dropped.
    whole("record", "queue-frames", 30, 1, 600),
];

impl ProgramKey {
    /// The key `table.key`, if the program has it.
    pub(crate) fn find(table: &str, key: &str) -> Option<&'static ProgramKey> {
        PROGRAM_KEYS.iter().find(|k| k.table == table && k.key == key)
    }

    pub(crate) fn default_value(&self) -> toml::Value {
        match self.default {
            Default::Whole(v) => toml::Value::Integer(v),
            Default::Number(v) => toml::Value::Float(v),
            Default::Word(v) => toml::Value::String(v.to_owned()),
        }
    }

    /// The value in the key's own type, or a description of what it should be.
    pub(crate) fn accept(&self, value: &toml::Value) -> Result<toml::Value, String> {
        let accepted = match (self.kind, value) {
            (Kind::Whole(low, high), toml::Value::Integer(v)) if (low..=high).contains(v) => Some(value.clone()),
            (Kind::Number(low, high), toml::Value::Float(v)) if (low..=high).contains(v) => Some(value.clone()),
            (Kind::Number(low, high), toml::Value::Integer(v)) if (low..=high).contains(&(*v as f64)) => {
                Some(toml::Value::Float(*v as f64))
            }
            (Kind::Word(words), toml::Value::String(v)) if words.contains(&v.as_str()) => Some(value.clone()),
            _ => None,
        };
        accepted.ok_or_else(|| match self.kind {
            Kind::Whole(low, high) => format!("a whole number from {low} to {high}"),
            Kind::Number(low, high) => format!("a number from {low} to {high}"),
            Kind::Word(words) => format!("one of {}", words.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_accepted_by_its_own_key_and_no_key_is_listed_twice() {
        for (i, key) in PROGRAM_KEYS.iter().enumerate() {
            assert_eq!(key.accept(&key.default_value()), Ok(key.default_value()), "{}.{}", key.table, key.key);
            let first = PROGRAM_KEYS.iter().position(|k| (k.table, k.key) == (key.table, key.key));
            assert_eq!(first, Some(i), "{}.{} is listed twice", key.table, key.key);
        }
    }

    #[test]
    fn a_whole_number_serves_where_a_number_is_asked_for() {
        let key = ProgramKey::find("live", "silence-s").expect("is in the table");
        assert_eq!(key.accept(&toml::Value::Integer(3)), Ok(toml::Value::Float(3.0)));
        assert_eq!(key.accept(&toml::Value::Integer(0)), Err("a number from 0.1 to 3600".to_owned()));
    }
}
