//! What an INPUT of the command line means: a file, a folder of pictures, a pattern, or an address.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{GraphError, Result};

/// One stream to analyse.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// As the user wrote it (for a pattern: the matching file).
    pub given: String,
    /// Name of the stream and of its result files; distinct among the inputs of one run.
    pub stem: String,
    /// Where the frames come from.
    pub kind: InputKind,
}

impl Input {
    /// One video or picture file, which need not be there yet.
    pub fn of_file(path: &Path) -> Input {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Input { given: path.display().to_string(), stem, kind: InputKind::File(path.into()) }
    }
}

/// Where the frames of an input come from.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// One video or picture file.
    File(PathBuf),
    /// Numbered pictures in their natural order, all of one type.
    Pictures {
        /// At least one file.
        files: Vec<PathBuf>,
        /// Their type.
        format: PictureFormat,
    },
    /// An address with a scheme.
    Uri(String),
    /// Black pictures without end, to show results whose video is not there.
    Blank {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Pictures per second.
        fps: f64,
    },
}

/// Type of a picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// `.png`
    Png,
    /// `.jpg`, `.jpeg`
    Jpeg,
}

impl PictureFormat {
    /// By the file name's extension.
    fn of(path: &Path) -> Option<PictureFormat> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(PictureFormat::Png),
            "jpg" | "jpeg" => Some(PictureFormat::Jpeg),
            _ => None,
        }
    }
}

/// An input that cannot be used, beside the others that can.
#[derive(Debug)]
pub struct BadInput {
    /// As the user wrote it.
    pub given: String,
    /// Why not.
    pub error: GraphError,
}

/// Turns the words of a command line into inputs with distinct names, in the order given.
///
/// A folder is one stream of pictures. A pattern is one stream of pictures when it matches pictures only, else one input for
/// each match. Inputs that do not exist are returned in their place, so that the others can run.
pub fn resolve(words: &[String]) -> Vec<Result<Input, BadInput>> {
    let mut inputs = Vec::new();
    for word in words {
        match resolve_one(word) {
            Ok(found) => inputs.extend(found.into_iter().map(Ok)),
            Err(error) => inputs.push(Err(BadInput { given: word.clone(), error })),
        }
    }
    make_stems_distinct(inputs.iter_mut().filter_map(|i| i.as_mut().ok()));
    inputs
}

fn resolve_one(word: &str) -> Result<Vec<Input>> {
    if let Some((scheme, _)) = word.split_once("://")
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !scheme.is_empty()
    {
        return Ok(vec![Input { given: word.into(), stem: uri_stem(word), kind: InputKind::Uri(word.into()) }]);
    }
    let path = Path::new(word);
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            let files = std::fs::read_dir(path).map_err(|source| GraphError::Open { path: path.into(), source })?;
            let files = files.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|p| PictureFormat::of(p).is_some());
            pictures(word, path, files.collect()).map(|input| vec![input])
        }
        Ok(_) => Ok(vec![Input::of_file(path)]),
        Err(_) if word.contains(['*', '?', '[']) => matches(word),
        Err(source) => Err(GraphError::Open { path: path.into(), source }),
    }
}

fn matches(pattern: &str) -> Result<Vec<Input>> {
    let paths = glob::glob(pattern).map_err(|e| GraphError::NoMatch { pattern: format!("{pattern}: {e}") })?;
    let mut paths: Vec<PathBuf> = paths.filter_map(Result::ok).filter(|p| p.is_file()).collect();
    if paths.is_empty() {
        return Err(GraphError::NoMatch { pattern: pattern.into() });
    }
    if paths.len() > 1 && paths.iter().all(|p| PictureFormat::of(p).is_some()) {
        let folder = paths[0].parent().unwrap_or(Path::new("")).to_path_buf();
        return pictures(pattern, &folder, paths).map(|input| vec![input]);
    }
    paths.sort_by(|a, b| natural_order(a, b));
    Ok(paths.iter().map(|p| Input::of_file(p)).collect())
}

