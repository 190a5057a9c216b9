//! What `ego teach` prints: figures with their intervals on standard output, one JSON object a line with `--json`.

use std::path::Path;

use ego_core::kinematics::FeatureSpec;
use ego_models::teach::Dataset;
use ego_models::teach::evaluate::{Outcome, mean_interval};
use ego_outputs::KeyPointTable;

use super::tables::{Changed, file_name};
use crate::cli::TeachSplit;
use crate::console;

/// Share of mutual mistakes above which two classes are called too alike.
const ALIKE: f64 = 0.2;

/// The classes, with windows and examples.
pub(super) fn classes(data: &Dataset, examples: &[usize], json: bool) -> anyhow::Result<()> {
    if json {
        let classes: Vec<serde_json::Value> = data
            .labels
            .iter()
            .zip(data.counts())
            .zip(examples)
            .map(|((label, windows), examples)| serde_json::json!({ "label": label, "windows": windows, "examples": examples }))
            .collect();
        return console::json("classes", serde_json::json!({ "layout": data.layout, "classes": classes }));
    }
    for ((label, windows), examples) in data.labels.iter().zip(data.counts()).zip(examples) {
        console::data(&format!("{label:<20} {examples:>3} examples {windows:>5} windows"))?;
    }
    Ok(())
}

fn figures(outcome: &Outcome) -> serde_json::Value {
    let [low, high] = outcome.interval();
    serde_json::json!({
        "accuracy": rounded(outcome.accuracy()), "interval": [rounded(low), rounded(high)], "windows": outcome.windows.len(),
        "labels": outcome.labels, "confusion": outcome.confusion(),
    })
}

fn rounded(value: f64) -> Option<f64> {
    value.is_finite().then(|| (value * 1e4).round() / 1e4)
}

/// Accuracy with its interval, as in `0.953 (95 % interval 0.91 to 0.98, 1200 windows)`.
fn accuracy(outcome: &Outcome) -> String {
    let [low, high] = outcome.interval();
    format!("{:.3} (95 % interval {low:.3} to {high:.3}, {} windows)", outcome.accuracy(), outcome.windows.len())
}

/// One line a true class: how often it was called what.
fn confusion(outcome: &Outcome) -> anyhow::Result<()> {
    let width = outcome.labels.iter().map(String::len).max().unwrap_or(0).max(5);
    let cells = |values: &mut dyn Iterator<Item = String>| values.map(|v| format!(" {v:>width$}")).collect::<String>();
    console::data(&format!("{:<width$}{}", "shown", cells(&mut outcome.labels.iter().cloned())))?;
    for (label, row) in outcome.labels.iter().zip(outcome.confusion()) {
        console::data(&format!("{label:<width$}{}", cells(&mut row.iter().map(usize::to_string))))?;
    }
    Ok(())
}

/// The test with each recording (or example) left out in turn.
pub(super) fn held_out(outcome: &Outcome, left_out: usize, by: &str, json: bool) -> anyhow::Result<()> {
    if outcome.windows.is_empty() {
        console::tell(&format!("warning: no {by} can be left out for a test without emptying a class: record a second one"));
        return Ok(());
    }
    if left_out > 0 {
        console::tell(&format!("warning: {left_out} {by}s could not be tested: without them a class would have no example"));
    }
    if by == "example" {
        console::tell("warning: all examples are from one recording, so the accuracy is for this recording only");
    }
    for (a, b, share) in outcome.too_alike(ALIKE) {
        let (a, b) = (&outcome.labels[a], &outcome.labels[b]);
        console::tell(&format!(
            "warning: {a:?} and {b:?} are too alike: {:.0} % of their windows are taken for the other; give more examples, a longer \
             --window, or make them one class",
            100.0 * share
        ));
    }
    if json {
        return console::json("held-out", serde_json::json!({ "by": by, "result": figures(outcome) }));
    }
    console::data(&format!("accuracy with one {by} left out: {}", accuracy(outcome)))?;
    confusion(outcome)
}

/// What a model says about other recordings.
pub(super) fn checked(model: &str, outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    if json {
        return console::json("check", serde_json::json!({ "model": model, "result": figures(outcome) }));
    }
    console::data(&format!("accuracy of {model}: {}", accuracy(outcome)))?;
    confusion(outcome)
}

