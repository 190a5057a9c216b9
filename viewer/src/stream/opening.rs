//! What is opened, and how: from the words of a command line, a dropped file or the source picker.

use std::path::{Path, PathBuf};

use ego_graph::{GraphError, Input, InputKind, LiveSource, Settings};
use ego_outputs::RunReport;

use crate::error::ViewError;

/// A source and how it is to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The source.
    pub what: What,
    /// Stages and their properties, for analysis and recording.
    pub settings: Option<Settings>,
    /// Models look at the pictures, unless there are results already.
    pub analyse: bool,
    /// Results of an earlier run.
    pub results: Option<PathBuf>,
    /// What is really there, in the same form.
    pub truth: Option<PathBuf>,
    /// Stay on the first picture.
    pub paused: bool,
    /// Number of the opening in this window: what comes of an earlier one is left aside.
    pub number: u64,
}

/// A source.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A file, a folder of pictures, or an address that ends.
    File(Input),
    /// Results whose video is not there.
    ResultsOnly(PathBuf),
    /// A source that does not end.
    Live(LiveSource),
    /// Words that name nothing that can be opened.
    Bad(BadWord),
}

/// A word that names nothing that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadWord {
    /// As it was written.
    pub word: String,
    /// Why not.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
}

/// Endings of addresses that are files on a server rather than streams.
pub(super) const FILE_ENDINGS: [&str; 6] = [".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v"];

impl Opening {
    /// What a word of the command line names; a file brings the results that lie beside it.
    pub fn word(word: &str, settings: Option<Settings>) -> Opening {
        let opening =
            |what| Opening { what, settings: settings.clone(), analyse: true, results: None, truth: None, paused: false, number: 0 };
        let address = word.contains("://");
        let is_file =
            !address && !word.starts_with("test:") && !word.starts_with("synth:") && Path::new(word).exists() && !word.starts_with("/dev/");
        let file_address = address && FILE_ENDINGS.iter().any(|ending| word.to_lowercase().ends_with(ending));
        if is_file || file_address {
            if word.ends_with(".jsonl") {
                return Opening { results: Some(word.into()), ..opening(What::ResultsOnly(word.into())) };
            }
            return match ego_graph::resolve(&[word.to_owned()]).into_iter().next() {
                Some(Ok(input)) => {
                    let beside = |ending: &str| match &input.kind {
                        InputKind::File(path) => Some(path.with_extension(ending)).filter(|p| p.is_file()),
                        _ => None,
                    };
                    let (results, truth) = (beside("jsonl"), beside("truth.jsonl"));
                    Opening { results, truth, ..opening(What::File(input)) }
                }
                Some(Err(bad)) => opening(bad_word(word, &bad.error)),
                None => opening(What::Bad(BadWord { word: word.to_owned(), reason: format!("{word}: nothing is there"), hint: None })),
            };
        }
        match LiveSource::parse(Some(word)) {
            Ok(source) => opening(What::Live(source)),
            Err(error) => opening(bad_word(word, &error)),
        }
    }

    /// A live source by its own name.
    pub fn live(source: LiveSource, settings: Option<Settings>) -> Opening {
        Opening { what: What::Live(source), settings, analyse: true, results: None, truth: None, paused: false, number: 0 }
    }

    /// Name for people.
    pub fn title(&self) -> String {
        match &self.what {
            What::File(input) => {
                Path::new(&input.given).file_name().map_or_else(|| input.given.clone(), |n| n.to_string_lossy().into_owned())
            }
            What::ResultsOnly(path) => path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            What::Live(LiveSource::Synthetic(prompt)) if prompt.is_empty() => "synthetic camera".to_owned(),
            What::Live(LiveSource::Synthetic(prompt)) => format!("synthetic camera: {prompt}"),
            What::Live(LiveSource::Test(pattern)) => format!("test picture “{pattern}”"),
            What::Live(source) => source.name(),
            What::Bad(bad) => bad.word.clone(),
        }
    }
}

fn bad_word(word: &str, error: &GraphError) -> What {
    What::Bad(BadWord { word: word.to_owned(), reason: error.to_string(), hint: error.hint() })
}

