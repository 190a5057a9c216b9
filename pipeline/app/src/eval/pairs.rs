//! Which truth belongs to which result.
//!
//! `ego run` notes in `run.json` which input each result was made from; the truth lies beside the input as `clip.truth.jsonl` or
//! `clip.jsonl`, or the input is the `cam4/rgb` of a recording in H2O's layout. With `--truth` it is a file, a folder with one of these
//! names, a recording, or the root of recordings.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ego_outputs::RunReport;

use super::truth::TruthPlace;
use crate::failure::usage;

/// A result and its truth.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) results: PathBuf,
    pub(super) truth: TruthPlace,
}

/// Finds the truth of every result; the second list is what could not be found.
///
/// # Errors
/// When a named file or folder is not there.
pub(super) fn find(given: &[PathBuf], truth: Option<&Path>) -> anyhow::Result<(Vec<Pair>, Vec<anyhow::Error>)> {
    let mut results = Vec::new();
    for path in given {
        if path.is_dir() {
            results.extend(lines_in(path)?);
        } else if path.is_file() {
            results.push(path.clone());
        } else {
            return Err(usage(format!("there is no {}", path.display()), "name a .jsonl file or a folder that `ego run` has written"));
        }
    }
    if truth.is_some_and(Path::is_file) && results.len() > 1 {
        return Err(usage("one truth cannot belong to several results", "give --truth a folder with one file for each"));
    }
    let (mut pairs, mut problems) = (Vec::new(), Vec::new());
    for path in results {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let places = match truth {
            Some(truth) => under(truth, &stem, input_of(&path, &stem).as_deref()),
            None => beside(&path, &stem),
        };
        match places.iter().find(|place| place.is_there()) {
            Some(place) => pairs.push(Pair { name: stem, results: path, truth: place.clone() }),
            None => problems.push(not_found(&path, &places)),
        }
    }
    Ok((pairs, problems))
}

fn not_found(results: &Path, places: &[TruthPlace]) -> anyhow::Error {
    let looked: Vec<String> = places.iter().map(ToString::to_string).collect();
    let looked = if looked.is_empty() { "no run.json beside it says what it was made from".to_owned() } else { looked.join(", ") };
    usage(format!("there is no truth for {} (looked for: {looked})", results.display()), "name the file or its folder with --truth")
}

/// Result files of a folder, in order of name.
fn lines_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("read the folder {}", folder.display()))?;
    let is_result = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".jsonl") && !name.ends_with(".truth.jsonl") && !name.starts_with('.')
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(is_result).collect();
    files.sort();
    Ok(files)
}

/// Where the truth of `stem` may lie when the user has named a place; `input` is what the results were made from, if that is known.
fn under(truth: &Path, stem: &str, input: Option<&Path>) -> Vec<TruthPlace> {
    if truth.is_file() {
        return vec![TruthPlace::Lines(truth.to_owned())];
    }
    let file = |ending: &str| TruthPlace::Lines(truth.join(format!("{stem}.{ending}")));
    let mut places = vec![file("truth.jsonl"), file("jsonl"), TruthPlace::Recording(truth.join(stem))];
    // The root of recordings: each has a place of its own below it.
    let below = input.and_then(recording_of).and_then(|recording| recording.strip_prefix(recording.ancestors().nth(3)?).ok());
    places.extend(below.map(|below| TruthPlace::Recording(truth.join(below))));
    places.push(TruthPlace::Recording(truth.to_owned()));
    places
}

/// The recording in H2O's layout that an input is the pictures of: SUBJECT/SCENE/NUMBER/cam4/rgb.
fn recording_of(input: &Path) -> Option<&Path> {
    input.ancestors().nth(2).filter(|_| input.ends_with("cam4/rgb"))
}

/// Where the truth may lie by what the run's report says about its input.
fn beside(results: &Path, stem: &str) -> Vec<TruthPlace> {
    let Some(input) = input_of(results, stem) else { return Vec::new() };
    let mut places = vec![TruthPlace::Lines(input.with_extension("truth.jsonl")), TruthPlace::Lines(input.with_extension("jsonl"))];
    places.extend(recording_of(&input).map(|recording| TruthPlace::Recording(recording.to_owned())));
    places.retain(|place| !matches!(place, TruthPlace::Lines(path) if path == results));
    places
}

/// The input that a result was made from, by the newest report that knows it.
fn input_of(results: &Path, stem: &str) -> Option<PathBuf> {
    let folder = results.parent()?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_report = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with("run.json") || (name.starts_with("run-") && name.ends_with(".json"))
    };
    let mut reports: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).filter(is_report).collect();
    reports.sort_by_key(|path| std::cmp::Reverse(path.metadata().and_then(|m| m.modified()).ok()));
    let inputs = reports.iter().filter_map(|path| RunReport::read(path).ok()).flat_map(|report| report.inputs);
    let input = inputs.into_iter().find(|input| input.stream == stem)?.input;
    let path = input.strip_prefix("file://").unwrap_or(&input);
    Some(PathBuf::from(path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_place_may_be_a_file_a_folder_or_a_recording() {
        let text = |input: Option<&str>| {
            let places = under(Path::new("set"), "clip", input.map(Path::new));
            places.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(text(None), ["set/clip.truth.jsonl", "set/clip.jsonl", "set/clip/cam4", "set/cam4"]);
        assert_eq!(text(Some("/data/subject4/h1/0/cam4/rgb"))[3..], ["set/subject4/h1/0/cam4", "set/cam4"]);
    }

    #[test]
    fn a_result_without_report_has_no_place_to_look() {
        assert!(beside(Path::new("nowhere/clip.jsonl"), "clip").is_empty());
        let error = not_found(Path::new("clip.jsonl"), &[]).to_string();
        assert!(error.contains("clip.jsonl") && error.contains("run.json"), "{error}");
    }
}
