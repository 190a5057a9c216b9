//! Shell commands that gestures start: the preset `gestures` on a clip of a raised hand (`open_palm.mp4` in $EGO_SHARED).
//!
//! Needs ONNX Runtime and MediaPipe's hands; without them these tests fail when EGO_REQUIRE_MODELS is set and skip otherwise (the clip is
//! only looked for when EGO_SHARED is set).

use std::path::Path;

use crate::{ego, folder, json_lines};

/// Every gesture of both classifiers writes what its command was told, then fails; `Move` hangs instead.
const SETTINGS: &str = r#"extends = "gestures"
[commands]
Open = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
Close = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
Pointer = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
Stop = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
Clockwise = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
"Counter Clockwise" = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> said; exit 3'
Move = 'echo "$EGO_LABEL $EGO_HEAD $EGO_SUBJECT" >> hung; exec sleep 30'
"#;

fn lines(path: &Path) -> Vec<String> {
    let mut lines: Vec<String> = std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn every_gesture_starts_its_command_and_the_stream_goes_on() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        eprintln!("skipped: EGO_SHARED is not set");
        return;
    };
    let clip = Path::new(&shared).join("data/mediapipe-samples-hands/open_palm.mp4");
    assert!(clip.is_file(), "{}: there is no such clip", clip.display());
    let clip = clip.to_str().expect("a path in UTF-8");
    let dir = folder();
    std::fs::write(dir.path().join("g.toml"), SETTINGS).expect("write");
    let live = ego(dir.path(), &["live", clip, "--headless", "--json", "--out", "out", "--config", "g.toml"]);
    if live.status == 3 && std::env::var_os("EGO_REQUIRE_MODELS").is_none() {
        eprintln!("skipped: {}", live.stderr);
        return;
    }
    let live = live.ended_with(0).says(&["warning: the command of \"Open\" ended with exit status: 3"]);
    let events = live.stdout.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON"));
    let begun = events.filter(|e| e["type"] == "action" && e["data"]["begins"] == true);
    let mut begun: Vec<String> =
        begun.map(|e| ["label", "head", "subject"].map(|key| e["data"][key].as_str().expect("a text").to_owned()).join(" ")).collect();
    begun.sort();
    let (moved, others): (Vec<String>, Vec<String>) = begun.into_iter().partition(|l| l.starts_with("Move"));
    assert!(others.iter().any(|l| l == "Open gesture right"), "{others:?}");
    assert_eq!(lines(&dir.path().join("said")), others, "one run a gesture, and none without");
    // What hangs runs once, and keeps nothing from going on: all frames of the clip are there.
    assert_eq!(lines(&dir.path().join("hung")).len(), moved.len().min(1), "{moved:?}");
    let results = std::fs::read_dir(dir.path().join("out")).expect("there is out").filter_map(|e| Some(e.ok()?.path()));
    let results: Vec<_> = results.filter(|p| p.extension().is_some_and(|e| e == "jsonl")).collect();
    let (frames, end) = json_lines(results.first().expect("a result file"));
    assert_eq!((frames.len(), end.expect("an end")["errors"].as_u64()), (202, Some(0)));
}

#[test]
fn the_preset_starts_nothing_by_itself_and_a_command_must_be_a_text() {
    let dir = folder();
    let shown = ego(dir.path(), &["config", "show", "--config", "gestures"]).ended_with(0);
    assert!(!shown.stdout.contains("[commands]"), "{}", shown.stdout);
    std::fs::write(dir.path().join("bad.toml"), "extends = \"gestures\"\n[commands]\nOpen = 3\n").expect("write");
    ego(dir.path(), &["config", "show", "--config", "bad.toml"]).ended_with(2).says(&["commands.Open", "in quotes"]);
}
