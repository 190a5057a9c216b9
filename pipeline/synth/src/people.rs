//! People: body sizes that go with a hand, and where their shoulders and eyes are at the table.

use ego_core::hands::Side;

use crate::hand::Anatomy;
use crate::rng::Rng;
use crate::space::{Vec3, vec3};

/// Hand sizes that a script can ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandSize {
    /// Whatever the seed gives, from child to large adult.
    #[default]
    Any,
    /// A child of five to ten.
    Child,
    /// A small adult.
    Small,
    /// A mean adult.
    Medium,
    /// A large adult.
    Large,
}

/// The wearer of the camera, seated at the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Left and right hand.
    pub hands: [Anatomy; 2],
    /// The camera's resting place in world space: between and before the eyes.
    pub eyes_m: Vec3,
    /// Left and right shoulder in world space.
    pub shoulders_m: [Vec3; 2],
    /// 1 for a mean adult, less for a child: scales reach.
    pub scale: f64,
}

impl Person {
    /// Someone with hands of this size.
    pub fn draw(size: HandSize, rng: &mut Rng) -> Person {
        let drawn = match size {
            HandSize::Any if rng.chance(0.15) => HandSize::Child,
            HandSize::Any => [HandSize::Small, HandSize::Medium, HandSize::Large][rng.below(3)],
            wished => wished,
        };
        let length = match drawn {
            HandSize::Child => rng.range(0.132, 0.155),
            HandSize::Small => rng.range(0.158, 0.173),
            HandSize::Large => rng.range(0.190, 0.205),
            HandSize::Any | HandSize::Medium => rng.range(0.173, 0.190),
        };
        let right = Anatomy::draw(Side::Right, length, rng);
        let scale = (length / 0.182).clamp(0.74, 1.1);
        let eyes_m = vec3(0.0, rng.range(0.0, 0.06), rng.range(0.44, 0.53) * (0.3 + 0.7 * scale));
        let shoulder = |sign: f64| vec3(sign * 0.175 * scale, eyes_m.y - 0.10, eyes_m.z - 0.24 * scale);
        Person { hands: [right.mirrored(), right], eyes_m, shoulders_m: [shoulder(-1.0), shoulder(1.0)], scale }
    }
}
