//! Which stage the classifiers wait for.

use std::collections::BTreeSet;

use ego_models::action::{ActionSpec, Rows};

use super::Input;
use super::cues::Cues;

/// Stream time without a stage's results after which it counts as missing: where every frame waits for its results, and where frames
/// pass while models are still being loaded.
const PATIENCE_NS: [u64; 2] = [500_000_000, 4_000_000_000];

/// One kind of results that somebody waits for.
#[derive(Debug)]
struct Awaited {
    /// Nobody needs it, or it has come, or its absence was told.
    settled: bool,
    /// The warning.
    text: String,
}

/// Looks out for results that never come.
#[derive(Debug)]
pub(super) struct Watch {
    began_ns: Option<u64>,
    hands: Awaited,
    objects: Awaited,
    features: Vec<(String, Awaited)>,
    /// Layouts of features that have come.
    layouts: BTreeSet<String>,
}

impl Watch {
    pub(super) fn new(specs: &[&ActionSpec], input: Input) -> Watch {
        let awaited = |needed: bool, text: String| Awaited { settled: !needed, text };
        let vectors: Vec<(&ActionSpec, &[String])> = specs.iter().filter_map(|s| s.rows.objects().map(|objects| (*s, objects))).collect();
        let hands = match input {
            Input::Results => {
                "the action stage waits for hands and none have come: put the stage hands before it (egohands in front of egoaction)"
            }
            Input::Truth => {
                "the action stage waits for the truth and none has come: input=truth works behind egotestsrc only; unset it for results"
            }
        };
        let with_objects = vectors.iter().find(|(_, objects)| !objects.is_empty());
        let objects = with_objects.map(|(spec, _)| {
            format!(
                "no objects have come, so the action model {:?} runs on hands alone, which it names less well: put the stage objects before \
                 it (egoobjects in front of egoaction)",
                spec.model
            )
        });
        let features = specs.iter().filter_map(|spec| match &spec.rows {
            Rows::Features { layout, .. } => {
                let whom = if layout.starts_with("body") { "nobody with neck and hips" } else { "no hand" };
                let text = format!(
                    "the action model {:?} waits for features of the layout {layout:?} and none have come: {whom} has been in view so far, \
                     or the stage kinematics is not before it (egokinematics in front of egoaction), set to this layout, and before that \
                     the stage that it reads, hands or body",
                    spec.model
                );
                Some((layout.clone(), awaited(true, text)))
            }
            Rows::Vectors { .. } | Rows::Frames { .. } => None,
        });
        Watch {
            began_ns: None,
            hands: awaited(!vectors.is_empty(), hands.to_owned()),
            objects: awaited(objects.is_some() && input == Input::Results, objects.unwrap_or_default()),
            features: features.collect(),
            layouts: BTreeSet::new(),
        }
    }

    /// Looks at a frame; warnings that are due.
    pub(super) fn look(&mut self, time_ns: u64, live: bool, cues: &Cues) -> Vec<String> {
        self.hands.settled |= cues.hands.is_some();
        self.objects.settled |= cues.objects.is_some();
        for (layout, awaited) in &mut self.features {
            awaited.settled |= cues.features.iter().any(|f| *f.layout == **layout);
        }
        for features in &cues.features {
            if !self.layouts.contains(&*features.layout) {
                self.layouts.insert(features.layout.to_string());
            }
        }
        let began = *self.began_ns.get_or_insert(time_ns);
        if time_ns < began {
            self.began_ns = Some(time_ns);
        }
        if time_ns.saturating_sub(began) < PATIENCE_NS[usize::from(live)] {
            return Vec::new();
        }
        let all = [&mut self.hands, &mut self.objects].into_iter().chain(self.features.iter_mut().map(|(_, awaited)| awaited));
        let missing = all.filter_map(|awaited| (!std::mem::replace(&mut awaited.settled, true)).then(|| awaited.text.clone()));
        let mut due: Vec<String> = missing.collect();
        let others: Vec<&str> = self.layouts.iter().map(String::as_str).collect();
        for text in due.iter_mut().filter(|text| text.contains("features of the layout") && !others.is_empty()) {
            text.push_str(&format!("; what has come is {}", others.join(", ")));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_models::manifest::Manifest;
    use std::path::Path;

    fn spec() -> ActionSpec {
        let text = include_str!("../../../models/tests/data/tiny-action.toml");
        ActionSpec::of(&Manifest::parse(text, Path::new("tiny-action.toml")).expect("a manifest")).expect("an action model")
    }

    #[test]
    fn a_stage_that_never_delivers_is_named_once() {
        let spec = spec();
        let mut watch = Watch::new(&[&spec], Input::Results);
        let none = Cues::default();
        assert!(watch.look(0, false, &none).is_empty());
        let told = watch.look(600_000_000, false, &none);
        assert!(told.len() == 2 && told[0].contains("stage hands") && told[1].contains("stage objects"), "{told:?}");
        assert!(watch.look(700_000_000, false, &none).is_empty());
    }

    #[test]
    fn a_stage_that_finds_nothing_is_no_missing_stage_and_live_models_may_take_their_time() {
        let spec = spec();
        let mut watch = Watch::new(&[&spec], Input::Results);
        let empty = Cues { hands: Some(Vec::new()), ..Cues::default() };
        watch.look(0, true, &empty);
        assert!(watch.look(3_000_000_000, true, &empty).is_empty());
        let told = watch.look(5_000_000_000, true, &Cues::default());
        assert!(told.len() == 1 && told[0].contains("objects"), "{told:?}");
        let told = Watch::new(&[&spec], Input::Truth).look(9, false, &Cues::default());
        assert!(told.is_empty());
    }
}
