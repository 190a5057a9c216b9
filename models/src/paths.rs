//! Where models and libraries live on this machine.

use std::path::{Path, PathBuf};

use crate::error::{ModelError, Result};
use crate::manifest::{self, Manifest};
use crate::own;

/// The folder for everything that egostream downloads or imports.
///
/// `$EGO_DATA_DIR`, else `$XDG_DATA_HOME/egostream`, else `~/.local/share/egostream`, else `./egostream-data`.
pub fn data_dir() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    from("EGO_DATA_DIR")
        .or_else(|| from("XDG_DATA_HOME").map(|d| d.join("egostream")))
        .or_else(|| from("HOME").map(|d| d.join(".local/share/egostream")))
        .unwrap_or_else(|| PathBuf::from("egostream-data"))
}

/// The folder of imported and pulled ONNX files.
pub fn models_dir() -> PathBuf {
    data_dir().join("models")
}

/// Names of the user's own models: the manifests in `folder` that no built-in model has the name of, sorted.
pub fn own_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let manifests = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let names = manifests.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.filter(|name| !manifest::built_in_names().contains(&name.as_str())).collect();
    names.sort();
    names
}

/// A model that can be opened: its manifest and the ONNX file, which is there.
#[derive(Clone, Debug)]
pub struct Located {
    /// What is known about it.
    pub manifest: Manifest,
    /// The ONNX file.
    pub file: PathBuf,
    /// What is in it, when it is a network of our own that this program has compiled in.
    pub(crate) compiled_in: Option<&'static [u8]>,
}

impl Located {
    /// A model whose file is here.
    pub fn new(manifest: Manifest, file: PathBuf) -> Located {
        Located { manifest, file, compiled_in: None }
    }
}

/// Finds a model by built-in name, by the name of a manifest in the folder of models (`my-model` = `my-model.toml` there), by the path of
/// a manifest (`.toml`), or by the path of an ONNX file with a manifest beside it.
///
/// # Errors
/// When there is no such model, its file is missing, or its manifest is wrong.
pub fn find_model(name_or_path: &str) -> Result<Located> {
    let path = Path::new(name_or_path);
    let is_path = path.components().count() > 1 || path.extension().is_some_and(|e| e == "toml" || e == "onnx");
    let own = models_dir().join(format!("{name_or_path}.toml"));
    if !is_path && !manifest::built_in_names().contains(&name_or_path) && own.is_file() {
        return find_model(&own.display().to_string());
    }
    if !is_path {
        let manifest = manifest::built_in(name_or_path)?;
        let file = models_dir().join(&manifest.file);
        let compiled_in = own::unpack(&file)?;
        return located(manifest, file).map(|located| Located { compiled_in, ..located });
    }
    let toml = path.with_extension("toml");
    if !toml.is_file() {
        let what = if path.is_file() { "a manifest" } else { "a file" };
        let hint = format!("{what} is missing at {}; known names: {}", toml.display(), manifest::built_in_names().join(", "));
        return Err(ModelError::UnknownModel { name: name_or_path.to_owned(), hint });
    }
    let manifest = Manifest::read(&toml)?;
    let file = if path.extension().is_some_and(|e| e == "onnx") {
        path.to_path_buf()
    } else {
        let beside = toml.parent().unwrap_or(Path::new("")).join(&manifest.file);
        if beside.is_file() { beside } else { models_dir().join(&manifest.file) }
    };
    located(manifest, file)
}

/// Where the hash of a model is kept whose manifest knows none: beside its file.
pub(crate) fn pin_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

/// The hash that was kept when the file was pulled.
pub(crate) fn pinned(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(pin_path(file)).ok()?;
    let hash = text.trim();
    (hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then(|| hash.to_lowercase())
}

fn located(mut manifest: Manifest, file: PathBuf) -> Result<Located> {
    if file.is_file() {
        if manifest.sha256.is_none() && manifest.pin.is_some() {
            manifest.sha256 = pinned(&file);
        }
        return Ok(Located::new(manifest, file));
    }
    let remedy = match (&manifest.origin.command, &manifest.url) {
        (Some(command), _) => format!("bring it with `{command}`"),
        (None, Some(_)) => format!("bring it with `ego models pull {}`", manifest.name),
        (None, None) => "put it there".to_owned(),
    };
    Err(ModelError::NotImported { name: manifest.name, path: file, remedy })
}