fn pictures(given: &str, folder: &Path, mut files: Vec<PathBuf>) -> Result<Input> {
    files.sort_by(|a, b| natural_order(a, b));
    let formats: Vec<_> = files.iter().filter_map(|f| PictureFormat::of(f)).collect();
    let Some(format) = formats.first().copied() else {
        return Err(GraphError::NoPictures { folder: folder.into() });
    };
    if formats.iter().any(|f| *f != format) {
        return Err(GraphError::MixedPictures { folder: folder.into() });
    }
    // `.` and `..` have no name of their own.
    let named = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let stem = named.file_name().map_or_else(|| "pictures".to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(Input { given: given.into(), stem, kind: InputKind::Pictures { files, format } })
}

/// A file name for the results of an address: its last path segment without extension, else its host.
fn uri_stem(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let last = rest.trim_end_matches('/').rsplit('/').next().unwrap_or(rest);
    let last = last.rsplit_once('@').map_or(last, |(_, host)| host);
    let is_host = !rest.trim_end_matches('/').contains('/');
    let stem = if is_host { last } else { last.rsplit_once('.').map_or(last, |(stem, _)| stem) };
    let clean: String = stem.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let clean = clean.trim_matches('.');
    if clean.is_empty() { "stream".to_owned() } else { clean.to_owned() }
}

/// The second `clip` becomes `clip-2`, or the next number that nobody has.
fn make_stems_distinct<'a>(inputs: impl Iterator<Item = &'a mut Input>) {
    let mut inputs: Vec<_> = inputs.collect();
    let asked: BTreeSet<String> = inputs.iter().map(|i| i.stem.clone()).collect();
    let mut taken = BTreeSet::new();
    for input in &mut inputs {
        if !taken.insert(input.stem.clone()) {
            let free = (2..).map(|n| format!("{}-{n}", input.stem)).find(|s| !asked.contains(s) && !taken.contains(s));
            input.stem = free.unwrap_or_default();
            taken.insert(input.stem.clone());
        }
    }
}

/// Numbers inside names count as numbers: `f2` comes before `f10`.
fn natural_order(a: &Path, b: &Path) -> std::cmp::Ordering {
    fn parts(path: &Path) -> Vec<(String, u128)> {
        let mut parts = vec![(String::new(), 0_u128)];
        let mut in_number = false;
        for c in path.to_string_lossy().chars() {
            match c.to_digit(10) {
                Some(d) => {
                    if let Some(last) = parts.last_mut() {
                        last.1 = last.1.saturating_mul(10).saturating_add(u128::from(d));
                    }
                    in_number = true;
                }
                None => {
                    if in_number {
                        parts.push((String::new(), 0));
                        in_number = false;
                    }
                    if let Some(last) = parts.last_mut() {
                        last.0.push(c);
                    }
                }
            }
        }
        parts
    }
    parts(a).cmp(&parts(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: &[Result<Input, BadInput>]) -> Vec<&str> {
        inputs.iter().map(|i| i.as_ref().map_or("!", |i| i.stem.as_str())).collect()
    }

    #[test]
    fn folders_patterns_files_and_addresses() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let at = |name: &str| dir.path().join(name).display().to_string();
        for folder in ["walk", "mixed", "none"] {
            std::fs::create_dir(at(folder)).expect("make");
        }
        for name in ["walk/f10.png", "walk/f9.PNG", "walk/notes.txt", "mixed/a.jpg", "mixed/b.png", "b.mp4", "a.mp4"] {
            std::fs::write(at(name), "x").expect("write");
        }
        let words =
            [at("walk"), at("mixed"), at("none"), at("*.mp4"), at("*.avi"), at("no.mp4"), "rtsp://cam.local:554/main.sdp?x=1".into()];
        let inputs = resolve(&words);
        assert_eq!(names(&inputs), ["walk", "!", "!", "a", "b", "!", "!", "main"]);
        let InputKind::Pictures { files, format } = &inputs[0].as_ref().expect("walk").kind else { panic!("not pictures") };
        let files: Vec<_> = files.iter().filter_map(|f| f.file_name()?.to_str()).collect();
        assert_eq!((files, *format), (vec!["f9.PNG", "f10.png"], PictureFormat::Png));
        let errors: Vec<String> = inputs.iter().filter_map(|i| i.as_ref().err()).map(|b| b.error.to_string()).collect();
        assert!(errors[0].contains("mixes PNG and JPEG") && errors[1].contains("holds no pictures"), "{errors:?}");
        assert!(errors[2].contains("no file matches") && errors[3].contains("no.mp4"), "{errors:?}");
    }

    #[test]
    fn two_inputs_of_one_name_get_two_names() {
        let words = ["https://a/x/clip.mp4", "https://b/clip.webm", "https://c/clip-2.mp4", "https://d/clip.avi"].map(str::to_owned);
        assert_eq!(names(&resolve(&words)), ["clip", "clip-3", "clip-2", "clip-4"]);
    }

    #[test]
    fn an_address_without_a_path_is_named_by_its_host_and_never_leaves_the_folder() {
        assert_eq!(uri_stem("rtsp://user:secret@10.0.0.7:554/"), "10.0.0.7_554");
        assert_eq!(uri_stem("https://example.org/a/.."), "stream");
        assert_eq!(uri_stem("file:///tmp/my%20clip.mp4"), "my_20clip");
    }
}
