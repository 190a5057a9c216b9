//! `ego eval`: results against the truth.
//!
//! `pairs` finds the truth of each result, `truth` reads it, `score` compares the two of one clip, `figures` makes numbers with intervals
//! of all of them.

mod figures;
mod pairs;
mod score;
mod truth;

use anyhow::Context as _;
use ego_outputs::read_json_lines;

use crate::cli::EvalArgs;
use crate::console;
use crate::failure::{Status, describe, usage};
use figures::{Measured, measure};
use pairs::Pair;
use score::ClipScore;

pub(crate) fn eval(args: &EvalArgs, json: bool) -> anyhow::Result<Status> {
    let (pairs, problems) = pairs::find(&args.results, args.truth.as_deref())?;
    let mut status = Status::Good;
    let mut failed = |error: &anyhow::Error| -> anyhow::Result<()> {
        status = Status::Inputs;
        console::tell(&describe(error));
        if json {
            console::json("failure", serde_json::json!({ "text": describe(error) }))?;
        }
        Ok(())
    };
    for problem in &problems {
        failed(problem)?;
    }
    let mut clips = Vec::new();
    for pair in &pairs {
        match one(pair) {
            Ok(clip) => clips.push(clip),
            Err(error) => failed(&error)?,
        }
    }
    if clips.is_empty() {
        let hint = "name files or folders that `ego run` has written; truth.jsonl files of `ego synth` lie beside their clips";
        return if status == Status::Good { Err(usage("there are no results to score", hint)) } else { Ok(status) };
    }
    let measured = measure(&clips, args.resamples);
    if json {
        for clip in clips.iter().filter(|_| args.per_clip) {
            let figures = measure(std::slice::from_ref(clip), 0);
            console::json("clip", serde_json::json!({ "clip": clip.name, "frames": clip.frames, "figures": to_json(&figures) }))?;
        }
        let frames: u64 = clips.iter().map(|c| c.frames).sum();
        let data = serde_json::json!({
            "clips": clips.len(), "frames": frames, "figures": to_json(&measured), "ap50": figures::ap50_by_class(&clips),
        });
        console::json("eval", data)?;
        return Ok(status);
    }
    if args.per_clip {
        for clip in &clips {
            table(&clip.name, &measure(std::slice::from_ref(clip), 0))?;
        }
    }
    let frames: u64 = clips.iter().map(|c| c.frames).sum();
    table(&format!("all: {} clips, {frames} frames", clips.len()), &measured)?;
    Ok(status)
}

fn one(pair: &Pair) -> anyhow::Result<ClipScore> {
    let results = read_json_lines(&pair.results)?;
    if let Some(warning) = results.warning() {
        console::tell(&format!("warning: {}: {warning}", pair.results.display()));
    }
    let truth = truth::read(&pair.truth).with_context(|| format!("read the truth of {}", pair.name))?;
    let clip = score::score(&pair.name, &results.frames, &truth);
    if clip.frames == 0 {
        let what = format!("{}: not one of its {} frames is in the truth {}", pair.name, results.frames.len(), pair.truth);
        return Err(usage(what, "is it the truth of another clip? Name the right one with --truth"));
    }
    Ok(clip)
}

/// One figure a line: name, value, unit, interval, number of things that were counted.
fn table(title: &str, figures: &[Measured]) -> anyhow::Result<()> {
    console::data(&format!("# {title}"))?;
    figures.iter().try_for_each(|figure| console::data(&line(figure)))
}

/// A delay of something that was never told is infinite.
fn line(figure: &Measured) -> String {
    let number = |v: f64| if v.is_finite() { format!("{v:.2}") } else { "never".to_owned() };
    let unit = if figure.value.is_finite() { figure.unit } else { "" };
    let interval = figure.interval.map_or(String::new(), |[low, high]| format!("{} to {}", number(low), number(high)));
    format!("{:<34} {:>9} {unit:<7} {interval:<20} n={}", figure.key, number(figure.value), figure.count)
}

fn to_json(figures: &[Measured]) -> serde_json::Value {
    let entry = |f: &Measured| {
        // Not finite: a delay of something that was never told.
        let value = f.value.is_finite().then_some(f.value);
        (f.key.to_owned(), serde_json::json!({ "value": value, "unit": f.unit, "interval": f.interval, "n": f.count }))
    };
    figures.iter().map(entry).collect::<serde_json::Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_told_has_no_delay_in_seconds() {
        let figure = |value, interval| Measured { key: "action.delay.median".into(), value, unit: "s", interval, count: 2 };
        let told = line(&figure(0.5, Some([0.25, f64::INFINITY])));
        assert!(told.contains(" 0.50 s ") && told.contains("0.25 to never") && told.ends_with("n=2"), "{told}");
        let never = line(&figure(f64::INFINITY, None));
        assert!(never.contains(" never ") && !never.contains(" s "), "{never}");
    }
}
