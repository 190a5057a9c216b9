//! What to say about the name of a model that is not here: where it would be looked for, and why some models do not come by name.

use std::path::Path;

use crate::error::ModelError;
use crate::manifest::built_in_names;
use crate::paths::{models_dir, own_names};

/// The networks of the SHARP paper, as the preset `paper` and `models/training/paper` name them.
const PAPER: [&str; 4] = ["dpt-hybrid", "sharp-hands", "yolov7-h2o", "sharp-action"];

const DEIM: &str = "DEIM and DEIMv2 are published without ONNX files: export them with their own script and write a manifest of family dfine \
                    like that of dfine-nano";

/// The error for a name that neither the program nor the user's folder of models knows.
pub(crate) fn unknown(name: &str) -> ModelError {
    ModelError::UnknownModel { name: name.to_owned(), hint: hint(name, &models_dir()) }
}

fn hint(name: &str, folder: &Path) -> String {
    let folder_name = folder.display();
    if PAPER.contains(&name) {
        return format!(
            "it is not in {folder_name}; in models/training, `python -m paper.build {folder_name}` makes the paper's networks with random \
             weights, which cost what trained ones cost and find nothing, and `python -m paper.import_sharp` takes released checkpoints"
        );
    }
    if name.to_lowercase().starts_with("deim") {
        return DEIM.to_owned();
    }
    let own = own_names(folder);
    let yours = if own.is_empty() { "none yet".to_owned() } else { own.join(", ") };
    format!(
        "known names are {}; your own ({yours}) are the manifests (.toml) in {folder_name}; a path to a manifest is taken as well",
        built_in_names().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_networks_come_with_the_command_that_makes_them() {
        let text = hint("dpt-hybrid", Path::new("somewhere/models"));
        assert!(text.contains("not in somewhere/models") && text.contains("`python -m paper.build somewhere/models`"), "{text}");
        assert!(text.contains("random weights") && text.contains("paper.import_sharp"), "{text}");
        // The names are those of the preset.
        let preset: toml::Table = include_str!("../../configs/paper.toml").parse().expect("TOML");
        let wanted: Vec<_> = ["depth", "hands", "objects", "action"].iter().map(|stage| preset[*stage]["model"].as_str()).collect();
        assert_eq!(wanted, PAPER.map(Some));
    }

    #[test]
    fn models_without_onnx_files_say_so() {
        for name in ["deim", "DEIMv2-s", "deim-dfine-n"] {
            assert!(hint(name, Path::new("m")).contains("published without ONNX files"), "{name}");
        }
    }

    #[test]
    fn other_names_end_with_the_known_ones_and_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let shown = folder.path().display().to_string();
        let text = hint("mine", folder.path());
        assert!(text.contains("ego-hands") && text.contains("none yet") && text.contains(&shown), "{text}");
        std::fs::write(folder.path().join("waving.toml"), "").expect("written");
        let text = hint("mine", folder.path());
        assert!(text.contains("your own (waving)"), "{text}");
    }
}
