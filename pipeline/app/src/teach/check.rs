//! `ego teach --check`: what a model says about marked recordings that it has not seen.

use ego_core::kinematics::FeatureSpec;
use ego_models::paths::find_model;
use ego_models::teach::evaluate::Outcome;
use ego_models::teach::export::FAMILY;
use ego_models::{Device, Network, SessionOptions};

use super::{examples, tell};
use crate::cli::TeachArgs;
use crate::console;
use crate::failure::{Status, usage};

pub(super) fn check(model: &str, args: &TeachArgs, json: bool) -> anyhow::Result<Status> {
    let located = find_model(model)?;
    let manifest = &located.manifest;
    let Some(features) = manifest.features.as_ref().filter(|_| manifest.family == FAMILY) else {
        let what = format!("model {model} is of the family {}, not {FAMILY}", manifest.family);
        return Err(usage(what, "`ego teach --check` scores models that `ego teach` made; see `ego eval` for others"));
    };
    let spec = FeatureSpec::parse(&features.layout).map_err(|e| usage(e.to_string(), "was the model made by another version?"))?;
    if args.layout.as_ref().is_some_and(|l| *l != spec.id()) {
        let what = format!("model {model} was taught with the features {}, not {}", spec.id(), args.layout.clone().unwrap_or_default());
        return Err(usage(what, "leave --layout out"));
    }
    let found = examples::collect(args, spec)?;
    found.warnings.iter().for_each(|w| console::tell(&format!("warning: {w}")));
    let data = found.data;
    let labels = &manifest.labels;
    let foreign: Vec<&String> = data.labels.iter().filter(|l| !labels.contains(l)).collect();
    if foreign.len() == data.labels.len() {
        return Err(usage(
            format!("model {model} knows none of the marked classes: it knows {}", labels.join(", ")),
            "are these the marks of another model?",
        ));
    }
    if !foreign.is_empty() {
        let names: Vec<&str> = foreign.iter().map(|l| l.as_str()).collect();
        console::tell(&format!("warning: {} is not among the model's classes and left out", names.join(", ")));
    }
    let mut network = Network::open(&located, &SessionOptions { device: Device::Cpu, ..SessionOptions::default() })?;
    let output = network.output_index("probabilities")?;
    let mut outcome = Outcome { labels: labels.clone(), windows: Vec::new() };
    for sample in &data.samples {
        let Some(class) = data.labels.get(sample.class).and_then(|l| labels.iter().position(|m| m == l)) else { continue };
        let input = network.input_mut();
        if input.len() != sample.values.len() {
            let what = format!("model {model} wants {} values, the features {} have {}", input.len(), spec.id(), sample.values.len());
            return Err(usage(what, "teach the model anew with this version"));
        }
        input.copy_from_slice(&sample.values);
        network.run()?;
        let scores = network.output(output);
        let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i);
        outcome.windows.push((class, best, sample.group));
    }
    if outcome.windows.is_empty() {
        return Err(usage("no marked stretch could be described", "are hands or people in view in the marked stretches?"));
    }
    tell::checked(model, &outcome, json)?;
    Ok(Status::Good)
}
