//! `ego export` and `ego run --formats`: files that programs of others can read, read here by Python's own readers.

use std::path::Path;
use std::process::Command;

use ego_tests::clips;

use crate::{ego, ego_run, folder};

/// Runs a Python program on a file; its standard output.
fn python(program: &str, file: &Path) -> String {
    let output = Command::new("python3").arg("-c").arg(program).arg(file).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn every_format_is_read_by_another_program() {
    let dir = folder();
    let lines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-media/pour-milk.truth.jsonl");
    std::fs::copy(lines, dir.path().join("clip.jsonl")).expect("copy");
    let finished = ego(dir.path(), &["export", "clip.jsonl", "--to", "csv,segments,vtt,srt,eaf,coco,npz", "--out", "out"]).ended_with(0);
    let printed: Vec<&str> = finished.stdout.lines().collect();
    let expected = ["clip.csv", "clip.segments.csv", "clip.vtt", "clip.srt", "clip.eaf", "clip.coco.json", "clip.npz"]
        .map(|name| format!("out/{name}"));
    assert_eq!(printed, expected);
    let out = |name: &str| dir.path().join("out").join(name);

    let rows = python(
        "import csv, sys; r = list(csv.DictReader(open(sys.argv[1]))); print(len({x['frame'] for x in r}), r[0]['side'], r[0]['wrist_x_px'], r[0]['little_tip_z_m'], sum(None in x or None in x.values() for x in r))",
        &out("clip.csv"),
    );
    // As in the first line of the truth.
    assert_eq!(rows, "80 left 171.00 0.42833 0");
    let labels = "import csv, sys; print([(x['label'], x['start_s'] < x['end_s']) for x in csv.DictReader(open(sys.argv[1]))])";
    assert_eq!(python(labels, &out("clip.segments.csv")), "[('pour milk', True)]");
    let tiers = "import sys, xml.etree.ElementTree as E; d = E.parse(sys.argv[1]); t = {s.get('TIME_SLOT_ID'): int(s.get('TIME_VALUE')) for s in d.iter('TIME_SLOT')}; print([(a.find('ANNOTATION_VALUE').text, t[a.get('TIME_SLOT_REF1')] < t[a.get('TIME_SLOT_REF2')]) for a in d.iter('ALIGNABLE_ANNOTATION')])";
    assert!(python(tiers, &out("clip.eaf")).contains("('pour milk', True)"));
    let coco = "import json, sys; d = json.load(open(sys.argv[1])); c = {x['id']: x['name'] for x in d['categories']}; a = d['annotations']; h = [x for x in a if 'keypoints' in x]; print(len(d['images']), len(d['categories'][0]['keypoints']), c[h[0]['category_id']], h[0]['keypoints'][:3], sorted({c[x['category_id']] for x in a if 'keypoints' not in x}), len({x['id'] for x in a}) == len(a))";
    assert_eq!(python(coco, &out("clip.coco.json")), "80 21 left_hand [171.0, 211.57, 2] ['milk'] True");
    let arrays = "import sys, zipfile; print(sorted(zipfile.ZipFile(sys.argv[1]).namelist()))";
    assert!(python(arrays, &out("clip.npz")).contains("'hands_px.npy'"));
    let vtt = std::fs::read_to_string(out("clip.vtt")).expect("read");
    assert!(vtt.starts_with("WEBVTT\n\n") && vtt.contains(" --> ") && vtt.contains("pour milk"), "{vtt}");
    let srt = std::fs::read_to_string(out("clip.srt")).expect("read");
    assert!(srt.starts_with("1\n00:00:") && srt.contains(",") && srt.contains("pour milk"), "{srt}");

    // Nothing is replaced by accident, and nothing is made of nothing.
    ego(dir.path(), &["export", "clip.jsonl", "--to", "csv", "--out", "out"]).ended_with(2).says(&["out/clip.csv is there already"]);
    std::fs::write(dir.path().join("empty.jsonl"), "").expect("write");
    ego(dir.path(), &["export", "empty.jsonl", "--to", "vtt"]).ended_with(1).says(&["empty.jsonl", "no frame"]);
    assert!(!dir.path().join("empty.vtt").exists());
    ego(dir.path(), &["export", "clip.jsonl", "--to", "docx"]).ended_with(2).says(&["docx"]);
}

#[test]
fn a_run_writes_the_formats_that_are_asked_for() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 12);
    let finished = ego_run(dir.path(), &["clip.mp4", "--formats", "csv,eaf"]).ended_with(0);
    let printed: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(printed, ["out/clip.jsonl", "out/clip.csv", "out/clip.eaf", "out/run.json"]);
    let table = std::fs::read_to_string(dir.path().join("out/clip.csv")).expect("read");
    assert_eq!(table.lines().count(), 13, "a frame without hands has a row");
    ego_run(dir.path(), &["clip.mp4", "--formats", "csv"]).ended_with(2).says(&["is there already"]);
    ego_run(dir.path(), &["clip.mp4", "--formats", "doc", "--overwrite"]).ended_with(2).says(&["jsonl (always written)", "segments"]);
}

#[test]
fn the_bench_tells_rate_and_memory() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 30);
    let finished = ego(dir.path(), &["bench", "clip.mp4", "--config", "none.toml", "--json", "--rounds", "2"]).ended_with(0);
    let lines: Vec<serde_json::Value> = finished.stdout.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert_eq!((line["type"].as_str(), line["data"]["frames"].as_u64()), (Some("bench"), Some(30)));
        assert!(line["data"]["peak_rss_mib"].as_f64().is_some_and(|v| v > 1.0), "{line}");
    }
    ego(dir.path(), &["bench", "nowhere.mp4", "--config", "none.toml"]).ended_with(1).says(&["nowhere.mp4"]);
}
