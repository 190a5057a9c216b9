//! From an error to what the user reads and to the exit status.

use ego_graph::{ErrorKind, GraphError};
use ego_models::ModelError;
use ego_synth::error::SynthError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Good,
    /// Some inputs failed.
    Inputs,
    /// Wrong usage or settings.
    Usage,
    /// A model, library or device is missing.
    Missing,
    /// Stopped by the user.
    Interrupted,
}

impl Status {
    pub(crate) fn code(self) -> u8 {
        match self {
            Status::Good => 0,
            Status::Inputs => 1,
            Status::Usage => 2,
            Status::Missing => 3,
            Status::Interrupted => 130,
        }
    }
}

/// Wrong use of the program, with its remedy: for what no library can know.
#[derive(Debug)]
pub(crate) struct UsageError {
    pub(crate) what: String,
    pub(crate) hint: String,
}

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for UsageError {}

/// An error of wrong use.
pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    UsageError { what: what.into(), hint: hint.into() }.into()
}

/// The exit status of an error that ends the program.
pub(crate) fn status_of(error: &anyhow::Error) -> Status {
    if is_closed_pipe(error) {
        return Status::Good;
    }
    if let Some(error) = error.downcast_ref::<GraphError>() {
        return status_of_graph(error);
    }
    if let Some(error) = error.downcast_ref::<ModelError>() {
        return match error.kind() {
            ego_models::ErrorKind::Missing => Status::Missing,
            ego_models::ErrorKind::Mismatch => Status::Usage,
            ego_models::ErrorKind::Runtime => Status::Inputs,
        };
    }
    if let Some(SynthError::NoGraphics | SynthError::Graphics { .. }) = error.downcast_ref::<SynthError>() {
        return Status::Missing;
    }
    if error.downcast_ref::<UsageError>().is_some() { Status::Usage } else { Status::Inputs }
}

/// The exit status of an error of a graph.
pub(crate) fn status_of_graph(error: &GraphError) -> Status {
    match error.kind() {
        ErrorKind::Usage => Status::Usage,
        ErrorKind::Input => Status::Inputs,
        ErrorKind::Missing => Status::Missing,
    }
}

/// Whoever reads our output has read enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}

/// `error: ...`, the chain of causes, and what to do about it.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    use std::fmt::Write as _;
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Library errors quote their cause already.
        if !said.contains(&cause) {
            let _ = write!(text, "\n  because: {cause}");
            said = cause;
        }
    }
    if let Some(hint) = hint(error) {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

fn hint(error: &anyhow::Error) -> Option<String> {
    let graph = error.downcast_ref::<GraphError>().and_then(GraphError::hint);
    graph.or_else(|| error.downcast_ref::<UsageError>().map(|e| e.hint.clone()))
}

/// An error of a graph in the same form.
pub(crate) fn describe_graph(input: &str, error: &GraphError) -> String {
    let text = error.to_string();
    // Names the input once, whether or not the error does.
    let text = if text.contains(input) { text } else { format!("{input}: {text}") };
    match error.hint() {
        Some(hint) => format!("error: {text}\nhint: {hint}"),
        None => format!("error: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_hint_and_a_status_survive_added_context() {
        let error = Err::<(), _>(GraphError::NoMatch { pattern: "*.mp4".into() }).context("look for inputs").expect_err("is one");
        assert_eq!(status_of(&error), Status::Inputs);
        let text = describe(&error);
        assert!(text.starts_with("error: look for inputs\n  because: no file matches *.mp4\nhint: "), "{text}");
        assert_eq!(status_of(&usage("a", "b")).code(), 2);
        let pipe = anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).context("write");
        assert_eq!(status_of(&pipe).code(), 0);
    }
}
