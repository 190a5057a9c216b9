//! Motion: grasps, paths, and the programmes that play an action with them.

pub mod bystander;
pub mod grasp;
pub mod head;
pub mod path;
pub mod player;
pub(crate) mod plot;
pub mod programmes;
pub mod stage;
pub mod tracks;
