//! Everything that a person can ask for by one key: menu, palette, keys and help page are all made from [`COMMANDS`].

use egui::{Key, KeyboardShortcut, Modifiers};

use super::layers::Layer;

/// A command without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Play or pause.
    PlayPause,
    /// Half the speed.
    Slower,
    /// Twice the speed.
    Faster,
    /// Ordinary speed.
    NormalSpeed,
    /// One frame back.
    FrameBack,
    /// One frame on.
    FrameOn,
    /// One second back.
    SecondBack,
    /// One second on.
    SecondOn,
    /// Ten seconds back.
    TenBack,
    /// Ten seconds on.
    TenOn,
    /// To the beginning.
    ToStart,
    /// To the end, or back to the live picture.
    ToEnd,
    /// To the beginning of this decision, or of the one before.
    EdgeBack,
    /// To the next change of the decision.
    EdgeOn,
    /// The selection begins here.
    MarkIn,
    /// The selection ends here.
    MarkOut,
    /// Play the selection, or the decision under the cursor, over and over.
    Loop,
    /// The timeline shows everything.
    ZoomAll,
    /// Show or hide a layer.
    ToggleLayer(Layer),
    /// Colour hands by side or by finger.
    ColourHands,
    /// Show results, truth or both.
    ToggleTruth,
    /// Fit the picture into its panel.
    FitPicture,
    /// Mirror what is shown; results stay as they are.
    Mirror,
    /// Begin or end a recording.
    Record,
    /// Write what is shown to a PNG file.
    Screenshot,
    /// Results of the frame on the screen into the clipboard, as JSON.
    CopyResults,
    /// Path of the last screenshot into the clipboard.
    CopyScreenshotPath,
    /// Next view of the hands in space.
    NextView,
    /// The first view of the hands in space.
    ResetView,
    /// Show or hide the strips of single classes.
    ToggleStrips,
    /// Show or hide the latency table.
    ToggleTrust,
    /// Show or hide the left panel.
    ToggleControls,
    /// Show or hide the right panel.
    ToggleResults,
    /// Choose a source.
    OpenSource,
    /// Write the marked examples to their file.
    SaveMarks,
    /// Find a command by its name.
    Palette,
    /// Keys and help.
    Help,
    /// Stronger contrasts.
    HighContrast,
    /// No trails, no sliding.
    ReducedMotion,
    /// Larger text and buttons.
    Larger,
    /// Smaller text and buttons.
    Smaller,
    /// Text and buttons of ordinary size.
    NormalSize,
    /// The whole screen.
    FullScreen,
    /// Leave.
    Quit,
}

/// A command with what menu, palette and help say about it.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// The command.
    pub command: Command,
    /// What it does, in a few words.
    pub name: &'static str,
    /// Where the help page lists it.
    pub group: &'static str,
    /// Its keys, the usual one first.
    pub keys: &'static [KeyboardShortcut],
}

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

/// The key that is held to mark an example.
pub const TEACH_KEY: Key = Key::T;

macro_rules! commands {
    ($($group:literal { $($command:expr, $name:literal, [$($key:expr),*];)* })*) => {
        &[$($(CommandInfo { command: $command, name: $name, group: $group, keys: &[$($key),*] },)*)*]
    };
}

/// Every command.
pub const COMMANDS: &[CommandInfo] = commands! {
    "Playing" {
        Command::PlayPause, "Play or pause", [key(Key::Space), key(Key::K)];
        Command::Slower, "Half speed", [key(Key::J)];
        Command::Faster, "Double speed", [key(Key::L)];
        Command::NormalSpeed, "Ordinary speed", [shift(Key::K)];
        Command::FrameBack, "Previous frame", [key(Key::Comma)];
        Command::FrameOn, "Next frame", [key(Key::Period)];
        Command::SecondBack, "One second back", [key(Key::ArrowLeft)];
        Command::SecondOn, "One second on", [key(Key::ArrowRight)];
        Command::TenBack, "Ten seconds back", [shift(Key::ArrowLeft)];
        Command::TenOn, "Ten seconds on", [shift(Key::ArrowRight)];
        Command::ToStart, "To the start", [key(Key::Home)];
        Command::ToEnd, "To the end, or back to live", [key(Key::End)];
        Command::EdgeBack, "Previous change of decision", [key(Key::OpenBracket)];
        Command::EdgeOn, "Next change of decision", [key(Key::CloseBracket)];
    }
    "Timeline" {
        Command::MarkIn, "Selection starts here", [key(Key::I)];
        Command::MarkOut, "Selection ends here", [key(Key::O)];
        Command::Loop, "Loop the selection", [key(Key::P)];
        Command::ZoomAll, "Show everything", [key(Key::A)];
        Command::ToggleStrips, "Single classes", [key(Key::D)];
        Command::SaveMarks, "Save marked examples", [ctrl(Key::S)];
    }
    "Picture" {
        Command::ToggleLayer(Layer::Video), "Layer video", [key(Key::Num1)];
        Command::ToggleLayer(Layer::Hands), "Layer hands", [key(Key::Num2)];
        Command::ToggleLayer(Layer::Bodies), "Layer bodies", [key(Key::Num3)];
        Command::ToggleLayer(Layer::Objects), "Layer objects", [key(Key::Num4)];
        Command::ToggleLayer(Layer::Mask), "Layer range mask", [key(Key::Num5)];
        Command::ToggleLayer(Layer::Depth), "Layer depth", [key(Key::Num6)];
        Command::ToggleLayer(Layer::Features), "Layer features", [key(Key::Num7)];
        Command::ToggleTruth, "Layer truth", [key(Key::Num8)];
        Command::ColourHands, "Colour hands by side or finger", [key(Key::C)];
        Command::FitPicture, "Fit the picture", [key(Key::F)];
        Command::Mirror, "Mirror the display only", [key(Key::M)];
        Command::CopyResults, "Copy the results of this frame as JSON", [ctrl(Key::C)];
        Command::Screenshot, "Save a screenshot", [key(Key::F12)];
        Command::CopyScreenshotPath, "Copy the path of the last screenshot", [shift(Key::F12)];
        Command::Record, "Start or stop recording", [key(Key::R)];
    }
    "Hands in 3D" {
        Command::NextView, "Next view", [key(Key::V)];
        Command::ResetView, "First view", [key(Key::Num0)];
    }
    "Window" {
        Command::OpenSource, "Open a source", [ctrl(Key::O), ctrl(Key::D)];
        Command::Palette, "Find a command", [ctrl(Key::P)];
        Command::Help, "Keys and help", [key(Key::F1)];
        Command::ToggleTrust, "Latency by stage", [key(Key::Q)];
        Command::ToggleControls, "Left panel", [ctrl(Key::B)];
        Command::ToggleResults, "Right panel", [ctrl(Key::E)];
        Command::HighContrast, "High contrast", [key(Key::F9)];
        Command::ReducedMotion, "Reduced motion", [key(Key::F10)];
        Command::Larger, "Larger text", [ctrl(Key::Plus), ctrl(Key::Equals)];
        Command::Smaller, "Smaller text", [ctrl(Key::Minus)];
        Command::NormalSize, "Ordinary text size", [ctrl(Key::Num0)];
        Command::FullScreen, "Full screen", [key(Key::F11)];
        Command::Quit, "Quit", [ctrl(Key::Q)];
    }
};

