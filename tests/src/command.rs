//! The program run as a user runs it: words in, status, standard output and standard error out.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a finished command has left behind.
#[derive(Debug)]
pub struct Finished {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Fails with everything that the command has printed unless it ended with `status`.
    #[track_caller]
    pub fn ended_with(self, status: i32) -> Finished {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error holds every one of these.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Finished {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in:\n{}", self.stderr);
        }
        self
    }
}

/// A command line in a folder, away from the user's own settings and models.
pub fn command(program: &str, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("NO_COLOR", "1").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs a command line to its end.
pub fn run(program: &str, folder: &Path, words: &[&str]) -> Finished {
    finish(command(program, folder, words))
}

/// Runs a prepared command to its end.
pub fn finish(mut command: Command) -> Finished {
    let output = command.output().expect("the program starts");
    Finished {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A command that is still running.
pub struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    seen: String,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Running {
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Running { child, lines, seen: String::new() }
    }

    /// Reads standard output up to the first line that holds `words`.
    #[track_caller]
    pub fn until(&mut self, words: &str) {
        loop {
            let start = self.seen.len();
            let got = self.lines.read_line(&mut self.seen).expect("readable");
            if got == 0 {
                let mut stderr = String::new();
                let _ = self.child.stderr.take().map(|mut e| e.read_to_string(&mut stderr));
                panic!("it ended without saying `{words}`:\n{}\n{stderr}", self.seen);
            }
            if self.seen[start..].contains(words) {
                return;
            }
        }
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        self.lines.read_to_string(&mut self.seen).expect("readable");
        // What a command says to people fits into a pipe's buffer.
        let mut stderr = String::new();
        self.child.stderr.take().map(|mut e| e.read_to_string(&mut stderr)).transpose().expect("readable");
        let status = self.child.wait().expect("ends");
        Finished { status: status.code().unwrap_or(-1), stdout: self.seen, stderr }
    }
}
