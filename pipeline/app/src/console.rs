//! Standard output for data, standard error for people, and the progress bar between them.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use ego_graph::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Writes one line of data to standard output.
pub(crate) fn data(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// Writes for people. Nobody left to read it is no reason to stop.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// One line of the `--json` output: `{"type": ..., "v": 1, "data": ...}`.
///
/// Types: `begin`, `progress`, `warning`, `source-lost`, `source-back`, `action`, `failure`, `end` from `ego run` and `ego live`;
/// `begin`, `clip`, `stats`, `failure`, `end` from `ego synth`; `eval`, `clip`, `failure` from `ego eval`; `export`, `failure` from
/// `ego export`; `bench` from `ego bench`; `model`, `setting`, `device` from the others.
pub(crate) fn json(kind: &str, data: serde_json::Value) -> anyhow::Result<()> {
    self::data(&serde_json::json!({ "type": kind, "v": 1, "data": data }).to_string())
}

/// The bar of one input; invisible when standard error is not a terminal.
pub(crate) struct Bar {
    bar: ProgressBar,
    seconds_known: bool,
}

impl Bar {
    pub(crate) fn new(title: &str) -> Bar {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} {prefix} {msg}"));
        bar.set_prefix(title.to_owned());
        Bar { bar, seconds_known: false }
    }

    pub(crate) fn update(&mut self, progress: &Progress, elapsed: Duration) {
        let rate = progress.frames as f64 / elapsed.as_secs_f64().max(1e-3);
        let dropped = if progress.dropped > 0 { format!(", {} dropped", progress.dropped) } else { String::new() };
        self.bar.set_message(format!("{} frames, {rate:.1} frames/s{dropped}", progress.frames));
        if let (Some(position), Some(duration)) = (progress.position, progress.duration) {
            if !std::mem::replace(&mut self.seconds_known, true) {
                self.bar.set_style(style("{prefix} [{bar:30}] {percent:>3}% {msg}, {eta} left"));
            }
            self.bar.set_length(duration.as_millis() as u64);
            self.bar.set_position(position.as_millis() as u64);
        } else {
            self.bar.tick();
        }
    }

    /// Writes for people without tearing the bar.
    pub(crate) fn tell(&self, text: &str) {
        self.bar.suspend(|| tell(text));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar for bytes; invisible when standard error is not a terminal.
pub(crate) fn bytes_bar(title: &str) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(style("{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}"));
    bar.set_prefix(title.to_owned());
    bar
}

/// A bar for clips; invisible when standard error is not a terminal.
pub(crate) fn clips_bar(title: &str, clips: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(clips) } else { ProgressBar::hidden() };
    bar.set_style(style("{prefix} [{bar:30}] {pos}/{len} clips {msg}, {eta} left"));
    bar.set_prefix(title.to_owned());
    bar
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours; a test parses them.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse() {
        let bytes = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}";
        let clips = "{prefix} [{bar:30}] {pos}/{len} clips {msg}, {eta} left";
        for template in [bytes, clips, "{spinner} {prefix} {msg}", "{prefix} [{bar:30}] {percent:>3}% {msg}, {eta} left"] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
