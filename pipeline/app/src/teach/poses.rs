//! Which fingers are stretched in each pose of a table of hands, so that views of a model hand can be learnt from as well.

use ego_models::teach::Random;
use ego_models::teach::model_hand::{Finger, Fingers, view};

use crate::failure::usage;

/// Views of each pose.
pub(super) const VIEWS: usize = 1000;
/// The word that turns them off.
const NONE: &str = "none";
/// Poses that are known by their names.
const KNOWN: [(&str, &str); 9] = [
    ("open", "11111"),
    ("palm", "11111"),
    ("close", "00000"),
    ("closed", "00000"),
    ("fist", "00000"),
    ("pointer", "01000"),
    ("pointing", "01000"),
    ("victory", "01100"),
    ("peace", "01100"),
];

/// The fingers of every label, or `None` when there are no model hands: it was said so, or nothing was said and a label is not a
/// known name. With some of the poses only, how a hand was made would tell its class.
pub(super) fn of(labels: &[String], said: &[String]) -> anyhow::Result<Option<Vec<Fingers>>> {
    match said {
        [] => Ok(labels.iter().map(|label| known(label)).collect()),
        [none] if none == NONE => Ok(None),
        _ => {
            let mut of_label = vec![None; labels.len()];
            for pose in said {
                let wrong = |what: String| usage(what, "say which fingers are stretched, thumb first, as in --poses Fist=00000,One=?1000");
                let (label, digits) = pose.split_once('=').ok_or_else(|| wrong(format!("{pose:?} is no pose")))?;
                let slot = labels.iter().position(|l| l == label).and_then(|at| of_label.get_mut(at));
                let slot = slot.ok_or_else(|| wrong(format!("the table has no class {label:?}; it has {}", labels.join(", "))))?;
                *slot = Some(fingers(digits).ok_or_else(|| wrong(format!("{digits:?} are not five of 0, 1 and ?")))?);
            }
            if let Some(missing) = labels.iter().zip(&of_label).find(|(_, f)| f.is_none()) {
                return Err(usage(format!("--poses says nothing about {:?}", missing.0), "name every class, or --poses none"));
            }
            Ok(of_label.into_iter().collect())
        }
    }
}

fn known(label: &str) -> Option<Fingers> {
    let digits = KNOWN.iter().find(|(name, _)| label.eq_ignore_ascii_case(name)).map(|(_, digits)| digits)?;
    fingers(digits)
}

/// Reads `01000`: 1 stretched, 0 bent, ? either.
fn fingers(digits: &str) -> Option<Fingers> {
    let all: Option<Vec<Finger>> = digits
        .chars()
        .map(|c| match c {
            '1' => Some(Finger::Stretched),
            '0' => Some(Finger::Bent),
            '?' => Some(Finger::Either),
            _ => None,
        })
        .collect();
    all?.try_into().ok()
}

/// [`VIEWS`] views of each pose: class and joints.
pub(super) fn views(poses: &[Fingers]) -> Vec<(usize, [[f64; 2]; 21])> {
    let mut random = Random::new(1);
    (0..VIEWS).flat_map(|_| poses.iter().enumerate().map(|(class, pose)| (class, view(*pose, &mut random))).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn poses_come_from_names_or_from_what_was_said() {
        use Finger::{Bent, Either, Stretched};
        let of = |labels: &[&str], said: &[&str]| of(&words(labels), &words(said)).map_err(|e| e.to_string());
        assert_eq!(of(&["Open", "Pointer"], &[]).unwrap(), Some(vec![[Stretched; 5], [Bent, Stretched, Bent, Bent, Bent]]));
        assert_eq!(of(&["Open", "My sign"], &[]).unwrap(), None);
        assert_eq!(of(&["Open"], &["none"]).unwrap(), None);
        let said = of(&["A", "B"], &["B=00000", "A=?1000"]).unwrap().unwrap();
        assert_eq!(said, [[Either, Stretched, Bent, Bent, Bent], [Bent; 5]]);
        for (said, word) in
            [("A=00000", "\"B\""), ("C=00000", "no class \"C\""), ("A=0000", "five of"), ("A=00x00", "five of"), ("A", "no pose")]
        {
            let e = of(&["A", "B"], &[said]).unwrap_err();
            assert!(e.contains(word), "{said}: {e}");
        }
    }
}
