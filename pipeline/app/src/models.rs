//! `ego models`: what there is, whether it is sound, and how it gets here.

use std::path::Path;

use ego_models::manifest::Manifest;
use ego_models::paths::{find_model, models_dir, own_names};
use ego_models::{Device, ModelError, Network, SessionOptions, import, manifest};

use crate::cli::{ImportVerb, ModelsVerb};
use crate::console;
use crate::failure::{Status, describe, status_of};

pub(crate) fn models(verb: &ModelsVerb, json: bool) -> anyhow::Result<Status> {
    match verb {
        ModelsVerb::List => list(json),
        ModelsVerb::Verify { models } => verify(models, json),
        ModelsVerb::Import(ImportVerb::Mediapipe { wheel, out }) => {
            let out = out.clone().unwrap_or_else(models_dir);
            let imported = match wheel {
                Some(wheel) => import::mediapipe(wheel, &out)?,
                None => import::fetch::mediapipe(&out)?,
            };
            for model in imported {
                if json {
                    let data = serde_json::json!({ "name": model.name, "path": model.path, "sha256": model.sha256, "bytes": model.bytes });
                    console::json("model", data)?;
                } else {
                    console::data(&model.path.display().to_string())?;
                }
            }
            Ok(Status::Good)
        }
        ModelsVerb::Pull { model } => pull(model, json),
    }
}

/// Downloads a model with a bar of bytes.
fn pull(model: &str, json: bool) -> anyhow::Result<Status> {
    let bar = console::bytes_bar(model);
    let pulled = ego_models::pull(model, &models_dir(), &mut |here, whole| {
        bar.set_length(whole);
        bar.set_position(here);
    });
    bar.finish_and_clear();
    let pulled = pulled?;
    if pulled.built_in {
        console::tell(&format!("{} is built into this program and needs no pull", pulled.name));
    } else {
        console::tell(&format!("{}: licence {}, SHA-256 {}", pulled.name, pulled.licence, pulled.sha256));
    }
    if json {
        let data = serde_json::json!({
            "name": pulled.name, "path": pulled.path, "sha256": pulled.sha256, "bytes": pulled.bytes, "transferred": pulled.transferred,
            "licence": pulled.licence, "built_in": pulled.built_in,
        });
        console::json("model", data)?;
    } else {
        console::data(&pulled.path.display().to_string())?;
    }
    Ok(Status::Good)
}

/// The models that come with the program, then the user's own.
fn list(json: bool) -> anyhow::Result<Status> {
    for name in manifest::built_in_names() {
        let file = find_model(name).ok().map(|located| located.file);
        row(name, &manifest::built_in(name)?, file.as_deref(), true, json)?;
    }
    let folder = models_dir();
    for name in own_names(&folder) {
        // One manifest that cannot be read does not hide the others.
        match Manifest::read(&folder.join(format!("{name}.toml"))) {
            Ok(manifest) => row(&name, &manifest, find_model(&name).ok().map(|located| located.file).as_deref(), false, json)?,
            Err(error) => console::tell(&describe(&error.into())),
        }
    }
    console::tell(&format!("models of your own are the manifests (.toml) in {}, with their .onnx files", folder.display()));
    Ok(Status::Good)
}

/// One line of the list: `file` is where the model's file is, `None` = it is not here.
fn row(name: &str, manifest: &Manifest, file: Option<&Path>, built_in: bool, json: bool) -> anyhow::Result<()> {
    if json {
        let data = serde_json::json!({
            "name": name, "version": manifest.version, "task": manifest.task.name(), "licence": manifest.licence,
            "sha256": manifest.sha256, "bytes": manifest.bytes, "path": file, "command": manifest.origin.command,
            "url": manifest.url, "built_in": built_in,
        });
        return console::json("model", data);
    }
    let state = match (file, &manifest.origin.command) {
        // Whose weights these are, only the version says.
        (Some(path), _) if !built_in => format!("{} ({})", path.display(), manifest.version),
        (Some(path), _) => path.display().to_string(),
        (None, Some(command)) => format!("not here: `{command}` brings it{}", download(manifest)),
        (None, None) => "not here".to_owned(),
    };
    console::data(&format!("{name:<28} {:<8} {:<17} {state}", manifest.task.name(), manifest.licence))
}

/// What a download comes to, in brackets: from whom, how much, and how it is checked; empty for models that are not downloaded.
fn download(manifest: &Manifest) -> String {
    let Some(url) = &manifest.url else { return String::new() };
    let host = url.split('/').nth(2).unwrap_or(url);
    let size = manifest.bytes.map_or_else(String::new, |bytes| format!("{:.1} MB ", bytes as f64 / 1e6));
    let check = if manifest.sha256.is_some() { "checked by SHA-256" } else { "no published hash: the first download is pinned" };
    format!(" ({size}from {host}, {check})")
}

/// Checks the models that were named, or all whose files are here, the user's own as well.
fn verify(asked: &[String], json: bool) -> anyhow::Result<Status> {
    let known = || manifest::built_in_names().into_iter().map(str::to_owned).chain(own_names(&models_dir()));
    let here = |name: &String| !matches!(find_model(name), Err(ModelError::NotImported { .. }));
    let names: Vec<String> = if asked.is_empty() { known().filter(here).collect() } else { asked.to_vec() };
    if names.is_empty() {
        let file = models_dir();
        let remedy = "`ego models import mediapipe` brings hands and bodies".to_owned();
        return Err(ModelError::NotImported { name: "any".into(), path: file, remedy }.into());
    }
    let mut status = Status::Good;
    for name in names {
        let options = SessionOptions { device: Device::Cpu, ..SessionOptions::default() };
        let opened = find_model(&name).and_then(|located| Ok((Network::open(&located, &options)?, located)));
        match opened {
            Ok((network, located)) if json => {
                let data = serde_json::json!({ "name": name, "ok": true, "path": located.file, "provider": network.provider() });
                console::json("model", data)?;
            }
            Ok((_, located)) => console::data(&format!("{name:<28} good      {}", located.file.display()))?,
            Err(error) => {
                let error = anyhow::Error::from(error);
                // A file that is not what it should be is what this verb looks for, not a wrong use of it.
                let found = if status_of(&error) == Status::Missing { Status::Missing } else { Status::Inputs };
                status = status.max(found);
                console::tell(&describe(&error));
                if json {
                    console::json("model", serde_json::json!({ "name": name, "ok": false, "error": error.to_string() }))?;
                } else {
                    console::data(&format!("{name:<28} not good"))?;
                }
            }
        }
    }
    Ok(status)
}
