//! The presets of `configs/`, compiled in.

/// Name and text of every preset.
const PRESETS: [(&str, &str); 7] = [
    ("live-cpu", include_str!("../../../configs/live-cpu.toml")),
    ("live-gpu", include_str!("../../../configs/live-gpu.toml")),
    ("batch", include_str!("../../../configs/batch.toml")),
    ("paper", include_str!("../../../configs/paper.toml")),
    ("synthetic", include_str!("../../../configs/synthetic.toml")),
    ("hands-only", include_str!("../../../configs/hands-only.toml")),
    ("gestures", include_str!("../../../configs/gestures.toml")),
];

/// The preset for files that is used when none is named.
pub const DEFAULT_PRESET: &str = "batch";
/// The preset for live sources that is used when none is named.
pub const LIVE_PRESET: &str = "live-cpu";

/// Names of all presets.
pub fn preset_names() -> Vec<&'static str> {
    PRESETS.iter().map(|(name, _)| *name).collect()
}

/// Text of a preset.
pub(crate) fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
