//! Settings: a preset or a file, what it extends, and single values from the command line, each remembering where it came from.
//!
//! ```toml
//! extends = "hands-only"        # a preset, or a file beside this one
//! stages = ["hands"]            # which analysis elements run, in this order
//! [hands]                       # properties of the element `egohands`
//! threads = 2
//! [commands]                    # shell commands of `ego live`, by the label that starts them
//! pointer = "notify-send pointer"
//! [live]                        # keys of the program: see `ego config show`
//! queue-frames = 3
//! ```
//!
//! A stage `x` is the element `egox`, or else the GStreamer element `x`, so that any filter can be put in line.
//! Reading checks the shape; [`Settings::check`] holds every key against the elements that are installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gst::prelude::*;

use crate::error::{GraphError, Result};
use crate::presets;
use crate::program_keys::{PROGRAM_KEYS, ProgramKey};
use crate::properties;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A preset of `configs/`.
    Preset(String),
    /// A settings file.
    File(PathBuf),
    /// `--set`.
    CommandLine,
    /// Nowhere: the element's or the program's own default.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Preset(name) => write!(f, "preset {name}"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::CommandLine => f.write_str("--set"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
struct Setting {
    value: toml::Value,
    origin: Origin,
}

/// One line of `ego config show`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Table (stage or part of the program); empty for `stages`.
    pub table: String,
    /// Key inside the table.
    pub key: String,
    /// The value in force.
    pub value: toml::Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Merged settings of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    name: String,
    stages: Vec<String>,
    stages_origin: Origin,
    tables: BTreeMap<String, BTreeMap<String, Setting>>,
}

/// Elements that are set up by the program, beside the stages: (table, factory, properties that only the program sets).
const FIXED_ELEMENTS: [(&str, &str, &[&str]); 2] =
    [("overlay", "egooverlay", &[]), ("json", "egojson", &["location", "stream", "append", "post-messages"])];

/// The table of shell commands; its keys are labels.
const COMMANDS: &str = "commands";

impl Settings {
    /// Reads a preset (by name) or a file (by path), then applies `overrides` of the form `table.key=value` in order.
    ///
    /// # Errors
    /// When something cannot be read, is not TOML, or has the wrong shape.
    pub fn load(config: &str, overrides: &[String]) -> Result<Settings> {
        let mut settings =
            Settings { name: config.to_owned(), stages: Vec::new(), stages_origin: Origin::Default, tables: BTreeMap::new() };
        settings.add_layer(config, Path::new(""), &mut Vec::new())?;
        for text in overrides {
            settings.add_override(text)?;
        }
        Ok(settings)
    }

    /// No stages, every default.
    pub fn empty() -> Settings {
        Settings { name: String::new(), stages: Vec::new(), stages_origin: Origin::Default, tables: BTreeMap::new() }
    }

    /// Preset name or file, as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Analysis stages in order.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// The value of a stage's key if it was written anywhere.
    pub fn written(&self, table: &str, key: &str) -> Option<&toml::Value> {
        self.tables.get(table)?.get(key).map(|s| &s.value)
    }

