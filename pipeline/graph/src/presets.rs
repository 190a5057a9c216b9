//! The presets of `configs/`, compiled in.

/// Name and text of every preset.
const PRESETS: [(&str, &str); 1] = [("hands-only", include_str!("../../../configs/hands-only.toml"))];

/// The preset that is used when none is named.
pub const DEFAULT_PRESET: &str = "hands-only";

/// Names of all presets.
pub fn preset_names() -> Vec<&'static str> {
    PRESETS.iter().map(|(name, _)| *name).collect()
}

/// Text of a preset.
pub(crate) fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
