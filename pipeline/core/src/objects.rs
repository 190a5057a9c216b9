//! Objects of one frame: boxes with a class, a score, a track, and which of the wearer's hands holds them.
//!
//! Boxes are left, top, right, bottom, divided by the picture's width and height. Class numbers index the labels that travel with
//! the boxes.

use std::sync::Arc;

use crate::hands::Side;

/// Which of the wearer's hands holds an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InHand {
    /// Neither.
    #[default]
    None,
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// Both.
    Both,
}

impl InHand {
    /// The word used in every output: `none`, `left`, `right`, `both`.
    pub fn name(self) -> &'static str {
        match self {
            InHand::None => "none",
            InHand::Left => "left",
            InHand::Right => "right",
            InHand::Both => "both",
        }
    }

    /// The state with this name; anything else is `None`.
    pub fn from_name(name: &str) -> InHand {
        [InHand::Left, InHand::Right, InHand::Both].into_iter().find(|h| h.name() == name).unwrap_or(InHand::None)
    }

    /// The number used in binary tables: 0 none, 1 left, 2 right, 3 both.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The state with this number; anything else is `None`.
    pub fn from_code(code: u32) -> InHand {
        [InHand::Left, InHand::Right, InHand::Both].into_iter().find(|h| h.code() == code).unwrap_or(InHand::None)
    }

    /// The state when this hand takes hold as well.
    #[must_use]
    pub fn and(self, side: Side) -> InHand {
        match (self, side) {
            (InHand::None | InHand::Left, Side::Left) => InHand::Left,
            (InHand::None | InHand::Right, Side::Right) => InHand::Right,
            (any, Side::Unknown) => any,
            _ => InHand::Both,
        }
    }
}

/// One object in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Number of its class, an index into [`Detections::labels`].
    pub class: u32,
    /// Confidence, 0..1.
    pub score: f32,
    /// Number that stays the same while the object is followed, from 1; `None` when it is not.
    pub track: Option<u32>,
    /// Left, top, right, bottom, divided by the picture's width and height; may reach outside 0..1.
    pub box_norm: [f32; 4],
    /// Distance along the camera's axis, metres; `None` when not known.
    pub depth_m: Option<f32>,
    /// Which of the wearer's hands holds it.
    pub in_hand: InHand,
}

/// All objects of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Detections {
    /// Best first.
    pub detections: Vec<Detection>,
    /// Names of the model's classes, in the order of its class numbers.
    pub labels: Arc<[String]>,
}

impl Default for Detections {
    fn default() -> Detections {
        Detections { detections: Vec::new(), labels: Arc::new([]) }
    }
}

impl Detections {
    /// Name of a class; empty when the model has no name for it.
    pub fn label(&self, class: u32) -> &str {
        self.labels.get(class as usize).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_adds_up() {
        assert_eq!(InHand::None.and(Side::Left), InHand::Left);
        assert_eq!(InHand::Left.and(Side::Left), InHand::Left);
        assert_eq!(InHand::Left.and(Side::Right), InHand::Both);
        assert_eq!(InHand::Right.and(Side::Unknown), InHand::Right);
    }

    #[test]
    fn codes_and_names_come_back() {
        for held in [InHand::None, InHand::Left, InHand::Right, InHand::Both] {
            assert_eq!(InHand::from_code(held.code()), held);
            assert_eq!(InHand::from_name(held.name()), held);
        }
    }
}
