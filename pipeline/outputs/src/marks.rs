//! Marks that somebody set in recordings: "from here to there this is 'open jar'" (schema `ego.marks/1`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Action, OutputError};
use crate::schema::MarksSchema;
use crate::whole::write_whole;

/// A file of marks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// Always `ego.marks/1`.
    pub schema: MarksSchema,
    /// In any order.
    pub marks: Vec<Mark>,
}

/// One stretch of one recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Name of the recording: its file name without the ending, as in the `stream` of result lines.
    pub recording: String,
    /// What it shows.
    pub label: String,
    /// Presentation time of the first frame, nanoseconds.
    pub start_ns: u64,
    /// Presentation time of the last frame, nanoseconds.
    pub end_ns: u64,
}

impl Marks {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read, is no `ego.marks/1`, or has a mark without label, without recording or of no length; names the mark.
    pub fn read(path: &Path) -> Result<Marks, OutputError> {
        let text = std::fs::read(path).map_err(OutputError::io(Action::Read, path))?;
        let marks: Marks = serde_json::from_slice(&text).map_err(|source| OutputError::Json { path: path.to_owned(), source })?;
        let wrong =
            |number: usize, problem: &str| OutputError::Layout { path: path.to_owned(), problem: format!("mark {number} {problem}") };
        for (i, mark) in marks.marks.iter().enumerate() {
            if mark.label.trim().is_empty() {
                return Err(wrong(i + 1, "has no label: say what it shows"));
            }
            if mark.recording.is_empty() {
                return Err(wrong(i + 1, "names no recording"));
            }
            if mark.end_ns <= mark.start_ns {
                return Err(wrong(i + 1, &format!("({}) ends at {} ns and starts at {} ns", mark.label, mark.end_ns, mark.start_ns)));
            }
        }
        Ok(marks)
    }

    /// Writes the file so that `path` holds the old or the new marks, never a part.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), OutputError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| OutputError::io(Action::Write, path)(e.into()))?;
        text.push(b'\n');
        write_whole(path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Marks, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.json");
        std::fs::write(&path, text).unwrap();
        Marks::read(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn marks_come_back_as_the_contract_shows_them() {
        let text = r#"{"schema":"ego.marks/1","marks":[{"recording":"clip","label":"open jar","start_ns":0,"end_ns":5}]}"#;
        let marks = read(text).unwrap();
        assert_eq!(marks.marks[0], Mark { recording: "clip".into(), label: "open jar".into(), start_ns: 0, end_ns: 5 });
        assert_eq!(serde_json::to_string(&marks).unwrap(), text);
        let folder = tempfile::tempdir().unwrap();
        marks.write(&folder.path().join("m.json")).unwrap();
        assert_eq!(Marks::read(&folder.path().join("m.json")).unwrap(), marks);
    }

    #[test]
    fn a_mark_that_marks_nothing_is_named() {
        let mark = |recording: &str, label: &str, end: u64| {
            read(&format!(
                r#"{{"schema":"ego.marks/1","marks":[{{"recording":"{recording}","label":"{label}","start_ns":7,"end_ns":{end}}}]}}"#
            ))
            .unwrap_err()
        };
        assert!(mark("clip", " ", 9).contains("mark 1 has no label"));
        assert!(mark("", "wave", 9).contains("mark 1 names no recording"));
        assert!(mark("clip", "wave", 7).contains("ends at 7 ns and starts at 7 ns"));
        assert!(read(r#"{"schema":"ego.frame/1","marks":[]}"#).unwrap_err().contains("ego.marks/1"));
    }
}
