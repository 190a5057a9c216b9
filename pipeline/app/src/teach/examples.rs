//! Marked stretches of recordings become labelled windows.

use std::collections::BTreeMap;
use std::path::Path;

use ego_core::kinematics::{Extractor, FeatureSpec, Skips};
use ego_models::teach::{Dataset, Sample};
use ego_outputs::{Mark, Marks};

use super::recordings::{self, Recording};
use crate::cli::TeachArgs;
use crate::failure::usage;

/// Name of the class that is no action; stretches that nobody marked are examples of it.
pub(super) const NOTHING: &str = "nothing";
/// Windows nearer to a mark than this are neither the mark nor nothing: hands do not start on the frame.
const MARGIN_NS: u64 = 300_000_000;
/// Examples of a class below which its figures mean little.
const FEW: usize = 5;
/// Windows of "nothing" for each window of the largest class, at most.
const MOST_NOTHING: usize = 3;

/// What the recordings gave.
pub(super) struct Examples {
    pub(super) data: Dataset,
    /// Marks of each class, in the order of the labels.
    pub(super) examples: Vec<usize>,
    pub(super) warnings: Vec<String>,
    /// What a group of the data is: `recording` or `example`.
    pub(super) by: &'static str,
}

impl Examples {
    /// Warnings about classes with so few examples that a model of them means little.
    pub(super) fn few(&self) -> impl Iterator<Item = String> {
        let classes = self.data.labels.iter().zip(&self.examples).filter(|(l, n)| **n < FEW && l.as_str() != NOTHING);
        classes.map(|(label, count)| {
            let examples = if *count == 1 { "example" } else { "examples" };
            format!("class {label:?} has only {count} {examples}: give five or more, from different recordings")
        })
    }
}

/// Reads all marks and recordings.
pub(super) fn collect(args: &TeachArgs, spec: FeatureSpec) -> anyhow::Result<Examples> {
    let mut marks = Vec::new();
    for path in &args.marks {
        marks.extend(read(path)?);
    }
    if marks.is_empty() {
        let hint = "set marks in `ego view` and give their file with --marks";
        return Err(usage("there are no marks to learn from", hint));
    }
    if args.recordings.is_empty() {
        return Err(usage("no recording is given", "name the videos or result files (.jsonl) that the marks are in"));
    }
    contradictions(&marks)?;
    let recordings = recordings::read(&args.recordings, if spec.preset.is_body() { "body" } else { "hands" })?;
    let missing: Vec<&str> =
        marks.iter().map(|m| m.recording.as_str()).filter(|name| !recordings.iter().any(|r| r.name == *name)).collect();
    if missing.len() == marks.len() {
        let names: Vec<&str> = recordings.iter().map(|r| r.name.as_str()).collect();
        let what = format!("no mark is in the recordings {}; the marks name {}", names.join(", "), unique(&missing).join(", "));
        return Err(usage(what, "`recording` in the marks is the file name without its ending"));
    }
    let mut examples = label(&marks, &recordings, spec, !args.no_nothing);
    if !missing.is_empty() {
        examples.warnings.push(format!("marks in {} are left out: no such recording is given", unique(&missing).join(", ")));
    }
    Ok(examples)
}

fn read(path: &Path) -> anyhow::Result<Vec<Mark>> {
    Ok(Marks::read(path)?.marks)
}

fn unique<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names
}

/// Two labels at one moment of one recording.
fn contradictions(marks: &[Mark]) -> anyhow::Result<()> {
    for (i, a) in marks.iter().enumerate() {
        let other = marks
            .iter()
            .skip(i + 1)
            .find(|b| a.recording == b.recording && a.label != b.label && a.start_ns < b.end_ns && b.start_ns < a.end_ns);
        if let Some(b) = other {
            let at = a.start_ns.max(b.start_ns) as f64 * 1e-9;
            let what = format!("{} is marked as both {:?} and {:?} at {at:.2} s", a.recording, a.label, b.label);
            return Err(usage(what, "shorten or remove one of the two marks"));
        }
    }
    Ok(())
}

