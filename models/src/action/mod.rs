//! Actions from rows of numbers: which rows a model reads, and what its output says.
//!
//! | family | input | rows |
//! |---|---|---|
//! | `sharp-transformer` | `[1, frames, 135]` | frame vectors of [`ego_core::action::vector`] over a window of seconds |
//! | `stream-transformer` | `[1, frames, 127 + 4 objects]` | rows of [`ego_core::action::vector::frame_row`], zeros before a stream began |
//! | `kinematic-window` | `[1, frames * count]` | features of one subject (HAPTICS: kinematics, PCA and a classifier in one network) |
//!
//! Both give one number for each class: logits, probabilities or evidence, as the manifest says.

mod about;
mod labels;
mod spec;

pub use about::About;
pub use labels::ObjectCodes;
pub use spec::{ActionSpec, Rows};

use ego_core::action::evidence::Answer;

use crate::error::{ModelError, Result};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;

/// A classifier of actions, ready to run.
#[derive(Debug)]
pub struct ActionNetwork {
    spec: ActionSpec,
    network: Network,
    scores: usize,
}

impl ActionNetwork {
    /// Opens a model of one of the families above.
    ///
    /// # Errors
    /// When its manifest lacks something or contradicts itself or the file, or the network cannot be opened.
    pub fn open(located: &Located, options: &SessionOptions) -> Result<ActionNetwork> {
        let spec = ActionSpec::of(&located.manifest)?;
        let network = Network::open(located, options)?;
        let scores = network.output_index(&spec.output)?;
        Ok(ActionNetwork { spec, network, scores })
    }

    /// What its manifest says.
    pub fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    /// The execution provider in use.
    pub fn provider(&self) -> &str {
        self.network.provider()
    }

    /// Why `device=auto` ended on the CPU; `None` when nothing was given up.
    pub fn fallback(&self) -> Option<&str> {
        self.network.fallback()
    }

    /// Classifies one window: its rows one after the other.
    ///
    /// # Errors
    /// [`ModelError::Frame`] when the rows have another length than the input or the output is no number; else with ONNX Runtime's
    /// words.
    pub fn run(&mut self, rows: &[f32]) -> Result<Answer> {
        let input = self.network.input_mut();
        if input.len() != rows.len() {
            let (needed, found) = (input.len(), rows.len());
            return Err(ModelError::Frame(format!("a window has {found} numbers where the action model reads {needed}")));
        }
        input.copy_from_slice(rows);
        self.network.run()?;
        let answer = self.spec.scores.read(self.network.output(self.scores));
        answer.ok_or_else(|| ModelError::Frame("the action model's output is not a number; is one of its inputs very large?".into()))
    }
}
