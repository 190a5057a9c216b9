//! `ego config`: settings as they are in force.

use crate::cli::{ConfigArgs, ConfigVerb};
use crate::console;
use crate::failure::Status;
use crate::report::to_json;

pub(crate) fn config(verb: &ConfigVerb, json: bool) -> anyhow::Result<Status> {
    match verb {
        ConfigVerb::Show(args) => show(args, json),
        ConfigVerb::Check(args) => {
            args.load()?.check()?;
            Ok(Status::Good)
        }
    }
}

/// Prints settings as a TOML file that would have the same effect, each line with its origin.
fn show(args: &ConfigArgs, json: bool) -> anyhow::Result<Status> {
    let shown = args.load()?.describe()?;
    let mut table = "";
    for line in &shown {
        if json {
            let data = serde_json::json!({
                "table": line.table, "key": line.key, "value": to_json(&line.value), "origin": line.origin.to_string(),
            });
            console::json("setting", data)?;
            continue;
        }
        if line.table != table {
            table = &line.table;
            console::data(&format!("\n[{table}]"))?;
        }
        let setting = format!("{} = {}", line.key, line.value);
        console::data(&format!("{setting:<40} # {}", line.origin))?;
    }
    Ok(Status::Good)
}
