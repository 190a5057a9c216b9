//! Shell commands that a label starts: the settings table `[commands]`. Nothing runs unless somebody wrote one.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use ego_graph::Event;

/// Commands by label, and those that are running.
pub(crate) struct Commands {
    commands: BTreeMap<String, String>,
    running: BTreeMap<String, Child>,
}

impl Commands {
    pub(crate) fn new(commands: BTreeMap<String, String>) -> Commands {
        Commands { commands, running: BTreeMap::new() }
    }

    /// Starts the command of a label that begins, unless its last run has not ended; returns what went wrong.
    ///
    /// The shell gets `EGO_LABEL`, `EGO_HEAD` and `EGO_SUBJECT`. The stream does not wait for it, and its output is not kept.
    pub(crate) fn hear(&mut self, event: &Event) -> Option<String> {
        let Event::Action { begins: true, label, head, subject } = event else { return None };
        let command = self.commands.get(label)?;
        if let Some(child) = self.running.get_mut(label) {
            match child.try_wait() {
                Ok(None) => return None,
                Ok(Some(status)) if !status.success() => {
                    self.running.remove(label);
                    return Some(format!("the command of {label:?} ended with {status}: {command}"));
                }
                _ => {}
            }
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).env("EGO_LABEL", label).env("EGO_HEAD", head).env("EGO_SUBJECT", subject);
        match shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => {
                self.running.insert(label.clone(), child);
                None
            }
            Err(e) => Some(format!("the command of {label:?} cannot be started: {e}")),
        }
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        // Commands that have ended are collected; those that have not go on by themselves.
        self.running.values_mut().for_each(|child| {
            let _ = child.try_wait();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(label: &str) -> Event {
        Event::Action { begins: true, label: label.into(), head: "gesture".into(), subject: "right".into() }
    }

    #[test]
    fn a_command_runs_for_its_label_and_for_no_other() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("said");
        let command = format!("printf '%s %s %s' \"$EGO_LABEL\" \"$EGO_HEAD\" \"$EGO_SUBJECT\" > '{}'", file.display());
        let mut commands = Commands::new(BTreeMap::from([("pointer".to_owned(), command)]));
        assert_eq!(commands.hear(&begins("open")), None);
        let ends = Event::Action { begins: false, label: "pointer".into(), head: "gesture".into(), subject: "right".into() };
        assert_eq!(commands.hear(&ends), None);
        assert!(commands.running.is_empty(), "nothing has been started");
        assert_eq!(commands.hear(&begins("pointer")), None);
        let status = commands.running.get_mut("pointer").expect("runs").wait().expect("ends");
        assert!(status.success());
        assert_eq!(std::fs::read_to_string(file).expect("written"), "pointer gesture right");
    }

    #[test]
    fn a_command_that_failed_is_told_when_it_should_run_again() {
        let mut commands = Commands::new(BTreeMap::from([("close".to_owned(), "exit 3".to_owned())]));
        assert_eq!(commands.hear(&begins("close")), None);
        let _ = commands.running.get_mut("close").expect("runs").wait();
        let problem = commands.hear(&begins("close")).expect("told");
        assert!(problem.contains("\"close\"") && problem.contains("exit 3"), "{problem}");
    }
}
