//! Two models that must mean the same by the same name: the one that finds objects, and the one that reads their numbers.

/// From a detector's class numbers to the numbers that the action model was trained with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectCodes {
    /// Code by class of the detector; 0 = unknown to the action model.
    codes: Vec<u32>,
    /// Names that the action model knows and the detector does not.
    missing: Vec<String>,
    /// What the detector knows, for messages.
    detector: Vec<String>,
}

impl ObjectCodes {
    /// Matches names without regard to case, and with `_` and `-` as spaces. `objects` are the action model's names, the first is 1.
    pub fn new(objects: &[String], detector: &[String]) -> ObjectCodes {
        let plain = |name: &String| name.trim().to_lowercase().replace(['_', '-'], " ");
        let known: Vec<String> = objects.iter().map(plain).collect();
        let found: Vec<String> = detector.iter().map(plain).collect();
        let code = |name: &String| known.iter().position(|k| k == name).map_or(0, |i| i as u32 + 1);
        ObjectCodes {
            codes: found.iter().map(code).collect(),
            missing: objects.iter().zip(&known).filter(|(_, k)| !found.contains(k)).map(|(name, _)| name.clone()).collect(),
            detector: detector.to_vec(),
        }
    }

    /// The action model's number of a detector's class; `None` when it does not know the object.
    pub fn code(&self, class: u32) -> Option<u32> {
        self.codes.get(class as usize).copied().filter(|code| *code > 0)
    }

    /// Whether the detector knows any object of the action model.
    pub fn knows_any(&self) -> bool {
        self.codes.iter().any(|code| *code > 0)
    }

    /// Whether the detector's labels are these.
    pub fn is_for(&self, detector: &[String]) -> bool {
        self.detector == detector
    }

    /// What does not fit, with the remedy; `None` when the detector knows every object of the action model.
    pub fn complaint(&self, action_model: &str, objects_model: &str) -> Option<String> {
        if self.missing.is_empty() {
            return None;
        }
        let names = |list: &[String]| {
            let few: Vec<&str> = list.iter().take(10).map(String::as_str).collect();
            format!("{}{}", few.join(", "), if list.len() > few.len() { " ..." } else { "" })
        };
        let effect = if self.knows_any() { "these objects count as not found" } else { "no object is used" };
        Some(format!(
            "the objects model {objects_model:?} does not know {} of the action model {action_model:?}, so {effect}: use the objects \
             model that the action model was trained with, or give its classes these names in its manifest (it has {})",
            names(&self.missing),
            if self.detector.is_empty() { "no labels".to_owned() } else { names(&self.detector) },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn names_decide_and_not_numbers() {
        let codes = ObjectCodes::new(&names(&["book", "milk", "chips can"]), &names(&["Person", "Chips_Can", "MILK", "book"]));
        assert_eq!([0, 1, 2, 3, 4].map(|class| codes.code(class)), [None, Some(3), Some(2), Some(1), None]);
        assert_eq!(codes.complaint("a", "b"), None);
    }

    #[test]
    fn what_does_not_fit_is_said_with_the_remedy() {
        let objects = names(&["book", "milk"]);
        let some = ObjectCodes::new(&objects, &names(&["milk", "cup"])).complaint("ego-action", "mine").expect("a complaint");
        assert!(some.contains("\"mine\" does not know book") && some.contains("not found") && some.contains("milk, cup"), "{some}");
        let none = ObjectCodes::new(&objects, &names(&["person"])).complaint("ego-action", "coco").expect("a complaint");
        assert!(none.contains("no object is used") && none.contains("book, milk"), "{none}");
        let unnamed = ObjectCodes::new(&objects, &[]).complaint("a", "b").expect("a complaint");
        assert!(unnamed.contains("no labels"), "{unnamed}");
    }
}
