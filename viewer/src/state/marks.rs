//! Teach mode: examples that a person marks by holding a key, and the file that `ego teach` reads.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::ViewError;

/// Examples shorter than this are slips of the finger, nanoseconds.
const SHORTEST_NS: u64 = 100_000_000;

/// The file `marks.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarksFile {
    /// Always `ego.marks/1`.
    pub schema: String,
    /// Examples in the order in which they were marked.
    pub marks: Vec<Mark>,
}

/// One example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Name of the stream, as in the result files.
    pub recording: String,
    /// What is done.
    pub label: String,
    /// Presentation time of its first frame, nanoseconds.
    pub start_ns: u64,
    /// Presentation time of its last frame, nanoseconds.
    pub end_ns: u64,
}

/// The schema of [`MarksFile`].
pub const MARKS_SCHEMA: &str = "ego.marks/1";

/// Examples in the making.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// What the next example shows, as the person writes it.
    pub label: String,
    /// Examples so far.
    pub marks: Vec<Mark>,
    /// Since when the key is held, nanoseconds of the stream.
    pub held_since_ns: Option<u64>,
    /// There are examples that no file has.
    pub unsaved: bool,
}

impl Marks {
    /// The key goes down.
    pub fn begin(&mut self, now_ns: u64) {
        self.held_since_ns.get_or_insert(now_ns);
    }

    /// The key comes up: an example of `recording` ends. `None` when it was too short or has no name.
    pub fn end(&mut self, now_ns: u64, recording: &str) -> Option<&Mark> {
        let since = self.held_since_ns.take()?;
        let (start_ns, end_ns) = (since.min(now_ns), since.max(now_ns));
        let label = self.label.trim();
        if label.is_empty() || end_ns - start_ns < SHORTEST_NS {
            return None;
        }
        self.marks.push(Mark { recording: recording.to_owned(), label: label.to_owned(), start_ns, end_ns });
        self.unsaved = true;
        self.marks.last()
    }

    /// Takes the last example back.
    pub fn undo(&mut self) {
        self.unsaved |= self.marks.pop().is_some();
    }

    /// Writes `marks.json` into a folder, whole or not at all; gives its path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&mut self, folder: &Path) -> Result<PathBuf, ViewError> {
        let path = folder.join("marks.json");
        let file = MarksFile { schema: MARKS_SCHEMA.to_owned(), marks: self.marks.clone() };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        let part = folder.join(".marks.json.part");
        let write = || std::fs::write(&part, &text).and_then(|()| std::fs::rename(&part, &path));
        write().map_err(|source| ViewError::Write { path: path.clone(), source })?;
        self.unsaved = false;
        Ok(path)
    }

    /// Reads the examples of an earlier session from a folder; none when there is no file.
    ///
    /// # Errors
    /// When there is a file that cannot be read.
    pub fn load(&mut self, folder: &Path) -> Result<(), ViewError> {
        let path = folder.join("marks.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(ViewError::Read { path, source }),
        };
        let bad = |problem: String| ViewError::Marks { path: path.clone(), problem };
        let file: MarksFile = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if file.schema != MARKS_SCHEMA {
            return Err(bad(format!("schema \"{}\" is not \"{MARKS_SCHEMA}\"", file.schema)));
        }
        self.marks = file.marks;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_the_key_makes_an_example_that_the_file_brings_back() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut marks = Marks { label: " open jar ".into(), ..Marks::default() };
        marks.begin(1_000_000_000);
        marks.begin(1_500_000_000);
        let mark = marks.end(3_000_000_000, "clip").cloned().expect("long enough");
        assert_eq!((mark.label.as_str(), mark.start_ns, mark.end_ns), ("open jar", 1_000_000_000, 3_000_000_000));
        let path = marks.save(dir.path()).expect("written");
        let text = std::fs::read_to_string(&path).expect("read");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["schema"], "ego.marks/1");
        assert_eq!(value["marks"][0]["recording"], "clip");
        let mut again = Marks::default();
        again.load(dir.path()).expect("read");
        assert_eq!(again.marks, marks.marks);
        assert!(!marks.unsaved);
    }

    #[test]
    fn slips_and_examples_without_a_name_are_left_out() {
        let mut marks = Marks { label: "wave".into(), ..Marks::default() };
        marks.begin(0);
        assert_eq!(marks.end(50_000_000, "clip"), None);
        marks.label.clear();
        marks.begin(0);
        assert_eq!(marks.end(5_000_000_000, "clip"), None);
        assert_eq!(marks.end(5_000_000_000, "clip"), None);
        let dir = tempfile::tempdir().expect("temporary folder");
        std::fs::write(dir.path().join("marks.json"), "{\"schema\":\"ego.marks/9\",\"marks\":[]}").expect("write");
        assert!(marks.load(dir.path()).expect_err("refused").to_string().contains("ego.marks/9"));
    }
}
