//! `ego teach`: examples become a classifier that every other part of the program can run.
//!
//! - [`examples`]: marked stretches of recordings become labelled windows.
//! - [`tables`]: so do the rows of a table of key points, split into training and test.
//! - [`check`]: a model's answers on labelled windows.
//! - [`tell`]: what people and programs read about it.

mod check;
mod examples;
mod poses;
mod recordings;
mod split;
mod tables;
mod tell;

use std::time::Instant;

use ego_core::kinematics::{FeatureSpec, Preset};
use ego_models::paths::models_dir;
use ego_models::teach::export::{Description, write};
use ego_models::teach::{FitSettings, KinematicClassifier, TeachError, evaluate};

use crate::cli::TeachArgs;
use crate::console;
use crate::failure::{Status, usage};

pub(crate) fn teach(args: &TeachArgs, json: bool) -> anyhow::Result<Status> {
    match (&args.table, &args.check) {
        (Some(table), _) => tables::table(table, args, json),
        (None, Some(model)) => check::check(model, args, json),
        (None, None) => learn(args, json),
    }
}

/// Learns from marks in recordings.
fn learn(args: &TeachArgs, json: bool) -> anyhow::Result<Status> {
    let Some(name) = &args.name else {
        return Err(usage("the new model has no name", "give one, as in --name my-actions"));
    };
    let spec = layout(args, Preset::Hands)?;
    let found = examples::collect(args, spec)?;
    found.warnings.iter().cloned().chain(found.few()).for_each(|w| console::tell(&format!("warning: {w}")));
    let data = &found.data;
    data.check().map_err(refused)?;
    tell::classes(data, &found.examples, json)?;
    let settings = FitSettings::default();
    let began = Instant::now();
    let classifier = KinematicClassifier::fit(data, &settings).map_err(refused)?;
    let fitted = began.elapsed();
    if args.no_test {
        console::tell("not tested (--no-test)");
    } else {
        let (outcome, left_out) = evaluate::leave_one_group_out(data, &settings).map_err(refused)?;
        tell::held_out(&outcome, left_out, found.by, json)?;
    }
    let said: Vec<String> = std::env::args().skip(1).collect();
    let head = if matches!(spec.preset, Preset::HandShape | Preset::FingerPath | Preset::FingerTrack) { "gesture" } else { "fast" };
    save(&classifier, args, name, head, &format!("taught by `ego {}`", said.join(" ")), Vec::new(), json)?;
    console::tell(&format!("fitted in {:.2} s on {} windows", fitted.as_secs_f64(), data.samples.len()));
    let detector = if spec.preset.is_body() { "body" } else { "hands" };
    console::tell(&format!(
        "run it: ego live --set stages={detector},kinematics,action --set kinematics.layout={} --set action.model={name}",
        spec.id()
    ));
    Ok(Status::Good)
}

/// Writes the model and says where.
fn save(
    classifier: &KinematicClassifier,
    args: &TeachArgs,
    name: &str,
    head: &str,
    source: &str,
    card: Vec<(String, String)>,
    json: bool,
) -> anyhow::Result<()> {
    let folder = args.out.clone().unwrap_or_else(models_dir);
    let description = Description {
        name: name.to_owned(),
        head: args.head.map_or_else(|| head.to_owned(), |h| h.name().to_owned()),
        licence: args.licence.clone(),
        source: source.to_owned(),
        command: format!("ego teach --name {name} ..."),
        card,
    };
    let written = write(classifier, &description, &folder)?;
    if json {
        console::json("model", serde_json::json!({ "name": name, "path": written.onnx, "manifest": written.manifest }))
    } else {
        console::data(&written.onnx.display().to_string())
    }
}

/// The layout that was asked for, or this one.
fn layout(args: &TeachArgs, default: Preset) -> anyhow::Result<FeatureSpec> {
    let id = args.layout.as_deref().unwrap_or(default.name());
    let spec = FeatureSpec::parse(id).map_err(|e| usage(e.to_string(), "see --layout in `ego teach --help`"))?;
    match args.window {
        None => Ok(spec),
        Some(frames) => spec.with_window(frames, spec.step_s).map_err(|e| usage(e.to_string(), "change --window")),
    }
}

/// An error of teaching as one of wrong use: what was given cannot be learnt from.
fn refused(error: TeachError) -> anyhow::Error {
    let hint = match &error {
        TeachError::Layout { .. } | TeachError::Width { .. } => "give the --layout that the model was taught with",
        _ => "see `ego teach --help` for what is needed",
    };
    usage(error.to_string(), hint)
}