/// What is in a table and how it is split.
pub(super) fn table(
    path: &Path,
    table: &KeyPointTable,
    spec: &FeatureSpec,
    split: TeachSplit,
    gap: usize,
    json: bool,
) -> anyhow::Result<()> {
    let classes: Vec<(String, usize)> =
        table.labels.iter().enumerate().map(|(i, l)| (l.clone(), table.rows.iter().filter(|r| r.class == i).count())).collect();
    if json {
        let data = serde_json::json!({
            "file": file_name(path), "rows": table.rows.len(), "classes": classes, "layout": spec.id(), "numbers": spec.names().len(),
            "split": split.name(), "gap_rows": gap,
        });
        return console::json("table", data);
    }
    let classes: Vec<String> = classes.iter().map(|(label, n)| format!("{label} {n}")).collect();
    console::data(&format!(
        "{}: {} rows ({}); {} with {} numbers; split by {}, gap {gap} rows",
        file_name(path),
        table.rows.len(),
        classes.join(", "),
        spec.id(),
        spec.names().len(),
        split.name()
    ))?;
    if split == TeachSplit::Random {
        console::tell(
            "warning: a random split puts neighbouring windows, which share frames, on both sides; its figure says how well the \
             classifier remembers, not how well it knows",
        );
    }
    Ok(())
}

/// One seed of a table.
pub(super) fn seed(seed: u64, outcome: &Outcome, trained_on: usize, json: bool) -> anyhow::Result<()> {
    if json {
        return console::json("seed", serde_json::json!({ "seed": seed, "trained_on": trained_on, "result": figures(outcome) }));
    }
    console::data(&format!("seed {seed}: {:.4} of {} windows, trained on {trained_on}", outcome.accuracy(), outcome.windows.len()))
}

/// Mean over the seeds and what was taken for what.
pub(super) fn table_result(runs: &[f64], pooled: &Outcome, split: TeachSplit, json: bool) -> anyhow::Result<()> {
    let spread = mean_interval(runs);
    if json {
        let seeds = spread.map(|(mean, half)| serde_json::json!({ "mean": rounded(mean), "plus_minus": rounded(half) }));
        return console::json("result", serde_json::json!({ "split": split.name(), "seeds": seeds, "result": figures(pooled) }));
    }
    let [low, high] = pooled.interval();
    let seeds = spread.map_or(String::new(), |(mean, half)| format!(", {} seeds {mean:.4} +- {half:.4}", runs.len()));
    console::data(&format!("accuracy {:.4} (95 % interval {low:.3} to {high:.3} over blocks of rows{seeds})", pooled.accuracy()))?;
    confusion(pooled)
}

/// The test after a change of speed, or with joints taken away.
pub(super) fn changed(result: &Changed, of: usize, json: bool) -> anyhow::Result<()> {
    let (speed, missing, windows) = (result.change.speed, result.change.missing, result.windows);
    let mean = result.accuracies.iter().sum::<f64>() / result.accuracies.len().max(1) as f64;
    let kept = (result.same_end > 0).then(|| result.kept as f64 / result.same_end as f64);
    if json {
        let data = serde_json::json!({
            "speed": speed, "missing": missing, "accuracy": rounded(mean), "windows": windows, "of": of, "same_label": kept.and_then(rounded),
        });
        return console::json("changed", data);
    }
    if missing > 0.0 {
        console::data(&format!("{:.0} % of the joints missing: {mean:.4} of {windows} windows ({of} without loss)", 100.0 * missing))
    } else {
        let kept = kept.map_or_else(|| "-".to_owned(), |k| format!("{k:.4}"));
        console::data(&format!("replayed at {speed}x: {mean:.4} of {windows} windows; the label of normal speed kept in {kept}"))
    }
}

/// Lines of the model card.
pub(super) fn card(path: &Path, table: &KeyPointTable, split: TeachSplit, runs: &[f64], pooled: &Outcome) -> Vec<(String, String)> {
    let [low, high] = pooled.interval();
    let mean = runs.iter().sum::<f64>() / runs.len().max(1) as f64;
    let measured = format!(
        "{mean:.3} (95 % interval {low:.3} to {high:.3}) over {} splits by {}, none of the test rows in training; the file itself is fitted to all rows",
        runs.len(),
        split.name()
    );
    vec![
        ("trained_on".into(), format!("{} rows of {}, classes {}", table.rows.len(), file_name(path), table.labels.join(", "))),
        ("accuracy".into(), measured),
    ]
}
