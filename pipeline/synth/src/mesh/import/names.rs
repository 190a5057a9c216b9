//! What bones are called: WebXR, Godot XR, Mixamo and VRM names, with or without a mark for the side.

use super::rigged::{ARM, PALM, part};

/// What a bone is to a hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The fore-arm, beginning at the elbow.
    Forearm,
    /// The hand, beginning at the wrist.
    Wrist,
    /// A bone inside the palm.
    Palm,
    /// Bone `0..3` of a finger (0 thumb .. 4 little); 3 marks its tip.
    Finger(usize, usize),
}

impl Role {
    /// The part that weights of this bone belong to.
    pub(super) fn part(self) -> usize {
        match self {
            Role::Forearm => ARM,
            Role::Wrist | Role::Palm => PALM,
            Role::Finger(finger, bone) => part(finger, bone.min(2)),
        }
    }
}

const FINGERS: [&str; 5] = ["thumb", "index", "middle", "ring", "little"];

/// What a bone of this name is, if it belongs to a hand.
pub(super) fn role(name: &str) -> Option<Role> {
    let (name, _) = without_side(name);
    let finger = FINGERS.iter().position(|f| name.contains(f)).or_else(|| name.contains("pinky").then_some(4));
    let Some(finger) = finger else {
        let any = |words: &[&str]| words.iter().any(|w| name.contains(w));
        return if any(&["forearm", "lowerarm"]) {
            Some(Role::Forearm)
        } else if any(&["palm", "metacarpal"]) {
            Some(Role::Palm)
        } else if name == "hand" || name.ends_with("wrist") || name.ends_with(":hand") {
            Some(Role::Wrist)
        } else {
            None
        };
    };
    let thumb = finger == 0;
    let bone = if name.contains("metacarpal") {
        if !thumb {
            return Some(Role::Palm);
        }
        0
    } else if name.contains("proximal") {
        usize::from(thumb)
    } else if name.contains("intermediate") {
        1
    } else if name.contains("distal") {
        2
    } else if name.ends_with("tip") || name.ends_with("end") {
        3
    } else {
        match name.chars().rev().find(char::is_ascii_digit)?.to_digit(10)? {
            n @ 1..=4 => n as usize - 1,
            _ => return None,
        }
    };
    Some(Role::Finger(finger, bone))
}

/// Whether a name marks a left (`true`) or right side.
pub(super) fn left(name: &str) -> Option<bool> {
    without_side(name).1
}

/// The name in small letters without its side, and the side.
fn without_side(name: &str) -> (String, Option<bool>) {
    let name = name.to_ascii_lowercase();
    for (word, left) in [("left", true), ("right", false)] {
        if name.contains(word) {
            return (name.replace(word, ""), Some(left));
        }
    }
    for separator in ['_', '.', '-', ' '] {
        for (letter, left) in [('l', true), ('r', false)] {
            if let Some(rest) = name.strip_suffix(letter).and_then(|n| n.strip_suffix(separator)) {
                return (rest.to_owned(), Some(left));
            }
            if let Some(rest) = name.strip_prefix(letter).and_then(|n| n.strip_prefix(separator)) {
                return (rest.to_owned(), Some(left));
            }
        }
    }
    (name, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_four_conventions_are_understood() {
        for (name, want, side) in [
            ("wrist", Some(Role::Wrist), None),
            ("thumb-metacarpal", Some(Role::Finger(0, 0)), None),
            ("thumb-phalanx-distal", Some(Role::Finger(0, 2)), None),
            ("index-finger-metacarpal", Some(Role::Palm), None),
            ("pinky-finger-phalanx-intermediate", Some(Role::Finger(4, 1)), None),
            ("ring-finger-tip", Some(Role::Finger(3, 3)), None),
            ("Thumb_Proximal_R", Some(Role::Finger(0, 1)), Some(false)),
            ("Index_Proximal_L", Some(Role::Finger(1, 0)), Some(true)),
            ("Palm_R", Some(Role::Palm), Some(false)),
            ("mixamorig:RightHand", Some(Role::Wrist), Some(false)),
            ("mixamorig:LeftHandMiddle2", Some(Role::Finger(2, 1)), Some(true)),
            ("RightForeArm", Some(Role::Forearm), Some(false)),
            ("J_Bip_Spine", None, None),
            ("Head", None, None),
        ] {
            assert_eq!((role(name), left(name)), (want, side), "{name}");
        }
    }
}