/// The recordings of a results folder: of `run.json` where there is one, else every file of JSON lines. `video` limits them to the one
/// recording of that name and says where it lies.
///
/// # Errors
/// When the folder cannot be read or holds no results.
pub fn runs_in(folder: &Path, video: Option<&Opening>, settings: Option<&Settings>) -> Result<Vec<(String, Opening)>, ViewError> {
    let entries = std::fs::read_dir(folder).map_err(|source| ViewError::Read { path: folder.to_owned(), source })?;
    let mut files: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "jsonl") && !p.to_string_lossy().ends_with(".truth.jsonl"));
    files.sort();
    let reports: Vec<RunReport> = run_reports(folder);
    let mut runs = Vec::new();
    for file in files {
        let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let given = reports.iter().flat_map(|r| &r.inputs).find(|i| i.stream == stem).map(|i| i.input.clone());
        let base = match video.map(|v| &v.what) {
            Some(What::File(input)) if input.stem == stem => video.cloned(),
            Some(_) => continue,
            None => given.and_then(|word| found_video(&word, folder)),
        };
        let truth = Some(folder.join(format!("{stem}.truth.jsonl"))).filter(|p| p.is_file());
        let only = Opening {
            what: What::ResultsOnly(file.clone()),
            settings: settings.cloned(),
            analyse: false,
            results: None,
            truth: None,
            paused: false,
            number: 0,
        };
        let base = base.unwrap_or(only);
        let truth = truth.or_else(|| base.truth.clone());
        runs.push((stem, Opening { results: Some(file), truth, analyse: false, settings: settings.cloned(), ..base }));
    }
    if runs.is_empty() {
        let what = video.map_or_else(|| "no results".to_owned(), |v| format!("no results of {}", v.title()));
        return Err(ViewError::Results(format!(
            "there are {what} in {}: `ego run VIDEO --out DIR` writes them, and a file is named DIR/NAME.jsonl",
            folder.display()
        )));
    }
    Ok(runs)
}

fn run_reports(folder: &Path) -> Vec<RunReport> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|e| e.ok().map(|e| e.path()));
    let is_report =
        |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("run") && n.to_string_lossy().ends_with(".json"));
    names.filter(is_report).filter_map(|p| RunReport::read(&p).ok()).collect()
}

/// The video of a run: where it was, else of the same name beside the results.
fn found_video(word: &str, folder: &Path) -> Option<Opening> {
    let name = Path::new(word).file_name()?;
    let places = [PathBuf::from(word), folder.join(name), folder.parent()?.join(name)];
    let place = places.into_iter().find(|p| p.exists())?;
    Some(Opening::word(&place.to_string_lossy(), None)).filter(|o| matches!(o.what, What::File(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_brings_the_results_beside_it_and_other_words_are_live() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let at = |name: &str| dir.path().join(name);
        for name in ["clip.mp4", "clip.jsonl", "clip.truth.jsonl", "bare.mp4"] {
            std::fs::write(at(name), "x").expect("write");
        }
        let opening = Opening::word(&at("clip.mp4").to_string_lossy(), None);
        assert_eq!((opening.results, opening.truth), (Some(at("clip.jsonl")), Some(at("clip.truth.jsonl"))));
        assert_eq!(Opening::word(&at("bare.mp4").to_string_lossy(), None).results, None);
        assert!(matches!(Opening::word("synth:pour milk", None).what, What::Live(LiveSource::Synthetic(_))));
        assert!(matches!(Opening::word("rtsp://cam/main", None).what, What::Live(LiveSource::Uri(_))));
        assert!(matches!(Opening::word("https://a.org/clip.mp4", None).what, What::File(_)));
        assert!(matches!(Opening::word("tcp://nowhere", None).what, What::Bad(..)));
        assert_eq!(Opening::word("synth:", None).title(), "synthetic camera");
    }

    #[test]
    fn runs_of_a_folder_find_their_videos_and_an_empty_one_says_what_to_do() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("clip.jsonl"), "x").expect("write");
        std::fs::write(at("clip.mp4"), "x").expect("write");
        let runs = runs_in(dir.path(), None, None).expect("one");
        assert!(runs.len() == 1 && matches!(runs[0].1.what, What::ResultsOnly(_)), "no report says where the video was");
        let video = Opening::word(&at("clip.mp4").to_string_lossy(), None);
        let runs = runs_in(dir.path(), Some(&video), None).expect("one");
        assert!(matches!(runs[0].1.what, What::File(_)) && runs[0].1.results == Some(at("clip.jsonl")));
        let empty = tempfile::tempdir().expect("temporary folder");
        assert!(runs_in(empty.path(), None, None).expect_err("none").to_string().contains("ego run"));
    }
}