    fn add_layer(&mut self, config: &str, beside: &Path, open: &mut Vec<Origin>) -> Result<()> {
        let is_file = config.contains(std::path::MAIN_SEPARATOR) || config.ends_with(".toml");
        let (origin, text, folder) = if is_file {
            let path = beside.join(config);
            let text = std::fs::read_to_string(&path).map_err(|source| GraphError::ReadSettings { path: path.clone(), source })?;
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            (Origin::File(path), text, folder)
        } else {
            let text = presets::preset(config).ok_or_else(|| no_preset(config))?;
            (Origin::Preset(config.to_owned()), text.to_owned(), PathBuf::new())
        };
        if open.contains(&origin) {
            let reason = "extends itself, directly or through another file".to_owned();
            return Err(GraphError::Settings { origin: origin.to_string(), reason });
        }
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| shape(&origin, e.to_string().trim_end()))?;
        open.push(origin.clone());
        if let Some(base) = table.get("extends") {
            let base = base.as_str().ok_or_else(|| shape(&origin, "`extends` should be the name of a preset or a file"))?;
            self.add_layer(base, &folder, open)?;
        }
        open.pop();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("extends", _) => {}
                ("stages", value) => self.set_stages(value, origin.clone())?,
                (_, toml::Value::Table(inner)) => {
                    for (k, value) in inner {
                        self.put(&key, k, Setting { value, origin: origin.clone() });
                    }
                }
                _ => {
                    let hint = nearest(&key, ["extends", "stages"])
                        .map_or_else(|| "values belong into a table, as in [hands]".to_owned(), |near| format!("did you mean `{near}`?"));
                    return Err(GraphError::UnknownKey { key, origin: origin.to_string(), hint });
                }
            }
        }
        Ok(())
    }

    fn set_stages(&mut self, value: toml::Value, origin: Origin) -> Result<()> {
        let wrong = || shape(&origin, "`stages` should be a list of stage names, as in stages = [\"hands\"]");
        let list = value.as_array().ok_or_else(wrong)?;
        let names: Option<Vec<String>> = list.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        let names = names.ok_or_else(wrong)?;
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = names.iter().find(|n| !seen.insert(n.as_str())) {
            return Err(shape(&origin, &format!("stage `{twice}` is listed twice")));
        }
        self.stages = names;
        self.stages_origin = origin;
        Ok(())
    }

    fn add_override(&mut self, text: &str) -> Result<()> {
        let origin = Origin::CommandLine;
        let wrong = || shape(&origin, &format!("`{text}` should have the form STAGE.KEY=VALUE, as in hands.threads=2"));
        let (path, value) = text.split_once('=').ok_or_else(wrong)?;
        let value = value.trim();
        if path.trim() == "stages" {
            // As in a file, or short.
            if value.starts_with('[') {
                let table: toml::Table =
                    format!("stages = {value}").parse().map_err(|e: toml::de::Error| shape(&origin, e.to_string().trim_end()))?;
                let list = table.get("stages").cloned().unwrap_or(toml::Value::Array(Vec::new()));
                return self.set_stages(list, origin);
            }
            let names = value.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| toml::Value::String(n.to_owned()));
            return self.set_stages(toml::Value::Array(names.collect()), origin);
        }
        let (table, key) = path.trim().split_once('.').filter(|(t, k)| !t.is_empty() && !k.is_empty()).ok_or_else(wrong)?;
        // Everything on a command line is text; the property's type decides later what it means.
        let setting = Setting { value: toml::Value::String(value.to_owned()), origin };
        self.put(table, key.to_owned(), setting);
        Ok(())
    }

    /// Writes a value over what was there. Who chooses another model does not get the alternative that was meant for the one before.
    fn put(&mut self, table: &str, key: String, setting: Setting) {
        let into = self.tables.entry(table.to_owned()).or_default();
        if key == "model" {
            into.retain(|other, written| other != "alternative" || written.origin == setting.origin);
        }
        into.insert(key, setting);
    }

    /// Holds every stage, key and value against the elements that are installed and the keys of the program.
    ///
    /// # Errors
    /// Names the first key that does not exist (with the nearest one) or the first value of the wrong type or range.
    pub fn check(&self) -> Result<()> {
        for stage in &self.stages {
            if is_fixed(stage) {
                let reason = format!("`{stage}` is not an analysis stage; the program adds it where it belongs");
                return Err(shape(&self.stages_origin, &reason));
            }
            if let Err(error) = properties::stage_factory(stage) {
                let known = installed_stages();
                if known.is_empty() {
                    return Err(error);
                }
                let hint = match nearest(stage, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("stages are {}, and every GStreamer filter that is installed", known.join(", ")),
                };
                return Err(GraphError::UnknownKey { key: format!("stages: {stage}"), origin: self.stages_origin.to_string(), hint });
            }
        }
        self.commands()?;
        for (table, keys) in self.tables.iter().filter(|(table, _)| *table != COMMANDS) {
            if PROGRAM_KEYS.iter().any(|k| k.table == table) {
                for (key, setting) in keys {
                    self.program_value(table, key, setting)?;
                }
            } else if let Some(element) = self.element_of(table)? {
                for (key, setting) in keys {
                    element_value(&element, table, key, setting)?;
                }
            } else if let Some((key, setting)) = keys.iter().next() {
                return Err(self.unknown_table(table, key, &setting.origin));
            }
        }
        Ok(())
    }

    /// Shell commands by the label that starts them: the table `[commands]`, empty unless somebody wrote one.
    ///
    /// # Errors
    /// When a command is no text.
    pub fn commands(&self) -> Result<BTreeMap<String, String>> {
        let command = |(label, setting): (&String, &Setting)| match setting.value.as_str() {
            Some(text) => Ok((label.clone(), text.to_owned())),
            None => Err(bad_value(COMMANDS, label, "a shell command in quotes".to_owned(), setting)),
        };
        self.tables.get(COMMANDS).into_iter().flatten().map(command).collect()
    }

    /// Every value in force with its origin: what was written, then the defaults of elements and program.
    ///
    /// # Errors
    /// When [`Settings::check`] would fail.
    pub fn describe(&self) -> Result<Vec<Shown>> {
        self.check()?;
        let names = self.stages.iter().cloned().map(toml::Value::String).collect();
        let mut shown = vec![Shown {
            table: String::new(),
            key: "stages".into(),
            value: toml::Value::Array(names),
            origin: self.stages_origin.clone(),
        }];
        for table in self.stages.iter().map(String::as_str).chain(FIXED_ELEMENTS.iter().map(|f| f.0)) {
            // An element that is only needed for some outputs may be absent.
            let Some(element) = self.element_of(table).ok().flatten() else { continue };
            for spec in properties::settable(&element).into_iter().filter(|s| !is_programs(table, s.name())) {
                let (value, origin) = match self.tables.get(table).and_then(|t| t.get(spec.name())) {
                    Some(setting) => (element_value(&element, table, spec.name(), setting)?, setting.origin.clone()),
                    None => (spec.default_value().clone(), Origin::Default),
                };
                shown.push(Shown { table: table.into(), key: spec.name().into(), value: properties::to_setting(&value), origin });
            }
        }
        for (label, setting) in self.tables.get(COMMANDS).into_iter().flatten() {
            let (key, value, origin) = (label.clone(), setting.value.clone(), setting.origin.clone());
            shown.push(Shown { table: COMMANDS.into(), key, value, origin });
        }
        for key in PROGRAM_KEYS {
            let (value, origin) = match self.tables.get(key.table).and_then(|t| t.get(key.key)) {
                Some(setting) => (self.program_value(key.table, key.key, setting)?, setting.origin.clone()),
                None => (key.default_value(), Origin::Default),
            };
            shown.push(Shown { table: key.table.into(), key: key.key.into(), value, origin });
        }
        Ok(shown)
    }

    /// Sets the written values of a table on its element.
    pub(crate) fn apply(&self, table: &str, element: &gst::Element) -> Result<()> {
        for (key, setting) in self.tables.get(table).into_iter().flatten() {
            element.set_property_from_value(key, &element_value(element, table, key, setting)?);
        }
        Ok(())
    }

    /// A key of the program: as written, or its default. `table.key` must be in the table of program keys.
    pub(crate) fn program(&self, table: &str, key: &str) -> Result<toml::Value> {
        match self.tables.get(table).and_then(|t| t.get(key)) {
            Some(setting) => self.program_value(table, key, setting),
            None => ProgramKey::find(table, key)
                .map(ProgramKey::default_value)
                .ok_or_else(|| GraphError::Build(format!("the program has no key {table}.{key}"))),
        }
    }

    /// As [`Settings::program`], for a whole number that is never negative.
    pub(crate) fn program_count(&self, table: &str, key: &str) -> Result<u32> {
        let value = self.program(table, key)?;
        Ok(value.as_integer().and_then(|v| u32::try_from(v).ok()).unwrap_or(0))
    }

    /// As [`Settings::program`], for a time in seconds.
    pub(crate) fn program_secs(&self, table: &str, key: &str) -> Result<std::time::Duration> {
        let value = self.program(table, key)?.as_float().unwrap_or(0.0);
        Ok(std::time::Duration::try_from_secs_f64(value).unwrap_or_default())
    }

    fn program_value(&self, table: &str, key: &str, setting: &Setting) -> Result<toml::Value> {
        let origin = setting.origin.to_string();
        let Some(known) = ProgramKey::find(table, key) else {
            let names = PROGRAM_KEYS.iter().filter(|k| k.table == table).map(|k| k.key);
            return Err(unknown_key(table, key, origin, names));
        };
        let value = match (&setting.origin, &setting.value) {
            (Origin::CommandLine, toml::Value::String(text)) => from_text(text),
            (_, value) => value.clone(),
        };
        known.accept(&value).map_err(|expected| bad_value(table, key, expected, setting))
    }

    /// The element whose properties a table sets; `None` when the table is not of this run.
    fn element_of(&self, table: &str) -> Result<Option<gst::Element>> {
        if let Some((_, factory, _)) = FIXED_ELEMENTS.iter().find(|f| f.0 == table) {
            return properties::make(factory).map(Some);
        }
        // A table whose stage is switched off stays checked, so that switching it on again holds no surprise.
        match properties::stage_factory(table) {
            Ok(_) => properties::make_stage(table).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn unknown_table(&self, table: &str, key: &str, origin: &Origin) -> GraphError {
        let installed = installed_stages();
        let known = self.stages.iter().map(String::as_str).chain(installed.iter().map(String::as_str));
        let known = known.chain(FIXED_ELEMENTS.iter().map(|f| f.0)).chain(PROGRAM_KEYS.iter().map(|k| k.table));
        let mut known: Vec<_> = known.collect();
        known.sort_unstable();
        known.dedup();
        let hint = match nearest(table, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}.{key}`?"),
            None => format!("the tables are {}", known.join(", ")),
        };
        GraphError::UnknownKey { key: format!("{table}.{key}"), origin: origin.to_string(), hint }
    }
}

/// Names of the stages whose elements are registered in this process.
fn installed_stages() -> Vec<String> {
    // By name: an analyzer is of none of the types that a registry can be asked for.
    let features = gst::Registry::get().features(gst::ElementFactory::static_type());
    let factories = features.into_iter().filter_map(|f| f.downcast::<gst::ElementFactory>().ok());
    let filters = factories.filter(|f| f.metadata("klass").is_some_and(|klass| klass.contains("Filter")));
    let names = filters.filter_map(|f| f.name().strip_prefix("ego").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|n| !is_fixed(n)).collect();
    names.sort_unstable();
    names
}

fn is_fixed(table: &str) -> bool {
    FIXED_ELEMENTS.iter().any(|f| f.0 == table)
}

/// Whether only the program sets this property.
fn is_programs(table: &str, key: &str) -> bool {
    FIXED_ELEMENTS.iter().any(|f| f.0 == table && f.2.contains(&key))
}

fn element_value(element: &gst::Element, table: &str, key: &str, setting: &Setting) -> Result<gst::glib::Value> {
    let specs = properties::settable(element);
    let Some(spec) = specs.iter().find(|s| s.name() == key && !is_programs(table, key)) else {
        let names = specs.iter().map(|s| s.name()).filter(|n| !is_programs(table, n));
        return Err(unknown_key(table, key, setting.origin.to_string(), names));
    };
    properties::to_property(spec, &setting.value, setting.origin == Origin::CommandLine)
        .map_err(|expected| bad_value(table, key, expected, setting))
}

/// A value from the command line: a TOML number or switch where it reads as one, else text.
fn from_text(text: &str) -> toml::Value {
    let parsed = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
    parsed.unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

fn shape(origin: &Origin, reason: &str) -> GraphError {
    GraphError::Settings { origin: origin.to_string(), reason: reason.to_owned() }
}

fn bad_value(table: &str, key: &str, expected: String, setting: &Setting) -> GraphError {
    GraphError::BadValue { key: format!("{table}.{key}"), expected, found: setting.value.to_string(), origin: setting.origin.to_string() }
}

fn unknown_key<'a>(table: &str, key: &str, origin: String, known: impl Iterator<Item = &'a str> + Clone) -> GraphError {
    let hint = match nearest(key, known.clone()) {
        Some(near) => format!("did you mean `{table}.{near}`?"),
        None => format!("the keys of `{table}` are {}", known.collect::<Vec<_>>().join(", ")),
    };
    GraphError::UnknownKey { key: format!("{table}.{key}"), origin, hint }
}

fn no_preset(name: &str) -> GraphError {
    let names = presets::preset_names();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? A file is named by its path, as in ./{name}.toml"),
        None => format!("the presets are {}; a file is named by its path, as in ./{name}.toml", names.join(", ")),
    };
    GraphError::NoPreset { name: name.to_owned(), hint }
}

/// The known word that is close enough to be a slip of the keyboard.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|k| (strsim::jaro_winkler(word, k), k));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k)
}
