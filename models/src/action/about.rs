//! What labels are about: one that names an object is believed only when that object was seen.

use ego_core::action::vector::rows_with_box;

use crate::manifest::WindowSpec;

/// Labels of a model that may be said, by the objects in its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// By class, the number of the object that its label names.
    object: Vec<Option<usize>>,
    /// How many objects a row has.
    objects: usize,
    /// In so many rows of a window the object has to be.
    rows: usize,
    /// Takes the probability of those that may not be said.
    nothing: usize,
}

impl About {
    /// A label names the object that its last words are. `seen_s` is how long an object has to be seen, seconds.
    pub(super) fn new(labels: &[String], objects: &[String], nothing: u32, seen_s: f64, window: WindowSpec) -> About {
        let names = |label: &str, object: &str| label.strip_suffix(object).is_some_and(|verb| verb.is_empty() || verb.ends_with(' '));
        // The longest name, where one is the end of another.
        let object = |label: &String| (0..objects.len()).filter(|i| names(label, &objects[*i])).max_by_key(|i| objects[*i].len());
        let rows_a_second = window.frames.saturating_sub(1) as f64 / window.seconds.max(f64::MIN_POSITIVE);
        About {
            object: labels.iter().map(object).collect(),
            objects: objects.len(),
            rows: (seen_s * rows_a_second).round() as usize,
            nothing: nothing as usize,
        }
    }

    /// Moves the probability of labels whose object was not seen in these rows to "nothing".
    pub fn keep_seen(&self, rows: &[f32], probabilities: &mut [f32]) {
        let counts = rows_with_box(rows, self.objects);
        let unseen = |object: &Option<usize>| object.is_some_and(|o| counts.get(o).is_none_or(|count| *count < self.rows));
        let mut moved = 0.0;
        for (probability, _) in probabilities.iter_mut().zip(&self.object).filter(|(_, object)| unseen(object)) {
            moved += std::mem::take(probability);
        }
        if let Some(nothing) = probabilities.get_mut(self.nothing) {
            *nothing += moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn what_was_not_seen_long_enough_is_not_named() {
        let labels = names(&["open milk", "wave", "open oat milk", "read book", "nothing"]);
        let objects = names(&["milk", "book", "oat milk"]);
        let window = WindowSpec { frames: 4, seconds: 0.3, delay: 0.0 };
        let about = About::new(&labels, &objects, 4, 0.2, window);
        assert_eq!(about.object, [Some(0), None, Some(2), Some(1), None]);
        assert_eq!(about.rows, 2);
        // Milk in two rows, a book in one, oat milk in none.
        let mut rows = vec![vec![0.0; 127 + 12]; 4];
        (rows[0][127], rows[3][128], rows[2][131]) = (0.2, 0.3, 0.4);
        let mut probabilities = [0.25, 0.125, 0.25, 0.25, 0.125];
        about.keep_seen(&rows.concat(), &mut probabilities);
        assert_eq!(probabilities, [0.25, 0.125, 0.0, 0.0, 0.625]);
    }
}
