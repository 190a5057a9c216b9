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

    /// Starts the command of a label that begins, unless its last run has not ended; returns what went wrong since the last event.
    ///
    /// The shell gets `EGO_LABEL`, `EGO_HEAD` and `EGO_SUBJECT`. The stream does not wait for it, and its output is not kept.
    pub(crate) fn hear(&mut self, event: &Event) -> Vec<String> {
        let mut problems = self.ended();
        if let Event::Action { begins: true, label, head, subject } = event
            && let Some(command) = self.commands.get(label)
            && !self.running.contains_key(label)
        {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).env("EGO_LABEL", label).env("EGO_HEAD", head).env("EGO_SUBJECT", subject);
            match shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
                Ok(child) => {
                    self.running.insert(label.clone(), child);
                }
                Err(e) => problems.push(format!("the command of {label:?} cannot be started: {e}")),
            }
        }
        problems
    }

    /// Collects commands that have ended; returns those that failed. Those that have not ended go on by themselves.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        self.running.retain(|label, child| match child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) if status.success() => false,
            Ok(Some(status)) => {
                problems.push(format!("the command of {label:?} ended with {status}"));
                false
            }
            Err(e) => {
                problems.push(format!("the command of {label:?} cannot be waited for: {e}"));
                false
            }
        });
        problems
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
        assert!(commands.hear(&begins("open")).is_empty());
        let ends = Event::Action { begins: false, label: "pointer".into(), head: "gesture".into(), subject: "right".into() };
        assert!(commands.hear(&ends).is_empty());
        assert!(commands.running.is_empty(), "nothing has been started");
        assert!(commands.hear(&begins("pointer")).is_empty());
        let status = commands.running.get_mut("pointer").expect("runs").wait().expect("ends");
        assert!(status.success());
        assert_eq!(std::fs::read_to_string(file).expect("written"), "pointer gesture right");
    }

    #[test]
    fn a_command_that_failed_is_told_and_the_next_gesture_starts_it_again() {
        let mut commands = Commands::new(BTreeMap::from([("close".to_owned(), "exit 3".to_owned())]));
        for _ in 0..2 {
            assert!(commands.running.is_empty());
            assert!(commands.hear(&begins("close")).is_empty());
            let _ = commands.running.get_mut("close").expect("runs").wait();
            let problems = commands.ended();
            assert!(problems.len() == 1 && problems[0].contains("\"close\"") && problems[0].contains("exit status: 3"), "{problems:?}");
        }
        assert!(commands.hear(&begins("close")).is_empty());
        let _ = commands.running.get_mut("close").expect("runs").wait();
        assert_eq!(commands.hear(&begins("close")).len(), 1, "told while the gesture starts it again");
        assert!(commands.running.contains_key("close"));
    }

    #[test]
    fn a_command_that_hangs_is_not_started_a_second_time() {
        let mut commands = Commands::new(BTreeMap::from([("close".to_owned(), "exec sleep 60".to_owned())]));
        assert!(commands.hear(&begins("close")).is_empty());
        let first = commands.running.get("close").expect("runs").id();
        assert!(commands.hear(&begins("close")).is_empty());
        let child = commands.running.get_mut("close").expect("still runs");
        assert_eq!(child.id(), first);
        child.kill().expect("stops");
        child.wait().expect("ends");
    }
}