impl Command {
    /// What menu, palette and help say about it.
    pub fn info(self) -> Option<&'static CommandInfo> {
        COMMANDS.iter().find(|info| info.command == self)
    }

    /// Its name; empty for one that is not in the table.
    pub fn name(self) -> &'static str {
        self.info().map_or("", |info| info.name)
    }

    /// Its usual key in words, as in `Ctrl+P`; empty when it has none.
    pub fn key_text(self) -> String {
        self.info().and_then(|info| info.keys.first()).map(key_text).unwrap_or_default()
    }
}

/// A key in words, as in `Shift+←`.
pub fn key_text(shortcut: &KeyboardShortcut) -> String {
    let mut text = String::new();
    if shortcut.modifiers.command {
        text.push_str("Ctrl+");
    }
    if shortcut.modifiers.shift {
        text.push_str("Shift+");
    }
    let name = match shortcut.logical_key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::Comma => ",",
        Key::Period => ".",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        other => other.name(),
    };
    text.push_str(name);
    text
}

/// The command of a key press; single keys count only while no text is being written.
pub fn command_of(pressed: Key, modifiers: Modifiers, writing: bool) -> Option<Command> {
    if writing && !modifiers.command {
        return None;
    }
    let fits = |shortcut: &KeyboardShortcut| {
        shortcut.logical_key == pressed
            && shortcut.modifiers.command == modifiers.command
            && !modifiers.alt
            // On many keyboards `+` needs the shift key.
            && (shortcut.modifiers.shift == modifiers.shift || matches!(pressed, Key::Plus | Key::Equals))
    };
    COMMANDS.iter().find(|info| info.keys.iter().any(fits)).map(|info| info.command)
}

/// Commands whose name holds every word of a query, best first: those that begin with it before the others.
pub fn find(query: &str) -> Vec<&'static CommandInfo> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<_> = COMMANDS
        .iter()
        .filter(|info| {
            let text = format!("{} {}", info.name, info.group).to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .collect();
    found.sort_by_key(|info| !info.name.to_lowercase().starts_with(&query));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_and_no_command_is_listed_twice() {
        let mut seen: Vec<(KeyboardShortcut, Command)> = Vec::new();
        for info in COMMANDS {
            for shortcut in info.keys {
                let clash = seen.iter().find(|(other, _)| other == shortcut);
                assert!(clash.is_none(), "{} is {:?} and {:?}", key_text(shortcut), info.command, clash);
                assert!(shortcut.logical_key != TEACH_KEY, "{:?} takes the teaching key", info.command);
                seen.push((*shortcut, info.command));
            }
            assert_eq!(COMMANDS.iter().filter(|other| other.command == info.command).count(), 1, "{:?}", info.command);
        }
    }

    #[test]
    fn keys_find_their_command_and_are_left_alone_while_writing() {
        assert_eq!(command_of(Key::Space, Modifiers::NONE, false), Some(Command::PlayPause));
        assert_eq!(command_of(Key::ArrowLeft, Modifiers::SHIFT, false), Some(Command::TenBack));
        assert_eq!(command_of(Key::P, Modifiers::COMMAND, true), Some(Command::Palette));
        assert_eq!(command_of(Key::P, Modifiers::NONE, true), None);
        assert_eq!(command_of(Key::Plus, Modifiers::COMMAND | Modifiers::SHIFT, false), Some(Command::Larger));
        assert_eq!(command_of(Key::Space, Modifiers::ALT, false), None);
    }

    #[test]
    fn the_palette_finds_by_words_in_any_order() {
        assert_eq!(find("half").first().map(|i| i.command), Some(Command::Slower));
        assert_eq!(find("mask layer").first().map(|i| i.command), Some(Command::ToggleLayer(Layer::Mask)));
        assert_eq!(find("").len(), COMMANDS.len());
        assert!(find("no such thing").is_empty());
    }
}
