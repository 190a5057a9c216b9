//! Prints how the clips of a series are distributed.

use ego_synth::cast::action_name;
use ego_synth::stats::{Histogram, Stats};

use crate::console;

/// Every so many frames are counted: neighbours hardly differ.
pub(super) const STRIDE: u64 = 6;

/// A table for people, or one JSON line.
pub(super) fn tell(stats: &Stats, json: bool) -> anyhow::Result<()> {
    if !json {
        return console::data(stats.to_string().trim_end());
    }
    let histogram = |h: &Histogram| serde_json::json!({ "low": h.low, "width": h.width, "counts": h.counts });
    let actions: Vec<_> = stats
        .actions
        .iter()
        .map(|(id, times)| {
            let name = if *id == 0 { "unseen pair".to_owned() } else { action_name(*id) };
            serde_json::json!({ "action": id, "label": name, "times": times, "frames": stats.action_frames.get(id) })
        })
        .collect();
    let data = serde_json::json!({
        "clips": stats.clips, "frames_counted": stats.frames, "imbalance": stats.imbalance(), "actions": actions,
        "main": { "left": stats.main[0], "right": stats.main[1] },
        "frames_present": { "left": stats.present[0], "right": stats.present[1] },
        "gloves": stats.gloves, "bystanders": stats.bystanders,
        "pace": histogram(&stats.pace), "wrist_distance_m": histogram(&stats.wrist_distance_m),
        "wrist_speed_m_s": histogram(&stats.wrist_speed_m_s), "camera_pitch_deg": histogram(&stats.camera_pitch_deg),
        "hand_view_deg": histogram(&stats.hand_view_deg), "skin_tone": histogram(&stats.skin_tone),
        "hand_length_m": histogram(&stats.hand_length_m),
    });
    console::json("stats", data)
}
