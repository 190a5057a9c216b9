//! `ego run` when all is well.

use ego_tests::clips;

use crate::{ego, ego_run, folder, json_lines, report};

#[test]
fn a_clip_becomes_lines_a_report_and_an_annotated_video() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 20);
    let finished = ego_run(dir.path(), &["clip.mp4", "--annotate"]).ended_with(0).says(&["clip.mp4: 20 frames in "]);
    let printed: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(printed, ["out/clip.jsonl", "out/clip.annotated.mp4", "out/run.json"]);
    let (lines, end) = json_lines(&dir.path().join("out/clip.jsonl"));
    assert_eq!(lines.len(), 20);
    let first = &lines[0];
    assert_eq!((first["stream"].as_str(), first["width"].as_u64(), first["height"].as_u64()), (Some("clip"), Some(320), Some(240)));
    let times: Vec<_> = lines.iter().map(|l| l["pts_ns"].as_u64().expect("a time")).collect();
    assert!(times.windows(2).all(|t| (t[1] - t[0]).abs_diff(33_333_333) < 100_000), "{times:?}");
    assert_eq!(end.expect("an end")["frames"].as_u64(), Some(20));
    assert_eq!(clips::decode(&dir.path().join("out/clip.annotated.mp4")), (20, (320, 240)));

    let report = report(&dir.path().join("out/run.json"));
    assert_eq!((report["schema"].as_str(), report["interrupted"].as_bool()), (Some("ego.run/1"), Some(false)));
    assert_eq!(report["versions"]["egostream"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert!(report["versions"]["gstreamer"].as_str().is_some_and(|v| v.starts_with("1.")));
    assert_eq!(report["settings"]["stages"], serde_json::json!(["identity"]));
    assert_eq!(report["settings"]["identity.sleep-time"], serde_json::json!(0));
    let input = &report["inputs"][0];
    assert_eq!((input["status"].as_str(), input["frames"].as_u64(), &input["failure"]), (Some("done"), Some(20), &serde_json::Value::Null));
}

#[test]
fn two_runs_give_the_same_bytes() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 20);
    let run = || {
        ego_run(dir.path(), &["clip.mp4", "--overwrite"]).ended_with(0);
        std::fs::read(dir.path().join("out/clip.jsonl")).expect("read")
    };
    assert_eq!(run(), run());
}

#[test]
fn many_inputs_of_one_name_get_files_of_their_own() {
    let dir = folder();
    for (folder, frames) in [("a", 5), ("b", 7)] {
        std::fs::create_dir(dir.path().join(folder)).expect("make");
        clips::plain(&dir.path().join(folder), "clip.mp4", frames);
    }
    ego_run(dir.path(), &["a/clip.mp4", "b/*.mp4"]).ended_with(0);
    assert_eq!(json_lines(&dir.path().join("out/clip.jsonl")).0.len(), 5);
    assert_eq!(json_lines(&dir.path().join("out/clip-2.jsonl")).0.len(), 7);
    // A later run into the same folder keeps the earlier report.
    clips::plain(dir.path(), "other.mp4", 5);
    ego_run(dir.path(), &["other.mp4"]).ended_with(0);
    assert_eq!(report(&dir.path().join("out/run.json"))["totals"]["inputs"].as_u64(), Some(2));
    assert_eq!(report(&dir.path().join("out/run-2.json"))["totals"]["inputs"].as_u64(), Some(1));
}

#[test]
fn json_tells_begin_and_end_on_standard_output() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 10);
    let finished = ego_run(dir.path(), &["clip.mp4", "none.mp4", "--json"]).ended_with(1);
    let lines: Vec<serde_json::Value> = finished.stdout.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert!(lines.iter().all(|l| l["v"] == 1));
    let kinds: Vec<_> = lines.iter().map(|l| l["type"].as_str().expect("a type")).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"begin"), Some(&"end")));
    assert!(kinds.contains(&"progress") && kinds.contains(&"failure"), "{kinds:?}");
    assert_eq!(lines.last().map(|l| l["data"]["totals"]["frames"].clone()), Some(serde_json::json!(10)));
}

#[test]
fn pictures_in_a_folder_are_one_stream() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("walk")).expect("make");
    clips::launch(&format!(
        "videotestsrc num-buffers=12 ! video/x-raw,width=320,height=240 ! pngenc ! multifilesink location=\"{}/walk/%d.png\"",
        dir.path().display()
    ));
    ego_run(dir.path(), &["walk", "--fps", "12.5"]).ended_with(0);
    let (lines, _) = json_lines(&dir.path().join("out/walk.jsonl"));
    let times: Vec<_> = lines.iter().map(|l| l["pts_ns"].as_u64().expect("a time")).collect();
    assert_eq!(times, (0..12).map(|n| n * 80_000_000).collect::<Vec<_>>());
}

#[test]
fn wrong_usage_ends_with_two() {
    let dir = folder();
    for words in [&["run", "clip.mp4"][..], &["run", "--out", "out"], &["run", "x", "--out", "out", "--fps", "0"], &["walk"], &[]] {
        let finished = ego(dir.path(), words);
        assert_eq!(finished.status, 2, "{words:?}: {}", finished.stderr);
    }
    let help = ego(dir.path(), &["run", "--help"]).ended_with(0).stdout;
    assert!(help.contains("Examples:") && help.contains("--annotate"), "{help}");
}
