//! Lists of actions and of pictures, one file a split.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::place::{Place, Split};
use crate::error::{Action, OutputError};
use crate::whole::{make_folder, write_whole};

/// One action of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRow {
    /// Path of the recording below the root.
    pub path: String,
    /// Action number, 1..=36; `None` in lists that keep it back (test and unseen).
    pub action: Option<u32>,
    /// First and last frame of the action.
    pub act: [u64; 2],
    /// First and last frame of the recording.
    pub frames: [u64; 2],
}

impl Split {
    fn action_list(self, root: &Path) -> PathBuf {
        root.join("action_labels").join(format!("action_{}.txt", self.name()))
    }

    fn pose_list(self, root: &Path) -> PathBuf {
        root.join("pose_lists").join(format!("pose_{}.txt", self.name()))
    }

    /// Lists of test recordings have no answers.
    fn keeps_back(self) -> bool {
        matches!(self, Split::Test | Split::Unseen)
    }
}

/// Replaces the action list of a split; ids count from 1. Returns its path.
///
/// # Errors
/// When it cannot be written.
pub fn write_action_list(root: &Path, split: Split, rows: &[ActionRow]) -> Result<PathBuf, OutputError> {
    let mut text = String::from(if split.keeps_back() {
        "id path start_act end_act start_frame end_frame\n"
    } else {
        "id path action_label start_act end_act start_frame end_frame\n"
    });
    for (number, row) in rows.iter().enumerate() {
        // Writing to a text cannot fail.
        let _ = write!(text, "{} {}", number + 1, row.path);
        if !split.keeps_back() {
            let _ = write!(text, " {}", row.action.unwrap_or(0));
        }
        let _ = writeln!(text, " {} {} {} {}", row.act[0], row.act[1], row.frames[0], row.frames[1]);
    }
    write_list(split.action_list(root), &text)
}

/// Replaces the picture list of a split: all frames of these recordings. Returns its path.
///
/// # Errors
/// When it cannot be written.
pub fn write_pose_list(root: &Path, split: Split, recordings: &[(Place, u64)]) -> Result<PathBuf, OutputError> {
    let mut text = String::new();
    for (place, frames) in recordings {
        for frame in 0..*frames {
            text.push_str(&place.picture_path(frame));
            text.push('\n');
        }
    }
    write_list(split.pose_list(root), &text)
}

fn write_list(path: PathBuf, text: &str) -> Result<PathBuf, OutputError> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    write_whole(&path, text.as_bytes())?;
    Ok(path)
}

/// Reads the action list of a split.
///
/// # Errors
/// When it cannot be read or a row is not as the header says.
pub fn read_action_list(root: &Path, split: Split) -> Result<Vec<ActionRow>, OutputError> {
    let path = split.action_list(root);
    let text = std::fs::read_to_string(&path).map_err(OutputError::io(Action::Read, &path))?;
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or("", |l| l.1).split_whitespace().collect();
    let labelled = header.get(2) == Some(&"action_label");
    let mut rows = Vec::new();
    for (number, line) in lines.filter(|l| !l.1.trim().is_empty()) {
        let bad = |problem: &str| OutputError::Layout { path: path.clone(), problem: format!("line {}: {problem}", number + 1) };
        let words: Vec<&str> = line.split_whitespace().collect();
        let numbers: Vec<u64> = words.iter().skip(2).map_while(|w| w.parse().ok()).collect();
        let (action, rest) = match numbers.as_slice() {
            [action, rest @ ..] if labelled => (Some(u32::try_from(*action).map_err(|_| bad("no such action"))?), rest),
            rest => (None, rest),
        };
        let (&[act_first, act_last, first, last], Some(place)) = (rest, words.get(1)) else {
            return Err(bad(&format!("does not have the {} columns of the header", header.len())));
        };
        rows.push(ActionRow { path: (*place).to_owned(), action, act: [act_first, act_last], frames: [first, last] });
    }
    Ok(rows)
}

/// Reads the picture list of a split: paths below the root.
///
/// # Errors
/// When it cannot be read.
pub fn read_pose_list(root: &Path, split: Split) -> Result<Vec<String>, OutputError> {
    let path = split.pose_list(root);
    let text = std::fs::read_to_string(&path).map_err(OutputError::io(Action::Read, &path))?;
    Ok(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
}
