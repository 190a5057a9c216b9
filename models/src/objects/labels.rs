//! Label sets: class names one a line, by name or from a file.

use std::path::Path;

use crate::error::{ModelError, Result};

/// The label sets that come with the program: name and text.
pub const LABEL_SETS: [(&str, &str); 3] = [
    ("coco-80", include_str!("../../../configs/labels/coco-80.txt")),
    ("coco-91", include_str!("../../../configs/labels/coco-91.txt")),
    ("h2o", include_str!("../../../configs/labels/h2o.txt")),
];

/// Class names from a label set of [`LABEL_SETS`] or a text file, one a line; lines that begin with `#` say nothing.
///
/// # Errors
/// When the file cannot be read or holds no name.
pub fn read_labels(name_or_path: &str) -> Result<Vec<String>> {
    if let Some((_, text)) = LABEL_SETS.iter().find(|(name, _)| *name == name_or_path) {
        return Ok(lines(text));
    }
    let path = Path::new(name_or_path);
    let text = std::fs::read_to_string(path).map_err(|e| ModelError::Setting {
        setting: "labels",
        reason: format!(
            "{name_or_path} cannot be read ({e}); give a text file with one class a line, or one of {}",
            LABEL_SETS.map(|(name, _)| name).join(", ")
        ),
    })?;
    let labels = lines(&text);
    if labels.is_empty() {
        return Err(ModelError::Setting { setting: "labels", reason: format!("{name_or_path} holds no class name: write one a line") });
    }
    Ok(labels)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_as_many_classes_as_their_names_say() {
        for (name, count) in [("coco-80", 80), ("coco-91", 91), ("h2o", 8)] {
            assert_eq!(read_labels(name).expect("built in").len(), count, "{name}");
        }
        let coco = read_labels("coco-80").expect("built in");
        assert_eq!((coco[0].as_str(), coco[39].as_str(), coco[79].as_str()), ("person", "bottle", "toothbrush"));
        let coco = read_labels("coco-91").expect("built in");
        assert_eq!((coco[1].as_str(), coco[44].as_str(), coco[90].as_str()), ("person", "bottle", "toothbrush"));
    }

    #[test]
    fn a_file_that_is_not_there_and_one_without_names_say_what_to_do() {
        let e = read_labels("/nowhere/labels.txt").expect_err("not there").to_string();
        assert!(e.contains("/nowhere/labels.txt") && e.contains("coco-80"), "{e}");
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), "# nothing\n\n").expect("write");
        assert!(read_labels(file.path().to_str().expect("UTF-8")).expect_err("empty").to_string().contains("one a line"));
    }
}
