//! `ego export`: result lines in the formats of other programs; also what `ego run --formats` does after each input.

use std::path::{Path, PathBuf};

use ego_outputs::{Format, export};

use crate::cli::ExportArgs;
use crate::console;
use crate::failure::{Status, describe, usage};
use crate::run::make_folder;

pub(crate) fn run(args: &ExportArgs, json: bool) -> anyhow::Result<Status> {
    if let Some(folder) = &args.out {
        make_folder(folder)?;
    }
    let jobs: Vec<(&PathBuf, Format, PathBuf)> = args
        .results
        .iter()
        .flat_map(|lines| args.to.iter().map(move |to| (lines, to.0, place(lines, to.0, args.out.as_deref()))))
        .collect();
    for (lines, _, out) in &jobs {
        if out == *lines {
            return Err(usage(format!("{} would be overwritten by its own export", out.display()), "give another folder with --out"));
        }
        if !args.overwrite && out.exists() {
            let hint = "--overwrite replaces it, or give another folder with --out";
            return Err(usage(format!("{} is there already", out.display()), hint));
        }
    }
    let mut status = Status::Good;
    for (lines, format, out) in jobs {
        match one(lines, format, &out) {
            Ok(frames) if json => {
                let data = serde_json::json!({ "results": lines, "format": format.name(), "path": out, "frames": frames });
                console::json("export", data)?;
            }
            Ok(_) => console::data(&out.display().to_string())?,
            Err(error) => {
                status = Status::Inputs;
                console::tell(&describe(&error));
                if json {
                    console::json("failure", serde_json::json!({ "input": lines, "text": describe(&error) }))?;
                }
            }
        }
    }
    Ok(status)
}

/// Where an export goes: beside the lines, or into a folder.
fn place(lines: &Path, format: Format, folder: Option<&Path>) -> PathBuf {
    let beside = format.beside(lines);
    match (folder, beside.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => beside,
    }
}

/// Exports one file and tells what it lacks; the number of its frames.
///
/// # Errors
/// When the lines cannot be read or the export cannot be written.
pub(crate) fn one(lines: &Path, format: Format, out: &Path) -> anyhow::Result<u64> {
    let exported = export(lines, format, out)?;
    if let Some(fault) = &exported.fault {
        console::tell(&format!("warning: {}: {fault}: left out", lines.display()));
    }
    if exported.cut_off {
        console::tell(&format!("warning: {}: cut off after {} frames", lines.display(), exported.frames));
    }
    Ok(exported.frames)
}