/// Labels every window of the recordings.
fn label(marks: &[Mark], recordings: &[Recording], spec: FeatureSpec, with_nothing: bool) -> Examples {
    let mut labels: Vec<String> = marks.iter().map(|m| m.label.clone()).collect();
    labels.sort();
    labels.dedup();
    let marked_nothing = labels.iter().any(|l| l == NOTHING);
    if with_nothing && !marked_nothing {
        labels.push(NOTHING.to_owned());
    }
    let by_recording = recordings.len() > 1;
    let span_ns = (spec.span_s() * 1e9) as u64;
    let mut extractor = Extractor::new(spec);
    let mut samples: Vec<Sample> = Vec::new();
    let mut used: BTreeMap<(usize, u64), usize> = BTreeMap::new();
    let mut warnings = Vec::new();
    for (number, recording) in recordings.iter().enumerate() {
        let mut here: Vec<&Mark> = marks.iter().filter(|m| m.recording == recording.name).collect();
        here.sort_by_key(|m| m.start_ns);
        if here.is_empty() {
            warnings.push(format!("{} has no mark and is left out", recording.name));
            continue;
        }
        let before = extractor.skips();
        let described = recording.describe(&mut extractor);
        warnings.extend(left_out(&recording.name, before, extractor.skips()));
        for (time, features) in described {
            let begin = time.saturating_sub(span_ns);
            // At least half of the window lies in the mark, and it ends in it.
            let inside = here.iter().position(|m| (begin + time) / 2 >= m.start_ns && time <= m.end_ns);
            let near = here.iter().any(|m| begin < m.end_ns.saturating_add(MARGIN_NS) && time.saturating_add(MARGIN_NS) > m.start_ns);
            let (name, example) = match inside {
                Some(i) => {
                    *used.entry((number, here[i].start_ns)).or_default() += 1;
                    (here[i].label.as_str(), i)
                }
                None if near || !with_nothing => continue,
                // What lies between two marks belongs to the later one, so that it is held out with it.
                None => (NOTHING, here.iter().position(|m| m.start_ns > time).unwrap_or(here.len() - 1)),
            };
            let Some(class) = labels.iter().position(|l| l == name) else { continue };
            let group = if by_recording { number } else { example };
            samples.push(Sample { values: features.values, class, group });
        }
        for mark in here.iter().filter(|m| !used.contains_key(&(number, m.start_ns))) {
            let at = mark.start_ns as f64 * 1e-9;
            warnings.push(format!(
                "{}: the mark {:?} at {at:.2} s gives no window: nothing is in view, or it is shorter than the window ({:.2} s)",
                recording.name,
                mark.label,
                spec.span_s()
            ));
        }
    }
    thin_nothing(&mut samples, labels.iter().position(|l| l == NOTHING).filter(|_| !marked_nothing), labels.len());
    if with_nothing && !marked_nothing && !samples.iter().any(|s| s.class + 1 == labels.len()) {
        labels.pop();
        warnings.push("no stretch is left unmarked, so the model will not know \"nothing\" and always names an action".to_owned());
    }
    let examples: Vec<usize> =
        labels.iter().map(|l| marks.iter().filter(|m| m.label == *l && recordings.iter().any(|r| r.name == m.recording)).count()).collect();
    let data = Dataset { layout: spec.id(), labels, samples };
    Examples { data, examples, warnings, by: if by_recording { "recording" } else { "example" } }
}

/// What of a recording could not be described because it is damaged.
fn left_out(name: &str, before: Skips, after: Skips) -> Option<String> {
    let parts = [
        (after.not_finite - before.not_finite, "hands or people with coordinates that are no numbers or far outside the picture"),
        (after.time - before.time, "frames whose time stamps stand still or jump back"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    (!parts.is_empty()).then(|| format!("{name}: left out are {}", parts.join(", and ")))
}

/// Leaves windows of "nothing" out, evenly, until they are not many times the largest class.
fn thin_nothing(samples: &mut Vec<Sample>, nothing: Option<usize>, classes: usize) {
    let Some(nothing) = nothing else { return };
    let count = |class: usize| samples.iter().filter(|s| s.class == class).count();
    let most = MOST_NOTHING * (0..classes).filter(|c| *c != nothing).map(count).max().unwrap_or(0);
    let have = count(nothing);
    if have <= most || most == 0 {
        return;
    }
    let mut seen = 0;
    samples.retain(|s| {
        if s.class != nothing {
            return true;
        }
        seen += 1;
        seen * most / have != (seen - 1) * most / have
    });
}
