//! Teach mode: examples that a person marks by holding a key, and the file that `ego teach` reads.

use std::path::{Path, PathBuf};

use ego_outputs::{Mark, Marks as MarksFile};

use crate::error::ViewError;

/// Examples shorter than this are slips of the finger, nanoseconds.
const SHORTEST_NS: u64 = 100_000_000;

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
        let file = MarksFile { marks: self.marks.clone(), ..MarksFile::default() };
        file.write(&path).map_err(ViewError::Marks)?;
        self.unsaved = false;
        Ok(path)
    }

    /// Reads the examples of an earlier session from a folder; none when there is no file.
    ///
    /// # Errors
    /// When there is a file that cannot be read.
    pub fn load(&mut self, folder: &Path) -> Result<(), ViewError> {
        let path = folder.join("marks.json");
        if path.try_exists().is_ok_and(|there| !there) {
            return Ok(());
        }
        self.marks = MarksFile::read(&path).map_err(ViewError::Marks)?.marks;
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
